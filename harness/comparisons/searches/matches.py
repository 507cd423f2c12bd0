"""Who on the list non-mated searches match: kept while lists are read, as far down as there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from harness.comparisons.searches.keys import starts_of

if TYPE_CHECKING:
    from harness.arrays import BoolArray, FloatArray, IntArray
    from harness.comparisons.searches.candidates import ListRows

__all__ = ["MOST_MATCHES", "KeptMatches"]

MOST_MATCHES = 2_000_000


class KeptMatches:
    """Collects the candidates of non-mated searches, and from which score on they are all there.

    Parameters
    ----------
    floor : float
        Canonical, from which lists are complete; -inf where they are of a length.
    length : int or None
        Of a full list; None where it is that of the longest. Ignored where there is a floor alone.
    by_length : bool
        Whether a list may have been cut off at a length.
    size : int
        Subjects on the watchlist: a list that holds them all was not cut off.
    most : int
        Matches to keep.
    """

    def __init__(
        self, floor: float, length: int | None, *, by_length: bool, size: int, most: int = MOST_MATCHES
    ) -> None:
        self._floor, self._by_length, self._size, self._most = floor, by_length, size, most
        self._length = 0 if length is None else length
        self._is_stated = length is not None
        self._cut = -np.inf
        self._kept: list[tuple[IntArray, npt.NDArray[np.int32], FloatArray]] = []
        self._count = 0

    def add(self, rows: ListRows, at_search: IntArray, mated: BoolArray, first: int) -> None:
        """Take the candidates of some searches, of which the first has this number."""
        if self._by_length:
            self._look_at_lengths(rows, at_search, mated)
        kept = np.flatnonzero((rows.scores >= self._floor) & ~mated[at_search])
        self._kept.append((first + at_search[kept], rows.candidates[kept], rows.scores[kept]))
        self._count += len(kept)
        if self._count > 2 * self._most:
            self._compact()

    def _look_at_lengths(self, rows: ListRows, at_search: IntArray, mated: BoolArray) -> None:
        starts = starts_of(at_search)
        if not len(starts):
            return
        lengths = np.diff(np.append(starts, len(rows)))
        longest = int(lengths.max())
        if longest > self._length and not self._is_stated:
            self._length, self._cut = longest, -np.inf
        full = (lengths == self._length) & ~mated[at_search[starts]]
        if self._length >= self._size:
            full &= self._people(rows, at_search, starts) < self._size
        if full.any():
            self._cut = max(self._cut, float(np.minimum.reduceat(rows.scores, starts)[full].max()))

    def _people(self, rows: ListRows, at_search: IntArray, starts: IntArray) -> IntArray:
        """Count the subjects in each list."""
        people = np.unique(at_search * self._size + rows.candidates) // self._size
        counts: IntArray = np.bincount(people, minlength=int(at_search[-1]) + 1)[at_search[starts]]
        return counts

    def _compact(self) -> None:
        """Raise the floor until no more are kept than there may be."""
        searches, candidates, scores = self._joined()
        if len(scores) > self._most:
            at_least = np.partition(scores, len(scores) - self._most)[len(scores) - self._most]
            if np.count_nonzero(scores >= at_least) > self._most:
                at_least = np.nextafter(at_least, np.inf)
            self._floor = max(self._floor, float(at_least))
        kept = scores >= self._floor
        self._kept = [(searches[kept], candidates[kept], scores[kept])]
        self._count = int(np.count_nonzero(kept))

    def _joined(self) -> tuple[IntArray, npt.NDArray[np.int32], FloatArray]:
        searches, candidates, scores = zip(*self._kept, strict=True)
        return np.concatenate(searches), np.concatenate(candidates), np.concatenate(scores)

    def complete(self) -> tuple[float, IntArray, npt.NDArray[np.int32], FloatArray]:
        """Return the floor and the matches from it on, the best of each subject in each search.

        Returns
        -------
        float
        ndarray of int64, int32 and float64, shape (M,)
            Numbers of the searches, ascending; numbers of the subjects; scores.
        """
        if not self._kept:
            none = np.zeros(0, np.int64)
            return self._floor, none, none.astype(np.int32), np.zeros(0)
        if np.isfinite(self._cut):  # others with the score at which a full list ends may have been cut off
            self._floor = max(self._floor, float(np.nextafter(self._cut, np.inf)))
        self._compact()
        searches, candidates, scores = self._joined()
        people = searches * self._size + candidates
        order = np.argsort(people, kind="stable")
        if not (np.diff(people[order]) == 0).any():
            return self._floor, searches[order], candidates[order], scores[order]
        order = np.lexsort((-scores, people))  # several images of a subject, of which the best counts
        first = order[np.diff(people[order], prepend=-1) != 0]
        return self._floor, searches[first], candidates[first], scores[first]

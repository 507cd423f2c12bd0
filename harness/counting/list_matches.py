"""Who on a watchlist the non-mated searches match: all that smaller and other lists can be projected from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from harness.arrays import FloatArray, IntArray
from harness.counting.counts import Cell

__all__ = ["ListMatches"]


@dataclass(frozen=True, eq=False)
class ListMatches:
    """Matches of non-mated searches with subjects of a watchlist, complete from a score upwards.

    A probe subject is one row for each cell and each list that it was searched with, so that rows need not be people;
    ``probe_subjects`` says who each of them is. Subjects are numbers, never names.

    Attributes
    ----------
    columns : tuple of str, length A
        The attributes that cells and labels are values of.
    floor : float
        Canonical score (higher is more alike) from which all matches of every search are there; what lies below it is
        not.
    probe_cells : tuple of tuple of str, length P
        Labels of the probe, by attribute.
    probe_subjects : ndarray of int64, shape (P,)
        Equal numbers are one person.
    probe_searches : ndarray of int64, shape (P,)
        How many non-mated searches each has, with or without matches.
    list_labels : tuple of tuple of str, length R
        Labels of every subject on the list, by attribute, whether anybody matches it or not.
    search, probe, reference : ndarray of int64, shape (M,)
        Of each match: the number of its search, ascending; the index of its probe; the index of the list's subject,
        who matches at most once in a search.
    score : ndarray of float64, shape (M,)
        Canonical, at least ``floor``; of several images of a subject the best.

    Examples
    --------
    >>> import numpy as np
    >>> none = np.zeros(0, np.int64)
    >>> one = np.array([1])
    >>> ListMatches(("sex",), 0.5, (("F",),), one, one, (("F",), ("M",)), none, none, none, np.zeros(0)).searches
    1
    """

    columns: tuple[str, ...]
    floor: float
    probe_cells: tuple[Cell, ...]
    probe_subjects: IntArray
    probe_searches: IntArray
    list_labels: tuple[Cell, ...]
    search: IntArray
    probe: IntArray
    reference: IntArray
    score: FloatArray

    @property
    def searches(self) -> int:
        """Non-mated searches of everybody."""
        return int(self.probe_searches.sum())

    @property
    def size(self) -> int:
        """Subjects on the list."""
        return len(self.list_labels)

    def composition(self, attribute: str) -> Mapping[str, int]:
        """Return how many subjects of the list are of each group, in the order of their names."""
        index = self.columns.index(attribute)
        return dict(sorted(Counter(str(cell[index]) for cell in self.list_labels).items()))

"""The kernel of counts by subject: batches of scores, codes and subjects, added up in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from harness.arrays import FloatArray, IntArray, Integers, ScoreArray
from harness.counting.codes import CodeNumbers
from harness.counting.counts import Cell
from harness.counting.index import ThresholdIndex
from harness.counting.subjects import SubjectCounts

__all__ = ["SubjectTally"]


FEW = 0.5
"""Below this share of scores that reach any threshold, only these are looked up, and the others just counted."""
HIGHEST_NARROW = np.iinfo(np.int32).max
CODES_OF_A_SUBJECT = 3
"""Mated and non-mated within a group, and across: most subjects have comparisons of these and no others."""
BYTES_OF_A_ROW = 48
"""What its cell, truth and subject are kept in."""
NOBODY = 0
"""The row for what is to count for no subject, lest it be sorted out of every batch."""


class SubjectTally:
    """Adds batches up by subject, in place.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (T,)
        Finite, strictly ascending.
    places : int
        Subjects have places from 0 to one less.
    count_missing : bool
        As in `harness.counting.tally.Tally`.
    """

    def __init__(self, thresholds: FloatArray, places: int, *, count_missing: bool) -> None:
        self._index = ThresholdIndex(thresholds)
        self._count_missing = count_missing
        self._places = places
        self._width = len(thresholds) + 1
        self._numbers = CodeNumbers()
        self._row_of = np.full(0, -1, np.int32)
        self._keys = [np.zeros(1, np.int64)]
        self._rows = NOBODY + 1
        # What is not touched takes no memory; and growing in place, it would not get the large pages that a table
        # looked up at random needs.
        rows = NOBODY + 1 + places * CODES_OF_A_SUBJECT
        self._bins, self._below = np.zeros(rows * self._width, np.int32), np.zeros(rows, np.int32)
        self._touches = 0
        self._reserve(0)

    @staticmethod
    def size(thresholds: FloatArray, subjects: int, codes: int) -> int:
        """Return about how many bytes counting takes, where so many codes occur."""
        rows = subjects * min(codes, CODES_OF_A_SUBJECT)
        narrow = np.dtype(np.int32).itemsize
        return (
            ThresholdIndex.size(thresholds)
            + rows * (len(thresholds) + 2) * narrow
            + codes * subjects * narrow
            + rows * BYTES_OF_A_ROW
        )

    def _reserve(self, comparisons: int) -> None:
        self._key, self._place = np.empty((2, comparisons), np.int64)
        self._row = np.empty(comparisons, np.int32)

    def add(self, scores: ScoreArray, codes: Integers, touched: Sequence[Integers]) -> None:
        """Count one batch.

        Parameters
        ----------
        scores, codes : ndarray, shape (N,)
            As in `harness.counting.tally.Tally.add`.
        touched : one or two ndarrays of integers, shape (N,)
            The places of the subjects of each comparison; where the two are the same it touches one.
        """
        absent = np.isnan(scores)
        if absent.any():
            if self._count_missing:
                scores = np.where(absent, -np.inf, scores)
            else:
                kept = ~absent
                scores, codes, touched = scores[kept], codes[kept], [side[kept] for side in touched]
        if len(scores) > len(self._row):
            self._reserve(len(scores))
        self._make_room(len(scores) * len(touched))
        reaching = scores >= self._index.thresholds[0]
        few = np.flatnonzero(reaching) if np.count_nonzero(reaching) < FEW * len(scores) else None
        reached = self._index.reached(scores if few is None else scores[few])
        first_keys = self._first_keys(codes)
        for i, subjects in enumerate(touched):
            rows = self._rows_of(first_keys, subjects)
            if i:
                np.copyto(rows, NOBODY, where=subjects == touched[0])
            self._count(rows, reached, few)

    def _count(self, rows: npt.NDArray[np.int32], reached: IntArray, few: IntArray | None) -> None:
        one = self._bins.dtype.type(1)  # of any other type, adding in place is a hundred times slower
        if few is not None:
            below = np.bincount(rows, minlength=self._rows) if self._rows < len(rows) else None
            if below is None:
                np.add.at(self._below, rows, one)
            else:
                self._below[: self._rows] += below.astype(self._below.dtype)
            rows = rows[few]
            np.subtract.at(self._below, rows, one)
        place = self._place[: len(rows)]
        np.multiply(rows, self._width, out=place, dtype=np.int64)
        np.add(place, reached, out=place)
        np.add.at(self._bins, place, one)

    def _first_keys(self, codes: Integers) -> IntArray:
        """Return the key of place 0 under each code; a key is of a code and a place."""
        numbers = self._numbers.of(codes)
        keys = len(self._numbers.codes) * self._places
        if keys > len(self._row_of):
            self._row_of = np.append(self._row_of, np.full(keys - len(self._row_of), -1, np.int32))
        np.multiply(numbers, self._places, out=numbers)
        return numbers

    def _rows_of(self, first_keys: IntArray, subjects: Integers) -> npt.NDArray[np.int32]:
        keys, rows = self._key[: len(subjects)], self._row[: len(subjects)]
        np.add(first_keys, subjects, out=keys)
        self._row_of.take(keys, out=rows, mode="clip")
        if rows.min(initial=0) < 0:
            new = np.unique(keys[rows < 0])
            self._row_of[new] = self._rows + np.arange(len(new))
            self._keys.append(new)
            self._rows += len(new)
            self._grow()
            self._row_of.take(keys, out=rows, mode="clip")
        return rows

    def _grow(self) -> None:
        if self._rows > len(self._below):
            rows = max(self._rows, len(self._below) + len(self._below) // 2)
            self._bins, bins = np.zeros(rows * self._width, self._bins.dtype), self._bins
            self._below, below = np.zeros(rows, self._below.dtype), self._below
            self._bins[: len(bins)], self._below[: len(below)] = bins, below

    def _make_room(self, touches: int) -> None:
        """Widen the bins before so many comparisons were counted that one of them could overflow."""
        self._touches += touches
        if self._touches > HIGHEST_NARROW and self._bins.dtype == np.int32:
            self._bins, self._below = self._bins.astype(np.int64), self._below.astype(np.int64)

    def counts(
        self, cell_of_number: Callable[[int], Cell], number_of_place: IntArray | None = None
    ) -> SubjectCounts:
        """Return what was counted, with each cell's number turned into its values; can be done once.

        Parameters
        ----------
        cell_of_number : callable
        number_of_place : ndarray of int64, shape (places,), optional
            What the subject at each place is called in the counts; by default, its place.
        """
        bins = self._bins.reshape(-1, self._width)[NOBODY + 1 : self._rows]
        bins[:, 0] += self._below[NOBODY + 1 : self._rows]
        numbers, places = np.divmod(np.concatenate(self._keys)[NOBODY + 1 :], max(self._places, 1))
        codes = np.array(self._numbers.codes, np.int64)[numbers]
        cell_of = {number: cell_of_number(number) for number in np.unique(codes // 2).tolist()}
        return SubjectCounts(
            thresholds=self._index.thresholds,
            cells=tuple(cell_of[number] for number in (codes // 2).tolist()),
            mated=codes % 2 == 1,
            subjects=places if number_of_place is None else number_of_place[places],
            bins=bins,
        )

"""The kernels: batches of scores, codes and subjects, added up in place by cell and by subject."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.arrays import FloatArray, IntArray, Integers, ScoreArray
from harness.counting.counts import Cell, Counts, sum_by_cell
from harness.counting.index import CodeNumbers, ThresholdIndex
from harness.counting.subjects import CODES_OF_A_SUBJECT, HIGHEST_NARROW, SubjectCounts

__all__ = ["SubjectTally", "Tallies", "Tally", "tallies_for"]

Bins: TypeAlias = npt.NDArray[np.int32] | IntArray
TABLES = 4
"""Copies of the bins when they are read: those counted in, by cell and truth, in order, and summed up."""
FEW = 0.25
"""Below this share of scores that reach any threshold, only these are looked up, and the others just counted."""
FEW_BY_SUBJECT = 0.5
"""Below this share of scores that reach any threshold, only these are looked up, and the others just counted."""
BYTES_OF_A_ROW = 48
"""Of its cell, truth and subject."""
NO_SUBJECT = 0
"""The row for what is to count for no subject, lest it be sorted out of every batch."""
MANY = 1 << 24
"""This many comparisons take longer to count than Numba takes to load."""
MOST_KEYS = 1 << 24
"""The compiled loops keep a number for every code of every subject, which for more would take too much memory."""


class Tally:
    """Adds batches up in place; what one worker keeps while it reads its part.

    Parameters
    ----------
    columns : sequence of str
        What the entries of a cell are values of.
    thresholds : ndarray of float64, shape (T,)
        Finite, strictly ascending.
    count_missing : bool
        Whether a comparison without a score is a trial that reaches no threshold; otherwise it is none.

    Examples
    --------
    >>> tally = Tally(["sex"], np.array([0.5, 0.7]), count_missing=False)
    >>> tally.add(np.array([0.4, 0.6, 0.8]), codes=np.array([0, 0, 1]))
    >>> tally.counts(lambda number: ("F",)).matches.tolist()
    [[[1, 0], [1, 1]]]
    """

    def __init__(self, columns: Sequence[str], thresholds: FloatArray, *, count_missing: bool) -> None:
        self._columns = tuple(columns)
        self._index = ThresholdIndex(thresholds)
        self._count_missing = count_missing
        self._width = len(thresholds) + 1
        self._numbers = CodeNumbers()
        self._bins: Bins = np.zeros((0, self._width), np.int32)
        self._counted = 0
        self._missing = np.zeros(0, np.int64)

    @staticmethod
    def size(thresholds: FloatArray, codes: int) -> int:
        """Return how many bytes counting takes where ``codes`` codes occur."""
        return (
            ThresholdIndex.size(thresholds)
            + TABLES * codes * (len(thresholds) + 1) * np.dtype(np.int64).itemsize
        )

    def add(self, scores: ScoreArray, codes: npt.NDArray[np.integer[Any]]) -> None:
        """Count one batch.

        Parameters
        ----------
        scores : ndarray of float64 or float32, shape (N,)
            Finite, or NaN where a comparison has no score.
        codes : ndarray of any whole type, shape (N,)
            Twice the number of the cell, plus one when mated; never negative.
        """
        self._make_room(len(scores))
        rows = self._rows(codes)
        absent = np.isnan(scores)
        if absent.any():
            without_score = self._by_row(rows[absent])
            self._missing += without_score
            if self._count_missing:
                self._bins[:, 0] += without_score
            scores, rows = scores[~absent], rows[~absent]
        reaching = scores >= self._index.thresholds[0]
        if np.count_nonzero(reaching) < FEW * len(scores):
            self._bins[:, 0] += self._by_row(rows)
            few = np.flatnonzero(reaching)
            scores, rows = scores[few], rows[few]
            self._bins[:, 0] -= self._by_row(rows)
        np.multiply(rows, self._width, out=rows)
        keys = np.add(rows, self._index.reached(scores), out=rows)
        flat = self._bins.reshape(-1)
        if flat.size <= 4 * keys.size:
            flat += np.bincount(keys, minlength=flat.size).astype(flat.dtype, copy=False)
        else:  # a table far larger than the batch: touch only the bins that are hit
            np.add.at(flat, keys, flat.dtype.type(1))  # of any other type it is a hundred times slower

    def _make_room(self, comparisons: int) -> None:
        """Widen the bins before one of them could overflow."""
        self._counted += comparisons
        if self._counted > HIGHEST_NARROW and self._bins.dtype == np.int32:
            self._bins = self._bins.astype(np.int64)

    def _by_row(self, rows: IntArray) -> Bins:
        """Count the comparisons of each row, in the type of the bins."""
        by_row = np.bincount(rows, minlength=len(self._missing))
        return by_row if self._bins.dtype == np.int64 else by_row.astype(np.int32)

    def _rows(self, codes: npt.NDArray[np.integer[Any]]) -> IntArray:
        rows = self._numbers.of(codes)
        new = len(self._numbers.codes) - len(self._bins)
        if new:
            self._bins = np.concatenate([self._bins, np.zeros((new, self._width), self._bins.dtype)])
            self._missing = np.concatenate([self._missing, np.zeros(new, np.int64)])
        return rows

    def counts(self, cell_of_number: Callable[[int], Cell]) -> Counts:
        """Return what was counted, with each cell's number turned into its values."""
        cells = tuple(cell_of_number(code // 2) for code in self._numbers.codes)
        shape = (len(cells), 2)
        bins = np.zeros((*shape, self._width), np.int64)
        missing = np.zeros(shape, np.int64)
        indices = np.arange(len(cells)), np.array(self._numbers.codes, np.intp) % 2
        bins[indices] = self._bins
        missing[indices] = self._missing
        return sum_by_cell(self._columns, self._index.thresholds, cells, bins, missing)


class SubjectTally:
    """Adds batches up by subject, in place.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (T,)
        Finite, strictly ascending.
    indices : int
        Subjects have indices from 0 to one less.
    count_missing : bool
        As in `harness.counting.tally.Tally`.

    Examples
    --------
    >>> tally = SubjectTally(np.array([0.5, 0.7]), 3, count_missing=False)
    >>> tally.add(np.array([0.6]), codes=np.array([0]), touched=[np.array([0]), np.array([2])])
    >>> tally.counts(lambda number: ("F",)).subjects
    array([0, 2])
    """

    def __init__(self, thresholds: FloatArray, indices: int, *, count_missing: bool) -> None:
        self._index = ThresholdIndex(thresholds)
        self._count_missing = count_missing
        self._indices = indices
        self._width = len(thresholds) + 1
        self._numbers = CodeNumbers()
        self._row_of = np.full(0, -1, np.int32)
        self._keys = [np.zeros(1, np.int64)]
        self._rows = NO_SUBJECT + 1
        # What is not touched takes no memory; and growing in place, it would not get the large pages that a table
        # looked up at random needs.
        rows = NO_SUBJECT + 1 + indices * CODES_OF_A_SUBJECT
        self._bins, self._below = np.zeros(rows * self._width, np.int32), np.zeros(rows, np.int32)
        self._touches = 0
        self._reserve(0)

    @staticmethod
    def size(thresholds: FloatArray, subjects: int, codes: int) -> int:
        """Return about how many bytes counting takes where ``codes`` codes occur."""
        rows = subjects * min(codes, CODES_OF_A_SUBJECT)
        narrow = np.dtype(np.int32).itemsize
        return (
            ThresholdIndex.size(thresholds)
            + rows * (len(thresholds) + 2) * narrow
            + codes * subjects * narrow
            + rows * BYTES_OF_A_ROW
        )

    def _reserve(self, comparisons: int) -> None:
        self._key, self._target = np.empty((2, comparisons), np.int64)
        self._row = np.empty(comparisons, np.int32)

    def add(self, scores: ScoreArray, codes: Integers, touched: Sequence[Integers]) -> None:
        """Count one batch.

        Parameters
        ----------
        scores, codes : ndarray, shape (N,)
            As in `harness.counting.tally.Tally.add`.
        touched : one or two ndarrays of integers, shape (N,)
            The indices of the subjects of each comparison; where the two are the same it touches one.
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
        few = np.flatnonzero(reaching) if np.count_nonzero(reaching) < FEW_BY_SUBJECT * len(scores) else None
        reached = self._index.reached(scores if few is None else scores[few])
        first_keys = self._first_keys(codes)
        for i, subjects in enumerate(touched):
            rows = self._rows_of(first_keys, subjects)
            if i:
                np.copyto(rows, NO_SUBJECT, where=subjects == touched[0])
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
        index = self._target[: len(rows)]
        np.multiply(rows, self._width, out=index, dtype=np.int64)
        np.add(index, reached, out=index)
        np.add.at(self._bins, index, one)

    def _first_keys(self, codes: Integers) -> IntArray:
        """Return the key of index 0 under each code; a key is of a code and an index."""
        numbers = self._numbers.of(codes)
        keys = len(self._numbers.codes) * self._indices
        if keys > len(self._row_of):
            self._row_of = np.append(self._row_of, np.full(keys - len(self._row_of), -1, np.int32))
        np.multiply(numbers, self._indices, out=numbers)
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
        """Widen the bins before one of them could overflow."""
        self._touches += touches
        if self._touches > HIGHEST_NARROW and self._bins.dtype == np.int32:
            self._bins, self._below = self._bins.astype(np.int64), self._below.astype(np.int64)

    def counts(
        self, cell_of_number: Callable[[int], Cell], number_of_index: IntArray | None = None
    ) -> SubjectCounts:
        """Return what was counted, with each cell's number turned into its values; can be done once.

        Parameters
        ----------
        cell_of_number : callable
        number_of_index : ndarray of int64, shape (indices,), optional
            What the subject at each index is called in the counts; by default, its index.
        """
        bins = self._bins.reshape(-1, self._width)[NO_SUBJECT + 1 : self._rows]
        bins[:, 0] += self._below[NO_SUBJECT + 1 : self._rows]
        numbers, indices = np.divmod(np.concatenate(self._keys)[NO_SUBJECT + 1 :], max(self._indices, 1))
        codes = np.array(self._numbers.codes, np.int64)[numbers]
        cell_of = {number: cell_of_number(number) for number in np.unique(codes // 2).tolist()}
        return SubjectCounts(
            thresholds=self._index.thresholds,
            cells=tuple(cell_of[number] for number in (codes // 2).tolist()),
            mated=codes % 2 == 1,
            subjects=indices if number_of_index is None else number_of_index[indices],
            bins=bins,
        )


class Tallies(Protocol):
    """Adds batches up by cell and by subject, in place."""

    def add(self, scores: ScoreArray, codes: Integers, touched: Sequence[Integers]) -> None:
        """Count one batch; see `harness.counting.SubjectTally.add`."""

    def counts(
        self, cell_of_number: Callable[[int], Cell], number_of_index: IntArray
    ) -> tuple[Counts, SubjectCounts]:
        """Return what was counted; can be done once."""


class NumpyTallies:
    """A `Tally` and a `SubjectTally`."""

    def __init__(self, tally: Tally, by_subject: SubjectTally) -> None:
        self._tally, self._by_subject = tally, by_subject

    def add(self, scores: ScoreArray, codes: Integers, touched: Sequence[Integers]) -> None:
        """Count one batch; see `SubjectTally.add`."""
        self._tally.add(scores, codes)
        self._by_subject.add(scores, codes, touched)

    def counts(
        self, cell_of_number: Callable[[int], Cell], number_of_index: IntArray
    ) -> tuple[Counts, SubjectCounts]:
        """Return what was counted; can be done once."""
        return self._tally.counts(cell_of_number), self._by_subject.counts(cell_of_number, number_of_index)


def tallies_for(
    rows: int | None,
    columns: Sequence[str],
    thresholds: FloatArray,
    at: FloatArray,
    indices: int,
    codes: int,
    *,
    count_missing: bool,
) -> Tallies:
    """Return what counts that many comparisons soonest; either counts alike.

    Parameters
    ----------
    rows : int or None
        How many comparisons there are; None where that is not known, or where memory must be spared.
    columns, thresholds, count_missing
        As in `Tally`.
    at : ndarray of float64
        Those of the thresholds to count by subject at.
    indices : int
        As in `SubjectTally`.
    codes : int
        All codes are below.
    """
    many = rows is not None and rows >= MANY and indices * codes <= MOST_KEYS
    if many and find_spec("numba") is not None:
        from harness.counting.compiled import CompiledTallies

        return CompiledTallies(columns, thresholds, at, indices, codes, count_missing=count_missing)
    return NumpyTallies(
        Tally(columns, thresholds, count_missing=count_missing),
        SubjectTally(at, indices, count_missing=count_missing),
    )

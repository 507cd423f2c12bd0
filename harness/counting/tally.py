"""The kernel: batches of scores and codes, added up in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.arrays import FloatArray, IntArray, ScoreArray
from harness.counting.codes import CodeNumbers
from harness.counting.counts import Cell, Counts, sum_by_cell
from harness.counting.index import ThresholdIndex

__all__ = ["Tally"]

Bins: TypeAlias = npt.NDArray[np.int32] | IntArray

HIGHEST_NARROW = np.iinfo(np.int32).max
TABLES = 4
"""Copies of the bins when they are read: those counted in, by cell and truth, in order, and summed up."""
FEW = 0.25
"""Below this share of scores that reach any threshold, only these are looked up, and the others just counted."""


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
        """Return how many bytes counting takes, where so many codes occur."""
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
        """Widen the bins before so many comparisons were counted that one of them could overflow."""
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
        places = np.arange(len(cells)), np.array(self._numbers.codes, np.intp) % 2
        bins[places] = self._bins
        missing[places] = self._missing
        return sum_by_cell(self._columns, self._index.thresholds, cells, bins, missing)

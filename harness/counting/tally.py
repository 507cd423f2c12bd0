"""The kernel: batches of scores and codes, added up in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.counting.counts import Cell, Counts, sum_by_cell
from harness.counting.index import ThresholdIndex

__all__ = ["Tally"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]


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
        self._row_of_code = np.full(0, -1, np.int64)
        self._rows_of_batch = np.empty(0, np.int64)
        self._codes: list[int] = []
        self._bins = np.zeros((0, self._width), np.int64)
        self._missing = np.zeros(0, np.int64)

    def add(self, scores: FloatArray, codes: npt.NDArray[np.int32]) -> None:
        """Count one batch.

        Parameters
        ----------
        scores : ndarray of float64 or float32, shape (N,)
            Finite, or NaN where a comparison has no score.
        codes : ndarray of int32, shape (N,)
            Twice the number of the cell, plus one when mated; never negative.
        """
        rows = self._rows(codes)
        absent = np.isnan(scores)
        if absent.any():
            without_score = np.bincount(rows[absent], minlength=len(self._missing))
            self._missing += without_score
            if self._count_missing:
                self._bins[:, 0] += without_score
            scores, rows = scores[~absent], rows[~absent]
        np.multiply(rows, self._width, out=rows)
        keys = np.add(rows, self._index.reached(scores), out=rows)
        flat = self._bins.reshape(-1)
        if flat.size <= 4 * keys.size:
            flat += np.bincount(keys, minlength=flat.size)
        else:  # a table far larger than the batch: touch only the bins that are hit
            np.add.at(flat, keys, np.int64(1))

    def _rows(self, codes: npt.NDArray[np.int32]) -> IntArray:
        highest = int(codes.max(initial=-1))
        if highest >= len(self._row_of_code):
            grown = np.full(highest + 1, -1, np.int64)
            grown[: len(self._row_of_code)] = self._row_of_code
            self._row_of_code = grown
        if len(codes) > len(self._rows_of_batch):
            self._rows_of_batch = np.empty(len(codes), np.int64)
        rows = self._rows_of_batch[: len(codes)]
        self._row_of_code.take(codes, out=rows, mode="clip")
        if rows.size and rows.min() < 0:
            new = np.unique(codes[rows < 0])
            self._row_of_code[new] = len(self._codes) + np.arange(len(new))
            self._codes += new.tolist()
            self._bins = np.concatenate([self._bins, np.zeros((len(new), self._width), np.int64)])
            self._missing = np.concatenate([self._missing, np.zeros(len(new), np.int64)])
            self._row_of_code.take(codes, out=rows, mode="clip")
        return rows

    def counts(self, cell_of_number: Callable[[int], Cell]) -> Counts:
        """Return what was counted, with each cell's number turned into its values."""
        cells = tuple(cell_of_number(code // 2) for code in self._codes)
        shape = (len(cells), 2)
        bins = np.zeros((*shape, self._width), np.int64)
        missing = np.zeros(shape, np.int64)
        places = np.arange(len(cells)), np.array(self._codes, np.intp) % 2
        bins[places] = self._bins
        missing[places] = self._missing
        return sum_by_cell(self._columns, self._index.thresholds, cells, bins, missing)

"""Counts by subject: what the variance of rates needs to know of who was compared.

A comparison touches one subject or two. For every cell, truth and subject, these counts say how many of the
comparisons that touch the subject reach exactly so many thresholds. They are as exact as `Counts`, and add up
alike, but their size grows with the subjects; so with many subjects they are kept at fewer thresholds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.counting.counts import Cell
from harness.counting.index import ThresholdIndex
from harness.errors import InputError

__all__ = ["SubjectCounts", "SubjectSums", "SubjectTally", "thresholds_for"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

MOST_BINS = 1 << 23
ROWS_PER_SUBJECT = 4
FEWEST_THRESHOLDS = 64
ONE = np.int32(1)
"""Of the bins' own type, without which adding in place takes a path a hundred times slower."""


def thresholds_for(thresholds: FloatArray, subjects: int) -> FloatArray:
    """Return those thresholds, evenly among all, at which counts by subject fit in memory.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (T,)
    subjects : int

    Returns
    -------
    ndarray of float64
        All, where 4 * subjects * T is at most 2**23; at least 64, and always the first and the last.
    """
    affordable = max(FEWEST_THRESHOLDS, MOST_BINS // max(1, ROWS_PER_SUBJECT * subjects))
    if affordable >= len(thresholds):
        return thresholds
    return thresholds[np.unique(np.linspace(0, len(thresholds) - 1, affordable).round().astype(np.intp))]


@dataclass(frozen=True, eq=False)
class SubjectSums:
    """Sums over the subjects of a group, from which its clustered variance follows in closed form.

    Attributes
    ----------
    subjects : int
        How many have a comparison in the group.
    squared_matches : ndarray of int64, shape (T,)
        Sum over subjects of (matches touching the subject)².
    matches_times_trials : ndarray of int64, shape (T,)
        Sum of matches times trials touching the subject.
    squared_trials : int
        Sum of (trials touching the subject)².
    effective_subjects : ndarray of float64, shape (T,)
        How many subjects, all deviating alike, would be as uneven: (sum of S²)² / sum of S⁴, S being how far a
        subject's matches are from its share of all. At most ``subjects``; that many where no subject deviates.
    """

    subjects: int
    squared_matches: IntArray
    matches_times_trials: IntArray
    squared_trials: int
    effective_subjects: FloatArray


@dataclass(frozen=True, eq=False)
class SubjectCounts:
    """How many of the comparisons that touch a subject reach exactly so many thresholds.

    Attributes
    ----------
    thresholds : ndarray of float64, shape (T,)
    cells : tuple of Cell, length R
    mated : ndarray of bool, shape (R,)
    subjects : ndarray of int64, shape (R,)
        The row is of this cell, truth and subject.
    bins : ndarray of int32, shape (R, T + 1)
    """

    thresholds: FloatArray
    cells: tuple[Cell, ...]
    mated: npt.NDArray[np.bool_]
    subjects: IntArray
    bins: npt.NDArray[np.int32]

    def __sub__(self, other: SubjectCounts) -> SubjectCounts:
        """Take away comparisons that were counted; subjects of whom none is left in a cell are gone from it."""
        if not np.array_equal(self.thresholds, other.thresholds):
            raise InputError("counts by subject can be taken away only when their thresholds are the same")
        row_of = {key: row for row, key in enumerate(self._keys())}
        bins = self.bins.copy()
        for key, taken in zip(other._keys(), other.bins, strict=True):
            bins[row_of.get(key, 0)] -= taken
        if bins.min(initial=0) < 0 or not row_of.keys() >= set(other._keys()):
            raise InputError("counts can be taken away only from counts that they are part of")
        kept = np.flatnonzero(bins.any(axis=1))
        cells = tuple(self.cells[row] for row in kept)
        return SubjectCounts(self.thresholds, cells, self.mated[kept], self.subjects[kept], bins[kept])

    def _keys(self) -> list[tuple[Cell, bool, int]]:
        return list(zip(self.cells, self.mated.tolist(), self.subjects.tolist(), strict=True))

    def trials_of(self, subject: int) -> tuple[int, int]:
        """Count the non-mated and the mated comparisons that touch a subject."""
        non_mated, mated = (
            int(self.bins[(self.subjects == subject) & (self.mated == truth)].sum())
            for truth in (False, True)
        )
        return non_mated, mated

    def sums(self, cell_of: Callable[[Cell], Cell | None], regrouped: Cell, *, mated: bool) -> SubjectSums:
        """Add up over the subjects of the cells that regroup into one.

        Parameters
        ----------
        cell_of : callable
            As in `harness.counting.Counts.regrouped`.
        regrouped : Cell
        mated : bool
            Which of its comparisons.
        """
        belongs = {cell: cell_of(cell) == regrouped for cell in set(self.cells)}
        rows = np.flatnonzero(
            np.array([belongs[cell] for cell in self.cells], np.bool_) & (self.mated == mated)
        )
        subjects, place = np.unique(self.subjects[rows], return_inverse=True)
        bins = np.zeros((len(subjects), self.bins.shape[1]), np.int64)
        np.add.at(bins, place, self.bins[rows])
        trials = bins.sum(axis=1)
        matches = np.cumsum(bins[:, :0:-1], axis=1)[:, ::-1]
        return SubjectSums(
            effective_subjects=_effective(matches, trials),
            subjects=len(subjects),
            squared_matches=np.einsum("st,st->t", matches, matches),
            matches_times_trials=trials @ matches,
            squared_trials=int(trials @ trials),
        )


def _effective(matches: IntArray, trials: IntArray) -> FloatArray:
    scaled = matches * trials.sum() - trials[:, None] * matches.sum(
        axis=0
    )  # whole numbers: none is nearly zero
    squared = np.square(scaled.astype(np.float64))
    fourth = np.square(squared).sum(axis=0)
    uneven = fourth > 0
    return np.where(uneven, squared.sum(axis=0) ** 2 / np.where(uneven, fourth, 1.0), float(len(trials)))


class SubjectTally:
    """Adds batches up by subject, in place.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (T,)
        Finite, strictly ascending.
    subjects : int
        Subjects are numbered from 0 to one less.
    count_missing : bool
        As in `harness.counting.tally.Tally`.
    """

    def __init__(self, thresholds: FloatArray, subjects: int, *, count_missing: bool) -> None:
        self._index = ThresholdIndex(thresholds)
        self._count_missing = count_missing
        self._codes = np.zeros(0, np.int64)
        self._row_of = np.zeros((0, subjects), np.int32)
        self._keys: list[IntArray] = []
        self._rows = 0
        self._bins = np.zeros((0, len(thresholds) + 1), np.int32)

    def add(
        self, scores: FloatArray, codes: npt.NDArray[np.int32], touched: Sequence[npt.NDArray[np.int32]]
    ) -> None:
        """Count one batch.

        Parameters
        ----------
        scores, codes : ndarray, shape (N,)
            As in `harness.counting.tally.Tally.add`.
        touched : one or two ndarrays of int32, shape (N,)
            The subjects of each comparison; where the two are the same it touches one.
        """
        absent = np.isnan(scores)
        if absent.any() and not self._count_missing:
            kept = ~absent
            scores, codes, touched = scores[kept], codes[kept], [side[kept] for side in touched]
            absent = absent[kept]
        reached = self._index.reached(np.where(absent, self._index.thresholds[0], scores))
        reached[absent] = 0
        places = self._places(codes)
        self._touch(places, touched[0], reached)
        if len(touched) == 2:
            other = np.flatnonzero(touched[0] != touched[1])
            self._touch(places[other], touched[1][other], reached[other])

    def _places(self, codes: npt.NDArray[np.int32]) -> IntArray:
        """Where each code stands among those seen so far, which are kept in order of appearance."""
        present = np.unique(codes)
        new = present[~np.isin(present, self._codes)]
        if len(new):
            self._codes = np.concatenate([self._codes, new])
            more = np.full((len(new), self._row_of.shape[1]), -1, np.int32)
            self._row_of = np.concatenate([self._row_of, more])
        place_of_code = np.zeros(int(self._codes.max(initial=-1)) + 1, np.int64)
        place_of_code[self._codes] = np.arange(len(self._codes))
        places: IntArray = place_of_code[codes]
        return places

    def _touch(self, places: IntArray, subjects: npt.NDArray[np.int32], reached: IntArray) -> None:
        keys = places * self._row_of.shape[1] + subjects
        rows = self._row_of.reshape(-1)[keys]
        if rows.min(initial=0) < 0:
            new = np.unique(keys[rows < 0])
            self._row_of.reshape(-1)[new] = self._rows + np.arange(len(new))
            self._keys.append(new)
            self._grow(len(new))
            rows = self._row_of.reshape(-1)[keys]
        keys = rows.astype(np.int64) * self._bins.shape[1] + reached
        np.add.at(self._bins.reshape(-1), keys, ONE)

    def _grow(self, rows: int) -> None:
        self._rows += rows
        if self._rows > len(self._bins):
            grown = np.zeros((max(self._rows, len(self._bins) * 3 // 2), self._bins.shape[1]), np.int32)
            grown[: len(self._bins)] = self._bins
            self._bins = grown

    def counts(self, cell_of_number: Callable[[int], Cell]) -> SubjectCounts:
        """Return what was counted, with each cell's number turned into its values."""
        keys = np.concatenate(self._keys) if self._keys else np.zeros(0, np.int64)
        places, subjects = np.divmod(keys, self._row_of.shape[1])
        codes = self._codes[places]
        cell_of = {number: cell_of_number(number) for number in np.unique(codes // 2).tolist()}
        return SubjectCounts(
            thresholds=self._index.thresholds,
            cells=tuple(cell_of[number] for number in (codes // 2).tolist()),
            mated=codes % 2 == 1,
            subjects=subjects,
            bins=self._bins[: self._rows],
        )

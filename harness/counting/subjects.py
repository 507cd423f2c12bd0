"""Counts by subject: what the variance of rates needs to know of who was compared.

A comparison touches one subject or two. For every cell, truth and subject, these counts say how many of the
comparisons that touch the subject reach exactly N thresholds. They are as exact as `Counts`, and add up
alike, but their size grows with the subjects; so with many subjects they are kept at fewer thresholds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from harness.counting.counts import Cell, cell_order, sealed, unsealed
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import FloatArray, IntArray

__all__ = ["SubjectCounts", "SubjectSums", "summed", "thresholds_for"]

MOST_BINS = 1 << 23
ROWS_PER_SUBJECT = 4
FEWEST_THRESHOLDS = 64
HIGHEST_NARROW = np.iinfo(np.int32).max
CODES_OF_A_SUBJECT = 3
"""Mated and non-mated within a group, and across: most subjects have comparisons of these and no others."""
SCHEMA = "harness/counts-by-subject/1"
NOT_PART = "counts can be taken away only from counts that they are part of"
CELLS_AT_ONCE = 1 << 22
LARGER = 8
"""How many times the memory of an int64 one of Python's whole numbers takes, with those it is worked out from."""


def thresholds_for(thresholds: FloatArray, subjects: int) -> FloatArray:
    """Return those thresholds, evenly among all, at which counts by subject fit in memory.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (T,)
    subjects : int

    Returns
    -------
    ndarray of float64
        All, where 4 * subjects * T is at most 2**23. Otherwise 64, or 64 times the power of two that is affordable,
        so that a few subjects more hardly ever change them; always the first and the last.

    Examples
    --------
    >>> len(thresholds_for(np.arange(1000.0), subjects=10_000))
    128
    """
    affordable = MOST_BINS // max(1, ROWS_PER_SUBJECT * subjects)
    if affordable >= len(thresholds):
        return thresholds
    doublings = max(affordable // FEWEST_THRESHOLDS, 1).bit_length() - 1
    kept = min(FEWEST_THRESHOLDS << doublings, len(thresholds))
    return thresholds[np.linspace(0, len(thresholds) - 1, kept).round().astype(np.intp)]


@dataclass(frozen=True, eq=False)
class SubjectCounts:
    """How many of the comparisons that touch a subject reach exactly N thresholds.

    Counts of parts of the same comparisons add up where the subjects are numbered alike in all parts.

    Attributes
    ----------
    thresholds : ndarray of float64, shape (T,)
    cells : tuple of Cell, length R
    mated : ndarray of bool, shape (R,)
    subjects : ndarray of int64, shape (R,)
        The row is of this cell, truth and subject, and the only one that is.
    bins : ndarray of int32 or int64, shape (R, T + 1)
        int64 where int32 might overflow.
    """

    thresholds: FloatArray
    cells: tuple[Cell, ...]
    mated: npt.NDArray[np.bool_]
    subjects: IntArray
    bins: npt.NDArray[np.int32] | IntArray

    @classmethod
    def zero(cls, thresholds: FloatArray) -> SubjectCounts:
        """Return the counts of no comparisons, which adding leaves all others as they are."""
        nobody = np.zeros(0, np.int64)
        return cls(
            thresholds, (), nobody.astype(np.bool_), nobody, np.zeros((0, len(thresholds) + 1), np.int32)
        )

    def __add__(self, other: SubjectCounts) -> SubjectCounts:
        own, theirs = self._keys_beside(other)
        keys, first = np.unique(np.concatenate([own, theirs]), return_index=True)
        highest = int(self.bins.max(initial=0)) + int(other.bins.max(initial=0))
        bins = np.zeros((len(keys), self.bins.shape[1]), np.int32 if highest <= HIGHEST_NARROW else np.int64)
        bins[np.searchsorted(keys, own)] = self.bins
        bins[np.searchsorted(keys, theirs)] += other.bins
        cells = self.cells + other.cells
        return SubjectCounts(
            self.thresholds,
            tuple(cells[row] for row in first),
            np.concatenate([self.mated, other.mated])[first],
            np.concatenate([self.subjects, other.subjects])[first],
            bins,
        )

    def __sub__(self, other: SubjectCounts) -> SubjectCounts:
        """Take away comparisons that were counted; subjects of whom none is left in a cell are gone from it."""
        own, theirs = self._keys_beside(other)
        order = np.argsort(own)
        index = np.searchsorted(own[order], theirs)
        if not np.isin(theirs, own).all():
            raise InputError(NOT_PART)
        bins = self.bins.copy()
        bins[order[index]] -= other.bins
        if bins.min(initial=0) < 0:
            raise InputError(NOT_PART)
        return SubjectCounts(self.thresholds, self.cells, self.mated, self.subjects, bins)._rows(
            np.flatnonzero(bins.any(axis=1))
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SubjectCounts):
            return NotImplemented
        if not np.array_equal(self.thresholds, other.thresholds) or len(self.bins) != len(other.bins):
            return False
        own, theirs = self._keys_beside(other)
        mine, yours = np.argsort(own), np.argsort(theirs)
        return np.array_equal(own[mine], theirs[yours]) and np.array_equal(self.bins[mine], other.bins[yours])

    __hash__ = None  # type: ignore[assignment]

    def _rows(self, rows: IntArray) -> SubjectCounts:
        cells = tuple(self.cells[row] for row in rows)
        return SubjectCounts(self.thresholds, cells, self.mated[rows], self.subjects[rows], self.bins[rows])

    @cached_property
    def _distinct_cells(self) -> tuple[Cell, ...]:
        return tuple(sorted(set(self.cells), key=cell_order))

    @cached_property
    def _cell_of_row(self) -> IntArray:
        """Place of each row's cell among the distinct ones."""
        return _indices(self.cells, self._distinct_cells)

    def _keys_beside(self, other: SubjectCounts) -> tuple[IntArray, IntArray]:
        """Give rows of the same cell, truth and subject the same whole number, in the order of the three."""
        if not np.array_equal(self.thresholds, other.thresholds):
            raise InputError("counts by subject go together only when their thresholds are the same")
        cells = tuple(sorted({*self._distinct_cells, *other._distinct_cells}, key=cell_order))
        people = 1 + max(int(part.subjects.max(initial=0)) for part in (self, other))
        own, theirs = (
            (2 * _indices(part._distinct_cells, cells)[part._cell_of_row] + part.mated) * people
            + part.subjects
            for part in (self, other)
        )
        return own, theirs

    def trials_of(self, subject: int) -> tuple[int, int]:
        """Count the non-mated and the mated comparisons that touch a subject."""
        non_mated, mated = (
            int(self.bins[(self.subjects == subject) & (self.mated == truth)].sum())
            for truth in (False, True)
        )
        return non_mated, mated

    def of_several_labels(
        self, label_of: Callable[[Cell], str | None], *, mated_only: bool
    ) -> tuple[int, tuple[str, str]] | None:
        """Find subjects with comparisons in cells of more than one label.

        Parameters
        ----------
        label_of : callable
            The label of a cell; None leaves it alone.
        mated_only : bool
            Whether to look at mated comparisons alone.

        Returns
        -------
        (int, (str, str)) or None
            How many there are, and two labels of one of them; None where there is none.
        """
        of_cells = [label_of(cell) for cell in self._distinct_cells]
        labels = sorted({label for label in of_cells if label is not None})
        rank_of = {label: rank for rank, label in enumerate(labels)}
        ranks = np.array([-1 if label is None else rank_of[label] for label in of_cells], np.int64)
        of_row = ranks[self._cell_of_row]
        rows = np.flatnonzero((of_row >= 0) & (self.mated | (not mated_only)))
        if not len(rows):
            return None
        rows = rows[np.argsort(self.subjects[rows], kind="stable")]
        _, starts = np.unique(self.subjects[rows], return_index=True)
        lowest, highest = (end.reduceat(of_row[rows], starts) for end in (np.minimum, np.maximum))
        several = np.flatnonzero(lowest < highest)
        if not len(several):
            return None
        return len(several), (labels[lowest[several[0]]], labels[highest[several[0]]])

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
        belongs = np.array([cell_of(cell) == regrouped for cell in self._distinct_cells], np.bool_)
        rows = np.flatnonzero(belongs[self._cell_of_row] & (self.mated == mated))
        return summed(self.subjects[rows], rows, self.bins)

    def of_each(
        self, cell_of: Callable[[Cell], Cell | None], regrouped: Cell, *, mated: bool
    ) -> tuple[IntArray, IntArray]:
        """Count the comparisons that touch each subject, of the cells that regroup into one.

        Parameters are those of `sums`.

        Returns
        -------
        trials : ndarray of int64, shape (S,)
            Of the S subjects with such a comparison, in the order of their numbers.
        matches : ndarray of int64, shape (S, T)
        """
        belongs = np.array([cell_of(cell) == regrouped for cell in self._distinct_cells], np.bool_)
        rows = np.flatnonzero(belongs[self._cell_of_row] & (self.mated == mated))
        subjects, index = np.unique(self.subjects[rows], return_inverse=True)
        bins = np.zeros((len(subjects), self.bins.shape[1]), np.int64)
        np.add.at(bins, index, self.bins[rows])
        reaching = np.cumsum(bins[:, ::-1], axis=1)[:, ::-1]
        return reaching[:, 0], reaching[:, 1:]

    def to_bytes(self) -> bytes:
        """Serialise as an Arrow IPC stream of rows ``(cell, mated, subject, bins)`` and its SHA-256.

        Equal counts give equal bytes.
        """
        ordered = self._rows(np.argsort(self._keys_beside(self)[0]))
        head = {"schema": SCHEMA, "cells": self._distinct_cells, "thresholds": self.thresholds.tolist()}
        narrow = int(self.bins.max(initial=0)) <= HIGHEST_NARROW
        bins = ordered.bins.reshape(-1).astype(np.int32 if narrow else np.int64, copy=False)
        return sealed(
            head,
            {
                "cell": pa.array(ordered._cell_of_row),
                "mated": pa.array(ordered.mated),
                "subject": pa.array(ordered.subjects),
                "bins": pa.FixedSizeListArray.from_arrays(pa.array(bins), len(self.thresholds) + 1),
            },
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> SubjectCounts:
        """Read what `to_bytes` wrote.

        Raises
        ------
        InputError
            Where the bytes are not such a stream, whole and unaltered.
        """
        head, table = unsealed(data, SCHEMA)
        try:
            cells = [tuple(cell) for cell in head["cells"]]
            thresholds = np.array(head["thresholds"], np.float64)
            bins = table["bins"].combine_chunks().flatten().to_numpy()
            return cls(
                thresholds,
                tuple(cells[index] for index in table["cell"].to_pylist()),
                table["mated"].to_numpy(),
                table["subject"].to_numpy(),
                bins.reshape(-1, len(thresholds) + 1),
            )
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise InputError(f"these bytes are not serialised counts ({error})") from error


def _indices(cells: tuple[Cell, ...], among: tuple[Cell, ...]) -> IntArray:
    index = {cell: i for i, cell in enumerate(among)}
    return np.array([index[cell] for cell in cells], np.int64)


@dataclass(frozen=True, eq=False)
class SubjectSums:
    """Sums over the subjects of a group, from which its clustered variance follows in closed form.

    Attributes
    ----------
    subjects : int
        How many have a comparison in the group.
    squared_matches : ndarray of int64, or of int where int64 might overflow, shape (T,)
        Sum over subjects of (matches touching the subject)².
    matches_times_trials : ndarray of int64 or int, shape (T,)
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


def summed(subject_of_row: IntArray, rows: IntArray, bins: npt.NDArray[np.integer[Any]]) -> SubjectSums:
    """Add up rows of which several may be of one subject, some subjects at a time.

    Parameters
    ----------
    subject_of_row : ndarray of int64, shape (N,)
    rows : ndarray of int64, shape (N,)
        Which rows of ``bins`` these are.
    bins : ndarray of integers, shape (R, T + 1)
        Comparisons that touch the subject and reach exactly N thresholds.
    """
    order = np.argsort(subject_of_row, kind="stable")
    subjects, starts = np.unique(subject_of_row[order], return_index=True)
    ascending = starts, rows[order]
    thresholds = bins.shape[1] - 1
    touching = (
        np.add.reduceat(bins[ascending[1]].sum(axis=1, dtype=np.int64), starts) if len(starts) else starts
    )
    all_trials = int(touching.sum())
    exact = _exact_type(int(touching.max(initial=0)) * all_trials)
    squared_trials = 0
    all_matches, squared_matches, matches_times_trials = np.zeros((3, thresholds), exact)
    blocks = _Blocks(*ascending, bins, exact)
    for trials, matches in blocks:
        squared_trials += int(trials @ trials)
        all_matches += matches.sum(axis=0)
        squared_matches += np.einsum("st,st->t", matches, matches)
        matches_times_trials += np.einsum("s,st->t", trials, matches)
    second, fourth = np.zeros((2, thresholds))
    for trials, matches in blocks:
        scaled = matches * all_trials - trials[:, None] * all_matches  # whole numbers: none is nearly zero
        squared = np.square(scaled.astype(np.float64))
        second += squared.sum(axis=0)
        fourth += np.square(squared, out=squared).sum(axis=0)
    uneven = fourth > 0
    effective = np.where(uneven, second**2 / np.where(uneven, fourth, 1.0), float(len(subjects)))
    return SubjectSums(len(subjects), squared_matches, matches_times_trials, squared_trials, effective)


def _exact_type(largest: int) -> np.dtype[Any]:
    """Return a type that holds whole numbers of this size: Python's own, which is slower, where int64 does not."""
    return np.dtype(np.int64 if largest <= np.iinfo(np.int64).max else object)


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Trials, shape (S,), and matches, shape (S, T), of so many subjects at a time as fit in little memory.

    Those of subject ``i`` begin at ``starts[i]`` of ``rows``. A single block is kept from one iteration to the next.
    """

    starts: IntArray
    rows: IntArray
    bins: npt.NDArray[np.integer[Any]]
    exact: np.dtype[Any]

    def __iter__(self) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
        if len(self.starts) <= self._at_once:
            yield from [self._whole] if len(self.starts) else []
        else:
            for first in range(0, len(self.starts), self._at_once):
                yield self._block(first)

    @cached_property
    def _whole(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        return self._block(0)

    @property
    def _at_once(self) -> int:
        cells = CELLS_AT_ONCE if self.exact == np.int64 else CELLS_AT_ONCE // LARGER
        return max(1, cells // int(self.bins.shape[1]))

    def _block(self, first: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        ends = np.append(self.starts[first + 1 : first + self._at_once + 1], len(self.rows))[: self._at_once]
        start = self.starts[first]
        of_rows = self.bins[self.rows[start : ends[-1]]].astype(np.int64, copy=False)
        # Sums of runs of rows are the steps of the running sum, which is many times faster than reduceat.
        running = np.cumsum(of_rows, axis=0, out=of_rows)[ends - start - 1]
        of_block = np.diff(running, axis=0, prepend=0)
        reaching = np.cumsum(of_block[:, ::-1], axis=1)[:, ::-1].astype(self.exact, copy=False)
        return reaching[:, 0], reaching[:, 1:]

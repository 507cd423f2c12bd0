"""Sums over the subjects of a group, from which its clustered variance follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.arrays import FloatArray, IntArray

__all__ = ["SubjectSums", "summed"]


CELLS_AT_ONCE = 1 << 22
LARGER = 8
"""How many times the memory of an int64 one of Python's whole numbers takes, with those it is worked out from."""


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
        Comparisons that touch the subject and reach exactly so many thresholds.
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
    for trials, matches in _by_subject(*ascending, bins, exact):
        squared_trials += int(trials @ trials)
        all_matches += matches.sum(axis=0)
        squared_matches += np.einsum("st,st->t", matches, matches)
        matches_times_trials += trials @ matches
    second, fourth = np.zeros((2, thresholds))
    for trials, matches in _by_subject(*ascending, bins, exact):
        scaled = matches * all_trials - trials[:, None] * all_matches  # whole numbers: none is nearly zero
        squared = np.square(scaled.astype(np.float64))
        second += squared.sum(axis=0)
        fourth += np.square(squared, out=squared).sum(axis=0)
    uneven = fourth > 0
    effective = np.where(uneven, second**2 / np.where(uneven, fourth, 1.0), float(len(subjects)))
    return SubjectSums(len(subjects), squared_matches, matches_times_trials, squared_trials, effective)


def _exact_type(largest: int) -> np.dtype[Any]:
    """What holds whole numbers of this size: Python's own, of any size but slower, where int64 does not."""
    return np.dtype(np.int64 if largest <= np.iinfo(np.int64).max else object)


def _by_subject(
    starts: IntArray, rows: IntArray, bins: npt.NDArray[np.integer[Any]], exact: np.dtype[Any]
) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    """Give trials, shape (S,), and matches, shape (S, T), of so many subjects as fit in little memory.

    Those of subject ``i`` begin at ``starts[i]`` of ``rows``.
    """
    cells = CELLS_AT_ONCE if exact == np.int64 else CELLS_AT_ONCE // LARGER
    at_once = max(1, cells // bins.shape[1])
    for first in range(0, len(starts), at_once):
        of_subjects = starts[first : first + at_once]
        end = starts[first + at_once] if first + at_once < len(starts) else len(rows)
        of_rows = bins[rows[of_subjects[0] : end]]
        of_block = np.add.reduceat(of_rows, of_subjects - of_subjects[0], axis=0, dtype=np.int64)
        reaching = np.cumsum(of_block[:, ::-1], axis=1)[:, ::-1].astype(exact, copy=False)
        yield reaching[:, 0], reaching[:, 1:]

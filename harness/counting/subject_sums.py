"""Sums over the subjects of a group, from which its clustered variance follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["SubjectSums", "summed"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

CELLS_AT_ONCE = 1 << 22


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
    subjects, place = np.unique(subject_of_row, return_inverse=True)
    order = np.argsort(place, kind="stable")
    ascending = place[order], rows[order]
    thresholds = bins.shape[1] - 1
    all_trials, squared_trials = 0, 0
    all_matches, squared_matches, matches_times_trials = np.zeros((3, thresholds), np.int64)
    for trials, matches in _by_subject(*ascending, bins):
        all_trials += int(trials.sum())
        squared_trials += int(trials @ trials)
        all_matches += matches.sum(axis=0)
        squared_matches += np.einsum("st,st->t", matches, matches)
        matches_times_trials += trials @ matches
    second, fourth = np.zeros((2, thresholds))
    for trials, matches in _by_subject(*ascending, bins):
        scaled = matches * all_trials - trials[:, None] * all_matches  # whole numbers: none is nearly zero
        squared = np.square(scaled.astype(np.float64))
        second += squared.sum(axis=0)
        fourth += np.square(squared, out=squared).sum(axis=0)
    uneven = fourth > 0
    effective = np.where(uneven, second**2 / np.where(uneven, fourth, 1.0), float(len(subjects)))
    return SubjectSums(len(subjects), squared_matches, matches_times_trials, squared_trials, effective)


def _by_subject(
    place: IntArray, rows: IntArray, bins: npt.NDArray[np.integer[Any]]
) -> Iterator[tuple[IntArray, IntArray]]:
    """Give trials, shape (S,), and matches, shape (S, T), of so many subjects as fit in little memory."""
    subjects = int(place[-1]) + 1 if len(place) else 0
    at_once = max(1, CELLS_AT_ONCE // bins.shape[1])
    for first in range(0, subjects, at_once):
        start, end = np.searchsorted(place, (first, first + at_once))
        of_block = np.zeros((min(at_once, subjects - first), bins.shape[1]), np.int64)
        np.add.at(of_block, place[start:end] - first, bins[rows[start:end]])
        reaching = np.cumsum(of_block[:, ::-1], axis=1)[:, ::-1]
        yield reaching[:, 0], reaching[:, 1:]

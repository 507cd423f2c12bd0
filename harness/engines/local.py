"""One machine: DuckDB reads, checks and codes; the NumPy kernel counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.comparisons import Comparisons
from harness.comparisons.coding import Coding
from harness.counting import Counts, SubjectCounts, SubjectTally, Tally, thresholds_for

__all__ = ["count", "count_by_subject"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
Progress: TypeAlias = Callable[[int], None]


def count(
    comparisons: Comparisons, thresholds: FloatArray, *, progress: Progress = lambda rows: None
) -> Counts:
    """Count all comparisons in one pass.

    Parameters
    ----------
    comparisons : Comparisons
    thresholds : ndarray of float64, shape (T,)
        Canonical (higher is more alike), finite, strictly ascending.
    progress : callable
        Called with the number of rows of each batch once it is counted.

    Raises
    ------
    InputError
        Where a comparison cannot be used.
    """

    def counted(coding: Coding) -> Counts:
        tally = Tally(comparisons.columns, thresholds, count_missing=_counts_missing(comparisons))
        for batch in comparisons.batches(coding):
            tally.add(*(column.to_numpy() for column in batch.columns))
            progress(batch.num_rows)
        return tally.counts(coding.cell)

    return comparisons.read(counted)


def count_by_subject(
    comparisons: Comparisons,
    thresholds: FloatArray,
    *,
    among: BoolArray | None = None,
    progress: Progress = lambda rows: None,
) -> tuple[Counts, SubjectCounts]:
    """Count all comparisons, and those of every subject, in one pass.

    Parameters and errors are those of `count`; the study must name the subjects.

    Parameters
    ----------
    comparisons, thresholds, progress
    among : ndarray of bool, shape (subjects,), optional
        Count only comparisons of which every subject is among these.

    Returns
    -------
    Counts
    SubjectCounts
        At fewer thresholds where the subjects are many; see `harness.counting.thresholds_for`.
    """
    subjects = comparisons.subjects

    def counted(coding: Coding) -> tuple[Counts, SubjectCounts]:
        count_missing = _counts_missing(comparisons)
        tally = Tally(comparisons.columns, thresholds, count_missing=count_missing)
        by_subject = SubjectTally(thresholds_for(thresholds, subjects), subjects, count_missing=count_missing)
        for batch in comparisons.batches_by_subject(coding):
            scores, codes, *touched = (column.to_numpy() for column in batch.columns)
            if among is not None:
                kept = np.logical_and.reduce([among[side] for side in touched])
                scores, codes, *touched = (column[kept] for column in (scores, codes, *touched))
            tally.add(scores, codes)
            by_subject.add(scores, codes, touched)
            progress(batch.num_rows)
        return tally.counts(coding.cell), by_subject.counts(coding.cell)

    return comparisons.read(counted)


def _counts_missing(comparisons: Comparisons) -> bool:
    return comparisons.study.missing_scores == "count"

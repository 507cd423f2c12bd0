"""One machine: DuckDB reads and checks on all processors; the NumPy kernel codes and counts beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import TYPE_CHECKING, TypeAlias

from harness.comparisons.scan import NOBODY, Batch
from harness.counting import Counts, SubjectCounts, SubjectTally, Tally, tallies_for, thresholds_for

if TYPE_CHECKING:
    from harness.arrays import BoolArray, FloatArray
    from harness.comparisons import Comparisons
    from harness.comparisons.coding import Coding

__all__ = ["Progress", "count", "count_by_subject"]

Progress: TypeAlias = Callable[[int], None]
"""Told how many comparisons were just counted."""

MOST_CODES = 1 << 10


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
        Called with the number of rows of each batch once it is counted; with a number below zero where what was
        counted must be counted again.

    Raises
    ------
    InputError
        Where a comparison cannot be used.
    """

    def counted(coding: Coding) -> Counts:
        codes = _codes(coding)
        comparisons.leave_room(
            Tally.size(thresholds, codes), f"{codes} cells at {len(thresholds):,} thresholds"
        )
        tally = Tally(comparisons.columns, thresholds, count_missing=_counts_missing(comparisons))
        for batch in _reported(comparisons.batches(coding), progress):
            tally.add(batch.scores, batch.codes)
        return tally.counts(coding.cell).naming(comparisons.named)

    return comparisons.read(counted)


def count_by_subject(
    comparisons: Comparisons,
    thresholds: FloatArray,
    *,
    among: BoolArray | None = None,
    at: FloatArray | None = None,
    progress: Progress = lambda rows: None,
) -> tuple[Counts, SubjectCounts]:
    """Count all comparisons, and those of every subject, in one pass.

    Parameters and errors are those of `count`; the study must name the subjects.

    Parameters
    ----------
    comparisons, thresholds, progress
    among : ndarray of bool, shape (subjects,), optional
        Count only comparisons of which every subject is among these.
    at : ndarray of float64, optional
        Those of the thresholds to count by subject at; see `harness.counting.thresholds_for` for the default.

    Returns
    -------
    Counts
    SubjectCounts
        At fewer thresholds where the subjects are many.
    """
    subjects, number_of_index = comparisons.subjects, comparisons.number_of_index
    indices, kept = len(number_of_index), None if among is None else among[number_of_index]
    coarse = thresholds_for(thresholds, subjects) if at is None else at

    def counted(coding: Coding) -> tuple[Counts, SubjectCounts]:
        codes = _codes(coding)
        comparisons.leave_room(
            Tally.size(thresholds, codes) + SubjectTally.size(coarse, indices, codes),
            f"{subjects:,} subjects at {len(coarse):,} thresholds",
        )
        tallies = tallies_for(
            None if comparisons.memory_is_limited else comparisons.rows(),
            comparisons.columns,
            thresholds,
            coarse,
            indices,
            2 * prod(coding.radices),
            count_missing=_counts_missing(comparisons),
        )
        for batch in _reported(comparisons.batches(coding), progress):
            part = batch if kept is None else batch.among(kept)
            tallies.add(part.scores, part.codes, part.subjects)
        by_cell, by_subject = tallies.counts(coding.cell, number_of_index)
        if (by_subject.subjects == NOBODY).any():
            comparisons.refuse()  # a subject that was not there when the subjects were numbered
        return by_cell.naming(comparisons.named), by_subject

    return comparisons.read(counted)


def _reported(batches: Iterator[Batch], progress: Progress) -> Iterator[Batch]:
    """Tell of each batch when the next is asked for, and take it all back where they cannot all be read."""
    rows = 0
    try:
        for batch in batches:
            yield batch
            rows += batch.num_rows
            progress(batch.num_rows)
    except Exception:
        progress(-rows)
        raise


def _codes(coding: Coding) -> int:
    """Return how many codes there may be; where there may be very many, only few of them occur."""
    return min(2 * prod(coding.radices), MOST_CODES)


def _counts_missing(comparisons: Comparisons) -> bool:
    return comparisons.study.missing_scores == "count"

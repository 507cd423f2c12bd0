"""Counting by the engine that the comparisons were opened with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from harness.arrays import BoolArray, FloatArray
from harness.comparisons import CellScores, Comparisons
from harness.comparisons.embeddings import TemplatePairs
from harness.counting import Counts, SubjectCounts
from harness.engines import local, pairs
from harness.engines.cluster import PartedComparisons
from harness.engines.opening import Countable

__all__ = ["count", "count_by_subject", "survey"]

Progress: TypeAlias = Callable[[int], None]


def survey(comparisons: Countable, tail: int) -> tuple[CellScores, ...]:
    """Look at the range and the highest scores of every cell.

    Parameters
    ----------
    comparisons : Countable
    tail : int
        How many of the highest scores to keep of each cell.

    Raises
    ------
    InputError
        Where a comparison cannot be used.
    """
    if isinstance(comparisons, PartedComparisons):
        return comparisons.survey(tail)
    return comparisons.read(lambda coding: comparisons.survey(coding, tail))


def count(
    comparisons: Countable, thresholds: FloatArray, *, progress: Progress = lambda rows: None
) -> Counts:
    """Count all comparisons in one pass; see `harness.engines.local.count`."""
    if isinstance(comparisons, Comparisons):
        return local.count(comparisons, thresholds, progress=progress)
    if isinstance(comparisons, TemplatePairs):
        return pairs.count(comparisons, thresholds, progress=progress)
    if isinstance(comparisons, PartedComparisons):
        return comparisons.count(thresholds, progress=progress)
    from harness.engines.cluster import spark

    return spark.count(comparisons, thresholds, progress=progress)


def count_by_subject(
    comparisons: Countable,
    thresholds: FloatArray,
    *,
    among: BoolArray | None = None,
    progress: Progress = lambda rows: None,
) -> tuple[Counts, SubjectCounts]:
    """Count all comparisons, and those of every subject; see `harness.engines.local.count_by_subject`."""
    if isinstance(comparisons, Comparisons):
        return local.count_by_subject(comparisons, thresholds, among=among, progress=progress)
    if isinstance(comparisons, TemplatePairs):
        return pairs.count_by_subject(comparisons, thresholds, among=among, progress=progress)
    if isinstance(comparisons, PartedComparisons):
        return comparisons.count_by_subject(thresholds, among=among, progress=progress)
    from harness.engines.cluster import spark

    return spark.count_by_subject(comparisons, thresholds, among=among, progress=progress)

"""Counting by the engine that the comparisons call for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.comparisons import Comparisons, Opened
from harness.counting import Counts, SubjectCounts
from harness.engines import local, pairs

__all__ = ["count", "count_by_subject"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
Progress: TypeAlias = Callable[[int], None]


def count(comparisons: Opened, thresholds: FloatArray, *, progress: Progress = lambda rows: None) -> Counts:
    """Count all comparisons in one pass; see `harness.engines.local.count`."""
    if isinstance(comparisons, Comparisons):
        return local.count(comparisons, thresholds, progress=progress)
    return pairs.count(comparisons, thresholds, progress=progress)


def count_by_subject(
    comparisons: Opened,
    thresholds: FloatArray,
    *,
    among: BoolArray | None = None,
    progress: Progress = lambda rows: None,
) -> tuple[Counts, SubjectCounts]:
    """Count all comparisons, and those of every subject; see `harness.engines.local.count_by_subject`."""
    if isinstance(comparisons, Comparisons):
        return local.count_by_subject(comparisons, thresholds, among=among, progress=progress)
    return pairs.count_by_subject(comparisons, thresholds, among=among, progress=progress)

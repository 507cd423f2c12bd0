"""At which thresholds two matchers are compared: their own, and those at which their pooled rates are equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.comparisons.paired import cells_of, reaching, thresholds_reached_by

if TYPE_CHECKING:
    from harness.change.result import At
    from harness.comparisons import Comparisons
    from harness.counting.grouping import AxisGrouping

__all__ = ["AxisPoints", "Point", "points_of"]

TOLD = (1e-2, 1e-3, 1e-4)
"""Pooled false match rates at which the two are always compared, as far as the scores reach."""
LADDER = (3e-2, 3e-3, 3e-4)
"""More of them, at which only design effects are measured: where errors are few they are carried on from more."""


@dataclass(frozen=True)
class Point:
    """A threshold of each matcher.

    Attributes
    ----------
    at : {"own thresholds", "equal rates"}
    thresholds : tuple of float
        The old matcher's and the new one's, canonical.
    told : bool
        Whether it is in the result, or only serves to measure.
    reference : bool
        Whether the answer is told at it.
    """

    at: At
    thresholds: tuple[float, float]
    told: bool
    reference: bool


@dataclass(frozen=True)
class AxisPoints:
    """The points of one axis.

    Attributes
    ----------
    axis : str
    points : tuple of Point
    """

    axis: str
    points: tuple[Point, ...]


def points_of(
    comparisons: tuple[Comparisons, Comparisons],
    grouping: AxisGrouping,
    own: Sequence[tuple[float, float]],
    limit: float,
) -> AxisPoints:
    """Choose the points of an axis.

    Pooled are the non-mated trials within a group of the axis. At equal rates, either threshold is the most lenient
    score that at most as many of them reach as the rate allows; the counts may differ where scores are equal.

    Parameters
    ----------
    comparisons : tuple of Comparisons
        Of the old matcher and of the new one.
    grouping : AxisGrouping
    own : sequence of (float, float)
        Thresholds in use, canonical.
    limit : float
        The policy's limit on false matches: without thresholds in use, the answer is told at this pooled rate.
    """
    cells = {cell for cell in cells_of(comparisons[0]) if grouping.group(cell) is not None}
    trials, at_own = reaching(comparisons[0], cells, [old for old, _ in own])
    points = [Point("own thresholds", thresholds, told=True, reference=True) for thresholds in own]
    if not trials:
        return AxisPoints(grouping.axis.name, tuple(points))
    levels = sorted({limit, *TOLD, *LADDER}, reverse=True)
    most = [int(level * trials) for level in levels]
    of_new = thresholds_reached_by(comparisons[1], cells, [*at_own, *most])
    for (in_use, _), count, threshold in zip(own, at_own, of_new, strict=False):
        if count and threshold is not None:
            points.append(Point("equal rates", (in_use, threshold), told=True, reference=False))
    of_old = thresholds_reached_by(comparisons[0], cells, most)
    for level, count, *thresholds in zip(levels, most, of_old, of_new[len(own) :], strict=True):
        old, new = thresholds
        if count and old is not None and new is not None:
            reference = level == limit and not own
            told = level not in LADDER or level == limit
            points.append(Point("equal rates", (old, new), told=told, reference=reference))
    return AxisPoints(grouping.axis.name, tuple(points))

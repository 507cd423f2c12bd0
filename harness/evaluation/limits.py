"""How many groups an axis may have: every two are compared, and so many pairs end in no reasonable time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from harness.counting import Cell
from harness.counting.grouping import AxisGrouping
from harness.errors import InputError

__all__ = ["FEWEST_THRESHOLDS", "MOST_COMPARISONS", "require_few_groups"]

MOST_COMPARISONS = 100_000_000
"""Pairs of groups times thresholds: 300 groups at 2,000, which take about an hour."""

FEWEST_THRESHOLDS = 100
"""About how many are evaluated at the least where they are chosen from the scores."""

SHOWN = 3


def require_few_groups(
    groupings: Sequence[AxisGrouping], cells: Iterable[Cell], thresholds: int, source: str
) -> None:
    """Refuse an axis with more groups than can be compared at so many thresholds.

    Parameters
    ----------
    groupings : sequence of AxisGrouping
    cells : iterable of Cell
        Those that occur.
    thresholds : int
    source : str
        What the scores are called.

    Raises
    ------
    InputError
        It names the axis, its groups, and what to do.
    """
    every = set(cells)
    for grouping in groupings:
        groups = sorted({group for cell in every for group in grouping.sides(cell) or ()})
        pairs = math.comb(len(groups), 2)
        if pairs * thresholds > MOST_COMPARISONS:
            named = ", ".join(map(repr, groups[:SHOWN]))
            raise InputError(
                f"axis {grouping.axis.name}: {len(groups):,} groups ({named}, ...) are {pairs:,} pairs, more than "
                f"can be compared at {thresholds:,} thresholds ({MOST_COMPARISONS:,} comparisons in all); put values "
                "together (ages into ranges), or leave the axis out of the study's axes",
                source=source,
            )

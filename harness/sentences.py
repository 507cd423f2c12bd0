"""The sentences that an answer, a report and a check have in common.

They take plain values, because the gate starts without numpy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from harness.numbers import about, confidence_text, limit_text, number, one_in
from harness.study import Tolerance

__all__ = ["MOST_NAMED", "Errors", "bounds_said", "compared", "rates_by_group", "some", "tolerance_said"]

Errors: TypeAlias = Literal["false matches", "misses"]

MOST_NAMED = 6
"""Groups; of more, the lowest and the highest rate are told."""

_VERBS = {"false matches": "falsely matched", "misses": "missed"}


def compared(
    errors: Errors, more: str, fewer: str, ratio: float, lower: float, upper: float, confidence: float
) -> str:
    """Say how much more often one group's people suffer an error than another's.

    Parameters
    ----------
    errors : {"false matches", "misses"}
    more, fewer : str
        The group with the higher rate, and that with the lower.
    ratio, lower, upper : float
        Estimate and bounds; ``inf`` where the group with fewer errors has none, or there is no upper bound.
    confidence : float

    Examples
    --------
    >>> compared("false matches", "B", "A", 14.33, 2.89, 75.6, 0.95)
    'people of group B are falsely matched 14 times as often as those of group A (95 % bounds 2.9 to 76)'
    >>> compared("misses", "B", "A", float("inf"), 1.4, float("inf"), 0.95)
    'people of group B are missed, and nobody of group A (at least 1.4 times as often, with 95 % confidence)'
    """
    verb, sure = _VERBS[errors], confidence_text(confidence)
    if math.isinf(ratio):
        at_least = f"at least {about(lower)} times as often, with {sure} confidence"
        known = at_least if lower > 1 else "with so few errors that it may be chance"
        return f"people of group {more} are {verb}, and nobody of group {fewer} ({known})"
    often = f"{about(ratio)} times as often as those of group {fewer}"
    return f"people of group {more} are {verb} {often} ({bounds_said(lower, upper, confidence)})"


def bounds_said(lower: float, upper: float, confidence: float) -> str:
    """Write the bounds of a ratio.

    Examples
    --------
    >>> bounds_said(0.5, float("inf"), 0.95)
    '95 % bounds 0.5 and none above'
    >>> bounds_said(1.0123, 670.0, 0.95)
    '95 % bounds 1.012 to 670'
    """
    least = about(lower)
    if least == "1":  # on which side of 1 it lies is what decides
        least = number(lower)
    ends = f"{least} and none above" if math.isinf(upper) else f"{least} to {about(upper)}"
    return f"{confidence_text(confidence)} bounds {ends}"


def tolerance_said(tolerance: Tolerance) -> str:
    """Write a tolerance; empty where none is stated.

    Examples
    --------
    >>> tolerance_said(Tolerance(max_ratio=1.5, max_gap=0.01))
    'ratio of 1.5 or gap of 0.01'
    """
    limits = {"ratio": tolerance.max_ratio, "gap": tolerance.max_gap}
    return " or ".join(
        f"{name} of {limit_text(limit)}" for name, limit in limits.items() if limit is not None
    )


def some(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Name some things, and say how many more there are.

    Examples
    --------
    >>> some(["A", "B", "C"], 2)
    'A, B and 1 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def rates_by_group(
    groups: Sequence[str],
    errors: Sequence[int],
    trials: Sequence[int],
    written: Callable[[float], str] = one_in,
) -> str:
    """Write the rates of groups at one threshold; of many groups, the lowest and the highest.

    Parameters
    ----------
    groups : sequence of str
    errors, trials : sequence of int
        Of each group.
    written : callable
        Writes a rate.

    Examples
    --------
    >>> rates_by_group(["A", "B", "C"], [0, 20, 0], [500, 1000, 0])
    'A none in 500, B 1 in 50, C unknown'
    """

    def of(group: int) -> str:
        if not trials[group]:
            return "unknown"
        return written(errors[group] / trials[group]) if errors[group] else f"none in {trials[group]:,}"

    if len(groups) <= MOST_NAMED:
        return ", ".join(f"{name} {of(group)}" for group, name in enumerate(groups))
    tried = [group for group in range(len(groups)) if trials[group]]
    if not tried:
        return "unknown in every group"
    ordered = sorted(tried, key=lambda group: errors[group] / trials[group])
    low, high = ordered[0], ordered[-1]
    if of(low) == of(high):
        return f"{of(low)} in every group"
    return f"from {of(low)} ({groups[low]}) to {of(high)} ({groups[high]})"

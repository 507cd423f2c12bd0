"""The fewest expected effective errors of a group that give the chance wanted."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy import optimize, special

from harness.errors import InputError
from harness.statistics.intervals import growth_to_show_parity
from harness.statistics.planning.power import (
    errors_to_start_scan,
    power_to_detect_ratio,
    power_to_find_threshold,
    power_to_pass_scan,
    power_to_show_parity,
)
from harness.statistics.planning.refusals import check_goal, check_share

__all__ = ["errors_to_detect_ratio", "errors_to_find_threshold", "errors_to_show_parity"]

STEP = 1.3
JUST_ABOVE = 1 + 1e-8
"""What the root is raised by, lest its last digit leave the chance below the one wanted."""


def errors_to_show_parity(max_ratio: float, groups: int, confidence: float, power: float) -> float:
    """Return those with which groups of one rate are shown to be alike, every pair at once."""
    check_goal("the tolerated ratio", max_ratio, groups, confidence)
    check_share("the power", power)
    guess = float(growth_to_show_parity(1, 1, max_ratio, confidence, power))
    return _fewest(lambda errors: power_to_show_parity(errors, max_ratio, groups, confidence), power, guess)


def errors_to_detect_ratio(ratio: float, groups: int, confidence: float, power: float) -> float:
    """Return those, the mean of the two, with which two groups are found to differ."""
    check_goal("the ratio to detect", ratio, groups, confidence)
    check_share("the power", power)
    quantiles = special.ndtri(1 - (1 - confidence) / 2 / math.comb(groups, 2)) + special.ndtri(power)
    guess = (1 + ratio) ** 2 / ratio * (max(quantiles, 0.5) / math.log(ratio)) ** 2 / 2
    return _fewest(lambda errors: power_to_detect_ratio(errors, ratio, groups, confidence), power, guess)


def errors_to_find_threshold(max_ratio: float, groups: int, confidence: float, power: float) -> float:
    """Return those, at a threshold, with which the scan for parity reaches down to it.

    Raises
    ------
    InputError
        When no data give this power, because the scan may fail where it starts, however far above that is.
    """
    check_goal("the tolerated ratio", max_ratio, groups, confidence)
    check_share("the power", power)
    passes = power_to_pass_scan(max_ratio, groups, confidence)
    if power >= passes:
        raise InputError(
            f"no amount of data finds the threshold with power {power:g}: the scan for parity passes where it "
            f"starts with a chance of {passes:.3f}; ask for less power, or for a narrower ratio than {max_ratio:g}"
        )
    guess = errors_to_start_scan(max_ratio, groups, confidence)
    return _fewest(
        lambda errors: power_to_find_threshold(errors, max_ratio, groups, confidence), power, guess
    )


def _fewest(power_of: Callable[[float], float], wanted: float, guess: float) -> float:
    low = high = guess
    while power_of(high) < wanted:
        low, high = high, high * STEP
    while power_of(low) >= wanted:
        low, high = low / STEP, low
    root = optimize.brentq(lambda errors: power_of(errors) - wanted, low, high, xtol=1e-12, rtol=1e-10)
    return float(root) * JUST_ABOVE

"""The chance of showing something with a number of expected effective errors, and the fewest errors for a chance.

Chances are found by enumeration; beyond 20,000 errors a group, where it is the same to three digits, by the closed form
of the normal limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy import optimize, special, stats

from harness.arrays import FloatArray
from harness.errors import InputError
from harness.statistics.intervals import SCAN_POWER, growth_to_show_parity

__all__ = [
    "check_at_least",
    "check_goal",
    "check_identity_share",
    "check_rate",
    "check_share",
    "errors_to_detect_ratio",
    "errors_to_find_threshold",
    "errors_to_show_parity",
    "errors_to_start_scan",
    "power_given_total",
    "power_to_detect_ratio",
    "power_to_find_threshold",
    "power_to_pass_scan",
    "power_to_show_parity",
]


def check_share(name: str, value: float) -> None:
    """Refuse what does not lie strictly between 0 and 1."""
    if not 0 < value < 1:
        raise InputError(f"{name} must lie between 0 and 1, got {value:g}")


def check_rate(name: str, value: float) -> None:
    """Refuse a false match rate that is not above 0 and at most 0.5."""
    if not 0 < value <= 0.5:
        raise InputError(f"{name} must lie above 0 and at most at 0.5, got {value:g}")


def check_identity_share(value: float) -> None:
    """Refuse what is not the share of a variance."""
    if not 0 <= value <= 1:
        raise InputError(f"the identity share must lie between 0 and 1, got {value:g}")


def check_at_least(name: str, value: float, least: float) -> None:
    """Refuse what is below a least value, or not finite."""
    if not least <= value < math.inf:
        raise InputError(f"{name} must be {least:g} or more, got {value:g}")


def check_goal(name: str, ratio: float, groups: int, confidence: float) -> None:
    """Refuse a ratio that asks nothing, groups that make no pair, and a confidence no bound can have."""
    if not 1 < ratio < math.inf:
        raise InputError(f"{name} must be above 1, got {ratio:g}")
    if groups < 2:
        raise InputError(f"there must be 2 groups or more to compare, got {groups}")
    if not 0.5 <= confidence < 1:
        raise InputError(f"the confidence must be at least 0.5 and below 1, got {confidence:g}")


ENUMERATED = 20_000
LEVELS = 500
"""Quantiles by which the largest of the measured design effects is averaged over."""

REACH = 10.0
"""Standard deviations of a Poisson count beyond which nothing is enumerated."""


def power_to_show_parity(errors: float, max_ratio: float, groups: int = 2, confidence: float = 0.95) -> float:
    """Return the chance that groups of one rate are shown to be alike, every pair at once.

    Parameters
    ----------
    errors : float
        Expected effective errors of each group.
    max_ratio : float
        Tolerance, above 1, that the upper bound of every pair's ratio must keep, in either direction.
    groups : int
        Of equally many trials.
    confidence : float
        Of the one-sided bound.

    Returns
    -------
    float
        Exact for Poisson errors. A pair with errors k <= b is within the tolerance where b <= h(k); h grows, so
        every pair is where the largest is within h of the smallest, and the chance is the sum over k of
        (F(h(k)) - F(k - 1))^G - (F(h(k)) - F(k))^G with F the Poisson distribution function.

    Raises
    ------
    InputError
        When errors are negative, the ratio is not above 1, there is one group, or the confidence is below 0.5.

    References
    ----------
    The bound is that of `harness.statistics.intervals.ratio_interval`: as a test, at least k of b + k errors fall on
    the first group with a chance of at most 1 - confidence at a ratio of `max_ratio`, a negative binomial tail.
    Smallest and largest of G: David, Nagaraja (2003), Order Statistics, section 2.2.

    Examples
    --------
    >>> round(power_to_show_parity(100, 2.0), 3)
    0.998
    """
    check_goal("the tolerated ratio", max_ratio, groups, confidence)
    check_at_least("the expected errors", errors, 0)
    if errors > ENUMERATED:
        return _parity_in_the_limit(errors, max_ratio, groups, confidence)
    smallest = _likely_counts(errors)
    largest = np.asarray(stats.nbinom.ppf(1 - confidence, smallest, 1 / (1 + max_ratio))) - 1
    smallest, largest = smallest[largest >= smallest], largest[largest >= smallest]
    up_to_largest = special.pdtr(largest, errors)
    from_smallest = up_to_largest - special.pdtr(smallest - 1, errors)
    above_smallest = up_to_largest - special.pdtr(smallest, errors)
    return float(np.sum(from_smallest**groups - np.maximum(above_smallest, 0) ** groups))


def power_to_detect_ratio(errors: float, ratio: float, groups: int = 2, confidence: float = 0.95) -> float:
    """Return the chance that two groups whose rates have a ratio are found to differ.

    Parameters
    ----------
    errors : float
        Expected effective errors of a group, the mean of the two.
    ratio : float
        True ratio of the two, above 1.
    groups : int
        Of equally many trials. Which pair it is that differs is not known: the level is divided by the pairs.
    confidence : float
        Two-sided.

    Returns
    -------
    float
        Exact for Poisson errors: given their sum, those of the first group are binomial.

    Raises
    ------
    InputError
        As in `power_to_show_parity`.

    References
    ----------
    Przyborowski, Wilenski (1940), see `harness.statistics.intervals.ratio_interval`; the limit: Breslow, Day (1987),
    Statistical Methods in Cancer Research II, section 7.3.

    Examples
    --------
    >>> round(power_to_detect_ratio(30, 2.0), 3)
    0.702
    """
    check_goal("the ratio to detect", ratio, groups, confidence)
    check_at_least("the expected errors", errors, 0)
    tail = (1 - confidence) / 2 / math.comb(groups, 2)
    share = ratio / (1 + ratio)
    if errors > ENUMERATED:
        deviation = math.sqrt(1 / (2 * errors * share * (1 - share)))
        return float(special.ndtr(math.log(ratio) / deviation + special.ndtri(tail)))
    total = _likely_counts(2 * errors)
    found = power_given_total(total, ratio, groups, confidence)
    return float(np.sum(stats.poisson.pmf(total, 2 * errors) * found))


def power_given_total(
    total: FloatArray, ratio: float, groups: int = 2, confidence: float = 0.95
) -> FloatArray:
    """Return the chance that two groups are found to differ, given the sum of their errors.

    Parameters
    ----------
    total : ndarray
        Whole effective errors of both. The chance goes up and down as they grow, for the test is discrete.
    ratio, groups, confidence
        As in `power_to_detect_ratio`.

    References
    ----------
    Przyborowski, Wilenski (1940), see `harness.statistics.intervals.ratio_interval`.

    Examples
    --------
    >>> power_given_total(np.array([60.0]), 2.0).round(3)
    array([0.664])
    """
    tail = (1 - confidence) / 2 / math.comb(groups, 2)
    not_rejected = stats.binom.isf(tail, total, 0.5)
    return np.asarray(stats.binom.sf(not_rejected, total, ratio / (1 + ratio)), np.float64)


def power_to_find_threshold(
    errors: float, max_ratio: float, groups: int = 2, confidence: float = 0.95, spread: float = 0.0
) -> float:
    """Return the chance that the scan for parity reaches down to a threshold, at least.

    The scan starts at the highest threshold at which pooled errors are enough. It finds the threshold where it
    starts there or above, and where it passes; this is one less than the sum of the two chances.

    Parameters
    ----------
    errors : float
        Expected effective errors of each group at that threshold.
    max_ratio, groups, confidence
        As in `power_to_show_parity`.
    spread : float
        Relative standard deviation of each group's measured design effect. The scan divides by the largest of
        them, which is so much the larger; they are taken to be normal and independent.

    Returns
    -------
    float
        At least 0, and below the chance that the scan passes its start, whatever the errors.

    Raises
    ------
    InputError
        As in `power_to_show_parity`.

    References
    ----------
    Bonferroni's inequality: two events happen together with at least the sum of their chances less one.

    Examples
    --------
    >>> round(power_to_find_threshold(100, 2.0), 3)
    0.938
    """
    check_at_least("the expected errors", errors, 0)
    check_at_least("the spread of the design effect", spread, 0)
    passes = power_to_pass_scan(max_ratio, groups, confidence)
    levels = (np.arange(LEVELS) + 0.5) / LEVELS
    largest = np.maximum(1 + spread * special.ndtri(levels ** (1 / groups)), 0)
    enough = np.ceil(groups * errors_to_start_scan(max_ratio, groups, confidence) * largest)
    starts = float(np.mean(special.pdtrc(enough - 1, groups * errors)))
    return max(0.0, passes + starts - 1)


@lru_cache(maxsize=64)
def power_to_pass_scan(max_ratio: float, groups: int, confidence: float) -> float:
    """Return the chance that alike groups pass the scan's start, which more data moves but does not raise.

    References
    ----------
    As `power_to_show_parity`.

    Examples
    --------
    >>> round(power_to_pass_scan(2.0, 2, 0.95), 3)
    0.938
    """
    return power_to_show_parity(
        errors_to_start_scan(max_ratio, groups, confidence), max_ratio, groups, confidence
    )


def errors_to_start_scan(max_ratio: float, groups: int, confidence: float) -> float:
    """Return the effective errors a group, on average over the groups, from which the scan may start."""
    check_goal("the tolerated ratio", max_ratio, groups, confidence)
    of_each_pair = 1 - (1 - SCAN_POWER) / math.comb(groups, 2)
    return float(growth_to_show_parity(1, 1, max_ratio, confidence, of_each_pair))


def _likely_counts(mean: float) -> FloatArray:
    reach = REACH * (math.sqrt(mean) + 1)
    return np.arange(max(1, math.floor(mean - reach)), math.ceil(mean + reach) + 1, dtype=np.float64)


def _parity_in_the_limit(errors: float, max_ratio: float, groups: int, confidence: float) -> float:
    """With the width that `harness.statistics.intervals.growth_to_show_parity` gives the interval."""
    variance = 2 / errors
    margin = math.log(max_ratio) - special.ndtri(confidence) * math.sqrt(variance) - variance / 2
    if margin <= 0:
        return 0.0
    return float(stats.studentized_range.cdf(margin * math.sqrt(errors), groups, np.inf))


STEP = 1.3
JUST_ABOVE = 1 + 1e-8
"""Factor on the root, lest its last digit leave the chance below the one wanted."""


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

"""The chance of showing something with a given number of expected effective errors, by enumeration.

Beyond 20,000 errors a group, where it is the same to three digits, the closed form of the normal limit.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import special, stats

from harness.arrays import FloatArray
from harness.statistics.intervals import SCAN_POWER, growth_to_show_parity
from harness.statistics.planning.refusals import check_at_least, check_goal

__all__ = [
    "errors_to_start_scan",
    "power_given_total",
    "power_to_detect_ratio",
    "power_to_find_threshold",
    "power_to_pass_scan",
    "power_to_show_parity",
]


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
    """Return the chance that alike groups pass the scan's start, which more data moves but does not raise."""
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

"""How far the groups of an axis differ in a rate: ratios and gaps of every two, with bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.arrays import BoolArray, FloatArray, IntArray
from harness.statistics.extremes import (
    largest_detectable_ratio,
    may_hold_largest_lower,
    may_hold_largest_upper,
    p_values_for_holm,
    undominated,
)
from harness.statistics.intervals import (
    Interval,
    clopper_pearson,
    gap_between,
    holm,
    one_sided,
    ratio_interval,
    ratio_p_value,
)
from harness.statistics.rates import Rates

__all__ = [
    "Differentials",
    "EffectiveCounts",
    "Pairwise",
    "alike_between",
    "blocks",
    "differentials",
    "pairs",
    "pairwise",
]


_Ordered: TypeAlias = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
"""Errors and trials of the first group of each pair, and of the second, shape (P, T)."""

PAIRS_AT_ONCE = 1 << 18
"""Pairs of groups, each at one threshold, compared together: some 60 MB."""


@dataclass(frozen=True, eq=False)
class Differentials:
    """The demographic differentials of one axis at T thresholds.

    Attributes
    ----------
    worst, best : ndarray of int64, shape (T,)
        The groups with the highest and the lowest estimate (the first of equals); -1 where a group has no
        trials.
    ratio : ndarray of float64, shape (T,)
        Highest estimate over lowest: inf where only the lowest is zero, NaN where all are.
    ratio_lower : ndarray of float64, shape (T,)
        Largest lower bound of any pair's ratio, Bonferroni-adjusted over the pairs, which is Holm's first
        step: above 1 exactly where some pair differs. It is of groups with enough data alone, as all that is shown of
        a difference; 1 where fewer than two have.
    ratio_upper : ndarray of float64, shape (T,)
        Largest one-sided upper bound of any pair's ratio, not adjusted (intersection-union): *every* pair is
        below it.
    shown_more, shown_fewer : ndarray of int64, shape (T,)
        The pair of groups that `ratio_lower` is of, the one with the higher rate first: the pair that is shown best
        to differ. It need not be the worst and the best, of which one may have too few trials to tell. -1 where fewer
        than two groups have enough data.
    gap, gap_upper : ndarray of float64, shape (T,)
        Largest difference of two estimates, and largest one-sided upper bound of one, not adjusted.
    gap_lower : ndarray of float64, shape (T,)
        Largest lower bound of any pair's difference, Bonferroni-adjusted over the pairs; 0 where none differs.
    p_value : ndarray of float64, shape (T,)
        Smallest Holm-adjusted p-value of any pair.
    pairs_that_differ : ndarray of int64, shape (T,)
        How many pairs differ, by Holm's procedure.
    detectable_ratio : ndarray of float64, shape (T,)
        The ratio that this many errors would have shown, whichever two groups it lay between, with 80 %
        power.
    confidence : float
    """

    worst: IntArray
    best: IntArray
    ratio: FloatArray
    ratio_lower: FloatArray
    ratio_upper: FloatArray
    shown_more: IntArray
    shown_fewer: IntArray
    gap: FloatArray
    gap_lower: FloatArray
    gap_upper: FloatArray
    p_value: FloatArray
    pairs_that_differ: IntArray
    detectable_ratio: FloatArray
    confidence: float


def differentials(rates: Rates, confidence: float, enough: BoolArray | None = None) -> Differentials:
    """Compare every two groups of an axis.

    Parameters
    ----------
    rates : Rates
        Of at least one group; a single group has nothing to differ from, and its ratio is 1.
    confidence : float
        Two-sided for the question whether any pair differs, one-sided for whether all are alike.
    enough : ndarray of bool, shape (G,), optional
        Which groups have data enough for a difference to be shown between them; by default those with trials. That all
        are alike is shown of all groups or not at all.

    Returns
    -------
    Differentials
        Where a group has no trials nothing is bounded from above: ratios by inf, gaps by 1.

    References
    ----------
    Berger, R. L. (1982). Multiparameter hypothesis testing and acceptance sampling. Technometrics 24, 295-300
    (intersection-union); Holm (1979), see `harness.statistics.intervals.holm`.

    Examples
    --------
    >>> errors, trials = np.array([[40], [10]]), np.array([10_000, 10_000])
    >>> unused = np.full((2, 1), np.nan)
    >>> rates = Rates("FMR", ("A", "B"), trials, errors, np.ones((2, 1)), errors / 10_000, unused, unused, 0.95)
    >>> found = differentials(rates, 0.95)
    >>> found.ratio, found.ratio_lower.round(2), found.ratio_upper.round(2)
    (array([4.]), array([1.97]), array([7.87]))
    """
    shows = rates.trials > 0 if enough is None else enough & (rates.trials > 0)
    compared = [_of_pairs(rates, confidence, shows, block) for block in blocks(*rates.errors.shape)]
    of_pairs = {
        name: np.concatenate([found[name] for found in compared])
        for name in (compared[0] if compared else ())
    }
    return Differentials(
        *_extremes(rates.estimate), gap=_spread(rates.estimate), confidence=confidence, **of_pairs
    )


def blocks(groups: int, thresholds: int) -> Iterator[slice]:
    """Yield blocks of thresholds, each so short that the pairs of groups at them take little memory."""
    at_once = max(1, PAIRS_AT_ONCE // max(math.comb(groups, 2), 1))
    for start in range(0, thresholds, at_once):
        yield slice(start, start + at_once)


def _of_pairs(
    rates: Rates, confidence: float, enough: BoolArray, block: slice
) -> dict[str, npt.NDArray[Any]]:
    """Compare every two groups at some thresholds: the parts of `Differentials` that this gives."""
    k, n = rates.effective_errors[:, block], rates.effective_trials[:, block]
    shown = np.flatnonzero(enough)
    return {**_of_likeness(k, n, confidence), **_of_differences(k[shown], n[shown], shown, confidence)}


def _of_likeness(k: FloatArray, n: FloatArray, confidence: float) -> dict[str, npt.NDArray[Any]]:
    """Bound from above how far any two groups may be apart, and say what so many errors would have shown."""
    first, second = pairs(len(k))
    if not len(first):
        return {
            "ratio_upper": np.ones(k.shape[1]),
            "gap_upper": np.zeros(k.shape[1]),
            "detectable_ratio": np.ones(k.shape[1]),
        }
    significance = (1 - confidence) / len(first)
    rate, bounds = _with_bounds(k, n, one_sided(confidence))
    gaps = gap_between(rate[first], bounds.of(first), rate[second], bounds.of(second))
    unbounded = ~(n > 0).all(axis=0)
    return {
        "ratio_upper": _largest_upper(k, n, one_sided(confidence)),
        "gap_upper": np.where(unbounded, 1.0, np.maximum(gaps.upper, -gaps.lower).max(axis=0)),
        "detectable_ratio": largest_detectable_ratio(k[first] + k[second], n[first], n[second], significance),
    }


def _of_differences(
    k: FloatArray, n: FloatArray, groups: npt.NDArray[np.intp], confidence: float
) -> dict[str, npt.NDArray[Any]]:
    """Say what is shown of differences between groups, which are given by their indices too."""
    first, second = pairs(len(k))
    none = np.full(k.shape[1], -1)
    if not len(first):
        # A single group has nothing to differ from; of several without data nothing is shown.
        nothing = {
            "gap_lower": np.zeros(k.shape[1]),
            "p_value": np.ones(k.shape[1]),
            "pairs_that_differ": none + 1,
        }
        return {"ratio_lower": np.ones(k.shape[1]), "shown_more": none, "shown_fewer": none, **nothing}
    significance = (1 - confidence) / len(first)
    lower, lower_of_first = _lower_bounds(k, n, 1 - significance)
    rate, bounds = _with_bounds(k, n, 1 - significance)
    gaps = gap_between(rate[first], bounds.of(first), rate[second], bounds.of(second))
    p = _adjusted_p_values(k[first], n[first], k[second], n[second], 1 - confidence)
    thresholds, pair = np.arange(k.shape[1]), lower.argmax(axis=0)
    largest = lower[pair, thresholds]
    of_first = lower_of_first[pair, thresholds] >= largest
    more, fewer = np.where(of_first, first[pair], second[pair]), np.where(of_first, second[pair], first[pair])
    return {
        "ratio_lower": largest,
        "shown_more": groups[more],
        "shown_fewer": groups[fewer],
        "gap_lower": np.maximum(_or(np.maximum(gaps.lower, -gaps.upper), 0.0).max(axis=0), 0.0),
        "p_value": _or(p, 1.0).min(axis=0),
        "pairs_that_differ": np.sum(p <= 1 - confidence, axis=0),
    }


def _or(bounds: FloatArray, end: float) -> FloatArray:
    """Put the end of the scale for a bound that a pair does not have, for want of trials."""
    return np.where(np.isnan(bounds), end, bounds)


def _adjusted_p_values(
    a: FloatArray, n_a: FloatArray, b: FloatArray, n_b: FloatArray, level: float
) -> FloatArray:
    """Adjust the p-values of all pairs; those above the level need not be exact where they are 1 when adjusted."""
    if len(a) * level < 1 or not ((n_a > 0) & (n_b > 0)).all():
        return holm(ratio_p_value(a, n_a, b, n_b))
    return holm(p_values_for_holm(level, a, n_a, b, n_b))


def _lower_bounds(errors: FloatArray, trials: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Bound from below the ratio of those pairs that may hold the largest bound; 0 stands for that of the others.

    Returns
    -------
    lower, lower_of_first : ndarray of float64, shape (P, T)
        Whichever group is the higher, and were it the first.
    """
    ordered, among = _either_way(errors, trials)
    half = len(among) // 2
    needed = may_hold_largest_lower(*ordered, confidence, among)
    pair, at = np.nonzero(needed[:half] | needed[half:])
    bounds = _ratio_bounds(ordered, pair, at, confidence)
    lower, of_first = np.zeros((2, half, errors.shape[1]))
    with np.errstate(divide="ignore", over="ignore"):
        lower[pair, at] = _or(np.maximum(bounds.lower, 1 / bounds.upper), 0.0)
    of_first[pair, at] = _or(bounds.lower, 0.0)
    return lower, of_first


def _largest_upper(errors: FloatArray, trials: FloatArray, confidence: float) -> FloatArray:
    """Bound from above how many times the rate of one group may be that of another, whichever two."""
    ordered, among = _either_way(errors, trials)
    half = len(among) // 2
    needed = may_hold_largest_upper(*ordered, confidence, among)
    pair, at = np.nonzero(needed[:half] | needed[half:])
    bounds = _ratio_bounds(ordered, pair, at, confidence)
    largest = np.ones(errors.shape[1])
    with np.errstate(divide="ignore", over="ignore"):
        np.maximum.at(largest, at, _or(np.maximum(bounds.upper, 1 / bounds.lower), np.inf))
    return largest


def _ratio_bounds(
    ordered: _Ordered, pair: npt.NDArray[np.intp], at: npt.NDArray[np.intp], confidence: float
) -> Interval:
    a, n_a, b, n_b = (values[pair, at] for values in ordered)
    return ratio_interval(a, n_a, b, n_b, confidence)


def _either_way(errors: FloatArray, trials: FloatArray) -> tuple[_Ordered, BoolArray]:
    """Return errors and trials of the two groups of every pair, and of the same turned round, and which may decide."""
    first, second = pairs(len(errors))
    high, low = np.concatenate([first, second]), np.concatenate([second, first])
    among = undominated(errors, trials)[high] & undominated(-errors, -trials)[low]
    return (errors[high], trials[high], errors[low], trials[low]), among


@dataclass(frozen=True, eq=False)
class EffectiveCounts:
    """Errors and trials of G groups over their design effects, at the T reported thresholds and between them.

    Attributes
    ----------
    thresholds : ndarray of float64, shape (F,)
        Ascending, from the most lenient to the strictest.
    reported : ndarray of int, shape (T,)
        Indices of the reported ones.
    errors, trials : ndarray of float64, shape (G, F)
    """

    thresholds: FloatArray
    reported: npt.NDArray[np.intp]
    errors: FloatArray
    trials: FloatArray


def alike_between(
    counts: EffectiveCounts,
    wanted: BoolArray,
    confidence: float,
    alike: Callable[[FloatArray, FloatArray], BoolArray],
) -> BoolArray:
    """Say between which reported neighbours the groups are alike at *every* threshold, counted or not.

    A false match rate never rises with the threshold. Between two counted thresholds u < v, the ratio of group A to
    group B is therefore at most A's rate at u over B's rate at v, and the bound of that ratio bounds it; so it is with
    the gap. Between two floating-point neighbours there is no threshold, and nothing to bound.

    Parameters
    ----------
    counts : EffectiveCounts
        Of false matches.
    wanted : ndarray of bool, shape (T - 1,)
        Between which neighbours to look.
    confidence : float
        Of each one-sided upper bound; not adjusted, as for `Differentials.ratio_upper`.
    alike : callable
        Given the largest upper bound of any pair's ratio and gap, says where they are tolerated.

    Returns
    -------
    ndarray of bool, shape (T - 1,)
        False where it was not wanted.

    References
    ----------
    A false match rate is a survival function: it cannot rise with the threshold.

    Examples
    --------
    >>> at = np.array([0.5, 0.6])
    >>> counts = EffectiveCounts(at, np.array([0, 1]), np.full((2, 2), 900.0), np.full((2, 2), 1e6))
    >>> alike_between(counts, np.array([True]), 0.95, lambda ratio, gap: ratio <= 1.2)
    array([ True])
    """
    starts, ends = counts.reported[:-1][wanted], counts.reported[1:][wanted]
    step = np.concatenate([np.arange(0), *(np.arange(*span) for span in zip(starts, ends, strict=True))])
    span = np.repeat(np.flatnonzero(wanted), ends - starts)
    has_thresholds = np.nextafter(counts.thresholds[step], np.inf) < counts.thresholds[step + 1]
    lenient = np.concatenate([step, step + 1, step[has_thresholds]])
    strict = np.concatenate([step, step + 1, step[has_thresholds] + 1])
    of_steps = np.concatenate([span, span, span[has_thresholds]])
    found = wanted.copy()
    for block in blocks(len(counts.errors), len(lenient)):
        bounds = _largest_bounds(counts, lenient[block], strict[block], one_sided(confidence))
        np.logical_and.at(found, of_steps[block], alike(*bounds))
    return found


def _largest_bounds(
    counts: EffectiveCounts, lenient: npt.NDArray[np.intp], strict: npt.NDArray[np.intp], confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Bound ratio and gap of any group at one threshold to any other group at another, threshold by threshold."""
    first, second = pairs(len(counts.errors))
    high, low = np.concatenate([first, second]), np.concatenate([second, first])
    either_way = (
        counts.errors[np.ix_(high, lenient)],
        counts.trials[np.ix_(high, lenient)],
        counts.errors[np.ix_(low, strict)],
        counts.trials[np.ix_(low, strict)],
    )
    largest = np.ones(len(lenient))
    if len(first):
        among = (
            undominated(counts.errors[:, lenient], counts.trials[:, lenient])[high]
            & undominated(-counts.errors[:, strict], -counts.trials[:, strict])[low]
        )
        pair, at = np.nonzero(may_hold_largest_upper(*either_way, confidence, among))
        bounds = _ratio_bounds(either_way, pair, at, confidence)
        np.maximum.at(largest, at, bounds.upper)
    at_lenient, at_strict = (
        _with_bounds(counts.errors[:, at], counts.trials[:, at], confidence) for at in (lenient, strict)
    )
    gap = gap_between(at_lenient[0][high], at_lenient[1].of(high), at_strict[0][low], at_strict[1].of(low))
    return largest, gap.upper.max(axis=0, initial=0.0)


def _with_bounds(errors: FloatArray, trials: FloatArray, confidence: float) -> tuple[FloatArray, Interval]:
    """Return the rates of groups and their bounds, to be combined pair by pair."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return errors / trials, clopper_pearson(errors, trials, confidence)


@dataclass(frozen=True, eq=False)
class Pairwise:
    """The ratios of every two groups at some thresholds: P pairs, S thresholds.

    Attributes
    ----------
    first, second : ndarray of int, shape (P,)
        Indices of the groups.
    ratio : ndarray of float64, shape (P, S)
        Estimate of the first over that of the second: inf where only the second is zero, NaN where both are.
    lower, upper : ndarray of float64, shape (P, S)
        Exact conditional interval, two-sided, not adjusted for the number of pairs.
    p_value : ndarray of float64, shape (P, S)
        Holm-adjusted over the pairs.
    """

    first: npt.NDArray[np.intp]
    second: npt.NDArray[np.intp]
    ratio: FloatArray
    lower: FloatArray
    upper: FloatArray
    p_value: FloatArray


def pairwise(rates: Rates, confidence: float, indices: Sequence[int]) -> Pairwise:
    """Compare every two groups of an axis, pair by pair.

    Parameters
    ----------
    rates : Rates
    confidence : float
        Of the two-sided interval of each pair.
    indices : sequence of int
        Of the S thresholds.

    References
    ----------
    Przyborowski, Wilenski (1940) and Holm (1979), see `harness.statistics.intervals`.

    Examples
    --------
    >>> errors, trials = np.array([[40], [10]]), np.array([10_000, 10_000])
    >>> unused = np.full((2, 1), np.nan)
    >>> rates = Rates("FMR", ("A", "B"), trials, errors, np.ones((2, 1)), errors / 10_000, unused, unused, 0.95)
    >>> pairwise(rates, 0.95, [0]).lower.round(2)
    array([[1.97]])
    """
    first, second = pairs(len(rates.groups))
    k, n = rates.effective_errors[:, indices], rates.effective_trials[:, indices]
    a, n_a, b, n_b = k[first], n[first], k[second], n[second]
    interval = ratio_interval(a, n_a, b, n_b, confidence)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = rates.estimate[first][:, indices] / rates.estimate[second][:, indices]
    p_value = holm(ratio_p_value(a, n_a, b, n_b))
    return Pairwise(first, second, ratio, interval.lower, interval.upper, p_value)


def pairs(groups: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the indices of the first and of the second group of every pair.

    Examples
    --------
    >>> pairs(3)
    (array([0, 0, 1]), array([1, 2, 2]))
    """
    first, second = np.triu_indices(groups, k=1)
    return first, second


def _extremes(estimate: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    undefined = np.isnan(estimate).any(axis=0)
    worst = np.where(undefined, -1, estimate.argmax(axis=0))
    best = np.where(undefined, -1, estimate.argmin(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = estimate.max(axis=0) / estimate.min(axis=0)
    return worst, best, ratio


def _spread(estimate: FloatArray) -> FloatArray:
    spread: FloatArray = estimate.max(axis=0) - estimate.min(axis=0)
    return spread

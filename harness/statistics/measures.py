"""Summary measures of how far the groups of an axis differ, with intervals, or with the reason why there is none.

A formula makes one number of the rates of all groups: shares between 0 and 1, with the groups along the first axis;
the result has the other axes. It is NaN where it is undefined: a rate is NaN, a denominator is zero, or the geometric
mean of rates with a zero among them would be needed. None depends on the order of the groups.

Intervals come from rates drawn from Beta(k + ½, n - k + ½) on effective counts, Jeffreys' distribution of a proportion
(Brown, Cai, DasGupta 2001, Statistical Science 16, 101-133, section 3.1); see `harness.statistics.draws`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.arrays import BoolArray, FloatArray, IntArray
from harness.statistics.differentials import blocks, pairs
from harness.statistics.draws import ascending, drawn_logarithms, interpolations, node_logarithms, shuffles
from harness.statistics.extremes import p_values_for_holm
from harness.statistics.rates import Rates

__all__ = [
    "FDR_CAUTION",
    "SummaryMeasures",
    "coefficient_of_variation",
    "fairness_discrepancy_rate",
    "gap",
    "garbe",
    "gini",
    "inequity",
    "max_over_geometric_mean",
    "max_over_min",
    "summary_measures",
]


def max_over_min(rates: FloatArray) -> FloatArray:
    """Return the largest rate over the smallest, at least 1; NaN where the smallest is zero.

    References
    ----------
    Grother, P., Ngan, M., Hanaoka, K. (2019). Face recognition vendor test part 3: demographic effects. NISTIR
    8280.

    Examples
    --------
    >>> float(max_over_min(np.array([0.004, 0.001])).round(6))
    4.0
    """
    return _over(rates.max(axis=0), rates.min(axis=0))


def max_over_geometric_mean(rates: FloatArray) -> FloatArray:
    """Return the largest rate over the geometric mean of all, at least 1; NaN where a rate is zero.

    References
    ----------
    Grother, P. (2022). Face recognition vendor test part 8: summarizing demographic differentials. NISTIR 8429,
    where it is the measure reported.

    Examples
    --------
    >>> float(max_over_geometric_mean(np.array([0.004, 0.001])).round(6))
    2.0
    """
    with np.errstate(divide="ignore"):
        geometric_mean = np.exp(np.log(rates).mean(axis=0))
    return _over(rates.max(axis=0), geometric_mean)


def gap(rates: FloatArray) -> FloatArray:
    """Return the largest rate minus the smallest, between 0 and 1.

    References
    ----------
    de Freitas Pereira, Marcel (2021), as the term A of `fairness_discrepancy_rate`.

    Examples
    --------
    >>> float(gap(np.array([0.004, 0.001])).round(6))
    0.003
    """
    return np.asarray(rates.max(axis=0) - rates.min(axis=0))


def gini(rates: FloatArray) -> FloatArray:
    """Return the Gini coefficient with the correction n / (n - 1): 0 where all are equal, 1 where one has all.

    It is n / (n - 1) times the sum over all ordered pairs of |x_i - x_j|, over 2 n² times the mean; computed
    from the ordered rates. NaN where all are zero, and for a single group.

    References
    ----------
    Howard, J. J., Laird, E. J., Sirotin, Y. B., Rubin, R. E., Tipton, J. L., Vemury, A. R. (2022). Evaluating
    proposed fairness models for face recognition algorithms. arXiv 2203.05051, the section that develops GARBE.

    Examples
    --------
    >>> float(gini(np.array([0.004, 0.001])).round(6))
    0.6
    """
    return _gini_of_ascending(np.sort(rates, axis=0))


def _gini_of_ascending(ordered: FloatArray) -> FloatArray:
    n = len(ordered)
    weights = 2.0 * np.arange(1, n + 1) - n - 1
    apart = np.maximum(np.tensordot(weights, ordered, axes=1), 0.0)  # a rounding below, where all are equal
    return _over(apart, (n - 1) * ordered.sum(axis=0))


def coefficient_of_variation(rates: FloatArray) -> FloatArray:
    """Return the standard deviation over the mean, both over the groups as they are (no ddof); NaN where all are 0.

    References
    ----------
    As a measure of relative dispersion: Pearson, K. (1896). Mathematical contributions to the theory of
    evolution III. Philosophical Transactions A 187, 253-318.

    Examples
    --------
    >>> float(coefficient_of_variation(np.array([0.004, 0.001])).round(6))
    0.6
    """
    return _over(rates.std(axis=0), rates.mean(axis=0))


def garbe(false_match_gini: FloatArray, false_non_match_gini: FloatArray, alpha: float) -> FloatArray:
    """Return the Gini aggregation rate for biometric equitability: alpha G(FMR) + (1 - alpha) G(FNMR).

    References
    ----------
    Howard, Laird, Sirotin, Rubin, Tipton, Vemury (2022), as for `gini`.

    Examples
    --------
    >>> float(garbe(np.array(0.6), np.array(0.2), alpha=0.5).round(6))
    0.4
    """
    return alpha * false_match_gini + (1 - alpha) * false_non_match_gini


def fairness_discrepancy_rate(
    false_match_gap: FloatArray, false_non_match_gap: FloatArray, alpha: float
) -> FloatArray:
    """Return 1 - (alpha max|FMR_i - FMR_j| + (1 - alpha) max|FNMR_i - FNMR_j|): 1 where all groups are alike.

    It is near 1 wherever the rates are small, however far apart they are in ratio.

    References
    ----------
    de Freitas Pereira, T., Marcel, S. (2021). Fairness in biometrics: a figure of merit to assess biometric
    verification systems. IEEE Transactions on Biometrics, Behavior, and Identity Science,
    doi 10.1109/TBIOM.2021.3102862: FDR = 1 - (alpha A + (1 - alpha) B), with A and B the two largest differences.

    Examples
    --------
    >>> float(fairness_discrepancy_rate(np.array(0.003), np.array(0.02), alpha=0.5).round(6))
    0.9885
    """
    return 1 - (alpha * false_match_gap + (1 - alpha) * false_non_match_gap)


def inequity(false_match_ratio: FloatArray, false_non_match_ratio: FloatArray, alpha: float) -> FloatArray:
    """Return INEQ, (max FMR / min FMR)^alpha (max FNMR / min FNMR)^(1 - alpha): 1 where all groups are alike.

    References
    ----------
    Grother, P. (2021). Demographic differentials in face recognition algorithms. EAB virtual events series on
    demographic fairness in biometric systems; as the inequity rate in Howard et al. (2022), see `gini`.

    Examples
    --------
    >>> float(inequity(np.array(4.0), np.array(1.0), alpha=0.5))
    2.0
    """
    return np.asarray(false_match_ratio**alpha * false_non_match_ratio ** (1 - alpha))


def _over(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = numerator / denominator
    return np.where(denominator > 0, ratio, np.nan)


FDR_CAUTION = (
    "FDR is near 1 wherever error rates are small, however far apart they are: it is 0.995 for a matcher that NIST "
    "tested whose false match rates differ 40-fold. Read a ratio beside it."
)

OF_ONE_RATE = ("max/min", "max/geomean", "gap", "Gini", "CoV")
OF_BOTH = ("GARBE", "FDR", "INEQ")
FDR = len(OF_ONE_RATE) + OF_BOTH.index("FDR")
RATIOS = [0, 1, len(OF_ONE_RATE) + OF_BOTH.index("INEQ")]

# What a measure cannot do without: nothing, a rate that is not zero, or all rates not zero.
NOTHING, ANY_EVENT, ALL_EVENTS = range(3)
NEEDS = {
    "max/min": ALL_EVENTS,
    "max/geomean": ALL_EVENTS,
    "gap": NOTHING,
    "Gini": ANY_EVENT,
    "CoV": ANY_EVENT,
    "GARBE": ANY_EVENT,
    "FDR": NOTHING,
    "INEQ": ALL_EVENTS,
}

AT_ONCE = 7
"""Thresholds whose rates are drawn together: few enough to stay in the processor's cache, and in one thread."""

CLEARANCE = 2 + np.sqrt(2)
DIGITS = 6


@dataclass(frozen=True, eq=False)
class SummaryMeasures:
    """M summary measures of one axis at T thresholds.

    Attributes
    ----------
    names : tuple of str, length M
        The first five are of the false match rate and start with its name: ``FMR max/min``, ``FMR
        max/geomean``, ``FMR gap``, ``FMR Gini``, ``FMR CoV`` (coefficient of variation); ``GARBE``, ``FDR`` (the
        fairness discrepancy rate) and ``INEQ`` are of false matches and false non-matches both.
    estimate, lower, upper : ndarray of float64, shape (M, T)
        NaN where the measure is undefined: it then has no interval either. Bounds are rounded to six digits,
        more than draws can tell.
    undefined : ndarray of int64, shape (M, T)
        Index into ``reasons``; -1 where the measure is defined.
    reasons : tuple of str
        Why a measure may be undefined.
    alpha : float
        Weight of false matches in GARBE, FDR and INEQ.
    confidence : float
        Of the two-sided interval.
    """

    names: tuple[str, ...]
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    undefined: IntArray
    reasons: tuple[str, ...]
    alpha: float
    confidence: float


def summary_measures(
    false_matches: Rates, false_non_matches: Rates, confidence: float, alpha: float = 0.5
) -> SummaryMeasures:
    """Summarise how far the groups of an axis differ.

    Parameters
    ----------
    false_matches, false_non_matches : Rates
        Of the same G groups at the same T thresholds.
    confidence : float
        Of the two-sided interval, between 0 and 1.
    alpha : float
        Weight of false matches in GARBE, FDR and INEQ, above 0 and below 1.

    Returns
    -------
    SummaryMeasures

    Raises
    ------
    ValueError
        Where ``alpha`` is out of range, or the rates are not of the same groups and thresholds.

    Notes
    -----
    The upper bound is the quantile of the measure over rates drawn from Beta(k + ½, n - k + ½) on effective
    counts (see the module). That quantile is not a lower bound: noise makes equal groups look
    unequal, once in the data and again in the draws, so that it *never* reaches parity. Let b be how far the
    median of the draws exceeds the estimate (ratios as logarithms). Were all groups equal the draws would be √2
    as far from parity as the estimate, which puts parity (1 + √2) b below the estimate and (2 + √2) b below the
    draws; the lower bound is that far below their quantile, at most the estimate, and parity where no two groups
    differ by the exact test that also decides the verdict (`harness.statistics.intervals.ratio_p_value`,
    Bonferroni over the pairs, at the same confidence; for GARBE, FDR and INEQ, neither rate). Parity is FDR's
    upper end, and all this is mirrored for it.

    By simulation of independent trials with at least 30 errors in every group, 2 to 12 groups, equal or up to
    fivefold apart, nominal 95 % intervals of max/min, gap, Gini and coefficient of variation covered 0.88 to
    0.99, 0.96 to 0.99 where all groups are equal; the least where many groups are alike and one or half of them
    are not. The misses are lower bounds that are too high: the upper one is missed in about 4 % at most. They are not
    known to hold with fewer errors, for other measures, or beyond what the design effect says of dependence;
    where a claim rests on a bound, take the exact ones of `harness.statistics.differentials`.

    Every measure is undefined where there is a single group or one without trials; max/min, max/geomean and INEQ
    where a rate is zero; Gini, CoV and GARBE where one is zero in every group. A gap of no events is 0, with an
    upper bound.

    References
    ----------
    Those of each formula; of the draws, see the module.

    Examples
    --------
    >>> errors, trials = np.array([[40], [10]]), np.array([10_000, 10_000])
    >>> unused = np.full((2, 1), np.nan)
    >>> rates = Rates("FMR", ("A", "B"), trials, errors, np.ones((2, 1)), errors / 10_000, unused, unused, 0.95)
    >>> found = summary_measures(rates, rates, 0.95)
    >>> found.names[1], found.estimate[1].round(2), found.lower[1].round(2), found.upper[1].round(2)
    ('FMR max/geomean', array([2.]), array([1.45]), array([2.85]))
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}; it must lie above 0 and below 1")
    both = (false_matches, false_non_matches)
    if false_matches.groups != false_non_matches.groups or len({rates.errors.shape for rates in both}) > 1:
        raise ValueError("false matches and false non-matches are not of the same groups and thresholds")
    undefined, reasons = _undefined(false_matches, false_non_matches)
    # Ordered, the numbers do not depend on the order of the groups, down to the last bit.
    ordered = [np.sort(rates.estimate, axis=0) for rates in both]
    estimate = np.where(undefined < 0, _measures(ordered[0], ordered[1], alpha), np.nan)
    lower, upper = _bounds(false_matches, false_non_matches, estimate, confidence, alpha)
    names = (*(f"{false_matches.name} {name}" for name in OF_ONE_RATE), *OF_BOTH)
    return SummaryMeasures(names, estimate, lower, upper, undefined, reasons, alpha, confidence)


def _measures(false_match: FloatArray, false_non_match: FloatArray, alpha: float) -> FloatArray:
    """Return all measures, shape (M, ...), of rates of shape (G, ...)."""
    ratio, difference, unevenness = max_over_min(false_match), gap(false_match), gini(false_match)
    return np.stack(
        [
            ratio,
            max_over_geometric_mean(false_match),
            difference,
            unevenness,
            coefficient_of_variation(false_match),
            garbe(unevenness, gini(false_non_match), alpha),
            fairness_discrepancy_rate(difference, gap(false_non_match), alpha),
            inequity(ratio, max_over_min(false_non_match), alpha),
        ]
    )


def _undefined(false_matches: Rates, false_non_matches: Rates) -> tuple[IntArray, tuple[str, ...]]:
    reasons = ["there is a single group"]
    of_rate = []
    for rates in (false_matches, false_non_matches):
        without_trials = np.broadcast_to((rates.trials == 0).any(), rates.errors.shape[1:])
        zero = rates.errors == 0
        first = len(reasons)
        reasons += [
            f"a group has no trials to tell its {rates.name}",
            f"{rates.name} is zero in every group",
            f"{rates.name} is zero in a group",
        ]
        by_need = {
            need: np.select(
                [
                    without_trials,
                    zero.all(axis=0) & (need >= ANY_EVENT),
                    zero.any(axis=0) & (need == ALL_EVENTS),
                ],
                [first, first + 1, first + 2],
                -1,
            )
            for need in (NOTHING, ANY_EVENT, ALL_EVENTS)
        }
        of_rate.append(by_need)
    matches, non_matches = of_rate
    undefined = [matches[NEEDS[name]] for name in OF_ONE_RATE]
    for name in OF_BOTH:
        of_matches = matches[NEEDS[name]]
        undefined.append(np.where(of_matches >= 0, of_matches, non_matches[NEEDS[name]]))
    codes = np.stack(undefined).astype(np.int64)
    return codes if len(false_matches.groups) > 1 else np.zeros_like(codes), tuple(reasons)


def _bounds(
    false_matches: Rates, false_non_matches: Rates, estimate: FloatArray, confidence: float, alpha: float
) -> tuple[FloatArray, FloatArray]:
    groups, thresholds = false_matches.errors.shape
    lower, upper = np.full_like(estimate, np.nan), np.full_like(estimate, np.nan)
    if groups < 2:
        return lower, upper
    counts = [_ordered_counts(rates) for rates in (false_matches, false_non_matches)]
    alike = [_not_shown_to_differ(errors, trials, confidence) for errors, trials in counts]
    at_parity = np.stack([alike[0]] * len(OF_ONE_RATE) + [alike[0] & alike[1]] * len(OF_BOTH))
    logarithms = [node_logarithms(errors, trials) for errors, trials in counts]
    orders = [interpolations(shuffle) for shuffle in shuffles(groups)]
    for start in range(0, thresholds, AT_ONCE):
        block = slice(start, start + AT_ONCE)
        drawn = [
            ascending(drawn_logarithms(nodes[:, block], order))
            for nodes, order in zip(logarithms, orders, strict=True)
        ]
        bounds = _disparity_bounds(
            _drawn_disparity(drawn[0], drawn[1], alpha),
            _disparity(estimate[:, block]),
            at_parity[:, block],
            confidence,
        )
        low, high = (_measure(bound) for bound in bounds)
        low[FDR], high[FDR] = high[FDR].copy(), low[FDR].copy()
        lower[:, block], upper[:, block] = low, high
    return _rounded(lower), _rounded(upper)


def _ordered_counts(rates: Rates) -> tuple[FloatArray, FloatArray]:
    """Effective errors and trials, by size at each threshold: the order of the groups does not change the draws."""
    errors, trials = rates.effective_errors, rates.effective_trials
    order = np.lexsort((trials, errors), axis=0)
    return np.take_along_axis(errors, order, axis=0), np.take_along_axis(trials, order, axis=0)


def _not_shown_to_differ(errors: FloatArray, trials: FloatArray, confidence: float) -> BoolArray:
    first, second = pairs(len(errors))
    found = [np.zeros(0, np.bool_)]
    for block in blocks(*errors.shape):
        k, n = errors[:, block], trials[:, block]
        p = p_values_for_holm(1 - confidence, k[first], n[first], k[second], n[second])
        found.append(p.min(axis=0) * len(first) > 1 - confidence)
    return np.concatenate(found)


def _drawn_disparity(false_match: FloatArray, false_non_match: FloatArray, alpha: float) -> FloatArray:
    """Return the disparities, as `_disparity` has them, of the ascending logarithms of rates, shape (G, ...)."""
    ratio = false_match[-1] - false_match[0]
    beyond_mean = false_match[-1] - false_match.mean(axis=0)
    weighted_ratio = alpha * ratio + (1 - alpha) * (false_non_match[-1] - false_non_match[0])
    matched, not_matched = (
        np.exp(logarithms, out=logarithms) for logarithms in (false_match, false_non_match)
    )
    difference, unevenness = matched[-1] - matched[0], _gini_of_ascending(matched)
    return np.stack(
        [
            ratio,
            beyond_mean,
            difference,
            unevenness,
            coefficient_of_variation(matched),
            garbe(unevenness, _gini_of_ascending(not_matched), alpha),
            alpha * difference + (1 - alpha) * (not_matched[-1] - not_matched[0]),
            weighted_ratio,
        ]
    )


def _disparity_bounds(
    drawn: FloatArray, estimate: FloatArray, at_parity: BoolArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Bound disparities, 0 at parity, from draws of them, shape (M, T, DRAWS); see `summary_measures`."""
    tail = (1 - confidence) / 2
    drawn.sort(axis=-1)  # faster than to find the parts around three quantiles
    low, median, high = (_quantile(drawn, chance) for chance in (tail, 0.5, 1 - tail))
    noise = np.maximum(median - estimate, 0)
    lower = np.minimum(np.maximum(low - CLEARANCE * noise, 0), estimate)
    upper = np.maximum(high, estimate)
    return np.where(at_parity & ~np.isnan(estimate), 0, lower), upper


def _quantile(ordered: FloatArray, chance: float) -> FloatArray:
    """Return the quantile of values in ascending order along the last axis, linear between them."""
    position = chance * (ordered.shape[-1] - 1)
    below = int(position)
    share = position - below
    low, high = ordered[..., below], ordered[..., min(below + 1, ordered.shape[-1] - 1)]
    between: FloatArray = low + (high - low) * share
    return between


def _disparity(measures: FloatArray) -> FloatArray:
    """Put measures on scales that start from 0 at parity: ratios as logarithms, FDR as what it lacks to 1."""
    disparity = measures.copy()
    disparity[RATIOS] = np.log(measures[RATIOS])
    disparity[FDR] = 1 - measures[FDR]
    return disparity


def _measure(disparity: FloatArray) -> FloatArray:
    """Take `_disparity` back."""
    measures = disparity.copy()
    measures[RATIOS] = np.exp(disparity[RATIOS])
    measures[FDR] = 1 - disparity[FDR]
    return measures


def _rounded(values: FloatArray) -> FloatArray:
    digits = [float(f"{value:.{DIGITS}g}") for value in values.ravel()]
    return np.array(digits, np.float64).reshape(values.shape)

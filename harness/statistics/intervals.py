"""Exact intervals for a proportion, and for the ratio and the difference of two.

Counts may be effective ones (divided by a design effect), so they need not be whole. Every function works
elementwise on arrays that broadcast together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from harness.arrays import FloatArray, IntArray
from harness.statistics.quantiles import beta_quantile, upper_beta_quantile

__all__ = [
    "SCAN_POWER",
    "Interval",
    "clopper_pearson",
    "detectable_ratio",
    "gap_between",
    "gap_interval",
    "growth_to_show_parity",
    "holm",
    "one_sided",
    "poisson_interval",
    "ratio_interval",
    "ratio_p_value",
]


SCAN_POWER = 0.95
"""Chance, were the groups alike, that the scan for parity passes the threshold it starts from, in all pairs."""
Numbers: TypeAlias = npt.ArrayLike


class Interval(NamedTuple):
    """Lower and upper bound, elementwise; NaN where there is nothing to bound."""

    lower: FloatArray
    upper: FloatArray

    def of(self, indices: IntArray) -> Interval:
        """Return the bounds at indices of the first axis."""
        return Interval(self.lower[indices], self.upper[indices])


def one_sided(confidence: float) -> float:
    """Return the two-sided confidence whose either bound, alone, holds with ``confidence``.

    References
    ----------
    With equal tails either bound of a two-sided interval fails in half of what is left of the confidence.

    Examples
    --------
    >>> one_sided(0.975)
    0.95
    """
    return 2 * confidence - 1


def clopper_pearson(errors: Numbers, trials: Numbers, confidence: float) -> Interval:
    """Bound a proportion by inverting the binomial test (two-sided, equal tails).

    Parameters
    ----------
    errors, trials : array_like
        0 <= errors <= trials; effective counts may be fractional.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Interval
        Within [0, 1]; NaN where there are no trials.

    References
    ----------
    Clopper, C. J., Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the case of
    the binomial. Biometrika 26, 404-413. As beta quantiles: Brown, Cai, DasGupta (2001), Statistical Science
    16, 101-133, section 4.2.1; for fractional, design-effect-corrected counts: Korn, Graubard (1998), Survey
    Methodology 24, 193-201.

    Examples
    --------
    >>> lower, upper = clopper_pearson(3, 1_000, 0.95)
    >>> round(float(lower), 6), round(float(upper), 6)
    (0.000619, 0.008742)
    """
    k, n = _floats(errors, trials)
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        lower = np.where(k > 0, beta_quantile(k, n - k + 1, tail), 0.0)
        upper = np.where(k < n, upper_beta_quantile(k + 1, n - k, tail), 1.0)
    return _defined(n > 0, lower, upper)


def poisson_interval(events: Numbers, exposure: Numbers, confidence: float) -> Interval:
    """Bound a rate of events per unit of exposure, such as alerts per hour (two-sided, equal tails).

    Parameters
    ----------
    events, exposure : array_like
        Events that are counted, and over how much.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Interval
        Without events the lower bound is 0; NaN where there is no exposure.

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442.

    Examples
    --------
    >>> lower, upper = poisson_interval(3, 2.0, 0.95)
    >>> round(float(lower), 3), round(float(upper), 3)
    (0.309, 4.384)
    """
    k, units = _floats(events, exposure)
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        lower = np.where(k > 0, special.gammaincinv(np.maximum(k, 1e-300), tail), 0.0) / units
        upper = special.gammainccinv(k + 1, tail) / units
    return _defined(units > 0, lower, upper)


def ratio_interval(
    errors: Numbers, trials: Numbers, other_errors: Numbers, other_trials: Numbers, confidence: float
) -> Interval:
    """Bound the ratio of two small proportions, given their sum of errors (two-sided, equal tails).

    Conditionally on the sum, the first group's share of the errors is binomial; its Clopper-Pearson limits,
    as odds times the inverse ratio of the trials, bound the ratio.

    Parameters
    ----------
    errors, trials : array_like
        Of the group in the numerator.
    other_errors, other_trials : array_like
        Of the group in the denominator.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Interval
        Within [0, inf]. No errors in the denominator leave no upper bound (inf); none in either bound nothing
        (0, inf); NaN where a group has no trials.

    References
    ----------
    Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson series.
    Biometrika 31, 313-323; Ederer, F., Mantel, N. (1974). Confidence limits on the ratio of two Poisson
    variables. American Journal of Epidemiology 100, 165-167.

    Examples
    --------
    >>> lower, upper = ratio_interval(40, 10_000, 10, 10_000, 0.95)
    >>> round(float(lower), 2), round(float(upper), 2)
    (1.97, 8.97)
    """
    a, n_a = _floats(errors, trials)
    b, n_b = _floats(other_errors, other_trials)
    tail = (1 - confidence) / 2
    # Hundredths of an effective error leave quantiles whose odds are beyond the largest float: inf, no bound.
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        lower = _odds(beta_quantile, upper_beta_quantile, a, b + 1, tail)
        upper = _odds(upper_beta_quantile, beta_quantile, a + 1, b, tail)
        scale = n_b / n_a
        return _defined(
            (n_a > 0) & (n_b > 0), np.where(a > 0, lower * scale, 0.0), np.where(b > 0, upper * scale, np.inf)
        )


def ratio_p_value(
    errors: Numbers, trials: Numbers, other_errors: Numbers, other_trials: Numbers
) -> FloatArray:
    """Test that two proportions are equal, given their sum of errors (two-sided, twice the smaller tail).

    It is at most 1 - confidence exactly where `ratio_interval` leaves out 1.

    Parameters
    ----------
    errors, trials, other_errors, other_trials : array_like
        As in `ratio_interval`.

    Returns
    -------
    ndarray
        1 where there are no errors; NaN where a group has no trials.

    References
    ----------
    Przyborowski, Wilenski (1940), as for `ratio_interval`.

    Examples
    --------
    >>> round(float(ratio_p_value(40, 10_000, 10, 10_000)), 6)
    2.4e-05
    """
    a, n_a, b, n_b = np.broadcast_arrays(*_floats(errors, trials), *_floats(other_errors, other_trials))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = n_a / (n_a + n_b)
        # The median of a beta variable lies between its mean and its mode (Kerman, J. 2011, arXiv 1111.0433). So on
        # the side of its expectation that a is on, the other tail is at least one half, and need not be worked out.
        expected = share * (a + b)
        p = np.ones(a.shape)
        for tail, beside, counted in (
            (special.betainc, (a, b + 1), (a > 0) & ~((expected > a) & (a > 1))),
            (special.betaincc, (a + 1, b), (b > 0) & ~((expected <= a) & (b > 1))),
        ):
            first, second = beside
            found = 2 * tail(first[counted], second[counted], share[counted])
            p[counted] = np.minimum(p[counted], found)
    return np.where((n_a > 0) & (n_b > 0), p, np.nan)


def gap_interval(
    errors: Numbers, trials: Numbers, other_errors: Numbers, other_trials: Numbers, confidence: float
) -> Interval:
    """Bound the difference of two proportions, first minus second, from the limits of each (MOVER).

    Parameters
    ----------
    errors, trials, other_errors, other_trials, confidence
        As in `ratio_interval`.

    Returns
    -------
    Interval
        Within [-1, 1]; NaN where a group has no trials.

    References
    ----------
    Zou, G. Y., Donner, A. (2008). Construction of confidence limits about effect measures: a general
    approach. Statistics in Medicine 27, 1693-1702, equation 2; Newcombe, R. G. (1998), Statistics in Medicine
    17, 873-890, method 10, with Clopper-Pearson limits, which are never shorter, for Wilson's.

    Examples
    --------
    >>> lower, upper = gap_interval(40, 10_000, 10, 10_000, 0.95)
    >>> round(float(lower), 5), round(float(upper), 5)
    (0.00158, 0.00453)
    """
    a, n_a = _floats(errors, trials)
    b, n_b = _floats(other_errors, other_trials)
    with np.errstate(invalid="ignore", divide="ignore"):
        p, q = a / n_a, b / n_b
    return gap_between(p, clopper_pearson(a, n_a, confidence), q, clopper_pearson(b, n_b, confidence))


def gap_between(first: Numbers, bounds: Interval, second: Numbers, other_bounds: Interval) -> Interval:
    """Bound the difference of two proportions, first minus second, whose own limits are known; see `gap_interval`.

    Parameters
    ----------
    first, second : array_like
        The proportions.
    bounds, other_bounds : Interval
        Of the first and of the second, with the confidence wanted.
    """
    p, q = _floats(first, second)
    lower = p - q - np.hypot(p - bounds.lower, other_bounds.upper - q)
    upper = p - q + np.hypot(bounds.upper - p, q - other_bounds.lower)
    return Interval(lower, upper)


def holm(p_values: FloatArray) -> FloatArray:
    """Adjust p-values for the number of hypotheses, step-down, along the first axis.

    Parameters
    ----------
    p_values : ndarray, shape (H, ...)
        NaN, an untestable hypothesis, stays NaN and is not counted.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of
    Statistics 6, 65-70.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])
    """
    order = np.argsort(p_values, axis=0)
    ascending = np.take_along_axis(p_values, order, axis=0)
    testable = np.sum(~np.isnan(p_values), axis=0)
    rank = np.arange(len(p_values)).reshape(-1, *[1] * (p_values.ndim - 1))
    stepped = np.maximum.accumulate(np.minimum(1.0, ascending * (testable - rank)), axis=0)
    adjusted = np.empty_like(p_values)
    np.put_along_axis(adjusted, order, stepped, axis=0)
    return adjusted


def detectable_ratio(
    total_errors: Numbers, trials: Numbers, other_trials: Numbers, significance: float, power: float = 0.8
) -> FloatArray:
    """Return the smallest ratio that a given number of errors would have shown to differ from 1.

    The test is that of `ratio_p_value`; the ratio is of the first group to the second, above 1.

    Parameters
    ----------
    total_errors : array_like
        Sum of both groups' errors; effective counts are rounded down.
    trials, other_trials : array_like
        Of the groups.
    significance : float
        Two-sided level.
    power : float
        Chance of rejection wanted.

    Returns
    -------
    ndarray
        inf where no ratio can be detected, as with too few errors for any split to be rejected; NaN where a
        group has no trials.

    References
    ----------
    The exact conditional test's power, solved for the ratio: Przyborowski, Wilenski (1940), as for `ratio_interval`.

    Examples
    --------
    >>> round(float(detectable_ratio(50, 10_000, 10_000, 0.05)), 2)
    2.38
    """
    total, n_a = _floats(total_errors, trials)
    total = np.floor(total)
    n_b = np.asarray(other_trials, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = n_a / (n_a + n_b)
        critical = _critical(total, share, significance / 2)
        needed = beta_quantile(critical, total - critical + 1, power)
        ratio = needed / (1 - needed) * n_b / n_a
    ratio = np.where((total > 0) & (critical <= total), ratio, np.inf)
    return np.where((n_a > 0) & (n_b > 0), ratio, np.nan)


def _critical(total: FloatArray, share: FloatArray, chance: float) -> FloatArray:
    """Return how many errors of a total fall on a group with a chance of at most so much; 1 beyond, if none do.

    NaN where the share is.
    """
    total, share = np.broadcast_arrays(total, share)
    found = np.full(total.shape, np.nan)
    defined = ~np.isnan(share) & ~np.isnan(total)
    n, p = total[defined], share[defined]
    low, high = np.zeros(len(n)), n + 1  # so many have a chance of 1, and of 0
    probe, step = np.ceil(n * p - special.ndtri(chance) * np.sqrt(n * p * (1 - p))), 1.0
    while (still := np.flatnonzero(high - low > 1)).size:
        outside = (probe[still] <= low[still]) | (probe[still] >= high[still])
        at = np.where(outside, np.floor((low[still] + high[still]) / 2), probe[still])
        rare = special.betainc(at, n[still] - at + 1, p[still]) <= chance
        high[still[rare]], low[still[~rare]] = at[rare], at[~rare]
        probe[still] = np.where(rare, at - step, at + step)
        step *= 2
    found[defined] = high
    return found


def growth_to_show_parity(
    errors: Numbers, other_errors: Numbers, max_ratio: float, confidence: float, power: float = 0.8
) -> FloatArray:
    """Return how many times as much data would show that two equal rates are within a ratio.

    Parameters
    ----------
    errors, other_errors : array_like
        Effective errors that each group is expected to have, were the rates equal.
    max_ratio : float
        Above 1; to be shown of either group to the other.
    confidence : float
        Of the one-sided upper bound.
    power : float
        Chance that the bound is within `max_ratio`.

    Returns
    -------
    ndarray
        At most 1 where there is enough already; inf where no errors are expected.

    References
    ----------
    The log ratio of two Poisson counts is normal with variance s² = 1/a + 1/b to first order: Breslow, N. E.,
    Day, N. E. (1987). Statistical Methods in Cancer Research II, section 7.3. As either direction may fail, the
    power is that of two one-sided tests: Schuirmann, D. J. (1987), J. Pharmacokinet. Biopharm. 15, 657-680. The
    s² / 2 added to z s allows for how much wider the exact interval is; the tests give the exact power, 0.73 to
    0.80 for ratios up to 3.

    Examples
    --------
    >>> round(float(growth_to_show_parity(20, 20, 2.0, 0.95)), 2)
    1.92
    """
    a, b = _floats(errors, other_errors)
    quantiles = special.ndtri(confidence) + special.ndtri((1 + power) / 2)
    tolerable_error = np.sqrt(quantiles**2 + 2 * np.log(max_ratio)) - quantiles
    with np.errstate(divide="ignore"):
        growth: FloatArray = (1 / a + 1 / b) / tolerable_error**2
    return growth


def _odds(
    quantile: Callable[..., FloatArray],
    of_complement: Callable[..., FloatArray],
    a: FloatArray,
    b: FloatArray,
    tail: float,
) -> FloatArray:
    """Return the odds of a beta quantile; above one half, from its complement, as 1 less it would lose digits there."""
    a, b = np.broadcast_arrays(a, b)
    share = quantile(a, b, tail)
    rest = np.asarray(1 - share)
    near_one = np.asarray(share > 0.5)
    rest[near_one] = of_complement(b[near_one], a[near_one], tail)
    return share / rest


def _floats(first: Numbers, second: Numbers) -> tuple[FloatArray, FloatArray]:
    return np.asarray(first, np.float64), np.asarray(second, np.float64)


def _defined(where: npt.NDArray[np.bool_], lower: FloatArray, upper: FloatArray) -> Interval:
    return Interval(np.where(where, lower, np.nan), np.where(where, upper, np.nan))

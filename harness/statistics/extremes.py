"""Which pairs of groups may hold the largest bound of an axis, so that the others need no exact bound.

With many groups there are far more pairs than numbers to report of them, and an exact bound of a ratio is expensive.
Both bounds of the ratio of A to B rise with the errors of A and the trials of B, and fall with the trials of A and the
errors of B. Hence a group is passed over as A where two others have at least its errors in at most its trials, for one
of them is not B and gives at least the bound; likewise as B. Of the pairs left, that which seems farthest apart gives
a first bound; whether another pair's bound is beyond it is told by a single tail of the distribution that the bound is
a quantile of. Nothing is approximated: a pair that is passed over has no larger bound.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from harness.arrays import BoolArray, FloatArray
from harness.statistics.intervals import detectable_ratio, ratio_interval, ratio_p_value

__all__ = [
    "largest_detectable_ratio",
    "may_hold_largest_lower",
    "may_hold_largest_upper",
    "p_values_for_holm",
    "undominated",
]


MARGIN = 1e-6
"""Of a tail, relative to it: far more than its last digits, so that rounding passes over no pair."""

MOST_ERRORS = 1e9
MARGIN_OF_FACTORIALS = 0.01


def undominated(errors: FloatArray, trials: FloatArray) -> BoolArray:
    """Say which groups fewer than two others surpass, with at least their errors in at most their trials.

    Parameters
    ----------
    errors, trials : ndarray of float64, shape (G, T)

    Returns
    -------
    ndarray of bool, shape (G, T)

    Examples
    --------
    >>> undominated(np.array([[9.0], [8.0], [7.0]]), np.array([[100.0], [200.0], [300.0]]))[:, 0]
    array([ True,  True, False])
    """
    surpassed = np.zeros(errors.shape, np.int64)
    for k, n in zip(errors, trials, strict=True):
        better = (k >= errors) & (n <= trials) & ((k > errors) | (n < trials))
        surpassed += better
    return surpassed < 2


def may_hold_largest_lower(
    a: FloatArray, n_a: FloatArray, b: FloatArray, n_b: FloatArray, confidence: float, among: BoolArray
) -> BoolArray:
    """Say of which ordered pairs the lower bound of the ratio may be the largest at a threshold.

    Parameters
    ----------
    a, n_a, b, n_b : ndarray of float64, shape (P, T)
        Errors and trials of the first group of each pair, and of the second.
    confidence : float
        Two-sided, of `harness.statistics.intervals.ratio_interval`.
    among : ndarray of bool, shape (P, T)
        Pairs that are not passed over already, as one of their groups is not `undominated`.

    Returns
    -------
    ndarray of bool, shape (P, T)
        All pairs of a threshold where a group has no trials, or no bound is above 0.
    """
    tail = (1 - confidence) / 2
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = (a / n_a) / (b / n_b)
        seeming = np.log(ratio) + special.ndtri(tail) * np.sqrt(1 / a + 1 / (b + 1))
    farthest, at = _farthest(np.where(among, seeming, -np.inf))
    bound = ratio_interval(
        a[farthest, at], n_a[farthest, at], b[farthest, at], n_b[farthest, at], confidence
    ).lower
    needed = _anyway(n_a, n_b) | ~(bound > 0)
    may = needed | (among & (ratio >= bound * (1 - MARGIN)))  # no lower bound is above the ratio
    pairs, where = np.nonzero(may & ~needed)
    may[pairs, where] = special.betainc(
        a[pairs, where], b[pairs, where] + 1, _share(n_a[pairs, where], n_b[pairs, where], bound[where])
    ) <= tail * (1 + MARGIN)
    may[farthest, at] = True
    return may


def may_hold_largest_upper(
    a: FloatArray, n_a: FloatArray, b: FloatArray, n_b: FloatArray, confidence: float, among: BoolArray
) -> BoolArray:
    """Say of which ordered pairs the upper bound of the ratio may be the largest at a threshold.

    Parameters
    ----------
    a, n_a, b, n_b, confidence, among
        As for `may_hold_largest_lower`.

    Returns
    -------
    ndarray of bool, shape (P, T)
        All pairs of a threshold where a group has no trials.
    """
    tail = (1 - confidence) / 2
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        seeming = np.log(((a + 1) / n_a) / (b / n_b)) - special.ndtri(tail) * np.sqrt(1 / (a + 1) + 1 / b)
    farthest, at = _farthest(np.where(among, seeming, -np.inf))
    bound = ratio_interval(
        a[farthest, at], n_a[farthest, at], b[farthest, at], n_b[farthest, at], confidence
    ).upper
    needed = _anyway(n_a, n_b)
    may = needed | (among & np.isfinite(bound))  # an unbounded one is the largest
    pairs, where = np.nonzero(may & ~needed & (b > 0))
    may[pairs, where] = special.betaincc(
        a[pairs, where] + 1, b[pairs, where], _share(n_a[pairs, where], n_b[pairs, where], bound[where])
    ) >= tail * (1 - MARGIN)
    may[farthest, at] = True
    return may


def p_values_for_holm(
    level: float, a: FloatArray, n_a: FloatArray, b: FloatArray, n_b: FloatArray
) -> FloatArray:
    """Return p-values from which Holm's procedure finds the same as from those of `ratio_p_value`.

    The smallest is exact, and so is each that is not rejected by Bonferroni's procedure and might be by Holm's. For the
    others stand an upper bound, where it is rejected by both, and 1, where the p-value is above the level.

    Parameters
    ----------
    level : float
        Of the procedure.
    a, n_a, b, n_b : ndarray of float64, shape (P, T)
        As for `may_hold_largest_lower`; NaN where a group has no trials.

    References
    ----------
    A tail is its first term, that of exactly ``a`` errors, times the sum of a series: DLMF 8.17.8, whose factors fall,
    so that it is at most a geometric one; and, as I_x(a, b) is a term and I_x(a + 1, b - 1), 8.17.18, it is at least
    so many terms as if each factor were the last of them. https://dlmf.nist.gov/8.17

    Examples
    --------
    >>> one, many = np.array([[50.0], [50.0]]), np.full((2, 1), 1e4)
    >>> p_values_for_holm(0.05, one, many, one + [[1], [40]], many).round(4)
    array([[1.e+00],
           [9.e-04]])
    """
    total = a + b
    more = a * n_b >= b * n_a
    k, other = np.where(more, a, b), np.where(more, b, a)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        share = np.where(more, n_a, n_b) / (n_a + n_b)
        log_term = special.gammaln(total + 1) - special.gammaln(k + 1) - special.gammaln(other + 1)
        term = 2 * np.exp(log_term + k * np.log(share) + other * np.log1p(-share))
        terms = np.minimum(np.floor(np.sqrt(total * share * (1 - share))), np.floor(other)) + 1
        factor = np.minimum((other - terms + 1) / (k + terms) * share / (1 - share), 1 - MARGIN)
        at_least = (1 - MARGIN_OF_FACTORIALS) * term * (1 - factor**terms) / (1 - factor)
        beyond = (k + 1 - (total + 1) * share) / ((k + 1) * (1 - share))
        at_most = np.where(beyond > 0, (1 + MARGIN_OF_FACTORIALS) * term / beyond, np.inf)
    # The other tail is at least one half, see `ratio_p_value`; and logarithms of factorials keep enough digits.
    known = (other > 1) & (total < MOST_ERRORS)
    farthest, at = _farthest(-np.where(known, at_least, np.inf))
    smallest = ratio_p_value(a[farthest, at], n_a[farthest, at], b[farthest, at], n_b[farthest, at])
    rejected = at_most <= level / len(a)
    known &= (rejected & (at_least >= smallest)) | (at_least > level)
    p = np.where(rejected, at_most, 1.0)
    p[~known] = ratio_p_value(a[~known], n_a[~known], b[~known], n_b[~known])
    p[farthest, at] = smallest
    return p


def largest_detectable_ratio(
    total: FloatArray, n_a: FloatArray, n_b: FloatArray, significance: float, power: float = 0.8
) -> FloatArray:
    """Return the largest `harness.statistics.intervals.detectable_ratio` of any pair, whichever group is the higher.

    With more errors a smaller ratio is detected, but not at every step: the critical number of errors is whole. So a
    pair is passed over only where some number of errors is rare enough were the groups alike, and likely enough at
    the largest ratio found so far: then this one would be detected, and no larger one is needed.

    Parameters
    ----------
    total, n_a, n_b : ndarray of float64, shape (P, T)
        Errors of both groups of each pair, and trials of each.
    significance, power : float
        As for `detectable_ratio`.

    Returns
    -------
    ndarray of float64, shape (T,)
    """
    total, n_a, n_b = np.concatenate([total, total]), np.concatenate([n_a, n_b]), np.concatenate([n_b, n_a])
    whole = np.floor(total)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = n_a / (n_a + n_b)
        spread = whole * share * (1 - share)
    farthest, at = _farthest(-spread)
    largest = detectable_ratio(total[farthest, at], n_a[farthest, at], n_b[farthest, at], significance, power)
    # Where a group has no trials the result is NaN; where nothing can be detected by a pair, it is inf.
    largest = np.where(_anyway(n_a, n_b), np.nan, largest)
    open_ = np.broadcast_to(np.isfinite(largest), total.shape).copy()
    open_[farthest, at] = False
    pairs, where = np.nonzero(open_)
    n, p = whole[pairs, where], share[pairs, where]
    shown = _shown(
        n, p, _share(n_a[pairs, where], n_b[pairs, where], largest[where]), significance / 2, power
    )
    pairs, where = pairs[~shown], where[~shown]
    exact = detectable_ratio(total[pairs, where], n_a[pairs, where], n_b[pairs, where], significance, power)
    np.maximum.at(largest, where, exact)
    return largest


def _shown(n: FloatArray, alike: FloatArray, apart: FloatArray, chance: float, power: float) -> BoolArray:
    """Whether some number of n errors is rare at one share, and reached with the power wanted at another.

    Bounds that are cheap come first, those of Chernoff (1952), Annals of Mathematical Statistics 23, 493-507.
    """
    deviations = [np.sqrt(n * share * (1 - share)) for share in (alike, apart)]
    quantiles = -special.ndtri(chance), special.ndtri(power)
    low, high = n * alike + quantiles[0] * deviations[0], n * apart - quantiles[1] * deviations[1]
    between = np.floor(low + (high - low) * deviations[0] / (deviations[0] + deviations[1])) + 1
    least = np.clip(between, 1, np.maximum(n, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        shown: BoolArray = (n * _divergence(least / n, alike) >= -np.log(chance) * (1 + MARGIN)) & (
            n * _divergence((least - 1) / n, apart) >= -np.log1p(-power) * (1 + MARGIN)
        )
        shown &= (least > n * alike) & (least - 1 < n * apart)
    left = np.flatnonzero(~shown & (n >= 1))
    for share, enough in ((alike, np.less_equal), (apart, np.greater_equal)):
        reached = special.betainc(least[left], n[left] - least[left] + 1, share[left])
        left = left[enough(reached, chance if share is alike else power)]
    shown[left] = True
    return shown


def _divergence(observed: FloatArray, expected: FloatArray) -> FloatArray:
    """Return the divergence of Kullback and Leibler between two shares."""
    return np.asarray(special.rel_entr(observed, expected) + special.rel_entr(1 - observed, 1 - expected))


def _farthest(seeming: FloatArray) -> tuple[np.ndarray, np.ndarray]:
    return np.nan_to_num(seeming, nan=-np.inf).argmax(axis=0), np.arange(seeming.shape[1])


def _anyway(n_a: FloatArray, n_b: FloatArray) -> BoolArray:
    """Thresholds where a group has no trials: nothing is bounded there, and every pair says so."""
    return np.asarray(~((n_a > 0) & (n_b > 0)).all(axis=0))


def _share(n_a: FloatArray, n_b: FloatArray, ratio: FloatArray) -> FloatArray:
    with np.errstate(over="ignore", divide="ignore"):  # a share is 1 or 0 there
        return np.asarray(1 / (1 + n_b / (n_a * ratio)))

"""Two matchers on the same trials: how much more one errs than the other in a group, and in one group than another.

In a group, let A be the trials in which the old matcher errs, B those in which the new one does, and n11 those in which
both do. As the trials are the same, their number cancels, and B / A is the ratio of the two error rates. Its logarithm
has the variance

    d / (A B),    d = A + B - 2 n11,

where trials are independent: only trials in which one matcher errs alone (d of them, the discordant ones) make it
uncertain, so the more the two have in common, the narrower its bounds. How much more it varies because trials share
people is the design effect: with S the sum, over the trials of a subject, of the influence y' / B - y / A of a trial in
which the old matcher errs (y = 1) or the new one (y' = 1), and h the subject's share of all errors,

    variance = (sum over subjects of S² / (1 - h) - sum over trials that touch two of its square) m / (m - 1).

It is the two-way clustered variance of `harness.statistics.clustering`, with residuals corrected for leverage, without
which a few people who match everybody would make it too small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from harness.arrays import FloatArray, IntArray
from harness.statistics.clustering import small_sample
from harness.statistics.intervals import Interval

__all__ = [
    "PairedErrors",
    "between_groups",
    "growth_to_show_unchanged",
    "paired_design_effect",
    "paired_ratio_interval",
    "widening",
]

FEWEST_DEGREES_OF_FREEDOM = 3
LARGEST_LEVERAGE = 0.5
"""Of the few errors of a subject that has most of them: the two subjects of a single error have one half each."""
HALVINGS = 60
"""Of the span of a bound's logarithm, until it is exact to a few units in the last place."""
FARTHEST = 40.0
"""Logarithm of a ratio that no counts show, in either direction."""


class PairedErrors(NamedTuple):
    """Errors of two matchers in the same trials of G groups, at P pairs of thresholds, one of each matcher.

    Attributes
    ----------
    old, new, both : ndarray, shape (G, P)
        Trials in which the old matcher errs, the new one, and both.
    design_effect : ndarray of float64, shape (G, P)
        Of the logarithm of new over old.
    """

    old: IntArray
    new: IntArray
    both: IntArray
    design_effect: FloatArray

    @property
    def discordant(self) -> IntArray:
        """Trials in which one matcher errs alone, shape (G, P)."""
        return self.old + self.new - 2 * self.both

    @property
    def ratio(self) -> FloatArray:
        """The error rate of the new matcher over that of the old, shape (G, P); NaN without errors."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.new / self.old

    def bounds(self, confidence: float) -> Interval:
        """Bound the ratio of every group, two-sided."""
        old, new, both = (errors / self.design_effect for errors in (self.old, self.new, self.both))
        return paired_ratio_interval(old, new, both, confidence)

    def changes(
        self, first: npt.NDArray[np.intp], second: npt.NDArray[np.intp], confidence: float
    ) -> Interval:
        """Bound, two-sided, the ratio of two groups with the new matcher over that with the old, pair by pair."""
        bounds, ratio = self.bounds(confidence), self.ratio
        return between_groups(ratio[first], bounds.of(first), ratio[second], bounds.of(second))


def paired_design_effect(
    of_old: IntArray, of_new: IntArray, both: IntArray, *, touch_two: bool
) -> FloatArray:
    """Return the variance of log (B / A) over that of independent trials, at every pair of thresholds.

    Parameters
    ----------
    of_old, of_new : ndarray of int64, shape (S, P)
        For each of S subjects, how many trials that touch it either matcher errs in.
    both : ndarray of int64, shape (P,)
        Trials in which both err.
    touch_two : bool
        Whether each trial touches two subjects, or one.

    Returns
    -------
    ndarray of float64, shape (P,)
        At least 1, the allowance for few subjects included; 1 where nothing is discordant; inf with a single subject.

    References
    ----------
    Cameron, Gelbach, Miller (2011) and small samples: see `harness.statistics.clustering`. Residuals over the root of
    1 - h: Bell, R. M., McCaffrey, D. F. (2002), Survey Methodology 28, 169-181 (CR2).

    Examples
    --------
    >>> of_old, of_new = np.array([[8], [1], [1], [1], [1]]), np.array([[2], [3], [2], [3], [2]])
    >>> paired_design_effect(of_old, of_new, np.array([4]), touch_two=False).round(1)
    array([15.2])
    """
    sides = 2 if touch_two else 1
    old, new = of_old.sum(axis=0) // sides, of_new.sum(axis=0) // sides
    subjects = len(of_old)
    discordant = old + new - 2 * both
    defined = (old > 0) & (new > 0) & (discordant > 0)
    if subjects < 2:
        return np.where(defined, np.inf, 1.0)
    a, b = np.where(defined, old, 1), np.where(defined, new, 1)
    leverage = np.minimum((of_old + of_new) / (a + b), LARGEST_LEVERAGE)
    squared = np.square(of_new / b - of_old / a) / (1 - leverage)
    second, fourth = squared.sum(axis=0), np.square(squared).sum(axis=0)
    independent = np.where(defined, discordant / (a * b), 1.0)
    effective = np.where(fourth > 0, second**2 / np.where(fourth > 0, fourth, 1.0), float(subjects))
    between = (second - (independent if touch_two else 0.0)) * subjects / (subjects - 1)
    effect = np.maximum(between / independent, 1.0) * small_sample(
        effective, fewest=FEWEST_DEGREES_OF_FREEDOM
    )
    return np.where(defined, effect, 1.0)


def paired_ratio_interval(
    old: npt.ArrayLike, new: npt.ArrayLike, both: npt.ArrayLike, confidence: float
) -> Interval:
    """Bound the ratio of two rates measured on the same trials (new over old), by inverting the score test.

    Errors are rare, so that counts are Poisson. A ratio R is rejected where (B - R A)² / (R s) is beyond z², s being
    the number of discordant trials that is most likely given R.

    Parameters
    ----------
    old, new, both : array_like
        As of `PairedErrors`; effective counts may be fractional.
    confidence : float
        Two-sided.

    Returns
    -------
    Interval
        Within [0, inf]: no errors of the new matcher leave the lower bound at 0, none of the old the upper at inf, and
        none of either nothing (0, inf). Where all errors are common the bounds are as far apart as z² discordant
        trials would have them.

    References
    ----------
    Tang, N.-S., Tang, M.-L., Chan, I. S. F. (2003). On tests of equivalence via non-unity relative risk for
    matched-pair design. Statistics in Medicine 22, 1217-1233; Nam, J., Blackwelder, W. C. (2002), Statistics in
    Medicine 21, 689-699. Here as rates go to zero.

    Examples
    --------
    >>> lower, upper = paired_ratio_interval(40, 60, 30, 0.95)
    >>> round(float(lower), 2), round(float(upper), 2)
    (1.17, 1.96)
    """
    a, b, n11 = np.broadcast_arrays(*(np.asarray(counts, np.float64) for counts in (old, new, both)))
    z = float(special.ndtri((1 + confidence) / 2))
    known = (a > 0) & (b > 0)
    center = np.where(known, np.log(np.where(known, b, 1.0) / np.where(known, a, 1.0)), 0.0)
    center = np.where((a > 0) & (b == 0), -FARTHEST, np.where((a == 0) & (b > 0), FARTHEST, center))
    lower, upper = (_limit(a, b, n11, z, center, np.full(a.shape, end)) for end in (-FARTHEST, FARTHEST))
    return Interval(np.where(b > 0, np.exp(lower), 0.0), np.where(a > 0, np.exp(upper), np.inf))


def _limit(
    a: FloatArray, b: FloatArray, both: FloatArray, z: float, inside: FloatArray, outside: FloatArray
) -> FloatArray:
    """Find the logarithm of the ratio at which the score test rejects, between one that it does not and one beyond."""
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        rejected = _statistic(a, b, both, np.exp(middle)) > z
        inside, outside = np.where(rejected, inside, middle), np.where(rejected, middle, outside)
    return outside


def _statistic(a: FloatArray, b: FloatArray, both: FloatArray, ratio: FloatArray) -> FloatArray:
    """Return how many standard errors the counts are from a ratio of their expectations.

    Given the ratio, the expected errors of the old matcher are the smaller root of a quadratic equation, from the
    likelihood of three Poisson counts.
    """
    alone_old, alone_new = a - both, b - both
    n = alone_old + alone_new + both
    square = ratio * (1 + ratio)
    linear = n * (1 + ratio) ** 2 - alone_old - ratio**2 * alone_new
    constant = (1 + ratio) * n**2 - n * (alone_old + ratio * alone_new)
    root = np.sqrt(np.maximum(linear**2 - 4 * square * constant, 0.0))
    known = (n > 0) & (linear + root > 0)
    expected = 2 * constant / np.where(known, linear + root, 1.0)  # the smaller root, without cancellation
    discordant = np.maximum(2 * n - (1 + ratio) * expected, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: FloatArray = np.abs(b - ratio * a) / np.sqrt(ratio * discordant)
    return np.where(n > 0, np.nan_to_num(found, nan=0.0, posinf=np.inf), 0.0)


def between_groups(ratio: FloatArray, own: Interval, other: FloatArray, others: Interval) -> Interval:
    """Bound the ratio of two independent ratios whose own bounds are known (MOVER on logarithms).

    Parameters
    ----------
    ratio, other : ndarray
    own, others : Interval
        Of the first ratio and of the second, at the confidence wanted.

    Returns
    -------
    Interval
        Of first over second. Where an estimate is zero, infinite or undefined, from the bounds alone, which is
        wider.

    References
    ----------
    Zou, G. Y., Donner, A. (2008). Construction of confidence limits about effect measures: a general
    approach. Statistics in Medicine 27, 1693-1702, equation 2.

    Examples
    --------
    >>> of = np.array([2.0]), Interval(np.array([1.0]), np.array([4.0]))
    >>> lower, upper = between_groups(*of, *of)
    >>> lower.round(3), upper.round(3)
    (array([0.375]), array([2.665]))
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        d, low, high = np.log(ratio), np.log(own.lower), np.log(own.upper)
        e, other_low, other_high = np.log(other), np.log(others.lower), np.log(others.upper)
        known = np.isfinite(d) & np.isfinite(e)
        lower = np.where(known, d - e - np.hypot(d - low, other_high - e), low - other_high)
        upper = np.where(known, d - e + np.hypot(high - d, e - other_low), high - other_low)
        return Interval(np.exp(lower), np.exp(upper))


def widening(change: Interval, old: Interval, new: Interval) -> Interval:
    """Bound how many times as far apart two groups are with the new matcher as with the old one.

    Two groups are apart by the ratio of the higher rate to the lower. Which of them is the higher may be uncertain,
    and may differ between the matchers. With r and r' the ratios of the first group to the second, |log r'| - |log r|
    is the larger of min(log r' - log r, log r' + log r) and min(log r - log r', -log r - log r'), and so it is with
    bounds; those of the sum are the sums of bounds, which hold however the two ratios depend on each other.

    Parameters
    ----------
    change : Interval
        Of the ratio with the new matcher over that with the old.
    old, new : Interval
        Of the ratio of the first group to the second with either matcher, at the same confidence.

    Returns
    -------
    Interval
        Above 1 where the update drives the groups apart.

    References
    ----------
    A claim about the smaller of two numbers needs the bounds of both (intersection-union): Berger, R. L. (1982),
    Technometrics 24, 295-300.

    Examples
    --------
    >>> change, old, new = (Interval(np.array([low]), np.array([high])) for low, high in [(1.2, 3), (1.5, 2.5), (3, 5)])
    >>> lower, upper = widening(change, old, new)
    >>> lower.round(3), upper.round(3)
    (array([1.2]), array([3.]))
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        of_change, of_old, of_new = ((np.log(one.lower), np.log(one.upper)) for one in (change, old, new))
        both = of_old[0] + of_new[0], of_old[1] + of_new[1]
        lower = np.maximum(np.minimum(of_change[0], both[0]), np.minimum(-of_change[1], -both[1]))
        upper = np.maximum(np.minimum(of_change[1], both[1]), np.minimum(-of_change[0], -both[0]))
        return Interval(np.exp(lower), np.exp(upper))


def growth_to_show_unchanged(
    errors: PairedErrors,
    first: npt.NDArray[np.intp],
    second: npt.NDArray[np.intp],
    tolerance: float,
    confidence: float,
    power: float = 0.8,
) -> FloatArray:
    """Return how many times as much data would show, of every pair of groups, that the ratio has not changed.

    Parameters
    ----------
    errors : PairedErrors
    first, second : ndarray of int
        The groups of each pair.
    tolerance : float
        The change to be excluded, above 1.
    confidence : float
        Of the one-sided upper bound.
    power : float
        Chance that the bound is within the tolerance in both directions, were there no change.

    Returns
    -------
    ndarray of float64, shape (pairs, P)
        At most 1 where there is enough; inf where a matcher makes no error in a group.

    References
    ----------
    Two one-sided tests: Schuirmann, D. J. (1987), as for `harness.statistics.intervals.growth_to_show_parity`.
    The score interval is about as wide as with z² more discordant trials.

    Examples
    --------
    >>> of = PairedErrors(*np.array([[[80], [90]], [[80], [90]], [[40], [45]]]), np.ones((2, 1)))
    >>> growth_to_show_unchanged(of, np.array([0]), np.array([1]), 1.25, 0.95).round(1)
    array([[4.1]])
    """
    z = float(special.ndtri(confidence))
    tolerable = (np.log(tolerance) / (z + special.ndtri((1 + power) / 2))) ** 2
    effect = errors.design_effect
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = effect / (errors.old * errors.new)
        linear, square = (
            part[first] + part[second] for part in (errors.discordant * scale, z**2 * effect * scale)
        )
        share = (np.sqrt(linear**2 + 4 * square * tolerable) - linear) / (2 * square)
        growth: FloatArray = np.where(np.isfinite(linear) & np.isfinite(square), 1 / share, np.inf)
    return growth

"""From counts by subject to the clustered variance of a rate, its design effect, and so effective counts.

Comparisons that share a person rise and fall together. A trial touches one subject or two; with e = y - p for
each trial, and S the sum of e over the trials that touch a subject,

    variance = (sum over subjects of S² - sum over trials that touch two of e²) / n² * m / (m - 1)

for n trials and m subjects, never less than that of independent trials, p (1 - p) / n. It is the plug-in
variance clustered by both subjects of a pair (Fogliato, Patil, Perona 2024, IJCV, arXiv 2306.01198; for two-way
clusters: Cameron, Gelbach, Miller 2011, JBES 29, 238-249, equation 2.5) in closed form: sums over subjects of
three products give it at every threshold. Where a pair of subjects has several trials, subtracting over trials
rather than pairs counts what these have in common twice, so it is larger the more they agree.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from harness.arrays import FloatArray, IntArray
from harness.counting import SubjectSums

__all__ = ["ENOUGH_ERRORS", "carried", "design_effect", "on_finer_thresholds", "small_sample"]


ENOUGH_ERRORS = 30
"""With fewer errors a measured design effect is mostly noise."""

FADING = 1 / 3
"""How fast the excess of the design effect falls with the errors, as a power of them, at the least."""

FEWEST_DEGREES_OF_FREEDOM = 8


def design_effect(matches: IntArray, trials: int, sums: SubjectSums, *, touch_two: bool) -> FloatArray:
    """Return the variance of a rate over that of as many independent trials, at every threshold.

    The rate is the share of trials that match; that of those that do not has the same.

    Parameters
    ----------
    matches : ndarray of int64, shape (T,)
    trials : int
    sums : SubjectSums
        Over the same trials, at the same thresholds.
    touch_two : bool
        Whether each trial touches two subjects, or one.

    Returns
    -------
    ndarray of float64, shape (T,)
        At least 1; inf with a single subject, which tells nothing of the variance between them; 1 where no
        trial or every trial matches, which leaves nothing to measure.

    References
    ----------
    See the module. The term design effect: Kish (1965), Survey Sampling, section 8.2.

    Examples
    --------
    >>> sums = SubjectSums(100, np.array([10 * 100**2]), np.array([10 * 100**2]), 100 * 100**2, np.array([100.0]))
    >>> design_effect(np.array([1_000]), 10_000, sums, touch_two=False)
    array([101.01010101])
    """
    if trials == 0:
        return np.ones(len(matches))
    squared_sums = _sum_of_squared_deviations(matches, trials, sums)
    independent = matches * ((trials - matches) / trials)
    between = squared_sums - (independent if touch_two else 0.0)
    if sums.subjects == 1:  # its sum of e is zero, but for rounding
        return np.where(independent > 0, np.inf, 1.0)
    small_sample = sums.subjects / (sums.subjects - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = np.where(independent > 0, between / independent * small_sample, 1.0)
    return np.maximum(1.0, effect)


def _sum_of_squared_deviations(matches: IntArray, trials: int, sums: SubjectSums) -> FloatArray:
    """Sum over subjects of S², in whole numbers of any size: its terms may nearly cancel, and overflow int64."""
    k, n = matches.astype(object), int(trials)
    of_matches, of_both = sums.squared_matches.astype(object), sums.matches_times_trials.astype(object)
    scaled = n**2 * of_matches - 2 * n * k * of_both + k**2 * sums.squared_trials
    return np.asarray(scaled / n**2, np.float64)


def small_sample(effective_subjects: FloatArray, *, fewest: int = FEWEST_DEGREES_OF_FREEDOM) -> FloatArray:
    """Return the factor on the variance that allows for its being estimated from few subjects.

    It is the squared ratio of Student's to the normal 97.5 % quantile, whatever the confidence asked for, with
    as many degrees of freedom as there are subjects that deviate; with fewer than 8 as with 8, where the
    simulation of rates finds it enough.

    Parameters
    ----------
    effective_subjects : ndarray of float64, shape (T,)
        See `harness.counting.SubjectSums`.
    fewest : int
        Degrees of freedom at the least.

    References
    ----------
    The factor: Korn, Graubard (1998), Survey Methodology 24, 193-201, equation 2.1. Degrees of freedom by how
    uneven clusters are: Carter, Schnepel, Steigerwald (2017), Review of Economics and Statistics 99, 698-709.

    Examples
    --------
    >>> small_sample(np.array([8.0, 100.0, np.inf])).round(2)
    array([1.38, 1.02, 1.  ])
    """
    degrees = np.maximum(effective_subjects, fewest)
    factor: FloatArray = (special.stdtrit(degrees, 0.975) / special.ndtri(0.975)) ** 2
    return factor


def carried(effect: FloatArray, errors: IntArray) -> FloatArray:
    """Replace noise in the tail by what was measured where errors were enough.

    Where a threshold has fewer than 30 errors, k, the excess of the design effect over 1 is that of the nearest
    threshold with as many, K (of the one with the most, where none has as many), towards more errors, times
    (k / K) to the power of 1/3, zero errors taken as one half; and never less than its own.

    The rarer the matches, the less two comparisons of a subject have in common beyond chance. If scores depend
    as in a Gaussian copula, two trials with correlation r both match with a probability that falls as p to the
    power of 2 / (1 + r), so that the excess falls as p to the power of (1 - r) / (1 + r), at least 1/3 as long
    as r is at most 1/2; if subjects only differ by a factor in their rates, it falls as p itself. What does not
    fall at all, such as one person under two identities, shows among the few errors themselves.

    Parameters
    ----------
    effect : ndarray of float64, shape (T,)
    errors : ndarray of int64, shape (T,)
        Monotone in the threshold.

    Returns
    -------
    ndarray of float64, shape (T,)

    References
    ----------
    Ledford, A. W., Tawn, J. A. (1996). Statistics for near independence in multivariate extreme values.
    Biometrika 83, 169-187, section 5 (the Gaussian coefficient of tail dependence, (1 + r) / 2).

    Examples
    --------
    >>> carried(np.array([5.0, 1.0]), np.array([400, 5])).round(2)
    array([5.  , 1.93])
    """
    measured = np.flatnonzero(errors >= min(ENOUGH_ERRORS, errors.max(initial=0)))
    nearest = measured[-1] if errors[0] >= errors[-1] else measured[0]
    share = np.maximum(errors, 0.5) / max(errors[nearest], 0.5)
    faded = 1 + (effect[nearest] - 1) * share**FADING
    return np.where(errors >= ENOUGH_ERRORS, effect, np.maximum(effect, faded))


def on_finer_thresholds(effect: FloatArray, coarse: FloatArray, fine: FloatArray) -> FloatArray:
    """Take the larger design effect of the two coarse thresholds on either side of each fine one.

    Parameters
    ----------
    effect : ndarray of float64, shape (C,)
    coarse, fine : ndarray of float64, shapes (C,) and (T,)
        Ascending.

    Returns
    -------
    ndarray of float64, shape (T,)
        Exact where a threshold is among the coarse ones.

    Examples
    --------
    >>> on_finer_thresholds(np.array([3.0, 2.0]), np.array([0.5, 0.6]), np.array([0.5, 0.55, 0.6]))
    array([3., 3., 2.])
    """
    above = np.minimum(np.searchsorted(coarse, fine), len(coarse) - 1)
    below = np.maximum(np.searchsorted(coarse, fine, side="right") - 1, 0)
    return np.maximum(effect[above], effect[below])

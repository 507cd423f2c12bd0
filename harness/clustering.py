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

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.counting import SubjectSums

__all__ = ["ENOUGH_ERRORS", "carried", "design_effect", "on_finer_thresholds"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

ENOUGH_ERRORS = 30
"""With fewer errors a measured design effect is mostly noise."""


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
    """
    if trials == 0:
        return np.ones(len(matches))
    p = matches / trials
    squared_sums = sums.squared_matches - 2 * p * sums.matches_times_trials + p**2 * sums.squared_trials
    independent = trials * p * (1 - p)
    between = squared_sums - (independent if touch_two else 0.0)
    if sums.subjects == 1:  # its sum of e is zero, but for rounding
        return np.where(independent > 0, np.inf, 1.0)
    small_sample = sums.subjects / (sums.subjects - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = np.where(independent > 0, between / independent * small_sample, 1.0)
    return np.maximum(1.0, effect)


def carried(effect: FloatArray, errors: IntArray) -> FloatArray:
    """Replace noise in the tail by what was measured where errors were enough.

    Where a threshold has fewer than 30 errors it takes the design effect of the nearest that has as many,
    towards more errors (of the one with the most, where none has as many), and never less than its own.

    Parameters
    ----------
    effect : ndarray of float64, shape (T,)
    errors : ndarray of int64, shape (T,)
        Monotone in the threshold.

    Returns
    -------
    ndarray of float64, shape (T,)
    """
    measured = np.flatnonzero(errors >= min(ENOUGH_ERRORS, errors.max(initial=0)))
    falling = errors[0] >= errors[-1]
    nearest = effect[measured[-1] if falling else measured[0]]
    return np.where(errors >= ENOUGH_ERRORS, effect, np.maximum(effect, nearest))


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
    """
    above = np.minimum(np.searchsorted(coarse, fine), len(coarse) - 1)
    below = np.maximum(np.searchsorted(coarse, fine, side="right") - 1, 0)
    return np.maximum(effect[above], effect[below])

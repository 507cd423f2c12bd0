"""Evidence that builds up from deployment to deployment, and holds whenever one looks: two e-processes.

An e-process starts at 1 and, where what it tests is true, has a mean of at most 1 whenever one stops. So it ever
reaches 1/α with a chance of at most α, however often one looks (Ville's inequality), and 1/α is where an alarm is
raised. Both are likelihood ratios of worse alternatives to the worst that is allowed, averaged over the alternatives.
They are given as natural logarithms, for with many alerts they leave the range of floats.

References
----------
Ville, J. (1939). Étude critique de la notion de collectif. Gauthier-Villars; Robbins, H. (1970). Statistical methods
related to the law of the iterated logarithm. Annals of Mathematical Statistics 41, 1397-1409 (averages over
alternatives); Shafer, G., Shen, A., Vereshchagin, N., Vovk, V. (2011). Test martingales, Bayes factors and p-values.
Statistical Science 26, 84-101; Ramdas, A., Grünwald, P., Vovk, V., Shafer, G. (2023). Game-theoretic statistics and
safe anytime-valid inference. Statistical Science 38, 576-601.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from harness.arrays import FloatArray

__all__ = [
    "MOST_TIMES",
    "allowed_share",
    "bar_of_alarm",
    "chance_of_alarm",
    "chance_of_share_alarm",
    "deployments_to_alarm",
    "largest_share_of_alarm",
    "rate_evidence",
    "share_evidence",
]

MOST_TIMES = 100.0
"""The alternatives to an allowed rate are up to this many times as high, evenly on a logarithmic scale."""

_REACH = 40.0
"""Of the logit of the averaged variable: what lies beyond it is below the last digit."""
_WIDEST_STEP = 0.05
_ROWS = 32
"""Worked out together."""
_NEGLIGIBLE = 1e-9
_SMALL_STEP = 0.05
"""False alerts allowed at a deployment, fewer than which are taken together to find when an alarm comes."""

_Integrand: TypeAlias = Callable[[slice, FloatArray, FloatArray], FloatArray]


def bar_of_alarm(confidence: float) -> float:
    """Return the logarithm of the evidence at which an alarm is raised, of 1/α.

    Parameters
    ----------
    confidence : float
        1 - α: without cause, an alarm is ever raised with a chance of at most α.

    References
    ----------
    Ville (1939), as above.

    Examples
    --------
    >>> round(float(np.exp(bar_of_alarm(0.95))), 6)
    20.0
    """
    return -math.log1p(-confidence)


def rate_evidence(false_alerts: npt.ArrayLike, allowed: npt.ArrayLike) -> FloatArray:
    """Return the evidence that false alerts come more often than allowed, as a logarithm.

    Parameters
    ----------
    false_alerts : array_like
        K, all until now.
    allowed : array_like
        X, how many are allowed at most on average until now: the sum over deployments of faces times the highest rate.

    Returns
    -------
    ndarray
        The logarithm of the mean of m^K e^(-(m-1)X) over m from 1 to `MOST_TIMES`, evenly on a logarithmic scale.

    References
    ----------
    For a Poisson or binomial count of mean at most x, m^k e^(-(m-1)x) has a mean of at most 1; products of such over
    deployments, and averages over m, keep that: Robbins (1970) and Ramdas et al. (2023), as above.

    Examples
    --------
    >>> [round(float(e), 4) for e in np.exp(rate_evidence([7, 0], [1.0452, 1.0]))]
    [326.2633, 0.1295]
    """
    k, x = np.broadcast_arrays(np.asarray(false_alerts, np.float64), np.asarray(allowed, np.float64))
    most = math.log(MOST_TIMES)
    events, expected = k.reshape(-1, 1), x.reshape(-1, 1)

    def logarithm(rows: slice, t: FloatArray, _: FloatArray) -> FloatArray:
        found: FloatArray = most * t * events[rows] - np.expm1(most * t) * expected[rows]
        return found

    return _log_means(logarithm, k)


def allowed_share(share: npt.ArrayLike, ratio: float) -> FloatArray:
    """Return the share of false alerts that a group may have.

    Parameters
    ----------
    share : array_like
        Of the group among all who pass by, between 0 and 1.
    ratio : float
        How many times as often as others it may be falsely matched.

    References
    ----------
    Bayes' rule on the odds of a false alert being of the group: r w / (r w + 1 - w).

    Examples
    --------
    >>> allowed_share([0.2, 0.5], 2.0).round(4)
    array([0.3333, 0.6667])
    """
    w = np.asarray(share, np.float64)
    found: FloatArray = ratio * w / (ratio * w + 1 - w)
    return found


def share_evidence(
    of_group: npt.ArrayLike, of_others: npt.ArrayLike, share: npt.ArrayLike, ratio: float = 1.0
) -> FloatArray:
    """Return the evidence that a group has more of the false alerts than allowed, as a logarithm.

    Parameters
    ----------
    of_group, of_others : array_like
        False alerts until now, of people of the group and of all others.
    share : array_like
        Of the group among all who pass by, above 0 and at most 1.
    ratio : float
        How many times as often as others it may be falsely matched.

    Returns
    -------
    ndarray
        With q the share of false alerts that it may have (`allowed_share`), the logarithm of the mean of
        (p/q)^a ((1-p)/(1-q))^b over p from q to 1.

    References
    ----------
    Each false alert is of the group with a chance of at most q, so each factor has a mean of at most 1, and so has the
    average: Robbins (1970) and Shafer et al. (2011), as above.

    Examples
    --------
    >>> [round(float(e), 1) for e in np.exp(share_evidence(8, 2, [0.135, 0.30, 0.40]))]
    [28292.8, 89.7, 14.2]
    """
    given = np.broadcast_arrays(*(np.asarray(each, np.float64) for each in (of_group, of_others, share)))
    # At most times nothing has happened since the time before.
    distinct, which = np.unique(np.stack([each.ravel() for each in given]), axis=1, return_inverse=True)
    own, other, w = distinct[:, :, None]
    odds = (1 - w) / (ratio * w)

    def logarithm(rows: slice, t: FloatArray, log_rest: FloatArray) -> FloatArray:
        # With p = q + t (1 - q): p/q = 1 + t (1 - q)/q and (1 - p)/(1 - q) = 1 - t.
        found: FloatArray = own[rows] * np.log1p(t * odds[rows]) + other[rows] * log_rest
        return found

    return _log_means(logarithm, distinct[0] + distinct[1])[which.ravel()].reshape(given[0].shape)


def largest_share_of_alarm(
    of_group: npt.ArrayLike, of_others: npt.ArrayLike, bar: float, ratio: float = 1.0
) -> float:
    """Return the share of a group among passers-by below which its false alerts would have raised an alarm.

    Parameters
    ----------
    of_group, of_others, ratio
        As for `share_evidence`, one number for each time at which one looked.
    bar : float
        Logarithm of the evidence at which an alarm is raised.

    Returns
    -------
    float
        0 where no share would have.

    References
    ----------
    As `share_evidence`, which falls as the share rises, solved for the share.

    Examples
    --------
    >>> round(largest_share_of_alarm([8], [2], bar_of_alarm(0.95)), 3)
    0.378
    """
    a, b = np.atleast_1d(of_group), np.atleast_1d(of_others)
    low, high = 0.0, 1.0
    if not (a > 0).any():
        return low
    for _ in range(30):
        middle = (low + high) / 2
        alarms = share_evidence(a, b, middle, ratio) >= bar
        if alarms.any():  # and those times that raise none here raise none at a larger share
            low, a, b = middle, a[alarms], b[alarms]
        else:
            high = middle
    return low


def chance_of_alarm(allowed: Iterable[float], times: float, bar: float) -> float:
    """Return the chance that deployments would have raised an alarm on the rate, were it some times the allowed one.

    Parameters
    ----------
    allowed : iterable of float
        The false alerts allowed at each deployment, one after the other.
    times : float
        How many times the allowed rate the true one is.
    bar : float
        Logarithm of the evidence at which an alarm is raised.

    References
    ----------
    Exact, by the distribution of Poisson counts that have not yet raised one; the boundary is that of `rate_evidence`.

    Examples
    --------
    >>> round(chance_of_alarm([0.3] * 38, 2.0, bar_of_alarm(0.95)), 2)
    0.52
    """
    left = _Undetected(bar)
    for step in allowed:
        left.add(step, times)
        if left.chance < _NEGLIGIBLE:
            break
    return 1 - left.chance


def deployments_to_alarm(allowed: float, times: float, bar: float) -> int:
    """Return by which deployment an alarm on the rate has come with a chance of one half, were all alike.

    Parameters
    ----------
    allowed : float
        The false alerts allowed at each, above 0.
    times : float
        How many times the allowed rate the true one is, well above 1.
    bar : float
        Logarithm of the evidence at which an alarm is raised.

    References
    ----------
    As `chance_of_alarm`.

    Examples
    --------
    >>> deployments_to_alarm(0.3, 2.0, bar_of_alarm(0.95))
    37
    """
    together = max(1, math.floor(_SMALL_STEP / allowed))
    left, steps = _Undetected(bar), 0
    while left.chance > 0.5:
        left.add(allowed * together, times)
        steps += 1
    return steps * together


class _Undetected:
    """The distribution of false alerts among deployments that have raised no alarm."""

    def __init__(self, bar: float) -> None:
        self._bar, self._allowed = bar, 0.0
        self._chances = np.ones(1)  # by number of false alerts, 0 and up; what has raised an alarm is gone

    @property
    def chance(self) -> float:
        """The chance that no alarm has been raised."""
        return float(self._chances.sum())

    def add(self, allowed: float, times: float) -> None:
        """Let one more deployment be."""
        self._allowed += allowed
        mean = times * allowed
        alarming = self._fewest_that_alarm(len(self._chances) - 1)
        counts = np.arange(min(alarming, int(stats.poisson.isf(1e-15, mean)) + 1) + 1)
        self._chances = np.convolve(self._chances, stats.poisson.pmf(counts, mean))[:alarming]

    def _fewest_that_alarm(self, least: int) -> int:
        """The boundary never falls, for evidence of the same alerts falls as more are allowed."""
        count = least
        while rate_evidence(count, self._allowed) < self._bar:
            count += 1
        return count


def chance_of_share_alarm(
    false_alerts: int, share: float, ratio: float, true_ratio: float, bar: float
) -> float:
    """Return the chance that so many false alerts would have raised an alarm on a group's share of them.

    Parameters
    ----------
    false_alerts : int
        Of which the group is known.
    share, ratio
        As for `share_evidence`.
    true_ratio : float
        How many times as often as others the group is falsely matched in truth.
    bar : float
        Logarithm of the evidence at which an alarm is raised.

    References
    ----------
    Exact, by the distribution of binomial counts that have not yet raised one, as `chance_of_alarm`.

    Examples
    --------
    >>> round(chance_of_share_alarm(40, 0.2, 1.0, 4.0, bar_of_alarm(0.95)), 2)
    0.93
    """
    p = float(allowed_share(share, true_ratio))
    chances, alarming = np.ones(1), 1
    for total in range(1, false_alerts + 1):
        chances = np.convolve(chances, [1 - p, p])
        while alarming <= total and share_evidence(alarming, total - alarming, share, ratio) < bar:
            alarming += 1
        chances = chances[:alarming]
        if chances.sum() < _NEGLIGIBLE:
            break
    return 1 - float(chances.sum())


def _log_means(logarithm: _Integrand, events: FloatArray) -> FloatArray:
    """Return the logarithm of the mean over t from 0 to 1 of what a function gives as a logarithm, for each row.

    The trapezoidal rule on the logit of t, on which all that is averaged here is smooth and falls off at either end,
    and no narrower than 1/√events; so it is exact to the last digits, and nothing overflows.

    References
    ----------
    Trefethen, L. N., Weideman, J. A. C. (2014). The exponentially convergent trapezoidal rule. SIAM Review 56, 385-458.
    """
    found = np.empty(events.size)
    for start in range(0, events.size, _ROWS):
        part = slice(start, start + _ROWS)
        step = min(_WIDEST_STEP, 0.4 / math.sqrt(1 + float(events.flat[part].max())))
        z = np.arange(-_REACH, _REACH + step, step)
        t, log_t, log_rest = special.expit(z), special.log_expit(z), special.log_expit(-z)
        terms = logarithm(part, t, log_rest) + (log_t + log_rest + math.log(step))
        highest = terms.max(axis=1)
        found[part] = highest + np.log(np.exp(terms - highest[:, None]).sum(axis=1))
    return found.reshape(events.shape)

"""1:N: how often a search of a watchlist gives a false alert, from the false match rate of its comparisons."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from harness.arrays import FloatArray
from harness.errors import InputError
from harness.statistics.intervals import Interval

__all__ = ["false_alert_rate", "false_alert_rate_at_size", "false_alert_rate_by_composition", "implied_fmr"]


def false_alert_rate(false_match_rate: npt.ArrayLike, watchlist_size: npt.ArrayLike) -> FloatArray:
    """Return the FPIR of a search: the chance that a subject who is not on the list matches somebody on it.

    The comparisons of a search are taken as independent, given the probe's rate. Where rates differ between
    probes the mean over them is lower than this, since the alerts of a probe that matches many count once.

    Parameters
    ----------
    false_match_rate : array_like
        Between 0 and 1.
    watchlist_size : array_like
        Enrolled references, at least 0.

    Returns
    -------
    ndarray of float64
        1 - (1 - FMR)^N.

    Raises
    ------
    InputError
        Where a rate or a size is out of range.

    References
    ----------
    Grother, P., Phillips, P. J. (2004). Models of large population recognition performance. CVPR;
    ISO/IEC 19795-1:2021, on FPIR and the size of the reference database.

    Examples
    --------
    >>> round(float(false_alert_rate(1e-6, 10_000)), 5)
    0.00995
    """
    rates: FloatArray = 0.0 - np.expm1(_log_chance_of_no_match(false_match_rate, watchlist_size))
    return rates


def false_alert_rate_by_composition(
    false_match_rates: Mapping[str, float], composition: Mapping[str, int]
) -> float:
    """Return the FPIR of a probe against a watchlist of several groups.

    Parameters
    ----------
    false_match_rates : mapping of str to float
        By group of the reference, for probes of one group: a row of the full matrix.
    composition : mapping of str to int
        By group, how many are enrolled.

    Returns
    -------
    float
        1 less the product over groups of (1 - FMR)^N.

    Raises
    ------
    InputError
        Where a group on the watchlist has no rate, or a number is out of range.

    References
    ----------
    As `false_alert_rate`, with as many factors as there are groups.

    Examples
    --------
    >>> round(false_alert_rate_by_composition({"A": 1e-6, "B": 4e-6}, {"A": 9_000, "B": 1_000}), 5)
    0.01292
    """
    for group in composition:
        if group not in false_match_rates:
            known = ", ".join(false_match_rates)
            raise InputError(f"group {group!r} is on the watchlist, but there are rates only of {known}")
    sizes = np.array(list(composition.values()), np.float64)
    rates = np.array([false_match_rates[group] for group in composition], np.float64)
    return 0.0 - math.expm1(float(_log_chance_of_no_match(rates, sizes).sum()))


def implied_fmr(false_alert_rate: npt.ArrayLike, watchlist_size: npt.ArrayLike) -> FloatArray:
    """Return the FMR at which searches of a watchlist have a given FPIR, the inverse of `false_alert_rate`.

    Parameters
    ----------
    false_alert_rate : array_like
        Between 0 and 1.
    watchlist_size : array_like
        At least 1.

    Raises
    ------
    InputError
        Where a rate or a size is out of range.

    References
    ----------
    As `false_alert_rate`, solved for the FMR.

    Examples
    --------
    >>> round(float(implied_fmr(0.01, 10_000)), 9)
    1.005e-06
    """
    rate, size = _checked(false_alert_rate, watchlist_size)
    if (size < 1).any():
        raise InputError("a watchlist of nobody gives no alert; its size must be at least 1")
    with np.errstate(divide="ignore"):
        implied: FloatArray = -np.expm1(np.log1p(-rate) / size)
    return implied


def false_alert_rate_at_size(
    false_alert_rate: npt.ArrayLike, tested_size: npt.ArrayLike, watchlist_size: npt.ArrayLike
) -> Interval:
    """Bound the FPIR with a watchlist of another size and the same mix, where only top scores were tested.

    How often the references of a list match the same probe is not known from top scores. Were all matches of a probe
    those of the same few references, a list a = N / N0 times as long would raise no more alerts; were they
    independent, it would raise 1 - (1 - FPIR)^a. The rate lies between the two, in whichever order: a longer list
    has the tested rate as its lower bound, a shorter one as its upper. Were no probe to match two references, it would
    be a FPIR, beyond the second end by less than FPIR^2 where a <= 2: nothing at the rates in use.

    Parameters
    ----------
    false_alert_rate : array_like
        Measured with the tested list; between 0 and 1.
    tested_size : array_like
        N0, at least 1.
    watchlist_size : array_like
        N, at least 0; a list of nobody raises no alert.

    Raises
    ------
    InputError
        Where a rate or a size is out of range.

    References
    ----------
    Grother, P., Phillips, P. J. (2004). Models of large population recognition performance. CVPR, for independent
    matches.

    Examples
    --------
    >>> lower, upper = false_alert_rate_at_size(0.01, 10_000, [5_000, 20_000])
    >>> lower.round(5).tolist(), upper.round(5).tolist()
    ([0.00501, 0.01], [0.01, 0.0199])
    """
    rate, size = _checked(false_alert_rate, watchlist_size)
    independent = 0.0 - np.expm1(_log_chance_of_no_match(implied_fmr(rate, tested_size), size))
    tested = np.where(size == 0, 0.0, rate)
    return Interval(np.minimum(tested, independent), np.maximum(tested, independent))


def _log_chance_of_no_match(false_match_rate: npt.ArrayLike, watchlist_size: npt.ArrayLike) -> FloatArray:
    """N log(1 - FMR), which keeps the digits of a rate that 1 - FMR would round away."""
    rate, size = _checked(false_match_rate, watchlist_size)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = size * np.log1p(-rate)
    return np.where(size == 0, 0.0, logarithm)  # not even a certain match alerts on a list of nobody


def _checked(rate: npt.ArrayLike, size: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    rates, sizes = np.asarray(rate, np.float64), np.asarray(size, np.float64)
    if not ((rates >= 0) & (rates <= 1)).all():
        raise InputError(f"rate {rate!r} is not between 0 and 1")
    if not ((sizes >= 0) & (sizes == np.floor(sizes)) & np.isfinite(sizes)).all():
        raise InputError(f"watchlist size {size!r} is not a whole number from 0 up")
    return rates, sizes

"""What passers-by meet: false alerts, true alerts and misses among 10,000 of them, and how many alerts are false.

With groups g of a crowd, their shares w, the share π of each that is on the watchlist, and the rates of each group,

    false = 10⁴ Σ w [(1 - π) FPIR + π wrong],  true = 10⁴ Σ w π (1 - FNIR),  missed = 10⁴ Σ w π FNIR,

wrong being the share of searches for people on the list that alert on somebody else on it. The share of alerts that
are false is false / (false + true): one less the precision, which falls with the prevalence as Bayes's rule has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.arrays import FloatArray

__all__ = ["PASSERS_BY", "Bounded", "PassersBy", "passers_by"]

PASSERS_BY = 10_000


class Bounded(NamedTuple):
    """A number and its bounds, elementwise; NaN where it is undefined."""

    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, eq=False)
class PassersBy:
    """What 10,000 passers-by meet.

    Attributes
    ----------
    false, true, missed : Bounded
        False alerts, true alerts, and people on the list who are missed.
    share_false : Bounded
        Share of all alerts that are false; NaN where there are none.
    """

    false: Bounded
    true: Bounded
    missed: Bounded
    share_false: Bounded


def passers_by(
    shares: npt.ArrayLike,
    prevalence: npt.ArrayLike,
    false_alerts: Bounded,
    misses: Bounded,
    wrong: Bounded | None = None,
) -> PassersBy:
    """Return what 10,000 passers-by meet, with bounds from the intervals of the rates.

    Groups are along the first axis of every array, and summed over; others are kept. For the people of one group alone,
    give that group with a share of 1.

    Parameters
    ----------
    shares : array_like, shape (G, ...)
        Of the crowd, by group.
    prevalence : array_like, shape (G, ...)
        By group, the share that is on the list.
    false_alerts : Bounded
        FPIR, by group.
    misses : Bounded
        FNIR, by group.
    wrong : Bounded, optional
        Searches for people on the list that alert on another, by group; none without it.

    Returns
    -------
    PassersBy
        Bounds of a sum are the sums of the bounds, and those of the share take false alerts at one end and true ones
        at the other. So each holds whatever the rates of groups, who share a list, have in common.

    References
    ----------
    Rates: ISO/IEC 19795-1:2021, on FPIR and FNIR. The sum of half-widths is never less than the half-width of the sum:
    Zou, G. Y., Donner, A. (2008), Statistics in Medicine 27, 1693-1702, equation 2, under any correlation. The share:
    Bayes's rule, as for predictive values in Altman, D. G., Bland, J. M. (1994), BMJ 309, 102.

    Examples
    --------
    >>> def exactly(rate):
    ...     return Bounded(*np.full((3, 1), rate))
    >>> met = passers_by([1.0], [0.0001], exactly(1 / 6_000), exactly(0.11))
    >>> round(float(met.false.estimate), 3), round(float(met.true.estimate), 2)
    (1.666, 0.89)
    >>> round(100 * float(met.share_false.estimate), 1)
    65.2
    """
    weights, listed = _as_rows(shares, false_alerts), _as_rows(prevalence, false_alerts)
    others = Bounded(*np.zeros((3, *np.shape(misses.estimate)))) if wrong is None else wrong

    def summed(values: FloatArray) -> FloatArray:
        counted = weights != 0  # a group that nobody is of counts for nothing, whatever is known of it
        total: FloatArray = PASSERS_BY * np.where(counted, weights * values, 0.0).sum(axis=0)
        return total

    def of_listed(values: FloatArray) -> FloatArray:
        return np.where(listed != 0, listed * values, 0.0)

    false = Bounded(
        *(
            summed((1 - listed) * alert + of_listed(other))
            for alert, other in zip(false_alerts, others, strict=True)
        )
    )
    missed = Bounded(*(summed(of_listed(miss)) for miss in misses))
    true = Bounded(*(summed(of_listed(1 - miss)) for miss in (misses.estimate, misses.upper, misses.lower)))
    share = Bounded(
        _share(false.estimate, true.estimate),
        _share(false.lower, true.upper),
        _share(false.upper, true.lower),
    )
    return PassersBy(false, true, missed, share)


def _as_rows(values: npt.ArrayLike, beside: Bounded) -> FloatArray:
    rows = np.asarray(values, np.float64)
    return rows.reshape(rows.shape + (1,) * (np.ndim(beside.estimate) - rows.ndim))


def _share(false: FloatArray, true: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        share: FloatArray = false / (false + true)
    return share

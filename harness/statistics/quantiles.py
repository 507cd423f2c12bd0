"""Quantiles of the beta distribution, each checked against the distribution itself.

scipy's inverse fails in silence for some parameters: at exactly 1000, beside one of 1e9, its quantile at 2.5 % lies
where the distribution is at 100 % (scipy 1.17.1); beyond 1e5 it stops before the last digits. The distribution is
accurate where its inverse is not, so a quantile that does not lead back to its chance is solved for again.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from harness.arrays import BoolArray, FloatArray

__all__ = ["TOLERANCE", "beta_quantile", "upper_beta_quantile"]


TOLERANCE = 1e-9
"""How far the chance of a quantile may be from the one asked for, relative to it."""

SMALLEST = float(np.finfo(np.float64).tiny)
FARTHEST = 745.0
"""Log odds of the smallest value that is not zero."""


def beta_quantile(a: npt.ArrayLike, b: npt.ArrayLike, chance: npt.ArrayLike) -> FloatArray:
    """Return the value below which a beta variable lies with a given chance.

    Parameters
    ----------
    a, b : array_like
        Parameters of the distribution, above 0.
    chance : array_like
        Above 0 and below 1.

    Returns
    -------
    ndarray of float64
        NaN where a parameter is out of range.

    Examples
    --------
    >>> float(beta_quantile(1, 1, 0.25))
    0.25
    """
    return _checked(a, b, chance, upper=False)


def upper_beta_quantile(a: npt.ArrayLike, b: npt.ArrayLike, chance: npt.ArrayLike) -> FloatArray:
    """Return the value above which a beta variable lies with a given chance; see `beta_quantile`.

    Examples
    --------
    >>> float(upper_beta_quantile(1, 1, 0.25))
    0.75
    """
    return _checked(a, b, chance, upper=True)


def _checked(a: npt.ArrayLike, b: npt.ArrayLike, chance: npt.ArrayLike, *, upper: bool) -> FloatArray:
    first, second, of = np.broadcast_arrays(*(np.asarray(given, np.float64) for given in (a, b, chance)))
    inverse = special.betainccinv if upper else special.betaincinv
    quantile = np.array(inverse(first, second, of), np.float64)
    off = np.abs(_chance(quantile, first, second, upper=upper) - of)
    doubtful = (first > 0) & (second > 0) & ~(off <= TOLERANCE * of)
    if doubtful.any():
        given = first[doubtful], second[doubtful], of[doubtful]
        found = quantile[doubtful]
        wrong = ~_is_nearest_float(found, *given, upper=upper)
        if wrong.any():
            found[wrong] = _solved(found[wrong], *(values[wrong] for values in given), upper=upper)
            quantile[doubtful] = found
    return quantile


def _is_nearest_float(
    quantile: FloatArray, a: FloatArray, b: FloatArray, chance: FloatArray, *, upper: bool
) -> BoolArray:
    """Whether the chance lies between those of the next floats: near 1, and below the smallest, they lie far apart."""
    below = np.where(quantile <= SMALLEST, 0.0, np.nextafter(quantile, 0))
    lower, higher = (_chance(end, a, b, upper=upper) for end in (below, np.nextafter(quantile, 1)))
    return (higher <= chance) & (chance <= lower) if upper else (lower <= chance) & (chance <= higher)


def _chance(value: FloatArray, a: FloatArray, b: FloatArray, *, upper: bool) -> FloatArray:
    # For whole parameters below 40 a finite sum is taken, which loses the digits of small values beside a parameter
    # of 1e8 and more. One that is larger by a rounding is not whole, and the chance is the same.
    distribution = special.betaincc if upper else special.betainc
    return np.asarray(distribution(np.nextafter(a, np.inf), b, value), np.float64)


def _solved(near: FloatArray, a: FloatArray, b: FloatArray, chance: FloatArray, *, upper: bool) -> FloatArray:
    """Solve for the log odds of each quantile, in which those near 1 keep their digits as those near 0 do."""
    from scipy.optimize import elementwise  # takes long to import, and few quantiles need it

    def excess(log_odds: FloatArray, a: FloatArray, b: FloatArray, chance: FloatArray) -> FloatArray:
        low = log_odds < 0
        smaller = special.expit(
            -np.abs(log_odds)
        )  # of the value and 1 less it, which has the parameters swapped
        own, other = np.where(low, a, b), np.where(low, b, a)
        below, above = (_chance(smaller, own, other, upper=side) for side in (False, True))
        return np.where(low != upper, below, above) - chance

    ends = np.full_like(near, -FARTHEST), np.full_like(near, FARTHEST)
    root = elementwise.find_root(excess, ends, args=(a, b, chance))
    return np.where(root.success, special.expit(root.x), near)

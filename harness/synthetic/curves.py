"""An error rate as a function of the threshold, with an exact inverse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from harness.arrays import FloatArray
from harness.errors import InputError

__all__ = ["Curve"]


@dataclass(frozen=True)
class Curve:
    """An error rate through stated knots, straight between them on the scale of its link.

    A false match rate takes the link ``log10`` and falls as the threshold rises; a false non-match rate takes
    the link ``probit`` and grows. Outside the knots the first and the last straight piece go on, for
    ``log10`` until the rate reaches 1. Because each piece is straight the inverse is a closed form, and a
    score drawn as ``curve.threshold(u)`` with u uniform on (0, 1) has exactly this curve.

    Parameters
    ----------
    knots : tuple of (float, float)
        At least two pairs of threshold and rate, by rising threshold, 0 < rate <= 1 (probit: < 1).
    link : {"log10", "probit"}
        The scale on which the pieces are straight.

    Raises
    ------
    InputError
        When the knots are fewer than two, not in order, or their rates are out of range or not monotone.

    Examples
    --------
    >>> curve = Curve(((0.5, 0.01), (0.6, 0.001)))
    >>> float(curve.rate(0.6)), round(float(curve.threshold(0.01)), 6)
    (0.001, 0.5)
    """

    knots: tuple[tuple[float, float], ...]
    link: Literal["log10", "probit"] = "log10"

    def __post_init__(self) -> None:
        falls = self.link == "log10"
        text = f"{'falling' if falls else 'growing'} rates"
        if len(self.knots) < 2 or not all(math.isfinite(x) for knot in self.knots for x in knot):
            raise InputError(f"a curve needs at least two finite knots, got {self.knots!r}")
        if any(not 0 < rate <= 1 or (rate == 1 and not falls) for _, rate in self.knots):
            raise InputError(f"a curve's rates must lie above 0 and at most at 1, got {self.knots!r}")
        for (t0, r0), (t1, r1) in pairwise(self.knots):
            if t1 <= t0 or (r1 >= r0 if falls else r1 <= r0):
                raise InputError(
                    f"a {self.link} curve needs rising thresholds and {text}, got {self.knots!r}"
                )

    def rate(self, threshold: npt.ArrayLike) -> FloatArray:
        """Give the error rate at each threshold, in the shape given."""
        t, y = self._straight()
        value = _pieces(np.asarray(threshold, dtype=np.float64), t, y)
        if self.link == "log10":
            return np.asarray(10.0 ** np.minimum(value, 0.0), dtype=np.float64)
        return np.asarray(special.ndtr(value), dtype=np.float64)

    def threshold(self, rate: npt.ArrayLike) -> FloatArray:
        """Give the threshold at which the error rate is `rate`, in the shape given: the inverse of `rate`.

        Raises
        ------
        InputError
            When a rate is not above 0 and at most 1.
        """
        wanted = np.asarray(rate, dtype=np.float64)
        if not np.all((wanted > 0) & (wanted <= 1)):
            raise InputError("a rate to invert must lie above 0 and at most at 1")
        t, y = self._straight()
        if self.link == "log10":
            return _pieces(np.log10(wanted), y[::-1], t[::-1])
        return _pieces(np.asarray(special.ndtri(wanted), dtype=np.float64), y, t)

    def to_dict(self) -> dict[str, Any]:
        """Give the curve as plain values, ready for JSON."""
        return {"link": self.link, "knots": [list(knot) for knot in self.knots]}

    def _straight(self) -> tuple[FloatArray, FloatArray]:
        t, rates = np.array(self.knots, dtype=np.float64).T
        return t, np.log10(rates) if self.link == "log10" else np.asarray(special.ndtri(rates))


def _pieces(x: FloatArray, xs: FloatArray, ys: FloatArray) -> FloatArray:
    """Interpolate in straight pieces; unlike `numpy.interp`, go on beyond both ends."""
    slope = np.diff(ys) / np.diff(xs)
    piece = np.clip(np.searchsorted(xs, x, side="right") - 1, 0, len(slope) - 1)
    return np.asarray(ys[piece] + slope[piece] * (x - xs[piece]), dtype=np.float64)

"""Where a number lies in a figure, and which numbers its axes name."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from harness.arrays import FloatArray
from harness.report.content.numerals import SUPERSCRIPTS

__all__ = ["Scale", "linear", "logarithmic", "window"]


STEPS = (1, 2, 2.5, 5, 10)
FEWEST_DECADES = 2
BEYOND_LAST_EVENT = 0.04


@dataclass(frozen=True)
class Scale:
    """A scale from one end of a figure to the other.

    Attributes
    ----------
    low, high : float
        At the ends; logarithms to base 10 where it is logarithmic. The first may be the larger.
    ticks : tuple of (float, str)
        The numbers named, each with how.
    logarithmic : bool
    """

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    logarithmic: bool = False

    def share(self, values: FloatArray) -> FloatArray:
        """Return how far along the scale numbers lie: 0 at the low end, 1 at the high one; zero is below all."""
        if self.logarithmic:
            with np.errstate(divide="ignore"):
                values = np.log10(values)
        return np.asarray((values - self.low) / (self.high - self.low))


def linear(low: float, high: float, ticks: int = 5) -> Scale:
    """Return a linear scale with about so many round numbers on it."""
    if low == high:
        low, high = low - 0.5, high + 0.5
    rough = abs(high - low) / ticks
    magnitude = 10 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in STEPS if factor * magnitude >= rough * 0.999)
    first, last = math.ceil(min(low, high) / step - 1e-9), math.floor(max(low, high) / step + 1e-9)
    named = ((i * step, f"{i * step:.6g}") for i in range(first, last + 1))
    return Scale(low, high, tuple(named))


def logarithmic(low: float, high: float) -> Scale:
    """Return a logarithmic scale, with powers of ten on it, and 2 and 5 times these where there are few."""
    ends = math.log10(low), math.log10(high)
    factors = (1, 2, 5) if ends[1] - ends[0] <= FEWEST_DECADES else (1,)
    decades = range(math.floor(ends[0]), math.ceil(ends[1]) + 1)
    named = (
        (factor * 10.0**decade, _written(factor, decade))
        for decade in decades
        for factor in factors
        if ends[0] - 1e-9 <= math.log10(factor) + decade <= ends[1] + 1e-9
    )
    return Scale(*ends, tuple(named), logarithmic=True)


def _written(factor: int, decade: int) -> str:
    if decade >= 0:
        return f"{factor * 10**decade:,}"
    if decade >= -3:
        return f"{factor * 10.0**decade:.6g}"
    return f"{'' if factor == 1 else f'{factor} × '}10{str(decade).translate(SUPERSCRIPTS)}"


def window(thresholds: FloatArray, rates: Iterable[FloatArray], marks: Iterable[int]) -> tuple[int, int]:
    """Return the places of the first and the last threshold that figures show.

    They run from where the highest rate is still a half to a little beyond the last error, and hold every mark at the
    strict end.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (T,)
    rates : iterable of ndarray of float64, shape (G, T)
        Of false matches, of every axis.
    marks : iterable of int
    """
    highest = np.max([np.nan_to_num(of_axis).max(axis=0) for of_axis in rates], axis=0)
    events = np.flatnonzero(highest > 0)
    if not len(events):
        return 0, len(thresholds) - 1
    high = np.flatnonzero(highest >= 0.5)
    first = int(high[-1]) if len(high) else 0
    along = np.abs(thresholds - thresholds[first])
    to_show = along[max(int(events[-1]), *marks, first)] * (1 + BEYOND_LAST_EVENT)
    last = int(np.searchsorted(along[first:], to_show)) + first
    return first, min(last, len(thresholds) - 1)

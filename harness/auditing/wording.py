"""Rates and counts in words that never claim more than the numbers do."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

__all__ = ["at_most", "count", "one_in", "percent", "share"]

Rounding: TypeAlias = Literal["nearest", "down", "up"]


def one_in(rate: float, rounded: Rounding = "nearest") -> str:
    """Write a small rate as ``1 in 4,120``, to three digits; one above a tenth as a percentage.

    Parameters
    ----------
    rate : float
    rounded : {"nearest", "down", "up"}
        Which way the rate is rounded: up for an upper bound, down for a lower one.
    """
    if rate == 0:
        return "0"
    if rate > 0.1:
        return share(rate, rounded)
    of = 1 / rate
    step = 10.0 ** max(0, math.floor(math.log10(of)) - 2)
    inverse: dict[str, Rounding] = {"nearest": "nearest", "down": "up", "up": "down"}
    return f"1 in {int(_whole(of / step, inverse[rounded]) * step):,}"


def at_most(rate: float) -> str:
    """Write an upper bound."""
    return f"at most {one_in(rate, 'up')}"


def share(rate: float, rounded: Rounding = "nearest") -> str:
    """Write a large rate as a percentage to one decimal."""
    return f"{min(100.0, _whole(rate * 1000, rounded) / 10):g} %"


def percent(confidence: float) -> str:
    """Write a confidence."""
    return f"{100 * confidence:g} %"


def count(number: float) -> str:
    """Write an expected number of alerts."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 1 else f"{number:.2g}"


def _whole(number: float, rounded: Rounding) -> int:
    if rounded == "nearest":
        return round(number)
    return math.floor(number) if rounded == "down" else math.ceil(number)

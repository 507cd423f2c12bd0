"""Axes of thresholds, of rates and of ratios, with ticks in plain characters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.markers import TICKDOWN, TICKLEFT
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from harness.arrays import BoolArray, FloatArray, IntArray
from harness.figures.reference import first_unsaturated
from harness.figures.style import FONT, GRID, TEXT_SIZE
from harness.numbers import power_of_ten, threshold_text

__all__ = [
    "count_scale",
    "one_in_scale",
    "plain_axes",
    "range_to_draw",
    "rate_limits",
    "rate_scale",
    "ratio_scale",
    "share_scale",
    "sparse_marks",
    "threshold_scale",
]

Which: TypeAlias = Literal["x", "y"]

WHOLE = slice(None)

BEYOND_LAST_EVENT = 0.04
DECADES_BELOW_BOUND = 0.12


def range_to_draw(
    thresholds: FloatArray, trials: IntArray, errors: IntArray, marked: list[float | None]
) -> slice:
    """Return which thresholds to draw: from where at most half of all trials match to a little beyond the last event.

    Parameters
    ----------
    thresholds : ndarray, shape (T,)
        From the most lenient to the strictest.
    trials, errors : ndarray, shape (G,) and (G, T)
        Of non-mated trials.
    marked : list of float or None
        Thresholds that the figure marks, which are not left out at the strict end.
    """
    pooled = errors.sum(axis=0) / max(int(trials.sum()), 1)
    events = np.flatnonzero(pooled > 0)
    if not len(events):
        return slice(0, len(thresholds))
    first = first_unsaturated(pooled)
    along = np.abs(thresholds - thresholds[first])
    to_show = max(
        along[events[-1]], *(along[thresholds == m].max(initial=0) for m in marked if m is not None), 0.0
    )
    last = int(np.searchsorted(along[first:], to_show * (1 + BEYOND_LAST_EVENT))) + first
    return slice(first, min(last, len(thresholds) - 1) + 1)


def plain_axes(ax: Axes, *, grid: Literal["x", "y", "both"] | None) -> None:
    """Set fonts, a light grid behind the data, and no box."""
    ax.tick_params(which="both", labelsize=TEXT_SIZE, labelfontfamily=FONT)
    if grid is not None:
        ax.grid(axis=grid, color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def threshold_scale(
    ax: Axes, thresholds: FloatArray, better: Literal["higher", "lower"], *, shown: slice = WHOLE
) -> None:
    """Let thresholds, given from the most lenient to the strictest, run from left to right.

    Parameters
    ----------
    ax : Axes
    thresholds : ndarray of float64, shape (T,)
    better : {"higher", "lower"}
    shown : slice
        Those drawn; more lenient ones are said to be saturated.
    """
    saturated = "; saturated to the left" if shown.start else ""
    thresholds = thresholds[shown]
    lenient, strict = float(thresholds[0]), float(thresholds[-1])
    if lenient == strict:
        aside = max(abs(lenient), 1.0) / 100 * (1 if better == "higher" else -1)
        lenient, strict = lenient - aside, strict + aside
    ax.set_xlim(lenient, strict)
    ax.xaxis.set_major_locator(MaxNLocator(8))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: threshold_text(round(value, 12))))
    kind = "similarity" if better == "higher" else "distance"
    ax.set_xlabel(f"threshold ({kind} score; stricter to the right{saturated})", fontsize=TEXT_SIZE)


def rate_limits(drawn: FloatArray, highest: float) -> tuple[float, float]:
    """Return limits down to the smallest rate drawn, or NaN; whole decades where fewer than two would show."""
    if not np.isfinite(drawn).any():
        return 0.001, 1.0
    low, high = float(np.nanmin(drawn)) * 10**-DECADES_BELOW_BOUND, min(1.0, highest)
    if high < 100 * low:
        low, high = 10.0 ** np.floor(np.log10(low)), 10.0 ** np.ceil(np.log10(high))
    return low, high


def rate_scale(ax: Axes, which: Which, limits: tuple[float, float], label: str) -> None:
    """Make an axis logarithmic, with ticks at powers of ten.

    scikit-learn's DET curve ends at 0.135 %; these axes end where the data do.
    """
    _logarithmic(ax, which, limits, label)
    _draw_minor_ticks(ax, which)
    _axis(ax, which).set_major_locator(LogLocator(10, numticks=12))
    _axis(ax, which).set_major_formatter(FuncFormatter(lambda value, _: _power(round(np.log10(value)))))


def ratio_scale(ax: Axes, limits: tuple[float, float], label: str) -> None:
    """Make the upright axis logarithmic, with ticks at 1, 2, 5, 10 and so on."""
    _logarithmic(ax, "y", limits, label)
    decades = range(int(np.floor(np.log10(limits[0]))), int(np.ceil(np.log10(limits[1]))) + 1)
    steps = (1,) if len(decades) > 4 else (1, 2, 5)
    ax.yaxis.set_major_locator(FixedLocator([float(f"{step}e{d}") for d in decades for step in steps]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def count_scale(ax: Axes, counts: FloatArray, label: str) -> None:
    """Make the axis across logarithmic over counts, with ticks at 1, 2, 5, 10 and so on."""
    low, high = float(counts.min()), float(counts.max())
    if low == high:
        low, high = low / 2, high * 2
    _logarithmic(ax, "x", (low, high), label)
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    steps = (1,) if len(decades) > 5 else (1, 2, 5)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    ax.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def one_in_scale(ax: Axes, shares: FloatArray, label: str) -> None:
    """Make the axis across logarithmic over small shares, with ticks at 1 in 1,000 and so on."""
    low, high = float(shares.min()), float(shares.max())
    if low == high:
        low, high = low / 2, min(high * 2, 1.0)
    _logarithmic(ax, "x", (low, high), label)
    _draw_minor_ticks(ax, "x")
    ax.xaxis.set_major_locator(LogLocator(10, numticks=7))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"1 in {1 / value:,.0f}"))


def share_scale(ax: Axes, label: str) -> None:
    """Let the upright axis run from 0 to 100 %."""
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
    ax.set_ylabel(label, fontsize=TEXT_SIZE)


def sparse_marks(x: FloatArray, present: BoolArray, line: int, often: int, *, required: int) -> list[int]:
    """Return indices for markers, evenly along the axis and not at the same ones for every line.

    Parameters
    ----------
    x : ndarray, shape (T,)
    present : ndarray of bool, shape (T,)
        Where the line is drawn.
    line : int
        Its number among the lines.
    often : int
    required : int
        An index that has a marker whatever the others; others keep away from it and from the edges, which would
        cut them.
    """
    span = x[-1] - x[0]
    step = abs(span) / often
    # Multiples of the golden ratio are spread evenly however many lines there are.
    offset = line * 0.618 % 1
    indices = {required}
    there = np.flatnonzero(present)
    for target in np.linspace(x[0], x[-1], often, endpoint=False) + np.sign(span) * offset * step:
        index = int(there[np.argmin(np.abs(x[there] - target))])
        at_edge = min(abs(x[index] - x[0]), abs(x[index] - x[-1])) < abs(span) / 100
        if abs(x[index] - target) < step / 4 and abs(x[index] - x[required]) > step / 2 and not at_edge:
            indices.add(index)
    return sorted(indices)


def _logarithmic(ax: Axes, which: Which, limits: tuple[float, float], label: str) -> None:
    set_scale: Callable[[str], None] = ax.set_xscale if which == "x" else ax.set_yscale
    set_limits: Callable[..., object] = ax.set_xlim if which == "x" else ax.set_ylim
    set_scale("log")
    set_limits(*limits)
    _axis(ax, which).set_label_text(label, fontsize=TEXT_SIZE)


def _draw_minor_ticks(ax: Axes, which: Which) -> None:
    """Draw the unlabelled ticks of a logarithmic axis as one line of markers.

    matplotlib makes five artists of every tick, which takes longer than drawing all the curves.
    """
    axis, across = _axis(ax, which), which == "x"
    low, high = axis.get_view_interval()
    ticks = [at for at in axis.get_minorticklocs() if low <= at <= high]
    zeros = [0.0] * len(ticks)
    ax.plot(
        *((ticks, zeros) if across else (zeros, ticks)),
        transform=ax.get_xaxis_transform() if across else ax.get_yaxis_transform(),
        color=mpl.rcParams["xtick.color"],
        linestyle="none",
        marker=TICKDOWN if across else TICKLEFT,
        markersize=mpl.rcParams["xtick.minor.size"],
        markeredgewidth=mpl.rcParams["xtick.minor.width"],
        clip_on=False,
        label="_minor ticks",
    )
    axis.set_minor_locator(NullLocator())


def _power(exponent: int) -> str:
    return "1" if exponent == 0 else power_of_ten(exponent)


def _axis(ax: Axes, which: Which) -> XAxis | YAxis:
    return ax.xaxis if which == "x" else ax.yaxis

"""The bar of one axis along the threshold, divided into zones by verdict, with the readings below it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.transforms import Transform, blended_transform_factory

from harness.arrays import FloatArray
from harness.figures.labels import GAP, fitting, points_from, size_in_points, text_width
from harness.figures.style import GREY, PALETTE, FillStyle
from harness.figures.words import threshold_text
from harness.statistics.verdicts import Verdict

__all__ = ["AXIS_ROW", "BAR", "BETWEEN", "ZONES", "AxisZones", "draw_bar", "readings", "runs"]

ZONES = {
    Verdict.DISPARITY_SHOWN: FillStyle(PALETTE[3], "#FBE3D3", "////"),
    Verdict.INCONCLUSIVE: FillStyle("#8C8C8C", "#FFFFFF", ".."),
    Verdict.PARITY_SHOWN: FillStyle(PALETTE[2], "#CFE5F3", ""),
}

# In points.
BAR = 24.0
READING = 17.0
BETWEEN = 14.0
AXIS_ROW = BAR + 2 * READING + BETWEEN
GROUND = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
LEAST_BAR = 4.0
"""So that a verdict at a single threshold is seen."""


@dataclass(frozen=True)
class AxisZones:
    """The verdicts of one axis.

    Attributes
    ----------
    axis : str
    verdicts : tuple of Verdict, length T
    not_detected_from : float or None
    parity_shown : tuple of float, or None
    judged : bool
        Whether the policy's answer rests on this axis too.
    obstacle : str
        Why the axis cannot be decided, if so.
    """

    axis: str
    verdicts: tuple[Verdict, ...]
    not_detected_from: float | None
    parity_shown: tuple[float, float] | None
    judged: bool = True
    obstacle: str = ""


def runs(zones: AxisZones, shown: slice) -> list[tuple[Verdict, int, int]]:
    """Return the verdicts in order, each with the places of the first and the last threshold of its run."""
    places = range(len(zones.verdicts))[shown]
    grouped = [(verdict, list(run)) for verdict, run in groupby(places, key=zones.verdicts.__getitem__)]
    return [(verdict, run[0], run[-1]) for verdict, run in grouped]


def readings(zones: AxisZones) -> tuple[str, str]:
    """Say over which range parity is shown, and from where no disparity is detected."""
    shown, detected = zones.parity_shown, zones.not_detected_from
    return (
        "parity shown at no threshold, scanned from the strict end"
        if shown is None
        else f"parity shown {threshold_text(shown[0])} to {threshold_text(shown[1])}",
        "a disparity is detected up to the strictest threshold"
        if detected is None
        else f"no disparity detected from {threshold_text(detected)}",
    )


def draw_bar(
    ax: Axes, zones: AxisZones, thresholds: FloatArray, shown: slice, safe: float | None, top: float
) -> None:
    """Draw the bar of one axis.

    Parameters
    ----------
    ax : Axes
        With its scale of thresholds set.
    zones : AxisZones
    thresholds : ndarray of float64, shape (T,)
    shown : slice
        The thresholds drawn.
    safe : float or None
        The safe threshold, whose line texts keep clear of.
    top : float
        Of the bar, in points below that of the axes.
    """
    # Across as the data, up in points from the top of the axes.
    along = blended_transform_factory(ax.transData, points_from(ax, 0, 1))
    bottom = -top - BAR
    middle_of_bar = bottom + BAR / 2
    one_point = _thresholds_per_point(ax)
    for verdict, first, last in runs(zones, shown):
        start, end = (float(thresholds[place]) for place in (first, last))
        if abs(end - start) < LEAST_BAR * abs(one_point):
            middle = (start + end) / 2
            start, end = middle - LEAST_BAR / 2 * one_point, middle + LEAST_BAR / 2 * one_point
        named = f"{zones.axis}: {verdict}"
        patch = Rectangle(
            (start, bottom), end - start, BAR, transform=along, label=named, **ZONES[verdict].patch
        )
        ax.add_patch(patch)
        text = f"{verdict}: {zones.obstacle}" if zones.obstacle else str(verdict)
        if first == last and len(zones.verdicts[shown]) == 1:
            _write(
                ax,
                along,
                text,
                end + (text_width(text) / 2 + GAP) * one_point,
                middle_of_bar,
                va="center_baseline",
            )
        else:
            _write_in(ax, along, text, _clear_of(safe, start, end), middle_of_bar)
    if not zones.obstacle:
        _draw_readings(ax, along, zones, bottom)


def _thresholds_per_point(ax: Axes) -> float:
    """Negative where thresholds fall from left to right."""
    lenient, strict = ax.get_xlim()
    return (strict - lenient) / size_in_points(ax)[0]


def _clear_of(safe: float | None, start: float, end: float) -> tuple[float, float]:
    """The widest part of a zone that the line of the safe threshold does not cross."""
    edges = [start, end]
    if safe is not None and min(edges) < safe < max(edges):
        edges.insert(1, safe)
    return max(pairwise(edges), key=lambda part: abs(part[1] - part[0]))


def _write_in(ax: Axes, along: Transform, text: str, part: tuple[float, float], y: float) -> None:
    """Write what a zone is into a part of it, shortened if it gives a reason, or not at all."""
    room = (part[1] - part[0]) / _thresholds_per_point(ax) - 2 * GAP
    text = fitting(text, room) if ": " in text else text
    if text_width(text) <= room:
        _write(ax, along, text, sum(part) / 2, y, va="center_baseline")


def _write(ax: Axes, along: Transform, text: str, x: float, y: float, **where: Any) -> None:
    ax.text(x, y, text, transform=along, ha="center", zorder=4, parse_math=False, bbox=GROUND, **where)


def _draw_readings(ax: Axes, along: Transform, zones: AxisZones, bottom: float) -> None:
    """Draw below the bar the range of parity, and from where nothing is detected, as lines over their text."""
    lenient, strict = ax.get_xlim()
    one_point = _thresholds_per_point(ax)
    detected = None if zones.not_detected_from is None else (zones.not_detected_from, strict)
    line: dict[str, Any] = {
        "color": GREY,
        "linewidth": 1.6,
        "marker": "|",
        "markevery": [0],
        "clip_on": False,
    }
    dashes = ("-", (0, (4, 3)))
    for i, (ends, text) in enumerate(zip((zones.parity_shown, detected), readings(zones), strict=True)):
        y = bottom - 4 - i * READING
        middle = lenient
        if ends is not None:
            drawn = [_between(end, lenient, strict) for end in ends]
            named = f"_{zones.axis}: {text}"
            ax.plot(drawn, [y, y], transform=along, label=named, linestyle=dashes[i], **line)
            middle = sum(drawn) / 2
        half = text_width(text) / 2 * one_point
        _write(ax, along, text, _between(middle, lenient + half, strict - half), y - 3, va="top")


def _between(value: float, one: float, other: float) -> float:
    return min(max(value, min(one, other)), max(one, other))

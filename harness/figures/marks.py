"""Thresholds to read off, drawn above axes of thresholds, each labelled in a row of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.transforms import Transform, blended_transform_factory

from harness.figures.labels import points_from, size_in_points, text_width
from harness.figures.style import GREY
from harness.figures.words import threshold_text

if TYPE_CHECKING:
    from harness.figures.display import ThresholdDisplay

__all__ = ["Mark", "draw_marks", "mark_of_safe", "marks_of", "room_for_marks"]

# In points.
MARK_ROW = 15.0
BEYOND_EDGE = 10.0

SAFE_LINE: dict[str, Any] = {"linestyle": "-", "linewidth": 1.5}
DETECTED_LINE: dict[str, Any] = {"linestyle": (0, (4, 3)), "linewidth": 1.0}


@dataclass(frozen=True)
class Mark:
    """A threshold, or a range of them, that a figure marks.

    Attributes
    ----------
    text : str
    start, end : float
        The same for a single threshold.
    line : dict
        Keyword arguments of the line that is drawn; of a range, only at its ends.
    """

    text: str
    start: float
    end: float
    line: dict[str, Any]


def marks_of(display: ThresholdDisplay) -> tuple[Mark, ...]:
    """Return what a display marks, the lowest row first: parity, not detected, safe."""
    marks = []
    if display.parity_shown is not None:
        start, end = display.parity_shown
        text = f"parity shown {threshold_text(start)} to {threshold_text(end)}"
        marks.append(Mark(text, start, end, {"linestyle": "-", "linewidth": 2.5}))
    if display.not_detected_from is not None:
        text = f"no disparity detected on this axis from {threshold_text(display.not_detected_from)}"
        marks.append(Mark(text, display.not_detected_from, display.not_detected_from, DETECTED_LINE))
    return (*marks, *mark_of_safe(display.safe_threshold))


def mark_of_safe(threshold: float | None, **line: Any) -> tuple[Mark, ...]:
    """Return the mark of the safe threshold, if there is one."""
    if threshold is None:
        return ()
    return (Mark(f"safe threshold {threshold_text(threshold)}", threshold, threshold, {**SAFE_LINE, **line}),)


def room_for_marks(marks: Sequence[Mark]) -> float:
    """Return how many points marks take above the axes."""
    return MARK_ROW * len(marks)


def draw_marks(ax: Axes, marks: Sequence[Mark]) -> None:
    """Draw thresholds to read off, each labelled in a row of its own above the axes, the first the lowest.

    What is more lenient than the axes is labelled at their left end, with an arrow.
    """
    lenient, strict = ax.get_xlim()
    above = _above(ax)
    for row, mark in enumerate(marks):
        y = 5 + MARK_ROW * row
        start, end = (_nearest_drawn(threshold, lenient, strict) for threshold in (mark.start, mark.end))
        line = {"color": GREY, "zorder": 3, **mark.line}
        if mark.end != mark.start:
            ax.plot([start, end], [2, 2], transform=above, clip_on=False, solid_capstyle="butt", **line)
        elif start == mark.start:
            ax.axvline(start, **{**line, "zorder": mark.line.get("zorder", 1.5)})
            ax.plot([start] * 2, [0, y], transform=above, clip_on=False, **line)
        arrow = "← " if start != mark.start else ""
        _write_above(ax, f"{arrow}{mark.text}", (start + end) / 2, y)


def _write_above(ax: Axes, text: str, threshold: float, y: float) -> None:
    """Write a text centred over a threshold so many points above the axes, or as near as the axes' width allows."""
    width, _ = size_in_points(ax)
    lenient, strict = ax.get_xlim()
    where = (threshold - lenient) / (strict - lenient) * width
    half = text_width(text) / 2
    middle = min(max(where, half), max(width + BEYOND_EDGE - half, half))
    ax.annotate(
        text,
        (threshold, y),
        xycoords=_above(ax),
        xytext=(middle - where, 0),
        textcoords="offset points",
        ha="center",
        va="bottom",
        zorder=4,
        parse_math=False,
        annotation_clip=False,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )


def _above(ax: Axes) -> Transform:
    """Across as the data, so that line and label stay together when the axes change size; up in points."""
    return blended_transform_factory(ax.transData, points_from(ax, 0, 1))


def _nearest_drawn(threshold: float, lenient: float, strict: float) -> float:
    return min(max(threshold, min(lenient, strict)), max(lenient, strict))

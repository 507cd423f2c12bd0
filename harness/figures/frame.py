"""What surrounds the data: room, title, marked thresholds, the samples that explain, and the names of lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Transform, blended_transform_factory

from harness.arrays import FloatArray
from harness.figures.labels import (
    COLUMN,
    GAP,
    KEY,
    ROW,
    columns,
    entry,
    fitting,
    gutter,
    label_ends,
    points_from,
    size_in_points,
    text_width,
)
from harness.figures.style import GREY, TITLE_SIZE, LineStyle
from harness.numbers import counted, threshold_text

__all__ = [
    "BELOW_TICKS",
    "EDGE",
    "HEIGHT",
    "LEFT",
    "MOST_LABELS",
    "NAME_WIDTH",
    "REST",
    "TITLE_WIDTH",
    "WIDTH",
    "Mark",
    "Room",
    "Sample",
    "axes_for_lines",
    "draw_marks",
    "explain",
    "mark_of_safe",
    "marks_of_references",
    "name_lines",
    "named_lines",
    "new_axes",
    "rest_said",
    "room_for_marks",
    "rows_to_explain",
    "samples_of_rest",
    "set_title",
    "title_room",
]


MOST_LABELS = 10
"""More lines than these are named below the axes, in columns."""

# In points.
WIDTH, HEIGHT = 576.0, 360.0
LEGEND_ABOVE = 245.0
"""How high the axes are where a legend is below them."""
EDGE = 10.0
LEFT = 56.0
NAME_WIDTH = 130.0
LEGEND_NAME_WIDTH = 126.0  # for three columns
TITLE_WIDTH = 460.0
MATCHER_SHARE = 0.4
TITLE_ROWS = 2 * 1.2 * TITLE_SIZE
BELOW_TICKS = 38.0
"""From the bottom of the axes to the first row that says what lines, bands and triangles are."""
SWATCH_HEIGHT = 9.0

REST: dict[str, Any] = {"color": "#B4B4B4", "linewidth": 0.9, "zorder": 1.8}
"""The line of a group that is one of many and is not named."""

# In points.
MARK_ROW = 15.0
BEYOND_EDGE = 10.0

SAFE_LINE: dict[str, Any] = {"linestyle": "-", "linewidth": 1.5}
DETECTED_LINE: dict[str, Any] = {"linestyle": (0, (4, 3)), "linewidth": 1.0}
REFERENCE_LINE: dict[str, Any] = {"linestyle": (0, (9, 2, 2, 2)), "linewidth": 1.0}


@dataclass(frozen=True)
class Room:
    """The room around the axes of a figure, in points."""

    left: float
    right: float
    above: float
    below: float


@dataclass(frozen=True)
class Sample:
    """A sample of something drawn, with its name.

    Attributes
    ----------
    name : str
    drawn : dict
        Keyword arguments of a line, or of a patch.
    filled : bool
        Whether it is a patch.
    """

    name: str
    drawn: dict[str, Any]
    filled: bool = False


def new_axes(width: float, height: float, room: Room) -> Axes:
    """Return axes in a new figure, with room around them; all in points."""
    across, up = room.left + width + room.right, room.above + height + room.below
    figure = Figure(figsize=(across / 72, up / 72), dpi=100)
    return figure.add_axes((room.left / across, room.below / up, width / across, height / up))


def title_room(marks: float = 0.0) -> float:
    """Return how many points a title of two rows and what is below it take above the axes."""
    return 4 + marks + TITLE_ROWS + EDGE + 4


def set_title(ax: Axes, what: str, matcher: str, details: str, *, above: float = 0.0) -> None:
    """Write the title in two rows above the axes, leaving some points between."""
    width = min(TITLE_WIDTH, _to_the_right_edge(ax) - EDGE)
    named = f", matcher {fitting(matcher, width * MATCHER_SHARE, TITLE_SIZE)}"
    first = fitting(what, width - text_width(named, TITLE_SIZE), TITLE_SIZE) + named
    ax.set_title(
        f"{first}\n{fitting(details, width, TITLE_SIZE)}",
        loc="left",
        y=1.0,  # where it would be put anyway, after all ticks were laid out once more
        fontsize=TITLE_SIZE,
        pad=6 + above,
        parse_math=False,
    )


def _to_the_right_edge(ax: Axes) -> float:
    """From the left end of the axes to the right edge of the figure, in points."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 - axes that are drawn on belong to a figure
    return float(figure.bbox.x1 - ax.bbox.x0) * 72 / figure.dpi


def rows_to_explain(samples: Sequence[Sample], width: float) -> list[list[tuple[float, Sample]]]:
    """Set samples in rows of a width in points; each with where it starts."""
    rows: list[list[tuple[float, Sample]]] = []
    at = width
    for sample in samples:
        wide = KEY + GAP + text_width(sample.name)
        if not rows or at + wide > width:
            rows.append([])
            at = 0.0
        rows[-1].append((at, sample))
        at += wide + COLUMN
    return rows


def explain(ax: Axes, samples: Sequence[Sample], *, below: float = BELOW_TICKS) -> int:
    """Say below the axes what is drawn stands for; return how many rows that took."""
    corner = points_from(ax, 0, 0)
    rows = rows_to_explain(samples, size_in_points(ax)[0])
    for i, row in enumerate(rows):
        y = -below - ROW * (i + 0.5)
        for x, sample in row:
            if sample.filled:
                _swatch(ax, corner, x, y, sample)
            else:
                entry(ax, corner, x, y, sample.name, **sample.drawn)
    return len(rows)


def _swatch(ax: Axes, transform: Any, x: float, y: float, sample: Sample) -> None:
    patch = Rectangle(
        (x, y - SWATCH_HEIGHT / 2), KEY, SWATCH_HEIGHT, transform=transform, clip_on=False, **sample.drawn
    )
    ax.add_artist(patch)
    ax.text(
        x + KEY + GAP,
        y,
        sample.name,
        transform=transform,
        va="center_baseline",
        parse_math=False,
        clip_on=False,
    )


def named_lines(groups: int, telling: Sequence[int] | None) -> tuple[int, ...]:
    """Return the indices of the groups whose lines are coloured and named: all, or the telling ones of many."""
    return tuple(range(groups)) if telling is None else tuple(sorted(telling))


def samples_of_rest(groups: int, telling: Sequence[int] | None) -> list[Sample]:
    """Return what stands for the lines of the others, where there are any."""
    others = groups - len(named_lines(groups, telling))
    return [Sample(counted(others, "other group"), REST)] if others else []


def rest_said(groups: Sequence[str], telling: Sequence[int] | None) -> str:
    """Say which groups are named; empty where all are."""
    named = named_lines(len(groups), telling)
    if len(named) == len(groups):
        return ""
    return (
        f" Of these, the lines of {counted(len(named), 'group')} are coloured and named, those with the most and the "
        f"fewest errors at the reference point: {', '.join(groups[index] for index in named)}; the others are grey."
    )


def axes_for_lines(
    lines: int,
    names: Callable[[float], Sequence[str]],
    samples: Sequence[Sample],
    marks: float,
    *,
    under: float = 0.0,
) -> Axes:
    """Return the axes of a new figure with room around them for names, title, marks and explanation.

    Up to ten lines are named at their ends, more in columns below the axes. ``names`` gives those that fit a width in
    points; ``marks`` is the room in points between axes and title, and ``under`` that between axes and their ticks.
    """
    above = title_room(marks)
    if lines <= MOST_LABELS:
        right = gutter(names(NAME_WIDTH)) + EDGE
        width = WIDTH - LEFT - right
        below = BELOW_TICKS + ROW * len(rows_to_explain(samples, width)) + EDGE
        return new_axes(width, HEIGHT - above - below, Room(LEFT, right, above, below + under))
    width = WIDTH - LEFT - 2 * EDGE
    _, rows, _ = columns(names(LEGEND_NAME_WIDTH), width)
    explained = len(rows_to_explain(samples, width))
    below = BELOW_TICKS + ROW * (explained + 0.5 + rows) + EDGE
    return new_axes(width, LEGEND_ABOVE, Room(LEFT, 2 * EDGE, above, below + under))


def name_lines(
    ax: Axes,
    names: Callable[[float], Sequence[str]],
    styles: Sequence[LineStyle],
    heights: FloatArray,
    order: Sequence[int],
    explained: int,
    *,
    under: float = 0.0,
) -> None:
    """Name lines at their right ends, or in columns below the axes where there are too many.

    Parameters
    ----------
    ax : Axes
    names : callable
        Gives the names that fit a width in points.
    styles : sequence of LineStyle, length G
    heights : ndarray, shape (G,)
        Where each line ends, in the axes from 0 to 1; NaN where there is no line.
    order : sequence of int
        Indices of the lines from the lowest end to the highest.
    explained : int
        Rows below the axes that are taken.
    under : float
        Points between the axes and their ticks.
    """
    width, height = size_in_points(ax)
    if len(styles) <= MOST_LABELS and len(styles) * ROW <= height:
        fit = names(NAME_WIDTH)
        label_ends(ax, heights[list(order)], [fit[i] for i in order], [styles[i] for i in order])
        return
    corner = points_from(ax, 0, 0)
    fit = names(LEGEND_NAME_WIDTH)
    _, rows, wide = columns(fit, width)
    for i, (name, style) in enumerate(zip(fit, styles, strict=True)):
        column, row = divmod(i, rows)
        y = -BELOW_TICKS - under - ROW * (explained + row + 1)
        entry(ax, corner, column * wide, y, name, **style.line)


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


def mark_of_safe(threshold: float | None, **line: Any) -> tuple[Mark, ...]:
    """Return the mark of the safe threshold, if there is one."""
    if threshold is None:
        return ()
    return (Mark(f"safe threshold {threshold_text(threshold)}", threshold, threshold, {**SAFE_LINE, **line}),)


def marks_of_references(references: Sequence[tuple[str, float]], safe: float | None) -> tuple[Mark, ...]:
    """Return the marks of thresholds at which an evaluation is told, but for the safe one, which has its own."""
    return tuple(
        Mark(f"{name} {threshold_text(threshold)}", threshold, threshold, REFERENCE_LINE)
        for name, threshold in references
        if threshold != safe
    )


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
    """Write a text at a height above the axes, centred over a threshold or as near as the axes' width allows."""
    width, _ = size_in_points(ax)
    lenient, strict, at = ax.xaxis.get_transform().transform([*ax.get_xlim(), threshold])
    where = (at - lenient) / (strict - lenient) * width
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

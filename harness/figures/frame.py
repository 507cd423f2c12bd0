"""What is around the data: room, title, the samples that explain, and the names of lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

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
from harness.figures.style import TITLE_SIZE, LineStyle

__all__ = [
    "BELOW_TICKS",
    "EDGE",
    "LEFT",
    "MOST_LABELS",
    "NAME_WIDTH",
    "WIDTH",
    "Room",
    "Sample",
    "axes_for_lines",
    "explain",
    "name_lines",
    "new_axes",
    "rows_to_explain",
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


@dataclass(frozen=True)
class Room:
    """What a figure holds around its axes, in points."""

    left: float
    right: float
    above: float
    below: float


@dataclass(frozen=True)
class Sample:
    """What something drawn stands for.

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
    """Return axes of so many points in a new figure, with room around them."""
    across, up = room.left + width + room.right, room.above + height + room.below
    figure = Figure(figsize=(across / 72, up / 72), dpi=100)
    return figure.add_axes((room.left / across, room.below / up, width / across, height / up))


def title_room(marks: float = 0.0) -> float:
    """Return how many points a title of two rows takes above the axes, over so many points of marks."""
    return 4 + marks + TITLE_ROWS + EDGE + 4


def set_title(ax: Axes, what: str, matcher: str, details: str, *, above: float = 0.0) -> None:
    """Say in two rows above the axes, and above so many points of marks, what is shown."""
    width = min(TITLE_WIDTH, _to_the_right_edge(ax) - EDGE)
    named = f", matcher {fitting(matcher, width * MATCHER_SHARE, TITLE_SIZE)}"
    first = fitting(what, width - text_width(named, TITLE_SIZE), TITLE_SIZE) + named
    ax.set_title(
        f"{first}\n{fitting(details, width, TITLE_SIZE)}",
        loc="left",
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
    """Set samples in rows that are no wider than so many points; each with where it starts."""
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


def axes_for_lines(
    lines: int, names: Callable[[float], Sequence[str]], samples: Sequence[Sample], marks: float
) -> Axes:
    """Return the axes of a new figure with room around them for names, title, marks and explanation.

    Parameters
    ----------
    lines : int
        How many; up to ten are named at their ends, more in columns below the axes.
    names : callable
        Gives the names that fit into so many points.
    samples : sequence of Sample
    marks : float
        Points taken by marks between axes and title.
    """
    above = title_room(marks)
    if lines <= MOST_LABELS:
        right = gutter(names(NAME_WIDTH)) + EDGE
        width = WIDTH - LEFT - right
        below = BELOW_TICKS + ROW * len(rows_to_explain(samples, width)) + EDGE
        return new_axes(width, HEIGHT - above - below, Room(LEFT, right, above, below))
    width = WIDTH - LEFT - 2 * EDGE
    _, rows, _ = columns(names(LEGEND_NAME_WIDTH), width)
    explained = len(rows_to_explain(samples, width))
    below = BELOW_TICKS + ROW * (explained + 0.5 + rows) + EDGE
    return new_axes(width, LEGEND_ABOVE, Room(LEFT, 2 * EDGE, above, below))


def name_lines(
    ax: Axes,
    names: Callable[[float], Sequence[str]],
    styles: Sequence[LineStyle],
    heights: FloatArray,
    order: Sequence[int],
    explained: int,
) -> None:
    """Name lines at their right ends, or in columns below the axes where there are too many.

    Parameters
    ----------
    ax : Axes
    names : callable
        Gives the names that fit into so many points.
    styles : sequence of LineStyle, length G
    heights : ndarray, shape (G,)
        Where each line ends, in the axes from 0 to 1; NaN where there is no line.
    order : sequence of int
        Places of the lines from the lowest end to the highest.
    explained : int
        Rows below the axes that are taken.
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
        y = -BELOW_TICKS - ROW * (explained + row + 1)
        entry(ax, corner, column * wide, y, name, **style.line)

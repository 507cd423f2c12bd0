"""Figures with a row for each group: names at the left, the data, and columns of numbers at the right."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from harness.figures.frame import (
    BELOW_TICKS,
    EDGE,
    NAME_WIDTH,
    WIDTH,
    Room,
    Sample,
    new_axes,
    rows_to_explain,
    title_room,
)
from harness.figures.labels import GAP, ROW, label_names, points_from, size_in_points, text_width
from harness.figures.style import GREY

__all__ = ["COLUMN_HEADINGS", "axes_for_rows", "name_rows", "write_columns"]

BETWEEN_COLUMNS = 12.0
COLUMN_HEADINGS = ROW
"""What headings take above the axes, in points."""


def axes_for_rows(
    groups: Sequence[str],
    columns: Sequence[Sequence[str]],
    height: float,
    samples: Sequence[Sample],
    marks: float = 0.0,
) -> Axes:
    """Return the axes of a new figure with room for the names and numbers of rows.

    Parameters
    ----------
    groups : sequence of str
    columns : sequence of sequence of str
        Texts at the right of the rows, the heading first.
    height : float
        Of the axes, in points.
    samples : sequence of Sample
    marks : float
        Points taken by marks between axes and title.
    """
    names = label_names(groups, NAME_WIDTH)
    left = max(text_width(name) for name in names) + 2 * GAP + EDGE
    right = sum(_column_width(column) for column in columns) + EDGE
    width = WIDTH - left - right
    below = BELOW_TICKS + ROW * len(rows_to_explain(samples, width)) + EDGE
    above = title_room(marks) + (COLUMN_HEADINGS if columns else 0.0)
    return new_axes(width, height, Room(left, right, above, below))


def name_rows(ax: Axes, groups: Sequence[str], tops: Sequence[float]) -> None:
    """Write the groups' names at the left of the axes.

    Parameters
    ----------
    ax : Axes
    groups : sequence of str
    tops : sequence of float
        The middle of each row, in points below the top of the axes.
    """
    corner = points_from(ax, 0, 1)
    for name, top in zip(label_names(groups, NAME_WIDTH), tops, strict=True):
        ax.text(-2 * GAP, -top, name, transform=corner, ha="right", va="center_baseline", parse_math=False)


def write_columns(ax: Axes, columns: Sequence[Sequence[str]], tops: Sequence[float]) -> None:
    """Write columns of numbers at the right of the axes, each under its heading, aligned at its right.

    Parameters are those of `axes_for_rows` and `name_rows`.
    """
    width, _ = size_in_points(ax)
    corner = points_from(ax, 0, 1)
    x = width
    for heading, *texts in columns:
        x += _column_width([heading, *texts])
        ax.text(x, ROW / 2, heading, transform=corner, ha="right", va="center_baseline", color=GREY)
        for text, top in zip(texts, tops, strict=True):
            ax.text(x, -top, text, transform=corner, ha="right", va="center_baseline", parse_math=False)


def _column_width(column: Sequence[str]) -> float:
    return BETWEEN_COLUMNS + max(text_width(text) for text in column)

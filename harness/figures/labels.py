"""Names beside lines: shortened to fit, pushed apart, and in columns where there are too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import Affine2D, ScaledTranslation, Transform

from harness.arrays import FloatArray
from harness.figures.shortening import fitting, telling, text_width
from harness.figures.style import GREY, LineStyle

__all__ = [
    "COLUMN",
    "ROW",
    "columns",
    "entry",
    "fitting",
    "gutter",
    "label_ends",
    "label_names",
    "points_from",
    "size_in_points",
    "spread",
    "text_width",
]


# In points. A row is more than the height of a line of text, so that names never touch.
ROW = 13.5
KEY = 26.0
GAP = 5.0
LEADER = 16.0
COLUMN = 14.0


def label_names(names: Sequence[str], width: float) -> tuple[str, ...]:
    """Return names short enough for labels, and distinct.

    Words that other names have too go first. A name that the font cannot draw, or that shortening makes the same as
    another, is given its number: its place among the names in order, whatever order a figure shows them in.

    Parameters
    ----------
    names : sequence of str
    width : float
        In points.
    """
    return _labels(tuple(names), width)


@lru_cache(maxsize=256)
def _labels(names: tuple[str, ...], width: float) -> tuple[str, ...]:
    short = [telling(name, names, width) for name in names]
    often = Counter(short)
    places = {name: place for place, name in enumerate(sorted(set(names)), 1)}
    return tuple(
        label
        if often[label] == 1 and "\N{REPLACEMENT CHARACTER}" not in label
        else f"{places[name]}: {fitting(name, width - text_width(f'{places[name]}: '))}"
        for name, label in zip(names, short, strict=True)
    )


def spread(wanted: FloatArray, gap: float, lowest: float, highest: float) -> FloatArray:
    """Return the nearest positions that are at least a gap apart, in the same order.

    Parameters
    ----------
    wanted : ndarray, shape (N,)
        Ascending.
    gap, lowest, highest : float
        Where N do not fit between the limits, those at the top go beyond.

    Returns
    -------
    ndarray, shape (N,)

    References
    ----------
    Least squares under order constraints after taking i × gap from the i-th position, by pooling adjacent
    violators: Barlow et al., Statistical Inference under Order Restrictions (1972), 1.2.
    """
    steps = gap * np.arange(len(wanted))
    blocks: list[list[float]] = []
    for value in wanted - steps:
        blocks.append([value])
        while len(blocks) > 1 and np.mean(blocks[-2]) >= np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1].extend(last)
    level = np.array([np.mean(block) for block in blocks for _ in block])
    apart: FloatArray = np.maximum(np.minimum(level, highest - gap * (len(wanted) - 1)), lowest) + steps
    return apart


def points_from(ax: Axes, x: float, y: float) -> Transform:
    """Return the transform of points counted from a place in the axes, which goes from 0 to 1."""
    scale = ax.get_figure(root=True).dpi_scale_trans  # type: ignore[union-attr]
    return Affine2D().scale(1 / 72) + scale + ScaledTranslation(x, y, ax.transAxes)  # type: ignore[arg-type]


def size_in_points(ax: Axes) -> tuple[float, float]:
    """Return width and height of the axes in points."""
    to_points = 72 / ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    return ax.bbox.width * to_points, ax.bbox.height * to_points


def entry(ax: Axes, transform: Transform, x: float, y: float, name: str, **line: Any) -> None:
    """Draw a sample of a line with its name to the right of it.

    Parameters
    ----------
    ax : Axes
    transform : Transform
        Of points.
    x, y : float
        The sample's left end.
    name : str
    **line
        Keyword arguments of the line.
    """
    sample = Line2D(
        [x, x + KEY / 2, x + KEY], [y, y, y], transform=transform, clip_on=False, markevery=[1], **line
    )
    ax.add_artist(sample)
    ax.text(
        x + KEY + GAP, y, name, transform=transform, va="center_baseline", parse_math=False, clip_on=False
    )


def gutter(names: Sequence[str]) -> float:
    """Return how many points the labels of line ends take to the right of the axes."""
    return LEADER + KEY + GAP + max(text_width(name) for name in names)


def label_ends(ax: Axes, heights: FloatArray, names: Sequence[str], styles: Sequence[LineStyle]) -> None:
    """Name lines at their right ends, each with a sample, and lead from the end to the name.

    Parameters
    ----------
    ax : Axes
    heights : ndarray, shape (G,)
        Where each line ends, in the axes from 0 to 1; NaN where there is no line. Ascending.
    names : sequence of str
    styles : sequence of LineStyle
    """
    _, height = size_in_points(ax)
    wanted = np.nan_to_num(np.clip(heights, 0, 1), nan=0) * height
    corner = points_from(ax, 1, 0)
    for place, end, name, style in zip(spread(wanted, ROW, 0, height), heights, names, styles, strict=True):
        if np.isfinite(end):
            ax.annotate(
                "",
                xy=(1, end),
                xycoords="axes fraction",
                xytext=(LEADER - 2, place),
                textcoords=corner,
                arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 1},
                annotation_clip=False,
            )
        entry(ax, corner, LEADER, place, name, **style.line)


def columns(names: Sequence[str], width: float) -> tuple[int, int, float]:
    """Return how many columns and rows of entries fit a width, and how wide a column is.

    Parameters
    ----------
    names : sequence of str
    width : float
        In points.
    """
    widest = KEY + GAP + max(text_width(name) for name in names) + COLUMN
    fit = max(1, min(len(names), int((width + COLUMN) // widest)))
    rows = -(-len(names) // fit)
    return -(-len(names) // rows), rows, widest

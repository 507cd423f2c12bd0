"""Names beside lines: shortened to fit, pushed apart, and in columns where there are too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.textpath import TextToPath
from matplotlib.transforms import Affine2D, ScaledTranslation, Transform

from harness.plots.style import FONT, GREY, TEXT_SIZE, LineStyle

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

FloatArray: TypeAlias = npt.NDArray[np.float64]

# In points. A row is more than the height of a line of text, so that names never touch.
ROW = 13.5
KEY = 26.0
GAP = 5.0
LEADER = 16.0
COLUMN = 14.0


@lru_cache(maxsize=8192)
def text_width(text: str, size: float = TEXT_SIZE) -> float:
    """Return how wide a text is drawn, in points.

    Parameters
    ----------
    text : str
    size : float
        In points.
    """
    width, _, _ = TextToPath().get_text_width_height_descent(
        text, FontProperties(family=[FONT], size=size), ismath=False
    )
    return float(width)


@lru_cache(maxsize=8192)
def fitting(text: str, width: float, size: float = TEXT_SIZE) -> str:
    """Return the text on one line, with an ellipsis in its middle where it is wider than so many points.

    Both ends stay, because names often differ only at the end.

    Parameters
    ----------
    text : str
    width, size : float
        In points.
    """
    text = "".join(
        c if ord(c) in _drawable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split())
    )
    if text_width(text, size) <= width:
        return text
    for kept in range(min(len(text), int(width)) - 1, 1, -1):
        tail = kept * 2 // 5
        short = f"{text[: kept - tail].rstrip()}…{text[len(text) - tail :].lstrip()}"
        if text_width(short, size) <= width:
            return short
    return "…"


@cache
def _drawable() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family=[FONT]))).get_charmap())


def label_names(names: Sequence[str], width: float) -> tuple[str, ...]:
    """Return names short enough for labels, and distinct.

    A name that the font cannot draw, or that shortening makes the same as another, is given its number.

    Parameters
    ----------
    names : sequence of str
    width : float
        In points.
    """
    short = [fitting(name, width) for name in names]
    often = Counter(short)
    return tuple(
        label
        if often[label] == 1 and "\N{REPLACEMENT CHARACTER}" not in label
        else f"{i}: {fitting(names[i - 1], width - text_width(f'{i}: '))}"
        for i, label in enumerate(short, 1)
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

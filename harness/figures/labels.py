"""Names beside lines: shortened to fit, kept distinct, pushed apart, and in columns where there are too many."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.textpath import TextToPath
from matplotlib.transforms import Affine2D, ScaledTranslation, Transform

from harness.arrays import FloatArray
from harness.figures.style import FONT, GREY, TEXT_SIZE, LineStyle
from harness.text import page

__all__ = [
    "COLUMN",
    "GAP",
    "KEY",
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

WORD = re.compile(r"×?[^\s×]+")
BEFORE_GAP = " ,;:–-"


def label_names(names: Sequence[str], width: float) -> tuple[str, ...]:
    """Return names short enough for labels, and distinct.

    Words that other names have too go first. A name that the font cannot draw, or that shortening makes the same as
    another, is given a number: its rank among the names in order, whatever order a figure shows them in.
    """
    return _labels(tuple(names), width)


@lru_cache(maxsize=256)
def _labels(names: tuple[str, ...], width: float) -> tuple[str, ...]:
    short = [_telling(name, names, width) for name in names]
    often = Counter(short)
    ranks = {name: rank for rank, name in enumerate(sorted(set(names)), 1)}
    return tuple(
        label
        if often[label] == 1 and "\N{REPLACEMENT CHARACTER}" not in label
        else f"{ranks[name]}: {fitting(name, width - text_width(f'{ranks[name]}: '))}"
        for name, label in zip(names, short, strict=True)
    )


def spread(wanted: FloatArray, gap: float, lowest: float, highest: float) -> FloatArray:
    """Return the positions nearest to ascending ones that are at least a gap apart, in the same order.

    Where not all fit between the limits, those at the top go beyond.

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
    """Draw a sample of a line, its left end at a position in points, with its name to the right of it."""
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
    for position, end, name, style in zip(
        spread(wanted, ROW, 0, height), heights, names, styles, strict=True
    ):
        if np.isfinite(end):
            ax.annotate(
                "",
                xy=(1, end),
                xycoords="axes fraction",
                xytext=(LEADER - 2, position),
                textcoords=corner,
                arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 1},
                annotation_clip=False,
            )
        entry(ax, corner, LEADER, position, name, **style.line)


def columns(names: Sequence[str], width: float) -> tuple[int, int, float]:
    """Return how many columns and rows of entries fit a width in points, and how wide a column is."""
    widest = KEY + GAP + max(text_width(name) for name in names) + COLUMN
    fit = max(1, min(len(names), int((width + COLUMN) // widest)))
    rows = -(-len(names) // fit)
    return -(-len(names) // rows), rows, widest


@lru_cache(maxsize=8192)
def text_width(text: str, size: float = TEXT_SIZE) -> float:
    """Return the width of a text of a size, both in points."""
    width, _, _ = TextToPath().get_text_width_height_descent(
        text, FontProperties(family=[FONT], size=size), ismath=False
    )
    return float(width)


@lru_cache(maxsize=8192)
def fitting(text: str, width: float, size: float = TEXT_SIZE) -> str:
    """Return the text on one line, with an ellipsis in its middle where it is wider than a width in points.

    Both ends stay, because names often differ only at the end.
    """
    text = _printable(text)
    if text_width(text, size) <= width:
        return text
    for kept in range(min(len(text), int(width)) - 1, 1, -1):
        tail = kept * 2 // 5
        short = f"{text[: kept - tail].rstrip(' …')}…{text[len(text) - tail :].lstrip(' …')}"
        if text_width(short, size) <= width:
            return short
    return "…"


def _printable(text: str) -> str:
    """Return the text on one line, with a sign in place of every letter that the font lacks.

    What has no form is written by its number, although the font has it: nothing would be seen there.
    """
    drawable = _charmap()
    return "".join(
        c if ord(c) in drawable else "\N{REPLACEMENT CHARACTER}" for c in " ".join(page(text).split())
    )


@cache
def _charmap() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family=[FONT]))).get_charmap())


def _telling(name: str, names: Sequence[str], width: float) -> str:
    """Return the words that tell a name from other names, with an ellipsis in place of those left out.

    Words that stand there twice and those that most names have go first, of these the last; the first word stays, and
    what tells the name from others that begin with it. What is too wide even then has an ellipsis in its middle.
    """
    text = _printable(name)
    drawn = [_printable(other) for other in names]
    words = list(WORD.finditer(text))
    often = Counter(word for other in drawn for word in _words(other))
    others = [_words(other) for other in drawn if other != text and other.split()[:1] == text.split()[:1]]
    kept = [True] * len(words)
    for index in _leaving([word.group() for word in words], often):
        short = _joined(text, words, kept)
        if text_width(short) <= width:
            break
        kept[index] = False
        left = {word.group() for word, stays in zip(words, kept, strict=True) if stays}
        kept[index] = any(left <= other for other in others)
    return fitting(_joined(text, words, kept), width)


def _leaving(words: Sequence[str], often: Counter[str]) -> list[int]:
    """Return the indices of the words but the first, in the order in which they may go."""
    return sorted(
        range(1, len(words)),
        key=lambda index: (words[index] not in words[:index], -often[words[index]], -index),
    )


def _words(name: str) -> frozenset[str]:
    return frozenset(WORD.findall(name))


def _joined(text: str, words: Sequence[re.Match[str]], kept: Sequence[bool]) -> str:
    """Return the kept words, in runs as they stand in the text."""
    if all(kept):
        return text
    runs: list[list[int]] = []
    for index, stays in enumerate(kept):
        if stays and index and kept[index - 1]:
            runs[-1].append(index)
        elif stays:
            runs.append([index])
    parts = [text[words[run[0]].start() : words[run[-1]].end()] for run in runs]
    ends_in_gap = [*(True for _ in parts[1:]), not kept[-1]]
    return "…".join(
        part.rstrip(BEFORE_GAP) if gap else part for part, gap in zip(parts, ends_in_gap, strict=True)
    ) + ("" if kept[-1] else "…")

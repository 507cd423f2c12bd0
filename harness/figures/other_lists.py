"""The safe threshold at other watchlists than the tested one: against their size, and against size and mix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from harness.arrays import BoolArray, FloatArray
from harness.figures.display import Display
from harness.figures.frame import (
    BELOW_TICKS,
    EDGE,
    HEIGHT,
    LEFT,
    TITLE_WIDTH,
    WIDTH,
    Room,
    Sample,
    explain,
    new_axes,
    rows_to_explain,
    set_title,
    title_room,
)
from harness.figures.heat import BAR_ROOM, colour_of, draw_colour_bar, ink_on, range_of
from harness.figures.labels import GAP, ROW, fitting, points_from, size_in_points
from harness.figures.scales import plain_axes
from harness.figures.style import DASHES, GREY, PALETTE, TEXT_SIZE, LineStyle
from harness.numbers import counted, percent, threshold_text
from harness.text import names_of_files

if TYPE_CHECKING:
    from harness.projection import Mixes, Projection

__all__ = ["ListMixDisplay", "ListSizeDisplay", "figures_of_projection"]

SAFE = LineStyle(PALETTE[0], DASHES[0], "o", "full")
NONE: dict[str, Any] = {"color": GREY, "linestyle": "none", "marker": "x", "markersize": 6}
WITHOUT: dict[str, Any] = {"facecolor": "#FFFFFF", "edgecolor": GREY, "hatch": "////", "linewidth": 0.6}
BEYOND: dict[str, Any] = {"facecolor": "#FFFFFF", "edgecolor": GREY, "linewidth": 0.4}
CELL_WIDTH, CELL_HEIGHT = 66.0, 22.0
SHARE_ROOM = 62.0
MOST_OF_NAME = 180.0
AT_THE_FOOT = 0.03


def figures_of_projection(projection: Projection) -> Iterator[tuple[str, Display]]:
    """Give every figure of a projection, not yet drawn; none where it has no curves.

    Parameters
    ----------
    projection : Projection

    Yields
    ------
    name : str
        A file name without its suffix.
    display : Display
    """
    if projection.sizes is not None:
        yield "safe_threshold_by_size", ListSizeDisplay.from_projection(projection)
    parts = names_of_files([mixes.group for mixes in projection.mixes])
    for mixes in projection.mixes:
        yield f"safe_threshold_by_mix_{parts[mixes.group]}", ListMixDisplay.from_projection(projection, mixes)


@dataclass(frozen=True, eq=False, kw_only=True)
class ListSizeDisplay(Display):
    """The safe threshold against the size of the list, at the tested mix.

    Parameters
    ----------
    matcher : str
    sizes : tuple of int, length S
    safe : ndarray of float64, shape (S,)
        NaN where there is none.
    better : {"higher", "lower"}
        Which scores speak for the same subject.
    """

    sizes: tuple[int, ...]
    safe: FloatArray
    better: Literal["higher", "lower"]

    @classmethod
    def from_projection(cls, projection: Projection) -> ListSizeDisplay:
        """Take the curve of a projection that has one."""
        assert projection.sizes is not None  # noqa: S101 - asked for by the caller
        study = projection.evaluation.study
        return cls(
            matcher=study.matcher_name,
            sizes=projection.sizes.sizes,
            safe=projection.sizes.safe,
            better=study.score.better,
        )

    @property
    def heading(self) -> str:
        """What is shown."""
        return "Safe threshold by size of the list"

    @property
    def details(self) -> str:
        """Which lists these are."""
        return f"Random parts of the tested list of {self.sizes[-1]:,}, with its mix"

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        found = ", ".join(
            f"{size:,}: {'none' if np.isnan(safe) else threshold_text(safe)}"
            for size, safe in zip(self.sizes, self.safe.tolist(), strict=True)
        )
        return (
            f"Line chart of the safe threshold of {self.matcher} against the size of the watchlist, on a logarithmic "
            f"scale, for random parts of the tested list of {self.sizes[-1]:,}. By size: {found}."
        )

    def _samples(self) -> list[Sample]:
        samples = [Sample("safe threshold", SAFE.line)]
        return (
            [*samples, Sample("none: the bounds are too wide", NONE)]
            if np.isnan(self.safe).any()
            else samples
        )

    def _new_axes(self) -> Axes:
        above, width = title_room(), WIDTH - LEFT - 2 * EDGE
        below = BELOW_TICKS + ROW * len(rows_to_explain(self._samples(), width)) + EDGE
        return new_axes(width, HEIGHT - above - below, Room(LEFT, 2 * EDGE, above, below))

    def _draw(self, ax: Axes) -> None:
        plain_axes(ax, grid="y")
        ax.set_xscale("log")
        ax.set_xlim(self.sizes[0] / 1.1, self.sizes[-1] * 1.1)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_xlabel("subjects on the list, logarithmic", fontsize=TEXT_SIZE)
        ax.set_ylabel("safe threshold", fontsize=TEXT_SIZE)
        known = ~np.isnan(self.safe)
        x = np.array(self.sizes, np.float64)
        if known.any():
            ax.plot(x, self.safe, label="safe threshold", **SAFE.line)
            low, high = float(self.safe[known].min()), float(self.safe[known].max())
            room = max((high - low) * 0.15, abs(high) * 0.01, 1e-6)
            ax.set_ylim(low - room, high + room)
        ax.yaxis.set_major_locator(MaxNLocator(6))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: threshold_text(round(value, 12))))
        if not known.all():
            height = np.full(int((~known).sum()), AT_THE_FOOT)
            ax.plot(x[~known], height, transform=ax.get_xaxis_transform(), label="_none", **NONE)
        if self.better == "lower":
            ax.invert_yaxis()
        set_title(ax, self.heading, self.matcher, self.details)
        explain(ax, self._samples())


@dataclass(frozen=True, eq=False, kw_only=True)
class ListMixDisplay(Display):
    """The safe threshold against the size of the list and the share of one group on it, as a heat map.

    Parameters
    ----------
    matcher : str
    attribute, group : str
    sizes : tuple of int, length S
    shares : tuple of float, length M
    safe : ndarray of float64, shape (M, S)
        NaN where there is none.
    tested : ndarray of bool, shape (M, S)
        Whether the tested list holds enough of every group.
    """

    attribute: str
    group: str
    sizes: tuple[int, ...]
    shares: tuple[float, ...]
    safe: FloatArray
    tested: BoolArray

    @classmethod
    def from_projection(cls, projection: Projection, mixes: Mixes) -> ListMixDisplay:
        """Take one map of a projection."""
        return cls(
            matcher=projection.evaluation.study.matcher_name,
            attribute=mixes.attribute,
            group=mixes.group,
            sizes=mixes.sizes,
            shares=mixes.shares,
            safe=mixes.safe,
            tested=mixes.tested,
        )

    @property
    def heading(self) -> str:
        """What is shown."""
        return f"Safe threshold by size and share of {self.group}"

    @property
    def details(self) -> str:
        """What the rest of each list is made of."""
        return f"Other groups of {self.attribute} divide the rest as on the tested list"

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        known = self.safe[~np.isnan(self.safe)]
        without = int((np.isnan(self.safe) & self.tested).sum())
        found = (
            f"Safe thresholds go from {threshold_text(known.min())} to {threshold_text(known.max())}."
            if len(known)
            else "There is no safe threshold."
        )
        return (
            f"Heat map of the safe threshold of {self.matcher} for {counted(len(self.sizes), 'size')} of the list, "
            f"from {self.sizes[0]:,} to {self.sizes[-1]:,}, in columns, and {counted(len(self.shares), 'share')} of "
            f"{self.group}, from {percent(self.shares[0])} to {percent(self.shares[-1])}, in rows. {found} "
            f"{counted(without, 'list')} without any, {counted(int((~self.tested).sum()), 'list')} not tested."
        )

    def _samples(self) -> list[Sample]:
        samples = []
        if (np.isnan(self.safe) & self.tested).any():
            samples.append(Sample("none: the bounds are too wide", WITHOUT, filled=True))
        if not self.tested.all():
            samples.append(Sample("–: more than was tested", BEYOND, filled=True))
        return samples

    def _new_axes(self) -> Axes:
        width, height = len(self.sizes) * CELL_WIDTH, len(self.shares) * CELL_HEIGHT
        right = max(EDGE, TITLE_WIDTH + EDGE - width)
        explained = ROW * len(rows_to_explain(self._samples(), width + right - EDGE))
        below = BELOW_TICKS + BAR_ROOM + explained + 2 * EDGE
        return new_axes(width, height, Room(SHARE_ROOM, right, title_room(), below))

    def _draw(self, ax: Axes) -> None:
        ax.set_xlim(0, len(self.sizes))
        ax.set_ylim(0, len(self.shares))
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
        known = self.safe[~np.isnan(self.safe)]
        scale = range_of(known)
        for row in range(len(self.shares)):
            for column in range(len(self.sizes)):
                self._draw_cell(ax, row, column, float(scale(self.safe[row, column])))
        _, height = size_in_points(ax)
        bottom = points_from(ax, 0, 0)
        for row, share in enumerate(self.shares):
            y = height * (row + 0.5) / len(self.shares)
            ax.text(-GAP, y, f"{100 * share:g} %", transform=bottom, ha="right", va="center_baseline")
        for column, size in enumerate(self.sizes):
            ax.text(CELL_WIDTH * (column + 0.5), -GAP, f"{size:,}", transform=bottom, ha="center", va="top")
        side = fitting(f"share of {self.group}", min(height, MOST_OF_NAME))
        ax.text(
            -SHARE_ROOM + EDGE,
            height / 2,
            side,
            transform=bottom,
            ha="left",
            va="center",
            rotation=90,
            parse_math=False,
        )
        middle = CELL_WIDTH * len(self.sizes) / 2
        ax.text(middle, -GAP - ROW, "subjects on the list", transform=bottom, ha="center", va="top")
        if len(known):
            draw_colour_bar(ax, scale, "safe threshold", BELOW_TICKS, threshold_text)
        set_title(ax, self.heading, self.matcher, self.details)
        explain(ax, self._samples(), below=BELOW_TICKS + BAR_ROOM)

    def _draw_cell(self, ax: Axes, row: int, column: int, shade: float) -> None:
        safe, name = float(self.safe[row, column]), f"{self.shares[row]:g} of {self.sizes[column]}"
        if not self.tested[row, column]:
            text, ink, look = "–", GREY, BEYOND
        elif np.isnan(safe):
            text, ink, look = "none", "#000000", WITHOUT
        else:
            colour = colour_of(shade)
            text, ink = threshold_text(safe), ink_on(colour)
            look = {"facecolor": colour, "edgecolor": "#FFFFFF", "linewidth": 0.4}
        ax.add_patch(Rectangle((column, row), 1, 1, label=name, clip_on=False, **look))
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 1} if text == "none" else None
        ax.text(
            column + 0.5, row + 0.5, text, color=ink, ha="center", va="center_baseline", zorder=4, bbox=ground
        )

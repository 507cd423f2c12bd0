"""At which rank mated searches return the right person, a row of bars for each group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import FloatArray, IntArray
from harness.errors import InputError
from harness.figures.display import MOST_NAMED, Display
from harness.figures.frame import (
    EDGE,
    NAME_WIDTH,
    WIDTH,
    Room,
    Sample,
    explain,
    new_axes,
    rows_to_explain,
    set_title,
    title_room,
)
from harness.figures.labels import GAP, ROW, label_names, points_from, size_in_points, text_width
from harness.figures.scales import plain_axes
from harness.figures.style import GREY, GRID, PALETTE, TEXT_SIZE, FillStyle
from harness.numbers import counted, percent, power_of_ten

__all__ = ["CandidateRanksDisplay"]

# In points.
ROW_HEIGHT = 46.0
ABOVE_BARS = 14.0
"""Room in each row above the highest bar, for the count."""

MOST_RANKS = 8
"""Of longer lists, the later ranks are put together."""

# Unlike every verdict: a pattern that means a verdict means nothing else.
FIRST = FillStyle(PALETTE[2], "#7FB2D5", "")
LATER = FillStyle(PALETTE[1], "#CDEBE0", "||||")
NOT_FOUND = FillStyle(GREY, "#DEDEDE", "")


@dataclass(frozen=True, eq=False, kw_only=True)
class CandidateRanksDisplay(Display):
    """Mated searches by the rank at which the right person is returned, a row of bars for each group.

    The height of a bar is the share of the group's mated searches, on a logarithmic scale that all rows share; the
    count is written above it. The arrays are the figure's own, as counted elsewhere.

    Parameters
    ----------
    matcher : str
    axis : str
    groups : tuple of str, length G
    counts : ndarray of int64, shape (G, R)
        Mated searches in which the right person has rank 1 to R.
    not_returned : ndarray of int64, shape (G,)
        Those in which that person is not among the candidates.
    failed : ndarray of int64, shape (G,)
        Those in which no face was acquired.
    returned : str
        Which candidates are meant, such as ``score of at least 0.5``.

    Raises
    ------
    InputError
        Where an array has another shape.

    Examples
    --------
    >>> display = CandidateRanksDisplay(
    ...     matcher="mine 1", axis="sex", groups=("female", "male"), returned="score of at least 0.5",
    ...     counts=np.array([[90, 3], [80, 0]]), not_returned=np.array([7, 20]), failed=np.array([0, 0]),
    ... ).plot()
    >>> display.title
    'Rank of the right person by sex, matcher mine 1'
    """

    axis: str
    groups: tuple[str, ...]
    counts: IntArray
    not_returned: IntArray
    failed: IntArray
    returned: str

    def __post_init__(self) -> None:
        groups = len(self.groups)
        for name, wanted in (
            ("counts", (groups, *self.counts.shape[1:2])),
            ("not_returned", (groups,)),
            ("failed", (groups,)),
        ):
            shape = getattr(self, name).shape
            if shape != wanted:
                raise InputError(f"{name} of CandidateRanksDisplay has shape {shape}, and not {wanted}")

    @property
    def heading(self) -> str:
        """What is shown, by which axis."""
        return f"Rank of the right person by {self.axis}"

    @property
    def details(self) -> str:
        """Which candidates are meant."""
        return f"Mated searches; candidates with a {self.returned}"

    @property
    def columns(self) -> tuple[str, ...]:
        """What each bar of a row is of: ranks, the later ones together, then who is not returned and what failed."""
        ranks = self.counts.shape[1]
        shown = ranks if ranks <= MOST_RANKS else MOST_RANKS - 1
        later = [f"{shown + 1}–{ranks}"] if shown < ranks else []
        return (*(str(rank + 1) for rank in range(shown)), *later, "not\nreturned", "failed")

    @property
    def heights(self) -> IntArray:
        """Mated searches of every group and column, shape (G, K)."""
        shown = len(self.columns) - 2
        ranks = self.counts
        if shown < ranks.shape[1]:
            ranks = np.column_stack([ranks[:, : shown - 1], ranks[:, shown - 1 :].sum(axis=1)])
        return np.column_stack([ranks, self.not_returned, self.failed])

    @property
    def searches(self) -> IntArray:
        """Mated searches of each group, shape (G,)."""
        return np.asarray(self.heights.sum(axis=1))

    @property
    def shares(self) -> FloatArray:
        """Share of each group's mated searches, shape (G, K); NaN for a group without any."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.heights / self.searches[:, None], dtype=np.float64)

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        named = f": {', '.join(self.groups)}" if len(self.groups) <= MOST_NAMED else ""
        groups = f"{counted(len(self.groups), 'group')} of {self.axis}{named}"
        return (
            f"Bar charts of the rank at which mated searches of {self.matcher} return the right person, among "
            f"candidates with a {self.returned}, a row for each of {groups}; "
            f"shares of mated searches, on a logarithmic scale. {' '.join(self._said())}"
        )

    def _said(self) -> Iterator[str]:
        tried = [int(group) for group in np.flatnonzero(self.searches)]
        first = self.shares[:, 0]
        told = sorted(tried, key=lambda group: float(-first[group]))
        if len(told) > MOST_NAMED:
            told = [told[0], told[-1]]
            yield "The groups with the largest and the smallest share at rank 1 are these."
        for group in told:
            heights, searches = self.heights[group], int(self.searches[group])
            later = int(heights[1:-2].sum())
            yield (
                f"{self.groups[group]}: {percent(heights[0] / searches)} of {searches:,} at rank 1, "
                f"{percent(later / searches)} at a later rank, {percent(heights[-2] / searches)} not returned, "
                f"{percent(heights[-1] / searches)} failed."
            )
        untried = [name for name, searches in zip(self.groups, self.searches, strict=True) if not searches]
        if untried:
            yield f"Without mated searches: {counted(len(untried), 'group')}."

    @property
    def _decades(self) -> int:
        """How many powers of ten the bars span: the shortest is that of a share a little above the lowest."""
        shares = self.shares[np.isfinite(self.shares) & (self.shares > 0)]
        return max(1, int(np.floor(-np.log10(shares.min()))) + 1) if len(shares) else 1

    def _samples(self) -> list[Sample]:
        return [
            Sample("first", FIRST.patch, filled=True),
            Sample("returned at a later rank", LATER.patch, filled=True),
            Sample("not returned, or no face acquired", NOT_FOUND.patch, filled=True),
        ]

    def _labels(self) -> Sequence[str]:
        return label_names(self.groups, NAME_WIDTH)

    def _new_axes(self) -> Axes:
        counts = max(text_width(self._counted(group)) for group in range(len(self.groups)))
        names = max(text_width(name) for name in self._labels())
        left = max(names, counts) + 2 * EDGE + GAP
        right = text_width(power_of_ten(-9)) + 2 * EDGE
        width = WIDTH - left - right
        height = ROW_HEIGHT * len(self.groups)
        below = 3 * ROW + 2 * EDGE + ROW * len(rows_to_explain(self._samples(), width))
        return new_axes(width, height, Room(left, right, title_room(), below))

    def _counted(self, group: int) -> str:
        return counted(int(self.searches[group]), "search", "searches")

    def _draw(self, ax: Axes) -> None:
        plain_axes(ax, grid=None)
        _, height = size_in_points(ax)
        row, columns = height / len(self.groups), self.columns
        ax.set_xlim(-0.5, len(columns) - 0.5)
        ax.set_ylim(height, 0)
        ax.set_yticks([])
        ax.spines[["left", "bottom"]].set_visible(False)
        ax.set_xticks(range(len(columns)), columns)
        ax.tick_params(axis="x", length=0)
        ax.set_xlabel("rank of the right person", fontsize=TEXT_SIZE)
        labels = self._labels()
        for group in range(len(self.groups)):
            self._draw_row(ax, group, row * (group + 1), row - ABOVE_BARS)
            self._name_row(ax, row * (group + 1), labels[group], self._counted(group))
        set_title(ax, self.heading, self.matcher, self.details)
        explain(ax, self._samples(), below=3 * ROW + EDGE)

    def _draw_row(self, ax: Axes, group: int, base: float, room: float) -> None:
        decades = self._decades
        ax.plot([-0.5, len(self.columns) - 0.5], [base, base], color=GREY, linewidth=0.8, label="_base")
        for decade in range(decades):
            y = base - room * (1 - decade / decades)
            ax.plot(
                [-0.5, len(self.columns) - 0.5],
                [y, y],
                color=GRID,
                linewidth=0.6,
                zorder=0.5,
                label=f"_{10.0**-decade:g}",
            )
        for column, (share, searches) in enumerate(zip(self.shares[group], self.heights[group], strict=True)):
            tall = room * max(0.0, 1 + np.log10(share) / decades) if searches else 0.0
            if searches:
                ax.bar(
                    column,
                    -tall,
                    bottom=base,
                    width=0.62,
                    label=f"{self.groups[group]}: {self.columns[column].replace(chr(10), ' ')}",
                    **self._style(column).patch,
                )
            ax.annotate(
                f"{searches:,}",
                (column, base - tall),
                xytext=(0, 1.5),
                textcoords="offset points",
                ha="center",
                va="bottom",
                color=GREY if not searches else "black",
                annotation_clip=False,
            )

    def _style(self, column: int) -> FillStyle:
        if column == 0:
            return FIRST
        return LATER if column < len(self.columns) - 2 else NOT_FOUND

    def _name_row(self, ax: Axes, base: float, name: str, searches: str) -> None:
        _, height = size_in_points(ax)
        corner = points_from(ax, 0, 0)
        for text, above in ((name, 1.5 * ROW), (searches, 0.5 * ROW)):
            ax.text(
                -EDGE,
                height - base + above,
                text,
                transform=corner,
                ha="right",
                va="center_baseline",
                parse_math=False,
                clip_on=False,
                color="black" if text == name else GREY,
            )
        right = points_from(ax, 1, 0)
        room = height / len(self.groups) - ABOVE_BARS
        for text, above in (("100 %", room), (percent_of(self._decades), 0.0)):
            ax.text(
                GAP,
                height - base + above,
                text,
                transform=right,
                va="center_baseline",
                color=GREY,
                clip_on=False,
            )


def percent_of(decades: int) -> str:
    """Write the share at the foot of the bars."""
    return f"{100 * 10.0**-decades:g} %"

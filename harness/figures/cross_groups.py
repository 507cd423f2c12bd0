"""False match rates of probes of each group against references of each: the full matrix at one threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from harness.arrays import FloatArray, IntArray
from harness.errors import InputError
from harness.figures.display import NAMES, Display, axis_of, index_to_read, matcher_of, what_is_read
from harness.figures.frame import (
    EDGE,
    Room,
    Sample,
    explain,
    new_axes,
    rows_to_explain,
    set_title,
    title_room,
)
from harness.figures.heat import BAR_ROOM, colour_of, draw_colour_bar, ink_on, range_of, signed
from harness.figures.labels import GAP, ROW, label_names, points_from, size_in_points, text_width
from harness.figures.style import GREY
from harness.numbers import about, counted, number

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["CrossGroupDisplay"]


BETWEEN_SIDES = " → "
# In points.
NARROWEST, WIDEST, MATRIX_WIDTH = 30.0, 66.0, 420.0
CELL_HEIGHT = 22.0
SIDE_NAME = 120.0
LEAST_WIDTH = 300.0
AXIS_TITLE = 18.0
SAME_GROUP: dict[str, Any] = {"facecolor": "none", "edgecolor": "#000000", "linewidth": 1.6}
WITHOUT_EVENTS: dict[str, Any] = {
    "facecolor": "#FFFFFF",
    "edgecolor": GREY,
    "hatch": "////",
    "linewidth": 0.6,
}
UNTRIED: dict[str, Any] = {"facecolor": "#FFFFFF", "edgecolor": GREY, "linewidth": 0.4}


@dataclass(frozen=True, eq=False, kw_only=True)
class CrossGroupDisplay(Display):
    """log10 of the false match rate of every two groups, as a heat map with the number in each cell.

    A cell without errors has no logarithm: it is hatched, and says of how many trials, or 0 where that is too long.

    Parameters
    ----------
    matcher : str
    axis : str
    rate : str
        FMR, or FPIR of searches.
    threshold : float
    read : str
        The threshold in words, such as ``the safe threshold 0.59``.
    groups : tuple of str, length G
    trials, errors : ndarray of int64, shape (G, G)
        By the group of the probe and that of the reference.
    estimate, upper : ndarray of float64, shape (G, G)
        NaN where there are no trials.
    """

    axis: str
    rate: str
    threshold: float
    read: str
    groups: tuple[str, ...]
    trials: IntArray
    errors: IntArray
    estimate: FloatArray
    upper: FloatArray

    @classmethod
    def from_evaluation(
        cls, evaluation: Evaluation, axis: str, threshold: float | None = None
    ) -> CrossGroupDisplay:
        """Take the matrix of one axis, of a study with pairing ``cross``; see `Display`.

        Parameters
        ----------
        evaluation : Evaluation
        axis : str
        threshold : float, optional
            One of the evaluated ones. By default the safe one; where there is none, the lowest at which no
            disparity is detected on the axis; else the strictest with a false match.
        """
        across = axis_of(evaluation, axis).across
        if across is None:
            raise InputError(
                f"the study's pairing is {evaluation.study.pairing}, which has no rates across groups; "
                "evaluate with pairing: cross"
            )
        index = index_to_read(evaluation, axis, threshold)
        sides = [_sides(name) for name in across.groups]
        groups = tuple(sorted({side for pair in sides for side in pair}))
        number = {group: i for i, group in enumerate(groups)}
        at = tuple(np.array([[number[a], number[b]] for a, b in sides]).T)

        def matrix(values: FloatArray | IntArray, without: float) -> FloatArray:
            filled = np.full((len(groups), len(groups)), without)
            filled[at] = values
            return filled

        return cls(
            matcher=matcher_of(evaluation),
            axis=axis,
            rate=across.name,
            threshold=float(evaluation.thresholds[index]),
            read=what_is_read(evaluation, axis, index),
            groups=groups,
            trials=matrix(across.trials, 0).astype(np.int64),
            errors=matrix(across.errors[:, index], 0).astype(np.int64),
            estimate=matrix(across.estimate[:, index], np.nan),
            upper=matrix(across.upper[:, index], np.nan),
        )

    @property
    def heading(self) -> str:
        """Which rate, across which axis."""
        return f"{self.rate} across {self.axis}"

    @property
    def details(self) -> str:
        """At which threshold, and what the numbers are."""
        return f"At {self.read}; numbers are log10 of {self.rate}"

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        said = (
            f"Heat map of log10 of the {NAMES[self.rate]} ({self.rate}) of {self.matcher} at {self.read}: probes of "
            f"{counted(len(self.groups), 'group')} of {self.axis} in rows, references in columns."
        )
        return " ".join([said, self._extremes(), *self._empty()])

    def _extremes(self) -> str:
        with_errors = np.where(self.errors > 0, self.estimate, np.nan)
        if not np.isfinite(with_errors).any():
            return "No cell has errors."
        ends = [
            np.unravel_index(pick(with_errors), with_errors.shape) for pick in (np.nanargmax, np.nanargmin)
        ]
        named = [
            f"{self.groups[probe]} against {self.groups[reference]}, {number(with_errors[probe, reference])} "
            f"({self.errors[probe, reference]:,} of {self.trials[probe, reference]:,})"
            for probe, reference in ends
        ]
        return f"The highest rate is that of {named[0]}; the lowest with errors that of {named[1]}."

    def _empty(self) -> list[str]:
        without = (self.errors == 0) & (self.trials > 0)
        said = []
        if without.any():
            trials = self.trials[without]
            said.append(
                f"{counted(int(without.sum()), 'cell')} without errors among {trials.min():,} to {trials.max():,} "
                f"trials (upper bounds to {number(self.upper[without].max())})."
            )
        untried = int((self.trials == 0).sum())
        if untried:
            said.append(f"{counted(untried, 'cell')} without trials.")
        return said

    def _samples(self) -> list[Sample]:
        samples = [Sample("probe and reference of one group", SAME_GROUP, filled=True)]
        without = (self.errors == 0) & (self.trials > 0)
        if without.any():
            trials = self.trials[without]
            few = (
                f"{trials.min():,}"
                if trials.min() == trials.max()
                else f"{trials.min():,} to {trials.max():,}"
            )
            bound = self.upper[without].max()
            samples.append(
                Sample(
                    f"no match in {few} trials: {self.rate} below {about(bound)}", WITHOUT_EVENTS, filled=True
                )
            )
        if (self.trials == 0).any():
            samples.append(Sample("–: no trials", UNTRIED, filled=True))
        return samples

    def _new_axes(self) -> Axes:
        names = label_names(self.groups, SIDE_NAME)
        longest = max(text_width(name) for name in names)
        cell = min(max(MATRIX_WIDTH / len(self.groups), NARROWEST), WIDEST)
        width, height = len(self.groups) * cell, len(self.groups) * CELL_HEIGHT
        left = EDGE + AXIS_TITLE + longest + 2 * GAP
        right = max(EDGE, LEAST_WIDTH + 160 - width - left)
        explained = ROW * len(rows_to_explain(self._samples(), width + right - EDGE))
        below = longest + 2 * GAP + AXIS_TITLE + BAR_ROOM + explained + 2 * EDGE
        return new_axes(width, height, Room(left, right, title_room(), below))

    def _draw(self, ax: Axes) -> None:
        size = len(self.groups)
        ax.set_xlim(0, size)
        ax.set_ylim(size, 0)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
        scale = range_of(np.log10(self.estimate[self.errors > 0]))
        for probe in range(size):
            for reference in range(size):
                self._draw_cell(ax, probe, reference, scale)
        for i in range(size):
            ax.add_patch(Rectangle((i, i), 1, 1, zorder=3, clip_on=False, **SAME_GROUP))
        below = self._name_sides(ax)
        draw_colour_bar(ax, scale, f"log10 of {self.rate}", below, signed)
        set_title(ax, self.heading, self.matcher, self.details)
        explain(ax, self._samples(), below=below + BAR_ROOM)

    def _draw_cell(self, ax: Axes, probe: int, reference: int, scale: Normalize) -> None:
        name = f"{self.groups[probe]}{BETWEEN_SIDES}{self.groups[reference]}"
        trials, errors = int(self.trials[probe, reference]), int(self.errors[probe, reference])
        ground: dict[str, Any] | None = None
        if not trials:
            text, ink, look = "–", GREY, UNTRIED
        elif not errors:
            width = size_in_points(ax)[0] / len(self.groups)
            text, ink, look = f"0 of {trials:,}", "#000000", WITHOUT_EVENTS
            text = text if text_width(text) + GAP <= width else "0"
            ground = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        else:
            logarithm = float(np.log10(self.estimate[probe, reference]))
            colour = colour_of(float(scale(logarithm)))
            text, ink = signed(logarithm), ink_on(colour)
            look = {"facecolor": colour, "edgecolor": "#FFFFFF", "linewidth": 0.4}
        ax.add_patch(Rectangle((reference, probe), 1, 1, label=name, clip_on=False, **look))
        middle = (reference + 0.5, probe + 0.5)
        ax.text(*middle, text, color=ink, ha="center", va="center_baseline", zorder=4, bbox=ground)

    def _name_sides(self, ax: Axes) -> float:
        """Name rows and columns; return how far below the axes that goes, in points."""
        names = label_names(self.groups, SIDE_NAME)
        width, height = size_in_points(ax)
        longest = max(text_width(name) for name in names)
        top, bottom = points_from(ax, 0, 1), points_from(ax, 0, 0)
        for i, name in enumerate(names):
            y, x = -height * (i + 0.5) / len(names), width * (i + 0.5) / len(names)
            ax.text(-GAP, y, name, transform=top, ha="right", va="center_baseline", parse_math=False)
            ax.text(x, -GAP, name, transform=bottom, ha="center", va="top", rotation=90, parse_math=False)
        ax.text(-longest - 2 * GAP, -height / 2, "probe", transform=top, ha="right", va="center", rotation=90)
        below = longest + 2 * GAP
        ax.text(width / 2, -below, "reference", transform=bottom, ha="center", va="top")
        return below + AXIS_TITLE


def _sides(name: str) -> tuple[str, str]:
    """The groups of probe and reference in the name of a cell.

    A group's own name may hold an arrow; then the arrow in the middle divides the two.
    """
    parts = name.split(BETWEEN_SIDES)
    middle = len(parts) // 2
    return BETWEEN_SIDES.join(parts[:middle]), BETWEEN_SIDES.join(parts[middle:])

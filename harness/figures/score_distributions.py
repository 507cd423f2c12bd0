"""How the scores of mated and of non-mated trials are distributed, a row for each group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import FloatArray, IntArray
from harness.figures.display import ThresholdDisplay, axis_of
from harness.figures.frame import Sample, explain, set_title
from harness.figures.labels import size_in_points
from harness.figures.marks import draw_marks, marks_of, room_for_marks
from harness.figures.rows import COLUMN_HEADINGS, axes_for_rows, name_rows, write_columns
from harness.figures.scales import plain_axes, threshold_scale
from harness.figures.style import GREY, GRID, PALETTE, FillStyle
from harness.figures.words import MOST_NAMED, counted, marks_said, share, some, threshold_text

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["ScoreDistributionDisplay"]

MOST_BINS = 60
# In points.
HIGH_ROW, LOW_ROW = 44.0, 26.0
MANY_ROWS = 8
FILLED = 0.88
"""How much of its row the highest distribution takes."""

NON_MATED = FillStyle(PALETTE[2], "#CFE5F3", "")
MATED = FillStyle(PALETTE[3], "#FBE3D3", "////")
BEYOND: dict[str, Any] = {"color": GREY, "linestyle": "", "marker": "<", "markersize": 5}


@dataclass(frozen=True, eq=False, kw_only=True)
class ScoreDistributionDisplay(ThresholdDisplay):
    """Share of each group's trials between neighbouring thresholds, per unit of score; each row has its own scale.

    Scores are known only by how many trials lie between evaluated thresholds: those more lenient than the first
    and those that match at the last are lumped, marked by triangles and not drawn.

    Parameters
    ----------
    groups : tuple of str, length G
    edges : ndarray of float64, shape (B + 1,)
        Those of the evaluated thresholds between which trials are counted, from lenient to strict.
    non_mated, mated : ndarray of int64, shape (G, B + 2)
        Trials before the first edge, between every two, and from the last on.

    Notes
    -----
    More parameters are those of `ThresholdDisplay`.
    """

    groups: tuple[str, ...]
    edges: FloatArray
    non_mated: IntArray
    mated: IntArray

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str) -> ScoreDistributionDisplay:
        """Take the counts between neighbouring thresholds from an evaluation.

        Parameters
        ----------
        evaluation : Evaluation
        axis : str
            The name of one of its axes.

        Raises
        ------
        InputError
            Where the evaluation has no such axis.
        """
        found = axis_of(evaluation, axis)
        non_mated, mated = found.false_matches, found.false_non_matches
        places = _spread_evenly(evaluation.thresholds)
        along = cls._along(evaluation, axis)
        along["shown"] = slice(None)  # the scores themselves are shown, wherever they lie
        return cls(
            **along,
            groups=non_mated.groups,
            edges=evaluation.thresholds[places],
            non_mated=_between(non_mated.errors, non_mated.trials, places),
            mated=_between(mated.trials[:, None] - mated.errors, mated.trials, places),
        )

    @property
    def heading(self) -> str:
        """Whose scores."""
        return f"Scores by {self.axis}"

    @property
    def details(self) -> str:
        """What height stands for, and whether there is a safe threshold."""
        return f"Height: share of trials per unit of score, by row{self._if_unsafe}"

    @property
    def densities(self) -> tuple[FloatArray, FloatArray]:
        """Share of the trials of each group per unit of score, non-mated and mated, shape (G, B)."""
        width = np.abs(np.diff(self.edges))
        with np.errstate(invalid="ignore", divide="ignore"):
            non_mated, mated = (
                n[:, 1:-1] / n.sum(axis=1)[:, None] / width for n in (self.non_mated, self.mated)
            )
        return non_mated, mated

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        direction = "" if self.better == "higher" else " (distances: lower is more alike)"
        named = f": {', '.join(self.groups)}" if len(self.groups) <= MOST_NAMED else ""
        return " ".join(
            [
                f"Distributions of the scores of non-mated and of mated trials of {self.matcher}{direction}, a row for "
                f"each of {counted(len(self.groups), 'group')} of {self.axis}{named}, counted in "
                f"{counted(max(len(self.edges) - 1, 0), 'interval')} between evaluated thresholds from "
                f"{threshold_text(self.edges[0])} to {threshold_text(self.edges[-1])}.",
                *self._modes(),
                self._outside(),
                marks_said(self),
            ]
        )

    def _modes(self) -> Iterator[str]:
        if len(self.edges) < 2:
            return
        for name, densities in zip(("non-mated", "mated"), self.densities, strict=True):
            known = np.flatnonzero(np.isfinite(densities).all(axis=1))
            if len(known) and densities[known].max() > 0:
                modes = self.edges[densities[known].argmax(axis=1)]
                ends = dict.fromkeys(threshold_text(mode) for mode in (modes.min(), modes.max()))
                yield f"The groups' {name} scores are densest in intervals that start at {' to '.join(ends)}."

    def _outside(self) -> str:
        said = [f"{share(part)} of a group's {name} trials" for name, part in self._lumped().items() if part]
        trials = zip(self.groups, self.non_mated.sum(axis=1), self.mated.sum(axis=1), strict=True)
        untried = [group for group, non_mated, mated in trials if not (non_mated and mated)]
        without = f" Without trials of a kind: {some(untried)}." if untried else ""
        if not said:
            return f"No score lies outside.{without}"
        return f"Up to {' and '.join(said)} lie outside these thresholds and are not drawn.{without}"

    def _lumped(self) -> dict[str, float]:
        """The largest share of a group's trials that lies beyond the edges and so is not drawn, by kind."""
        lumped = {}
        for name, trials in (("non-mated", self.non_mated), ("mated", self.mated)):
            tried = trials[trials.sum(axis=1) > 0]
            beyond = (tried[:, 0] + tried[:, -1]) / tried.sum(axis=1)
            lumped[name] = float(beyond.max(initial=0))
        return lumped

    def _columns(self) -> list[list[str]]:
        return [
            ["non-mated", *(f"{n:,}" for n in self.non_mated.sum(axis=1))],
            ["mated", *(f"{n:,}" for n in self.mated.sum(axis=1))],
        ]

    def _samples(self) -> list[Sample]:
        lumped = [f"{share(part)} of {name}" for name, part in self._lumped().items() if part]
        beyond = [Sample(f"beyond, not drawn: up to {', '.join(lumped)}", BEYOND)] if lumped else []
        kinds = (("non-mated", NON_MATED), ("mated", MATED))
        return [*(Sample(name, style.patch, filled=True) for name, style in kinds), *beyond]

    def _new_axes(self) -> Axes:
        row = HIGH_ROW if len(self.groups) <= MANY_ROWS else LOW_ROW
        height = row * len(self.groups)
        return axes_for_rows(
            self.groups, self._columns(), height, self._samples(), room_for_marks(marks_of(self))
        )

    def _draw(self, ax: Axes) -> None:
        plain_axes(ax, grid=None)
        threshold_scale(ax, self.thresholds, self.better)
        kind = "similarity" if self.better == "higher" else "distance"
        ax.set_xlabel(f"{kind} score; more alike to the right")
        _, height = size_in_points(ax)
        row = height / len(self.groups)
        ax.set_ylim(height, 0)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        non_mated, mated = self.densities
        for group, name in enumerate(self.groups):
            base = row * (group + 1)
            ax.axhline(base, color=GRID, linewidth=0.6, zorder=1)
            both = np.concatenate([non_mated[group], mated[group]])
            scale = row * FILLED / (both[np.isfinite(both)].max(initial=0) or 1)
            self._draw_steps(ax, f"{name}, non-mated", base, non_mated[group] * scale, NON_MATED)
            self._draw_steps(ax, f"{name}, mated", base, mated[group] * scale, MATED)
            self._mark_beyond(ax, group, base - row / 4)
        middles = [row * (group + 0.5) for group in range(len(self.groups))]
        name_rows(ax, self.groups, middles)
        write_columns(ax, self._columns(), middles)
        draw_marks(ax, marks_of(self))
        set_title(
            ax,
            self.heading,
            self.matcher,
            self.details,
            above=max(room_for_marks(marks_of(self)), COLUMN_HEADINGS),
        )
        explain(ax, self._samples())

    def _draw_steps(self, ax: Axes, name: str, base: float, heights: FloatArray, style: FillStyle) -> None:
        if len(heights) and np.isfinite(heights).all():
            patch: dict[str, Any] = {**style.patch, "alpha": 0.75, "linewidth": 0.9}
            ax.stairs(base - heights, self.edges, baseline=base, fill=True, label=name, **patch)

    def _mark_beyond(self, ax: Axes, group: int, y: float) -> None:
        """Mark the ends beyond which some of a group's trials lie."""
        for x, marker, place in zip(ax.get_xlim(), ("<", ">"), (0, -1), strict=True):
            if self.non_mated[group, place] or self.mated[group, place]:
                ax.plot([x], [y], label="_beyond", zorder=4, clip_on=False, **BEYOND | {"marker": marker})


def _between(matches: IntArray, trials: IntArray, places: list[int]) -> IntArray:
    """How many trials lie before, between and after some thresholds, from how many match at each."""
    counted: IntArray = -np.diff(matches[:, places], axis=1, prepend=trials[:, None], append=0)
    return counted


def _spread_evenly(thresholds: FloatArray) -> list[int]:
    """Places of thresholds nearest to an even grid; both ends are among them."""
    if len(thresholds) <= MOST_BINS:
        return list(range(len(thresholds)))
    grid = np.linspace(thresholds[0], thresholds[-1], MOST_BINS + 1)
    nearest = {int(np.argmin(np.abs(thresholds - at))) for at in grid}
    return sorted(nearest)

"""Figures with a row for each group: its rate at one threshold, and how its scores are distributed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import FloatArray, IntArray
from harness.figures.display import (
    MOST_NAMED,
    NAMES,
    Display,
    ThresholdDisplay,
    axis_of,
    index_to_read,
    matcher_of,
    some,
    what_is_read,
)
from harness.figures.frame import (
    BELOW_TICKS,
    EDGE,
    NAME_WIDTH,
    WIDTH,
    Room,
    Sample,
    draw_marks,
    explain,
    new_axes,
    room_for_marks,
    rows_to_explain,
    set_title,
    title_room,
)
from harness.figures.labels import GAP, ROW, label_names, points_from, size_in_points, text_width
from harness.figures.scales import plain_axes, rate_limits, rate_scale, threshold_scale
from harness.figures.style import BOUND, GREY, GRID, PALETTE, SOLID, FillStyle, LineStyle
from harness.numbers import confidence_text, counted, number, percent, threshold_text

if TYPE_CHECKING:
    from harness.evaluation import Evaluation
    from harness.statistics.rates import Rates

__all__ = ["GroupsAtThresholdDisplay", "ScoreDistributionDisplay"]


ROW_HEIGHT = 17.0  # in points
ESTIMATE = LineStyle(PALETTE[2], SOLID, "o", "full")

MOST_BINS = 60

# In points.
HIGH_ROW, LOW_ROW = 44.0, 26.0
MANY_ROWS = 8
FILLED = 0.88
"""How much of its row the highest distribution takes."""

# Unlike every verdict: a pattern that means a verdict means nothing else.
NON_MATED = FillStyle(GREY, "#DEDEDE", "")
MATED = FillStyle(PALETTE[1], "#CDEBE0", "||||")
BEYOND: dict[str, Any] = {"color": GREY, "linestyle": "", "marker": "<", "markersize": 5}

BETWEEN_COLUMNS = 12.0
COLUMN_HEADINGS = ROW
"""The height of headings above the axes, in points."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupsAtThresholdDisplay(Display):
    """False match rate of every group at one threshold, with intervals, on a logarithmic scale.

    A group without errors has no point: its interval runs from the edge to its upper bound.

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
    trials, errors : ndarray of int64, shape (G,)
    estimate, lower, upper : ndarray of float64, shape (G,)
        NaN where there are no trials.
    confidence : float
        Of the two-sided intervals, each by itself.
    """

    axis: str
    rate: str
    threshold: float
    read: str
    groups: tuple[str, ...]
    trials: IntArray
    errors: IntArray
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    confidence: float

    @classmethod
    def from_evaluation(
        cls, evaluation: Evaluation, axis: str, threshold: float | None = None
    ) -> GroupsAtThresholdDisplay:
        """Take the rates of one axis; see `Display`.

        Parameters
        ----------
        evaluation : Evaluation
        axis : str
        threshold : float, optional
            One of the evaluated ones. By default the safe one; where there is none, the lowest at which no
            disparity is detected on the axis; else the strictest with a false match.
        """
        rates: Rates = axis_of(evaluation, axis).false_matches
        index = index_to_read(evaluation, axis, threshold)
        return cls(
            matcher=matcher_of(evaluation),
            axis=axis,
            rate=rates.name,
            threshold=float(evaluation.thresholds[index]),
            read=what_is_read(evaluation, axis, index),
            groups=rates.groups,
            trials=rates.trials,
            errors=rates.errors[:, index],
            estimate=rates.estimate[:, index],
            lower=rates.lower[:, index],
            upper=rates.upper[:, index],
            confidence=rates.confidence,
        )

    @property
    def heading(self) -> str:
        """Which rate, by which axis."""
        return f"{self.rate} by {self.axis} at one threshold"

    @property
    def details(self) -> str:
        """At which threshold, and what the intervals are."""
        return f"At {self.read}; {confidence_text(self.confidence)} intervals"

    @property
    def order(self) -> list[int]:
        """Indices of the groups from the highest rate to the lowest, by upper bound where rates are equal."""
        return [
            int(i)
            for i in np.lexsort((-np.nan_to_num(self.upper, nan=-1), -np.nan_to_num(self.estimate, nan=-1)))
        ]

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        said = (
            f"Forest plot of the {NAMES[self.rate]} ({self.rate}) of {counted(len(self.groups), 'group')} of "
            f"{self.axis} at {self.read}, {self.matcher}, on a logarithmic scale with "
            f"{confidence_text(self.confidence)} intervals, from the highest rate to the lowest."
        )
        with_errors = [i for i in self.order if self.errors[i]]
        without = [self.groups[i] for i in self.order if self.trials[i] and not self.errors[i]]
        untried = [self.groups[i] for i in self.order if not self.trials[i]]
        named = with_errors if len(with_errors) <= MOST_NAMED else [with_errors[0], with_errors[-1]]
        parts = [f"{self.groups[i]}: {self._said(i)}." for i in named]
        if len(named) < len(with_errors):
            parts.append(
                f"The other {counted(len(with_errors) - 2, 'group')} with errors are between these two."
            )
        if without:
            bound = max(self.upper[i] for i in self.order if self.trials[i] and not self.errors[i])
            parts.append(f"Without errors (upper bounds to {number(bound)}): {some(without)}.")
        if untried:
            parts.append(f"Without trials: {some(untried)}.")
        return " ".join([said, *parts])

    def _said(self, group: int) -> str:
        return (
            f"{number(self.estimate[group])} (bounds {number(self.lower[group])} and {number(self.upper[group])}; "
            f"{self.errors[group]:,} of {self.trials[group]:,})"
        )

    def _columns(self) -> list[list[str]]:
        events = [
            f"{self.errors[i]:,} of {self.trials[i]:,}" if self.trials[i] else "no trials" for i in self.order
        ]
        rates = [
            f"{number(self.estimate[i])}"
            if self.errors[i]
            else f"< {number(self.upper[i])}"
            if self.trials[i]
            else ""
            for i in self.order
        ]
        return [["events of trials", *events], [self.rate, *rates]]

    def _samples(self) -> list[Sample]:
        zero = (
            [Sample("zero events: upper bound", BOUND)]
            if ((self.errors == 0) & (self.trials > 0)).any()
            else []
        )
        return [Sample(f"estimate and {confidence_text(self.confidence)} interval", ESTIMATE.line), *zero]

    def _names(self) -> list[str]:
        return [self.groups[i] for i in self.order]

    def _new_axes(self) -> Axes:
        height = ROW_HEIGHT * (len(self.groups) + 1)
        return _axes_for_rows(self._names(), self._columns(), height, self._samples())

    def _draw(self, ax: Axes) -> None:
        plain_axes(ax, grid="x")
        drawn = np.where(self.errors > 0, np.maximum(self.lower, self.estimate / 30), self.upper / 3)
        highest = np.nanmax(self.upper) * 1.1 if np.isfinite(self.upper).any() else 1.0
        rate_scale(
            ax,
            "x",
            rate_limits(drawn[drawn > 0], float(highest)),
            f"{NAMES[self.rate]} ({self.rate}), logarithmic",
        )
        _, height = size_in_points(ax)
        row = height / (len(self.groups) + 1)
        ax.set_ylim(height, 0)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        tops = [row * (i + 1) for i in range(len(self.groups))]
        for group, top in zip(self.order, tops, strict=True):
            if self.trials[group]:
                self._draw_group(ax, group, top)
        _name_rows(ax, self._names(), tops)
        _write_columns(ax, self._columns(), tops)
        set_title(ax, self.heading, self.matcher, self.details, above=COLUMN_HEADINGS)
        explain(ax, self._samples())

    def _draw_group(self, ax: Axes, group: int, top: float) -> None:
        floor = ax.get_xlim()[0]
        if self.errors[group]:
            ends = [max(self.lower[group], floor), self.upper[group]]
            ax.plot(
                ends,
                [top, top],
                color=ESTIMATE.color,
                linewidth=1.4,
                label=f"_interval of {self.groups[group]}",
            )
            ax.plot([self.estimate[group]], [top], label=self.groups[group], clip_on=False, **ESTIMATE.line)
        else:
            bound = {**BOUND, "markevery": [1], "clip_on": False}
            ax.plot(
                [floor, self.upper[group]], [top, top], label=f"_upper bound of {self.groups[group]}", **bound
            )


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
        """Take the counts between neighbouring thresholds on one axis; see `Display`."""
        found = axis_of(evaluation, axis)
        non_mated, mated = found.false_matches, found.false_non_matches
        indices = _spread_evenly(evaluation.thresholds)
        along = cls._along(evaluation, axis)
        along["shown"] = slice(None)  # the scores themselves are shown, wherever they lie
        return cls(
            **along,
            groups=non_mated.groups,
            edges=evaluation.thresholds[indices],
            non_mated=_between(non_mated.errors, non_mated.trials, indices),
            mated=_between(mated.trials[:, None] - mated.errors, mated.trials, indices),
        )

    @property
    def heading(self) -> str:
        """Whose scores."""
        return f"Scores by {self.axis}"

    @property
    def details(self) -> str:
        """The meaning of height, and whether there is a safe threshold."""
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
                self._marks_said,
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
        said = [
            f"{percent(part)} of a group's {name} trials" for name, part in self._lumped().items() if part
        ]
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
        lumped = [f"{percent(part)} of {name}" for name, part in self._lumped().items() if part]
        beyond = [Sample(f"beyond, not drawn: up to {', '.join(lumped)}", BEYOND)] if lumped else []
        kinds = (("non-mated", NON_MATED), ("mated", MATED))
        return [*(Sample(name, style.patch, filled=True) for name, style in kinds), *beyond]

    def _new_axes(self) -> Axes:
        row = HIGH_ROW if len(self.groups) <= MANY_ROWS else LOW_ROW
        height = row * len(self.groups)
        return _axes_for_rows(
            self.groups, self._columns(), height, self._samples(), room_for_marks(self._marks)
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
        _name_rows(ax, self.groups, middles)
        _write_columns(ax, self._columns(), middles)
        draw_marks(ax, self._marks)
        set_title(
            ax,
            self.heading,
            self.matcher,
            self.details,
            above=max(room_for_marks(self._marks), COLUMN_HEADINGS),
        )
        explain(ax, self._samples())

    def _draw_steps(self, ax: Axes, name: str, base: float, heights: FloatArray, style: FillStyle) -> None:
        if len(heights) and np.isfinite(heights).all():
            patch: dict[str, Any] = {**style.patch, "alpha": 0.75, "linewidth": 0.9}
            ax.stairs(base - heights, self.edges, baseline=base, fill=True, label=name, **patch)

    def _mark_beyond(self, ax: Axes, group: int, y: float) -> None:
        """Mark the ends beyond which some of a group's trials lie."""
        for x, marker, index in zip(ax.get_xlim(), ("<", ">"), (0, -1), strict=True):
            if self.non_mated[group, index] or self.mated[group, index]:
                ax.plot([x], [y], label="_beyond", zorder=4, clip_on=False, **BEYOND | {"marker": marker})


def _between(matches: IntArray, trials: IntArray, indices: list[int]) -> IntArray:
    """How many trials lie before, between and after some thresholds, from how many match at each."""
    counted: IntArray = -np.diff(matches[:, indices], axis=1, prepend=trials[:, None], append=0)
    return counted


def _spread_evenly(thresholds: FloatArray) -> list[int]:
    """Indices of thresholds nearest to an even grid; both ends are among them."""
    if len(thresholds) <= MOST_BINS:
        return list(range(len(thresholds)))
    grid = np.linspace(thresholds[0], thresholds[-1], MOST_BINS + 1)
    nearest = {int(np.argmin(np.abs(thresholds - at))) for at in grid}
    return sorted(nearest)


def _axes_for_rows(
    groups: Sequence[str],
    columns: Sequence[Sequence[str]],
    height: float,
    samples: Sequence[Sample],
    marks: float = 0.0,
) -> Axes:
    """Return the axes of a new figure with room for the names and numbers of rows; a column's heading comes first."""
    names = label_names(groups, NAME_WIDTH)
    left = max(text_width(name) for name in names) + 2 * GAP + EDGE
    right = sum(_column_width(column) for column in columns) + EDGE
    width = WIDTH - left - right
    below = BELOW_TICKS + ROW * len(rows_to_explain(samples, width)) + EDGE
    above = title_room(marks) + (COLUMN_HEADINGS if columns else 0.0)
    return new_axes(width, height, Room(left, right, above, below))


def _name_rows(ax: Axes, groups: Sequence[str], tops: Sequence[float]) -> None:
    """Write the groups' names at the left of the axes, each in the middle of its row, in points below their top."""
    corner = points_from(ax, 0, 1)
    for name, top in zip(label_names(groups, NAME_WIDTH), tops, strict=True):
        ax.text(-2 * GAP, -top, name, transform=corner, ha="right", va="center_baseline", parse_math=False)


def _write_columns(ax: Axes, columns: Sequence[Sequence[str]], tops: Sequence[float]) -> None:
    """Write columns of numbers at the right of the axes, each under its heading, aligned at its right."""
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

"""The rate of every group at one threshold, with its interval: a forest plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import FloatArray, IntArray
from harness.figures.display import Display, axis_of, matcher_of
from harness.figures.frame import Sample, explain, set_title
from harness.figures.labels import size_in_points
from harness.figures.reading import place_to_read, what_is_read
from harness.figures.rows import COLUMN_HEADINGS, axes_for_rows, name_rows, write_columns
from harness.figures.scales import plain_axes, rate_limits, rate_scale
from harness.figures.style import BOUND, PALETTE, SOLID, LineStyle
from harness.figures.words import MOST_NAMED, NAMES, counted, percent, some

if TYPE_CHECKING:
    from harness.evaluation import Evaluation
    from harness.statistics.rates import Rates

__all__ = ["GroupsAtThresholdDisplay"]

ROW_HEIGHT = 17.0  # in points
ESTIMATE = LineStyle(PALETTE[2], SOLID, "o", "full")


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
        What the threshold is, such as ``the safe threshold 0.59``.
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
        """Take what is drawn from an evaluation; nothing is computed.

        Parameters
        ----------
        evaluation : Evaluation
        axis : str
            The name of one of its axes.
        threshold : float, optional
            One of the evaluated ones. By default the safe one; where there is none, the lowest at which no
            disparity is detected on the axis; else the strictest with a false match.

        Raises
        ------
        InputError
            Where the evaluation has no such axis or threshold.
        """
        rates: Rates = axis_of(evaluation, axis).false_matches
        place = place_to_read(evaluation, axis, threshold)
        return cls(
            matcher=matcher_of(evaluation),
            axis=axis,
            rate=rates.name,
            threshold=float(evaluation.thresholds[place]),
            read=what_is_read(evaluation, axis, place),
            groups=rates.groups,
            trials=rates.trials,
            errors=rates.errors[:, place],
            estimate=rates.estimate[:, place],
            lower=rates.lower[:, place],
            upper=rates.upper[:, place],
            confidence=rates.confidence,
        )

    @property
    def heading(self) -> str:
        """Which rate, by which axis."""
        return f"{self.rate} by {self.axis} at one threshold"

    @property
    def details(self) -> str:
        """At which threshold, and what the intervals are."""
        return f"At {self.read}; {percent(self.confidence)} intervals"

    @property
    def order(self) -> list[int]:
        """Places of the groups from the highest rate to the lowest, by upper bound where rates are equal."""
        return [
            int(i)
            for i in np.lexsort((-np.nan_to_num(self.upper, nan=-1), -np.nan_to_num(self.estimate, nan=-1)))
        ]

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        said = (
            f"Forest plot of the {NAMES[self.rate]} ({self.rate}) of {counted(len(self.groups), 'group')} of "
            f"{self.axis} at {self.read}, {self.matcher}, on a logarithmic scale with {percent(self.confidence)} "
            "intervals, from the highest rate to the lowest."
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
            parts.append(f"Without errors (upper bounds to {bound:.3g}): {some(without)}.")
        if untried:
            parts.append(f"Without trials: {some(untried)}.")
        return " ".join([said, *parts])

    def _said(self, group: int) -> str:
        return (
            f"{self.estimate[group]:.3g} (bounds {self.lower[group]:.3g} and {self.upper[group]:.3g}; "
            f"{self.errors[group]:,} of {self.trials[group]:,})"
        )

    def _columns(self) -> list[list[str]]:
        events = [
            f"{self.errors[i]:,} of {self.trials[i]:,}" if self.trials[i] else "no trials" for i in self.order
        ]
        rates = [
            f"{self.estimate[i]:.3g}"
            if self.errors[i]
            else f"< {self.upper[i]:.3g}"
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
        return [Sample(f"estimate and {percent(self.confidence)} interval", ESTIMATE.line), *zero]

    def _names(self) -> list[str]:
        return [self.groups[i] for i in self.order]

    def _new_axes(self) -> Axes:
        height = ROW_HEIGHT * (len(self.groups) + 1)
        return axes_for_rows(self._names(), self._columns(), height, self._samples())

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
        name_rows(ax, self._names(), tops)
        write_columns(ax, self._columns(), tops)
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

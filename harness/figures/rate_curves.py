"""A rate of every group against the threshold: lines, bands, bounds of zero events, names."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import BoolArray, FloatArray, IntArray
from harness.figures.display import ThresholdDisplay
from harness.figures.frame import MOST_LABELS, Sample, axes_for_lines, explain, name_lines, set_title
from harness.figures.labels import fitting, label_names
from harness.figures.marks import draw_marks, marks_of, room_for_marks
from harness.figures.scales import plain_axes, rate_limits, rate_scale, sparse_marks, threshold_scale
from harness.figures.style import BOUND, GREY, LineStyle, line_styles
from harness.figures.words import NAMES, percent

if TYPE_CHECKING:
    from harness.statistics.rates import Rates

__all__ = ["RateDisplay"]


@dataclass(frozen=True, eq=False, kw_only=True)
class RateDisplay(ThresholdDisplay):
    """A rate of every group against the threshold.

    Parameters
    ----------
    rate : str
        Its short name, such as FMR.
    groups : tuple of str, length G
    trials : ndarray of int64, shape (G,)
    errors : ndarray of int64, shape (G, T)
    estimate, lower, upper : ndarray of float64, shape (G, T)
        NaN where there are no trials.
    """

    rate: str
    groups: tuple[str, ...]
    trials: IntArray
    errors: IntArray
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray

    @staticmethod
    def _of(rates: Rates) -> dict[str, Any]:
        return {
            "rate": rates.name,
            "groups": rates.groups,
            "trials": rates.trials,
            "errors": rates.errors,
            "estimate": rates.estimate,
            "lower": rates.lower,
            "upper": rates.upper,
        }

    @property
    def heading(self) -> str:
        """Which rate, by which axis."""
        return f"{self.rate} by {self.axis}"

    @property
    def details(self) -> str:
        """What the bands are, and whether there is a safe threshold."""
        return f"Bands of {percent(self.confidence)} confidence{self._if_unsafe}"

    @property
    def bound(self) -> FloatArray:
        """What is drawn where there are no errors, shape (G, T)."""
        return self.upper

    def names(self, width: float) -> Sequence[str]:
        """Return the groups' names as short as so many points, and whether a group has no trials."""
        return [
            name if trials else fitting(f"{name} (no trials)", 1.4 * width)
            for name, trials in zip(label_names(self.groups, width), self.trials, strict=True)
        ]

    @property
    @abstractmethod
    def _of_zero_errors(self) -> str:
        """What the dotted line of a bound stands for."""

    def _samples(self) -> list[Sample]:
        line = {"color": GREY, "linewidth": 1.4, "marker": "o", "markersize": 5.5}
        band = {"color": GREY, "linewidth": 9, "alpha": 0.25, "solid_capstyle": "butt"}
        return [
            Sample("estimate", line),
            Sample(f"{percent(self.confidence)} band", band),
            Sample(self._of_zero_errors, BOUND),
        ]

    def _new_axes(self) -> Axes:
        return axes_for_lines(len(self.groups), self.names, self._samples(), room_for_marks(marks_of(self)))

    def _draw(self, ax: Axes) -> None:
        styles = line_styles(len(self.groups))
        plain_axes(ax, grid="y")
        threshold_scale(ax, self.thresholds[self.shown], self.better)
        self._set_rate_scale(ax)
        for group, style in enumerate(styles):
            if self.trials[group]:
                self._draw_group(ax, group, style)
        draw_marks(ax, marks_of(self))
        set_title(ax, self.heading, self.matcher, self.details, above=room_for_marks(marks_of(self)))
        heights, order = self._ends(ax)
        name_lines(ax, self.names, styles, heights, order, explain(ax, self._samples()))

    def _set_rate_scale(self, ax: Axes) -> None:
        errors, estimate, upper = (a[:, self.shown] for a in (self.errors, self.estimate, self.upper))
        drawn = np.where(errors > 0, estimate, upper)
        highest = np.nanmax(upper) if np.isfinite(upper).any() else 1.0
        label = f"{NAMES[self.rate]} ({self.rate}), logarithmic"
        rate_scale(ax, "y", rate_limits(drawn, float(highest)), label)

    def _draw_group(self, ax: Axes, group: int, style: LineStyle) -> None:
        x = self.thresholds[self.shown]
        events = self.errors[group, self.shown] > 0
        estimate, lower, upper, bound = (
            a[group, self.shown] for a in (self.estimate, self.lower, self.upper, self.bound)
        )
        few = len(self.groups) <= MOST_LABELS
        if events.any():
            self._draw_band(ax, x, events, lower, upper, style)
            ax.plot(
                x,
                np.where(events, estimate, np.nan),
                markevery=sparse_marks(x, events, group, 7 if few else 4, required=_nearest_end(events)),
                label=self.groups[group],
                **style.line,
            )
        if not events.all():
            ax.plot(
                x,
                np.where(events, np.nan, bound),
                markevery=sparse_marks(x, ~events, group, 14 if few else 5, required=_nearest_end(~events)),
                label=f"_upper bound of {self.groups[group]}",
                **style.bound,
            )

    def _draw_band(
        self,
        ax: Axes,
        x: FloatArray,
        events: BoolArray,
        lower: FloatArray,
        upper: FloatArray,
        style: LineStyle,
    ) -> None:
        low = np.maximum(lower, ax.get_ylim()[0] / 10)
        opacity = 0.16 if len(self.groups) <= MOST_LABELS else 0.05
        ax.fill_between(x, low, upper, where=events.tolist(), color=style.color, alpha=opacity, linewidth=0)
        if events.sum() == 1:  # a band over one threshold would have no width
            ax.vlines(x[events], low[events], upper[events], color=style.color, alpha=opacity, linewidth=6)

    def _ends(self, ax: Axes) -> tuple[FloatArray, list[int]]:
        """Where lines end, in the axes from 0 to 1, and in which order."""
        last = range(len(self.thresholds))[self.shown][-1]
        end = np.where(self.errors[:, last] > 0, self.estimate[:, last], self.bound[:, last])
        places = np.column_stack([np.full(len(end), self.thresholds[last]), end])
        heights = (ax.transScale + ax.transLimits).transform(places)[:, 1]
        heights = np.where(self.trials > 0, heights, np.nan)
        # Bounds of zero events often end at the same height: there the group with later errors is above.
        later = [np.flatnonzero(errors)[-1] if errors.any() else -1 for errors in self.errors]
        order = np.lexsort((np.array(later), np.nan_to_num(heights, nan=-np.inf)))
        return heights, [int(i) for i in order]


def _nearest_end(present: BoolArray) -> int:
    """The place where a line gives way to another, or its last."""
    changes = np.flatnonzero(present[1:] != present[:-1])
    if len(changes):
        return int(changes[0]) if present[changes[0]] else int(changes[0]) + 1
    return int(np.flatnonzero(present)[-1])

"""How far groups differ against the threshold: the worst ratio and the largest gap, with bounds and tolerance."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import BoolArray, FloatArray
from harness.figures.display import ThresholdDisplay, axis_of
from harness.figures.frame import (
    Sample,
    axes_for_lines,
    draw_marks,
    explain,
    name_lines,
    room_for_marks,
    set_title,
)
from harness.figures.labels import fitting
from harness.figures.scales import (
    plain_axes,
    rate_limits,
    rate_scale,
    ratio_scale,
    sparse_marks,
    threshold_scale,
)
from harness.figures.style import BOUND, DASHES, GREY, PALETTE, LineStyle
from harness.numbers import confidence_text, limit_text, number, threshold_text

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["HEADROOM", "INFINITE", "BoundDisplay", "GapDisplay", "WorstRatioDisplay"]


ESTIMATE = LineStyle(PALETTE[0], DASHES[0], "o", "full")
UPPER = LineStyle(PALETTE[3], DASHES[1], "s", "none")
LOWER = LineStyle(PALETTE[2], DASHES[3], "^", "none")
TOLERATED = LineStyle(GREY, DASHES[2], "", "none")

INFINITE: dict[str, Any] = {
    "color": GREY,
    "linestyle": (0, (1, 2)),
    "linewidth": 0.9,
    "marker": "^",
    "markersize": 6,
    "markerfacecolor": "white",
}
UNDEFINED: dict[str, Any] = {"color": GREY, "linestyle": "", "marker": "x", "markersize": 5}
"""The markers where no number is finite, and where there is none at all."""

HEADROOM = 0.965
"""How high in the axes stand the markers of what has no finite height."""

BELOW_PARITY = 0.8
HIGHEST = 1e6


@dataclass(frozen=True)
class Curve:
    """One line of a figure of bounds.

    Attributes
    ----------
    name : str
        As it stands beside the line.
    values : ndarray of float64, shape (T,)
        NaN and infinite where it is not drawn as a number.
    style : LineStyle
    """

    name: str
    values: FloatArray
    style: LineStyle


@dataclass(frozen=True, eq=False, kw_only=True)
class BoundDisplay(ThresholdDisplay):
    """A measure of how far groups differ, with its bounds and what the policy tolerates.

    Parameters
    ----------
    tolerated : float, optional
        The policy's limit; None where it states none.
    """

    tolerated: float | None = None

    @property
    @abstractmethod
    def curves(self) -> tuple[Curve, ...]:
        """The lines, the estimate first."""

    @property
    def details(self) -> str:
        """The confidence of the bounds, and whether there is a safe threshold."""
        return f"Bounds of {confidence_text(self.confidence)} confidence{self._if_unsafe}"

    @abstractmethod
    def _set_scale(self, ax: Axes) -> None:
        """Set the upright axis."""

    @abstractmethod
    def _samples(self) -> list[Sample]:
        """Return samples of what is drawn besides the lines."""

    @abstractmethod
    def _at(self, threshold: float) -> str:
        """Say what the measure is at a threshold."""

    def _readings(self) -> str:
        marked = {
            self.safe_threshold: "the safe threshold",
            self.not_detected_from: "the lowest where no disparity is detected",
            float(self.thresholds[self.shown][0]): "the most lenient drawn",
        }
        said = [
            f"At {threshold_text(at)}, {what}, {self._at(at)}."
            for at, what in marked.items()
            if at is not None
        ]
        return " ".join(said[:2])

    def _lines(self) -> tuple[Curve, ...]:
        if self.tolerated is None:
            return self.curves
        level = np.full(len(self.thresholds), self.tolerated)
        return (*self.curves, Curve(f"tolerated: {limit_text(self.tolerated)}", level, TOLERATED))

    def _names(self, width: float) -> Sequence[str]:
        return [fitting(curve.name, width) for curve in self._lines()]

    def _new_axes(self) -> Axes:
        return axes_for_lines(len(self._lines()), self._names, self._samples(), room_for_marks(self._marks))

    def _draw(self, ax: Axes) -> None:
        plain_axes(ax, grid="y")
        threshold_scale(ax, self.thresholds, self.better, shown=self.shown)
        self._set_scale(ax)
        lines = self._lines()
        for i, curve in enumerate(lines):
            self._draw_curve(ax, i, curve)
        self._draw_more(ax)
        draw_marks(ax, self._marks)
        set_title(ax, self.heading, self.matcher, self.details, above=room_for_marks(self._marks))
        heights = np.array([self._height_at_end(ax, curve) for curve in lines])
        order = [int(i) for i in np.argsort(np.nan_to_num(heights, nan=-np.inf), kind="stable")]
        styles = [curve.style for curve in lines]
        name_lines(ax, self._names, styles, heights, order, explain(ax, self._samples()))

    def _draw_curve(self, ax: Axes, number: int, curve: Curve) -> None:
        x, y = self.thresholds[self.shown], curve.values[self.shown]
        drawn = np.isfinite(y) & (y > 0)
        if not drawn.any():
            return
        line: dict[str, Any] = curve.style.line
        if curve.style.marker:
            marks = sparse_marks(x, drawn, number, 6, required=int(np.flatnonzero(drawn)[-1]))
            line = {**line, "markevery": marks}
        ax.plot(x, np.where(drawn, y, np.nan), label=curve.name, **line)

    @abstractmethod
    def _draw_more(self, ax: Axes) -> None:
        """Draw what is not a line: bands, and where there is no finite number."""

    def _height_at_end(self, ax: Axes, curve: Curve) -> float:
        """Where a line ends, in the axes from 0 to 1; NaN where it has nothing to draw."""
        last = curve.values[self.shown][-1]
        if np.isnan(last):
            return np.nan
        if not np.isfinite(last):
            return 1.0
        if last <= 0:
            return 0.0
        end = (ax.transScale + ax.transLimits).transform((self.thresholds[self.shown][-1], last))
        return float(np.clip(end[1], 0, 1))


def _off_the_top(
    ax: Axes, x: FloatArray, where: BoolArray, name: str, line: dict[str, Any], height: float = HEADROOM
) -> None:
    """Mark at the top of the axes the thresholds at which there is no finite number."""
    if where.any():
        y = np.where(where, height, np.nan)
        marks = sparse_marks(x, where, 0, 12, required=int(np.flatnonzero(where)[0]))
        ax.plot(x, y, transform=ax.get_xaxis_transform(), label=name, markevery=marks, **line)


@dataclass(frozen=True, eq=False, kw_only=True)
class WorstRatioDisplay(BoundDisplay):
    """Highest over lowest false match rate of an axis against the threshold, on a logarithmic scale.

    Where the lowest rate is zero there is no finite ratio, and where all are there is none: both are marked, and
    neither is drawn as a number. Bounds beyond the axis run off it.

    Parameters
    ----------
    rate : str
        FMR, or FPIR of searches.
    ratio : ndarray of float64, shape (T,)
        inf where only the lowest rate is zero, NaN where all are.
    lower : ndarray of float64, shape (T,)
        Above 1 where a disparity is detected: the largest lower bound of any pair, adjusted over pairs.
    upper : ndarray of float64, shape (T,)
        Every pair's ratio is below it: the largest one-sided upper bound of any pair.

    Notes
    -----
    More parameters are those of `BoundDisplay` and `ThresholdDisplay`.
    """

    rate: str
    ratio: FloatArray
    lower: FloatArray
    upper: FloatArray

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str) -> WorstRatioDisplay:
        """Take the numbers of one axis; see `Display`."""
        found = axis_of(evaluation, axis)
        differential = found.false_match_differential
        return cls(
            **cls._along(evaluation, axis),
            tolerated=evaluation.policy.max_ratio,
            rate=found.false_matches.name,
            ratio=differential.ratio,
            lower=differential.ratio_lower,
            upper=differential.ratio_upper,
        )

    @property
    def heading(self) -> str:
        """The ratio of which rates, on which axis."""
        return f"Worst {self.rate} ratio on {self.axis}"

    @property
    def curves(self) -> tuple[Curve, ...]:
        """Estimate, upper and lower bound."""
        return (
            Curve("worst ratio", self.ratio, ESTIMATE),
            Curve("every pair is below", self.upper, UPPER),
            Curve("some pair is above", self.lower, LOWER),
        )

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        limit = (
            ""
            if self.tolerated is None
            else f" A line shows the tolerated ratio, {limit_text(self.tolerated)}."
        )
        return (
            f"Line chart of the highest {self.rate} over the lowest among the groups of {self.axis}, {self.matcher}, "
            f"on a logarithmic scale, with {confidence_text(self.confidence)} bounds; thresholds run "
            f"{self._range_drawn}.{limit} {self._marks_said} {self._readings()}{self._without_number()}"
        )

    def _at(self, threshold: float) -> str:
        index = self._index(threshold)
        ratio, lower, upper = (float(a[index]) for a in (self.ratio, self.lower, self.upper))
        estimate = "undefined, for want of errors or of trials" if np.isnan(ratio) else _number(ratio)
        if np.isnan(lower):
            return f"the ratio is {estimate} and without bounds"
        return f"the ratio is {estimate} (some pair's is above {number(lower)}, every pair's below {_number(upper)})"

    def _without_number(self) -> str:
        ratio, x = self.ratio[self.shown], self.thresholds[self.shown]
        infinite = np.flatnonzero(np.isinf(ratio))
        if not len(infinite):
            return ""
        first = threshold_text(x[infinite[0]])
        return f" From {first} a group has no errors at some thresholds; no ratio is finite there."

    def _set_scale(self, ax: Axes) -> None:
        # The estimate and what some pair is above must be seen; every pair's bound may run off the axis.
        seen = np.concatenate([self.ratio[self.shown], self.lower[self.shown], [self.tolerated or 1.0, 2.0]])
        highest = min(2.0 * float(seen[np.isfinite(seen)].max()), HIGHEST)
        ratio_scale(ax, (BELOW_PARITY, highest), f"worst ratio of two {self.rate}s, logarithmic")

    def _draw_more(self, ax: Axes) -> None:
        x = self.thresholds[self.shown]
        ratio, lower, upper = (a[self.shown] for a in (self.ratio, self.lower, self.upper))
        bottom, top = ax.get_ylim()
        bounded = np.isfinite(lower)
        low, high = np.clip(lower, bottom, top), np.clip(upper, bottom, top)
        ax.fill_between(x, low, high, where=bounded.tolist(), color=GREY, alpha=0.12, linewidth=0)
        if bounded.sum() == 1:  # a band over one threshold would have no width
            ax.vlines(x[bounded], low[bounded], high[bounded], color=GREY, alpha=0.25, linewidth=6)
        ax.axhline(1.0, color=GREY, linewidth=0.8)
        _off_the_top(ax, x, np.isinf(ratio), "_a group without errors", INFINITE)
        _off_the_top(ax, x, np.isnan(ratio), "_no errors at all", UNDEFINED)

    def _samples(self) -> list[Sample]:
        ratio = self.ratio[self.shown]
        samples = [Sample("1: all groups alike", {"color": GREY, "linewidth": 0.8})]
        if np.isinf(ratio).any():
            samples.append(Sample("a group without errors: no finite ratio", INFINITE))
        if np.isnan(ratio).any():
            samples.append(Sample("no errors, or a group without trials: no ratio", UNDEFINED))
        return samples


def _number(ratio: float) -> str:
    return "not finite" if np.isinf(ratio) else f"{number(ratio)}"


@dataclass(frozen=True, eq=False, kw_only=True)
class GapDisplay(BoundDisplay):
    """Largest difference of two groups' false match rates against the threshold, on a logarithmic scale.

    An estimate of zero is never drawn as one: there, the upper bound stands alone.

    Parameters
    ----------
    rate : str
        FMR, or FPIR of searches.
    gap : ndarray of float64, shape (T,)
    upper : ndarray of float64, shape (T,)
        Every pair's gap is below it, one-sided.

    Notes
    -----
    More parameters are those of `BoundDisplay` and `ThresholdDisplay`.
    """

    rate: str
    gap: FloatArray
    upper: FloatArray

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str) -> GapDisplay:
        """Take the numbers of one axis; see `Display`."""
        found = axis_of(evaluation, axis)
        return cls(
            **cls._along(evaluation, axis),
            tolerated=evaluation.policy.max_gap,
            rate=found.false_matches.name,
            gap=found.false_match_differential.gap,
            upper=found.false_match_differential.gap_upper,
        )

    @property
    def heading(self) -> str:
        """The gap of which rates, on which axis."""
        return f"Largest {self.rate} gap on {self.axis}"

    @property
    def curves(self) -> tuple[Curve, ...]:
        """Estimate and upper bound."""
        return (
            Curve("largest gap", self.gap, ESTIMATE),
            Curve("every pair is below", self.upper, UPPER),
        )

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        limit = (
            ""
            if self.tolerated is None
            else f" A line shows the tolerated gap, {limit_text(self.tolerated)}."
        )
        return (
            f"Line chart of the largest difference of two groups' {self.rate}s on {self.axis}, {self.matcher}, on a "
            f"logarithmic scale, with a one-sided {confidence_text(self.confidence)} upper bound; thresholds run "
            f"{self._range_drawn}.{limit} {self._marks_said} {self._readings()}"
        )

    def _at(self, threshold: float) -> str:
        index = self._index(threshold)
        gap, upper = float(self.gap[index]), float(self.upper[index])
        if np.isnan(gap):
            return "the gap is undefined"
        return f"the gap is {number(gap)} (below {number(upper)} for every pair)"

    def _set_scale(self, ax: Axes) -> None:
        gap, upper = self.gap[self.shown], self.upper[self.shown]
        limits = [] if self.tolerated is None else [self.tolerated]
        drawn = np.concatenate([np.where(gap > 0, gap, upper), limits])
        highest = np.nanmax(np.concatenate([upper, limits])) if np.isfinite(drawn).any() else 1.0
        label = f"difference of {self.rate}s, logarithmic"
        rate_scale(ax, "y", rate_limits(drawn[drawn > 0], float(highest)), label)

    def _draw_more(self, ax: Axes) -> None:
        x, gap, upper = (a[self.shown] for a in (self.thresholds, self.gap, self.upper))
        present = (gap == 0) & (upper > 0)
        if present.any():
            marks = sparse_marks(x, present, 0, 14, required=int(np.flatnonzero(present)[0]))
            bound = np.where(present, upper, np.nan)
            ax.plot(x, bound, markevery=marks, label="_upper bound where the gap is zero", **BOUND)

    def _samples(self) -> list[Sample]:
        return [Sample("no gap seen: upper bound alone", BOUND)] if (self.gap[self.shown] == 0).any() else []

"""The smallest ratio that the evidence would have detected, against the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import FloatArray
from harness.figures.bounds import HEADROOM, INFINITE
from harness.figures.display import Display, axis_of, matcher_of, range_said
from harness.figures.frame import (
    Mark,
    Sample,
    axes_for_lines,
    draw_marks,
    explain,
    mark_of_safe,
    marks_of_references,
    name_lines,
    room_for_marks,
    set_title,
)
from harness.figures.labels import label_names
from harness.figures.reference import references_of
from harness.figures.scales import plain_axes, range_to_draw, ratio_scale, sparse_marks, threshold_scale
from harness.figures.style import GREY, LineStyle, line_styles
from harness.numbers import counted, limit_text, number, threshold_text

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["DetectableRatioDisplay"]

BELOW_PARITY = 0.9
HIGHEST = 100.0
BETWEEN_AXES = 0.03
TOLERATED: dict[str, Any] = {"color": GREY, "linestyle": (0, (3, 1.5)), "linewidth": 1.2}


@dataclass(frozen=True, eq=False, kw_only=True)
class DetectableRatioDisplay(Display):
    """Smallest ratio of two groups' rates that would have been detected with 80 % power, by axis.

    Where a line is above the tolerated ratio, a disparity larger than tolerated could have gone unseen: "no
    disparity detected" says little there.

    Parameters
    ----------
    matcher : str
    rate : str
        FMR, or FPIR of searches.
    axes : tuple of str, length A
    thresholds : ndarray of float64, shape (T,)
        As the study states scores, from the most lenient to the strictest.
    better : {"higher", "lower"}
    detectable : ndarray of float64, shape (A, T)
        inf where no ratio can be detected, NaN where a group has no trials.
    tolerated : float, optional
        The policy's largest ratio.
    shown : slice
        The thresholds drawn.
    safe_threshold : float, optional
    references : tuple of (str, float)
        The thresholds at which the evaluation is told, each after what it is.
    """

    rate: str
    axes: tuple[str, ...]
    thresholds: FloatArray
    better: Literal["higher", "lower"]
    detectable: FloatArray
    tolerated: float | None = None
    shown: slice = field(default_factory=lambda: slice(None))
    safe_threshold: float | None = None
    references: tuple[tuple[str, float], ...] = ()

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str | None = None) -> DetectableRatioDisplay:
        """Take the ratios of one axis, or of all; see `Display`."""
        found = [axis_of(evaluation, name) for name in ([axis] if axis is not None else evaluation.axes)]
        marked = [evaluation.safe_threshold, *evaluation.reference_thresholds]
        ranges = [
            range_to_draw(evaluation.thresholds, each.false_matches.trials, each.false_matches.errors, marked)
            for each in found
        ]
        return cls(
            matcher=matcher_of(evaluation),
            rate=found[0].false_matches.name,
            axes=tuple(each.name for each in found),
            thresholds=evaluation.thresholds,
            better=evaluation.study.score.better,
            detectable=np.array([each.false_match_differential.detectable_ratio for each in found]),
            tolerated=evaluation.policy.max_ratio,
            shown=slice(min(r.start for r in ranges), max(r.stop for r in ranges)),
            safe_threshold=evaluation.safe_threshold,
            references=references_of(evaluation),
        )

    @property
    def heading(self) -> str:
        """Which ratio is meant."""
        return f"Detectable {self.rate} ratio"

    @property
    def details(self) -> str:
        """With what chance it is detected, and whether there is a safe threshold."""
        unsafe = ". There is no safe threshold" if self.safe_threshold is None else ""
        return f"Detected between two groups with a chance of 80 %{unsafe}"

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        limit = (
            ""
            if self.tolerated is None
            else f" A line shows the tolerated ratio, {limit_text(self.tolerated)}."
        )
        each = " ".join(f"{axis}: {self._said(i)}." for i, axis in enumerate(self.axes))
        return (
            f"Line chart of the smallest {self.rate} ratio that would have been detected with a chance of 80 %, for "
            f"{counted(len(self.axes), 'axis', 'axes')} of {self.matcher}, on a logarithmic scale; thresholds run "
            f"{range_said(self.thresholds[self.shown], self.better)}.{limit} {each}"
        )

    def _said(self, axis: int) -> str:
        x, ratio = self.thresholds[self.shown], self.detectable[axis, self.shown]
        finite = np.flatnonzero(np.isfinite(ratio))
        if not len(finite):
            return "no ratio can be detected at any threshold"
        first, last = finite[0], finite[-1]
        ends = (f"{number(ratio[index])} at {threshold_text(x[index])}" for index in (first, last))
        said = " and ".join(ends)
        if self.safe_threshold is not None:
            at = self.detectable[axis, np.flatnonzero(self.thresholds == self.safe_threshold)[0]]
            said += f", {_number(at)} at the safe threshold {threshold_text(self.safe_threshold)}"
        return f"{said}; none beyond" if last < len(x) - 1 else said

    def _names(self, width: float) -> Sequence[str]:
        return label_names(self.axes, width)

    def _samples(self) -> list[Sample]:
        limit = (
            [] if self.tolerated is None else [Sample(f"tolerated: {limit_text(self.tolerated)}", TOLERATED)]
        )
        alike = Sample("1: all groups alike", {"color": GREY, "linewidth": 0.8})
        beyond = (
            [Sample("no ratio is detectable", INFINITE)]
            if np.isinf(self.detectable[:, self.shown]).any()
            else []
        )
        return [*limit, alike, *beyond]

    @property
    def _marks(self) -> tuple[Mark, ...]:
        return (
            *marks_of_references(self.references, self.safe_threshold),
            *mark_of_safe(self.safe_threshold),
        )

    def _room_above(self) -> float:
        return room_for_marks(self._marks)

    def _new_axes(self) -> Axes:
        return axes_for_lines(len(self.axes), self._names, self._samples(), self._room_above())

    def _draw(self, ax: Axes) -> None:
        styles = line_styles(len(self.axes))
        plain_axes(ax, grid="y")
        threshold_scale(ax, self.thresholds, self.better, shown=self.shown)
        ratio_scale(ax, (BELOW_PARITY, self._highest()), f"detectable ratio of {self.rate}s, logarithmic")
        ax.axhline(1.0, color=GREY, linewidth=0.8)
        if self.tolerated is not None:
            ax.axhline(self.tolerated, label="_tolerated", **TOLERATED)
        for i, style in enumerate(styles):
            self._draw_axis(ax, i, style)
        draw_marks(ax, self._marks)
        set_title(ax, self.heading, self.matcher, self.details, above=self._room_above())
        heights = np.array([self._height_at_end(ax, i) for i in range(len(self.axes))])
        order = [int(i) for i in np.argsort(np.nan_to_num(heights, nan=-np.inf), kind="stable")]
        name_lines(ax, self._names, styles, heights, order, explain(ax, self._samples()))

    def _highest(self) -> float:
        ratios = self.detectable[:, self.shown]
        finite = ratios[np.isfinite(ratios)]
        highest = float(finite.max()) if len(finite) else 1.0
        return max(4.0, 2.5 * (self.tolerated or 1.0), min(1.2 * highest, HIGHEST))

    def _draw_axis(self, ax: Axes, axis: int, style: LineStyle) -> None:
        x, ratio = self.thresholds[self.shown], self.detectable[axis, self.shown]
        drawn = np.isfinite(ratio)
        if drawn.any():
            marks = sparse_marks(x, drawn, axis, 7, required=int(np.flatnonzero(drawn)[-1]))
            ax.plot(x, np.where(drawn, ratio, np.nan), label=self.axes[axis], markevery=marks, **style.line)
        beyond = np.isinf(ratio)
        if beyond.any():  # along the top, each axis at a height of its own
            marks = sparse_marks(x, beyond, axis, 14, required=int(np.flatnonzero(beyond)[0]))
            height = np.where(beyond, HEADROOM - BETWEEN_AXES * axis, np.nan)
            line = {**style.bound, "marker": "^", "markevery": marks, "transform": ax.get_xaxis_transform()}
            ax.plot(x, height, label=f"_nothing detectable on {self.axes[axis]}", **line)

    def _height_at_end(self, ax: Axes, axis: int) -> float:
        last = self.detectable[axis, self.shown][-1]
        if np.isnan(last):
            return np.nan
        end = (ax.transScale + ax.transLimits).transform((self.thresholds[self.shown][-1], min(last, 1e9)))
        return float(np.clip(end[1], 0, HEADROOM - BETWEEN_AXES * axis))


def _number(ratio: float) -> str:
    return f"{number(ratio)}" if np.isfinite(ratio) else "none"

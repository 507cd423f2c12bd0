"""Hits of searches against false alerts, by group: what a threshold finds of those looked for, at the cost of whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from matplotlib.axes import Axes

from harness.arrays import FloatArray
from harness.errors import InputError
from harness.figures.det_curves import DetDisplay
from harness.figures.frame import MOST_LABELS, Sample
from harness.figures.scales import share_scale
from harness.figures.style import BOUND, GREY, LineStyle
from harness.numbers import confidence_text

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["IdentificationCurveDisplay"]


@dataclass(frozen=True, eq=False, kw_only=True)
class IdentificationCurveDisplay(DetDisplay):
    """True positive identification rate (TPIR) against false positive identification rate (FPIR), by group.

    FPIR is on a logarithmic scale. Bands are the bounds of TPIR. Where there is no false alert the upper bound of FPIR
    is drawn in its place, and where nobody is missed the lower bound of TPIR, dotted. Lines across the groups join
    their points at one threshold.

    Parameters are those of `DetDisplay`; its second rate is TPIR, and ``false_non_matches`` are searches missed.

    References
    ----------
    ISO/IEC 19795-1:2021, on the true positive identification rate and on plots of it.
    """

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str) -> Self:
        """Take the rates of one axis; see `Display`.

        Raises
        ------
        InputError
            Where the evaluation is of comparisons, which have no TPIR.
        """
        if evaluation.study.task != "identification":
            raise InputError("TPIR is of searches, and the study's task is verification; draw the DET curve")
        of_misses = super().from_evaluation(evaluation, axis)
        return replace(
            of_misses,
            rates=(of_misses.rates[0], "TPIR"),
            y=1 - of_misses.y,
            y_lower=1 - of_misses.y_upper,
            y_upper=1 - of_misses.y_lower,
        )

    @property
    def heading(self) -> str:
        """Which rates, by which axis."""
        return f"{self.rates[1]} against {self.rates[0]} by {self.axis}"

    @property
    def details(self) -> str:
        """The confidence of the bands, and whether there is a safe threshold."""
        unsafe = ". There is no safe threshold" if self.safe_threshold is None else ""
        return f"Bands of {confidence_text(self.confidence)} confidence{unsafe}"

    @property
    def _bound(self) -> FloatArray:
        return self.y_lower

    @property
    def _scales_said(self) -> str:
        return f"{self.rates[0]} on a logarithmic scale, with bands of {confidence_text(self.confidence)} confidence"

    @property
    def _bounds_said(self) -> str:
        return f"the upper bound of {self.rates[0]} or the lower bound of {self.rates[1]}"

    def _bound_samples(self) -> list[Sample]:
        band = {"color": GREY, "linewidth": 9, "alpha": 0.25, "solid_capstyle": "butt"}
        return [
            Sample(f"{confidence_text(self.confidence)} band of {self.rates[1]}", band),
            Sample("no false alert, or nobody missed: bound", BOUND),
        ]

    def _set_scales(self, ax: Axes) -> None:
        self._set_scale(ax, "x")
        share_scale(ax, "true positive identification rate (TPIR)")

    def _draw_group(self, ax: Axes, group: int, style: LineStyle) -> None:
        alerts = self.false_matches[group] > 0
        if alerts.any():
            opacity = 0.16 if len(self._named) <= MOST_LABELS else 0.05
            x, low, high = (v[group][alerts] for v in (self.x, self.y_lower, self.y_upper))
            ax.fill_between(x, low, high, color=style.color, alpha=opacity, linewidth=0)
        super()._draw_group(ax, group, style)

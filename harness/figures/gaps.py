"""The largest gap between two groups' false match rates against the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import FloatArray
from harness.figures.bound_curves import ESTIMATE, UPPER, BoundDisplay, Curve
from harness.figures.display import axis_of
from harness.figures.frame import Sample
from harness.figures.scales import rate_limits, rate_scale, sparse_marks
from harness.figures.style import BOUND
from harness.figures.words import drawn_range, marks_said, percent, threshold_text

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["GapDisplay"]


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
        """Take what is drawn from an evaluation; nothing is computed.

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
        limit = "" if self.tolerated is None else f" A line shows the tolerated gap, {self.tolerated:g}."
        return (
            f"Line chart of the largest difference of two groups' {self.rate}s on {self.axis}, {self.matcher}, on a "
            f"logarithmic scale, with a one-sided {percent(self.confidence)} upper bound; thresholds run "
            f"{drawn_range(self)}.{limit} {marks_said(self)} {self._readings()}"
        )

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

    def _at(self, threshold: float) -> str:
        place = int(np.flatnonzero(self.thresholds == threshold)[0])
        gap, upper = float(self.gap[place]), float(self.upper[place])
        if np.isnan(upper):
            return "the gap is undefined"
        return f"the gap is {gap:.3g} (below {upper:.3g} for every pair)"

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

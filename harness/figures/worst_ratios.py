"""The worst ratio between two groups against the threshold, with its bounds and what is tolerated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import FloatArray
from harness.figures.bound_curves import (
    ESTIMATE,
    INFINITE,
    LOWER,
    UNDEFINED,
    UPPER,
    BoundDisplay,
    Curve,
    off_the_top,
)
from harness.figures.display import axis_of
from harness.figures.frame import Sample
from harness.figures.scales import ratio_scale
from harness.figures.style import GREY
from harness.figures.words import drawn_range, marks_said, percent, threshold_text

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["WorstRatioDisplay"]

BELOW_PARITY = 0.8
HIGHEST = 1e6


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
        limit = "" if self.tolerated is None else f" A line shows the tolerated ratio, {self.tolerated:g}."
        return (
            f"Line chart of the highest {self.rate} over the lowest among the groups of {self.axis}, {self.matcher}, "
            f"on a logarithmic scale, with {percent(self.confidence)} bounds; thresholds run {drawn_range(self)}."
            f"{limit} {marks_said(self)} {self._readings()}{self._without_number()}"
        )

    def _readings(self) -> str:
        marked = {
            self.safe_threshold: "the safe threshold",
            self.not_detected_from: "the lowest where no disparity is detected",
            float(self.thresholds[self.shown][0]): "the most lenient drawn",
        }
        said = [
            f"At {threshold_text(at)}, {what}, the ratio is {self._at(at)}."
            for at, what in marked.items()
            if at is not None
        ]
        return " ".join(said[:2])

    def _at(self, threshold: float) -> str:
        place = int(np.flatnonzero(self.thresholds == threshold)[0])
        ratio, lower, upper = (float(a[place]) for a in (self.ratio, self.lower, self.upper))
        estimate = "undefined, all rates being zero" if np.isnan(ratio) else _number(ratio)
        if np.isnan(lower):
            return f"{estimate} and without bounds"
        return f"{estimate} (some pair's is above {lower:.3g}, every pair's below {_number(upper)})"

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
        off_the_top(ax, x, np.isinf(ratio), "_a group without errors", INFINITE)
        off_the_top(ax, x, np.isnan(ratio), "_no errors at all", UNDEFINED)

    def _samples(self) -> list[Sample]:
        ratio = self.ratio[self.shown]
        samples = [Sample("1: all groups alike", {"color": GREY, "linewidth": 0.8})]
        if np.isinf(ratio).any():
            samples.append(Sample("a group without errors: no finite ratio", INFINITE))
        if np.isnan(ratio).any():
            samples.append(Sample("no errors, or a group without trials: no ratio", UNDEFINED))
        return samples


def _number(ratio: float) -> str:
    return "not finite" if np.isinf(ratio) else f"{ratio:.3g}"

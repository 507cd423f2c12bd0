"""The false match rate of every group against the threshold."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from harness.errors import InputError
from harness.plots.alternatives import describe_false_match_rates
from harness.plots.rate_curves import draw, new_axes
from harness.plots.style import settings

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["FalseMatchRateDisplay"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

LENIENT_END = 0.5
BEYOND_LAST_EVENT = 0.04


@dataclass(frozen=True, eq=False)
class FalseMatchRateDisplay:
    """False match rate against threshold by group, on a logarithmic scale.

    Zero events are never drawn as a rate: there, the upper bound stands alone. It is recommended to use
    `from_evaluation`.

    Parameters
    ----------
    matcher : str
        Its name and version.
    axis : str
        What the groups are groups of.
    rate : {"FMR", "FPIR"}
        Of comparisons, or of searches.
    groups : tuple of str, length G
    thresholds : ndarray of float64, shape (T,)
        As the study states scores, from the most lenient to the strictest.
    better : {"higher", "lower"}
        Which scores speak for the same subject.
    trials : ndarray of int64, shape (G,)
    errors : ndarray of int64, shape (G, T)
    estimate, lower, upper : ndarray of float64, shape (G, T)
        NaN where there are no trials.
    confidence : float
        Of the two-sided bounds, at each threshold and for each group by itself.
    safe_threshold : float, optional
        The one that the policy calls safe; None where there is none.
    safe_reason : str
        What makes it safe, or what stands in the way.
    not_detected_from : float, optional
        The lowest threshold at and above which no disparity is detected on this axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was last drawn.
    figure_ : matplotlib Figure
        The one that holds the axes.

    Examples
    --------
    >>> from harness.plots import FalseMatchRateDisplay, save_figure  # doctest: +SKIP
    >>> display = FalseMatchRateDisplay.from_evaluation(evaluation, "ethnicity").plot()  # doctest: +SKIP
    >>> save_figure(display.figure_, "false_match_rates", alt_text=display.alt_text)  # doctest: +SKIP
    """

    matcher: str
    axis: str
    rate: str
    groups: tuple[str, ...]
    thresholds: FloatArray
    better: Literal["higher", "lower"]
    trials: IntArray
    errors: IntArray
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    confidence: float
    safe_threshold: float | None = None
    safe_reason: str = ""
    not_detected_from: float | None = None
    ax_: Axes = field(init=False, repr=False)
    figure_: Figure | SubFigure = field(init=False, repr=False)

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str) -> FalseMatchRateDisplay:
        """Take what is drawn from an evaluation; nothing is computed.

        Parameters
        ----------
        evaluation : Evaluation
        axis : str
            The name of one of its axes.

        Returns
        -------
        FalseMatchRateDisplay

        Raises
        ------
        InputError
            Where the evaluation has no such axis.
        """
        if axis not in evaluation.axes:
            raise InputError(f"the evaluation has no axis {axis!r}; it has {', '.join(evaluation.axes)}")
        found, study = evaluation.axes[axis], evaluation.study
        rates = found.false_matches
        return cls(
            matcher=f"{study.matcher.name} {study.matcher.version}",
            axis=axis,
            rate=rates.name,
            groups=rates.groups,
            thresholds=evaluation.thresholds,
            better=study.score.better,
            trials=rates.trials,
            errors=rates.errors,
            estimate=rates.estimate,
            lower=rates.lower,
            upper=rates.upper,
            confidence=rates.confidence,
            safe_threshold=evaluation.safe_threshold,
            safe_reason=evaluation.safe.reason,
            not_detected_from=evaluation.threshold_at(found.verdict.not_detected_from),
        )

    def plot(self, ax: Axes | None = None) -> FalseMatchRateDisplay:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            By default those of a new figure of about 8 × 5 inches, higher where a legend of more than ten
            groups needs room. Names and legend are outside the axes.

        Returns
        -------
        FalseMatchRateDisplay
            Itself, with ``ax_`` and ``figure_``.
        """
        with settings():
            ax = new_axes(self) if ax is None else ax
            draw(self, ax)
        object.__setattr__(self, "ax_", ax)
        object.__setattr__(self, "figure_", ax.figure)
        return self

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        return describe_false_match_rates(self)

    @cached_property
    def shown(self) -> slice:
        """The thresholds drawn: from where half of all trials match to a little beyond the last event.

        A threshold that the figure marks is not left out at the strict end.
        """
        pooled = self.errors.sum(axis=0) / max(int(self.trials.sum()), 1)
        events = np.flatnonzero(pooled > 0)
        if not len(events):
            return slice(0, len(self.thresholds))
        high = np.flatnonzero(pooled >= LENIENT_END)
        first = int(high[-1]) if len(high) else 0
        along = np.abs(self.thresholds - self.thresholds[first])
        marked = [m for m in (self.safe_threshold, self.not_detected_from) if m is not None]
        to_show = max(
            along[events[-1]], *(along[self.thresholds == mark].max(initial=0) for mark in marked), 0.0
        )
        last = int(np.searchsorted(along[first:], to_show * (1 + BEYOND_LAST_EVENT))) + first
        return slice(first, min(last, len(self.thresholds) - 1) + 1)

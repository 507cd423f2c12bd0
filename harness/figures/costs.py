"""What a threshold costs: false non-matches, or hits of searches that are lost, by group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import FloatArray
from harness.errors import InputError
from harness.figures.alternatives import describe_costs
from harness.figures.display import axis_of
from harness.figures.rate_curves import RateDisplay
from harness.figures.scales import share_scale
from harness.figures.words import NAMES

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["FalseNonMatchRateDisplay", "IdentificationRateDisplay"]


@dataclass(frozen=True, eq=False, kw_only=True)
class FalseNonMatchRateDisplay(RateDisplay):
    """False non-match rate (FNMR, or FNIR of searches) against threshold by group, on a logarithmic scale.

    Zero events are never drawn as a rate: there, the upper bound stands alone. Parameters are those of
    `RateDisplay` and `ThresholdDisplay`.
    """

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str) -> FalseNonMatchRateDisplay:
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
        rates = axis_of(evaluation, axis).false_non_matches
        return cls(**cls._along(evaluation, axis), **cls._of(rates))

    @property
    def heading(self) -> str:
        """Which rate is the cost, by which axis."""
        return f"Cost: {self.rate} by {self.axis}"

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        return describe_costs(self)

    @property
    def _of_zero_errors(self) -> str:
        return "zero events: upper bound"


@dataclass(frozen=True, eq=False, kw_only=True)
class IdentificationRateDisplay(RateDisplay):
    """True positive identification rate (TPIR = 1 - FNIR) of searches against threshold by group.

    Where no search is missed, the lower bound stands alone. Parameters are those of `RateDisplay` and
    `ThresholdDisplay`; errors are searches missed.

    References
    ----------
    ISO/IEC 19795-1:2021, on the true positive identification rate.
    """

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str) -> IdentificationRateDisplay:
        """Take what is drawn from an evaluation: the complement of its FNIR, and no more.

        Parameters
        ----------
        evaluation : Evaluation
        axis : str
            The name of one of its axes.

        Raises
        ------
        InputError
            Where the evaluation has no such axis, or is of comparisons, which have no TPIR.
        """
        rates = axis_of(evaluation, axis).false_non_matches
        if rates.name != "FNIR":
            raise InputError("TPIR is of searches, and the study's task is verification; draw FNMR")
        of_misses = cls._of(rates)
        hits = {
            "rate": "TPIR",
            "estimate": 1 - rates.estimate,
            "lower": 1 - rates.upper,
            "upper": 1 - rates.lower,
        }
        return cls(**cls._along(evaluation, axis), **{**of_misses, **hits})

    @property
    def heading(self) -> str:
        """Which rate falls, by which axis."""
        return f"Cost: TPIR by {self.axis}"

    @property
    def bound(self) -> FloatArray:
        """The lower bound, drawn where no search is missed, shape (G, T)."""
        return self.lower

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        return describe_costs(self)

    @property
    def _of_zero_errors(self) -> str:
        return "no search missed: lower bound"

    def _set_rate_scale(self, ax: Axes) -> None:
        share_scale(ax, f"{NAMES['TPIR']} (TPIR)")
        if not np.isfinite(self.estimate).any():
            ax.set_yticks([])

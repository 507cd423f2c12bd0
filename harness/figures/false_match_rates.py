"""The false match rate of every group against the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.figures.alternatives import describe_rates
from harness.figures.display import axis_of
from harness.figures.rate_curves import RateDisplay

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["FalseMatchRateDisplay"]


@dataclass(frozen=True, eq=False, kw_only=True)
class FalseMatchRateDisplay(RateDisplay):
    """False match rate (FMR, or FPIR of searches) against threshold by group, on a logarithmic scale.

    Zero events are never drawn as a rate: there, the upper bound stands alone. It is recommended to use
    `from_evaluation`; parameters are those of `RateDisplay` and `ThresholdDisplay`.

    Examples
    --------
    >>> from harness.figures import FalseMatchRateDisplay, save_figure  # doctest: +SKIP
    >>> display = FalseMatchRateDisplay.from_evaluation(evaluation, "ethnicity").plot()  # doctest: +SKIP
    >>> save_figure(display.figure_, "false_match_rates", alt_text=display.alt_text)  # doctest: +SKIP
    """

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
        rates = axis_of(evaluation, axis).false_matches
        return cls(**cls._along(evaluation, axis), **cls._of(rates))

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        return describe_rates(self)

    @property
    def _of_zero_errors(self) -> str:
        return "zero events: upper bound"

"""What a report shows beside curves against the threshold: one rate against the other, and the scores themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.figures import DetDisplay, ScoreDistributionDisplay
from harness.report.model import Distributions, TradeOff
from harness.report.wording import wording_of

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["distributions_of", "trade_off_of"]


def trade_off_of(evaluation: Evaluation, axis: str) -> TradeOff:
    """Say what the detection error trade-off of an axis shows."""
    words = wording_of(evaluation)
    return TradeOff(
        f"Detection error trade-off (DET): {words.cost} against {words.rate} by group",
        DetDisplay.from_evaluation(evaluation, axis).alt_text,
    )


def distributions_of(evaluation: Evaluation, axis: str) -> Distributions:
    """Take how scores of an axis are distributed."""
    display = ScoreDistributionDisplay.from_evaluation(evaluation, axis)
    non_mated, mated = display.densities
    return Distributions(
        "Scores by group",
        display.alt_text,
        display.groups,
        display.edges,
        non_mated,
        mated,
    )

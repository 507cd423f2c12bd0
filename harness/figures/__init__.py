"""Figures of an evaluation, in scikit-learn's manner: drawn from its numbers, nothing recomputed.

Each display has ``from_evaluation``, ``plot(ax=...)`` and ``alt_text``; `figures_of` gives all of an evaluation. Those
of what an evaluation does not hold are made of arrays: `RateByListSizeDisplay` and `CandidateRanksDisplay`.
"""

from harness.figures.alarms import AlarmDisplay
from harness.figures.bands import FalseShareDisplay, RateByListSizeDisplay
from harness.figures.bounds import GapDisplay, WorstRatioDisplay
from harness.figures.candidate_ranks import CandidateRanksDisplay
from harness.figures.cross_groups import CrossGroupDisplay
from harness.figures.det_curves import DetDisplay
from harness.figures.detectable_ratios import DetectableRatioDisplay
from harness.figures.display import Display, save_figure
from harness.figures.figures import (
    cost_display,
    figures_of,
    plot_cost,
    plot_cross_groups,
    plot_det,
    plot_detectable_ratios,
    plot_false_match_rates,
    plot_false_shares,
    plot_gap,
    plot_groups,
    plot_identification,
    plot_score_distributions,
    plot_verdict_zones,
    plot_worst_ratio,
    save_displays,
    save_figures,
)
from harness.figures.identification_curves import IdentificationCurveDisplay
from harness.figures.rates import FalseMatchRateDisplay, FalseNonMatchRateDisplay, IdentificationRateDisplay
from harness.figures.rows import GroupsAtThresholdDisplay, ScoreDistributionDisplay
from harness.figures.verdict_zones import VerdictZonesDisplay

__all__ = [
    "AlarmDisplay",
    "CandidateRanksDisplay",
    "CrossGroupDisplay",
    "DetDisplay",
    "DetectableRatioDisplay",
    "Display",
    "FalseMatchRateDisplay",
    "FalseNonMatchRateDisplay",
    "FalseShareDisplay",
    "GapDisplay",
    "GroupsAtThresholdDisplay",
    "IdentificationCurveDisplay",
    "IdentificationRateDisplay",
    "RateByListSizeDisplay",
    "ScoreDistributionDisplay",
    "VerdictZonesDisplay",
    "WorstRatioDisplay",
    "cost_display",
    "figures_of",
    "plot_cost",
    "plot_cross_groups",
    "plot_det",
    "plot_detectable_ratios",
    "plot_false_match_rates",
    "plot_false_shares",
    "plot_gap",
    "plot_groups",
    "plot_identification",
    "plot_score_distributions",
    "plot_verdict_zones",
    "plot_worst_ratio",
    "save_displays",
    "save_figure",
    "save_figures",
]

"""Figures of an evaluation, in scikit-learn's manner: drawn from its numbers, nothing recomputed.

Each display has ``from_evaluation``, ``plot(ax=...)`` and ``alt_text``; `figures_of` gives all of an evaluation.
"""

from harness.figures.costs import FalseNonMatchRateDisplay, IdentificationRateDisplay
from harness.figures.cross_groups import CrossGroupDisplay
from harness.figures.det_curves import DetDisplay
from harness.figures.detectable_ratios import DetectableRatioDisplay
from harness.figures.display import Display
from harness.figures.false_match_rates import FalseMatchRateDisplay
from harness.figures.figures import cost_display, figures_of, save_figures
from harness.figures.gaps import GapDisplay
from harness.figures.groups_at_threshold import GroupsAtThresholdDisplay
from harness.figures.saving import save_figure
from harness.figures.score_distributions import ScoreDistributionDisplay
from harness.figures.verdict_zones import VerdictZonesDisplay
from harness.figures.worst_ratios import WorstRatioDisplay

__all__ = [
    "CrossGroupDisplay",
    "DetDisplay",
    "DetectableRatioDisplay",
    "Display",
    "FalseMatchRateDisplay",
    "FalseNonMatchRateDisplay",
    "GapDisplay",
    "GroupsAtThresholdDisplay",
    "IdentificationRateDisplay",
    "ScoreDistributionDisplay",
    "VerdictZonesDisplay",
    "WorstRatioDisplay",
    "cost_display",
    "figures_of",
    "save_figure",
    "save_figures",
]

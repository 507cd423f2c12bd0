"""Figures of an evaluation, in scikit-learn's manner: drawn from its numbers, nothing recomputed.

Each display has ``from_evaluation``, ``plot(ax=...)`` and ``alt_text``; `figures_of` gives all of an evaluation.
"""

from harness.plots.costs import FalseNonMatchRateDisplay, IdentificationRateDisplay
from harness.plots.cross_groups import CrossGroupDisplay
from harness.plots.det_curves import DetDisplay
from harness.plots.detectable_ratios import DetectableRatioDisplay
from harness.plots.display import Display
from harness.plots.false_match_rates import FalseMatchRateDisplay
from harness.plots.figures import cost_display, figures_of, save_figures
from harness.plots.gaps import GapDisplay
from harness.plots.groups_at_threshold import GroupsAtThresholdDisplay
from harness.plots.saving import save_figure
from harness.plots.score_distributions import ScoreDistributionDisplay
from harness.plots.verdict_zones import VerdictZonesDisplay
from harness.plots.worst_ratios import WorstRatioDisplay

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

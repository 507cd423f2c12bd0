"""Figures of an evaluation, in scikit-learn's manner: drawn from its numbers, nothing recomputed."""

from harness.plots.false_match_rates import FalseMatchRateDisplay
from harness.plots.saving import save_figure

__all__ = ["FalseMatchRateDisplay", "save_figure"]

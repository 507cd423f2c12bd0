"""Summary measures of how far the groups of an axis differ, with intervals."""

from harness.statistics.measures.formulas import (
    coefficient_of_variation,
    fairness_discrepancy_rate,
    gap,
    garbe,
    gini,
    inequity,
    max_over_geometric_mean,
    max_over_min,
)
from harness.statistics.measures.summary import FDR_CAUTION, SummaryMeasures, summary_measures

__all__ = [
    "FDR_CAUTION",
    "SummaryMeasures",
    "coefficient_of_variation",
    "fairness_discrepancy_rate",
    "gap",
    "garbe",
    "gini",
    "inequity",
    "max_over_geometric_mean",
    "max_over_min",
    "summary_measures",
]

"""From counts to rates, their uncertainty and verdicts; nothing here knows of files.

Parts, each importing only from those above it: ``quantiles`` (of the beta distribution), ``intervals`` (for a
proportion, and the ratio and the difference of two), ``clustering`` (design effects), ``rates``, ``differentials``
(ratios and gaps of every two groups), ``measures`` (summaries of an axis), ``verdicts``; beside them ``planning`` (how
much data a claim needs), ``watchlist`` (1:N from 1:1), ``dispersion`` (whether counts differ by more than chance),
``monitoring`` (alerts as they come), and of searches ``list_clusters`` (lists alike), ``list_subjects`` (who on a list
draws alerts) and ``passers_by`` (what a crowd meets). Each is imported when first used: planning needs only numpy and
scipy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.statistics.clustering import carried, design_effect, on_finer_thresholds, small_sample
    from harness.statistics.differentials import Differentials, EffectiveCounts, Pairwise, pairs, pairwise
    from harness.statistics.dispersion import Dispersion, dispersion_test
    from harness.statistics.intervals import (
        SCAN_POWER,
        Interval,
        clopper_pearson,
        detectable_ratio,
        gap_interval,
        growth_to_show_parity,
        holm,
        one_sided,
        poisson_interval,
        ratio_interval,
        ratio_p_value,
    )
    from harness.statistics.measures import FDR_CAUTION, SummaryMeasures, summary_measures
    from harness.statistics.monitoring import rate_evidence, share_evidence
    from harness.statistics.planning import Plan, claim_of_zero
    from harness.statistics.rates import Rates, false_match_rates, false_non_match_rates
    from harness.statistics.verdicts import (
        AxisVerdict,
        SafeThreshold,
        Verdict,
        judge,
        safe_threshold,
    )
    from harness.statistics.watchlist import (
        false_alert_rate,
        false_alert_rate_at_size,
        false_alert_rate_by_composition,
        implied_fmr,
    )

__all__ = [
    "FDR_CAUTION",
    "SCAN_POWER",
    "AxisVerdict",
    "Differentials",
    "Dispersion",
    "EffectiveCounts",
    "Interval",
    "Pairwise",
    "Plan",
    "Rates",
    "SafeThreshold",
    "SummaryMeasures",
    "Verdict",
    "carried",
    "claim_of_zero",
    "clopper_pearson",
    "design_effect",
    "detectable_ratio",
    "dispersion_test",
    "false_alert_rate",
    "false_alert_rate_at_size",
    "false_alert_rate_by_composition",
    "false_match_rates",
    "false_non_match_rates",
    "gap_interval",
    "growth_to_show_parity",
    "holm",
    "implied_fmr",
    "judge",
    "on_finer_thresholds",
    "one_sided",
    "pairs",
    "pairwise",
    "poisson_interval",
    "rate_evidence",
    "ratio_interval",
    "ratio_p_value",
    "safe_threshold",
    "share_evidence",
    "small_sample",
    "summary_measures",
]

_PARTS = (
    "intervals",
    "watchlist",
    "dispersion",
    "planning",
    "monitoring",
    "clustering",
    "rates",
    "differentials",
    "measures",
    "verdicts",
)
"""Those that count nothing come first: they need numpy and scipy only."""


def __getattr__(name: str) -> Any:
    if name in __all__:
        for part in _PARTS:
            module = import_module(f"harness.statistics.{part}")
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module 'harness.statistics' has no attribute {name!r}")

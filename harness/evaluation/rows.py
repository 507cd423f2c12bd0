"""The findings of an axis as rows of tables; an undefined number is null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from harness.arrays import FloatArray
from harness.statistics.differentials import Pairwise
from harness.statistics.measures import SummaryMeasures
from harness.statistics.rates import Rates

if TYPE_CHECKING:
    from harness.evaluation.result import AxisEvaluation

__all__ = ["measure_rows", "pair_rows", "rate_rows", "verdict_rows"]


def rate_rows(axis: AxisEvaluation, at: FloatArray, rates: Rates) -> pa.RecordBatch:
    """Return a row for every group and threshold of one rate."""
    groups, thresholds = rates.errors.shape
    side = 1 if rates.name in ("FNMR", "FNIR") else 0
    known = axis.subjects or {}
    subjects = [known[group][side] if group in known else None for group in rates.groups]
    return pa.record_batch(
        {
            "axis": pa.array([axis.name] * rates.errors.size),
            "group": pa.array(np.repeat(np.array(rates.groups, object), thresholds), pa.string()),
            "rate": pa.array([rates.name] * rates.errors.size),
            "threshold": np.tile(at, groups),
            "trials": np.repeat(rates.trials, thresholds),
            "errors": rates.errors.ravel(),
            "subjects": pa.array([s for s in subjects for _ in range(thresholds)], pa.int64()),
            "estimate": _defined(rates.estimate),
            "lower": _defined(rates.lower),
            "upper": _defined(rates.upper),
            "design_effect": _defined(rates.design_effect),
        }
    )


def verdict_rows(axis: AxisEvaluation, at: FloatArray) -> pa.RecordBatch:
    """Return a row for every threshold."""
    found = axis.false_match_differential
    names: list[Any] = [*axis.false_matches.groups, None]  # place -1: no group
    thresholds = len(at)
    return pa.record_batch(
        {
            "axis": pa.array([axis.name] * thresholds),
            "threshold": at,
            "worst_group": pa.array([names[place] for place in found.worst], pa.string()),
            "best_group": pa.array([names[place] for place in found.best], pa.string()),
            "ratio": _defined(found.ratio),
            "ratio_lower": _defined(found.ratio_lower),
            "ratio_upper": _defined(found.ratio_upper),
            "gap": _defined(found.gap),
            "gap_upper": _defined(found.gap_upper),
            "verdict": pa.array([str(verdict) for verdict in axis.verdict.verdicts]),
            "detectable_ratio": _defined(found.detectable_ratio),
            "growth_needed": _defined(axis.verdict.growth_needed),
        }
    )


def measure_rows(axis: str, thresholds: FloatArray, found: SummaryMeasures) -> pa.RecordBatch:
    """Return a row for every measure and threshold; an undefined number is null, beside the reason."""
    reasons = [*found.reasons, None]  # place -1: defined
    return pa.record_batch(
        {
            "axis": pa.array([axis] * found.estimate.size),
            "measure": pa.array([name for name in found.names for _ in thresholds]),
            "threshold": np.tile(thresholds, len(found.names)),
            "estimate": _defined(found.estimate),
            "lower": _defined(found.lower),
            "upper": _defined(found.upper),
            "undefined_because": pa.array([reasons[place] for place in found.undefined.flat], pa.string()),
        }
    )


def pair_rows(axis: AxisEvaluation, at: FloatArray, found: Pairwise, places: Sequence[int]) -> pa.RecordBatch:
    """Return a row for every pair of groups and each of some thresholds."""
    names = np.array(axis.false_matches.groups, object)
    return pa.record_batch(
        {
            "axis": pa.array([axis.name] * found.ratio.size, pa.string()),
            "threshold": np.tile(at[list(places)], len(found.first)),
            "group": pa.array(np.repeat(names[found.first], len(places)), pa.string()),
            "other_group": pa.array(np.repeat(names[found.second], len(places)), pa.string()),
            "ratio": _defined(found.ratio),
            "lower": _defined(found.lower),
            "upper": _defined(found.upper),
            "p_value": _defined(found.p_value),
        }
    )


def _defined(values: FloatArray) -> pa.Array:
    return pa.array(values.ravel(), pa.float64(), from_pandas=True)

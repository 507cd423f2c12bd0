"""The summary measures of an axis as rows of a table."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from harness.measures import SummaryMeasures

__all__ = ["measure_rows"]

FloatArray: TypeAlias = npt.NDArray[np.float64]


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


def _defined(values: FloatArray) -> pa.Array:
    return pa.array(values.ravel(), pa.float64(), from_pandas=True)

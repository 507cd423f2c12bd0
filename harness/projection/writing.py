"""A projection as ``projection.json``, which a gate reads, and as tables."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from harness.arrays import FloatArray, IntArray
from harness.errors import InputError
from harness.gate.projection_file import PROJECTION_SCHEMA, ProjectionShape
from harness.projection.result import Bounded, ProjectedAxis, ProjectedList, Projection

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["PASSERS_BY", "alert_rows", "ratio_rows", "safe_rows", "to_json"]

PASSERS_BY = 10_000


def to_json(projection: Projection) -> str:
    """Write a projection as the JSON document that a gate reads; equal projections give equal text.

    Raises
    ------
    InputError
        The evaluation names no matcher, so that the projection would be of none.
    """
    evaluation = projection.evaluation
    matcher = evaluation.study.matcher
    if matcher is None:
        raise InputError(
            "the evaluation names no matcher, and a projection is evidence on one alone; evaluate again with --matcher "
            "and --matcher-version"
        )
    document = {
        "schema": PROJECTION_SCHEMA,
        "evaluation": {"sha256": projection.sha256},
        "matcher": {"name": matcher.name, "version": matcher.version},
        "confidence": evaluation.policy.confidence,
        "thresholds": evaluation.thresholds.tolist(),
        "lists": {name: _list(evaluation, found) for name, found in projection.lists.items()},
    }
    ProjectionShape.model_validate(document)  # what the gate reads is what is written
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def _list(evaluation: Evaluation, found: ProjectedList) -> dict[str, Any]:
    return {
        "method": found.method,
        "size": found.wanted.enrolled,
        "composition": found.wanted.by_attribute(),
        "axes": {name: _axis(axis) for name, axis in found.axes.items()},
        "safe": evaluation.threshold_at(found.safe.index),
    }


def _axis(axis: ProjectedAxis) -> dict[str, Any]:
    return {
        "groups": list(axis.groups),
        "estimate": [_plain(row) for row in axis.rates.estimate],
        "lower": [_plain(row) for row in axis.rates.lower],
        "upper": [_plain(row) for row in axis.rates.upper],
        "ratio": _plain(axis.ratio.estimate),
        "ratio_lower": _plain(axis.ratio.lower),
        "ratio_upper": _plain(axis.ratio.upper),
    }


def _plain(values: FloatArray) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]


def _listed(evaluation: Evaluation) -> IntArray:
    """Return the indices of the thresholds that tables list."""
    if evaluation.asked_for is None:
        return np.arange(len(evaluation.thresholds))
    return np.flatnonzero(np.isin(evaluation.thresholds, evaluation.asked_for))


def alert_rows(projection: Projection) -> pa.Table:
    """Return a row for every list, axis, group and threshold; a row without a group is of the whole crowd.

    False alerts are expected per 10,000 people of the row who walk by, and in a deployment, of which the file of lists
    says how many walk by; so is the chance of at least one. What is not known is null.

    Parameters
    ----------
    projection : Projection
    """
    at = _listed(projection.evaluation)
    parts = [
        part
        for found in projection.lists.values()
        for axis in found.axes.values()
        for part in _alerts(found, axis, projection.evaluation.thresholds[at], at)
    ]
    return pa.Table.from_batches(parts)


def _alerts(
    found: ProjectedList, axis: ProjectedAxis, thresholds: FloatArray, at: IntArray
) -> Iterator[pa.RecordBatch]:
    unknown = np.full(len(thresholds), np.nan)
    for index, group in enumerate((*axis.groups, None)):
        of = axis.of_crowd if group is None else _row(axis.rates, index)
        rate = Bounded(of.estimate[at], of.lower[at], of.upper[at])
        share = 1.0 if group is None else float(axis.crowd[index])
        faces = None if found.wanted.faces is None else found.wanted.faces * share
        formula = unknown if group is None else axis.formula_over_measured[index, at]
        nothing = Bounded(unknown, unknown, unknown)
        columns = {
            "fpir": rate,
            "per_10000": _times(rate, PASSERS_BY),
            "per_deployment": nothing if faces is None else _times(rate, faces),
            "chance_of_one": nothing if faces is None else rate.once_in(faces),
        }
        yield pa.record_batch(
            {
                **{
                    name: pa.array([value] * len(thresholds), pa.string())
                    for name, value in {
                        "list": found.name,
                        "method": found.method,
                        "axis": axis.name,
                        "group": group,
                    }.items()
                },
                "threshold": thresholds,
                **{
                    f"{name}{ending}": _nullable(getattr(bounded, part))
                    for name, bounded in columns.items()
                    for part, ending in (("estimate", ""), ("lower", "_lower"), ("upper", "_upper"))
                },
                "formula_over_measured": _nullable(formula),
            }
        )


def _row(rates: Bounded, index: int) -> Bounded:
    return Bounded(rates.estimate[index], rates.lower[index], rates.upper[index])


def _times(rate: Bounded, factor: float) -> Bounded:
    return Bounded(rate.estimate * factor, rate.lower * factor, rate.upper * factor)


def _nullable(values: FloatArray) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)


def ratio_rows(projection: Projection) -> pa.Table:
    """Return the worst ratio of every list, axis and threshold, with its bounds; ``inf`` where there is none above.

    Parameters
    ----------
    projection : Projection
    """
    at = _listed(projection.evaluation)
    thresholds = projection.evaluation.thresholds[at]
    return pa.Table.from_batches(
        [
            pa.record_batch(
                {
                    "list": pa.array([found.name] * len(at), pa.string()),
                    "axis": pa.array([axis.name] * len(at), pa.string()),
                    "threshold": thresholds,
                    "ratio": _nullable(axis.ratio.estimate[at]),
                    "ratio_lower": _nullable(axis.ratio.lower[at]),
                    "ratio_upper": _nullable(axis.ratio.upper[at]),
                }
            )
            for found in projection.lists.values()
            for axis in found.axes.values()
        ]
    )


def safe_rows(projection: Projection) -> pa.Table:
    """Return the safe threshold of every list, and against size and mix where candidate lists tell; null for none.

    Parameters
    ----------
    projection : Projection
    """
    rows: list[dict[str, Any]] = [
        {"list": name, "size": found.wanted.enrolled, "safe_threshold": projection.safe_at(name)}
        for name, found in projection.lists.items()
    ]
    if projection.sizes is not None:
        for size, safe in zip(projection.sizes.sizes, projection.sizes.safe.tolist(), strict=True):
            rows.append({"size": size, "safe_threshold": None if math.isnan(safe) else safe})
    for mixes in projection.mixes:
        for share, of_share, held in zip(
            mixes.shares, mixes.safe.tolist(), mixes.tested.tolist(), strict=True
        ):
            for size, safe, there in zip(mixes.sizes, of_share, held, strict=True):
                if there:
                    rows.append(
                        {
                            "size": size,
                            "attribute": mixes.attribute,
                            "group": mixes.group,
                            "share": share,
                            "safe_threshold": None if math.isnan(safe) else safe,
                        }
                    )
    return pa.Table.from_pylist(rows, _SAFE)


_SAFE = pa.schema(
    [
        ("list", pa.string()),
        ("size", pa.int64()),
        ("attribute", pa.string()),
        ("group", pa.string()),
        ("share", pa.float64()),
        ("safe_threshold", pa.float64()),
    ]
)

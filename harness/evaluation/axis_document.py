"""One axis of an evaluation as JSON, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.evaluation.result import AxisEvaluation
from harness.gate.shape import (
    AxisShape,
    ByTruth,
    DifferentialShape,
    MeasuresShape,
    RatesShape,
    parity_to_next,
)
from harness.statistics.differentials import Differentials
from harness.statistics.measures import SummaryMeasures
from harness.statistics.rates import Rates
from harness.statistics.verdicts import AxisVerdict, Verdict

__all__ = ["Plain", "axis_of_shape", "axis_to_plain", "by_truth", "floats", "numbers", "pair"]

Plain: TypeAlias = dict[str, Any]


def axis_to_plain(axis: AxisEvaluation) -> Plain:
    """Write one axis."""
    return {
        "judged": axis.judged,
        "left_out": by_truth(axis.left_out),
        "subjects": None if axis.subjects is None else {g: by_truth(n) for g, n in axis.subjects.items()},
        "false_matches": _rates_to_plain(axis.false_matches),
        "false_non_matches": _rates_to_plain(axis.false_non_matches),
        "across": None if axis.across is None else _rates_to_plain(axis.across),
        "false_match_differential": _fields_to_plain(axis.false_match_differential),
        "false_non_match_differential": _fields_to_plain(axis.false_non_match_differential),
        "measures": _measures_to_plain(axis.measures),
        "verdict": _fields_to_plain(axis.verdict),
    }


def axis_of_shape(name: str, shape: AxisShape) -> AxisEvaluation:
    """Read what `axis_to_plain` wrote, and `harness.gate.reading` found whole."""
    subjects, verdict = shape.subjects, shape.verdict
    return AxisEvaluation(
        name=name,
        judged=shape.judged,
        left_out=pair(shape.left_out),
        subjects=None if subjects is None else {group: pair(n) for group, n in subjects.items()},
        false_matches=_rates(shape.false_matches),
        false_non_matches=_rates(shape.false_non_matches),
        across=None if shape.across is None else _rates(shape.across),
        false_match_differential=_differentials(shape.false_match_differential),
        false_non_match_differential=_differentials(shape.false_non_match_differential),
        measures=_measures(shape.measures),
        verdict=AxisVerdict(
            verdicts=tuple(Verdict(text) for text in verdict.verdicts),
            not_detected_from=verdict.not_detected_from,
            parity_shown_from=verdict.parity_shown_from,
            parity_shown_to=verdict.parity_shown_to,
            growth_needed=floats(verdict.growth_needed),
            parity_to_next=np.array(parity_to_next(verdict), np.bool_),
            obstacles=tuple(verdict.obstacles),
        ),
    )


def _rates_to_plain(rates: Rates) -> Plain:
    return {
        "name": rates.name,
        "confidence": rates.confidence,
        "groups": [
            {
                "group": group,
                "trials": int(rates.trials[i]),
                "errors": rates.errors[i].tolist(),
                **{name: numbers(getattr(rates, name)[i]) for name in _RATE_ARRAYS},
            }
            for i, group in enumerate(rates.groups)
        ],
    }


_RATE_ARRAYS = ("design_effect", "estimate", "lower", "upper")


def _rates(shape: RatesShape) -> Rates:
    groups = shape.groups
    return Rates(
        name=shape.name,
        groups=tuple(group.group for group in groups),
        trials=np.array([group.trials for group in groups], np.int64),
        errors=np.array([group.errors for group in groups], np.int64),
        confidence=shape.confidence,
        **{name: np.array([floats(getattr(group, name)) for group in groups]) for name in _RATE_ARRAYS},
    )


def _fields_to_plain(value: Differentials | AxisVerdict) -> Plain:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return numbers(value) if value.dtype.kind == "f" else value.tolist()
    return [str(item) for item in value] if isinstance(value, tuple) else value


def _differentials(shape: DifferentialShape) -> Differentials:
    whole = ("worst", "best", "pairs_that_differ")
    stated = {field.name: getattr(shape, field.name) for field in fields(Differentials)}
    values: dict[str, Any] = {
        name: np.array(value, np.int64) if name in whole else value if name == "confidence" else floats(value)
        for name, value in stated.items()
    }
    return Differentials(**values)


def _measures_to_plain(found: SummaryMeasures) -> Plain:
    return {
        "alpha": found.alpha,
        "confidence": found.confidence,
        "reasons": list(found.reasons),
        "measures": [
            {
                "measure": name,
                **{part: numbers(getattr(found, part)[i]) for part in _MEASURE_ARRAYS},
                # A reason for each null among the estimates, in order.
                "undefined_because": found.undefined[i][found.undefined[i] >= 0].tolist(),
            }
            for i, name in enumerate(found.names)
        ],
    }


_MEASURE_ARRAYS = ("estimate", "lower", "upper")


def _measures(shape: MeasuresShape) -> SummaryMeasures:
    measures = shape.measures
    parts = {part: np.array([floats(getattr(m, part)) for m in measures]) for part in _MEASURE_ARRAYS}
    undefined = np.full(parts["estimate"].shape, -1, np.int64)
    undefined[np.isnan(parts["estimate"])] = [
        reason for measure in measures for reason in measure.undefined_because
    ]
    return SummaryMeasures(
        names=tuple(measure.measure for measure in measures),
        undefined=undefined,
        reasons=tuple(shape.reasons),
        alpha=shape.alpha,
        confidence=shape.confidence,
        **parts,
    )


def numbers(values: npt.NDArray[np.float64]) -> list[float | str | None]:
    """Write numbers, undefined and unbounded ones too."""
    return [None if math.isnan(v) else "inf" if math.isinf(v) else v for v in values.tolist()]


def floats(values: Sequence[float | str | None]) -> npt.NDArray[np.float64]:
    """Read what `numbers` wrote."""
    return np.array([math.nan if value is None else float(value) for value in values], np.float64)


def by_truth(counts: tuple[int, int]) -> dict[str, int]:
    """Write a number of non-mated and one of mated comparisons."""
    return {"non_mated": int(counts[0]), "mated": int(counts[1])}


def pair(shape: ByTruth) -> tuple[int, int]:
    """Read what `by_truth` wrote."""
    return shape.non_mated, shape.mated

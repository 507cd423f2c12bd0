"""One axis of an evaluation as JSON, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.differentials import Differentials
from harness.evaluation.result import AxisEvaluation
from harness.measures import SummaryMeasures
from harness.rates import Rates
from harness.verdicts import AxisVerdict, Verdict

__all__ = ["Plain", "axis_from_plain", "axis_to_plain", "by_truth", "floats", "numbers", "pair"]

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


def axis_from_plain(name: str, plain: Plain) -> AxisEvaluation:
    """Read what `axis_to_plain` wrote."""
    subjects = plain["subjects"]
    verdict = plain["verdict"]
    return AxisEvaluation(
        name=name,
        judged=plain["judged"],
        left_out=pair(plain["left_out"]),
        subjects=None if subjects is None else {group: pair(n) for group, n in subjects.items()},
        false_matches=_rates_from_plain(plain["false_matches"]),
        false_non_matches=_rates_from_plain(plain["false_non_matches"]),
        across=None if plain["across"] is None else _rates_from_plain(plain["across"]),
        false_match_differential=_differentials_from_plain(plain["false_match_differential"]),
        false_non_match_differential=_differentials_from_plain(plain["false_non_match_differential"]),
        measures=_measures_from_plain(plain["measures"]),
        verdict=AxisVerdict(
            **{
                **verdict,
                "verdicts": tuple(Verdict(text) for text in verdict["verdicts"]),
                "growth_needed": floats(verdict["growth_needed"]),
                # Schema 1 knows nothing of the thresholds between those evaluated.
                "parity_to_next": np.array(
                    verdict.get("parity_to_next", [False] * (len(verdict["verdicts"]) - 1)), np.bool_
                ),
                "obstacles": tuple(verdict["obstacles"]),
            }
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


def _rates_from_plain(plain: Plain) -> Rates:
    groups = plain["groups"]
    return Rates(
        name=plain["name"],
        groups=tuple(group["group"] for group in groups),
        trials=np.array([group["trials"] for group in groups], np.int64),
        errors=np.array([group["errors"] for group in groups], np.int64),
        confidence=plain["confidence"],
        **{name: np.array([floats(group[name]) for group in groups]) for name in _RATE_ARRAYS},
    )


def _fields_to_plain(value: Differentials | AxisVerdict) -> Plain:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return numbers(value) if value.dtype.kind == "f" else value.tolist()
    return [str(item) for item in value] if isinstance(value, tuple) else value


def _differentials_from_plain(plain: Plain) -> Differentials:
    whole = ("worst", "best", "pairs_that_differ")
    values: dict[str, Any] = {
        name: np.array(value, np.int64) if name in whole else value if name == "confidence" else floats(value)
        for name, value in plain.items()
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


def _measures_from_plain(plain: Plain) -> SummaryMeasures:
    measures = plain["measures"]
    parts = {part: np.array([floats(measure[part]) for measure in measures]) for part in _MEASURE_ARRAYS}
    undefined = np.full(parts["estimate"].shape, -1, np.int64)
    undefined[np.isnan(parts["estimate"])] = [
        reason for measure in measures for reason in measure["undefined_because"]
    ]
    return SummaryMeasures(
        names=tuple(measure["measure"] for measure in measures),
        undefined=undefined,
        reasons=tuple(plain["reasons"]),
        alpha=plain["alpha"],
        confidence=plain["confidence"],
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


def pair(by_truth: Mapping[str, int]) -> tuple[int, int]:
    """Read what `by_truth` wrote."""
    return by_truth["non_mated"], by_truth["mated"]

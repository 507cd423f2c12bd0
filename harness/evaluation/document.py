"""An evaluation as JSON, and back, exactly.

Numbers are written so that reading them gives the same bits. An undefined number is ``null``; one without
bound is the text ``"inf"``, for JSON has neither.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.comparisons import Input
from harness.differentials import Differentials
from harness.errors import InputError
from harness.evaluation.confirmation import Confirmation, Outcome
from harness.evaluation.result import AxisEvaluation, Evaluation
from harness.measures import SummaryMeasures
from harness.policy import load_policy
from harness.rates import Rates
from harness.study import load_study
from harness.verdicts import AxisVerdict, SafeThreshold, Verdict

__all__ = ["SCHEMA", "from_json", "load", "to_json"]

SCHEMA = "harness/evaluation/1"

Plain: TypeAlias = dict[str, Any]


def to_json(evaluation: Evaluation) -> str:
    """Write an evaluation as a JSON document; equal evaluations give equal text."""
    document = {
        "schema": SCHEMA,
        "versions": dict(evaluation.versions),
        "study": evaluation.study.to_dict(),
        "policy": evaluation.policy.to_dict(),
        "inputs": [asdict(item) for item in evaluation.inputs],
        "score_type": evaluation.score_type,
        "comparisons": _by_truth(evaluation.comparisons),
        "missing": _by_truth(evaluation.missing),
        "notes": list(evaluation.notes),
        "answer": {
            "criterion": evaluation.policy.criterion,
            "safe_threshold": evaluation.safe_threshold,
            "reason": evaluation.safe.reason,
            "not_detected_from": evaluation.not_detected_from,
            "axes": {
                axis.name: {
                    "not_detected_from": evaluation.threshold_at(axis.verdict.not_detected_from),
                    "parity_shown_from": evaluation.threshold_at(axis.verdict.parity_shown_from),
                    "parity_shown_to": evaluation.threshold_at(axis.verdict.parity_shown_to),
                }
                for axis in evaluation.axes.values()
            },
        },
        "confirmation": _confirmation_to_plain(evaluation.confirmation),
        "place_of_safe_threshold": evaluation.safe.place,
        "thresholds": evaluation.thresholds.tolist(),
        "axes": {name: _axis_to_plain(axis) for name, axis in evaluation.axes.items()},
    }
    return (
        json.dumps(document, ensure_ascii=False, allow_nan=False, indent=None, separators=(",", ":")) + "\n"
    )


def from_json(text: str, source: str = "evaluation") -> Evaluation:
    """Read what `to_json` wrote.

    Raises
    ------
    InputError
        Where it is no such document.
    """
    try:
        document = json.loads(text)
        schema = document.get("schema") if isinstance(document, dict) else None
        if schema != SCHEMA:
            raise InputError(
                f"schema is {schema!r}, not {SCHEMA!r}; evaluate again with this version", source=source
            )
        return _evaluation(document)
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(
            f"is not a whole evaluation ({type(error).__name__}: {error}); evaluate again", source=source
        ) from error


def load(path: str | os.PathLike[str]) -> Evaluation:
    """Read an evaluation from its ``evaluation.json``, or from the folder that holds it.

    Raises
    ------
    InputError
        Where there is none, or it is damaged.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "evaluation.json"
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", source=str(file)) from error
    return from_json(text, str(file))


def _evaluation(document: Plain) -> Evaluation:
    return Evaluation(
        study=load_study(document["study"]),
        policy=load_policy(document["policy"]),
        inputs=tuple(Input(**item) for item in document["inputs"]),
        versions=document["versions"],
        score_type=document["score_type"],
        comparisons=_pair(document["comparisons"]),
        missing=_pair(document["missing"]),
        thresholds=np.array(document["thresholds"], np.float64),
        axes={name: _axis_from_plain(name, axis) for name, axis in document["axes"].items()},
        safe=SafeThreshold(document["place_of_safe_threshold"], document["answer"]["reason"]),
        notes=tuple(document["notes"]),
        confirmation=_confirmation_from_plain(document["confirmation"]),
    )


def _confirmation_to_plain(confirmation: Confirmation | None) -> Plain | None:
    if confirmation is None:
        return None
    names = list(confirmation.ratio_upper)
    upper = _numbers(np.array([confirmation.ratio_upper[name] for name in names]))
    return {
        "chosen": confirmation.chosen,
        "outcome": str(confirmation.outcome),
        "reason": confirmation.reason,
        "comparisons": [_by_truth(half) for half in confirmation.comparisons],
        "left_out": _by_truth(confirmation.left_out),
        "ratio_upper": dict(zip(names, upper, strict=True)),
    }


def _confirmation_from_plain(plain: Plain | None) -> Confirmation | None:
    if plain is None:
        return None
    upper = plain["ratio_upper"]
    first, second = (_pair(half) for half in plain["comparisons"])
    return Confirmation(
        chosen=plain["chosen"],
        outcome=Outcome(plain["outcome"]),
        reason=plain["reason"],
        comparisons=(first, second),
        left_out=_pair(plain["left_out"]),
        ratio_upper=dict(zip(upper, _floats(list(upper.values())).tolist(), strict=True)),
    )


def _axis_to_plain(axis: AxisEvaluation) -> Plain:
    return {
        "judged": axis.judged,
        "left_out": _by_truth(axis.left_out),
        "subjects": None if axis.subjects is None else {g: _by_truth(n) for g, n in axis.subjects.items()},
        "false_matches": _rates_to_plain(axis.false_matches),
        "false_non_matches": _rates_to_plain(axis.false_non_matches),
        "across": None if axis.across is None else _rates_to_plain(axis.across),
        "false_match_differential": _fields_to_plain(axis.false_match_differential),
        "false_non_match_differential": _fields_to_plain(axis.false_non_match_differential),
        "measures": _measures_to_plain(axis.measures),
        "verdict": _fields_to_plain(axis.verdict),
    }


def _axis_from_plain(name: str, plain: Plain) -> AxisEvaluation:
    subjects = plain["subjects"]
    verdict = plain["verdict"]
    return AxisEvaluation(
        name=name,
        judged=plain["judged"],
        left_out=_pair(plain["left_out"]),
        subjects=None if subjects is None else {group: _pair(n) for group, n in subjects.items()},
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
                "growth_needed": _floats(verdict["growth_needed"]),
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
                **{name: _numbers(getattr(rates, name)[i]) for name in _RATE_ARRAYS},
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
        **{name: np.array([_floats(group[name]) for group in groups]) for name in _RATE_ARRAYS},
    )


def _fields_to_plain(value: Differentials | AxisVerdict) -> Plain:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist() if value.dtype.kind == "i" else _numbers(value)
    return [str(item) for item in value] if isinstance(value, tuple) else value


def _differentials_from_plain(plain: Plain) -> Differentials:
    whole = ("worst", "best", "pairs_that_differ")
    values: dict[str, Any] = {
        name: np.array(value, np.int64)
        if name in whole
        else value
        if name == "confidence"
        else _floats(value)
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
                **{part: _numbers(getattr(found, part)[i]) for part in _MEASURE_ARRAYS},
                # A reason for each null among the estimates, in order.
                "undefined_because": found.undefined[i][found.undefined[i] >= 0].tolist(),
            }
            for i, name in enumerate(found.names)
        ],
    }


_MEASURE_ARRAYS = ("estimate", "lower", "upper")


def _measures_from_plain(plain: Plain) -> SummaryMeasures:
    measures = plain["measures"]
    numbers = {part: np.array([_floats(measure[part]) for measure in measures]) for part in _MEASURE_ARRAYS}
    undefined = np.full(numbers["estimate"].shape, -1, np.int64)
    undefined[np.isnan(numbers["estimate"])] = [
        reason for measure in measures for reason in measure["undefined_because"]
    ]
    return SummaryMeasures(
        names=tuple(measure["measure"] for measure in measures),
        undefined=undefined,
        reasons=tuple(plain["reasons"]),
        alpha=plain["alpha"],
        confidence=plain["confidence"],
        **numbers,
    )


def _numbers(values: npt.NDArray[np.float64]) -> list[float | str | None]:
    return [None if math.isnan(v) else "inf" if math.isinf(v) else v for v in values.tolist()]


def _floats(values: Sequence[float | str | None]) -> npt.NDArray[np.float64]:
    return np.array([math.nan if value is None else float(value) for value in values], np.float64)


def _by_truth(counts: tuple[int, int]) -> dict[str, int]:
    return {"non_mated": int(counts[0]), "mated": int(counts[1])}


def _pair(by_truth: Mapping[str, int]) -> tuple[int, int]:
    return by_truth["non_mated"], by_truth["mated"]

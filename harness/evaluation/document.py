"""An evaluation as JSON, and back, exactly.

Numbers are written so that reading them gives the same bits. An undefined number is ``null``; one without
bound is the text ``"inf"``, for JSON has neither.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np

from harness.comparisons import Input
from harness.errors import InputError
from harness.evaluation.axis_document import (
    Plain,
    axis_from_plain,
    axis_to_plain,
    by_truth,
    floats,
    numbers,
    pair,
)
from harness.evaluation.confirmation import Confirmation, Outcome
from harness.evaluation.result import Evaluation
from harness.policy import load_policy
from harness.study import load_study
from harness.verdicts import SafeThreshold

__all__ = ["SCHEMA", "from_json", "load", "to_json"]

SCHEMA = "harness/evaluation/2"
EARLIER = "harness/evaluation/1"
"""It knows only the thresholds themselves, and not what happens between them."""


def to_json(evaluation: Evaluation) -> str:
    """Write an evaluation as a JSON document; equal evaluations give equal text."""
    document = {
        "schema": SCHEMA,
        "versions": dict(evaluation.versions),
        "study": evaluation.study.to_dict(),
        "policy": evaluation.policy.to_dict(),
        "inputs": [asdict(item) for item in evaluation.inputs],
        "score_type": evaluation.score_type,
        "comparisons": by_truth(evaluation.comparisons),
        "missing": by_truth(evaluation.missing),
        "notes": list(evaluation.notes),
        "warnings": list(evaluation.warnings),
        "answer": {
            "criterion": evaluation.policy.criterion,
            "safe_threshold": evaluation.safe_threshold,
            "reason": evaluation.safe.reason,
            "not_detected_from": evaluation.not_detected_from,
            "axes": {
                axis.name: {
                    **{name: evaluation.threshold_at(place) for name, place in axis.verdict.places.items()},
                    "cost": {
                        name: None if place is None else axis.missed_at(place)
                        for name, place in axis.verdict.places.items()
                    },
                }
                for axis in evaluation.axes.values()
            },
        },
        "confirmation": _confirmation_to_plain(evaluation.confirmation),
        "place_of_safe_threshold": evaluation.safe.place,
        "thresholds": evaluation.thresholds.tolist(),
        "asked_for": None if evaluation.asked_for is None else evaluation.asked_for.tolist(),
        "axes": {name: axis_to_plain(axis) for name, axis in evaluation.axes.items()},
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
        if schema not in (SCHEMA, EARLIER):
            raise InputError(
                f"schema is {schema!r}, not {SCHEMA!r}; evaluate again with this version", source=source
            )
        evaluation = _evaluation(document)
        _require_one_number_a_threshold(evaluation)
        return evaluation
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


def _require_one_number_a_threshold(evaluation: Evaluation) -> None:
    thresholds = len(evaluation.thresholds)
    for axis in evaluation.axes.values():
        lengths = {
            rates.errors.shape[-1]
            for rates in (axis.false_matches, axis.false_non_matches, axis.across)
            if rates is not None
        }
        lengths |= {len(axis.false_match_differential.ratio), len(axis.false_non_match_differential.ratio)}
        lengths |= {len(axis.verdict.verdicts), axis.measures.estimate.shape[-1]}
        if lengths != {thresholds}:
            raise ValueError(f"axis {axis.name} is not of {thresholds} thresholds")


def _evaluation(document: Plain) -> Evaluation:
    return Evaluation(
        study=load_study(document["study"]),
        policy=load_policy(document["policy"]),
        inputs=tuple(Input(**item) for item in document["inputs"]),
        versions=document["versions"],
        score_type=document["score_type"],
        comparisons=pair(document["comparisons"]),
        missing=pair(document["missing"]),
        thresholds=np.array(document["thresholds"], np.float64),
        axes={name: axis_from_plain(name, axis) for name, axis in document["axes"].items()},
        safe=SafeThreshold(document["place_of_safe_threshold"], document["answer"]["reason"]),
        notes=tuple(document["notes"]),
        warnings=tuple(document.get("warnings", ())),  # older evaluations have none
        confirmation=_confirmation_from_plain(document["confirmation"]),
        asked_for=None if document.get("asked_for") is None else np.array(document["asked_for"], np.float64),
    )


def _confirmation_to_plain(confirmation: Confirmation | None) -> Plain | None:
    if confirmation is None:
        return None
    names = list(confirmation.ratio_upper)
    upper = numbers(np.array([confirmation.ratio_upper[name] for name in names]))
    return {
        "chosen": confirmation.chosen,
        "outcome": str(confirmation.outcome),
        "reason": confirmation.reason,
        "comparisons": [by_truth(half) for half in confirmation.comparisons],
        "left_out": by_truth(confirmation.left_out),
        "ratio_upper": dict(zip(names, upper, strict=True)),
    }


def _confirmation_from_plain(plain: Plain | None) -> Confirmation | None:
    if plain is None:
        return None
    upper = plain["ratio_upper"]
    first, second = (pair(half) for half in plain["comparisons"])
    return Confirmation(
        chosen=plain["chosen"],
        outcome=Outcome(plain["outcome"]),
        reason=plain["reason"],
        comparisons=(first, second),
        left_out=pair(plain["left_out"]),
        ratio_upper=dict(zip(upper, floats(list(upper.values())).tolist(), strict=True)),
    )

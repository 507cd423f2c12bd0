"""An evaluation as JSON, and back, exactly.

Numbers are written so that reading them gives the same bits. An undefined number is ``null``; one without
bound is the text ``"inf"``, for JSON has neither.
"""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np

from harness.comparisons import Input
from harness.errors import ContradictionWarning, InputError
from harness.evaluation.axis_document import (
    Plain,
    axis_of_shape,
    axis_to_plain,
    by_truth,
    floats,
    numbers,
    pair,
)
from harness.evaluation.confirmation import Confirmation, Outcome
from harness.evaluation.result import Evaluation
from harness.gate.evidence import contradiction_in
from harness.gate.files import content_of
from harness.gate.reading import Stated, read_evaluation
from harness.gate.shape import SCHEMAS, ConfirmationShape
from harness.numbers import threshold_text
from harness.statistics.verdicts import SafeThreshold

__all__ = ["content_at", "from_json", "load", "to_json"]

MAX_BYTES = 2**30
"""Of a file to draw or to look into; the gate, which has to answer fast, takes less."""


def to_json(evaluation: Evaluation) -> str:
    """Write an evaluation as a JSON document; equal evaluations give equal text."""
    document = {
        "schema": SCHEMAS[-1],
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


def from_json(text: str | bytes, source: str = "evaluation") -> Evaluation:
    """Read what `to_json` wrote.

    An evaluation whose answer does not follow from its arrays is read, for those who look into it: it has no safe
    threshold, says why in `Evaluation.contradiction`, and a `ContradictionWarning` is given.

    Parameters
    ----------
    text : str or bytes
        Bytes are UTF-8.
    source : str
        What errors call it.

    Raises
    ------
    InputError
        Where it is no such document, or not a whole one.
    """
    try:
        content = text if isinstance(text, bytes) else text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"is not text that UTF-8 can hold ({error.reason})", source=source) from error
    stated = read_evaluation(content, source)
    contradiction = contradiction_in(stated)
    if contradiction is not None:
        told = f"{source}: its answer does not follow from its arrays ({contradiction}); do not rely on it"
        warnings.warn(told, ContradictionWarning, stacklevel=3)
    return _evaluation(stated, contradiction)


def load(path: str | os.PathLike[str]) -> Evaluation:
    """Read an evaluation from its ``evaluation.json``, or from the folder that holds it.

    An answer that does not follow from its arrays is told by a `ContradictionWarning`; see `from_json`.

    Raises
    ------
    InputError
        Where there is none, or it is damaged.
    """
    return from_json(*content_at(path))


def content_at(path: str | os.PathLike[str]) -> tuple[bytes, str]:
    """Return the content of an ``evaluation.json``, given itself or by its folder, and what errors call it.

    Raises
    ------
    InputError
        There is none, it is not a regular file, or it is too large.
    """
    file = Path(path)
    try:
        file = file / "evaluation.json" if file.is_dir() else file
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", source=str(file)) from error
    return content_of(file, limit=MAX_BYTES), str(file)


def _evaluation(stated: Stated, contradiction: str | None) -> Evaluation:
    shape = stated.shape
    safe = SafeThreshold(shape.place_of_safe_threshold, shape.answer.reason)
    if contradiction is not None:
        said = "none" if shape.answer.safe_threshold is None else threshold_text(shape.answer.safe_threshold)
        safe = SafeThreshold(
            None, f"the file states {said}, which does not follow from its arrays: {contradiction}"
        )
    return Evaluation(
        study=stated.study,
        policy=stated.policy,
        inputs=tuple(Input(given.name, given.bytes, given.sha256) for given in shape.inputs),
        versions=dict(vars(shape.versions)),
        score_type=shape.score_type,
        comparisons=pair(shape.comparisons),
        missing=pair(shape.missing),
        thresholds=np.array(shape.thresholds, np.float64),
        axes={name: axis_of_shape(name, axis) for name, axis in shape.axes.items()},
        safe=safe,
        notes=tuple(shape.notes),
        warnings=tuple(shape.warnings or ()),
        confirmation=None if shape.confirmation is None else _confirmation(shape.confirmation),
        asked_for=None if shape.asked_for is None else np.array(shape.asked_for, np.float64),
        contradiction=contradiction,
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


def _confirmation(shape: ConfirmationShape) -> Confirmation:
    upper = shape.ratio_upper
    first, second = (pair(half) for half in shape.comparisons)
    return Confirmation(
        chosen=shape.chosen,
        outcome=Outcome(shape.outcome),
        reason=shape.reason,
        comparisons=(first, second),
        left_out=pair(shape.left_out),
        ratio_upper=dict(zip(upper, floats(list(upper.values())).tolist(), strict=True)),
    )

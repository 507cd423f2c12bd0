"""An ``evaluation.json`` of an older schema, brought to the present one.

Schema 1 lacks what schema 2 says of the thresholds between those evaluated. Both lack the limit on false matches that
holds by default, the verdicts *saturated* and *disparity beyond tolerance*, and verdicts on misses. What an old file
calls safe may not be safe by the present rule, so its verdicts and its answer are not taken over: they are worked out
anew from its arrays. What its arrays lack, such as a bound that nobody computed, is undefined and shows nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from harness.errors import InputError
from harness.gate.evaluation_file import SCHEMA, AxisShape, EvaluationShape
from harness.gate.stated_answer import (
    answer_in,
    detected_in,
    safety_in,
    saturated_in,
    verdicts_in,
)
from harness.study import Policy, Study
from harness.verdict_rule import Verdict, end_of_run, not_detected_from, safe_threshold

__all__ = ["OLDER_SCHEMAS", "judged_anew", "with_present_keys"]

OLDER_SCHEMAS = ("harness/evaluation/1", "harness/evaluation/2")

_DIFFERENTIALS = ("false_match_differential", "false_non_match_differential")


def with_present_keys(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give a document of an older schema the keys of the present one, with nothing in them.

    Parameters
    ----------
    document : mapping
        As it was read, not yet known to be whole; what is no part of an evaluation is left for its reader to refuse.

    Raises
    ------
    InputError
        It has what only the present schema has.

    Examples
    --------
    >>> with_present_keys({"schema": "harness/evaluation/2", "place_of_safe_threshold": 4})["index_of_safe_threshold"]
    4
    """
    if "index_of_safe_threshold" in document:
        raise InputError("index_of_safe_threshold: is there in a later schema, and only there")
    present = {"warnings": [], "asked_for": None, **document, "schema": SCHEMA}
    if "place_of_safe_threshold" in present:
        present["index_of_safe_threshold"] = present.pop("place_of_safe_threshold")
    identification = _part(document, "study").get("task") == "identification"
    present["policy"] = _policy(_part(document, "policy"), identification=identification)
    present["axes"] = {name: _axis(axis) for name, axis in _part(document, "axes").items()}
    limit = {"name": "max_fpir" if identification else "max_fmr", "limit": 1.0, "is_default": True}
    present["answer"] = {"reference": [], "false_match_limit": limit, **_part(document, "answer")}
    return present


def _part(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    part = document.get(key)
    return dict(part) if isinstance(part, dict) else {}


def _policy(policy: dict[str, Any], *, identification: bool) -> dict[str, Any]:
    present = {"max_fpir": None, "max_fnmr_ratio": None, **policy}
    if "thresholds" in present:
        present["operating"] = present.pop("thresholds")
    if identification:
        present["max_fpir"], present["max_fmr"] = present.get("max_fmr"), None
    return present


def _axis(axis: object) -> object:
    if not isinstance(axis, dict):
        return axis
    verdict = _part(axis, "verdict")
    verdicts = verdict.get("verdicts")
    thresholds = len(verdicts) if isinstance(verdicts, list) else 0
    present = {"excluded": None, **axis, "verdicts_on_misses": ["inconclusive"] * thresholds}
    present["verdict"] = {"parity_to_next": [False] * max(thresholds - 1, 0), **verdict}
    for kind in _DIFFERENTIALS:
        found = _part(axis, kind)
        present[kind] = {
            "shown_more": found.get("worst"),
            "shown_fewer": found.get("best"),
            "gap_lower": [None] * thresholds,
            **found,
        }
    return present


def judged_anew(shape: EvaluationShape, study: Study, policy: Policy) -> EvaluationShape:
    """Return an evaluation with the verdicts and the answer of the present rule.

    Parameters
    ----------
    shape : EvaluationShape
        Whole.
    study : Study
    policy : Policy
    """
    limit = policy.false_match_limit(study.task)
    axes = {name: _judged_anew(axis, policy) for name, axis in shape.axes.items()}
    judged = [safety_in(name, axis, policy, limit) for name, axis in axes.items() if axis.judged]
    safe = safe_threshold(judged, policy, limit)
    return shape.model_copy(
        update={
            "policy": policy.to_dict(),
            "study": study.to_dict(),
            "axes": axes,
            "index_of_safe_threshold": safe.index,
            "answer": answer_in(axes, shape.thresholds, safe, policy, limit),
        }
    )


def _judged_anew(axis: AxisShape, policy: Policy) -> AxisShape:
    misses = verdicts_in(
        axis.false_non_matches, axis.false_non_match_differential, policy.tolerance_of_misses
    )
    if axis.verdict.obstacles:
        return axis.model_copy(update={"verdicts_on_misses": misses})
    found = axis.false_match_differential
    verdicts = verdicts_in(axis.false_matches, found, policy.tolerance)
    parity = [verdict is Verdict.PARITY_SHOWN for verdict in verdicts]
    to_next = [
        joined and all(ends)
        for joined, ends in zip(axis.verdict.parity_to_next, pairwise(parity), strict=True)
    ]
    end = axis.verdict.parity_shown_to
    end = end if end is not None and parity[end] else None
    verdict = axis.verdict.model_copy(
        update={
            "verdicts": verdicts,
            "not_detected_from": not_detected_from(detected_in(found), saturated_in(axis.false_matches)),
            "parity_shown_from": None if end is None else end_of_run(to_next[:end]),
            "parity_shown_to": end,
            "parity_to_next": to_next,
        }
    )
    return axis.model_copy(update={"verdict": verdict, "verdicts_on_misses": misses})

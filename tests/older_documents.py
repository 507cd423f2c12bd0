"""An `evaluation.json` as earlier versions wrote it, made of one of today by undoing what changed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from harness.gate.evaluation_file import numbers

__all__ = ["as_schema_1", "as_schema_2"]

Plain = dict[str, Any]

_DISPARITY, _PARITY, _INCONCLUSIVE = "disparity shown", "parity shown", "inconclusive"


def as_schema_2(document: Plain) -> Plain:
    """Return a document of the schema ``harness/evaluation/2``, with the verdicts and the answer of its rule.

    That rule knew no saturation, no tolerance that is exceeded, no verdict on misses, and no limit by default.
    """
    policy = _older_policy(document["policy"], document["study"]["task"])
    axes = {name: _older_axis(axis, policy) for name, axis in document["axes"].items()}
    safe = _safe(axes, policy)
    thresholds = document["thresholds"]
    return {
        **{name: part for name, part in document.items() if name != "index_of_safe_threshold"},
        "schema": "harness/evaluation/2",
        "policy": policy,
        "place_of_safe_threshold": safe,
        "axes": axes,
        "answer": {
            "criterion": policy["criterion"],
            "safe_threshold": None if safe is None else thresholds[safe],
            "reason": "parity is shown from here on every axis",
            "not_detected_from": document["answer"]["not_detected_from"],
            "axes": document["answer"]["axes"],
        },
    }


def as_schema_1(document: Plain) -> Plain:
    """Return a document of the schema ``harness/evaluation/1``, which tells nothing of what lies between thresholds."""
    older = as_schema_2(document)
    axes = {
        name: {**axis, "verdict": _without(axis["verdict"], "parity_to_next")}
        for name, axis in older["axes"].items()
    }
    return {**_without(older, "asked_for", "warnings"), "schema": "harness/evaluation/1", "axes": axes}


def _without(part: Plain, *names: str) -> Plain:
    return {name: value for name, value in part.items() if name not in names}


def _older_policy(policy: Plain, task: str) -> Plain:
    older = _without(policy, "operating", "max_fpir", "max_fnmr_ratio")
    limit = policy["max_fpir"] if task == "identification" else policy["max_fmr"]
    return {**older, "max_fmr": limit, "thresholds": policy["operating"]}


def _older_axis(axis: Plain, policy: Plain) -> Plain:
    older = _without(axis, "verdicts_on_misses")
    for kind in ("false_match_differential", "false_non_match_differential"):
        older[kind] = _without(axis[kind], "shown_more", "shown_fewer", "gap_lower")
    found = axis["false_match_differential"]
    most = policy["max_ratio"] or 0
    verdicts = [
        _PARITY if upper <= most else _DISPARITY if lower > 1 else _INCONCLUSIVE
        for upper, lower in zip(numbers(found["ratio_upper"]), numbers(found["ratio_lower"]), strict=True)
    ]
    alike = [one == _PARITY for one in verdicts]
    detected = [lower > 1 for lower in numbers(found["ratio_lower"])]
    end = axis["verdict"]["parity_shown_to"]
    start = None if end is None else next(i for i in range(end + 1) if all(alike[i : end + 1]))
    undetected = next((i for i in range(len(detected)) if not any(detected[i:])), None)
    older["verdict"] = {
        **axis["verdict"],
        "verdicts": verdicts,
        "parity_to_next": [all(both) for both in pairwise(alike)],
        "parity_shown_from": start,
        "not_detected_from": undetected,
    }
    return older


def _safe(axes: dict[str, Plain], policy: Plain) -> int | None:
    name = "parity_shown_from" if policy["criterion"] == "shown" else "not_detected_from"
    starts = [axis["verdict"][name] for axis in axes.values() if axis["judged"]]
    return None if None in starts else max(starts)

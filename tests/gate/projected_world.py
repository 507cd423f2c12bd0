"""Projections of the small evaluation of searches to other lists, for the tests of the gate."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

from tests.gate.small_world import VALID, Plain, as_identification

TESTED = {"ethnicity": {"Asian": 2_000, "Black": 2_000, "White": 2_000}}
SKEWED = {"ethnicity": {"Asian": 40, "Black": 2_000, "White": 40}}


def searches(plain: Plain) -> Plain:
    """The small evaluation as one of searches of 2,000 references of each ethnicity."""
    as_identification(plain)["study"].update(watchlist_size=6_000, watchlist_composition=TESTED)
    return plain


def config_of(
    composition: dict[str, dict[str, int]] = SKEWED, more: str = "", threshold: object = 0.6
) -> str:
    """The config of a live deployment with a list; more is of the deployment, each line in four spaces."""
    size = sum(next(iter(composition.values())).values())
    text = VALID.replace(
        "verification",
        f"live\n  watchlist_size: {size}\n  watchlist_composition: {json.dumps(composition)}\n  max_fpir: 0.02",
    )
    return text.replace("threshold: 0.6", f"threshold: {threshold}") + more


def list_of(plain: Plain, composition: dict[str, dict[str, int]] | None = SKEWED, **changes: Any) -> Plain:
    """A list at which everything is as at the one that was tested."""
    size = 2_080 if composition is None else sum(next(iter(composition.values())).values())
    found = {
        "method": "rarefied",
        "size": size,
        "composition": composition,
        "axes": {name: _axis(axis) for name, axis in copy.deepcopy(plain["axes"]).items()},
        "safe": plain["answer"]["safe_threshold"],
    }
    return {**found, **changes}


def projection_of(plain: Plain, content: bytes, **lists: Plain) -> Plain:
    """A projection of an evaluation with this content."""
    return {
        "schema": 1,
        "evaluation": {"sha256": hashlib.sha256(content).hexdigest()},
        "matcher": plain["study"]["matcher"],
        "confidence": plain["policy"]["confidence"],
        "thresholds": plain["thresholds"],
        "lists": lists or {"skewed": list_of(plain)},
    }


def _axis(axis: Plain) -> Plain:
    groups, found = axis["false_matches"]["groups"], axis["false_match_differential"]
    return {
        "groups": [group["group"] for group in groups],
        **{name: [group[name] for group in groups] for name in ("estimate", "lower", "upper")},
        **{name: list(map(_finite, found[name])) for name in ("ratio", "ratio_lower", "ratio_upper")},
    }


def _finite(value: Any) -> Any:
    return None if value == "inf" else value

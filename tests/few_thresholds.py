"""Evaluations of a few thresholds alone, as small as a test wants them; what lies between is counted all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.comparisons import study_of
from harness.engines import choose_engine, open_with
from harness.evaluation import Evaluation, conclude, count_for
from harness.policy import load_policy

__all__ = ["evaluate_at"]


def evaluate_at(scores: Any, *, study: Any, thresholds: Any, policy: Any = None) -> Evaluation:
    """Evaluate at these thresholds, and those of the policy, and no others; at all where it is None."""
    study, policy = study_of(scores, study), load_policy(policy)
    with open_with(scores, study, choose_engine("local")) as comparisons:
        counted = count_for(comparisons, policy, thresholds)
    if counted.asked_for is not None:
        counted = replace(counted, thresholds=counted.asked_for, asked_for=None)
    return conclude(counted, policy)

"""Evaluations of a few thresholds alone, as small as a test wants them; what lies between is counted all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.comparisons import study_of
from harness.engines import choose_engine, open_with
from harness.evaluation import Evaluation, conclude, count_for
from harness.evaluation.confirmation import confirmation_of
from harness.evaluation.counted import halves
from harness.policy import load_policy

__all__ = ["evaluate_at"]


def evaluate_at(
    scores: Any, *, study: Any, thresholds: Any, policy: Any = None, confirm: str | None = None
) -> Evaluation:
    """Evaluate at these thresholds, and those of the policy, and no others; at all where it is None."""
    study, policy = study_of(scores, study), load_policy(policy)
    with open_with(scores, study, choose_engine("local")) as comparisons:
        counted = count_for(comparisons, policy, thresholds)
        if counted.asked_for is not None:
            counted = replace(counted, thresholds=counted.asked_for, asked_for=None)
        evaluation = conclude(counted, policy)
        if confirm is None:
            return evaluation
        choosing, confirming = (conclude(half, policy) for half in halves(comparisons, counted))
    return replace(evaluation, confirmation=confirmation_of(evaluation, choosing, confirming))

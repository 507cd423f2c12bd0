"""Evaluations of a few thresholds alone, as small as a test wants them; what lies between is counted all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.comparisons import resolve_study
from harness.engines import choose_engine, open_with
from harness.evaluation import Counted, Evaluation, conclude, count_for
from harness.evaluation.counted import halves
from harness.evaluation.run import confirmation_of
from harness.study import load_policy

__all__ = ["count_at", "evaluate_at"]


def count_at(*given: Any) -> Counted:
    """Count as `count_for` does, to evaluate the thresholds asked for and those of the policy, and no others."""
    counted = count_for(*given)
    return (
        counted
        if counted.asked_for is None
        else replace(counted, thresholds=counted.asked_for, asked_for=None)
    )


def evaluate_at(
    scores: Any, *, study: Any, thresholds: Any, policy: Any = None, confirm: str | None = None
) -> Evaluation:
    """Evaluate at these thresholds, and those of the policy, and no others; at all where it is None."""
    study, policy = resolve_study(scores, study), load_policy(policy)
    with open_with(scores, study, choose_engine("local")) as comparisons:
        counted = count_at(comparisons, policy, thresholds)
        evaluation = conclude(counted, policy)
        if confirm is None:
            return evaluation
        choosing, confirming = (conclude(half, policy) for half in halves(comparisons, counted))
    return replace(evaluation, confirmation=confirmation_of(evaluation, choosing, confirming))

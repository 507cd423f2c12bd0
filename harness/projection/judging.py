"""Whether a threshold is safe at another list, by the policy's own rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from harness.arrays import FloatArray
from harness.projection.result import Bounded
from harness.statistics.differentials import Differentials, EffectiveCounts, differentials
from harness.statistics.rates import Rates
from harness.statistics.verdicts import judge, safety_of
from harness.study import Policy
from harness.verdict_rule import (
    AxisSafety,
    SafeThreshold,
    end_of_run,
    is_saturated,
    is_tolerated,
    keeps_limits,
    obstacles,
    safe_range,
    safe_threshold,
)

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation

__all__ = ["ratio_bounds", "safe_of", "safety_from_bounds", "safety_from_counts"]


def safety_from_counts(
    evaluation: Evaluation, axis: AxisEvaluation, own: Rates, joint: Rates, first: int, policy: Policy
) -> tuple[AxisSafety, Differentials]:
    """Judge an axis by rates that have counts, as the evaluation itself judges.

    Parameters
    ----------
    evaluation : Evaluation
    axis : AxisEvaluation
    own, joint : Rates
        At the thresholds from ``first`` on: with the design effect of each group, and with that of their ratios.
    first : int
        Index of the first of them among those evaluated.
    policy : Policy
        The evaluation's, or a stricter one.
    """
    found = differentials(joint, policy.confidence)
    if policy.max_gap is not None:  # a gap has no joint variance of its own
        apart = differentials(own, policy.confidence)
        found = replace(found, gap=apart.gap, gap_lower=apart.gap_lower, gap_upper=apart.gap_upper)
    canonical = evaluation.study.sign * evaluation.thresholds[first:]
    counted = EffectiveCounts(
        canonical, np.arange(len(canonical)), joint.effective_errors, joint.effective_trials
    )
    verdict = judge(joint, found, counted, policy, _subjects(axis))
    misses = axis.verdicts_on_misses[first:]
    return safety_of(axis.name, verdict, own, misses, policy, evaluation.false_match_limit), found


def safety_from_bounds(
    evaluation: Evaluation, axis: AxisEvaluation, rates: Bounded, first: int
) -> AxisSafety:
    """Judge an axis by bounds of its rates alone.

    Parity is shown where the bounds of every two groups are within the tolerance, down from the strictest threshold at
    which they are; between two thresholds too, for a rate never rises with the threshold. Where parity need not be
    shown, bounds that are too wide to detect anything would be safe; so there is no such range then.
    """
    policy, limit = evaluation.policy, evaluation.false_match_limit
    trials = axis.false_matches.trials
    hindered = obstacles(
        dict(zip(axis.false_matches.groups, trials.tolist(), strict=True)), _subjects(axis), policy
    )
    ratio, gap = _apart(rates.lower, rates.upper)
    saturated = is_saturated((rates.upper * trials[:, None]).tolist(), trials.tolist())
    tolerated = is_tolerated(ratio.tolist(), gap.tolist(), policy.tolerance)
    parity = [alike and not full for alike, full in zip(tolerated, saturated, strict=True)]
    ratio_between, gap_between = _apart(rates.lower[:, 1:], rates.upper[:, :-1])
    between = is_tolerated(ratio_between.tolist(), gap_between.tolist(), policy.tolerance)
    to_next = [joined and all(ends) for joined, ends in zip(between, pairwise(parity), strict=True)]
    end = next((index for index in reversed(range(len(parity))) if parity[index]), None)
    shown = (None, None) if end is None or hindered else (end_of_run(to_next[:end]), end)
    range_ = safe_range(policy, None, shown, len(parity))
    kept = keeps_limits(rates.upper.tolist(), limit, axis.verdicts_on_misses[first:], policy)
    return AxisSafety(axis.name, *range_, kept, tuple(hindered))


def _apart(lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the largest ratio and the largest gap that any two groups may have, by threshold."""
    others = ~np.eye(len(lower), dtype=np.bool_)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.where(upper[:, None] == 0, 1.0, upper[:, None] / lower)
    ratio = ratios[others].max(axis=0, initial=1.0)
    gap = (upper[:, None] - lower)[others].max(axis=0, initial=0.0)
    return ratio, gap


def ratio_bounds(rates: Bounded, stricter: Bounded) -> Bounded:
    """Bound the ratio of the highest rate to the lowest by bounds of each.

    Parameters
    ----------
    rates : Bounded
        Two-sided bounds at a confidence: then the ratio of one's upper to another's lower limit is a one-sided bound at
        the same confidence, as either fails in half of what is left of it.
    stricter : Bounded
        With what is left divided by the number of groups: then some two differ where these do not meet.
    """
    upper, _ = _apart(rates.lower, rates.upper)
    others = ~np.eye(len(stricter.lower), dtype=np.bool_)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.where(stricter.lower[:, None] == 0, 0.0, stricter.lower[:, None] / stricter.upper)
    lower = ratios[others].max(axis=0, initial=0.0 if len(stricter.lower) > 1 else 1.0)
    return Bounded(np.full(len(upper), np.nan), lower, upper)


def _subjects(axis: AxisEvaluation) -> dict[str, int] | None:
    return None if axis.subjects is None else {group: n.non_mated for group, n in axis.subjects.items()}


def safe_of(
    evaluation: Evaluation, safety: Sequence[AxisSafety], first: int, policy: Policy | None = None
) -> SafeThreshold:
    """Return the most lenient threshold that is safe on every judged axis, by its index among those evaluated.

    Parameters
    ----------
    evaluation : Evaluation
    safety : sequence of AxisSafety
        Of every axis that was projected, from the first threshold on.
    first : int
    policy : Policy, optional
        The evaluation's by default.
    """
    by_name = {axis.name: axis for axis in safety}
    for axis in evaluation.judged_axes:
        if axis.name not in by_name:
            return SafeThreshold(None, f"{axis.name} is judged, and cannot be projected to this list")
    judged = [by_name[axis.name] for axis in evaluation.judged_axes]
    found = safe_threshold(judged, policy or evaluation.policy, evaluation.false_match_limit)
    return SafeThreshold(None if found.index is None else found.index + first, found.reason)

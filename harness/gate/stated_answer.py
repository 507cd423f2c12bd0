"""The answer of an evaluation, worked out from the arrays of its file, without numpy.

By it the gate holds what a file states against its own arrays, and an older file is given the answer of the present
rule.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.gate.evaluation_file import (
    AnswerShape,
    AxisAnswerShape,
    AxisReferenceShape,
    AxisShape,
    ComparedShape,
    CostShape,
    DifferentialShape,
    LimitShape,
    Number,
    RatesShape,
    ReferenceShape,
    VerdictText,
    numbers,
)
from harness.study import FalseMatchLimit, Policy, Tolerance
from harness.verdict_rule import (
    AxisSafety,
    SafeThreshold,
    Verdict,
    is_beyond,
    is_detected,
    is_saturated,
    is_tolerated,
    keeps_limits,
    last_start,
    reference_indices,
    safe_range,
    verdicts_of,
)

__all__ = ["answer_in", "detected_in", "references_in", "safety_in", "saturated_in", "verdicts_in"]

_SUMMED_UP_BY = ("not_detected_from", "parity_shown_from", "parity_shown_to")


def verdicts_in(rates: RatesShape, found: DifferentialShape, tolerance: Tolerance) -> tuple[Verdict, ...]:
    """Return the verdict on one kind of error at every threshold."""
    return verdicts_of(
        is_tolerated(numbers(found.ratio_upper), numbers(found.gap_upper), tolerance),
        is_beyond(numbers(found.ratio_lower), numbers(found.gap_lower), tolerance),
        detected_in(found),
        saturated_in(rates),
    )


def detected_in(found: DifferentialShape) -> list[bool]:
    """Say at which thresholds a disparity is detected."""
    return is_detected(numbers(found.ratio_lower))


def saturated_in(rates: RatesShape) -> list[bool]:
    """Say at which thresholds more than half of all trials err."""
    return is_saturated([group.errors for group in rates.groups], [group.trials for group in rates.groups])


def safety_in(name: str, axis: AxisShape, policy: Policy, limit: FalseMatchLimit) -> AxisSafety:
    """Say where an axis is safe, by its stated verdicts."""
    verdict = axis.verdict
    parity = (verdict.parity_shown_from, verdict.parity_shown_to)
    safe_from, safe_to = safe_range(policy, verdict.not_detected_from, parity, len(verdict.verdicts))
    fmr_upper = [numbers(group.upper) for group in axis.false_matches.groups]
    misses = [Verdict(text) for text in axis.verdicts_on_misses]
    kept = keeps_limits(fmr_upper, limit, misses, policy)
    return AxisSafety(name, safe_from, safe_to, kept, tuple(verdict.obstacles))


def references_in(
    axes: Mapping[str, AxisShape], thresholds: Sequence[float], policy: Policy, limit: FalseMatchLimit
) -> tuple[int, ...]:
    """Return the indices of the thresholds at which the answer is told."""
    judged = [axis.false_matches.groups for axis in axes.values() if axis.judged]
    errors = [[group.errors for group in groups] for groups in judged]
    trials = [[group.trials for group in groups] for groups in judged]
    return reference_indices(thresholds, errors, trials, limit, policy)


def answer_in(
    axes: Mapping[str, AxisShape],
    thresholds: Sequence[float],
    safe: SafeThreshold,
    policy: Policy,
    limit: FalseMatchLimit,
) -> AnswerShape:
    """Return the answer that follows from the arrays, the verdicts and the safe threshold.

    Parameters
    ----------
    axes : mapping of str to AxisShape
    thresholds : sequence of float
    safe : SafeThreshold
    policy : Policy
    limit : FalseMatchLimit
        On false matches.
    """

    def at(index: int | None) -> float | None:
        return None if index is None else thresholds[index]

    judged = {name: axis for name, axis in axes.items() if axis.judged}
    undetected = last_start(axis.verdict.not_detected_from for axis in judged.values())
    return AnswerShape(
        reference=[
            ReferenceShape(
                threshold=thresholds[index],
                axes={name: _compared(axis, index) for name, axis in axes.items()},
            )
            for index in references_in(axes, thresholds, policy, limit)
        ],
        false_match_limit=LimitShape(name=limit.name, limit=limit.limit, is_default=limit.is_default),
        criterion=policy.criterion,
        safe_threshold=at(safe.index),
        reason=safe.reason,
        not_detected_from=at(undetected),
        axes={
            name: AxisAnswerShape(
                **{part: at(getattr(axis.verdict, part)) for part in _SUMMED_UP_BY},
                cost=CostShape(**{part: _cost(axis, getattr(axis.verdict, part)) for part in _SUMMED_UP_BY}),
            )
            for name, axis in axes.items()
        },
    )


def _compared(axis: AxisShape, index: int) -> AxisReferenceShape:
    return AxisReferenceShape(
        false_matches=_of(
            axis.false_matches, axis.false_match_differential, axis.verdict.verdicts[index], index
        ),
        misses=_of(
            axis.false_non_matches, axis.false_non_match_differential, axis.verdicts_on_misses[index], index
        ),
    )


def _of(rates: RatesShape, found: DifferentialShape, verdict: VerdictText, index: int) -> ComparedShape:
    more, fewer = found.shown_more[index], found.shown_fewer[index]
    named = more >= 0 and fewer >= 0
    return ComparedShape(
        verdict=verdict,
        more=rates.groups[more].group if named else None,
        fewer=rates.groups[fewer].group if named else None,
        ratio=_ratio(rates.groups[more].estimate[index], rates.groups[fewer].estimate[index])
        if named
        else None,
        ratio_lower=found.ratio_lower[index],
        ratio_upper=found.ratio_upper[index],
    )


def _ratio(more: float | None, fewer: float | None) -> Number:
    if not more or fewer is None:
        return 0.0 if more == 0 and fewer else None
    ratio = more / fewer if fewer > 0 else math.inf
    return "inf" if math.isinf(ratio) else ratio


def _cost(axis: AxisShape, index: int | None) -> dict[str, float | None] | None:
    groups = axis.false_non_matches.groups
    return None if index is None else {group.group: group.estimate[index] for group in groups}

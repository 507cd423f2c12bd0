"""Whether the evidence calls a deployment's threshold safe.

Indices count from the most lenient threshold that was evaluated to the strictest, whichever way scores go.
"""

from __future__ import annotations

import math
from bisect import bisect_left

from harness.gate.configs import Located
from harness.gate.evidence import AxisEvidence, Evidence
from harness.gate.findings import Finding, Outcome, Rule
from harness.numbers import about, limit_text
from harness.verdict_rule import MET, limits_of, safe_threshold

__all__ = ["judge_threshold", "neighbours", "threshold_is_safe"]


def threshold_is_safe(deployment: Located, evidence: Evidence) -> Finding:
    """Judge a threshold by the evidence.

    One that was not evaluated is safe only where both its evaluated neighbours are, and everything between them.
    """
    rule, outcome, sentence = judge_threshold(deployment.terms.threshold, evidence)
    return Finding(rule, outcome, sentence, deployment.place("threshold"))


def judge_threshold(threshold: float, evidence: Evidence) -> tuple[Rule, Outcome, str]:
    """Judge a threshold that no config states, by the same rules: the rule, what came of it, and why."""
    return _judgement(threshold, neighbours(threshold, evidence), evidence)


def neighbours(threshold: float, evidence: Evidence) -> tuple[int, int]:
    """Return the indices of the evaluated neighbours of a threshold, or its own twice; they may be off either end."""
    sign, thresholds = evidence.study.sign, evidence.thresholds
    above = bisect_left(thresholds, sign * threshold, key=lambda evaluated: sign * evaluated)
    exact = above < len(thresholds) and thresholds[above] == threshold
    return (above, above) if exact else (above - 1, above)


def _judgement(threshold: float, indices: tuple[int, int], evidence: Evidence) -> tuple[Rule, Outcome, str]:
    lower, upper = indices
    ranges = [(axis, axis.safe_from, axis.safe_to) for axis in evidence.judged]
    lenient, strict = _words(evidence)
    if evidence.safe_place is None:
        why = safe_threshold(evidence.judged, evidence.policy).reason
        sentence = f"the evaluation has no safe threshold: {why}{_ratio_at(lower, evidence)}"
        return Rule.NO_SAFE_THRESHOLD, Outcome.CANNOT_DECIDE, sentence
    below = [(axis, start) for axis, start, _ in ranges if start is None or lower < start]
    if below and not (lower < 0 and evidence.safe_place == 0):
        return Rule.BELOW_SAFE_THRESHOLD, Outcome.FAIL, _below(threshold, lower, below, evidence)
    if lower < 0 or upper >= len(evidence.thresholds):
        end, word = (evidence.thresholds[0], lenient) if lower < 0 else (evidence.thresholds[-1], strict)
        sentence = f"threshold {threshold!r} is {word} {end!r}, the last that was evaluated on that side"
        return Rule.OUTSIDE_EVALUATED_RANGE, Outcome.CANNOT_DECIDE, sentence
    beyond = [(axis, end) for axis, _, end in ranges if end is None or upper > end]
    if beyond:
        return Rule.ABOVE_PARITY_RANGE, Outcome.CANNOT_DECIDE, _beyond(threshold, beyond, evidence)
    if not all(axis.keeps_limits[index] for axis in evidence.judged for index in indices):
        return Rule.LIMIT_BROKEN, Outcome.FAIL, _limit(threshold, lower, evidence)
    unknown = [axis for axis in evidence.judged if lower < upper and not axis.holds_between[lower]]
    if unknown:
        return (
            Rule.BETWEEN_EVALUATED,
            Outcome.CANNOT_DECIDE,
            _between(threshold, indices, unknown[0], evidence),
        )
    return Rule.SAFE, Outcome.PASS, _safe(threshold, indices, evidence)


def _words(evidence: Evidence) -> tuple[str, str]:
    return ("below", "above") if evidence.study.sign > 0 else ("above", "below")


def _below(
    threshold: float, lower: int, below: list[tuple[AxisEvidence, int | None]], evidence: Evidence
) -> str:
    axis, start = max(below, key=lambda item: -1 if item[1] is None else item[1])
    lenient, _ = _words(evidence)
    from_here = evidence.thresholds[start or 0]
    holds = MET[evidence.policy.criterion]
    ratio = _ratio_at(lower, evidence, axis)
    return f"threshold {threshold!r} is {lenient} {from_here!r}, from which {holds} for {axis.name}{ratio}"


def _beyond(threshold: float, beyond: list[tuple[AxisEvidence, int | None]], evidence: Evidence) -> str:
    axis, end = min(beyond, key=lambda item: -1 if item[1] is None else item[1])
    _, strict = _words(evidence)
    to_here = evidence.thresholds[end or 0]
    return (
        f"threshold {threshold!r} is {strict} {to_here!r}, up to which parity is shown for {axis.name}; beyond it "
        "false matches are too few to tell"
    )


def _limit(threshold: float, lower: int, evidence: Evidence) -> str:
    named = " or ".join(f"{name} {limit_text(limit)}" for name, limit in limits_of(evidence.policy).items())
    axes = (
        ", ".join(axis.name for axis in evidence.judged if not axis.keeps_limits[lower])
        or "the next threshold"
    )
    safe = evidence.thresholds[evidence.safe_place or 0]
    return f"threshold {threshold!r} does not keep {named} ({axes}); the first that does is {safe!r}"


def _safe(threshold: float, indices: tuple[int, int], evidence: Evidence) -> str:
    safe = evidence.thresholds[evidence.safe_place or 0]
    holds = MET[evidence.policy.criterion]
    axes = ", ".join(axis.name for axis in evidence.judged)
    sentence = f"threshold {threshold!r} is safe: {holds} from {safe!r} for {axes}"
    if indices[0] == indices[1]:
        return f"{sentence}{_ratio_at(indices[0], evidence)}"
    near = " and ".join(repr(evidence.thresholds[index]) for index in indices)
    return f"{sentence}; it was not evaluated itself, but all thresholds between {near} are safe"


def _between(threshold: float, indices: tuple[int, int], axis: AxisEvidence, evidence: Evidence) -> str:
    near = " and ".join(repr(evidence.thresholds[index]) for index in indices)
    return (
        f"threshold {threshold!r} was not evaluated; {near} on either side of it are safe, but the evidence does not "
        f"show what happens to {axis.name} between them; evaluate again with thresholds: [{threshold!r}] in the policy"
    )


def _ratio_at(index: int, evidence: Evidence, axis: AxisEvidence | None = None) -> str:
    """Say what the worst ratio is at an index: of an axis, or of the axis where it may be largest."""
    if index < 0:
        return ""
    axis = axis or max(evidence.judged, key=lambda one: _comparable(one.ratio_bounds[index][1]))
    lower, upper = axis.ratio_bounds[index]
    if math.isnan(lower) or math.isnan(upper) or (lower == 0 and math.isinf(upper)):
        return ""  # there is nothing to compare
    at = evidence.thresholds[index]
    upwards = "without bound" if math.isinf(upper) else about(upper)
    return f"; at {at!r} {axis.pairs[index]} is {about(lower)} to {upwards}"


def _comparable(bound: float) -> float:
    return -1.0 if math.isnan(bound) else bound

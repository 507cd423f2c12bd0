"""Whether the evidence calls a deployment's threshold safe.

Indices count from the most lenient threshold that was evaluated to the strictest, whichever way scores go.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from harness.gate.configs import Located
from harness.gate.evaluation_file import GroupShape, Number
from harness.gate.evidence import AxisEvidence, Evidence
from harness.gate.findings import Finding, Outcome, Rule
from harness.numbers import about, exact
from harness.sentences import compared, rates_by_group, tolerance_said
from harness.study import Tolerance
from harness.verdict_rule import DISPARITIES, MET, Verdict, is_saturated, limits_said

__all__ = [
    "axes_in_force",
    "judge_misses",
    "judge_threshold",
    "neighbours",
    "neighbours_among",
    "not_saturated",
    "threshold_is_safe",
]


def threshold_is_safe(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    """Judge a threshold by the evidence on the axes in force; nothing where the evidence judges none of them.

    A threshold that was not evaluated is safe only where both its evaluated neighbours are, and everything between
    them.
    """
    terms = deployment.terms
    axes = axes_in_force(deployment, evidence)
    if axes:
        rule, outcome, sentence = judge_threshold(terms.threshold, evidence, axes, terms.max_ratio)
        yield Finding(rule, outcome, sentence, deployment.place("threshold"))


def not_saturated(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    """Yield that nearly everyone matches at the threshold, or may do so, where that is so; nothing waives it.

    Where they do at the stricter neighbour of a threshold, they do at the threshold.
    """
    terms = deployment.terms
    below, above = neighbours(terms.threshold, evidence)
    for axis in axes_in_force(deployment, evidence):
        groups = axis.false_matches
        full = is_saturated([group.errors for group in groups], [group.trials for group in groups])
        if not any(full[max(below, 0) : above + 1]):
            continue
        known = above < len(full) and full[above]
        how = "match" if known else "may match"
        sentence = (
            f"at {terms.threshold!r} more than half of all non-mated trials {how} by {axis.name}: nearly everyone "
            "does, and nothing is shown there"
        )
        outcome = Outcome.FAIL if known else Outcome.CANNOT_DECIDE
        yield Finding(Rule.SATURATED, outcome, sentence, deployment.place("threshold"))
        return


def axes_in_force(deployment: Located, evidence: Evidence) -> tuple[AxisEvidence, ...]:
    """Return the axes that the config puts in force, of those that the evidence judges."""
    wanted = {frozenset(axis.attributes) for axis in deployment.terms.axes}
    named = {axis.name for axis in evidence.study.axes if frozenset(axis.attributes) in wanted}
    return tuple(axis for axis in evidence.judged if axis.name in named)


def judge_threshold(
    threshold: float, evidence: Evidence, axes: Sequence[AxisEvidence], max_ratio: float | None = None
) -> tuple[Rule, Outcome, str]:
    """Judge a threshold: the rule, what came of it, and why.

    What is shown to be wrong comes first, then what the evidence does not decide.

    Parameters
    ----------
    threshold : float
    evidence : Evidence
    axes : sequence of AxisEvidence
        Those in force, at least one.
    max_ratio : float, optional
        A ratio that is tolerated at most, whatever the policy of the evidence tolerates.
    """
    asked = _Asked(threshold, evidence, axes, max_ratio)
    for judge in _IN_ORDER:
        found = judge(asked)
        if found is not None:
            return found
    return Rule.SAFE, Outcome.PASS, _safe(asked)


def judge_misses(
    threshold: float, evidence: Evidence, axes: Sequence[AxisEvidence]
) -> tuple[Rule, Outcome, str] | None:
    """Judge a threshold by misses alone: None where the policy's limit on them is kept, or it states none.

    Parameters
    ----------
    threshold : float
    evidence : Evidence
    axes : sequence of AxisEvidence
        Those in force, at least one.
    """
    if not evidence.policy.tolerance_of_misses.is_stated:
        return None
    asked = _Asked(threshold, evidence, axes, None)
    exceeded = _misses_exceeded(asked) or _misses_not_known(asked)
    if exceeded is not None or not asked.is_enclosed:
        return exceeded or _outside(asked)
    parity = Verdict.PARITY_SHOWN
    lacking = [a for a in axes if any(a.verdicts_on_misses[index] is not parity for index in asked.indices)]
    return _limit_not_shown_for(lacking, asked) if lacking else _between(asked)


def neighbours(threshold: float, evidence: Evidence) -> tuple[int, int]:
    """Return the indices of the evaluated neighbours of a threshold, or its own twice; they may be off either end."""
    return neighbours_among(threshold, evidence.thresholds, evidence.study.sign)


def neighbours_among(threshold: float, thresholds: Sequence[float], sign: int) -> tuple[int, int]:
    """Return the indices of a threshold's neighbours among others, as `neighbours` does.

    Parameters
    ----------
    threshold : float
    thresholds : sequence of float
        From the most lenient to the strictest.
    sign : int
        1 where a higher score speaks for one person, -1 for distances.

    Examples
    --------
    >>> neighbours_among(0.6, [0.5, 0.6, 0.7], 1), neighbours_among(0.65, [0.5, 0.6, 0.7], 1)
    ((1, 1), (1, 2))
    >>> neighbours_among(0.65, [0.7, 0.6, 0.5], -1), neighbours_among(0.9, [0.5, 0.6, 0.7], 1)
    ((0, 1), (2, 3))
    """
    above = bisect_left(thresholds, sign * threshold, key=lambda evaluated: sign * evaluated)
    exact = above < len(thresholds) and thresholds[above] == threshold
    return (above, above) if exact else (above - 1, above)


class _Asked:
    """A threshold, and what the evidence on the axes in force says about it."""

    def __init__(
        self, threshold: float, evidence: Evidence, axes: Sequence[AxisEvidence], max_ratio: float | None
    ) -> None:
        self.threshold = threshold
        self.evidence = evidence
        self.axes = axes
        self.max_ratio = max_ratio
        self.lower, self.upper = neighbours(threshold, evidence)
        self.safe = evidence.safe_threshold(axes)
        self.rate = "FPIR" if evidence.study.task == "identification" else "FMR"
        self.lenient, self.strict = ("below", "above") if evidence.study.sign > 0 else ("above", "below")

    @property
    def indices(self) -> tuple[int, ...]:
        """Those of the evaluated thresholds that bear on the one asked for."""
        return tuple(
            i for i in dict.fromkeys((self.lower, self.upper)) if 0 <= i < len(self.evidence.thresholds)
        )

    @property
    def is_enclosed(self) -> bool:
        """Whether it was evaluated, or lies between two that were."""
        return self.lower >= 0 and self.upper < len(self.evidence.thresholds)

    @property
    def there(self) -> str:
        """Where the evidence was read: at the threshold, or on either side of it."""
        near = [repr(self.evidence.thresholds[index]) for index in self.indices]
        if self.lower == self.upper:
            return f"at {near[0]}"
        return f"at {' and '.join(near)}, beside {self.threshold!r},"


_Judgement = tuple[Rule, Outcome, str]


def _disparity(asked: _Asked) -> _Judgement | None:
    """Find an axis on which a disparity beyond tolerance is shown, or any where none may be detected."""

    def broken(axis: AxisEvidence, index: int) -> bool:
        verdict, lower = axis.verdicts[index], axis.ratio_bounds[index][0]
        if verdict is Verdict.SATURATED or (axis.obstacles and verdict not in DISPARITIES):
            return False
        beyond = asked.max_ratio is not None and lower > asked.max_ratio
        detected = asked.evidence.policy.criterion == "not_detected" and lower > 1
        return verdict is Verdict.DISPARITY_BEYOND_TOLERANCE or beyond or detected

    found = [axis for axis in asked.axes if all(broken(axis, index) for index in asked.indices)]
    if not found or not asked.is_enclosed:
        return None
    axis = max(found, key=lambda one: one.ratio_bounds[asked.upper][0])
    tolerance = _tolerance(asked)
    said = f"{asked.there} a disparity is shown{tolerance}: {_apart(axis, asked.upper, asked.evidence)}"
    return Rule.DISPARITY_SHOWN, Outcome.FAIL, said


def _tolerance(asked: _Asked) -> str:
    policy = asked.evidence.policy
    ratios = [ratio for ratio in (policy.max_ratio, asked.max_ratio) if ratio is not None]
    tolerated = tolerance_said(Tolerance(min(ratios, default=None), policy.max_gap))
    return f" beyond the tolerated {tolerated}" if tolerated else ""


def _limit_exceeded(asked: _Asked) -> _Judgement | None:
    """Find a group whose false match rate is shown to be above the limit, which it then is at any lenient threshold."""
    limit, index = asked.evidence.limit, asked.upper
    if index >= len(asked.evidence.thresholds):
        return None
    for axis in asked.axes:
        above = [group for group in axis.false_matches if _number(group.lower[index]) > limit.limit]
        if above:
            crowd = "; nearly everyone matches" if axis.verdicts[index] is Verdict.SATURATED else ""
            worst = max(above, key=lambda group: _number(group.lower[index]))
            by_group = rates_by_group(*_counts(axis.false_matches, index))
            sentence = (
                f"threshold {asked.threshold!r} breaks {limits_said(asked.evidence.policy, limit)}: {asked.rate} at "
                f"{asked.evidence.thresholds[index]!r} is {by_group} by {axis.name}, shown for {worst.group}{crowd}"
                f"{_first_safe(asked)}"
            )
            return Rule.LIMIT_BROKEN, Outcome.FAIL, sentence
    return None


def _misses_exceeded(asked: _Asked) -> _Judgement | None:
    """Find an axis on which misses differ beyond the policy's tolerance of misses."""
    if not asked.evidence.misses_known:
        return None
    beyond = Verdict.DISPARITY_BEYOND_TOLERANCE
    for axis in asked.axes:
        if asked.is_enclosed and all(axis.verdicts_on_misses[index] is beyond for index in asked.indices):
            by_group = rates_by_group(*_counts(axis.misses, asked.upper))
            limits = limits_said(asked.evidence.policy, asked.evidence.limit)
            sentence = f"threshold {asked.threshold!r} breaks {limits}: missed by {axis.name}: {by_group}"
            return Rule.LIMIT_BROKEN, Outcome.FAIL, sentence
    return None


def _misses_not_known(asked: _Asked) -> _Judgement | None:
    """Find that misses are limited, and nobody knows which searches returned the right person."""
    policy = asked.evidence.policy
    if asked.evidence.misses_known or not policy.tolerance_of_misses.is_stated:
        return None
    sentence = (
        f"{tolerance_said(policy.tolerance_of_misses)} of misses is not decided: FNIR is a lower bound, for the "
        "evaluation does not know who was returned; evaluate again with own_score, top_candidate or candidates in the "
        "study"
    )
    return Rule.MISSES_NOT_KNOWN, Outcome.CANNOT_DECIDE, sentence


def _below(asked: _Asked) -> _Judgement | None:
    safe = asked.safe.index
    if safe is None or asked.lower >= safe or (asked.lower < 0 and safe == 0):
        return None
    from_here = asked.evidence.thresholds[safe]
    holding = [axis for axis in asked.axes if (axis.safe_from or 0) <= max(asked.lower, 0)]
    deciding = max(asked.axes, key=lambda axis: axis.safe_from or 0)
    ratio = "" if deciding in holding else _ratio(deciding, asked)
    where = f"{asked.lenient} the safe one, {from_here!r}"
    sentence = f"threshold {asked.threshold!r} is {where} ({asked.safe.reason}){ratio}"
    return Rule.BELOW_SAFE_THRESHOLD, Outcome.FAIL, sentence


def _outside(asked: _Asked) -> _Judgement | None:
    if asked.is_enclosed:
        return None
    thresholds = asked.evidence.thresholds
    end, word = (thresholds[0], asked.lenient) if asked.lower < 0 else (thresholds[-1], asked.strict)
    sentence = (
        f"threshold {asked.threshold!r} is {word} {end!r}, the last that was evaluated on that side; evaluate again "
        f"with operating: [{exact(asked.threshold)}] in the policy"
    )
    return Rule.OUTSIDE_EVALUATED_RANGE, Outcome.CANNOT_DECIDE, sentence


def _none_safe(asked: _Asked) -> _Judgement | None:
    if asked.safe.index is not None:
        return None
    undecided = [axis for axis in asked.axes if not _is_safe_at(axis, asked)]
    axis = undecided[0] if undecided else asked.axes[0]
    sentence = (
        f"the evidence has no safe threshold: {asked.safe.reason}{_ratio(axis, asked)}{_more(axis, asked)}"
    )
    return Rule.NO_SAFE_THRESHOLD, Outcome.CANNOT_DECIDE, sentence


def _is_safe_at(axis: AxisEvidence, asked: _Asked) -> bool:
    return (
        axis.safe_from is not None
        and axis.safe_to is not None
        and axis.safe_from <= asked.lower <= axis.safe_to
    )


def _more(axis: AxisEvidence, asked: _Asked) -> str:
    """Say what evidence would decide an axis that is inconclusive at the threshold."""
    index = asked.upper
    if axis.obstacles or axis.verdicts[index] is not Verdict.INCONCLUSIVE:
        return ""
    growth = axis.growth_needed[index]
    if not math.isfinite(growth) or growth <= 1:
        return ""
    fewest = min(group.trials for group in axis.false_matches)
    return (
        f"; about {about(growth)} times as much data ({about(growth * fewest)} non-mated a group) would show parity "
        "there, were the rates equal"
    )


def _above_range(asked: _Asked) -> _Judgement | None:
    ends = [(axis.safe_to, axis) for axis in asked.axes if axis.safe_to is not None]
    end, axis = min(ends, key=lambda one: one[0])
    if asked.upper <= end:
        return None
    sentence = (
        f"threshold {asked.threshold!r} is {asked.strict} {asked.evidence.thresholds[end]!r}, up to which parity is "
        f"shown for {axis.name}; beyond it false matches are too few to tell{_more(axis, asked)}"
    )
    return Rule.ABOVE_PARITY_RANGE, Outcome.CANNOT_DECIDE, sentence


def _limit_not_shown(asked: _Asked) -> _Judgement | None:
    lacking = [axis for axis in asked.axes if not all(axis.keeps_limits[index] for index in asked.indices)]
    return _limit_not_shown_for(lacking, asked) if lacking else None


def _limit_not_shown_for(lacking: Sequence[AxisEvidence], asked: _Asked) -> _Judgement:
    limits = limits_said(asked.evidence.policy, asked.evidence.limit)
    sentence = (
        f"threshold {asked.threshold!r} is not shown to keep {limits} "
        f"({', '.join(axis.name for axis in lacking)}){_first_safe(asked)}; more data would narrow the bounds"
    )
    return Rule.LIMIT_NOT_SHOWN, Outcome.CANNOT_DECIDE, sentence


def _between(asked: _Asked) -> _Judgement | None:
    unknown = [
        axis for axis in asked.axes if asked.lower < asked.upper and not axis.holds_between[asked.lower]
    ]
    if not unknown:
        return None
    near = " and ".join(repr(asked.evidence.thresholds[index]) for index in asked.indices)
    sentence = (
        f"threshold {asked.threshold!r} was not evaluated; {near} on either side of it are safe, but the evidence does "
        f"not show what happens to {unknown[0].name} between them; evaluate again with operating: "
        f"[{exact(asked.threshold)}] in the policy"
    )
    return Rule.BETWEEN_EVALUATED, Outcome.CANNOT_DECIDE, sentence


_IN_ORDER: tuple[Callable[[_Asked], _Judgement | None], ...] = (
    _disparity,
    _limit_exceeded,
    _misses_exceeded,
    _misses_not_known,
    _below,
    _outside,
    _none_safe,
    _above_range,
    _limit_not_shown,
    _between,
)


def _safe(asked: _Asked) -> str:
    evidence, index = asked.evidence, asked.lower
    by_axis = "; ".join(
        f"by {axis.name} {rates_by_group(*_counts(axis.false_matches, index))}" for axis in asked.axes
    )
    at = repr(evidence.thresholds[index])
    between = ""
    if asked.lower != asked.upper:
        between = f"; it lies between {at} and {evidence.thresholds[asked.upper]!r}, where all is safe"
    axes = ", ".join(axis.name for axis in asked.axes)
    others = ", ".join(axis.name for axis in evidence.judged if axis not in asked.axes)
    elsewhere = f"; judged by the evaluation, but not in force here: {others}" if others else ""
    excluded = [f"{attribute} {', '.join(labels)}" for attribute, labels in evidence.study.exclude.items()]
    without = f"; the study excludes {'; '.join(excluded)}" if excluded else ""
    start = evidence.thresholds[asked.safe.index or 0]
    limits = limits_said(evidence.policy, evidence.limit)
    return (
        f"threshold {asked.threshold!r} is safe: {MET[evidence.policy.criterion]} from {start!r} for {axes}, and "
        f"{limits} is kept{between}; {asked.rate} at {at}: {by_axis}{elsewhere}{without}"
    )


def _first_safe(asked: _Asked) -> str:
    safe = asked.safe.index
    return "" if safe is None else f"; the first safe threshold is {asked.evidence.thresholds[safe]!r}"


def _ratio(axis: AxisEvidence, asked: _Asked) -> str:
    """Say how the two groups of an axis that are shown best to differ compare."""
    index = min(max(asked.lower, 0), len(asked.evidence.thresholds) - 1)
    said = _apart(axis, index, asked.evidence)
    return f"; at {asked.evidence.thresholds[index]!r}, {said}" if said else ""


def _apart(axis: AxisEvidence, index: int, evidence: Evidence) -> str:
    more, fewer = axis.shown[index]
    lower, upper = axis.ratio_bounds[index]
    if more < 0 or fewer < 0 or math.isnan(lower) or (lower == 0 and math.isinf(upper)):
        return ""  # there is nothing to compare
    high, low = (axis.false_matches[group] for group in (more, fewer))
    rates = [group.errors[index] / group.trials for group in (high, low)]
    if not rates[0]:
        return ""
    ratio = rates[0] / rates[1] if rates[1] else math.inf
    confidence = evidence.policy.confidence
    return (
        f"by {axis.name}, {compared('false matches', high.group, low.group, ratio, lower, upper, confidence)}"
    )


def _counts(groups: Sequence[GroupShape], index: int) -> tuple[list[str], list[int], list[int]]:
    return (
        [group.group for group in groups],
        [group.errors[index] for group in groups],
        [group.trials for group in groups],
    )


def _number(value: Number) -> float:
    return math.nan if value is None else float(value)

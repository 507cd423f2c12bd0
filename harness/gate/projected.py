"""What a projection of the evidence to the deployment's own watchlist says of its threshold.

It takes the place of the evaluation's verdicts on false matches, which hold for the list that was tested; misses, which
do not follow from the list, stay with the evaluation. Indices count from the most lenient threshold to the strictest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from harness.config import shown
from harness.gate.alerts import AlertRates, Bounds, evaluated_rates
from harness.gate.configs import Located
from harness.gate.evidence import Evidence
from harness.gate.findings import Finding, Outcome, Rule
from harness.gate.projection import Projection
from harness.gate.projection_file import (
    ProjectedAxisShape,
    ProjectedListShape,
)
from harness.gate.safety import axes_in_force, judge_misses, neighbours_among
from harness.gate.watchlists import furthest_off
from harness.numbers import exact, limit_text, number, one_in
from harness.sentences import some
from harness.verdict_rule import SATURATED_RATE

__all__ = [
    "judge_projected",
    "lists_that_fit",
    "projected_rates",
]


def lists_that_fit(
    deployment: Located, projection: Projection, evidence: Evidence
) -> dict[str, ProjectedListShape]:
    """Return the lists of a projection that are the deployment's: of its size, and of its mix within the tolerance.

    Those of its very composition go before others. An attribute that a list does not state is as it was tested, and top
    scores alone tell of no other mix at all.
    """
    terms = deployment.terms
    stated = terms.watchlist_composition or {}
    tested = evidence.study.watchlist_composition or {}

    def is_of_mix(mix: Mapping[str, Mapping[str, int]]) -> bool:
        return set(mix) == set(stated) and all(
            furthest_off(counts, mix[attribute], terms.composition_tolerance) is None
            for attribute, counts in stated.items()
        )

    def fits(one: ProjectedListShape) -> bool:
        may_differ = one.method != "top scores" or is_of_mix(tested)
        return (
            one.size == terms.watchlist_size
            and may_differ
            and is_of_mix({**tested, **(one.composition or {})})
        )

    fitting = {name: one for name, one in projection.shape.lists.items() if fits(one)}
    same = {name: one for name, one in fitting.items() if (one.composition or {}) == stated}
    return same or fitting


class _AtList:
    """A threshold of a deployment, and what a projection to its list says about it."""

    def __init__(
        self,
        deployment: Located,
        evidence: Evidence,
        thresholds: Sequence[float],
        name: str,
        of_list: ProjectedListShape,
    ) -> None:
        self.deployment, self.evidence, self.name, self.of_list = deployment, evidence, name, of_list
        self.threshold, self.thresholds = deployment.terms.threshold, thresholds
        self.axes = axes_in_force(deployment, evidence)
        self.below, self.above = neighbours_among(self.threshold, thresholds, evidence.study.sign)
        self.lenient, self.strict = ("below", "above") if evidence.study.sign > 0 else ("above", "below")

    @cached_property
    def projected(self) -> dict[str, ProjectedAxisShape]:
        """The axes in force that were projected."""
        return {axis.name: found for axis in self.axes if (found := self.of_list.axes.get(axis.name))}

    @property
    def is_enclosed(self) -> bool:
        """Whether the threshold was projected, or lies between two that were."""
        return self.below >= 0 and self.above < len(self.thresholds)

    @property
    def max_ratio(self) -> float | None:
        """The largest ratio that the policy and the config both tolerate; None where neither names any."""
        stated = (self.evidence.policy.max_ratio, self.deployment.terms.max_ratio)
        return min((ratio for ratio in stated if ratio is not None), default=None)

    @property
    def list_said(self) -> str:
        """The list, as it is told."""
        return f"the list {shown(self.name)} ({self.of_list.method})"

    def fpir(self, axis: ProjectedAxisShape) -> dict[str, Bounds]:
        """Bounds of the FPIR of every group: upper ones from the more lenient neighbour, lower ones from the other."""
        below, above = self.below, self.above
        found = {}
        for group, lower, upper in zip(axis.groups, axis.lower, axis.upper, strict=True):
            least = lower[above] if above < len(self.thresholds) else None
            most = upper[below] if below >= 0 else None
            found[group] = Bounds(0.0 if least is None else least, 1.0 if most is None else most)
        return found

    def ratio_upper(self, axis: ProjectedAxisShape) -> float:
        """The upper bound of the ratio, the larger of both neighbours'; infinite where there is none."""
        if not self.is_enclosed:
            return math.inf
        bounds = [axis.ratio_upper[index] for index in (self.below, self.above)]
        return max(math.inf if bound is None else bound for bound in bounds)

    def ratio_lower(self, axis: ProjectedAxisShape) -> float:
        """The lower bound of the ratio, the smaller of both neighbours'; 0 where there is none."""
        if not self.is_enclosed:
            return 0.0
        return min(axis.ratio_lower[index] or 0.0 for index in (self.below, self.above))

    def ratio_between(self, axis: ProjectedAxisShape) -> float:
        """The upper bound of the ratio anywhere between both neighbours, by the bounds of the rates there.

        Rates fall as the threshold rises, so that each group's is at most that at the more lenient neighbour and at
        least that at the other; where nothing changes from one to the other, the bounds hold between them too.
        """
        numbers = (*axis.estimate, *axis.lower, *axis.upper, axis.ratio_upper)
        if all(values[self.below] == values[self.above] for values in numbers):
            return self.ratio_upper(axis)
        rates = self.fpir(axis).values()
        least = min(bounds.lower for bounds in rates)
        return max(bounds.upper for bounds in rates) / least if least > 0 else math.inf


_Judgement = tuple[Rule, Outcome, str]


def judge_projected(
    deployment: Located,
    evidence: Evidence,
    projection: Projection,
    name: str,
) -> Iterator[Finding]:
    """Judge a deployment's threshold by the projection to a list: what is shown to be wrong comes first.

    Parameters
    ----------
    deployment : Located
    evidence : Evidence
        The evaluation that was projected.
    projection : Projection
    name : str
        Of the list, from `lists_that_fit`.
    """
    asked = _AtList(deployment, evidence, projection.shape.thresholds, name, projection.shape.lists[name])
    place = deployment.place("threshold")
    if not asked.axes:
        return
    nearly_everyone = _saturated(asked)
    if nearly_everyone is not None:
        yield Finding(*nearly_everyone, place)
    found = next((found for judge in _IN_ORDER if (found := judge(asked))), None)
    if found is not None:
        yield Finding(*found, place)
    elif nearly_everyone is None:
        yield Finding(Rule.SAFE, Outcome.PASS, _safe(asked), place)


def projected_rates(deployment: Located, evidence: Evidence, projection: Projection, name: str) -> AlertRates:
    """Return what is known of alerts at a list; hits are those at the list that was tested, less what others outrank.

    A hit is lost at another list only where somebody else there is returned above the right person, which happens at
    most as often as a search for people who are not on the list alerts at all.
    """
    asked = _AtList(deployment, evidence, projection.shape.thresholds, name, projection.shape.lists[name])
    tested = evaluated_rates(asked.threshold, evidence)
    fpir = {axis: asked.fpir(found) for axis, found in asked.of_list.axes.items()}

    def less(axis: str, by_group: Mapping[str, Bounds]) -> dict[str, Bounds]:
        outranked = fpir.get(axis, {})
        return {
            group: Bounds(max(0.0, tpir.lower - outranked.get(group, Bounds(0.0, 1.0)).upper), 1.0)
            for group, tpir in by_group.items()
        }

    at = f"at {asked.threshold!r} and {asked.list_said}"
    return AlertRates(at, fpir, {axis: less(axis, by_group) for axis, by_group in tested.tpir.items()})


def _saturated(asked: _AtList) -> _Judgement | None:
    """Find that more than half of all searches may alert: the pooled rate is at most that of the highest group."""
    rates = [bounds for axis in asked.projected.values() for bounds in asked.fpir(axis).values()]
    if not rates or max(bounds.upper for bounds in rates) <= SATURATED_RATE:
        return None
    shown_to_be = min(bounds.lower for bounds in rates) > SATURATED_RATE
    how = (
        "more than half of all searches alert" if shown_to_be else "more than half of all searches may alert"
    )
    outcome = Outcome.FAIL if shown_to_be else Outcome.CANNOT_DECIDE
    return Rule.SATURATED, outcome, f"at {asked.threshold!r} and {asked.list_said}, {how}: nothing is shown"


def _not_projected(asked: _AtList) -> _Judgement | None:
    lacking = [axis.name for axis in asked.axes if axis.name not in asked.projected]
    if not lacking:
        return None
    sentence = f"axis {', '.join(lacking)} is in force, and {asked.list_said} was projected without it"
    return Rule.AXIS_NOT_JUDGED, Outcome.CANNOT_DECIDE, sentence


def _disparity(asked: _AtList) -> _Judgement | None:
    strictly = asked.evidence.policy.criterion == "not_detected"
    most = min((1.0 if strictly else math.inf, asked.max_ratio or math.inf))
    for name, axis in asked.projected.items():
        lower = asked.ratio_lower(axis)
        if lower > most:
            sentence = (
                f"at {asked.threshold!r} and {asked.list_said} a disparity is shown: by {name}, false alerts fall on "
                f"one group at least {number(lower)} times as often as on another, more than {limit_text(most)} times"
            )
            return Rule.DISPARITY_SHOWN, Outcome.FAIL, sentence
    return None


def _limit_exceeded(asked: _AtList) -> _Judgement | None:
    limit = asked.evidence.limit
    for name, axis in asked.projected.items():
        for group, bounds in asked.fpir(axis).items():
            if bounds.lower > limit.limit:
                sentence = (
                    f"threshold {asked.threshold!r} breaks {limit.name} {limit_text(limit.limit)} at "
                    f"{asked.list_said}: FPIR of {group} by {name} is at least {one_in(bounds.lower, 'down')}"
                )
                return Rule.LIMIT_BROKEN, Outcome.FAIL, sentence
    return None


def _misses(asked: _AtList) -> _Judgement | None:
    return judge_misses(asked.threshold, asked.evidence, asked.axes)


def _below(asked: _AtList) -> _Judgement | None:
    safe, sign = asked.of_list.safe, asked.evidence.study.sign
    if safe is None or sign * asked.threshold >= sign * safe:
        return None
    sentence = f"threshold {asked.threshold!r} is {asked.lenient} the safe one at {asked.list_said}, {safe!r}"
    return Rule.BELOW_SAFE_THRESHOLD, Outcome.FAIL, sentence


def _outside(asked: _AtList) -> _Judgement | None:
    if asked.is_enclosed:
        return None
    end, word = (
        (asked.thresholds[0], asked.lenient) if asked.below < 0 else (asked.thresholds[-1], asked.strict)
    )
    sentence = (
        f"threshold {asked.threshold!r} is {word} {end!r}, the last that was projected on that side; evaluate again "
        f"with operating: [{exact(asked.threshold)}] in the policy, and project that"
    )
    return Rule.OUTSIDE_EVALUATED_RANGE, Outcome.CANNOT_DECIDE, sentence


def _none_safe(asked: _AtList) -> _Judgement | None:
    obstacles = [axis for axis in asked.axes if axis.obstacles]
    if asked.of_list.safe is not None and not obstacles:
        return None
    why = (
        f"{obstacles[0].name} cannot be decided: {obstacles[0].obstacles[0]}" if obstacles else _widest(asked)
    )
    sentence = f"there is no safe threshold at {asked.list_said}: {why}"
    return Rule.NO_SAFE_THRESHOLD, Outcome.CANNOT_DECIDE, sentence


def _widest(asked: _AtList) -> str:
    ratios = {name: asked.ratio_upper(axis) for name, axis in asked.projected.items()}
    widest = max(ratios, key=lambda name: ratios[name])
    return f"at {asked.threshold!r} the ratio by {widest} may be {_ratio_said(ratios[widest])}"


def _ratio_said(ratio: float) -> str:
    return f"up to {number(ratio, 'up')}" if math.isfinite(ratio) else "of any size"


def _ratio_not_shown(asked: _AtList) -> _Judgement | None:
    most = asked.max_ratio
    if most is None:
        sentence = (
            "a projection is judged by max_ratio, and the evaluation's policy and the config state none"
        )
        return Rule.RATIO_NOT_SHOWN, Outcome.CANNOT_DECIDE, sentence
    for name, axis in asked.projected.items():
        upper = asked.ratio_upper(axis)
        if not upper <= most:
            sentence = (
                f"at {asked.threshold!r} and {asked.list_said}, the ratio of false alerts by {name} may be "
                f"{_ratio_said(upper)}, and {limit_text(most)} is tolerated; more data would narrow the bounds"
            )
            return Rule.RATIO_NOT_SHOWN, Outcome.CANNOT_DECIDE, sentence
    return None


def _limit_not_shown(asked: _AtList) -> _Judgement | None:
    limit = asked.evidence.limit
    for name, axis in asked.projected.items():
        group, bounds = max(asked.fpir(axis).items(), key=lambda one: one[1].upper)
        if not bounds.upper <= limit.limit:
            sentence = (
                f"threshold {asked.threshold!r} is not shown to keep {limit.name} {limit_text(limit.limit)} at "
                f"{asked.list_said}: FPIR of {group} by {name} may be up to {one_in(bounds.upper, 'up')}"
            )
            return Rule.LIMIT_NOT_SHOWN, Outcome.CANNOT_DECIDE, sentence
    return None


def _between(asked: _AtList) -> _Judgement | None:
    if asked.below == asked.above or asked.max_ratio is None:
        return None
    for name, axis in asked.projected.items():
        if not asked.ratio_between(axis) <= asked.max_ratio:
            near = " and ".join(repr(asked.thresholds[index]) for index in (asked.below, asked.above))
            sentence = (
                f"threshold {asked.threshold!r} was not projected; {near} on either side of it are safe at "
                f"{asked.list_said}, but that does not show what happens to {name} between them; evaluate again with "
                f"operating: [{exact(asked.threshold)}] in the policy, and project that"
            )
            return Rule.BETWEEN_EVALUATED, Outcome.CANNOT_DECIDE, sentence
    return None


_IN_ORDER: tuple[Callable[[_AtList], _Judgement | None], ...] = (
    _disparity,
    _limit_exceeded,
    _below,
    _misses,
    _not_projected,
    _outside,
    _none_safe,
    _ratio_not_shown,
    _limit_not_shown,
    _between,
)


def _most_said(fpir: Mapping[str, Bounds]) -> str:
    return some([f"{group} {one_in(bounds.upper, 'up')}" for group, bounds in fpir.items()])


def _safe(asked: _AtList) -> str:
    rates = "; ".join(f"by {name} {_most_said(asked.fpir(axis))}" for name, axis in asked.projected.items())
    widest = max(asked.ratio_upper(axis) for axis in asked.projected.values())
    limit = asked.evidence.limit
    return (
        f"threshold {asked.threshold!r} is safe at {asked.list_said}: from {asked.of_list.safe!r} the ratio of false "
        f"alerts is shown to be within {limit_text(asked.max_ratio or math.inf)} for {', '.join(asked.projected)} (at "
        f"most {number(widest, 'up')}), and {limit.name} {limit_text(limit.limit)} is kept; FPIR is at most {rates}"
    )

"""An evaluation as evidence: refused unless its answer follows from its arrays.

What an evaluation says of itself is worked out again: estimates from errors and trials, ratios and gaps from
estimates, verdicts and the safe threshold from the bounds, by the rule of `harness.verdict_rule`. Bounds cannot be
worked out again here (that takes beta quantiles), so arrays altered with care still agree with each other; only a
digest or a signature tells those.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import ge, getitem, le, sub

from harness.errors import InputError
from harness.gate.evaluation_file import (
    AxisShape,
    DifferentialShape,
    EvaluationShape,
    GroupShape,
    Number,
    RatesShape,
    numbers,
)
from harness.gate.evaluation_reading import Stated, read_evaluation
from harness.gate.stated_answer import answer_in, detected_in, safety_in, saturated_in, verdicts_in
from harness.study import Axis, FalseMatchLimit, Policy, Study
from harness.verdict_rule import (
    DISPARITIES,
    AxisSafety,
    SafeThreshold,
    Verdict,
    end_of_run,
    have_enough,
    is_tolerated,
    not_detected_from,
    obstacles,
    only_disparities,
    safe_threshold,
)

__all__ = [
    "MAX_BYTES",
    "AxisEvidence",
    "DisagreementError",
    "Evidence",
    "contradiction_in",
    "evidence_in",
    "evidence_of",
]

MAX_BYTES = 2**27
"""Of a file that holds an evaluation."""


_ROUNDING = 1e-9


class DisagreementError(Exception):
    """Parts of an evaluation disagree; its text says which."""


@dataclass(frozen=True)
class AxisEvidence(AxisSafety):
    """The evidence on one axis at T thresholds, from the most lenient to the strictest, beside where it is safe.

    Parameters
    ----------
    judged : bool
    false_matches, misses : tuple of GroupShape
        The groups, with the rates of each.
    shown : tuple of (int, int), length T
        The groups that are shown best to differ in false matches, the one with more first; -1 where none can be named.
    ratio_bounds : tuple of tuple of float, length T
        The lower bound of their ratio, and the upper one of any two groups'.
    growth_needed : tuple of float, length T
        How many times as much data would show parity, were the rates equal.
    verdicts, verdicts_on_misses : tuple of Verdict, length T
    holds_between : tuple of bool, length T - 1
        Whether the criterion and the limits, met at a threshold and at the next stricter, are met everywhere between.
    """

    judged: bool
    false_matches: tuple[GroupShape, ...]
    misses: tuple[GroupShape, ...]
    shown: tuple[tuple[int, int], ...]
    ratio_bounds: tuple[tuple[float, float], ...]
    growth_needed: tuple[float, ...]
    verdicts: tuple[Verdict, ...]
    verdicts_on_misses: tuple[Verdict, ...]
    holds_between: tuple[bool, ...]


@dataclass(frozen=True)
class Evidence:
    """An evaluation whose answer follows from its arrays.

    Parameters
    ----------
    source, sha256 : str
    study : Study
    policy : Policy
    scores : tuple of (str, str or None)
        The names of the score files, and their SHA-256; None for scores that were no files.
    thresholds : tuple of float
        As the study states scores, from the most lenient to the strictest.
    axes : tuple of AxisEvidence
    limit : FalseMatchLimit
        On every group's false match rate.
    refuted : str or None
        Why a threshold chosen on half of the subjects did not hold on the other half, where that is so.
    misses_known : bool
        Whether rates of misses are known, and not only bounded from below, as those of searches are of which nobody
        knows who was returned.
    """

    source: str
    sha256: str
    study: Study
    policy: Policy
    scores: tuple[tuple[str, str | None], ...]
    thresholds: tuple[float, ...]
    axes: tuple[AxisEvidence, ...]
    limit: FalseMatchLimit
    refuted: str | None
    misses_known: bool = True

    @property
    def judged(self) -> tuple[AxisEvidence, ...]:
        """The axes on which the policy's answer rests."""
        return tuple(axis for axis in self.axes if axis.judged)

    def safe_threshold(self, axes: Sequence[AxisEvidence]) -> SafeThreshold:
        """Return the lowest threshold that is safe on all of some axes."""
        return safe_threshold(axes, self.policy, self.limit)


def evidence_of(content: bytes, source: str) -> Evidence:
    """Read the content of an ``evaluation.json``.

    Parameters
    ----------
    content : bytes
        The file, as `harness.files.content_of` reads it.
    source : str
        Its name in errors.

    Raises
    ------
    InputError
        It is not of the known schema, or disagrees with itself.
    """
    stated = read_evaluation(content, source)
    try:
        return evidence_in(stated, source, hashlib.sha256(content).hexdigest())
    except DisagreementError as error:
        raise InputError(f"disagrees with itself: {error}", source=source) from error


def contradiction_in(stated: Stated) -> str | None:
    """Say why the answer of an evaluation does not follow from its arrays; None where it does."""
    try:
        evidence_in(stated, "", "")
    except DisagreementError as error:
        return str(error)
    return None


def evidence_in(stated: Stated, source: str, sha256: str) -> Evidence:
    """Take as evidence a file that was read.

    Parameters
    ----------
    stated : Stated
    source, sha256 : str
        The name of the file in errors, and its digest.

    Raises
    ------
    DisagreementError
        Its answer does not follow from its arrays.
    """
    shape, study, policy = stated.shape, stated.study, stated.policy
    _require(study.to_dict() == shape.study, "the study is not written out in full")
    _require(policy.to_dict() == shape.policy, "the policy is not written out in full")
    for axis_of_study, (name, axis) in zip(study.axes, shape.axes.items(), strict=True):
        _require_left_out(name, axis, axis_of_study, study)
        try:
            _require_consistent_axis(axis, policy)
        except DisagreementError as error:
            raise DisagreementError(f"{name}: {error}") from None
    limit = policy.false_match_limit(study.task)
    evidence = Evidence(
        source=source,
        sha256=sha256,
        study=study,
        policy=policy,
        scores=tuple((given.name, given.sha256) for given in shape.inputs),
        thresholds=tuple(shape.thresholds),
        axes=tuple(_axis(name, axis, policy, limit) for name, axis in shape.axes.items()),
        limit=limit,
        refuted=_refuted(shape),
        misses_known=study.task != "identification"
        or (shape.searches is not None and shape.searches.returned_known),
    )
    found = evidence.safe_threshold(evidence.judged)
    _require(
        found.index == shape.index_of_safe_threshold, "its safe threshold does not follow from its arrays"
    )
    derived = answer_in(shape.axes, shape.thresholds, found, policy, limit)
    for part in type(derived).model_fields:
        agrees = part == "reason" or getattr(derived, part) == getattr(shape.answer, part)
        _require(agrees, f"answer.{part} does not follow from the arrays")
    return evidence


def _require_left_out(name: str, axis: AxisShape, axis_of_study: Axis, study: Study) -> None:
    """Require that comparisons are in no group only because they are of two labels, or of one that is excluded."""
    excluded = axis.excluded or {}
    of_two_labels = axis.left_out.mated - sum(counts.mated for counts in excluded.values())
    non_mated = axis.left_out.non_mated - sum(counts.non_mated for counts in excluded.values())
    _require(
        min(of_two_labels, non_mated) >= 0, f"{name}: more comparisons are excluded than are in no group"
    )
    _require(
        of_two_labels == 0 or not all(map(study.labels_the_person, axis_of_study.attributes)),
        f"{name}: {of_two_labels:,} mated comparisons have two labels, which the study does not allow",
    )
    groups = {group.group for group in axis.false_matches.groups}
    both = groups & set(excluded)
    if len(axis_of_study.attributes) == 1:
        both |= groups & set(study.exclude.get(name, ()))
    _require(not both, f"{name}: {', '.join(sorted(both))} is a group, and excluded")


def _axis(name: str, axis: AxisShape, policy: Policy, limit: FalseMatchLimit) -> AxisEvidence:
    found, verdict = axis.false_match_differential, axis.verdict
    safety = safety_in(name, axis, policy, limit)
    return AxisEvidence(
        **vars(safety),
        judged=axis.judged,
        false_matches=tuple(axis.false_matches.groups),
        misses=tuple(axis.false_non_matches.groups),
        shown=tuple(zip(found.shown_more, found.shown_fewer, strict=True)),
        ratio_bounds=tuple(zip(numbers(found.ratio_lower), numbers(found.ratio_upper), strict=True)),
        growth_needed=tuple(numbers(verdict.growth_needed)),
        verdicts=tuple(map(Verdict, verdict.verdicts)),
        verdicts_on_misses=tuple(map(Verdict, axis.verdicts_on_misses)),
        holds_between=_holds_between(axis, policy),
    )


def _refuted(shape: EvaluationShape) -> str | None:
    confirmation = shape.confirmation
    return confirmation.reason if confirmation and confirmation.outcome == "does not hold" else None


def _require(holds: bool, problem: str) -> None:
    """Refuse an evaluation unless something holds."""
    if not holds:
        raise DisagreementError(problem)


def _require_consistent_axis(axis: AxisShape, policy: Policy) -> None:
    _require_rates(axis.false_matches, policy.confidence, falls=True)
    _require_rates(axis.false_non_matches, policy.confidence, falls=False)
    if axis.across is not None:
        _require_rates(axis.across, policy.confidence, falls=True)
    _require_differential(axis.false_match_differential, axis.false_matches, policy.confidence)
    _require_differential(axis.false_non_match_differential, axis.false_non_matches, policy.confidence)
    _require(
        axis.measures.confidence == policy.confidence, "measures have other bounds than the policy asks for"
    )
    _require_verdict(axis, policy)


def _holds_between(axis: AxisShape, policy: Policy) -> tuple[bool, ...]:
    """Say between which neighbours the criterion and the limits hold throughout, where they do at both.

    Rates go one way with the threshold. So nothing changes between two thresholds with the same errors; and a group's
    false non-match rate there is at most that at the stricter threshold, and at least that at the more lenient.
    """
    same = _same_errors(axis.false_matches)
    if policy.criterion == "shown":
        to_next = axis.verdict.parity_to_next
        same = [unchanged or alike for unchanged, alike in zip(same, to_next, strict=True)]
    if not policy.tolerance_of_misses.is_stated:
        return tuple(same)
    return tuple(
        held and kept for held, kept in zip(same, _tolerates_misses_between(axis, policy), strict=True)
    )


def _same_errors(rates: RatesShape) -> list[bool]:
    by_threshold = list(zip(*(group.errors for group in rates.groups), strict=True))
    return [here == there for here, there in pairwise(by_threshold)]


def _tolerates_misses_between(axis: AxisShape, policy: Policy) -> list[bool]:
    highest = map(max, zip(*(numbers(group.upper) for group in axis.false_non_matches.groups), strict=True))
    lowest = map(min, zip(*(numbers(group.lower) for group in axis.false_non_matches.groups), strict=True))
    ends = list(zip(list(highest)[1:], list(lowest)[:-1], strict=True))
    tolerated = is_tolerated(
        [upper / lower if lower > 0 else math.inf for upper, lower in ends],
        [upper - lower for upper, lower in ends],
        policy.tolerance_of_misses,
    )
    unchanged = _same_errors(axis.false_non_matches)
    return [kept or same for kept, same in zip(tolerated, unchanged, strict=True)]


def _require_rates(rates: RatesShape, confidence: float, *, falls: bool) -> None:
    _require(rates.confidence == confidence, f"{rates.name} has other bounds than the policy asks for")
    for group in rates.groups:
        errors = group.errors if falls else group.errors[::-1]
        _require(all(map(ge, errors, errors[1:])), f"{rates.name} errors do not go one way")
        if group.trials == 0:
            continue
        shares = [number_of_errors / group.trials for number_of_errors in group.errors]
        unbounded = [effect == "inf" for effect in group.design_effect]
        lower, upper = _filled(group.lower, unbounded, 0.0), _filled(group.upper, unbounded, 1.0)
        bounded = numbers(group.estimate), lower, upper
        if not _agree_to_the_last_bit(shares, *bounded):
            for numbers_of_one in zip(shares, *bounded, strict=True):
                _require_rate(rates.name, *numbers_of_one)


def _filled(bounds: Sequence[Number], unbounded: Sequence[bool], end: float) -> Sequence[float]:
    """Put the end of the scale for a bound that is null because the trials of a group are all of one subject."""
    if not any(unbounded):
        return numbers(bounds)
    return [
        end if without and math.isnan(bound) else bound
        for bound, without in zip(numbers(bounds), unbounded, strict=True)
    ]


def _agree_to_the_last_bit(
    shares: Sequence[float], rates: Sequence[float], lower: Sequence[float], upper: Sequence[float]
) -> bool:
    """Say at once for all of them what `_require_rate` takes six times as long to find."""
    ordered = all(map(le, lower, rates)) and all(map(le, rates, upper))  # so that none is NaN
    return shares == rates and ordered and min(lower) >= 0 and max(upper) <= 1


def _require_rate(name: str, share: float, rate: float, lower: float, upper: float) -> None:
    _require(_close(rate, share), f"{name} estimates are not errors over trials")
    inside = lower - _ROUNDING <= rate <= upper + _ROUNDING
    _require(inside, f"{name} lies outside its bounds")
    _require(lower >= 0 and upper <= 1, f"{name} has bounds that are no rates")


def _require_differential(found: DifferentialShape, rates: RatesShape, confidence: float) -> None:
    _require(found.confidence == confidence, "a differential has other bounds than the policy asks for")
    rates_of_groups = list(zip(*(numbers(group.estimate) for group in rates.groups), strict=True))
    indices = range(len(rates.groups))
    without = {index for index, group in enumerate(rates.groups) if group.trials == 0}
    if without:
        compared = {*found.worst, *found.best} <= {-1} and without.isdisjoint(
            {*found.shown_more, *found.shown_fewer}
        )
        _require(compared, "a differential compares groups without trials")
        _require_shown(found, rates_of_groups)
        return
    _require({*found.worst, *found.best} <= {*indices}, "a differential names no group")
    highest, lowest = list(map(max, rates_of_groups)), list(map(min, rates_of_groups))
    _require(
        list(map(getitem, rates_of_groups, found.worst)) == highest,
        "the worst group has not the highest rate",
    )
    _require(
        list(map(getitem, rates_of_groups, found.best)) == lowest, "the best group has not the lowest rate"
    )
    unbounded = ["inf" in effects for effects in zip(*(g.design_effect for g in rates.groups), strict=True)]
    lower, upper = _filled(found.ratio_lower, unbounded, 0.0), _filled(found.ratio_upper, unbounded, math.inf)
    bounded = numbers(found.ratio), lower, upper
    for of_ratio in zip(*bounded, highest, lowest, strict=True):
        if not _is_ratio_to_the_last_bit(*of_ratio):
            _require_ratio(*of_ratio)
    _require_shown(found, rates_of_groups)
    gaps = numbers(found.gap), _filled(found.gap_upper, unbounded, 1.0), list(map(sub, highest, lowest))
    if gaps[0] != gaps[2] or not all(map(le, gaps[0], gaps[1])):
        for of_gap in zip(*gaps, strict=True):
            _require_gap(*of_gap)
    for gap, lowest_gap in zip(gaps[0], numbers(found.gap_lower), strict=True):
        _require(not lowest_gap > gap + _ROUNDING, "a gap lies below its bound")


def _is_ratio_to_the_last_bit(
    ratio: float, lower: float, upper: float, highest: float, lowest: float
) -> bool:
    """Say at once what `_require_ratio` takes four times as long to find."""
    return lowest > 0 and ratio == highest / lowest and 0 <= lower <= ratio <= upper


def _require_ratio(ratio: float, lower: float, upper: float, highest: float, lowest: float) -> None:
    if lowest > 0:
        _require(_close(ratio, highest / lowest), "a ratio is not the highest rate over the lowest")
    else:
        _require(math.isinf(ratio) if highest > 0 else math.isnan(ratio), "a ratio over zero is a number")
    _require(0 <= lower <= upper, "bounds of a ratio are out of order")
    if not math.isnan(ratio):
        _require(lower <= ratio * (1 + _ROUNDING), "a ratio lies below its bounds")
        _require(ratio <= upper * (1 + _ROUNDING), "a ratio lies above its bounds")


def _require_shown(found: DifferentialShape, rates_of_groups: Sequence[tuple[float, ...]]) -> None:
    """Require that the two groups that are said to differ do so, by as much as is said."""
    lower_bounds = numbers(found.ratio_lower)
    for rates, more, fewer, lower in zip(
        rates_of_groups, found.shown_more, found.shown_fewer, lower_bounds, strict=True
    ):
        if more < 0 or fewer < 0:
            _require(not lower > 1, "a disparity is shown between no groups")
        elif lower > 1:
            _require(
                rates[more] * (1 + _ROUNDING) >= lower * rates[fewer],
                "a disparity is shown between other groups",
            )


def _require_gap(gap: float, upper: float, difference: float) -> None:
    _require(_close(gap, difference), "a gap is not the highest rate less the lowest")
    _require(gap <= upper + _ROUNDING, "a gap lies above its bound")


def _require_verdict(axis: AxisShape, policy: Policy) -> None:
    verdict, found = axis.verdict, axis.false_match_differential
    misses = verdicts_in(
        axis.false_non_matches, axis.false_non_match_differential, policy.tolerance_of_misses
    )
    _require(tuple(axis.verdicts_on_misses) == misses, "verdicts on misses do not follow from the bounds")
    to_next = verdict.parity_to_next
    ends = (verdict.not_detected_from, verdict.parity_shown_from, verdict.parity_shown_to)
    verdicts = verdicts_in(axis.false_matches, found, policy.tolerance)
    if verdict.obstacles:
        # Nothing was decided at all on such an axis before what is shown of other groups was.
        follow = set(verdict.verdicts) == {"inconclusive"} or tuple(verdict.verdicts) == only_disparities(
            verdicts
        )
        _require(follow, "an axis of which parity cannot be shown has other verdicts than disparities")
        _require_enough(axis, policy)
        nowhere = not any(to_next) and ends == (None, None, None)
        _require(nowhere, "an axis of which parity cannot be shown has thresholds")
        return
    _require(not _obstacles(axis, policy), "a group has less data than the policy asks for")
    _require(tuple(verdict.verdicts) == verdicts, "verdicts do not follow from the bounds")
    undetected = not_detected_from(detected_in(found), saturated_in(axis.false_matches))
    _require(verdict.not_detected_from == undetected, "not_detected_from does not follow from the bounds")
    parity = [one is Verdict.PARITY_SHOWN for one in verdicts]
    at_both = [all(ends) for ends in pairwise(parity)]
    _require(all(map(ge, at_both, to_next)), "parity is shown between thresholds at which it is not")
    _require_parity_range(axis, parity, policy)


def _obstacles(axis: AxisShape, policy: Policy) -> list[str]:
    return obstacles(*_data_of(axis), policy)


def _data_of(axis: AxisShape) -> tuple[dict[str, int], dict[str, int] | None]:
    """Return the non-mated trials of each group, and the subjects in them where they are known."""
    trials = {group.group: group.trials for group in axis.false_matches.groups}
    known = axis.subjects
    return trials, None if known is None else {group: count.non_mated for group, count in known.items()}


def _require_enough(axis: AxisShape, policy: Policy) -> None:
    """Require that disparities are shown only between groups that lack nothing."""
    enough = [index for index, has in enumerate(have_enough(*_data_of(axis), policy).values()) if has]
    found = axis.false_match_differential
    for verdict, more, fewer in zip(axis.verdict.verdicts, found.shown_more, found.shown_fewer, strict=True):
        if verdict in DISPARITIES:
            _require(
                more in enough and fewer in enough,
                "a disparity is shown of a group with less data than asked for",
            )


def _require_parity_range(axis: AxisShape, parity: Sequence[bool], policy: Policy) -> None:
    start, end = axis.verdict.parity_shown_from, axis.verdict.parity_shown_to
    if end is None or start is None:
        return
    follows = parity[end] and end_of_run(axis.verdict.parity_to_next[:end]) == start
    _require(follows, "the range of shown parity does not follow from the bounds")
    # The scan starts where data suffice for more power than growth_needed is about, or, for a gap, at the top.
    of_gap = policy.max_gap is not None and end == len(parity) - 1
    growth = numbers(axis.verdict.growth_needed)[end]
    _require(of_gap or growth <= 1, "the range of shown parity starts where false matches are too few")


def _close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=_ROUNDING, abs_tol=1e-15)

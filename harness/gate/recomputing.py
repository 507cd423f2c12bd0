"""What an evaluation says of itself, worked out again from its arrays.

An answer that does not follow from the arrays is no evidence. Bounds cannot be worked out again here (that takes
beta quantiles), so arrays altered with care still agree with each other; only a digest or a signature tells those.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from operator import ge, getitem, le, sub

from harness.gate.shape import AxisShape, DifferentialShape, Number, RatesShape, parity_to_next
from harness.study import Policy

__all__ = [
    "DisagreementError",
    "holds_between",
    "numbers",
    "require",
    "require_consistent_axis",
    "within_limits",
]

_ROUNDING = 1e-9
_FEWEST_SUBJECTS = 2  # as harness.statistics.verdicts has it, which needs numpy


class DisagreementError(Exception):
    """Parts of an evaluation disagree; its text says which."""


def numbers(values: Sequence[Number]) -> Sequence[float]:
    """Return numbers as the document writes them: NaN where undefined."""
    if set(map(type, values)) == {float}:
        return values  # type: ignore[return-value]
    return [math.nan if value is None else float(value) for value in values]


def require(holds: bool, problem: str) -> None:
    """Refuse an evaluation unless something holds."""
    if not holds:
        raise DisagreementError(problem)


def require_consistent_axis(axis: AxisShape, policy: Policy, count: int) -> None:
    """Refuse an axis whose parts disagree, of an evaluation that is whole; see `harness.gate.reading`.

    Parameters
    ----------
    axis : AxisShape
    policy : Policy
        The evaluation's.
    count : int
        How many thresholds there are.

    Raises
    ------
    DisagreementError
    """
    _require_rates(axis.false_matches, policy.confidence, falls=True)
    _require_rates(axis.false_non_matches, policy.confidence, falls=False)
    if axis.across is not None:
        _require_rates(axis.across, policy.confidence, falls=True)
    _require_differential(axis.false_match_differential, axis.false_matches, policy.confidence)
    _require_differential(axis.false_non_match_differential, axis.false_non_matches, policy.confidence)
    require(
        axis.measures.confidence == policy.confidence, "measures have other bounds than the policy asks for"
    )
    _require_verdict(axis, policy, count)


def within_limits(axis: AxisShape, policy: Policy) -> tuple[bool, ...]:
    """Say at which thresholds every group keeps the policy's max_fmr and max_fnmr_gap."""
    kept = [True] * len(axis.verdict.verdicts)
    limited: list[tuple[float | None, Sequence[Number]]]
    limited = [(policy.max_fmr, group.upper) for group in axis.false_matches.groups]
    limited.append((policy.max_fnmr_gap, axis.false_non_match_differential.gap_upper))
    for limit, bounds in limited:
        if limit is not None:
            kept = [so_far and bound <= limit for so_far, bound in zip(kept, numbers(bounds), strict=True)]
    return tuple(kept)


def holds_between(axis: AxisShape, policy: Policy) -> tuple[bool, ...]:
    """Say between which neighbours the criterion and the limits hold throughout, where they do at both.

    Rates go one way with the threshold. So nothing changes between two thresholds with the same errors; and a group's
    false non-match rate there is at most that at the stricter threshold, and at least that at the more lenient.
    """
    same = _same_errors(axis.false_matches)
    if policy.criterion == "shown":
        to_next = parity_to_next(axis.verdict)
        same = [unchanged or alike for unchanged, alike in zip(same, to_next, strict=True)]
    if policy.max_fnmr_gap is None:
        return tuple(same)
    return tuple(
        held and kept for held, kept in zip(same, _keeps_fnmr_gap_between(axis, policy), strict=True)
    )


def _same_errors(rates: RatesShape) -> list[bool]:
    by_threshold = list(zip(*(group.errors for group in rates.groups), strict=True))
    return [here == there for here, there in pairwise(by_threshold)]


def _keeps_fnmr_gap_between(axis: AxisShape, policy: Policy) -> list[bool]:
    most = math.inf if policy.max_fnmr_gap is None else policy.max_fnmr_gap
    highest = map(max, zip(*(numbers(group.upper) for group in axis.false_non_matches.groups), strict=True))
    lowest = map(min, zip(*(numbers(group.lower) for group in axis.false_non_matches.groups), strict=True))
    gaps = [upper - lower <= most for upper, lower in zip(list(highest)[1:], list(lowest)[:-1], strict=True)]
    unchanged = _same_errors(axis.false_non_matches)
    return [kept or same for kept, same in zip(gaps, unchanged, strict=True)]


def _require_rates(rates: RatesShape, confidence: float, *, falls: bool) -> None:
    require(rates.confidence == confidence, f"{rates.name} has other bounds than the policy asks for")
    for group in rates.groups:
        errors = group.errors if falls else group.errors[::-1]
        require(all(map(ge, errors, errors[1:])), f"{rates.name} errors do not go one way")
        if group.trials == 0:
            continue
        shares = [number_of_errors / group.trials for number_of_errors in group.errors]
        unbounded = [effect == "inf" for effect in group.design_effect]
        lower, upper = _filled(group.lower, unbounded, 0.0), _filled(group.upper, unbounded, 1.0)
        bounded = numbers(group.estimate), lower, upper
        if not _agree_to_the_last_bit(shares, *bounded):
            for place in zip(shares, *bounded, strict=True):
                _require_rate(rates.name, *place)


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
    require(_close(rate, share), f"{name} estimates are not errors over trials")
    inside = lower - _ROUNDING <= rate <= upper + _ROUNDING
    require(inside, f"{name} lies outside its bounds")
    require(lower >= 0 and upper <= 1, f"{name} has bounds that are no rates")


def _require_differential(found: DifferentialShape, rates: RatesShape, confidence: float) -> None:
    require(found.confidence == confidence, "a differential has other bounds than the policy asks for")
    if any(group.trials == 0 for group in rates.groups):
        none = set(found.worst) | set(found.best) <= {-1}
        require(none, "a differential compares groups without trials")
        return
    places = list(zip(*(numbers(group.estimate) for group in rates.groups), strict=True))
    indices = range(len(rates.groups))
    require({*found.worst, *found.best} <= {*indices}, "a differential names no group")
    highest, lowest = list(map(max, places)), list(map(min, places))
    require(list(map(getitem, places, found.worst)) == highest, "the worst group has not the highest rate")
    require(list(map(getitem, places, found.best)) == lowest, "the best group has not the lowest rate")
    unbounded = ["inf" in effects for effects in zip(*(g.design_effect for g in rates.groups), strict=True)]
    lower, upper = _filled(found.ratio_lower, unbounded, 0.0), _filled(found.ratio_upper, unbounded, math.inf)
    bounded = numbers(found.ratio), lower, upper
    for place in zip(*bounded, highest, lowest, strict=True):
        if not _is_ratio_to_the_last_bit(*place):
            _require_ratio(*place)
    gaps = numbers(found.gap), _filled(found.gap_upper, unbounded, 1.0), list(map(sub, highest, lowest))
    if gaps[0] != gaps[2] or not all(map(le, gaps[0], gaps[1])):
        for place_of_gap in zip(*gaps, strict=True):
            _require_gap(*place_of_gap)


def _is_ratio_to_the_last_bit(
    ratio: float, lower: float, upper: float, highest: float, lowest: float
) -> bool:
    """Say at once what `_require_ratio` takes four times as long to find."""
    return lowest > 0 and ratio == highest / lowest and 0 <= lower <= ratio <= upper


def _require_ratio(ratio: float, lower: float, upper: float, highest: float, lowest: float) -> None:
    if lowest > 0:
        require(_close(ratio, highest / lowest), "a ratio is not the highest rate over the lowest")
    else:
        require(math.isinf(ratio) if highest > 0 else math.isnan(ratio), "a ratio over zero is a number")
    require(0 <= lower <= upper, "bounds of a ratio are out of order")
    if not math.isnan(ratio):
        require(lower <= ratio * (1 + _ROUNDING), "a ratio lies below its bounds")
        require(ratio <= upper * (1 + _ROUNDING), "a ratio lies above its bounds")


def _require_gap(gap: float, upper: float, difference: float) -> None:
    require(_close(gap, difference), "a gap is not the highest rate less the lowest")
    require(gap <= upper + _ROUNDING, "a gap lies above its bound")


def _require_verdict(axis: AxisShape, policy: Policy, count: int) -> None:
    verdict, found = axis.verdict, axis.false_match_differential
    to_next = parity_to_next(verdict)
    ends = (verdict.not_detected_from, verdict.parity_shown_from, verdict.parity_shown_to)
    if verdict.obstacles:
        require(set(verdict.verdicts) == {"inconclusive"}, "an axis that cannot be decided has verdicts")
        require(not any(to_next), "an axis that cannot be decided has thresholds")
        require(ends == (None, None, None), "an axis that cannot be decided has thresholds")
        return
    require(_enough_data(axis, policy), "a group has less data than the policy asks for")
    parity = _alike(found, policy)
    detected = [lower > 1 for lower in numbers(found.ratio_lower)]
    for stated, alike, differ in zip(verdict.verdicts, parity, detected, strict=True):
        expected = "parity shown" if alike else "disparity shown" if differ else "inconclusive"
        require(stated == expected, "verdicts do not follow from the bounds")
    from_here = _end_of_run([not differ for differ in detected])
    expected_from = from_here if from_here < count else None
    require(verdict.not_detected_from == expected_from, "not_detected_from does not follow from the bounds")
    at_both = [all(ends) for ends in pairwise(parity)]
    require(all(map(ge, at_both, to_next)), "parity is shown between thresholds at which it is not")
    _require_parity_range(axis, parity, policy)


def _require_parity_range(axis: AxisShape, parity: Sequence[bool], policy: Policy) -> None:
    start, end = axis.verdict.parity_shown_from, axis.verdict.parity_shown_to
    if end is None or start is None:
        return
    joined = parity if axis.verdict.parity_to_next is None else axis.verdict.parity_to_next
    follows = parity[end] and _end_of_run(joined[:end]) == start
    require(follows, "the range of shown parity does not follow from the bounds")
    # The scan starts where data suffice for more power than growth_needed is about, or, for a gap, at the top.
    of_gap = policy.max_gap is not None and end == len(parity) - 1
    growth = numbers(axis.verdict.growth_needed)[end]
    require(of_gap or growth <= 1, "the range of shown parity starts where false matches are too few")


def _enough_data(axis: AxisShape, policy: Policy) -> bool:
    if len(axis.false_matches.groups) < 2 or (policy.min_subjects and axis.subjects is None):
        return False
    enough_trials = all(g.trials >= max(policy.min_trials, 1) for g in axis.false_matches.groups)
    known = (axis.subjects or {}).values()
    return enough_trials and all(n.non_mated >= max(policy.min_subjects, _FEWEST_SUBJECTS) for n in known)


def _alike(found: DifferentialShape, policy: Policy) -> list[bool]:
    most_ratio = -math.inf if policy.max_ratio is None else policy.max_ratio
    most_gap = -math.inf if policy.max_gap is None else policy.max_gap
    bounds = zip(numbers(found.ratio_upper), numbers(found.gap_upper), strict=True)
    return [ratio <= most_ratio or gap <= most_gap for ratio, gap in bounds]


def _end_of_run(holds: Sequence[bool]) -> int:
    """The lowest index from which all hold up to the last; their number where the last does not."""
    return max((index + 1 for index, held in enumerate(holds) if not held), default=0)


def _close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=_ROUNDING, abs_tol=1e-15)

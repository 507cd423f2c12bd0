"""What an evaluation says of itself, worked out again from its arrays.

An answer that does not follow from the arrays is no evidence. Bounds cannot be worked out again here (that takes
beta quantiles), so arrays altered with care still agree with each other; only a digest or a signature tells those.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import ge, getitem, le, sub

from harness.gate.shape import AxisShape, DifferentialShape, Number, RatesShape
from harness.policy import Policy

__all__ = [
    "DisagreementError",
    "holds_between",
    "numbers",
    "require",
    "require_consistent_axis",
    "require_order",
    "within_limits",
]

_ROUNDING = 1e-9
_FEWEST_SUBJECTS = 2  # as harness.verdicts has it, which needs numpy


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


def require_order(thresholds: Sequence[float], sign: int) -> None:
    """Refuse thresholds that do not go from the most lenient to the strictest."""
    ordered = all(sign * a < sign * b for a, b in pairwise(thresholds))
    require(ordered, "thresholds do not go from the most lenient to the strictest")


def require_consistent_axis(axis: AxisShape, policy: Policy, task: str, count: int) -> None:
    """Refuse an axis whose parts disagree.

    Parameters
    ----------
    axis : AxisShape
    policy : Policy
        The evaluation's.
    task : str
        The study's.
    count : int
        How many thresholds there are.

    Raises
    ------
    DisagreementError
    """
    names = ("FMR", "FNMR") if task == "verification" else ("FPIR", "FNIR")
    every_rate = (axis.false_matches, axis.false_non_matches)
    for rates, name, falls in zip(every_rate, names, (True, False), strict=True):
        require(rates.name == name, f"rates are called {rates.name!r}, not {name!r}")
        _require_rates(rates, policy.confidence, count, falls=falls)
    if axis.across is not None:
        _require_rates(axis.across, policy.confidence, count, falls=True)
    groups = [group.group for group in axis.false_matches.groups]
    require(len(set(groups)) == len(groups), "a group is repeated")
    require(groups == [group.group for group in axis.false_non_matches.groups], "groups differ between rates")
    require(axis.subjects is None or set(axis.subjects) == set(groups), "subjects are not of the groups")
    _require_differential(axis.false_match_differential, axis.false_matches, policy.confidence, count)
    _require_differential(axis.false_non_match_differential, axis.false_non_matches, policy.confidence, count)
    _require_measures(axis, policy, count)
    _require_verdict(axis, policy, count)


def within_limits(axis: AxisShape, policy: Policy) -> tuple[bool, ...]:
    """Say at which thresholds every group keeps the policy's max_fmr and max_fnmr_gap."""
    kept = [True] * len(axis.verdict.verdicts)
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
        same = [unchanged or alike for unchanged, alike in zip(same, _parity_to_next(axis), strict=True)]
    if policy.max_fnmr_gap is None:
        return tuple(same)
    return tuple(
        held and kept for held, kept in zip(same, _keeps_fnmr_gap_between(axis, policy), strict=True)
    )


def _same_errors(rates: RatesShape) -> list[bool]:
    by_threshold = list(zip(*(group.errors for group in rates.groups), strict=True))
    return [here == there for here, there in pairwise(by_threshold)]


def _parity_to_next(axis: AxisShape) -> Sequence[bool]:
    """Say between which neighbours parity is shown; schema 1 does not know."""
    known = axis.verdict.parity_to_next
    return [False] * (len(axis.verdict.verdicts) - 1) if known is None else known


def _keeps_fnmr_gap_between(axis: AxisShape, policy: Policy) -> list[bool]:
    most = math.inf if policy.max_fnmr_gap is None else policy.max_fnmr_gap
    highest = map(max, zip(*(numbers(group.upper) for group in axis.false_non_matches.groups), strict=True))
    lowest = map(min, zip(*(numbers(group.lower) for group in axis.false_non_matches.groups), strict=True))
    gaps = [upper - lower <= most for upper, lower in zip(list(highest)[1:], list(lowest)[:-1], strict=True)]
    unchanged = _same_errors(axis.false_non_matches)
    return [kept or same for kept, same in zip(gaps, unchanged, strict=True)]


def _require_lengths(arrays: Iterable[Sequence[object]], count: int) -> None:
    require(all(len(array) == count for array in arrays), f"an array is not of {count} thresholds")


def _require_rates(rates: RatesShape, confidence: float, count: int, *, falls: bool) -> None:
    require(rates.confidence == confidence, f"{rates.name} has other bounds than the policy asks for")
    for group in rates.groups:
        _require_lengths((group.errors, group.design_effect, group.estimate, group.lower, group.upper), count)
        errors = group.errors if falls else group.errors[::-1]
        require(all(map(ge, errors, errors[1:])), f"{rates.name} errors do not go one way")
        require(max(errors) <= group.trials, f"{rates.name} has more errors than trials")
        if group.trials == 0:
            without = all(rate is None for rate in group.estimate)
            require(without, f"{rates.name} has an estimate without trials")
            continue
        shares = [number_of_errors / group.trials for number_of_errors in group.errors]
        bounded = numbers(group.estimate), numbers(group.lower), numbers(group.upper)
        if not _agree_to_the_last_bit(shares, *bounded):
            for share, rate, lower, upper in zip(shares, *bounded, strict=True):
                _require_rate(rates.name, share, rate, lower, upper)


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


def _require_differential(found: DifferentialShape, rates: RatesShape, confidence: float, count: int) -> None:
    require(found.confidence == confidence, "a differential has other bounds than the policy asks for")
    arrays = (found.worst, found.best, found.ratio, found.ratio_lower, found.ratio_upper, found.gap)
    more = (found.gap_upper, found.p_value, found.pairs_that_differ, found.detectable_ratio)
    _require_lengths((*arrays, *more), count)
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
    bounded = numbers(found.ratio), numbers(found.ratio_lower), numbers(found.ratio_upper)
    for place in zip(*bounded, highest, lowest, strict=True):
        if not _is_ratio_to_the_last_bit(*place):
            _require_ratio(*place)
    gaps = numbers(found.gap), numbers(found.gap_upper), list(map(sub, highest, lowest))
    if gaps[0] != gaps[2] or not all(map(le, gaps[0], gaps[1])):
        for gap, upper, difference in zip(*gaps, strict=True):
            _require_gap(gap, upper, difference)


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


def _require_measures(axis: AxisShape, policy: Policy, count: int) -> None:
    found = axis.measures
    require(found.confidence == policy.confidence, "measures have other bounds than the policy asks for")
    for measure in found.measures:
        _require_lengths((measure.estimate, measure.lower, measure.upper), count)
        undefined = measure.estimate.count(None)
        require(len(measure.undefined_because) == undefined, "an undefined measure has no reason")
        require(all(r < len(found.reasons) for r in measure.undefined_because), "a reason is missing")


def _require_verdict(axis: AxisShape, policy: Policy, count: int) -> None:
    verdict, found = axis.verdict, axis.false_match_differential
    _require_lengths((verdict.verdicts, verdict.growth_needed), count)
    to_next = _parity_to_next(axis)
    _require_lengths((to_next,), count - 1)
    ends = (verdict.not_detected_from, verdict.parity_shown_from, verdict.parity_shown_to)
    require(all(end is None or end < count for end in ends), "a verdict's place is not among the thresholds")
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
        require(start == end, "the range of shown parity has one end")
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

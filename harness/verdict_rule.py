"""The rule from bounds to verdicts, and from verdicts to the safe threshold.

An evaluation applies it to the bounds that it computed; the gate applies it again to the bounds that a file states.
It takes plain sequences, one value a threshold, because the gate starts without numpy. Thresholds are named by their
index among those evaluated, ascending from the most lenient to the strictest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.numbers import limit_text
from harness.study import FalseMatchLimit, Policy, Tolerance

__all__ = [
    "DISPARITIES",
    "MET",
    "SATURATED_RATE",
    "AxisSafety",
    "SafeThreshold",
    "Verdict",
    "end_of_run",
    "have_enough",
    "is_beyond",
    "is_detected",
    "is_saturated",
    "is_tolerated",
    "keeps_limits",
    "last_start",
    "limits_said",
    "not_detected_from",
    "obstacles",
    "only_disparities",
    "reference_indices",
    "safe_range",
    "safe_threshold",
    "verdicts_of",
]

MET = {"shown": "parity is shown", "not_detected": "no disparity is detected"}
_ON = {"shown": "on every judged axis", "not_detected": "on any judged axis"}
_FROM = {"shown": "from here", "not_detected": "from here up"}
_LACKING = {
    "shown": "there is no range in which parity is shown",
    "not_detected": "a disparity is detected up to the strictest threshold",
}

SATURATED_RATE = 0.5
"""Where more of all trials err than this, nearly everyone matches, or is missed, and groups cannot be told apart."""

FEWEST_SUBJECTS = 2
"""One alone tells nothing of how subjects vary."""

FEWEST_TRIALS = 1


class Verdict(StrEnum):
    """What the evidence shows at a threshold, of false matches or of misses.

    Beyond tolerance, some two groups differ by more than the policy tolerates; where a disparity is shown, some two
    differ at all, and parity, that every two are within the tolerance, is not shown. Saturated is a threshold at which
    more than half of all trials err, so that the rates are alike for no good reason: nothing rests on it.
    """

    DISPARITY_BEYOND_TOLERANCE = "disparity beyond tolerance"
    DISPARITY_SHOWN = "disparity shown"
    PARITY_SHOWN = "parity shown"
    INCONCLUSIVE = "inconclusive"
    SATURATED = "saturated"


DISPARITIES = (Verdict.DISPARITY_BEYOND_TOLERANCE, Verdict.DISPARITY_SHOWN)


@dataclass(frozen=True)
class SafeThreshold:
    """The lowest threshold that the policy calls safe, or why there is none.

    Attributes
    ----------
    index : int or None
    reason : str
        A sentence: what makes it safe, or what stands in the way.
    """

    index: int | None
    reason: str


@dataclass(frozen=True)
class AxisSafety:
    """Where one axis is safe, at T thresholds.

    Attributes
    ----------
    name : str
    safe_from, safe_to : int or None
        The indices between which the policy's criterion holds; both None where it holds nowhere.
    keeps_limits : tuple of bool, length T
        Where the limit on false matches is kept, and that on misses, if the policy states any.
    obstacles : tuple of str
        Why parity can be shown at no threshold.
    """

    name: str
    safe_from: int | None
    safe_to: int | None
    keeps_limits: tuple[bool, ...]
    obstacles: tuple[str, ...]


def obstacles(trials: Mapping[str, int], subjects: Mapping[str, int] | None, policy: Policy) -> list[str]:
    """Say why parity can be shown at no threshold of an axis; a disparity between two groups that lack nothing can.

    Parameters
    ----------
    trials : mapping of str to int
        By group, how many non-mated trials it has.
    subjects : mapping of str to int, or None
        By group, how many subjects are in these trials; None where that is not known.
    policy : Policy

    Examples
    --------
    >>> obstacles({"A": 500, "B": 499}, {"A": 30, "B": 1}, Policy(min_trials=500))
    ['B has 499 non-mated trials, fewer than 500', 'B has 1 subjects, fewer than 2']
    """
    found = []
    if len(trials) < 2:
        found.append(f"there is only one group, {next(iter(trials))}: nothing to compare it with")
    if policy.min_subjects and subjects is None:
        found.append(
            f"the policy asks for {policy.min_subjects} subjects a group, and the study names no subjects"
        )
    for group in trials:
        found += _lacking(group, trials, subjects, policy)
    return found


def _lacking(
    group: str, trials: Mapping[str, int], subjects: Mapping[str, int] | None, policy: Policy
) -> list[str]:
    found, count = [], trials[group]
    fewest_trials = max(policy.min_trials, FEWEST_TRIALS)
    fewest_subjects = max(policy.min_subjects, FEWEST_SUBJECTS)
    if count < fewest_trials:
        found.append(f"{group} has {count} non-mated trials, fewer than {fewest_trials}")
    if subjects is not None and count and subjects[group] < fewest_subjects:
        found.append(f"{group} has {subjects[group]} subjects, fewer than {fewest_subjects}")
    return found


def have_enough(
    trials: Mapping[str, int], subjects: Mapping[str, int] | None, policy: Policy
) -> dict[str, bool]:
    """Say of which groups a disparity can be shown, whatever other groups lack.

    Parameters are those of `obstacles`.

    Examples
    --------
    >>> have_enough({"A": 500, "B": 499}, {"A": 30, "B": 30}, Policy(min_trials=500))
    {'A': True, 'B': False}
    """
    unknown = bool(policy.min_subjects) and subjects is None
    return {group: not (unknown or _lacking(group, trials, subjects, policy)) for group in trials}


def only_disparities(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return the verdicts of an axis that cannot be decided: what is shown of groups that lack nothing.

    Parity is of all groups or of none, so that it is not shown.

    Examples
    --------
    >>> only_disparities([Verdict.DISPARITY_SHOWN, Verdict.PARITY_SHOWN])
    (<Verdict.DISPARITY_SHOWN: 'disparity shown'>, <Verdict.INCONCLUSIVE: 'inconclusive'>)
    """
    return tuple(Verdict.INCONCLUSIVE if verdict is Verdict.PARITY_SHOWN else verdict for verdict in verdicts)


def is_tolerated(
    ratio_upper: Iterable[float], gap_upper: Iterable[float], tolerance: Tolerance
) -> list[bool]:
    """Say at which thresholds the largest ratio, or the largest gap, that there may be is tolerated.

    Parameters
    ----------
    ratio_upper, gap_upper : iterable of float
        Upper bounds; NaN, no bound at all, is not tolerated.
    tolerance : Tolerance

    Examples
    --------
    >>> is_tolerated([1.5, 1.6], [0.01, 0.01], Tolerance(max_ratio=1.5, max_gap=None))
    [True, False]
    """
    most_ratio = -math.inf if tolerance.max_ratio is None else tolerance.max_ratio
    most_gap = -math.inf if tolerance.max_gap is None else tolerance.max_gap
    return [ratio <= most_ratio or gap <= most_gap for ratio, gap in zip(ratio_upper, gap_upper, strict=True)]


def is_beyond(ratio_lower: Iterable[float], gap_lower: Iterable[float], tolerance: Tolerance) -> list[bool]:
    """Say at which thresholds some two groups are shown to differ by more than is tolerated.

    Where the tolerance has a ratio and a gap, either is enough to be within it, so both must be exceeded.

    Parameters
    ----------
    ratio_lower, gap_lower : iterable of float
        Lower bounds, adjusted for the number of pairs; NaN, no bound at all, exceeds nothing.
    tolerance : Tolerance

    Examples
    --------
    >>> is_beyond([1.5, 1.6], [0.01, 0.01], Tolerance(max_ratio=1.5, max_gap=None))
    [False, True]
    >>> is_beyond([1.6, 1.6], [0.01, 0.03], Tolerance(max_ratio=1.5, max_gap=0.02))
    [False, True]
    """
    least_ratio = -math.inf if tolerance.max_ratio is None else tolerance.max_ratio
    least_gap = -math.inf if tolerance.max_gap is None else tolerance.max_gap
    return [
        tolerance.is_stated and ratio > least_ratio and gap > least_gap
        for ratio, gap in zip(ratio_lower, gap_lower, strict=True)
    ]


def is_detected(ratio_lower: Iterable[float]) -> list[bool]:
    """Say at which thresholds a disparity is detected: where the lower bound of the ratio is above 1."""
    return [lower > 1 for lower in ratio_lower]


def is_saturated(errors: Sequence[Sequence[int]], trials: Sequence[int]) -> list[bool]:
    """Say at which thresholds more than half of the trials of all groups together err.

    Parameters
    ----------
    errors : sequence of sequence of int
        By group, the errors at each threshold.
    trials : sequence of int
        By group.

    Examples
    --------
    >>> is_saturated([[90, 10, 5], [60, 90, 5]], [100, 100])
    [True, False, False]
    """
    most = SATURATED_RATE * sum(trials)
    return [sum(at) > most for at in zip(*errors, strict=True)]


def verdicts_of(
    tolerated: Iterable[bool], beyond: Iterable[bool], detected: Iterable[bool], saturated: Iterable[bool]
) -> tuple[Verdict, ...]:
    """Return the verdict at each threshold; a disparity within the tolerance is parity.

    Examples
    --------
    >>> verdicts_of([True, False, True], [False, True, False], [True, True, False], [False, False, True])[:2]
    (<Verdict.PARITY_SHOWN: 'parity shown'>, <Verdict.DISPARITY_BEYOND_TOLERANCE: 'disparity beyond tolerance'>)
    """
    return tuple(
        Verdict.SATURATED
        if full
        else Verdict.PARITY_SHOWN
        if alike
        else Verdict.DISPARITY_BEYOND_TOLERANCE
        if far
        else Verdict.DISPARITY_SHOWN
        if differ
        else Verdict.INCONCLUSIVE
        for alike, far, differ, full in zip(tolerated, beyond, detected, saturated, strict=True)
    )


def end_of_run(holds: Sequence[bool]) -> int:
    """Return the lowest index from which all hold up to the last; their number where the last does not.

    Examples
    --------
    >>> end_of_run([True, False, True, True])
    2
    """
    return next((index + 1 for index in reversed(range(len(holds))) if not holds[index]), 0)


def not_detected_from(detected: Sequence[bool], saturated: Sequence[bool]) -> int | None:
    """Return the lowest index at and above which no disparity is detected; None where there is none.

    Where nearly everyone matches, a disparity cannot be seen, so no such threshold counts as one without.

    Examples
    --------
    >>> not_detected_from([False, True, False, False], [True, False, False, False])
    2
    """
    start = end_of_run([not (differ or full) for differ, full in zip(detected, saturated, strict=True)])
    return start if start < len(detected) else None


def last_start(starts: Iterable[int | None]) -> int | None:
    """Return the index from which every axis holds, given that of each; None where one holds nowhere.

    Examples
    --------
    >>> last_start([2, 5]), last_start([2, None])
    (5, None)
    """
    every = list(starts)
    known = [start for start in every if start is not None]
    return max(known) if len(known) == len(every) else None


def safe_range(
    policy: Policy, undetected_from: int | None, parity: tuple[int | None, int | None], thresholds: int
) -> tuple[int | None, int | None]:
    """Return the first and the last index at which the policy's criterion holds; None and None where it never does.

    Parameters
    ----------
    policy : Policy
    undetected_from : int or None
        The index at and above which no disparity is detected.
    parity : tuple of (int or None)
        The first and the last index of the range in which parity is shown.
    thresholds : int
        How many there are.
    """
    if policy.criterion == "shown":
        return parity
    return (undetected_from, None if undetected_from is None else thresholds - 1)


def keeps_limits(
    fmr_upper: Iterable[Sequence[float]], limit: FalseMatchLimit, misses: Sequence[Verdict], policy: Policy
) -> tuple[bool, ...]:
    """Say at which thresholds every group keeps the limit on false matches, and the policy's on misses, if any.

    Parameters
    ----------
    fmr_upper : iterable of sequence of float
        By group, the upper bounds of its false match rate; NaN keeps nothing.
    limit : FalseMatchLimit
    misses : sequence of Verdict
        On the false non-match rates.
    policy : Policy
    """
    free = not policy.tolerance_of_misses.is_stated
    kept = [free or verdict is Verdict.PARITY_SHOWN for verdict in misses]
    for bounds in fmr_upper:
        kept = [so_far and bound <= limit.limit for so_far, bound in zip(kept, bounds, strict=True)]
    return tuple(kept)


def limits_said(policy: Policy, limit: FalseMatchLimit) -> str:
    """Name the limits beside that of parity, and say which of them is a default.

    Examples
    --------
    >>> policy = Policy(max_fnmr_gap=0.1)
    >>> limits_said(policy, policy.false_match_limit("verification"))
    'max_fmr 0.01 (the default) and max_fnmr_gap 0.1'
    """
    said = [f"{limit.name} {limit_text(limit.limit)}{' (the default)' if limit.is_default else ''}"]
    for_misses = {"max_fnmr_ratio": policy.max_fnmr_ratio, "max_fnmr_gap": policy.max_fnmr_gap}
    of_misses = [f"{name} {limit_text(value)}" for name, value in for_misses.items() if value is not None]
    return " and ".join([*said, *([" or ".join(of_misses)] if of_misses else [])])


def reference_indices(
    thresholds: Sequence[float],
    errors: Iterable[Sequence[Sequence[int]]],
    trials: Iterable[Sequence[int]],
    limit: FalseMatchLimit,
    policy: Policy,
) -> tuple[int, ...]:
    """Return the indices of the thresholds at which an answer is told: the operating ones, if the policy names any.

    Else the most lenient at which the pooled false match rate of every judged axis is within the limit, which tells
    nothing of how the errors split; the strictest where none is.

    Parameters
    ----------
    thresholds : sequence of float
        Those evaluated.
    errors : iterable of sequence of sequence of int
        By judged axis, by group, the false matches at each threshold.
    trials : iterable of sequence of int
        By judged axis, by group, the non-mated trials.
    limit : FalseMatchLimit
    policy : Policy

    Examples
    --------
    >>> limit = Policy().false_match_limit("verification")
    >>> reference_indices([0.1, 0.2, 0.3], [[[500, 12, 0], [400, 8, 0]]], [[1000, 1000]], limit, Policy())
    (1,)
    """
    operating = tuple(index for index, value in enumerate(thresholds) if value in policy.operating)
    if operating:
        return operating
    start = 0
    for of_axis, number in zip(errors, trials, strict=True):
        tried = sum(number) or 1
        # Divided, not multiplied: 0.29 of 100 is less than 29 in floating point, and 29 / 100 is 0.29.
        within = (
            index for index, at in enumerate(zip(*of_axis, strict=True)) if sum(at) / tried <= limit.limit
        )
        start = max(start, next(within, len(thresholds) - 1))
    return (start,)


def safe_threshold(axes: Sequence[AxisSafety], policy: Policy, limit: FalseMatchLimit) -> SafeThreshold:
    """Find the lowest threshold that is safe on every axis.

    Parameters
    ----------
    axes : sequence of AxisSafety
        Those that the policy judges, at least one.
    policy : Policy
    limit : FalseMatchLimit
        On false matches.

    Examples
    --------
    >>> sex = AxisSafety("sex", 0, 2, (True, True, True), ())
    >>> age = AxisSafety("age", 1, 2, (True, False, True), ())
    >>> policy = Policy(max_fmr=0.001)
    >>> safe_threshold([sex, age], policy, policy.false_match_limit("verification")).reason
    'parity is shown on every judged axis (age decides), and from here max_fmr 0.001 is kept too'
    """
    for axis in axes:
        if axis.obstacles:
            return SafeThreshold(None, f"{axis.name} cannot be decided: {axis.obstacles[0]}")
    starts = [axis.safe_from for axis in axes if axis.safe_from is not None]
    ends = [axis.safe_to for axis in axes if axis.safe_to is not None]
    if len(starts) < len(axes) or len(ends) < len(axes):
        lacking = next(axis for axis in axes if axis.safe_from is None or axis.safe_to is None)
        return SafeThreshold(None, f"{lacking.name}: {_LACKING[policy.criterion]}")
    lowest, highest = max(starts), min(ends)
    if lowest > highest:
        return SafeThreshold(None, "the ranges in which parity is shown do not meet across the judged axes")
    limits = limits_said(policy, limit)
    for index in range(lowest, highest + 1):
        if all(axis.keeps_limits[index] for axis in axes):
            deciding = axes[starts.index(lowest)].name
            decides = f" ({deciding} decides)" if len(axes) > 1 else ""
            met = f"{MET[policy.criterion]} {_ON[policy.criterion]}{decides}"
            if index == lowest:
                return SafeThreshold(index, f"{met} {_FROM[policy.criterion]}; {limits} is kept")
            return SafeThreshold(index, f"{met}, and from here {limits} is kept too")
    return SafeThreshold(None, f"no threshold at which {MET[policy.criterion]} also keeps {limits}")

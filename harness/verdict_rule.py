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

from harness.study import Policy

__all__ = [
    "MET",
    "AxisSafety",
    "SafeThreshold",
    "Verdict",
    "end_of_run",
    "is_detected",
    "is_tolerated",
    "keeps_limits",
    "last_start",
    "limits_of",
    "not_detected_from",
    "obstacles",
    "safe_range",
    "safe_threshold",
    "verdicts_of",
]

MET = {"shown": "parity is shown", "not_detected": "no disparity is detected"}
_FROM = {"shown": "from here", "not_detected": "from here up"}
_LACKING = {"shown": "parity is not shown", "not_detected": "a disparity is detected up to the top"}

FEWEST_SUBJECTS = 2
"""One alone tells nothing of how subjects vary."""

FEWEST_TRIALS = 1


class Verdict(StrEnum):
    """Whether the evidence shows a disparity at a threshold, or parity, or neither."""

    DISPARITY_SHOWN = "disparity shown"
    PARITY_SHOWN = "parity shown"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class SafeThreshold:
    """The lowest threshold that the policy calls safe, or why there is none.

    Attributes
    ----------
    place : int or None
        Its index.
    reason : str
        A sentence: what makes it safe, or what stands in the way.
    """

    place: int | None
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
        Where max_fmr and max_fnmr_gap are kept.
    obstacles : tuple of str
        Why the axis cannot be decided at any threshold.
    """

    name: str
    safe_from: int | None
    safe_to: int | None
    keeps_limits: tuple[bool, ...]
    obstacles: tuple[str, ...]


def obstacles(trials: Mapping[str, int], subjects: Mapping[str, int] | None, policy: Policy) -> list[str]:
    """Say why an axis cannot be decided at any threshold.

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
    fewest_trials = max(policy.min_trials, FEWEST_TRIALS)
    fewest_subjects = max(policy.min_subjects, FEWEST_SUBJECTS)
    for group, count in trials.items():
        if count < fewest_trials:
            found.append(f"{group} has {count} non-mated trials, fewer than {fewest_trials}")
        if subjects is not None and count and subjects[group] < fewest_subjects:
            found.append(f"{group} has {subjects[group]} subjects, fewer than {fewest_subjects}")
    return found


def is_tolerated(ratio_upper: Iterable[float], gap_upper: Iterable[float], policy: Policy) -> list[bool]:
    """Say at which thresholds the policy tolerates the largest ratio, or the largest gap, that there may be.

    Parameters
    ----------
    ratio_upper, gap_upper : iterable of float
        Upper bounds; NaN, no bound at all, is not tolerated.
    policy : Policy

    Examples
    --------
    >>> is_tolerated([1.5, 1.6], [0.01, 0.01], Policy(max_ratio=1.5))
    [True, False]
    """
    most_ratio = -math.inf if policy.max_ratio is None else policy.max_ratio
    most_gap = -math.inf if policy.max_gap is None else policy.max_gap
    return [ratio <= most_ratio or gap <= most_gap for ratio, gap in zip(ratio_upper, gap_upper, strict=True)]


def is_detected(ratio_lower: Iterable[float]) -> list[bool]:
    """Say at which thresholds a disparity is detected: where the lower bound of the ratio is above 1."""
    return [lower > 1 for lower in ratio_lower]


def verdicts_of(tolerated: Iterable[bool], detected: Iterable[bool]) -> tuple[Verdict, ...]:
    """Return the verdict at each threshold; a disparity within the tolerance is parity.

    Examples
    --------
    >>> [str(verdict) for verdict in verdicts_of([True, False, False], [True, True, False])]
    ['parity shown', 'disparity shown', 'inconclusive']
    """
    return tuple(
        Verdict.PARITY_SHOWN if alike else Verdict.DISPARITY_SHOWN if differ else Verdict.INCONCLUSIVE
        for alike, differ in zip(tolerated, detected, strict=True)
    )


def end_of_run(holds: Sequence[bool]) -> int:
    """Return the lowest index from which all hold up to the last; their number where the last does not.

    Examples
    --------
    >>> end_of_run([True, False, True, True])
    2
    """
    return next((index + 1 for index in reversed(range(len(holds))) if not holds[index]), 0)


def not_detected_from(detected: Sequence[bool]) -> int | None:
    """Return the lowest index at and above which no disparity is detected; None where there is none."""
    start = end_of_run([not differ for differ in detected])
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
    fmr_upper: Iterable[Sequence[float]], fnmr_gap_upper: Sequence[float], policy: Policy
) -> tuple[bool, ...]:
    """Say at which thresholds every group keeps the policy's max_fmr and max_fnmr_gap.

    Parameters
    ----------
    fmr_upper : iterable of sequence of float
        By group, the upper bounds of its false match rate.
    fnmr_gap_upper : sequence of float
        Upper bounds of the largest difference of two groups' false non-match rates.
    policy : Policy
    """
    kept = [True] * len(fnmr_gap_upper)
    limited = [(policy.max_fmr, bounds) for bounds in fmr_upper]
    limited.append((policy.max_fnmr_gap, fnmr_gap_upper))
    for limit, bounds in limited:
        if limit is not None:
            kept = [so_far and bound <= limit for so_far, bound in zip(kept, bounds, strict=True)]
    return tuple(kept)


def limits_of(policy: Policy) -> dict[str, float]:
    """Return the limits that a policy sets beside those of parity, by name."""
    known = {"max_fmr": policy.max_fmr, "max_fnmr_gap": policy.max_fnmr_gap}
    return {name: limit for name, limit in known.items() if limit is not None}


def safe_threshold(axes: Sequence[AxisSafety], policy: Policy) -> SafeThreshold:
    """Find the lowest threshold that is safe on every axis.

    Parameters
    ----------
    axes : sequence of AxisSafety
        Those that the policy judges, at least one.
    policy : Policy

    Examples
    --------
    >>> sex = AxisSafety("sex", 0, 2, (True, True, True), ())
    >>> age = AxisSafety("age", 1, 2, (True, False, True), ())
    >>> safe_threshold([sex, age], Policy(max_fmr=0.01))
    SafeThreshold(place=2, reason='parity is shown from here on every axis (age decides), which also keeps max_fmr')
    """
    for axis in axes:
        if axis.obstacles:
            return SafeThreshold(None, f"{axis.name} cannot be decided: {axis.obstacles[0]}")
    starts, ends = [], []
    for axis in axes:
        if axis.safe_from is None or axis.safe_to is None:
            return SafeThreshold(None, f"{axis.name}: {_LACKING[policy.criterion]}")
        starts.append(axis.safe_from)
        ends.append(axis.safe_to)
    lowest, highest = max(starts), min(ends)
    if lowest > highest:
        return SafeThreshold(None, "the ranges in which parity is shown do not meet across the axes")
    limits = " and ".join(limits_of(policy))
    for index in range(lowest, highest + 1):
        if all(axis.keeps_limits[index] for axis in axes):
            deciding = axes[starts.index(lowest)].name
            met = f"{MET[policy.criterion]} {_FROM[policy.criterion]} on every axis ({deciding} decides)"
            return SafeThreshold(index, met if index == lowest else f"{met}, which also keeps {limits}")
    return SafeThreshold(None, f"no threshold in the range also keeps {limits}")

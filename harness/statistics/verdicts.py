"""A verdict per threshold, and the search for the threshold from which an axis is safe.

Thresholds are meant by their place among those evaluated, ascending from the most lenient to the strictest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from harness.arrays import BoolArray, FloatArray
from harness.statistics.differentials import Differentials, EffectiveCounts, alike_between
from harness.statistics.intervals import SCAN_POWER, clopper_pearson, growth_to_show_parity, one_sided
from harness.statistics.rates import Rates
from harness.study import Policy

__all__ = ["AxisVerdict", "SafeThreshold", "Verdict", "judge", "meets_limits", "safe_threshold"]


MET = {"shown": "parity is shown from here", "not_detected": "no disparity is detected from here up"}
LACKING = {"shown": "parity is not shown", "not_detected": "a disparity is detected up to the top"}

FEWEST_SUBJECTS = 2
"""One alone tells nothing of how subjects vary."""

PLANNED_POWER = 0.8


class Verdict(StrEnum):
    """What the evidence says of the differential of an axis at a threshold."""

    DISPARITY_SHOWN = "disparity shown"
    PARITY_SHOWN = "parity shown"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, eq=False)
class AxisVerdict:
    """The verdicts of one axis.

    Attributes
    ----------
    verdicts : tuple of Verdict, length T
    not_detected_from : int or None
        The lowest threshold at and above which no disparity is detected.
    parity_shown_from, parity_shown_to : int or None
        The range over which parity is shown, at every threshold in it, reported or not.
    growth_needed : ndarray of float64, shape (T,)
        How many times as much data would show parity with 80 % power, were the rates equal; NaN where the
        policy states no tolerated ratio.
    parity_to_next : ndarray of bool, shape (T - 1,)
        Whether parity is shown from a threshold to the next stricter one, at every threshold between them too.
    obstacles : tuple of str
        Why the axis cannot be decided at any threshold; with any, every verdict is inconclusive.
    """

    verdicts: tuple[Verdict, ...]
    not_detected_from: int | None
    parity_shown_from: int | None
    parity_shown_to: int | None
    growth_needed: FloatArray
    parity_to_next: BoolArray
    obstacles: tuple[str, ...]

    @property
    def places(self) -> dict[str, int | None]:
        """The thresholds that the axis is summed up by, by name."""
        return {
            "not_detected_from": self.not_detected_from,
            "parity_shown_from": self.parity_shown_from,
            "parity_shown_to": self.parity_shown_to,
        }


@dataclass(frozen=True)
class SafeThreshold:
    """The lowest threshold that the policy calls safe, or why there is none.

    Attributes
    ----------
    place : int or None
    reason : str
        A sentence: what makes it safe, or what stands in the way.
    """

    place: int | None
    reason: str


def judge(
    false_matches: Rates,
    differential: Differentials,
    counted: EffectiveCounts,
    policy: Policy,
    subjects: Mapping[str, tuple[int, int]] | None,
) -> AxisVerdict:
    """Give the verdicts of an axis at every threshold, and find its two thresholds.

    Parameters
    ----------
    false_matches : Rates
        Of the groups of the axis.
    differential : Differentials
        Of the same rates.
    counted : EffectiveCounts
        False matches of the same groups, between the thresholds of the rates too.
    policy : Policy
    subjects : mapping, or None
        By group, how many subjects its non-mated and its mated trials have; None where that is not known.

    Returns
    -------
    AxisVerdict
    """
    detected = differential.ratio_lower > 1
    parity = _within_tolerance(differential.ratio_upper, differential.gap_upper, policy)
    growth = _growth_needed(false_matches, policy, PLANNED_POWER)
    obstacles = tuple(_obstacles(false_matches, policy, subjects))
    if obstacles:
        inconclusive = (Verdict.INCONCLUSIVE,) * len(detected)
        nowhere = np.zeros(len(detected) - 1, np.bool_)
        return AxisVerdict(inconclusive, None, None, None, growth, nowhere, obstacles)
    verdicts = tuple(
        Verdict.PARITY_SHOWN if alike else Verdict.DISPARITY_SHOWN if differ else Verdict.INCONCLUSIVE
        for alike, differ in zip(parity, detected, strict=True)
    )
    to_next = alike_between(
        counted,
        parity[:-1] & parity[1:],
        policy.confidence,
        lambda ratio_upper, gap_upper: _within_tolerance(ratio_upper, gap_upper, policy),
    )
    start = _scan_start(false_matches, policy)
    shown_from = None if start is None or not parity[start] else _end_of_run(to_next[:start])
    not_detected_from = _end_of_run(~detected)
    return AxisVerdict(
        verdicts,
        not_detected_from if not_detected_from < len(detected) else None,
        shown_from,
        start if shown_from is not None else None,
        growth,
        to_next,
        (),
    )


def _obstacles(
    false_matches: Rates, policy: Policy, subjects: Mapping[str, tuple[int, int]] | None
) -> list[str]:
    found = []
    if len(false_matches.groups) < 2:
        found.append(f"there is only one group, {false_matches.groups[0]}: nothing to compare it with")
    if policy.min_subjects and subjects is None:
        found.append(
            f"the policy asks for {policy.min_subjects} subjects a group, and the study names no subjects"
        )
    for i, group in enumerate(false_matches.groups):
        trials = int(false_matches.trials[i])
        if trials < max(policy.min_trials, 1):
            found.append(f"{group} has {trials} non-mated trials, fewer than {max(policy.min_trials, 1)}")
        if subjects is not None and trials and subjects[group][0] < max(policy.min_subjects, FEWEST_SUBJECTS):
            wanted = max(policy.min_subjects, FEWEST_SUBJECTS)
            found.append(f"{group} has {subjects[group][0]} subjects, fewer than {wanted}")
    return found


def _within_tolerance(ratio_upper: FloatArray, gap_upper: FloatArray, policy: Policy) -> BoolArray:
    alike = np.zeros(len(ratio_upper), np.bool_)
    if policy.max_ratio is not None:
        alike |= ratio_upper <= policy.max_ratio
    if policy.max_gap is not None:
        alike |= gap_upper <= policy.max_gap
    return alike


def _growth_needed(false_matches: Rates, policy: Policy, power: float) -> FloatArray:
    """How many times as much data shows parity of all pairs at once with at least this power."""
    if policy.max_ratio is None:
        return np.full(false_matches.errors.shape[1], np.nan)
    groups = len(false_matches.groups)
    if groups < 2:
        return np.zeros(false_matches.errors.shape[1])
    # The two groups with the fewest errors need the most data of all pairs.
    fewest, next_fewest = np.partition(_expected_if_equal(false_matches), 1, axis=0)[:2]
    of_each_pair = 1 - (1 - power) / math.comb(groups, 2)
    return growth_to_show_parity(fewest, next_fewest, policy.max_ratio, policy.confidence, of_each_pair)


def _expected_if_equal(false_matches: Rates) -> FloatArray:
    """Effective errors of each group at the pooled rate, which tells nothing of how they split."""
    pooled = false_matches.errors.sum(axis=0) / max(int(false_matches.trials.sum()), 1)
    expected: FloatArray = pooled * false_matches.trials[:, None] / false_matches.design_effect.max(axis=0)
    return expected


def _scan_start(false_matches: Rates, policy: Policy) -> int | None:
    """The highest threshold with false matches enough to show parity, whichever groups they fall on.

    A gap can be shown without any false match, given trials enough; then the scan starts at the top.
    """
    top: int = false_matches.errors.shape[1] - 1
    if policy.max_gap is not None:
        trials = false_matches.effective_trials[:, top]
        without_errors = clopper_pearson(0, trials, one_sided(policy.confidence))
        if bool(np.all(without_errors.upper <= policy.max_gap)):
            return top
    enough = np.flatnonzero(_growth_needed(false_matches, policy, SCAN_POWER) <= 1)
    return int(enough[-1]) if len(enough) else None


def _end_of_run(holds: BoolArray) -> int:
    """The lowest index from which all hold up to the last; their number where the last does not."""
    failures = np.flatnonzero(~holds)
    return int(failures[-1]) + 1 if len(failures) else 0


def safe_threshold(
    verdicts: dict[str, AxisVerdict],
    false_matches: dict[str, Rates],
    fnmr_gap_upper: dict[str, FloatArray],
    policy: Policy,
) -> SafeThreshold:
    """Find the lowest threshold that is safe on every axis.

    Parameters
    ----------
    verdicts, false_matches : dict
        By axis.
    fnmr_gap_upper : dict of ndarray, shape (T,)
        Upper bound of the largest difference of two groups' false non-match rates, by axis.
    policy : Policy

    Returns
    -------
    SafeThreshold
    """
    for axis, verdict in verdicts.items():
        if verdict.obstacles:
            return SafeThreshold(None, f"{axis} cannot be decided: {verdict.obstacles[0]}")
    ranges = {axis: _safe_range(verdict, policy) for axis, verdict in verdicts.items()}
    for axis, found in ranges.items():
        if found is None:
            return SafeThreshold(None, f"{axis}: {LACKING[policy.criterion]}")
    lowest = max(found[0] for found in ranges.values() if found)
    highest = min(found[1] for found in ranges.values() if found)
    if lowest > highest:
        return SafeThreshold(None, "the ranges in which parity is shown do not meet across the axes")
    allowed = meets_limits(false_matches, fnmr_gap_upper, policy)[lowest : highest + 1]
    if not allowed.any():
        return SafeThreshold(None, f"no threshold in the range also keeps {_limits(policy)}")
    deciding = max(ranges, key=lambda axis: (ranges[axis] or (0, 0))[0])
    place = lowest + int(np.argmax(allowed))
    limits = "" if place == lowest else f", which also keeps {_limits(policy)}"
    return SafeThreshold(place, f"{MET[policy.criterion]} on every axis ({deciding} decides){limits}")


def _safe_range(verdict: AxisVerdict, policy: Policy) -> tuple[int, int] | None:
    if policy.criterion == "not_detected":
        top = len(verdict.verdicts) - 1
        return None if verdict.not_detected_from is None else (verdict.not_detected_from, top)
    if verdict.parity_shown_from is None or verdict.parity_shown_to is None:
        return None
    return verdict.parity_shown_from, verdict.parity_shown_to


def _limits(policy: Policy) -> str:
    """Name the limits that the policy sets beside those of parity."""
    set_by_policy = {"max_fmr": policy.max_fmr, "max_fnmr_gap": policy.max_fnmr_gap}
    return " and ".join(name for name, limit in set_by_policy.items() if limit is not None)


def meets_limits(
    false_matches: dict[str, Rates], fnmr_gap_upper: dict[str, FloatArray], policy: Policy
) -> BoolArray:
    """Return where every group keeps the policy's max_fmr and max_fnmr_gap, shape (T,).

    Parameters are those of `safe_threshold`.
    """
    thresholds = next(iter(false_matches.values())).errors.shape[1]
    allowed = np.ones(thresholds, np.bool_)
    if policy.max_fmr is not None:
        for rates in false_matches.values():
            allowed &= (rates.upper <= policy.max_fmr).all(axis=0)
    if policy.max_fnmr_gap is not None:
        for upper in fnmr_gap_upper.values():
            allowed &= upper <= policy.max_fnmr_gap
    return allowed

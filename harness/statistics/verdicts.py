"""A verdict per threshold, and the range over which parity is shown, from rates and their bounds.

Thresholds are named by their index among those evaluated, ascending from the most lenient to the strictest. The rule
from bounds to verdicts is that of `harness.verdict_rule`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.arrays import BoolArray, FloatArray
from harness.statistics.differentials import Differentials, EffectiveCounts, alike_between
from harness.statistics.intervals import SCAN_POWER, clopper_pearson, growth_to_show_parity, one_sided
from harness.statistics.rates import Rates
from harness.study import FalseMatchLimit, Policy, Tolerance
from harness.verdict_rule import (
    AxisSafety,
    SafeThreshold,
    Verdict,
    end_of_run,
    is_beyond,
    is_detected,
    is_saturated,
    is_tolerated,
    keeps_limits,
    not_detected_from,
    obstacles,
    only_disparities,
    safe_range,
    safe_threshold,
    verdicts_of,
)

__all__ = [
    "AxisSafety",
    "AxisVerdict",
    "SafeThreshold",
    "Verdict",
    "judge",
    "judge_misses",
    "safe_threshold",
    "safety_of",
]

PLANNED_POWER = 0.8


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
        Why parity can be shown at no threshold; with any, verdicts are of the groups that lack nothing.
    """

    verdicts: tuple[Verdict, ...]
    not_detected_from: int | None
    parity_shown_from: int | None
    parity_shown_to: int | None
    growth_needed: FloatArray
    parity_to_next: BoolArray
    obstacles: tuple[str, ...]

    @property
    def indices(self) -> dict[str, int | None]:
        """Those of the thresholds that the axis is summed up by, by name."""
        return {
            "not_detected_from": self.not_detected_from,
            "parity_shown_from": self.parity_shown_from,
            "parity_shown_to": self.parity_shown_to,
        }


def judge(
    false_matches: Rates,
    differential: Differentials,
    counted: EffectiveCounts,
    policy: Policy,
    subjects: Mapping[str, int] | None,
) -> AxisVerdict:
    """Give the verdicts of an axis at every threshold, and find the range over which parity is shown.

    Parameters
    ----------
    false_matches : Rates
        Of the groups of the axis.
    differential : Differentials
        Of the same rates, where differences are shown of groups that have enough.
    counted : EffectiveCounts
        False matches of the same groups, between the thresholds of the rates too.
    policy : Policy
    subjects : mapping, or None
        By group, how many subjects its non-mated trials have; None where that is not known.

    Returns
    -------
    AxisVerdict
    """
    growth = _growth_needed(false_matches, policy, PLANNED_POWER)
    trials = dict(zip(false_matches.groups, false_matches.trials.tolist(), strict=True))
    hindered = tuple(obstacles(trials, subjects, policy))
    verdicts = _verdicts(false_matches, differential, policy.tolerance)
    if hindered:
        nowhere = np.zeros(len(growth) - 1, np.bool_)
        return AxisVerdict(only_disparities(verdicts), None, None, None, growth, nowhere, hindered)

    def tolerated(ratio_upper: FloatArray, gap_upper: FloatArray) -> BoolArray:
        return np.array(is_tolerated(ratio_upper.tolist(), gap_upper.tolist(), policy.tolerance), np.bool_)

    parity = np.array([verdict is Verdict.PARITY_SHOWN for verdict in verdicts])
    detected = is_detected(differential.ratio_lower.tolist())
    saturated = [verdict is Verdict.SATURATED for verdict in verdicts]
    to_next = alike_between(counted, parity[:-1] & parity[1:], policy.confidence, tolerated)
    end = _scan_start(false_matches, policy)
    end = end if end is not None and parity[end] else None
    return AxisVerdict(
        verdicts=verdicts,
        not_detected_from=not_detected_from(detected, saturated),
        parity_shown_from=None if end is None else end_of_run(to_next[:end].tolist()),
        parity_shown_to=end,
        growth_needed=growth,
        parity_to_next=to_next,
        obstacles=(),
    )


def judge_misses(
    false_non_matches: Rates, differential: Differentials, policy: Policy
) -> tuple[Verdict, ...]:
    """Give the verdicts on who is missed, at every threshold, by the policy's tolerance of misses.

    Where the policy states none, parity is never shown, and no disparity is beyond it.

    Parameters
    ----------
    false_non_matches : Rates
        Of the groups of the axis.
    differential : Differentials
        Of the same rates.
    policy : Policy

    Returns
    -------
    tuple of Verdict, length T
    """
    return _verdicts(false_non_matches, differential, policy.tolerance_of_misses)


def _verdicts(rates: Rates, found: Differentials, tolerance: Tolerance) -> tuple[Verdict, ...]:
    return verdicts_of(
        is_tolerated(found.ratio_upper.tolist(), found.gap_upper.tolist(), tolerance),
        is_beyond(found.ratio_lower.tolist(), found.gap_lower.tolist(), tolerance),
        is_detected(found.ratio_lower.tolist()),
        is_saturated(rates.errors.tolist(), rates.trials.tolist()),
    )


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


def safety_of(
    name: str,
    verdict: AxisVerdict,
    false_matches: Rates,
    misses: tuple[Verdict, ...],
    policy: Policy,
    limit: FalseMatchLimit,
) -> AxisSafety:
    """Say where an axis is safe.

    Parameters
    ----------
    name : str
    verdict : AxisVerdict
    false_matches : Rates
    misses : tuple of Verdict, length T
        On the false non-match rates.
    policy : Policy
    limit : FalseMatchLimit
        On false matches.
    """
    parity = verdict.parity_shown_from, verdict.parity_shown_to
    safe = safe_range(policy, verdict.not_detected_from, parity, len(verdict.verdicts))
    kept = keeps_limits(false_matches.upper.tolist(), limit, misses, policy)
    return AxisSafety(name, *safe, kept, verdict.obstacles)

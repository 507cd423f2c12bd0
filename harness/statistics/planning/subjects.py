"""Subjects that a claim needs, where each is compared with every other of the group.

As subjects grow in number the trials grow as their square, and the design effect in proportion: two trials that
share a subject rise and fall together, and each trial shares one with 2 (m - 2) others. So effective trials grow
in proportion to the subjects in the end, and some number always suffices in this model, which knows of no
dependence but that on the two subjects.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from functools import partial

from harness.errors import InputError
from harness.statistics.planning.copula import correlation, design_effect_of, design_effect_spread
from harness.statistics.planning.needs import (
    errors_to_detect_ratio,
    errors_to_find_threshold,
    errors_to_show_parity,
)
from harness.statistics.planning.power import (
    power_to_detect_ratio,
    power_to_find_threshold,
    power_to_show_parity,
)
from harness.statistics.planning.refusals import check_at_least, check_rate
from harness.statistics.planning.trials import Plan, plan_of, trials_for_claim

__all__ = [
    "subjects_for_claim",
    "subjects_for_pairs",
    "subjects_to_detect_ratio",
    "subjects_to_find_threshold",
    "subjects_to_show_parity",
]

MOST_SUBJECTS = 100_000_000
"""In a group; more cannot be meant, and beyond 9e15 trials a float does not tell whole numbers apart."""


def subjects_for_pairs(trials: int) -> int:
    """Return the fewest subjects whose pairs are at least so many."""
    check_at_least("the number of trials", trials, 1)
    subjects = (1 + math.isqrt(8 * int(trials) + 1)) // 2
    return subjects if math.comb(subjects, 2) >= trials else subjects + 1


def subjects_to_show_parity(
    fmr: float,
    max_ratio: float,
    groups: int = 2,
    confidence: float = 0.95,
    power: float = 0.8,
    identity_share: float = 0.0,
) -> Plan:
    """Plan `trials_to_show_parity` as subjects of each group.

    Parameters
    ----------
    fmr, max_ratio, groups, confidence, power
        As there.
    identity_share : float
        As in `design_effect_of`.

    Raises
    ------
    InputError
        As there; and when more than 100 million subjects a group were needed.
    """
    errors = errors_to_show_parity(max_ratio, groups, confidence, power)
    power_of = partial(power_to_show_parity, max_ratio=max_ratio, groups=groups, confidence=confidence)
    return _plan(errors, fmr, identity_share, power_of)


def subjects_to_find_threshold(
    fmr: float,
    max_ratio: float,
    groups: int = 2,
    confidence: float = 0.95,
    power: float = 0.8,
    identity_share: float = 0.0,
) -> Plan:
    """Plan `trials_to_find_threshold` as subjects of each group.

    More than these trials alone would ask for: the scan goes by the largest of the groups' measured design
    effects, and each is measured with an error, `harness.statistics.planning.design_effect_spread`.

    Parameters
    ----------
    fmr, max_ratio, groups, confidence, power
        As there.
    identity_share : float
        As in `design_effect_of`.

    Raises
    ------
    InputError
        As there; and when more than 100 million subjects a group were needed.
    """
    errors = errors_to_find_threshold(max_ratio, groups, confidence, power)

    def plan_with(subjects: int) -> Plan:
        spread = design_effect_spread(fmr, subjects, identity_share)
        return _plan_with(
            subjects,
            fmr,
            identity_share,
            lambda effective: power_to_find_threshold(effective, max_ratio, groups, confidence, spread),
        )

    check_rate("the FMR", fmr)
    least = _subjects(errors / fmr, correlation(fmr, identity_share))
    most = least
    while plan_with(most).power < power:
        most = math.ceil(most * 1.1)
    return plan_with(bisect_left(range(least, most), True, key=lambda m: plan_with(m).power >= power) + least)


def subjects_to_detect_ratio(
    fmr: float,
    ratio: float,
    groups: int = 2,
    confidence: float = 0.95,
    power: float = 0.8,
    identity_share: float = 0.0,
) -> Plan:
    """Plan `trials_to_detect_ratio` as subjects of each group; see `subjects_to_show_parity`."""
    errors = errors_to_detect_ratio(ratio, groups, confidence, power)
    power_of = partial(power_to_detect_ratio, ratio=ratio, groups=groups, confidence=confidence)
    return _plan(errors, fmr, identity_share, power_of)


def subjects_for_claim(max_fmr: float, confidence: float = 0.95, identity_share: float = 0.0) -> int:
    """Return the fewest subjects whose pairs, with not one error, support `trials_for_claim`.

    Raises
    ------
    InputError
        When one of them is out of its range, or more than 100 million subjects were needed.
    """
    return _subjects(trials_for_claim(max_fmr, confidence), correlation(max_fmr, identity_share))


def _plan(
    effective_errors: float, fmr: float, identity_share: float, power_of: Callable[[float], float]
) -> Plan:
    check_rate("the FMR", fmr)
    subjects = _subjects(effective_errors / fmr, correlation(fmr, identity_share))
    return _plan_with(subjects, fmr, identity_share, power_of)


def _plan_with(subjects: int, fmr: float, identity_share: float, power_of: Callable[[float], float]) -> Plan:
    effect = design_effect_of(fmr, subjects, identity_share)
    return plan_of(math.comb(subjects, 2), fmr, effect, power_of, subjects)


def _subjects(effective_trials: float, correlation: float) -> int:
    """Solve m (m - 1) / 2 = n (1 + 2 (m - 2) c) for m, and take the whole number from there."""
    middle = 0.5 + 2 * effective_trials * correlation
    root = middle + math.sqrt(middle**2 + 2 * effective_trials * (1 - 4 * correlation))
    if root > MOST_SUBJECTS:
        raise InputError(
            f"this needs {root:.2g} subjects a group, more than the {MOST_SUBJECTS:,} that can be planned for; "
            "ask for a wider ratio, a higher FMR or less power"
        )
    subjects = max(2, math.floor(root))
    while math.comb(subjects, 2) < effective_trials * (1 + 2 * (subjects - 2) * correlation):
        subjects += 1
    return subjects

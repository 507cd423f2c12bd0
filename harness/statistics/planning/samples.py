"""Trials that a claim needs where the design effect is known, and subjects where each is compared with every other.

As subjects grow in number the trials grow as their square, and the design effect in proportion: two trials that
share a subject rise and fall together, and each trial shares one with 2 (m - 2) others. So effective trials grow
in proportion to the subjects in the end, and some number always suffices in this model, which knows of no
dependence but that on the two subjects.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from harness.errors import InputError
from harness.statistics.intervals import clopper_pearson, one_sided
from harness.statistics.planning.copula import correlation, design_effect_of, design_effect_spread
from harness.statistics.planning.power import (
    check_at_least,
    check_rate,
    check_share,
    errors_to_detect_ratio,
    errors_to_find_threshold,
    errors_to_show_parity,
    power_to_detect_ratio,
    power_to_find_threshold,
    power_to_show_parity,
)

__all__ = [
    "Plan",
    "claim_of_zero",
    "plan_of",
    "subjects_for_claim",
    "subjects_for_pairs",
    "subjects_to_detect_ratio",
    "subjects_to_find_threshold",
    "subjects_to_show_parity",
    "trials_for_claim",
    "trials_to_detect_ratio",
    "trials_to_find_threshold",
    "trials_to_show_parity",
]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Data that each group must have.

    Attributes
    ----------
    trials : int
        Non-mated trials of each group.
    errors : float
        False matches expected among them.
    effective_errors : float
        Errors over the design effect.
    design_effect : float
        Variance of the rate over that of as many independent trials.
    power : float
        The chance that these trials show what they are to show.
    subjects : int or None
        Subjects of each group, all compared with each other; None where the trials were planned without them.
    """

    trials: int
    errors: float
    effective_errors: float
    design_effect: float
    power: float
    subjects: int | None = None


def plan_of(
    trials: int,
    fmr: float,
    design_effect: float,
    power_of: Callable[[float], float],
    subjects: int | None = None,
) -> Plan:
    """Return the plan of a number of trials, with the chance that their effective errors are enough."""
    errors = trials * fmr
    effective = errors / design_effect
    return Plan(
        trials=trials,
        errors=errors,
        effective_errors=effective,
        design_effect=design_effect,
        power=power_of(effective),
        subjects=subjects,
    )


def trials_to_show_parity(
    fmr: float,
    max_ratio: float,
    groups: int = 2,
    confidence: float = 0.95,
    power: float = 0.8,
    design_effect: float = 1.0,
) -> Plan:
    """Plan for showing, at one threshold, that groups of one rate are alike.

    Parameters
    ----------
    fmr : float
        False match rate of every group at that threshold.
    max_ratio : float
        Tolerated ratio of two groups' rates, above 1.
    groups : int
    confidence : float
        Of the one-sided upper bound of every pair's ratio.
    power : float
        Chance wanted, of all pairs at once.
    design_effect : float
        At least 1.

    Returns
    -------
    Plan
        The fewest trials; `power_to_show_parity` says how the chance is found.

    Raises
    ------
    InputError
        When a rate, chance, ratio, count or design effect is out of its range.

    References
    ----------
    See `power_to_show_parity`, solved for the errors.

    Examples
    --------
    >>> plan = trials_to_show_parity(fmr=1e-3, max_ratio=2.0)
    >>> plan.trials, round(plan.power, 3)
    (40258, 0.8)
    """
    errors = errors_to_show_parity(max_ratio, groups, confidence, power)
    power_of = partial(power_to_show_parity, max_ratio=max_ratio, groups=groups, confidence=confidence)
    return plan_of(_trials(errors, fmr, design_effect), fmr, design_effect, power_of)


def trials_to_find_threshold(
    fmr: float,
    max_ratio: float,
    groups: int = 2,
    confidence: float = 0.95,
    power: float = 0.8,
    design_effect: float = 1.0,
) -> Plan:
    """Plan for finding, by the scan for parity, the threshold from which groups are alike.

    More than `trials_to_show_parity` asks for: the scan takes the highest threshold at which pooled errors would
    show parity with power 0.95, so these must be there, at the threshold sought, by chance too. The design effect
    is taken to be measured without error; `harness.statistics.planning.subjects_to_find_threshold` allows for that.

    Parameters
    ----------
    fmr : float
        False match rate of every group at the threshold sought.
    max_ratio, groups, confidence, power, design_effect
        As in `trials_to_show_parity`.

    Returns
    -------
    Plan
        See `power_to_find_threshold`.

    Raises
    ------
    InputError
        As in `trials_to_show_parity`; and when no number of trials gives this power, as the scan may fail where
        it starts.

    References
    ----------
    See `power_to_find_threshold`, solved for the errors.

    Examples
    --------
    >>> trials_to_find_threshold(fmr=1e-3, max_ratio=2.0).trials
    62851
    """
    errors = errors_to_find_threshold(max_ratio, groups, confidence, power)
    power_of = partial(power_to_find_threshold, max_ratio=max_ratio, groups=groups, confidence=confidence)
    return plan_of(_trials(errors, fmr, design_effect), fmr, design_effect, power_of)


def trials_to_detect_ratio(
    fmr: float,
    ratio: float,
    groups: int = 2,
    confidence: float = 0.95,
    power: float = 0.8,
    design_effect: float = 1.0,
) -> Plan:
    """Plan for finding that two groups differ whose rates have a ratio.

    Parameters
    ----------
    fmr : float
        Mean of the two false match rates.
    ratio : float
        The true one, above 1.
    groups : int
        Any two of them may be the ones that differ.
    confidence : float
        Two-sided.
    power, design_effect
        As in `trials_to_show_parity`.

    Returns
    -------
    Plan
        See `power_to_detect_ratio`.

    Raises
    ------
    InputError
        As in `trials_to_show_parity`.

    References
    ----------
    See `power_to_detect_ratio`, solved for the errors.

    Examples
    --------
    >>> trials_to_detect_ratio(fmr=1e-3, ratio=2.0).trials
    37344
    """
    errors = errors_to_detect_ratio(ratio, groups, confidence, power)
    power_of = partial(power_to_detect_ratio, ratio=ratio, groups=groups, confidence=confidence)
    return plan_of(_trials(errors, fmr, design_effect), fmr, design_effect, power_of)


def trials_for_claim(max_fmr: float, confidence: float = 0.95, design_effect: float = 1.0) -> int:
    """Return the fewest trials that, with not one error, support the claim of a rate of at most `max_fmr`.

    Parameters
    ----------
    max_fmr : float
    confidence : float
        One-sided.
    design_effect : float
        At least 1.

    Raises
    ------
    InputError
        When one of them is out of its range.

    References
    ----------
    1 - (1 - confidence)^(design effect / trials) solved for the trials; at 95 % about 3 / `max_fmr`: Hanley,
    J. A., Lippman-Hand, A. (1983). If nothing goes wrong, is everything all right? JAMA 249, 1743-1745.

    Examples
    --------
    >>> trials_for_claim(1e-3)
    2995
    """
    check_rate("the rate to claim", max_fmr)
    check_share("the confidence", confidence)
    check_at_least("the design effect", design_effect, 1)
    return math.ceil(design_effect * math.log1p(-confidence) / math.log1p(-max_fmr))


def claim_of_zero(trials: float, confidence: float = 0.95, design_effect: float = 1.0) -> float:
    """Return the rate that trials without an error bound from above, one-sided.

    Parameters
    ----------
    trials : float
        At least 1.
    confidence, design_effect
        As in `trials_for_claim`.

    Returns
    -------
    float
        1 - (1 - confidence)^(design effect / trials): the upper limit of
        `harness.statistics.intervals.clopper_pearson`.

    Raises
    ------
    InputError
        As in `trials_for_claim`.

    References
    ----------
    Hanley, Lippman-Hand (1983), as for `trials_for_claim`.

    Examples
    --------
    >>> round(claim_of_zero(3_000), 6)
    0.000998
    """
    check_at_least("the number of trials", trials, 1)
    check_share("the confidence", confidence)
    check_at_least("the design effect", design_effect, 1)
    return float(clopper_pearson(0, trials / design_effect, one_sided(confidence)).upper)


def _trials(effective_errors: float, fmr: float, design_effect: float) -> int:
    check_rate("the FMR", fmr)
    check_at_least("the design effect", design_effect, 1)
    return math.ceil(effective_errors * design_effect / fmr)


MOST_SUBJECTS = 100_000_000
"""In a group; more cannot be meant, and beyond 9e15 trials a float does not tell whole numbers apart."""


def subjects_for_pairs(trials: int) -> int:
    """Return the fewest subjects who make that many pairs.

    References
    ----------
    m subjects make m (m - 1) / 2 pairs, solved for m.

    Examples
    --------
    >>> subjects_for_pairs(4_950)
    100
    """
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

    References
    ----------
    See `power_to_show_parity` and `design_effect_of`.

    Examples
    --------
    >>> subjects_to_show_parity(fmr=1e-3, max_ratio=2.0, identity_share=0.15).subjects
    399
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

    References
    ----------
    See `power_to_find_threshold` and `design_effect_spread`.

    Examples
    --------
    >>> subjects_to_find_threshold(fmr=1e-3, max_ratio=2.0, identity_share=0.15).subjects
    603
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
    """Plan `trials_to_detect_ratio` as subjects of each group; see `subjects_to_show_parity`.

    References
    ----------
    See `power_to_detect_ratio` and `design_effect_of`.

    Examples
    --------
    >>> subjects_to_detect_ratio(fmr=1e-3, ratio=2.0, identity_share=0.15).subjects
    380
    """
    errors = errors_to_detect_ratio(ratio, groups, confidence, power)
    power_of = partial(power_to_detect_ratio, ratio=ratio, groups=groups, confidence=confidence)
    return _plan(errors, fmr, identity_share, power_of)


def subjects_for_claim(max_fmr: float, confidence: float = 0.95, identity_share: float = 0.0) -> int:
    """Return the fewest subjects whose pairs, with not one error, support `trials_for_claim`.

    Raises
    ------
    InputError
        When one of them is out of its range, or more than 100 million subjects were needed.

    References
    ----------
    See `trials_for_claim` and `design_effect_of`.

    Examples
    --------
    >>> subjects_for_claim(1e-3)
    78
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

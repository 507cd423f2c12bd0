"""Trials that a claim needs, where the design effect is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from harness.statistics.intervals import clopper_pearson, one_sided
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
from harness.statistics.planning.refusals import check_at_least, check_rate, check_share

__all__ = [
    "Plan",
    "claim_of_zero",
    "plan_of",
    "trials_for_claim",
    "trials_to_detect_ratio",
    "trials_to_find_threshold",
    "trials_to_show_parity",
]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What each group must have.

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
    """Say what so many trials bring, and with what chance of effective errors it is enough."""
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
    """
    check_at_least("the number of trials", trials, 1)
    check_share("the confidence", confidence)
    check_at_least("the design effect", design_effect, 1)
    return float(clopper_pearson(0, trials / design_effect, one_sided(confidence)).upper)


def _trials(effective_errors: float, fmr: float, design_effect: float) -> int:
    check_rate("the FMR", fmr)
    check_at_least("the design effect", design_effect, 1)
    return math.ceil(effective_errors * design_effect / fmr)

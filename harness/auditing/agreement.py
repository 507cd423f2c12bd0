"""Whether counted false alerts agree with the rates that an evaluation allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from harness.auditing.expectation import Allowed
from harness.numbers import alerts_text, percent
from harness.statistics.intervals import clopper_pearson

__all__ = [
    "AGREEMENT_RATIO",
    "Agreement",
    "Alerts",
    "Judgement",
    "compared",
    "judge_agreement",
    "judge_limits",
    "limits_of_rates",
    "shared_confidence",
]

AGREEMENT_RATIO = 2.0
"""How many times the highest allowed rate a record that agrees may at most have."""

SHARPNESS = 10.0
"""How many times the lowest allowed rate the highest may be; with a wider range hardly any record disagrees."""


class Agreement(StrEnum):
    """How false alerts stand to an evaluation."""

    MORE = "more"
    FEWER = "fewer"
    AGREES = "agrees"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Alerts:
    """False alerts among faces.

    Attributes
    ----------
    faces : int
        At least 1.
    fewest, most : int
        The confirmed ones, and these with all that were never settled.
    """

    faces: int
    fewest: int
    most: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """How false alerts stand to an evaluation, and why."""

    agreement: Agreement
    sentence: str


def shared_confidence(confidence: float) -> float:
    """Return the two-sided confidence of each of two intervals that are compared.

    Two are apart, were the rates the same, only where one of them fails: with tails of a quarter of
    1 - confidence each, in either direction at most (1 - confidence) / 2 of the times.

    References
    ----------
    Berger, R. L., Boos, D. D. (1994). P values maximized over a confidence set for the nuisance parameter.
    JASA 89, 1012-1016: the p-value over a set of confidence 1 - beta, plus beta; here with beta a half of the
    level of each direction.
    """
    return (1 + confidence) / 2


def judge_agreement(alerts: Alerts, allowed: Allowed, confidence: float, ratio: float) -> Judgement:
    """Say whether false alerts agree with the rates that an evaluation allows.

    Parameters
    ----------
    alerts : Alerts
    allowed : Allowed
        Its bounds at `shared_confidence`.
    confidence : float
        That a rate which the evaluation allows is not called more or fewer.
    ratio : float
        Above 1: alerts agree where their rate is shown to be at most so many times the highest allowed.

    Returns
    -------
    Judgement
        More or fewer, where the exact (Clopper-Pearson) interval of the alerts' rate lies above or below all
        that is allowed; agrees, where neither, the rate is shown to be at most `ratio` times the highest allowed,
        and the allowed rates are close enough that others would have disagreed; else it cannot be told.
    """
    (limits,) = zip(*limits_of_rates([alerts], shared_confidence(confidence)), strict=True)
    return judge_limits(alerts, allowed, limits, ratio)


def limits_of_rates(every: Sequence[Alerts], confidence: float) -> tuple[list[float], list[float]]:
    """Bound the rate of each: from below that of the confirmed alerts, from above that of all never settled too."""
    counts = np.array([(one.faces, one.fewest, one.most) for one in every], np.float64).reshape(-1, 3)
    faces, fewest, most = counts.T
    lower, upper = clopper_pearson(fewest, faces, confidence)
    unsettled = most > fewest
    upper[unsettled] = clopper_pearson(most[unsettled], faces[unsettled], confidence).upper
    return lower.tolist(), upper.tolist()


def judge_limits(alerts: Alerts, allowed: Allowed, limits: tuple[float, float], ratio: float) -> Judgement:
    """Say what `judge_agreement` says, from the limits of the alerts' rate at `shared_confidence`."""
    lower, upper = limits
    expected = compared(alerts, allowed)
    if lower > allowed.upper:
        return Judgement(Agreement.MORE, f"more false alerts than allowed: {expected}")
    if upper < allowed.lower:
        return _fewer(allowed, expected)
    if upper > ratio * allowed.upper:
        short = f"{expected}; too few faces to show a rate of at most {ratio:g} times the highest allowed"
        return Judgement(Agreement.CANNOT_TELL, short)
    if not allowed.bounded_below or allowed.upper > SHARPNESS * allowed.lower:
        wide = f"not more than allowed: {expected}, too wide a range to agree with"
        return Judgement(Agreement.CANNOT_TELL, wide)
    if ratio * allowed.upper >= 1:
        much = f"that is up to {percent(allowed.upper, 'up')} of the faces"
        return Judgement(Agreement.CANNOT_TELL, f"{expected}; {much}, so hardly any count could be too many")
    shown = f"the rate is shown to be at most {ratio:g} times the highest allowed"
    return Judgement(Agreement.AGREES, f"agrees: {expected}; {shown}")


def _fewer(allowed: Allowed, expected: str) -> Judgement:
    if allowed.bounded_below:
        return Judgement(Agreement.FEWER, f"fewer false alerts than allowed: {expected}")
    return Judgement(
        Agreement.CANNOT_TELL,
        f"{expected} by comparisons within groups alone; a search makes many between groups, which match falsely "
        "less often, so fewer is no contradiction",
    )


def compared(alerts: Alerts, allowed: Allowed) -> str:
    """Say how many false alerts there are, and how many the evaluation allows."""
    most = "" if alerts.most == alerts.fewest else f" to {alerts.most:,}"
    low, high = (alerts_text(alerts.faces * bound) for bound in (allowed.lower, allowed.upper))
    return f"{alerts.fewest:,}{most} where the evaluation allows {low} to {high}"

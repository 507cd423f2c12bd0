"""False alert rates that an evaluation allows, and whether counted false alerts agree with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from harness.gate.evidence import Evidence
from harness.gate.safety import neighbours
from harness.numbers import alerts_text, percent
from harness.statistics.intervals import Interval, clopper_pearson
from harness.statistics.rates import Rates
from harness.statistics.watchlist import false_alert_rate, false_alert_rate_at_size

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = [
    "AGREEMENT_RATIO",
    "Agreement",
    "Alerts",
    "Allowed",
    "Expectation",
    "Judgement",
    "compared",
    "judge_agreement",
    "limits_of_rates",
    "shared_confidence",
    "widest_bounds",
]


@dataclass(frozen=True, slots=True)
class Allowed:
    """The false alert rates that an evaluation allows.

    Attributes
    ----------
    lower, upper : float
        Between them lies the rate of passers-by of whatever composition.
    bounded_below : bool
        Whether fewer false alerts would contradict the evaluation: not where it tested only comparisons
        within groups, which match falsely more often than those between groups that a search also makes.
    """

    lower: float
    upper: float
    bounded_below: bool


class Expectation:
    """The false alert rates that an evaluation expects of searches, whoever passes by.

    Who passes by is not published, so nothing is assumed of it: with share w of the faces in group g the rate is
    sum(w FPIR_g), which lies between the lowest and the highest group's. Each group's bounds are
    Clopper-Pearson limits on effective counts; the lowest lower and the highest upper one hold as often as
    those of the one group that has the lowest, or the highest, rate.

    False positive identification rates follow from false match rates by 1 - (1 - FMR)^N for N references
    (`harness.statistics.watchlist`). One tested with N0 references, of which top scores are known, lies with N between
    the tested one and 1 - (1 - FPIR)^(N / N0), in whichever order.
    Between two evaluated thresholds the rate lies between those of both, for it falls as thresholds rise.

    Parameters
    ----------
    evaluation : Evaluation
    evidence : Evidence
        The same evaluation, as the gate reads it.
    confidence : float
        Two-sided, of each group's bounds.
    """

    def __init__(self, evaluation: Evaluation, evidence: Evidence, confidence: float) -> None:
        study = evaluation.study
        self._evidence = evidence
        self._tested_size = study.watchlist_size
        self._bounded_below = study.task == "identification" or study.pairing != "within"
        self._lower, self._upper = widest_bounds(_rates_of_searches(evaluation), confidence)

    def at(self, threshold: float, watchlist_size: int) -> Allowed:
        """Return the rates that are allowed.

        Parameters
        ----------
        threshold : float
            As the study states scores; beyond the evaluated ones a rate has only one bound.
        watchlist_size : int
            At least 0.
        """
        lower, upper = self.of_each([threshold], [watchlist_size])
        return self.allowed(float(lower[0]), float(upper[0]))

    def of_each(self, thresholds: npt.ArrayLike, watchlist_sizes: npt.ArrayLike) -> Interval:
        """Return the rates that are allowed at each threshold with the watchlist beside it; see `at`."""
        distinct, which = np.unique(np.asarray(thresholds, np.float64), return_inverse=True)
        tested = np.array([self._tested(threshold) for threshold in distinct.tolist()]).reshape(-1, 2)
        lower, upper = tested[which].T
        if self._tested_size is None:
            return Interval(
                false_alert_rate(lower, watchlist_sizes), false_alert_rate(upper, watchlist_sizes)
            )
        of_lower, of_upper = (
            false_alert_rate_at_size(rates, self._tested_size, watchlist_sizes) for rates in (lower, upper)
        )
        return Interval(of_lower.lower, of_upper.upper)

    def allowed(self, lower: float, upper: float) -> Allowed:
        """Return rates within bounds as this evaluation allows them."""
        return Allowed(lower, upper, self._bounded_below)

    def _tested(self, threshold: float) -> tuple[float, float]:
        lenient, strict = neighbours(threshold, self._evidence)
        lower = self._lower[strict] if strict < len(self._lower) else 0.0
        return lower, self._upper[lenient] if lenient >= 0 else 1.0


def _rates_of_searches(evaluation: Evaluation) -> Iterator[Rates]:
    """The rates between which a search's lies: of groups, or of the full matrix where it was evaluated."""
    for axis in evaluation.judged_axes:
        yield axis.across if axis.across is not None else axis.false_matches


def widest_bounds(every_rate: Iterable[Rates], confidence: float) -> Interval:
    """Return the lowest lower and the highest upper bound of all groups, at each of T thresholds.

    A group without trials may have any rate.
    """
    bounds = [clopper_pearson(r.effective_errors, r.effective_trials, confidence) for r in every_rate]
    lower = np.nan_to_num(np.vstack([interval.lower for interval in bounds]), nan=0.0)
    upper = np.nan_to_num(np.vstack([interval.upper for interval in bounds]), nan=1.0)
    return Interval(lower.min(axis=0), upper.max(axis=0))


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


def limits_of_rates(every: Sequence[Alerts], confidence: float) -> tuple[list[float], list[float]]:
    """Bound the rate of each: from below that of the confirmed alerts, from above that of all never settled too."""
    counts = np.array([(one.faces, one.fewest, one.most) for one in every], np.float64).reshape(-1, 3)
    faces, fewest, most = counts.T
    lower, upper = clopper_pearson(fewest, faces, confidence)
    unsettled = most > fewest
    upper[unsettled] = clopper_pearson(most[unsettled], faces[unsettled], confidence).upper
    return lower.tolist(), upper.tolist()


def judge_agreement(alerts: Alerts, allowed: Allowed, limits: tuple[float, float], ratio: float) -> Judgement:
    """Say whether false alerts agree with the rates that an evaluation allows.

    Parameters
    ----------
    alerts : Alerts
    allowed : Allowed
        Its bounds at `shared_confidence`.
    limits : tuple of float
        Of the alerts' rate, at the same: the exact (Clopper-Pearson) ones of `limits_of_rates`.
    ratio : float
        Above 1: alerts agree where their rate is shown to be at most this many times the highest allowed.

    Returns
    -------
    Judgement
        More or fewer, where the limits lie above or below all that is allowed; agrees, where neither, the rate is shown
        to be at most `ratio` times the highest allowed, and the allowed rates are close enough that others would have
        disagreed; else it cannot be told.
    """
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

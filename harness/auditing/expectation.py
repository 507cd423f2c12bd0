"""Which false alert rates an evaluation allows, at a threshold and with a watchlist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.arrays import FloatArray
from harness.evaluation import Evaluation
from harness.gate.evidence import Evidence
from harness.gate.safety import neighbours
from harness.statistics.intervals import Interval, clopper_pearson
from harness.statistics.rates import Rates
from harness.statistics.watchlist import false_alert_rate, false_match_rate_behind

__all__ = ["Allowed", "Expectation", "widest_bounds"]


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
    """What an evaluation expects of searches, whoever passes by.

    Who passes by is not published, so nothing is assumed of it: with share w of the faces in group g the rate is
    sum(w FPIR_g), which lies between the lowest and the highest group's. Each group's bounds are
    Clopper-Pearson limits on effective counts; the lowest lower and the highest upper one hold as often as
    those of the one group that has the lowest, or the highest, rate.

    False positive identification rates follow from the evaluation's by 1 - (1 - FMR)^N for N references
    (`harness.statistics.watchlist`); one that was tested with N0 references is first brought back to the FMR behind it.
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
        """Return which rates are allowed.

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
        """Return which rates are allowed at each threshold with the watchlist beside it; see `at`."""
        distinct, which = np.unique(np.asarray(thresholds, np.float64), return_inverse=True)
        tested = np.array([self._tested(threshold) for threshold in distinct.tolist()]).reshape(-1, 2)
        lower, upper = tested[which].T
        return Interval(self._scaled(lower, watchlist_sizes), self._scaled(upper, watchlist_sizes))

    def allowed(self, lower: float, upper: float) -> Allowed:
        """Return rates within bounds as this evaluation allows them."""
        return Allowed(lower, upper, self._bounded_below)

    def _tested(self, threshold: float) -> tuple[float, float]:
        lenient, strict = neighbours(threshold, self._evidence)
        lower = self._lower[strict] if strict < len(self._lower) else 0.0
        return lower, self._upper[lenient] if lenient >= 0 else 1.0

    def _scaled(self, rates: FloatArray, sizes: npt.ArrayLike) -> FloatArray:
        behind = rates if self._tested_size is None else false_match_rate_behind(rates, self._tested_size)
        return false_alert_rate(behind, sizes)


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

"""From the counts of two matchers to what changes on one axis, at each pair of thresholds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.arrays import BoolArray, IntArray
from harness.change.points import AxisPoints, Point
from harness.change.result import (
    Bounded,
    Change,
    ChangeVerdict,
    GroupErrors,
    PairedComparison,
    PairOfGroups,
    verdict_on,
)
from harness.counting import MATED, NON_MATED, Cell, Counts, SubjectCounts
from harness.counting.grouping import AxisGrouping
from harness.evaluation.run import Effects, effects_of_subjects
from harness.statistics.clustering import carried
from harness.statistics.differentials import pairs
from harness.statistics.intervals import Interval, one_sided, ratio_interval
from harness.statistics.paired import (
    PairedErrors,
    growth_to_show_unchanged,
    paired_design_effect,
    widening,
)
from harness.statistics.rates import Rates, false_match_rates, false_non_match_rates
from harness.verdict_rule import have_enough, is_saturated, obstacles

__all__ = ["CountedBySubject", "Judge"]

CountedBySubject: TypeAlias = tuple[Counts, SubjectCounts | None]
"""Counts of one matcher's comparisons, and of every subject's at the same thresholds."""


class Judge:
    """Judges one axis.

    Parameters
    ----------
    comparison : PairedComparison
        What is known before anything is judged.
    grouping : AxisGrouping
    old, new : CountedBySubject
        Of the same trials.
    both : mapping of Cell to ndarray of int64, shape (2, number of pairs of thresholds)
        Comparisons that match with both matchers.
    thresholds : sequence of (float, float)
        Those pairs of thresholds.
    """

    def __init__(
        self,
        comparison: PairedComparison,
        grouping: AxisGrouping,
        old: CountedBySubject,
        new: CountedBySubject,
        both: Mapping[Cell, IntArray],
        thresholds: Sequence[tuple[float, float]],
    ) -> None:
        self.comparison, self.grouping = comparison, grouping
        self.sides = [_Side(grouping, *of) for of in (old, new)]
        self.cells = self.sides[0].within.cells
        self._column = {at: column for column, at in enumerate(thresholds)}
        self._both = np.zeros((len(self.cells), 2, len(thresholds)), np.int64)
        index = {cell: i for i, cell in enumerate(self.cells)}
        for cell, matches in both.items():
            shared = grouping.shared(cell)
            if shared is not None:
                self._both[index[shared]] += matches

    def changes(self, axis: AxisPoints, *, judged: bool) -> Iterator[Change]:
        """Yield what changes in false matches and in misses, at every point that is told."""
        for truth in (NON_MATED, MATED):
            yield from self._of_rate(axis.points, truth, judged=judged)

    def _of_rate(self, points: Sequence[Point], truth: int, *, judged: bool) -> Iterator[Change]:
        comparison = self.comparison
        at = [
            np.searchsorted(side.within.thresholds, [point.thresholds[i] for point in points])
            for i, side in enumerate(self.sides)
        ]
        rates = [side.rates(truth, where, comparison) for side, where in zip(self.sides, at, strict=True)]
        errors = self._errors(points, truth, at, rates)
        found = _Bounds(errors, rates, comparison.policy.confidence)
        misses = truth == MATED
        tolerance = comparison.tolerance if not misses else comparison.tolerance_of_misses
        tolerated = tolerance or comparison.tolerance
        growth = growth_to_show_unchanged(
            errors, found.first, found.second, tolerated, comparison.policy.confidence
        )
        hindered, enough = self._obstacles(rates[0], truth), self._enough(rates[0], truth)
        full = [False] * len(points) if misses else _saturated(rates)
        for p, point in enumerate(points):
            if not point.told:
                continue
            why = [*hindered, *(["more than half of all match there"] if full[p] else [])]
            groups = tuple(self._groups(rates[0], errors, truth, p))
            few = ~enough | np.array([group.is_few for group in groups])
            lower, upper, told = found.decisive(p, few)
            # Of a group with few errors nothing is shown: no widening, and not that nothing widens.
            shown = verdict_on(lower, math.inf if few.any() or hindered else upper, tolerated)
            yield Change(
                axis=self.grouping.axis.name,
                rate=rates[0].name,
                at=point.at,
                judged=judged and point.reference and tolerance is not None,
                reference=point.reference,
                old_threshold=comparison.study.sign * point.thresholds[0] + 0.0,
                new_threshold=comparison.new_study.sign * point.thresholds[1] + 0.0,
                old_pooled=float(rates[0].pooled[p]),
                new_pooled=float(rates[1].pooled[p]),
                groups=groups,
                pairs=tuple(found.pairs(rates[0].groups, p)),
                lower=lower,
                upper=upper,
                told=told,
                verdict=ChangeVerdict.INCONCLUSIVE if full[p] else shown,
                obstacles=tuple(why),
                growth_needed=float(growth[:, p].max(initial=0.0)) if not why else float("inf"),
                tolerance=tolerated,
            )

    def _errors(
        self, points: Sequence[Point], truth: int, at: Sequence[IntArray], rates: Sequence[Rates]
    ) -> PairedErrors:
        """Count errors of either matcher and of both, and measure the design effect of their ratio."""
        columns = [self._column[point.thresholds] for point in points]
        both = self._both[:, truth][:, columns]
        old, new = (of.errors for of in rates)
        if truth == MATED:  # neither matches
            trials = rates[0].trials[:, None]
            both = trials - (trials - old) - (trials - new) + both
        effect = np.ones(old.shape)
        for i, cell in enumerate(self.cells):
            of_each = [
                side.errors_of_each(cell, truth, where) for side, where in zip(self.sides, at, strict=True)
            ]
            if of_each[0] is None or of_each[1] is None:
                continue
            discordant = old[i] + new[i] - 2 * both[i]
            measured = paired_design_effect(
                of_each[0], of_each[1], both[i], touch_two=self.sides[0].touch_two(truth)
            )
            falling = np.argsort(-discordant, kind="stable")
            effect[i, falling] = carried(measured[falling], discordant[falling])
        return PairedErrors(old, new, both, effect)

    def _obstacles(self, rates: Rates, truth: int) -> list[str]:
        trials = dict(zip(rates.groups, rates.trials.tolist(), strict=True))
        if truth == MATED:
            none = [f"{group} has no mated trials" for group, count in trials.items() if not count]
            return none if len(trials) > 1 else ["there is only one group"]
        return obstacles(trials, self._subjects(rates, truth), self.comparison.policy)

    def _enough(self, rates: Rates, truth: int) -> BoolArray:
        """Say of which groups a widening can be shown."""
        if truth == MATED:
            return np.asarray(rates.trials > 0)
        trials = dict(zip(rates.groups, rates.trials.tolist(), strict=True))
        has = have_enough(trials, self._subjects(rates, truth), self.comparison.policy)
        return np.array(list(has.values()))

    def _subjects(self, rates: Rates, truth: int) -> dict[str, int] | None:
        known = self.sides[0].subjects(truth)
        return None if known is None else dict(zip(rates.groups, known, strict=True))

    def _groups(self, rates: Rates, errors: PairedErrors, truth: int, p: int) -> Iterator[GroupErrors]:
        known = self.sides[0].subjects(truth)
        for i, group in enumerate(rates.groups):
            yield GroupErrors(
                group=group,
                trials=int(rates.trials[i]),
                old=int(errors.old[i, p]),
                new=int(errors.new[i, p]),
                both=int(errors.both[i, p]),
                subjects=None if known is None else known[i],
                design_effect=float(errors.design_effect[i, p]),
            )


def _saturated(rates: Sequence[Rates]) -> list[bool]:
    of_each = (is_saturated(one.errors.tolist(), one.trials.tolist()) for one in rates)
    return [any(at) for at in zip(*of_each, strict=True)]


class _Side:
    """The counts of one matcher in the groups of an axis."""

    def __init__(self, grouping: AxisGrouping, counts: Counts, by_subject: SubjectCounts | None) -> None:
        self._grouping, self._by_subject = grouping, by_subject
        self.within = grouping.within(counts)
        self._effects = (
            Effects.independent(len(self.within.cells), len(counts.thresholds))
            if by_subject is None
            else effects_of_subjects(
                grouping.study, self.within, by_subject, grouping.shared, counts.thresholds
            )[0]
        )

    def touch_two(self, truth: int) -> bool:
        """Whether each trial touches two subjects."""
        study = self._grouping.study
        return len(study.subjects) == 2 and (truth == NON_MATED or study.identities == "separate")

    def subjects(self, truth: int) -> list[int] | None:
        """Count the subjects in the trials of each group."""
        known = self._effects.subjects
        return None if known is None else [of_group[truth] for of_group in known]

    def rates(self, truth: int, at: IntArray, comparison: PairedComparison) -> Rates:
        """Return the rates of every group at thresholds, given by their indices."""
        make, effect = (
            (false_match_rates, self._effects.false_match)
            if truth == NON_MATED
            else (false_non_match_rates, self._effects.false_non_match)
        )
        confidence = comparison.policy.confidence
        found = make(self.within, task=comparison.study.task, confidence=confidence, design_effect=effect)
        return replace(
            found,
            errors=found.errors[:, at],
            design_effect=found.design_effect[:, at],
            estimate=found.estimate[:, at],
            lower=found.lower[:, at],
            upper=found.upper[:, at],
        )

    def errors_of_each(self, cell: Cell, truth: int, at: IntArray) -> IntArray | None:
        """Count the errors in the trials of each subject, shape (S, P); None where the study names none."""
        if self._by_subject is None:
            return None
        trials, matches = self._by_subject.of_each(self._grouping.shared, cell, mated=truth == MATED)
        return matches[:, at] if truth == NON_MATED else trials[:, None] - matches[:, at]


class _Bounds:
    """Bounds of every pair of groups, at P pairs of thresholds."""

    def __init__(self, errors: PairedErrors, rates: Sequence[Rates], confidence: float) -> None:
        self.first, self.second = pairs(len(errors.old))
        self._errors, self._rates = errors, rates
        self._told = self._at(confidence)
        significance = (1 - confidence) / max(len(self.first), 1)
        *_, detection = self._at(1 - significance)
        *_, tolerance = self._at(one_sided(confidence))
        self._lower, self._upper = detection.lower, tolerance.upper

    def _at(self, confidence: float) -> tuple[Interval, Interval, Interval, Interval]:
        """Bound the ratio with either matcher, its change, and the widening."""
        change = self._errors.changes(self.first, self.second, confidence)
        old, new = (
            ratio_interval(
                of.effective_errors[self.first],
                of.effective_trials[self.first],
                of.effective_errors[self.second],
                of.effective_trials[self.second],
                confidence,
            )
            for of in self._rates
        )
        return old, new, change, widening(change, old, new)

    def decisive(self, p: int, few: BoolArray) -> tuple[float, float, int]:
        """Return the largest lower and the largest upper bound of a widening, and the pair that decides.

        Pairs with a group of few errors have no lower bound.
        """
        lower = np.where(few[self.first] | few[self.second], 0.0, self._lower[:, p])
        upper = np.where(np.isnan(self._upper[:, p]), np.inf, self._upper[:, p])
        if not len(lower) or np.isnan(lower).any():
            return float("nan"), float("nan"), -1
        told = int(lower.argmax() if lower.max() > 1 else upper.argmax())
        return float(lower.max()), float(upper.max()), told

    def pairs(self, groups: Sequence[str], p: int) -> Iterator[PairOfGroups]:
        """Yield every pair of groups, the one with the higher rate of the new matcher first."""
        with np.errstate(divide="ignore", invalid="ignore"):
            old, new = (of.estimate[self.first, p] / of.estimate[self.second, p] for of in self._rates)
            change = new / old
            apart = np.exp(np.abs(np.log(new)) - np.abs(np.log(old)))
        bounds = [Interval(one.lower[:, p], one.upper[:, p]) for one in self._told]
        for i, (first, second) in enumerate(zip(self.first, self.second, strict=True)):
            turned = bool(new[i] < 1)
            more, fewer = (second, first) if turned else (first, second)
            old_ratio, new_ratio, its_change = (
                _bounded(estimate[i], bound, i, turned=turned)
                for estimate, bound in zip((old, new, change), bounds, strict=False)
            )
            yield PairOfGroups(
                groups[more],
                groups[fewer],
                old_ratio,
                new_ratio,
                its_change,
                _bounded(apart[i], bounds[3], i, turned=False),
            )


def _bounded(estimate: np.float64, bound: Interval, i: int, *, turned: bool) -> Bounded:
    numbers: npt.NDArray[np.float64] = np.array([estimate, bound.lower[i], bound.upper[i]])
    if turned:
        with np.errstate(divide="ignore"):
            numbers = (1 / numbers)[[0, 2, 1]]
    return Bounded(*numbers.tolist())

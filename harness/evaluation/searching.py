"""From counts of searches to what an evaluation tells of them besides rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from harness.arrays import FloatArray, IntArray
from harness.counting import NON_MATED, Counts
from harness.counting.grouping import AxisGrouping
from harness.evaluation.searches import THIS_LIST, WRONG, AxisSearches, Searches, population_of
from harness.statistics.intervals import clopper_pearson
from harness.statistics.list_clusters import only_matches, two_way_effect
from harness.statistics.list_subjects import list_subjects
from harness.statistics.rates import Rates
from harness.study import Policy

if TYPE_CHECKING:
    from harness.evaluation.counted import Counted

__all__ = ["axis_searches", "effects_of_list", "searches_of", "warnings_on_searches"]


def searches_of(counted: Counted, policy: Policy) -> Searches | None:
    """Return what is known of searches; None of comparisons 1:1."""
    study, found = counted.study, counted.list_matches
    if study.task != "identification":
        return None
    return Searches(
        counted.returned_known,
        population_of(study, matches_known=found is not None),
        None if found is None else list_subjects(found, counted.thresholds, policy.confidence),
    )


def warnings_on_searches(counted: Counted) -> tuple[str, ...]:
    """Tell where misses are only bounded, and where intervals hold for one list alone though nobody asked for that."""
    study, told = counted.study, []
    if study.task != "identification":
        return ()
    if not counted.returned_known:
        told.append(
            "FNIR is a lower bound: who was returned is not known; give the right person's score, the top candidate or "
            "candidates (own_score, top_candidate or candidates in the study)"
        )
    if len(study.subjects) == 1 and counted.list_matches is None and study.population != THIS_LIST:
        told.append(
            "intervals hold for this very watchlist only: searches that match one subject on it go together, and the "
            "study does not tell whom they match; for lists like it give candidates, or the top candidate as a second "
            "column of subjects; if this list is meant, say so (population: this list)"
        )
    return tuple(told)


def effects_of_list(grouping: AxisGrouping, counted: Counted) -> Callable[[Counts], FloatArray] | None:
    """Return what measures the design effect of FPIR for lists alike, from who on the list is matched.

    Returns
    -------
    callable or None
        Given counts of the groups of the axis, it gives the effect on each at every threshold, shape (G, T). None where
        it is not known who is matched, or the intervals are for this list alone.
    """
    found, study = counted.list_matches, grouping.study
    if found is None or study.population == THIS_LIST:
        return None
    groups = np.array(
        [grouping.group_of_labels(found.columns, labels) for labels in found.probe_cells], object
    )

    def effects(within: Counts) -> FloatArray:
        of_list = only_matches(found, within.thresholds)
        counted = zip(within.cells, within.matches[:, NON_MATED], within.trials[:, NON_MATED], strict=True)
        return np.array(
            [
                two_way_effect(of_list, groups == group, matches, int(trials))
                for (group,), matches, trials in counted
            ]
        )

    return effects


def axis_searches(
    grouping: AxisGrouping, counted: Counted, misses: Rates, design_effect: FloatArray
) -> AxisSearches | None:
    """Count what becomes of mated searches in the groups of an axis; None where that is not known.

    Parameters
    ----------
    grouping : AxisGrouping
    counted : Counted
    misses : Rates
        FNIR of the groups.
    design_effect : ndarray of float64, shape (G, T)
        Of wrong-person alerts.
    """
    found = counted.searches
    if found is None:
        return None
    at = np.searchsorted(found.thresholds, counted.thresholds)
    row = {group: index for index, group in enumerate(misses.groups)}
    cells = [
        (index, group)
        for index, cell in enumerate(found.cells)
        if (group := grouping.group(cell)) is not None
    ]
    of, target = [index for index, _ in cells], [row[group] for _, group in cells]

    def summed(by_cell: IntArray) -> IntArray:
        by_group = np.zeros((len(row), *by_cell.shape[1:]), np.int64)
        np.add.at(by_group, target, by_cell[of])
        return by_group

    wrong = summed(found.wrong[:, at])
    interval = clopper_pearson(
        wrong / design_effect, misses.trials[:, None] / design_effect, misses.confidence
    )
    with np.errstate(invalid="ignore"):
        estimate = wrong / misses.trials[:, None]
    return AxisSearches(
        Rates(
            WRONG, misses.groups, misses.trials, wrong, design_effect, estimate, interval.lower, interval.upper,
            misses.confidence,
        ),
        summed(found.failed),
        summed(found.below[:, at]),
        summed(found.outranked[:, at]),
    )  # fmt: skip

"""Design effects of an axis from the counts by subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.arrays import FloatArray
from harness.counting import MATED, NON_MATED, Cell, Counts, SubjectCounts
from harness.statistics.clustering import carried, design_effect, on_finer_thresholds, small_sample
from harness.study import Study

__all__ = ["Effects", "effects_of_subjects"]


@dataclass(frozen=True, eq=False)
class Effects:
    """What clustering by subject does to the rates of G groups at T thresholds.

    Attributes
    ----------
    false_match, false_non_match : ndarray of float64, shape (G, T)
    subjects : tuple of (int, int), length G, or None
        How many subjects are in the non-mated and in the mated comparisons; None where that is not known.
    """

    false_match: FloatArray
    false_non_match: FloatArray
    subjects: tuple[tuple[int, int], ...] | None

    @classmethod
    def independent(cls, groups: int, thresholds: int) -> Effects:
        """Return the effects of comparisons that are independent: none."""
        none = np.ones((groups, thresholds))
        return cls(none, none, None)


def effects_of_subjects(
    study: Study,
    grouped: Counts,
    by_subject: SubjectCounts,
    cell_of: Callable[[Cell], Cell | None],
    *of: FloatArray,
) -> tuple[Effects, ...]:
    """Measure the design effect of every group, and carry it to finer thresholds.

    Parameters
    ----------
    study : Study
    grouped : Counts
        Regrouped, at thresholds that hold those of ``by_subject`` and those asked for.
    by_subject : SubjectCounts
    cell_of : callable
        What ``grouped`` was regrouped by.
    *of : ndarray of float64
        Sets of thresholds, each to have its own `Effects`.
    """
    coarse, fine = grouped.at(by_subject.thresholds), [grouped.at(thresholds) for thresholds in of]
    effects = [np.ones((2, len(grouped.cells), len(thresholds))) for thresholds in of]
    subjects = np.zeros((len(grouped.cells), 2), np.int64)
    for i, cell in enumerate(grouped.cells):
        for truth in (NON_MATED, MATED):
            sums = by_subject.sums(cell_of, cell, mated=truth == MATED)
            touch_two = len(study.subjects) == 2 and (truth == NON_MATED or study.identities == "separate")
            trials = int(grouped.trials[i, truth])
            measured = design_effect(coarse.matches[i, truth], trials, sums, touch_two=touch_two)
            measured *= small_sample(sums.effective_subjects)
            for thresholds, counts, effect in zip(of, fine, effects, strict=True):
                matches = counts.matches[i, truth]
                errors = matches if truth == NON_MATED else trials - matches
                finer = on_finer_thresholds(measured, coarse.thresholds, thresholds)
                effect[truth, i] = carried(finer, errors)
            subjects[i, truth] = sums.subjects
    counted = tuple((int(non_mated), int(mated)) for non_mated, mated in subjects)
    return tuple(Effects(effect[NON_MATED], effect[MATED], counted) for effect in effects)

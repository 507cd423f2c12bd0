"""What the answer would be without the worst non-mated trials: their counts taken away from those of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from harness.comparisons.trials import Trial
from harness.counting import Cell, SubjectTally, Tally
from harness.evaluation import Counted, conclude
from harness.inspection.result import Step
from harness.study import Policy

__all__ = ["steps", "without"]


def steps(
    counted: Counted, worst: Sequence[Trial], policy: Policy, cell_of: Callable[[int], Cell]
) -> tuple[Step, ...]:
    """Evaluate everything, and without the 1, 2, 5, 10, ... and all of the worst non-mated trials.

    Parameters
    ----------
    counted : Counted
        Of all comparisons; it stays as it is.
    worst : sequence of Trial
        Non-mated, the highest score first; fewer than there are.
    policy : Policy
    cell_of : callable
        From a cell's number to its values.
    """
    return tuple(
        Step(number, conclude(without(counted, worst[:number], cell_of), policy))
        for number in [0, *_one_two_five(len(worst))]
    )


def without(counted: Counted, trials: Sequence[Trial], cell_of: Callable[[int], Cell]) -> Counted:
    """Take trials away from counts; the thresholds stay those of all comparisons."""
    if not trials:
        return counted
    scores = np.array([trial.score for trial in trials], np.float64)
    codes = np.array([trial.code for trial in trials], np.int32)
    tally = Tally(counted.all.columns, counted.all.thresholds, count_missing=False)
    tally.add(scores, codes)
    by_subject = counted.by_subject
    if by_subject is not None:
        subjects = int(by_subject.subjects.max()) + 1
        theirs = SubjectTally(by_subject.thresholds, subjects, count_missing=False)
        theirs.add(scores, codes, list(np.array([trial.numbers for trial in trials], np.int32).T))
        by_subject = by_subject - theirs.counts(cell_of)
    return replace(counted, all=counted.all - tally.counts(cell_of), by_subject=by_subject)


def _one_two_five(highest: int) -> list[int]:
    series = {factor * 10**power for power in range(len(str(highest))) for factor in (1, 2, 5)}
    return sorted({step for step in series if step < highest} | ({highest} if highest else set()))

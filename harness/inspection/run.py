"""The whole way from scores to an inspection, and the answer without the worst non-mated trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from harness import engines
from harness.comparisons import Comparisons, Scores
from harness.comparisons.images.pair_source import PairSource
from harness.comparisons.repeats import Repeats, repeats
from harness.comparisons.trials import Trial, extremes, tails
from harness.counting import NON_MATED, Cell, SubjectTally, Tally
from harness.counting.thresholds import Thresholds
from harness.errors import InputError
from harness.evaluation import Counted, PolicyLike, StudyLike, conclude, count_for
from harness.inspection.result import Inspection, Step
from harness.inspection.suspicion import (
    DEEPEST_TAIL,
    SuspiciousSubject,
    SuspiciousTrial,
    judged,
    suspicious_subjects,
    thresholds_around,
)
from harness.study import Policy, load_policy, load_study

__all__ = ["inspect", "steps", "without"]

MOST = 10_000
LOOKED_AT = 1000
"""Of either label: enough to find the subjects behind them, few enough to hold."""


def inspect(
    scores: Scores,
    *,
    study: StudyLike,
    policy: PolicyLike = None,
    thresholds: Thresholds | None = None,
    worst: int = 20,
    progress: Callable[[int, int | None], None] = lambda rows, total: None,
) -> Inspection:
    """Find comparisons that look mislabelled, and how far the safe threshold rests on the worst of them.

    The same person under two identities and a wrong label make non-mated scores that look mated. These lie
    in the tail from which a false match rate is read, so that few of them move it. Nothing is removed.

    Parameters
    ----------
    scores, study, policy, thresholds, progress
        As `harness.evaluate` takes them.
    worst : int, optional
        How many trials of either label to list, and how many non-mated ones to evaluate without.

    Returns
    -------
    Inspection

    Raises
    ------
    InputError
        As `harness.evaluate` does, and where ``worst`` is not from 1 to 10,000.

    Examples
    --------
    >>> found = inspect("data_synthetic/sample.csv", study="data_synthetic/study.yaml", worst=5)
    >>> found.flagged_non_mated, found.flagged_mated
    (0, 0)
    """
    if not 1 <= worst <= MOST:
        raise InputError(f"worst is {worst}; give a number from 1 to {MOST:,}")
    if isinstance(scores, PairSource):
        raise InputError(f"{scores.what} have no rows to list; inspect takes scores that are written out")
    study, policy = load_study(study), load_policy(policy)
    policy.axes_of(study)  # refuses before anything is read, as the next does
    study.require_top_scores("inspect")
    if study.matrix is not None:
        raise InputError(
            "the scores of a matrix have no rows to list; inspect takes scores that are written out"
        )
    with Comparisons(scores, study, digested=True) as comparisons:
        counted = count_for(comparisons, policy, thresholds, progress)
        inspection = _inspected(comparisons, counted, policy, worst)
        comparisons.inputs()  # refuses what changed since it was counted
        return inspection


def _inspected(comparisons: Comparisons, counted: Counted, policy: Policy, worst: int) -> Inspection:
    study, looked_at = comparisons.study, max(worst, LOOKED_AT)
    coding = comparisons.read(lambda coding: coding)
    found = {truth: extremes(comparisons, coding, looked_at, mated=truth) for truth in (False, True)}
    counts = engines.count(comparisons, thresholds_around(found[False], found[True]))
    outermost = tails(comparisons, coding, DEEPEST_TAIL + 1)
    non_mated, mated = (
        judged(found[truth], counts, outermost, study, mated=truth) for truth in (False, True)
    )
    scored = counted.all.trials - (counted.all.missing if study.missing_scores == "count" else 0)
    # Without any non-mated trial there would be nothing to evaluate.
    droppable = min(worst, int(scored[:, NON_MATED].sum()) - 1)
    repeated_rows, repeated = _repeats(comparisons, worst)
    return Inspection(
        non_mated=non_mated[:worst],
        mated=mated[:worst],
        flagged_non_mated=sum(trial.suspicious for trial in non_mated),
        flagged_mated=sum(trial.suspicious for trial in mated),
        looked_at=looked_at,
        subjects=_subjects(found, {False: non_mated, True: mated}, counted),
        repeated_rows=repeated_rows,
        repeats=repeated,
        steps=steps(counted, found[False][:droppable], policy, coding.cell),
    )


def _subjects(
    found: dict[bool, tuple[Trial, ...]],
    judgements: dict[bool, tuple[SuspiciousTrial, ...]],
    counted: Counted,
) -> tuple[SuspiciousSubject, ...]:
    if counted.by_subject is None:
        return ()
    flagged = {truth: _flagged(found[truth], judgements[truth]) for truth in (False, True)}
    return suspicious_subjects(flagged[False], flagged[True], counted.by_subject)


def _flagged(trials: Sequence[Trial], judgements: Sequence[SuspiciousTrial]) -> list[Trial]:
    return [trial for trial, judgement in zip(trials, judgements, strict=True) if judgement.suspicious]


def _repeats(comparisons: Comparisons, count: int) -> tuple[int | None, tuple[Repeats, ...]]:
    if len(comparisons.study.subjects) < 2:
        return None, ()
    rows, found = comparisons.read(lambda coding: repeats(comparisons, coding, count))
    sign = comparisons.study.sign
    return rows, tuple(replace(one, score=sign * one.score + 0.0) for one in found)


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
    return replace(
        counted,
        all=counted.all - tally.counts(cell_of),
        by_subject=by_subject,
        searches=None,
        list_matches=None,
    )


def _one_two_five(highest: int) -> list[int]:
    series = {factor * 10**power for power in range(len(str(highest))) for factor in (1, 2, 5)}
    return sorted({step for step in series if step < highest} | ({highest} if highest else set()))

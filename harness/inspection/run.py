"""The whole way from scores to an inspection, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from harness import engines
from harness.comparisons import Comparisons, EmbeddingPairs, Scores
from harness.comparisons.trials import Repeats, Trial, extremes, repeats, tails
from harness.counting import NON_MATED
from harness.counting.thresholds import Thresholds
from harness.errors import InputError
from harness.evaluation import Counted, PolicyLike, StudyLike, count_for
from harness.inspection.people import suspicious_subjects
from harness.inspection.result import Inspection, SuspiciousSubject, SuspiciousTrial
from harness.inspection.sensitivity import steps
from harness.inspection.suspicion import DEEPEST_TAIL, judged, thresholds_around
from harness.study import Policy, load_policy, load_study

__all__ = ["inspect"]

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

    The same person under two identities and a wrong label make non-mated scores that look mated. These stand
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
    """
    if not 1 <= worst <= MOST:
        raise InputError(f"worst is {worst}; give a number from 1 to {MOST:,}")
    if isinstance(scores, EmbeddingPairs):
        raise InputError("pairs of templates have no rows to list; inspect takes scores that are written out")
    study, policy = load_study(study), load_policy(policy)
    policy.axes_of(study)  # refuses before anything is read
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

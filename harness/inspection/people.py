"""Subjects, and pairs of them, that are in several suspicious trials."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from harness.comparisons.trials import Trial
from harness.counting import SubjectCounts
from harness.inspection.result import SuspiciousSubject

__all__ = ["suspicious_subjects"]

SEVERAL = 2

SAME_PERSON = "one person under two identities?"
BAD_ENROLMENT = "a bad image or a wrong name, alike to several people?"
WRONG_LABELS = "swapped labels or a wrong reference?"


def suspicious_subjects(
    non_mated: Sequence[Trial], mated: Sequence[Trial], by_subject: SubjectCounts
) -> tuple[SuspiciousSubject, ...]:
    """Find who is in two suspicious trials or more.

    Parameters
    ----------
    non_mated, mated : sequence of Trial
        The suspicious ones.
    by_subject : SubjectCounts
        Of all comparisons.

    Returns
    -------
    tuple of SuspiciousSubject
        Pairs with several suspicious non-mated trials; subjects with such trials with several others;
        subjects with several suspicious mated trials. Those of most trials first.
    """
    pairs: dict[tuple[int, ...], list[Trial]] = defaultdict(list)
    touching: dict[int, list[Trial]] = defaultdict(list)
    names: dict[int, str] = {}
    for trial in (*non_mated, *mated):
        names.update(zip(trial.numbers, trial.labels, strict=False))
    for trial in non_mated:
        pairs[tuple(sorted(trial.numbers))].append(trial)
        for number in set(trial.numbers):
            touching[number].append(trial)
    found = [
        SuspiciousSubject(tuple(names[n] for n in pair), False, len(trials), 1, None, SAME_PERSON)
        for pair, trials in pairs.items()
        if len(pair) == 2 and len(trials) >= SEVERAL
    ]
    for number, trials in touching.items():
        others = {other for trial in trials for other in trial.numbers if other != number}
        one_sided = all(len(trial.numbers) == 1 for trial in trials)
        if len(trials) >= SEVERAL and (one_sided or len(others) >= SEVERAL):
            total = by_subject.trials_of(number)[0]
            found.append(
                SuspiciousSubject((names[number],), False, len(trials), len(others), total, BAD_ENROLMENT)
            )
    return tuple(
        sorted(
            [*found, *_mated(mated, names, by_subject)],
            key=lambda one: (-one.suspicious_trials, one.subjects),
        )
    )


def _mated(
    trials: Sequence[Trial], names: dict[int, str], by_subject: SubjectCounts
) -> list[SuspiciousSubject]:
    touching: dict[int, int] = defaultdict(int)
    for trial in trials:
        touching[trial.numbers[0]] += 1
    return [
        SuspiciousSubject((names[number],), True, times, 1, by_subject.trials_of(number)[1], WRONG_LABELS)
        for number, times in touching.items()
        if times >= SEVERAL
    ]

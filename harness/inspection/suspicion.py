"""Comparisons that look as if they were of the other truth, and the people who are in several of them.

A non-mated trial is suspicious where its score

- is at or above the median of the mated scores; or
- is at or above their 5 % quantile, and apart from the scores of its own group: by the bulk of the group's tail
  fewer than 0.05 scores as high would be expected.

A mated trial is judged in the same way, with the two exchanged. The second rule finds, where a matcher tells
people apart well, the half of the mislabelled trials that the first misses. It takes the end of a tail as
exponential, the limit for light tails above a high threshold (Pickands 1975, Annals of Statistics 3, 119-131;
used to extrapolate from the outermost scores by Weissman 1978, JASA 73, 812-815; the tails of non-match scores
are treated so by Scheirer et al. 2011, IEEE TPAMI 33, 1689-1695). Of a group's m outermost scores half lie
beyond their median, so the number beyond halves with every further h, the distance from their threshold u to
that median:

    expected(s) = m * 2 ** (-(s - u) / h)

The median, unlike the mean, hardly moves for a few scores that do not belong. Tails lighter than exponential,
as those of bounded scores are, make the rule more cautious; heavier ones make it flag more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from harness.arrays import FloatArray
from harness.comparisons.trials import Tail, Trial
from harness.counting import MATED, NON_MATED, Cell, Counts, SubjectCounts
from harness.study import Study

__all__ = [
    "DEEPEST_TAIL",
    "SuspiciousSubject",
    "SuspiciousTrial",
    "judged",
    "suspicious_subjects",
    "thresholds_around",
]

TYPICAL, POSSIBLE = 0.5, 0.05
"""Shares of the other truth's scores that are less typical than a suspicious one."""
UNEXPECTED = 0.05
SHARE_OF_TAIL = 20
SHALLOWEST_TAIL, DEEPEST_TAIL = 20, 1000


@dataclass(frozen=True)
class SuspiciousTrial:
    """One of the comparisons that look most like those of the other truth.

    Attributes
    ----------
    file : str
        Or the name of what is in memory.
    row : int
        From 1, the header of a CSV not counted.
    score : float
        As the study states scores.
    mated : bool
        As it is labelled.
    subjects, labels : tuple of str
        The values of the study's columns of subjects, and of groups.
    group : str
        The finest group it belongs to.
    less_typical : float
        Share of the scores of the other truth that are less typical of it than this one: of the mated scores
        that are lower, for a non-mated trial; of the non-mated that are higher, for a mated one.
    as_extreme, as_extreme_in_group : int
        Comparisons of its own truth, of all and of its group, that are as far out, itself among them.
    expected_in_group : float or None
        How many of its group would be as far out, going by the bulk of the group's tail; None where the group
        is too small to say.
    suspicious : bool
        Whether it is flagged.
    reason : str
        Why; empty where it is not.
    """

    file: str
    row: int
    score: float
    mated: bool
    subjects: tuple[str, ...]
    labels: tuple[str, ...]
    group: str
    less_typical: float
    as_extreme: int
    as_extreme_in_group: int
    expected_in_group: float | None
    suspicious: bool
    reason: str


@dataclass(frozen=True)
class SuspiciousSubject:
    """A subject, or a pair of them, in several suspicious trials.

    Attributes
    ----------
    subjects : tuple of str
        One, or the two of a pair.
    mated : bool
        Whether the trials are labelled mated.
    suspicious_trials : int
    people : int
        With how many others.
    trials : int or None
        All trials of that truth that touch the subject; None for a pair.
    reading : str
        What may be behind it.
    """

    subjects: tuple[str, ...]
    mated: bool
    suspicious_trials: int
    people: int
    trials: int | None
    reading: str


@dataclass(frozen=True)
class _Decay:
    """How the number of a group's scores falls off outwards."""

    start: float
    scores: int
    half: float
    """The distance outwards over which it halves; negative where that is downwards."""

    @classmethod
    def of(cls, tail: Tail) -> _Decay | None:
        size = min(max(SHALLOWEST_TAIL, tail.trials // SHARE_OF_TAIL), DEEPEST_TAIL)
        if tail.trials < 2 * size or len(tail.scores) <= size:
            return None
        start = tail.scores[size]
        half = median(tail.scores[:size]) - start
        return cls(start, size, half) if half else None

    def expected(self, score: float) -> float:
        outwards = max(0.0, (score - self.start) / self.half)
        return self.scores * float(2.0**-outwards)


def thresholds_around(non_mated: Sequence[Trial], mated: Sequence[Trial]) -> FloatArray:
    """Return the thresholds at which counts tell who is at least as extreme as each trial."""
    at = np.array([trial.score for trial in non_mated], np.float64)
    above = np.nextafter(np.array([trial.score for trial in mated], np.float64), np.inf)
    return np.unique(np.concatenate([at, above])) + 0.0


def judged(
    trials: Sequence[Trial],
    counts: Counts,
    tails: Mapping[tuple[Cell, bool], Tail],
    study: Study,
    *,
    mated: bool,
) -> tuple[SuspiciousTrial, ...]:
    """Say of each trial how it looks.

    Parameters
    ----------
    trials : sequence of Trial
        All of one label.
    counts : Counts
        At `thresholds_around`, of all comparisons.
    tails : mapping of (cell, mated) to Tail
        With more than 1,000 scores where there are as many.
    study : Study
    mated : bool
        Their label.
    """
    decays = {cell: _Decay.of(tail) for (cell, truth), tail in tails.items() if truth == mated}
    reached = _Reached(counts, study)
    found = []
    for trial in trials:
        threshold = float(np.nextafter(trial.score, np.inf)) if mated else trial.score
        others = reached.share(threshold, NON_MATED) if mated else 1 - reached.share(threshold, MATED)
        own = MATED if mated else NON_MATED
        decay = decays.get(trial.cell)
        expected = None if decay is None else decay.expected(trial.score)
        reason = _reason(others, expected, mated=mated)
        found.append(
            SuspiciousTrial(
                file=trial.file,
                row=trial.row,
                score=study.sign * trial.score + 0.0,
                mated=mated,
                subjects=trial.labels[: len(study.subjects)],
                labels=trial.labels[len(study.subjects) :],
                group=_name(trial.cell),
                less_typical=others,
                as_extreme=reached.as_extreme(threshold, own, None),
                as_extreme_in_group=reached.as_extreme(threshold, own, trial.cell),
                expected_in_group=expected,
                suspicious=bool(reason),
                reason=reason,
            )
        )
    return tuple(found)


def _reason(less_typical: float, expected: float | None, *, mated: bool) -> str:
    other = "non-mated" if mated else "mated"
    if less_typical >= TYPICAL:
        return f"more typical of {other} trials than half of theirs"
    if less_typical >= POSSIBLE and expected is not None and expected < UNEXPECTED:
        return f"within the range of {other} trials, and apart from the others of its group"
    return ""


class _Reached:
    """Reads counts of scores, those without a score left out."""

    def __init__(self, counts: Counts, study: Study) -> None:
        self._counts = counts
        missing = counts.missing if study.missing_scores == "count" else np.zeros_like(counts.missing)
        self._scores = counts.trials - missing
        self._row = {cell: i for i, cell in enumerate(counts.cells)}

    def share(self, threshold: float, truth: int) -> float:
        """Share of the scores of a truth at or above a threshold."""
        return self._matches(threshold, truth, None) / int(self._scores[:, truth].sum())

    def as_extreme(self, threshold: float, truth: int, cell: Cell | None) -> int:
        """Non-mated scores at or above a threshold, or mated ones below; in one cell or in all."""
        matches = self._matches(threshold, truth, cell)
        rows = slice(None) if cell is None else self._row[cell]
        return matches if truth == NON_MATED else int(self._scores[rows, truth].sum()) - matches

    def _matches(self, threshold: float, truth: int, cell: Cell | None) -> int:
        index = int(np.searchsorted(self._counts.thresholds, threshold))
        rows = slice(None) if cell is None else self._row[cell]
        return int(self._counts.matches[rows, truth, index].sum())


def _name(cell: Cell) -> str:
    return "×".join("(sides differ)" if value is None else value for value in cell)


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

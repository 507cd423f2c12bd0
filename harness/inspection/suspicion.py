"""Which comparisons look as if they were of the other truth.

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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from harness.arrays import FloatArray
from harness.comparisons.trials import Tail, Trial
from harness.counting import MATED, NON_MATED, Cell, Counts
from harness.inspection.result import SuspiciousTrial
from harness.study import Study

__all__ = ["DEEPEST_TAIL", "judged", "thresholds_around"]


TYPICAL, POSSIBLE = 0.5, 0.05
"""Shares of the other truth's scores that are less typical than a suspicious one."""
UNEXPECTED = 0.05
SHARE_OF_TAIL = 20
SHALLOWEST_TAIL, DEEPEST_TAIL = 20, 1000


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
        place = int(np.searchsorted(self._counts.thresholds, threshold))
        rows = slice(None) if cell is None else self._row[cell]
        return int(self._counts.matches[rows, truth, place].sum())


def _name(cell: Cell) -> str:
    return "×".join("(sides differ)" if value is None else value for value in cell)

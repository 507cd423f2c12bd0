"""What counts by cell and by subject: NumPy's kernels, or for very many comparisons loops compiled by Numba."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Protocol

from harness.arrays import FloatArray, IntArray, Integers, ScoreArray
from harness.counting.counts import Cell, Counts
from harness.counting.subject_tally import SubjectTally
from harness.counting.subjects import SubjectCounts
from harness.counting.tally import Tally

__all__ = ["Tallies", "tallies_for"]


MANY = 1 << 24
"""So many comparisons take longer to count than Numba takes to load."""
MOST_KEYS = 1 << 24
"""The compiled loops keep a number for every code of every subject, which for more would take too much memory."""


class Tallies(Protocol):
    """Adds batches up by cell and by subject, in place."""

    def add(self, scores: ScoreArray, codes: Integers, touched: Sequence[Integers]) -> None:
        """Count one batch; see `harness.counting.SubjectTally.add`."""

    def counts(
        self, cell_of_number: Callable[[int], Cell], number_of_place: IntArray
    ) -> tuple[Counts, SubjectCounts]:
        """Return what was counted; can be done once."""


class NumpyTallies:
    """A `Tally` and a `SubjectTally`."""

    def __init__(self, tally: Tally, by_subject: SubjectTally) -> None:
        self._tally, self._by_subject = tally, by_subject

    def add(self, scores: ScoreArray, codes: Integers, touched: Sequence[Integers]) -> None:
        """Count one batch; see `SubjectTally.add`."""
        self._tally.add(scores, codes)
        self._by_subject.add(scores, codes, touched)

    def counts(
        self, cell_of_number: Callable[[int], Cell], number_of_place: IntArray
    ) -> tuple[Counts, SubjectCounts]:
        """Return what was counted; can be done once."""
        return self._tally.counts(cell_of_number), self._by_subject.counts(cell_of_number, number_of_place)


def tallies_for(
    rows: int | None,
    columns: Sequence[str],
    thresholds: FloatArray,
    at: FloatArray,
    places: int,
    codes: int,
    *,
    count_missing: bool,
) -> Tallies:
    """Return what counts so many comparisons soonest; either counts alike.

    Parameters
    ----------
    rows : int or None
        How many comparisons there are; None where that is not known, or where memory must be spared.
    columns, thresholds, count_missing
        As in `Tally`.
    at : ndarray of float64
        Those of the thresholds to count by subject at.
    places : int
        As in `SubjectTally`.
    codes : int
        All codes are below.
    """
    many = rows is not None and rows >= MANY and places * codes <= MOST_KEYS
    if many and find_spec("numba") is not None:
        from harness.counting.compiled_tallies import CompiledTallies

        return CompiledTallies(columns, thresholds, at, places, codes, count_missing=count_missing)
    return NumpyTallies(
        Tally(columns, thresholds, count_missing=count_missing),
        SubjectTally(at, places, count_missing=count_missing),
    )

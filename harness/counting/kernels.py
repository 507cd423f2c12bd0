"""What counts by subject: NumPy's kernel, or for very many comparisons the compiled one, where Numba is installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.counting.counts import Cell
from harness.counting.subject_tally import SubjectTally
from harness.counting.subjects import SubjectCounts

__all__ = ["subject_tally"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
Scores: TypeAlias = npt.NDArray[np.float32] | FloatArray
Integers: TypeAlias = npt.NDArray[np.integer[Any]]

MANY = 1 << 24
"""So many comparisons take longer to count than Numba takes to load."""
MOST_CODES = 1 << 10
"""The compiled kernel keeps a place for every code of every subject, which for more would take too much memory."""


class AnySubjectTally(Protocol):
    """What `SubjectTally` offers."""

    def add(self, scores: Scores, codes: Integers, touched: Sequence[Integers]) -> None: ...

    def counts(
        self, cell_of_number: Callable[[int], Cell], number_of_place: IntArray | None = None
    ) -> SubjectCounts: ...


def subject_tally(
    thresholds: FloatArray, places: int, codes: int, *, rows: int | None, count_missing: bool
) -> AnySubjectTally:
    """Return what counts so many comparisons by subject soonest; either counts alike.

    Parameters
    ----------
    thresholds, places, count_missing
        As in `SubjectTally`.
    codes : int
        No more of them may occur.
    rows : int or None
        How many comparisons there are; None where that is not known, or where memory must be spared.
    """
    pays = rows is not None and rows >= MANY and codes <= MOST_CODES and find_spec("numba") is not None
    if not pays:
        return SubjectTally(thresholds, places, count_missing=count_missing)
    from harness.counting.compiled_tally import CompiledSubjectTally

    return CompiledSubjectTally(thresholds, places, codes, count_missing=count_missing)

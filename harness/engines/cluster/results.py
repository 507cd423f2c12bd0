"""What a look at a part, and the counting of it, bring back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

from harness.comparisons import CellScores
from harness.counting import Counts, SubjectCounts

__all__ = ["Counted", "Labels", "Looked", "Names"]

Names: TypeAlias = tuple[pa.Array, ...]
"""Names of subjects in order, those of each way of naming people apart; see
`harness.comparisons.numbering.names_of_subjects`."""
Labels: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Of each column of a cell its name and its labels."""


@dataclass(frozen=True, eq=False)
class Looked:
    """What a look at a part shows.

    Attributes
    ----------
    rows : int or None
        Where it can be had without reading them.
    kinds : tuple of (str, str)
        The SQL type of each column.
    labels : Labels
        Those found so far.
    names : Names
        Of its subjects.
    cells : tuple of CellScores
        None where the scores were not looked at.
    """

    rows: int | None
    kinds: tuple[tuple[str, str], ...]
    labels: Labels
    names: Names
    cells: tuple[CellScores, ...]


@dataclass(frozen=True, eq=False)
class Counted:
    """What was counted of a part.

    Attributes
    ----------
    rows : int
        How many comparisons were read.
    counts : Counts
    by_subject : SubjectCounts or None
        With the subjects numbered by their place among ``names``.
    names : Names
    """

    rows: int
    counts: Counts
    by_subject: SubjectCounts | None
    names: Names

"""How what was found in the parts becomes what one pass over all of them would have found.

Read together, a column of two types is read as a type that holds both, and what a label is called, or a score worth,
may depend on it: 7 in a column of whole numbers is '7', and '7.0' beside decimals. Files are counted part by part
only where that makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from heapq import nlargest
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from harness.comparisons.scan import CellScores
from harness.comparisons.sql import FLOATING, WHOLE
from harness.counting import Cell, SubjectCounts
from harness.counting.counts import cell_order
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import IntArray
    from harness.engines.cluster.parts import FilePart, Looked, Names
    from harness.study import Study

__all__ = [
    "CellScoresByCell",
    "TreeSum",
    "in_order",
    "merged_cells",
    "numbers_of",
    "renumbered",
    "require_agreement",
    "score_type_of",
    "united",
]

CellScoresByCell: TypeAlias = Mapping[tuple[Cell, bool], CellScores]
Summand = TypeVar("Summand")
TRUTH = WHOLE | FLOATING | {"BOOLEAN"}
SCORES = ({"FLOAT", "DOUBLE"}, WHOLE | {"DOUBLE"})
"""Each score of the types of either set is the same number in float64."""
LABELS = WHOLE | {"VARCHAR"}


class TreeSum(Generic[Summand]):
    """Adds up summands as they come, each only to a sum of as many.

    So each is added as often as the logarithm of their number, however large the sum grows; and no more sums than
    that are kept.

    Parameters
    ----------
    add : callable
        Adds two up, whichever is first.
    size : callable, optional
        Returns the bytes of one.
    """

    def __init__(
        self,
        add: Callable[[Summand, Summand], Summand],
        size: Callable[[Summand], int] = lambda summand: 0,
    ) -> None:
        self._add, self._size = add, size
        self._sums: list[tuple[int, Summand]] = []

    def add(self, summand: Summand) -> None:
        """Take one more."""
        of = 1
        while self._sums and self._sums[-1][0] == of:
            summand = self._add(self._sums.pop()[1], summand)
            of *= 2
        self._sums.append((of, summand))

    @property
    def bytes(self) -> int:
        """Memory that the sums take."""
        return sum(self._size(summand) for _, summand in self._sums)

    def total(self, nothing: Summand) -> Summand:
        """Add up what is left; ``nothing`` where there was no summand."""
        while len(self._sums) > 1:
            (few, last), (more, before) = self._sums.pop(), self._sums.pop()
            self._sums.append((few + more, self._add(before, last)))
        return self._sums[0][1] if self._sums else nothing


def united(one: Names, other: Names) -> Names:
    """Unite the names of subjects, in the order in which DuckDB sorts text: that of their bytes."""
    return tuple(
        pa.concat_arrays([own, theirs]).unique().sort() for own, theirs in zip(one, other, strict=True)
    )


def numbers_of(names: Names, among: Names) -> IntArray:
    """Return, for the subjects of a part in the order of their numbers, their numbers among all."""
    before = np.cumsum([0, *(len(side) for side in among)])
    sides = [
        pc.index_in(own, value_set=every).to_numpy(zero_copy_only=False).astype(np.int64) + first
        for own, every, first in zip(names, among, before, strict=False)
    ]
    return np.concatenate([np.zeros(0, np.int64), *sides])


def renumbered(counts: SubjectCounts, numbers: IntArray) -> SubjectCounts:
    """Give each subject the number that stands for its own."""
    return replace(counts, subjects=numbers[counts.subjects])


def merged_cells(one: CellScoresByCell, other: Iterable[CellScores], tail: int) -> CellScoresByCell:
    """Merge what looks at the scores showed, keeping the ``tail`` highest of each cell."""
    merged = dict(one)
    for cell in other:
        key = cell.cell, cell.mated
        merged[key] = _merged(merged[key], cell, tail) if key in merged else cell
    return merged


def _merged(one: CellScores, other: CellScores, tail: int) -> CellScores:
    return CellScores(
        one.cell,
        one.mated,
        one.trials + other.trials,
        min(one.lowest, other.lowest),
        tuple(nlargest(tail, one.highest + other.highest)),
    )


def in_order(cells: CellScoresByCell) -> tuple[CellScores, ...]:
    """Order cells as counts do."""
    keys: Sequence[tuple[Cell, bool]] = sorted(cells, key=lambda key: (cell_order(key[0]), key[1]))
    return tuple(cells[key] for key in keys)


def require_agreement(parts: Sequence[FilePart], looked: Sequence[Looked], study: Study) -> None:
    """Refuse files that cannot be counted one by one as they would be together.

    Raises
    ------
    InputError
        Names the first that does not go with the first of all, and the column.
    """
    first, kinds = parts[0].file, dict(looked[0].kinds)
    for part, look in zip(parts, looked, strict=True):
        if part.file.format != "Parquet" and look.kinds != looked[0].kinds:
            raise InputError(
                f"its columns or types differ from those of {first.path}; write both alike",
                source=part.file.path,
            )
    for column in study.columns:
        met = {kinds[column]}
        for part, look in zip(parts, looked, strict=True):
            met.add(kind := dict(look.kinds)[column])
            if not _go_together(met, column, study):
                raise InputError(
                    f"column {column!r} holds {kind}, and {kinds[column]} in {first.path}; write both alike",
                    source=part.file.path,
                )


def _go_together(kinds: set[str], column: str, study: Study) -> bool:
    if len(kinds) == 1:
        return True
    if column == study.score.column:
        return any(kinds <= exact for exact in SCORES)
    if column == study.mated.column and not study.mated.mated:
        return kinds <= TRUTH
    return kinds <= LABELS


def score_type_of(looked: Sequence[Looked], study: Study) -> str:
    """Return float32 where all scores are stored so, else float64."""
    column = study.score.column
    return "float32" if all(dict(look.kinds)[column] == "FLOAT" for look in looked) else "float64"

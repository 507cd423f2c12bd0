"""The columns that counting needs of every row, and how a batch of them becomes scores, codes and subjects.

DuckDB gives the rank of a label, which of a dictionary-encoded column it looks up once for every entry; what
would be worked out row by row (the code, whether the subjects go with the truth) is left to NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from harness.arrays import Integers
from harness.comparisons.coding import FLOATING, CodedColumn, Coding, mated_sql, score_sql
from harness.comparisons.labels import NamedCells
from harness.comparisons.numbering import Subjects
from harness.comparisons.sql import identifier
from harness.study import Study

__all__ = ["Batch", "Scan"]


@dataclass(frozen=True, eq=False)
class Batch:
    """Some comparisons in canonical columns.

    Attributes
    ----------
    scores : ndarray of float32 or float64, shape (N,)
        Higher is more alike; NaN where missing.
    codes : ndarray of unsigned integers, shape (N,)
        ``2 * cell + mated``.
    subjects : tuple of ndarray of int32, shape (N,)
        The places of the subjects (see `harness.comparisons.numbering.Subjects`), a column each; empty where they
        were not asked for.
    """

    scores: npt.NDArray[np.float32] | npt.NDArray[np.float64]
    codes: Integers
    subjects: tuple[npt.NDArray[np.int32], ...]

    @property
    def num_rows(self) -> int:
        """How many comparisons these are."""
        return len(self.scores)

    def among(self, subjects: npt.NDArray[np.bool_]) -> Batch:
        """Keep the comparisons of which every subject is at one of these places, shape (places,)."""
        kept = np.logical_and.reduce([subjects[side] for side in self.subjects])
        return Batch(self.scores[kept], self.codes[kept], tuple(side[kept] for side in self.subjects))


@dataclass(frozen=True)
class Scan:
    """Reads every row on a study's terms.

    Parameters
    ----------
    study : Study
    kinds : mapping of str to str
        The SQL type of each column.
    text_only : bool
        Whether every column arrives as text.
    coding : Coding
    subjects : Subjects
        Those to read; none where comparisons are not counted by subject.
    """

    study: Study
    kinds: Mapping[str, str]
    text_only: bool
    coding: Coding
    subjects: Subjects

    def sql(self, relation: str) -> str:
        """Select what `batch` makes comparisons of."""
        study = self.study
        mated = mated_sql(study.mated, self.kinds[study.mated.column], text_only=self.text_only)
        ranks = [
            f"CAST({column.rank_sql(name)} AS {_narrow(len(column.labels))})"
            for name, column in self._label_columns.items()
        ]
        places = [column.place_sql for column in self.subjects.columns]
        joins = " ".join(column.join_sql for column in self.subjects.columns)
        return (
            f"SELECT {self._score_sql}, CAST({mated} AS TINYINT), {', '.join(ranks + places)} "
            f"FROM {relation} {joins}"
        )

    @cached_property
    def named(self) -> NamedCells:
        """What labels the sides of the comparisons have that `batch` made."""
        return NamedCells(self.study, self.coding)

    @cached_property
    def _label_columns(self) -> dict[str, CodedColumn]:
        return self.coding.by_source(self.study)

    @property
    def _score_sql(self) -> str:
        column = self.study.score.column
        plain = self.kinds[column] in FLOATING and not self.text_only
        score = (
            identifier(column) if plain else score_sql(column, self.kinds[column], text_only=self.text_only)
        )
        return f"{'-' if self.study.sign < 0 else ''}({score})"

    def batch(self, read: pa.RecordBatch) -> Batch | None:
        """Make comparisons of a batch; None where it holds a row that cannot be used."""
        score, mated, *others = read.columns
        if any(column.null_count for column in (mated, *others)):
            return None
        scores = score.to_numpy(zero_copy_only=False)  # NaN where NULL
        if not np.isfinite(scores).all() and (
            self.study.missing_scores == "reject" or np.isinf(scores).any()
        ):
            return None
        truth, *integers = (column.to_numpy() for column in (mated, *others))
        ranks = dict(zip(self._label_columns, integers, strict=False))
        subjects = tuple(integers[len(ranks) :])
        if any(side.min(initial=1) < 1 for side in ranks.values()):
            return None  # a label that is not listed
        if not self._are_places(subjects) or not self._sides_go_with(truth, subjects, ranks):
            return None
        self.named.add(ranks)
        codes = self._codes(truth, ranks)
        return Batch(scores, codes, subjects)

    def _codes(self, mated: Integers, ranks: Mapping[str, Integers]) -> Integers:
        cells = np.zeros(len(mated), self._code_type)
        for column, radix in zip(self.coding.columns, self.coding.radices, strict=True):
            sides = [ranks[side] for side in column.sides]
            digit = sides[0] * (sides[0] == sides[1]) if len(sides) == 2 else sides[0]
            np.multiply(cells, radix, out=cells)
            np.add(cells, digit, out=cells, casting="unsafe")  # every code fits
        np.multiply(cells, 2, out=cells)
        return np.add(cells, mated.view(np.uint8), out=cells)

    @cached_property
    def _code_type(self) -> np.dtype[Any]:
        """The narrowest that holds every code: of narrow integers the processor adds more at once."""
        return np.min_scalar_type(2 * prod(self.coding.radices))

    def _are_places(self, subjects: tuple[Integers, ...]) -> bool:
        last = len(self.subjects.number_of_place) - 1
        return all(side.min(initial=0) >= 0 and side.max(initial=-1) <= last for side in subjects)

    def _sides_go_with(
        self, mated: Integers, subjects: tuple[Integers, ...], ranks: Mapping[str, Integers]
    ) -> bool:
        """Whether one person is on both sides of each mated comparison, and of no other."""
        if len(subjects) == 2 and self.study.identities == "shared":
            probe, reference = subjects
            if not ((probe == reference) == mated).all():
                return False
        return not any(
            (mated.view(np.bool_) & (ranks[probe] != ranks[reference])).any()
            for probe, reference in self.study.labels_of_both_sides
        )


def _narrow(labels: int) -> str:
    return next(
        kind for kind, size in (("UTINYINT", 8), ("USMALLINT", 16), ("INTEGER", 31)) if labels < 1 << size
    )

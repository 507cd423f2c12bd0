"""What a study asks of a source, as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.comparisons.coding import FLOATING, Coding, mated_sql, score_sql
from harness.comparisons.source import missing_column
from harness.comparisons.sql import identifier, is_label
from harness.errors import InputError
from harness.study import Study

__all__ = ["SUBJECT_NUMBERS", "Queries", "labels_of", "require_columns"]

SUBJECT_NUMBERS = "subject_numbers"
"""The table that holds the number of every subject."""


@dataclass(frozen=True)
class Queries:
    """The canonical rows of a source, on a study's terms.

    Parameters
    ----------
    study : Study
    kinds : mapping of str to str
        The SQL type of each column.
    text_only : bool
        Whether every column arrives as text.
    """

    study: Study
    kinds: Mapping[str, str]
    text_only: bool

    def scored(self, relation: str, coding: Coding) -> str:
        """Select ``score`` and ``code`` of every row, whatever its subjects; code -1 where the row cannot be used."""
        return self._selected(relation, self._code(coding), "")

    def comparisons(self, relation: str, coding: Coding, more_columns: str = "") -> str:
        """Select the same, with code -1 also where the subjects cannot be used."""
        code = self._code(coding)
        if self.study.subjects:
            code = f"CASE WHEN {self._subjects_usable()} THEN {code} END"
        return self._selected(relation, code, more_columns)

    def _selected(self, relation: str, code: str, more_columns: str) -> str:
        column = self.study.score.column
        score = score_sql(column, self.kinds[column], text_only=self.text_only)
        return (
            f"SELECT {'-' if self.study.sign < 0 else ''}({score}) AS score, "
            f"CAST(COALESCE({code}, -1) AS INTEGER) AS code{more_columns} FROM {relation}"
        )

    def _code(self, coding: Coding) -> str:
        return f"2 * ({coding.cell_sql}) + ({self._mated})"

    @property
    def _mated(self) -> str:
        mated = self.study.mated
        return mated_sql(mated, self.kinds[mated.column], text_only=self.text_only)

    def side(self, column: int) -> int:
        """Which numbering a column of subjects goes by."""
        return column if self.study.identities == "separate" else 0

    def _subjects_usable(self) -> str:
        named = [f"CAST({identifier(column)} AS VARCHAR)" for column in self.study.subjects]
        conditions = [is_label(name) for name in named]
        if len(named) == 2 and self.study.identities == "shared":
            conditions.append(f"({named[0]} = {named[1]}) = (({self._mated}) = 1)")
        return " AND ".join(conditions)


def labels_of(column: str, relation: str, limit: str) -> str:
    """Select the distinct labels of a column."""
    text = f"CAST({identifier(column)} AS VARCHAR)"
    rows = f"SELECT {identifier(column)} FROM {relation} {limit}"
    return f"SELECT DISTINCT {text} FROM ({rows}) WHERE {is_label(text)}"


def require_columns(kinds: Mapping[str, str], study: Study, *, text_only: bool) -> None:
    """Refuse a source that lacks a column of the study, or has it as a type of no use.

    Raises
    ------
    InputError
    """
    for column in study.columns:
        if column not in kinds:
            raise InputError(missing_column(column, list(kinds)))
    score, mated = study.score.column, study.mated.column
    score_sql(score, kinds[score], text_only=text_only)
    mated_sql(study.mated, kinds[mated], text_only=text_only)
    for column in study.columns:
        if column not in (score, mated) and kinds[column] in FLOATING:
            raise InputError(
                f"column {column!r} holds {kinds[column]}, which cannot label; convert it to integers or text"
            )

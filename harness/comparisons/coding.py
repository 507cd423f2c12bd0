"""How a study's columns become a score and one integer per comparison, as SQL.

The integer is ``2 * cell + mated``. A cell's number is written in mixed radix with one digit for each coded
column: the rank of the label, from 1, or 0 where the two sides of the comparison differ in that column.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from harness.comparisons.labels import require_distinct_labels
from harness.comparisons.sql import identifier, is_nan, literals
from harness.errors import InputError
from harness.study import GroupColumns, Mated, Study

__all__ = ["CodedColumn", "Coding", "inexact_sql", "is_missing", "mated_sql", "score_sql", "whole_digits"]

MOST_CELLS = 1 << 24
HIGHEST_EXACT = 1 << 53
"""Above it float64 holds not every whole number."""
MOST_DIGITS = 15
"""Of whole numbers that are all below it."""

FLOATING = {"FLOAT", "DOUBLE"}
WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}


@dataclass(frozen=True)
class CodedColumn:
    """One digit of a cell: an attribute's value, shared by both sides or read from one."""

    name: str
    sides: tuple[str, ...]
    labels: tuple[str, ...]

    def rank_sql(self, column: str) -> str:
        """Rank of a label, from 1; NULL for no label, 0 for one not listed."""
        return f"list_position({literals(self.labels)}, CAST({identifier(column)} AS VARCHAR))"

    @property
    def sql(self) -> str:
        """The digit; NULL where a label is missing."""
        ranks = [self.rank_sql(column) for column in self.sides]
        known = [f"NULLIF({rank}, 0)" for rank in ranks]
        if len(known) == 1:
            return known[0]
        probe, reference = known
        return f"CASE WHEN {probe} = {reference} THEN {probe} WHEN {probe} <> {reference} THEN 0 END"


@dataclass(frozen=True)
class Coding:
    """The digits of a cell's number, most significant first."""

    columns: tuple[CodedColumn, ...]

    @classmethod
    def of(cls, study: Study, labels: dict[str, tuple[str, ...]]) -> Coding:
        """Code a study's attributes.

        Parameters
        ----------
        study : Study
        labels : dict
            The labels of each attribute, in the order of their ranks.

        Raises
        ------
        InputError
            Where labels are near-equal, or there would be more than 2**24 cells.
        """
        require_distinct_labels(labels)
        coded: list[CodedColumn] = []
        for attribute, columns in study.groups.items():
            coded += [
                CodedColumn(name, sides, labels[attribute])
                for name, sides in coded_sides(attribute, columns, study.pairing)
            ]
        coding = cls(tuple(coded))
        if prod(coding.radices) > MOST_CELLS:
            sizes = ", ".join(f"{column.name}: {len(column.labels)}" for column in coded)
            raise InputError(
                f"too many groups to tell apart ({sizes}); is one of these columns an identifier?"
            )
        return coding

    def by_source(self, study: Study) -> dict[str, CodedColumn]:
        """Return each column of labels in the source, and a coded column that ranks the labels of its attribute."""
        digits = len(self.columns) // len(study.groups)
        by_attribute = zip(study.groups.values(), self.columns[::digits], strict=True)
        return {name: column for group, column in by_attribute for name in group.columns}

    @property
    def radices(self) -> tuple[int, ...]:
        """How many values each digit takes."""
        return tuple(len(column.labels) + 1 for column in self.columns)

    @property
    def cell_sql(self) -> str:
        """The number of a comparison's cell; NULL where a label is missing."""
        number = "0"
        for column, radix in zip(self.columns, self.radices, strict=True):
            number = f"({number}) * {radix} + ({column.sql})"
        return number

    def cell(self, number: int) -> tuple[str | None, ...]:
        """Return the values that a cell's number stands for."""
        values: list[str | None] = []
        for column, radix in zip(reversed(self.columns), reversed(self.radices), strict=True):
            number, digit = divmod(number, radix)
            values.append(column.labels[digit - 1] if digit else None)
        return tuple(reversed(values))


def coded_sides(attribute: str, columns: GroupColumns, pairing: str) -> list[tuple[str, tuple[str, ...]]]:
    """Name the digits of an attribute under a pairing, and the source columns each is read from."""
    probe, reference = columns.probe, columns.reference
    if pairing == "cross":
        return [(f"{attribute} of probe", (probe,)), (f"{attribute} of reference", (reference or probe,))]
    if pairing == "probe" or reference is None:
        return [(attribute, (probe,))]
    return [(attribute, (probe, reference))]


def is_missing(column: str, kind: str) -> str:
    """SQL for: this comparison has no score."""
    name = identifier(column)
    return f"({name} IS NULL OR {is_nan(name)})" if kind in FLOATING else f"({name} IS NULL)"


def score_sql(column: str, kind: str, *, text_only: bool) -> str:
    """SQL for the score as a floating number: NaN where missing, infinite where it cannot be read.

    Raises
    ------
    InputError
        Where the column's type is not numeric.
    """
    name = identifier(column)
    inexact = inexact_sql(column, kind, text_only=text_only)
    if text_only:
        number = f"TRY_CAST({name} AS DOUBLE)"
        return (  # each part is worked out once, and only for the rows that need it
            f"CASE WHEN contains({name}, '_') OR {inexact} THEN 'inf'::DOUBLE "
            f"ELSE COALESCE({number}, CASE WHEN {name} IS NULL THEN 'nan'::DOUBLE ELSE 'inf'::DOUBLE END) END"
        )
    if kind in FLOATING:
        return f"COALESCE({name}, 'nan'::{kind})"
    if kind in WHOLE or kind.startswith("DECIMAL"):
        number = f"COALESCE(CAST({name} AS DOUBLE), 'nan'::DOUBLE)"
        return number if inexact is None else f"CASE WHEN {inexact} THEN 'inf'::DOUBLE ELSE {number} END"
    raise InputError(f"column {column!r} holds {kind}, not numbers; convert the scores to float64 or float32")


def inexact_sql(column: str, kind: str, *, text_only: bool) -> str | None:
    """Condition that a score is beyond the whole numbers that float64 tells apart; None where none of the type is.

    In text only what is written as a whole number is meant: 1e300 is what it is in float64.
    """
    name = identifier(column)
    exact = f"BETWEEN -{HIGHEST_EXACT} AND {HIGHEST_EXACT}"
    if text_only:
        whole = f"strlen({name}) > {MOST_DIGITS} AND regexp_full_match({name}, '\\s*[+-]?[0-9]+\\s*')"
        return f"({whole} AND COALESCE(TRY_CAST({name} AS HUGEINT) NOT {exact}, true))"
    if kind in ("BIGINT", "UBIGINT") or (kind.startswith("DECIMAL") and whole_digits(kind) > MOST_DIGITS):
        return f"({name} NOT {exact})"
    return None


def whole_digits(decimal: str) -> int:
    """Return how many digits a type such as ``DECIMAL(18,3)`` holds before the point."""
    digits, scale = decimal.removeprefix("DECIMAL(").removesuffix(")").split(",")
    return int(digits) - int(scale)


def mated_sql(mated: Mated, kind: str, *, text_only: bool) -> str:
    """SQL for 1 where mated, 0 where non-mated, NULL where the label is neither.

    Raises
    ------
    InputError
        Where the column's type can hold no such label.
    """
    name = identifier(mated.column)
    if mated.mated:
        text = f"CAST({name} AS VARCHAR)"
        return (
            f"CASE WHEN list_contains({literals(mated.mated)}, {text}) THEN 1 "
            f"WHEN list_contains({literals(mated.non_mated)}, {text}) THEN 0 END"
        )
    if kind == "BOOLEAN":
        return f"CAST({name} AS TINYINT)"
    if kind in WHOLE | FLOATING:
        return f"CASE WHEN {name} = 1 THEN 1 WHEN {name} = 0 THEN 0 END"
    if text_only:
        return (  # as they are mostly written first
            f"CASE WHEN {name} IN ('0', 'false') THEN 0 WHEN {name} IN ('1', 'true') THEN 1 "
            f"WHEN lower({name}) IN ('0', 'false') THEN 0 WHEN lower({name}) IN ('1', 'true') THEN 1 END"
        )
    raise InputError(
        f"column {mated.column!r} holds {kind}, neither bool nor 0/1; map its labels in the study "
        "(mated: {column: ..., mated: [...], non_mated: [...]})"
    )

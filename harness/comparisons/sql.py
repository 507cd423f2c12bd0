"""SQL for DuckDB: quoting, the values of columns, and failures that are not the source's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from harness.errors import InputError
from harness.files import no_temporary_files

if TYPE_CHECKING:
    from harness.study import Mated, Score

__all__ = [
    "has_text",
    "identifier",
    "inexact_sql",
    "is_interrupt",
    "is_label",
    "is_missing",
    "is_nan",
    "literal",
    "literals",
    "mated_sql",
    "number_sql",
    "other_marks_sql",
    "score_sql",
    "shown",
    "temporary_fault",
    "whole_digits",
]

HIGHEST_EXACT = 1 << 53
"""Above it float64 holds not every whole number."""
MOST_SHOWN = 80
"""Characters of a value."""
MOST_DIGITS = 15
"""Of whole numbers that are all below it."""

FLOATING = {"FLOAT", "DOUBLE"}
WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}


def is_missing(column: str, kind: str) -> str:
    """SQL for: this comparison has no score."""
    name = identifier(column)
    return f"({name} IS NULL OR {is_nan(name)})" if kind in FLOATING else f"({name} IS NULL)"


def score_sql(score: Score, kind: str, *, text_only: bool) -> str:
    """SQL for the score as a floating number: NaN where missing, infinite where it cannot be read.

    Raises
    ------
    InputError
        Where the column's type is not numeric.
    """
    column = score.column
    name = identifier(column)
    inexact = inexact_sql(column, kind, text_only=text_only)
    if text_only:
        number, marks = number_sql(score), other_marks_sql(score)
        return (  # each part is worked out once, and only for the rows that need it
            f"CASE WHEN {marks} OR {inexact} THEN 'inf'::DOUBLE "
            f"ELSE COALESCE({number}, CASE WHEN {name} IS NULL THEN 'nan'::DOUBLE ELSE 'inf'::DOUBLE END) END"
        )
    if score.decimal != ".":
        raise InputError(
            f"column {column!r} holds {kind}, and decimal commas are for scores in text files; leave decimal out"
        )
    if kind in FLOATING:
        return f"COALESCE({name}, 'nan'::{kind})"
    if kind in WHOLE or kind.startswith("DECIMAL"):
        number = f"COALESCE(CAST({name} AS DOUBLE), 'nan'::DOUBLE)"
        return number if inexact is None else f"CASE WHEN {inexact} THEN 'inf'::DOUBLE ELSE {number} END"
    raise InputError(f"column {column!r} holds {kind}, not numbers; convert the scores to float64 or float32")


def number_sql(score: Score) -> str:
    """SQL for a score in text as a number; NULL where it is none."""
    name = identifier(score.column)
    number = name if score.decimal == "." else f"replace({name}, ',', '.')"
    return f"TRY_CAST({number} AS DOUBLE)"


def other_marks_sql(score: Score) -> str:
    """Condition that a score in text holds marks that could be read as more than one number."""
    name = identifier(score.column)
    marks = f"contains({name}, '_')"
    return marks if score.decimal == "." else f"({marks} OR contains({name}, '.'))"


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
    if kind in WHOLE | FLOATING | {"HUGEINT", "UHUGEINT"} or (
        kind.startswith("DECIMAL") and kind.endswith(",0)")
    ):
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


def is_interrupt(error: Exception) -> bool:
    """Whether an error is what DuckDB turns Ctrl-C into, and not one of a file or a value that is called so."""
    text = str(error)
    return (
        isinstance(error, duckdb.InterruptException)
        or (type(error) is RuntimeError and text == "Query interrupted")
        or text.startswith("INTERRUPT Error")
    )


def temporary_fault(error: Exception, scratch: Path) -> InputError | None:
    """Return what is wrong where it is not the source that fails, but temporary files in the scratch folder."""
    failure = str(error)
    if "max_temp_directory_size" in failure:  # most of the room that there was
        return no_temporary_files("their disk is full")
    if str(scratch) in failure:
        return no_temporary_files(failure.splitlines()[0].rpartition(": ")[2])
    return None


def has_text(text: str) -> str:
    """Condition that an SQL text holds more than blanks and invisible characters; NULL where it is NULL."""
    return rf"regexp_matches({text}, '[^\p{{Z}}\p{{C}}]')"


def is_label(text: str) -> str:
    """Condition that an SQL text can label: it has text, all of it in one line; NULL where it is NULL.

    A label with a line break is what a quotation mark out of place makes of several rows.
    """
    return rf"({has_text(text)} AND NOT regexp_matches({text}, '[\n\r]'))"


def identifier(name: str) -> str:
    """Quote a column or table name."""
    return '"' + name.replace('"', '""') + '"'


def is_nan(number: str) -> str:
    """Condition that an SQL number is NaN; NULL where it is NULL.

    ``isnan`` will not do: DuckDB answers it from Parquet statistics, which leave NaN out.
    """
    return f"(NOT isfinite({number}) AND NOT isinf({number}))"


def literal(text: str) -> str:
    """Quote a text value."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Write text values as an SQL list."""
    return "[" + ", ".join(literal(text) for text in texts) + "]::VARCHAR[]"


def shown(value: str | None) -> str:
    """Return a value as errors show it."""
    if value is None:
        return "nothing"
    return repr(value) if len(value) <= MOST_SHOWN else f"{value[:MOST_SHOWN]!r} and so on"

"""Finding the first row that cannot be used, and saying what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from harness.comparisons.coding import inexact_sql, is_missing, mated_sql, score_sql
from harness.comparisons.csv_text import lines_of_value, mixed_line_ends, place_of_record
from harness.comparisons.files import SWALLOWED, CsvFiles
from harness.comparisons.source import Source
from harness.comparisons.sql import has_text, identifier, is_label, is_nan
from harness.errors import InputError
from harness.files import no_temporary_files
from harness.study import Study

__all__ = ["first_fault", "temporary_fault", "unreadable"]


MOST_SHOWN = 80
"""Characters of a value."""


@dataclass(frozen=True)
class Check:
    """A condition no row may meet."""

    column: str
    condition: str
    problem: str
    beside: str | None = None
    """The other column, where it is the two of them that do not go together."""


def first_fault(
    connection: duckdb.DuckDBPyConnection, source: Source, study: Study, kinds: dict[str, str]
) -> InputError | None:
    """Describe the first row, in file order, that breaks the study's terms.

    Parameters
    ----------
    connection : DuckDBPyConnection
    source : Source
    study : Study
    kinds : dict
        The SQL type of each column.

    Returns
    -------
    InputError or None
        None when every row can be used.
    """
    checks = list(_checks(study, kinds, text_only=source.text_only))
    which = " ".join(f"WHEN {check.condition} THEN {i}" for i, check in enumerate(checks))
    values, others = (
        ", ".join(f"CAST({identifier(column)} AS VARCHAR)" for column in columns)
        for columns in zip(*((check.column, check.beside or check.column) for check in checks), strict=True)
    )
    # A file of several may hold a column as another type than all of them together.
    read = ", ".join(
        f"CAST({identifier(name)} AS {kinds[name]}) AS {identifier(name)}" for name in study.columns
    )
    for part in source.parts():
        numbered = f'SELECT row_number() OVER () AS "row number", {read} FROM {part.relation(connection)}'
        fault = connection.execute(
            f'SELECT row, fault, vals[fault + 1], others[fault + 1] FROM (SELECT "row number" AS row, '
            f"CASE {which} END AS fault, [{values}] AS vals, [{others}] AS others FROM ({numbered})) "
            "WHERE fault IS NOT NULL ORDER BY row LIMIT 1"
        ).fetchone()
        if fault is not None:
            row, number, value, other = fault
            check = checks[number]
            first, lines = _lines(part, row, check.column) if "{lines}" in check.problem else (None, "")
            where = f"column {check.column!r}"
            if check.beside is not None:
                where = f"columns {check.column!r} and {check.beside!r}"
            problem = check.problem.format(value=_shown(value), other=_shown(other), lines=lines)
            return InputError(f"row {row}, {where}: {problem}", source=part.name, line=first)
    return None


def _shown(value: str | None) -> str:
    if value is None:
        return "nothing"
    return repr(value) if len(value) <= MOST_SHOWN else f"{value[:MOST_SHOWN]!r} and so on"


def _lines(part: Source, row: int, column: str) -> tuple[int | None, str]:
    """Say in which lines of a CSV file a value begins and ends."""
    if not isinstance(part, CsvFiles):
        return None, ""
    found = lines_of_value(part.paths[0], part.delimiter, row, part.header.index(column))
    return (None, "") if found is None else (found[0], f" from line {found[0]} to line {found[1]}")


def _checks(study: Study, kinds: dict[str, str], *, text_only: bool) -> Iterator[Check]:
    score = study.score.column
    missing = is_missing(score, "VARCHAR" if text_only else kinds[score])
    number = score_sql(score, kinds[score], text_only=text_only)
    if text_only:
        yield Check(
            score,
            f"NOT {missing} AND "
            f"(TRY_CAST({identifier(score)} AS DOUBLE) IS NULL OR contains({identifier(score)}, '_'))",
            "{value} is not a number; write scores with a decimal point and no other marks",
        )
    if study.missing_scores == "reject":
        yield Check(
            score,
            is_nan(number),
            "{value} where a score belongs; give the score, or say in the study how failures count "
            "(missing_scores: exclude, or count)",
        )
    inexact = inexact_sql(score, kinds[score], text_only=text_only)
    if inexact is not None:
        yield Check(
            score,
            inexact,
            "{value} has more digits than float64 holds, so that scores that differ might count as one; give them as "
            "float64",
        )
    yield Check(
        score, f"isinf({number})", "{value} is not finite; leave the score of a failed comparison empty"
    )
    mated = mated_sql(study.mated, kinds[study.mated.column], text_only=text_only)
    yield Check(
        study.mated.column,
        f"({mated}) IS NULL",
        "{value} is neither mated nor non-mated; write 1 or 0, or map the label in the study "
        "(mated: {{column: ..., mated: [...], non_mated: [...]}})",
    )
    for column in _label_columns(study):
        label = f"COALESCE(CAST({identifier(column)} AS VARCHAR), '')"
        yield Check(
            column,
            f"NOT {has_text(label)}",
            "{value} where a label belongs; label the row, 'unknown' if need be, or leave it out",
        )
        yield Check(
            column,
            f"NOT {is_label(label)}",
            "{value}{lines} holds a line break, as where a quotation mark out of place swallowed rows; correct the "
            "quotation mark, or write the label in one line",
        )
    if len(study.subjects) == 2 and study.identities == "shared":
        probe, reference = (f"CAST({identifier(column)} AS VARCHAR)" for column in study.subjects)
        yield Check(
            study.subjects[1],
            f"({mated}) = 0 AND {probe} = {reference}",
            "subject {value} is compared with itself as non-mated; mend the label or the subject",
        )
        yield Check(
            study.subjects[1],
            f"({mated}) = 1 AND {probe} <> {reference}",
            "subject {value} is mated with another subject; mend the label or the subject, or say in the study "
            "that the columns name people each in its own way (identities: separate)",
        )
    for one, other in study.labels_of_both_sides:
        yield Check(
            one,
            f"({mated}) = 1 AND CAST({identifier(one)} AS VARCHAR) <> CAST({identifier(other)} AS VARCHAR)",
            "{value} and {other} for one person, as the comparison is mated; label both sides alike, or say in the "
            "study that the label is of the image and not of the person (labels_of: image)",
            beside=other,
        )


def _label_columns(study: Study) -> list[str]:
    groups = [c for columns in study.groups.values() for c in (columns.probe, columns.reference) if c]
    return list(dict.fromkeys([*groups, *study.subjects]))


def temporary_fault(error: Exception, scratch: Path) -> InputError | None:
    """Return what is wrong where it is not the source that fails, but temporary files in the scratch folder."""
    failure = str(error)
    if "max_temp_directory_size" in failure:  # most of the room that there was
        return no_temporary_files("their disk is full")
    if str(scratch) in failure:
        return no_temporary_files(failure.splitlines()[0].rpartition(": ")[2])
    return None


def unreadable(error: Exception, source: Source) -> InputError:
    """Turn a reader's failure into one line that names the file and the cause."""
    source.require_unchanged()
    lines = [part.strip() for part in str(error).splitlines() if part.strip()]
    line = lines[0].partition(" Detail: ")[0].rstrip(".") if lines else type(error).__name__
    of_record = re.fullmatch(r"(?:Invalid Input Error: )?CSV Error on Line: (\d+)", line)
    if of_record is not None:
        file = next(
            (part.removeprefix("file = ") for part in lines if part.startswith("file = ")), source.name
        )
        row, at_line = _place(source, file, int(of_record[1]))
        return InputError(f"row {row} {_csv_problem(str(error))}", source=file, line=at_line)
    fault = _swallowed if line.startswith(f"Invalid Input Error: {SWALLOWED}") else _mixed_line_ends
    of_csv = next(filter(None, (fault(part) for part in source.parts() if isinstance(part, CsvFiles))), None)
    if of_csv is not None:
        return of_csv
    if isinstance(error, duckdb.NotSupportedError | duckdb.NotImplementedException):
        return InputError(
            f"cannot be read ({line}); convert that column to a plainer type", source=source.name
        )
    damaged = _damaged_part(source)
    if damaged is None:
        room = " with more room for temporary files (TMPDIR)" if isinstance(error, duckdb.IOException) else ""
        return InputError(
            f"cannot be read ({line}), though each file can be by itself; run again{room}", source=source.name
        )
    return InputError(
        f"cannot be read ({line}); it may be truncated or damaged; write it again", source=damaged
    )


def _place(source: Source, file: str, record: int) -> tuple[int, int]:
    for part in source.parts():
        if isinstance(part, CsvFiles) and part.name == file:
            return place_of_record(part.paths[0], part.delimiter, record)
    return record - 1, record


def _swallowed(part: CsvFiles) -> InputError | None:
    with duckdb.connect() as connection:
        for column, condition in part.swallowing().items():
            read = replace(part, columns=()).relation(connection)
            found = connection.execute(
                f'SELECT "row number" FROM (SELECT row_number() OVER () AS "row number", * FROM {read}) '
                f"WHERE {condition} ORDER BY 1 LIMIT 1"
            ).fetchone()
            if found is not None:
                first, lines = _lines(part, found[0], column)
                return InputError(
                    f"row {found[0]}, column {column!r}: the value{lines} holds whole rows, swallowed by a quotation "
                    "mark out of place; correct the quotation mark",
                    source=part.name,
                    line=first,
                )
    return None


def _mixed_line_ends(part: CsvFiles) -> InputError | None:
    mixed = mixed_line_ends(part.paths[0])
    if mixed is None:
        return None
    line, end, usual = mixed
    return InputError(
        f"this line ends with {end}, and those before it with {usual}; end all lines alike",
        source=part.name,
        line=line,
    )


def _csv_problem(text: str) -> str:
    widths = re.search(r"^Expected Number of Columns: (\d+) Found: (\d+)", text, re.MULTILINE)
    if widths:
        return f"has {widths[2]} values, but the header names {widths[1]} columns; mend that line"
    if re.search(r"^Value with unterminated quote", text, re.MULTILINE):
        return "has a quotation mark out of place; mend that line"
    if re.search(r"^Invalid unicode", text, re.MULTILINE):
        return "is not UTF-8 text; save the file as UTF-8"
    return "cannot be read as CSV; mend that line"


def _damaged_part(source: Source) -> str | None:
    """Name the first file that cannot be read through by itself."""
    for part in source.parts():
        try:
            with duckdb.connect() as connection:
                connection.execute(
                    f"SELECT max(hash(COLUMNS(*))) FROM {part.relation(connection)}"
                ).fetchone()
        except duckdb.Error:
            return part.name
    return None

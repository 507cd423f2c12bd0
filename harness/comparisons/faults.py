"""Finding the first row that cannot be used, and saying what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from harness.comparisons.coding import is_missing, mated_sql, score_sql
from harness.comparisons.source import Source
from harness.comparisons.sql import has_text, identifier, is_nan
from harness.errors import InputError
from harness.study import Study

__all__ = ["first_fault", "unreadable"]


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
            shown = "nothing" if value is None else repr(value)
            where = f"column {check.column!r}"
            if check.beside is not None:
                where = f"columns {check.column!r} and {check.beside!r}"
            problem = check.problem.format(value=shown, other=repr(other))
            return InputError(f"row {row}, {where}: {problem}", source=part.name)
    return None


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


def unreadable(error: Exception, source: Source) -> InputError:
    """Turn a reader's failure into one line that names the file."""
    lines = [part.strip() for part in str(error).splitlines() if part.strip()]
    line = lines[0].partition(" Detail: ")[0].rstrip(".") if lines else type(error).__name__
    if "CSV Error on Line" in line:
        number = int(line.rsplit(":", 1)[1])
        file = next(
            (part.removeprefix("file = ") for part in lines if part.startswith("file = ")), source.name
        )
        return InputError(f"row {number - 1} {_csv_problem(str(error))}", source=file, line=number)
    if isinstance(error, duckdb.NotSupportedError | duckdb.NotImplementedException):
        remedy = "convert that column to a plainer type"
    else:
        remedy = "it may be truncated or damaged; write it again"
    return InputError(f"cannot be read ({line}); {remedy}", source=_damaged_part(source) or source.name)


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

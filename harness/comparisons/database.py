"""One source of comparisons, open in DuckDB within a limit of memory.

Whatever goes wrong while it is read is said in one line, which names the first row that cannot be used.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from harness.comparisons.csv_text import index_of_record, lines_of_value, mixed_line_ends, ragged_record
from harness.comparisons.files import RAGGED, SWALLOWED, CsvFiles
from harness.comparisons.source import ROW, Check
from harness.comparisons.sql import (
    has_text,
    identifier,
    inexact_sql,
    is_interrupt,
    is_label,
    is_missing,
    is_nan,
    literal,
    mated_sql,
    number_sql,
    other_marks_sql,
    score_sql,
    shown,
    temporary_fault,
)
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.comparisons.source import Source
    from harness.study import Score, Study

__all__ = [
    "Database",
    "MemoryLimit",
    "TooLittleMemoryError",
    "checks_of_scores",
    "first_fault",
    "first_met",
    "unreadable",
]

ROWS_AT_ONCE = 1 << 16
"""Few enough that a batch stays in the processor's cache, and its memory with the process."""
PROGRAM = 290_000_000
"""Bytes that Python, all that an evaluation imports, and the batches under way take at most, as measured."""
LEAST_TO_READ_WITH = 64_000_000
UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


class TooLittleMemoryError(InputError):
    """A query takes more memory than is allowed."""


class Database:
    """Runs queries about the rows of a source.

    Parameters
    ----------
    source : Source
    scratch : Path
        An existing folder for what outgrows the memory.
    threads : int, optional
        How many to read with; by default one a processor.
    """

    def __init__(self, source: Source, scratch: Path, *, threads: int | None = None) -> None:
        self.source = source
        self._scratch = scratch
        self._connection = duckdb.connect()
        with contextlib.suppress(
            duckdb.InvalidInputException
        ):  # a notebook without ipywidgets has no bar to hide
            self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute(f"SET temp_directory = {literal(str(scratch))}")
        if threads is not None:
            self._connection.execute(f"SET threads = {threads}")

    def limit_memory(self, size: int) -> None:
        """Let DuckDB take at most ``size`` bytes; what needs more goes through the scratch folder."""
        self._connection.execute(f"SET memory_limit = '{size} B'")

    def close(self) -> None:
        """Let go of the source."""
        self._connection.close()

    def relation(self, columns: Sequence[str] | None = None) -> str:
        """Return an SQL name for the rows, good for one scan of these columns or of all."""
        return self.relation_of(self.source if columns is None else self.source.narrowed(columns))

    def relation_of(self, part: Source) -> str:
        """Return an SQL name for the rows of a part of the source, good for one scan."""
        with self.reader_faults():
            return part.relation(self._connection)

    def numbered(self, part: Source) -> str:
        """Return an SQL name for the rows of a part with their numbers, good for one scan."""
        with self.reader_faults():
            return part.numbered(self._connection)

    def fetch(self, query: str, parameters: dict[str, Any] | None = None) -> Sequence[tuple[Any, ...]]:
        """Return all rows that a query finds."""
        with self.reader_faults():
            return self._connection.execute(query, parameters).fetchall()

    def stream(self, query: str) -> Generator[pa.RecordBatch, None, None]:
        """Give the rows that a query finds, some at a time."""
        # A reader left open would keep the connection from running the next query.
        with self.reader_faults(), self._connection.sql(query).to_arrow_reader(ROWS_AT_ONCE) as reader:
            yield from reader

    def table(self, query: str, given: pa.Table | None = None) -> pa.Table:
        """Return all rows that a query, to which a table goes by the name of "given", finds."""
        if given is not None:
            self._connection.register("given", given)
        with self.reader_faults():
            return self._connection.sql(query).to_arrow_table()

    def keep(self, name: str, columns: pa.Table, query: str) -> None:
        """Make a table of what a query, to which ``columns`` go by the name of "given", finds."""
        self._connection.register("given", columns)
        self.fetch(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
        self._connection.unregister("given")

    @contextmanager
    def reader_faults(self) -> Iterator[None]:
        """Turn a reader's failure into one line that names the file."""
        try:
            yield
        except (duckdb.Error, pa.ArrowException, OSError, RuntimeError) as error:
            if is_interrupt(error):
                raise KeyboardInterrupt from error
            if not isinstance(error, duckdb.Error | pa.ArrowException | OSError):
                raise
            fault = temporary_fault(error, self._scratch)
            if fault is not None:
                raise fault from error
            if isinstance(error, duckdb.OutOfMemoryException):
                raise TooLittleMemoryError(
                    "cannot be read in the memory there is; allow more (--memory-limit), or write smaller row groups",
                    source=self.source.name,
                ) from error
            raise unreadable(error, self.source) from error


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
    checks = [*source.checks(), *_checks(study, kinds, text_only=source.text_only)]
    return first_met(connection, source, checks, [name for name in study.columns if name in kinds], kinds)


def first_met(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    checks: Sequence[Check],
    columns: Sequence[str],
    kinds: dict[str, str],
) -> InputError | None:
    """Describe the first row, in file order, that meets a check.

    Parameters
    ----------
    connection, source
    checks : sequence of Check
    columns : sequence of str
        Those that the conditions of the checks look at, besides their own.
    kinds : dict
    """
    which = " ".join(f"WHEN {check.condition} THEN {i}" for i, check in enumerate(checks))
    values, others = (
        ", ".join(f"CAST({identifier(column)} AS VARCHAR)" for column in columns)
        for columns in zip(*((check.column, check.beside or check.column) for check in checks), strict=True)
    )
    # A file of several may hold a column as another type than all of them together.
    read = ", ".join(
        f"CAST({identifier(name)} AS {kinds[name]}) AS {identifier(name)}"
        for name in dict.fromkeys([*columns, *(c for check in checks for c in check.columns)])
    )
    for part in source.parts():
        rows = f"(SELECT {ROW}, {read} FROM {part.numbered(connection)})"
        found = connection.execute(
            f"SELECT row, fault, vals[fault + 1], others[fault + 1] FROM (SELECT {ROW} AS row, "
            f"CASE {which} END AS fault, [{values}] AS vals, [{others}] AS others FROM {rows}) "
            "WHERE fault IS NOT NULL ORDER BY row LIMIT 1"
        ).fetchall()
        for row, number, value, other in found:
            check = checks[number]
            first, lines = _lines(part, row, check.column) if "{lines}" in check.problem else (None, "")
            where = source.called(check.column)
            if check.beside is not None:
                where = _both(where, source.called(check.beside))
            problem = check.problem.format(value=shown(value), other=shown(other), lines=lines)
            again = f"(SELECT {read} FROM {part.numbered(connection)})"
            problem += check.more(lambda query: connection.execute(query).fetchall(), again, value, other)
            return InputError(f"row {row}, {where}: {problem}", source=part.name, line=first)
    return None


def _both(one: str, other: str) -> str:
    """Name two columns."""
    return f"columns {one.removeprefix('column ')} and {other.removeprefix('column ')}"


def _lines(part: Source, row: int, column: str) -> tuple[int | None, str]:
    """Say in which lines of a CSV file a value begins and ends."""
    stored = part.stored
    if not isinstance(stored, CsvFiles) or column not in stored.header:
        return None, ""
    index = stored.header.index(column)
    found = lines_of_value(stored.paths[0], stored.delimiter, row, index, titled=stored.titled)
    return (None, "") if found is None else (found[0], f" from line {found[0]} to line {found[1]}")


def _checks(study: Study, kinds: dict[str, str], *, text_only: bool) -> Iterator[Check]:
    score = study.score
    if score.column in kinds:  # searches whose candidate lists have the scores need none
        yield from checks_of_scores(
            score, kinds[score.column], text_only=text_only, may_be_missing=study.missing_scores != "reject"
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
    if study.subjects_tell_truth:
        probe, reference = (f"CAST({identifier(column)} AS VARCHAR)" for column in study.subjects)
        yield Check(
            study.subjects[1],
            f"({mated}) = 0 AND {probe} = {reference}",
            "subject {value} is compared with itself as non-mated; fix the label or the subject",
        )
        yield Check(
            study.subjects[1],
            f"({mated}) = 1 AND {probe} <> {reference}",
            "subject {value} is mated with another subject; fix the label or the subject, or say in the study "
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


def checks_of_scores(of: Score, kind: str, *, text_only: bool, may_be_missing: bool) -> Iterator[Check]:
    """Give what no score may be.

    Parameters
    ----------
    of : Score
    kind : str
        The SQL type of its column.
    text_only : bool
    may_be_missing : bool
    """
    score = of.column
    missing = is_missing(score, "VARCHAR" if text_only else kind)
    number = score_sql(of, kind, text_only=text_only)
    if text_only:
        yield from _checks_of_text(of, missing)
    if not may_be_missing:
        yield Check(
            score,
            is_nan(number),
            "{value} where a score belongs; give the score, or say in the study how failures count "
            "(missing_scores: exclude, or count)",
        )
    inexact = inexact_sql(score, kind, text_only=text_only)
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


def _checks_of_text(score: Score, missing: str) -> Iterator[Check]:
    wrong = f"NOT {missing} AND ({number_sql(score)} IS NULL OR {other_marks_sql(score)})"
    if score.decimal == ".":
        yield Check(
            score.column,
            f"regexp_full_match({identifier(score.column)}, '\\s*[+-]?[0-9]*,[0-9]+\\s*')",
            "{value} is not a number; is its comma a decimal comma? If so, say so in the study "
            "(score: {{column: ..., decimal: ','}}; --decimal ,); else write it with a decimal point",
        )
        yield Check(
            score.column,
            wrong,
            "{value} is not a number; write scores with a decimal point and no other marks",
        )
    else:
        yield Check(
            score.column,
            wrong,
            "{value} is not a number with a decimal comma, as the study says scores are (decimal: ','); write scores "
            "with a decimal comma and no other marks",
        )


def _label_columns(study: Study) -> list[str]:
    groups = [c for columns in study.groups.values() for c in (columns.probe, columns.reference) if c]
    return list(dict.fromkeys([*groups, *study.subjects]))


def unreadable(error: Exception, source: Source) -> InputError:
    """Turn a reader's failure into one line that names the file and the cause."""
    source.require_unchanged()
    source = source.stored
    lines = [part.strip() for part in str(error).splitlines() if part.strip()]
    line = lines[0].partition(" Detail: ")[0].rstrip(".") if lines else type(error).__name__
    of_record = re.fullmatch(r"(?:Invalid Input Error: )?CSV Error on Line: (\d+)", line)
    if of_record is not None:
        file = next(
            (part.removeprefix("file = ") for part in lines if part.startswith("file = ")), source.name
        )
        row, at_line, titled = _index(source, file, int(of_record[1]))
        return InputError(f"row {row} {_csv_problem(str(error), titled=titled)}", source=file, line=at_line)
    fault = _fault_said(line)
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


def _fault_said(line: str) -> Callable[[CsvFiles], InputError | None]:
    """Return what looks for the fault that DuckDB was made to speak of; by default for what it does not speak of."""
    said = {SWALLOWED: _swallowed, RAGGED: _ragged}
    return next(
        (fault for mark, fault in said.items() if line.startswith(f"Invalid Input Error: {mark}")),
        _mixed_line_ends,
    )


def _index(source: Source, file: str, record: int) -> tuple[int, int, bool]:
    for part in source.parts():
        if isinstance(part, CsvFiles) and part.name == file:
            row, line = index_of_record(part.paths[0], part.delimiter, record, titled=part.titled)
            return row, line, part.titled
    return record - 1, record, True


def _ragged(part: CsvFiles) -> InputError | None:
    found = ragged_record(part.paths[0], part.delimiter, len(part.header), titled=part.titled)
    if found is None:
        return None
    row, line, values = found
    problem = _width_problem(values, len(part.header), titled=part.titled)
    return InputError(f"row {row} {problem}", source=part.name, line=line)


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


def _width_problem(values: int | str, columns: int | str, *, titled: bool) -> str:
    namer = "header names" if titled else "study names (columns)"
    return f"has {values} values, but the {namer} {columns} columns; fix that line"


def _csv_problem(text: str, *, titled: bool) -> str:
    widths = re.search(r"^Expected Number of Columns: (\d+) Found: (\d+)", text, re.MULTILINE)
    if widths:
        return _width_problem(widths[2], widths[1], titled=titled)
    if re.search(r"^Value with unterminated quote", text, re.MULTILINE):
        return "has a quotation mark out of place; fix that line"
    if re.search(r"^Invalid unicode", text, re.MULTILINE):
        return "is not UTF-8 text; save the file as UTF-8"
    return "cannot be read as CSV; fix that line"


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


@dataclass(frozen=True)
class MemoryLimit:
    """The most memory that a run may take.

    Attributes
    ----------
    total : int
        Bytes, those of the program itself among them.
    held : int
        Bytes of it that what was counted before is kept in.
    name : str
        What errors call it.
    """

    total: int
    held: int = 0
    name: str = "memory limit"

    @classmethod
    def parse(cls, given: str | int) -> MemoryLimit:
        """Read a number of bytes, or a size such as ``400MB``, ``1.5 GB`` or ``2GiB``.

        Raises
        ------
        InputError
            Where it is no such size, or less than any run takes.

        Examples
        --------
        >>> MemoryLimit.parse("1.5 GB").total
        1500000000
        """
        size = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", str(given).lower())
        if size is None or size[2] not in UNITS:
            raise InputError(f"memory limit {given!r} is not a size; write it like 400MB or 2GB")
        limit = cls(int(float(size[1]) * UNITS[size[2]]))
        limit.beside(0, "")
        return limit

    def beside(self, tables: int, counted: str) -> int:
        """Return how many bytes there are to read with, beside the tables that are counted in.

        Parameters
        ----------
        tables : int
            Bytes.
        counted : str
            What is counted in them, for the message.

        Raises
        ------
        InputError
            Where there are too few.
        """
        left = self.total - PROGRAM - self.held - tables
        if left < LEAST_TO_READ_WITH:
            least = -(-(self.total - left + LEAST_TO_READ_WITH) // 10**6)
            taken = f"counting {counted} takes about {megabytes(tables)}, " if tables else ""
            raise InputError(
                f"{self.name} {megabytes(self.total)} is too low: {taken}the program {megabytes(PROGRAM)} and "
                f"reading at least {megabytes(LEAST_TO_READ_WITH)}; allow {least} MB or more"
            )
        return left


def megabytes(size: int) -> str:
    """Write a number of bytes for people."""
    return f"{size / 10**6:.0f} MB"

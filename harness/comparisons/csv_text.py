"""CSV as text: its header, and where in a file what is wrong with it is, which DuckDB does not tell."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

from harness.errors import InputError

__all__ = ["Header", "index_of_record", "lines_of_value", "mixed_line_ends", "read_header"]


LONGEST = (1 << 31) - 1
"""Bytes of a value, which a quotation mark out of place may make of very many lines."""
LONGEST_NAME = 1000
DELIMITERS = (",", ";", "\t", "|")
MARK_OF_EXCEL = re.compile(r"sep=.?")
LINE_END = re.compile(rb'"|\r\n|\r|\n')
NAMES = {b"\r\n": "CRLF (Windows)", b"\n": "LF (Unix)", b"\r": "CR (old Mac)"}

Header = tuple[tuple[str, ...], str]
"""The names of the columns, one without a name given one, and the delimiter."""


def read_header(path: Path, columns: Sequence[str]) -> Header:
    """Read the names of the columns.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        Of the delimiters that are common, the one is taken that tells apart most of these, then most of any.

    Raises
    ------
    InputError
        Where the file does not begin with a header.
    """
    beginning = _beginning(path)
    try:
        line = beginning.partition(b"\n")[0].decode("utf-8-sig").rstrip("\r")
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text; save it as UTF-8", source=str(path), line=1) from error
    if not line.strip():
        raise InputError("begins with a blank line; begin with the column names", source=str(path), line=1)
    if "\r" in line and '"' not in line:
        raise InputError(
            "ends its lines with carriage returns alone; write it with line feeds", source=str(path), line=1
        )
    if MARK_OF_EXCEL.fullmatch(line):
        raise InputError(
            f"begins with {line!r}, a mark of Excel and no header; delete that line", source=str(path), line=1
        )
    readings = _readings(beginning.decode("utf-8-sig", "replace"))
    delimiter = max(
        readings, key=lambda mark: (sum(name in readings[mark] for name in columns), len(readings[mark]))
    )
    header = readings[delimiter]
    if max(map(len, header)) > LONGEST_NAME:
        raise InputError(
            f"has a column whose name is longer than {LONGEST_NAME:,} characters, as where a quotation mark is out of "
            "place; correct the header",
            source=str(path),
            line=1,
        )
    folded = [name.casefold() for name in header]
    repeated = next((name for i, name in enumerate(header) if name and folded[i] in folded[:i]), None)
    if repeated is not None:
        raise InputError(
            f"column {repeated!r} appears twice in the header, letter case apart; rename one",
            source=str(path),
            line=1,
        )
    return _named(header), delimiter


def _readings(text: str) -> dict[str, tuple[str, ...]]:
    """Read the first record by each delimiter; it goes on in the next line where a name holds a line break."""
    with _values_of_any_length():
        return {
            mark: tuple(next(csv.reader(io.StringIO(text, newline=""), delimiter=mark), []))
            for mark in DELIMITERS
        }


def _named(header: Sequence[str]) -> tuple[str, ...]:
    """Give names to columns without one, such as the index that pandas writes, which no study can ask for."""
    return tuple(name or f"(column {i} has no name)" for i, name in enumerate(header, start=1))


def _beginning(path: Path) -> bytes:
    try:
        with _opened(path) as file:
            return file.read(1 << 20)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(
            f"cannot be read as gzip ({error}); it may be truncated or damaged; write it again",
            source=str(path),
        ) from error


@contextmanager
def _records(path: Path, delimiter: str) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """Read records, blank ones too, each with the number of its first line, from 1."""

    def numbered(text: io.TextIOWrapper) -> Iterator[tuple[int, list[str]]]:
        reader, first = csv.reader(text, delimiter=delimiter), 1
        for fields in reader:
            yield first, fields
            first = reader.line_num + 1

    with (
        _values_of_any_length(),
        _opened(path) as file,
        io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="") as text,
    ):
        yield numbered(text)


@contextmanager
def _values_of_any_length() -> Iterator[None]:
    limit = csv.field_size_limit(LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb")  # type: ignore[return-value]


def lines_of_value(path: Path, delimiter: str, row: int, column: int) -> tuple[int, int] | None:
    """Return the lines in which a value begins and ends, from 1; None where there is no such row.

    Parameters
    ----------
    path : Path
    delimiter : str
    row : int
        From 1, the header apart.
    column : int
        From 0.
    """
    with _records(path, delimiter) as records:
        rows = ((first, fields) for first, fields in records if fields)
        for first, fields in islice(rows, row, row + 1):
            if column < len(fields):
                begins = first + sum(_breaks(field) for field in fields[:column])
                return begins, begins + _breaks(fields[column])
    return None


def index_of_record(path: Path, delimiter: str, record: int) -> tuple[int, int]:
    """Return the row and the line of a record, as DuckDB numbers them: with blank lines, from 1, the header being 1."""
    row, line = -1, record
    with _records(path, delimiter) as records:
        for first, fields in islice(records, record):
            row, line = row + bool(fields), first
    return row, line


def _breaks(text: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", text))


def mixed_line_ends(path: Path) -> tuple[int, str, str] | None:
    """Find the first line that ends in another way than the one before it, outside of quotation marks.

    Returns
    -------
    (int, str, str) or None
        Its number, how it ends, and how those before it do.
    """
    quoted, line, usual = False, 1, None
    with _opened(path) as file:
        for text in _whole_lines(file):
            for mark in LINE_END.findall(text):
                if mark == b'"':
                    quoted = not quoted
                    continue
                if not quoted:
                    if usual not in (None, mark):
                        return line, NAMES[mark], NAMES[usual]
                    usual = mark
                line += 1
    return None


def _whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Read by the megabyte, without a cut within CRLF."""
    while text := file.read(1 << 20):
        while text.endswith(b"\r") and (more := file.read(1)):
            text += more
        yield text

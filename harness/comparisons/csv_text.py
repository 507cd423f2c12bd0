"""Text files: their columns, and where in a file what is wrong with it is, which DuckDB does not tell.

Values stand between commas, semicolons, tabs, vertical bars, or white space, which is any run of blanks and tabs.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

import pyarrow as pa

from harness.errors import InputError

__all__ = [
    "NUMBER",
    "WHITE_SPACE",
    "Header",
    "delimiter_of",
    "first_records",
    "index_of_record",
    "lines_of_value",
    "mixed_line_ends",
    "ragged_record",
    "read_header",
]


LONGEST = (1 << 31) - 1
"""Bytes of a value, which a quotation mark out of place may make of very many lines."""
LONGEST_NAME = 1000
MOST_SHOWN = 80
"""Characters of a line."""
BEGINNING = 1 << 20
"""Bytes."""
DELIMITERS = (",", ";", "\t", "|")
WHITE_SPACE = " "
"""The delimiter of values between which there is any run of blanks and tabs, and which are not quoted."""
COMPRESSED = {".gz": "gzip", ".zst": "zstd"}
RECORDS_LOOKED_AT = 100
NUMBER = re.compile(r"\s*[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?\s*")
SAID_OF_COLUMNS = "columns: [...] in the study, --columns A,B,..."
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
        Those of the study, that of the scores first. Of the delimiters that are common, the one is taken that tells
        apart most of these, then most of any; white space where no other does as well.

    Raises
    ------
    InputError
        Where the file does not begin with a header.
    """
    beginning = _beginning(path)
    line = _first_line(path, beginning, "begin with the column names")
    readings = {mark: next(iter(records), ()) for mark, records in _readings(_text_of(beginning), 1).items()}
    delimiter = max(
        readings,
        key=lambda mark: (
            sum(name in readings[mark] for name in columns),
            len(readings[mark]) > 1 and mark != WHITE_SPACE,
            len(readings[mark]),
        ),
    )
    header = readings[delimiter]
    if columns and columns[0] not in header and any(map(NUMBER.fullmatch, header)):
        raise InputError(
            f"has no column {columns[0]!r}, and its first line, {line[:MOST_SHOWN]!r}, looks like data and no header; "
            f"name its columns ({SAID_OF_COLUMNS}), or name the right one of the header in the study (`harness draft "
            "SCORES` proposes a study)",
            source=str(path),
            line=1,
        )
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


def delimiter_of(path: Path, columns: Sequence[str], names: Sequence[str], *, decimal: str = ".") -> str:
    """Find what stands between the values of a file without a header.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        Those of the study, that of the scores first.
    names : sequence of str
        The columns of the file. The delimiter is taken that makes so many of the first lines, and of these the one
        with which most of them have a number where the score is.
    decimal : {".", ","}
        What is before the decimals of a score, and so no delimiter.

    Raises
    ------
    InputError
        Where no delimiter makes so many columns, it cannot be told which does, or there is a header after all.
    """
    beginning = _beginning(path)
    line = _first_line(path, beginning, "remove it")
    readings = {
        mark: records
        for mark, records in _readings(_text_of(beginning), RECORDS_LOOKED_AT).items()
        if len(records[0]) == len(names) and mark != decimal
    }
    if not readings:
        raise InputError(
            f"{line[:MOST_SHOWN]!r} does not hold {len(names)} values, separated by white space, tab, comma, semicolon "
            f"or |, for the columns {', '.join(map(repr, names))}; name every column of the file ({SAID_OF_COLUMNS})",
            source=str(path),
            line=1,
        )
    for records in readings.values():
        if len(set(records[0]) & set(names)) >= min(2, len(names)):
            raise InputError(
                "this line is a header that names its columns itself; leave out columns (--columns)",
                source=str(path),
                line=1,
            )
    score = names.index(columns[0]) if columns and columns[0] in names else 0
    whole = {mark: [one for one in found if len(one) == len(names)] for mark, found in readings.items()}
    numbers = {mark: sum(bool(NUMBER.fullmatch(one[score])) for one in whole[mark]) for mark in whole}
    best = max(numbers, key=lambda mark: (numbers[mark], len(whole[mark]), not _has_blanks(whole[mark])))
    if (
        len(names) > 1
        and best == ","
        and any(numbers[mark] == numbers[best] > 0 for mark in numbers if mark != best)
    ):
        raise InputError(
            f"{line[:MOST_SHOWN]!r} holds {len(names)} values whether its commas separate them or are decimal commas; "
            "if they are decimal, say so (score: {column: ..., decimal: ','} in the study, --decimal ,), else separate "
            "values with semicolons",
            source=str(path),
            line=1,
        )
    return best


def first_records(path: Path) -> dict[str, list[tuple[str, ...]]]:
    """Read the first records of a file, its header if it has one, by each delimiter that is common.

    Raises
    ------
    InputError
        Where it cannot be read as lines of text.
    """
    beginning = _beginning(path)
    _first_line(path, beginning, "remove it")
    return _readings(_text_of(beginning), RECORDS_LOOKED_AT)


def _has_blanks(records: Sequence[Sequence[str]]) -> bool:
    """Whether a value has blanks around it, as where tabs and blanks together separate values."""
    return any(value != value.strip() for record in records for value in record)


def _first_line(path: Path, beginning: bytes, remedy: str) -> str:
    try:
        line = beginning.partition(b"\n")[0].decode("utf-8-sig").rstrip("\r")
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text; save it as UTF-8", source=str(path), line=1) from error
    if not line.strip():
        raise InputError(f"begins with a blank line; {remedy}", source=str(path), line=1)
    if "\r" in line and '"' not in line:
        raise InputError(
            "ends its lines with carriage returns alone; write it with line feeds", source=str(path), line=1
        )
    if MARK_OF_EXCEL.fullmatch(line):
        raise InputError(
            f"begins with {line!r}, a mark of Excel and no header; delete that line", source=str(path), line=1
        )
    return line


def _text_of(beginning: bytes) -> str:
    return beginning.decode("utf-8-sig", "replace")


def _readings(text: str, most: int) -> dict[str, list[tuple[str, ...]]]:
    """Read the first records by each delimiter; one goes on in the next line where a value holds a line break."""
    with _values_of_any_length():
        found = {
            mark: [
                tuple(one)
                for one in islice(csv.reader(io.StringIO(text, newline=""), delimiter=mark), most)
                if one
            ]
            for mark in DELIMITERS
        }
    lines = map(_words, islice(io.StringIO(text), most))
    return {**found, WHITE_SPACE: [tuple(words) for words in lines if words]}


def _words(line: str) -> list[str]:
    return [word for word in re.split(r"[ \t\r\n]", line) if word]


def _named(header: Sequence[str]) -> tuple[str, ...]:
    """Give names to columns without one, such as the index that pandas writes, which no study can ask for."""
    return tuple(name or f"(column {i} has no name)" for i, name in enumerate(header, start=1))


def _beginning(path: Path) -> bytes:
    try:
        with _opened(path) as file:
            beginning = file.read(BEGINNING)
            if path.suffix.lower() == ".zst":  # DuckDB takes one that was cut off for a shorter whole one
                while file.read(BEGINNING):
                    pass
            return beginning
    except OSError as error:
        kind = COMPRESSED.get(path.suffix.lower())
        raise InputError(
            f"cannot be read{f' as {kind}' if kind else ''} ({error}); it may be truncated or damaged; write it again",
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
        yield enumerate(map(_words, text), start=1) if delimiter == WHITE_SPACE else numbered(text)


@contextmanager
def _values_of_any_length() -> Iterator[None]:
    limit = csv.field_size_limit(LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _opened(path: Path) -> IO[bytes]:
    kind = COMPRESSED.get(path.suffix.lower())
    return path.open("rb") if kind is None else pa.input_stream(path, compression=kind)


def lines_of_value(
    path: Path, delimiter: str, row: int, column: int, *, titled: bool = True
) -> tuple[int, int] | None:
    """Return the lines in which a value begins and ends, from 1; None where there is no such row.

    Parameters
    ----------
    path : Path
    delimiter : str
    row : int
        From 1, the header apart.
    column : int
        From 0.
    titled : bool
        Whether there is a header.
    """
    with _records(path, delimiter) as records:
        rows = ((first, fields) for first, fields in records if fields)
        index = row if titled else row - 1
        for first, fields in islice(rows, index, index + 1):
            if column < len(fields):
                begins = first + sum(_breaks(field) for field in fields[:column])
                return begins, begins + _breaks(fields[column])
    return None


def index_of_record(path: Path, delimiter: str, record: int, *, titled: bool = True) -> tuple[int, int]:
    """Return the row and the line of a record, as DuckDB numbers them: with blank lines, from 1, a header being 1."""
    row, line = -1 if titled else 0, record
    with _records(path, delimiter) as records:
        for first, fields in islice(records, record):
            row, line = row + bool(fields), first
    return row, line


def ragged_record(
    path: Path, delimiter: str, width: int, *, titled: bool = True
) -> tuple[int, int, int] | None:
    """Find the first record that does not hold so many values: its row, its line and how many it holds."""
    row = -1 if titled else 0
    with _records(path, delimiter) as records:
        for first, fields in records:
            row += bool(fields)
            if fields and len(fields) != width:
                return row, first, len(fields)
    return None


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

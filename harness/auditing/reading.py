"""Records from a CSV file, strictly: a cell that cannot be read is refused, with its line and column."""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeVar

from harness.auditing.mapping import RecordMapping, date_reader
from harness.auditing.records import DeploymentRecord, GroupAlerts, Rate
from harness.config import shown
from harness.errors import InputError
from harness.files import reading
from harness.text import file_name

__all__ = [
    "RecordFile",
    "count_from",
    "label_from",
    "number_from",
    "rate_from",
    "read_records",
    "require_distinct",
]

LARGEST_COUNT = 10**12
LONGEST_LABEL = 200

_SIGNS = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}


def count_from(text: str, thousands: str | None) -> int:
    """Read a whole number from 0 up.

    Raises
    ------
    ValueError
    """
    digits = text
    if thousands is not None:
        separated = rf"[0-9]{{1,3}}({re.escape(thousands)}[0-9]{{3}})+"
        digits = text.replace(thousands, "") if re.fullmatch(separated, text) else text
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"is not a whole number from 0 up{_thousands_advice(text)}")
    if len(digits.lstrip("0")) > len(str(LARGEST_COUNT)) or int(digits) > LARGEST_COUNT:
        raise ValueError(f"is more than {LARGEST_COUNT:,}")
    return int(digits)


def _thousands_advice(text: str) -> str:
    separated = re.fullmatch(r"[0-9]{1,3}(?:([,. '])[0-9]{3})+", text)
    if separated is None:
        return ""
    return f"; if {_SIGNS[separated[1]]} separate its thousands, say so in the mapping (thousands: {separated[1]!r})"


def number_from(text: str, mark: str, unit: Literal["number", "percent"]) -> float:
    """Read a number, written out in decimal digits, or as a percentage.

    Raises
    ------
    ValueError
    """
    return float(_exact(text, mark, unit))


def rate_from(text: str, mark: str, unit: Literal["number", "percent"]) -> Rate:
    """Read a rate between 0 and 1, and to what it is rounded.

    Raises
    ------
    ValueError
    """
    value = _exact(text, mark, unit)
    if not 0 <= value <= 1:
        raise ValueError("is not a rate between 0 and 1")
    exponent = value.as_tuple().exponent
    return Rate(float(value), float(Decimal(1).scaleb(int(exponent))))


def _exact(text: str, mark: str, unit: Literal["number", "percent"]) -> Decimal:
    bare = text.removesuffix("%").rstrip(" ") if unit == "percent" else text
    if not re.fullmatch(rf"-?[0-9]{{1,20}}({re.escape(mark)}[0-9]{{1,20}})?", bare):
        advice = "; if it is a percentage, say so in the mapping" if text.endswith("%") else ""
        kind = "a percentage" if unit == "percent" else "a number"
        raise ValueError(f"is not {kind} in decimal digits{advice}")
    value = Decimal(bare.replace(mark, "."))
    return value.scaleb(-2) if unit == "percent" else value


def label_from(text: str) -> str:
    """Read a name on one line.

    Raises
    ------
    ValueError
    """
    if not text.strip():
        raise ValueError("is blank")
    if len(text) > LONGEST_LABEL:
        raise ValueError(f"is longer than {LONGEST_LABEL} characters")
    if not text.isprintable():
        raise ValueError("holds a line break or another character that cannot be printed")
    return text


MAX_BYTES = 2**26

_T = TypeVar("_T")


@dataclass(frozen=True)
class RecordFile:
    """The records of a file.

    Attributes
    ----------
    source : str
    bytes : int or None
    sha256 : str or None
        None for records given in Python.
    records : tuple of DeploymentRecord
        In the order of the file.
    unread : tuple of str
        Columns that the mapping does not name.
    """

    source: str
    bytes: int | None
    sha256: str | None
    records: tuple[DeploymentRecord, ...]
    unread: tuple[str, ...]


def read_records(path: str | os.PathLike[str], mapping: RecordMapping) -> RecordFile:
    """Read the records of a CSV file.

    Parameters
    ----------
    path : path
        A CSV file with a header, of at most 64 MiB.
    mapping : RecordMapping

    Raises
    ------
    InputError
        The file cannot be read or is not such a CSV, or a value is not what its column should hold, contradicts
        others, or repeats an earlier record. It names the line on which the record starts, and the column.

    Examples
    --------
    >>> from harness.auditing import load_mapping
    >>> file = read_records("data_synthetic/records.csv", load_mapping("data_synthetic/records.yaml"))
    >>> len(file.records), file.records[0].title
    (14, '2026-01-14 North Street')
    """
    source = os.fspath(path)
    content = _content(source)
    rows = _rows(_text(content, source, mapping), source, mapping)
    line, header = next(rows, (1, []))
    header = [name.strip() if mapping.trim else name for name in header]
    _require_header(header, line, source, mapping)
    reader = _RowReader(source, header, mapping)
    records = tuple(reader.record(line, row) for line, row in rows)
    if not records:
        raise InputError("holds no record, only a header", source=source)
    require_distinct(records, source)
    unread = tuple(name for name in header if name not in mapping.uses)
    return RecordFile(file_name(source), len(content), hashlib.sha256(content).hexdigest(), records, unread)


def _content(source: str) -> bytes:
    path = Path(source)
    with reading(path), path.open("rb") as stream:  # which may be a pipe
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InputError("larger than 64 MiB", source=source)
    if not content:
        raise InputError("is empty", source=source)
    return content


def _text(content: bytes, source: str, mapping: RecordMapping) -> str:
    encoding = "utf-8-sig" if mapping.encoding == "utf-8" else mapping.encoding
    if 0 in content:
        line = content[: content.index(0)].count(b"\n") + 1
        raise InputError("is not a text file in UTF-8: it holds a zero byte", source=source, line=line)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        other = " (encoding: windows-1252)" if mapping.encoding == "utf-8" else ""
        problem = f"is not in {mapping.encoding.upper()}; if it is in another encoding, say so in the mapping{other}"
        raise InputError(problem, source=source, line=line) from error


def _rows(text: str, source: str, mapping: RecordMapping) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line it starts on; blank lines may only end the file."""
    delimiter = "\t" if mapping.delimiter == "tab" else mapping.delimiter
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start, blank = 1, None
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise InputError(f"is not CSV: {error}", source=source, line=start) from error
        if row is None:
            return
        if row and blank is not None:
            raise InputError("the line is blank; a record is expected", source=source, line=blank)
        if row:
            yield start, row
        elif blank is None:
            blank = start
        start = reader.line_num + 1


def _require_header(header: Sequence[str], line: int, source: str, mapping: RecordMapping) -> None:
    def refuse(problem: str) -> None:
        raise InputError(problem, source=source, line=line)

    if not header:
        refuse("has no header")
    for index, name in enumerate(header):
        if name in header[:index]:
            refuse(f"column {shown(name)} is there twice")
    for column, use in mapping.uses.items():
        if column not in header:
            refuse(f"has no column {shown(column)} for {use}; {_advice(column, header)}")


def _advice(column: str, header: Sequence[str]) -> str:
    if len(header) == 1:
        for name, mark in ((";", ";"), ("tab", "\t"), ("|", "|"), (",", ",")):
            if mark in header[0]:
                return f"if its fields are separated by {name}, say so in the mapping (delimiter: {name!r})"
    near = difflib.get_close_matches(column.casefold(), [name.casefold() for name in header], n=1, cutoff=0.5)
    nearest = next((name for name in header if near and name.casefold() == near[0]), None)
    advice = "map the column that says it, or null where none does"
    return (
        f"{advice} (there is {shown(nearest)})"
        if nearest
        else f"{advice}; there are {', '.join(map(shown, header))}"
    )


class _RowReader:
    """Makes a record of a row."""

    def __init__(self, source: str, header: Sequence[str], mapping: RecordMapping) -> None:
        self._source, self._header, self._mapping = source, header, mapping
        self._indices = {name: index for index, name in enumerate(header)}
        self._date = date_reader(mapping.date_format)

    def record(self, line: int, row: Sequence[str]) -> DeploymentRecord:
        if len(row) != len(self._header):
            problem = f"{len(row)} fields, where the header has {len(self._header)}"
            raise InputError(problem, source=self._source, line=line)
        columns, fixed, mapping = self._mapping.columns, self._mapping.fixed, self._mapping
        cell = _Cells(self._source, line, row, self._indices, mapping)

        def count(column: str | None) -> int | None:
            return cell.read(column, lambda text: count_from(text, mapping.thousands))

        def threshold(text: str) -> float:
            return number_from(text, mapping.decimal, mapping.threshold_in)

        def rate(text: str) -> Rate:
            return rate_from(text, mapping.decimal, mapping.rate_in)

        record = DeploymentRecord(
            date=cell.require(columns.date, self._date),
            place=cell.require(columns.place, label_from),
            watchlist_size=count(columns.watchlist_size) if columns.watchlist_size else fixed.watchlist_size,
            threshold=cell.read(columns.threshold, threshold) if columns.threshold else fixed.threshold,
            faces=count(columns.faces),
            alerts=count(columns.alerts),
            true_alerts=count(columns.true_alerts),
            false_alerts=count(columns.false_alerts),
            unconfirmed_alerts=count(columns.unconfirmed_alerts) if columns.unconfirmed_alerts else 0,
            stated_rate=cell.read(columns.false_alert_rate, rate),
            groups={
                name: GroupAlerts(count(group.false_alerts), count(group.faces))
                for name, group in mapping.groups.items()
            },
            id=cell.read(columns.id, label_from),
            line=line,
        )
        record.require_consistent(self._source)
        return record


class _Cells:
    """The cells of one row, by the name of their column."""

    def __init__(
        self, source: str, line: int, row: Sequence[str], indices: dict[str, int], mapping: RecordMapping
    ) -> None:
        self._source, self._line, self._row = source, line, row
        self._indices, self._mapping = indices, mapping

    def read(self, column: str | None, convert: Callable[[str], _T]) -> _T | None:
        """Read a value that may be unknown."""
        if column is None or self._text(column) in self._mapping.unknown:
            return None
        return self._converted(column, convert, may_be_unknown=True)

    def require(self, column: str, convert: Callable[[str], _T]) -> _T:
        """Read a value without which there is no record."""
        return self._converted(column, convert, may_be_unknown=False)

    def _text(self, column: str) -> str:
        text = self._row[self._indices[column]]
        return text.strip() if self._mapping.trim else text

    def _converted(self, column: str, convert: Callable[[str], _T], *, may_be_unknown: bool) -> _T:
        text = self._text(column)
        try:
            return convert(text)
        except ValueError as error:
            problem = f"column {shown(column)}: {shown(text)} {error}{self._more(text, may_be_unknown)}"
            raise InputError(problem, source=self._source, line=self._line) from error

    def _more(self, text: str, may_be_unknown: bool) -> str:
        if text != text.strip():
            return "; there are spaces around it, which trim: true in the mapping drops"
        wordy = not any(character.isdigit() for character in text)
        if may_be_unknown and wordy:
            return f"; if it means that the value is unknown, say so in the mapping (unknown: [{text!r}])"
        return ""


def require_distinct(records: Sequence[DeploymentRecord], source: str) -> None:
    """Refuse a record that repeats an earlier one.

    Raises
    ------
    InputError
    """
    seen: dict[tuple[Any, ...], int | None] = {}
    for record in records:
        key = _identity(record)
        if key in seen:
            first = "an earlier one" if seen[key] is None else f"that of line {seen[key]}"
            advice = "take one out, or map what tells them apart (columns.id)"
            problem = f"record of {record.title} repeats {first}; {advice}"
            raise InputError(problem, source=source, line=record.line)
        seen[key] = record.line


def _identity(record: DeploymentRecord) -> tuple[Any, ...]:
    if record.id is not None:
        return (record.date, record.place, record.id)
    counts = (record.faces, record.alerts, record.true_alerts, record.false_alerts, record.unconfirmed_alerts)
    return (record.date, record.place, record.watchlist_size, record.threshold, *counts)

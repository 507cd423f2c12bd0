"""Records from a file, strictly: a cell that cannot be read is refused, and what is no record is set aside by name."""

from __future__ import annotations

import difflib
import hashlib
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from harness.auditing.dates import days_reader
from harness.auditing.mapping import RecordMapping, columns_of
from harness.auditing.records import DeploymentRecord, GroupAlerts, Rate
from harness.auditing.rows import Row, is_workbook, rows_of
from harness.auditing.values import (
    Estimate,
    count_from,
    estimate_from,
    hours_from,
    label_from,
    number_from,
    rate_from,
)
from harness.config import shown
from harness.errors import InputError
from harness.files import reading
from harness.text import file_name

__all__ = ["RecordFile", "SetAside", "false_alerts_of_rate", "read_records", "require_distinct"]

MAX_BYTES = 2**26
LOOKED_FOR_HEADER = 20
"""Rows among which the header may be, below a title."""

_T = TypeVar("_T")
_Sum = str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that is no record, or contradicts itself, and is left out of every count.

    Attributes
    ----------
    line : int
    reason : str
    record : DeploymentRecord or None
        What it states, where its counts contradict each other.
    """

    line: int
    reason: str
    record: DeploymentRecord | None = None


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
    set_aside : tuple of SetAside
        Rows that are no records, or contradict themselves.
    """

    source: str
    bytes: int | None
    sha256: str | None
    records: tuple[DeploymentRecord, ...]
    unread: tuple[str, ...]
    set_aside: tuple[SetAside, ...] = field(default=())


def read_records(path: str | os.PathLike[str], mapping: RecordMapping) -> RecordFile:
    """Read the records of a CSV file or a workbook.

    Rows that are no records are set aside with their line and the reason: blank ones, totals, notes, a header that is
    repeated, and what continues the row above. So are records whose counts contradict each other, unless most do,
    which the mapping is to blame for.

    Parameters
    ----------
    path : path
        A CSV file or a workbook (.xlsx) with a header, of at most 64 MiB.
    mapping : RecordMapping

    Raises
    ------
    InputError
        The file cannot be read or is no such file, or a value is not what its column should hold, or repeats an
        earlier record. It names the line on which the record starts, and the column.

    Examples
    --------
    >>> from harness.auditing import load_mapping
    >>> file = read_records("data_synthetic/records.csv", load_mapping("data_synthetic/records.yaml"))
    >>> len(file.records), file.records[0].title
    (14, '2026-01-14 North Street')
    """
    source = os.fspath(path)
    content = _content(source)
    rows = rows_of(content, source, mapping)
    above, header_row, below = _header_of(rows, source, mapping)
    reader = _RowReader(source, header_row.cells, mapping)
    records: list[DeploymentRecord] = []
    set_aside = [SetAside(row.line, "above the header") for row in above if not row.blank]
    for row in _chained(below, rows):
        reason = reader.no_record(row)
        if reason is not None:
            set_aside.append(SetAside(row.line, reason))
            continue
        record = reader.record(row)
        problem = next(iter(record.contradictions()), None)
        if problem is None:
            records.append(record)
        else:
            set_aside.append(SetAside(row.line, f"record of {record.title}: {problem}", record))
    _require_some(records, set_aside, source)
    require_distinct(records, source)
    used = {reader.name_of(column) for column in mapping.uses}
    unread = tuple(name for name in reader.header if name not in used)
    digest = hashlib.sha256(content).hexdigest()
    return RecordFile(file_name(source), len(content), digest, tuple(records), unread, tuple(set_aside))


def _content(source: str) -> bytes:
    path = Path(source)
    with reading(path), path.open("rb") as stream:  # which may be a pipe
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InputError("larger than 64 MiB", source=source)
    if not content:
        raise InputError("is empty", source=source)
    return content


def _chained(first: list[Row], rest: Iterator[Row]) -> Iterator[Row]:
    yield from first
    yield from rest


def _header_of(rows: Iterator[Row], source: str, mapping: RecordMapping) -> tuple[list[Row], Row, list[Row]]:
    """Find the header: the first row that names every column of the mapping; else the first, which says what lacks."""
    looked = list(islice(rows, LOOKED_FOR_HEADER))
    for index, row in enumerate(looked):
        names = _names(row.cells, source, mapping)
        if all(_name(column, source, mapping) in names for column in mapping.uses):
            _require_header(names, row.line, source, mapping)
            return looked[:index], row, looked[index + 1 :]
    first = next((row for row in looked if row.cells), Row(1, []))
    _require_header(_names(first.cells, source, mapping), first.line, source, mapping)
    raise AssertionError("a header that names all columns was found above")


def _name(column: str, source: str, mapping: RecordMapping) -> str:
    """The name of a column as it is compared: spaces count, but where they are trimmed."""
    return " ".join(column.split()) if mapping.trim or is_workbook(source) else column


def _names(cells: Sequence[str], source: str, mapping: RecordMapping) -> list[str]:
    return [_name(cell, source, mapping) for cell in cells]


def _require_header(header: Sequence[str], line: int, source: str, mapping: RecordMapping) -> None:
    def refuse(problem: str) -> None:
        raise InputError(problem, source=source, line=line)

    if not header:
        refuse("has no header")
    for index, name in enumerate(header):
        if name in header[:index] and name:
            refuse(f"column {shown(name)} is there twice")
    for column, use in mapping.uses.items():
        if _name(column, source, mapping) not in header:
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


def _require_some(records: Sequence[DeploymentRecord], set_aside: Sequence[SetAside], source: str) -> None:
    """Refuse a file without records, or of which most contradict themselves: the mapping names wrong columns."""
    contradicting = [one for one in set_aside if one.record is not None]
    if 2 * len(contradicting) > len(contradicting) + len(records):
        first, number = contradicting[0], len(contradicting)
        all_of = number + len(records)
        more = f"; so do {number:,} of {all_of:,} records, so look at the mapping" if number > 1 else ""
        raise InputError(first.reason + more, source=source, line=first.line)
    if not records:
        what = (
            f"of {len(set_aside):,} rows none is one ({set_aside[0].reason})"
            if set_aside
            else "only a header"
        )
        raise InputError(f"holds no record, {what}", source=source)


_TOTAL = re.compile(r"(grand |sub-? ?|overall |annual |yearly )?totals?\b.*|sum|overall", re.IGNORECASE)
_TOTAL_ALONE = re.compile(r"(grand |sub-? ?|overall )?totals?", re.IGNORECASE)


class _RowReader:
    """Makes a record of a row."""

    def __init__(self, source: str, header: Sequence[str], mapping: RecordMapping) -> None:
        self._source, self._mapping = source, mapping
        self.header = _names(header, source, mapping)
        self._indices = {name: index for index, name in enumerate(self.header)}
        patterns = columns_of(mapping.date_format)
        self._days = days_reader((*patterns, "YYYY-MM-DD") if is_workbook(source) else patterns)
        numbers = {column for column, use in mapping.uses.items() if use not in ("date", "place", "id")}
        self._numbers = [self._indices[self.name_of(column)] for column in numbers]

    def name_of(self, column: str) -> str:
        """Return the name that a column of the mapping has in the header."""
        return _name(column, self._source, self._mapping)

    def no_record(self, row: Row) -> str | None:
        """Say why a row is no record; None where it should be one."""
        if row.blank:
            return "blank"
        if _names(row.cells, self._source, self._mapping) == self.header:
            return "repeats the header"
        filled = [cell.strip() for cell in row.cells if cell.strip()]
        if len(row.cells) != len(self.header):
            return "a note" if len(filled) == 1 and len(row.cells) < len(self.header) else None
        day, place = (
            self._cell(row, column) for column in (self._mapping.columns.date, self._mapping.columns.place)
        )
        dated = self._is_date(day)
        if _TOTAL_ALONE.fullmatch(place) or (not dated and _TOTAL.fullmatch(day or filled[0])):
            return "a total"
        if day and not dated:
            return "a note" if len(filled) == 1 else None
        if day:
            return None
        if any(row.cells[index].strip() for index in self._numbers):
            return (
                "numbers without a date: a total, or part of the row above; give it a date to have it counted"
            )
        return "continues the row above"

    def record(self, row: Row) -> DeploymentRecord:
        """Read the record of a row."""
        line, cells = row
        if len(cells) != len(self.header):
            problem = f"{len(cells)} fields, where the header has {len(self.header)}"
            raise InputError(problem, source=self._source, line=line)
        columns, fixed, mapping = self._mapping.columns, self._mapping.fixed, self._mapping
        cell = _Cells(self._source, row, self._indices, mapping)
        days = cell.require(columns.date, self._days)
        size = cell.estimate("watchlist_size", columns.watchlist_size)
        counts: dict[str, int | None] = {
            "watchlist_size": size if columns.watchlist_size else fixed.watchlist_size,
            "faces": cell.estimate("faces", columns.faces),
            "alerts": cell.count(columns.alerts),
            "true_alerts": cell.count(columns.true_alerts),
            "false_alerts": cell.count(columns.false_alerts),
            "unconfirmed_alerts": cell.count(columns.unconfirmed_alerts) if columns.unconfirmed_alerts else 0,
        }
        stated = cell.rate(columns.false_alert_rate)
        from_rate = None if counts["false_alerts"] is not None else false_alerts_of_rate(stated, counts)
        if from_rate is not None:
            counts["false_alerts"] = from_rate[0]
        return DeploymentRecord(
            date=days.first,
            place=cell.require(columns.place, label_from),
            threshold=cell.threshold(columns.threshold) if columns.threshold else fixed.threshold,
            watchlist_size=counts["watchlist_size"],
            faces=counts["faces"],
            alerts=counts["alerts"],
            true_alerts=counts["true_alerts"],
            false_alerts=counts["false_alerts"],
            unconfirmed_alerts=counts["unconfirmed_alerts"],
            stated_rate=stated,
            groups={
                name: GroupAlerts(cell.count(group.false_alerts), cell.estimate("faces", group.faces))
                for name, group in mapping.groups.items()
            },
            id=cell.read(columns.id, label_from),
            line=line,
            until=days.last if days.last != days.first else None,
            hours=cell.read(columns.duration, lambda text: hours_from(text, mapping.duration_in)),
            approximate=tuple(sorted(cell.approximate)),
            from_rate=from_rate,
        )

    def _cell(self, row: Row, column: str) -> str:
        return row.cells[self._indices[self.name_of(column)]].strip()

    def _is_date(self, text: str) -> bool:
        try:
            self._days(text)
        except ValueError:
            return False
        return True


def false_alerts_of_rate(stated: Rate | None, counts: dict[str, int | None]) -> tuple[int, int] | None:
    """Return the fewest and the most false alerts that round to a stated rate of the faces.

    Parameters
    ----------
    stated : Rate or None
        A rate rounded to the nearest step lies within half a step of it.
    counts : dict
        Of the record; where all alerts, true and unconfirmed ones are known, what is left of them is the number, if it
        rounds to the rate.

    Returns
    -------
    tuple of int, or None
        None where no number of false alerts rounds to the rate, or it or the faces are unknown.

    Examples
    --------
    >>> false_alerts_of_rate(Rate(0.0005, 0.0001), {"faces": 12_345})
    (6, 6)
    >>> false_alerts_of_rate(Rate(0.001, 0.001), {"faces": 4_000})
    (2, 6)
    """
    faces = counts.get("faces")
    if stated is None or not faces:
        return None
    half, slack = stated.step / 2, 1e-9
    fewest = max(0, math.ceil(faces * (stated.value - half) - slack))
    most = min(faces, math.floor(faces * (stated.value + half) + slack))
    known = [counts.get(name) for name in ("alerts", "true_alerts", "unconfirmed_alerts")]
    alerts, *others = known
    if alerts is not None:
        left = alerts - sum(other or 0 for other in others)
        if None not in others and fewest <= left <= most:
            return left, left
        most = min(most, left)
    return (fewest, most) if fewest <= most else None


class _Cells:
    """The cells of one row, by the name of their column."""

    def __init__(self, source: str, row: Row, indices: dict[str, int], mapping: RecordMapping) -> None:
        self._source, self._line, self._row = source, row.line, row.cells
        self._indices, self._mapping = indices, mapping
        self.approximate: set[str] = set()

    def count(self, columns: _Sum) -> int | None:
        """Read a count, or the sum of several; None where one is unknown."""
        return self._sum(columns, lambda text: count_from(text, self._mapping.thousands))

    def estimate(self, use: str, columns: _Sum) -> int | None:
        """Read a count that may be approximate, which is noted."""

        def convert(text: str) -> int:
            found: Estimate = estimate_from(text, self._mapping.thousands)
            if found.approximate:
                self.approximate.add(use)
            return found.number

        return self._sum(columns, convert)

    def threshold(self, column: str) -> float | None:
        """Read a threshold."""
        mapping = self._mapping
        return self.read(column, lambda text: number_from(text, mapping.decimal, mapping.threshold_in))

    def rate(self, column: str | None) -> Rate | None:
        """Read a rate that is stated."""
        return self.read(column, lambda text: rate_from(text, self._mapping.decimal, self._mapping.rate_in))

    def read(self, column: str | None, convert: Callable[[str], _T]) -> _T | None:
        """Read a value that may be unknown."""
        if column is None or self._text(column) in self._mapping.unknown:
            return None
        return self._converted(column, convert, may_be_unknown=True)

    def require(self, column: str, convert: Callable[[str], _T]) -> _T:
        """Read a value without which there is no record."""
        return self._converted(column, convert, may_be_unknown=False)

    def _sum(self, columns: _Sum, convert: Callable[[str], int]) -> int | None:
        parts = [self.read(column, convert) for column in columns_of(columns)]
        known = [part for part in parts if part is not None]
        return sum(known) if parts and len(known) == len(parts) else None

    def _text(self, column: str) -> str:
        text = self._row[self._indices[_name(column, self._source, self._mapping)]]
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
    seen: dict[tuple[Any, ...], DeploymentRecord] = {}
    for record in records:
        key = _identity(record)
        if key in seen:
            earlier = seen[key]
            where = f" of {earlier.file}" if earlier.file is not None else ""
            first = "an earlier one" if earlier.line is None else f"that of line {earlier.line}{where}"
            advice = "take one out, or map what tells them apart (columns.id)"
            problem = f"record of {record.title} repeats {first}; {advice}"
            raise InputError(problem, source=record.file or source, line=record.line)
        seen[key] = record


def _identity(record: DeploymentRecord) -> tuple[Any, ...]:
    if record.id is not None:
        return (record.date, record.until, record.place, record.id)
    counts = (record.faces, record.alerts, record.true_alerts, record.false_alerts, record.unconfirmed_alerts)
    return (record.date, record.until, record.place, record.watchlist_size, record.threshold, *counts)

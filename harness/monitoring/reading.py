"""Alerts from a CSV file, strictly: a cell that cannot be read is refused, with its line and column."""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any, TypeVar

from harness.auditing.dates import date_reader
from harness.auditing.values import count_from, label_from, number_from
from harness.config import shown
from harness.errors import InputError
from harness.files import content_of
from harness.monitoring.alerts import AlertFile, Deployment, Settled
from harness.monitoring.mapping import AlertMapping
from harness.numbers import counted
from harness.text import file_name

__all__ = ["read_alerts"]

MAX_BYTES = 2**26
MOST_ALERTS = 10**7
_TIME_OF_DAY = re.compile(r"(?P<day>.*?)[ T](?P<time>(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?)")
_T = TypeVar("_T")


def read_alerts(path: str | os.PathLike[str], mapping: AlertMapping) -> AlertFile:
    """Read the deployments of a CSV file with a row for each alert, and one for a deployment without any.

    Parameters
    ----------
    path : path
        A CSV file in UTF-8 with a header, of at most 64 MiB.
    mapping : AlertMapping

    Raises
    ------
    InputError
        The file cannot be read or is not such a CSV, a value is not what its column should hold, rows of a deployment
        contradict each other, or a deployment has alerts and no faces. It names the line and the column.

    Examples
    --------
    >>> from harness.monitoring import load_alert_mapping
    >>> file = read_alerts("data_synthetic/alerts.csv", load_alert_mapping("data_synthetic/alerts.yaml"))
    >>> len(file.deployments), file.deployments[0].title
    (60, '2026-01-03 North Street')
    """
    source = os.fspath(path)
    content = content_of(Path(source), limit=MAX_BYTES)
    rows = _rows(_text(content, source), source, mapping)
    line, header = next(rows, (1, []))
    _require_header(header, line, source, mapping)
    reader = _Reader(source, header, mapping)
    for line, row in rows:
        reader.take(line, row)
    deployments = reader.deployments()
    if not deployments:
        raise InputError(
            "holds no row, only a header; a deployment without alerts has a row too", source=source
        )
    unread = tuple(name for name in header if name not in mapping.uses)
    digest = hashlib.sha256(content).hexdigest()
    return AlertFile(file_name(source), len(content), digest, reader.rows, deployments, unread)


def _text(content: bytes, source: str) -> str:
    if not content:
        raise InputError("is empty", source=source)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError("is not in UTF-8; save it as CSV in UTF-8", source=source, line=line) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InputError("is not a text file in UTF-8: it holds a zero byte", source=source, line=line)
    return text


def _rows(text: str, source: str, mapping: AlertMapping) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank with the line that it starts on."""
    delimiter = "\t" if mapping.delimiter == "tab" else mapping.delimiter
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise InputError(f"is not CSV: {error}", source=source, line=start) from error
        if row is None:
            return
        if row:
            yield start, row
        start = reader.line_num + 1


def _require_header(header: Sequence[str], line: int, source: str, mapping: AlertMapping) -> None:
    for index, name in enumerate(header):
        if name in header[:index]:
            raise InputError(f"column {shown(name)} is there twice", source=source, line=line)
    for column, use in mapping.uses.items():
        if column not in header:
            near = difflib.get_close_matches(column, header, n=1, cutoff=0.5)
            there = f"there is {shown(near[0])}" if near else f"there are {', '.join(map(shown, header))}"
            problem = (
                f"has no column {shown(column)} for {use}; map the column that says it, or null where none does "
                f"(columns in the mapping; {there})"
            )
            raise InputError(problem, source=source, line=line)


@dataclass
class _Rows:
    """The rows of one deployment: what its first row states, and what has been counted."""

    line: int
    time: datetime
    stated: dict[str, Any]
    composition: dict[str, dict[str, int]]
    counts: dict[tuple[Settled, str | None], int] = field(default_factory=dict)
    without_alert: int | None = None
    """The line that says that there was none."""


class _Reader:
    """Takes rows in turn, and adds them up by deployment."""

    def __init__(self, source: str, header: Sequence[str], mapping: AlertMapping) -> None:
        self._source, self._header, self._mapping = source, header, mapping
        self._indices = {name: index for index, name in enumerate(header)}
        self._date = date_reader(mapping.date_format)
        self._groups = mapping.group_of
        self._outcomes = _outcomes(mapping)
        self._found: dict[str, _Rows] = {}
        self.rows = 0

    def take(self, line: int, row: Sequence[str]) -> None:
        """Read one row."""
        if len(row) != len(self._header):
            raise self._error(line, f"{len(row)} fields, where the header has {len(self._header)}")
        self.rows += 1
        cells = _Cells(self._source, line, row, self._indices, self._mapping)
        columns = self._mapping.columns
        when = cells.require(columns.time, self._time)
        name = " ".join(
            when.date().isoformat() if column == columns.time else cells.require(column, label_from)
            for column in columns.deployment
        )
        stated, composition = self._stated(cells), self._composition(cells)
        found = self._found.setdefault(name, _Rows(line, when, stated, composition))
        self._require_same(name, found, line, stated, composition)
        found.time = min(found.time, when)
        self._count(name, found, line, cells)

    def deployments(self) -> tuple[Deployment, ...]:
        """Return the deployments in the order of time, those of one moment as they stand in the file."""
        made = []
        for name, rows in self._found.items():
            deployment = Deployment(
                name=name,
                time=rows.time,
                line=rows.line,
                composition=rows.composition,
                counts=rows.counts,
                **rows.stated,
            )
            self._require_consistent(deployment)
            made.append(deployment)
        return tuple(sorted(made, key=lambda one: (one.time, one.line)))

    def _time(self, text: str) -> datetime:
        parts = _TIME_OF_DAY.fullmatch(text)
        if parts is None:
            return datetime.combine(self._date(text), time())
        return datetime.combine(self._date(parts["day"]), time.fromisoformat(parts["time"].zfill(5)))

    def _stated(self, cells: _Cells) -> dict[str, Any]:
        mapping, columns, fixed = self._mapping, self._mapping.columns, self._mapping.fixed

        def count(text: str) -> int:
            return count_from(text, mapping.thousands)

        def decimal(text: str) -> float:
            return number_from(text, mapping.decimal, "number")

        faces: float | None = cells.read(columns.faces, count)
        hours = cells.read(columns.hours, lambda text: _not_negative(decimal(text)))
        if faces is None and hours is not None and mapping.faces_per_hour is not None:
            faces = hours * mapping.faces_per_hour
        return {
            "faces": faces,
            "watchlist_size": (
                cells.read(columns.watchlist_size, count) if columns.watchlist_size else fixed.watchlist_size
            ),
            "threshold": cells.read(columns.threshold, decimal) if columns.threshold else fixed.threshold,
        }

    def _composition(self, cells: _Cells) -> dict[str, dict[str, int]]:
        thousands = self._mapping.thousands
        return {
            attribute: {
                group: cells.require(column, lambda text: count_from(text, thousands))
                for group, column in groups.items()
            }
            for attribute, groups in self._mapping.composition.items()
        }

    def _require_same(
        self,
        name: str,
        found: _Rows,
        line: int,
        stated: Mapping[str, Any],
        composition: Mapping[str, Mapping[str, int]],
    ) -> None:
        for key, value in stated.items():
            if value != found.stated[key]:
                raise self._error(
                    line,
                    f"deployment {shown(name)}: {key} is {_said(value)}, and {_said(found.stated[key])} in line "
                    f"{found.line}; let them agree, or map what tells deployments apart (columns.deployment)",
                )
        for attribute, groups in composition.items():
            if groups != found.composition[attribute]:
                raise self._error(
                    line,
                    f"deployment {shown(name)}: the watchlist by {attribute} is not that of line {found.line}; let "
                    "them agree, or map what tells deployments apart (columns.deployment)",
                )

    def _count(self, name: str, found: _Rows, line: int, cells: _Cells) -> None:
        columns, mapping = self._mapping.columns, self._mapping
        settled = cells.require(columns.outcome, self._outcome)
        count = 1
        if columns.alerts is not None:
            count = cells.require(columns.alerts, lambda text: count_from(text, mapping.thousands))
        if settled is None:
            if columns.alerts is not None and count:
                raise self._error(line, f"deployment {shown(name)}: {counted(count, 'alert')}, and no alert")
            found.without_alert = line
        group = cells.read(columns.group, self._group) if settled is not None else None
        if found.without_alert is not None and (found.counts or settled is not None):
            raise self._error(
                line,
                f"deployment {shown(name)}: line {found.without_alert} says that it had no alert, and other rows are "
                "alerts of it",
            )
        if settled is not None and count:
            found.counts[settled, group] = found.counts.get((settled, group), 0) + count

    def _outcome(self, text: str) -> Settled | None:
        if text not in self._outcomes:
            known = ", ".join(map(shown, self._outcomes))
            raise ValueError(
                f"is no outcome that the mapping names; there are {known} (outcomes in the mapping)"
            )
        return self._outcomes[text]

    def _group(self, text: str) -> str:
        if text not in self._groups:
            raise ValueError(
                f"is no group that the mapping names; there are {', '.join(map(shown, self._groups))} (groups in the "
                "mapping; what means that it is not known, under unknown)"
            )
        return self._groups[text]

    def _require_consistent(self, deployment: Deployment) -> None:
        line, alerts, faces = deployment.line, deployment.alerts, deployment.faces
        if alerts > MOST_ALERTS:
            raise self._error(
                line, f"deployment {shown(deployment.name)}: {alerts:,} alerts are more than {MOST_ALERTS:,}"
            )
        if faces is not None and not faces and alerts:
            raise self._error(
                line, f"deployment {shown(deployment.name)}: {counted(alerts, 'alert')}, and no faces"
            )
        if faces is not None and self._mapping.faces_per_hour is None and alerts > faces:
            raise self._error(
                line, f"deployment {shown(deployment.name)}: {counted(alerts, 'alert')}, and {faces:,} faces"
            )
        for attribute, groups in deployment.composition.items():
            total, size = sum(groups.values()), deployment.watchlist_size
            if size is not None and total != size:
                raise self._error(
                    line,
                    f"deployment {shown(deployment.name)}: the watchlist by {attribute} adds up to {total:,}, and "
                    f"watchlist_size is {size:,}",
                )

    def _error(self, line: int, problem: str) -> InputError:
        return InputError(problem, source=self._source, line=line)


class _Cells:
    """The cells of one row, by the name of their column."""

    def __init__(
        self, source: str, line: int, row: Sequence[str], indices: Mapping[str, int], mapping: AlertMapping
    ) -> None:
        self._source, self._line, self._row = source, line, row
        self._indices, self._unknown = indices, mapping.unknown

    def read(self, column: str | None, convert: Callable[[str], _T]) -> _T | None:
        """Read a value that may be unknown."""
        if column is None or self._row[self._indices[column]] in self._unknown:
            return None
        return self.require(column, convert)

    def require(self, column: str, convert: Callable[[str], _T]) -> _T:
        """Read a value without which the row says nothing."""
        text = self._row[self._indices[column]]
        try:
            return convert(text)
        except ValueError as error:
            problem = f"column {shown(column)}: {shown(text)} {error}"
            raise InputError(problem, source=self._source, line=self._line) from error


def _outcomes(mapping: AlertMapping) -> dict[str, Settled | None]:
    named: dict[Settled | None, tuple[str, ...]] = {
        Settled.TRUE: mapping.outcomes.true_alert,
        Settled.FALSE: mapping.outcomes.false_alert,
        Settled.UNSETTLED: mapping.outcomes.unsettled,
        None: mapping.outcomes.no_alert,
    }
    return {text: settled for settled, texts in named.items() for text in texts}


def _not_negative(value: float) -> float:
    if value < 0:
        raise ValueError("is negative")
    return value


def _said(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:g}"

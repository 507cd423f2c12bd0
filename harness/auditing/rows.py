"""The rows of a file of records as text, whether it is a CSV file or a workbook."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from importlib.util import find_spec
from typing import Any, NamedTuple

from harness.auditing.mapping import RecordMapping
from harness.config import shown
from harness.errors import InputError

__all__ = ["Row", "is_workbook", "rows_of", "sheets_of"]

WORKBOOKS = (".xlsx", ".xlsm")
MOST_UNPACKED = 2**29
"""Bytes of a workbook's parts together."""


class Row(NamedTuple):
    """The cells of a row, and the line it starts on; a blank line has no cells."""

    line: int
    cells: list[str]

    @property
    def blank(self) -> bool:
        """Whether no cell holds anything."""
        return not any(cell.strip() for cell in self.cells)


def is_workbook(source: str) -> bool:
    """Whether a file is a workbook by its name."""
    return source.lower().endswith(WORKBOOKS)


def rows_of(content: bytes, source: str, mapping: RecordMapping) -> Iterator[Row]:
    """Yield the rows of a file; blank ones that end it are left out.

    Raises
    ------
    InputError
        It is no such file.
    """
    rows = (
        _of_workbook(content, source, mapping) if is_workbook(source) else _of_text(content, source, mapping)
    )
    blank: list[Row] = []
    for row in rows:
        if row.blank:
            blank.append(row)
            continue
        yield from blank
        blank = []
        yield row
    # Rows of delimiters alone were written by somebody; lines without any only end the file.
    yield from (row for row in blank if row.cells and not is_workbook(source))


def _of_text(content: bytes, source: str, mapping: RecordMapping) -> Iterator[Row]:
    delimiter = "\t" if mapping.delimiter == "tab" else mapping.delimiter
    text = io.StringIO(_text(content, source, mapping), newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    start = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputError(f"is not CSV: {error}", source=source, line=start) from error
        if cells is None:
            return
        yield Row(start, cells)
        start = reader.line_num + 1


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


def _of_workbook(content: bytes, source: str, mapping: RecordMapping) -> Iterator[Row]:
    sheet = _sheet(_book(content, source), source, mapping)
    try:
        rows = [
            Row(line, [_cell_text(cell.value, cell.number_format or "", mapping.decimal) for cell in cells])
            for line, cells in enumerate(sheet.iter_rows(), 1)
        ]
    except Exception as error:  # a damaged part of a workbook fails in as many ways as it has parts
        raise _damaged(source, error) from error
    yield from rows


def _book(content: bytes, source: str) -> Any:
    if find_spec("openpyxl") is None:
        raise InputError(
            "is a workbook, and openpyxl is not installed; pip install 'threshold-bias-harness[xlsx]', or save the "
            "sheet as CSV",
            source=source,
        )
    from openpyxl import load_workbook

    _require_small(content, source)
    try:
        return load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except Exception as error:  # as above
        raise _damaged(source, error) from error


def _damaged(source: str, error: Exception) -> InputError:
    return InputError(f"cannot be read as a workbook: {error}", source=source)


def sheets_of(content: bytes, source: str) -> list[str]:
    """Return the names of a workbook's sheets.

    Raises
    ------
    InputError
        It is no workbook.
    """
    return [sheet.title for sheet in _book(content, source).worksheets]


def _require_small(content: bytes, source: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except zipfile.BadZipFile as error:
        raise InputError("is not a workbook (.xlsx); name a CSV file .csv", source=source) from error
    if size > MOST_UNPACKED:
        raise InputError(f"unpacks to more than {MOST_UNPACKED >> 20} MiB", source=source)


def _sheet(book: Any, source: str, mapping: RecordMapping) -> Any:
    names = [sheet.title for sheet in book.worksheets]
    if not names:
        raise InputError("has no sheet of cells", source=source)
    if mapping.sheet is not None and mapping.sheet not in names:
        listed = ", ".join(map(shown, names))
        raise InputError(f"has no sheet {shown(mapping.sheet)}; there are {listed}", source=source)
    if mapping.sheet is None and len(names) > 1:
        listed = ", ".join(map(shown, names))
        raise InputError(f"has {len(names)} sheets; name one in the mapping (sheet: {listed})", source=source)
    return book[mapping.sheet or names[0]]


def _cell_text(value: object, number_format: str, decimal: str) -> str:
    """Write a cell's value as the sheet shows it, where that matters: a date as YYYY-MM-DD, a percentage with its %."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value.hour}:{value.minute:02d}:{value.second:02d}"
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number_text(value, number_format).replace(".", decimal)
    return "" if value is None else str(value).strip()


def _number_text(value: int | float, number_format: str) -> str:
    if "%" in number_format:
        decimals = number_format.split("%")[0].partition(".")[2]
        return f"{100 * value:.{decimals.count('0') + decimals.count('#')}f}%"
    if float(value).is_integer():
        return str(int(value))
    text = repr(value)
    return f"{value:.20f}".rstrip("0") if "e" in text else text

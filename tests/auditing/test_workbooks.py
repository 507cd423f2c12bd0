"""Records from workbooks are those of the same table as CSV."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.auditing import load_mapping, read_records
from harness.errors import InputError
from tests.auditing.grids import MAPPING
from tests.auditing.published import Written

openpyxl = pytest.importorskip("openpyxl")

HEADER = ["Site", "Day", "Length", "Watchlist", "Setting", "All alerts", "True ok", "True open", "False ok"]
HEADER += ["False open", "Rate", "Faces"]
ROWS: list[list[Any]] = [
    ["Mill", date(2023, 3, 5), time(4, 0), 9000, 0.6, 2, 2, 0, 0, 0, 0.0, 40000],
    [
        "Harbour",
        datetime(2024, 2, 7),
        timedelta(hours=5, minutes=30),
        9900,
        0.6,
        7,
        4,
        1,
        2,
        0,
        0.0004,
        "c. 5\u202f000",
    ],
    ["Station", "10-12/08/24", "4h00m", "9,900", 0.64, 9, 9, 0, 0, 0, 0.0, 70000.0],
]
AS_CSV = """\
Site,Day,Length,Watchlist,Setting,All alerts,True ok,True open,False ok,False open,Rate,Faces
Mill,05/03/23,4:00,9000,0.6,2,2,0,0,0,0.00%,40000
Harbour,07/02/24,5h 30m,9900,0.6,7,4,1,2,0,0.04%,c. 5000
Station,10-12/08/24,4h00m,9900,0.64,9,9,0,0,0,0.00%,70000
"""


def workbook(path: Path, rows: list[list[Any]], *more: str) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "2024"
    for row in rows:
        sheet.append(row)
    for cell in sheet["K"]:
        cell.number_format = "0.00%"
    for name in more:
        book.create_sheet(name)
    book.save(path)
    return path


def test_the_records_of_a_workbook_are_those_of_its_csv(tmp_path: Path, written: Written) -> None:
    title: list[Any] = ["Deployments as published"]
    blank: list[Any] = [None] * len(HEADER)
    path = workbook(tmp_path / "grid.xlsx", [title, blank, HEADER, *ROWS, blank, blank])
    mapping = load_mapping({**MAPPING, "thousands": ","})
    file = read_records(path, mapping)
    expected = read_records(written(content=AS_CSV), mapping).records
    assert [replace(one, line=None) for one in file.records] == [replace(one, line=None) for one in expected]
    assert [one.line for one in file.records] == [4, 5, 6]
    assert [(one.line, one.reason) for one in file.set_aside] == [(1, "above the header")]
    assert file.sha256 is not None


def test_line_breaks_in_a_header_are_spaces(tmp_path: Path) -> None:
    header = [name.replace(" ", "\n") for name in HEADER]
    file = read_records(
        workbook(tmp_path / "grid.xlsx", [header, *ROWS]), load_mapping({**MAPPING, "thousands": ","})
    )
    assert len(file.records) == 3
    assert file.unread == ()


def test_one_of_several_sheets_must_be_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "grid.xlsx", [HEADER, *ROWS], "notes")
    mapping = {**MAPPING, "thousands": ","}
    with pytest.raises(
        InputError, match=r"has 2 sheets; name one in the mapping \(sheet: '2024', 'notes'\)$"
    ):
        read_records(path, load_mapping(mapping))
    with pytest.raises(InputError, match=r"has no sheet '2023'; there are '2024', 'notes'$"):
        read_records(path, load_mapping({**mapping, "sheet": "2023"}))
    assert len(read_records(path, load_mapping({**mapping, "sheet": "2024"})).records) == 3


def test_what_is_no_workbook_is_refused_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "grid.xlsx"
    path.write_text(AS_CSV)
    with pytest.raises(InputError, match=r"grid\.xlsx: is not a workbook \(\.xlsx\); name a CSV file \.csv$"):
        read_records(path, load_mapping(MAPPING))
    whole = workbook(path, [HEADER, *ROWS]).read_bytes()
    path.write_bytes(whole.replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet9.xml"))
    with pytest.raises(InputError, match=r"grid\.xlsx: has no sheet of cells$"):
        read_records(path, load_mapping(MAPPING))
    with zipfile.ZipFile(io.BytesIO(whole)) as parts, zipfile.ZipFile(path, "w") as cut:
        for name in parts.namelist():
            content = parts.read(name)
            cut.writestr(name, content[: len(content) // 2] if name.endswith("sheet1.xml") else content)
    with pytest.raises(InputError, match=r"grid\.xlsx: cannot be read as a workbook: "):
        read_records(path, load_mapping(MAPPING))

"""Records from files: what is read, and what is refused, in one line that names line, column and value."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from harness.auditing import DeploymentRecord, RecordMapping, load_mapping, read_records
from harness.errors import InputError
from tests.auditing.published import HEADER, ROW, Written

PLAIN = RecordMapping()

PUBLISHED = """\
columns:
  date: Date
  place: Location
  watchlist_size: Watchlist size
  threshold: Threshold
  faces: Faces seen (est.)
  alerts: Alerts
  true_alerts: True alerts - confirmed
  false_alerts: False alerts - confirmed
  unconfirmed_alerts: Unconfirmed
  false_alert_rate: False alert rate
date_format: DD/MM/YYYY
thousands: ","
rate_in: percent
unknown: [n/a]
"""

PUBLISHED_HEADER = (
    "Date,Location,Watchlist size,Threshold,Faces seen (est.),Alerts,True alerts - confirmed,"
    "False alerts - confirmed,Unconfirmed,False alert rate,Arrests"
)


def test_a_plain_file_needs_no_mapping(written: Written) -> None:
    (found,) = read_records(written(ROW), PLAIN).records
    assert found == DeploymentRecord(date(2026, 1, 14), "North Street", 9800, 0.62, 12_345, 9, 2, 7, line=2)


def test_a_published_file_is_read_by_its_mapping(tmp_path: Path, written: Written) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(PUBLISHED)
    path = written(
        '03/02/2026,"Market, upper end","5,210",0.64,"12,960",4,1,2,1,0.015%,1',
        "04/02/2026,Market Hall,n/a,n/a,n/a,n/a,n/a,n/a,n/a,n/a,0",
        header=PUBLISHED_HEADER,
    )
    file = read_records(path, load_mapping(mapping))
    known, unknown = file.records
    assert (known.date, known.place) == (date(2026, 2, 3), "Market, upper end")
    assert (known.watchlist_size, known.faces, known.unconfirmed_alerts) == (5210, 12_960, 1)
    assert known.stated_rate == (0.00015, 1e-5)
    assert (known.most_false_alerts, known.assessable) == (3, True)
    assert unknown == DeploymentRecord(
        date(2026, 2, 4), "Market Hall", None, None, None, None, None, None, None, line=3
    )
    assert not unknown.assessable
    assert file.unread == ("Arrests",)
    assert file.sha256 is not None


@pytest.mark.parametrize(
    ("mapping", "content"),
    [
        ({}, b"\xef\xbb\xbf" + f"{HEADER}\n{ROW}\n".encode()),
        ({}, f"{HEADER}\r\n{ROW}\r\n".encode()),
        ({}, f"{HEADER}\n{ROW}".encode()),
        ({}, f"{HEADER}\n{ROW}\n\n\n".encode()),
        ({"delimiter": ";"}, f"{HEADER}\n{ROW}\n".replace(",", ";").encode()),
        ({"delimiter": "tab"}, f"{HEADER}\n{ROW}\n".replace(",", "\t").encode()),
        (
            {"delimiter": ";", "decimal": ","},
            f"{HEADER}\n{ROW}".replace(",", ";").replace("0.62", "0,62").encode(),
        ),
        ({"threshold_in": "percent"}, f"{HEADER}\n{ROW}".replace("0.62", "62%").encode()),
        ({"threshold_in": "percent"}, f"{HEADER}\n{ROW}".replace("0.62", "62.0 %").encode()),
        ({"thousands": " "}, f"{HEADER}\n{ROW}".replace("12345", "12 345").encode()),
        ({"trim": True}, f"{HEADER}\n{ROW}".replace(",", " , ").encode()),
        (
            {"date_format": "D MMMM YYYY"},
            f"{HEADER}\n{ROW}".replace("2026-01-14", "14 january 2026").encode(),
        ),
        ({"date_format": "DD-MMM-YYYY"}, f"{HEADER}\n{ROW}".replace("2026-01-14", "14-Jan-2026").encode()),
        ({"date_format": "M/D/YYYY"}, f"{HEADER}\n{ROW}".replace("2026-01-14", "1/14/2026").encode()),
        (
            {
                "columns": {"threshold": None, "watchlist_size": None},
                "fixed": {"threshold": 0.62, "watchlist_size": 9800},
            },
            f"{HEADER.replace('watchlist_size,threshold,', '')}\n{ROW.replace('9800,0.62,', '')}".encode(),
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_same_record_in_other_clothes(
    mapping: dict[str, object], content: bytes, written: Written
) -> None:
    (found,) = read_records(written(content=content), load_mapping(mapping)).records
    assert found == read_records(written(ROW), PLAIN).records[0]


def test_windows_1252_is_read_where_the_mapping_says_so(written: Written) -> None:
    content = f"{HEADER}\n{ROW.replace('North Street', 'Café Row')}\n".encode("cp1252")
    assert read_records(written(content=content), load_mapping({"encoding": "windows-1252"})).records[
        0
    ].place == ("Café Row")


def test_a_record_after_a_quoted_field_of_two_lines_is_named_by_its_own_first_line(written: Written) -> None:
    notes = ',"two\nlines"'
    path = written(ROW + notes, ROW.replace("North", "South") + notes + ",", header=HEADER + ",notes")
    with pytest.raises(InputError, match=r"records\.csv:4: 10 fields, where the header has 9"):
        read_records(path, PLAIN)


IS_NO_COUNT = "is not a whole number from 0 up"
IS_NO_NUMBER = "is not a number in decimal digits"
IS_NO_DATE = "is not a date as YYYY-MM-DD"
UNPRINTABLE = "holds a line break or another character that cannot be printed"
RECORD = "2: record of 2026-01-14 North Street:"


def separated_by(what: str, sign: str) -> str:
    return f"; if {what} separate its thousands, say so in the mapping (thousands: {sign!r})"


def unknown(text: str) -> str:
    return f"; if it means that the value is unknown, say so in the mapping (unknown: [{text!r}])"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("12345", "12,345", "2: 9 fields, where the header has 8"),
        ("12345", '"12,345"', f"2: column 'faces': '12,345' {IS_NO_COUNT}{separated_by('commas', ',')}"),
        ("12345", "12 345", f"2: column 'faces': '12 345' {IS_NO_COUNT}{separated_by('spaces', ' ')}"),
        ("12345", "1.234.567", f"2: column 'faces': '1.234.567' {IS_NO_COUNT}{separated_by('points', '.')}"),
        ("12345", "1e5", f"2: column 'faces': '1e5' {IS_NO_COUNT}"),
        ("12345", "12345.0", f"2: column 'faces': '12345.0' {IS_NO_COUNT}"),
        ("12345", "-12345", f"2: column 'faces': '-12345' {IS_NO_COUNT}"),
        ("12345", "+12345", f"2: column 'faces': '+12345' {IS_NO_COUNT}"),
        ("12345", "\uff11\uff12", f"2: column 'faces': '\uff11\uff12' {IS_NO_COUNT}"),
        ("12345", "9" * 13, "2: column 'faces': '9999999999999' is more than 1,000,000,000,000"),
        (
            "12345",
            " 12345",
            f"2: column 'faces': ' 12345' {IS_NO_COUNT}; there are spaces around it, which trim: true in the "
            "mapping drops",
        ),
        ("12345", "NaN", f"2: column 'faces': 'NaN' {IS_NO_COUNT}{unknown('NaN')}"),
        ("12345", "", f"2: column 'faces': '' {IS_NO_COUNT}{unknown('')}"),
        ("12345", "c. 9k", f"2: column 'faces': 'c. 9k' {IS_NO_COUNT}"),
        (",7", ",c. 7", f"2: column 'false_alerts': 'c. 7' {IS_NO_COUNT}"),
        ("0.62", "0,62", "2: 9 fields, where the header has 8"),
        ("0.62", ".62", f"2: column 'threshold': '.62' {IS_NO_NUMBER}"),
        ("0.62", "6.2e-1", f"2: column 'threshold': '6.2e-1' {IS_NO_NUMBER}"),
        (
            "0.62",
            "62%",
            f"2: column 'threshold': '62%' {IS_NO_NUMBER}; if it is a percentage, say so in the mapping",
        ),
        ("0.62", "inf", f"2: column 'threshold': 'inf' {IS_NO_NUMBER}{unknown('inf')}"),
        ("2026-01-14", "14/01/2026", f"2: column 'date': '14/01/2026' {IS_NO_DATE}"),
        (
            "2026-01-14",
            "2026-02-30",
            f"2: column 'date': '2026-02-30' {IS_NO_DATE}: day is out of range for month",
        ),
        ("2026-01-14", "2026-1-14", f"2: column 'date': '2026-1-14' {IS_NO_DATE}"),
        ("2026-01-14", "Total", " holds no record, of 1 rows none is one (a total)"),
        ("2026-01-14", "Tuesday", f"2: column 'date': 'Tuesday' {IS_NO_DATE}"),
        ("2026-01-14", "26-01-14", f"2: column 'date': '26-01-14' {IS_NO_DATE}"),
        ("2026-01-14", "2026-01-16 - 14", "2: column 'date': '2026-01-16 - 14' ends before it begins"),
        ("North Street", "", "2: column 'place': '' is blank"),
        ("North Street", '"North\nStreet"', rf"2: column 'place': 'North\nStreet' {UNPRINTABLE}"),
        ("North Street", "North\u202eStreet", rf"2: column 'place': 'North\u202eStreet' {UNPRINTABLE}"),
        ("North Street", "x" * 201, f"2: column 'place': '{'x' * 56}... is longer than 200 characters"),
        ("North Street", '"North', "2: is not CSV: unexpected end of data"),
        ("North Street", '"North" Street', "2: is not CSV: ',' expected after '\"'"),
        (
            "9,2,7",
            "9,2,6",
            f"{RECORD} alerts 9 is not true_alerts 2 + false_alerts 6 = 8; map "
            "unconfirmed_alerts if some were never settled",
        ),
        ("9,2,7", "9,3,7", f"{RECORD} alerts 9 is not true_alerts 3 + false_alerts 7 = 10"),
        ("12345,9,2,7", "6,9,2,7", f"{RECORD} false_alerts 7 is more than faces 6"),
        ("9,2,7", "9,2,7,1", "2: 9 fields, where the header has 8"),
        (",9,2,7", "", "2: 5 fields, where the header has 8"),
    ],
)
def test_a_value_that_is_none_is_refused(old: str, new: str, said: str, written: Written) -> None:
    path = written(ROW.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        read_records(path, PLAIN)
    assert str(caught.value) == f"{path}:{said}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", " is empty"),
        (b"\n\n", "1: has no header"),
        (f"{HEADER}\n".encode(), " holds no record, only a header"),
        (b"PK\x03\x04\x00\x00", "1: is not a text file in UTF-8: it holds a zero byte"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "1: is not a text file in UTF-8: it holds a zero byte"),
        (
            f"{HEADER}\n{ROW.replace('North', 'Café')}\n".encode("cp1252"),
            "2: is not in UTF-8; if it is in another encoding, say so in the mapping (encoding: windows-1252)",
        ),
        (
            f"{HEADER}\n{ROW}\n".replace(",", ";").encode(),
            "1: has no column 'date' for date; if its fields are separated by ;, say so in the mapping "
            "(delimiter: ';')",
        ),
        (f"{HEADER},faces\n{ROW},1\n".encode(), "1: column 'faces' is there twice"),
        (
            f"{HEADER.replace('faces', 'Faces')}\n{ROW}\n".encode(),
            "1: has no column 'faces' for faces; map the column that says it, or null where none does (there is "
            "'Faces')",
        ),
        (
            f"{HEADER}\n{ROW}\n{ROW}\n".encode(),
            "3: record of 2026-01-14 North Street repeats that of line 2; take one out, or map what tells them apart "
            "(columns.id)",
        ),
    ],
)
def test_a_file_that_is_none_is_refused(content: bytes, said: str, written: Written) -> None:
    path = written(content=content)
    with pytest.raises(InputError) as caught:
        read_records(path, PLAIN)
    assert str(caught.value) == f"{path}:{said}"


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"^nowhere\.csv: cannot be read: No such file or directory$"):
        read_records("nowhere.csv", PLAIN)


def test_an_id_tells_deployments_of_one_day_and_place_apart(written: Written) -> None:
    path = written(f"{ROW},a", f"{ROW},b", header=f"{HEADER},run")
    mapping = load_mapping({"columns": {"id": "run"}})
    assert [one.id for one in read_records(path, mapping).records] == ["a", "b"]
    with pytest.raises(
        InputError, match=r"3: record of 2026-01-14 North Street \(a\) repeats that of line 2"
    ):
        read_records(written(f"{ROW},a", f"{ROW},a", header=f"{HEADER},run"), mapping)


@pytest.mark.parametrize(
    ("alerts", "most"),
    [
        ("9,2,5,2", 7),
        ("9,2,5,n/a", 7),
        ("n/a,2,5,2", 7),
        ("n/a,2,5,n/a", None),
        ("9,n/a,5,n/a", None),
        ("9,n/a,5,1", 6),
        ("9,2,n/a,2", None),
    ],
)
def test_unconfirmed_alerts_may_all_be_false(alerts: str, most: int | None, written: Written) -> None:
    """Where their number is unknown, it follows from all alerts and the true ones."""
    path = written(ROW.replace("9,2,7", alerts), header=f"{HEADER},open")
    mapping = load_mapping({"columns": {"unconfirmed_alerts": "open"}, "unknown": ["n/a"]})
    assert read_records(path, mapping).records[0].most_false_alerts == most


NO_PATTERN = "is not a pattern of a date; write one such as YYYY-MM-DD, DD/MM/YYYY or DD/MM/YY"
A, B = {"false_alerts": "a"}, {"false_alerts": "b"}


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"colums": {}}, "mapping: unknown key 'colums'; did you mean 'columns'?"),
        ({"columns": {"place": None}}, "mapping: columns.place: null is not text"),
        (
            {"columns": {"faces": "alerts"}},
            "mapping: columns: column 'alerts' has two uses, faces and alerts",
        ),
        ({"date_format": "DD/MM"}, f"mapping: date_format: 'DD/MM' {NO_PATTERN}"),
        ({"date_format": ["DD/MM/YY", 7]}, "mapping: date_format: 7 is not text"),
        ({"columns": {"alerts": []}}, "mapping: columns.alerts: has fewer items than 1"),
        ({"columns": {"alerts": ["a", "a"]}}, "mapping: columns.alerts: 'a' is repeated"),
        (
            {"columns": {"alerts": ["a", "false_alerts"]}},
            "mapping: columns: column 'false_alerts' has two uses, alerts and false_alerts",
        ),
        ({"date_format": "DD/DD/YYYY"}, f"mapping: date_format: 'DD/DD/YYYY' {NO_PATTERN}"),
        ({"thousands": "."}, "mapping: thousands: '.' is the decimal mark too"),
        ({"thousands": "_"}, "mapping: thousands: '_' is not ',', '.', ' ' or \"'\""),
        (
            {"fixed": {"threshold": 0.6}},
            "mapping: fixed.threshold: column 'threshold' says it too; write columns.threshold: null "
            "to fix it",
        ),
        ({"unknown": ["n/a", "n/a"]}, "mapping: unknown: 'n/a' is repeated"),
        (
            {"groups": {"A": {**A, "share": 0.5}, "B": B}},
            "mapping: groups.B: has no share, and other groups have one; give all or none",
        ),
        (
            {"groups": {"A": {**A, "share": 0.7}, "B": {**B, "share": 0.6}}},
            "mapping: groups: the shares add up to 1.3, more than 1",
        ),
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused(mapping: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as caught:
        load_mapping(mapping)
    assert str(caught.value) == said


def test_counts_of_groups_must_fit_into_the_whole(written: Written) -> None:
    mapping = load_mapping({"groups": {"A": {"false_alerts": "a", "faces": "n"}, "B": {"false_alerts": "b"}}})
    header = f"{HEADER},a,n,b"
    assert read_records(written(f"{ROW},3,100,4", header=header), mapping).records[0].groups["A"].faces == 100
    with pytest.raises(InputError, match=r"false_alerts of the groups are 8, more than false_alerts 7$"):
        read_records(written(f"{ROW},4,100,4", header=header), mapping)
    with pytest.raises(InputError, match=r"A has 4 false alerts among 3 faces$"):
        read_records(written(f"{ROW},4,3,0", header=header), mapping)

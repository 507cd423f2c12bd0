"""Rows that are no records, or contradict themselves: set aside with their line, and never counted."""

from __future__ import annotations

from datetime import date

import pytest

from harness.auditing import RecordMapping, load_mapping, read_records
from harness.errors import InputError
from tests.auditing.grids import GRID, MAPPING
from tests.auditing.published import HEADER, ROW, Written

PLAIN = RecordMapping()


def test_a_grid_is_read_by_one_mapping(written: Written) -> None:
    file = read_records(written(content=GRID), load_mapping(MAPPING))
    assert [(one.line, one.reason) for one in file.set_aside] == [
        (
            6,
            "record of 2024-02-09 Station: alerts 1 is not true_alerts 1 + false_alerts 0 + unconfirmed_alerts 1 = 2",
        )
    ]
    (aside,) = file.set_aside
    assert aside.record is not None
    assert (aside.record.faces, aside.record.alerts) == (1_000, 1)
    mill, harbour, third, station, last = file.records
    assert (mill.place, mill.date, mill.hours) == ("Mill, North", date(2023, 3, 5), 4.0)
    assert (third.hours, station.hours) == (5.5, pytest.approx(125 / 60))
    assert (third.false_alerts, third.unconfirmed_alerts, third.most_false_alerts) == (2, 1, 3)
    assert (harbour.stated_rate, last.threshold) == ((0.00002, 1e-5), 0.64)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("", "blank"),
        (",,,,,,,", "blank"),
        ("Total,,,,24690,18,4,14", "a total"),
        ("Totals 2026,,,,24690,18,4,14", "a total"),
        ("Grand total:,,,,24690,18,4,14", "a total"),
        (",Total,,,24690,18,4,14", "a total"),
        ("31/12/2026,Total,,,24690,18,4,14", "a total"),
        (HEADER, "repeats the header"),
        (",near the bridge,,,,,,", "continues the row above"),
        (
            ",,,,24690,18,4,14",
            "numbers without a date: a total, or part of the row above; give it a date to have it counted",
        ),
        ("* faces are estimated", "a note"),
        ("* faces are estimated,,,,,,,", "a note"),
    ],
)
def test_a_row_that_is_no_record_is_set_aside(row: str, reason: str, written: Written) -> None:
    file = read_records(written(ROW, row, ROW.replace("North", "South")), PLAIN)
    assert [(one.line, one.reason) for one in file.set_aside] == [(3, reason)]
    assert [one.place for one in file.records] == ["North Street", "South Street"]


def test_what_ends_a_file_blank_is_not_listed(written: Written) -> None:
    assert read_records(written(content=f"{HEADER}\n{ROW}\n\n\n"), PLAIN).set_aside == ()


def test_a_place_that_begins_like_a_total_is_a_place(written: Written) -> None:
    file = read_records(written(ROW.replace("North Street", "Total Arena")), PLAIN)
    assert file.records[0].place == "Total Arena"


def test_titles_above_the_header_are_set_aside(written: Written) -> None:
    path = written(content=f"Deployments of 2026,,,,,,,\n\n{HEADER}\n{ROW}\n")
    file = read_records(path, PLAIN)
    assert [(one.line, one.reason) for one in file.set_aside] == [(1, "above the header")]
    assert file.records[0].line == 4


def test_a_mapping_by_which_most_records_contradict_themselves_is_refused(written: Written) -> None:
    wrong = [ROW.replace("9,2,7", "9,2,5").replace("North", name) for name in ("A", "B")]
    path = written(*wrong, ROW)
    with pytest.raises(InputError) as caught:
        read_records(path, PLAIN)
    assert str(caught.value) == (
        f"{path}:2: record of 2026-01-14 A Street: alerts 9 is not true_alerts 2 + false_alerts 5 = 7; map "
        "unconfirmed_alerts if some were never settled; so do 2 of 3 records, so look at the mapping"
    )
    assert len(read_records(written(wrong[0], ROW), PLAIN).set_aside) == 1


def test_columns_are_added_up_and_a_part_that_is_unknown_leaves_the_sum_unknown(written: Written) -> None:
    header = "date,place,watchlist_size,threshold,in,out,alerts,true_alerts,a,b"
    path = written(
        "2026-01-14,X,9800,0.62,12000,345,9,2,3,4", "2026-01-15,X,9800,0.62,12000,345,9,2,3,?", header=header
    )
    mapping = {"columns": {"faces": ["in", "out"], "false_alerts": ["a", "b"]}, "unknown": ["?"]}
    known, unknown = read_records(path, load_mapping(mapping)).records
    assert (known.faces, known.false_alerts, unknown.false_alerts) == (12_345, 7, None)
    groups = {"groups": {"A": {"false_alerts": ["a", "b"], "faces": ["in", "out"]}}}
    header = header.replace("a,b", "false_alerts,a,b")
    path = written("2026-01-14,X,9800,0.62,12000,345,9,2,7,3,4", header=header)
    (record,) = read_records(path, load_mapping({"columns": {"faces": None}, **groups})).records
    assert (record.groups["A"].false_alerts, record.groups["A"].faces) == (7, 12_345)


def test_estimates_and_several_days_are_noted(written: Written) -> None:
    path = written(ROW.replace("2026-01-14", "2026-01-14 to 16").replace("12345", "c. 12345"))
    (record,) = read_records(path, PLAIN).records
    assert (record.until, record.approximate) == (date(2026, 1, 16), ("faces",))
    assert record.title == "2026-01-14 to 2026-01-16 North Street"


def test_false_alerts_that_are_not_counted_come_from_the_stated_rate(written: Written) -> None:
    mapping = load_mapping({"columns": {"false_alert_rate": "rate"}, "unknown": ["-"], "rate_in": "percent"})
    rows = [
        "2026-01-14,A,9800,0.62,12345,-,-,-,0.05%",
        "2026-01-14,B,9800,0.62,4000,-,-,-,0.1%",
        "2026-01-14,C,9800,0.62,100,-,-,-,0.05%",
    ]
    exact, ranged, none = read_records(written(*rows, header=f"{HEADER},rate"), mapping).records
    assert (exact.from_rate, exact.false_alerts, exact.most_false_alerts) == ((6, 6), 6, 6)
    assert (ranged.from_rate, ranged.false_alerts, ranged.most_false_alerts) == ((2, 6), 2, 6)
    assert (none.from_rate, none.false_alerts, none.assessable) == (None, None, False)


def test_mappings_from_before_read_the_same() -> None:
    plain = PLAIN.to_dict()
    assert not {"duration_in", "sheet"} & set(plain)
    assert "duration" not in plain["columns"]
    given = load_mapping(MAPPING).to_dict()
    assert given["columns"]["unconfirmed_alerts"] == ["True open", "False open"]
    assert load_mapping(given) == load_mapping(MAPPING)

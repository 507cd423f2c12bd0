"""Files of alerts: what is read, and what is refused in one line that says where."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from harness.errors import InputError
from harness.monitoring import AlertFile, Bounds, Settled, load_alert_mapping, read_alerts
from tests.monitoring.conftest import MAPPING, Write

ROW = "2026-01-05,North,900,1000,0.6,false,A"


def read(written: Write, *rows: str, mapping: Any = MAPPING, **given: Any) -> AlertFile:
    return read_alerts(written(*rows, **given), load_alert_mapping(mapping))


def refused(written: Write, *rows: str, mapping: Any = MAPPING, **given: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(written, *rows, mapping=mapping, **given)
    text = str(caught.value)
    assert "\n" not in text
    return text.partition("alerts.csv")[2]


def test_rows_of_a_deployment_add_up_and_deployments_are_in_the_order_of_time(written: Write) -> None:
    file = read(
        written,
        "2026-02-01 14:30,South,500,900,0.7,true,B",
        ROW,
        ROW,
        "2026-01-05,North,900,1000,0.6,unsettled,B",
        "2026-02-01 9:05,South,500,900,0.7,false,A",
        "2026-01-20,East,100,1000,0.6,none,",
    )
    assert [one.name for one in file.deployments] == ["North", "East", "South"]
    north, east, south = file.deployments
    assert north.counts == {(Settled.FALSE, "A"): 2, (Settled.UNSETTLED, "B"): 1}
    assert (north.alerts, north.false_alerts) == (3, Bounds(2, 3))
    assert (east.alerts, east.faces, east.line) == (0, 100, 7)
    assert (south.time, south.title) == (datetime(2026, 2, 1, 9, 5), "2026-02-01 South")
    assert file.rows == 6


def test_unsettled_alerts_and_unknown_groups_may_be_anybodys(written: Write) -> None:
    mapping = {**MAPPING, "unknown": ["?"]}
    rows = [ROW, ROW.replace("false", "unsettled"), ROW.replace("A", "?"), ROW.replace("A", "B")]
    rows += ["2026-01-05,North,900,1000,0.6,true,A"]
    (north,) = read(written, *rows, mapping=mapping).deployments
    assert north.false_alerts_of("A") == (Bounds(1, 3), Bounds(1, 2))
    assert north.false_alerts_of("B") == (Bounds(1, 2), Bounds(1, 3))


def test_columns_may_have_other_names_and_values_other_forms(written: Write) -> None:
    mapping = {
        "columns": {
            "time": "Day",
            "deployment": ["Day", "Place"],
            "outcome": "Result",
            "faces": None,
            "hours": "Hours",
            "watchlist_size": "List",
            "threshold": None,
            "alerts": "Number",
        },
        "fixed": {"threshold": 0.6},
        "outcomes": {"false_alert": ["No", "wrong"], "no_alert": [""]},
        "faces_per_hour": 400,
        "date_format": "DD/MM/YYYY",
        "thousands": ",",
        "decimal": ".",
        "delimiter": ";",
    }
    header = "Day;Place;Hours;List;Result;Number"
    rows = ["05/01/2026;A;2.5;1,000;wrong;3", "06/01/2026;A;1;1,000;;0"]
    first, second = read(written, *rows, header=header, mapping=mapping).deployments
    assert (first.name, first.faces, first.threshold, first.alerts) == ("2026-01-05 A", 1000.0, 0.6, 3)
    assert (second.title, second.alerts) == ("2026-01-06 A", 0)


def test_the_mix_of_a_watchlist_is_read(written: Write) -> None:
    mapping = {**MAPPING, "composition": {"group": {"A": "list_a", "B": "list_b"}}}
    header = "time,deployment,faces,watchlist_size,threshold,outcome,group,list_a,list_b"
    (one,) = read(written, f"{ROW},300,700", header=header, mapping=mapping).deployments
    assert one.composition == {"group": {"A": 300, "B": 700}}
    problem = refused(written, f"{ROW},300,600", header=header, mapping=mapping)
    assert (
        "2: deployment 'North': the watchlist by group adds up to 900, and watchlist_size is 1,000" in problem
    )
    problem = refused(written, f"{ROW},300,700", f"{ROW},400,600", header=header, mapping=mapping)
    assert ":3: deployment 'North': the watchlist by group is not that of line 2" in problem


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("2026-01-05,North,0,1000,0.6,false,A", ":2: deployment 'North': 1 alert, and no faces"),
        ("2026-01-05,North,900,1000,0.6,maybe,A", ":2: column 'outcome': 'maybe' is no outcome that the mapping"),
        ("05.01.2026,North,900,1000,0.6,false,A", ":2: column 'time': '05.01.2026' is not a date as YYYY-MM-DD"),
        ("2026-13-05,North,900,1000,0.6,false,A", ":2: column 'time': '2026-13-05' is not a date"),
        ("2026-01-05 25:00,North,900,1000,0.6,false,A", ":2: column 'time': '2026-01-05 25:00' is not a date"),
        ("2026-01-05,North,900,1000,0.6,false,C", ":2: column 'group': 'C' is no group that the mapping names"),
        ("2026-01-05,North,-9,1000,0.6,false,A", ":2: column 'faces': '-9' is not a whole number from 0 up"),
        ("2026-01-05,North,900,-1,0.6,false,A", ":2: column 'watchlist_size': '-1' is not a whole number"),
        ("2026-01-05,North,900,1000,high,false,A", ":2: column 'threshold': 'high' is not a number"),
        ("2026-01-05,,900,1000,0.6,false,A", ":2: column 'deployment': '' is blank"),
        ("2026-01-05,North,900,1000,0.6,false", ":2: 6 fields, where the header has 7"),
        ("2026-01-05,North,900,1000,0.6,\"false,A", ":2: is not CSV: unexpected end of data"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_refused(written: Write, row: str, problem: str) -> None:
    assert problem in refused(written, row)


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        ("2026-01-05,North,800,1000,0.6,false,A", "faces is 800, and 900 in line 2; let them agree"),
        ("2026-01-05,North,900,999,0.6,false,A", "watchlist_size is 999, and 1,000 in line 2"),
        ("2026-01-05,North,900,1000,0.7,false,A", "threshold is 0.7, and 0.6 in line 2"),
        (
            "2026-01-05,North,900,1000,0.6,none,",
            "line 3 says that it had no alert, and other rows are alerts",
        ),
    ],
)
def test_rows_of_a_deployment_that_contradict_each_other_are_refused(
    written: Write, other: str, problem: str
) -> None:
    assert f":3: deployment 'North': {problem}" in refused(written, ROW, other)


def test_more_alerts_than_faces_are_refused(written: Write) -> None:
    rows = ["2026-01-05,North,1,1000,0.6,false,A"] * 2
    assert ":2: deployment 'North': 2 alerts, and 1 faces" in refused(written, *rows)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", ": is empty"),
        ("time,deployment\n", ":1: has no column 'outcome' for outcome; map the column that says it"),
        ("time,time\n", ":1: column 'time' is there twice"),
        (b"time\xff\n", ":1: is not in UTF-8; save it as CSV in UTF-8"),
        ("time\n\0\n", ":2: is not a text file in UTF-8: it holds a zero byte"),
        ("time,deployment,faces,watchlist_size,threshold,outcome,group\n", ": holds no row, only a header"),
    ],
)
def test_a_file_that_is_no_such_csv_is_refused(written: Write, content: str | bytes, problem: str) -> None:
    assert problem in refused(written, content=content)


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ({"groups": {"A": {}, "B": {}}}, "groups: no column says the group of an alert"),
        ({"columns": {"group": "g"}}, "columns.group: name at least two groups"),
        ({"columns": {"group": "g"}, "groups": {"A": {"share": 0.5}, "B": {}}}, "groups.B: has no share"),
        (
            {"columns": {"group": "g"}, "groups": {"A": {"share": 0.5}, "B": {"share": 0.6}}},
            "groups: the shares add up to 1.1, more than 1",
        ),
        (
            {"columns": {"group": "g"}, "groups": {"A": {"labels": ["x"]}, "B": {"labels": ["x"]}}},
            "groups.B: 'x' stands for A too",
        ),
        ({"columns": {"hours": "h"}}, "columns.hours: hours say how many faces only with faces_per_hour"),
        ({"faces_per_hour": 9.0}, "faces_per_hour: no column says how many hours"),
        ({"columns": {"faces": "time"}}, "columns.faces: column 'time' has two uses, time and faces"),
        ({"fixed": {"threshold": 0.6}}, "fixed.threshold: column 'threshold' says it too"),
        ({"outcomes": {"unsettled": ["false"]}}, "outcomes.unsettled: 'false' stands for false_alert too"),
        ({"thousands": "."}, "thousands: '.' is the decimal mark too"),
        ({"date_format": "YYYY"}, "date_format: 'YYYY' is not a pattern of a date"),
        ({"confidence": 1.0}, "confidence:"),
        ({"max_ratio": 0.5}, "max_ratio:"),
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused(mapping: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        load_alert_mapping(mapping)
    assert problem in str(caught.value)


def test_more_alerts_than_can_be_reckoned_with_are_refused(written: Write) -> None:
    mapping = {"columns": {"alerts": "n"}}
    header = "time,deployment,faces,watchlist_size,threshold,outcome,n"
    row = "2026-01-05,North,99999999,1000,0.6,false,10000001"
    problem = refused(written, row, header=header, mapping=mapping)
    assert ":2: deployment 'North': 10,000,001 alerts are more than 10,000,000" in problem

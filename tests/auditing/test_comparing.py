"""Two periods and two thresholds per face, and denominators that changed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from scipy import stats

import harness
from harness.auditing import answer, load_mapping, read_records
from harness.auditing import to_json as audit_to_json
from harness.auditing.comparing import changed_denominators, comparisons_of, period_of
from harness.errors import InputError
from harness.evaluation import Evaluation
from tests.auditing.grids import GRID, MAPPING, OLDER, OLDER_MAPPING
from tests.auditing.published import audited, record


@pytest.fixture
def grids(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "older.csv", tmp_path / "grid.csv"]
    for path, text in zip(paths, (OLDER, GRID), strict=True):
        path.write_text(text)
    return paths


def test_two_years_per_face_by_hand_and_by_the_binomial(grids: list[Path], searches: Evaluation) -> None:
    """5 of 11,000 faces against 1 of 100,000: given 6, the first has 5 or more of them, each with chance 11/111."""
    found = harness.audit(grids[1], evaluation=searches, mapping=MAPPING)
    years, thresholds = found.comparisons
    assert (years.name, thresholds.name) == ("2024 v. 2023 at 0.6", "0.64 v. more lenient")
    assert (years.one.false_alerts, years.one.faces, years.other.false_alerts, years.other.faces) == (
        5,
        11_000,
        1,
        100_000,
    )
    assert years.ratio == pytest.approx(5 / 11_000 / (1 / 100_000))
    tail = stats.binomtest(5, 6, 11 / 111, alternative="greater").pvalue
    assert years.p_value == pytest.approx(2 * tail)
    share = stats.binomtest(5, 6).proportion_ci(0.95)
    odds = [end / (1 - end) * 100 / 11 for end in share]
    assert (years.lower, years.upper) == pytest.approx(odds)
    assert years.adjusted_p_value == pytest.approx(4 * tail)
    assert (thresholds.one.false_alerts, thresholds.one.faces) == (0, 70_000)
    assert (thresholds.other.false_alerts, thresholds.other.faces, thresholds.other.records) == (
        6,
        111_000,
        4,
    )


def test_rows_that_are_set_aside_are_named_and_told_as_printed(
    grids: list[Path], searches: Evaluation
) -> None:
    found = harness.audit(grids[1], evaluation=searches, mapping=MAPPING)
    (years, thresholds), said = found.comparisons, dict(answer(found))
    assert years.as_printed is not None
    assert thresholds.as_printed is not None
    assert (years.as_printed.one.faces, years.as_printed.one.records) == (12_000, 3)
    assert years.as_printed.ratio == pytest.approx(5 / 12_000 / (1 / 100_000))
    assert thresholds.as_printed.other.faces == 112_000
    assert "as printed, 41.7 times among 12,000 and 100,000 faces" in said[years.name]
    assert said["Set aside"] == (
        f"1 row left out of every count ({grids[1]}:6: record of 2024-02-09 Station: alerts 1 is not true_alerts 1 + "
        "false_alerts 0 + unconfirmed_alerts 1 = 2); that which contradicts itself states 1 alert, 0 of them false, "
        "among 1,000 faces"
    )
    plain = json.loads(audit_to_json(found))
    (aside,) = plain["set_aside"]
    assert (aside["file"], aside["line"], aside["record"]["faces"]) == (str(grids[1]), 6, 1_000)
    assert all(one["line"] != 6 for one in plain["records"])


def test_without_rows_set_aside_nothing_is_told_of_them(searches: Evaluation) -> None:
    found = audited(searches, record(), record(date=date(2025, 3, 1), false_alerts=2))
    assert found.comparisons[0].as_printed is None
    assert not {"set_aside", "denominators"} & set(json.loads(audit_to_json(found)))


def test_several_files_are_one_audit(grids: list[Path], searches: Evaluation) -> None:
    found = harness.audit(grids, evaluation=searches, mapping=[OLDER_MAPPING, MAPPING])
    assert len(found.records) == 3 + 5
    assert {one.record.file for one in found.records} == set(map(str, grids))
    plain = json.loads(audit_to_json(found))
    assert [one["name"] for one in plain["inputs"]] == list(map(str, grids))
    assert [one["mapping"]["date_format"] for one in plain["inputs"]] == ["DD/MM/YY", "DD/MM/YY"]
    assert "input" not in plain
    assert found.table.column("file").to_pylist() == [one["file"] for one in plain["records"]]
    stated = [pool.threshold for pool in found.pools]
    assert stated == [0.6, 0.64, None]
    unstated = found.pools[-1]
    assert (unstated.records, unstated.not_assessable, unstated.false_alerts, unstated.faces) == (
        2,
        1,
        7,
        13_200,
    )
    assert unstated.judgement.sentence == "not assessable: threshold unknown"


def test_files_and_mappings_must_go_together(grids: list[Path], searches: Evaluation) -> None:
    with pytest.raises(
        InputError, match="there are 2 files of records and 3 mappings; give one for all, or one for each"
    ):
        harness.audit(grids, evaluation=searches, mapping=[MAPPING] * 3)
    with pytest.raises(
        InputError, match=r"grid\.csv:2: record of 2023-03-05 Mill, North repeats that of line 2 of "
    ):
        harness.audit([grids[1], grids[1]], evaluation=searches, mapping=MAPPING)
    columns = {name: column for name, column in MAPPING["columns"].items() if name != "false_alert_rate"}
    grouped = {**MAPPING, "columns": columns, "groups": {"A": {"false_alerts": "Rate"}}}
    with pytest.raises(InputError, match="the mappings name different groups"):
        harness.audit(grids, evaluation=searches, mapping=[OLDER_MAPPING, grouped])


def test_periods_begin_on_days_that_are_given() -> None:
    starts = [date(2026, 3, 1), date(2026, 2, 1)]
    days = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2027, 1, 1)]
    assert [period_of(day, starts) for day in days] == [
        "before 2026-02-01",
        "from 2026-02-01",
        "from 2026-02-01",
        "from 2026-03-01",
    ]
    records = [record(date=day, place=str(day), false_alerts=1) for day in days]
    found = comparisons_of([(0.62, records)], starts, 0.95)
    assert [one.name for one in found] == [
        "from 2026-02-01 v. before 2026-02-01",
        "from 2026-03-01 v. from 2026-02-01",
    ]
    assert [one.one.records for one in found] == [2, 1]


def test_no_false_alert_on_either_side_is_no_comparison() -> None:
    (one,) = comparisons_of([(0.6, [record()]), (0.62, [record()])], [], 0.95)
    assert (one.p_value, one.ratio) == (None, None)
    assert one.sentence.endswith("without a false alert there is nothing to compare")
    (one,) = comparisons_of([(0.6, [record()]), (0.62, [record(false_alerts=3)])], [], 0.95)
    assert (one.ratio, one.upper) == (None, None)
    assert one.p_value == pytest.approx(2 * 0.5**3)
    assert "no ratio, for the second has none" in one.sentence


def test_longer_watchlists_are_allowed_for_by_a_range() -> None:
    short, long = record(watchlist_size=5_000, false_alerts=2), record(watchlist_size=10_000, false_alerts=3)
    (one,) = comparisons_of([(0.6, [short]), (0.62, [long])], [], 0.95)
    assert (
        "watchlists were 2 times as long on average, which alone may make it 1 to 2 times as many"
        in one.sentence
    )
    (one,) = comparisons_of([(0.6, [long]), (0.62, [short])], [], 0.95)
    assert "which alone may make it 0.5 to 1 times as many" in one.sentence


@pytest.mark.parametrize(
    ("faces", "true_alerts", "warned"),
    [
        (60_000, 42, True),  # six times the faces, as many true alerts
        (60_000, 240, False),  # six times both
        (18_000, 42, False),  # less than twice
        (2_000, 42, True),  # a fifth
        (60_000, None, False),
    ],
)
def test_faces_that_jump_without_true_alerts_are_another_denominator(
    faces: int, true_alerts: int | None, warned: bool
) -> None:
    before = record(hours=20.0, faces=10_000, true_alerts=40, false_alerts=2)
    after = record(hours=20.0, faces=faces, true_alerts=true_alerts, false_alerts=2, date=date(2026, 1, 20))
    compared = comparisons_of([(0.6, [before]), (0.62, [after])], [], 0.95)
    (one,), sentences = changed_denominators(compared, [before, after], 0.95)
    assert bool(sentences) is warned
    assert ("the denominator changed" in one.told) is warned
    if faces == 60_000 and warned:
        assert sentences == (
            "0.62 v. more lenient: faces per hour 500 to 3,000 (6 times), true alerts per hour 2 to 2.1",
        )


def test_successive_months_are_looked_at_too(searches: Evaluation) -> None:
    months = [
        record(date=date(2026, month, 14), hours=20.0, faces=faces, true_alerts=40)
        for month, faces in ((1, 10_000), (2, 11_000), (3, 66_000))
    ]
    found = audited(searches, *months)
    assert found.denominators == (
        "2026-03 v. 2026-02: faces per hour 550 to 3,300 (6 times), true alerts per hour 2 to 2",
    )
    assert dict(answer(found))["Denominator"].startswith(
        "faces per hour change twofold or more where true alerts"
    )


def test_counts_from_rates_and_estimates_are_told(tmp_path: Path, searches: Evaluation) -> None:
    path = tmp_path / "r.csv"
    path.write_text(
        "date,place,watchlist_size,threshold,faces,alerts,true_alerts,false_alerts,rate\n"
        "2026-01-14,A,9800,0.62,c. 4000,-,-,-,0.1%\n2026-01-14,B,9800,0.62,100,-,-,-,0.05%\n"
    )
    mapping = {"columns": {"false_alert_rate": "rate"}, "unknown": ["-"], "rate_in": "percent"}
    found = harness.audit(path, evaluation=searches, mapping=mapping)
    said = dict(answer(found))
    assert said["From rates"] == (
        "in 1 of 2 deployments false alerts are not counted; as many as round to the stated rate: 2026-01-14 A 2 to 6"
    )
    assert said["Approximate"].startswith(
        "in 1 of 2 deployments faces or watchlist are said to be approximate (2026-01-14 A)"
    )
    assert "to which no number of its alerts rounds" in said["Stated rates"]
    rows = {row["place"]: row for row in found.table.to_pylist()}
    assert (rows["A"]["false_alerts"], rows["A"]["most_false_alerts_of_rate"], rows["A"]["approximate"]) == (
        2,
        6,
        "faces",
    )
    assert read_records(path, load_mapping(mapping)).records[0].from_rate == (2, 6)

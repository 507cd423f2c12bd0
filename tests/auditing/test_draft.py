"""A mapping drafted from a file of records reads that file as one that is written by hand."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from harness.auditing import RecordMapping, draft_mapping, load_mapping, read_records
from harness.auditing.draft import uses_of
from harness.config import document_in, validate
from tests.auditing.published import DATA, Written

PUBLISHED = """\
Deployment Place,Day of deployment date,Duration,Watchlist size,Min threshold,Total alerts,True alerts confirmed,\
True alerts unconfirmed,False alerts confirmed,False alerts unconfirmed,False alert engagements,\
False alert rate,Faces seen
"Mill, North",05/03/23,4h00m,"9,000",0.6,2,2,0,0,0,0,0%,"40,000"
Harbour,26-28/03/23,3 days,"9,000",0.6,1,0,0,1,0,1,0.002%,"c. 60,000"
Harbour,07/02/24,5h 30m,"9,900",0.64,7,4,1,2,0,2,0.04%,n/a
Total,,,,,10,6,1,3,0,3,,"100,000"
"""
BY_HAND = {
    "columns": {
        "date": "Day of deployment date",
        "place": "Deployment Place",
        "watchlist_size": "Watchlist size",
        "threshold": "Min threshold",
        "faces": "Faces seen",
        "alerts": "Total alerts",
        "true_alerts": "True alerts confirmed",
        "false_alerts": "False alerts confirmed",
        "unconfirmed_alerts": ["True alerts unconfirmed", "False alerts unconfirmed"],
        "false_alert_rate": "False alert rate",
        "duration": "Duration",
    },
    "date_format": "DD/MM/YY",
    "thousands": ",",
    "rate_in": "percent",
    "unknown": ["n/a", "3 days"],
}


def mapping_in(text: str) -> RecordMapping:
    return validate(RecordMapping, document_in(text.encode(), "draft.yaml"))


def test_what_is_drafted_is_what_one_would_write(written: Written) -> None:
    path = written(content=PUBLISHED)
    text = draft_mapping(path)
    assert text is not None
    assert mapping_in(text) == load_mapping(BY_HAND)
    assert "# Not read: 'False alert engagements'." in text
    assert "# Read with it: 3 records; set aside line 5 (a total)." in text
    assert "added up; as '0', '1'" in text


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("/", ".", "date_format: DD.MM.YY"),
        ("05/03/23", "5th March 2023", 'date_format: ["DD/MM/YY", "D MMMM YYYY"]'),
        (",", ";", 'delimiter: ";"'),
        ("Mill, North", "Café Row", "encoding: windows-1252"),
        ("Faces seen", " Faces seen ", "trim: true"),
        ("0.6", "60%", "threshold_in: percent  # thresholds are above 1; leave it out if scores are"),
    ],
)
def test_how_values_are_written_is_seen(old: str, new: str, line: str, written: Written) -> None:
    plain = re.sub(r'"([^"]*[0-9]),([0-9]{3})"', r"\1\2", PUBLISHED).replace('"Mill, North"', "Mill")
    text = plain.replace("Mill", "Café Row") if old == "Mill, North" else plain.replace(old, new)
    path = written(content=text.encode("cp1252"))
    drafted = draft_mapping(path)
    assert drafted is not None
    assert line in drafted.splitlines() or any(one.startswith(f"{line}  #") for one in drafted.splitlines())
    if old != "0.6":
        assert "# Read with it: 3 records" in drafted


def test_dates_that_are_ones_either_way_are_told(written: Written) -> None:
    ambiguous = "date,place,watchlist,faces,alerts\n03/04/2026,A,9000,100,0\n05/06/2026,A,9000,100,0\n"
    assert 'date_format: "DD/MM/YYYY"  # or MM/DD/YYYY: every date is one either way' in str(
        draft_mapping(written(content=ambiguous))
    )


def test_what_cannot_be_read_yet_is_told(written: Written) -> None:
    repeated = "date,place,watchlist,faces,alerts\n" + "13/04/2026,A,9000,100,0\n" * 2
    text = str(draft_mapping(written(content=repeated)))
    assert "# Not read with it yet:" in text
    assert "threshold: null  # no column seems to say it" in text
    assert "# fixed: {threshold: 0.6}" in text


def test_scores_are_no_records(written: Written) -> None:
    searches = "score,mated,match,date,faces,watchlist_size\n0.6,1,1,2026-01-14,1,9000\n"
    assert draft_mapping(written(content=searches)) is None
    assert draft_mapping(DATA / "sample.csv") is None
    assert draft_mapping(DATA / "searches.parquet") is None


def test_the_shipped_records_are_drafted_as_they_are_mapped() -> None:
    drafted = mapping_in(str(draft_mapping(DATA / "records.csv")))
    by_hand = load_mapping(DATA / "records.yaml")
    assert drafted.columns == by_hand.columns
    read = [read_records(DATA / "records.csv", one).records for one in (drafted, by_hand)]
    assert read[0] == read[1]


def test_a_workbook_is_drafted_as_its_csv(tmp_path: Path, written: Written) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    table = PUBLISHED.replace('"Mill, North"', "Mill")
    book = openpyxl.Workbook()
    book.create_sheet("notes").append(["Faces are estimated."])
    for row in csv.reader(io.StringIO(table)):
        book.active.append(row)
    path = tmp_path / "grid.xlsx"
    book.save(path)
    drafted = mapping_in(str(draft_mapping(path)))
    assert drafted.sheet == "Sheet"
    as_csv = written(content=table)
    from_csv = mapping_in(str(draft_mapping(as_csv)))
    assert drafted.model_copy(update={"sheet": None}) == from_csv
    assert read_records(path, drafted).records == read_records(as_csv, from_csv).records


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("Faces seen (Estimate)", "faces"),
        ("Watch list size", "watchlist_size"),
        ("Min Threshold Setting", "threshold"),
        ("False Alert / Confirmed False Alerts", "false_alerts"),
        ("Incorrect alerts", "false_alerts"),
        ("Positive alerts", "true_alerts"),
        ("True Alerts Unconfirmed", "unconfirmed_alerts"),
        ("False Alert Rate", "false_alert_rate"),
        ("Total Alerts", "alerts"),
        ("Duration of Deployment", "duration"),
        ("Deployment Location", "place"),
        ("Date (DD/MM/YY)", "date"),
        ("True Alert Engagements", None),
        ("Deployment type", None),
        ("Watchlist category", None),
        ("Arrests / Disposals", None),
    ],
)
def test_the_words_of_a_name_tell_its_use(name: str, use: str | None) -> None:
    assert uses_of([name]) == ({} if use is None else {use: [name]})

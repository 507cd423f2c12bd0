"""The audit command on real files: what it prints, what it writes, and what it refuses."""

import csv
import json
from pathlib import Path

import pytest

from harness.cli.app import run
from tests.auditing.grids import GRID, MAPPING, OLDER, OLDER_MAPPING

MAPPED = ("--mapping", "records.yaml")
DATA = Path(__file__).parents[2] / "data_synthetic"


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("evaluated") / "searches"
    scores = [str(DATA / "searches.parquet"), "--study", str(DATA / "searches.yaml"), "--max-ratio", "2"]
    assert run(["evaluate", *scores, "--thresholds", "0.54:0.68:0.01", "--out", str(out)]) == 0
    return out


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("records.csv", "records.yaml"):
        Path(name).write_bytes((DATA / name).read_bytes())
    capsys.readouterr()
    return tmp_path


def audit(evaluation: Path, *options: str) -> int:
    return run(["audit", "records.csv", "--evaluation", str(evaluation), *options])


def test_it_answers_first_and_then_lists_the_worst(
    folder: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(evaluation, *MAPPED, "--out", "out") == 0
    lines = capsys.readouterr().out.splitlines()
    headings = [line.split(":")[0] for line in lines[:15]]
    assert headings == [
        "Threshold",
        "Watchlist",
        "False alerts",
        "Agreement",
        "All at 0.6",
        "All at 0.62",
        "All at 0.64",
        "No false alert",
        "Alerts false",
        "Spread",
        "0.6 v. more lenient",
        "0.61 v. more lenient",
        "0.62 v. more lenient",
        "0.64 v. more lenient",
        "Assumptions",
    ]
    assert lines[0].endswith(
        "safe from 0.593; of 14 deployments 1 below it, 5 not shown safe, 8 at a safe one"
    )
    assert "2 of 14 deployments searched more than the 10,000 tested, the largest 18,900" in lines[1]
    table = lines[16:]
    assert table[0].split()[:5] == ["date", "place", "watchlist", "threshold", "standing"]
    assert "2026-05-06  Station Square" in table[1]
    assert "below safe" in table[1]
    assert len(table) == 1 + 14 + 1 + 1 + 1
    assert lines[-1] == "Written to out: audit.json, audit.csv"
    assert {path.name for path in Path("out").iterdir()} == {"audit.json", "audit.csv", ".harness.json"}


def test_the_files_tell_the_same(folder: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(evaluation, *MAPPED, "--out", "out", "--format", "json") == 0
    printed = capsys.readouterr().out
    assert printed == Path("out/audit.json").read_text(encoding="utf-8")
    plain = json.loads(printed)
    assert plain["schema"] == "harness/audit/1"
    assert plain["input"]["name"] == "records.csv"
    assert plain["mapping"]["date_format"] == "DD/MM/YYYY"
    with Path("out/audit.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["place"] for row in rows] == [one["place"] for one in plain["records"]]
    assert [row["agreement"] for row in rows] == [one["agreement"] for one in plain["records"]]
    assert [row["line"] for row in rows] == [str(one["line"]) for one in plain["records"]]


def test_same_input_same_bytes_and_an_earlier_audit_is_replaced(folder: Path, evaluation: Path) -> None:
    assert audit(evaluation, *MAPPED, "--out", "out") == 0
    first = {path: path.read_bytes() for path in Path("out").iterdir()}
    assert audit(evaluation, *MAPPED, "--out", "out") == 0
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == first


def test_columns_can_be_named_by_flags(
    folder: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("records.csv").write_text("when,where,n,t,seen,hits,good,bad\n01/02/2026,X,9.000,0.6,3.000,4,1,3\n")
    names = ["date=when", "place=where", "watchlist_size=n", "threshold=t", "faces=seen"]
    names += ["alerts=hits", "true_alerts=good", "false_alerts=bad"]
    flags = [part for name in names for part in ("--column", name)]
    options = ["--date-format", "DD/MM/YYYY", "--thousands", "."]
    assert audit(evaluation, *flags, *options) == 2
    assert capsys.readouterr().err == "harness: command line: thousands: '.' is the decimal mark too\n"
    Path("records.csv").write_text(Path("records.csv").read_text().replace(".000", " 000"))
    assert audit(evaluation, *flags, "--date-format", "DD/MM/YYYY", "--thousands", " ") == 0
    assert "2026-02-01  X" in capsys.readouterr().out


def test_a_flag_wins_over_the_mapping_file(
    folder: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(evaluation, *MAPPED, "--column", "faces=", "--format", "json") == 0
    plain = json.loads(capsys.readouterr().out)
    assert {one["faces"] for one in plain["records"]} == {None}
    assert plain["input"]["columns_not_read"] == ["Faces seen (est.)"]
    assert plain["total"] is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            [],
            "records.csv:1: has no column 'date' for date; map the column that says it, or null where none does (there "
            "is 'Date')",
        ),
        (
            [*MAPPED, "--column", "faces"],
            "--column 'faces': write VALUE=NAME, such as faces='Faces seen'",
        ),
        (
            [*MAPPED, "--column", "face=Alerts"],
            "command line: columns: unknown key 'face'; did you mean 'faces'?",
        ),
        (
            [*MAPPED, "--unknown", "none"],
            "records.csv:12: column 'Faces seen (est.)': 'n/a' is not a whole number from 0 up; if it means that the "
            "value is unknown, say so in the mapping (unknown: ['n/a'])",
        ),
        ([*MAPPED, "--confidence", "2"], "the confidence must be at least 0.5 and below 1, got 2"),
        (["--mapping", "nowhere.yaml"], "nowhere.yaml: cannot be read: No such file or directory"),
        ([*MAPPED, "--out", "."], ".: is the current folder, or holds it; name another one"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    options: list[str], said: str, folder: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(evaluation, *options) == 2
    assert capsys.readouterr().err == f"harness: {said}\n"
    assert {path.name for path in folder.iterdir()} == {"records.csv", "records.yaml"}


def test_a_damaged_evaluation_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("evaluation.json").write_text("{}")
    assert audit(Path("evaluation.json"), "--mapping", "records.yaml") == 2
    assert "evaluation.json: schema is null, not 'harness/evaluation/3'" in capsys.readouterr().err


def test_several_files_and_workbooks_are_audited_by_one_command(
    folder: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("older.csv").write_text(OLDER)
    Path("grid.csv").write_text(GRID)
    for name, mapping in (("older.json", OLDER_MAPPING), ("grid.json", MAPPING)):
        Path(name).write_text(json.dumps(mapping))
    files = ["older.csv", "grid.csv", "--mapping", "older.json", "--mapping", "grid.json"]
    assert run(["audit", *files, "--evaluation", str(evaluation), "--out", "out"]) == 0
    said = capsys.readouterr().out
    assert (
        "Set aside:         1 row left out of every count (grid.csv:6: record of 2024-02-09 Station: " in said
    )
    assert (
        "2024 v. 2023 at 0.6: 2024: 5 to 6 false alerts among 11,000 faces of 2 deployments; 2023: 1 false"
        in said
    )
    plain = json.loads(Path("out/audit.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in plain["inputs"]] == ["older.csv", "grid.csv"]
    with Path("out/audit.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows].count("older.csv") == 3
    assert {row["hours"] for row in rows if row["place"] == "Mill, North"} == {"4"}


def test_periods_and_sums_of_columns_by_flags(
    folder: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("grid.csv").write_text(GRID)
    Path("grid.json").write_text(json.dumps(MAPPING))
    given = ["audit", "grid.csv", "--mapping", "grid.json", "--evaluation", str(evaluation)]
    assert run([*given, "--period", "2023-03-06", "--column", "true_alerts=True ok"]) == 0
    assert "from 2023-03-06 v. before 2023-03-06 at 0.6: " in capsys.readouterr().out
    assert run([*given, "--period", "March"]) == 2
    assert capsys.readouterr().err == "harness: --period 'March' is not a date; write YYYY-MM-DD\n"
    sums = [
        "--column",
        "unconfirmed_alerts=",
        "--column",
        "true_alerts=True ok",
        "--column",
        "true_alerts=True open",
    ]
    assert run([*given, *sums, "--format", "json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["mapping"]["columns"]["true_alerts"] == ["True ok", "True open"]
    assert {one["place"]: one["true_alerts"] for one in plain["records"]}["Harbour"] in (0, 5)


def test_an_audit_of_old_records_has_only_what_there_is_to_tell(folder: Path, evaluation: Path) -> None:
    assert audit(evaluation, *MAPPED, "--out", "out") == 0
    plain = json.loads(Path("out/audit.json").read_text(encoding="utf-8"))
    assert not {"inputs", "set_aside", "denominators"} & set(plain)
    assert not {"until", "hours", "file", "approximate", "from_rate"} & set(plain["records"][0])
    with Path("out/audit.csv").open(encoding="utf-8") as file:
        assert not {"file", "hours", "until"} & set(next(csv.reader(file)))

"""The monitor command on real files: its exit codes, what it prints and writes, and its state, signed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from harness.cli.app import run
from tests.cli.test_cli_sign import make_pair

DATA = Path(__file__).parents[2] / "data_synthetic"
HEADER = "time,deployment,faces,watchlist_size,threshold,outcome\n"


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("evaluated") / "searches"
    scores = [str(DATA / "searches.parquet"), "--study", str(DATA / "searches.yaml"), "--max-ratio", "2"]
    given = ["--thresholds", "0.54:0.68:0.01", "--no-report", "--no-figures", "--out", str(out)]
    assert run(["evaluate", *scores, *given]) == 0
    return out


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("alerts.csv", "alerts.yaml"):
        Path(name).write_bytes((DATA / name).read_bytes())
    capsys.readouterr()
    return tmp_path


def monitor(evaluation: Path, *options: str, mapped: bool = True) -> int:
    mapping = ["--mapping", "alerts.yaml"] if mapped else []
    return run(["monitor", "alerts.csv", "--evaluation", str(evaluation), *mapping, *options])


def write(*rows: str) -> None:
    Path("alerts.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows))


def test_what_is_amiss_in_the_shipped_alerts_raises_an_alarm(
    folder: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert monitor(evaluation, "--out", "out") == 1
    lines = capsys.readouterr().out.splitlines()
    assert [one.split(":")[0] for one in lines if one and not one.startswith("Written")] == [
        "Alarm",
        "Rate",
        "Share",
        "Noticed",
        "Noticed",
        "Assumptions",
    ]
    assert lines[-1] == "Written to out: monitoring.json, monitoring.csv, figures/"
    written = {path.relative_to("out").as_posix() for path in Path("out").rglob("*") if path.is_file()}
    assert written == {
        ".harness.json",
        "monitoring.json",
        "monitoring.csv",
        "figures/alt_texts.json",
        *(f"figures/evidence.{kind}" for kind in ("svg", "png", "pdf")),
    }
    with Path("out/monitoring.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    document = json.loads(Path("out/monitoring.json").read_text(encoding="utf-8"))
    assert [row["deployment"] for row in rows] == [one["deployment"] for one in document["deployments"]]
    assert len(rows) == 60
    # Nothing is amiss before the 31st deployment, and no alarm is raised there.
    assert min(alarm["index"] for alarm in document["alarms"]) >= 30


def test_same_input_same_bytes_and_json_is_what_is_written(
    folder: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert monitor(evaluation, "--out", "out", "--format", "json") == 1
    assert capsys.readouterr().out == Path("out/monitoring.json").read_text(encoding="utf-8")
    first = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    assert monitor(evaluation, "--out", "out") == 1
    assert {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()} == first


@pytest.mark.parametrize(
    ("rows", "code", "said"),
    [
        (["2026-01-05,a,1000,9000,0.64,false", "2026-01-06,b,1000,9000,0.64,none"], 0, "No alarm:"),
        (["2026-01-05,a,1000,9000,0.64,false"] * 9, 1, "Alarm:"),
        (["2026-01-05,a,1000,20000,0.64,false"] * 9, 3, "Cannot decide:"),
        (["2026-01-05,a,1000,9000,0.64,unsettled"] * 9, 3, "Cannot decide:"),
    ],
)
def test_only_0_means_no_alarm(
    folder: Path, evaluation: Path, rows: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(*rows)
    assert monitor(evaluation, mapped=False) == code
    assert capsys.readouterr().out.startswith(said)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (["2026-01-05,a,0,9000,0.64,false"], "alerts.csv:2: deployment 'a': 1 alert, and no faces"),
        (["2026-01-05,a,10,9000,0.64,?"], "alerts.csv:2: column 'outcome': '?' is no outcome"),
    ],
)
def test_input_that_cannot_be_used_is_told_in_one_line_and_nothing_is_written(
    folder: Path, evaluation: Path, rows: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(*rows)
    assert monitor(evaluation, "--state", "state.jsonl", "--out", "out", mapped=False) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"harness: {problem}")
    assert len(said.err.splitlines()) == 1
    assert not Path("state.jsonl").exists()
    assert not Path("out").exists()


def test_a_state_is_appended_to_and_shrunken_alerts_are_refused(
    folder: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write("2026-01-05,a,1000,9000,0.64,false", "2026-01-06,b,1000,9000,0.64,none")
    assert monitor(evaluation, "--state", "state.jsonl", mapped=False) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Appended to state.jsonl: record 1"
    write("2026-01-06,b,1000,9000,0.64,none")
    assert monitor(evaluation, "--state", "state.jsonl", mapped=False) == 2
    assert capsys.readouterr().err == (
        "harness: alerts.csv: deployment 'a' is gone, and record 1 of state.jsonl has it; alerts are added to, and not "
        "taken out\n"
    )


def test_a_state_in_the_folder_that_is_replaced_is_refused(
    folder: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert monitor(evaluation, "--state", "out/state.jsonl", "--out", "out") == 2
    assert "--state out/state.jsonl: lies in the folder to write" in capsys.readouterr().err


def test_a_signature_holds_for_what_is_appended_to_and_not_for_what_was_cut_off(
    folder: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pair(folder, "key")
    write("2026-01-05,a,1000,9000,0.64,false")
    for _ in range(2):
        assert monitor(evaluation, "--state", "state.jsonl", mapped=False) == 0
    assert run(["sign", "state.jsonl", "--key", "key.private.pem", "--on", "2026-02-01"]) == 0
    assert "(2 records, no alarm) on 2026-02-01" in capsys.readouterr().out
    verify = ["verify", "state.jsonl.dsse.json", "--key", "key.public.pem"]
    assert run(verify) == 0
    assert "2 records of a monitoring, no alarm in the last" in capsys.readouterr().out
    assert monitor(evaluation, "--state", "state.jsonl", mapped=False) == 0
    assert run(verify) == 0
    assert "1 record appended since then, and not signed" in capsys.readouterr().out
    lines = Path("state.jsonl").read_bytes().splitlines(keepends=True)
    Path("state.jsonl").write_bytes(lines[0])
    assert run(verify) == 3
    assert "2 were signed: the end was cut off" in capsys.readouterr().err
    Path("state.jsonl").write_bytes(lines[0] + lines[1].replace(b'"false_alerts":1', b'"false_alerts":0'))
    assert run(verify) == 3
    assert "its first 2 records are not those that were signed" in capsys.readouterr().err

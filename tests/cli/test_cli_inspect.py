"""The inspect command on real files: what it prints, what it writes, and what it refuses."""

import csv
import json
from pathlib import Path

import pytest

from harness.cli.app import run

STUDY = """\
matcher: {name: example, version: "1"}
subjects: [probe, reference]
groups: {group: group}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two groups of ten people, two of whom are one, by the seventh row from the end."""
    monkeypatch.chdir(tmp_path)
    lines = ["score,mated,probe,reference,group"]
    for offset, group in ((0, "A"), (10, "B")):
        for i in range(10):
            lines.append(f"{0.7 + i / 100:.2f},1,{offset + i},{offset + i},{group}")
            lines += [f"{(i * j % 97) / 200},0,{offset + i},{offset + j},{group}" for j in range(i)]
    lines[-7] = "0.99,0,19,12,B"
    Path("study.yaml").write_text(STUDY)
    Path("scores.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def inspect(*options: str, out: str = "out") -> int:
    return run(["inspect", "scores.csv", "--study", "study.yaml", "--out", out, *options])


def test_it_writes_everything_and_prints_a_few_lines(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path("scores.csv").read_bytes()
    assert inspect("--worst", "3") == 0
    *lines, where = capsys.readouterr().out.splitlines()
    headings = ["Non-mated", "Mated", "Subjects", "Repeated", "Safe threshold", "Removed"]
    assert [line.split(":")[0] for line in lines] == headings
    assert "1 of 90 look mated; scores.csv row 104, score 0.99 (19 and 12): 100 % of mated" in lines[0]
    assert where == "Written to out: inspection.json, suspicious_trials.csv, suspicious_subjects.csv"
    assert {path.name for path in Path("out").iterdir()} == {
        "inspection.json",
        "suspicious_trials.csv",
        "suspicious_subjects.csv",
        ".harness.json",
    }
    assert Path("scores.csv").read_bytes() == before
    assert {path.name for path in folder.iterdir()} == {"out", "scores.csv", "study.yaml"}


def test_the_files_tell_the_same(folder: Path) -> None:
    assert inspect("--worst", "3", "--thresholds", "0.2,0.5") == 0
    document = json.loads(Path("out/inspection.json").read_text())
    assert document["schema"] == "harness/inspection/1"
    assert document["removed"] == 0
    assert [step["without"] for step in document["sensitivity"]] == [0, 1, 2, 3]
    with Path("out/suspicious_trials.csv").open(encoding="utf-8") as file:
        trials = list(csv.DictReader(file))
    assert [row["labelled"] for row in trials] == ["non-mated"] * 3 + ["mated"] * 3
    assert (trials[0]["row"], trials[0]["value of probe"], trials[0]["suspicious"]) == ("104", "19", "true")
    with Path("out/suspicious_subjects.csv").open(encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == []


def test_same_input_same_bytes_and_an_earlier_inspection_is_replaced(folder: Path) -> None:
    assert inspect() == 0
    first = {path: path.read_bytes() for path in Path("out").iterdir()}
    assert inspect() == 0
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == first


def test_a_folder_of_something_else_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").mkdir()
    Path("out/evaluation.json").write_text("{}")
    assert inspect() == 2
    assert capsys.readouterr().err == (
        "harness: out: holds something else than an inspection (evaluation.json, which no .harness.json lists); name "
        "another folder\n"
    )
    assert Path("out/evaluation.json").read_text() == "{}"


def test_an_inspection_is_not_overwritten_by_an_evaluation(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inspect() == 0
    assert run(["evaluate", "scores.csv", "--study", "study.yaml", "--out", "out"]) == 2
    assert capsys.readouterr().err == (
        "harness: out: holds something else than an evaluation (inspection.json, which no .harness.json lists); name "
        "another folder\n"
    )


def test_bad_numbers_and_rows_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect("--worst", "0") == 2
    assert capsys.readouterr().err == "harness: worst is 0; give a number from 1 to 10,000\n"
    with Path("scores.csv").open("a") as file:
        file.write("nan,0,1,2,A\n")
    assert inspect() == 2
    assert "scores.csv: row 111, column 'score': 'nan' where a score belongs" in capsys.readouterr().err
    assert not Path("out").exists()

"""``harness project``: the answer, the files, and what is refused."""

import csv
import json
from pathlib import Path

import pytest

from harness.cli.app import run
from harness.gate.projection_file import read_projection
from harness.outputs import write_evaluation
from tests.projection.worlds import GROUPS, scored, with_candidates

LISTS = """\
lists:
  half: {size: 100, faces: 5000}
  skewed:
    composition:
      ethnicity: {Asian: 2, Black: 60, White: 2}
"""


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluation") / "out"
    found = with_candidates(scored(200, (40, 60, 100)), [2.2, 2.6, 3.0], max_fpir=0.3)
    return write_evaluation(found, folder, without=("report", "figures"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lists.yaml").write_text(LISTS)
    return tmp_path


def project(evaluation: Path, *options: str) -> int:
    return run(["project", str(evaluation), "--lists", "lists.yaml", *options])


def test_the_folder_has_what_the_gate_reads_tables_and_figures(
    evaluation: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project(evaluation, "--out", "out") == 0
    out = capsys.readouterr().out
    assert out.startswith("List:              half: 100 subjects; rarefied")
    assert out.splitlines()[-1] == (
        "Written to out: projection.json, false_alerts.csv, ratios.csv, safe_thresholds.csv, figures/"
    )
    shape = read_projection(Path("out/projection.json").read_bytes(), "projection.json")
    assert {name: found.method for name, found in shape.lists.items()} == dict.fromkeys(
        ("half", "skewed"), "rarefied"
    )
    with Path("out/false_alerts.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["group"] for row in rows} == {*GROUPS, ""}
    figures = {path.stem for path in Path("out/figures").glob("*.svg")}
    assert figures == {"safe_threshold_by_size", *(f"safe_threshold_by_mix_{group}" for group in GROUPS)}
    words = json.loads(Path("out/figures/alt_texts.json").read_text())
    assert words["safe_threshold_by_mix_Black"]["alt_text"].startswith(
        "Heat map of the safe threshold of M 1"
    )


def test_a_second_run_writes_the_same_bytes_over_the_first(evaluation: Path, folder: Path) -> None:
    assert project(evaluation, "--out", "out", "--no-curves") == 0
    first = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    assert project(evaluation, "--out", "out", "--no-curves") == 0
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == first
    assert "figures" not in first


def test_without_a_folder_it_is_only_printed_as_text_or_json(
    evaluation: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project(evaluation) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Nothing was written; --out FOLDER keeps it"
    assert project(evaluation, "--json") == 0
    assert json.loads(capsys.readouterr().out)["schema"] == 1
    assert sorted(path.name for path in folder.iterdir()) == ["lists.yaml"]


def test_a_group_that_was_not_tested_is_refused_by_line_and_column(
    evaluation: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("lists.yaml").write_text(LISTS.replace("Black", "Blakc"))
    assert project(evaluation, "--out", "out") == 2
    assert "lists.yaml:5:" in (error := capsys.readouterr().err)
    assert "'Blakc' is not on the tested list, of which the groups are Asian, Black, White" in error
    assert not Path("out").exists()


def test_a_folder_that_holds_something_else_is_kept(evaluation: Path, folder: Path) -> None:
    Path("out").mkdir()
    Path("out/notes.txt").write_text("mine")
    assert project(evaluation, "--out", "out", "--no-curves") == 2
    assert Path("out/notes.txt").read_text() == "mine"

"""The draft command: what it prints and writes, what it refuses, and which refusals of evaluate name it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from harness.auditing import load_mapping, read_records
from harness.cli.app import run
from tests.auditing.grids import OLDER
from tests.drafting.made_scores import comparisons, text

PROPOSES = "`harness draft SCORES` proposes a study"
HEADER = "score,mated,a,b,sex"
ROWS = [
    f"{c.score},{int(c.mated)},{c.probe.name},{c.reference.name},{c.probe.sex}"
    for c in comparisons(within=True)
]


@pytest.fixture(autouse=True)
def _scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.csv").write_text(text(HEADER, ROWS))


def refused(*tokens: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(list(tokens)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    return line


def test_what_is_written_is_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["draft", "s.csv"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert run(["draft", "s.csv", "--out", "study.yaml"]) == 0
    assert Path("study.yaml").read_text() == printed.out
    assert capsys.readouterr().out == (
        "Written to study.yaml; read it, then: harness evaluate SCORES --study study.yaml --out RESULTS\n"
    )


def test_a_file_that_is_there_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    Path("study.yaml").write_text("edited: by hand\n")
    assert refused("draft", "s.csv", "--out", "study.yaml", capsys=capsys) == (
        "harness: study.yaml: is there already, and may have been edited; name another file"
    )
    assert Path("study.yaml").read_text() == "edited: by hand\n"


def test_scores_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["draft", "s.csv"])
    of_the_file = capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("s.csv").read_bytes())))
    assert run(["draft", "-"]) == 0
    ours, theirs = (
        [line for line in said.splitlines() if not line.startswith("#")]
        for said in (capsys.readouterr().out, of_the_file)
    )
    assert ours == theirs


def test_people_are_named_from_the_folder_of_the_study(capsys: pytest.CaptureFixture[str]) -> None:
    names = sorted({c.probe.name for c in comparisons()})
    Path("people.csv").write_text(text("id,race", [f"{name},{'AB'[i % 2]}" for i, name in enumerate(names)]))
    Path("studies").mkdir()
    assert run(["draft", "s.csv", "--people", "people.csv", "--out", "studies/one.yaml"]) == 0
    assert (
        'people: {file: "../people.csv", subject: id, columns: [race]}'
        in Path("studies/one.yaml").read_text()
    )


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (["nowhere.csv"], "harness: nowhere.csv: no such file; check the path"),
        (["empty.csv"], "harness: empty.csv: holds no rows, only column names; give it rows"),
        (
            ["s.csv", "--people", "others.csv"],
            "harness: others.csv: no column of it holds at least half of the values of a column of s.csv; name people "
            "alike in both",
        ),
    ],
)
def test_what_cannot_be_drafted_is_refused_in_a_line(
    tokens: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty.csv").write_text(HEADER + "\n")
    Path("others.csv").write_text(text("id,race", ["nobody,A", "no one,B"]))
    assert refused("draft", *tokens, capsys=capsys) == said


@pytest.mark.parametrize("command", ["evaluate", "inspect"])
def test_a_command_without_any_study_names_it(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(command, "s.csv", "--out", "out", capsys=capsys) == (
        "harness: no study says what the columns of the scores mean: name a file (--study), or the columns (--matcher, "
        f"--score, --mated, --group and so on); {PROPOSES}"
    )


def test_a_study_without_groups_and_one_of_other_columns_name_it(capsys: pytest.CaptureFixture[str]) -> None:
    matcher = ["--matcher", "m", "--matcher-version", "1"]
    assert refused("evaluate", "s.csv", "--out", "out", *matcher, capsys=capsys).endswith(f"; {PROPOSES}")
    line = refused("evaluate", "s.csv", "--out", "out", *matcher, "--group", "sex=gender", capsys=capsys)
    assert line.endswith(f"name the right one in the study ({PROPOSES})")


def test_a_header_that_looks_like_data_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.csv").write_text(text(None, ROWS))
    study = ["--matcher", "m", "--matcher-version", "1", "--group", "sex=sex"]
    assert refused("evaluate", "s.csv", "--out", "out", *study, capsys=capsys).endswith(f"({PROPOSES})")


def test_a_mapping_is_drafted_of_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("older.csv").write_text(OLDER)
    assert run(["draft", "older.csv"]) == 0
    assert "  threshold: null  # no column seems to say it" in capsys.readouterr().out
    assert run(["draft", "older.csv", "--out", "mapping.yaml"]) == 0
    assert capsys.readouterr().out == (
        "Written to mapping.yaml; read it, then: harness audit older.csv --mapping mapping.yaml --evaluation RESULTS\n"
    )
    assert len(read_records("older.csv", load_mapping("mapping.yaml")).records) == 3


def test_a_workbook_without_records_is_refused_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    monkeypatch.chdir(tmp_path)
    book = openpyxl.Workbook()
    book.active.append(["score", "mated"])
    book.save("scores.xlsx")
    assert run(["draft", "scores.xlsx"]) == 2
    assert capsys.readouterr().err.startswith(
        "harness: scores.xlsx: no sheet has columns of deployment records"
    )

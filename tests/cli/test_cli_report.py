"""The report command on saved evaluations."""

from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from pypdf import PdfReader

from harness.cli.app import run
from harness.folders import MANIFEST
from harness.outputs import write_evaluation
from tests.few_thresholds import evaluate_at

STUDY = {"matcher": {"name": "example", "version": "1"}, "groups": {"group": "group"}}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two evaluations, as `evaluate` writes them."""
    folder = tmp_path_factory.mktemp("evaluations")
    drawn = np.random.default_rng(1)
    scores = {
        "score": np.concatenate([drawn.normal(0.2, 0.1, 2000), drawn.normal(0.8, 0.1, 100)]),
        "mated": np.repeat([False, True], [2000, 100]),
        "group": np.tile(["A", "B"], 1050),
    }
    for name, tolerated in (("first", 3.0), ("second", 1.2)):
        policy = {"max_ratio": tolerated}
        write_evaluation(evaluate_at(scores, study=STUDY, policy=policy, thresholds="0:1:0.1"), folder / name)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copytree(written, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_report_from_a_saved_evaluation_is_the_one_that_evaluate_wrote(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "first", "--out", "report"]) == 0
    assert capsys.readouterr().out == "Written to report: report.html, report.pdf\n"
    assert {path.name for path in Path("report").iterdir()} == {"report.html", "report.pdf", MANIFEST}
    assert Path("report/report.html").read_bytes() == Path("first/report.html").read_bytes()
    assert Path("report/report.pdf").read_bytes() == Path("first/report.pdf").read_bytes()
    assert run(["report", "first/evaluation.json", "--out", "report", "--title", "For the board"]) == 0
    assert "<h1>For the board</h1>" in Path("report/report.html").read_text(encoding="utf-8")


def test_an_appendix_is_added_where_it_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "first", "--out", "report", "--appendix"]) == 0
    long, short = (
        [page.extract_text() for page in PdfReader(path).pages]
        for path in ("report/report.pdf", "first/report.pdf")
    )
    assert len(long) > len(short)
    assert any("Appendix" in page.splitlines()[:2] for page in long[len(short) :])
    assert Path("report/report.html").read_bytes() == Path("first/report.html").read_bytes()
    capsys.readouterr()
    assert run(["report", "first", "second", "--out", "both", "--appendix"]) == 2
    assert "a comparison has no appendix" in capsys.readouterr().err


def test_two_evaluations_are_compared(folder: Path) -> None:
    assert run(["report", "first", "second", "--out", "report"]) == 0
    page = Path("report/report.html").read_text(encoding="utf-8")
    assert "Two evaluations compared" in page
    assert "Not the same: Policy: largest tolerated ratio" in page


def test_the_folder_of_an_evaluation_is_not_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.name for path in Path("first").iterdir())
    assert run(["report", "first", "--out", "first"]) == 2
    assert capsys.readouterr().err == (
        "harness: first: holds something else than a report (evaluation.json, which no .harness.json lists); name "
        "another folder\n"
    )
    assert sorted(path.name for path in Path("first").iterdir()) == before


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ([], "evaluations"),
        (["first", "second", "first"], "3 evaluations given; a report is of one, or of two side by side"),
        (["nowhere"], "nowhere: cannot be read"),
        (["first/rates.csv"], "first/rates.csv: is not a whole evaluation"),
    ],
)
def test_what_is_no_evaluation_is_refused_and_nothing_written(
    folder: Path, capsys: pytest.CaptureFixture[str], given: list[str], complaint: str
) -> None:
    assert run(["report", *given, "--out", "report"]) == 2
    assert complaint in " ".join(capsys.readouterr().err.lower().split()).replace("--", "")
    assert not Path("report").exists()


def test_a_failure_leaves_the_earlier_report_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["report", "first", "--out", "report"]) == 0
    before = Path("report/report.html").read_bytes()

    def fail(report: object) -> str:
        raise MemoryError

    monkeypatch.setattr("harness.report.report_page", fail)
    assert run(["report", "second", "--out", "report"]) == 70
    assert {path.name for path in Path("report").iterdir()} == {"report.html", "report.pdf", MANIFEST}
    assert Path("report/report.html").read_bytes() == before

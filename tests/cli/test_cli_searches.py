"""Studies of searches through every command, as those of comparisons go."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest

from harness.cli.app import run
from harness.outputs import write_evaluation
from tests.evaluation.searched_world import evaluated

STUDY = """\
matcher: {name: made up, version: "2.1"}
task: identification
watchlist_size: 10000
subjects: [person]
groups: {ethnicity: ethnicity}
"""
POLICY = """\
max_ratio: 2
max_fpir: 0.1
operating: [0.6]
crowd: {ethnicity: {A: 0.75, B: 0.25}}
prevalence: 0.0001
"""
DEPLOYMENT = """\
deployments:
  gate:
    matcher: {name: made up, version: "2.1"}
    use_case: live
    axes: [ethnicity]
    owner: release team
    watchlist_size: 10000
    threshold: 0.6
    evidence: {evaluation: found/evaluation.json}
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("searches")
    drawn = np.random.default_rng(14)
    scores = np.r_[drawn.normal(0.4, 0.1, 4000), drawn.normal(0.9, 0.1, 200)]
    table = {
        "score": np.round(scores, 4),
        "later": np.round(scores + drawn.normal(0, 0.01, 4200), 4),
        "mated": np.repeat([0, 1], [4000, 200]),
        "person": [f"p{number % 700}" for number in range(4200)],
        "ethnicity": [("A", "B")[number % 700 % 2] for number in range(4200)],
    }
    csv.write_csv(pa.table(table), folder / "searches.csv")
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "deployments.yaml").write_text(DEPLOYMENT, encoding="utf-8")
    return folder


def evaluate(out: str, *more: str) -> int:
    return run(
        ["evaluate", "searches.csv", "--study", "study.yaml", "--policy", "policy.yaml", "--out", out, *more]
    )


def test_a_crowd_is_told_in_the_terminal_the_tables_the_file_and_the_report(
    written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(written)
    assert evaluate("found", "--no-figures") == 0
    said = capsys.readouterr().out
    assert "among 10,000 passers-by" in said
    assert "passers_by.csv" in said
    assert "intervals hold for this very watchlist only" in said
    rows = csv.read_csv("found/passers_by.csv").to_pylist()
    assert [row["group"] for row in rows] == ["", "A", "B"] or [row["group"] for row in rows] == [
        None,
        "A",
        "B",
    ]
    (told,) = json.loads(Path("found/evaluation.json").read_text(encoding="utf-8"))["passers_by"]
    assert told["crowd"]["false"]["estimate"] == pytest.approx(rows[0]["false"])
    assert told["threshold"] == 0.6
    rates = csv.read_csv("found/rates.csv").to_pylist()
    fpir = {
        row["group"]: row["estimate"] for row in rates if row["rate"] == "FPIR" and row["threshold"] == 0.6
    }
    assert rows[0]["false"] == pytest.approx(9_999 * (0.75 * fpir["A"] + 0.25 * fpir["B"]))
    assert "What a passer-by faces" in Path("found/report.html").read_text(encoding="utf-8")
    assert run(["report", "found", "--out", "again"]) == 0
    assert Path("again/report.html").read_bytes() == Path("found/report.html").read_bytes()
    capsys.readouterr()
    assert run(["check", "deployments.yaml"]) in (0, 3)
    assert "ethnicity" in capsys.readouterr().out


def test_two_matchers_are_compared_on_the_same_searches(
    written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(written)
    options = [
        "--study",
        "study.yaml",
        "--policy",
        "policy.yaml",
        "--new-score",
        "later",
        "--new-matcher-version",
        "3",
    ]
    assert run(["compare", "searches.csv", *options, "--out", "compared"]) in (0, 1, 3)
    assert "FPIR" in Path("compared/changes.csv").read_text(encoding="utf-8")
    assert "Error" not in capsys.readouterr().err


def test_a_prevalence_may_be_given_by_flag(
    written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(written)
    assert evaluate("more", "--no-figures", "--no-report", "--prevalence", "0.5") == 0
    (told,) = json.loads(Path("more/evaluation.json").read_text(encoding="utf-8"))["passers_by"]
    assert told["crowd"]["true"]["estimate"] > 1000
    assert evaluate("none", "--no-figures", "--no-report", "--prevalence", "1") == 2
    assert "prevalence: 1.0 is not a share of the passers-by" in capsys.readouterr().err


def test_an_evaluation_with_all_of_searches_is_written_read_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    found = evaluated({"operating": [0.5], "prevalence": 0.01})
    for name in ("one", "two"):
        write_evaluation(found, name, without=("figures", "report"))
    assert {"searches.csv", "list.csv", "passers_by.csv"} <= {path.name for path in Path("one").iterdir()}
    assert Path("one/evaluation.json").read_bytes() == Path("two/evaluation.json").read_bytes()
    assert run(["report", "one", "--out", "report"]) == 0
    assert "Who on the list draws alerts" in Path("report/report.html").read_text(encoding="utf-8")
    assert run(["report", "one", "two", "--out", "both"]) == 0
    assert "Two evaluations compared" in Path("both/report.html").read_text(encoding="utf-8")

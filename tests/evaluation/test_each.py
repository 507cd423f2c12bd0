from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness import evaluate, evaluate_each
from harness.cli.app import run
from harness.errors import InputError
from harness.evaluation import side_by_side, to_json

POLICY = {"max_ratio": 3.0, "operating": [0.5]}


def scores(matchers: tuple[str, ...] = ("Cos/1", "Arc 2"), trials: int = 400) -> pd.DataFrame:
    """The same trials scored by several matchers, which differ in how groups do."""
    frames = []
    for number, name in enumerate(matchers):
        drawn = np.random.default_rng(number)
        mated = np.arange(trials) % 4 == 0
        group = np.arange(trials) // 4 % 2
        score = drawn.normal(0.3 + 0.4 * mated + 0.1 * number * group * ~mated, 0.08)
        labels = np.where(group, "B", "A")
        frames.append(
            pd.DataFrame({"score": score, "mated": mated.astype(int), "group": labels, "matcher": name})
        )
    return pd.concat(frames)


def study(**more: object) -> dict[str, object]:
    return {"matcher": {"name": "{matcher}", "version": "1"}, "groups": {"group": "group"}, **more}


def test_each_value_is_evaluated_as_its_rows_are_by_themselves(tmp_path: Path) -> None:
    every = scores()
    every.to_csv(tmp_path / "all.csv", index=False)
    found = evaluate_each(tmp_path / "all.csv", "matcher", study=study(), policy=POLICY)
    assert list(found) == ["Arc 2", "Cos/1"]
    for value, evaluation in found.items():
        alone = evaluate(every[every["matcher"] == value], study=study(), policy=POLICY)
        assert evaluation.study.matcher_name == f"{value} 1"
        assert evaluation.rates == alone.rates
        assert evaluation.verdicts == alone.verdicts
        assert any("400" in note for note in evaluation.notes)


def test_a_name_without_the_column_gets_the_value() -> None:
    """Evidence on one matcher, or run, must not pass for that on another."""
    named = study(matcher={"name": "Arc", "version": "1"})
    found = evaluate_each(scores(("x", "y")), "matcher", study=named)
    assert [evaluation.study.matcher_name for evaluation in found.values()] == ["Arc (x) 1", "Arc (y) 1"]
    unnamed = evaluate_each(scores(("x", "y")), "matcher", study={"groups": {"group": "group"}})
    assert [evaluation.study.matcher for evaluation in unnamed.values()] == [None, None]


def test_evaluations_side_by_side_are_read_from_each() -> None:
    found = evaluate_each(scores(), "matcher", study=study(), policy=POLICY)
    rows = side_by_side(found).to_pylist()
    assert len(rows) == 2 * (3 + 3)
    for value, evaluation in found.items():
        axis = evaluation.axes["group"]
        at_half = next(row for row in rows if row["evaluation"] == value and row["at"] == "threshold 0.5")
        index = evaluation.index_of(0.5)
        assert at_half["false_match_rate"] == axis.false_matches.errors[:, index].sum() / 300
        assert at_half["ratio_lower"] == axis.false_match_differential.ratio_lower[index]
        assert at_half["verdict"] == axis.verdict.verdicts[index]
        overall = next(row for row in rows if row["evaluation"] == value and row["overall_rate"] == 0.01)
        reached = [i for i, rate in enumerate(axis.false_matches.pooled) if rate <= 0.01]
        assert overall["threshold"] == evaluation.thresholds[reached[0]]
        beyond = next(row for row in rows if row["evaluation"] == value and row["overall_rate"] == 0.0001)
        assert beyond["threshold"] is None


class TestWhatCannotBeEvaluatedEach:
    def refusal(self, frame: pd.DataFrame, column: str = "matcher", **more: object) -> str:
        with pytest.raises(InputError) as refused:
            evaluate_each(frame, column, study=study(**more))
        return str(refused.value)

    def test_a_column_that_is_not_there(self) -> None:
        assert "has no column 'run'; it has 'score'" in self.refusal(scores(), "run")

    def test_a_row_without_a_value(self) -> None:
        frame = scores().reset_index(drop=True)
        frame.loc[7, "matcher"] = None
        assert "some rows have no value in column 'matcher'" in self.refusal(frame)

    def test_a_column_of_very_many_values(self) -> None:
        frame = scores().assign(matcher=np.arange(800))
        assert "column 'matcher' has more than 100 values" in self.refusal(frame)

    def test_a_column_of_which_rows_are_kept(self) -> None:
        said = self.refusal(scores(), rows={"matcher": ["Arc 2"]})
        assert said.startswith("rows: matcher keeps some values")

    def test_standard_input(self) -> None:
        with pytest.raises(InputError, match="standard input is read once"):
            evaluate_each("-", "matcher", study=study())


class TestTheCommand:
    def evaluated(self, *options: str) -> int:
        named = ["--matcher", "{matcher}", "--matcher-version", "1", "--group", "group=group"]
        return run(
            ["evaluate", "s.csv", "--each", "matcher", "--out", "out", *named, "--no-report", *options]
        )

    @pytest.fixture(autouse=True)
    def _in_a_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        scores().to_csv("s.csv", index=False)

    def test_writes_a_folder_for_each_and_a_comparison(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.evaluated("--no-figures") == 0
        folders = {"Arc 2": "Arc-2", "Cos/1": "Cos-1"}
        found = evaluate_each("s.csv", "matcher", study=study())
        for value, folder in folders.items():
            assert json.loads(Path("out", folder, "evaluation.json").read_text()) == json.loads(
                to_json(found[value])
            )
        with Path("out", "comparison.csv").open() as file:
            assert {row["evaluation"] for row in csv.DictReader(file)} == set(folders)
        printed = capsys.readouterr().out.splitlines()
        headings = [told.partition(":")[0] for told in printed]
        assert headings == ["Arc 2", "Safe threshold", "Cos/1", "Safe threshold", "Written to out"]

    def test_replaces_what_it_wrote_and_nothing_else(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.evaluated("--no-figures") == 0
        assert self.evaluated() == 0
        assert Path("out", "Arc-2", "figures").is_dir()
        Path("out", "notes.txt").write_text("mine")
        assert self.evaluated("--no-figures") == 2
        assert "holds something else than evaluations (notes.txt)" in capsys.readouterr().err
        assert Path("out", "notes.txt").read_text() == "mine"

    def test_leaves_its_own_results_aside(self) -> None:
        assert self.evaluated("--no-figures") == 0
        found = evaluate(".", study={"groups": {"group": "group"}})
        assert found.comparisons.non_mated == 600

    def test_keeps_no_checkpoints(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.evaluated("--checkpoints", "kept") == 2
        assert "leave out --checkpoints" in capsys.readouterr().err

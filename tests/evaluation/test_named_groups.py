"""A group that the data names stays, with no comparisons if need be, and keeps its axis from being decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness
from harness import Evaluation, InputError
from harness.cli.app import run
from harness.evaluation import answer, from_json, to_json
from harness.gate.evidence import evidence_of
from harness.gate.findings import Outcome, Rule
from harness.gate.safety import judge_threshold
from harness.verdict_rule import Verdict

STUDY = """\
matcher: {name: example, version: "1"}
subjects: [probe, reference]
groups: {ethnicity: [pe, re]}
"""
CONFIG = """\
deployments:
  high street: {matcher: {name: example, version: "1"}, use_case: verification, threshold: 0.45,
                axes: [ethnicity], from: 2026-01-01, owner: release team}
"""
POLICY = {"max_ratio": 3.0}
AT = "0.2:0.8:0.05"


def scores(*, of_others: tuple[str, str], people: int = 40) -> pd.DataFrame:
    """Every pair of Asian and of White people, whose rates are equal; and pairs of others, labelled so."""
    rng = np.random.default_rng(1)
    rows = []
    for group in ("Asian", "White"):
        names = [f"{group}{i}" for i in range(people)]
        rows += [(0.8, True, name, name, group, group) for name in names]
        rows += [(None, False, names[i], names[j], group, group) for i in range(people) for j in range(i)]
    rows += [(None, False, f"p{i}", f"r{j}", *of_others) for i in range(20) for j in range(20)]
    table = pd.DataFrame(rows, columns=["score", "mated", "probe", "reference", "pe", "re"])
    missing = table["score"].isna()
    table.loc[missing, "score"] = rng.normal(0.4, 0.1, missing.sum()).round(4)
    return table


def with_images_of_two_labels(rows: int = 7) -> pd.DataFrame:
    table = scores(of_others=("Asian", "White"))
    table.loc[np.flatnonzero(table["mated"])[:rows], "re"] = "White"
    return table


def evaluated(table: pd.DataFrame, **study: Any) -> Evaluation:
    terms = {
        "matcher": {"name": "example", "version": "1"},
        "subjects": ["probe", "reference"],
        "groups": {"ethnicity": ["pe", "re"]},
        **study,
    }
    return harness.evaluate(table, study=terms, policy=POLICY, thresholds=AT)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(STUDY)
    Path("config.yaml").write_text(CONFIG)
    return tmp_path


def evaluate(*options: str) -> int:
    given = [
        "evaluate",
        "s.csv",
        "--study",
        "study.yaml",
        "--max-ratio",
        "3",
        "--max-fmr",
        "0.5",
        "--thresholds",
        AT,
        "--out",
        "out",
    ]
    return run([*given, *options])


def check() -> int:
    return run(["check", "config.yaml", "--evaluation", "out/evaluation.json"])


@pytest.mark.usefixtures("folder")
class TestOnTheCommandLine:
    def test_the_same_people_without_the_others_pass(self) -> None:
        table = scores(of_others=("Asian", "White"))
        table[table["pe"] == table["re"]].to_csv("s.csv", index=False)
        assert (evaluate(), check()) == (0, 0)

    @pytest.mark.parametrize(
        "others", [("Black", "White"), ("Asian", "Black"), ("Black", "Brown")], ids="-".join
    )
    def test_a_group_that_stands_only_across_groups_cannot_be_decided(
        self, others: tuple[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        scores(of_others=others).to_csv("s.csv", index=False)
        assert evaluate() == 0
        said = capsys.readouterr().out
        assert "ethnicity cannot be decided: Black has 0 non-mated trials, fewer than 1" in said
        new = [group for group in ("Black", "Brown") if group in others]
        assert f"{2 + len(new)} of ethnicity (no non-mated of {', '.join(new)})" in said
        assert "; in no group: 400 non-mated of ethnicity" in said
        assert check() == 3
        assert "Black has 0 non-mated trials, fewer than 1" in capsys.readouterr().out

    def test_labels_that_differ_in_case_are_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        scores(of_others=("Asian", "asian")).to_csv("s.csv", index=False)
        assert evaluate() == 2
        assert capsys.readouterr().err == (
            "harness: s.csv: labels of ethnicity that differ only in case, outer blanks or Unicode form: 'Asian', "
            "'asian'; write them alike in all columns and files, or map them in the study "
            "(labels: {ethnicity: {asian: Asian}})\n"
        )
        assert not Path("out").exists()

    def test_mated_comparisons_of_two_labels_are_refused_or_counted(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with_images_of_two_labels().to_csv("s.csv", index=False)
        assert evaluate() == 2
        assert capsys.readouterr().err.startswith(
            "harness: s.csv: row 1, columns 'pe' and 're': 'Asian' and 'White' for one person"
        )
        for option in ("image", "ethnicity=image"):
            assert evaluate("--labels-of", option) == 0
            assert "; in no group: 400 non-mated and 7 mated of ethnicity" in capsys.readouterr().out
            assert check() == 0
        plain = json.loads(Path("out/evaluation.json").read_text(encoding="utf-8"))
        assert plain["axes"]["ethnicity"]["left_out"] == {"non_mated": 400, "mated": 7}
        assert plain["study"]["labels_of"] == {"ethnicity": "image"}
        assert "7 mated comparisons have two labels of ethnicity" in Path("out/report.html").read_text(
            encoding="utf-8"
        )

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["imag"], "labels_of: 'imag' is neither person nor image"),
            (["sex=image"], "labels_of.sex: 'sex' is not one of the groups: ethnicity"),
            (["image", "ethnicity=image"], "--labels-of 'image': give person or image once, or NAME=image"),
        ],
        ids=str,
    )
    def test_what_labels_are_of_is_refused_where_it_makes_no_sense(
        self, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with_images_of_two_labels().to_csv("s.csv", index=False)
        assert evaluate(*(part for option in options for part in ("--labels-of", option))) == 2
        assert said in capsys.readouterr().err


class TestTheResult:
    def test_has_no_number_of_a_group_without_comparisons(self) -> None:
        evaluation = evaluated(scores(of_others=("Black", "White")))
        axis = evaluation.axes["ethnicity"]
        assert axis.false_matches.groups == ("Asian", "Black", "White")
        assert axis.false_matches.trials.tolist() == [780, 0, 780]
        assert axis.false_non_matches.trials.tolist() == [40, 0, 40]
        assert axis.subjects == {"Asian": (40, 40), "Black": (0, 0), "White": (40, 40)}
        assert axis.without_comparisons == ("Black",)
        assert axis.verdict.obstacles == ("Black has 0 non-mated trials, fewer than 1",)
        rows = evaluation.rates.to_pandas().query("group == 'Black'")
        assert rows[["estimate", "lower", "upper"]].isna().all(axis=None)
        assert (rows[["trials", "errors"]] == 0).all(axis=None)
        assert "The data names the group Black of ethnicity" in " ".join(evaluation.notes)

    def test_hides_no_disparity_of_other_groups(self) -> None:
        table = scores(of_others=("Black", "White"))
        white = (table["pe"] == "White") & (table["re"] == "White") & (table["mated"] == 0)
        table["score"] = np.where(white, table["score"] + 0.2, table["score"])
        evaluation = evaluated(table)
        axis = evaluation.axes["ethnicity"]
        index = evaluation.reference_indices[0]
        assert axis.verdict.verdicts[index] is Verdict.DISPARITY_BEYOND_TOLERANCE
        assert Verdict.PARITY_SHOWN not in axis.verdict.verdicts
        first = answer(evaluation)[0][1]
        assert first.startswith("By ethnicity, a disparity is shown")
        assert "people of group White are falsely matched" in first
        assert first.endswith("Parity cannot be shown: Black has 0 non-mated trials, fewer than 1.")
        assert evaluation.safe_threshold is None
        evidence = evidence_of(to_json(evaluation).encode(), "evaluation.json")
        rule, outcome, sentence = judge_threshold(
            float(evaluation.thresholds[index]), evidence, evidence.judged
        )
        assert (rule, outcome) == (Rule.DISPARITY_SHOWN, Outcome.FAIL)
        assert "White" in sentence

    def test_between_which_a_disparity_is_stated_is_not_believed_by_the_gate(self) -> None:
        evaluation = evaluated(scores(of_others=("Black", "White")))
        plain = json.loads(to_json(evaluation))
        axis = plain["axes"]["ethnicity"]
        axis["false_match_differential"]["shown_more"][0] = 1
        with pytest.raises(InputError, match="compares groups without trials"):
            evidence_of(json.dumps(plain).encode(), "evaluation.json")

    @pytest.mark.parametrize("pairing", ["within", "probe", "cross"])
    def test_is_read_back_and_taken_by_the_gate(self, pairing: str) -> None:
        evaluation = evaluated(scores(of_others=("White", "Black")), pairing=pairing)
        text = to_json(evaluation)
        assert to_json(from_json(text)) == text
        (axis,) = evidence_of(text.encode(), "evaluation.json").axes
        assert axis.obstacles == ("Black has 0 non-mated trials, fewer than 1",)
        assert evaluation.axes["ethnicity"].left_out == ((0 if pairing == "probe" else 400), 0)

    def test_names_a_combination_of_groups_only_where_a_person_has_it(self) -> None:
        table = scores(of_others=("Asian", "White"))
        table["ps"] = np.where(table["pe"] == "Asian", "F", "M")
        table["rs"] = np.where(table["re"] == "Asian", "F", "M")
        table.loc[table.index[-1], ["ps", "rs"]] = "F"
        groups = {"ethnicity": ["pe", "re"], "sex": ["ps", "rs"]}
        evaluation = evaluated(table, groups=groups, axes=["sex", ["ethnicity", "sex"]])
        rates = evaluation.axes["ethnicity×sex"].false_matches
        assert dict(zip(rates.groups, rates.trials.tolist(), strict=True)) == {
            "Asian×F": 780,
            "White×F": 0,
            "White×M": 780,
        }
        assert evaluation.axes["sex"].verdict.obstacles == ()

    def test_is_the_same_on_the_card_of_a_notebook(self) -> None:
        evaluation = evaluated(with_images_of_two_labels(), labels_of="image")
        assert "in no group: 400 non-mated and 7 mated of ethnicity" in evaluation._repr_html_()

    def test_of_half_of_the_people_keeps_the_group_too(self) -> None:
        table = scores(of_others=("Black", "White"))
        evaluation = harness.evaluate(
            table,
            study={
                "matcher": {"name": "example", "version": "1"},
                "subjects": ["probe", "reference"],
                "groups": {"ethnicity": ["pe", "re"]},
            },
            policy={"max_ratio": 3.0},
            confirm="split",
        )
        assert evaluation.confirmation is not None
        assert evaluation.confirmation.chosen is None

    def test_refuses_an_axis_of_which_no_group_has_a_comparison(self) -> None:
        table = with_images_of_two_labels()
        table["ps"], table["rs"] = "F", "M"
        terms = {"groups": {"sex": ["ps", "rs"]}, "labels_of": "image"}
        with pytest.raises(InputError, match="axis sex: no comparison has both sides in one group"):
            evaluated(table, **terms)


class TestOneSubjectOfTwoLabels:
    @staticmethod
    def table() -> pd.DataFrame:
        """A person who is Asian but in one comparison with herself, and another who is White but in two."""
        table = scores(of_others=("Asian", "White"))
        table.loc[0, ["pe", "re"]] = "White"
        white = np.flatnonzero((table["probe"] == "White3") & ~table["mated"] & (table["re"] == "White"))[:2]
        table.loc[white, ["pe", "re"]] = "Asian"
        return table

    def test_is_told_in_a_line(self) -> None:
        evaluation = evaluated(self.table())
        (said,) = evaluation.warnings
        # White3's two references are Asian too, in these two comparisons.
        assert said.startswith(
            "4 subjects have two labels of ethnicity in different comparisons, such as 'Asian' and"
        )
        assert dict(answer(evaluation))["Warning"] == said
        assert from_json(to_json(evaluation)).warnings == (said,)
        assert evidence_of(to_json(evaluation).encode(), "e.json").refuted is None

    @pytest.mark.parametrize("changes", [{"pairing": "probe"}, {"groups": {"ethnicity": "pe"}}], ids=str)
    def test_shows_only_in_mated_comparisons_where_no_column_is_of_the_reference(
        self, changes: dict[str, Any]
    ) -> None:
        table = self.table()
        table = pd.concat([table, table[:1].assign(pe="Asian", re="Asian")])
        (said,) = evaluated(table, **changes).warnings
        assert said.startswith("one subject has two labels of ethnicity")

    @pytest.mark.parametrize("changes", [{"labels_of": "image"}, {"subjects": []}], ids=str)
    def test_is_none_of_images_or_unknown_people(self, changes: dict[str, Any]) -> None:
        assert evaluated(self.table(), **changes).warnings == ()
        assert json.loads(to_json(evaluated(self.table(), **changes)))["warnings"] == []


def test_the_gate_refuses_an_evaluation_that_lost_mated_comparisons_of_two_labels() -> None:
    evaluation = evaluated(with_images_of_two_labels(), labels_of="image")
    plain = json.loads(to_json(evaluation))
    del plain["study"]["labels_of"]
    with pytest.raises(
        InputError, match="ethnicity: 7 mated comparisons have two labels, which the study does not"
    ):
        evidence_of(json.dumps(plain).encode(), "evaluation.json")

"""Labels that a study excludes are no group, and how many comparisons that takes out of groups is told everywhere."""

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
from harness.comparisons import all_pairs
from harness.evaluation import answer, from_json, to_json
from harness.gate.evaluation_reading import read_evaluation
from harness.gate.evidence import contradiction_in, evidence_of
from tests.few_thresholds import evaluate_at

MATCHER = {"name": "example", "version": "1"}
TWO_COLUMNS = {"ethnicity": ["pe", "re"], "sex": ["ps", "rs"]}
UNKNOWN = {"ethnicity": ["unknown"]}
AT = [0.3, 0.4, 0.5, 0.6]
CONFIG = """\
deployments:
  high street: {matcher: {name: example, version: "1"}, use_case: verification, threshold: 0.45,
                axes: [ethnicity], from: 2026-01-01, owner: release team}
"""


def people(each: int = 16) -> pd.DataFrame:
    """People of three labels of ethnicity, every other one a woman; one person in four is of unknown ethnicity."""
    names = np.arange(3 * each)
    return pd.DataFrame(
        {"ethnicity": np.repeat(["Asian", "White", "unknown"], each), "sex": np.where(names % 2, "F", "M")}
    )


def table(each: int = 16) -> pd.DataFrame:
    """Everyone compared with everyone, and with themselves."""
    who = people(each)
    probe, reference = np.tril_indices(len(who))
    mated = probe == reference
    scores = np.random.default_rng(3).normal(0.4 + 0.4 * mated, 0.1).round(4)
    columns: dict[str, Any] = {"score": scores, "mated": mated, "probe": probe, "reference": reference}
    for side, of in (("p", probe), ("r", reference)):
        columns |= {
            f"{side}e": who["ethnicity"].to_numpy()[of],
            f"{side}s": who["sex"].to_numpy()[of],
        }
    return pd.DataFrame(columns)


def terms(**changes: Any) -> dict[str, Any]:
    return {
        "matcher": MATCHER,
        "subjects": ["probe", "reference"],
        "groups": TWO_COLUMNS,
        "axes": ["ethnicity", "sex", ["ethnicity", "sex"]],
        "exclude": UNKNOWN,
        **changes,
    }


def evaluated(scores: Any = None, **changes: Any) -> Evaluation:
    return evaluate_at(table() if scores is None else scores, study=terms(**changes), thresholds=AT)


class TestWhatIsLeft:
    @pytest.mark.parametrize("pairing", ["within", "cross"])
    def test_is_what_the_rest_of_the_rows_give(self, pairing: str) -> None:
        whole = table()
        rest = whole[(whole["pe"] != "unknown") & (whole["re"] != "unknown")]
        found = evaluated(whole, pairing=pairing)
        expected = evaluated(rest, pairing=pairing, exclude={})
        for name in ("ethnicity", "ethnicity×sex"):
            axis, other = found.axes[name], expected.axes[name]
            assert axis.false_matches.groups == other.false_matches.groups
            assert axis.subjects == other.subjects
            for rates, others in zip(axis.all_rates, other.all_rates, strict=True):
                assert rates.trials.tolist() == others.trials.tolist()
                assert rates.errors.tolist() == others.errors.tolist()
                np.testing.assert_array_equal(rates.upper, others.upper)
            assert axis.verdict.verdicts == other.verdict.verdicts

    def test_keeps_them_on_the_axes_of_other_attributes(self) -> None:
        with_them, without = evaluated(), evaluated(exclude={})
        assert with_them.axes["sex"].false_matches.trials.tolist() == (
            without.axes["sex"].false_matches.trials.tolist()
        )
        assert with_them.axes["sex"].excluded is None

    def test_under_pairing_probe_is_every_comparison_of_the_other_probes(self) -> None:
        whole = table()
        axis = evaluated(whole, pairing="probe").axes["ethnicity"]
        non_mated = whole[~whole["mated"]]
        probes = non_mated["pe"].value_counts()
        assert dict(zip(axis.false_matches.groups, axis.false_matches.trials.tolist(), strict=True)) == {
            "Asian": probes["Asian"],
            "White": probes["White"],
        }
        assert axis.excluded == {"unknown": (probes["unknown"], 16)}
        assert axis.left_out == axis.excluded["unknown"]

    def test_of_an_attribute_of_one_column_is_the_rest_of_its_rows(self) -> None:
        axis = evaluated(groups={"ethnicity": "pe", "sex": "ps"}).axes["ethnicity"]
        assert axis.false_matches.groups == ("Asian", "White")
        assert axis.excluded is not None
        assert axis.left_out == axis.excluded["unknown"]

    def test_of_searches_is_the_rest_of_the_searches(self) -> None:
        axis = evaluated(task="identification", watchlist_size=48, pairing="probe").axes["ethnicity"]
        assert (axis.false_matches.name, axis.false_matches.groups) == ("FPIR", ("Asian", "White"))

    def test_of_templates_is_the_rest_of_the_templates(self) -> None:
        who = people()
        rng = np.random.default_rng(1)
        pairs = all_pairs(rng.normal(size=(48, 4)), np.arange(48) // 2, {"ethnicity": who["ethnicity"]})
        axis = harness.evaluate(pairs, study={"matcher": MATCHER, "exclude": UNKNOWN}).axes["ethnicity"]
        assert axis.false_matches.groups == ("Asian", "White")
        assert axis.excluded == {"unknown": (16 * 15 // 2 - 8, 8)}

    def test_is_decided_where_the_label_stands_on_one_side_only(self) -> None:
        whole = table()
        one_side = whole[whole["re"] != "unknown"]
        assert evaluated(one_side, exclude={}).axes["ethnicity"].verdict.obstacles != ()
        axis = evaluated(one_side).axes["ethnicity"]
        assert axis.verdict.obstacles == ()
        assert axis.excluded == {"unknown": (0, 0)}  # each belongs to no group in any case: its sides differ


class TestTheNumber:
    def test_is_of_each_group_that_would_be(self) -> None:
        found = evaluated()
        assert found.axes["ethnicity"].excluded == {"unknown": (16 * 15 // 2, 16)}
        assert found.axes["ethnicity×sex"].excluded == {
            "unknown×F": (8 * 7 // 2, 8),
            "unknown×M": (8 * 7 // 2, 8),
        }
        axis = found.axes["ethnicity"]
        assert axis.left_out == (3 * 16 * 16 + 120, 16)  # between the groups, and of unknown people

    def test_is_in_the_notes_and_the_answer(self) -> None:
        found = evaluated()
        assert (
            "The study excludes labels of ethnicity; comparisons that therefore belong to no group of it: unknown "
            "(120 non-mated and 16 mated). Nothing is said of these people."
        ) in found.notes
        assert not [note for note in found.notes if "two labels" in note]
        said = dict(answer(found))["Evidence"]
        assert (
            "888 non-mated and 16 mated of ethnicity (120 non-mated and 16 mated of unknown, which the study "
            "excludes)" in said
        )

    def test_stands_apart_from_mated_comparisons_of_two_labels(self) -> None:
        whole = table()
        mated = np.flatnonzero(whole["mated"] & (whole["pe"] == "Asian"))[:3]
        whole.loc[mated, "re"] = "unknown"
        found = evaluated(whole, labels_of={"ethnicity": "image"})
        assert [note[:44] for note in found.notes if "two labels" in note] == [
            "3 mated comparisons have two labels of ethni",
            "3 mated comparisons have two labels of ethni",
        ]
        assert not contradiction_in(read_evaluation(to_json(found).encode(), "evaluation.json"))

    def test_is_written_and_read_back(self) -> None:
        found = evaluated()
        text = to_json(found)
        plain = json.loads(text)
        assert plain["study"]["exclude"] == {"ethnicity": ["unknown"]}
        assert plain["axes"]["ethnicity"]["excluded"] == {"unknown": {"non_mated": 120, "mated": 16}}
        assert plain["axes"]["sex"]["excluded"] is None
        assert to_json(from_json(text)) == text
        evidence_of(text.encode(), "evaluation.json")

    def test_is_not_there_without_exclusion(self) -> None:
        plain = json.loads(to_json(evaluated(exclude={})))
        assert "exclude" not in plain["study"]
        assert [axis["excluded"] for axis in plain["axes"].values()] == [None] * len(plain["axes"])


class TestRefused:
    @pytest.mark.parametrize(
        ("exclude", "said"),
        [
            (
                {"ethnicity": ["unkown"]},
                "exclude: ethnicity has no label 'unkown'; it has 'Asian', 'White', 'unknown': correct the study's "
                "exclude",
            ),
            (
                {"ethnicity": ["unknown", "White"]},
                "axis ethnicity: exclude leaves only 'Asian', with nothing to compare it with; exclude fewer labels, "
                "or leave the axis out of the study's axes",
            ),
            (
                {"sex": ["F", "M"]},
                "axis sex: exclude leaves no group; exclude fewer labels, or leave the axis out of the study's axes",
            ),
        ],
        ids=str,
    )
    def test_labels_that_do_not_occur_and_all_groups_but_one(
        self, exclude: dict[str, list[str]], said: str
    ) -> None:
        with pytest.raises(InputError) as refused:
            evaluated(exclude=exclude)
        assert refused.value.problem == said

    def test_a_label_of_another_attribute(self) -> None:
        with pytest.raises(InputError, match="exclude: sex has no label 'unknown'; it has 'F', 'M': correct"):
            evaluated(exclude={"sex": ["unknown"]})

    def test_not_one_group_of_an_axis_that_is_not_asked_for(self) -> None:
        found = evaluated(exclude={"ethnicity": ["unknown", "White"]}, axes=["sex", ["ethnicity", "sex"]])
        assert found.axes["ethnicity×sex"].false_matches.groups == ("Asian×F", "Asian×M")


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda axis: axis.update(excluded=None), r"axes.'ethnicity'.excluded: is not as in the study"),
        (
            lambda axis: axis["excluded"]["unknown"].update(mated=15),
            "ethnicity: 1 mated comparisons have two labels, which the study does not allow",
        ),
        (
            lambda axis: axis["excluded"]["unknown"].update(non_mated=889),
            "ethnicity: more comparisons are excluded than are in no group",
        ),
        (
            lambda axis: axis["excluded"].update(Asian={"non_mated": 0, "mated": 0}),
            "ethnicity: Asian is a group, and excluded",
        ),
    ],
)
def test_the_gate_refuses_an_evaluation_whose_exclusion_disagrees(alter: Any, said: str) -> None:
    plain = json.loads(to_json(evaluated()))
    alter(plain["axes"]["ethnicity"])
    with pytest.raises(InputError, match=said):
        evidence_of(json.dumps(plain).encode(), "evaluation.json")


def test_the_gate_refuses_a_group_that_the_study_excludes() -> None:
    plain = json.loads(to_json(evaluated()))
    plain["study"]["exclude"]["ethnicity"].append("Asian")
    with pytest.raises(InputError, match="ethnicity: Asian is a group, and excluded"):
        evidence_of(json.dumps(plain).encode(), "evaluation.json")


class TestOnTheCommandLine:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        whole = table(40)
        whole[whole["re"] != "unknown"].to_csv("s.csv", index=False)
        Path("study.yaml").write_text(json.dumps(terms(axes=["ethnicity"], exclude={})))
        Path("config.yaml").write_text(CONFIG)

    @staticmethod
    def evaluate(*options: str) -> int:
        limits = ["--max-ratio", "3", "--max-fmr", "0.9"]
        given = ["s.csv", "--study", "study.yaml", *limits, "--thresholds", "0.2:0.8:0.05"]
        return run(["evaluate", *given, "--out", "out", *options])

    def test_a_label_that_kept_an_axis_from_being_decided_is_taken_out(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        check = ["check", "config.yaml", "--evaluation", "out/evaluation.json"]
        assert (self.evaluate(), run(check)) == (0, 3)
        assert "unknown has 0 non-mated trials" in capsys.readouterr().out
        assert (self.evaluate("--exclude", "ethnicity=unknown"), run(check)) == (0, 0)
        page = Path("out/report.html").read_text(encoding="utf-8")
        assert "The study excludes labels of ethnicity" in page
        assert "Labels excluded" in page

    def test_a_flag_that_names_no_label_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.evaluate("--exclude", "ethnicity") == 2
        assert capsys.readouterr().err == (
            "harness: --exclude 'ethnicity': write NAME=LABEL, such as ethnicity=unknown\n"
        )

    def test_a_label_may_hold_an_equals_sign(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.evaluate("--exclude", "ethnicity=>=60") == 2
        assert "exclude: ethnicity has no label '>=60'" in capsys.readouterr().err

    def test_kept_counts_serve_whatever_is_excluded(self) -> None:
        assert self.evaluate("--checkpoints", "kept") == 0
        before = {path: path.stat().st_mtime_ns for path in Path("kept/counts").iterdir()}
        assert self.evaluate("--checkpoints", "kept", "--exclude", "ethnicity=unknown") == 0
        assert {path: path.stat().st_mtime_ns for path in Path("kept/counts").iterdir()} == before
        found = harness.load("out").axes["ethnicity"]
        assert found.excluded == {"unknown": (0, 0)}
        assert found.false_matches.groups == ("Asian", "White")

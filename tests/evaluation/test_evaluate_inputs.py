"""What `evaluate` takes, refuses and says beside its numbers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import harness
from harness import Evaluation, InputError
from harness.evaluation import answer, to_json
from harness.statistics.measures import FDR_CAUTION
from tests.few_thresholds import evaluate_at

STUDY: dict[str, Any] = {
    "matcher": {"name": "example", "version": "1"},
    "groups": {"ethnicity": ["probe_ethnicity", "reference_ethnicity"], "sex": "sex"},
}
SUBJECTS = ["probe", "reference"]


def trials(rows: int = 2000) -> dict[str, Any]:
    """Draw comparisons of 40 subjects, half of them mated."""
    rng = np.random.default_rng(12)
    probe, reference = rng.integers(0, 40, rows), rng.integers(0, 40, rows)
    mated = np.arange(rows) % 2 == 1
    reference = np.where(mated, probe, np.where(reference == probe, (probe + 1) % 40, reference))
    ethnicity = np.array(["Asian", "Black"])
    return {
        "score": np.round(rng.normal(0.4 + 0.3 * mated, 0.1), 4),
        "mated": mated,
        "probe": probe,
        "reference": reference,
        "probe_ethnicity": ethnicity[probe % 2],
        "reference_ethnicity": ethnicity[reference % 2],
        "sex": np.array(["female", "male"])[probe // 20],
    }


def evaluated(scores: Any = None, policy: Any = None, thresholds: Any = None, **study: Any) -> Evaluation:
    return evaluate_at(
        trials() if scores is None else scores,
        study={**STUDY, **study},
        policy=policy,
        thresholds=thresholds,
    )


class TestRefused:
    @pytest.mark.parametrize(
        ("mated", "text"),
        [
            (1, "arrays: holds no non-mated comparison: without one there is no false match rate"),
            (0, "arrays: holds no mated comparison: without one a threshold's cost is unknown"),
        ],
    )
    @pytest.mark.parametrize("thresholds", [None, [0.5]])
    def test_one_class_only(self, mated: int, text: str, thresholds: Any) -> None:
        scores = {**trials(4), "mated": np.full(4, mated)}
        scores["reference_ethnicity"] = scores["probe_ethnicity"]
        with pytest.raises(InputError) as refused:
            evaluated(scores, thresholds=thresholds)
        assert str(refused.value) == text

    def test_no_score_at_all(self) -> None:
        scores = {**trials(4), "score": np.full(4, np.nan)}
        with pytest.raises(InputError) as refused:
            evaluated(scores, missing_scores="exclude")
        assert str(refused.value) == "arrays: holds no comparison with a score; give it rows"

    def test_an_axis_that_the_study_lacks(self) -> None:
        with pytest.raises(InputError) as refused:
            evaluated(policy={"axes": ["age"]})
        assert str(refused.value) == "policy: axis age is not one of the study's: ethnicity, sex"

    def test_thresholds_that_are_none(self) -> None:
        with pytest.raises(InputError) as refused:
            evaluated(thresholds="0.7:0.5:0.1")
        assert str(refused.value) == (
            "thresholds '0.7:0.5:0.1': stop must not be below start, and step must be above 0"
        )


class TestJudgedAxes:
    def test_only_those_of_the_policy_decide(self) -> None:
        scores = trials()
        scores["score"] = np.where(
            (scores["sex"] == "male") & ~scores["mated"], scores["score"] + 0.3, scores["score"]
        )
        policy = {"criterion": "not_detected", "max_fmr": 0.9}
        both = evaluated(scores, policy, "0.3:0.7:0.1")
        one = evaluated(scores, {**policy, "axes": ["ethnicity"]}, "0.3:0.7:0.1")
        assert (both.safe_threshold, both.safe.reason) == (
            None,
            "sex: a disparity is detected up to the strictest threshold",
        )
        assert both.not_detected_from is None
        assert one.safe_threshold == one.not_detected_from == 0.6  # from where at most half match
        assert [axis.judged for axis in one.axes.values()] == [True, False]
        assert [axis.name for axis in one.judged_axes] == ["ethnicity"]
        assert one.verdicts.equals(both.verdicts)  # the others are evaluated all the same

    def test_nothing_is_detected_from_where_it_is_on_no_axis(self) -> None:
        scores = trials()
        raised = np.clip(scores["score"], 0.55, None)
        of_a_third_of_men = (scores["sex"] == "male") & ~scores["mated"] & (np.arange(2000) % 3 == 0)
        scores["score"] = np.where(of_a_third_of_men, raised, scores["score"])
        found = evaluated(scores, {"criterion": "not_detected", "max_fmr": 0.9}, "0.3:0.7:0.1")
        assert found.threshold_at(found.axes["ethnicity"].verdict.not_detected_from) == 0.5
        assert found.threshold_at(found.axes["sex"].verdict.not_detected_from) == 0.6
        assert found.not_detected_from == found.safe_threshold == 0.6

    def test_an_intersection_is_judged_in_any_order_of_its_attributes(self) -> None:
        found = evaluated(policy={"axes": [["sex", "ethnicity"]]}, axes=["sex", ["ethnicity", "sex"]])
        assert [axis.name for axis in found.judged_axes] == ["ethnicity×sex"]
        assert found.axes["ethnicity×sex"].false_matches.groups == (
            "Asian×female",
            "Asian×male",
            "Black×female",
            "Black×male",
        )


class TestNotes:
    def test_without_subjects_independence_is_owned_up_to(self) -> None:
        assert evaluated(trials(4000), thresholds=[0.5]).notes == (
            "Intervals take comparisons as independent, for the study names no subjects. Comparisons that "
            "share a person are not independent, so the true uncertainty is larger.",
            "The 1 thresholds were chosen from the scores, to resolve each group's errors down to one.",
            FDR_CAUTION,
        )

    def test_with_subjects_the_design_effect_is_named(self) -> None:
        assert evaluated(trials(4000), thresholds=[0.5], subjects=SUBJECTS).notes == (
            "Intervals allow for comparisons that share a person, by probe and reference (design effect).",
            "The 1 thresholds were chosen from the scores, to resolve each group's errors down to one.",
            FDR_CAUTION,
        )

    def test_chosen_thresholds_are_said_to_be_chosen(self) -> None:
        found = evaluated()
        assert found.notes[1] == (
            f"The {len(found.thresholds)} thresholds were chosen from the scores, to resolve each group's "
            "errors down to one."
        )

    @pytest.mark.whole_scan
    def test_of_thresholds_asked_for_it_is_said_that_tables_list_them(self) -> None:
        found = harness.evaluate(trials(), study=STUDY, thresholds=[0.5, 0.6])
        assert found.notes[1].endswith("down to one; tables list the 2 asked for.")

    def test_float32_is_said_and_compared_as_stored(self) -> None:
        scores = trials()
        scores["score"] = scores["score"].astype(np.float32)
        found = evaluated(scores, thresholds=[0.6])
        assert found.score_type == "float32"
        assert found.notes[2].startswith("Scores are stored as float32, so a score printed as 0.6 may lie")
        assert evaluated(thresholds=[0.6]).score_type == "float64"

        within = (~scores["mated"]) & (scores["probe_ethnicity"] == scores["reference_ethnicity"])
        false_matches = int((scores["score"][within].astype(np.float64) >= 0.6).sum())
        assert sum(row["errors"] for row in found.rates.to_pylist()[:2]) == false_matches


class TestOrder:
    @pytest.mark.parametrize("subjects", [[], ["probe"], SUBJECTS])
    def test_of_the_rows_changes_nothing(self, subjects: list[str]) -> None:
        scores = trials()
        shuffled = np.random.default_rng(1).permutation(2000)
        other = {name: values[shuffled] for name, values in scores.items()}
        one, two = (evaluated(table, subjects=subjects, pairing="cross") for table in (scores, other))
        assert to_json(one) == to_json(two)

    @pytest.mark.slow
    def test_nor_does_the_kind_of_table(self) -> None:
        table = pa.table(trials())
        stream = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=77))
        expected = evaluated(subjects=SUBJECTS)
        for scores in (table, table.to_pandas(), stream):
            found = evaluated(scores, subjects=SUBJECTS)
            assert found.rates.equals(expected.rates)
            assert found.verdicts.equals(expected.verdicts)


def test_progress_adds_up_to_all_rows() -> None:
    seen: list[tuple[int, int | None]] = []
    harness.evaluate(
        trials(), study=STUDY, thresholds=[0.5], progress=lambda rows, total: seen.append((rows, total))
    )
    assert sum(rows for rows, _ in seen) == 2000
    assert {total for _, total in seen} == {2000}


class TestPairs:
    def test_of_every_two_groups_at_the_thresholds_of_the_answer(self) -> None:
        found = evaluated(
            policy={"criterion": "not_detected", "operating": [0.7]}, thresholds=[0.5, 0.6, 0.95]
        )
        assert found.answer_thresholds == (0.5, 0.7)
        rows = found.pairs_at(found.answer_thresholds).to_pylist()
        assert [(row["axis"], row["threshold"]) for row in rows] == [
            ("ethnicity", 0.5),
            ("ethnicity", 0.7),
            ("sex", 0.5),
            ("sex", 0.7),
        ]
        assert {(row["group"], row["other_group"]) for row in rows[:2]} == {("Asian", "Black")}
        rates = {row["group"]: row["estimate"] for row in found.at(0.5).rates.to_pylist()[:2]}
        assert rows[0]["ratio"] == rates["Asian"] / rates["Black"]
        assert rows[0]["lower"] < rows[0]["ratio"] < rows[0]["upper"]
        assert found.at(0.5).pairs.to_pylist() == [rows[0], rows[2]]


class TestSummary:
    def test_the_short_form(self) -> None:
        found = evaluated(policy={"criterion": "not_detected", "max_fmr": 0.5}, thresholds=[0.5, 0.95])
        expected = "<Evaluation of example 1: safe threshold 0.5, axes ethnicity, sex, 2 thresholds>"
        assert repr(found) == expected

    def test_says_what_was_found_before_the_safe_threshold(self) -> None:
        policy = {"criterion": "not_detected", "max_ratio": 2.0, "max_fmr": 0.5}
        lines = dict(answer(evaluated(policy=policy, thresholds=[0.5, 0.95])))
        assert list(lines) == [
            "Found",
            "Safe threshold",
            "Not detected from",
            "Range of parity",
            "Cost",
            "Evidence",
        ]
        # By ethnicity 45 of 241 and 39 of 214 match at 0.5, by sex 73 of 479 and 91 of 521.
        alike = (
            "the groups are shown to be alike: no ratio is above 1.5, with 95 % confidence (ratio of 2 is "
            "tolerated)"
        )
        assert lines["Found"] == (
            "By sex, no disparity is shown at any threshold. At 0.5, where 16.40 % of non-mated comparisons match, "
            f"{alike}. By ethnicity, no disparity is shown at any threshold. At 0.5, where 18.46 % of non-mated "
            f"comparisons match, {alike}."
        )
        assert lines["Safe threshold"] == (
            "0.5 (criterion not_detected, ratio of 2): no disparity is detected on any judged axis (ethnicity "
            "decides) from here up; max_fmr 0.5 is kept; FMR there by ethnicity: Asian 18.67 %, Black 18.22 %"
        )
        assert lines["Not detected from"] == (
            "by ethnicity 0.5 (from the most lenient evaluated); by sex 0.5 (from the most lenient evaluated)"
        )
        assert lines["Range of parity"] == (
            "by ethnicity none; by sex 0.5 to 0.5 (from the most lenient evaluated) (within ratio of 2 throughout)"
        )
        # 8 of 469 and 12 of 531 are missed.
        assert lines["Cost"] == (
            "FNMR at 0.5 (the safe threshold) by ethnicity: Asian 1.71 %, Black 2.26 %; by ethnicity, no disparity in "
            "misses is shown; by sex, no disparity in misses is shown"
        )
        assert lines["Evidence"] == (
            "1,000 non-mated and 1,000 mated comparisons, groups: 2 of ethnicity, 2 of sex, 2 thresholds, "
            "95 % bounds; in no group: 545 non-mated of ethnicity"
        )

    def test_where_nobody_matches_it_says_so(self) -> None:
        lines = dict(answer(evaluated(thresholds=[0.95])))
        assert lines["Found"].startswith(
            "By ethnicity, no disparity is shown at any threshold. At 0.95, where no non-mated comparisons match, "
            "neither a disparity nor parity is shown: there are too few errors for any difference to show."
        )
        assert lines["Safe threshold"] == (
            "none (criterion shown, ratio of 1.5): ethnicity: there is no range in which parity is shown"
        )
        assert lines["Range of parity"] == "by ethnicity none; by sex none"
        assert lines["Cost"].startswith("FNMR at 0.95 by ethnicity: Asian 100.00 %, ")

    def test_a_disparity_is_told_with_the_groups_and_the_bounds_and_the_tolerance_it_exceeds(self) -> None:
        scores = trials()
        raised = (scores["sex"] == "male") & ~scores["mated"] & (np.arange(2000) % 3 == 0)
        scores["score"] = np.where(raised, 0.75, scores["score"])
        found = evaluated(scores, {"axes": ["sex"]}, [0.3, 0.7])
        of_women, of_men = (row["errors"] / row["trials"] for row in found.at(0.7).rates.to_pylist()[4:6])
        row = found.at(0.7).verdicts.to_pylist()[2]
        assert (row["axis"], row["verdict"]) == ("sex", "disparity beyond tolerance")
        assert of_men > 100 * of_women
        said = dict(answer(found))["Found"]
        assert said.startswith("By sex, a disparity is shown up to 0.7. At 0.7, where ")
        assert "people of group male are falsely matched" in said
        assert said.endswith(", beyond the tolerated ratio of 1.5.")

    def test_each_operating_threshold_has_its_line(self) -> None:
        policy = {"criterion": "not_detected", "operating": [0.5, 0.2], "max_fmr": 0.5, "axes": ["sex"]}
        lines = dict(answer(evaluated(policy=policy, thresholds=[0.95])))
        assert lines["At 0.2"] == "below the safe threshold; by sex, saturated"
        assert lines["At 0.5"] == "the safe threshold; by sex, inconclusive"

    def test_of_no_safe_threshold_it_says_how_much_more_data_would_show_one(self) -> None:
        found = evaluated(policy={"max_ratio": 1.5}, thresholds=[0.5, 0.8])
        growth = found.axes["ethnicity"].verdict.growth_needed[0]
        assert found.safe_threshold is None
        assert 1 < growth < 100
        said = dict(answer(found))["Safe threshold"]
        assert f"; by ethnicity, at 0.5 it would take about {growth:.2g} times as much data (" in said

    def test_of_axes_that_cannot_be_decided_it_says_why(self) -> None:
        lines = dict(answer(evaluated(policy={"min_trials": 10**6}, thresholds=[0.5])))
        assert (
            "By ethnicity, nothing can be decided: Asian has 241 non-mated trials, fewer than 1000000;"
            in (lines["Found"])
        )
        assert lines["Not detected from"] == "by ethnicity none; by sex none"
        assert lines["Cost"].startswith("FNMR at 0.5 by ethnicity: Asian 1.71 %, Black 2.26 %")

    def test_without_a_tolerance_no_parity_is_looked_for(self) -> None:
        lines = dict(answer(evaluated(policy={"criterion": "not_detected"}, thresholds=[0.5])))
        assert lines["Range of parity"] == "the policy states no tolerance"
        assert lines["Safe threshold"] == (
            "none (criterion not_detected): no threshold at which no disparity is detected also keeps max_fmr 0.01 "
            "(the default)"
        )

    def test_html_escapes_every_name(self) -> None:
        scores = {**trials(), "sex": np.where(np.arange(2000) % 4 < 2, "<b>", "&")}
        matcher = {"name": "<script>alert(1)</script>", "version": '1"&'}
        page = evaluated(scores, thresholds=[0.5], matcher=matcher, axes=["sex"])._repr_html_()
        assert "<script" not in page
        assert "<b>" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; 1&quot;&amp;" in page
        assert "&lt;b&gt; " in page


def test_a_study_and_a_policy_may_be_files(tmp_path: Any) -> None:
    (tmp_path / "study.json").write_text(json.dumps(STUDY))
    (tmp_path / "policy.yaml").write_text("criterion: not_detected\noperating: [0.5]\n")
    found = evaluate_at(
        trials(), study=tmp_path / "study.json", policy=str(tmp_path / "policy.yaml"), thresholds=[0.6]
    )
    assert to_json(found) == to_json(
        evaluated(policy={"criterion": "not_detected", "operating": [0.5]}, thresholds=[0.6])
    )


@pytest.mark.parametrize("threshold", ["0.3", "x", None, True, [0.3]])
def test_a_threshold_that_is_no_number_is_refused_in_a_line(threshold: Any) -> None:
    scores = {"score": [0.2, 0.9, 0.3, 0.8], "mated": [0, 1, 0, 1], "sex": ["f", "f", "m", "m"]}
    found = harness.evaluate(
        scores, study={"matcher": {"name": "A", "version": "1"}, "groups": {"sex": "sex"}}
    )
    with pytest.raises(InputError, match="is no number; give a number"):
        found.at(threshold)

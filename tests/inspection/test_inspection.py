"""What is wrong with scores is found, and nothing is done about it but to say so."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

import harness
from harness import InputError, Inspection, engines
from harness.comparisons import Comparisons
from harness.comparisons.trials import extremes
from harness.counting import Counts
from harness.evaluation import count_for
from harness.evaluation import to_json as evaluation_to_json
from harness.inspection import findings, to_json
from harness.inspection.run import without
from harness.study import load_policy, load_study
from harness.synthetic import world
from tests.few_thresholds import evaluate_at

STUDY: dict[str, Any] = {
    "matcher": {"name": "synthetic", "version": "1"},
    "subjects": ["probe_subject", "reference_subject"],
    "groups": {
        "ethnicity": ["probe_ethnicity", "reference_ethnicity"],
        "sex": ["probe_sex", "reference_sex"],
    },
    "axes": ["ethnicity", "sex", ["ethnicity", "sex"]],
}
POLICY = {"max_ratio": 4.0, "axes": ["ethnicity"]}
THRESHOLDS = "0.4:0.7:0.01"


@cache
def clean(seed: int = 7) -> pa.Table:
    return world("vanishing").draw(seed, subjects=40)


def rows_of(table: pa.Table, probe: str, reference: str) -> list[int]:
    sides = zip(table["probe_subject"].to_pylist(), table["reference_subject"].to_pylist(), strict=True)
    return [i for i, pair in enumerate(sides) if set(pair) == {probe, reference}]


def with_scores(table: pa.Table, scores: dict[int, float]) -> pa.Table:
    changed = table["score"].to_numpy().copy()
    for row, score in scores.items():
        changed[row] = score
    return table.set_column(0, "score", pa.array(changed))


def inspect(scores: Any, worst: int = 10, thresholds: Any = THRESHOLDS, **study: Any) -> Inspection:
    return harness.inspect(
        scores, study={**STUDY, **study}, policy=POLICY, thresholds=thresholds, worst=worst
    )


TWICE = ("B-F-004", "B-F-010")  # the probe shows two captures, so the pair has two trials
BAD_IMAGE = "A-M-012"


@cache
def contaminated() -> tuple[pa.Table, dict[str, list[int]]]:
    """Give a world with one person under two names, one bad image, three swapped labels and a row four times."""
    table = clean()
    same = rows_of(table, *TWICE)
    alike = [rows_of(table, BAD_IMAGE, f"A-M-{i:03}")[0] for i in (1, 2, 3)]
    table = with_scores(
        table,
        {row: 0.80 + i / 100 for i, row in enumerate(same)}
        | {row: 0.77 - i / 100 for i, row in enumerate(alike)},
    )
    swapped = [5, 50, 500]
    table = with_scores(table, {row: 0.25 + i / 100 for i, row in enumerate(swapped)})
    repeated = len(table) - 100
    table = pa.concat_tables([table, *[table.slice(repeated, 1)] * 3])
    return table, {"same": same[::-1], "alike": alike, "swapped": swapped, "repeated": [repeated]}


@cache
def found() -> Inspection:
    return inspect(contaminated()[0])


class TestInjected:
    def test_non_mated_trials_come_first_with_their_rows(self) -> None:
        injected = contaminated()[1]
        assert len(injected["same"]) == 2
        first = found().non_mated[:5]
        assert [trial.row - 1 for trial in first] == injected["same"] + injected["alike"]
        assert all(trial.suspicious for trial in first)
        assert [trial.as_extreme for trial in first] == [1, 2, 3, 4, 5]
        assert [trial.group for trial in first] == ["Black×female"] * 2 + ["Asian×male"] * 3
        assert [trial.as_extreme_in_group for trial in first] == [1, 2, 1, 2, 3]
        assert set(first[0].subjects) == set(TWICE)
        assert first[0].labels == ("Black", "Black", "female", "female")

    def test_shares_are_those_counted_by_hand(self) -> None:
        table = contaminated()[0]
        scores, mated = table["score"].to_numpy(), np.array(table["mated"].to_pylist())
        for trial in found().non_mated:
            assert trial.less_typical == pytest.approx((scores[mated] < trial.score).mean(), abs=1e-12)
            assert trial.as_extreme == (scores[~mated] >= trial.score).sum()
        for trial in found().mated:
            assert trial.less_typical == pytest.approx((scores[~mated] > trial.score).mean(), abs=1e-12)
            assert trial.as_extreme == (scores[mated] <= trial.score).sum()

    def test_swapped_labels_are_the_lowest_mated_scores(self) -> None:
        first = found().mated[:3]
        assert [trial.row - 1 for trial in first] == contaminated()[1]["swapped"]
        assert all(trial.suspicious for trial in first)

    def test_subjects_behind_them(self) -> None:
        bad_image, same_person = found().subjects[:2]
        assert (bad_image.subjects, bad_image.suspicious_trials, bad_image.people) == ((BAD_IMAGE,), 3, 3)
        assert bad_image.reading.startswith("a bad image")
        assert (set(same_person.subjects), same_person.suspicious_trials) == (set(TWICE), 2)
        assert same_person.reading == "one person under two identities?"
        table = contaminated()[0]
        touched = sum(
            BAD_IMAGE in (row["probe_subject"], row["reference_subject"]) and not row["mated"]
            for row in table.to_pylist()
        )
        assert bad_image.trials == touched

    @pytest.mark.slow
    def test_repeated_rows(self) -> None:
        table, injected = contaminated()
        row = table.slice(injected["repeated"][0], 1).to_pylist()[0]
        most = found().repeats[0]
        assert (most.times, most.score, most.mated) == (4, row["score"], False)
        assert set(most.subjects) == {row["probe_subject"], row["reference_subject"]}
        assert found().repeated_rows is not None
        assert found().repeated_rows == (inspect(clean()).repeated_rows or 0) + 3

    def test_the_lines_name_them(self) -> None:
        lines = dict(findings(found()))
        row = contaminated()[1]["same"][0] + 1
        assert f"Table row {row}, score 0.81 (" in lines["Non-mated"]
        assert BAD_IMAGE in lines["Subjects"]
        assert lines["Removed"].startswith("nothing")


@pytest.mark.slow
def test_clean_worlds_give_few_flags() -> None:
    """Some true non-mated scores of these worlds do reach the mated median: 2.6e-5 of them at 0.677."""
    flags = [inspect(clean(seed), worst=1, thresholds=[0.5]) for seed in range(1, 7)]
    assert np.mean([one.flagged_non_mated for one in flags]) < 1
    assert np.mean([one.flagged_mated for one in flags]) < 0.5
    assert [one.subjects for one in flags] == [()] * 6


def test_a_half_that_the_median_misses_is_found_where_the_matcher_is_good() -> None:
    table = clean()
    mated = np.array(table["mated"].to_pylist())
    scores = table["score"].to_numpy() + 0.6 * mated
    row = int(np.flatnonzero(~mated)[1234])
    scores[row] = np.quantile(scores[mated], 0.2)
    first = inspect(table.set_column(0, "score", pa.array(scores)), worst=1).non_mated[0]
    assert (first.row, first.suspicious) == (row + 1, True)
    assert first.less_typical == pytest.approx(0.2, abs=0.01)
    assert first.reason == "within the range of mated trials, and apart from the others of its group"


class TestSensitivity:
    @pytest.mark.slow
    @pytest.mark.parametrize("subjects", [STUDY["subjects"], ["probe_subject"], []])
    def test_it_equals_an_evaluation_of_what_is_left(self, subjects: list[str]) -> None:
        table = contaminated()[0]
        inspection = inspect(table, worst=5, subjects=subjects)
        assert [step.without for step in inspection.steps] == [0, 1, 2, 5]
        for step in inspection.steps:
            dropped = {trial.row - 1 for trial in inspection.non_mated[: step.without]}
            left = table.take([i for i in range(len(table)) if i not in dropped])
            fresh = evaluate_at(
                left, study={**STUDY, "subjects": subjects}, policy=POLICY, thresholds=THRESHOLDS
            )
            assert evaluation_to_json(step.evaluation) == evaluation_to_json(fresh)

    @pytest.mark.slow
    def test_with_thresholds_of_its_own_the_verdicts_are_the_same(self) -> None:
        table = contaminated()[0]
        study = {**STUDY, "axes": ["ethnicity"]}
        inspection = inspect(table, worst=1, thresholds=None, axes=study["axes"])
        step = inspection.steps[-1]
        dropped = {trial.row - 1 for trial in inspection.non_mated}
        left = table.take([i for i in range(len(table)) if i not in dropped])
        fresh = evaluate_at(left, study=study, policy=POLICY, thresholds=step.evaluation.thresholds)
        assert step.evaluation.rates.equals(fresh.rates)
        assert step.evaluation.safe_threshold == fresh.safe_threshold

    def test_a_cell_and_subjects_that_are_gone_leave_nothing_behind(self) -> None:
        rows = few(30)
        study, policy = load_study({**FEW, "groups": {"group": "group"}}), load_policy(None)
        with Comparisons(rows, study) as comparisons:
            counted = count_for(comparisons, policy, [0.2, 0.5])
            coding = comparisons.read(lambda coding: coding)
            worst = extremes(comparisons, coding, 15, mated=False)
            gone = [trial for trial in worst if trial.cell == ("B",)]
            left = without(counted, gone, coding.cell)
        kept = {
            name: [v for v, g, m in zip(column, rows["group"], rows["mated"], strict=True) if g == "A" or m]
            for name, column in rows.items()
        }
        with Comparisons(kept, study) as comparisons:
            fresh, by_subject = engines.count_by_subject(comparisons, counted.all.thresholds)
        assert isinstance(left.all, Counts)
        assert left.all == fresh
        assert left.by_subject is not None
        assert len(left.by_subject.subjects) == len(by_subject.subjects)
        with pytest.raises(InputError, match="part of"):
            _ = fresh - counted.all
        with pytest.raises(InputError, match="part of"):
            _ = by_subject - counted.by_subject  # type: ignore[operator]

    def test_nothing_is_removed(self, tmp_path: Path) -> None:
        path = tmp_path / "scores.parquet"
        pq.write_table(contaminated()[0], path)
        terms: dict[str, Any] = {"study": STUDY, "policy": POLICY, "thresholds": THRESHOLDS}
        bytes_before = path.read_bytes()
        before = evaluation_to_json(evaluate_at(path, **terms))
        inspection = harness.inspect(path, **terms)
        assert path.read_bytes() == bytes_before
        assert evaluation_to_json(evaluate_at(path, **terms)) == before
        assert evaluation_to_json(inspection.evaluation) == before


FEW: dict[str, Any] = {
    "matcher": {"name": "example", "version": "1"},
    "subjects": ["probe", "reference"],
    "groups": {"group": "group"},
}


def few(rows: int) -> dict[str, Any]:
    """Give rows in which the non-mated scores of 0.1 to 0.2 hold one of 0.9, in the seventh."""
    mated = [i % 2 == 1 for i in range(rows)]
    score = [round(0.8 + i / 1000, 4) if m else round(0.1 + i / 1000, 4) for i, m in enumerate(mated)]
    score[6] = 0.9
    return {
        "score": score,
        "mated": mated,
        "probe": [f"p{i}" for i in range(rows)],
        "reference": [f"p{i}" if m else f"p{(i + 4) % rows}" for i, m in enumerate(mated)],
        "group": ["AABB"[i % 4] for i in range(rows)],
    }


def plain(inspection: Inspection) -> dict[str, Any]:
    document = json.loads(to_json(inspection))
    for part in ("study", "inputs", "versions"):
        del document[part]
    for trial in [*document["trials"]["non_mated"], *document["trials"]["mated"]]:
        del trial["file"]
    return dict(document)


class TestSources:
    def test_all_kinds_tell_the_same(self, tmp_path: Path) -> None:
        table = pa.table(few(40))
        pq.write_table(table, tmp_path / "a.parquet")
        pa_csv.write_csv(table, tmp_path / "a.csv")
        stream = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=7))
        sources = [few(40), table, table.to_pandas(), stream, tmp_path / "a.parquet", tmp_path / "a.csv"]
        first, *others = [
            plain(harness.inspect(s, study=FEW, thresholds=[0.2, 0.5], worst=4)) for s in sources
        ]
        assert first["trials"]["non_mated"][0]["row"] == 7
        assert others == [first] * 5

    @pytest.mark.parametrize("suffix", ["parquet", "csv"])
    def test_of_several_files_each_trial_names_its_own(self, tmp_path: Path, suffix: str) -> None:
        table = pa.table(few(40))
        write: Any = pq.write_table if suffix == "parquet" else pa_csv.write_csv
        write(table.slice(0, 5), tmp_path / f"a.{suffix}")
        write(table.slice(5), tmp_path / f"b.{suffix}")
        first = harness.inspect(tmp_path, study=FEW, thresholds=[0.2, 0.5], worst=2).non_mated[0]
        assert (first.file, first.row, first.score) == (str(tmp_path / f"b.{suffix}"), 2, 0.9)

    def test_distances_are_the_mirror_image(self) -> None:
        rows = few(40)
        far = {**rows, "score": [-score for score in rows["score"]]}
        found = harness.inspect(rows, study=FEW, thresholds=[0.2, 0.5], worst=4)
        mirrored = harness.inspect(
            far, study={**FEW, "score": {"better": "lower"}}, thresholds=[-0.5, -0.2], worst=4
        )
        for one, other in zip(
            (*found.non_mated, *found.mated), (*mirrored.non_mated, *mirrored.mated), strict=True
        ):
            assert (one.row, one.score, one.reason) == (other.row, -other.score, other.reason)
            assert one.less_typical == other.less_typical
        assert "scores are higher" in dict(findings(mirrored))["Non-mated"]

    def test_labels_that_are_text_and_rows_without_a_score(self) -> None:
        rows = few(40)
        rows["mated"] = ["same" if mated else "other" for mated in rows["mated"]]
        rows["score"] = [None if i in (0, 39) else score for i, score in enumerate(rows["score"])]
        labels = {"mated": {"column": "mated", "mated": ["same"], "non_mated": ["other"]}}
        for missing in ("exclude", "count"):
            study = {**FEW, **labels, "missing_scores": missing}
            found = harness.inspect(rows, study=study, thresholds=[0.2, 0.5], worst=3)
            assert [(trial.row, trial.as_extreme) for trial in found.non_mated] == [(7, 1), (39, 2), (37, 3)]
            assert [(trial.row, trial.as_extreme) for trial in found.mated] == [(2, 1), (4, 2), (6, 3)]
            assert found.non_mated[0].less_typical == 1.0

    def test_without_subjects_it_says_what_was_not_looked_for(self) -> None:
        study = {key: value for key, value in FEW.items() if key != "subjects"}
        found = harness.inspect(few(40), study=study, thresholds=[0.2, 0.5])
        lines = dict(findings(found))
        assert (found.subjects, found.repeated_rows, found.non_mated[0].subjects) == ((), None, ())
        assert lines["Subjects"] == "not looked for, since the study names no subjects"
        assert lines["Repeated"].startswith("not looked for")

    def test_as_many_worst_as_there_are_leaves_one(self) -> None:
        steps = harness.inspect(few(8), study=FEW, thresholds=[0.2, 0.5], worst=50).steps
        assert [step.without for step in steps] == [0, 1, 2, 3]


class TestRefused:
    @pytest.mark.parametrize("worst", [0, -1, 10_001])
    def test_a_number_of_worst_out_of_range(self, worst: int) -> None:
        with pytest.raises(InputError) as refused:
            inspect(few(8), worst=worst)
        assert str(refused.value) == f"worst is {worst}; give a number from 1 to 10,000"

    def test_a_row_of_no_use(self) -> None:
        rows = few(8)
        rows["score"][3] = float("nan")
        with pytest.raises(InputError, match="row 4, column 'score'"):
            harness.inspect(rows, study=FEW)

    def test_one_class_only(self) -> None:
        rows = {name: column[1::2] for name, column in few(8).items()}
        with pytest.raises(InputError, match="holds no non-mated comparison"):
            harness.inspect(rows, study=FEW)

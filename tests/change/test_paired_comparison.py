"""Two matchers on the same trials, joined, counted and judged; every count beside a NumPy reading of the same rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

import harness
from harness.change import ChangeVerdict, PairedComparison, answer, to_json
from harness.errors import InputError

STUDY: dict[str, Any] = {
    "matcher": {"name": "M", "version": "1"},
    "subjects": ["probe", "reference"],
    "groups": {"sex": ["probe_sex", "reference_sex"]},
}
NEW_STUDY = {**STUDY, "matcher": {"name": "M", "version": "2"}, "score": {"column": "new"}}
PEOPLE = 40


def trials(seed: int = 1, shift: float = 0.04) -> dict[str, np.ndarray]:
    """Every pair of people of one sex, and three mated trials of each; the new matcher raises men's scores."""
    rng = np.random.default_rng(seed)
    pairs = np.array(np.triu_indices(PEOPLE, k=1))
    each = np.repeat(np.arange(2 * PEOPLE), 3)
    probe = np.concatenate([pairs[0], pairs[0] + PEOPLE, each])
    reference = np.concatenate([pairs[1], pairs[1] + PEOPLE, each])
    mated, male = probe == reference, probe >= PEOPLE
    z, other = rng.standard_normal((2, len(probe)))
    sex = np.where(male, "m", "f")
    return {
        "probe": probe,
        "reference": reference,
        "image": np.arange(len(probe)) % 3,
        "mated": mated.astype(np.int64),
        "probe_sex": sex,
        "reference_sex": sex,
        "score": 0.3 + 0.1 * z + 0.4 * mated,
        "new": 0.3 + 0.08 * z + 0.06 * other + 0.4 * mated + shift * male,
    }


def without(columns: dict[str, np.ndarray], *names: str, **others: np.ndarray) -> pa.Table:
    return pa.table({**{name: of for name, of in columns.items() if name not in names}, **others})


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The two matchers' files, CSV and Parquet, rows in another order."""
    rows = trials()
    order = np.random.default_rng(2).permutation(len(rows["probe"]))
    old, new = tmp_path / "old.csv", tmp_path / "new.parquet"
    csv.write_csv(without(rows, "new"), old)
    pq.write_table(without(rows, "score", "new", score=rows["new"]).take(order), new)
    return old, new


@pytest.fixture(scope="module")
def from_columns() -> PairedComparison:
    return harness.compare(trials(), study=STUDY, new_study=NEW_STUDY, at=(0.5, 0.52))


def test_counts_equal_a_numpy_reading_at_every_pair_of_thresholds(from_columns: PairedComparison) -> None:
    rows = trials()
    assert len(from_columns.changes) > 4
    for change in from_columns.changes:
        misses = change.rate == "FNMR"
        old, new = (
            (rows[name] >= at) != misses
            for name, at in (("score", change.old_threshold), ("new", change.new_threshold))
        )
        for group in change.groups:
            own = (rows["probe_sex"] == group.group) & (rows["mated"] == misses)
            expected = [int(np.count_nonzero(own & of)) for of in (old | ~old, old, new, old & new)]
            assert [group.trials, group.old, group.new, group.both] == expected
            assert group.subjects == PEOPLE


def test_at_equal_rates_each_threshold_is_the_most_lenient_that_keeps_the_rate(
    from_columns: PairedComparison,
) -> None:
    rows = trials()
    non_mated = rows["mated"] == 0
    equal = [c for c in from_columns.changes if c.at == "equal rates" and c.rate == "FMR"]
    assert equal[0].old_threshold == 0.5
    for level, change in zip((1e-2, 1e-3), equal[1:], strict=True):
        most = int(level * non_mated.sum())
        for name, at in (("score", change.old_threshold), ("new", change.new_threshold)):
            assert at == np.sort(rows[name][non_mated])[-most]


def test_two_files_and_two_columns_give_the_same_and_the_order_of_rows_does_not_matter(
    files: tuple[Path, Path], from_columns: PairedComparison
) -> None:
    newer = {**STUDY, "matcher": {"name": "M", "version": "2"}}
    found = harness.compare(
        *files, study=STUDY, new_study=newer, at=(0.5, 0.52), on=["probe", "reference", "image"]
    )
    assert found.on == ("probe", "reference", "image")
    assert found.to_dict()["changes"] == from_columns.to_dict()["changes"]
    assert [one.name for one in found.inputs] == list(map(str, files))
    assert harness.compare(*files, study=STUDY, new_study=newer, at=(0.5, 0.52)).to_dict() == found.to_dict()


def test_the_same_scores_twice_are_not_worse_and_differ_in_nothing() -> None:
    rows = trials()
    rows["new"] = rows["score"]
    found = harness.compare(rows, study=STUDY, new_study=NEW_STUDY, at=(0.45, 0.45))
    assert found.verdict is ChangeVerdict.NOT_WORSE
    for change in found.changes:
        assert all(one.old == one.new == one.both for one in change.groups)
        assert all(pair.change.estimate == 1 for pair in change.pairs if change.old_pooled > 0.01)


def test_a_matcher_that_is_much_worse_for_one_group_is_beyond_tolerance() -> None:
    found = harness.compare(trials(shift=0.12), study=STUDY, new_study=NEW_STUDY, at=(0.45, 0.45))
    change = next(one for one in found.changes if one.judged)
    assert found.verdict is ChangeVerdict.WIDER_BEYOND_TOLERANCE
    assert change.lower > change.tolerance
    pair = change.pairs[0]
    assert (pair.more, pair.fewer) == ("m", "f")
    assert pair.widening.lower <= pair.widening.estimate <= pair.widening.upper
    assert pair.new.estimate / pair.old.estimate == pytest.approx(pair.change.estimate)
    (heading, first), *_ = answer(found)
    assert heading == "Found"
    assert first.startswith("By sex, the update widens the differential in false matches, beyond 1.25 times.")


def test_a_proven_widening_is_told_though_another_group_has_too_few_errors() -> None:
    rows, others = trials(shift=0.12), trials(seed=2, shift=0)
    third = others["probe_sex"] == "f"
    rare = {name: of[third] for name, of in others.items()}
    for name in ("probe", "reference"):
        rare[name] = rare[name] + 2 * PEOPLE
    for name in ("probe_sex", "reference_sex"):
        rare[name] = np.full(third.sum(), "x")
    for name in ("score", "new"):
        rare[name] = rare[name] - 0.2 * (rare["mated"] == 0)
    both = {name: np.concatenate([rows[name], rare[name]]) for name in rows}
    found = harness.compare(both, study=STUDY, new_study=NEW_STUDY, at=(0.45, 0.45))
    (change,) = (one for one in found.changes if one.judged)
    assert [group.group for group in change.groups if group.is_few] == ["x"]
    assert change.verdict is ChangeVerdict.WIDER_BEYOND_TOLERANCE
    told = change.pairs[change.told]
    assert (told.more, told.fewer) == ("m", "f")
    assert answer(found)[0][1].startswith(
        "By sex, the update widens the differential in false matches, beyond"
    )


def test_too_few_errors_decide_nothing_and_the_answer_says_how_many_it_takes() -> None:
    found = harness.compare(trials(), study=STUDY, new_study=NEW_STUDY)
    assert found.verdict is ChangeVerdict.INCONCLUSIVE
    assert "times as much data to show it, some" in answer(found)[0][1]


def test_nothing_is_claimed_where_neither_matcher_has_ten_errors_in_a_group() -> None:
    rows = trials()
    rows["new"] = rows["score"]
    non_mated = {
        sex: np.sort(rows["score"][(rows["mated"] == 0) & (rows["probe_sex"] == sex)]) for sex in "fm"
    }
    at = max(scores[-9] for scores in non_mated.values())
    found = harness.compare(rows, study=STUDY, new_study=NEW_STUDY, at=(at, at), tolerance=1000)
    (change,) = (one for one in found.changes if one.judged)
    assert change.upper <= 1000
    assert min(group.old for group in change.groups) < 10
    assert found.verdict is ChangeVerdict.INCONCLUSIVE
    assert "fewer than 10 false matches with either matcher, which decide nothing" in answer(found)[0][1]


def test_thresholds_of_distances_are_stated_as_the_studies_state_them() -> None:
    rows = trials()
    similar = harness.compare(rows, study=STUDY, new_study=NEW_STUDY, at=(0.5, 0.52))
    newer = {**NEW_STUDY, "score": {"column": "new", "better": "lower"}}
    distance = harness.compare(
        {**rows, "new": 1 - rows["new"]}, study=STUDY, new_study=newer, at=(0.5, 1 - 0.52)
    )
    assert [c.groups for c in distance.changes] == [c.groups for c in similar.changes]
    assert distance.changes[0].new_threshold == 1 - 0.52


def test_a_trial_without_a_score_of_either_matcher_is_left_out_of_both_and_counted() -> None:
    rows = trials()
    rows["score"][[0, 1]], rows["new"][[1, 2]] = np.nan, np.nan
    left = {"missing_scores": "exclude"}
    found = harness.compare(rows, study={**STUDY, **left}, new_study={**NEW_STUDY, **left}, at=(0.5, 0.5))
    assert found.left_out == 3
    assert sum(found.comparisons) == len(rows["score"]) - 3
    assert found.notes == ("3 trials have no score of one matcher or of both, and were left out.",)


def test_a_trial_without_a_score_counts_as_one_that_does_not_match_where_the_study_says_so() -> None:
    rows = trials()
    low = harness.compare(
        {**rows, "new": np.where(np.arange(len(rows["new"])) < 9, -9, rows["new"])},
        study=STUDY,
        new_study=NEW_STUDY,
        at=(0.5, 0.5),
    )
    rows["new"][:9] = np.nan
    count = {"missing_scores": "count"}
    found = harness.compare(rows, study={**STUDY, **count}, new_study={**NEW_STUDY, **count}, at=(0.5, 0.5))
    assert found.to_dict()["changes"] == low.to_dict()["changes"]


def test_without_subjects_trials_count_as_independent_and_a_note_says_so() -> None:
    study, newer = ({k: v for k, v in one.items() if k != "subjects"} for one in (STUDY, NEW_STUDY))
    found = harness.compare(trials(), study=study, new_study=newer, at=(0.5, 0.5))
    assert {one.design_effect for change in found.changes for one in change.groups} == {1.0}
    assert "names no subjects" in found.notes[0]


def test_a_comparison_is_written_as_json_and_as_a_table(from_columns: PairedComparison) -> None:
    assert '"schema": "harness/comparison/1"' in to_json(from_columns)
    assert from_columns.table.num_rows == sum(len(change.pairs) for change in from_columns.changes)
    assert "<table>" in from_columns._repr_html_()
    assert repr(from_columns).startswith("<PairedComparison of M 1 and M 2: ")


def refused(old: Any, new: Any = None, **options: Any) -> str:
    with pytest.raises(InputError) as error:
        harness.compare(old, new, **{"study": STUDY, **options})
    return str(error.value)


def written(folder: Path, name: str, table: pa.Table) -> str:
    csv.write_csv(table, folder / name)
    return str(folder / name)


def test_trials_in_one_file_only_are_refused_with_their_count_and_a_row(tmp_path: Path) -> None:
    rows = without(trials(), "new")
    old, new = written(tmp_path, "old.csv", rows), written(tmp_path, "new.csv", rows.slice(2))
    assert refused(old, new) == (
        f"{new}: 2 trials are in the old scores alone, such as row 1 of {old}; give the same trials to both, or name "
        "the columns that identify a trial (--on; now 'probe', 'reference', 'image')"
    )


def test_a_column_without_a_common_value_is_named(tmp_path: Path) -> None:
    rows = without(trials(), "new")
    versions = [rows.append_column("version", pa.array([v] * len(rows))) for v in ("v1", "v2")]
    old, new = (written(tmp_path, f"{i}.csv", table) for i, table in enumerate(versions))
    assert "; column 'version' has no value in common; " in refused(old, new)


def test_trials_that_are_not_told_apart_are_refused_with_two_rows(tmp_path: Path) -> None:
    rows = without(trials(), "new", "image")
    old, new = written(tmp_path, "old.csv", rows), written(tmp_path, "new.csv", rows)
    first = 2 * len(np.triu_indices(PEOPLE, k=1)[0]) + 1
    assert refused(old, new) == (
        f"{old}: {2 * PEOPLE} trials appear more than once by 'probe', 'reference', such as row {first} of {old} and "
        f"row {first + 1} of {old}; name columns that tell them apart (--on), or give both scores as columns of one "
        "file (--new-score)"
    )


def test_another_group_of_one_trial_is_refused_by_row(tmp_path: Path) -> None:
    rows = trials()
    other = rows["probe_sex"].copy()
    other[3] = "m"
    old = written(tmp_path, "old.csv", without(rows, "new"))
    turned = without(rows, "new", probe_sex=other).slice(1)
    new = written(
        tmp_path, "new.csv", pa.concat_tables([turned, without(rows, "new", probe_sex=other).slice(0, 1)])
    )
    assert refused(old, new) == (
        f"{old}: row 4, column 'probe_sex': 'f', but 'm' in row 3 of {new}; one trial has one truth and one label, so "
        "correct one of them"
    )


def test_another_truth_of_one_trial_is_refused_by_row(tmp_path: Path) -> None:
    rows = trials()
    study = {"matcher": STUDY["matcher"], "groups": STUDY["groups"]}
    mated = rows["mated"].copy()
    mated[5] = 1
    old = written(tmp_path, "old.csv", without(rows, "new"))
    new = written(tmp_path, "new.csv", without(rows, "new", mated=mated))
    assert "row 6, column 'mated': non-mated, but mated in row 6 of" in refused(old, new, study=study)


def test_studies_that_differ_in_more_than_matcher_and_score_are_refused() -> None:
    newer = {**NEW_STUDY, "missing_scores": "count"}
    assert "the study of the new matcher has another missing_scores" in refused(trials(), new_study=newer)


def test_one_source_with_one_score_column_is_refused() -> None:
    assert "name the column of the new matcher (--new-score)" in refused(trials())


@pytest.mark.parametrize("tolerance", [1.0, 0.8, float("nan"), float("inf")])
def test_a_tolerance_is_a_ratio_above_one(tolerance: float) -> None:
    assert "give a ratio above 1" in refused(trials(), new_study=NEW_STUDY, tolerance=tolerance)

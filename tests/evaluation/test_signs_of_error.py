from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from harness import evaluate
from harness.comparisons import repeats, sources
from harness.errors import InputError
from harness.evaluation import answer
from harness.evaluation.signs_of_error import chance_of_higher
from tests.comparisons.test_repeats import trials


def world(*shifts: float, trials: int = 40, seed: int = 1) -> dict[str, np.ndarray]:
    """A group for each shift, by which its mated scores are higher than its non-mated ones."""
    drawn = np.random.default_rng(seed)
    non_mated = [drawn.normal(0.3, 0.1, trials) for _ in shifts]
    mated = [drawn.normal(0.3 + shift, 0.1, trials) for shift in shifts]
    return {
        "score": np.concatenate([*non_mated, *mated]),
        "mated": np.repeat([0, 1], trials * len(shifts)),
        "group": np.tile(np.repeat([f"G{i}" for i in range(len(shifts))], trials), 2),
    }


def study(**more: object) -> dict[str, object]:
    return {"matcher": {"name": "A", "version": "1"}, "groups": {"group": "group"}, **more}


@given(
    st.integers(1, 6).flatmap(lambda n: st.tuples(*[st.lists(st.integers(0, 9), min_size=n, max_size=n)] * 2))
)
def test_the_chance_of_a_higher_mated_score_is_the_area_under_the_roc_curve(
    bins: tuple[list[int], list[int]],
) -> None:
    counted = np.array(bins)
    area, error = chance_of_higher(counted)
    if not counted.sum(axis=1).all():
        assert np.isnan(area)
        assert np.isnan(error)
        return
    labels = np.repeat([0, 1], counted.sum(axis=1))
    scores = np.concatenate([np.repeat(np.arange(counted.shape[1]), of) for of in counted])
    assert area == pytest.approx(roc_auc_score(labels, scores))
    assert 0 <= error <= 0.5


@pytest.mark.parametrize(("better", "other"), [("higher", "lower"), ("lower", "higher")])
def test_scores_that_point_the_other_way_are_refused_with_both_causes(better: str, other: str) -> None:
    scores = world(0.3, 0.2)
    scores["score"] *= -1 if better == "higher" else 1
    with pytest.raises(InputError) as refused:
        evaluate(scores, study=study(score={"better": better}))
    said = str(refused.value)
    assert "\n" not in said
    assert "mated scores lie below non-mated ones in every group" in said
    assert f"score: {{better: {other}}}, --better {other}" in said
    assert "labels of mated and non-mated are swapped" in said
    assert evaluate(scores, study=study(score={"better": other})).comparisons.mated == 80


def test_swapped_labels_are_refused_in_the_same_way() -> None:
    scores = world(0.3, 0.2)
    with pytest.raises(InputError, match="swapped"):
        evaluate({**scores, "mated": 1 - scores["mated"]}, study=study())


def test_one_group_the_right_way_is_evaluated() -> None:
    """A matcher may fail for all groups but one; that is a finding."""
    scores = world(-0.3, -0.3, -0.3, 0.1)
    assert evaluate(scores, study=study()).comparisons.mated == 160


@pytest.mark.parametrize("seed", range(20))
def test_a_matcher_that_cannot_tell_people_apart_is_evaluated(seed: int) -> None:
    scores = world(-0.005, -0.005, trials=30, seed=seed)
    assert evaluate(scores, study=study()).comparisons.non_mated == 60


def as_file(scores: pd.DataFrame, folder: Path) -> Path:
    scores.to_csv(folder / "s.csv", index=False)
    return folder / "s.csv"


HELD: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "file": as_file,
    "frame": lambda scores, folder: scores,
    "arrays": lambda scores, folder: {name: scores[name].to_numpy() for name in scores},
    "stream": lambda scores, folder: pa.RecordBatchReader.from_batches(
        (table := pa.Table.from_pandas(scores, preserve_index=False)).schema, table.to_batches()
    ),
}


@pytest.mark.parametrize("held", HELD)
def test_repeated_rows_and_columns_are_warned_of_in_the_result(held: str, tmp_path: Path) -> None:
    once = trials()
    by_matcher = [once.assign(matcher=name, score=once["score"] + i / 50) for i, name in enumerate("AB")]
    scores = pd.concat([*by_matcher, by_matcher[0].iloc[[3]]])
    terms = study(subjects=["probe", "reference"], groups={"sex": "sex"})
    evaluation = evaluate(HELD[held](scores, tmp_path), study=terms)
    of_column, of_rows = evaluation.warnings
    assert of_column == (
        "every comparison appears once for each of the 2 values of column 'matcher' ('A', 'B'), which the study does "
        "not use, so they are evaluated as one: keep one (rows: {matcher: A}), or evaluate each (--each matcher)"
    )
    assert of_rows.startswith("1 of all 121 rows repeat an earlier one in every column, such as probe p")
    assert of_rows.endswith("makes bounds too narrow: leave repeated rows out")
    warned = [text for name, text in answer(evaluation) if name == "Warning"]
    assert warned == list(evaluation.warnings)


@pytest.mark.parametrize("held", HELD)
def test_other_columns_that_cannot_be_told_apart_or_read_are_let_be(held: str, tmp_path: Path) -> None:
    once = trials()
    scores = once.assign(SCORE=once["score"], note="", NOTE="")
    if held in ("frame", "arrays"):
        scores["mixed"] = [1, "one"] * (len(scores) // 2)
    terms = study(subjects=["probe", "reference"], groups={"sex": "sex"})
    if held in ("file", "stream"):  # where a second SCORE is refused, as in SQL
        scores = scores.drop(columns=["SCORE", "NOTE"] if held == "file" else ["SCORE"])
    assert evaluate(HELD[held](scores, tmp_path), study=terms).warnings == ()


@pytest.mark.parametrize("held", HELD)
def test_of_a_column_that_is_not_used_the_first_rows_are_looked_at(
    held: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = trials()
    scores = pd.concat([once.assign(matcher=name) for name in "AB"]).sort_values(["probe", "reference"])
    for module in (sources, repeats):
        for name in ("FIRST_ROWS", "ROWS_LOOKED_AT"):
            monkeypatch.setattr(module, name, 100, raising=False)
    terms = study(subjects=["probe", "reference"], groups={"sex": "sex"})
    evaluation = evaluate(HELD[held](scores, tmp_path), study=terms)
    assert evaluation.comparisons.mated + evaluation.comparisons.non_mated == len(scores) == 120
    assert "values of column 'matcher' ('A', 'B')" in evaluation.warnings[0]


def test_people_may_be_seen_under_several_conditions() -> None:
    scores = trials().assign(light=lambda rows: np.where(np.arange(len(rows)) % 2, "day", "night"))
    terms = study(subjects=["probe", "reference"], groups={"sex": "sex"})
    as_groups = study(subjects=["probe", "reference"], groups={"sex": "sex", "light": "light"})
    assert any("two labels of light" in line for line in evaluate(scores, study=as_groups).warnings)
    assert evaluate(scores, study=terms | {"conditions": {"light": "light"}}).warnings == ()

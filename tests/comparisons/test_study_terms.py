"""What the study says of the columns decides how a row is counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.comparisons.known_trials import (
    THRESHOLDS,
    Columns,
    counts_of,
    naive_counts,
    study,
    trials,
    write_csv,
)

TRIALS = trials()
ONE = {"ethnicity": "probe_ethnicity"}
TWO = {"ethnicity": ["probe_ethnicity", "reference_ethnicity"]}
BOTH = {**TWO, "sex": ["probe_sex", "reference_sex"]}
UNLIKE = {**TWO, "sex": "probe_sex"}


def as_parquet(folder: Path, columns: Columns) -> Path:
    pq.write_table(pa.table(columns), folder / "scores.parquet")
    return folder / "scores.parquet"


MAKERS = {
    "csv": lambda folder, columns: write_csv(folder / "scores.csv", columns),
    "parquet": as_parquet,
    "stream": lambda _, columns: pa.table(columns).to_reader(),
}
every_source = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
Make = Callable[[Path, Columns], Any]


@every_source
@pytest.mark.parametrize(
    ("groups", "pairing"),
    [
        (ONE, "within"),
        (ONE, "probe"),
        (TWO, "within"),
        (TWO, "probe"),
        (TWO, "cross"),
        (BOTH, "within"),
        (BOTH, "probe"),
        (BOTH, "cross"),
        (UNLIKE, "within"),
        (UNLIKE, "cross"),
    ],
)
def test_groups_and_pairing(groups: dict[str, Any], pairing: str, make: Make, tmp_path: Path) -> None:
    terms = study(groups=groups, pairing=pairing)
    counts = counts_of(make(tmp_path, TRIALS), terms)
    assert counts == naive_counts(TRIALS, terms)
    assert counts.trials.sum() == len(TRIALS["score"])


@every_source
def test_distances_count_like_negated_scores(make: Make, tmp_path: Path) -> None:
    distances = study(score={"column": "score", "better": "lower"})
    negated = {**TRIALS, "score": [-score for score in TRIALS["score"]]}
    thresholds = -THRESHOLDS[::-1]
    counts = counts_of(make(tmp_path, TRIALS), distances, thresholds)
    assert counts == counts_of(make(tmp_path, negated), study(), thresholds)
    within = np.array(TRIALS["score"])[:, None] <= THRESHOLDS
    np.testing.assert_array_equal(counts.matches.sum(axis=(0, 1))[::-1], within.sum(axis=0))


LABELS: dict[str, tuple[Any, list[Any]]] = {
    "0 and 1": ("mated", [0, 1]),
    "False and True": ("mated", ["False", "True"]),
    "text, mapped": (
        {"column": "mated", "mated": ["genuine"], "non_mated": ["impostor"]},
        ["impostor", "genuine"],
    ),
    "numbers, mapped": ({"column": "mated", "mated": ["2"], "non_mated": ["1"]}, [1, 2]),
    "1 and 0 the other way round": ({"column": "mated", "mated": ["0"], "non_mated": ["1"]}, [1, 0]),
    "with a quotation mark": (
        {"column": "mated", "mated": ["it's"], "non_mated": ['"no"']},
        ['"no"', "it's"],
    ),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@every_source
def test_labels_of_mated_trials(make: Make, labels: tuple[Any, list[Any]], tmp_path: Path) -> None:
    mated, written = labels
    if written == ["False", "True"] and make is not MAKERS["csv"]:
        written = [False, True]
    columns = {**TRIALS, "mated": [written[label] for label in TRIALS["mated"]]}
    assert counts_of(make(tmp_path, columns), study(mated=mated)) == naive_counts(TRIALS, study())


def test_several_labels_may_mean_the_same() -> None:
    mated = {"column": "mated", "mated": ["b", "c"], "non_mated": ["a", "d"]}
    columns = {**TRIALS, "mated": [("ad", "bc")[label][i % 2] for i, label in enumerate(TRIALS["mated"])]}
    assert counts_of(pa.table(columns), study(mated=mated)) == naive_counts(TRIALS, study())


@every_source
def test_groups_and_subjects_may_be_integers(make: Make, tmp_path: Path) -> None:
    rows = len(TRIALS["score"])
    other = [i if own else rows + i for i, own in enumerate(TRIALS["mated"])]
    columns = {**TRIALS, "probe": list(range(rows)), "reference": other}
    columns["probe_ethnicity"] = [i % 11 for i in range(rows)]
    columns["reference_ethnicity"] = [i % 2 for i in range(rows)]
    terms = study(labels_of="image")
    assert counts_of(make(tmp_path, columns), terms) == naive_counts(columns, terms)


@pytest.mark.parametrize("subjects", [[], ["probe"], ["probe", "reference"]], ids=len)
def test_subjects_do_not_change_the_counts(subjects: list[str]) -> None:
    assert counts_of(pa.table(TRIALS), study(subjects=subjects)) == naive_counts(TRIALS, study())


@every_source
@pytest.mark.parametrize("name", ['a "quoted" column', "row", "fault", "select", "score;--", "Größe"])
def test_columns_may_have_any_name(make: Make, name: str, tmp_path: Path) -> None:
    columns = {name if column == "score" else column: values for column, values in TRIALS.items()}
    terms = study(score={"column": name})
    assert counts_of(make(tmp_path, columns), terms) == naive_counts(TRIALS, study())


@every_source
@pytest.mark.parametrize("missing_scores", ["exclude", "count"])
def test_missing_scores_are_counted_as_missing(make: Make, missing_scores: str, tmp_path: Path) -> None:
    lacking = {3, 50, 51, 399}
    columns = {**TRIALS, "score": [None if i in lacking else s for i, s in enumerate(TRIALS["score"])]}
    present = {name: [v for i, v in enumerate(values) if i not in lacking] for name, values in TRIALS.items()}
    absent = {name: [v for i, v in enumerate(values) if i in lacking] for name, values in TRIALS.items()}
    counts = counts_of(make(tmp_path, columns), study(missing_scores=missing_scores))
    expected = naive_counts(present, study())
    lost = naive_counts({**absent, "score": [-1.0] * len(lacking)}, study())  # they reach no threshold
    np.testing.assert_array_equal(counts.matches, (expected + lost).matches)
    assert counts.missing.sum() == len(lacking)
    in_cell = {cell: n.tolist() for cell, n in zip(counts.cells, counts.missing, strict=True) if n.any()}
    assert in_cell == {cell: n.tolist() for cell, n in zip(lost.cells, lost.trials, strict=True)}
    trials_counted = expected + lost if missing_scores == "count" else expected
    assert counts.trials.sum() == trials_counted.trials.sum()


@pytest.mark.parametrize("missing", ["", "nan", "NaN"])
def test_a_csv_may_write_a_missing_score_in_these_ways(missing: str, tmp_path: Path) -> None:
    columns = {**TRIALS, "score": [missing, *TRIALS["score"][1:]]}
    counts = counts_of(write_csv(tmp_path / "a.csv", columns), study(missing_scores="exclude"))
    assert counts.missing.sum() == 1

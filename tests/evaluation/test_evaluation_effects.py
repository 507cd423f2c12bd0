"""Design effects of an evaluation, against comparing every two comparisons of a group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from harness import Evaluation
from harness.statistics.intervals import clopper_pearson
from tests.few_thresholds import evaluate_at

MATCHER = {"name": "example", "version": "1"}
SUBJECTS = 60


def trials() -> dict[str, Any]:
    """Every pair of 60 subjects of two groups once, and four mated captures of each subject."""
    rng = np.random.default_rng(13)
    own = rng.normal(0, 0.1, SUBJECTS)
    i, j = np.triu_indices(SUBJECTS, k=1)
    each = np.repeat(np.arange(SUBJECTS), 4)
    probe, reference = np.concatenate([i, each]), np.concatenate([j, each])
    score = rng.normal(0, 0.1, len(probe)) + np.where(
        probe == reference, 0.65 + own[probe], own[probe] + own[reference] + 0.4
    )
    return {
        "score": score,
        "mated": probe == reference,
        "probe": probe,
        "reference": reference,
        "probe_group": np.array(["A", "B"])[probe % 2],
        "reference_group": np.array(["A", "B"])[reference % 2],
    }


def evaluated(thresholds: Any, subjects: list[str], **study: Any) -> Evaluation:
    groups = {"group": ["probe_group", "reference_group"]}
    stated = {"matcher": MATCHER, "groups": groups, "subjects": subjects, **study}
    return evaluate_at(trials(), study=stated, thresholds=thresholds)


def naive_effect(errors: np.ndarray, sides: list[np.ndarray]) -> float:
    n, p = len(errors), errors.mean()
    e = errors - p
    related = np.zeros((n, n), bool)
    for one in sides:
        for other in sides:
            related |= one[:, None] == other[None, :]
    m = len(np.unique(np.concatenate(sides)))
    return max(1.0, float(e @ related @ e) / (n * p * (1 - p)) * m / (m - 1)) * for_few(e, sides)


def for_few(e: np.ndarray, sides: list[np.ndarray]) -> float:
    """Student's quantile over the normal one, squared, by how unevenly subjects deviate."""
    people = np.unique(np.concatenate(sides))
    s = np.array([e[np.any([side == who for side in sides], axis=0)].sum() for who in people])
    degrees = max(8.0, (s**2).sum() ** 2 / (s**4).sum())
    return float((stats.t.ppf(0.975, degrees) / stats.norm.ppf(0.975)) ** 2)


@pytest.mark.parametrize("subjects", [["probe", "reference"], ["probe"]])
def test_equal_comparing_every_two(subjects: list[str]) -> None:
    data, threshold = trials(), 0.5
    rows = evaluated([threshold], subjects).rates.to_pylist()
    for row in rows:
        mated = row["rate"] == "FNMR"
        chosen = (
            (data["mated"] == mated)
            & (data["probe_group"] == row["group"])
            & (data["reference_group"] == row["group"])
        )
        matches = data["score"][chosen] >= threshold
        errors = ~matches if mated else matches
        sides = [data[column][chosen] for column in subjects]
        assert row["errors"] == errors.sum()
        assert row["subjects"] == len(np.unique(np.concatenate(sides)))
        if mated:
            assert 5 < row["errors"] < 30  # so the largest number of errors decides: this threshold's
        assert row["design_effect"] == pytest.approx(naive_effect(errors, sides))
        bounds = clopper_pearson(
            row["errors"] / row["design_effect"], row["trials"] / row["design_effect"], 0.95
        )
        assert (row["lower"], row["upper"]) == pytest.approx((float(bounds.lower), float(bounds.upper)))
    assert rows[0]["design_effect"] > 3


def test_of_separate_identities_equal_numbers_are_different_people() -> None:
    row = evaluated([0.5], ["probe", "reference"], identities="separate").rates.to_pylist()[0]
    data = trials()
    chosen = ~data["mated"] & (data["probe_group"] == "A") & (data["reference_group"] == "A")
    sides = [data["probe"][chosen], data["reference"][chosen] + 1000]
    e = (data["score"][chosen] >= 0.5) - row["estimate"]
    related = (sides[0][:, None] == sides[0]) | (sides[1][:, None] == sides[1])
    n, p = row["trials"], row["estimate"]
    m = len(np.unique(np.concatenate(sides)))
    assert row["subjects"] == m
    expected = e @ related @ e / (n * p * (1 - p)) * m / (m - 1) * for_few(e, sides)
    assert row["design_effect"] == pytest.approx(expected)


def test_in_the_tail_that_of_enough_errors_fades() -> None:
    rows = evaluated("0.3:1.2:0.02", ["probe", "reference"]).rates.to_pylist()[:46]
    assert {(row["rate"], row["group"]) for row in rows} == {("FMR", "A")}
    enough = [row for row in rows if row["errors"] >= 30]
    tail = rows[len(enough) :]
    assert 0 < len(tail) < 46
    assert tail[-1]["errors"] == 0
    excess = enough[-1]["design_effect"] - 1
    for row in tail:
        faded = excess * (max(row["errors"], 0.5) / enough[-1]["errors"]) ** (1 / 3)
        assert row["design_effect"] >= 1 + faded * 0.999999 > 1
    assert tail[-1]["upper"] > 1 - 0.025 ** (1 / tail[-1]["trials"])  # that of independent comparisons


def test_where_false_non_matches_are_few_that_of_enough_fades() -> None:
    rows = evaluated("0.1:1.2:0.02", ["probe", "reference"]).rates.to_pylist()[2 * 56 : 3 * 56]
    assert {(row["rate"], row["group"]) for row in rows} == {("FNMR", "A")}
    few = [row for row in rows if row["errors"] < 30]
    enough = rows[len(few) :]
    assert rows[0]["errors"] == 0
    assert enough[0]["errors"] >= 30
    excess = enough[0]["design_effect"] - 1
    for row in few:
        faded = excess * (max(row["errors"], 0.5) / enough[0]["errors"]) ** (1 / 3)
        assert row["design_effect"] >= 1 + faded * 0.999999 > 1


def test_clustering_widens_every_interval_and_moves_no_estimate() -> None:
    clustered = evaluated("0.3:1:0.1", ["probe", "reference"]).rates.to_pandas()
    independent = evaluated("0.3:1:0.1", []).rates.to_pandas()
    assert (clustered["estimate"] == independent["estimate"]).all()
    assert (clustered["upper"] >= independent["upper"]).all()
    assert (clustered["lower"] <= independent["lower"]).all()
    assert (independent["design_effect"] == 1).all()
    assert independent["subjects"].isna().all()


def test_a_single_subject_a_group_shows_nothing() -> None:
    found = evaluate_at(
        {
            "score": [0.4, 0.6, 0.7, 0.4, 0.5, 0.9],
            "mated": [0, 0, 1, 0, 0, 1],
            "who": list("aaabbb"),
            "group": list("AAABBB"),
        },
        study={"matcher": MATCHER, "groups": {"group": "group"}, "subjects": ["who"]},
        policy={"max_ratio": 100},
        thresholds=[0.5],
    )
    first = found.rates.to_pylist()[0]
    assert (first["trials"], first["errors"], first["subjects"]) == (2, 1, 1)
    assert first["design_effect"] == np.inf
    assert (first["lower"], first["upper"]) == (None, None)
    assert found.verdicts["verdict"].to_pylist() == ["inconclusive"] * 2
    assert found.safe_threshold is None

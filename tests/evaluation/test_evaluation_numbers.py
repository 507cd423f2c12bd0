"""Every number of an evaluation of a dozen comparisons, by hand or by an independent program."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import stats

import harness
from harness import Evaluation, InputError
from harness.study import FalseMatchLimit
from tests.few_thresholds import evaluate_at

STUDY: dict[str, Any] = {
    "matcher": {"name": "example", "version": "1"},
    "groups": {"group": ["probe_group", "reference_group"]},
}
TRIALS = [  # score, mated, group of the probe, of the reference
    (0.45, 0, "A", "A"),
    (0.50, 0, "A", "A"),
    (0.55, 0, "A", "A"),
    (0.65, 0, "A", "A"),
    (0.40, 0, "B", "B"),
    (0.40, 0, "B", "B"),
    (0.45, 0, "B", "B"),
    (0.60, 0, "B", "B"),
    (0.70, 0, "A", "B"),
    (0.10, 0, "A", "B"),
    (0.20, 0, "B", "A"),
    (0.55, 1, "A", "A"),
    (0.72, 1, "A", "A"),
    (0.80, 1, "B", "B"),
    (0.69, 1, "B", "B"),
    (0.60, 1, "B", "B"),
]
THRESHOLDS = [0.5, 0.6, 0.7]
ERRORS = {
    ("FMR", "A"): (4, [3, 1, 0]),
    ("FMR", "B"): (4, [1, 1, 0]),
    ("FNMR", "A"): (2, [0, 1, 1]),
    ("FNMR", "B"): (3, [0, 0, 2]),
}


def columns(sign: int = 1, **more: Any) -> dict[str, Any]:
    names = ("score", "mated", "probe_group", "reference_group")
    table = dict(zip(names, map(list, zip(*TRIALS, strict=True)), strict=True))
    return {**table, "score": [sign * score for score in table["score"]], **more}


def evaluated(scores: Any = None, policy: Any = None, **study: Any) -> Evaluation:
    return evaluate_at(scores or columns(), study={**STUDY, **study}, policy=policy, thresholds=THRESHOLDS)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluated()


def test_rates(evaluation: Evaluation) -> None:
    expected = []
    for (rate, group), (trials, errors) in ERRORS.items():
        for threshold, k in zip(THRESHOLDS, errors, strict=True):
            exact = stats.binomtest(k, trials).proportion_ci(0.95, method="exact")
            row = ["group", group, rate, threshold, trials, k, None, k / trials, exact.low, exact.high, 1.0]
            expected.append(row)
    rows = evaluation.rates.to_pylist()
    assert " ".join(rows[0]) == (
        "axis group rate threshold trials errors subjects estimate lower upper design_effect"
    )
    for row, values in zip(rows, expected, strict=True):
        assert list(row.values())[:7] == values[:7]
        assert list(row.values())[7:] == pytest.approx(values[7:])


def bounds_of_ratio(a: int, b: int, confidence: float) -> tuple[float, float]:
    """Clopper-Pearson limits of the share a/(a+b), as odds; both groups have as many trials."""
    tail = (1 - confidence) / 2
    lower = stats.beta.ppf(tail, a, b + 1) if a else 0.0
    upper = stats.beta.ppf(1 - tail, a + 1, b) if b else 1.0
    return lower / (1 - lower), upper / (1 - upper) if upper < 1 else math.inf


def upper_bound_of_gap(a: int, b: int, n: int) -> float:
    """MOVER with exact limits, one-sided 95 %."""
    first, second = (stats.binomtest(k, n).proportion_ci(0.9, method="exact") for k in (a, b))
    return (a - b) / n + math.hypot(first.high - a / n, b / n - second.low)


def test_verdicts(evaluation: Evaluation) -> None:
    low, middle, high, *_ = evaluation.verdicts.to_pylist()
    assert " ".join(low) == (
        "axis rate threshold verdict worst_group best_group shown_more_group shown_fewer_group ratio ratio_lower "
        "ratio_upper gap gap_lower gap_upper detectable_ratio growth_needed"
    )
    assert {row["rate"] for row in (low, middle, high)} == {"FMR"}
    assert [row["threshold"] for row in (low, middle, high)] == THRESHOLDS
    assert (low["worst_group"], low["best_group"], low["ratio"], low["gap"]) == ("A", "B", 3, 0.5)
    assert low["ratio_lower"] == pytest.approx(bounds_of_ratio(3, 1, 0.95)[0])
    assert low["ratio_upper"] == pytest.approx(bounds_of_ratio(3, 1, 0.9)[1])
    assert low["gap_upper"] == pytest.approx(upper_bound_of_gap(3, 1, 4))
    assert low["gap_lower"] == 0
    assert (low["shown_more_group"], low["shown_fewer_group"]) == ("A", "B")

    assert (middle["worst_group"], middle["best_group"], middle["ratio"], middle["gap"]) == ("A", "A", 1, 0)
    assert middle["ratio_lower"] == pytest.approx(bounds_of_ratio(1, 1, 0.95)[0])
    assert middle["ratio_upper"] == pytest.approx(bounds_of_ratio(1, 1, 0.9)[1])

    assert (high["ratio"], high["ratio_lower"], high["ratio_upper"], high["gap"]) == (None, 0, math.inf, 0)
    assert high["gap_upper"] == pytest.approx(1 - 0.05**0.25)

    # With 4 errors or fewer even one group having all is no rejection: 2 * 0.5**4 is above 0.05.
    assert [row["detectable_ratio"] for row in (low, middle, high)] == [math.inf] * 3
    # At the low threshold just half of the eight match, which is not more than half.
    assert [row["verdict"] for row in (low, middle, high)] == ["inconclusive"] * 3
    assert middle["growth_needed"] == pytest.approx(2 * low["growth_needed"])  # half the false matches
    assert low["growth_needed"] > 10
    assert high["growth_needed"] == math.inf


def test_verdicts_on_misses(evaluation: Evaluation) -> None:
    low, middle, high = evaluation.verdicts.to_pylist()[3:]
    assert {row["rate"] for row in (low, middle, high)} == {"FNMR"}
    assert [row["threshold"] for row in (low, middle, high)] == THRESHOLDS
    # 0 of 2 and 0 of 3 are missed, then 1 of 2 and 0 of 3, then 1 of 2 and 2 of 3: three of five are more than half.
    assert [row["verdict"] for row in (low, middle, high)] == ["inconclusive", "inconclusive", "saturated"]
    assert [row["ratio"] for row in (low, middle, high)] == [None, math.inf, pytest.approx(4 / 3)]
    assert [row["gap"] for row in (low, middle, high)] == pytest.approx([0, 1 / 2, 1 / 6])
    assert [row["worst_group"] for row in (low, middle, high)] == ["A", "A", "B"]
    assert {row["growth_needed"] for row in (low, middle, high)} == {None}
    assert evaluation.axes["group"].verdicts_on_misses == tuple(row["verdict"] for row in (low, middle, high))


def test_measures(evaluation: Evaluation) -> None:
    rows = evaluation.measures.to_pylist()
    assert " ".join(rows[0]) == "axis measure threshold estimate lower upper undefined_because"
    assert [row["threshold"] for row in rows] == THRESHOLDS * 8
    found = {(row["measure"], row["threshold"]): row for row in rows}
    low, high = THRESHOLDS[0], THRESHOLDS[2]
    assert found["FMR max/min", low]["estimate"] == 3
    assert found["FMR gap", low]["estimate"] == 0.5
    assert found["FMR Gini", low]["estimate"] == 0.5
    assert found["FMR max/min", low]["lower"] == 1  # four events tell no difference
    assert list(found["FMR max/min", high].values())[3:] == [None, None, None, "FMR is zero in every group"]
    assert found["FMR gap", high]["estimate"] == 0
    assert {row["undefined_because"] is None for row in rows if row["estimate"] is not None} == {True}


def test_answer(evaluation: Evaluation) -> None:
    assert evaluation.thresholds.tolist() == THRESHOLDS
    assert evaluation.safe_threshold is None
    assert evaluation.safe.reason == "group: there is no range in which parity is shown"
    assert evaluation.not_detected_from == 0.5
    assert evaluation.reference_thresholds == (0.7,)  # 4, 2 and 0 of 8 match, and at most 1 in 100 may
    assert evaluation.false_match_limit == FalseMatchLimit("max_fmr", 0.01, is_default=True)
    assert (evaluation.comparisons, evaluation.missing) == ((11, 5), (0, 0))
    assert evaluation.axes["group"].left_out == (3, 0)
    assert evaluation.axes["group"].subjects is None
    assert evaluation.axes["group"].across is None


def test_safe_threshold_is_in_the_scores_units() -> None:
    policy = {"criterion": "not_detected", "max_fnmr_gap": 0.99, "max_fmr": 0.9}
    assert evaluated(policy=policy).safe_threshold == 0.6  # at 0.5 the bound of 3 in 4 is 0.99
    distances = evaluate_at(
        columns(-1),
        study={**STUDY, "score": {"better": "lower"}},
        policy=policy,
        thresholds=[-0.7, -0.6, -0.5],
    )
    assert distances.safe_threshold == -0.6
    assert distances.not_detected_from == -0.5


def test_distances_give_what_their_negatives_give(evaluation: Evaluation) -> None:
    distances = evaluate_at(
        columns(-1), study={**STUDY, "score": {"better": "lower"}}, thresholds=[-0.7, -0.6, -0.5]
    )
    assert distances.thresholds.tolist() == [-0.5, -0.6, -0.7]  # from lenient to strict
    for name in ("rates", "verdicts"):
        table = getattr(distances, name).to_pydict()
        table["threshold"] = [-threshold for threshold in table["threshold"]]
        assert table == getattr(evaluation, name).to_pydict()
    assert [row["errors"] for row in distances.at(-0.5).rates.to_pylist()] == [3, 1, 0, 0]


class TestAt:
    def test_reads_one_threshold(self, evaluation: Evaluation) -> None:
        reading = evaluation.at(0.6)
        assert reading.threshold == 0.6
        assert reading.rates["threshold"].to_pylist() == [0.6] * 4
        assert reading.rates["errors"].to_pylist() == [1, 1, 1, 0]
        rows = evaluation.verdicts.to_pylist()
        assert reading.verdicts.to_pylist() == [rows[1], rows[4]]

    @pytest.mark.parametrize(
        ("threshold", "near"),
        [
            (0.61, "0.6 and 0.7"),
            (9, "0.6 and 0.7"),
        ],
    )
    def test_refuses_what_was_not_evaluated(
        self, evaluation: Evaluation, threshold: float, near: str
    ) -> None:
        with pytest.raises(InputError) as refused:
            evaluation.at(threshold)
        assert str(refused.value) == (
            f"{float(threshold)!r} was not evaluated; the nearest are {near} (evaluate with it to know)"
        )


class TestPairing:
    def test_cross_has_the_full_matrix_as_well(self, evaluation: Evaluation) -> None:
        crossed = evaluated(pairing="cross")
        within = [row for row in crossed.rates.to_pylist() if "→" not in row["group"]]
        assert within == evaluation.rates.to_pylist()
        found = {
            tuple(row["group"].split(" → ")): (row["trials"], row["errors"])
            for row in crossed.at(0.5).rates.to_pylist()
            if "→" in row["group"]
        }
        assert found == {("A", "A"): (4, 3), ("A", "B"): (2, 1), ("B", "A"): (1, 0), ("B", "B"): (4, 1)}
        assert crossed.verdicts.to_pylist() == evaluation.verdicts.to_pylist()
        assert crossed.axes["group"].left_out == (3, 0)

    def test_probe_counts_every_comparison(self) -> None:
        probes = evaluated(pairing="probe")
        found = {row["group"]: (row["trials"], row["errors"]) for row in probes.at(0.5).rates.to_pylist()[:2]}
        assert found == {"A": (6, 4), "B": (5, 1)}
        assert probes.axes["group"].left_out == (0, 0)


@pytest.mark.parametrize(
    ("missing_scores", "comparisons", "fmr_trials", "fnmr"),
    [("exclude", (11, 5), 4, (2, 0)), ("count", (12, 6), 5, (3, 1))],
)
def test_missing_scores_are_counted(
    missing_scores: str, comparisons: Any, fmr_trials: int, fnmr: tuple[int, int]
) -> None:
    more = {"score": math.nan, "probe_group": "A", "reference_group": "A"}
    scores = {
        name: [*values, *([0, 1] if name == "mated" else [more[name]] * 2)]
        for name, values in columns().items()
    }
    found = evaluated(scores, missing_scores=missing_scores)
    assert found.missing == (1, 1)
    assert found.comparisons == comparisons
    rows = found.at(0.5).rates.to_pylist()
    assert (rows[0]["trials"], rows[0]["errors"]) == (fmr_trials, 3)
    assert (rows[2]["trials"], rows[2]["errors"]) == fnmr
    assert (
        f"2 comparisons have no score and were {'left out' if missing_scores == 'exclude' else 'counted'}"
        in (" ".join(found.notes))
    )


def test_searches_have_identification_rates() -> None:
    found = evaluated(task="identification", watchlist_size=1000)
    assert found.rates["rate"].to_pylist() == ["FPIR"] * 6 + ["FNIR"] * 6
    assert [row["errors"] for row in found.at(0.7).rates.to_pylist()] == [0, 0, 1, 2]


def test_tables_go_to_pandas_and_polars(evaluation: Evaluation) -> None:
    for table in (evaluation.rates, evaluation.verdicts):
        assert isinstance(table, pa.Table)
        rows = table.to_pylist()
        assert pl.DataFrame(table).to_dicts() == rows
        frame = table.to_pandas()
        assert list(frame.columns) == list(rows[0])
        assert frame["threshold"].tolist() == [row["threshold"] for row in rows]
        assert frame.astype(object).where(frame.notna(), None).to_dict("records") == rows
    assert pd.isna(evaluation.verdicts.to_pandas()["ratio"].iloc[2])


def test_thresholds_given_are_joined_by_the_policys() -> None:
    found = evaluated(policy={"operating": [0.65, 0.5]})
    assert found.thresholds.tolist() == [0.5, 0.6, 0.65, 0.7]
    assert [row["errors"] for row in found.at(0.65).rates.to_pylist()] == [1, 0, 1, 1]
    assert found.reference_thresholds == (0.5, 0.65)


def test_chosen_thresholds_hold_the_policys_and_resolve_single_false_matches() -> None:
    found = harness.evaluate(columns(), study=STUDY, policy={"operating": [0.6123]})
    assert 0.6123 in found.thresholds
    by_group = {
        g: set(found.rates.to_pandas().query(f"rate == 'FMR' and group == '{g}'").errors) for g in "AB"
    }
    assert by_group == {"A": {0, 1, 2, 3, 4}, "B": {0, 1, 2, 4}}  # two of B's are equal
    assert (np.diff(found.thresholds) > 0).all()

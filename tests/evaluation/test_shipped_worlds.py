"""On scores whose truth is known, the harness finds what is true and claims no more."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import harness
from harness import Evaluation
from harness.study import FalseMatchLimit
from harness.verdict_rule import Verdict
from tests.few_thresholds import evaluate_at

DATA = Path(harness.__file__).parents[1] / "data_synthetic"


@pytest.fixture(scope="module")
def worlds() -> dict[str, Evaluation]:
    return {
        world: evaluate_at(
            DATA / f"{world}.parquet",
            study=DATA / "study.yaml",
            policy={"max_ratio": 2.0, "axes": ["ethnicity"]},
            thresholds="0.5:0.7:0.002",
        )
        for world in ("vanishing", "persisting", "equal")
    }


def parity_shown(evaluation: Evaluation) -> tuple[float | None, float | None]:
    verdict = evaluation.axes["ethnicity"].verdict
    start, end = (
        evaluation.threshold_at(place) for place in (verdict.parity_shown_from, verdict.parity_shown_to)
    )
    return start, end


def verdict_at(evaluation: Evaluation, threshold: float) -> str:
    rows = evaluation.at(threshold).verdicts.to_pylist()
    return next(row["verdict"] for row in rows if row["axis"] == "ethnicity")


def test_a_disparity_that_ends_is_found_to_end(worlds: dict[str, Evaluation]) -> None:
    found = worlds["vanishing"]
    assert found.not_detected_from == pytest.approx(0.60, abs=0.01)
    start, end = parity_shown(found)
    assert start == pytest.approx(0.60, abs=0.015)
    assert end is not None
    assert end > 0.61
    assert found.safe_threshold == 0.594  # from where every group keeps the default limit, too
    assert max(found.axes["ethnicity"].false_matches.upper[:, found.index_of(0.592)]) > 0.01
    assert verdict_at(found, 0.56) == "disparity beyond tolerance"


def test_a_disparity_that_never_ends_is_undetected_but_no_parity_is_claimed(
    worlds: dict[str, Evaluation],
) -> None:
    found = worlds["persisting"]
    assert found.not_detected_from is not None
    assert found.not_detected_from < 0.62
    assert parity_shown(found) == (None, None)
    assert "parity shown" not in [verdict_at(found, t) for t in found.thresholds]
    assert (found.safe_threshold, found.safe.reason) == (
        None,
        "ethnicity: there is no range in which parity is shown",
    )
    assert verdict_at(found, 0.5) == "disparity beyond tolerance"


def test_no_disparity_is_shown_to_be_none(worlds: dict[str, Evaluation]) -> None:
    found = worlds["equal"]
    assert verdict_at(found, 0.6) == "parity shown"
    start, end = parity_shown(found)
    assert start is not None
    assert end is not None
    assert start <= 0.6 <= end


@pytest.mark.parametrize(
    ("policy", "safe", "why"),
    [
        (None, None, "no threshold at which parity is shown also keeps max_fmr 0.01 (the default)"),
        (
            {"max_ratio": 2.0, "axes": ["ethnicity"]},
            0.59,
            "parity is shown on every judged axis, and from here max_fmr 0.01 (the default) is kept too",
        ),
    ],
)
def test_where_all_are_alike_what_is_safe_keeps_every_group_within_the_default_limit(
    policy: dict[str, object] | None, safe: float | None, why: str
) -> None:
    """Parity is shown where a third of all match, too: the default limit calls no such threshold safe."""
    found = evaluate_at(
        DATA / "equal.parquet", study=DATA / "study.yaml", policy=policy, thresholds="0.1:0.7:0.005"
    )
    assert found.false_match_limit == FalseMatchLimit("max_fmr", 0.01, is_default=True)
    assert (found.safe_threshold, found.safe.reason) == (safe, why)
    for axis in found.judged_axes:
        verdict = axis.verdict
        assert verdict.not_detected_from == verdict.parity_shown_from == verdict.verdicts.count("saturated")
        pooled = axis.false_matches.errors.sum(axis=0) / axis.false_matches.trials.sum()
        assert [one is Verdict.SATURATED for one in verdict.verdicts] == (pooled > 0.5).tolist()
        kept = (axis.false_matches.upper <= 0.01).all(axis=0)
        if found.safe.index is not None:
            assert kept[found.safe.index]
            assert not kept[found.safe.index - 1]


def test_by_the_shipped_policy_a_disparity_that_ends_leaves_a_safe_threshold() -> None:
    found = harness.evaluate(
        DATA / "vanishing.parquet", study=DATA / "study.yaml", policy=DATA / "policy.yaml"
    )
    assert found.safe_threshold is not None
    assert round(found.safe_threshold, 3) == 0.593
    rows = [row for row in found.at(found.safe_threshold).rates.to_pylist() if row["rate"] == "FMR"]
    judged = [axis.name for axis in found.judged_axes]
    assert max(row["upper"] for row in rows if row["axis"] in judged) <= 0.01
    (reference,) = found.reference_thresholds
    assert reference < found.safe_threshold
    assert verdict_at(found, reference) == "parity shown"  # and a group's bound is above the limit there
    assert max(row["upper"] for row in found.at(reference).rates.to_pylist() if row["rate"] == "FMR") > 0.01


def test_with_too_few_false_matches_nothing_is_claimed(worlds: dict[str, Evaluation]) -> None:
    assert [verdict_at(found, 0.7) for found in worlds.values()] == ["inconclusive"] * 3


def test_most_intervals_hold_the_true_false_match_rate(worlds: dict[str, Evaluation]) -> None:
    truth = json.loads((DATA / "truth.json").read_text())["worlds"]
    held = []
    for world, evaluation in worlds.items():
        for threshold in (0.5, 0.54, 0.58, 0.6, 0.62, 0.64, 0.68):
            for row in evaluation.at(threshold).rates.to_pylist():
                if row["axis"] == "ethnicity" and row["rate"] == "FMR":
                    at, rate = np.array(truth[world]["fmr_curves"][row["group"]]["knots"]).T
                    true_rate = 10 ** np.interp(threshold, at, np.log10(rate))
                    held.append(row["lower"] <= true_rate <= row["upper"])
    assert len(held) == 3 * 7 * 3
    assert np.mean(held) >= 0.9  # of 95 % intervals, many of them of the same comparisons

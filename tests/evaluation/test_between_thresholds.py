"""A few thresholds asked for, ties and coarse scores: nothing is claimed of thresholds at which it does not hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import harness
from harness.cli.app import run
from harness.evaluation import Evaluation
from harness.verdict_rule import Verdict
from tests.older_documents import as_schema_1

pytestmark = pytest.mark.whole_scan

STUDY = {"matcher": {"name": "example", "version": "1"}, "groups": {"group": "group"}}
EACH = 6000
MATED = 200


def columns(**non_mated: np.ndarray) -> dict[str, Any]:
    """Return the comparisons of each group: its non-mated scores, and mated ones from 0.9."""
    return {
        "score": np.concatenate([*non_mated.values(), np.linspace(0.9, 0.99, MATED * len(non_mated))]),
        "mated": np.repeat([0, 1], [sum(map(len, non_mated.values())), MATED * len(non_mated)]),
        "group": np.concatenate(
            [np.repeat([*non_mated], [*map(len, non_mated.values())]), np.repeat([*non_mated], MATED)]
        ),
    }


def alike_at_either_end() -> dict[str, Any]:
    """Return groups alike at 0.2, where everyone matches, and from 0.6; between, one matches four times as often."""
    spread = np.linspace(0.6, 0.85, EACH // 10)
    early, late = np.linspace(0.21, 0.29, EACH - len(spread)), np.linspace(0.21, 0.59, EACH - len(spread))
    return columns(A=np.concatenate([spread, late]), B=np.concatenate([spread, early]))


def evaluated(scores: dict[str, Any], asked_for: Any = None, **policy: Any) -> Evaluation:
    policy = {"max_ratio": 1.5, "max_fmr": 0.5, **policy}
    return harness.evaluate(scores, study=STUDY, policy=policy, thresholds=asked_for)


def in_range(found: Evaluation) -> tuple[float | None, float | None]:
    verdict = found.axes["group"].verdict
    return found.threshold_at(verdict.parity_shown_from), found.threshold_at(verdict.parity_shown_to)


def test_few_thresholds_asked_for_claim_no_more_than_many() -> None:
    scores = alike_at_either_end()
    few, many = evaluated(scores, [0.2, 0.6]), evaluated(scores)
    start, _ = in_range(many)
    assert start is not None
    assert 0.5 < start < 0.6
    assert in_range(few) == in_range(many)
    assert set(few.thresholds) >= {0.2, 0.6}


def test_tables_list_those_asked_for_and_those_of_the_policy() -> None:
    found = evaluated(alike_at_either_end(), [0.2, 0.6], operating=[0.7])
    for table in (found.rates, found.verdicts, found.measures):
        assert set(table["threshold"].to_pylist()) == {0.2, 0.6, 0.7}
    between = next(t for t in found.thresholds.tolist() if 0.2 < t < 0.6)
    assert found.at(between).rates.num_rows == 4  # whatever was evaluated can be read


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("study.json").write_text(json.dumps({**STUDY, "mated": "mated"}))
    return tmp_path


def check_at(threshold: float, evaluation: str = "out") -> int:
    config = {
        "matcher": STUDY["matcher"],
        "use_case": "verification",
        "axes": ["group"],
        "owner": "me",
        "threshold": threshold,
    }
    Path("config.json").write_text(json.dumps({"deployments": {"gate": config}}))
    return run(["check", "config.json", "--evaluation", f"{evaluation}/evaluation.json"])


@pytest.mark.usefixtures("folder")
def test_the_gate_blocks_where_a_coarse_grid_saw_nothing() -> None:
    pq.write_table(pa.table(alike_at_either_end()), "scores.parquet")
    evaluate = ["evaluate", "scores.parquet", "--study", "study.json", "--max-ratio", "1.5"]
    evaluate += ["--max-fmr", "0.5", "--out", "out"]
    assert run([*evaluate, "--thresholds", "0.2,0.6"]) == 0
    assert [check_at(threshold) for threshold in (0.3, 0.4, 0.5)] == [1, 1, 1]
    assert check_at(0.6) == 0
    assert check_at(0.6123) == 0


def with_a_tie(between: float) -> dict[str, Any]:
    """Two groups alike at all round thresholds: most of one's false matches end at 0.5, of the other's just above."""
    tail = np.linspace(0.501, 0.8, EACH // 20)
    tied = np.full(EACH // 4, 0.5)
    rest = np.linspace(0.1, 0.4999, EACH - len(tail) - len(tied))
    return columns(A=np.concatenate([tail, tied, rest]), B=np.concatenate([tail, tied + between, rest]))


def test_a_range_ends_where_ties_may_hide_a_disparity() -> None:
    found = evaluated(with_a_tie(between=1e-7))
    at = found.thresholds
    assert not np.any((at > 0.5) & (at <= 0.5 + 1e-7))  # where B matches six times as often as A
    start, _ = in_range(found)
    assert start is not None
    assert start > 0.5 + 1e-7


@pytest.mark.usefixtures("folder")
def test_the_gate_cannot_decide_between_neighbours_that_nothing_joins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = evaluated(with_a_tie(between=1e-7), criterion="not_detected")
    found.save("evaluation.json")
    assert not np.any(found.axes["group"].false_match_differential.ratio_lower > 1)
    config = {"matcher": STUDY["matcher"], "use_case": "verification", "axes": ["group"], "owner": "me"}
    config |= {"threshold": 0.5 + 5e-8, "criterion": "not_detected"}
    Path("config.json").write_text(json.dumps({"deployments": {"gate": config}}))
    assert run(["check", "config.json", "--evaluation", "evaluation.json"]) == 3
    printed = capsys.readouterr().out
    assert "was not evaluated; 0.5 and " in printed
    assert "evaluate again with operating: [0.50000005] in the policy" in printed


@pytest.mark.parametrize("stored", ["float64", "float32"])
@pytest.mark.parametrize("decimals", [1, 2])
def test_scores_of_few_values_keep_their_range(stored: str, decimals: int) -> None:
    """All comparisons of one score stop matching at once, in both groups; there is no threshold between."""
    rng = np.random.default_rng(4)
    a, b = (np.round(rng.normal(0.3, 0.1, 20_000).clip(0, 0.8), decimals) for _ in "ab")
    scores = columns(A=a, B=b)
    found = evaluated({**scores, "score": scores["score"].astype(stored)})
    start, end = in_range(found)
    assert start is not None
    assert end is not None
    assert start <= 0.4  # half of all match at 0.3
    assert end >= 0.5
    lower = found.axes["group"].verdict.verdicts[: found.index_of(start)]
    assert set(lower) == {Verdict.SATURATED}


def test_earlier_documents_join_nothing() -> None:
    found = evaluated(alike_at_either_end(), [0.2, 0.6])
    document = as_schema_1(json.loads(harness.evaluation.to_json(found)))
    earlier = harness.evaluation.from_json(json.dumps(document))
    assert not earlier.axes["group"].verdict.parity_to_next.any()

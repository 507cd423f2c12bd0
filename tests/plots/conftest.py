from __future__ import annotations

import numpy as np
import pytest

from harness.evaluation import Evaluation, evaluate
from harness.plots import FalseMatchRateDisplay

POLICY = {"max_ratio": 2.0, "criterion": "not_detected"}


def scores(groups: int, *, better: str = "higher", name: str = "G{}") -> dict[str, np.ndarray]:
    """Non-mated scores of groups that differ, every third group with a quarter of the trials."""
    drawn = np.random.default_rng(7)
    columns: dict[str, list[np.ndarray]] = {"score": [], "mated": [], "group": []}
    for i in range(groups):
        trials = 2000 if i % 3 else 500
        columns["score"] += [drawn.normal(0.2 + 0.15 * i / groups, 0.08, trials), drawn.normal(0.8, 0.08, 50)]
        columns["mated"] += [np.zeros(trials, bool), np.ones(50, bool)]
        columns["group"] += [np.full(trials + 50, name.format(i + 1))]
    joined = {column: np.concatenate(parts) for column, parts in columns.items()}
    if better == "lower":
        joined["score"] = 2 - 2 * joined["score"]
    return joined


def study(better: str = "higher", **more: object) -> dict[str, object]:
    return {
        "matcher": {"name": "made up", "version": "2.1"},
        "score": {"column": "score", "better": better},
        "groups": {"group": "group"},
        **more,
    }


LONG = "A group with quite a long official name, as in a census, category {:02d}"


@pytest.fixture(scope="session")
def three() -> Evaluation:
    return evaluate(scores(3), study=study(), policy=POLICY)


@pytest.fixture(scope="session")
def unsafe() -> Evaluation:
    return evaluate(scores(3), study=study(), policy={"max_ratio": 1.01})


@pytest.fixture(scope="session")
def distances() -> Evaluation:
    return evaluate(scores(3, better="lower"), study=study("lower"), policy=POLICY)


@pytest.fixture(scope="session")
def searches() -> Evaluation:
    return evaluate(scores(3), study=study(task="identification", watchlist_size=100), policy=POLICY)


@pytest.fixture(scope="session")
def many() -> dict[int, Evaluation]:
    return {n: evaluate(scores(n, name=LONG), study=study(), policy=POLICY) for n in (3, 6, 8, 10, 11, 30)}


@pytest.fixture(scope="session")
def display(three: Evaluation) -> FalseMatchRateDisplay:
    return FalseMatchRateDisplay.from_evaluation(three, "group")

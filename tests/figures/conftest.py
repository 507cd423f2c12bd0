from __future__ import annotations

import pytest

from harness.evaluation import Evaluation, evaluate
from harness.figures import FalseMatchRateDisplay
from tests.figures.worlds import POLICY, scores, study, with_long_names


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
    return {n: with_long_names(n) for n in (6, 10, 11)}


@pytest.fixture(scope="session")
def display(three: Evaluation) -> FalseMatchRateDisplay:
    return FalseMatchRateDisplay.from_evaluation(three, "group")

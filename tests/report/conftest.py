from __future__ import annotations

import pytest

from harness.evaluation import Evaluation
from tests.report.report_worlds import WORLDS, large, world


@pytest.fixture(params=WORLDS, scope="session")
def evaluation(request: pytest.FixtureRequest) -> Evaluation:
    return world(request.param)


@pytest.fixture(scope="session")
def three() -> Evaluation:
    return world("three")


@pytest.fixture(scope="session")
def alike() -> Evaluation:
    return world("alike")


@pytest.fixture(scope="session")
def thirty() -> Evaluation:
    """Thirty groups at a thousand thresholds; it takes a minute."""
    return large()


@pytest.fixture(scope="session")
def many_groups() -> Evaluation:
    """Thirty groups of shared subjects at a few thresholds."""
    return large("0:0.9:0.1")

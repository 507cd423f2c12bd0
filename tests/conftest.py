"""Settings of every test."""

import pytest
from hypothesis import settings

from tests.few_thresholds import count_at

# Machines that run tests are of all speeds; a slow example is not a failing one.
settings.register_profile("harness", deadline=None)
settings.load_profile("harness")


@pytest.fixture(autouse=True)
def few_thresholds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluate the thresholds that a test asks for and no others, which is soon done, unless it is marked otherwise."""
    if request.node.get_closest_marker("whole_scan") is None:
        monkeypatch.setattr("harness.evaluation.run.count_for", count_at)
        monkeypatch.setattr("harness.inspection.run.count_for", count_at)

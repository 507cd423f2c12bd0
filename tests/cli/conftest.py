"""Commands that run in the process of the test evaluate the thresholds asked for alone, which is soon done."""

import pytest

from tests.few_thresholds import count_at


@pytest.fixture(autouse=True)
def few_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.evaluation.run.count_for", count_at)

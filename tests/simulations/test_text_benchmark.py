"""The benchmark of CSV reads what it counts, on few rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import text
from benchmarks.measuring import Cost


def test_each_share_is_of_the_rate_of_that_reading() -> None:
    costs = {
        text.READINGS[0]: Cost(2.0, 2.0, 1),
        text.READINGS[1]: Cost(1.0, 2.0, 1),
        text.COUNTED: Cost(4.0, 4.0, 1),
    }
    assert text.table(costs).splitlines()[-1] == f"| {text.COUNTED} | 4.00 | 0.50 | 0.25 |"


@pytest.mark.slow
def test_all_are_measured(tmp_path: Path) -> None:
    text.write_text(tmp_path / "a.csv", 20_000)
    assert (tmp_path / "a.csv").read_text().count("\n") == 20_001
    costs = text.measured(tmp_path / "a.csv", 1)
    assert list(costs) == [*text.READINGS, text.COUNTED]
    assert all(cost.seconds > 0 for cost in costs.values())

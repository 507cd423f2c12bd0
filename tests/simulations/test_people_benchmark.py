"""The benchmark of people counts alike in both ways, on few rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import people
from benchmarks.measuring import Cost


def test_what_joining_costs_is_on_top_of_columns() -> None:
    costs = {people.COLUMNS: Cost(1.0, 2.0, 1), people.JOINED: Cost(2.0, 3.0, 1)}
    assert people.table(costs).splitlines()[-1] == f"| {people.JOINED} | 2.00 | 3.00 | 50% | 1 |"


@pytest.mark.parametrize("text", [False, True], ids=["whole numbers", "text"])
def test_both_ways_count_alike(text: bool, tmp_path: Path) -> None:
    people.write_rows(tmp_path, 5_000, 100, text=text)
    assert people.count(str(tmp_path), people.COLUMNS) == people.count(str(tmp_path), people.JOINED)


@pytest.mark.slow
def test_both_ways_are_measured(tmp_path: Path) -> None:
    people.write_rows(tmp_path, 5_000, 100)
    costs = people.measured(tmp_path, 1)
    assert list(costs) == [people.COLUMNS, people.JOINED]
    assert all(cost.processor > 0 for cost in costs.values())

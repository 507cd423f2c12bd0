"""The benchmark of scale measures what it says, on few rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks import scale


@pytest.fixture
def written(tmp_path: Path) -> str:
    scale.write_comparisons(tmp_path / "a.parquet", 20_000, 800)
    return str(tmp_path / "a.parquet")


def test_the_comparisons_are_as_described(written: str) -> None:
    table = pq.read_table(written)
    assert table.num_rows == 20_000
    assert str(table.schema.field("score").type) == "float"
    assert pc.count_distinct(table["probe_group"]).as_py() == scale.GROUPS
    same = pc.equal(table["probe_subject"], table["reference_subject"])
    assert same.equals(table["mated"])
    assert pc.sum(table["mated"]).as_py() == 1000
    across = pc.sum(pc.not_equal(table["probe_group"], table["reference_group"])).as_py()
    assert across == pytest.approx(20_000 / 17, rel=0.1)


def test_every_job_runs_and_is_set_against_its_reading(written: str) -> None:
    jobs = scale.jobs_for(written, written, [])
    for work, arguments in jobs.values():
        work(*arguments)
    costs = {name: scale.Cost(2.0, 3.0, 100.0) for name in jobs}
    costs["reading"] = scale.Cost(1.0, 1.5, 90.0)
    lines = scale.table(costs).splitlines()
    assert "| 1,000 thresholds | 2.00 | 2.00 | 3.00 | 2.00 | 100 |" in lines
    assert "| by subject, 1,000 thresholds | 2.00 | 1.00 | 3.00 | 1.00 | 100 |" in lines


@pytest.mark.slow
def test_every_job_is_measured_in_a_process_of_its_own(written: str) -> None:
    jobs = {"reading": (scale.read, ([written], scale.PLAIN))}
    costs = scale.best_costs(jobs, rounds=1)
    assert costs["reading"].seconds > 0
    assert 20 < costs["reading"].megabytes < 1000

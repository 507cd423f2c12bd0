"""The benchmark of scale measures what it says, on few rows."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks import scale
from benchmarks.measuring import Cost, Job, Measured, best_of_rounds, measure_apart
from benchmarks.parquet import CLUSTERED, GROUPS, PLAIN, READS, counted, read, write_comparisons


@pytest.fixture
def written(tmp_path: Path) -> str:
    write_comparisons(tmp_path / "a.parquet", 20_000, 800)
    return str(tmp_path / "a.parquet")


def test_the_comparisons_are_as_described(written: str) -> None:
    table = pq.read_table(written)
    assert table.num_rows == 20_000
    assert str(table.schema.field("score").type) == "float"
    assert pc.count_distinct(table["probe_group"]).as_py() == GROUPS
    same = pc.equal(table["probe_subject"], table["reference_subject"])
    assert same.equals(table["mated"])
    assert pc.sum(table["mated"]).as_py() == 1000
    across = pc.sum(pc.not_equal(table["probe_group"], table["reference_group"])).as_py()
    assert across == pytest.approx(20_000 / 17, rel=0.1)


@pytest.mark.parametrize(("subjects", "groups"), [(100, 8), (23, 11), (400, 200), (2, 1)])
def test_every_subject_has_one_group_whatever_their_numbers(
    tmp_path: Path, subjects: int, groups: int
) -> None:
    path = tmp_path / "a.parquet"
    write_comparisons(path, 20_000, subjects, groups)
    table = pq.read_table(path)
    group_of: dict[int, str] = {}
    for side in ("probe", "reference"):
        names = table[f"{side}_subject"].to_pylist()
        for name, group in zip(names, table[f"{side}_group"].to_pylist(), strict=True):
            assert group_of.setdefault(name, group) == group
    assert set(group_of) == set(range(subjects))
    assert len(set(group_of.values())) == groups
    if groups > 1:
        same = pc.equal(table["probe_subject"], table["reference_subject"])
        assert same.equals(table["mated"])


def test_a_group_needs_two_subjects(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two of each are needed"):
        write_comparisons(tmp_path / "a.parquet", 100, 15, 8)


def test_counting_by_subject_counts_the_same(written: str) -> None:
    import numpy as np

    at = np.arange(10) / 10
    plain, clustered = counted([written], at), counted([written], at, named=True)
    assert plain.trials.sum() == 20_000
    assert np.array_equal(plain.matches, clustered.matches)


def test_every_job_runs_and_is_set_against_its_reading(written: str) -> None:
    jobs = scale.jobs_for(written, written, [])
    for job in jobs.values():
        job.work(*job.arguments)
    costs: dict[str, Cost | None] = {name: Cost(2.0, 3.0, 100.0) for name in jobs}
    costs["reading"] = Cost(1.0, 1.5, 90.0)
    costs["10 thresholds"] = None
    lines = scale.table(costs).splitlines()
    assert "| 1,000 thresholds | 2.00 | 2.00 | 3.00 | 2.00 | 100 |" in lines
    assert "| by subject, 1,000 thresholds | 2.00 | 1.00 | 3.00 | 1.00 | 100 |" in lines
    assert "| 10 thresholds | did not finish: the system ended it | | | | |" in lines


@pytest.mark.slow
def test_every_job_is_measured_in_a_process_of_its_own(written: str) -> None:
    said: list[str] = []
    jobs = {
        "reading": Job(read, ([written], PLAIN), READS),
        "with subjects": Job(read, ([written], CLUSTERED)),
    }
    found = best_of_rounds(jobs, 2, said.append)
    for measured in found.values():
        assert measured.cost is not None
        assert measured.cost.seconds > 0
        assert 20 < measured.cost.megabytes < 1000
    assert said == [f"round {i} of 2: {name}" for i in (1, 2) for name in jobs]
    assert measure_apart(Job(os.getpid, ())).result != os.getpid()


@pytest.mark.slow
def test_what_the_system_kills_did_not_finish_and_holds_nobody_up() -> None:
    said: list[str] = []
    found = best_of_rounds(
        {"killed": Job(os.abort, ()), "well": Job(os.getpid, ())}, rounds=2, told=said.append
    )
    assert found["killed"] == Measured(None)
    assert found["well"].cost is not None
    assert said == ["round 1 of 2: killed", "round 1 of 2: well", "round 2 of 2: well"]

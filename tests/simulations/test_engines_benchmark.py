"""The benchmark of the engines, on few rows: it counts by each, loses a worker on the way, and tells what differs."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.engines import ENGINES, Outcome, outcomes, report, write_files

OUTCOME = Outcome(2.0, "a", 1000, 10, 50)


def test_the_report_tells_times_beside_the_first_and_what_differs() -> None:
    other = replace(OUTCOME, seconds=5.0, digest="b", lost=77)
    lines = report({"one": OUTCOME, "other": other}).splitlines()
    assert lines[2:] == [
        "| one | 2.00 | 1.00 | 1,000 | yes | none |",
        "| other | 5.00 | 2.50 | 1,000 | NO | process 77 |",
    ]


@pytest.mark.slow
def test_all_engines_count_to_the_same_bits_though_a_dask_worker_is_lost(tmp_path: Path) -> None:
    names = [name for name in ENGINES if "executors" not in name]
    if os.environ.get("HARNESS_REQUIRE_SPARK") != "1" and not (find_spec("pyspark") and shutil.which("java")):
        names = [name for name in names if "Spark" not in name]
    found = outcomes(write_files(tmp_path, 600_000, 500, 12), names)
    assert {outcome.comparisons for outcome in found.values()} == {600_000}
    assert len({outcome.digest for outcome in found.values()}) == 1
    assert {name for name, outcome in found.items() if outcome.lost} == {"Dask, two workers, one killed"}

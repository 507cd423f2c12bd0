"""A limit on memory: read strictly, refused before counting where it cannot be kept, kept where it can."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import harness
from harness.comparisons import Comparisons, MemoryLimit
from harness.comparisons.database import Database
from harness.comparisons.files import open_files
from harness.engines import count, count_by_subject
from harness.errors import InputError
from harness.study import load_study

STUDY: dict[str, Any] = {"matcher": {"name": "example", "version": "1"}, "groups": {"group": "group"}}
MILLE = np.arange(1000) / 1000


def table(rows: int, subjects: int = 10) -> pa.Table:
    rng = np.random.default_rng(1)
    probe = rng.integers(0, subjects, rows)
    return pa.table(
        {
            "score": rng.uniform(0, 1, rows),
            "mated": np.arange(rows) % 2 == 0,
            "group": rng.choice(["a", "b"], rows),
            "subject": probe,
        }
    )


@pytest.mark.parametrize(
    ("given", "total"),
    [
        ("400MB", 400_000_000),
        ("400 mb", 400_000_000),
        (" 1.5GB ", 1_500_000_000),
        ("2GiB", 2**31),
        ("500000KB", 500_000_000),
        ("512MiB", 2**29),
        (400_000_000, 400_000_000),
        ("400000000", 400_000_000),
    ],
)
def test_sizes(given: str | int, total: int) -> None:
    assert MemoryLimit.parse(given).total == total


@pytest.mark.parametrize(
    "given", ["", "lots", "MB", "-400MB", "4e8", "400M", "400MB please", "1,5GB", "nan", -1]
)
def test_what_is_no_size_is_refused(given: str | int) -> None:
    with pytest.raises(InputError, match="is not a size; write it like 400MB or 2GB"):
        MemoryLimit.parse(given)


def test_a_limit_below_what_any_run_takes_names_the_least() -> None:
    with pytest.raises(InputError) as caught:
        harness.evaluate(table(100), study=STUDY, thresholds=MILLE, memory_limit="100MB")
    assert str(caught.value) == (
        "memory limit 100 MB is too low: the program 290 MB and reading at least 64 MB; allow 354 MB or more"
    )
    MemoryLimit.parse("354MB")


def test_tables_too_large_for_the_limit_are_refused_before_anything_is_counted() -> None:
    study = load_study(STUDY | {"subjects": ["subject"]})
    counted: list[int] = []
    with (
        Comparisons(table(60_000, 20_000), study, memory=MemoryLimit.parse("370MB")) as comparisons,
        pytest.raises(
            InputError,
            match=r"^memory limit 370 MB is too low: counting \d\d,\d\d\d subjects at 64 thresholds ",
        ) as caught,
    ):
        count_by_subject(comparisons, MILLE, progress=counted.append)
    assert not counted
    allowed = str(caught.value).partition("allow ")[2].removesuffix(" MB or more")
    with Comparisons(table(60_000, 20_000), study, memory=MemoryLimit.parse(f"{allowed}MB")) as comparisons:
        counts, _ = count_by_subject(comparisons, MILLE)
    assert counts.trials.sum() == 60_000


def test_the_limit_changes_no_count() -> None:
    study = load_study(STUDY | {"subjects": ["subject"]})
    found = []
    for memory in (None, MemoryLimit.parse("400MB")):
        with Comparisons(table(50_000), study, memory=memory) as comparisons:
            found.append(count_by_subject(comparisons, MILLE))
    assert found[0] == found[1]


def test_a_file_that_cannot_be_read_in_so_little_memory_says_so(tmp_path: Path) -> None:
    pq.write_table(table(3_000_000), tmp_path / "scores.parquet", row_group_size=3_000_000)
    with Comparisons(tmp_path / "scores.parquet", load_study(STUDY)) as comparisons:
        comparisons._database.limit_memory(8_000_000)
        with pytest.raises(
            InputError, match=r"scores.parquet: cannot be read in the memory there is; allow more"
        ):
            count(comparisons, MILLE)


def test_pairs_of_templates_take_no_limit() -> None:
    from harness.comparisons import all_pairs

    rng = np.random.default_rng(2)
    pairs = all_pairs(rng.normal(size=(8, 4)), np.arange(8) // 2, {"group": ["a", "b"] * 4})
    with pytest.raises(InputError, match="pairs of templates are counted block by block"):
        harness.evaluate(pairs, study={"matcher": STUDY["matcher"]}, memory_limit="400MB")


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="this system does not tell the peak of a process"
)
@pytest.mark.parametrize("limit", [360, 500])
def test_counting_many_rows_stays_within_its_limit(limit: int, tmp_path: Path) -> None:
    pq.write_table(table(4_000_000, 20_000), tmp_path / "0.parquet")
    command = f"""
import sys
from pathlib import Path
import numpy
import harness.evaluation
from harness.comparisons import Comparisons, MemoryLimit
from harness.comparisons.files import Files
from harness.engines import count
from harness.study import load_study

ten_times = Files((Path(sys.argv[1]),) * 10)
with Comparisons(ten_times, load_study({STUDY}), memory=MemoryLimit.parse(sys.argv[2])) as comparisons:
    counts = count(comparisons, numpy.arange(1000) / 1000)
assert counts.trials.sum() == 40_000_000
print(*(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    arguments = [sys.executable, "-c", command, str(tmp_path / "0.parquet"), f"{limit}MB"]
    said = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    assert int(said.split()[1]) * 1024 < limit * 10**6  # the kernel's kB


LARGE_SORT = "SELECT hash(range) AS a FROM range(3000000) ORDER BY a OFFSET 2000000 LIMIT 1"


def test_no_room_for_what_outgrows_the_memory_is_no_fault_of_the_source(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    pq.write_table(table(10), path)
    scratch = tmp_path / "temporary"
    scratch.mkdir()
    database = Database(open_files([str(path)], ["score"]), scratch, threads=1)
    database.limit_memory(20_000_000)
    database.fetch("SET max_temp_directory_size = '1MB'")
    with pytest.raises(
        InputError, match=r"^temporary files cannot be written \(their disk is full\); make room, or"
    ):
        database.fetch(LARGE_SORT)
    database.close()
    unwritable = scratch / "file"
    unwritable.touch()
    database = Database(open_files([str(path)], ["score"]), unwritable / "sub", threads=1)
    database.limit_memory(20_000_000)
    with pytest.raises(InputError, match=r"^temporary files cannot be written \(.+\); make room, or"):
        database.fetch(LARGE_SORT)
    database.close()

"""Ctrl-C in the middle of counting Parquet files: a real signal to a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROWS, FILES = 100_000, 100
NUMBER = "file 000"
COUNT_SLOWLY = """
import sys, time
from harness.comparisons.scan import Scan
batch = Scan.batch
def slowly(self, read):
    print("counting", flush=True)
    time.sleep(0.2)
    return batch(self, read)
Scan.batch = slowly
from harness.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("subject", [[], ["--subject", "subject"]], ids=["by cell", "by subject"])
def test_an_interrupt_in_mid_count_leaves_nothing_half_written(subject: list[str], tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    columns = {
        "score": rng.uniform(0, 1, ROWS),
        "mated": rng.integers(0, 2, ROWS) == 1,
        "group": rng.choice(["a", "b"], ROWS),
        "subject": rng.integers(0, 1000, ROWS),
    }
    scores, scratch = tmp_path / "scores", tmp_path / "scratch"
    scores.mkdir()
    scratch.mkdir()
    table = pa.table(columns)
    whole = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({"number": NUMBER}), whole)
    for i in range(FILES):  # copies of one would be refused
        data = whole.getvalue().to_pybytes().replace(NUMBER.encode(), f"file {i:03}".encode())
        (scores / f"{i}.parquet").write_bytes(data)
    command = [
        "evaluate",
        "scores",
        "--matcher",
        "a",
        "--matcher-version",
        "1",
        "--group",
        "group=group",
        *subject,
    ]
    with subprocess.Popen(
        [sys.executable, "-c", COUNT_SLOWLY, *command, "--thresholds", "0:1:0.01", "--out", "out"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(scratch)},
    ) as process:
        assert process.stdout is not None
        for _ in range(20):
            assert process.stdout.readline() == "counting\n"
        assert list(scratch.iterdir())
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said == "harness: interrupted; nothing was written\n"
    assert time.monotonic() - began < 20  # all the rows would take far longer
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scores", "scratch"]
    assert not list(scratch.iterdir())

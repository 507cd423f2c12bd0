"""A file that was cut off or overwritten is named, and never taken for a shorter whole one."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from harness.comparisons.files import Files
from tests.comparisons.known_trials import bytes_of, csv, parquet, refusal, trials

DAMAGED = "it may be truncated or damaged; write it again"
HEADER = ",".join(trials(1)).encode()
Make = Callable[[Path], Any]


def halved(make: Callable[..., Path], *args: Any) -> Make:
    def cut(folder: Path) -> Path:
        path = make(folder, *args)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        return path

    return cut


def arrow(folder: Path, stream: bool = False, name: str = "a.arrow") -> Path:
    table = pa.table(trials(2000))
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(str(folder / name), table.schema) as writer:
        writer.write_table(table, max_chunksize=500)
    return folder / name


def gz(folder: Path) -> Path:
    (folder / "a.csv.gz").write_bytes(gzip.compress(csv(folder, rows=5000).read_bytes()))
    return folder / "a.csv.gz"


def damaged_page(folder: Path, name: str = "a.parquet") -> Path:
    path = parquet(folder, name)
    broken = bytearray(path.read_bytes())
    broken[1000:2000] = b"\xff" * 1000
    path.write_bytes(broken)
    return path


DAMAGE: dict[str, Make] = {
    "parquet cut in half": halved(parquet),
    "text named .parquet": bytes_of("a.parquet", HEADER + b"\n" * 100),
    "tiny .parquet": bytes_of("a.parquet", b"hi"),
    "parquet with a damaged page": damaged_page,
    "arrow file cut in half": halved(arrow),
    "arrow stream cut in half": halved(arrow, True),
    "text named .arrow": bytes_of("a.arrow", HEADER * 10),
    "one byte named .arrow": bytes_of("a.arrow", b"x"),
    "gzip cut in half": halved(gz),
    "text named .csv.gz": bytes_of("a.csv.gz", HEADER),
    "gzip, damaged": bytes_of("a.csv.gz", gzip.compress(b"score\n" * 100)[:12] + b"\xff" * 100),
}


@pytest.mark.parametrize("make", DAMAGE.values(), ids=DAMAGE)
def test_damaged_files(make: Make, data: Path) -> None:
    path = make(data)
    message = refusal(path)
    assert message.startswith(f"{path}: cannot be read")
    assert message.endswith(f"; {DAMAGED}")
    assert len(message) < 2 * len(str(path)) + 200
    assert "Traceback" not in message


def test_an_arrow_stream_cut_off_between_two_batches_is_not_taken_for_a_whole_one(data: Path) -> None:
    path = arrow(data, stream=True)
    whole = path.read_bytes()
    with pa.ipc.open_stream(whole) as reader:
        batches = list(reader)
    last = whole.rindex(b"\xff\xff\xff\xff", 0, len(whole) - 8)
    path.write_bytes(whole[:last])
    with pa.ipc.open_stream(path.read_bytes()) as reader:
        assert len(list(reader)) == len(batches) - 1  # nothing in the stream itself tells
    assert refusal(path).endswith(f"the stream does not end with its end mark); {DAMAGED}")


@pytest.mark.parametrize("name", ["interrupted", "CSV Error on Line: 7", "Query interrupted"])
@pytest.mark.parametrize("damage", ["parquet cut in half", "parquet with a damaged page", "gzip cut in half"])
def test_whatever_the_folder_is_called(damage: str, name: str, data: Path) -> None:
    (data / name).mkdir()
    path = DAMAGE[damage](data / name)
    message = refusal(path)
    assert message.startswith(f"{path}: cannot be read")
    assert message.endswith(DAMAGED)


@pytest.mark.parametrize("value", ["interrupted", "Query interrupted", "INTERRUPT Error: Interrupted!"])
def test_whatever_a_value_is(value: str, data: Path) -> None:
    path = csv(data)
    path.write_bytes(path.read_bytes() + f"0.5,1,{value}\n".encode())
    assert refusal(path) == f"{path}:42: row 41 has 3 values, but the header names 8 columns; fix that line"


def test_what_can_be_read_file_by_file_is_not_called_damaged(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = parquet(data)

    relation, left = (
        Files.relation,
        [duckdb.IOException("IO Error: Could not write: No space left on device")],
    )

    def full(*given: Any) -> str:
        while left:
            raise left.pop()
        return relation(*given)

    monkeypatch.setattr(Files, "relation", full)
    assert refusal(path) == (
        f"{path}: cannot be read (IO Error: Could not write: No space left on device), though each file can be by "
        "itself; run again with more room for temporary files (TMPDIR)"
    )


CUT_WHILE_IT_IS_READ = """
import os, sys
from pathlib import Path
import duckdb
from harness.comparisons.files import open_files

path = Path(sys.argv[1])
with duckdb.connect() as connection:
    connection.execute("SET threads = 1")
    relation = open_files([path], ()).relation(connection)
    os.truncate(path, 4096)
    try:
        print(connection.execute(f"SELECT sum(score) FROM {relation}").fetchone())
    except duckdb.Error:
        print("refused")
"""


@pytest.mark.parametrize("stream", [False, True], ids=["file", "stream"])
def test_an_arrow_file_cut_off_while_it_is_read_does_not_end_the_process(stream: bool, data: Path) -> None:
    """As a file that is mapped does, of which the system can no longer give what it promised (SIGBUS)."""
    path = arrow(data, stream)
    command = [sys.executable, "-c", CUT_WHILE_IT_IS_READ, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "refused\n", "")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda f: parquet(f, "1.parquet"), halved(parquet, "2.parquet")),
        (lambda f: parquet(f, "1.parquet"), lambda f: damaged_page(f, "2.parquet")),
        (lambda f: arrow(f, False, "1.arrow"), halved(arrow, False, "2.arrow")),
        (lambda f: arrow(f, True, "1.arrow"), halved(arrow, True, "2.arrow")),
    ],
    ids=["parquet cut", "parquet page", "arrow file cut", "arrow stream cut"],
)
def test_the_damaged_one_of_several_files_is_named(first: Make, second: Make, data: Path) -> None:
    first(data)
    path = second(data)
    assert refusal(data).startswith(f"{path}: cannot be read")

"""A file that changes while it is read is refused, whoever counts it: a digest is of the bytes that were counted."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import harness
from harness.comparisons import Comparisons
from harness.comparisons.scan import Scan
from harness.comparisons.source import Stamp
from harness.engines.cluster import PartedComparisons
from harness.errors import InputError
from tests.engines.parted_files import STUDY, THRESHOLDS, comparisons, document, write, write_parts

CHANGED = "changed while it was read; run again when nothing writes to it any more"
ROWS = 400
Change = Callable[[Path], None]


def append(path: Path) -> None:
    last = path.read_bytes().splitlines(keepends=True)[-1]
    with path.open("ab") as file:
        file.write(last)


def replace(path: Path) -> None:
    write(path.with_name(f"new.{path.name}"), comparisons(ROWS, seed=2)).replace(path)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def remove(path: Path) -> None:
    path.unlink()


def overwrite(path: Path) -> None:
    """Write other bytes of the same number in place, and set the time of change back."""
    before, data = path.stat(), path.read_bytes()
    path.write_bytes(data[:-100] + bytes(100))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES = {
    "grows": append,
    "is replaced": replace,
    "is cut": cut,
    "is removed": remove,
    "same size": overwrite,
}


def at_first_batch(path: Path, change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change a file when the first of its comparisons are counted."""
    batch, left = Scan.batch, [change]

    def changing(self: Scan, read: pa.RecordBatch) -> Any:
        while left:
            left.pop()(path)
        return batch(self, read)

    monkeypatch.setattr(Scan, "batch", changing)


def once_digested(path: Path, change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change a file when it has been counted and digested, and is about to be read again."""
    for kind in (Comparisons, PartedComparisons):
        left, inputs = [change], kind.inputs

        def changing(self: Any, left: list[Change] = left, inputs: Any = inputs) -> Any:
            found = inputs(self)
            while left:
                left.pop()(path)
            return found

        monkeypatch.setattr(kind, "inputs", changing)


@pytest.fixture(params=[False, True], ids=["local", "checkpoints"])
def options(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    return {"checkpoints": tmp_path / "kept"} if request.param else {}


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_while_comparisons_are_counted(
    change: Change, suffix: str, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / f"scores.{suffix}", comparisons(ROWS))
    at_first_batch(path, change, monkeypatch)
    with pytest.raises(InputError, match=f"^{path}: (changed while it was read|cannot be)"):
        document(path, thresholds=THRESHOLDS, **options)


def test_a_change_that_the_file_system_does_not_show(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by writing through a memory map, or twice within one tick of a coarse clock."""
    path = write(tmp_path / "scores.csv", comparisons(ROWS))
    monkeypatch.setattr(Stamp, "of", cache(Stamp.of))
    at_first_batch(path, overwrite, monkeypatch)
    with pytest.raises(InputError, match=f"^{path}: {CHANGED}"):
        document(path, thresholds=THRESHOLDS, **options)


def test_a_change_before_the_halves_are_counted(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "scores.csv", comparisons(4 * ROWS))
    once_digested(path, append, monkeypatch)
    with pytest.raises(InputError, match=f"^{path}: ({CHANGED}|has .* bytes where it is counted)"):
        document(path, thresholds=THRESHOLDS, confirm="split", **options)


@pytest.mark.parametrize("moment", [at_first_batch, once_digested])
def test_a_change_while_scores_are_inspected(
    moment: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "scores.csv", comparisons(ROWS))
    moment(path, append, monkeypatch)
    with pytest.raises(InputError, match=f"^{path}: {CHANGED}"):
        harness.inspect(path, study=STUDY, thresholds=THRESHOLDS)


def test_what_is_not_changed_has_the_digest_of_what_was_counted(
    options: dict[str, Any], tmp_path: Path
) -> None:
    paths = write_parts(tmp_path / "scores", comparisons(ROWS), 2, "csv")
    evaluation = harness.evaluate(paths, study=STUDY, thresholds=THRESHOLDS, **options)
    assert [(item.name, item.bytes, item.sha256) for item in evaluation.inputs] == [
        (str(path), path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths
    ]

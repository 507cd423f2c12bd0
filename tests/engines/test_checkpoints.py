"""A run that was stopped goes on where it was: the same bytes, and no finished part read twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from harness.cli.app import run
from harness.comparisons import CellScores
from harness.comparisons.source import Stamp
from harness.counting import Counts
from harness.engines.cluster.parts import (
    COUNTED,
    FACTS,
    LOOKED,
    Digested,
    FileFacts,
    Looked,
    NamedFile,
    PartCounts,
)
from harness.engines.cluster.store import CheckpointStore
from harness.errors import InputError
from tests.engines.opened_files import opened_among
from tests.engines.parted_files import STUDY, THRESHOLDS, comparisons, document, write, write_parts

ROWS, FILES = 3000, 5
SPLIT = pytest.param({"confirm": "split"}, marks=pytest.mark.slow)
UNTIL_TRUSTED = 2.1
"""Seconds after which the time of a file's last change tells it from a later one."""


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files that no test may change."""
    written = write_parts(tmp_path_factory.mktemp("shared") / "scores", comparisons(ROWS), FILES)
    time.sleep(UNTIL_TRUSTED)
    return written


@pytest.fixture
def own_paths(paths: list[Path], tmp_path: Path) -> list[Path]:
    """Copies that are a test's own."""
    copies = [Path(shutil.copy(path, tmp_path)) for path in paths]
    time.sleep(UNTIL_TRUSTED)
    return copies


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def records(kept: Path, kind: str = "*") -> list[Path]:
    return sorted(path for path in kept.glob(f"{kind}/*") if path.is_file())


class TestResuming:
    @pytest.mark.slow
    @pytest.mark.parametrize("options", [{}, {"thresholds": THRESHOLDS}, SPLIT], ids=str)
    def test_a_finished_run_is_repeated_without_opening_a_file(
        self, options: dict[str, Any], paths: list[Path], kept: Path
    ) -> None:
        with opened_among(paths) as opened:
            first = document(paths, checkpoints=kept, **options)
            assert opened() == set(paths)
            assert document(paths, checkpoints=kept, **options) == first
            assert opened() == set()

    def test_files_added_later_are_the_only_ones_opened(self, paths: list[Path], kept: Path) -> None:
        document(paths[:4], thresholds=THRESHOLDS, checkpoints=kept)
        with opened_among(paths) as opened:
            grown = document(paths, thresholds=THRESHOLDS, checkpoints=kept)
            assert opened() == set(paths[4:])
        assert grown == document(paths, thresholds=THRESHOLDS)

    @pytest.mark.slow
    def test_thresholds_chosen_anew_from_more_scores_are_counted_at(
        self, paths: list[Path], kept: Path
    ) -> None:
        document(paths[:3], checkpoints=kept)
        assert document(paths, checkpoints=kept) == document(paths)

    @pytest.mark.slow
    def test_a_policy_or_axes_may_change_without_counting_again(self, paths: list[Path], kept: Path) -> None:
        document(paths, thresholds=THRESHOLDS, checkpoints=kept)
        others = {**STUDY, "axes": ["sex"], "matcher": {"name": "another", "version": "2"}}
        with opened_among(paths) as opened:
            found = document(paths, of=others, thresholds=THRESHOLDS, checkpoints=kept)
            assert opened() == set()
        assert found == document(paths, of=others, thresholds=THRESHOLDS)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "changes",
        [
            {  # the truth turned round with the direction
                "score": {"column": "score", "better": "lower"},
                "mated": {"column": "mated", "mated": ["false", "0"], "non_mated": ["true", "1"]},
                "identities": "separate",
                "labels_of": "image",
            },
            {"pairing": "cross"},
            {"missing_scores": "count"},
            {"identities": "separate"},
            {"subjects": ["probe"]},
            {"groups": {"sex": "probe_sex", "site": "site"}},
        ],
        ids=lambda changes: next(iter(changes)),
    )
    def test_terms_that_counts_depend_on_are_counted_anew(
        self, changes: dict[str, Any], paths: list[Path], kept: Path
    ) -> None:
        document(paths, thresholds=THRESHOLDS, checkpoints=kept)
        others = {**STUDY, **changes}
        again = document(paths, of=others, thresholds=THRESHOLDS, checkpoints=kept)
        assert again == document(paths, of=others, thresholds=THRESHOLDS)

    @pytest.mark.slow
    def test_a_file_that_was_moved_costs_only_its_digest(
        self, own_paths: list[Path], kept: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document(own_paths, thresholds=THRESHOLDS, checkpoints=kept)
        moved = [path.rename(path.with_name(f"moved-{path.name}")) for path in own_paths]
        expected = document(moved, thresholds=THRESHOLDS)
        monkeypatch.setattr("harness.engines.cluster.parts.Conditions.open", refuse_to_open)
        assert document(moved, thresholds=THRESHOLDS, checkpoints=kept) == expected

    def test_a_file_rewritten_with_its_old_size_and_time_is_noticed(
        self, own_paths: list[Path], kept: Path
    ) -> None:
        document(own_paths, thresholds=THRESHOLDS, checkpoints=kept)
        before = own_paths[0].stat()
        other = own_paths[1].read_bytes()
        own_paths[0].write_bytes(other[: before.st_size].ljust(before.st_size, b"\0"))
        os.utime(own_paths[0], ns=(before.st_atime_ns, before.st_mtime_ns))
        with pytest.raises(InputError, match=r"0\.parquet: cannot be read"):
            document(own_paths, thresholds=THRESHOLDS, checkpoints=kept)

    def test_a_file_that_was_changed_just_before_it_was_digested_is_digested_again(
        self, tmp_path: Path, kept: Path
    ) -> None:
        path = write(tmp_path / "fresh.parquet", comparisons(500))
        document(path, thresholds=THRESHOLDS, checkpoints=kept)
        with opened_among([path]) as opened:
            document(path, thresholds=THRESHOLDS, checkpoints=kept)
            assert opened() == {path}

    def test_formats_of_the_same_bytes_are_told_apart(self, tmp_path: Path, kept: Path) -> None:
        path = write(tmp_path / "scores.parquet", comparisons(500))
        document(path, thresholds=THRESHOLDS, checkpoints=kept)
        disguised = shutil.copy(path, tmp_path / "scores.csv")
        with pytest.raises(InputError, match=r"scores\.csv"):
            document(disguised, thresholds=THRESHOLDS, checkpoints=kept)


def refuse_to_open(*_: object) -> None:
    raise AssertionError("a finished part is read again")


def test_a_moment_vouches_for_a_file_only_two_seconds_after_its_last_change() -> None:
    second = 10**9
    stamp = Stamp(1, 100 * second, 103 * second, 1, 1)
    assert not stamp.vouches_at(102 * second)
    assert not stamp.vouches_at(105 * second - 1)
    assert stamp.vouches_at(105 * second)


THREE_PARTS = """
import time
from harness.engines.cluster.store import CheckpointStore
write = CheckpointStore.write
def slowly(self, kind, *record):
    write(self, kind, *record)
    parts.extend([kind] * (kind == "counts"))
    if len(parts) == 3:
        print("three are kept", flush=True)
        time.sleep(60)
CheckpointStore.write, parts = slowly, []
from harness.cli import main
main()
"""


@pytest.fixture
def command(tmp_path: Path, paths: list[Path]) -> list[str]:
    (tmp_path / "study.json").write_text(json.dumps(STUDY))
    return [
        "evaluate",
        str(paths[0].parent),
        "--study",
        "study.json",
        "--thresholds",
        THRESHOLDS,
        "--checkpoints",
        "kept",
    ]


@pytest.fixture
def stopped(command: list[str], tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A run that has kept the counts of three files."""
    with subprocess.Popen(
        [sys.executable, "-c", THREE_PARTS, *command, "--out", "out"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "three are kept\n"
        yield process


@pytest.mark.slow
def test_a_run_killed_half_way_goes_on_to_the_same_bytes_and_opens_no_finished_file(
    stopped: subprocess.Popen[str],
    command: list[str],
    paths: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped.send_signal(signal.SIGKILL)
    stopped.wait()
    assert not (tmp_path / "out").exists()
    assert len(records(tmp_path / "kept", "counts")) == 3
    monkeypatch.chdir(tmp_path)
    with opened_among(paths) as opened:
        assert run([*command, "--out", "resumed"]) == 0
        assert opened() == set(paths[3:])
    assert run([*command[:-2], "--out", "unstopped"]) == 0
    for name in ("evaluation.json", "rates.csv", "verdicts.csv", "report.html", "report.pdf"):
        assert (tmp_path / "resumed" / name).read_bytes() == (tmp_path / "unstopped" / name).read_bytes()


@pytest.mark.slow
def test_an_interrupt_keeps_what_is_finished_and_leaves_nothing_half_written(
    stopped: subprocess.Popen[str], tmp_path: Path
) -> None:
    stopped.send_signal(signal.SIGINT)
    _, said = stopped.communicate(timeout=60)
    assert stopped.returncode == 130
    assert said == "harness: interrupted; nothing was written but the counts of finished parts, in kept\n"
    assert not (tmp_path / "out").exists()
    assert len(records(tmp_path / "kept", "counts")) == 3
    assert not list((tmp_path / "kept").rglob("*.part"))


class TestRecords:
    def test_whatever_is_missing_or_altered_of_a_record_is_noticed(self, tmp_path: Path) -> None:
        store = CheckpointStore(tmp_path / "kept")
        store.write("counts", {"a": 1}, b"content" * 20)
        assert store.read("counts", {"a": 1}, bytes) == b"content" * 20
        assert store.read("counts", {"a": 2}, bytes) is None
        (path,) = records(tmp_path / "kept")
        whole = path.read_bytes()
        damaged = [whole[:end] for end in range(len(whole))]
        damaged += [bytes([*whole[:i], whole[i] ^ 1, *whole[i + 1 :]]) for i in range(len(whole))]
        for data in damaged:
            path.write_bytes(data)
            with pytest.raises(InputError, match=f"{path.name}: this checkpoint is damaged; delete it"):
                store.read("counts", {"a": 1}, bytes)

    def test_a_record_under_another_key_is_noticed(self, tmp_path: Path) -> None:
        store = CheckpointStore(tmp_path / "kept")
        store.write("counts", {"a": 1}, b"one")
        (one,) = records(tmp_path / "kept")
        store.write("counts", {"a": 2}, b"two")
        (two,) = set(records(tmp_path / "kept")) - {one}
        shutil.copy(one, two)
        with pytest.raises(InputError, match="damaged"):
            store.read("counts", {"a": 2}, bytes)

    def test_a_record_that_cannot_be_made_sense_of_is_refused_though_its_seal_holds(
        self, tmp_path: Path
    ) -> None:
        store = CheckpointStore(tmp_path / "kept")
        for kind in (FACTS, LOOKED, COUNTED):
            store.write(kind.name, {}, b"{}")
            with pytest.raises(InputError, match="damaged"):
                store.read(kind.name, {}, kind.from_bytes)

    def test_a_damaged_checkpoint_stops_the_run_and_deleted_is_counted_again(
        self, tmp_path: Path, kept: Path
    ) -> None:
        path = write(tmp_path / "scores.parquet", comparisons(500))
        first = document(path, thresholds=THRESHOLDS, checkpoints=kept)
        (damaged,) = records(kept, "counts")
        damaged.write_bytes(damaged.read_bytes()[:-1])
        with pytest.raises(InputError, match=f"counts/{damaged.name}: this checkpoint is damaged; delete it"):
            document(path, thresholds=THRESHOLDS, checkpoints=kept)
        damaged.unlink()
        assert document(path, thresholds=THRESHOLDS, checkpoints=kept) == first

    def test_what_cannot_be_written_whole_is_not_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = CheckpointStore(tmp_path / "kept")

        def full(handle: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(
            InputError, match=r"cannot keep a checkpoint \(No space left on device\); make room"
        ):
            store.write("counts", {}, b"content")
        assert not list((tmp_path / "kept" / "counts").iterdir())

    @pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "pipe"])
    def test_a_record_that_leads_to_a_device_or_a_pipe_is_not_read(self, device: str, tmp_path: Path) -> None:
        store = CheckpointStore(tmp_path / "kept")
        store.write("counts", {}, b"content")
        (path,) = records(tmp_path / "kept")
        path.unlink()
        os.mkfifo(path.with_name("pipe"))
        path.symlink_to(device)
        with pytest.raises(InputError, match=f"{path.name}: is not a regular file"):
            store.read("counts", {}, bytes)
        with pytest.raises(InputError, match=f"{path.name}: is not a regular file"):
            store.write("counts", {}, b"content")

    def test_a_folder_of_something_else_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(
            InputError, match="holds something other than checkpoints; name a new or an empty"
        ):
            CheckpointStore(tmp_path)
        with pytest.raises(InputError, match="cannot keep checkpoints"):
            CheckpointStore(tmp_path / "notes.txt")

    def test_all_kinds_are_read_as_they_were_written(self) -> None:
        stamp = Stamp(1, 2, 3, 4, 5)
        facts = FileFacts(NamedFile("é.csv", "/é.csv", "CSV", stamp), Digested("ab", ((0, 5), (5, 9))), 7)
        assert FACTS.from_bytes(FACTS.to_bytes(facts)) == facts
        names = (pa.array(["a", "é"], pa.large_string()), pa.array([], pa.large_string()))
        cell = CellScores((None, "b"), True, 3, -0.1, (0.3, float(np.float32(0.1))))
        looked = Looked(None, (("score", "DOUBLE"),), (("sex", ("f", "m")),), names, (cell,))
        again = LOOKED.from_bytes(LOOKED.to_bytes(looked))
        assert vars(again) == vars(looked)
        counts = Counts.zero(("sex",), np.array([0.1, 0.2]))
        counted = COUNTED.from_bytes(COUNTED.to_bytes(PartCounts(5, counts, None, names)))
        assert (counted.rows, counted.counts, counted.by_subject) == (5, counts, None)
        assert counted.names == names


def test_two_runs_may_share_a_folder(tmp_path: Path, kept: Path) -> None:
    one, other = (write(tmp_path / f"{i}.parquet", comparisons(300, seed=i)) for i in range(2))
    document(one, thresholds=THRESHOLDS, checkpoints=kept)
    document(other, thresholds=THRESHOLDS, checkpoints=kept)
    assert len(records(kept, "counts")) == 2

"""Files written whole or not at all, and temporary folders that a killed run does not leave for good."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import files
from harness.errors import InputError
from harness.files import (
    BESIDE,
    TEMPORARY,
    Scratch,
    content_of,
    replacing,
    sweep,
    temporary_folder,
    uninterrupted,
    write_whole,
)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


class TestOneFile:
    def test_it_takes_the_place_of_an_earlier_one_and_keeps_its_permissions(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        write_whole(path, b"one")
        path.chmod(0o640)
        write_whole(path, b"two")
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o640)
        assert names(tmp_path) == {"a.json"}

    def test_a_link_stays_and_what_it_leads_to_is_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "real").write_bytes(b"one")
        (tmp_path / "link").symlink_to("deep/real")
        write_whole(tmp_path / "link", b"two")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "deep" / "real").read_bytes() == b"two"

    def test_what_is_no_file_is_refused(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "dangling").symlink_to("nowhere")
        (tmp_path / "loop").symlink_to("loop")
        for name in ("pipe", "dangling", "loop", ".", "x" * 300, "none/a"):
            with pytest.raises(InputError) as refused:
                write_whole(tmp_path / name, b"")
            assert str(refused.value).startswith(f"{tmp_path / name}: ")
        assert names(tmp_path) == {"pipe", "dangling", "loop"}

    def test_a_disk_that_is_full_leaves_the_old_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_whole(tmp_path / "a", b"old")
        monkeypatch.setattr(os, "fsync", full)  # some disks say so only then
        with pytest.raises(InputError, match=r"a: cannot be written \(No space left on device\)"):
            write_whole(tmp_path / "a", b"new")
        assert (tmp_path / "a").read_bytes() == b"old"
        assert names(tmp_path) == {"a"}

    def test_an_interrupt_leaves_the_old_one(self, tmp_path: Path) -> None:
        write_whole(tmp_path / "a", b"old")

        def interrupted() -> None:
            with replacing(tmp_path / "a") as new:
                new.write_bytes(b"half")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert (tmp_path / "a").read_bytes() == b"old"
        assert names(tmp_path) == {"a"}

    @pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "pipe"])
    def test_only_a_regular_file_is_read(self, name: str, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "link").symlink_to(name)
        with pytest.raises(InputError, match="link: is not a regular file"):
            content_of(tmp_path / "link")


def full(_handle: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


HOLD = """
import sys, time
from pathlib import Path
from harness.files import Scratch
scratch = Scratch(Path(sys.argv[1]), sys.argv[2])
(scratch.folder / "large").touch()
print(scratch.folder, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("prefix", [TEMPORARY, BESIDE])
def test_a_run_deletes_the_scratch_folders_of_killed_runs_and_no_other(prefix: str, tmp_path: Path) -> None:
    (tmp_path / f"{prefix}of-somebody-else").mkdir()
    (tmp_path / f"{prefix}a-file").touch()
    (tmp_path / f"{prefix}a-link").symlink_to(tmp_path)
    command = [sys.executable, "-c", HOLD, str(tmp_path), prefix]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as alive,
    ):
        assert killed.stdout is not None
        assert alive.stdout is not None
        dead, living = (Path(process.stdout.readline().strip()) for process in (killed, alive))
        before = names(tmp_path)
        killed.kill()
        killed.wait()
        sweep.cache_clear()
        with Scratch(tmp_path, prefix) as own:
            assert names(tmp_path) == (before - {dead.name}) | {own.folder.name}
            assert (living / "large").exists()
        alive.kill()


def test_without_locks_scratch_folders_are_never_taken_for_a_dead_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    with monkeypatch.context() as without:
        without.setattr(files.fcntl, "flock", unsupported)
        scratch = Scratch(tmp_path)
    sweep.__wrapped__(tmp_path)
    assert names(tmp_path) == {scratch.folder.name}
    scratch.close()
    assert names(tmp_path) == set()


def test_a_scratch_folder_that_nobody_closed_goes_with_its_owner(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    assert names(tmp_path) == {scratch.folder.name}
    del scratch
    assert names(tmp_path) == set()


def test_no_room_for_temporary_files_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    with pytest.raises(
        InputError, match=r"temporary files cannot be written \(No usable .*; make room, or .* TMPDIR"
    ):
        temporary_folder()


class TestUninterrupted:
    @pytest.fixture(autouse=True)
    def ctrl_c_as_python_has_it(self) -> Iterator[None]:
        """Others, such as a Spark session, may have put a handler of their own in its place."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
        signal.signal(signal.SIGINT, before)

    def test_ctrl_c_waits_and_then_is_raised(self) -> None:
        done = []

        def work() -> None:
            with uninterrupted():
                with uninterrupted():
                    signal.raise_signal(signal.SIGINT)
                    done.append("inner")
                done.append("outer")
            done.append("after")

        with pytest.raises(KeyboardInterrupt):
            work()
        assert done == ["inner", "outer"]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_in_another_thread_it_changes_nothing(self) -> None:
        seen = []

        def work() -> None:
            with uninterrupted():
                seen.append(signal.getsignal(signal.SIGINT))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert seen == [signal.default_int_handler]

"""Folders of results: what may be replaced, and that a reader finds the old one or the new one whatever happens."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import folders
from harness.errors import InputError
from harness.files import sweep, write_whole
from harness.folders import MANIFEST, Kind, new_folder, require_outside, require_replaceable

EXCHANGE = [pytest.param(True, id="exchanged"), pytest.param(False, id="in two steps")]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(out: Path | str, text: str = "new", kind: Kind = "evaluation") -> None:
    with new_folder(Path(out), kind) as folder:
        (folder / "evaluation.json").write_text(text)
        (folder / "figures").mkdir()
        (folder / "figures" / "a.svg").write_text(text * 2)


def held(out: Path | str) -> dict[str, str]:
    return {
        path.relative_to(out).as_posix(): path.read_text()
        for path in Path(out).rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def names(folder: str) -> set[str]:
    return {path.name for path in Path(folder).iterdir()}


def result(text: str) -> dict[str, str]:
    return {"evaluation.json": text, "figures/a.svg": text * 2}


def refusal(out: Path | str, kind: Kind = "evaluation") -> str:
    """What is said, the same before anything is computed and when it comes to writing."""
    with pytest.raises(InputError) as early:
        require_replaceable(Path(out), kind)
    with pytest.raises(InputError) as late:
        write(out, kind=kind)
    assert str(early.value) == str(late.value)
    assert "\n" not in str(early.value)
    return str(early.value)


@pytest.fixture(params=EXCHANGE)
def exchange(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Both ways to take the place of an earlier result."""
    if not request.param:
        monkeypatch.setattr(folders, "_renameat2", lambda: None)
    return bool(request.param)


class TestWhatIsReplaced:
    @pytest.mark.usefixtures("exchange")
    def test_a_folder_that_is_not_there_or_empty_is_written(self) -> None:
        write("a/b/out")
        Path("empty").mkdir(mode=0o700)
        write("empty")
        assert held("a/b/out") == held("empty") == result("new")
        assert Path("empty").stat().st_mode & 0o777 == 0o700
        assert names(".") == {"a", "empty"}
        assert names("a/b") == {"out"}

    @pytest.mark.usefixtures("exchange")
    def test_an_earlier_result_of_the_kind_is_replaced_whole(self) -> None:
        with new_folder(Path("out"), "evaluation") as folder:
            (folder / "gone.csv").write_text("of the last run")
        write("out")
        assert held("out") == result("new")
        assert names(".") == {"out"}

    def test_the_list_names_every_file_with_its_digest_and_is_the_same_each_time(self) -> None:
        write("one")
        write("two")
        manifest = Path("one", MANIFEST).read_bytes()
        assert manifest == Path("two", MANIFEST).read_bytes()
        assert json.loads(manifest) == {
            "schema": "harness/folder/1",
            "kind": "evaluation",
            "files": {
                # printf new | sha256sum; printf newnew | sha256sum
                "evaluation.json": "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437",
                "figures/a.svg": "9b21ec9dbe3dec76be9c39f673c8c8971f023be79e02aa3ad1f717aa00afb41c",
            },
        }

    @pytest.mark.parametrize(
        ("name", "add"),
        [
            ("key.pem", lambda path: path.write_text("mine")),
            (".git/config", lambda path: path.write_text("mine")),
            ("figures/mine.svg", lambda path: path.write_text("mine")),
            ("figures/link.svg", lambda path: path.symlink_to("a.svg")),
            ("linked", lambda path: path.symlink_to("figures")),
            ("empty", lambda path: path.mkdir()),
            ("pipe", lambda path: os.mkfifo(path)),
        ],
    )
    def test_one_thing_of_somebody_else_is_named_and_everything_stays(
        self, name: str, add: Callable[[Path], object]
    ) -> None:
        write("out", "old")
        path = Path("out", name)
        path.parent.mkdir(exist_ok=True)
        add(path)
        before = sorted(map(str, Path("out").rglob("*")))
        said = refusal("out")
        assert said == f"out: holds something else than an evaluation ({name}); name another folder"
        assert sorted(map(str, Path("out").rglob("*"))) == before

    def test_a_link_in_place_of_a_folder_of_the_result_is_kept(self) -> None:
        write("out", "old")
        Path("out/figures").rename("elsewhere")
        Path("out/figures").symlink_to("../elsewhere")
        assert refusal("out") == "out: holds something else than an evaluation (figures); name another folder"
        assert Path("out/figures").is_symlink()

    @pytest.mark.parametrize("name", ["evaluation.json", "figures/a.svg"])
    def test_a_file_that_was_changed_since_is_named_and_kept(self, name: str) -> None:
        write("out", "old")
        Path("out", name).write_text("corrected")
        assert refusal("out") == (
            f"out: holds an evaluation whose {name} was changed since it was written; move that file away, or name "
            "another folder"
        )
        Path("out", name).unlink()
        write("out")  # what is missing is no loss
        assert held("out") == result("new")

    def test_a_result_of_another_kind_or_of_no_list_is_kept(self) -> None:
        write("out", kind="report")
        unlisted = "something else than an evaluation (evaluation.json, which no .harness.json lists)"
        assert refusal("out") == f"out: holds {unlisted}; name another folder"
        for manifest in ("", "[]", "{}", "null", "[" * 100_000, '{"schema": "harness/folder/1"}', "\0"):
            Path("out", MANIFEST).write_text(manifest)
            assert refusal("out", "report") == (
                "out: holds something else than a report (evaluation.json, which no .harness.json lists); name another "
                "folder"
            )
        Path("out", MANIFEST).unlink()
        Path("out", MANIFEST).symlink_to("figures")
        assert "something else than a report (evaluation.json" in refusal("out", "report")

    @pytest.mark.usefixtures("exchange")
    def test_what_was_added_while_it_was_computed_is_kept_too(self) -> None:
        write("out", "old")
        with (
            pytest.raises(InputError, match=r"something else than an evaluation \(mine\)"),
            new_folder(Path("out"), "evaluation"),
        ):
            Path("out/mine").touch()
        assert held("out") == {**result("old"), "mine": ""}

    @pytest.mark.usefixtures("exchange")
    def test_what_is_added_at_the_last_moment_is_put_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        write("out", "old")
        check, seen = folders._require_own, []

        def slow(folder: Path, *others: object) -> None:
            check(folder, *others)  # type: ignore[arg-type]
            seen.append(folder)
            if len(seen) == 2:  # the first look is before anything is computed
                Path("out/mine").touch()

        monkeypatch.setattr(folders, "_require_own", slow)
        with pytest.raises(InputError, match=r"something else than an evaluation \(mine\)"):
            write("out")
        assert held("out") == {**result("old"), "mine": ""}
        assert names(".") == {"out"}


class TestWhere:
    @pytest.mark.usefixtures("exchange")
    def test_a_link_stays_and_the_folder_it_leads_to_is_replaced(self) -> None:
        Path("deep").mkdir()
        write("deep/out", "old")
        Path("link").symlink_to("deep/out")
        write("link")
        assert Path("link").is_symlink()
        assert held("deep/out") == result("new")
        assert names("deep") == {"out"}

    def test_what_cannot_be_replaced_is_refused_before_anything_is_computed(self, place: Path) -> None:
        Path("file").touch()
        Path("dangling").symlink_to("nowhere")
        Path("loop").symlink_to("loop")
        expected = {
            "file": "is a file; name a folder to write to",
            "file/out": "cannot be written (Not a directory)",
            "file/deep/out": "cannot be written (Not a directory)",
            "dangling": "is a link that leads nowhere; remove it, or name another place",
            "loop": "is a link that leads nowhere; remove it, or name another place",
            "dangling/out": f"cannot be written ({place / 'nowhere'} is not a folder)",
            ".": "is the current folder, or holds it; name another one",
            "..": "is the current folder, or holds it; name another one",
            str(place): "is the current folder, or holds it; name another one",
            "/proc": "is a mount point; name a folder in it",
            "n" * 256: "cannot be written (File name too long)",
            f"none/{'é' * 128}": "cannot be written (File name too long)",
            "/".join(["deep"] * 2000): "cannot be written (File name too long)",
        }
        del expected["dangling/out"]  # which the system makes where the link leads
        assert {out: refusal(out).removeprefix(f"{Path(out)}: ") for out in expected} == expected
        assert names(".") == {"file", "dangling", "loop"}

    def test_a_link_to_the_current_folder_is_refused(self) -> None:
        Path("link").symlink_to(".")
        assert "is the current folder" in refusal("link")

    def test_a_folder_mounted_from_the_same_file_system_is_told(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("a b").mkdir()
        line = rf"36 35 98:0 / {place}/a\040b rw,noatime master:1 - ext3 /dev/root rw"
        read = Path.read_bytes
        monkeypatch.setattr(
            Path, "read_bytes", lambda p: f"{line}\n".encode() if p.name == "mountinfo" else read(p)
        )
        assert refusal("a b") == "a b: is a mount point; name a folder in it"

    def test_a_folder_around_it_that_may_not_be_written_to(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("locked").mkdir()
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != place / "locked")  # root may all
        with pytest.raises(
            InputError, match=r"locked/deep/out: cannot be written \(.*/locked may not be written to\)"
        ):
            require_replaceable(Path("locked/deep/out"), "audit")

    @pytest.mark.usefixtures("exchange")
    def test_a_name_as_long_as_a_name_can_be_is_written(self) -> None:
        out = "n" * 255
        write(out, "old")
        write(out)
        assert held(out) == result("new")

    @pytest.mark.parametrize("kept", ["out", "out/kept", "link/kept", "./out/../out/deep/kept"])
    def test_what_is_kept_must_lie_elsewhere(self, kept: str) -> None:
        Path("link").symlink_to("out")
        with pytest.raises(
            InputError, match="lies in the folder to write, which is replaced; name one outside it"
        ):
            require_outside(Path(kept), Path("out"), "--checkpoints")
        require_outside(Path("kept"), Path("out"), "--checkpoints")


class TestFailures:
    @pytest.mark.parametrize("error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), KeyboardInterrupt()])
    def test_a_failure_between_the_two_moves_puts_the_old_result_back(
        self, error: BaseException, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folders, "_renameat2", lambda: None)
        write("out", "old")
        rename = Path.rename

        def fail(self: Path, target: Path) -> Path:
            if self.name == "new":
                assert not Path("out").exists()
                raise error
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", fail)
        with pytest.raises((InputError, KeyboardInterrupt)) as said:
            write("out")
        assert str(said.value) in ("out: cannot be written (No space left on device)", "")
        assert held("out") == result("old")
        assert names(".") == {"out"}

    def test_what_cannot_be_put_back_is_kept_and_named(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folders, "_renameat2", lambda: None)
        write("out", "old")
        rename = Path.rename

        def fail(self: Path, target: Path) -> Path:
            if self.name == "new":
                Path("out").mkdir()
                Path("out/mine").touch()
            return rename(self, target)

        with monkeypatch.context() as broken:
            broken.setattr(Path, "rename", fail)
            with pytest.raises(
                InputError, match=r"out: cannot be written \(Directory not empty\); what it held is in"
            ):
                write("out")
        sweep.cache_clear()
        write("other")
        (kept,) = place.glob(".harness-*")
        assert held(kept / "earlier" / "out") == result("old")
        assert held("out") == {"mine": ""}

    def test_a_run_killed_between_the_two_moves_is_put_right_by_the_next(self) -> None:
        write("out", "old")
        program = (
            "import os, signal\n"
            "from pathlib import Path\n"
            "from harness import folders\n"
            "folders._renameat2 = lambda: None\n"
            "rename = Path.rename\n"
            "def kill(self, target):\n"
            "    if self.name == 'new': os.kill(os.getpid(), signal.SIGKILL)\n"
            "    return rename(self, target)\n"
            "with folders.new_folder(Path('out'), 'evaluation'):\n"
            "    Path.rename = kill\n"
        )
        killed = subprocess.run([sys.executable, "-c", program], check=False)
        assert killed.returncode == -signal.SIGKILL
        assert not Path("out").exists()
        sweep.cache_clear()
        require_replaceable(Path("out"), "evaluation")
        assert held("out") == result("old")
        assert names(".") == {"out"}

    def test_a_failure_after_the_exchange_exchanges_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        write("out", "old")
        check = folders._require_own

        def fail(folder: Path, *others: object) -> None:
            if folder.name == "new":
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            check(folder, *others)  # type: ignore[arg-type]

        monkeypatch.setattr(folders, "_require_own", fail)
        if folders._renameat2() is None:
            pytest.skip("this system cannot exchange folders")
        with pytest.raises(InputError, match=r"out: cannot be written \(Input/output error\)"):
            write("out")
        assert held("out") == result("old")

    def test_what_cannot_be_exchanged_back_is_kept_and_named(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if folders._renameat2() is None:
            pytest.skip("this system cannot exchange folders")
        write("out", "old")
        check = folders._require_own

        def fail(folder: Path, *others: object) -> None:
            if folder.name == "new":
                Path("out").rename("moved")
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            check(folder, *others)  # type: ignore[arg-type]

        with monkeypatch.context() as broken:
            broken.setattr(folders, "_require_own", fail)
            with pytest.raises(
                InputError, match=r"out: cannot be written \(No such file or directory\); what it held"
            ):
                write("out")
        sweep.cache_clear()
        write("other")
        (kept,) = place.glob(".harness-*")
        assert held(kept / "new") == result("old")

    @pytest.mark.usefixtures("exchange")
    def test_ctrl_c_in_the_middle_of_the_move_waits_for_its_end(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write("out", "old")
        check, seen = folders._require_own, []

        def interrupted(folder: Path, *others: object) -> None:
            seen.append(folder)
            if len(seen) == 3:  # after the first move
                signal.raise_signal(signal.SIGINT)
            check(folder, *others)  # type: ignore[arg-type]

        monkeypatch.setattr(folders, "_require_own", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write("out")
        assert held("out") == result("new")
        assert names(".") == {"out"}

    def test_no_line_names_the_folder_that_would_have_taken_the_place(self) -> None:
        with (
            pytest.raises(InputError, match=r"^out: cannot be written \(No such file or directory\)$"),
            new_folder(Path("out"), "evaluation") as folder,
        ):
            write_whole(folder / "nowhere" / "a.svg", b"")

    def test_a_failure_while_it_is_written_is_a_line_and_leaves_the_old_result(self) -> None:
        write("out", "old")
        with (
            pytest.raises(InputError, match=r"out: cannot be written \(No space left on device\)"),
            new_folder(Path("out"), "evaluation"),
            Path("/dev/full").open("w") as file,
        ):
            file.write("new")
        assert held("out") == result("old")
        assert names(".") == {"out"}


def test_two_runs_at_once_each_write_the_whole_and_a_reader_always_finds_one(exchange: bool) -> None:
    write("out", "0")
    found: set[str] = set()

    def writer(text: str) -> None:
        for _ in range(20):
            write("out", text)

    with ThreadPoolExecutor() as pool:
        writing = [pool.submit(writer, text) for text in "123"]
        while not all(each.done() for each in writing):
            try:
                found.add(Path("out/evaluation.json").read_text())
            except FileNotFoundError:
                found.add("none")
    assert [each.result() for each in writing] == [None] * 3
    assert held("out") in [result(text) for text in "123"]
    assert found <= {"0", "1", "2", "3"} | (set() if exchange else {"none"})
    assert names(".") == {"out"}


WRITER = """
import random, resource, sys
from pathlib import Path
from harness import folders
from harness.errors import InputError
name, text, size = sys.argv[1:]
if name == "in two steps":
    folders._renameat2 = lambda: None
print("begun", flush=True)
try:
    while True:
        with folders.new_folder(Path("out"), "evaluation") as folder:
            if int(size):
                resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))
            for number in range(10):
                (folder / f"{number}.csv").write_text(text * 1000)
except InputError as error:
    sys.exit(f"{error}")
except KeyboardInterrupt as stop:
    sys.exit(f"interrupted; {stop}")
"""


@pytest.mark.parametrize("way", ["exchanged", "in two steps"])
def test_killed_interrupted_or_starved_at_random_moments_it_is_the_old_or_the_new_whole(way: str) -> None:
    draw = random.Random(7)
    with new_folder(Path("out"), "evaluation") as folder:
        (folder / "0.csv").write_text("old")
    Path("other.csv").write_text("mine")
    for _ in range(6):
        running = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, way, text, draw.choice(["0", "0", "1500"])],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for text in ("a", "bc")
        ]
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
        time.sleep(draw.uniform(0, 0.05))
        for process in running:
            process.send_signal(draw.choice([signal.SIGINT, signal.SIGKILL]))
        for process in running:
            _, said = process.communicate(timeout=60)
            # A signal that comes once the writer has failed by itself finds nobody to handle it.
            assert process.returncode in (1, -signal.SIGKILL, -signal.SIGINT), said
            assert process.returncode != 1 or len(said.splitlines()) <= 1, said
        sweep.cache_clear()
        require_replaceable(Path("out"), "evaluation")  # which puts back what a kill left between two moves
        found = held("out")
        assert found in (
            {"0.csv": "old"},
            *({f"{number}.csv": text * 1000 for number in range(10)} for text in ("a", "bc")),
        )
        assert names(".") == {"out", "other.csv"}
        assert Path("other.csv").read_text() == "mine"

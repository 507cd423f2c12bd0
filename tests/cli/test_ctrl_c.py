"""Ctrl-C ends a command with 130 and a line, wherever it meets it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import app, interrupts
from harness.cli.app import run
from harness.folders import new_folder

WHILE_IMPORTING = """
import signal, sys
from harness.cli import main
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
main(sys.argv[2:])
"""
AT_EXIT = """
import atexit, os, signal, sys, threading, time
from harness.cli import app, main
def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
class Last:
    def __del__(self, interrupt=interrupt):
        interrupt()
def late():
    time.sleep(0.1)
    interrupt()
    time.sleep(60)
def run(tokens, run=app.run):
    code = run(tokens)
    if sys.argv[1] == "at exit":
        atexit.register(interrupt)
    elif sys.argv[1] == "waiting for a thread":
        threading.Thread(target=late).start()
    else:
        sys.modules["last of all"] = Last()
    return code
app.run = run
main(["check", "--schema"])
"""


def called(program: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=300)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("harness.cli.app", "harness: interrupted\n"),
        ("harness.cli.grammar", "harness: interrupted; nothing was written\n"),
        ("numpy", "harness: interrupted; nothing was written\n"),
        ("duckdb._version", "harness: interrupted; nothing was written\n"),
    ],
)
def test_while_a_module_is_imported(module: str, said: str, tmp_path: Path) -> None:
    done = called(WHILE_IMPORTING, module, "evaluate", "scores.csv", "--out", "out", cwd=tmp_path)
    assert (done.returncode, done.stderr, done.stdout) == (130, said, "")


@pytest.mark.parametrize("moment", ["at exit", "waiting for a thread"])
def test_while_the_interpreter_ends(moment: str, tmp_path: Path) -> None:
    done = called(AT_EXIT, moment, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (130, "harness: interrupted\n")
    assert done.stdout.endswith("}\n")


def test_when_all_is_done_and_modules_are_taken_apart_the_result_stands(tmp_path: Path) -> None:
    assert called(AT_EXIT, "taken apart", cwd=tmp_path).returncode in (0, 130)


def test_where_it_was_ignored_it_is_ignored_still(tmp_path: Path) -> None:
    ignored = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    assert called(ignored + WHILE_IMPORTING, "harness.cli.grammar", "plan", cwd=tmp_path).returncode == 2


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], int]:
    """Run something as if it were a command."""

    def call(does: Callable[[], object]) -> int:
        monkeypatch.setattr(app, "_result", lambda tokens: does())
        try:
            return run([])
        finally:
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    return call


Command = Callable[[Callable[[], object]], int]


def test_a_library_that_drops_it_or_turns_it_into_an_error_of_its_own(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    def dropping() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            return

    def turning() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("numpy._core.multiarray failed to import") from None

    assert command(dropping) == 130
    assert command(turning) == 130
    assert capsys.readouterr().err == (
        "harness: interrupted; it was done all the same\nharness: interrupted; nothing was written\n"
    )


def test_a_second_signal_of_one_press_does_not_disturb_the_cleaning_up(command: Command) -> None:
    cleaned = []

    def twice() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            cleaned.append(True)

    assert command(twice) == 130
    assert cleaned == [True]


def test_a_second_press_ends_the_process_at_once(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "ONE_PRESS", 0.01)
    ended = []
    monkeypatch.setattr(interrupts.os, "_exit", ended.append)

    def hanging() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            time.sleep(0.05)
            signal.raise_signal(signal.SIGINT)

    assert command(hanging) == 130
    assert ended == [130]


def test_after_a_folder_was_written_it_says_so(
    command: Command, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"

    def late() -> None:
        with new_folder(out, "report") as folder:
            (folder / "report.html").touch()
        signal.raise_signal(signal.SIGINT)

    assert command(late) == 130
    assert capsys.readouterr().err == f"harness: interrupted; {out} was written\n"


def test_what_a_machine_does_is_a_line_and_no_error_of_the_harness(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    def full() -> None:
        with Path("/dev/full").open("w") as file:
            file.write("x")

    def missing() -> None:
        Path("nowhere/at all").read_text()

    assert command(full) == command(missing) == 2
    assert capsys.readouterr().err == (
        "harness: No space left on device\nharness: nowhere/at all: No such file or directory\n"
    )

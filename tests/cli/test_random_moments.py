"""`harness evaluate` killed, interrupted or starved at random moments, alone and two at a time."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest

resource = pytest.importorskip("resource")

ROUNDS = 30
PROGRAM = """
from harness.cli import interrupts, main
interrupts.stop_at_once()
print("begun", flush=True)
main()
"""
STUDY = """\
matcher: {name: example, version: "1"}
subjects: [probe_subject, reference_subject]
groups: {group: group}
"""
STARVED = (1, 1000, 20_000, 200_000)
"""Bytes that a file may have; the largest of a result has a little more."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    Path("study.yaml").write_text(STUDY)
    rows = ["score,mated,probe_subject,reference_subject,group"]
    for first, group in ((0, "A"), (10, "B")):
        for i in range(first, first + 10):
            rows.append(f"0.7{i},1,{i},{i},{group}")
            rows += [f"0.{i * j % 97:02}1,0,{i},{j},{group}" for j in range(first, i)]
    Path("scores.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def arguments(confidence: str, out: str = "out") -> list[str]:
    options = ["--study", "study.yaml", "--thresholds", "0.2,0.4", "--confidence", confidence]
    return ["evaluate", "scores.csv", *options, "--out", out]


def held(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def start(confidence: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments(confidence)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def disturb(process: subprocess.Popen[str], draw: random.Random) -> None:
    with suppress(ProcessLookupError):  # it may have ended
        match draw.choice(["kill", "interrupt", "interrupt twice", "starve"]):
            case "kill":
                process.kill()
            case "interrupt":
                process.send_signal(signal.SIGINT)
            case "interrupt twice":
                process.send_signal(signal.SIGINT)
                time.sleep(draw.uniform(0, 0.05))
                process.send_signal(signal.SIGINT)
            case "starve":
                most = draw.choice(STARVED)
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def wait_for_a_moment(running: Iterable[subprocess.Popen[str]], took: float, draw: random.Random) -> None:
    """Wait for any moment of a run; every other time for one in which it writes."""
    if draw.random() < 0.5:
        time.sleep(draw.uniform(0, took))
        return
    while not list(Path().glob(".harness-*")) and any(process.poll() is None for process in running):
        time.sleep(0.01)
    time.sleep(draw.uniform(0, took / 3))


def may_have_written(process: subprocess.Popen[str]) -> bool:
    """Whether what a run says, and how it ended, leaves it open that it wrote its result."""
    _, said = process.communicate(timeout=300)
    assert process.returncode in (0, 2, 130, -signal.SIGKILL), said
    if process.returncode in (2, 130):
        assert len(said.splitlines()) == 1, said
    if process.returncode == 2:
        assert "cannot be written" in said or "File too large" in said
        return False
    return not said.endswith("nothing was written\n")


@pytest.mark.exhaustive
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="files are limited from outside on Linux alone")
def test_the_folder_is_the_old_or_the_new_result_whole_and_no_other_file_is_touched(place: Path) -> None:
    draw = random.Random(30)
    results = {}
    for confidence in ("0.9", "0.95", "0.99"):
        began = time.monotonic()
        with start(confidence) as process:
            process.communicate()
            assert process.returncode == 0
        took = time.monotonic() - began
        results[confidence] = held(Path("out"))
    now = "0.99"
    before = files_of(place)
    for started in range(ROUNDS):
        running = {confidence: start(confidence) for confidence in ("0.9", "0.95")[: 1 + started % 2]}
        wait_for_a_moment(running.values(), took, draw)
        for process in running.values():
            disturb(process, draw)
        allowed = {now} | {each for each, process in running.items() if may_have_written(process)}
        (now,) = [confidence for confidence, result in results.items() if held(Path("out")) == result]
        assert now in allowed
        assert files_of(place) == before
    with start("0.99") as process:  # which cleans up after those that were killed
        process.communicate()
    assert held(Path("out")) == results["0.99"]
    assert {path.name for path in place.iterdir()} == {"out", "scratch", "scores.csv", "study.yaml"}
    assert list(Path("scratch").iterdir()) == []


ON_A_FULL_DISK = """
set -e
mount -t tmpfs -o size=$1 tmpfs disk
cp -a old disk/out
shift
set +e
"$@"
code=$?
diff -r old disk/out && [ "$(ls -A disk)" = out ] && exit $code
exit 99
"""


def on_a_disk_of(size: str, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    isolated = ["unshare", "--map-root-user", "--mount"]
    if subprocess.run([*isolated, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody mount a disk of their own")
    return subprocess.run(
        [*isolated, "sh", "-c", ON_A_FULL_DISK, "sh", size, *command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("unshare") is None, reason="mounts a small disk")
@pytest.mark.parametrize("room", [4, 200])
def test_a_full_disk_is_a_line_and_leaves_the_old_result(room: int, place: Path) -> None:
    subprocess.run([sys.executable, "-m", "harness", *arguments("0.9", "old")], check=True)
    Path("disk").mkdir()
    used = sum(-(-path.stat().st_size // 4096) * 4 for path in Path("old").rglob("*") if path.is_file())
    done = on_a_disk_of(f"{used + room}k", [sys.executable, "-m", "harness", *arguments("0.95", "disk/out")])
    assert (done.returncode, done.stderr) == (
        2,
        "harness: disk/out: cannot be written (No space left on device)\n",
    )
    assert done.stdout == ""

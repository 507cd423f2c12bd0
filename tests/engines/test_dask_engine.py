"""Dask: real worker processes count what one machine counts, whatever becomes of them on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import harness
from harness.cli.app import run
from harness.comparisons import MemoryLimit
from harness.engines.cluster import Conditions, Meanwhile, dask
from harness.errors import InputError
from tests.engines.parted_files import STUDY, THRESHOLDS, comparisons, document, write, write_parts

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of two worker processes that all tests here share."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.slow
class TestTheSameBytes:
    @pytest.mark.parametrize("options", [{}, {"thresholds": THRESHOLDS}, {"confirm": "split"}], ids=str)
    @pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
    def test_as_on_one_machine(
        self, options: dict[str, Any], suffix: str, scheduler: str, tmp_path: Path
    ) -> None:
        paths = write_parts(tmp_path, comparisons(4000), 6, suffix)
        found = document(paths, engine="dask", scheduler=scheduler, **options)
        assert found == document(paths, **options)

    def test_from_a_folder_that_workers_are_not_in(
        self, scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        write_parts(Path("scores"), comparisons(2000), 3)
        found = document("scores", thresholds=THRESHOLDS, engine="dask", scheduler=scheduler)
        assert found == document("scores", thresholds=THRESHOLDS)
        Path("scores/1.parquet").write_bytes(b"PAR1 is not all")
        refusals = []
        for options in ({}, {"engine": "dask", "scheduler": scheduler}):
            with pytest.raises(InputError) as refused:
                document("scores", thresholds=THRESHOLDS, **options)
            refusals.append(str(refused.value))
        assert refusals[0] == refusals[1]
        assert refusals[0].startswith("scores/1.parquet: cannot be read")

    def test_without_subjects(self, scheduler: str, tmp_path: Path) -> None:
        paths = write_parts(tmp_path, comparisons(4000), 6)
        of = {**STUDY, "subjects": []}
        assert document(paths, of=of, engine="dask", scheduler=scheduler) == document(paths, of=of)

    def test_with_checkpoints_that_another_engine_has_kept(self, scheduler: str, tmp_path: Path) -> None:
        paths = write_parts(tmp_path / "scores", comparisons(3000), 4)
        kept: dict[str, Any] = {"checkpoints": tmp_path / "kept", "thresholds": THRESHOLDS}
        document(paths[:2], **kept)
        found = document(paths, engine="dask", scheduler=scheduler, **kept)
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "kept" / "counts").iterdir()}
        assert len(before) == 4
        assert document(paths, **kept) == found == document(paths, thresholds=THRESHOLDS)
        assert before == {path: path.stat().st_mtime_ns for path in before}

    @pytest.mark.whole_scan  # as in the process of its own
    def test_from_the_command_line_with_workers_of_its_own(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        write_parts(Path("scores"), comparisons(3000), 3)
        flags = ["evaluate", "scores", "--matcher", "a", "--matcher-version", "1", "--subject", "probe"]
        flags += ["--group", "sex=probe_sex,reference_sex", "--thresholds", THRESHOLDS]
        process = [sys.executable, "-m", "harness", *flags, "--out", "spread"]
        done = subprocess.run(
            [*process, "--engine", "dask", "--workers", "2"], check=False, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert run([*flags, "--out", "alone"]) == 0
        assert Path("spread/evaluation.json").read_bytes() == Path("alone/evaluation.json").read_bytes()


@pytest.mark.slow
def test_a_worker_that_is_killed_while_it_counts_costs_only_its_part(tmp_path: Path) -> None:
    """As `kill -9` does it to a worker's own process, when counts of others are in and its own are not."""
    paths = write_parts(tmp_path, comparisons(800_000), 8)
    killed: list[int] = []

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as cluster:

        def kill_one(rows: int, total: int | None) -> None:
            if rows and not killed:
                with distributed.Client(cluster, set_as_default=False) as client:
                    busy = [worker for worker, jobs in client.processing().items() if jobs]
                    pids = client.run(os.getpid)
                    killed.append(pids[busy[0]])
                    os.kill(killed[0], signal.SIGKILL)

        spread = document(
            paths,
            thresholds=THRESHOLDS,
            engine="dask",
            scheduler=cluster.scheduler_address,
            progress=kill_one,
        )
        assert killed
        assert killed[0] not in [worker.pid for worker in cluster.workers.values()]
    assert spread == document(paths, thresholds=THRESHOLDS)


def lethal(item: Path, conditions: Conditions) -> str:
    """Kill the worker at the first item that is not there yet, which is there ever after."""
    if not item.exists():
        item.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item.read_text() + "done"


def hopeless(item: Path, conditions: Conditions) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def broken(item: Path, conditions: Conditions) -> None:
    raise RuntimeError("a defect")


def limits(item: Path, conditions: Conditions) -> tuple[int | None, MemoryLimit | None]:
    return conditions.threads, conditions.memory


@pytest.fixture
def jobs_by_value() -> Iterator[None]:
    """Workers cannot import this file; so its functions are sent to them."""
    import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


@pytest.mark.slow
@pytest.mark.usefixtures("jobs_by_value")
class TestJobs:
    def test_one_worker_and_one_death_in_each_job(self, tmp_path: Path) -> None:
        cluster = dask.DaskCluster(workers=1)
        try:
            items = [tmp_path / str(i) for i in range(2)]
            done = dict(cluster.each(lethal, items, Meanwhile()))
        finally:
            cluster.close()
        assert done == {0: "done", 1: "done"}

    def test_a_part_that_costs_one_worker_after_the_other_is_named(self, tmp_path: Path) -> None:
        cluster = dask.DaskCluster(workers=1)
        try:
            with pytest.raises(InputError, match="one worker after the other was lost over this part"):
                list(cluster.each(hopeless, [tmp_path], Meanwhile()))
        finally:
            cluster.close()

    def test_a_defect_is_no_fault_of_the_input(self, scheduler: str, tmp_path: Path) -> None:
        cluster = dask.DaskCluster(scheduler)
        try:
            with pytest.raises(RuntimeError, match="a defect"):
                list(cluster.each(broken, [tmp_path], Meanwhile()))
        finally:
            cluster.close()

    def test_a_worker_reads_with_one_thread_and_within_its_own_memory(self, scheduler: str) -> None:
        cluster = dask.DaskCluster(scheduler)
        try:
            ((_, (threads, memory)),) = cluster.each(limits, [Path()], Meanwhile())
        finally:
            cluster.close()
        with pytest.raises(
            InputError, match=r"^a Dask worker's share of memory \(80 % of its limit\) 1 MB is too low"
        ):
            replace(memory, total=10**6).beside(0, "")
        assert threads == 1
        assert memory is not None
        assert memory.total > 0


@pytest.mark.slow
class TestRefusals:
    @pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
    def test_a_bad_row_is_refused_in_the_same_line(self, suffix: str, scheduler: str, tmp_path: Path) -> None:
        table = comparisons(900)
        score = table["score"].to_numpy().copy()
        score[800] = np.inf
        paths = write_parts(tmp_path, table.set_column(0, "score", pa.array(score)), 3, suffix)
        refusals = []
        for options in ({}, {"engine": "dask", "scheduler": scheduler}):
            with pytest.raises(InputError) as refused:
                document(paths, **options)
            refusals.append((str(refused.value), refused.value.problem, refused.value.source))
        assert refusals[0] == refusals[1]
        assert refusals[0][0].startswith(f"{paths[2]}: row ")

    def test_workers_with_another_version_are_refused(
        self, scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dask, "VERSION", "99")
        with pytest.raises(
            InputError, match=f"has version {harness.__version__} of the harness, and this is 99"
        ):
            document(write(tmp_path / "a.parquet", comparisons(9)), engine="dask", scheduler=scheduler)

    def test_where_no_scheduler_answers(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(dask, "SECONDS_TO_ANSWER", 1)
        path = write(tmp_path / "a.parquet", comparisons(9))
        for address in ("tcp://127.0.0.1:1", "no address"):
            with pytest.raises(InputError, match=f"^{address}: no Dask scheduler answers there; check"):
                document(path, engine="dask", scheduler=address)


WAIT = """
import sys, time
from harness.engines.cluster import dask
each = dask.DaskCluster.each
def noting(self, job, items, meanwhile):
    for found in each(self, job, items, meanwhile):
        print("one is done", flush=True)
        yield found
dask.DaskCluster.each = noting
from harness.cli import main
if __name__ == "__main__":
    main()
"""


@pytest.mark.slow
def test_an_interrupt_ends_the_workers_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    """As Ctrl-C on a terminal does it: to the command and to its worker processes at once."""
    write_parts(tmp_path / "scores", comparisons(600_000), 40)
    (tmp_path / "wait.py").write_text(WAIT)
    flags = ["evaluate", "scores", "--matcher", "a", "--matcher-version", "1", "--subject", "probe"]
    flags += ["--group", "sex=probe_sex,reference_sex", "--thresholds", THRESHOLDS, "--out", "out"]
    with subprocess.Popen(
        [sys.executable, "wait.py", *flags, "--engine", "dask", "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        for _ in range(45):
            assert process.stdout.readline() == "one is done\n"
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130
        assert said == "harness: interrupted; nothing was written\n"
        assert all_end(process.pid)
    assert not (tmp_path / "out").exists()


def all_end(group: int) -> bool:
    """Whether every process of a group ends within half a minute."""
    for _ in range(300):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False

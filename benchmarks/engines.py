"""Whether every engine counts the same comparisons to the same bits, and what each takes, in one run.

    python -m benchmarks.engines [--rows 10000000] [--subjects 10000] [--files 16] [--folder DIR]

The comparisons (8 groups, two columns of subjects, float32 scores) are in several Parquet files, counted at 1,000
thresholds and by subject: by threads of this process, by two Dask workers of which one is killed while it counts, by
Spark with two threads, and by Spark with two executors, processes of their own, of which one is killed while it
counts. An engine is in a process of its own; what starting it takes (two workers, a Java machine) is not counted.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import pyarrow.parquet as pq

from benchmarks.parquet import write_comparisons

THRESHOLDS = 1000
STUDY: dict[str, Any] = {
    "matcher": {"name": "benchmark", "version": "1"},
    "groups": {"group": ["probe_group", "reference_group"]},
    "subjects": ["probe_subject", "reference_subject"],
}
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Outcome:
    """What one engine did.

    Attributes
    ----------
    seconds : float
    digest : str
        SHA-256 of the counts and of the counts by subject.
    comparisons, matches, clustered : int
        The trials and matches counted, and the sum of the squares of what every subject touches.
    lost : int or None
        The process that was killed.
    """

    seconds: float
    digest: str
    comparisons: int
    matches: int
    clustered: int
    lost: int | None = None


def write_files(folder: Path, rows: int, subjects: int, files: int) -> list[str]:
    """Write the comparisons and split them into files."""
    whole = folder / "whole.parquet"
    write_comparisons(whole, rows, subjects)
    table, size = pq.read_table(whole), -(-rows // files)
    whole.unlink()
    paths = [str(folder / f"{i:03}.parquet") for i in range(files)]
    for i, path in enumerate(paths):
        pq.write_table(table[i * size : (i + 1) * size], path)
    return paths


def local(paths: list[str]) -> Outcome:
    """Count in threads of this process."""
    return _outcome(paths, {}, nullcontext([]))


def dask(paths: list[str]) -> Outcome:
    """Count in two Dask workers, and kill one, at work if any is, when the first counts are in."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        lost: list[int] = []
        processes = client.run(os.getpid)

        def kill(rows: int) -> None:
            busy = [worker for worker, jobs in client.processing().items() if jobs]
            if rows and not lost:
                lost.append(processes[(busy or list(processes))[0]])
                os.kill(lost[0], signal.SIGKILL)

        by = {"name": "dask", "scheduler": cluster.scheduler_address}
        return _outcome(paths, by, nullcontext(lost), kill)


def spark(paths: list[str], master: str = "local[2]") -> Outcome:
    """Count in threads of Spark."""
    from harness.engines.cluster.spark.reading import open_session

    session = open_session(master)
    try:
        session.spark.range(1000).count()
        executors = _executors()
        losing = _one_lost(session.spark, executors) if executors else nullcontext([])
        return _outcome(paths, {"name": "spark", "master": master}, losing)
    finally:
        session.close()


def spark_cluster(paths: list[str]) -> Outcome:
    """Count in two executors of a Spark cluster on this machine, and kill one while it counts."""
    import pyspark

    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    return spark(paths, "local-cluster[2,1,1024]")


def _executors() -> list[int]:
    """Find the executors that this process has started."""
    import psutil

    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has ended since
            if any("CoarseGrainedExecutorBackend" in word for word in child.cmdline()):
                found.append(child.pid)
    return found


@contextmanager
def _one_lost(session: Any, executors: list[int]) -> Iterator[list[int]]:
    """Kill an executor once a stage of several tasks has done some of them and not all."""
    lost: list[int] = []
    over = Event()
    tracker = session.sparkContext.statusTracker()

    def watch() -> None:
        while not lost and not over.wait(0.02):
            stages = map(tracker.getStageInfo, tracker.getActiveStageIds())
            if any(
                stage and 0 < stage.numCompletedTasks < stage.numTasks and stage.numActiveTasks
                for stage in stages
            ):
                lost.append(executors[0])
                os.kill(executors[0], signal.SIGKILL)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield lost
    finally:
        over.set()
        watcher.join()


def _outcome(
    paths: list[str],
    by: dict[str, Any],
    losing: AbstractContextManager[list[int]],
    told: Progress = lambda rows: None,
) -> Outcome:
    import numpy as np

    from harness import engines
    from harness.study import load_study

    at = np.arange(THRESHOLDS) / THRESHOLDS
    began = perf_counter()
    with (
        losing as lost,
        engines.open_with(paths, load_study(STUDY), engines.choose_engine(**by)) as comparisons,
    ):
        counts, by_subject = engines.count_by_subject(comparisons, at, progress=told)
    seconds = perf_counter() - began
    digest = hashlib.sha256(counts.to_bytes() + by_subject.to_bytes()).hexdigest()
    touches = by_subject.bins.sum(axis=1, dtype=np.int64)
    return Outcome(
        seconds,
        digest,
        int(counts.trials.sum()),
        int(counts.matches.sum()),
        int((touches**2).sum()),
        lost[0] if lost else None,
    )


ENGINES: dict[str, Callable[[list[str]], Outcome]] = {
    "threads of one process": local,
    "Dask, two workers, one killed": dask,
    "Spark, local[2]": spark,
    "Spark, two executors, one killed": spark_cluster,
}


def outcomes(paths: list[str], names: list[str]) -> dict[str, Outcome]:
    """Count by each engine, in a fresh process."""
    found = {}
    for name in names:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            found[name] = pool.submit(ENGINES[name], paths).result()
    return found


def report(found: dict[str, Outcome]) -> str:
    """Write the outcomes as Markdown, each beside the first."""
    first = next(iter(found.values()))
    lines = [
        "| engine | s | ÷ local | comparisons | same bits | lost on the way |",
        "|---|---|---|---|---|---|",
    ]
    for name, outcome in found.items():
        lost = "none" if outcome.lost is None else f"process {outcome.lost}"
        same = "yes" if outcome.digest == first.digest else "NO"
        lines.append(
            f"| {name} | {outcome.seconds:.2f} | {outcome.seconds / first.seconds:.2f} | {outcome.comparisons:,} "
            f"| {same} | {lost} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Count, compare and print; fail where counts differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--subjects", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--folder", type=Path, help="where to write the comparisons, about 130 MB for 10^7")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="by default all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        paths = write_files(Path(folder), options.rows, options.subjects, options.files)
        found = outcomes(paths, options.engine or list(ENGINES))
    print(f"{options.rows:,} comparisons in {options.files} files, {options.subjects:,} subjects\n")
    print(report(found))
    if len({outcome.digest for outcome in found.values()}) > 1:
        raise SystemExit("counts differ")


if __name__ == "__main__":
    main()

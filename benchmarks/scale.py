"""How near one machine comes to the speed of reading, and how time and memory grow, in one run.

    python -m benchmarks.scale [--rows 100000000] [--subjects 200000] [--times 10] [--rounds 3] [--folder DIR]

The comparisons (8 groups, float32 scores, subjects as integers) are in one Parquet file. Reading alone is pyarrow in
two threads, a row group each, groups left as dictionaries, nothing kept; it is timed on the columns that the
count reads too. Every figure is the best of the rounds, each in a process of its own; memory is the peak of
that process, Python and all imports included.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from threading import Lock, Thread
from time import perf_counter, process_time
from typing import Any

import duckdb

GROUPS = 8
PLAIN = ("score", "mated", "probe_group", "reference_group")
CLUSTERED = (*PLAIN, "probe_subject", "reference_subject")
LIMIT = "500MB"


@dataclass(frozen=True)
class Cost:
    """What a piece of work took: seconds on the clock and of both processors, and megabytes at the peak."""

    seconds: float
    processor: float
    megabytes: float


def write_comparisons(path: Path, rows: int, subjects: int) -> None:
    """Write comparisons of subjects dealt to eight groups: one in twenty mated, one in seventeen across groups."""
    noise = " + ".join(f"(hash(i * 3 + {k}) % 1000003) / 1000003.0" for k in range(3))
    mated, across = "i % 20 = 0", "i % 17 = 3 AND i % 20 <> 0"
    other = f"{GROUPS} * (1 + hash(i + 7) % {subjects // GROUPS - 1})"
    drawn = f"SELECT i, CAST(hash(i + 99) % {subjects} AS BIGINT) AS p FROM range({rows}) r(i)"
    paired = (
        f"SELECT i, p, CASE WHEN {mated} THEN p WHEN {across} THEN (p + 1 + {other}) % {subjects} "
        f"ELSE (p + {other}) % {subjects} END AS r FROM ({drawn})"
    )
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(
            f"COPY (SELECT CAST(CASE WHEN {mated} THEN 0.35 + 0.15 * ({noise}) ELSE 0.3 * ({noise}) - 0.25 END "
            f"AS FLOAT) AS score, {mated} AS mated, 'group ' || p % {GROUPS} AS probe_group, "
            f"'group ' || r % {GROUPS} AS reference_group, CAST(p AS INTEGER) AS probe_subject, "
            f"CAST(r AS INTEGER) AS reference_subject FROM ({paired})) TO '{path}' (FORMAT parquet)"
        )


def read(paths: Sequence[str], columns: Sequence[str]) -> None:
    """Read columns in two threads, a row group each."""
    import pyarrow.parquet as pq

    groups = [(path, i) for path in paths for i in range(pq.read_metadata(path).num_row_groups)]
    left, lock = iter(groups), Lock()
    labels = [name for name in columns if name.endswith("group")]

    def work() -> None:
        files: dict[str, Any] = {}
        while True:
            with lock:
                found = next(left, None)
            if found is None:
                return
            path, group = found
            if path not in files:
                files[path] = pq.ParquetFile(path, read_dictionary=labels, pre_buffer=False)
            files[path].read_row_group(group, columns=list(columns), use_threads=False)

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def read_table(paths: Sequence[str], columns: Sequence[str]) -> None:
    """Read columns into memory as pyarrow does by itself."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pa.set_cpu_count(2)
    labels = [name for name in columns if name.endswith("group")]
    pq.read_table(list(paths), columns=list(columns), read_dictionary=labels)


def count(paths: Sequence[str], thresholds: int, lowest: float, named: bool, limit: str | None) -> None:
    """Count at so many thresholds from the lowest to 1, by subject too where they are named."""
    import numpy as np

    from harness.comparisons import Comparisons, MemoryLimit
    from harness.engines import count as count_all
    from harness.engines import count_by_subject
    from harness.study import load_study

    study = load_study(
        {
            "matcher": {"name": "benchmark", "version": "1"},
            "groups": {"group": ["probe_group", "reference_group"]},
            "subjects": ["probe_subject", "reference_subject"] if named else [],
        }
    )
    at = lowest + (1 - lowest) * np.arange(thresholds) / thresholds
    memory = None if limit is None else MemoryLimit.parse(limit)
    with Comparisons(list(paths), study, memory=memory) as comparisons:
        (count_by_subject if named else count_all)(comparisons, at)


def cost_of(work: Callable[..., None], arguments: tuple[Any, ...]) -> Cost:
    """Measure a piece of work in this process, imports apart."""
    for module in ("pyarrow.dataset", "pyarrow.parquet", "harness.engines", "harness.study"):
        import_module(module)
    began, used = perf_counter(), process_time()
    work(*arguments)
    seconds, processor = perf_counter() - began, process_time() - used
    # The resource module would tell the peak of the parent, where that was higher when it started this process.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return Cost(seconds, processor, int(status["VmHWM"].split()[0]) / 1024)


def best_costs(jobs: dict[str, tuple[Callable[..., None], tuple[Any, ...]]], rounds: int) -> dict[str, Cost]:
    """Measure all jobs in turn, so many times over, each in a fresh process; keep the best of each figure."""
    found: dict[str, list[Cost]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, (work, arguments) in jobs.items():
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                found[name].append(pool.apply(cost_of, (work, arguments)))
    return {
        name: Cost(
            *(min(getattr(cost, part) for cost in costs) for part in ("seconds", "processor", "megabytes"))
        )
        for name, costs in found.items()
    }


def jobs_for(
    whole: str, tenth: str, again: Sequence[str]
) -> dict[str, tuple[Callable[..., None], tuple[Any, ...]]]:
    """Name what is measured."""
    jobs: dict[str, tuple[Callable[..., None], tuple[Any, ...]]] = {
        "reading": (read, ([whole], PLAIN)),
        "reading into a table": (read_table, ([whole], PLAIN)),
        "1,000 thresholds": (count, ([whole], 1000, 0.0, False, None)),
        "1,000 thresholds, a tenth of the rows": (count, ([tenth], 1000, 0.0, False, None)),
        "10 thresholds": (count, ([whole], 10, 0.0, False, None)),
        "100,000 thresholds": (count, ([whole], 100_000, 0.0, False, None)),
        "1,000 thresholds in the tail": (count, ([whole], 1000, 0.5, False, None)),
        "reading with subjects": (read, ([whole], CLUSTERED)),
        "reading with subjects into a table": (read_table, ([whole], CLUSTERED)),
        "by subject, 1,000 thresholds": (count, ([whole], 1000, 0.0, True, None)),
        "by subject in the tail": (count, ([whole], 1000, 0.5, True, None)),
    }
    if again:
        jobs[f"{len(again)} times the rows in {LIMIT}"] = count, (again, 1000, 0.0, False, LIMIT)
    return jobs


def table(costs: dict[str, Cost]) -> str:
    """Write the costs as Markdown, each beside the reading of the same columns."""
    lines = ["| | s | ÷ reading | s of processor | ÷ reading | peak, MB |", "|---|---|---|---|---|---|"]
    for name, cost in costs.items():
        reading = costs["reading with subjects" if "subject" in name else "reading"]
        lines.append(
            f"| {name} | {cost.seconds:.2f} | {cost.seconds / reading.seconds:.2f} | {cost.processor:.2f} "
            f"| {cost.processor / reading.processor:.2f} | {cost.megabytes:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--subjects", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=0, help="also count the file listed so many times")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to write the comparisons, about 1.3 GB for 10^8")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        whole, tenth = Path(folder) / "whole.parquet", Path(folder) / "tenth.parquet"
        write_comparisons(whole, options.rows, options.subjects)
        write_comparisons(tenth, options.rows // 10, options.subjects)
        again = [f"{folder}/again-{i}.parquet" for i in range(options.times)]
        for link in again:
            os.link(whole, link)
        costs = best_costs(jobs_for(str(whole), str(tenth), again), options.rounds)
    print(
        f"{options.rows:,} comparisons, {GROUPS} groups, {options.subjects:,} subjects; best of {options.rounds}\n"
    )
    print(table(costs))
    if options.json:
        options.json.write_text(
            json.dumps({name: asdict(cost) for name, cost in costs.items()}, indent=1) + "\n"
        )


if __name__ == "__main__":
    main()

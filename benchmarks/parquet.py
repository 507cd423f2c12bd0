"""Comparisons in a Parquet file: written, read with nothing done to them, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import CORES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from harness.counting import Counts

GROUPS = 8
LABELS = ("probe_group", "reference_group")
PLAIN = ("score", "mated", *LABELS)
CLUSTERED = (*PLAIN, "probe_subject", "reference_subject")
READS = ("numpy", "pyarrow.parquet")
COUNTS = ("harness.comparisons", "harness.engines", "harness.study", "pyarrow.dataset", "pyarrow.parquet")
COUNTS_BY_SUBJECT = (*COUNTS, "harness.counting.compiled")
"""What reading and counting import."""


def write_comparisons(
    path: Path, rows: int, subjects: int, groups: int = GROUPS, score: str = "FLOAT"
) -> None:
    """Write comparisons of subjects dealt to groups: one in twenty mated, one in seventeen across groups.

    Raises
    ------
    ValueError
        Where a group would have fewer than two subjects, and so no non-mated comparison.
    """
    import duckdb

    if subjects < 2 * groups:
        raise ValueError(f"{subjects} subjects are too few for {groups} groups; two of each are needed")
    noise = " + ".join(f"(hash(i * 3 + {k}) % 1000003) / 1000003.0" for k in range(3))
    labels = [f"group {i:0{len(str(groups - 1))}}" for i in range(groups)]
    members = f"(({subjects - 1} - {{}}) // {groups} + 1)"
    drawn = (
        f"SELECT i, i % 20 = 0 AS mated, i % 17 = 3 AND i % 20 <> 0 AS across, {noise} AS noise, "
        f"CAST(hash(i + 99) % {subjects} AS BIGINT) AS p, CAST(hash(i + 7) % 2147483647 AS BIGINT) AS other "
        f"FROM range({rows}) r(i)"
    )
    grouped = f"SELECT *, p % {groups} AS g, CASE WHEN across THEN (g + 1) % {groups} ELSE g END AS h FROM ({drawn})"
    among, others = members.format("h"), f"greatest({members.format('h')} - 1, 1)"
    paired = (
        f"SELECT *, CASE WHEN mated THEN p WHEN across THEN h + {groups} * (other % {among}) "
        f"ELSE h + {groups} * ((p // {groups} + 1 + other % {others}) % {among}) END AS r FROM ({grouped})"
    )
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
        connection.execute(
            f"COPY (SELECT CAST(CASE WHEN mated THEN 0.35 + 0.15 * noise ELSE 0.3 * noise - 0.25 END "
            f"AS {score}) AS score, mated, {labels}[g + 1] AS probe_group, {labels}[h + 1] AS reference_group, "
            f"CAST(p AS INTEGER) AS probe_subject, CAST(r AS INTEGER) AS reference_subject "
            f"FROM ({paired})) TO '{path}' (FORMAT parquet)"
        )


def read(paths: Sequence[str], columns: Sequence[str]) -> None:
    """Read columns in two threads, a row group each, groups left as dictionaries, and keep nothing."""
    import pyarrow.parquet as pq

    groups = [(path, i) for path in paths for i in range(pq.read_metadata(path).num_row_groups)]
    left, lock = iter(groups), Lock()
    labels = [name for name in columns if name in LABELS]

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

    threads = [Thread(target=work) for _ in range(CORES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def read_table(paths: Sequence[str], columns: Sequence[str]) -> Any:
    """Read columns into memory as pyarrow does by itself."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pa.set_cpu_count(CORES)
    labels = [name for name in columns if name in LABELS]
    return pq.read_table(list(paths), columns=list(columns), read_dictionary=labels)


def counted(
    paths: Sequence[str], at: npt.NDArray[np.float64], named: bool = False, limit: str | None = None
) -> Counts:
    """Count with the harness, by subject too where they are named; a file as often as it is named."""
    from harness.comparisons import Comparisons, MemoryLimit
    from harness.comparisons.files import open_files
    from harness.engines import count, count_by_subject
    from harness.study import load_study

    study = load_study(
        {
            "matcher": {"name": "benchmark", "version": "1"},
            "groups": {"group": list(LABELS)},
            "subjects": ["probe_subject", "reference_subject"] if named else [],
        }
    )
    memory = None if limit is None else MemoryLimit.parse(limit)
    one = open_files([Path(paths[0])], study.columns)
    with Comparisons(replace(one, paths=tuple(map(Path, paths))), study, memory=memory) as comparisons:
        return count_by_subject(comparisons, at)[0] if named else count(comparisons, at)


def count(paths: Sequence[str], thresholds: int, lowest: float, named: bool, limit: str | None) -> None:
    """Count at so many thresholds from the lowest to 1, and keep nothing."""
    import numpy as np

    counted(paths, lowest + (1 - lowest) * np.arange(thresholds) / thresholds, named, limit)

"""Time and memory of counting, against scikit-learn's roc_curve per group, in one run.

    python -m benchmarks.counting [--rows 10000000]

Each contender runs in a process of its own, for its peak memory; every time is the best of three. Both count
the same comparisons (8 groups) at the same 1,000 thresholds, from the same Parquet file, and from the same
arrays in memory, and their counts are compared.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

Result = TypeVar("Result")

GROUPS = 8
THRESHOLDS = np.arange(1000) / 1000
STUDY = {
    "matcher": {"name": "benchmark", "version": "1"},
    "groups": {"group": ["probe_group", "reference_group"]},
}
COLUMNS = ["score", "mated", "probe_group", "reference_group"]


def write_comparisons(path: Path, rows: int) -> None:
    """Write comparisons of eight groups, one in twenty mated, one in seventeen across groups."""
    mated, across = "i % 20 = 0", "i % 17 = 3 AND i % 20 <> 0"
    noise = "(hash(i * 3 + {}) % 1000003) / 1000003.0"
    spread = " + ".join(noise.format(k) for k in range(3))
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT CAST(CASE WHEN {mated} THEN 0.35 + 0.15 * ({spread}) "
            f"ELSE 0.3 * ({spread}) - 0.25 END AS DOUBLE) AS score, {mated} AS mated, 'group ' || g AS probe_group, "
            f"'group ' || (CASE WHEN {across} THEN (g + 1) % {GROUPS} ELSE g END) AS reference_group "
            f"FROM (SELECT i, hash(i) % {GROUPS} AS g FROM range({rows}) r(i))) TO '{path}' (FORMAT parquet)"
        )


def read_arrays(path: Path) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], Any, Any]:
    """Read scores, truth and the codes of both groups, strings never decoded."""
    table = pq.read_table(path, columns=COLUMNS, read_dictionary=COLUMNS[2:]).unify_dictionaries()
    codes = []
    for name in COLUMNS[2:]:
        column = table[name].combine_chunks()
        rank = np.argsort(np.argsort(column.dictionary.to_pylist()))
        codes.append(rank[column.indices.to_numpy()])
    return table["score"].to_numpy(), table["mated"].to_numpy(), *codes


def count_by_harness(path: Path) -> tuple[dict[str, float], list[Any]]:
    """Time the harness on the file, and its kernel on arrays."""
    from harness.comparisons import Comparisons
    from harness.counting import Tally
    from harness.engines import count
    from harness.study import load_study

    study = load_study(STUDY)

    def from_file() -> list[Any]:
        with Comparisons(str(path), study) as comparisons:
            counts = count(comparisons, THRESHOLDS)
        within = [i for i, cell in enumerate(counts.cells) if cell[0] is not None]
        return counts.matches[within].tolist()

    found, whole = best_of_three(from_file)
    peak = peak_megabytes()
    scores, mated, probe, reference = read_arrays(path)
    codes = (2 * np.where(probe == reference, probe + 1, 0) + mated).astype(np.int32)

    def from_arrays() -> None:
        tally = Tally(("group",), THRESHOLDS, count_missing=False)
        for start in range(0, len(scores), 122_880):
            tally.add(scores[start : start + 122_880], codes[start : start + 122_880])

    _, kernel = best_of_three(from_arrays)
    return {"from file, s": whole, "from arrays, s": kernel, "peak, MB": peak}, found


def count_by_scikit_learn(path: Path) -> tuple[dict[str, float], list[Any]]:
    """Time roc_curve on every group, with and without reading the file."""
    from sklearn.metrics import roc_curve

    def per_group(arrays: tuple[Any, ...]) -> list[Any]:
        scores, mated, probe, reference = arrays
        counts = []
        for group in range(GROUPS):
            chosen = (probe == group) & (reference == group)
            y, s = mated[chosen], scores[chosen]
            false_rate, true_rate, at = roc_curve(y, s, drop_intermediate=False)
            place = np.searchsorted(-at, -THRESHOLDS, side="right") - 1
            positives = int(y.sum())
            counts.append(
                [
                    np.rint(rate[place] * n).astype(int).tolist()
                    for rate, n in ((false_rate, len(y) - positives), (true_rate, positives))
                ]
            )
        return counts

    found, whole = best_of_three(lambda: per_group(read_arrays(path)))
    peak = peak_megabytes()
    arrays = read_arrays(path)
    _, alone = best_of_three(lambda: per_group(arrays))
    return {"from file, s": whole, "from arrays, s": alone, "peak, MB": peak}, found


def read_only(path: Path) -> tuple[dict[str, float], list[Any]]:
    """Time the bare reading, the limit of any counting from the file."""
    _, whole = best_of_three(lambda: pq.read_table(path, columns=COLUMNS, read_dictionary=COLUMNS[2:]))
    return {"from file, s": whole, "peak, MB": peak_megabytes()}, []


CONTENDERS = {
    "harness": count_by_harness,
    "scikit-learn roc_curve per group": count_by_scikit_learn,
    "pyarrow, reading alone": read_only,
}


def best_of_three(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return what the work gives, and the shortest of its three times."""
    times = []
    for _ in range(3):
        began = perf_counter()
        result = work()
        times.append(perf_counter() - began)
    return result, min(times)


def peak_megabytes() -> float:
    """Return the peak of this process's resident memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(name: str, path: Path) -> tuple[dict[str, float], list[Any]]:
    """Run a contender in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(CONTENDERS[name], (path,))


def main() -> None:
    """Run all contenders and print their table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "comparisons.parquet"
        write_comparisons(path, options.rows)
        results = {name: measured(name, path) for name in CONTENDERS}
    figures = {name: found for name, (found, _) in results.items()}
    harness, reference = list(CONTENDERS)[:2]
    equal = results[harness][1] == results[reference][1]
    print(f"{options.rows:,} comparisons, {GROUPS} groups, {len(THRESHOLDS):,} thresholds; best of three\n")
    print("| | from the Parquet file | from arrays in memory | peak memory |\n|---|---|---|---|")
    for name, found in figures.items():
        arrays = f"{found['from arrays, s']:.3f} s" if "from arrays, s" in found else ""
        print(f"| {name} | {found['from file, s']:.3f} s | {arrays} | {found['peak, MB']:.0f} MB |")
    ratios = {
        part: figures[reference][part] / figures[harness][part] for part in ("from file, s", "from arrays, s")
    }
    print(f"\nThe harness takes 1/{ratios['from file, s']:.1f} of the time from the file, ", end="")
    print(
        f"1/{ratios['from arrays, s']:.1f} from arrays; the counts are {'equal' if equal else 'NOT EQUAL'}."
    )
    if options.json:
        options.json.write_text(
            json.dumps({"rows": options.rows, "equal": equal, "figures": figures}, indent=1) + "\n"
        )
    if not equal:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

"""The kernel alone, on arrays in memory, against NumPy's sort and scikit-learn's roc_curve per group, in one run.

    python -m benchmarks.counting [--rows 10000000]

All count the same comparisons (8 groups, float64 scores) at the same 1,000 thresholds, the arrays already there, each
in a process of its own, the best of three; and their counts are compared. `python -m benchmarks.speed` counts
from a file.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.measuring import Job, best_of_three, measure_apart, peak_megabytes
from benchmarks.parquet import GROUPS, write_comparisons
from benchmarks.peers import Arrays, looked_up_in_roc_curves, read_arrays, sorted_and_searched

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

THRESHOLDS = np.arange(1000) / 1000
ROWS_AT_ONCE = 122_880
"""As many as a row group of DuckDB's Parquet files."""


def tallied(arrays: Arrays, at: FloatArray) -> IntArray:
    """Count with the kernel of the harness, a batch at a time."""
    from harness.counting import Tally

    within = np.where(arrays.probe == arrays.reference, arrays.probe + 1, 0)
    codes = (2 * within + arrays.mated).astype(np.int32)
    tally = Tally(("group",), at, count_missing=False)
    for start in range(0, len(codes), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        tally.add(arrays.scores[part], codes[part])
    counts = tally.counts(lambda code: (None if code == 0 else f"{code:05}",))
    return counts.matches[[i for i, cell in enumerate(counts.cells) if cell[0] is not None]]


COUNTERS: dict[str, Callable[[Arrays, FloatArray], IntArray]] = {
    "harness, its kernel": tallied,
    "NumPy, sort and searchsorted": sorted_and_searched,
    "scikit-learn, roc_curve": looked_up_in_roc_curves,
}


def timed(name: str, path: str) -> tuple[IntArray, float, float]:
    """Return what one counts, its time, and this process's peak memory, the arrays included."""
    arrays = read_arrays(path)
    counts, seconds = best_of_three(lambda: COUNTERS[name](arrays, THRESHOLDS))
    return counts, seconds, peak_megabytes()


def main() -> None:
    """Run all and print their table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "comparisons.parquet"
        write_comparisons(path, options.rows, subjects=200_000, score="DOUBLE")
        results = {name: measure_apart(Job(timed, (name, str(path)))).result for name in COUNTERS}
    ours, fastest, _ = next(iter(results.values()))
    figures = {
        name: {
            "s": seconds,
            "times the kernel": seconds / fastest,
            "peak, MB": peak,
            "equal": np.array_equal(counts, ours),
        }
        for name, (counts, seconds, peak) in results.items()
    }
    print(f"{options.rows:,} comparisons, {GROUPS} groups, {len(THRESHOLDS):,} thresholds; best of three\n")
    print("| | from arrays in memory | ÷ the kernel | peak memory | counts |\n|---|---|---|---|---|")
    for name, found in figures.items():
        print(
            f"| {name} | {found['s']:.3f} s | {found['times the kernel']:.2f} | {found['peak, MB']:.0f} MB "
            f"| {'equal' if found['equal'] else 'NOT EQUAL'} |"
        )
    if options.json:
        options.json.write_text(json.dumps({"rows": options.rows, "figures": figures}, indent=1) + "\n")
    if not all(found["equal"] for found in figures.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()

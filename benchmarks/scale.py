"""How near one machine comes to the speed of reading, beside other ways to read, and with a memory limit, in one run.

    python -m benchmarks.scale [--rows 100000000] [--subjects 200000] [--times 10] [--rounds 3] [--folder DIR]

The comparisons (8 groups, float32 scores, subjects as integers) are in one Parquet file. Reading alone is pyarrow in
two threads, a row group each, groups left as dictionaries, nothing kept; it is timed on the columns that the
count reads too. Every figure is the best of the rounds, each in a process of its own; memory is the peak of
that process, Python and all imports included. `python -m benchmarks.speed` has the growth, and other libraries.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.measuring import Cost, Job, best_of_rounds
from benchmarks.parquet import (
    CLUSTERED,
    COUNTS,
    COUNTS_BY_SUBJECT,
    GROUPS,
    PLAIN,
    READS,
    count,
    read,
    read_table,
    write_comparisons,
)

LIMIT = "500MB"


def jobs_for(whole: str, tenth: str, again: Sequence[str]) -> dict[str, Job]:
    """Name what is measured."""

    def counting(paths: Sequence[str], thresholds: int, lowest: float, named: bool, limit: str | None) -> Job:
        return Job(count, (paths, thresholds, lowest, named, limit), COUNTS_BY_SUBJECT if named else COUNTS)

    jobs = {
        "reading": Job(read, ([whole], PLAIN), READS),
        "reading into a table": Job(read_table, ([whole], PLAIN), READS),
        "1,000 thresholds": counting([whole], 1000, 0.0, False, None),
        "1,000 thresholds, a tenth of the rows": counting([tenth], 1000, 0.0, False, None),
        "10 thresholds": counting([whole], 10, 0.0, False, None),
        "100,000 thresholds": counting([whole], 100_000, 0.0, False, None),
        "1,000 thresholds in the tail": counting([whole], 1000, 0.5, False, None),
        "reading with subjects": Job(read, ([whole], CLUSTERED), READS),
        "reading with subjects into a table": Job(read_table, ([whole], CLUSTERED), READS),
        "by subject, 1,000 thresholds": counting([whole], 1000, 0.0, True, None),
        "by subject in the tail": counting([whole], 1000, 0.5, True, None),
    }
    if again:
        jobs[f"{len(again)} times the rows in {LIMIT}"] = counting(again, 1000, 0.0, False, LIMIT)
    return jobs


def table(costs: Mapping[str, Cost | None]) -> str:
    """Write the costs as Markdown, each beside the reading of the same columns."""
    lines = ["| | s | ÷ reading | s of processor | ÷ reading | peak, MB |", "|---|---|---|---|---|---|"]
    for name, cost in costs.items():
        reading = costs["reading with subjects" if "subject" in name else "reading"]
        if cost is None or reading is None:
            lines.append(f"| {name} | did not finish: the system ended it | | | | |")
            continue
        lines.append(
            f"| {name} | {cost.seconds:.2f} | {cost.seconds / reading.seconds:.2f} | {cost.processor:.2f} "
            f"| {cost.processor / reading.processor:.2f} | {cost.megabytes:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--subjects", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=0, help="also count the file listed so many times")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to write the comparisons, about 1.4 GB for 10^8")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        whole, tenth = Path(folder) / "whole.parquet", Path(folder) / "tenth.parquet"
        write_comparisons(whole, options.rows, options.subjects)
        write_comparisons(tenth, options.rows // 10, options.subjects)
        again = [str(whole)] * options.times
        measured = best_of_rounds(jobs_for(str(whole), str(tenth), again), options.rounds)
    costs = {name: found.cost for name, found in measured.items()}
    print(
        f"{options.rows:,} comparisons, {GROUPS} groups, {options.subjects:,} subjects; best of {options.rounds}\n"
    )
    print(table(costs))
    if options.json:
        figures = {name: None if cost is None else asdict(cost) for name, cost in costs.items()}
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()

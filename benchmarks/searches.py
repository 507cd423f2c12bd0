"""What counting searches with their candidate lists costs, beside reading the files once, in one run.

    python -m benchmarks.searches [--searches 10000000] [--length 20] [--rounds 1] [--text] [--shuffled] [--folder DIR]

Searches and lists are read column by column to the end, and then counted: hits, false alerts, misses by kind, wrong
persons, and who on the list is matched. Every figure is the best of the rounds, each in a process of its own, imports
apart.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

import duckdb

from benchmarks.measuring import Cost, Job, best_of_rounds

ASKED, MOST_MEGABYTES = 6, 1000
"""Times the seconds of reading, at most, and the peak of memory."""
READ, COUNTED = "reading", "counting"
ENROLLED, PEOPLE = 10_000, 1_000_000
GROUPS = ("Asian", "Black", "White")


def write_files(
    folder: Path, searches: int, length: int, *, text: bool = False, shuffled: bool = False
) -> None:
    """Write searches, their candidate lists and the watchlist; of every ten searches one is mated."""
    label = f"{list(GROUPS)}[1 + {{}} % 3]"
    prefix = "'p' || " if text else ""
    order = "ORDER BY hash(number, rank)" if shuffled else ""
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET temp_directory = '{folder / 'spilled'}'")
        own = f"hash(number) % {ENROLLED}"
        probe = f"CASE WHEN number % 10 = 0 THEN {own} ELSE {ENROLLED} + hash(number // 3) % {PEOPLE} END"
        connection.execute(
            f"COPY (SELECT {prefix}number AS search, {prefix}probe AS probe, number % 10 = 0 AS mated, "
            f"{label.format('probe')} AS ethnicity FROM (SELECT number, CAST({probe} AS BIGINT) AS probe "
            f"FROM range({searches}) AS t(number))) TO '{folder / 'searches.parquet'}'"
        )
        other = f"hash(number, rank) % {ENROLLED}"
        rows = f"(SELECT i // {length} AS number, 1 + i % {length} AS rank FROM range({searches * length}) AS t(i))"
        candidate = f"CASE WHEN number % 10 = 0 AND rank = 1 + number // 10 % 3 THEN {own} ELSE {other} END"
        score = "0.9 - 0.02 * rank - (hash(number) % 100000) / 400000.0"
        connection.execute(
            f"COPY (SELECT {prefix}number AS search, rank, {prefix}CAST({candidate} AS BIGINT) AS candidate, "
            f"CAST({score} AS DOUBLE) AS score FROM {rows} {order}) TO '{folder / 'candidates.parquet'}'"
        )
        connection.execute(
            f"COPY (SELECT {prefix}number AS subject, {label.format('number')} AS ethnicity "
            f"FROM range({ENROLLED}) AS t(number)) TO '{folder / 'list.csv'}' (HEADER)"
        )


def read(folder: str) -> int:
    """Read every column of searches and lists once, and return how many rows there are."""
    rows = 0
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        for name in ("searches", "candidates"):
            with connection.sql(f"FROM '{folder}/{name}.parquet'").to_arrow_reader(1 << 16) as batches:
                rows += sum(batch.num_rows for batch in batches)
    return rows


def count(folder: str) -> tuple[int, int]:
    """Count everything, and return how many searches hit at 0.8, and how many matches of the list were kept."""
    import numpy as np

    from harness import engines
    from harness.study import load_study

    study = load_study(
        {
            "task": "identification",
            "matcher": {"name": "benchmark", "version": "1"},
            "subjects": ["probe"],
            "groups": {"ethnicity": "ethnicity"},
            "search": "search",
            "candidates": {"file": f"{folder}/candidates.parquet", "rank": "rank"},
            "watchlist": {"file": f"{folder}/list.csv", "groups": ["ethnicity"]},
        }
    )
    with engines.open_with(f"{folder}/searches.parquet", study, engines.choose_engine()) as comparisons:
        engines.survey(comparisons, 20)
        counts, _ = engines.count_by_subject(comparisons, np.linspace(0.5, 0.9, 401))
        searches, matches = engines.count_searches(comparisons, counts)
        comparisons.inputs()
    return int(searches.hits[:, 300].sum()), len(matches.score)


def table(costs: Mapping[str, Cost]) -> str:
    """Write the costs as Markdown."""
    lines = ["| | s | processor s | times reading | MB |", "|---|---|---|---|---|"]
    for name, cost in costs.items():
        times = cost.seconds / costs[READ].seconds
        lines.append(
            f"| {name} | {cost.seconds:.1f} | {cost.processor:.1f} | {times:.1f} | {cost.megabytes:.0f} |"
        )
    return "\n".join(lines)


def measured(folder: Path, rounds: int) -> dict[str, Cost]:
    """Measure both."""
    jobs = {
        READ: Job(read, (str(folder),), ("duckdb", "pyarrow")),
        COUNTED: Job(count, (str(folder),), ("harness.engines", "harness.study")),
    }
    found = best_of_rounds(jobs, rounds, lambda said: print(said, flush=True))
    return {name: one.cost for name, one in found.items() if one.cost is not None}


def main() -> None:
    """Write the files, measure, and say whether what is asked for is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=10_000_000)
    parser.add_argument("--length", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--text", action="store_true")
    parser.add_argument("--shuffled", action="store_true")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        folder = Path(scratch)
        write_files(folder, given.searches, given.length, text=given.text, shuffled=given.shuffled)
        costs = measured(folder, given.rounds)
    print(table(costs))
    times = costs[COUNTED].seconds / costs[READ].seconds
    kept = times <= ASKED and costs[COUNTED].megabytes <= MOST_MEGABYTES
    print(f"{'kept' if kept else 'NOT KEPT'}: at most {ASKED} times reading, and {MOST_MEGABYTES} MB")


if __name__ == "__main__":
    main()

"""What joining people from a file of their own costs, beside counting rows that have the columns, in one run.

    python -m benchmarks.people [--rows 10000000] [--rounds 3] [--subjects 20000] [--text] [--folder DIR]

The same comparisons are counted twice, by cell and by subject: once with a column of groups for either side, and once
with subjects alone, whose groups are joined from a file of people. Every figure is the best of the rounds, each in a
process of its own, imports apart.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

import duckdb

from benchmarks.measuring import Cost, Job, best_of_rounds
from benchmarks.parquet import COUNTS_BY_SUBJECT, GROUPS, write_comparisons

ASKED = 0.6
"""Of the processor time of counting, at most."""
COLUMNS, JOINED = "groups in columns", "groups joined from people"
THRESHOLDS = 1000


def write_rows(folder: Path, rows: int, subjects: int, *, text: bool = False) -> None:
    """Write comparisons with and without their groups, and the people."""
    whole = folder / "comparisons.parquet"
    write_comparisons(whole, rows, subjects)
    names = (
        "REPLACE ('p' || probe_subject AS probe_subject, 'p' || reference_subject AS reference_subject)"
    ) * text
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
        for name, left_out in ((COLUMNS, ""), (JOINED, "EXCLUDE (probe_group, reference_group)")):
            connection.execute(
                f"COPY (SELECT * {left_out} {names} FROM '{whole}') TO '{folder / name}.parquet'"
            )
        connection.execute(
            f"COPY (SELECT DISTINCT UNNEST([probe_subject, reference_subject]) AS id, "
            f"UNNEST([probe_group, reference_group]) AS \"group\" FROM '{folder / COLUMNS}.parquet') "
            f"TO '{folder / 'people'}.csv' (HEADER)"
        )
    whole.unlink()


def count(folder: str, name: str) -> list[list[int]]:
    """Look at the scores and count them, by subject too, and return the non-mated matches of each cell."""
    import numpy as np

    from harness.comparisons import Comparisons
    from harness.engines import count_by_subject, survey
    from harness.study import load_study

    labels = (
        {"groups": {"group": ["probe_group", "reference_group"]}}
        if name == COLUMNS
        else {"people": {"file": f"{folder}/people.csv", "subject": "id", "columns": ["group"]}}
    )
    study = load_study(
        {
            "matcher": {"name": "benchmark", "version": "1"},
            "subjects": ["probe_subject", "reference_subject"],
            **labels,
        }
    )
    with Comparisons(f"{folder}/{name}.parquet", study) as comparisons:
        survey(comparisons, 20)
        counts, _ = count_by_subject(comparisons, np.linspace(-0.25, 0.6, THRESHOLDS))
    found: list[list[int]] = counts.matches[:, 0].tolist()
    return found


def table(costs: Mapping[str, Cost]) -> str:
    """Write the costs as Markdown."""
    lines = ["| | s | processor s | on top of columns | MB |", "|---|---|---|---|---|"]
    for name, cost in costs.items():
        more = f"{cost.processor / costs[COLUMNS].processor - 1:.0%}"
        lines.append(
            f"| {name} | {cost.seconds:.2f} | {cost.processor:.2f} | {more} | {cost.megabytes:.0f} |"
        )
    return "\n".join(lines)


def measured(folder: Path, rounds: int) -> dict[str, Cost]:
    """Measure both ways, which must count alike.

    Raises
    ------
    ValueError
        Where they do not.
    """
    jobs = {name: Job(count, (str(folder), name), COUNTS_BY_SUBJECT) for name in (COLUMNS, JOINED)}
    found = best_of_rounds(jobs, rounds)
    if found[COLUMNS].result != found[JOINED].result:
        raise ValueError("the two ways count differently")
    return {name: one.cost for name, one in found.items() if one.cost is not None}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--subjects", type=int, default=20_000)
    parser.add_argument("--text", action="store_true", help="name subjects by text, not by whole numbers")
    parser.add_argument("--folder", type=Path, help="where to write the comparisons, about 0.4 GB for 10^7")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        write_rows(Path(folder), options.rows, options.subjects, text=options.text)
        costs = measured(Path(folder), options.rounds)
    named = "text" if options.text else "whole numbers"
    print(
        f"{options.rows:,} comparisons of {options.subjects:,} subjects named by {named}, {GROUPS} groups; "
        f"best of {options.rounds}\n"
    )
    print(table(costs))
    more = costs[JOINED].processor / costs[COLUMNS].processor - 1
    print(f"\nAsked for: at most {ASKED:.0%} of processor time on top. Found: {more:.0%}.")


if __name__ == "__main__":
    main()

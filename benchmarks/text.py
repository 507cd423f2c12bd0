"""How near counting comparisons from CSV comes to the rate of reading it, in one run.

    python -m benchmarks.text [--rows 10000000] [--rounds 3] [--folder DIR]

Reading alone takes the columns that counting needs, typed (scores as double), some rows at a time, and keeps
nothing: DuckDB's reader into Arrow batches, and pyarrow's. Every figure is the best of the rounds, each in a process
of its own, imports apart.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

import duckdb

from benchmarks.measuring import Cost, Job, best_of_rounds
from benchmarks.parquet import COUNTS, GROUPS, PLAIN, count, write_comparisons

SUBJECTS = 20_000
READINGS = ("DuckDB, reading alone", "pyarrow, reading alone")
COUNTED = "counted at 1,000 thresholds"
ASKED = 0.6
"""Of the rate of either reading."""


def write_text(path: Path, rows: int) -> None:
    """Write comparisons as CSV with a header."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, duckdb.connect() as connection:
        write_comparisons(Path(folder) / "a.parquet", rows, SUBJECTS)
        connection.execute(f"COPY (FROM '{folder}/a.parquet') TO '{path}' (FORMAT csv, HEADER)")


def read_by_duckdb(path: str) -> None:
    """Read the columns with DuckDB."""
    with duckdb.connect() as connection:
        types = (
            "{score: 'DOUBLE', mated: 'BOOLEAN', probe_group: 'VARCHAR', reference_group: 'VARCHAR', "
            "probe_subject: 'INTEGER', reference_subject: 'INTEGER'}"
        )
        query = f"SELECT {', '.join(PLAIN)} FROM read_csv('{path}', header=true, columns={types})"
        for _ in connection.sql(query).to_arrow_reader(1 << 16):
            pass


def read_by_pyarrow(path: str) -> None:
    """Read the columns with pyarrow."""
    import pyarrow.csv as csv

    with csv.open_csv(path, convert_options=csv.ConvertOptions(include_columns=list(PLAIN))) as reader:
        for _ in reader:
            pass


def table(costs: Mapping[str, Cost]) -> str:
    """Write the costs as Markdown, each as a share of the rate of either reading."""
    lines = [f"| | s | {' | '.join(f'of the rate of {name}' for name in READINGS)} |", "|---|---|---|---|"]
    for name, cost in costs.items():
        shares = " | ".join(f"{costs[reading].seconds / cost.seconds:.2f}" for reading in READINGS)
        lines.append(f"| {name} | {cost.seconds:.2f} | {shares} |")
    return "\n".join(lines)


def measured(path: Path, rounds: int) -> dict[str, Cost]:
    """Measure either reading, and counting."""
    jobs = {
        READINGS[0]: Job(read_by_duckdb, (str(path),), ("duckdb", "pyarrow")),
        READINGS[1]: Job(read_by_pyarrow, (str(path),), ("pyarrow.csv",)),
        COUNTED: Job(count, ([str(path)], 1000, 0.0, False, None), COUNTS),
    }
    found = {name: one.cost for name, one in best_of_rounds(jobs, rounds).items()}
    return {name: cost for name, cost in found.items() if cost is not None}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to write the comparisons, about 0.5 GB for 10^7")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "comparisons.csv"
        write_text(path, options.rows)
        costs = measured(path, options.rounds)
    print(f"{options.rows:,} comparisons as CSV, {GROUPS} groups; best of {options.rounds}\n")
    print(table(costs))
    worst = min(costs[reading].seconds for reading in READINGS) / costs[COUNTED].seconds
    print(f"\nAsked for: at least {ASKED} of the rate of one of them. Found, of the faster: {worst:.2f}.")


if __name__ == "__main__":
    main()

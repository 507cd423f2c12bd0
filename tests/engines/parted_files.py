"""Comparisons spread over files, and what evaluating them in one pass gives."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

import harness
from harness.evaluation import to_json
from harness.study import Study, load_study

PEOPLE = 40
NAMED: dict[str, Any] = {"matcher": {"name": "example", "version": "1"}}
STUDY: dict[str, Any] = {
    **NAMED,
    "subjects": ["probe", "reference"],
    "groups": {"sex": ["probe_sex", "reference_sex"], "site": "site"},
    "axes": ["sex", ["sex", "site"]],
}
THRESHOLDS = "0:1:0.1"


def study(**changes: Any) -> Study:
    return load_study({**STUDY, **changes})


def comparisons(rows: int, seed: int = 1) -> pa.Table:
    """Rows whose scores tie with thresholds, of people whose names sort otherwise than they are numbered."""
    rng = np.random.default_rng(seed)
    mated = rng.random(rows) < 0.2
    probe = rng.integers(0, PEOPLE, rows)
    reference = np.where(mated, probe, (probe + rng.integers(1, PEOPLE, rows)) % PEOPLE)
    names = np.array([f"{'ÅzaB😀'[i % 5]}{i}" for i in range(PEOPLE)])
    sexes = np.array(["female", "male"])
    return pa.table(
        {
            "score": np.round(np.where(mated, rng.beta(6, 2, rows), rng.beta(2, 6, rows)), 2),
            "mated": mated,
            "probe": names[probe],
            "reference": names[reference],
            "probe_sex": sexes[probe % 2],
            "reference_sex": sexes[reference % 2],
            "site": np.array(["north", "south", "west"])[rng.integers(0, 3, rows)],
        }
    )


def write(path: Path, table: pa.Table) -> Path:
    """Write one file in the format that its name says."""
    if path.suffix == ".csv":
        pa.csv.write_csv(table, path)
    elif path.suffix == ".arrow":
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table)
    else:
        pq.write_table(table, path, row_group_size=100)
    return path


def write_parts(folder: Path, table: pa.Table, parts: int, suffix: str = "parquet") -> list[Path]:
    """Write a table as so many files of uneven size."""
    folder.mkdir(parents=True, exist_ok=True)
    ends = (np.linspace(0, 1, parts + 1) ** 1.5 * len(table)).astype(int)
    return [
        write(folder / f"{i}.{suffix}", table.slice(start, end - start))
        for i, (start, end) in enumerate(pairwise(ends))
    ]


def document(scores: Any, *, of: Any = STUDY, **options: Any) -> str:
    """The document of an evaluation."""
    return to_json(harness.evaluate(scores, study=of, policy={"max_ratio": 2.0}, **options))

"""Trials whose counts are known by a second, slow way of counting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.comparisons import Comparisons
from harness.counting import Counts
from harness.engines import count
from harness.errors import InputError
from harness.study import Study, load_study

THRESHOLDS = np.array([0.1, 0.25, 0.5, 0.625, 0.9])
ETHNICITIES = ('Black; African, "other"', "Asian\tor Asian British", "Weiß", "white")
SEXES = ("female", "male")
Columns = dict[str, list[Any]]


def study(**changes: Any) -> Study:
    terms: dict[str, Any] = {
        "matcher": {"name": "example", "version": "1"},
        "subjects": ["probe", "reference"],
        "groups": {"ethnicity": ["probe_ethnicity", "reference_ethnicity"]},
    }
    return load_study({**terms, **changes})


def trials(rows: int = 400, seed: int = 1) -> Columns:
    """Draw rows; scores are thousandths, and many sides differ in their group."""
    rng = np.random.default_rng(seed)
    mated = rng.integers(0, 2, rows).tolist()

    def any_of(labels: tuple[str, ...]) -> list[str]:
        return [labels[i] for i in rng.integers(0, len(labels), rows)]

    labels = {
        f"{side}_{name}": any_of(of)
        for name, of in (("ethnicity", ETHNICITIES), ("sex", SEXES))
        for side in ("probe", "reference")
    }
    for name in ("ethnicity", "sex"):  # one person has one label
        pairs = zip(mated, labels[f"probe_{name}"], labels[f"reference_{name}"], strict=True)
        labels[f"reference_{name}"] = [probe if own else reference for own, probe, reference in pairs]
    return {
        "score": (rng.integers(0, 1001, rows) / 1000).tolist(),
        "mated": mated,
        "probe": [f"p{i}" for i in range(rows)],
        "reference": [f"p{i}" if own else f"r{i}" for i, own in enumerate(mated)],
        **labels,
    }


def write_csv(path: Path, columns: Columns, *, delimiter: str = ",", end: str = "\n") -> Path:
    """Write text columns as they are, with quotation marks only where they are needed."""

    def cell(value: object) -> str:
        text = "" if value is None else str(value)
        if any(mark in text for mark in (delimiter, '"', "\n")):
            text = '"' + text.replace('"', '""') + '"'
        return text

    rows = [list(columns), *zip(*columns.values(), strict=True)]
    path.write_bytes("".join(delimiter.join(map(cell, row)) + end for row in rows).encode())
    return path


def counts_of(scores: Any, terms: Study, thresholds: np.ndarray = THRESHOLDS) -> Counts:
    with Comparisons(scores, terms) as comparisons:
        return count(comparisons, thresholds)


def naive_counts(columns: Columns, terms: Study, thresholds: np.ndarray = THRESHOLDS) -> Counts:
    """Count row by row and threshold by threshold."""
    names: list[str] = []
    for attribute in terms.groups:
        cross = terms.pairing == "cross"
        names += [f"{attribute} of probe", f"{attribute} of reference"] if cross else [attribute]
    table: dict[tuple[str | None, ...], np.ndarray] = {}
    for i in range(len(columns["score"])):
        for side in _sides(columns, terms, i):
            named = tuple(label for label in side for _ in range(len(names) // len(terms.groups)))
            table.setdefault(named, np.zeros((2, len(thresholds) + 1), np.int64))
    for i, (score, mated) in enumerate(zip(columns["score"], columns["mated"], strict=True)):
        cell: list[str | None] = []
        for group in terms.groups.values():
            probe = str(columns[group.probe][i])
            reference = str(columns[group.reference][i]) if group.reference else probe
            if terms.pairing == "cross":
                cell += [probe, reference]
            elif terms.pairing == "probe" or probe == reference:
                cell.append(probe)
            else:
                cell.append(None)
        bins = table.setdefault(tuple(cell), np.zeros((2, len(thresholds) + 1), np.int64))
        bins[int(mated), sum(terms.sign * score >= t for t in thresholds)] += 1
    cells = sorted(table, key=lambda cell: [(value is None, value or "") for value in cell])
    return Counts(
        tuple(names),
        thresholds,
        tuple(cells),
        np.array([table[cell] for cell in cells]),
        np.zeros((len(cells), 2), np.int64),
    )


def _sides(columns: Columns, terms: Study, row: int) -> list[list[str | None]]:
    """The labels of the probe and of the reference, None where no column holds one."""
    sides: list[list[str | None]] = [[], []]
    for group in terms.groups.values():
        alone = None if terms.pairing == "probe" else group.probe
        for side, column in zip(sides, (group.probe, group.reference or alone), strict=True):
            side.append(None if column is None else str(columns[column][row]))
    return [side for side in sides if any(side)]


def refusal(scores: Any, **terms: Any) -> str:
    with pytest.raises(InputError) as caught:
        counts_of(scores, study(**terms))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def csv(folder: Path, name: str = "a.csv", rows: int = 40, **options: str) -> Path:
    return write_csv(folder / name, trials(rows), **options)


def parquet(folder: Path, name: str = "a.parquet", **changes: Any) -> Path:
    pq.write_table(pa.table({**trials(2000), **changes}), folder / name)
    return folder / name


def bytes_of(name: str, data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return make

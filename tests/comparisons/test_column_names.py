"""A source's columns may be called anything, also what the reading of it calls its own."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import harness

NAMES = ("label", "number", "cell", "side", "n0", "n1", "mated", "score", "row", "rows", "given", "own", "named",
         "bin", "source", "select", "file_row_number", "filename", "column0", 'a "quoted" name')  # fmt: skip


def trials() -> dict[str, list[object]]:
    rng = np.random.default_rng(5)
    probe, reference = rng.integers(0, 12, 400), rng.integers(0, 12, 400)
    groups = np.array(["a", "b"])
    return {
        "probe": [f"p{n}" for n in probe],
        "reference": [f"p{n}" for n in reference],
        "probe_group": groups[probe % 2].tolist(),
        "reference_group": groups[reference % 2].tolist(),
        "truth": (probe == reference).tolist(),
        "similarity": rng.integers(0, 1000, 400).tolist(),
    }


def evaluated(names: dict[str, str]) -> list[dict[str, object]]:
    table = pa.table({names[column]: values for column, values in trials().items()})
    evaluation = harness.evaluate(
        table,
        study={
            "matcher": {"name": "example", "version": "1"},
            "score": {"column": names["similarity"]},
            "mated": {"column": names["truth"]},
            "subjects": [names["probe"], names["reference"]],
            "groups": {"group": [names["probe_group"], names["reference_group"]]},
        },
        thresholds=[200.0, 500.0, 900.0],
    )
    return evaluation.rates.to_pylist()


@pytest.mark.parametrize("shift", range(0, len(NAMES), 3))
def test_names_of_columns_change_nothing(shift: int) -> None:
    columns = list(trials())
    plain = evaluated({column: column for column in columns})
    odd = dict(zip(columns, np.roll(np.array(NAMES, object), -shift), strict=False))
    assert evaluated(odd) == plain

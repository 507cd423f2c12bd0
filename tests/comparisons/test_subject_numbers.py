"""Subjects are numbered in the order of their names, whatever type of column names them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.comparisons import Comparisons
from harness.comparisons.scan import WIDEST
from harness.engines import count_by_subject
from harness.errors import InputError
from harness.study import load_study

STUDY: dict[str, Any] = {
    "matcher": {"name": "example", "version": "1"},
    "subjects": ["probe", "reference"],
    "groups": {"group": "group"},
}
ROWS = 600
AT = np.array([0.5])


def dates(numbers: np.ndarray) -> pa.Array:
    return pa.array([dt.date(2020, 1, 1) + dt.timedelta(int(n)) for n in numbers])


NAMINGS = {
    "int8": lambda n: pa.array(n - 20, pa.int8()),
    "uint8": lambda n: pa.array(n, pa.uint8()),
    "int32": lambda n: pa.array(n, pa.int32()),
    "negative int64": lambda n: pa.array(n - 2**62, pa.int64()),
    "uint64": lambda n: pa.array(n.astype(np.uint64) + np.uint64(2**63), pa.uint64()),
    "uint64 of little more than int64 holds": lambda n: pa.array(n.astype(np.uint64) + np.uint64(2**63 - 20)),
    "int64 from a wide range": lambda n: pa.array(n * WIDEST, pa.int64()),
    "text": lambda n: pa.array([f"s{i}" for i in n]),
    "text in a dictionary": lambda n: pa.array([f"s{i}" for i in n]).dictionary_encode(),
    "numbers as text": lambda n: pa.array([str(i) for i in n]),
    "dates": dates,
    "decimal": lambda n: pa.array(n.tolist(), pa.decimal128(9, 2)),
}


def comparisons(probe: Any, reference: Any, numbers: tuple[np.ndarray, np.ndarray]) -> pa.Table:
    rng = np.random.default_rng(3)
    return pa.table(
        {
            "score": rng.uniform(0, 1, ROWS),
            "mated": numbers[0] == numbers[1],
            "group": rng.choice(["a", "b"], ROWS),
            "probe": probe,
            "reference": reference,
        }
    )


def drawn() -> tuple[np.ndarray, np.ndarray]:
    probe, reference = np.random.default_rng(2).integers(0, 40, (2, ROWS))
    probe[::9] = reference[::9]
    return probe, reference


def texts(column: Any) -> list[str]:
    return [str(value) for value in column.to_pylist()]


def trials_by_number(scores: Any, **terms: Any) -> dict[int, int]:
    with Comparisons(scores, load_study(STUDY | terms)) as opened:
        subjects = opened.subjects
        _, counts = count_by_subject(opened, AT)
    assert counts.subjects.max() == subjects - 1
    found: Counter[int] = Counter()
    for subject, bins in zip(counts.subjects.tolist(), counts.bins, strict=True):
        found[subject] += int(bins.sum())
    return dict(found)


def expected(probe: list[str], reference: list[str]) -> dict[int, int]:
    number = {name: i for i, name in enumerate(sorted({*probe, *reference}))}
    touched = Counter(number[name] for pair in zip(probe, reference, strict=True) for name in set(pair))
    return dict(touched)


@pytest.mark.parametrize("kind", ["parquet", "table"])
@pytest.mark.parametrize("naming", NAMINGS)
def test_every_type_of_name_is_numbered_by_its_text(naming: str, kind: str, tmp_path: Path) -> None:
    numbers = drawn()
    probe, reference = map(NAMINGS[naming], numbers)
    table: Any = comparisons(probe, reference, numbers)
    if kind == "parquet":
        pq.write_table(table, tmp_path / "scores.parquet", row_group_size=100)
        table = tmp_path / "scores.parquet"
    assert trials_by_number(table) == expected(texts(probe), texts(reference))


@pytest.mark.parametrize(("one", "other"), [("int32", "numbers as text"), ("uint8", "int32")])
def test_columns_of_two_types_name_the_same_people_by_the_same_text(one: str, other: str) -> None:
    numbers = drawn()
    probe, reference = NAMINGS[one](numbers[0]), NAMINGS[other](numbers[1])
    found = trials_by_number(comparisons(probe, reference, numbers))
    assert found == expected(texts(probe), texts(reference))


def test_columns_that_name_people_each_in_its_own_way_are_numbered_apart() -> None:
    numbers = drawn()
    probe, reference = map(NAMINGS["int32"], numbers)
    found = trials_by_number(comparisons(probe, reference, numbers), identities="separate")
    assert found == expected([f"0 {p}" for p in texts(probe)], [f"1 {r}" for r in texts(reference)])


@pytest.mark.parametrize("naming", ["int32", "text", "int64 from a wide range", "dates"])
@pytest.mark.parametrize("column", ["probe", "reference"])
def test_a_row_without_a_subject_is_refused_by_its_number(naming: str, column: str) -> None:
    numbers = drawn()
    table = comparisons(*map(NAMINGS[naming], numbers), numbers)
    named = table[column].to_pylist()
    named[123] = None
    place = table.column_names.index(column)
    table = table.set_column(place, column, pa.array(named, table[column].type))
    with pytest.raises(InputError, match=rf"row 124, column '{column}': nothing where a label belongs"):
        trials_by_number(table)


def test_a_column_of_no_subjects_at_all_is_refused() -> None:
    numbers = drawn()
    probe = NAMINGS["int32"](numbers[0])
    table = comparisons(probe, pa.nulls(ROWS, pa.int32()), numbers)
    with pytest.raises(InputError, match="row 1, column 'reference': nothing where a label belongs"):
        trials_by_number(table)


@pytest.mark.parametrize("naming", ["int32", "text", "int64 from a wide range"])
def test_a_subject_non_mated_with_itself_is_refused_by_its_row(naming: str) -> None:
    numbers = drawn()
    table = comparisons(*map(NAMINGS[naming], numbers), numbers)
    mated = table["mated"].to_pylist()
    assert mated[9]
    mated[9] = False
    with pytest.raises(InputError, match=r"row 10, column 'reference': subject .* with itself as non-mated"):
        trials_by_number(table.set_column(1, "mated", pa.array(mated)))


def test_a_file_whose_own_statistics_are_wrong_loses_no_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = drawn()
    table = comparisons(*map(NAMINGS["int32"], numbers), numbers)
    with Comparisons(table, load_study(STUDY)) as opened:
        fetch = opened._database.fetch

        def lied_to(query: str, *rest: Any) -> Any:
            return [(3, 30, 3, 30)] if query.startswith("SELECT min(") else fetch(query, *rest)

        monkeypatch.setattr(opened._database, "fetch", lied_to)
        assert opened.subjects == len({*numbers[0], *numbers[1]})
        counts, _ = count_by_subject(opened, AT)
    assert counts.trials.sum() == ROWS

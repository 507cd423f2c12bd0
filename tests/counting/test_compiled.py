"""The compiled loops count exactly what NumPy's kernels count, which are their reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.comparisons import Comparisons, MemoryLimit
from harness.counting import Counts, SubjectCounts, Tallies, tallies_for, tally
from harness.counting import compiled as compiled_loops
from harness.counting.compiled import CompiledTallies
from harness.counting.tally import NumpyTallies
from harness.engines import count_by_subject
from harness.study import load_study

HUGE = float(np.finfo(np.float64).max)
TINY = 5e-324
PLACES, CODES = 11, 6
THRESHOLDS = [
    np.array([0.5]),
    np.arange(7) / 10,
    np.array([-HUGE, HUGE]),
    np.array([-TINY, 0.0, TINY]),
    np.array([0.1, np.nextafter(0.1, 1), np.nextafter(np.nextafter(0.1, 1), 1), 1e300]),
]
scores_of = st.one_of(
    st.floats(allow_infinity=False, width=32),
    st.sampled_from([*np.concatenate(THRESHOLDS).tolist(), 0.0, -0.0, HUGE, -HUGE, np.nextafter(0.5, 0)]),
)
comparisons_of = st.lists(
    st.tuples(scores_of, st.integers(0, CODES - 1), st.integers(0, PLACES - 1), st.integers(0, PLACES - 1)),
    max_size=60,
)


NUMBERS = np.random.default_rng(6).permutation(300)


def numpys(
    thresholds: np.ndarray, at: np.ndarray, places: int, codes: int, count_missing: bool = False
) -> Tallies:
    return tallies_for(None, ("group",), thresholds, at, places, codes, count_missing=count_missing)


def compiled(
    thresholds: np.ndarray, at: np.ndarray, places: int, codes: int, count_missing: bool = False
) -> Tallies:
    made = tallies_for(1 << 30, ("group",), thresholds, at, places, codes, count_missing=count_missing)
    assert isinstance(made, CompiledTallies)
    return made


def cell(number: int) -> tuple[str]:
    return (f"g{number}",)


def in_parts(comparisons: list[tuple[float, int, int, int]], dtype: Any) -> list[tuple[np.ndarray, ...]]:
    """Give the columns of two batches."""
    scores, codes, one, other = (
        np.array([c[i] for c in comparisons], kind)
        for i, kind in enumerate((np.float64, np.uint8, np.int32, np.int32))
    )
    with np.errstate(over="ignore"):
        scores = scores.astype(dtype)
    scores[np.isinf(scores)] = 0.0
    middle = len(scores) // 2
    return [tuple(column[part] for column in (scores, codes, one, other)) for part in np.s_[:middle, middle:]]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    comparisons_of,
    st.sampled_from(THRESHOLDS),
    st.sampled_from([np.float32, np.float64]),
    st.booleans(),
)
@example([(np.nan, 0, 1, 1), (0.5, 1, 1, 2), (0.5, 1, 2, 2)], THRESHOLDS[0], np.float64, True)
def test_counts_equal_those_of_numpy(
    comparisons: list[tuple[float, int, int, int]], thresholds: np.ndarray, dtype: Any, count_missing: bool
) -> None:
    by_numpy, by_loops = (
        make(thresholds, thresholds[::2], PLACES, CODES, count_missing) for make in (numpys, compiled)
    )
    for scores, codes, one, other in in_parts(comparisons, dtype):
        by_numpy.add(scores, codes, (one, other))
        by_loops.add(scores, codes, (one, other))
    assert by_loops.counts(cell, NUMBERS) == by_numpy.counts(cell, NUMBERS)


@pytest.fixture
def many() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(4)
    rows = 20_000
    one, other = rng.integers(0, 300, (2, rows)).astype(np.int32)
    one[: rows // 2] = 7  # one subject in half of all comparisons
    return rng.normal(size=rows), rng.integers(0, 200, rows).astype(np.uint8), one, other


@pytest.mark.parametrize("in_cache", [1, 1 << 12, 1 << 20])
@pytest.mark.parametrize("sides", [1, 2])
def test_piles_of_any_size_add_up_alike(
    many: tuple[np.ndarray, ...], in_cache: int, sides: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_loops, "IN_CACHE", in_cache)
    monkeypatch.setattr(compiled_loops, "IN_A_PILE", 64)
    thresholds = np.linspace(-2, 2, 50)
    by_numpy, by_loops = (make(thresholds, thresholds[3::5], 300, 200) for make in (numpys, compiled))
    for part in range(0, 20_000, 7000):
        scores, codes, one, other = (column[part : part + 7000] for column in many)
        touched = (one, other)[:sides]
        by_numpy.add(scores, codes, touched)
        by_loops.add(scores, codes, touched)
    assert by_loops.counts(cell, NUMBERS) == by_numpy.counts(cell, NUMBERS)


def test_piles_and_bins_are_wide_where_narrow_ones_could_overflow(
    many: tuple[np.ndarray, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_loops, "HIGHEST_NARROW", 10_000)
    scores, codes, one, other = many
    by_numpy, by_loops = (make(np.zeros(1), np.zeros(1), 300, 200) for make in (numpys, compiled))
    for each in (by_numpy, by_loops):
        each.add(scores, codes, (one, other))
    _, by_subject = found = by_loops.counts(cell, NUMBERS)
    assert by_subject.bins.dtype == np.int64
    assert found == by_numpy.counts(cell, NUMBERS)


STUDY = {
    "matcher": {"name": "example", "version": "1"},
    "groups": {"group": ["probe_group", "reference_group"]},
    "pairing": "cross",
    "subjects": ["probe", "reference"],
    "missing_scores": "count",
}


def counted(path: Path, limit: MemoryLimit | None = None) -> tuple[Counts, SubjectCounts]:
    at = np.linspace(-2, 2, 300)
    with Comparisons(path, load_study(STUDY), memory=limit) as opened:
        return count_by_subject(opened, at)


def test_an_engine_counts_many_comparisons_by_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    probe, reference = rng.integers(0, 900, (2, 50_000))
    scores = rng.normal(size=50_000).astype(np.float32)
    scores[::100] = np.nan
    columns = {
        "score": scores,
        "mated": probe == reference,
        "probe_group": np.array(["a", "b", "c"])[probe % 3],
        "reference_group": np.array(["a", "b", "c"])[reference % 3],
        "probe": probe,
        "reference": reference,
    }
    path = tmp_path / "scores.parquet"
    pq.write_table(pa.table(columns), path)
    by_numpy = counted(path)
    used: list[int] = []
    monkeypatch.setattr(tally, "MANY", 50_000)
    monkeypatch.setattr(CompiledTallies, "add", noting(used, CompiledTallies.add))
    assert counted(path) == by_numpy
    assert sum(used) == 50_000
    used.clear()
    assert counted(path, MemoryLimit.parse("2GB")) == by_numpy
    assert not used


def noting(used: list[int], add: Any) -> Any:
    def noted(self: Any, scores: np.ndarray, *others: Any) -> None:
        used.append(len(scores))
        add(self, scores, *others)

    return noted


@pytest.mark.parametrize(
    ("rows", "codes", "installed", "taken"),
    [
        (tally.MANY - 1, 4, True, NumpyTallies),
        (None, 4, True, NumpyTallies),
        (tally.MANY, tally.MOST_KEYS, True, NumpyTallies),
        (tally.MANY, 4, False, NumpyTallies),
        (tally.MANY, 4, True, CompiledTallies),
    ],
)
def test_compiled_loops_are_taken_where_they_pay(
    rows: int | None, codes: int, installed: bool, taken: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "find_spec", lambda name: installed or None)
    made = tallies_for(rows, ("group",), np.zeros(1), np.zeros(1), 3, codes, count_missing=False)
    assert type(made) is taken

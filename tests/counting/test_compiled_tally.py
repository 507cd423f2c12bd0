"""The compiled kernels count exactly what NumPy's count, which are their reference."""

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
from harness.counting import Counts, SubjectCounts, SubjectTally, compiled_tally, kernels
from harness.counting.compiled_tally import CompiledSubjectTally
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
    tallies = [
        SubjectTally(thresholds, PLACES, count_missing=count_missing),
        CompiledSubjectTally(thresholds, PLACES, CODES, count_missing=count_missing),
    ]
    for scores, codes, one, other in in_parts(comparisons, dtype):
        for tally in tallies:
            tally.add(scores, codes, (one, other))
    by_numpy, by_compiled = (tally.counts(cell) for tally in tallies)
    assert by_numpy == by_compiled


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
    monkeypatch.setattr(compiled_tally, "IN_CACHE", in_cache)
    monkeypatch.setattr(compiled_tally, "IN_A_PILE", 64)
    thresholds = np.linspace(-2, 2, 50)
    reference = SubjectTally(thresholds, 300, count_missing=False)
    tally = CompiledSubjectTally(thresholds, 300, 200, count_missing=False)
    for part in range(0, 20_000, 7000):
        scores, codes, one, other = (column[part : part + 7000] for column in many)
        touched = (one, other)[:sides]
        reference.add(scores, codes, touched)
        tally.add(scores, codes, touched)
    assert tally.counts(cell) == reference.counts(cell)


def test_piles_and_bins_are_wide_where_narrow_ones_could_overflow(
    many: tuple[np.ndarray, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_tally, "HIGHEST_NARROW", 10_000)
    scores, codes, one, other = many
    tally = CompiledSubjectTally(np.zeros(1), 300, 200, count_missing=False)
    assert tally._piles.dtype == np.int64
    reference = SubjectTally(np.zeros(1), 300, count_missing=False)
    for each in (tally, reference):
        each.add(scores, codes, (one, other))
    counts = tally.counts(cell)
    assert counts.bins.dtype == np.int64
    assert counts == reference.counts(cell)


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
    monkeypatch.setattr(kernels, "MANY", 50_000)
    monkeypatch.setattr(CompiledSubjectTally, "add", noting(used, CompiledSubjectTally.add))
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
    ("rows", "codes", "installed", "kernel"),
    [
        (kernels.MANY - 1, 4, True, SubjectTally),
        (None, 4, True, SubjectTally),
        (kernels.MANY, kernels.MOST_CODES + 1, True, SubjectTally),
        (kernels.MANY, 4, False, SubjectTally),
        (kernels.MANY, 4, True, CompiledSubjectTally),
    ],
)
def test_the_compiled_one_is_taken_where_it_pays(
    rows: int | None, codes: int, installed: bool, kernel: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "find_spec", lambda name: installed or None)
    tally = kernels.subject_tally(np.zeros(1), 3, codes, rows=rows, count_missing=False)
    assert type(tally) is kernel

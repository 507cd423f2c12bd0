"""Every engine counts the same hard cases to the last bit, and as a slow count of one row at a time does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness import engines
from harness.comparisons import Comparisons, all_pairs, resolve_study
from harness.counting import Counts, SubjectCounts, thresholds_for
from harness.errors import InputError
from harness.study import Study
from tests.engines.hard_cases import (
    CASES,
    OF_DIFFERENT_TYPES,
    Case,
    Columns,
    at,
    csv,
    drawn,
    mille,
    parquet,
    study,
)
from tests.engines.slow_counting import Table, as_table, neighbours, slow_count

Found = tuple[Counts, SubjectCounts | None]


def counted(scores: Any, terms: Study, thresholds: np.ndarray, engine: engines.Engine, **among: Any) -> Found:
    with engines.open_with(scores, terms, engine) as comparisons:
        if not terms.subjects:
            return engines.count(comparisons, thresholds), None
        return engines.count_by_subject(comparisons, thresholds, **among)


@pytest.fixture(scope="session")
def dask_cluster() -> Iterator[str]:
    if find_spec("distributed") is None:
        pytest.skip("dask is not installed")
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(
    params=[
        "local",
        "checkpoints",
        pytest.param("dask", marks=pytest.mark.slow),
        pytest.param("spark", marks=pytest.mark.slow),
    ]
)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> engines.Engine:
    if request.param == "checkpoints":
        return engines.choose_engine("local", checkpoints=tmp_path / "checkpoints")
    if request.param == "dask":
        return engines.choose_engine("dask", scheduler=request.getfixturevalue("dask_cluster"))
    if request.param == "spark":
        request.getfixturevalue("spark_session")
        return engines.choose_engine("spark", master="local[2]")
    return engines.choose_engine("local")


@cache
def expected(name: str) -> tuple[Table, Table]:
    """Count slowly: at all thresholds, and at those of the counts by subject."""
    case = CASES[name]
    names = {str(value) for column in case.study.subjects for value in case.columns[column]}
    people = len(names) * (2 if case.study.identities == "separate" else 1)
    coarse = thresholds_for(case.thresholds, people)
    of_all = slow_count(case.columns, case.study, case.thresholds.tolist())
    return of_all, of_all if len(coarse) == len(case.thresholds) else slow_count(
        case.columns, case.study, coarse.tolist()
    )


@pytest.mark.parametrize("name", CASES)
def test_counts_are_exact(name: str, engine: engines.Engine, tmp_path: Path) -> None:
    case: Case = CASES[name]
    found = as_table(*counted(case.files(tmp_path / "files"), case.study, case.thresholds, engine))
    of_all, of_subjects = expected(name)
    assert found.bins == of_all.bins
    assert found.missing == of_all.missing
    assert found.cells == of_all.cells
    if case.study.subjects:
        assert found.of_subjects == of_subjects.of_subjects


def test_files_that_hold_a_column_as_different_types_are_counted_or_refused(
    engine: engines.Engine, tmp_path: Path
) -> None:
    case = OF_DIFFERENT_TYPES
    files = case.files(tmp_path / "files")
    if isinstance(engine, engines.Dask) or (isinstance(engine, engines.Local) and engine.checkpoints):
        with pytest.raises(InputError, match=r"holds .*; write both alike"):
            counted(files, case.study, case.thresholds, engine)
        return
    found = as_table(*counted(files, case.study, case.thresholds, engine))
    assert found == slow_count(case.columns, case.study, case.thresholds.tolist())


def uint64(folder: Path, columns: Columns) -> None:
    parquet({"score": pa.uint64()}, files=2)(folder, columns | {"score": [1] * 299 + [2**53 + 1]})


def long_csv(folder: Path, columns: Columns) -> None:
    csv(lambda number, _: "9007199254740993" if number == 149 else "1")(folder, columns)


def of_another_folder(folder: Path, columns: Columns) -> None:
    own = folder / "sex=female"
    own.mkdir()
    csv(lambda _, score: repr(score))(own, columns | {"sex": ["female"] * 299 + ["male"]})


def copied(folder: Path, columns: Columns) -> None:
    parquet(files=1)(folder, columns)
    shutil.copy(folder / "0.parquet", folder / "1.parquet")


def two_lines(folder: Path, columns: Columns) -> None:
    parquet(files=2)(folder, columns | {"sex": ["female"] * 299 + ["two\nlines"]})


def twice_named(folder: Path, columns: Columns) -> None:
    table = pa.table(columns)
    pq.write_table(table.append_column("Sex", table["sex"]), folder / "0.parquet")


REFUSED: dict[str, tuple[Callable[[Path, Columns], None], str]] = {
    "a whole number beyond 2^53": (
        uint64,
        r"1\.parquet: row 150, column 'score': '9007199254740993' has more digits",
    ),
    "one in CSV": (long_csv, r"[01]\.csv: row 150, column 'score': '9007199254740993' has more digits"),
    "rows that their folder contradicts": (
        of_another_folder,
        r"1\.csv: row 150, column 'sex': 'male', but it lies in",
    ),
    "a copy": (copied, r"1\.parquet: holds the same bytes as .*0\.parquet"),
    "a label of two lines": (
        two_lines,
        r"1\.parquet: row 150, column 'sex': 'two\\nlines' holds a line break",
    ),
    "two columns of one name": (twice_named, r"0\.parquet: column 'sex' appears twice"),
}


@pytest.mark.parametrize(("write", "problem"), REFUSED.values(), ids=REFUSED)
def test_no_engine_takes(
    write: Callable[[Path, Columns], None], problem: str, engine: engines.Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    write(folder, drawn(np.arange(300) / 300))
    with pytest.raises(InputError, match=problem):
        counted(folder, study(), at([0.5]), engine)


@pytest.mark.parametrize("pairing", ["within", "probe", "cross"])
def test_a_mated_comparison_of_two_labels_is_refused_by_row(
    pairing: str, engine: engines.Engine, tmp_path: Path
) -> None:
    columns = drawn(mille(90))
    row = 35  # of the second file, which begins with row 30
    columns["mated"][row], columns["reference"][row] = True, columns["probe"][row]
    columns["probe_ethnicity"][row], columns["reference_ethnicity"][row] = "Weiß", "white"
    parquet()(tmp_path, columns)
    with pytest.raises(InputError) as caught:
        counted(sorted(tmp_path.glob("*.parquet")), study(pairing=pairing), at([0.5]), engine)
    assert str(caught.value).startswith(
        f"{tmp_path}/1.parquet: row 6, columns 'probe_ethnicity' and 'reference_ethnicity': 'Weiß' and 'white' for one"
    )


def test_near_equal_labels_are_refused_whatever_their_column_and_file(
    engine: engines.Engine, tmp_path: Path
) -> None:
    columns = drawn(mille(90))
    columns["probe_ethnicity"] = ["white"] * 90
    columns["reference_ethnicity"] = ["white"] * 60 + ["White "] * 30
    columns["mated"], columns["reference"] = [False] * 90, ["nobody else"] * 90
    parquet()(tmp_path, columns)
    with pytest.raises(InputError) as caught:
        counted(sorted(tmp_path.glob("*.parquet")), study(), at([0.5]), engine)
    assert "labels of ethnicity that differ only in case" in str(caught.value)
    assert "'White ', 'white'" in str(caught.value)


def test_bytes_are_those_of_one_machine(engine: engines.Engine, tmp_path: Path) -> None:
    name = "missing scores that count, people named by each column in its own way"
    files = CASES[name].files(tmp_path / "files")
    found, plain = (
        counted(files, CASES[name].study, CASES[name].thresholds, by)
        for by in (engine, engines.choose_engine())
    )
    assert [part.to_bytes() for part in found if part] == [part.to_bytes() for part in plain if part]


def test_half_of_the_subjects_are_counted_alone(engine: engines.Engine, tmp_path: Path) -> None:
    columns, thresholds = drawn(np.arange(300) / 300), at(np.arange(0, 1, 0.125))
    names = sorted({*columns["probe"], *columns["reference"]})
    among = np.arange(len(names)) % 2 == 0
    kept = {name for name, is_kept in zip(names, among, strict=True) if is_kept}
    parquet()(tmp_path, columns)
    found = as_table(*counted(sorted(tmp_path.glob("*.parquet")), study(), thresholds, engine, among=among))
    rows = [i for i in range(300) if {columns["probe"][i], columns["reference"][i]} <= kept]
    alone = slow_count(
        {name: [v[i] for i in rows] for name, v in columns.items()}, study(), thresholds.tolist()
    )
    assert (found.bins, found.missing) == (alone.bins, alone.missing)
    number_of = {name: i for i, name in enumerate(names)}
    own = sorted({columns[side][i] for side in ("probe", "reference") for i in rows})
    assert found.of_subjects == {
        (cell, truth, number_of[own[subject]]): bins
        for (cell, truth, subject), bins in alone.of_subjects.items()
    }


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("pairing", ["within", "cross"])
def test_pairs_of_templates_are_counted_like_any_comparison(pairing: str, metric: Any) -> None:
    rng = np.random.default_rng(1)
    faces = rng.choice([-0.5, 0.5], (60, 4))  # of length 1: every cosine is exact, and a tie with many
    who, sex = rng.integers(0, 9, 60), rng.choice(["female", "male"], 60)
    pairs = all_pairs(faces, who, {"sex": sex}, metric=metric)
    terms = resolve_study(
        pairs,
        {"matcher": {"name": "example", "version": "1"}, "labels_of": "image", "pairing": pairing},
    )
    one, other = np.triu_indices(60, 1)
    dots = [
        sum(float(a) * float(b) for a, b in zip(faces[i], faces[j], strict=True))
        for i, j in zip(one, other, strict=True)
    ]
    columns = {
        terms.score.column: dots if metric == "cosine" else [(2 - 2 * dot) ** 0.5 for dot in dots],
        terms.mated.column: (who[one] == who[other]).tolist(),
        **dict(zip(terms.subjects, (who[one].tolist(), who[other].tolist()), strict=True)),
        **dict(zip(terms.groups["sex"].columns, (sex[one].tolist(), sex[other].tolist()), strict=True)),
    }
    thresholds = at(neighbours(terms.sign * np.array([-1, -0.5, 0, 0.5, 1, 2**0.5, 3**0.5, 2])))
    found = as_table(*counted(pairs, terms, thresholds, engines.choose_engine()))
    assert found == slow_count(columns, terms, thresholds.tolist())


SCORES = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0, 0.1, 0.3, 1.0, None])


@settings(max_examples=60)
@given(
    scores=st.lists(SCORES, min_size=1, max_size=40),
    thresholds=arrays.arrays(
        np.float64, st.integers(1, 40), elements=st.floats(-2, 2) | st.sampled_from([0.1, 0.3])
    ),
    missing_scores=st.sampled_from(["exclude", "count"]),
    seed=st.integers(0, 9),
)
def test_any_scores_at_any_thresholds_on_one_machine(
    scores: list[float | None], thresholds: np.ndarray, missing_scores: str, seed: int
) -> None:
    terms = study(missing_scores=missing_scores)
    columns = drawn(scores, seed, subjects=6)
    gaps = {"score": np.array([np.nan if score is None else score for score in scores])}
    with Comparisons(columns | gaps, terms) as comparisons:
        found = engines.count_by_subject(comparisons, at(thresholds))
    assert as_table(*found) == slow_count(columns, terms, at(thresholds).tolist())


@pytest.mark.slow
def test_many_random_examples_at_once(engine: engines.Engine, tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    scores = [
        example
        for scale in (1e-12, 1.0, 1e12)
        for example in (rng.normal(0, scale, 150).round(13) + 0.0).tolist()
    ]
    thresholds = at(rng.choice(scores, 40), neighbours(rng.choice(scores, 20)), rng.normal(0, 1, 40))
    columns = drawn(scores, subjects=25)
    parquet()(tmp_path, columns)
    found = as_table(*counted(sorted(tmp_path.glob("*.parquet")), study(), thresholds, engine))
    assert found == slow_count(columns, study(), thresholds.tolist())

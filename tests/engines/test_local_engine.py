"""One machine: what turns up late, and what is far too long for one batch, is counted like the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from harness.comparisons import Comparisons
from harness.comparisons.stream import ROWS_TO_GUESS_LABELS_FROM
from harness.counting import Counts
from harness.engines import count, count_by_subject
from harness.errors import InputError
from harness.study import load_study

ROWS = 2 * ROWS_TO_GUESS_LABELS_FROM + 50_000
NAMED: dict[str, Any] = {"matcher": {"name": "example", "version": "1"}}
STUDY = load_study({**NAMED, "groups": {"group": "group"}})
MILLE = np.arange(1001) / 1000


def table(**changes: Any) -> pa.Table:
    rng = np.random.default_rng(1)
    columns = {
        "score": rng.integers(0, 1001, ROWS) / 1000,
        "mated": rng.integers(0, 2, ROWS),
        "group": np.array(["b", "c"])[rng.integers(0, 2, ROWS)],
    }
    return pa.table({**columns, **changes})


def with_late_labels() -> pa.Table:
    groups = table()["group"].to_numpy(zero_copy_only=False).copy()
    groups[-3:] = ["a", "d", "a"]
    return table(group=groups)


def write(folder: Path, kind: str, rows: pa.Table) -> Any:
    path = folder / f"scores.{kind}"
    if kind == "csv":
        pa.csv.write_csv(rows, path)
    elif kind == "parquet":
        pq.write_table(rows, path, row_group_size=10_000)
    elif kind == "arrow":
        with pa.ipc.new_stream(str(path), rows.schema) as writer:
            writer.write_table(rows, max_chunksize=10_000)
    else:
        return rows.to_reader(max_chunksize=10_000) if kind == "reader" else rows
    return path


def naive(rows: pa.Table, thresholds: np.ndarray) -> dict[str, np.ndarray]:
    score, mated, group = (rows[name].to_numpy(zero_copy_only=False) for name in ("score", "mated", "group"))
    found = {}
    for label in np.unique(group.astype(str)):
        own = [np.sort(score[(group == label) & (mated == m)]) for m in (0, 1)]
        found[label] = np.array([len(s) - np.searchsorted(s, thresholds) for s in own])
    return found


def assert_counts(counts: Counts, rows: pa.Table, thresholds: np.ndarray) -> None:
    expected = naive(rows, thresholds)
    assert counts.cells == tuple((label,) for label in expected)
    np.testing.assert_array_equal(counts.matches, np.array(list(expected.values())))
    assert counts.trials.sum() == ROWS


every_kind = pytest.mark.parametrize("kind", ["csv", "parquet", "arrow", "reader", "table"])


@every_kind
def test_labels_that_first_appear_after_the_first_rows_are_counted(kind: str, tmp_path: Path) -> None:
    rows = with_late_labels()
    with Comparisons(write(tmp_path, kind, rows), STUDY) as comparisons:
        assert_counts(count(comparisons, MILLE), rows, MILLE)
        assert_counts(count(comparisons, MILLE[::10]), rows, MILLE[::10])


@every_kind
def test_late_labels_are_surveyed(kind: str, tmp_path: Path) -> None:
    rows = with_late_labels()
    score = rows["score"].to_numpy()
    with Comparisons(write(tmp_path, kind, rows), STUDY) as comparisons:
        cells = comparisons.read(lambda coding: comparisons.survey(coding, 3))
    assert sum(cell.trials for cell in cells) == ROWS
    assert {cell.cell for cell in cells} == {("a",), ("b",), ("c",), ("d",)}
    assert min(cell.lowest for cell in cells) == score.min()
    assert sorted(s for cell in cells for s in cell.highest)[-1] == score.max()
    assert all(list(cell.highest) == sorted(cell.highest, reverse=True) for cell in cells)


@every_kind
@pytest.mark.parametrize("at", [16, ROWS_TO_GUESS_LABELS_FROM + 7, ROWS - 1])
def test_a_bad_row_is_named_by_its_own_number_wherever_it_stands(kind: str, at: int, tmp_path: Path) -> None:
    score = table()["score"].to_numpy().copy()
    score[at] = np.inf
    with (
        Comparisons(write(tmp_path, kind, table(score=score)), STUDY) as comparisons,
        pytest.raises(InputError, match=rf"row {at + 1}, column 'score': 'inf' is not finite"),
    ):
        count(comparisons, MILLE)


def test_counting_goes_on_after_a_refusal_elsewhere(tmp_path: Path) -> None:
    with Comparisons(write(tmp_path, "parquet", table()), STUDY) as comparisons:
        with pytest.raises(RuntimeError, match="stopped"):
            count(comparisons, MILLE, progress=_stop)
        assert_counts(count(comparisons, MILLE), table(), MILLE)


def _stop(rows: int) -> None:
    raise RuntimeError(f"stopped after {rows}")


def test_progress_adds_up_to_the_rows(tmp_path: Path) -> None:
    seen: list[int] = []
    with Comparisons(write(tmp_path, "parquet", table()), STUDY) as comparisons:
        count(comparisons, MILLE, progress=seen.append)
        assert comparisons.rows() == ROWS
    assert sum(seen) == ROWS
    assert len(seen) > 1


@pytest.mark.parametrize("kind", ["parquet", "arrow", "table"])
def test_float32_scores_give_the_counts_of_the_same_values_in_float64(kind: str, tmp_path: Path) -> None:
    narrow = np.random.default_rng(2).normal(0.5, 0.2, ROWS).astype(np.float32)
    thresholds = np.unique(np.concatenate([MILLE, narrow[:500].astype(np.float64)]))
    counts = []
    for score in (narrow, narrow.astype(np.float64)):
        with Comparisons(write(tmp_path, kind, table(score=score)), STUDY) as comparisons:
            counts.append(count(comparisons, thresholds))
    assert counts[0] == counts[1]
    assert_counts(counts[0], table(score=narrow.astype(np.float64)), thresholds)


def test_extreme_scores_stay_in_their_own_group() -> None:
    huge = np.finfo(np.float64).max
    rows = pa.table({"score": [huge, -huge, huge, -huge], "mated": [0, 0, 0, 1], "group": list("aabb")})
    with Comparisons(rows, STUDY) as comparisons:
        counts = count(comparisons, np.array([0.4, 0.6]))
    assert counts.matches.tolist() == [[[1, 1], [0, 0]], [[1, 1], [0, 0]]]


@pytest.mark.parametrize("kind", ["parquet", "arrow", "table"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_that_are_not_a_number_are_neither_surveyed_nor_counted_as_scores(
    kind: str, dtype: type, tmp_path: Path
) -> None:
    score = table()["score"].to_numpy().astype(dtype)
    score[::10_000] = np.nan  # statistics kept in Parquet files leave NaN out
    study = load_study({**STUDY.to_dict(), "missing_scores": "exclude"})
    with Comparisons(write(tmp_path, kind, table(score=score)), study) as comparisons:
        cells = comparisons.read(lambda coding: comparisons.survey(coding, 5))
        counts = count(comparisons, MILLE)
    absent = np.isnan(score).sum()
    assert sum(cell.trials for cell in cells) == ROWS - absent
    assert np.isfinite([score for cell in cells for score in (cell.lowest, *cell.highest)]).all()
    assert max(cell.highest[0] for cell in cells) == np.nanmax(score)
    assert (counts.missing.sum(), counts.trials.sum()) == (absent, ROWS - absent)


@every_kind
def test_progress_is_taken_back_where_rows_must_be_read_again(kind: str, tmp_path: Path) -> None:
    seen: list[int] = []
    with Comparisons(write(tmp_path, kind, with_late_labels()), STUDY) as comparisons:
        count(comparisons, MILLE, progress=seen.append)
    assert sum(seen) == ROWS
    assert min(seen) < 0


@pytest.mark.parametrize("labels", [5, 254, 255, 256, 257, 300])
@pytest.mark.parametrize("pairing", ["within", "probe", "cross"])
def test_any_number_of_labels_is_coded(labels: int, pairing: str) -> None:
    rng = np.random.default_rng(4)
    probe, reference = rng.integers(0, labels, (2, 20_000))
    reference[::2] = probe[::2]
    probe[:labels] = reference[:labels] = np.arange(labels)
    rows = pa.table(
        {
            "score": rng.uniform(0, 1, len(probe)),
            "mated": rng.integers(0, 2, len(probe)),
            "probe": [f"{i:03d}" for i in probe],
            "reference": [f"{i:03d}" for i in reference],
        }
    )
    study = load_study(
        {**NAMED, "groups": {"group": ["probe", "reference"]}, "labels_of": "image", "pairing": pairing}
    )
    with Comparisons(rows, study) as comparisons:
        counts = count(comparisons, np.array([0.5]))
    expected: dict[tuple[str | None, ...], list[int]] = {}
    for score, mated, one, other in zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True):
        shared = one if pairing == "probe" or one == other else None
        cell = (one, other) if pairing == "cross" else (shared,)
        expected.setdefault(cell, [0, 0, 0, 0])[2 * mated + (score >= 0.5)] += 1
    assert dict(zip(counts.cells, counts.bins.reshape(-1, 4).tolist(), strict=True)) == expected


def test_trials_that_are_not_among_the_subjects_are_not_counted() -> None:
    rng = np.random.default_rng(5)
    probe, reference = rng.integers(0, 30, (2, 5000))
    rows = pa.table(
        {
            "score": rng.uniform(0, 1, 5000),
            "mated": probe == reference,
            "group": rng.choice(["a", "b"], 5000),
            "probe": [f"{i:02d}" for i in probe],
            "reference": [f"{i:02d}" for i in reference],
        }
    )
    study = load_study({**NAMED, "groups": {"group": "group"}, "subjects": ["probe", "reference"]})
    among = np.arange(30) % 3 == 0
    kept = pa.array(among[probe] & among[reference])
    with Comparisons(rows, study) as comparisons:
        some, by_subject = count_by_subject(comparisons, MILLE, among=among)
    with Comparisons(rows.filter(kept), study) as comparisons:
        alone, alone_by_subject = count_by_subject(comparisons, MILLE)
    assert some == alone
    assert (by_subject.subjects % 3 == 0).all()
    assert by_subject.bins.sum() == alone_by_subject.bins.sum()


@pytest.mark.parametrize("at", [0.0, 0.9], ids=["all thresholds", "the tail"])
def test_rows_in_any_order_and_number_of_files_give_the_same_counts(at: float, tmp_path: Path) -> None:
    rows = table().append_column("subject", pa.array(np.arange(ROWS) % 97))
    study = load_study({**STUDY.to_dict(), "subjects": ["subject"]})
    shuffled = rows.take(np.random.default_rng(6).permutation(ROWS))
    for i in range(3):
        pq.write_table(
            shuffled[i * 50_000 : (i + 1) * 50_000], tmp_path / f"{i}.parquet", row_group_size=9_999
        )
    found = []
    for scores in (rows, tmp_path):
        with Comparisons(scores, study) as comparisons:
            found.append(count_by_subject(comparisons, at + MILLE / 10))
    assert found[0] == found[1]
    assert [part.to_bytes() for part in found[0]] == [part.to_bytes() for part in found[1]]

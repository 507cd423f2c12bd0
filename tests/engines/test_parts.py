"""Counted part by part, files give what one pass over all of them gives, to the bit, or are refused alike."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.comparisons import CellScores, Comparisons
from harness.engines import count, count_by_subject, survey
from harness.engines.cluster import InTurn, PartedComparisons, open_parts
from harness.engines.cluster import parts as parts_of_files
from harness.engines.cluster.merging import TreeSum, merged_cells, numbers_of, united
from harness.errors import InputError
from harness.study import Study
from tests.engines.parted_files import THRESHOLDS, comparisons, document, study, write, write_parts

AT = np.arange(21) / 20


def parted(scores: Any, of: Study) -> PartedComparisons:
    return open_parts(scores, of, InTurn)


def agrees_with_one_pass(scores: Any, of: Study) -> None:
    with Comparisons(scores, of) as whole, parted(scores, of) as parts:
        assert (parts.name, parts.columns, parts.score_type) == (whole.name, whole.columns, whole.score_type)
        assert parts.inputs() == whole.inputs()
        assert parts.subjects == whole.subjects
        assert parts.rows() == whole.rows()
        by_cell = {(cell.cell, cell.mated): cell for cell in survey(whole, 7)}
        assert {(cell.cell, cell.mated): cell for cell in survey(parts, 7)} == by_cell
        if not of.subjects:
            assert count(parts, AT).to_bytes() == count(whole, AT).to_bytes()
            return
        half = np.arange(whole.subjects) % 2 == 0
        for among in (None, half):
            one, other = (count_by_subject(opened, AT, among=among) for opened in (whole, parts))
            assert [part.to_bytes() for part in other] == [part.to_bytes() for part in one]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
def test_parts_of_any_format_add_up_to_one_pass(suffix: str, tmp_path: Path) -> None:
    write_parts(tmp_path / "scores", comparisons(2000), 3, suffix)
    agrees_with_one_pass(tmp_path / "scores", study())


@pytest.mark.parametrize(
    "terms",
    [
        {"identities": "separate"},
        {"subjects": ["probe"]},
        {"subjects": []},
        {"pairing": "cross"},
        {"score": {"column": "score", "better": "lower"}},
        {
            "mated": {"column": "site", "mated": ["west"], "non_mated": ["north", "south"]},
            "groups": {"sex": ["probe_sex", "reference_sex"]},
            "axes": ["sex"],
            "labels_of": "image",
            "identities": "separate",
        },
    ],
    ids=lambda terms: ",".join(terms),
)
def test_on_any_terms_parts_add_up_to_one_pass(terms: dict[str, Any], tmp_path: Path) -> None:
    write_parts(tmp_path / "scores", comparisons(2000), 3)
    agrees_with_one_pass(tmp_path / "scores", study(**terms))


SPLIT = pytest.param({"confirm": "split"}, marks=pytest.mark.slow)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"thresholds": THRESHOLDS}, SPLIT], ids=str)
def test_an_evaluation_has_the_same_bytes(options: dict[str, Any], tmp_path: Path) -> None:
    paths = write_parts(tmp_path / "scores", comparisons(4000), 4)
    assert document(paths, checkpoints=tmp_path / "kept", **options) == document(paths, **options)


@pytest.mark.parametrize("missing", ["exclude", "count"])
def test_missing_scores_are_counted_alike(missing: str, tmp_path: Path) -> None:
    table = comparisons(2000)
    score = table["score"].to_numpy().copy()
    score[::17] = np.nan
    with_nan = table.set_column(0, "score", pa.array(score))
    write_parts(tmp_path, with_nan, 3)
    agrees_with_one_pass(tmp_path, study(missing_scores=missing))


def test_subjects_that_are_numbers_in_one_file_and_text_in_another_are_the_same_people(
    tmp_path: Path,
) -> None:
    table = comparisons(3000)
    for place, column in ((2, "probe"), (3, "reference")):
        numbers = pc.cast(pc.replace_substring_regex(table[column], r"^\D", ""), pa.int64())
        table = table.set_column(place, column, numbers)
    as_text = table.set_column(2, "probe", table["probe"].cast(pa.string()))
    narrow = table.set_column(2, "probe", table["probe"].cast(pa.int16()))
    for i, part in enumerate((table, as_text, narrow)):
        write(tmp_path / f"{i}.parquet", part.slice(1000 * i, 1000))
    agrees_with_one_pass(tmp_path, study())


def test_float32_beside_float64_is_counted_as_both_are_stored(tmp_path: Path) -> None:
    table = comparisons(2000)
    narrow = table.set_column(0, "score", table["score"].cast(pa.float32()))
    write(tmp_path / "0.parquet", table.slice(0, 1000))
    write(tmp_path / "1.parquet", narrow.slice(1000))
    agrees_with_one_pass(tmp_path, study())
    with parted([tmp_path / "1.parquet"], study()) as alone:
        assert alone.score_type == "float32"


def test_a_file_without_rows_among_others_adds_nothing(tmp_path: Path) -> None:
    table = comparisons(500)
    write(tmp_path / "0.parquet", table)
    write(tmp_path / "1.parquet", table.slice(0, 0))
    agrees_with_one_pass(tmp_path, study())


def test_files_that_hold_no_row_at_all_are_refused(tmp_path: Path) -> None:
    for i in range(2):
        write(tmp_path / f"{i}.parquet", comparisons(5).slice(0, 0))
    with parted(tmp_path, study()) as parts, pytest.raises(InputError, match="holds no comparisons"):
        count_by_subject(parts, AT)


class TestRowsOfOneFile:
    @pytest.fixture(autouse=True)
    def _small_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parts_of_files, "ROWS_OF_A_PART", 500)

    def test_a_large_file_is_counted_in_parts_that_hold_each_row_once(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scores.parquet", comparisons(1600))
        named = parts_of_files.NamedFile.of(path, "Parquet")
        parts = parts_of_files.digest_file(named, None).parts
        assert parts == ((0, 500), (500, 1000), (1000, 1600))
        agrees_with_one_pass(path, study())

    def test_a_bad_row_is_named_by_its_number_in_the_file(self, tmp_path: Path) -> None:
        table = comparisons(2000)
        score = table["score"].to_numpy().copy()
        score[1402] = np.inf
        path = write(tmp_path / "scores.parquet", table.set_column(0, "score", pa.array(score)))
        with parted(path, study()) as parts, pytest.raises(InputError) as refused:
            count_by_subject(parts, AT)
        assert str(refused.value).startswith(f"{path}: row 1403, column 'score': 'inf' is not finite")

    def test_a_column_called_as_duckdb_calls_row_numbers_is_no_obstacle(self, tmp_path: Path) -> None:
        table = comparisons(1000)
        numbered = table.append_column("file_row_number", pa.array(np.zeros(1000)))
        agrees_with_one_pass(write(tmp_path / "scores.parquet", numbered), study())


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
def test_a_bad_row_is_refused_as_in_one_pass(suffix: str, tmp_path: Path) -> None:
    table = comparisons(900)
    site = table["site"].to_pylist()
    site[700] = "  "
    paths = write_parts(tmp_path, table.set_column(6, "site", pa.array(site)), 3, suffix)
    refusals = []
    for options in ({}, {"checkpoints": tmp_path / "kept"}):
        with pytest.raises(InputError) as refused:
            document(paths, thresholds=THRESHOLDS, **options)
        refusals.append(str(refused.value))
    assert refusals[0] == refusals[1]
    assert refusals[0].startswith(f"{paths[2]}: row ")


def changed(column: str, values: pa.Array) -> pa.Table:
    table = comparisons(10)
    return table.set_column(table.column_names.index(column), column, values)


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("score", pa.array(range(10), pa.float32()), pa.array(range(10), pa.int32())),
        ("score", pa.array(map(Decimal, range(10)), pa.decimal128(9, 2)), pa.array(range(10), pa.float64())),
        ("site", pa.array([True] * 10), pa.array([1] * 10)),
        ("site", pa.array(map(Decimal, range(10)), pa.decimal128(9, 1)), pa.array(range(10))),
    ],
    ids=str,
)
def test_columns_that_read_together_would_mean_something_else_are_refused(
    column: str, one: pa.Array, other: pa.Array, tmp_path: Path
) -> None:
    write(tmp_path / "0.parquet", changed(column, one))
    write(tmp_path / "1.parquet", changed(column, other))
    with (
        parted(tmp_path, study()) as parts,
        pytest.raises(InputError, match=rf"1\.parquet: column '{column}' holds \S+, and \S+ in .*0\.parquet"),
    ):
        parts.rows()


@pytest.mark.parametrize("suffix", ["csv", "arrow"])
def test_files_whose_columns_differ_are_refused(suffix: str, tmp_path: Path) -> None:
    write(tmp_path / f"0.{suffix}", comparisons(10))
    write(tmp_path / f"1.{suffix}", comparisons(10).append_column("more", pa.array(range(10))))
    with (
        parted(tmp_path, study()) as parts,
        pytest.raises(InputError, match=rf"1\.{suffix}: its columns or types differ from those of"),
    ):
        parts.rows()


def test_what_is_not_in_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Table is read in this process, all at once"):
        document(comparisons(10), checkpoints=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_file_that_changes_while_it_is_counted_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "scores.parquet", comparisons(100))

    def grow(*options: Any, **more: Any) -> Any:
        with path.open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr(
        "harness.engines.cluster.parts.local.count_by_subject", lambda *a, **k: (grow(), grow())
    )
    with (
        parted(path, study()) as parts,
        pytest.raises(InputError, match="changed while it was read; run again"),
    ):
        count_by_subject(parts, AT)


def test_progress_adds_up_to_the_rows(tmp_path: Path) -> None:
    seen: list[int] = []
    paths = write_parts(tmp_path, comparisons(2000), 4)
    for _ in range(2):  # counted, and taken from checkpoints
        with open_parts(paths, study(), InTurn, checkpoints=tmp_path / "kept") as parts:
            count(parts, AT, progress=seen.append)
            assert parts.rows() == 2000
        assert sum(seen) == 2000
        seen.clear()


@pytest.mark.slow
def test_a_memory_limit_holds_for_what_is_kept_of_earlier_parts_too(tmp_path: Path) -> None:
    paths = write_parts(tmp_path, comparisons(2000), 4)
    bounded = document(paths, thresholds=THRESHOLDS, checkpoints=tmp_path / "kept", memory_limit="600MB")
    assert bounded == document(paths, thresholds=THRESHOLDS)
    with pytest.raises(InputError, match=r"memory limit 380 MB is too low: counting .* takes about"):
        document(paths, thresholds="0:1:0.00001", checkpoints=tmp_path / "few", memory_limit="380MB")


class TestTreeSum:
    @given(st.lists(st.integers()))
    def test_the_total_is_the_sum(self, numbers: list[int]) -> None:
        tree = TreeSum[int](operator.add)
        for number in numbers:
            tree.add(number)
        assert tree.total(0) == sum(numbers)

    def test_each_summand_is_added_as_often_as_the_logarithm_of_their_number(self) -> None:
        tree = TreeSum[Sequence[int]](lambda one, other: [1 + depth for depth in (*one, *other)], len)
        for i in range(1, 1025):
            tree.add([0])
            assert tree.bytes == i
        assert set(tree.total([])) == {10}


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


class TestNames:
    @given(st.lists(st.lists(texts, unique=True), min_size=1, max_size=4))
    def test_united_they_are_numbered_as_python_sorts_their_bytes(self, parts: list[list[str]]) -> None:
        sides = [(pa.array(sorted(names, key=str.encode), pa.large_string()),) for names in parts]
        everybody = sides[0]
        for side in sides[1:]:
            everybody = united(everybody, side)
        expected = sorted(set().union(*parts), key=str.encode)
        assert everybody[0].to_pylist() == expected
        for (side,) in sides:
            assert numbers_of((side,), everybody).tolist() == [
                expected.index(name) for name in side.to_pylist()
            ]

    def test_numbers_go_on_from_side_to_side(self) -> None:
        one, other = (pa.array(list(names), pa.large_string()) for names in ("abc", "xyz"))
        part = (pa.array(["b"], pa.large_string()), pa.array(["x", "z"], pa.large_string()))
        assert numbers_of(part, (one, other)).tolist() == [1, 3, 5]


@given(st.lists(st.lists(st.integers(0, 9), min_size=1), min_size=1, max_size=5), st.integers(1, 6))
def test_merged_looks_at_a_cell_show_what_a_look_at_all_its_scores_shows(
    parts: list[list[int]], tail: int
) -> None:
    def seen(scores: list[int]) -> CellScores:
        highest = tuple(map(float, sorted(scores, reverse=True)[:tail]))
        return CellScores(("a",), False, len(scores), float(min(scores)), highest)

    merged: Any = {}
    for part in parts:
        merged = merged_cells(merged, [seen(part)], tail)
    assert list(merged.values()) == [seen([score for part in parts for score in part])]

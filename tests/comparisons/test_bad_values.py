"""A row that cannot be used: one line that names the file, row, column and value, and the remedy."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.comparisons.known_trials import Columns, counts_of, naive_counts, refusal, study, trials, write_csv

ROW = 17
GIVE = "give the score, or say in the study how failures count (missing_scores: exclude, or count)"
NUMBER = "is not a number; write scores with a decimal point and no other marks"
FINITE = "is not finite; leave the score of a failed comparison empty"
EITHER = (
    "is neither mated nor non-mated; write 1 or 0, or map the label in the study "
    "(mated: {column: ..., mated: [...], non_mated: [...]})"
)
LABEL = "where a label belongs; label the row, 'unknown' if need be, or leave it out"
SEPARATE = "say in the study that the columns name people each in its own way (identities: separate)"
MIXED = "mixes types or holds what no column can"


def with_value(column: str, value: Any, rows: int = 40) -> Columns:
    """Put a value into row 17, which is non-mated."""
    columns = trials(rows)
    columns["mated"][ROW - 1], columns["reference"][ROW - 1] = 0, "r16"
    columns[column][ROW - 1] = value
    return columns


IN_CSV = [
    ("score", "nan", f"'nan' where a score belongs; {GIVE}"),
    ("score", "", f"nothing where a score belongs; {GIVE}"),
    ("score", "high", f"'high' {NUMBER}"),
    ("score", "1_000", f"'1_000' {NUMBER}"),
    ("score", "0x1F", f"'0x1F' {NUMBER}"),
    ("score", '0,"5', f"'0,\"5' {NUMBER}"),
    ("score", "two\nlines", f"'two\\nlines' {NUMBER}"),
    ("score", "inf", f"'inf' {FINITE}"),
    ("score", "-Infinity", f"'-Infinity' {FINITE}"),
    ("score", "1e400", f"'1e400' {FINITE}"),
    ("mated", "maybe", f"'maybe' {EITHER}"),
    ("mated", "", f"nothing {EITHER}"),
    ("mated", "2", f"'2' {EITHER}"),
    ("probe_ethnicity", "", f"nothing {LABEL}"),
    ("probe_ethnicity", " ", f"' ' {LABEL}"),
    ("reference_ethnicity", "\t", f"'\\t' {LABEL}"),
    ("reference_ethnicity", "\u00a0", f"'\\xa0' {LABEL}"),
    ("reference_ethnicity", "\u200b", f"'\\u200b' {LABEL}"),
    ("probe", "", f"nothing {LABEL}"),
    ("reference", " \t", f"' \\t' {LABEL}"),
    (
        "reference",
        "p16",
        "subject 'p16' is compared with itself as non-mated; fix the label or the subject",
    ),
    (
        "mated",
        "1",
        f"subject 'r16' is mated with another subject; fix the label or the subject, or {SEPARATE}",
    ),
]


@pytest.mark.parametrize(("column", "value", "problem"), IN_CSV)
def test_in_csv(column: str, value: str, problem: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "scores.csv", with_value(column, value))
    blamed = "reference" if "subject" in problem else column
    assert refusal(path) == f"{path}: row {ROW}, column '{blamed}': {problem}"


TYPED = [
    ("score", float("nan"), f"'nan' where a score belongs; {GIVE}"),
    ("score", None, f"nothing where a score belongs; {GIVE}"),
    ("score", float("-inf"), f"'-inf' {FINITE}"),
    ("mated", None, f"nothing {EITHER}"),
    ("mated", 2, f"'2' {EITHER}"),
    ("probe_ethnicity", None, f"nothing {LABEL}"),
    ("probe_ethnicity", "", f"'' {LABEL}"),
    ("reference", None, f"nothing {LABEL}"),
]


DIGITS = (
    "has more digits than float64 holds, so that scores that differ might count as one; give them as float64"
)
TOO_LONG = [
    (pa.uint64(), (1 << 53) + 1),
    (pa.uint64(), (1 << 64) - 1),
    (pa.int64(), -(1 << 53) - 1),
    (pa.int64(), -(1 << 63)),
    (pa.decimal128(38, 0), Decimal((1 << 53) + 1)),
    (pa.decimal128(38, 18), Decimal("9007199254740992.5")),
]


@pytest.mark.parametrize(("kind", "value"), TOO_LONG)
def test_scores_of_more_digits_than_float64_holds(kind: pa.DataType, value: Any, tmp_path: Path) -> None:
    columns = {**with_value("score", None), "score": pa.array([1] * 40, kind).to_pylist()}
    columns["score"][ROW - 1] = value
    table = pa.table({**columns, "score": pa.array(columns["score"], kind)})
    path = tmp_path / "scores.parquet"
    pq.write_table(table, path)
    shown = f"{value:.18f}" if "18" in str(kind) else value
    assert refusal(path) == f"{path}: row {ROW}, column 'score': '{shown}' {DIGITS}"
    assert refusal(table) == f"Table: row {ROW}, column 'score': '{shown}' {DIGITS}"


@pytest.mark.parametrize("value", ["9007199254740993", " -9007199254740993", "+1" + "0" * 50])
def test_so_are_whole_numbers_in_csv(value: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "scores.csv", with_value("score", value))
    assert refusal(path) == f"{path}: row {ROW}, column 'score': {value!r} {DIGITS}"


@pytest.mark.parametrize(
    "value", ["9007199254740992", "0.12345678901234567890", "1e300", "9007199254740993.0"]
)
def test_other_numbers_in_csv_are_read_as_float64(value: str, tmp_path: Path) -> None:
    columns = with_value("score", value)
    threshold = np.array([float(value)])
    path = write_csv(tmp_path / "scores.csv", columns)
    counted = {**columns, "score": [float(score) for score in columns["score"]]}
    assert counts_of(path, study(), threshold) == naive_counts(counted, study(), threshold)


def test_a_value_of_very_many_characters_is_shortened(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "scores.csv", with_value("score", "x" * 10_000))
    assert refusal(path) == f"{path}: row {ROW}, column 'score': {'x' * 80!r} and so on {NUMBER}"


class TestFoldersThatSayOtherwise:
    """A folder named ``column=value``, as Hive and Spark name those of a partition, above a file with the column."""

    def file(self, tmp_path: Path, folder: str, columns: Columns, kind: str) -> Path:
        path = tmp_path / "rows" / folder / f"scores.{kind}"
        path.parent.mkdir(parents=True)
        if kind == "csv":
            return write_csv(path, columns)
        pq.write_table(pa.table(columns), path)
        return path

    @pytest.mark.parametrize("kind", ["csv", "parquet"])
    def test_are_refused(self, kind: str, tmp_path: Path) -> None:
        columns = with_value("probe_ethnicity", "B")
        columns["probe_ethnicity"] = ["A"] * 16 + ["B"] * 24
        path = self.file(tmp_path, "probe_ethnicity=A", columns, kind)
        assert refusal(tmp_path / "rows") == (
            f"{path}: row {ROW}, column 'probe_ethnicity': 'B', but it lies in a folder named 'probe_ethnicity=A'; "
            "correct one of them, or move the file elsewhere"
        )

    @pytest.mark.parametrize("kind", ["csv", "parquet"])
    @pytest.mark.parametrize("folder", ["probe_ethnicity=Black%2FAfrican", "site=north/probe_sex=none"])
    def test_are_read_where_they_agree_or_are_of_no_column_of_the_study(
        self, folder: str, kind: str, tmp_path: Path
    ) -> None:
        columns = {**trials(40), "probe_ethnicity": ["Black/African"] * 40}
        path = self.file(tmp_path, folder, columns, kind)
        assert counts_of(path, study(labels_of="image")) == naive_counts(columns, study(labels_of="image"))

    def test_numbers_are_compared_as_numbers(self, tmp_path: Path) -> None:
        columns = {**trials(40), "mated": [True] * 40, "reference": trials(40)["probe"]}
        assert (
            counts_of(
                self.file(tmp_path, "mated=1", columns, "parquet"), study(labels_of="image")
            ).trials.sum()
            == 40
        )

    def test_a_default_partition_is_of_rows_without_a_value(self, tmp_path: Path) -> None:
        folder = "probe=__HIVE_DEFAULT_PARTITION__"
        assert f"but it lies in a folder named '{folder}'" in refusal(
            self.file(tmp_path, folder, trials(40), "csv")
        )


@pytest.mark.parametrize("row_group_size", [5, 1000])
@pytest.mark.parametrize(("column", "value", "problem"), TYPED)
def test_in_parquet(column: str, value: Any, problem: str, row_group_size: int, tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    pq.write_table(pa.table(with_value(column, value)), path, row_group_size=row_group_size)
    assert refusal(path) == f"{path}: row {ROW}, column '{column}': {problem}"


@pytest.mark.parametrize("stream", [False, True], ids=["file", "stream"])
def test_in_arrow(stream: bool, tmp_path: Path) -> None:
    path, table = tmp_path / "scores.arrow", pa.table(with_value("probe_ethnicity", None))
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=6)
    assert refusal(path) == f"{path}: row {ROW}, column 'probe_ethnicity': nothing {LABEL}"


IN_MEMORY = {
    "arrays": dict,
    "DataFrame": pd.DataFrame,
    "Table": pa.table,
    "RecordBatchReader": lambda columns: pa.table(columns).to_reader(max_chunksize=6),
}


@pytest.mark.parametrize(("name", "make"), IN_MEMORY.items(), ids=IN_MEMORY)
def test_in_memory(name: str, make: Any) -> None:
    scores = make(with_value("probe_ethnicity", None))
    assert refusal(scores) == f"{name}: row {ROW}, column 'probe_ethnicity': nothing {LABEL}"


@pytest.mark.parametrize(
    "make", [pa.table, lambda columns: pa.table(columns).to_reader()], ids=["table", "stream"]
)
def test_bytes_that_are_not_text(make: Any, tmp_path: Path) -> None:
    columns = {**trials(40), "probe_ethnicity": [b"white"] * 40}
    columns["probe_ethnicity"][ROW - 1] = "Métis".encode("latin-1")
    problem = (
        f"row {ROW}, column 'probe_ethnicity': the bytes 'M\\xE9tis' are not UTF-8; write the labels as text"
    )
    assert refusal(make(columns)).endswith(f": {problem}")
    path = tmp_path / "scores.parquet"
    pq.write_table(pa.table(columns), path)
    assert refusal(path) == f"{path}: {problem}"


def test_bytes_in_one_file_and_text_in_another(tmp_path: Path) -> None:
    columns = trials(40)
    pq.write_table(pa.table(columns), tmp_path / "1.parquet")
    pq.write_table(
        pa.table({**columns, "probe": [name.encode() for name in columns["probe"]]}), tmp_path / "2.parquet"
    )
    first, second = tmp_path / "1.parquet", tmp_path / "2.parquet"
    assert refusal(tmp_path) == (
        f"{second}: column 'probe' holds BLOB, and VARCHAR in {first}; write both alike"
    )


def test_a_mask_hides_scores_rather_than_baring_what_is_under_it() -> None:
    columns = trials(40)
    columns["score"] = np.ma.masked_array(columns["score"], mask=np.arange(40) == ROW - 1)
    assert refusal(columns) == f"arrays: row {ROW}, column 'score': nothing where a score belongs; {GIVE}"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_first_of_several_bad_rows_is_named(kind: str, tmp_path: Path) -> None:
    columns = with_value("probe_ethnicity", "")
    columns["score"][30] = columns["score"][38] = float("inf")
    path = tmp_path / f"scores.{kind}"
    if kind == "csv":
        write_csv(path, columns)
        shown = "nothing"
    else:
        pq.write_table(pa.table(columns), path, row_group_size=3)
        shown = "''"
    assert refusal(path) == f"{path}: row {ROW}, column 'probe_ethnicity': {shown} {LABEL}"


@pytest.mark.parametrize("given", ["glob", "folder", "list"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_file_that_holds_the_bad_row_is_named_with_its_own_row_number(
    kind: str, given: str, tmp_path: Path
) -> None:
    paths = []
    for name, columns in {"1": trials(25), "2": with_value("score", float("inf")), "3": trials(9)}.items():
        path = tmp_path / f"{name}.{kind}"
        if kind == "csv":
            write_csv(path, columns)
        else:
            pq.write_table(pa.table(columns), path)
        paths.append(path)
    scores = {"glob": str(tmp_path / f"*.{kind}"), "folder": tmp_path, "list": paths}[given]
    assert refusal(scores) == f"{paths[1]}: row {ROW}, column 'score': 'inf' {FINITE}"


def test_a_bad_row_is_found_in_files_that_hold_a_column_as_different_types(tmp_path: Path) -> None:
    first = pa.table({**trials(25), "mated": [bool(m) for m in trials(25)["mated"]], "score": [1] * 25})
    paths = [tmp_path / "1.parquet", tmp_path / "2.parquet"]
    pq.write_table(first, paths[0])
    pq.write_table(pa.table(with_value("score", float("inf"))), paths[1])
    assert refusal(paths) == f"{paths[1]}: row {ROW}, column 'score': 'inf' {FINITE}"


@pytest.mark.parametrize("missing_scores", ["exclude", "count"])
@pytest.mark.parametrize(
    ("column", "value", "problem"), [row for row in IN_CSV if row[1] in ("high", "inf", "maybe", "\t", "p16")]
)
def test_allowing_missing_scores_allows_nothing_else(
    column: str, value: str, problem: str, missing_scores: str, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "scores.csv", with_value(column, value))
    assert refusal(path, missing_scores=missing_scores).endswith(problem)


def test_a_distance_that_is_not_finite_is_named_as_it_stands(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "scores.csv", with_value("score", "inf"))
    distance = {"column": "score", "better": "lower"}
    assert refusal(path, score=distance) == f"{path}: row {ROW}, column 'score': 'inf' {FINITE}"


@pytest.mark.parametrize("value", [7, 7.5])
def test_a_pandas_column_of_mixed_types(value: object) -> None:
    frame = pd.DataFrame(trials(40)).astype({"probe_ethnicity": object})
    frame.loc[3, "probe_ethnicity"] = value
    message = refusal(frame)
    assert message.startswith(f"DataFrame: column 'probe_ethnicity' {MIXED} (")
    assert message.endswith("); convert it to one type")


def test_an_array_of_mixed_types() -> None:
    message = refusal({**trials(40), "score": np.array([0.5, "x"] * 20, object)})
    assert message.startswith(f"arrays: column 'score' {MIXED} (")


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, dict], ids=["pandas", "polars", "arrays"])
def test_a_group_column_of_floats(make: Any) -> None:
    scores = make({**trials(40), "probe_ethnicity": [1.5] * 40})
    assert refusal(scores).endswith(
        "column 'probe_ethnicity' holds DOUBLE, which cannot label; convert it to integers or text"
    )


def test_columns_of_unsuitable_types_are_named_with_their_file(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    pq.write_table(pa.table({**trials(40), "score": ["0.5"] * 40}), path)
    assert refusal(path) == (
        f"{path}: column 'score' holds VARCHAR, not numbers; convert the scores to float64 or float32"
    )
    pq.write_table(pa.table({**trials(40), "mated": ["yes"] * 40}), path)
    assert refusal(path).startswith(
        f"{path}: column 'mated' holds VARCHAR, neither bool nor 0/1; map its labels"
    )

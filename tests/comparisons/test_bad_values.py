"""A row that cannot be used: one line that names the file, row, column and value, and the remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from known_trials import Columns, refusal, trials, write_csv

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
        "subject 'p16' is compared with itself as non-mated; mend the label or the subject",
    ),
    (
        "mated",
        "1",
        f"subject 'r16' is mated with another subject; mend the label or the subject, or {SEPARATE}",
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

"""A source that is not what it should be: one line that names it, says what is wrong and how to fix it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.comparisons import Comparisons
from harness.engines import count
from tests.comparisons.known_trials import (
    bytes_of,
    counts_of,
    csv,
    naive_counts,
    parquet,
    refusal,
    study,
    trials,
    write_csv,
)

NAMES = list(trials(1))
SUFFIXES = ".csv, .tsv, .txt (also with .gz or .zst), .parquet, .pq, .arrow, .arrows, .feather, .ipc"
Make = Callable[[Path], Any]


def without(folder: Path, column: str, name: str = "a.csv", **options: str) -> Path:
    columns = {("other" if key == column else key): values for key, values in trials(40).items()}
    return write_csv(folder / name, columns, **options)


def line_18(new: bytes, name: str = "a.csv", rows: int = 40) -> Make:
    """Replace the line of row 17."""

    def make(folder: Path) -> Path:
        lines = csv(folder, name, rows).read_bytes().split(b"\n")
        lines[17] = new
        (folder / name).write_bytes(b"\n".join(lines))
        return folder / name

    return make


def folder_of(*makes: Make) -> Make:
    def make(folder: Path) -> Path:
        for each in makes:
            each(folder)
        return folder

    return make


def lacking(column: str) -> str:
    there = ["other" if name == column else name for name in NAMES]
    return f"has no column {column!r}; it has {', '.join(map(repr, there))}"


HEADER = ",".join(NAMES).encode()
RIGHT_ONE = "name the right one in the study (`harness draft SCORES` proposes a study)"

EXACT: dict[str, tuple[Make, str, str]] = {
    "missing column": (lambda f: without(f, "probe"), "a.csv", f": {lacking('probe')}; {RIGHT_ONE}"),
    "missing column, semicolons": (
        lambda f: without(f, "probe", delimiter=";"),
        "a.csv",
        f": {lacking('probe')}; {RIGHT_ONE}",
    ),
    "none of the columns": (
        bytes_of("a.csv", b"a;b;c\n1;2;3\n"),
        "a.csv",
        f": has no column 'score'; it has 'a', 'b', 'c'; {RIGHT_ONE}",
    ),
    "header only": (
        lambda f: csv(f, rows=0),
        "a.csv",
        ": holds no comparisons, only column names; give it rows",
    ),
    "zero bytes": (bytes_of("a.csv", b""), "a.csv", ": is empty (0 bytes); write it again"),
    "blank first line": (
        bytes_of("a.csv", b"\n" + HEADER),
        "a.csv",
        ":1: begins with a blank line; begin with the column names",
    ),
    "carriage returns alone": (
        bytes_of("a.csv", HEADER + b"\r0.5,1,a,b,A,A,f,f\r"),
        "a.csv",
        ":1: ends its lines with carriage returns alone; write it with line feeds",
    ),
    "short row": (
        line_18(b"0.5,1,a"),
        "a.csv",
        ":18: row 17 has 3 values, but the header names 8 columns; fix that line",
    ),
    "long row": (
        line_18(b"0,5,1,a,b,A,A,f,f"),
        "a.csv",
        ":18: row 17 has 9 values, but the header names 8 columns; fix that line",
    ),
    "open quotation mark": (
        line_18(b'0.5,1,"a,a,A,A,f,f'),
        "a.csv",
        ":18: row 17 has a quotation mark out of place; fix that line",
    ),
    "not UTF-8": (
        line_18("0.5,1,a,a,Weiß,A,f,f".encode("latin-1")),
        "a.csv",
        ":18: row 17 is not UTF-8 text; save the file as UTF-8",
    ),
    "not UTF-8 in the header": (
        bytes_of("a.csv", "scöre,mated\n".encode("latin-1")),
        "a.csv",
        ":1: is not UTF-8 text; save it as UTF-8",
    ),
    "UTF-16": (
        bytes_of("a.csv", "score,mated\n0.5,1\n".encode("utf-16")),
        "a.csv",
        ":1: is not UTF-8 text; save it as UTF-8",
    ),
    "duplicate column": (
        bytes_of("a.csv", HEADER + b",mated\n"),
        "a.csv",
        ":1: column 'mated' appears twice in the header, letter case apart; rename one",
    ),
    "duplicate column but for case": (
        bytes_of("a.csv", HEADER + b",Mated\n"),
        "a.csv",
        ":1: column 'Mated' appears twice in the header, letter case apart; rename one",
    ),
    "no such file": (lambda f: f / "no.csv", "no.csv", ": no such file; check the path"),
    "glob of nothing": (lambda f: str(f / "*.csv"), "*.csv", ": no such file; check the path"),
    "empty folder": (
        lambda f: f,
        "",
        f": holds no file whose name ends in {SUFFIXES}; name a folder that does, or files that end in .txt themselves",
    ),
    "unknown extension": (bytes_of("a.doc", b"x"), "a.doc", f": its name must end in one of {SUFFIXES}"),
    "named twice": (
        lambda f: [csv(f), csv(f)],
        "a.csv",
        ": is named twice and would count twice; name it once",
    ),
    "second file misses a column": (
        folder_of(lambda f: parquet(f, "1.parquet"), lambda f: _parquet_without(f, "score", "2.parquet")),
        "2.parquet",
        f": {lacking('score')}; {RIGHT_ONE}",
    ),
    "second file holds text for scores": (
        folder_of(lambda f: parquet(f, "1.parquet"), lambda f: parquet(f, "2.parquet", score=["1"] * 2000)),
        "2.parquet",
        ": column 'score' holds VARCHAR, not numbers; convert the scores to float64 or float32",
    ),
    "second file is ragged": (
        folder_of(lambda f: csv(f, "1.csv"), line_18(b"0.5", "2.csv")),
        "2.csv",
        ":18: row 17 has 1 values, but the header names 8 columns; fix that line",
    ),
}


def _parquet_without(folder: Path, column: str, name: str) -> Path:
    columns = {("other" if key == column else key): values for key, values in trials(40).items()}
    pq.write_table(pa.table(columns), folder / name)
    return folder / name


@pytest.mark.parametrize(("make", "name", "message"), EXACT.values(), ids=EXACT)
def test_the_message_is_exactly(make: Make, name: str, message: str, data: Path) -> None:
    assert refusal(make(data)) == f"{data / name}{message}"


def of_one_name(*names: str) -> pa.Table:
    """Add a column for each of these names."""
    table = pa.table(trials(40))
    for name in names:
        table = table.append_column(name, pa.array(["other"] * 40))
    return table


def parquet_of(table: pa.Table) -> Make:
    def make(folder: Path) -> Path:
        pq.write_table(table, folder / "a.parquet")
        return folder / "a.parquet"

    return make


def arrow_of(table: pa.Table, *, stream: bool = False) -> Make:
    def make(folder: Path) -> Path:
        with (pa.ipc.new_stream if stream else pa.ipc.new_file)(folder / "a.arrow", table.schema) as writer:
            writer.write_table(table)
        return folder / "a.arrow"

    return make


HOLDERS: dict[str, Callable[[pa.Table], Make]] = {
    "parquet": parquet_of,
    "arrow file": arrow_of,
    "arrow stream": lambda table: arrow_of(table, stream=True),
    "stream": lambda table: lambda _: table.to_reader(),
}


@pytest.mark.parametrize("twice", ["probe_ethnicity", "Probe_Ethnicity"])
@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_a_column_of_the_study_that_stands_twice(
    holder: Callable[[pa.Table], Make], twice: str, data: Path
) -> None:
    message = refusal(holder(of_one_name(twice))(data))
    assert message.endswith(
        ": column 'probe_ethnicity' appears twice, letter case apart; rename one or leave it out"
    )


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_other_columns_may_stand_twice(holder: Callable[[pa.Table], Make], data: Path) -> None:
    scores = holder(of_one_name("site", "site", "probe_1", "Score_of_quality"))(data)
    assert counts_of(scores, study()) == naive_counts(trials(40), study())


def test_columns_of_the_study_told_apart_by_letter_case_alone() -> None:
    scores = {**trials(40), "PROBE": ["p"] * 40}
    message = "arrays: column 'probe' appears twice, letter case apart; rename one or leave it out"
    assert refusal(scores, subjects=["probe", "PROBE"]) == message
    assert refusal(pd.DataFrame(scores), subjects=["probe", "PROBE"]) == message.replace(
        "arrays", "DataFrame"
    )


@pytest.mark.parametrize("missing_scores", ["exclude", "count"])
def test_a_file_without_scores_does_not_pass_for_missing_scores(missing_scores: str, data: Path) -> None:
    make, name, message = EXACT["second file misses a column"]
    assert refusal(make(data), missing_scores=missing_scores) == f"{data / name}{message}"


@pytest.mark.parametrize("change", ["header", "delimiter"])
def test_files_of_another_header_or_delimiter(change: str, data: Path) -> None:
    first = csv(data, "1.csv")
    second = (
        csv(data, "2.csv", delimiter=";") if change == "delimiter" else without(data, "probe_sex", "2.csv")
    )
    assert (
        refusal(data) == f"{second}: its header or delimiter differs from that of {first}; write both alike"
    )


def test_a_folder_of_mixed_formats(data: Path) -> None:
    found = f"CSV: {csv(data)}, Parquet: {parquet(data)}"
    assert refusal(data) == (
        f"{data}: files of one evaluation must share a format, found {found}; name those of one format"
    )


def _raises_midway() -> pa.RecordBatchReader:
    table = pa.table(trials(40))

    def batches() -> Iterator[pa.RecordBatch]:
        yield from table.to_batches()
        raise RuntimeError("connection lost\nafter 40 rows")

    return pa.RecordBatchReader.from_batches(table.schema, batches())


MANY = [f"g{i}" for i in range(4200)]
IN_MEMORY: dict[str, tuple[Callable[[], Any], str]] = {
    "different lengths": (
        lambda: {**trials(40), "probe": ["p"]},
        "arrays: columns differ in length: {'score': 40, 'mated': 40, 'probe': 1, 'reference': 40, "
        "'probe_ethnicity': 40, 'reference_ethnicity': 40}; give every comparison a value in each",
    ),
    "two dimensions": (
        lambda: {**trials(2), "score": np.zeros((2, 2))},
        "arrays: column 'score' must have one dimension",
    ),
    "array missing": (
        lambda: {"score": [0.5], "label": [1]},
        f"arrays: has no column 'mated'; it has 'score', 'label'; {RIGHT_ONE}",
    ),
    "frame without a column": (
        lambda: pd.DataFrame({"score": [0.5]}),
        f"DataFrame: has no column 'mated'; it has 'score'; {RIGHT_ONE}",
    ),
    "stream without a column": (
        lambda: pa.table({"score": [0.5]}).to_reader(),
        f"RecordBatchReader: has no column 'mated'; it has 'score'; {RIGHT_ONE}",
    ),
    "frame with a column twice": (
        lambda: pd.DataFrame(np.zeros((2, 2)), columns=["score", "score"]),
        "DataFrame: Expected unique column names, got: - 'score' 2 times; rename one",
    ),
    "no rows": (
        lambda: pa.table(trials(1)).slice(0, 0).to_reader(),
        "RecordBatchReader: holds no comparisons, only column names; give it rows",
    ),
    "a number": (
        lambda: 5,
        "int is not a file, folder, mapping of arrays, dataframe or Arrow stream "
        "(an object with __arrow_c_stream__)",
    ),
}


@pytest.mark.parametrize(("make", "message"), IN_MEMORY.values(), ids=IN_MEMORY)
def test_objects_in_memory(make: Callable[[], Any], message: str) -> None:
    assert refusal(make()) == message


def test_too_many_groups(data: Path) -> None:
    columns = {**trials(4200), "probe_ethnicity": MANY, "reference_ethnicity": MANY}
    problem = (
        "too many groups to tell apart (ethnicity of probe: 4200, ethnicity of reference: 4200); "
        "is one of these columns an identifier?"
    )
    assert refusal(columns, pairing="cross") == f"arrays: {problem}"
    path = write_csv(data / "a.csv", columns)
    assert refusal(path, pairing="cross") == f"{path}: {problem}"


def test_a_stream_that_fails_midway() -> None:
    message = refusal(_raises_midway())
    assert message.startswith("RecordBatchReader: cannot be read as an Arrow stream (")
    assert message.endswith("connection lost after 40 rows); fix what gives it")


def test_a_stream_is_kept_until_the_end_and_no_longer(scratch: Path) -> None:
    with Comparisons(pa.table(trials(40)).to_reader(), study()) as comparisons:
        count(comparisons, np.array([0.5]))
        assert list(scratch.rglob("*.duckdb"))
    assert list(scratch.iterdir()) == []


def test_closing_twice_does_no_harm() -> None:
    comparisons = Comparisons(pa.table(trials(40)).to_reader(), study())
    comparisons.close()
    comparisons.close()

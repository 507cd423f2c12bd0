"""Whatever holds the comparisons, the counts are the same."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.comparisons import Comparisons
from tests.comparisons.known_trials import Columns, counts_of, naive_counts, study, trials, write_csv

TRIALS = trials()
TABLE = pa.table(TRIALS)
HALVES = [TABLE.slice(0, 150), TABLE.slice(150)]
EXPECTED = naive_counts(TRIALS, study())


class OnlyAStream:
    """What an ADBC cursor or any other producer may be: an object with the one method."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.to_reader(max_chunksize=70).__arrow_c_stream__(requested_schema)


def columns_of(table: pa.Table) -> Columns:
    return table.to_pydict()


def csv(name: str = "scores.csv", **options: str) -> Callable[[Path], Path]:
    return lambda folder: write_csv(folder / name, TRIALS, **options)


def csv_bytes(change: Callable[[bytes], bytes], name: str = "scores.csv") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = write_csv(folder / name, TRIALS)
        path.write_bytes(change(path.read_bytes()))
        return path

    return write


def parquet(folder: Path, table: pa.Table = TABLE, name: str = "scores.parquet", **options: Any) -> Path:
    pq.write_table(table, folder / name, **options)
    return folder / name


def arrow(folder: Path, table: pa.Table = TABLE, name: str = "scores.arrow", *, stream: bool = False) -> Path:
    opener = pa.ipc.new_stream if stream else pa.ipc.new_file
    with opener(str(folder / name), table.schema) as writer:
        writer.write_table(table, max_chunksize=70)
    return folder / name


def many(
    write: Callable[..., Path], suffix: str, given: Callable[[Path, list[Path]], Any]
) -> Callable[[Path], Any]:
    def both(folder: Path) -> Any:
        return given(folder, [write(folder, half, f"{i}{suffix}") for i, half in enumerate(HALVES)])

    return both


def cast(**types: pa.DataType) -> pa.Table:
    table = TABLE
    for name, kind in types.items():
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(kind))
    return table


def csv_part(folder: Path, table: pa.Table, name: str) -> Path:
    return write_csv(folder / name, columns_of(table))


def structured(_: Path) -> np.ndarray:
    kinds = [("score", "f8"), ("mated", "i1"), *((name, "U32") for name in list(TRIALS)[2:])]
    return np.array(list(zip(*TRIALS.values(), strict=True)), dtype=kinds)


def each_of(_: Path, paths: list[Path]) -> list[Path]:
    return paths


def glob(folder: Path, paths: list[Path]) -> str:
    return str(folder / f"*{paths[0].suffix}")


def whole(folder: Path, _: list[Path]) -> Path:
    return folder


DICTIONARY = pa.dictionary(pa.int32(), pa.string())
SOURCES = {
    "csv": csv(),
    "csv path as text": lambda folder: str(csv()(folder)),
    "csv, semicolons": csv(delimiter=";"),
    "csv, tabs": csv(delimiter="\t"),
    "csv, bars": csv(delimiter="|"),
    "csv, CRLF": csv(end="\r\n"),
    "csv, BOM": csv_bytes(lambda data: b"\xef\xbb\xbf" + data),
    "csv, no last newline": csv_bytes(lambda data: data.rstrip(b"\n")),
    "csv, blank last line": csv_bytes(lambda data: data + b"\n"),
    "csv, gzip": csv_bytes(gzip.compress, "scores.csv.gz"),
    "csv, name in capitals": csv("SCORES.CSV"),
    "csv, name like a glob": csv("s[1]*?.csv"),
    "csv, name with a quotation mark": csv("it's.csv"),
    "csv glob": many(csv_part, ".csv", glob),
    "csv folder": many(csv_part, ".csv", whole),
    "csv list": many(csv_part, ".csv", each_of),
    "parquet": parquet,
    "parquet, row groups": lambda folder: parquet(folder, row_group_size=7),
    "parquet, dictionaries": lambda folder: parquet(folder, cast(probe_ethnicity=DICTIONARY)),
    "parquet, bool": lambda folder: parquet(folder, cast(mated=pa.bool_())),
    "parquet, int8": lambda folder: parquet(folder, cast(mated=pa.int8())),
    "parquet, mated as float": lambda folder: parquet(folder, cast(mated=pa.float64())),
    "parquet, other columns too": lambda folder: parquet(folder, TABLE.append_column("row", TABLE["probe"])),
    "parquet glob": many(parquet, ".parquet", glob),
    "parquet folder": many(parquet, ".parquet", whole),
    "parquet list": many(parquet, ".parquet", each_of),
    "arrow file": arrow,
    "arrow stream": lambda folder: arrow(folder, stream=True),
    "arrow, dictionaries": lambda folder: arrow(folder, cast(probe_ethnicity=DICTIONARY)),
    "arrow glob": many(arrow, ".arrow", glob),
    "arrow folder": many(arrow, ".arrow", whole),
    "feather": lambda folder: arrow(folder, name="scores.feather"),
    "lists": lambda _: TRIALS,
    "numpy": lambda _: {name: np.array(values) for name, values in TRIALS.items()},
    "numpy objects": lambda _: {name: np.array(values, object) for name, values in TRIALS.items()},
    "numpy, structured": structured,
    "pandas": lambda _: pd.DataFrame(TRIALS),
    "pandas, categories": lambda _: pd.DataFrame(TRIALS).astype({"probe_ethnicity": "category"}),
    "pandas, index": lambda _: pd.DataFrame(TRIALS).iloc[::-1],
    "polars": lambda _: pl.DataFrame(TRIALS),
    "polars, categories": lambda _: pl.DataFrame(TRIALS).cast({"probe_ethnicity": pl.Categorical}),
    "pyarrow": lambda _: TABLE,
    "pyarrow, chunks": lambda _: pa.concat_tables(HALVES),
    "record batch": lambda _: TABLE.to_batches()[0],
    "record batches, once": lambda _: TABLE.to_reader(max_chunksize=70),
    "duckdb": lambda _: duckdb.from_arrow(TABLE),
    "capsule": lambda _: OnlyAStream(TABLE),
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_every_source_gives_the_same_counts(make: Callable[[Path], Any], tmp_path: Path) -> None:
    assert counts_of(make(tmp_path), study()) == EXPECTED


@pytest.mark.parametrize("name", ["csv", "parquet", "arrow stream", "pandas", "record batches, once"])
def test_a_source_can_be_read_again(name: str, tmp_path: Path) -> None:
    with Comparisons(SOURCES[name](tmp_path), study()) as comparisons:
        rows = [
            comparisons.read(lambda coding: sum(b.num_rows for b in comparisons.batches(coding)))
            for _ in "12"
        ]
    assert rows == [400, 400]


def in_bytes(kind: pa.DataType = pa.binary()) -> pa.Table:  # noqa: B008 - types do not change
    """Labels and identities as Impala and Hive write them, and as h5py reads them."""
    table = TABLE
    for name in ("probe", "reference", "probe_ethnicity", "reference_ethnicity"):
        values = pa.array([text.encode() for text in TRIALS[name]], pa.binary()).cast(kind)
        table = table.set_column(table.schema.get_field_index(name), name, values)
    return table


def numpy_bytes(_: Path) -> dict[str, np.ndarray]:
    texts = {name: np.array([str(v).encode() for v in values]) for name, values in list(TRIALS.items())[2:]}
    return {"score": np.array(TRIALS["score"]), "mated": np.array(TRIALS["mated"]), **texts}


BYTES = {
    "parquet": lambda folder: parquet(folder, in_bytes()),
    "parquet files": lambda folder: many(
        lambda f, half, name: parquet(
            f, in_bytes().slice(0, 150) if "0" in name else in_bytes().slice(150), name
        ),
        ".parquet",
        whole,
    )(folder),
    "arrow": lambda folder: arrow(folder, in_bytes()),
    "arrow, large": lambda folder: arrow(folder, in_bytes(pa.large_binary())),
    "arrow, views": lambda folder: arrow(folder, in_bytes(pa.binary_view())),
    "arrow, dictionaries": lambda folder: arrow(folder, in_bytes(pa.dictionary(pa.int32(), pa.binary()))),
    "pandas": lambda _: in_bytes().to_pandas(),
    "polars": lambda _: pl.from_arrow(in_bytes()),
    "numpy": numpy_bytes,
    "numpy, structured": lambda folder: np.rec.fromarrays(
        list(numpy_bytes(folder).values()), names=list(TRIALS)
    ),
    "stream": lambda _: in_bytes().to_reader(max_chunksize=70),
}


@pytest.mark.parametrize("make", BYTES.values(), ids=BYTES)
def test_bytes_are_the_text_that_they_stand_for(make: Callable[[Path], Any], tmp_path: Path) -> None:
    assert counts_of(make(tmp_path), study()) == EXPECTED


def test_so_are_the_labels_of_mated_comparisons() -> None:
    labels = [b"genuine" if mated else b"impostor" for mated in TRIALS["mated"]]
    mapped = study(mated={"column": "mated", "mated": ["genuine"], "non_mated": ["impostor"]})
    assert counts_of({**TRIALS, "mated": labels}, mapped) == EXPECTED


FLOAT32 = {
    "parquet": parquet,
    "arrow": arrow,
    "numpy": lambda _, table: {name: table[name].to_numpy() for name in table.column_names},
    "pandas": lambda _, table: table.to_pandas(),
    "polars": lambda _, table: pl.from_arrow(table),
    "stream": lambda _, table: table.to_reader(),
}


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize("make", FLOAT32.values(), ids=FLOAT32)
def test_float32_scores_count_like_the_same_values_in_float64(
    make: Callable[..., Any], better: str, tmp_path: Path
) -> None:
    narrow = cast(score=pa.float32())
    wide = narrow.set_column(0, "score", narrow["score"].cast(pa.float64()))
    terms = study(score={"column": "score", "better": better})
    values = np.unique(narrow["score"].to_numpy()).astype(np.float64)
    thresholds = np.unique(np.concatenate([np.arange(1001) / 1000, values])) * terms.sign
    thresholds.sort()
    with Comparisons(make(tmp_path, narrow), terms) as comparisons:
        assert comparisons.score_type == "float32"
    counts = counts_of(make(tmp_path, narrow), terms, thresholds)
    assert counts == counts_of(make(tmp_path, wide), terms, thresholds)
    assert counts == naive_counts(columns_of(wide), terms, thresholds)
    assert counts != counts_of(TABLE, terms, thresholds)  # 0.1 as float32 is another number


def test_float16_scores_are_widened() -> None:
    scores = np.array(TRIALS["score"], np.float16)
    wide = {**TRIALS, "score": scores.astype(float).tolist()}
    assert counts_of({**TRIALS, "score": scores}, study()) == naive_counts(wide, study())


def test_decimal_scores_are_numbers(tmp_path: Path) -> None:
    path = parquet(tmp_path, cast(score=pa.decimal128(10, 3)))
    assert counts_of(path, study()) == EXPECTED


def test_decimals_of_many_digits_are_numbers_where_float64_tells_them_apart(tmp_path: Path) -> None:
    assert counts_of(parquet(tmp_path, cast(score=pa.decimal128(38, 18))), study()) == EXPECTED


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64()])
def test_whole_scores_up_to_2_53_are_exact(kind: pa.DataType, tmp_path: Path) -> None:
    top = 1 << 53
    scores = [top - i for i in range(400)]
    columns = {**TRIALS, "score": scores}
    thresholds = np.array([top - 200.0, top - 199.0, top - 1.0, float(top)])
    expected = naive_counts(columns, study(), thresholds)
    table = pa.table({**columns, "score": pa.array(scores, kind)})
    for source in (parquet(tmp_path, table), table, write_csv(tmp_path / "a.csv", columns)):
        assert counts_of(source, study(), thresholds) == expected


def test_whole_scores_are_numbers(tmp_path: Path) -> None:
    whole_scores = {**TRIALS, "score": [int(score * 10) for score in TRIALS["score"]]}
    thresholds = np.array([2.0, 4.5, 9.0])
    expected = naive_counts(whole_scores, study(), thresholds)
    for source in (write_csv(tmp_path / "a.csv", whole_scores), pa.table(whole_scores)):
        assert counts_of(source, study(), thresholds) == expected


def test_parquet_files_may_hold_a_column_as_different_types(tmp_path: Path) -> None:
    narrow = cast(score=pa.float32(), mated=pa.bool_())
    paths = [parquet(tmp_path, narrow, "1.parquet"), parquet(tmp_path, TABLE, "2.parquet")]
    wide = narrow["score"].cast(pa.float64()).to_pylist()
    assert counts_of(paths, study()) == naive_counts({**TRIALS, "score": wide}, study()) + EXPECTED


def test_inputs_are_digested(tmp_path: Path) -> None:
    path = csv()(tmp_path)
    with Comparisons(path, study()) as comparisons:
        (digest,) = comparisons.inputs()
    assert (digest.name, digest.bytes) == (str(path), path.stat().st_size)
    assert len(digest.sha256) == 64
    with Comparisons(path, study(), digested=True) as comparisons:
        assert comparisons.inputs() == (digest,)
    with Comparisons(TABLE, study()) as comparisons:
        assert [(i.name, i.bytes, i.sha256) for i in comparisons.inputs()] == [("Table", None, None)]

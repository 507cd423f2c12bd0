"""The columns of a study, as Spark reads them from Parquet files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from harness.engines.cluster.spark.columns import type_of_kind
from harness.engines.cluster.spark.paths import reader_of, uris
from harness.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["read_parquet"]

TYPES = {
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INT",
    pa.int64(): "BIGINT",
    pa.uint8(): "SMALLINT",
    pa.uint16(): "INT",
    pa.uint32(): "BIGINT",
    pa.uint64(): "DECIMAL(20,0)",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.string(): "STRING",
    pa.large_string(): "STRING",
    pa.string_view(): "STRING",
    pa.binary(): "BINARY",
    pa.large_binary(): "BINARY",
}


def read_parquet(
    spark: SparkSession, paths: Sequence[Path], columns: Sequence[str], kinds: Mapping[str, str]
) -> DataFrame:
    """Read columns as ``value_0``, ``value_1``, ... beside ``file_path``.

    Parameters
    ----------
    spark : SparkSession
    paths : sequence of Path
    columns : sequence of str
    kinds : mapping of str to str
        DuckDB's type of each column in all files together, which it is turned into.

    Raises
    ------
    InputError
        Where a file holds a column as a type that Spark cannot read.
    """
    alike: dict[tuple[str, ...], list[Path]] = {}
    for path in paths:
        alike.setdefault(_types(path, columns), []).append(path)
    wanted = [type_of_kind(kinds[name]) for name in columns]
    return reduce(
        lambda one, other: one.unionAll(other),
        (_read_alike(spark, own, columns, types, wanted) for types, own in alike.items()),
    )


def _types(path: Path, columns: Sequence[str]) -> tuple[str, ...]:
    schema = pq.read_schema(path)
    types = []
    for name in columns:
        held = schema.field(name).type
        plain = held.value_type if pa.types.is_dictionary(held) else held
        if pa.types.is_decimal128(plain):
            types.append(f"DECIMAL({plain.precision},{plain.scale})")
        elif plain in TYPES:
            types.append(TYPES[plain])
        else:
            raise InputError(
                f"column {name!r} holds {held}, which the engine spark does not read; convert it to a plainer type",
                source=str(path),
            )
    return tuple(types)


def _read_alike(
    spark: SparkSession,
    paths: Sequence[Path],
    columns: Sequence[str],
    types: Sequence[str],
    wanted: Sequence[str | None],
) -> DataFrame:
    # Only these columns are declared: another one may be of a type that Spark does not know.
    quoted = ["`" + name.replace("`", "``") + "`" for name in columns]
    schema = ", ".join(f"{name} {held}" for name, held in zip(quoted, types, strict=True))
    read = reader_of(spark).schema(schema).parquet(*uris(paths))
    values = [
        (read[name] if held == whole else read[name].cast(str(whole))).alias(f"value_{i}")
        for i, (name, held, whole) in enumerate(zip(quoted, types, wanted, strict=True))
    ]
    return read.select(read["_metadata.file_path"].alias("file_path"), *values)

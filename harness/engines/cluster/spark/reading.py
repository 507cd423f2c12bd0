"""A Spark session, and the files of a study as Spark reads them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from harness.comparisons.sql import identifier, literal
from harness.comparisons.sql import mated_sql as duckdb_mated_sql
from harness.comparisons.sql import score_sql as duckdb_score_sql
from harness.engines.cluster.spark.columns import type_of_kind
from harness.errors import InputError
from harness.files import Scratch, temporary_folder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameReader, SparkSession

    from harness.comparisons import Comparisons

__all__ = [
    "Session",
    "failure_of",
    "failures",
    "open_session",
    "path_of",
    "read_parquet",
    "reader_of",
    "require_visible",
    "uris",
]

QUIET = Path(__file__).with_name("log4j2.properties")
SETTINGS = {
    "spark.app.name": "harness",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    # Of small data Spark makes fewer partitions than these by itself; of many subjects it takes them all.
    "spark.sql.shuffle.partitions": "64",
    "spark.driver.maxResultSize": "0",
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={QUIET.as_uri()}",
}
ON_THIS_MACHINE = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "2g",
}
TYPES_READ = {
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


@dataclass(frozen=True)
class Session:
    """A Spark session, and what to clean up after it where it is our own.

    Attributes
    ----------
    spark : SparkSession
    scratch : Scratch or None
        None where the session was there before, and stays.
    """

    spark: SparkSession
    scratch: Scratch | None

    @property
    def master(self) -> str:
        """Where it runs: ``local[2]``, ``spark://host:7077``."""
        return str(self.spark.conf.get("spark.master"))

    def close(self) -> None:
        """Stop the session if it was started here."""
        if self.scratch is not None:
            self.spark.stop()
            self.scratch.close()


def open_session(master: str) -> Session:
    """Take the session that is active, as in a notebook of a cluster; or start one.

    Parameters
    ----------
    master : str
        Where to start it: ``local[2]``, ``spark://host:7077``, ``yarn``.

    Raises
    ------
    InputError
        Where Spark cannot be started there.
    """
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        return Session(active, None)
    scratch = temporary_folder()
    settings = SETTINGS | (ON_THIS_MACHINE if master.startswith("local") else {})
    builder = SparkSession.builder.master(master).config(map=settings)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
            spark = builder.config("spark.sql.warehouse.dir", str(scratch.folder)).getOrCreate()
    except failures() as error:
        scratch.close()
        raise InputError(
            f"master {master!r}: Spark cannot be started there ({failure_of(error)}); it needs Java 17 or later, "
            "and a master such as 'local[2]' or 'spark://host:7077'"
        ) from error
    return Session(spark, scratch)


def failures() -> tuple[type[Exception], ...]:
    """Return what pyspark raises when Spark fails."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JError


def failure_of(error: Exception) -> str:
    """Return the first line that says what went wrong."""
    java = getattr(error, "java_exception", None)
    text = str(error) if java is None else str(java)
    return next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)


def uris(paths: Iterable[Path]) -> list[str]:
    """Write paths as Spark takes them, whatever its default file system."""
    return [f"file:{path.absolute()}" for path in paths]


def path_of(uri: str) -> Path:
    """Return the path of a file that Spark names."""
    return Path(unquote(urlsplit(uri).path))


def reader_of(spark: SparkSession) -> DataFrameReader:
    """Make a reader of just the files named: no patterns, and no columns out of the names of folders."""
    return spark.read.option("recursiveFileLookup", "true").option("__globPaths__", "false")


def require_visible(paths: Iterable[Path]) -> None:
    """Refuse files that Spark would leave out without a word.

    Raises
    ------
    InputError
    """
    for path in paths:
        if path.name.startswith((".", "_")) or path.name.endswith("._COPYING_"):
            raise InputError(
                "Spark leaves out files whose names begin with . or _; name it otherwise", source=str(path)
            )


@dataclass(frozen=True)
class ParquetFiles:
    """Files that Spark reads.

    Attributes
    ----------
    paths : tuple of Path
    kinds : mapping of str to str
        DuckDB's type of each column in all files together, which it is turned into.
    """

    paths: tuple[Path, ...]
    kinds: Mapping[str, str]


def read_parquet(spark: SparkSession, files: ParquetFiles, columns: Sequence[str]) -> DataFrame:
    """Read columns as ``value_0``, ``value_1``, ... beside ``file_path``.

    Parameters
    ----------
    spark : SparkSession
    files : ParquetFiles
    columns : sequence of str

    Raises
    ------
    InputError
        Where a file holds a column as a type that Spark cannot read.
    """
    alike: dict[tuple[str, ...], list[Path]] = {}
    for path in files.paths:
        alike.setdefault(_types(path, columns), []).append(path)
    wanted = [type_of_kind(files.kinds[name]) for name in columns]
    return reduce(
        lambda one, other: one.unionAll(other),
        (_read_alike(spark, own, columns, types, wanted) for types, own in alike.items()),
    )


def require_this_machine(master: str, source: str) -> None:
    """Refuse CSV where executors on other machines could not see the Parquet that it is turned into.

    Raises
    ------
    InputError
    """
    if not master.startswith("local"):
        raise InputError(
            f"the engine spark reads CSV on one machine alone (master local), not with {master!r}; write the scores "
            "as Parquet",
            source=source,
        )


def csv_as_parquet(comparisons: Comparisons, paths: Sequence[Path], folder: Path) -> ParquetFiles:
    """Write each CSV file as Parquet, its scores as float64: NaN where missing, infinite where they cannot be read.

    Parameters
    ----------
    comparisons : Comparisons
        Those of the files.
    paths : sequence of Path
        The files.
    folder : Path
        Where to.

    Raises
    ------
    InputError
        Where a file cannot be read.
    """
    study = comparisons.study
    score, mated = study.score.column, study.mated.column
    kinds = dict.fromkeys(study.columns, "VARCHAR") | {score: "DOUBLE"}
    values = {score: f"CAST({duckdb_score_sql(study.score, 'VARCHAR', text_only=True)} AS DOUBLE)"}
    if not study.mated.mated:
        kinds[mated] = "TINYINT"
        values[mated] = f"CAST({duckdb_mated_sql(study.mated, 'VARCHAR', text_only=True)} AS TINYINT)"
    selected = ", ".join(
        f"{values.get(name, identifier(name))} AS {identifier(name)}" for name in study.columns
    )
    written = tuple(folder / f"{i}.parquet" for i in range(len(paths)))
    to = map(literal, map(str, written))
    comparisons.ask_each_file(
        lambda queries, relation: f"COPY (SELECT {selected} FROM {relation}) TO {next(to)} (FORMAT parquet)"
    )
    return ParquetFiles(written, kinds)


def _types(path: Path, columns: Sequence[str]) -> tuple[str, ...]:
    schema = pq.read_schema(path)
    types = []
    for name in columns:
        held = schema.field(name).type
        plain = held.value_type if pa.types.is_dictionary(held) else held
        if pa.types.is_decimal128(plain):
            types.append(f"DECIMAL({plain.precision},{plain.scale})")
        elif plain in TYPES_READ:
            types.append(TYPES_READ[plain])
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

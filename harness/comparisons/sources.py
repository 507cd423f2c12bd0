"""A source made of whatever holds the comparisons: files, arrays, dataframes and Arrow streams."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote

import duckdb
import numpy as np
import pyarrow as pa

from harness.comparisons.derived.base import Derived
from harness.comparisons.files import Files, open_files
from harness.comparisons.source import ROW, AsStored, Input, Source, missing_in_scores, require_named_once
from harness.comparisons.sql import identifier, is_interrupt, literal, temporary_fault
from harness.errors import InputError

if TYPE_CHECKING:
    import narwhals as nw

    from harness.comparisons.database import Database
    from harness.study import Study

__all__ = [
    "Decoded",
    "Scores",
    "kinds_of",
    "open_arrays",
    "open_capsule",
    "open_source",
    "require_folders_agree",
    "require_not_in_folders",
    "with_text",
]

Scores: TypeAlias = Any
"""A path, glob or folder; several paths; a mapping of column names to arrays; or an object that speaks the
Arrow PyCapsule protocol (``__arrow_c_stream__``) or is a dataframe; or files that have been opened."""
NOTHING = ("", "__HIVE_DEFAULT_PARTITION__")
"""In the name of a folder, rows without a value."""
FIRST_ROWS = 125_000
"""Of columns in memory that the study does not use, as many values are kept, to look for signs of errors in."""


@dataclass(frozen=True)
class OnePart(AsStored):
    """The common half of sources of one part, whose columns have types, and which nothing else changes."""

    name: str

    @property
    def text_only(self) -> bool:
        """Its columns have types."""
        return False

    def parts(self: Source) -> Sequence[Source]:
        """Return itself."""
        return [self]

    def inputs(self) -> tuple[Input, ...]:
        """Return its name; what is only in memory has no digest to find it by."""
        return (Input(self.name, None, None),)

    def require_unchanged(self) -> None:
        """Do nothing: nothing else changes it."""

    def require_named_once(self, columns: Sequence[str], found: Sequence[str]) -> None:
        """Do nothing: columns were told apart when it was opened."""


@dataclass(frozen=True)
class TableInMemory(OnePart):
    """An Arrow table in memory."""

    table: pa.Table

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Register the table."""
        connection.register("table_in_memory", self.table)
        return "table_in_memory"


@dataclass(frozen=True)
class Spool(OnePart):
    """A stream that can be read only once, copied to a DuckDB file that can be read again."""

    database: Path

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Attach the file."""
        connection.execute(f"ATTACH IF NOT EXISTS {literal(str(self.database))} AS spool (READ_ONLY)")
        return "spool.comparisons"


def open_arrays(arrays: Mapping[str, Any], columns: Sequence[str]) -> TableInMemory:
    """Make a source of arrays by column name."""
    name = "arrays"
    kept = {}
    for column in columns:
        if column not in arrays:
            raise InputError(missing_in_scores(column, list(arrays)), source=name)
        if np.ndim(arrays[column]) != 1:
            raise InputError(f"column {column!r} must have one dimension", source=name)
        kept[column] = _arrow_array(arrays[column], column, name)
    require_named_once(columns, columns, name)
    lengths = {column: len(array) for column, array in kept.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(
            f"columns differ in length: {lengths}; give every comparison a value in each", source=name
        )
    table = pa.table(kept)
    others = {
        column: values[:FIRST_ROWS]
        for column in _others(arrays, columns)
        if isinstance(values := arrays[column], np.ndarray | list | tuple) and len(values) == len(table)
    }
    return TableInMemory(name, _with_first_rows(table, others))


def _others(found: Iterable[str], columns: Sequence[str]) -> list[str]:
    """Return the columns that the study does not use, of those that DuckDB can tell apart."""
    times = Counter(column.casefold() for column in (*found, *columns))
    return [column for column in found if times[column.casefold()] == 1]


def _with_first_rows(table: pa.Table, others: Mapping[str, Any]) -> pa.Table:
    """Add columns of which only the first rows are known, leaving out those that hold what no column can.

    A column that the study does not use may tell matchers or runs apart: see `harness.comparisons.repeats`.
    """
    for column, values in others.items():
        with suppress(InputError):
            first = _arrow_array(values, column, "")
            chunks = first.chunks if isinstance(first, pa.ChunkedArray) else [first]
            rest = pa.nulls(len(table) - len(first), first.type)
            table = table.append_column(column, pa.chunked_array([*chunks, rest], first.type))
    return table


def _arrow_array(values: Any, column: str, source: str) -> Any:
    import narwhals as nw  # of data in memory alone: files are read without

    try:
        array = values.to_arrow() if isinstance(values, nw.Series) else pa.array(values)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(
            f"column {column!r} mixes types or holds what no column can ({error}); convert it to one type",
            source=source,
        ) from None
    return array.cast(pa.float32()) if pa.types.is_float16(array.type) else array


def open_capsule(scores: Any, columns: Sequence[str], scratch: Path) -> Source:
    """Make a source of a dataframe or of an Arrow stream."""
    import narwhals as nw

    name = type(scores).__name__
    try:
        frame = nw.from_native(scores, eager_only=True, pass_through=True)
        if isinstance(frame, nw.DataFrame):
            return _open_frame(frame, columns, name)
    except nw.exceptions.DuplicateError as error:
        raise InputError(f"{error}; rename one", source=name) from None
    if isinstance(scores, np.ndarray):
        raise InputError(
            f"is an array of shape {scores.shape}, whose columns have no names; give a mapping of names to columns, "
            "or, of a matrix of scores, say who its rows are (harness.comparisons.matrix)",
            source=name,
        )
    if not hasattr(scores, "__arrow_c_stream__"):
        raise InputError(
            f"{name} is not a file, folder, mapping of arrays, dataframe or Arrow stream "
            "(an object with __arrow_c_stream__)"
        )
    return _open_stream(scores, columns, name, scratch / "stream.duckdb")


def _open_frame(frame: nw.DataFrame[Any], columns: Sequence[str], name: str) -> TableInMemory:
    for column in columns:
        if column not in frame.columns:
            raise InputError(missing_in_scores(column, frame.columns), source=name)
    require_named_once(columns, columns, name)
    table = pa.table({column: _arrow_array(frame[column], column, name) for column in columns})
    others = {column: frame[column].head(FIRST_ROWS) for column in _others(frame.columns, columns)}
    return TableInMemory(name, _with_first_rows(table, others))


def _open_stream(scores: Any, columns: Sequence[str], name: str, database: Path) -> Spool:
    try:
        reader = pa.RecordBatchReader.from_stream(scores)
        for column in columns:
            if column not in reader.schema.names:
                raise InputError(missing_in_scores(column, reader.schema.names), source=name)
        require_named_once(reader.schema.names, columns, name)
        with duckdb.connect(str(database)) as connection:
            connection.register("stream", reader)
            others = map(identifier, _others(reader.schema.names, columns))
            first = (f"CASE WHEN {ROW} <= {FIRST_ROWS} THEN {name} END AS {name}" for name in others)
            kept = ", ".join([*map(identifier, columns), *first])
            numbered = f"SELECT row_number() OVER () AS {ROW}, * FROM stream"
            connection.execute(f"CREATE TABLE comparisons AS SELECT {kept} FROM ({numbered})")
    except (duckdb.Error, pa.ArrowException, RuntimeError) as error:
        if is_interrupt(error):
            raise KeyboardInterrupt from error
        if not isinstance(error, duckdb.Error | pa.ArrowException):
            raise
        fault = temporary_fault(error, database.parent)
        if fault is not None:
            raise fault from error
        problem = str(error).partition(" Detail: ")[0].rstrip(".")
        raise InputError(
            f"cannot be read as an Arrow stream ({problem}); fix what gives it", source=name
        ) from error
    return Spool(name, database)


def open_source(
    scores: Scores,
    columns: Sequence[str],
    scratch: Path,
    *,
    digested: bool = False,
    names: Sequence[str] = (),
    decimal: str = ".",
    apart: Iterable[Path] = (),
) -> Source:
    """Make a source of whatever holds the comparisons.

    Parameters
    ----------
    scores : Scores
        See `Scores`.
    columns : sequence of str
        The columns that will be read; of a table or stream, only these are kept.
    scratch : Path
        An existing folder for what can be read only once.
    digested : bool
        Whether files are digested first; see `harness.comparisons.source.Seen`.
    names, decimal, apart
        As `harness.comparisons.files.open_files` takes them.

    Raises
    ------
    InputError
        Where it cannot be found or read, or lacks a column.
    """
    if isinstance(scores, Files):
        return scores
    paths = [scores] if isinstance(scores, str | os.PathLike) else scores
    if isinstance(paths, Sequence) and paths and all(isinstance(item, str | os.PathLike) for item in paths):
        return open_files(paths, columns, digested=digested, names=names, decimal=decimal, apart=apart)
    if names:
        raise InputError(
            "name their columns themselves; leave out columns, which is for text files without a header",
            source=type(scores).__name__,
        )
    if isinstance(scores, np.ndarray) and scores.dtype.names:
        scores = {name: scores[name] for name in scores.dtype.names}
    if isinstance(scores, Mapping):
        return open_arrays(scores, columns)
    return open_capsule(scores, columns, scratch)


@dataclass(frozen=True)
class Decoded(Derived):
    """A source of which some columns hold the bytes of text, as Impala, Hive and HDF5 write it; read as text.

    Attributes
    ----------
    columns : tuple of str
        Those that hold bytes.
    """

    columns: tuple[str, ...]

    @property
    def text_only(self) -> bool:
        """Columns that hold bytes have types."""
        return False

    def over(self, relation: str) -> str:
        """Decode the columns."""
        decoded = ", ".join(f"decode({identifier(name)}) AS {identifier(name)}" for name in self.columns)
        return f"(SELECT * REPLACE ({decoded}) FROM {relation})"


def kinds_of(database: Database, source: Source) -> dict[str, str]:
    """Return the SQL type of each column of a source."""
    described = database.fetch(f"DESCRIBE SELECT * FROM {database.relation_of(source)}")
    return {row[0]: "VARCHAR" if row[1].startswith("ENUM") else row[1] for row in described}


def with_text(database: Database, source: Source, kinds: Sequence[Mapping[str, str]], study: Study) -> Source:
    """Return a source whose labels are text where they are stored as bytes.

    Parameters
    ----------
    database : Database
    source : Source
    kinds : sequence of mapping of str to str
        The SQL type of each column, for each of its parts.
    study : Study

    Raises
    ------
    InputError
        Names the first row that holds bytes that are no text, or the file that holds bytes where another holds text.
    """
    parts = source.parts()
    columns = [
        column for column in study.stored_columns[1:] if any(own.get(column) == "BLOB" for own in kinds)
    ]
    for column in columns:
        for part, own in zip(parts, kinds, strict=True):
            if own.get(column) != kinds[0].get(column):
                raise InputError(
                    f"column {column!r} holds {own.get(column)}, and {kinds[0].get(column)} in {parts[0].name}; "
                    "write both alike",
                    source=part.name,
                )
        for part in parts:
            _require_text(database, part, column)
    return Decoded(source, tuple(columns)) if columns else source


def _require_text(database: Database, part: Source, column: str) -> None:
    name = identifier(column)
    found = database.fetch(
        f"SELECT {ROW}, CAST({name} AS VARCHAR) FROM {database.numbered(part)} "
        f"WHERE {name} IS NOT NULL AND TRY(decode({name})) IS NULL ORDER BY 1 LIMIT 1"
    )
    for row, value in found:
        raise InputError(
            f"row {row}, column {column!r}: the bytes '{value}' are not UTF-8; write the labels as text",
            source=part.name,
        )


def require_folders_agree(database: Database, files: Files, study: Study, kinds: Mapping[str, str]) -> None:
    """Refuse rows that contradict the name of a folder they lie in, such as ``sex=female``.

    The names of folders are not read as columns; but where a file has the column too, one of them is wrong.

    Raises
    ------
    InputError
        Names the first such row.
    """
    for part, path in zip(files.parts(), files.paths, strict=True):
        for column, said in _said_by_folders(path):
            if column not in study.stored_columns:
                continue
            name, kind = identifier(column), kinds[column]
            value = "NULL" if said in NOTHING else f"TRY_CAST({literal(said)} AS {kind})"
            found = database.fetch(
                f"SELECT {ROW}, CAST({name} AS VARCHAR) FROM (SELECT {ROW}, CAST({name} AS {kind}) AS {name} "
                f"FROM {database.numbered(part)}) "
                f"WHERE {name} IS DISTINCT FROM {value} ORDER BY 1 LIMIT 1"
            )
            for row, other in found:
                raise InputError(
                    f"row {row}, column {column!r}: {'nothing' if other is None else repr(other)}, but it lies in a "
                    f"folder named '{column}={said}'; correct one of them, or move the file elsewhere",
                    source=part.name,
                )


def require_not_in_folders(source: Source, kinds: Mapping[str, str], study: Study) -> None:
    """Refuse files that lack a column of the study which the names of their folders hold.

    Raises
    ------
    InputError
        It says how to have it from there.
    """
    said = dict(_said_by_folders(source.paths[0])) if isinstance(source, Files) else {}
    for column in study.stored_columns:
        if column not in kinds and column in said:
            raise InputError(
                f"has no column {column!r}, but lies in a folder named '{column}={said[column]}'; take it from there "
                f'in the study (from_path: {{{column}: "{column}={{{column}}}/**"}})'
            )


def _said_by_folders(path: Path) -> Iterator[tuple[str, str]]:
    for folder in path.absolute().parts[:-1]:
        column, equals, value = folder.partition("=")
        if equals:
            yield unquote(column), unquote(value)

"""Comparisons in memory: arrays, dataframes and Arrow streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pyarrow as pa

from harness.comparisons.database import is_interrupt
from harness.comparisons.faults import temporary_fault
from harness.comparisons.source import Input, Source, missing_column, require_named_once
from harness.comparisons.sql import identifier, literal
from harness.errors import InputError

__all__ = ["open_arrays", "open_capsule"]


@dataclass(frozen=True)
class Table:
    """An Arrow table in memory."""

    name: str
    table: pa.Table

    @property
    def text_only(self) -> bool:
        """Tables have types."""
        return False

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Register the table."""
        connection.register("table_in_memory", self.table)
        return "table_in_memory"

    def parts(self) -> Sequence[Source]:
        """Return itself: it is one part."""
        return [self]

    def inputs(self) -> tuple[Input, ...]:
        """Return its name; what is only in memory has no digest to find it by."""
        return (Input(self.name, None, None),)

    def require_unchanged(self) -> None:
        """Do nothing: there is no file to change."""

    def require_named_once(self, columns: Sequence[str], found: Sequence[str]) -> None:
        """Do nothing: columns were told apart when it was opened."""


@dataclass(frozen=True)
class Spool:
    """A stream that can be read only once, copied to a DuckDB file that can be read again."""

    name: str
    database: Path

    @property
    def text_only(self) -> bool:
        """Streams have types."""
        return False

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Attach the file."""
        connection.execute(f"ATTACH IF NOT EXISTS {literal(str(self.database))} AS spool (READ_ONLY)")
        return "spool.comparisons"

    def parts(self) -> Sequence[Source]:
        """Return itself: it is one part."""
        return [self]

    def inputs(self) -> tuple[Input, ...]:
        """Return its name; a stream that has passed has no digest to find it by."""
        return (Input(self.name, None, None),)

    def require_unchanged(self) -> None:
        """Do nothing: nothing else writes to the file."""

    def require_named_once(self, columns: Sequence[str], found: Sequence[str]) -> None:
        """Do nothing: columns were told apart when it was opened."""


def open_arrays(arrays: Mapping[str, Any], columns: Sequence[str]) -> Table:
    """Make a source of arrays by column name."""
    name = "arrays"
    kept = {}
    for column in columns:
        if column not in arrays:
            raise InputError(missing_column(column, list(arrays)), source=name)
        if np.ndim(arrays[column]) != 1:
            raise InputError(f"column {column!r} must have one dimension", source=name)
        kept[column] = _arrow_array(arrays[column], column, name)
    require_named_once(columns, columns, name)
    lengths = {column: len(array) for column, array in kept.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(
            f"columns differ in length: {lengths}; give every comparison a value in each", source=name
        )
    return Table(name, pa.table(kept))


def _arrow_array(values: Any, column: str, source: str) -> Any:
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
    name = type(scores).__name__
    try:
        frame = nw.from_native(scores, eager_only=True, pass_through=True)
        if isinstance(frame, nw.DataFrame):
            return _open_frame(frame, columns, name)
    except nw.exceptions.DuplicateError as error:
        raise InputError(f"{error}; rename one", source=name) from None
    if not hasattr(scores, "__arrow_c_stream__"):
        raise InputError(
            f"{name} is no file, folder, mapping of arrays, dataframe or Arrow stream "
            "(an object with __arrow_c_stream__)"
        )
    return _open_stream(scores, columns, name, scratch / "stream.duckdb")


def _open_frame(frame: nw.DataFrame[Any], columns: Sequence[str], name: str) -> Table:
    for column in columns:
        if column not in frame.columns:
            raise InputError(missing_column(column, frame.columns), source=name)
    require_named_once(columns, columns, name)
    return Table(name, pa.table({column: _arrow_array(frame[column], column, name) for column in columns}))


def _open_stream(scores: Any, columns: Sequence[str], name: str, database: Path) -> Spool:
    try:
        reader = pa.RecordBatchReader.from_stream(scores)
        for column in columns:
            if column not in reader.schema.names:
                raise InputError(missing_column(column, reader.schema.names), source=name)
        require_named_once(reader.schema.names, columns, name)
        with duckdb.connect(str(database)) as connection:
            connection.register("stream", reader)
            kept = ", ".join(identifier(column) for column in columns)
            connection.execute(f"CREATE TABLE comparisons AS SELECT {kept} FROM stream")
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
            f"cannot be read as an Arrow stream ({problem}); mend what gives it", source=name
        ) from error
    return Spool(name, database)

"""One source of comparisons, open in DuckDB; what goes wrong while it is read is said in one line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from harness.comparisons.faults import temporary_fault, unreadable
from harness.comparisons.source import Source
from harness.comparisons.sql import literal
from harness.errors import InputError

__all__ = ["Database", "is_interrupt"]

ROWS_AT_ONCE = 1 << 16
"""Few enough that a batch stays in the processor's cache, and its memory with the process."""


class Database:
    """Runs queries about the rows of a source.

    Parameters
    ----------
    source : Source
    scratch : Path
        An existing folder for what outgrows the memory.
    threads : int, optional
        How many to read with; by default one a processor.
    """

    def __init__(self, source: Source, scratch: Path, *, threads: int | None = None) -> None:
        self.source = source
        self._scratch = scratch
        self._connection = duckdb.connect()
        with contextlib.suppress(
            duckdb.InvalidInputException
        ):  # a notebook without ipywidgets has no bar to hide
            self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute(f"SET temp_directory = {literal(str(scratch))}")
        if threads is not None:
            self._connection.execute(f"SET threads = {threads}")

    def limit_memory(self, size: int) -> None:
        """Let DuckDB take no more than so many bytes; what needs more goes through the scratch folder."""
        self._connection.execute(f"SET memory_limit = '{size} B'")

    def close(self) -> None:
        """Let go of the source."""
        self._connection.close()

    def relation(self) -> str:
        """Return an SQL name for the rows, good for one scan."""
        return self.relation_of(self.source)

    def relation_of(self, part: Source) -> str:
        """Return an SQL name for the rows of a part of the source, good for one scan."""
        with self.reader_faults():
            return part.relation(self._connection)

    def fetch(self, query: str, parameters: dict[str, Any] | None = None) -> Sequence[tuple[Any, ...]]:
        """Return all rows that a query finds."""
        with self.reader_faults():
            return self._connection.execute(query, parameters).fetchall()

    def stream(self, query: str) -> Iterator[pa.RecordBatch]:
        """Give the rows that a query finds, some at a time."""
        # A reader left open would keep the connection from running the next query.
        with self.reader_faults(), self._connection.sql(query).to_arrow_reader(ROWS_AT_ONCE) as reader:
            yield from reader

    def keep(self, name: str, columns: pa.Table, query: str) -> None:
        """Make a table of what a query, to which ``columns`` go by the name of "given", finds."""
        self._connection.register("given", columns)
        self.fetch(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
        self._connection.unregister("given")

    @contextmanager
    def reader_faults(self) -> Iterator[None]:
        """Turn a reader's failure into one line that names the file."""
        try:
            yield
        except (duckdb.Error, pa.ArrowException, OSError, RuntimeError) as error:
            if is_interrupt(error):
                raise KeyboardInterrupt from error
            if not isinstance(error, duckdb.Error | pa.ArrowException | OSError):
                raise
            fault = temporary_fault(error, self._scratch)
            if fault is not None:
                raise fault from error
            if isinstance(error, duckdb.OutOfMemoryException):
                raise InputError(
                    "cannot be read in the memory there is; allow more (--memory-limit), or write smaller row groups",
                    source=self.source.name,
                ) from error
            raise unreadable(error, self.source) from error


def is_interrupt(error: Exception) -> bool:
    """Whether an error is what DuckDB turns Ctrl-C into, and not one of a file or a value that is called so."""
    text = str(error)
    return (
        isinstance(error, duckdb.InterruptException)
        or (type(error) is RuntimeError and text == "Query interrupted")
        or text.startswith("INTERRUPT Error")
    )

"""Comparisons in files: CSV, Parquet and Arrow IPC."""

from __future__ import annotations

import csv
import glob
import gzip
import hashlib
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from harness.comparisons.source import Input, Source
from harness.comparisons.sql import identifier, literal
from harness.errors import InputError
from harness.text import file_name

__all__ = ["Files", "RowsOfFile", "list_files", "open_files"]

FORMATS = {
    ".csv": "CSV",
    ".csv.gz": "CSV",
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".arrow": "Arrow IPC",
    ".arrows": "Arrow IPC",
    ".feather": "Arrow IPC",
    ".ipc": "Arrow IPC",
}
END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"
"""Without it, a stream cut off between two batches reads like a whole one."""
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Files:
    """Files that DuckDB or pyarrow reads, in the order of their names."""

    paths: tuple[Path, ...]

    @property
    def name(self) -> str:
        """The file, or the first of several."""
        return (
            str(self.paths[0]) if len(self.paths) == 1 else f"{self.paths[0]} and {len(self.paths) - 1} more"
        )

    @property
    def text_only(self) -> bool:
        """Only CSV is all text."""
        return False

    def inputs(self) -> tuple[Input, ...]:
        """Digest every file."""
        return tuple(Input(file_name(path), path.stat().st_size, _sha256(path)) for path in self.paths)

    def parts(self) -> Sequence[Files]:
        """One source a file."""
        return [type(self)((path,)) for path in self.paths]

    def _listed(self) -> str:
        # DuckDB takes every path for a glob, and might read another file than the one named.
        return ", ".join(literal(glob.escape(_in_utf8(path))) for path in self.paths)

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:  # noqa: ARG002 - files need no registering
        """Scan them as Parquet."""
        return f"read_parquet([{self._listed()}], hive_partitioning = false, union_by_name = true)"


@dataclass(frozen=True)
class RowsOfFile(Files):
    """Some successive rows of one Parquet file, of whose other row groups nothing is read.

    What is wrong with a row is looked for in the whole file, whose rows have their own numbers there.
    """

    first: int = 0
    end: int = 0

    def parts(self) -> Sequence[Files]:
        """The whole file."""
        return [Files(self.paths)]

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:  # noqa: ARG002 - files need no registering
        """Scan them as Parquet."""
        return (
            f"(SELECT * EXCLUDE (file_row_number) FROM read_parquet([{self._listed()}], hive_partitioning = false, "
            f"file_row_number = true) WHERE file_row_number BETWEEN {self.first} AND {self.end - 1})"
        )


@dataclass(frozen=True)
class CsvFiles(Files):
    """CSV, every column read as text: what a value means is for the study to say, not for a guess."""

    header: tuple[str, ...] = ()
    delimiter: str = ","

    @property
    def text_only(self) -> bool:
        """CSV knows no types."""
        return True

    def parts(self) -> Sequence[Files]:
        """One source a file."""
        return [CsvFiles((path,), self.header, self.delimiter) for path in self.paths]

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:  # noqa: ARG002 - files need no registering
        """Scan them with a stated dialect, since a sniffed one may skip rows that look odd."""
        columns = ", ".join(f"{identifier(name)}: 'VARCHAR'" for name in self.header)
        return (
            f"read_csv([{self._listed()}], auto_detect = false, header = true, columns = {{{columns}}}, "
            f"delim = {literal(self.delimiter)}, quote = '\"', escape = '\"', nullstr = '', comment = '', "
            "strict_mode = true, null_padding = false, ignore_errors = false)"
        )


@dataclass(frozen=True)
class ArrowFiles(Files):
    """Arrow IPC files or streams, memory-mapped."""

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Register a fresh reader over all files."""
        readers = [_open_arrow(path) for path in self.paths]
        schema = readers[0].schema
        for path, reader in zip(self.paths, readers, strict=True):
            if reader.schema != schema:
                raise InputError(
                    f"its columns or types differ from those of {self.paths[0]}; write both alike",
                    source=str(path),
                )
        batches = (batch for reader in readers for batch in reader)
        connection.register("arrow_files", pa.RecordBatchReader.from_batches(schema, batches))
        return "arrow_files"


def list_files(named: Sequence[str | os.PathLike[str]]) -> tuple[str, tuple[Path, ...]]:
    """Find files of one format, globs and folders expanded, without opening any.

    Returns
    -------
    str
        The format: CSV, Parquet or Arrow IPC.
    tuple of Path
        In the order of what was named, and of their names.

    Raises
    ------
    InputError
        Where there is none, one cannot be read or stands twice, or they are of several formats.
    """
    paths = [path for item in named for path in _expand(os.fspath(item))]
    formats = {path: _format_of(path) for path in paths}
    kinds = set(formats.values())
    if len(kinds) > 1:
        examples = ", ".join(
            f"{kind}: {next(p for p in paths if formats[p] == kind)}" for kind in sorted(kinds)
        )
        raise InputError(
            f"files of one evaluation must share a format, found {examples}; name those of one format",
            source=str(named[0]),
        )
    met: set[Path] = set()
    for path in paths:
        if path in met:
            raise InputError("is named twice and would count twice; name it once", source=str(path))
        met.add(path)
        _in_utf8(path)
        if not os.access(path, os.R_OK):
            raise InputError("cannot be read; check its permissions", source=str(path))
        if path.stat().st_size == 0:
            raise InputError("is empty (0 bytes); write it again", source=str(path))
    return kinds.pop(), tuple(paths)


def open_files(named: Sequence[str | os.PathLike[str]], columns: Sequence[str]) -> Source:
    """Make a source of files of one format, globs and folders expanded."""
    kind, paths = list_files(named)
    if kind == "CSV":
        return _open_csv(paths, columns)
    return Files(paths) if kind == "Parquet" else ArrowFiles(paths)


def _expand(item: str) -> list[Path]:
    path = Path(item)
    if path.is_file():
        return [path]
    if path.is_dir():
        found = [
            p for p in path.rglob("*") if p.is_file() and _suffix(p) and not p.name.startswith((".", "_"))
        ]
        missing = f"holds no file whose name ends in {', '.join(FORMATS)}; name a folder that does"
    else:
        matching = glob.glob(item, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
        found = [Path(p) for p in matching if Path(p).is_file()]
        missing = "no such file; check the path"
    if not found:
        raise InputError(missing, source=item)
    return sorted(found)


def _in_utf8(path: Path) -> str:
    """Return a name as DuckDB and Arrow take it, whatever the locale: in UTF-8."""
    try:
        return os.fsencode(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            "its name is not UTF-8, which readers of scores ask for; rename it", source=str(path)
        ) from error


def _suffix(path: Path) -> str | None:
    name = path.name.lower()
    return next((suffix for suffix in FORMATS if name.endswith(suffix)), None)


def _format_of(path: Path) -> str:
    suffix = _suffix(path)
    if suffix is None:
        raise InputError(f"its name must end in one of {', '.join(FORMATS)}", source=str(path))
    return FORMATS[suffix]


def _open_csv(paths: Sequence[Path], columns: Sequence[str]) -> CsvFiles:
    header, delimiter = _csv_header(paths[0], columns)
    for path in paths[1:]:
        if _csv_header(path, columns) != (header, delimiter):
            raise InputError(
                f"its header or delimiter differs from that of {paths[0]}; write both alike", source=str(path)
            )
    return CsvFiles(tuple(paths), header, delimiter)


def _csv_header(path: Path, columns: Sequence[str]) -> tuple[tuple[str, ...], str]:
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opener(path, "rb") as file:
            line = file.readline(1 << 20).decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text; save it as UTF-8", source=str(path), line=1) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(
            f"cannot be read as gzip ({error}); it may be truncated or damaged; write it again",
            source=str(path),
        ) from error
    if not line.strip():
        raise InputError("begins with a blank line; begin with the column names", source=str(path), line=1)
    if "\r" in line:
        raise InputError(
            "ends its lines with carriage returns alone; write it with line feeds", source=str(path), line=1
        )
    readings = {mark: tuple(next(csv.reader([line], delimiter=mark), [])) for mark in DELIMITERS}
    delimiter = max(
        readings, key=lambda mark: (sum(name in readings[mark] for name in columns), len(readings[mark]))
    )
    header = readings[delimiter]
    folded = [name.casefold() for name in header]
    repeated = next((name for i, name in enumerate(header) if folded[i] in folded[:i]), None)
    if repeated is not None:
        raise InputError(
            f"column {repeated!r} stands twice in the header, letter case apart; rename one",
            source=str(path),
            line=1,
        )
    return header, delimiter


def _open_arrow(path: Path) -> Any:
    try:
        mapped = pa.memory_map(_in_utf8(path))
        try:
            file = pa.ipc.open_file(mapped)
        except pa.ArrowInvalid:
            mapped.seek(0)
            reader = pa.ipc.open_stream(mapped)
            if (
                mapped.size()
                and mapped.read_at(len(END_OF_STREAM), mapped.size() - len(END_OF_STREAM)) != END_OF_STREAM
            ):
                raise pa.ArrowInvalid("the stream does not end with its end mark") from None
            return reader
        batches = (file.get_batch(i) for i in range(file.num_record_batches))
        return pa.RecordBatchReader.from_batches(file.schema, batches)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"cannot be read as Arrow IPC ({error}); it may be truncated or damaged; write it again",
            source=str(path),
        ) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

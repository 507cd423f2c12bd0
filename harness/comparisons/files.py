"""Comparisons in files: text (CSV and its kin), Parquet and Arrow IPC."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from harness.comparisons.csv_text import WHITE_SPACE, Header, delimiter_of, read_header
from harness.comparisons.listing import Listing, in_utf8, list_files
from harness.comparisons.source import AsStored, Input, Seen, refuse_copies, require_named_once
from harness.comparisons.sql import identifier, literal
from harness.errors import InputError

__all__ = [
    "RAGGED",
    "SWALLOWED",
    "CsvFiles",
    "Files",
    "RowsOfFile",
    "holds_rows",
    "open_files",
    "open_listed",
    "swallowing_sql",
]

END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"
"""Without it, a stream cut off between two batches reads like a whole one."""
MOST_IN_MEMORY = 1 << 28
"""Bytes of an Arrow batch that is copied as it is read; a larger one is mapped."""
SWALLOWED = "a quotation mark out of field swallowed rows in column "
"""Begins what DuckDB is made to say where it did."""
RAGGED = "a line holds too few or too many values"
"""What DuckDB is made to say where one separated by white space does."""
NEVER = "\x01"
"""No text holds it, so that a line that is read as values between such marks is one value."""


def swallowing_sql(name: str, index: int, header: Sequence[str], score: int, delimiter: str) -> str:
    """Condition that a text value holds the end of a row, the beginning of another, and any rows between them.

    So it does where a quotation mark out of place opens it and another one closes it. Since neither occurs between
    the two, the delimiters tell: exactly as many before the first line break and after the last as there are columns
    on either side, and as many in all as that number of rows has. The value where the score would be is looked at
    too, for a remark of several lines may have as many commas.

    Parameters
    ----------
    name : str
        The column.
    index : int
        Its index among all columns, from 0.
    header : sequence of str
    score : int
        The index of the scores.
    delimiter : str
    """
    value, mark = identifier(name), literal(delimiter)
    lines = f"string_split({value}, chr(10))"
    ends = f"{lines}[1]", f"{lines}[-1]"
    others = len(header) - 1

    def marks(text: str) -> str:
        return f"(strlen({text}) - strlen(replace({text}, {mark}, '')))"

    end, field = (ends[0], score - index + 1) if score > index else (ends[1], score + 1)
    number = f"trim(split_part({end}, {mark}, {field}), chr(13) || ' ')"
    return (
        f"(contains({value}, chr(10)) AND {marks(ends[0])} = {others - index} AND {marks(ends[1])} = {index} "
        f"AND {marks(value)} = {others} * (len({lines}) - 1) "
        f"AND ({number} = '' OR TRY_CAST({number} AS DOUBLE) IS NOT NULL))"
    )


@dataclass(frozen=True)
class Files(AsStored):
    """Files that DuckDB or pyarrow reads, in the order of their names.

    Attributes
    ----------
    paths : tuple of Path
    seen : Seen or None
        What they were when they were opened; None where whoever opens them sees to it that they stay the same.
    left_out : tuple of Path
        See `harness.comparisons.listing.Listing`.
    """

    paths: tuple[Path, ...]
    seen: Seen | None = field(default=None, kw_only=True, compare=False)
    left_out: tuple[Path, ...] = field(default=(), kw_only=True, compare=False)

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
        """Digest every file, which must be what it was when it was opened."""
        return (self.seen or Seen.of(self.paths, digested=False)).inputs()

    def require_unchanged(self) -> None:
        """Refuse a file that changed since it was opened."""
        if self.seen is not None:
            self.seen.require_unchanged()

    def require_named_once(self, columns: Sequence[str], found: Sequence[str]) -> None:
        """Refuse a file in which a column of the study has the name of another.

        Parameters
        ----------
        columns : sequence of str
            The study's.
        found : sequence of str
            The columns as DuckDB names them: the second of a name, letter case apart, has a number at its end.
        """
        first = {name.casefold() for name in columns}
        if any(name.rpartition("_")[0].casefold() in first for name in found):
            for path in self.paths:
                require_named_once(self._names_in(path), columns, str(path))

    @staticmethod
    def _names_in(path: Path) -> list[str]:
        return list(pq.read_schema(path).names)

    def parts(self) -> Sequence[Files]:
        """One source a file."""
        return [type(self)((path,)) for path in self.paths]

    def _listed(self) -> str:
        # DuckDB takes every path for a glob, and might read another file than the one named.
        return ", ".join(literal(glob.escape(in_utf8(path))) for path in self.paths)

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
    """CSV, every column read as text: what a value means is for the study to say, not for a guess.

    Attributes
    ----------
    header : tuple of str
        The names of the columns.
    delimiter : str
        `harness.comparisons.csv_text.WHITE_SPACE` for any run of blanks and tabs.
    columns : tuple of str
        Those of the study, that of the scores first.
    titled : bool
        Whether the files themselves begin with the names of the columns.
    """

    header: tuple[str, ...] = ()
    delimiter: str = ","
    columns: tuple[str, ...] = ()
    titled: bool = True

    @property
    def text_only(self) -> bool:
        """CSV knows no types."""
        return True

    def parts(self) -> Sequence[Files]:
        """One source a file."""
        return [
            CsvFiles((path,), self.header, self.delimiter, self.columns, self.titled) for path in self.paths
        ]

    def require_named_once(self, columns: Sequence[str], found: Sequence[str]) -> None:
        """Do nothing: no header holds a name twice."""

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:  # noqa: ARG002 - files need no registering
        """Scan them with a stated dialect, since a sniffed one may skip rows that look odd."""
        if self.delimiter == WHITE_SPACE:
            return self._words_of(self._read(["line"], NEVER, quote=""))
        read = self._read(self.header, self.delimiter, quote='"')
        checks = [
            f"WHEN {condition} THEN error({literal(SWALLOWED + repr(name))})"
            for name, condition in self.swallowing().items()
        ]
        return f"(SELECT * FROM {read} WHERE CASE {' '.join(checks)} ELSE true END)" if checks else read

    def _read(self, names: Sequence[str], delimiter: str, *, quote: str) -> str:
        columns = ", ".join(f"{identifier(name)}: 'VARCHAR'" for name in names)
        return (
            f"read_csv([{self._listed()}], auto_detect = false, header = {self.titled}, columns = {{{columns}}}, "
            f"delim = {literal(delimiter)}, quote = '{quote}', escape = '{quote}', nullstr = '', comment = '', "
            "strict_mode = true, null_padding = false, ignore_errors = false, hive_partitioning = false)"
        )

    def _words_of(self, lines: str) -> str:
        """Split lines at white space; most lines have one blank between values, which takes no regular expression."""
        odd = (
            "contains(line, '  ') OR contains(line, chr(9)) OR starts_with(line, ' ') OR ends_with(line, ' ')"
        )
        single = f"CASE WHEN {odd} THEN trim(regexp_replace(line, '[ \\t]+', ' ', 'g')) ELSE line END"
        names = ", ".join(
            f"words[{index}] AS {identifier(name)}" for index, name in enumerate(self.header, start=1)
        )
        return (
            f"(SELECT {names} FROM (SELECT string_split({single}, ' ') AS words FROM {lines} "
            "WHERE regexp_matches(line, '[^ \\t]')) "
            f"WHERE CASE WHEN len(words) <> {len(self.header)} THEN error({literal(RAGGED)}) ELSE true END)"
        )

    def swallowing(self) -> dict[str, str]:
        """Return, for each column that is not the study's, the condition that a value of it holds whole rows.

        In a column of the study such a value is refused whatever it holds.
        """
        if not self.columns or self.columns[0] not in self.header or self.delimiter == WHITE_SPACE:
            return {}
        score = self.header.index(self.columns[0])
        return {
            name: swallowing_sql(name, index, self.header, score, self.delimiter)
            for index, name in enumerate(self.header)
            if name not in self.columns
        }


@dataclass(frozen=True)
class ArrowFiles(Files):
    """Arrow IPC files or streams."""

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
        name = f"arrow files from {self.paths[0]}"  # for others may be scanned beside them
        connection.register(name, pa.RecordBatchReader.from_batches(schema, batches))
        return identifier(name)

    @staticmethod
    def _names_in(path: Path) -> list[str]:
        return list(_open_arrow(path).schema.names)


def open_files(
    named: Sequence[str | os.PathLike[str]],
    columns: Sequence[str],
    *,
    digested: bool = False,
    names: Sequence[str] = (),
    decimal: str = ".",
    apart: Iterable[Path] = (),
) -> Files:
    """Make a source of files of one format, patterns and folders expanded.

    Parameters
    ----------
    named : sequence of path
    columns : sequence of str
        Those of the study, that of the scores first.
    digested : bool
        Whether to digest the files first, so that any change shows that is there when they have been read.
    names : sequence of str
        The columns of text files without a header; none where the files name them.
    decimal : {".", ","}
        What is before the decimals of a score in text.
    apart : iterable of Path
        Files that are read for something else; see `harness.comparisons.listing.list_files`.

    Raises
    ------
    InputError
        Where one cannot be found or read, or its rows would count twice.
    """
    listing = list_files(named, apart)
    return open_listed(listing, columns, digested=digested, names=names, decimal=decimal)


def open_listed(
    listing: Listing,
    columns: Sequence[str],
    *,
    digested: bool = False,
    names: Sequence[str] = (),
    decimal: str = ".",
) -> Files:
    """Make a source of files that have been found; see `open_files`."""
    seen = Seen.of(listing.paths, digested=digested)
    if seen.digests is not None:
        refuse_copies(zip(listing.paths, seen.digests, strict=True), partial(holds_rows, names=names))
    if listing.kind == "CSV":
        return _open_csv(listing, columns, seen, names, decimal)
    if names:
        raise InputError(
            f"is {listing.kind}, which names its columns itself; leave out columns (--columns)",
            source=str(listing.paths[0]),
        )
    source = Files if listing.kind == "Parquet" else ArrowFiles
    return source(listing.paths, seen=seen, left_out=listing.left_out)


def holds_rows(path: Path, *, names: Sequence[str] = ()) -> bool:
    """Whether there is a row in a file, or may be; `names` as of `open_files`."""
    try:
        with duckdb.connect() as connection:
            relation = open_files([path], (), names=names).relation(connection)
            return connection.execute(f"SELECT 1 FROM {relation} LIMIT 1").fetchone() is not None
    except (InputError, duckdb.Error, pa.ArrowException, OSError):
        return True


def _open_csv(
    listing: Listing, columns: Sequence[str], seen: Seen, names: Sequence[str], decimal: str
) -> CsvFiles:
    def layout(path: Path) -> Header:
        if names:
            return tuple(names), delimiter_of(path, columns, names, decimal=decimal)
        return read_header(path, columns)

    paths = listing.paths
    header, delimiter = layout(paths[0])
    for path in paths[1:]:
        if layout(path) != (header, delimiter):
            raise InputError(
                f"its header or delimiter differs from that of {paths[0]}; write both alike", source=str(path)
            )
    return CsvFiles(paths, header, delimiter, tuple(columns), not names, seen=seen, left_out=listing.left_out)


def _open_arrow(path: Path) -> Any:
    try:
        file = _arrow_bytes(in_utf8(path))
        try:
            batches = pa.ipc.open_file(file)
        except pa.ArrowInvalid:
            file.seek(0)
            reader = pa.ipc.open_stream(file)
            if not _ends_like_a_stream(path):
                raise pa.ArrowInvalid("the stream does not end with its end mark") from None
            return reader
        return pa.RecordBatchReader.from_batches(
            batches.schema, (batches.get_batch(i) for i in range(batches.num_record_batches))
        )
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"cannot be read as Arrow IPC ({error}); it may be truncated or damaged; write it again",
            source=str(path),
        ) from error


def _ends_like_a_stream(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-min(len(END_OF_STREAM), file.seek(0, os.SEEK_END)), os.SEEK_END)
        return file.read() == END_OF_STREAM


def _arrow_bytes(path: str) -> Any:
    """Open a file to be copied as it is read, for one that is mapped ends the process if it is cut off meanwhile.

    It is mapped all the same where a batch may be too large for the memory.
    """
    file = pa.OSFile(path)
    if file.size() <= MOST_IN_MEMORY:
        return file
    try:
        batches = pa.ipc.open_file(file).num_record_batches
    except pa.ArrowInvalid:
        batches = 1
    if file.size() <= MOST_IN_MEMORY * batches:
        file.seek(0)
        return file
    return pa.memory_map(path)

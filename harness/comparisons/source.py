"""A source of comparisons: rows that can be scanned again and again, and files that stay as they were meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, TypeAlias

import duckdb
import pyarrow as pa

from harness.comparisons.met import Met
from harness.errors import InputError
from harness.files import reading
from harness.text import file_name

__all__ = [
    "CHANGED",
    "ROW",
    "AsStored",
    "Check",
    "Input",
    "Reader",
    "Seen",
    "Source",
    "Stamp",
    "missing_column",
    "missing_in_scores",
    "refuse_copies",
    "require_named_once",
    "sha256_of",
]

CHANGED = "changed while it was read; run again when nothing writes to it any more"
RACY = 2_000_000_000
"""Nanoseconds: some file systems tell times no finer than two seconds."""


@dataclass(frozen=True)
class Input:
    """One thing that was read: its name and, for a file, its size in bytes and SHA-256."""

    name: str
    bytes: int | None
    sha256: str | None


ROW = '"(number of the row)"'
"""In SQL, the column that `Source.numbered` adds."""

Asks: TypeAlias = Callable[[str], Sequence[tuple[Any, ...]]]
"""Fetches what a query finds."""


@dataclass(frozen=True)
class Check:
    """A condition no row may meet.

    Attributes
    ----------
    column : str
    condition : str
        In SQL.
    problem : str
        With the value as ``{value}``, and that of the other column as ``{other}``.
    beside : str or None
        The other column, where it is the two of them that do not go together.
    more : callable
        Given a way to ask, the SQL name of the rows, and both values, returns what is to be said besides, at the end.
    """

    column: str
    condition: str
    problem: str
    beside: str | None = None
    more: Callable[[Asks, str, str, str], str] = lambda ask, relation, value, other: ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The one or two columns."""
        return (self.column,) if self.beside is None else (self.column, self.beside)


class Reader(Protocol):
    """Who reads rows; see `harness.comparisons.database.Database`."""

    def relation_of(self, part: Source) -> str:
        """Return an SQL name for the rows of a source."""

    def fetch(self, query: str) -> Sequence[tuple[Any, ...]]:
        """Return all rows that a query finds."""

    def stream(self, query: str) -> Iterator[pa.RecordBatch]:
        """Give the rows that a query finds, some at a time."""


class Source(Protocol):
    """Rows that DuckDB can scan, again and again, in the same order."""

    @property
    def name(self) -> str:
        """Name of the source in errors."""

    @property
    def text_only(self) -> bool:
        """Whether every column arrives as text, as from CSV."""

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Return an SQL table expression, registering what it needs."""

    def numbered(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Return the same with the column `ROW`: the number of each row in its file, from 1."""

    def narrowed(self, columns: Sequence[str]) -> Source:
        """Return the same rows, of which only these columns will be read."""

    def parts(self) -> Sequence[Source]:
        """Return the same rows file by file."""

    @property
    def stored(self) -> Source:
        """The rows as they are stored, before anything is derived from them."""

    @property
    def may_lose_rows(self) -> bool:
        """Whether rows that cannot be used may be missing from `relation`, though not from `numbered`."""

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """By column, all labels that it may hold, in order, where it is an ENUM of them."""

    def labels_of(self, subject: str) -> tuple[str, Mapping[str, str]] | None:
        """Return the table in which subjects of a column have labels, and their names there by the columns they are."""

    def met(self, reader: Reader) -> Met:
        """Return what is known of the rows once all were looked at."""

    def checks(self) -> Sequence[Check]:
        """Return what no row may meet that is looked for before the terms of a study."""

    def called(self, column: str) -> str:
        """Name a column in errors, by what can be corrected in a file."""

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of what has been read."""

    def require_unchanged(self) -> None:
        """Refuse what changed since it was opened, where the file system tells."""

    def require_named_once(self, columns: Sequence[str], found: Sequence[str]) -> None:
        """Refuse what holds a column of the study under the name of another."""


class AsStored:
    """The common half of sources whose rows are read as they are stored."""

    @property
    def stored(self: Source) -> Source:
        """Itself."""
        return self

    @property
    def may_lose_rows(self) -> bool:
        """None are lost."""
        return False

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """None are known beforehand."""
        return {}

    def numbered(self: Source, connection: duckdb.DuckDBPyConnection) -> str:
        """Number the rows in the order in which they are scanned."""
        return f"(SELECT row_number() OVER () AS {ROW}, * FROM {self.relation(connection)})"

    def narrowed(self: Source, columns: Sequence[str]) -> Source:  # noqa: ARG002 - DuckDB reads only what is asked for
        """Return itself."""
        return self

    def labels_of(self, subject: str) -> tuple[str, Mapping[str, str]] | None:  # noqa: ARG002 - as for `met`
        """There is none."""
        return None

    def met(self, reader: Reader) -> Met:  # noqa: ARG002 - as sources of rows that follow from others have it
        """Return nothing."""
        return Met()

    def checks(self) -> Sequence[Check]:
        """Return none."""
        return ()

    def called(self, column: str) -> str:
        """Name it as it is."""
        return f"column {column!r}"


def missing_column(column: str, present: Sequence[str]) -> str:
    """Say that a column is missing, and which there are."""
    return (
        f"has no column {column!r}; it has {', '.join(map(repr, present))}; name the right one in the study"
    )


def missing_in_scores(column: str, present: Sequence[str]) -> str:
    """Say the same of scores, of which a study can be drafted."""
    return f"{missing_column(column, present)} (`harness draft SCORES` proposes a study)"


def require_named_once(names: Sequence[str], columns: Sequence[str], source: str) -> None:
    """Refuse a table in which a column of the study has the name of another, letter case apart, as in SQL.

    Raises
    ------
    InputError
    """
    folded = [name.casefold() for name in names]
    for column in columns:
        if folded.count(column.casefold()) > 1:
            raise InputError(
                f"column {column!r} appears twice, letter case apart; rename one or leave it out",
                source=source,
            )


@dataclass(frozen=True)
class Stamp:
    """A file system's word on a file, which changes whenever the file is written to or replaced.

    Writing through a memory map may leave it as it is, and so may two writes within one tick of the clock.

    Attributes
    ----------
    size : int
        Bytes.
    modified, changed : int
        When its content and its entry were changed last, in nanoseconds.
    inode, device : int
    """

    size: int
    modified: int
    changed: int
    inode: int
    device: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Ask the file system, which opens no file.

        Raises
        ------
        OSError
            Where there is no such file, or the system does not tell of it.
        """
        found = path.stat()
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)

    def vouches_at(self, moment: int) -> bool:
        """Whether a change after a moment (nanoseconds) would show, and not go under in the clock's last tick."""
        return moment - max(self.modified, self.changed) >= RACY


@dataclass(frozen=True)
class Seen:
    """Files as they were when they were opened.

    Each is digested before and after it is read, and size, times, inode and device are compared too. Both are
    needed: a digest does not show a change that was undone in between, and a file system does not show every change
    that was not. What would go unnoticed is a change through a memory map that is undone before the end.

    Attributes
    ----------
    paths : tuple of Path
    stamps : tuple of Stamp
    digests : tuple of str or None
        SHA-256, hexadecimal; None where the file system's word is trusted.
    """

    paths: tuple[Path, ...]
    stamps: tuple[Stamp, ...]
    digests: tuple[str, ...] | None

    @classmethod
    def of(cls, paths: Sequence[Path], *, digested: bool) -> Self:
        """Look at files before they are read.

        Raises
        ------
        InputError
            Where one cannot be found or read.
        """
        stamps = tuple(_stamp(path) for path in paths)
        return cls(tuple(paths), stamps, tuple(map(sha256_of, paths)) if digested else None)

    def require_unchanged(self) -> None:
        """Compare what the file system says.

        Raises
        ------
        InputError
            Where a file changed since.
        """
        for path, stamp in zip(self.paths, self.stamps, strict=True):
            try:
                unchanged = Stamp.of(path) == stamp
            except OSError:
                unchanged = False
            if not unchanged:
                raise InputError(CHANGED, source=str(path))

    def inputs(self) -> tuple[Input, ...]:
        """Digest the files once they have been read.

        Raises
        ------
        InputError
            Where a file changed since it was opened.
        """
        digests = tuple(sha256_of(path) for path in self.paths)
        for path, before, after in zip(self.paths, self.digests or digests, digests, strict=True):
            if before != after:
                raise InputError(CHANGED, source=str(path))
        self.require_unchanged()
        return tuple(
            Input(file_name(path), stamp.size, digest)
            for path, stamp, digest in zip(self.paths, self.stamps, digests, strict=True)
        )


def refuse_copies(digests: Iterable[tuple[Path, str]], holds_rows: Callable[[Path], bool]) -> None:
    """Refuse files of the same bytes, whose rows would count twice.

    Parameters
    ----------
    digests : iterable of (Path, str)
        Each file, and its SHA-256.
    holds_rows : callable
        Whether there is a row in a file: many programs write a file without any for a part that is empty.

    Raises
    ------
    InputError
    """
    met: dict[str, Path] = {}
    for path, digest in digests:
        other = met.setdefault(digest, path)
        if other is not path and holds_rows(path):
            raise InputError(
                f"holds the same bytes as {other}, whose rows it would count twice; leave one of them out",
                source=str(path),
            )


def sha256_of(path: Path) -> str:
    """Digest a file, hexadecimal.

    Raises
    ------
    InputError
        Where it cannot be read.
    """
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stamp(path: Path) -> Stamp:
    try:
        return Stamp.of(path)
    except OSError as error:
        raise InputError(f"cannot be found ({error.strerror}); check the path", source=str(path)) from error

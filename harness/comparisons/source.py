"""A source of comparisons: rows that can be scanned again and again, and files that stay as they were meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import duckdb

from harness.errors import InputError
from harness.files import reading
from harness.text import file_name

__all__ = [
    "CHANGED",
    "Input",
    "Seen",
    "Source",
    "Stamp",
    "missing_column",
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

    def parts(self) -> Sequence[Source]:
        """Return the same rows file by file."""

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of what has been read."""

    def require_unchanged(self) -> None:
        """Refuse what changed since it was opened, where the file system tells."""

    def require_named_once(self, columns: Sequence[str], found: Sequence[str]) -> None:
        """Refuse what holds a column of the study under the name of another."""


def missing_column(column: str, present: Sequence[str]) -> str:
    """Say that a column is missing, and which there are."""
    return (
        f"has no column {column!r}; it has {', '.join(map(repr, present))}; name the right one in the study "
        "(`harness draft SCORES` proposes a study)"
    )


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

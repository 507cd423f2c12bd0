"""What a source of comparisons is: rows that can be scanned again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb

from harness.errors import InputError

__all__ = ["Input", "Source", "missing_column", "require_named_once"]


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
        """What errors call it."""

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
        f"has no column {column!r}; it has {', '.join(map(repr, present))}; name the right one in the study"
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
                f"column {column!r} stands twice, letter case apart; rename one or leave it out",
                source=source,
            )

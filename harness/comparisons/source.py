"""What a source of comparisons is: rows that can be scanned again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb

__all__ = ["Input", "Source", "missing_column"]


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
        """Return the digests of what is read."""


def missing_column(column: str, present: Sequence[str]) -> str:
    """Say that a column is missing, and which there are."""
    return (
        f"has no column {column!r}; it has {', '.join(map(repr, present))}; name the right one in the study"
    )

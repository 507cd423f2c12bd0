"""Sources whose rows follow from those of another: columns added, values read in another way, rows left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from harness.comparisons.source import Check, Input, Source

if TYPE_CHECKING:
    import duckdb

__all__ = ["Derived"]


@dataclass(frozen=True)
class Derived:
    """The common half of sources whose rows are selected from those of another.

    Attributes
    ----------
    source : Source
    """

    source: Source

    def over(self, relation: str) -> str:
        """Return an SQL table expression of the rows that follow from those of a relation of the source."""
        raise NotImplementedError

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Have a connection find what `over` needs besides."""

    @property
    def name(self) -> str:
        """Name of the source in errors."""
        return self.source.name

    @property
    def text_only(self) -> bool:
        """Whether every column of the scores arrives as text."""
        return self.source.text_only

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Return an SQL table expression, registering what it needs."""
        self.prepare(connection)
        return self.over(self.source.relation(connection))

    def numbered(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Return the same with the number of each row as it is stored."""
        self.prepare(connection)
        return self.over(self.source.numbered(connection))

    def narrowed(self, columns: Sequence[str]) -> Source:
        """Return the same rows, of which only these columns will be read."""
        return replace(self, source=self.source.narrowed(columns))

    def parts(self) -> Sequence[Source]:
        """Return the same rows file by file."""
        return [self.of(part) for part in self.source.parts()]

    def of(self, source: Source) -> Self:
        """Return what follows from another source in the same way."""
        return replace(self, source=source)

    @property
    def stored(self) -> Source:
        """The rows as they are stored, before anything is derived from them."""
        return self.source.stored

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """By column, all labels that it may hold, in order, where it is an ENUM of them."""
        return self.source.labels

    def checks(self) -> Sequence[Check]:
        """Return what no row may meet that is looked for before the terms of a study."""
        return self.source.checks()

    def called(self, column: str) -> str:
        """Name a column in errors, by what can be corrected in a file."""
        return self.source.called(column)

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of what has been read."""
        return self.source.inputs()

    def require_unchanged(self) -> None:
        """Refuse what changed since it was opened."""
        self.source.require_unchanged()

    def require_named_once(self, columns: Sequence[str], found: Sequence[str]) -> None:
        """Refuse what holds a column of the study under the name of another."""
        self.source.require_named_once(columns, found)

"""Sources whose rows follow from those of another: columns added, values read in another way, rows left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from harness.comparisons.source import Check, Input, Reader, Source
from harness.comparisons.sql import WHOLE, identifier, is_label

if TYPE_CHECKING:
    import duckdb

    from harness.comparisons.met import Met

__all__ = ["Derived", "Identities"]


@dataclass(frozen=True)
class Derived:
    """The common half of sources whose rows are selected from those of another.

    Attributes
    ----------
    source : Source
    """

    source: Source

    def over(self, relation: str) -> str:
        """Return an SQL table expression of the rows that follow from those of a relation of the source.

        They are these rows themselves, unless a kind of source selects others.
        """
        return relation

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
    def may_lose_rows(self) -> bool:
        """Whether rows that cannot be used may be missing from `relation`, though not from `numbered`."""
        return self.source.may_lose_rows

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """By column, all labels that it may hold, in order, where it is an ENUM of them."""
        return self.source.labels

    def labels_of(self, subject: str) -> tuple[str, Mapping[str, str]] | None:
        """Return the table in which subjects of a column have labels, and their names there by the columns they are."""
        return self.source.labels_of(subject)

    def met(self, reader: Reader) -> Met:
        """Return what is known of the rows once all were looked at."""
        return self.source.met(reader)

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


@dataclass(frozen=True)
class Identities(Derived):
    """A source whose comparisons are mated where two identities are equal.

    Attributes
    ----------
    column : str
        The truth, to be added.
    identities : tuple of str
        Two columns.
    are_whole : bool
        Whether both hold whole numbers.
    """

    column: str
    identities: tuple[str, str]
    are_whole: bool

    @classmethod
    def over_columns(
        cls, source: Source, kinds: Mapping[str, str], column: str, identities: Sequence[str]
    ) -> Self:
        """Compare identities in columns of these SQL types."""
        one, other = identities
        return cls(source, column, (one, other), all(kinds[name] in WHOLE for name in identities))

    def over(self, relation: str) -> str:
        """Compare them; where one is no identity, there is no truth."""
        one, other = map(identifier, self.identities)
        if not self.are_whole:
            one, other = (f"CAST({name} AS VARCHAR)" for name in (one, other))
        same = f"{one} = {other}"
        if not self.are_whole:
            same = f"CASE WHEN {is_label(one)} AND {is_label(other)} THEN {same} END"
        return f"(SELECT *, {same} AS {identifier(self.column)} FROM {relation})"

    def narrowed(self, columns: Sequence[str]) -> Source:
        """Leave the comparison of identities out where it will not be read."""
        if self.column not in columns:
            return self.source.narrowed(columns)
        return replace(self, source=self.source.narrowed([*columns, *self.identities]))

    def checks(self) -> Sequence[Check]:
        """Refuse what is no identity."""
        return [
            *self.source.checks(),
            *(
                Check(
                    name,
                    f"NOT {is_label(f'COALESCE(CAST({identifier(name)} AS VARCHAR), {_BLANK})')}",
                    "{value} where an identity belongs; name the person, or leave the row out",
                )
                for name in self.identities
            ),
        ]

    def called(self, column: str) -> str:
        """Name the second of the identities."""
        return self.source.called(self.identities[1] if column == self.column else column)


_BLANK = "''"

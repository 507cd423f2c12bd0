"""A file beside the scores, copied as text to a DuckDB file with the row of each entry, and looked over there."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from harness.comparisons.files import Files, open_files
from harness.comparisons.source import ROW, missing_column
from harness.comparisons.sql import FLOATING, identifier, is_label, literal
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.comparisons.database import Database
    from harness.comparisons.source import Source

__all__ = ["Entries", "EntryRow", "open_beside"]


_BLANK = "''"


class EntryRow(NamedTuple):
    """Where an entry is."""

    file: str
    row: int

    def beside(self, other: EntryRow) -> str:
        """Name the row, and its file where the other is not in it."""
        return f"row {self.row}" if self.file == other.file else f"row {self.row} of {self.file}"


@dataclass(frozen=True)
class Entries:
    """The entries of a file, in the table ``entries`` of a database that goes by a name.

    Attributes
    ----------
    database : Database
    file : Files
    name : str
    columns : mapping of str to str
        By its name in the table, each column of the file.
    """

    database: Database
    file: Files
    name: str
    columns: Mapping[str, str]

    @classmethod
    def copied(
        cls,
        database: Database,
        file: Files,
        path: Path,
        name: str,
        columns: Mapping[str, str],
        numbers: Container[str] = (),
    ) -> Entries:
        """Copy columns of a file as text.

        Parameters
        ----------
        database : Database
            Of the file.
        file : Files
        path : Path
            The DuckDB file to write.
        name : str
            What it goes by.
        columns : mapping of str to str
        numbers : container of str
            Columns of the file that may hold floating numbers.

        Raises
        ------
        InputError
            Where the file cannot be read, lacks a column, or holds nothing.
        """
        database.fetch(f"ATTACH {literal(str(path))} AS {name}")
        selects = []
        for number, part in enumerate(file.parts()):
            kinds = {row[0]: row[1] for row in database.fetch(f"DESCRIBE FROM {database.relation_of(part)}")}
            part.require_named_once(list(columns.values()), list(kinds))
            for column in columns.values():
                _require_text(kinds, column, part, FLOATING if column in numbers else set())
            texts = ", ".join(
                f"CAST({identifier(column)} AS VARCHAR) AS {own}" for own, column in columns.items()
            )
            selects.append(
                f"SELECT {number} AS part, {ROW} AS number, {texts} FROM {database.numbered(part)}"
            )
        database.fetch(f"CREATE TABLE {name}.entries AS {' UNION ALL '.join(selects)}")
        if not database.fetch(f"SELECT 1 FROM {name}.entries LIMIT 1"):
            raise InputError(f"holds no {name}, only column names; give it rows", source=file.name)
        return cls(database, file, name, columns)

    def first(self, column: str, condition: str) -> Iterator[tuple[EntryRow, str | None]]:
        """Find the first entry that meets a condition, with its value of a column."""
        found = self.database.fetch(
            f"SELECT part, number, {column} FROM {self.name}.entries WHERE {condition} ORDER BY part, number LIMIT 1"
        )
        for part, row, value in found:
            yield self.at(part, row), value

    def distinct(self, column: str) -> list[str]:
        """Return the values of a column, in order."""
        found = self.database.fetch(f"SELECT DISTINCT {column} FROM {self.name}.entries")
        return sorted(value for (value,) in found)

    def replace(self, column: str, sql: str) -> None:
        """Put other values in the place of those of a column."""
        self.database.fetch(f"UPDATE {self.name}.entries SET {column} = {sql}")

    def require_labels(self, remedy: str) -> None:
        """Refuse the first entry of which a value is blank or of several lines.

        Raises
        ------
        InputError
        """
        for own, column in self.columns.items():
            for where, value in self.first(own, f"NOT {is_label(f'COALESCE({own}, {_BLANK})')}"):
                shown = "nothing" if value is None else repr(value)
                raise InputError(
                    f"row {where.row}, column {column!r}: {shown} where a label belongs; {remedy}",
                    source=where.file,
                )

    def repeated(self, columns: Sequence[str]) -> Iterator[tuple[tuple[str, ...], EntryRow, EntryRow, int]]:
        """Find the first values that two entries have, with both, and how many other such values there are."""
        named = ", ".join(columns)
        found = self.database.fetch(
            f"SELECT list({{part: part, number: number}} ORDER BY part, number)[:2], count(*) OVER (), {named} "
            f"FROM {self.name}.entries GROUP BY {named} HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
        )
        for (first, second), values, *of in found:
            yield tuple(of), self.at(**first), self.at(**second), values - 1

    def at(self, part: int, number: int) -> EntryRow:
        """Name a row by the number of its part and its number there."""
        return EntryRow(self.file.parts()[part].name, number)


def open_beside(
    named: str, columns: Sequence[str], names: Sequence[str] = (), *, digested: bool = False
) -> Files:
    """Open a file that a study names beside the scores.

    Parameters
    ----------
    named : str
    columns : sequence of str
        Those that are read.
    names : sequence of str
        Of all its columns, where it has no header.
    digested : bool
        Whether to digest it first; see `harness.comparisons.source.Seen`.

    Raises
    ------
    InputError
        Where it cannot be found or read.
    """
    return open_files([named], columns, digested=digested, names=names)


def _require_text(kinds: Mapping[str, str], column: str, part: Source, allowed: set[str]) -> None:
    if column not in kinds:
        raise InputError(missing_column(column, list(kinds)), source=part.name)
    if kinds[column] in (FLOATING | {"BLOB"}) - allowed:
        raise InputError(
            f"column {column!r} holds {kinds[column]}, which cannot label; convert it to integers or text",
            source=part.name,
        )

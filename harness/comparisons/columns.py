"""The columns of a source as a study reads them: bytes as the text they stand for, and what folders say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import duckdb

from harness.comparisons.database import Database
from harness.comparisons.files import Files
from harness.comparisons.source import Input, Source
from harness.comparisons.sql import identifier, literal
from harness.errors import InputError
from harness.study import Study

__all__ = ["Decoded", "kinds_of", "require_folders_agree", "with_text"]

NOTHING = ("", "__HIVE_DEFAULT_PARTITION__")
"""What stands in the name of a folder for rows without a value."""


@dataclass(frozen=True)
class Decoded:
    """A source of which some columns hold the bytes of text, as Impala, Hive and HDF5 write it; read as text.

    Attributes
    ----------
    source : Source
    columns : tuple of str
        Those that hold bytes.
    """

    source: Source
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """What errors call it."""
        return self.source.name

    @property
    def text_only(self) -> bool:
        """What holds bytes holds types."""
        return False

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Decode the columns."""
        decoded = ", ".join(f"decode({identifier(name)}) AS {identifier(name)}" for name in self.columns)
        return f"(SELECT * REPLACE ({decoded}) FROM {self.source.relation(connection)})"

    def parts(self) -> Sequence[Source]:
        """Return the same rows file by file."""
        return [Decoded(part, self.columns) for part in self.source.parts()]

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of what has been read."""
        return self.source.inputs()

    def require_unchanged(self) -> None:
        """Refuse what changed since it was opened."""
        self.source.require_unchanged()

    def require_named_once(self, columns: Sequence[str], found: Sequence[str]) -> None:
        """Refuse what holds a column of the study under the name of another."""
        self.source.require_named_once(columns, found)


def kinds_of(database: Database, source: Source) -> dict[str, str]:
    """Return the SQL type of each column of a source."""
    described = database.fetch(f"DESCRIBE SELECT * FROM {database.relation_of(source)}")
    return {row[0]: "VARCHAR" if row[1].startswith("ENUM") else row[1] for row in described}


def with_text(database: Database, source: Source, kinds: Sequence[Mapping[str, str]], study: Study) -> Source:
    """Return a source whose labels are text where they are stored as bytes.

    Parameters
    ----------
    database : Database
    source : Source
    kinds : sequence of mapping of str to str
        The SQL type of each column, for each of its parts.
    study : Study

    Raises
    ------
    InputError
        Names the first row that holds bytes that are no text, or the file that holds bytes where another holds text.
    """
    parts = source.parts()
    columns = [column for column in study.columns[1:] if any(own.get(column) == "BLOB" for own in kinds)]
    for column in columns:
        for part, own in zip(parts, kinds, strict=True):
            if own.get(column) != kinds[0].get(column):
                raise InputError(
                    f"column {column!r} holds {own.get(column)}, and {kinds[0].get(column)} in {parts[0].name}; "
                    "write both alike",
                    source=part.name,
                )
        for part in parts:
            _require_text(database, part, column)
    return Decoded(source, tuple(columns)) if columns else source


def _require_text(database: Database, part: Source, column: str) -> None:
    name = identifier(column)
    found = database.fetch(
        f'SELECT "row number", CAST({name} AS VARCHAR) FROM '
        f'(SELECT row_number() OVER () AS "row number", {name} FROM {database.relation_of(part)}) '
        f"WHERE {name} IS NOT NULL AND TRY(decode({name})) IS NULL ORDER BY 1 LIMIT 1"
    )
    for row, value in found:
        raise InputError(
            f"row {row}, column {column!r}: the bytes '{value}' are not UTF-8; write the labels as text",
            source=part.name,
        )


def require_folders_agree(database: Database, files: Files, study: Study, kinds: Mapping[str, str]) -> None:
    """Refuse rows that contradict the name of a folder they lie in, such as ``sex=female``.

    The names of folders are not read as columns; but where a file has the column too, one of them is wrong.

    Raises
    ------
    InputError
        Names the first such row.
    """
    for part, path in zip(files.parts(), files.paths, strict=True):
        for column, said in _said_by_folders(path):
            if column not in study.columns:
                continue
            name, kind = identifier(column), kinds[column]
            value = "NULL" if said in NOTHING else f"TRY_CAST({literal(said)} AS {kind})"
            found = database.fetch(
                f'SELECT "row number", CAST({name} AS VARCHAR) FROM '
                f'(SELECT row_number() OVER () AS "row number", CAST({name} AS {kind}) AS {name} '
                f"FROM {database.relation_of(part)}) "
                f"WHERE {name} IS DISTINCT FROM {value} ORDER BY 1 LIMIT 1"
            )
            for row, other in found:
                raise InputError(
                    f"row {row}, column {column!r}: {'nothing' if other is None else repr(other)}, but it lies in a "
                    f"folder named '{column}={said}'; correct one of them, or move the file elsewhere",
                    source=part.name,
                )


def _said_by_folders(path: Path) -> Iterator[tuple[str, str]]:
    for folder in path.absolute().parts[:-1]:
        column, equals, value = folder.partition("=")
        if equals:
            yield unquote(column), unquote(value)

"""Who the rows and the columns of a score matrix are: people in arrays, a data frame or a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from harness.comparisons.database import Database
from harness.comparisons.files import open_files
from harness.comparisons.images.labels import Side, checked_groups, checked_labels
from harness.comparisons.source import Input, Seen, missing_column, require_named_once
from harness.comparisons.sql import identifier
from harness.errors import InputError
from harness.files import temporary_folder

__all__ = ["Digests", "People", "PeopleLike", "PeopleOfSide", "read_side"]

Digests: TypeAlias = Callable[[], tuple[Input, ...]]
"""Digests what has been read, and refuses what changed since it was opened."""
LABEL = r"^[^\n\r]*[^\pZ\pC][^\n\r]*$"


@dataclass(frozen=True, eq=False)
class People:
    """Who each row, or each column, of a score matrix is, in order.

    Parameters
    ----------
    subjects : sequence of str or int
        Whose image it is; the same name on both sides is the same person.
    groups : mapping of str to sequence of str or int
        The label of each for every demographic attribute.
    """

    subjects: Any
    groups: Mapping[str, Any]


PeopleLike: TypeAlias = Any
"""`People`, or anything with such ``subjects`` and ``groups``; a mapping of these two; or a table, one line for each
row or column of the matrix: a data frame, a mapping of column names to arrays, or the path of a CSV, Parquet or Arrow
IPC file."""


@dataclass(frozen=True, eq=False)
class SideOfFile(Side):
    """Images of which a file says who each is."""

    def at(self, index: int) -> str:
        """Say which row of the file it is, from 1."""
        return f"row {index + 1} of {self.name}"


@dataclass(frozen=True)
class PeopleOfSide:
    """Where people are found of one side of a matrix.

    Attributes
    ----------
    given : PeopleLike
    one : str
        "row" or "column".
    subject : str
        Of a table, the column that names the subjects.
    groups : mapping of str to str, or None
        And the column of each attribute; None for all other columns.
    """

    given: PeopleLike
    one: str
    subject: str
    groups: Mapping[str, str] | None


def read_side(people: PeopleOfSide, length: int, matrix: str) -> tuple[Side, Digests]:
    """Read who the rows or columns of a matrix are.

    Parameters
    ----------
    people : PeopleOfSide
    length : int
        How many rows or columns there are.
    matrix : str
        What errors call the matrix.

    Raises
    ------
    InputError
        Where they cannot be read, are not as many, or a label is missing.
    """
    given, one = people.given, people.one
    if isinstance(given, str | os.PathLike):
        return _of_file(people, Path(given), length, matrix)
    name = f"{one}s of {matrix}"
    subjects, groups = _two_parts(given) or _of_table(given, people, name)
    side = Side(
        name,
        checked_labels(subjects, length, f"subjects of {name}", one),
        checked_groups(groups, length, name, one),
    )
    return side, lambda: (side.input_of_labels(),)


def _two_parts(given: Any) -> tuple[Any, Any] | None:
    """Return the subjects and the groups, where these are what is given."""
    if isinstance(given, Mapping):
        both = given.keys() == {"subjects", "groups"} and isinstance(given["groups"], Mapping)
        return (given["subjects"], given["groups"]) if both else None
    subjects, groups = getattr(given, "subjects", None), getattr(given, "groups", None)
    return (subjects, groups) if subjects is not None and isinstance(groups, Mapping) else None


def _of_table(given: Any, people: PeopleOfSide, name: str) -> tuple[Any, dict[str, Any]]:
    import narwhals as nw  # of data in memory alone: files are read without

    frame = nw.from_native(given, eager_only=True, pass_through=True)
    is_frame = isinstance(frame, nw.DataFrame)
    if not is_frame and not isinstance(given, Mapping):
        raise InputError(
            f"{type(given).__name__} does not say who they are; give subjects and groups, a data frame or a file",
            source=name,
        )
    columns = list(frame.columns if is_frame else given)
    wanted = _wanted(people, columns, name)
    found = {attribute: (frame if is_frame else given)[column] for attribute, column in wanted.items()}
    return (frame if is_frame else given)[people.subject], found


def _wanted(people: PeopleOfSide, present: list[str], source: str) -> dict[str, str]:
    """Return the column of each attribute, having looked for it and for that of the subjects."""
    groups = people.groups
    if groups is None:
        groups = {column: column for column in present if column != people.subject}
    for column in (people.subject, *groups.values()):
        if column not in present:
            raise InputError(missing_column(column, present), source=source)
    if not groups:
        raise InputError("has no column but that of the subjects; add one of a group", source=source)
    return dict(groups)


def _of_file(people: PeopleOfSide, path: Path, length: int, matrix: str) -> tuple[Side, Digests]:
    seen, name = Seen.of([path], digested=True), str(path)
    named = [people.subject, *(people.groups or {}).values()]
    files, scratch = open_files([path], named), temporary_folder()
    try:
        database = Database(files, scratch.folder)
        try:
            present = [row[0] for row in database.fetch(f"DESCRIBE SELECT * FROM {database.relation()}")]
            files.require_named_once(named, present)
            wanted = _wanted(people, present, name)
            columns = list(dict.fromkeys([people.subject, *wanted.values()]))
            require_named_once(present, columns, name)
            read = ", ".join(map(identifier, columns))
            batches = list(database.stream(f"SELECT {read} FROM {database.relation()}"))
        finally:
            database.close()
    finally:
        scratch.close()
    table = {
        column: pa.chunked_array([batch.column(i) for batch in batches] or [pa.array([], pa.string())])
        for i, column in enumerate(columns)
    }
    _require_as_many(table[people.subject], length, people.one, name, matrix)
    labels = {
        column: checked_labels(
            _labels_in(values, column, name), length, f"column {column!r} of {name}", people.one
        )
        for column, values in table.items()
    }
    groups = {attribute: labels[column] for attribute, column in wanted.items()}
    return SideOfFile(name, labels[people.subject], groups), seen.inputs


def _require_as_many(subjects: pa.ChunkedArray, length: int, one: str, name: str, matrix: str) -> None:
    if len(subjects) != length:
        raise InputError(
            f"has {len(subjects):,} rows, but {matrix} has {length:,} {one}s; give a line for each, in their order",
            source=name,
        )


def _labels_in(values: pa.ChunkedArray, column: str, name: str) -> pa.Array:
    """Return a column of a file as text, having looked that each value can label."""
    if pa.types.is_floating(values.type):
        raise InputError(
            f"column {column!r} holds {values.type}, which cannot label; convert it to integers or text",
            source=name,
        )
    texts = values.cast(pa.string()).combine_chunks()
    unusable = pc.fill_null(pc.invert(pc.match_substring_regex(texts, LABEL)), True)
    row = pc.index(unusable, True).as_py()
    if row >= 0:
        value = texts[row].as_py()
        shown = "nothing" if value is None else repr(value)
        raise InputError(
            f"row {row + 1}, column {column!r}: {shown} where a label of one line belongs; label the row, 'unknown' if "
            "need be",
            source=name,
        )
    return texts

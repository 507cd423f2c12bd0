"""A file of people beside the scores: which of its columns names those who are compared, and which group them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from harness.comparisons.database import Database
from harness.drafting.columns import LOOKED, Column, Table, opened
from harness.drafting.roles import (
    MOST_GROUPS,
    MOST_NUMBERS,
    Attribute,
    Roles,
    Subjects,
    classes_of,
    labels_of,
)
from harness.errors import InputError

__all__ = ["People", "read_people", "subjects_named_by"]

MOST_PEOPLE = 10_000_000
FEWEST_KNOWN = 0.5
"""Of the subjects of a column of the scores, those that the file must name."""


@dataclass(frozen=True)
class People:
    """A file of people, as the scores name them.

    Attributes
    ----------
    file : Path
    subject : Column
        Of the file.
    named : tuple of Column
        The columns of the scores whose subjects it names; one or two.
    attributes : tuple of Attribute
        Other columns of the file that group people.
    others : tuple of Column
        Those that do not.
    rows : int
    repeated : int
        Rows whose subject has an earlier row.
    compared, unknown : int
        Subjects in the rows of the scores that were looked at, and how many of them the file lacks.
    example : str
        One that it lacks; blank where there is none.
    """

    file: Path
    subject: Column
    named: tuple[Column, ...]
    attributes: tuple[Attribute, ...]
    others: tuple[Column, ...]
    rows: int
    repeated: int
    compared: int
    unknown: int
    example: str


def read_people(path: str | os.PathLike[str], table: Table, roles: Roles, scratch: Path) -> People:
    """Find out how a file names the people who are compared, and what it says of them.

    Parameters
    ----------
    path : path
    table : Table
        The scores.
    roles : Roles
        What their columns are.
    scratch : Path
        An existing folder.

    Raises
    ------
    InputError
        It cannot be read, or names none of those who are compared.
    """
    with closing(Database(opened(path), scratch)) as database:
        people = Table(database, MOST_PEOPLE)
        likely = roles.subjects.columns if roles.subjects is not None else _likely(table, roles)
        shares = [(_share(table, people, own, likely), own) for own in people.columns if own.filled]
        known, subject = max(shares, key=lambda found: max(found[0], default=0.0), default=((), None))
        named = tuple(
            column for column, share in zip(likely, known, strict=bool(known)) if share >= FEWEST_KNOWN
        )
        if subject is None or not named:
            raise InputError(
                f"no column of it holds at least half of the values of a column of {table.name}; name people alike in "
                "both",
                source=os.fspath(path),
            )
        named = roles.subjects.columns if roles.subjects is not None else named[:2]
        compared, unknown, example = _known(table, people, subject, named)
        attributes = _attributes(people, subject)
        grouped = {column.index for one in attributes for column in one.columns} | {subject.index}
        return People(
            file=Path(path),
            subject=subject,
            named=named,
            attributes=attributes,
            others=tuple(column for column in people.columns if column.index not in grouped),
            rows=people.rows,
            repeated=subject.filled - subject.distinct,
            compared=compared,
            unknown=unknown,
            example=example or "",
        )


def subjects_named_by(people: People, roles: Roles) -> Subjects:
    """Return the subjects of the scores: those found before, or those that the file of people names."""
    return roles.subjects or Subjects(people.named, people=people.compared)


def _likely(table: Table, roles: Roles) -> tuple[Column, ...]:
    used = {roles.reading.score, roles.reading.truth and roles.reading.truth.column}
    return tuple(
        column
        for column in table.columns
        if column not in used and column.distinct > 2 and not column.has_fractions and not column.counts_rows
    )


def _share(table: Table, people: Table, own: Column, likely: Sequence[Column]) -> tuple[float, ...]:
    """Return the share of each column's subjects that a column of the file holds."""
    _keep(table, people, own)
    asked = ", ".join(
        f"(SELECT avg(CAST(v IN (SELECT v FROM people) AS INTEGER)) FROM (SELECT DISTINCT {column.sql} AS v "
        f"FROM {LOOKED} WHERE {column.sql} IS NOT NULL))"
        for column in likely
    )
    return tuple(share or 0.0 for share in table.fetch(f"SELECT {asked}")[0]) if likely else ()


def _known(
    table: Table, people: Table, subject: Column, named: Sequence[Column]
) -> tuple[int, int, str | None]:
    _keep(table, people, subject)
    union = " UNION ".join(f"SELECT {column.sql} AS v FROM {LOOKED}" for column in named)
    compared, unknown, example = table.fetch(
        "SELECT count(*), count(*) FILTER (NOT known), min(v) FILTER (NOT known) FROM (SELECT v, "
        f"v IN (SELECT v FROM people) AS known FROM ({union}) WHERE v IS NOT NULL)"
    )[0]
    return compared, unknown, example


def _keep(table: Table, people: Table, own: Column) -> None:
    table.keep("people", pa.table({"v": pa.array(people.values(own, MOST_PEOPLE), pa.string())}))


def _attributes(people: Table, subject: Column) -> tuple[Attribute, ...]:
    found = []
    for column in people.columns:
        if column == subject or column.distinct < 2 or column.has_fractions:
            continue
        if column.is_numeric and column.distinct > MOST_NUMBERS:
            found.append(Attribute(column.name, (column,), (), classes_of(people, [column]), active=False))
        elif column.distinct <= min(MOST_GROUPS, people.rows / 2):
            found.append(Attribute(column.name, (column,), labels_of(people, [column])))
    if found and not any(one.active for one in found):
        found[0] = Attribute(found[0].name, found[0].columns, (), found[0].classes)
    return tuple(found)

"""Labels of people in a file of their own, joined to the comparisons by subject.

The people's file is copied to a DuckDB file once, and checked there. Of whole numbers as subjects the join is an inner
one, which has DuckDB use the number as an address; that it leaves no row out is found out before anything is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.comparisons.coding import require_distinct_labels
from harness.comparisons.database import Database
from harness.comparisons.derived.base import Derived
from harness.comparisons.derived.entries import Entries, open_beside
from harness.comparisons.derived.relabelled import relabel_entries
from harness.comparisons.scan import PERSON
from harness.comparisons.source import Asks, Check, Input, Source
from harness.comparisons.sql import WHOLE, identifier, is_label, literal
from harness.errors import InputError
from harness.study.derived import label_column

if TYPE_CHECKING:
    import duckdb

    from harness.comparisons.files import Files
    from harness.study import Study
    from harness.study.derived import People

__all__ = ["WithPeople", "with_people"]


@dataclass(frozen=True)
class Side:
    """One column of subjects of the scores.

    Attributes
    ----------
    subject : str
    table : str
        The table of people that it is joined to.
    is_whole : bool
        Whether the subjects are whole numbers in either.
    attributes : mapping of int to str
        By number of the attribute in the table, the name of the column to add.
    """

    subject: str
    table: str
    is_whole: bool
    attributes: Mapping[int, str]

    def join_sql(self, alias: str, *, inner: bool) -> str:
        """Join the people to rows called ``scores``."""
        named = f"scores.{identifier(self.subject)}"
        label = named if self.is_whole else f"CAST({named} AS VARCHAR)"
        kind = "INNER" if inner and self.is_whole else "LEFT"
        return f"{kind} JOIN {self.table} {alias} ON {alias}.{PERSON} = {label}"


@dataclass(frozen=True)
class WithPeople(Derived):
    """A source whose people have their labels in a file of their own.

    Attributes
    ----------
    database : Path
        A DuckDB file with the tables of people.
    file : Files
        What they were read from.
    people : People
    sides : tuple of Side
    known : mapping of str to tuple of str
        By column that is added, all labels.
    inner : bool
        Whether rows without an entry may be left out, as is found out apart.
    """

    database: Path
    file: Files
    people: People
    sides: tuple[Side, ...]
    known: Mapping[str, tuple[str, ...]]
    inner: bool = True

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Attach the tables of people."""
        connection.execute(f"ATTACH IF NOT EXISTS {literal(str(self.database))} AS people (READ_ONLY)")

    def over(self, relation: str) -> str:
        """Join the labels of each side."""
        sides = [side for side in self.sides if side.attributes]
        if not sides:
            return relation
        added = [
            f"p{i}.label_{number} AS {identifier(name)}"
            for i, side in enumerate(sides)
            for number, name in side.attributes.items()
        ]
        joins = [side.join_sql(f"p{i}", inner=self.inner) for i, side in enumerate(sides)]
        return f"(SELECT scores.*, {', '.join(added)} FROM {relation} scores {' '.join(joins)})"

    def numbered(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Return every row with its number, those without an entry too."""
        self.prepare(connection)
        return replace(self, inner=False).over(self.source.numbered(connection))

    def narrowed(self, columns: Sequence[str]) -> Source:
        """Leave out joins of which no label will be read."""
        sides = tuple(
            replace(side, attributes={n: name for n, name in side.attributes.items() if name in columns})
            for side in self.sides
        )
        needed = [side.subject for side in sides if side.attributes]
        return replace(self, source=self.source.narrowed([*columns, *needed]), sides=sides)

    @property
    def may_lose_rows(self) -> bool:
        """Whether a join is an inner one."""
        return any(side.is_whole for side in self.sides)

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """All labels that the people have."""
        return {**self.source.labels, **self.known}

    def labels_of(self, subject: str) -> tuple[str, Mapping[str, str]] | None:
        """Return the table of people, whose subjects are in the column `PERSON`."""
        side = next(side for side in self.sides if side.subject == subject)
        return side.table, {name: f"label_{number}" for number, name in side.attributes.items()}

    def checks(self) -> Sequence[Check]:
        """Refuse a subject that has no entry."""
        return [*self.source.checks(), *map(self._check, self.sides)]

    def _check(self, side: Side) -> Check:
        text = f"CAST({identifier(side.subject)} AS VARCHAR)"
        missing = f"{identifier(next(iter(side.attributes.values())))} IS NULL"
        return Check(
            side.subject,
            f"{is_label(text)} AND {missing}",
            f"subject {{value}} is not in {_braced(self.file.name)}, column {_braced(repr(self.people.subject))}",
            more=self._more,
        )

    def _more(self, ask: Asks, relation: str, value: str, other: str) -> str:  # noqa: ARG002 - as checks call it
        """Say how many others there are, and what may have been meant."""
        texts = ", ".join(f"CAST({identifier(side.subject)} AS VARCHAR)" for side in self.sides)
        named = f"SELECT DISTINCT UNNEST([{texts}]) AS subject FROM {relation}"
        entries = f"(SELECT {PERSON} FROM people.entries)"
        found = ask(
            f"SELECT count(*) FROM ({named}) WHERE {is_label('subject')} AND subject NOT IN {entries}"
        )
        bare = "lower(ltrim(trim({}), '0'))"
        alike = ask(
            f"SELECT {PERSON} FROM people.entries WHERE {bare.format(PERSON)} = {bare.format(literal(value))} "
            f"ORDER BY 1 LIMIT 1"
        )
        others = int(found[0][0]) - 1
        told = (
            f", nor {'are' if others > 1 else 'is'} {others:,} other subject{'s' * (others > 1)} of this file"
        )
        hint = f"; it has {alike[0][0]!r}: name people alike in both" if alike else ""
        remedy = "; add a row for each person" if not alike else ""
        return f"{told if others else ''}{hint}{remedy}"

    def called(self, column: str) -> str:
        """Name the column of subjects and the file of labels."""
        for side in self.sides:
            for number, name in side.attributes.items():
                if name == column:
                    own = list(self.people.columns.values())[number]
                    return f"column {side.subject!r} ({own} in {self.file.name})"
        return self.source.called(column)

    def inputs(self) -> tuple[Input, ...]:
        """Digest the people's file too."""
        return (*self.source.inputs(), *self.file.inputs())

    def require_unchanged(self) -> None:
        """Refuse a file that changed since it was opened."""
        self.source.require_unchanged()
        self.file.require_unchanged()


def with_people(
    source: Source, kinds: Mapping[str, str], study: Study, scratch: Path, *, digested: bool
) -> WithPeople:
    """Join the labels of a study's people to a source.

    Parameters
    ----------
    source : Source
    kinds : mapping of str to str
        The SQL type of each of its columns.
    study : Study
        That has people.
    scratch : Path
        An existing folder for the tables of people.
    digested : bool
        Whether the people's file is digested first; see `harness.comparisons.source.Seen`.

    Raises
    ------
    InputError
        Where the people's file cannot be read, or a person has no label or more than one row.
    """
    people = study.people
    assert people is not None  # noqa: S101 - for type checkers
    file = open_beside(people.file, [people.subject, *people.columns.values()], digested=digested)
    path = scratch / "people.duckdb"
    with closing(Database(file, scratch)) as database:
        numbers = {column for attribute, column in people.columns.items() if attribute in study.bins}
        entries = Entries.copied(database, file, path, "people", _names(people), numbers)
        entries.require_labels("label the person, 'unknown' if need be")
        _refuse_repeated(entries, people)
        relabel_entries(
            entries, study, {f"label_{n}": attribute for n, attribute in enumerate(people.columns)}
        )
        labels = [tuple(entries.distinct(f"label_{number}")) for number in range(len(people.columns))]
        _require_distinct(dict(zip(people.columns, labels, strict=True)), file)
        sides = [
            _side(database, i, subject, kinds[subject], people, labels)
            for i, subject in enumerate(study.subjects)
        ]
    known = {side.attributes[n]: labels[n] for side in sides for n in side.attributes}
    return WithPeople(source, path, file, people, tuple(sides), known)


def _names(people: People) -> dict[str, str]:
    """Return, by its name in the tables, each column of the file."""
    named = {f"label_{number}": column for number, column in enumerate(people.columns.values())}
    return {PERSON: people.subject, **named}


def _refuse_repeated(entries: Entries, people: People) -> None:
    for (person,), first, second, others in entries.repeated([PERSON]):
        told = "" if not others else f", and so for {others:,} other{'s' * (others > 1)}"
        raise InputError(
            f"row {second.row}, column {people.subject!r}: {person!r} has an entry in {first.beside(second)} "
            f"already{told}; keep one row for each person",
            source=second.file,
        )


def _require_distinct(labels: Mapping[str, Sequence[str]], file: Files) -> None:
    try:
        require_distinct_labels(labels)
    except InputError as error:
        raise type(error)(error.problem, source=file.name) from None


def _side(
    database: Database,
    index: int,
    subject: str,
    kind: str,
    people: People,
    labels: Sequence[tuple[str, ...]],
) -> Side:
    """Make the table of people that a column of subjects is joined to."""
    table, is_whole = f"people.side_{index}", kind in WHOLE
    coded = ", ".join(
        f"CAST(label_{n} AS ENUM({', '.join(map(literal, own))})) AS label_{n}"
        for n, own in enumerate(labels)
    )
    if is_whole:  # what is not written as the scores write whole numbers is nobody there
        number = f"TRY_CAST({PERSON} AS {kind})"
        rows = f"SELECT {number} AS {PERSON}, {coded} FROM people.entries WHERE CAST({number} AS VARCHAR) = {PERSON}"
    else:
        rows = f"SELECT {PERSON}, {coded} FROM people.entries"
    database.fetch(f"CREATE TABLE {table} AS {rows}")
    attributes = {n: label_column(attribute, subject) for n, attribute in enumerate(people.columns)}
    return Side(subject, table, is_whole, attributes)


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")

"""Numbers for subjects, in the order of their names, and how a row's subject is given its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from harness.arrays import IntArray
from harness.comparisons.coding import WHOLE
from harness.comparisons.database import Database
from harness.comparisons.queries import SUBJECT_NUMBERS, Queries
from harness.comparisons.sql import identifier, is_label

__all__ = ["NOBODY", "SubjectColumn", "Subjects", "names_of_subjects", "number_subjects"]


WIDEST = 1 << 24
"""Of whole numbers from a range this wide, each that occurs is marked in a table of one byte a number."""
HIGHEST = np.iinfo(np.int64).max
SPARSE = 2
"""With no more than so many places for each subject, a whole number is its subject's place as it is read."""
NOBODY = -1
"""The number at a place that no subject has."""
LABEL, NUMBER = "label_of_a_subject", "number_of_a_subject"
"""Columns of the tables that are joined to the source, which may have a column `label` or `number` of its own."""


@dataclass(frozen=True)
class SubjectColumn:
    """A column that names subjects, and the table of their numbers beside their labels as they are stored.

    Attributes
    ----------
    place : int
        Among the study's columns of subjects.
    label_sql : str
        The label of a row.
    rows : int or None
        How many rows have a label, where that is known: a whole number is looked up by an inner join, which has
        DuckDB use the number as an address, and which leaves out rows that it does not find.
    origin : int or None
        The whole number whose subject has place 0, where labels are places and need no look-up.
    """

    place: int
    label_sql: str
    rows: int | None
    origin: int | None = None

    @property
    def table(self) -> str:
        """The table of labels and numbers."""
        return f"numbers_of_subjects_{self.place}"

    @property
    def place_sql(self) -> str:
        """The place of a row's subject; NULL where it has none."""
        if self.origin is not None:
            from_origin = f"CAST({self.label_sql} AS BIGINT) - {self.origin}"
            return f"CAST({from_origin if self.origin else self.label_sql} AS INTEGER)"
        return f"n{self.place}.{NUMBER}"

    @property
    def join_sql(self) -> str:
        """What finds it."""
        if self.origin is not None:
            return ""
        kind = "LEFT" if self.rows is None else "INNER"
        return f"{kind} JOIN {self.table} n{self.place} ON n{self.place}.{LABEL} = {self.label_sql}"


@dataclass(frozen=True, eq=False)
class Subjects:
    """The subjects of all comparisons, and how those of a row are read.

    Attributes
    ----------
    count : int
        Subjects are numbered from 0 to one less, in the order of their names.
    columns : tuple of SubjectColumn
        One for each of the study's columns of subjects.
    number_of_place : ndarray of int64, shape (places,)
        What is read of a row is its subject's place, of which this is the number; `NOBODY` where it is no subject's.
    """

    count: int
    columns: tuple[SubjectColumn, ...]
    number_of_place: IntArray

    @classmethod
    def none(cls) -> Subjects:
        """Return what a study without subjects has."""
        return cls(0, (), np.zeros(0, np.int64))


def number_subjects(database: Database, queries: Queries) -> Subjects:
    """Make the tables of the subjects' numbers, from 0 in the order of their names."""
    marked = _marked_integers(database, queries)
    columns = []
    for place, name in enumerate(queries.study.subjects):
        kind = queries.kinds[name]
        label = f"CAST({identifier(name)} AS VARCHAR)" if kind == "VARCHAR" else identifier(name)
        rows = None
        if name in marked:
            labels, rows = marked[name]
            database.keep(f"labels_{place}", labels, f"SELECT CAST(label AS {kind}) AS label FROM given")
        else:
            database.fetch(
                f"CREATE OR REPLACE TEMP TABLE labels_{place} AS "
                f"SELECT DISTINCT {label} AS label FROM {database.relation()}"
            )
        columns.append(SubjectColumn(place, label, rows))
    named = " UNION ".join(
        f"SELECT {queries.side(column.place)} AS side, CAST(label AS VARCHAR) AS label FROM labels_{column.place} "
        f"WHERE {is_label('CAST(label AS VARCHAR)')}"
        for column in columns
    )
    database.fetch(
        f"CREATE OR REPLACE TEMP TABLE {SUBJECT_NUMBERS} AS SELECT side, label, "
        f"CAST(row_number() OVER (ORDER BY side, label) - 1 AS INTEGER) AS number FROM ({named})"
    )
    for column in columns:
        database.fetch(
            f"CREATE OR REPLACE TEMP TABLE {column.table} AS SELECT own.label AS {LABEL}, named.number AS {NUMBER} "
            f"FROM labels_{column.place} own JOIN {SUBJECT_NUMBERS} named "
            f"ON named.side = {queries.side(column.place)} AND named.label = CAST(own.label AS VARCHAR)"
        )
        database.fetch(f"DROP TABLE labels_{column.place}")
    count = int(database.fetch(f"SELECT count(*) FROM {SUBJECT_NUMBERS}")[0][0])
    numbered = Subjects(count, tuple(columns), np.arange(count))
    return _placed(numbered, database, queries) if len(marked) == len(columns) else numbered


def _placed(numbered: Subjects, database: Database, queries: Queries) -> Subjects:
    """Have whole numbers be the places of their subjects, where they leave few places empty."""
    sides: dict[int, list[tuple[IntArray, IntArray]]] = {}
    for column in numbered.columns:
        read = pa.Table.from_batches(
            database.stream(
                f"SELECT CAST({LABEL} AS BIGINT) AS label, {NUMBER} AS number FROM {column.table}"
            )
        )
        own = read["label"].to_numpy(), read["number"].to_numpy().astype(np.int64)
        sides.setdefault(queries.side(column.place), []).append(own)
    first_place, origins, number_of_place = 0, {}, []
    for side, columns in sides.items():
        labels, numbers = map(np.concatenate, zip(*columns, strict=True))
        if not len(labels) or int(labels.max()) - int(labels.min()) >= SPARSE * numbered.count:
            return numbered
        lowest = int(labels.min())
        here = np.full(int(labels.max()) - lowest + 1, NOBODY)
        here[labels - lowest] = numbers
        origins[side] = lowest - first_place
        number_of_place.append(here)
        first_place += len(here)
    read_as = (replace(c, rows=None, origin=origins[queries.side(c.place)]) for c in numbered.columns)
    return Subjects(numbered.count, tuple(read_as), np.concatenate(number_of_place))


def names_of_subjects(database: Database, queries: Queries) -> tuple[pa.Array, ...]:
    """Return the names that `number_subjects` has numbered, in the order of their numbers.

    Returns
    -------
    tuple of LargeStringArray
        One for each way of naming people, of which the numbers go on from one to the next: two where either column
        of subjects names them in its own way, else one.
    """
    names = []
    for side in sorted({queries.side(place) for place in range(len(queries.study.subjects))}):
        query = f"SELECT label FROM {SUBJECT_NUMBERS} WHERE side = {side} ORDER BY number"
        batches = [batch.column(0).cast(pa.large_string()) for batch in database.stream(query)]
        names.append(pa.concat_arrays([pa.array([], pa.large_string()), *batches]))
    return tuple(names)


def _marked_integers(database: Database, queries: Queries) -> dict[str, tuple[pa.Table, int]]:
    """Find the distinct values of the columns of whole numbers from a narrow range, and count the rows.

    Marking each value as it is met is several times faster than sorting equal ones out.
    """
    whole = [name for name in queries.study.subjects if queries.kinds[name] in WHOLE]
    if not whole:
        return {}
    asked = ", ".join(f"min({identifier(name)}), max({identifier(name)})" for name in whole)
    bounds = database.fetch(f"SELECT {asked} FROM {database.relation()}")[0]
    marks = {
        name: (low, np.zeros(high - low + 1, np.bool_))
        for name, low, high in zip(whole, bounds[::2], bounds[1::2], strict=True)
        if low is not None and high - low < WIDEST and high <= HIGHEST
    }
    if not marks:
        return {}
    asked = ", ".join(map(identifier, marks))
    for batch in database.stream(f"SELECT {asked} FROM {database.relation()}"):
        for (low, met), column in zip(marks.values(), batch.columns, strict=True):
            labels = (column.drop_null() if column.null_count else column).to_numpy()
            places = np.subtract(labels, low, dtype=np.int64, casting="unsafe")
            if places.min(initial=0) < 0 or places.max(initial=0) >= len(met):
                return {}  # the bounds, which may come from a file's own statistics, are wrong
            met[places] = True
        if all(met.all() for _, met in marks.values()):
            break  # as is soon so where subjects are numbered without gaps
    rows = int(database.fetch(f"SELECT count(*) FROM {database.relation()}")[0][0])
    return {
        name: (pa.table({"label": np.flatnonzero(met) + low}), rows) for name, (low, met) in marks.items()
    }

"""Numbers for subjects, in the order of their names, and how a row's subject is given its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from harness.comparisons.coding import WHOLE
from harness.comparisons.database import Database
from harness.comparisons.queries import SUBJECT_NUMBERS, Queries
from harness.comparisons.sql import has_text, identifier

__all__ = ["SubjectColumn", "number_subjects"]

WIDEST = 1 << 24
"""Of whole numbers from a range this wide, each that occurs is marked in a table of one byte a number."""
HIGHEST = np.iinfo(np.int64).max
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
    """

    place: int
    label_sql: str
    rows: int | None

    @property
    def table(self) -> str:
        """The table of labels and numbers."""
        return f"numbers_of_subjects_{self.place}"

    @property
    def number_sql(self) -> str:
        """The number of a row's subject; NULL where it has none."""
        return f"n{self.place}.{NUMBER}"

    @property
    def join_sql(self) -> str:
        """What finds it."""
        kind = "LEFT" if self.rows is None else "INNER"
        return f"{kind} JOIN {self.table} n{self.place} ON n{self.place}.{LABEL} = {self.label_sql}"


def number_subjects(database: Database, queries: Queries) -> tuple[int, tuple[SubjectColumn, ...]]:
    """Make the tables of the subjects' numbers, from 0 in the order of their names.

    Parameters
    ----------
    database : Database
    queries : Queries

    Returns
    -------
    int
        How many subjects there are.
    tuple of SubjectColumn
        One for each column of subjects.
    """
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
        f"WHERE {has_text('CAST(label AS VARCHAR)')}"
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
    return int(database.fetch(f"SELECT count(*) FROM {SUBJECT_NUMBERS}")[0][0]), tuple(columns)


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

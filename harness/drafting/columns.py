"""The columns of a table as they are: types, distinct values and examples, of the first rows and others among all."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from harness.comparisons.csv_text import NUMBER, WHITE_SPACE, first_records
from harness.comparisons.database import Database
from harness.comparisons.files import Files, open_listed
from harness.comparisons.listing import list_files
from harness.comparisons.source import Source
from harness.comparisons.sources import Scores, TableInMemory, kinds_of
from harness.comparisons.sql import FLOATING, WHOLE, identifier
from harness.errors import InputError

__all__ = ["LOOKED", "Column", "Table", "opened"]

FIRST_ROWS = 250_000
"""Looked at as they come; where there are more, about as many of the others are, evenly spaced."""
MOST_TRIALS = 100_000
"""About as many rows `Table.trials` has at most."""
FEWEST_OF_TRIALS = 20
"""Distinct values of the columns that tell comparisons apart."""
LOOKED = "looked"
"""The table of the rows that are looked at; its columns are called c0, c1 and so on, and hold text."""
MOSTLY = 0.9
"""Of the first values of a column that holds numbers."""
FILE = re.compile(r"[/\\]|\.[A-Za-z][A-Za-z0-9]{1,4}$")
DELIMITERS_FIRST_TAKEN = (";", "\t", "|", ",", WHITE_SPACE)


@dataclass(frozen=True)
class Column:
    """A column, as the rows that were looked at have it.

    Attributes
    ----------
    index : int
        Among all columns, from 0.
    name : str
    kind : str
        SQL type; VARCHAR in text files, whatever it holds.
    rows, filled : int
        How many there are, and how many of them hold a value: neither nothing nor NaN.
    distinct : int
    numbers, whole : int
        How many values can be read as a score, and how many of those are whole numbers.
    low, high : float
        Of the numbers; 0 where there are none.
    decimal : {".", ","}
        What is before the decimals of the numbers.
    examples : tuple of str
        The most frequent values.
    """

    index: int
    name: str
    kind: str
    rows: int
    filled: int
    distinct: int
    numbers: int
    whole: int
    low: float
    high: float
    decimal: str
    examples: tuple[str, ...]

    @property
    def sql(self) -> str:
        """Its value as text."""
        return f"c{self.index}"

    @property
    def number_sql(self) -> str:
        """Its value as a number; NULL where it is none."""
        return _number(self.sql, self.decimal)

    @property
    def missing(self) -> int:
        """How many rows hold no value."""
        return self.rows - self.filled

    @property
    def is_numeric(self) -> bool:
        """Whether every value is a number."""
        return 0 < self.filled == self.numbers

    @property
    def has_fractions(self) -> bool:
        """Whether it holds numbers, and not only whole ones."""
        return self.is_numeric and self.whole < self.numbers

    @property
    def names_files(self) -> bool:
        """Whether the values look like names of files: they hold a slash, or an ending after a point."""
        return not self.is_numeric and bool(self.examples) and all(map(FILE.search, self.examples))

    @property
    def counts_rows(self) -> bool:
        """Whether it only numbers the rows, as the index of a data frame does."""
        return self.is_numeric and self.whole == self.distinct == self.rows == self.high - self.low + 1


class Table:
    """Rows of a source, of which the columns are looked at.

    Parameters
    ----------
    database : Database
        Of the source, to be closed by whoever opened it.
    first : int, optional
        Rows that are looked at as they come; `FIRST_ROWS` by default.

    Attributes
    ----------
    columns : tuple of Column
        Those that hold one value a row, not a list or a structure.
    nested : mapping of str to str
        The others, with their types.
    rows : int
        Looked at.
    all_rows : int
        There are.
    trials : str
        A table like `LOOKED` that has, of each comparison that it has, every row; blank where there is no telling.
    """

    def __init__(self, database: Database, first: int | None = None) -> None:
        self._database = database
        self._first = FIRST_ROWS if first is None else first
        self.source: Source = database.source
        kinds = kinds_of(database, database.source)
        nested = ("STRUCT", "MAP", "UNION")
        self.nested = {
            name: kind for name, kind in kinds.items() if kind.startswith(nested) or kind.endswith("]")
        }
        self._kinds = {name: kind for name, kind in kinds.items() if name not in self.nested}
        self.all_rows = self._read()
        self.rows = self._count(f"SELECT count(*) FROM {LOOKED}")
        if not self.rows:
            raise InputError("holds no rows, only column names; give it rows", source=self.name)
        self.columns = self._profiles()
        self.trials = LOOKED if self.all_rows <= min(self._first, MOST_TRIALS) else self._whole_trials()

    @property
    def name(self) -> str:
        """Name of the source."""
        return self.source.name

    @property
    def headerless(self) -> bool:
        """Whether it is text without the names of its columns."""
        return not getattr(self.source, "titled", True)

    def fetch(self, query: str) -> Sequence[tuple[Any, ...]]:
        """Return all rows that a query about the table `LOOKED` finds."""
        return self._database.fetch(query)

    def arrays(self, expressions: Sequence[str]) -> list[np.ndarray[Any, Any]]:
        """Return the values of SQL expressions, as float64; NaN where NULL."""
        asked = ", ".join(f"CAST({one} AS DOUBLE) AS v{i}" for i, one in enumerate(expressions))
        batches = self._database.stream(f"SELECT {asked} FROM {LOOKED}")
        found = pa.Table.from_batches(batches)
        return [column.to_numpy() for column in found.columns]

    def keep(self, name: str, values: pa.Table) -> None:
        """Make a table of values from elsewhere."""
        self._database.keep(name, values, "SELECT * FROM given")

    def values(self, column: Column, most: int) -> tuple[str, ...]:
        """Return the distinct values of a column, the most frequent ones first."""
        found = self.fetch(
            f"SELECT {column.sql} FROM {LOOKED} WHERE {column.sql} IS NOT NULL GROUP BY 1 "
            f"ORDER BY count(*) DESC, 1 LIMIT {most}"
        )
        return tuple(value for (value,) in found)

    def narrow(self, column: Column, value: str) -> None:
        """Leave out, of the rows that are looked at, those without a value."""
        for table in filter(None, {LOOKED, self.trials}):
            self._database.fetch(
                f"DELETE FROM {table} WHERE {column.sql} IS DISTINCT FROM $value", {"value": value}
            )
        self.rows = self._count(f"SELECT count(*) FROM {LOOKED}")
        self.columns = self._profiles()

    def _count(self, query: str) -> int:
        return int(self.fetch(query)[0][0])

    @property
    def _selected(self) -> str:
        return ", ".join(f"{_text(name, kind)} AS c{i}" for i, (name, kind) in enumerate(self._kinds.items()))

    def _whole_trials(self) -> str:
        """Keep the rows whose people or images have one of some hashes, of all there are."""
        telling = [
            column.sql
            for column in self.columns
            if column.distinct > FEWEST_OF_TRIALS and not column.has_fractions and not column.counts_rows
        ]
        if not telling:
            return ""
        database, every = self._database, self.all_rows // MOST_TRIALS + 1
        database.fetch(
            f"CREATE TEMP TABLE trials AS SELECT * FROM (SELECT {self._selected} FROM {database.relation()}) "
            f"WHERE hash({', '.join(telling)}) % {every} = 0"
        )
        return "trials"

    def _read(self) -> int:
        selected = self._selected
        database, first = self._database, self._first
        database.fetch(
            f"CREATE TEMP TABLE {LOOKED} AS SELECT {selected} FROM {database.relation()} LIMIT {first}"
        )
        rows = self._count(f"SELECT count(*) FROM {LOOKED}")
        if rows < first:
            return rows
        rows = self._count(f"SELECT count(*) FROM {database.relation()}")
        every = max(1, (rows - first) // first)
        numbered = f'(SELECT *, row_number() OVER () AS "row number" FROM {database.relation()})'
        database.fetch(
            f"INSERT INTO {LOOKED} SELECT {selected} FROM {numbered} "
            f'WHERE "row number" > {first} AND "row number" % {every} = 0'
        )
        return rows

    def _profiles(self) -> tuple[Column, ...]:
        return tuple(
            self._profile(index, name, kind) for index, (name, kind) in enumerate(self._kinds.items())
        )

    def _profile(self, index: int, name: str, kind: str) -> Column:
        filled, distinct, *numbers = (value or 0 for value in self.fetch(_profile_sql(f"c{index}"))[0])
        by_point, by_comma = numbers[:5], numbers[5:]
        decimal = "," if self.source.text_only and by_comma[0] > by_point[0] else "."
        count, nan, whole, low, high = by_comma if decimal == "," else by_point
        if not (self.source.text_only or kind in FLOATING | WHOLE or kind.startswith("DECIMAL")):
            count = nan = whole = 0
        nan = nan if count else 0  # a label of letters
        column = Column(
            index=index,
            name=name,
            kind=kind,
            rows=self.rows,
            filled=int(filled - nan),
            distinct=distinct,
            numbers=int(count),
            whole=int(whole),
            low=float(low),
            high=float(high),
            decimal=decimal,
            examples=(),
        )
        return replace(column, examples=self.values(column, 3))


def _text(name: str, kind: str) -> str:
    return f"TRY(decode({identifier(name)}))" if kind == "BLOB" else f"CAST({identifier(name)} AS VARCHAR)"


def _number(text: str, decimal: str) -> str:
    if decimal == ",":
        return f"CASE WHEN NOT contains({text}, '.') THEN TRY_CAST(replace({text}, ',', '.') AS DOUBLE) END"
    return f"TRY_CAST({text} AS DOUBLE)"


def _profile_sql(text: str) -> str:
    """Count the values of a column, and those that are numbers with decimal points, and with commas."""
    asked = ", ".join(
        f"sum(n) FILTER (isfinite({number})), sum(n) FILTER (isnan({number})), "
        f"sum(n) FILTER (isfinite({number}) AND {number} = floor({number})), "
        f"min({number}) FILTER (isfinite({number})), max({number}) FILTER (isfinite({number}))"
        for number in ("p", "q")
    )
    return (
        f"SELECT sum(n), count(*), {asked} FROM ("
        f"SELECT n, {_number('v', '.')} AS p, {_number('v', ',')} AS q FROM ("
        f"SELECT {text} AS v, count(*) AS n FROM {LOOKED} WHERE {text} IS NOT NULL GROUP BY 1))"
    )


def opened(scores: Scores) -> Source:
    """Open scores, or a file of people, of which nothing is known.

    Parameters
    ----------
    scores : Scores
        See `harness.comparisons.sources.Scores`.

    Raises
    ------
    InputError
        Where they cannot be found or read.
    """
    paths = [scores] if isinstance(scores, str | os.PathLike) else scores
    if isinstance(paths, Sequence) and paths and all(isinstance(item, str | os.PathLike) for item in paths):
        return _open_files(paths)
    if isinstance(scores, np.ndarray) and scores.dtype.names:
        scores = {name: scores[name] for name in scores.dtype.names}
    name = "arrays" if isinstance(scores, Mapping) else type(scores).__name__
    try:
        table = pa.table(dict(scores) if isinstance(scores, Mapping) else scores)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(
            f"cannot be read as a table ({error}); give files, arrays of one length by column name, or a data frame",
            source=name,
        ) from None
    return TableInMemory(name, table)


def _open_files(paths: Sequence[str | os.PathLike[str]]) -> Files:
    listing = list_files(paths)
    if listing.kind != "CSV":
        return open_listed(listing, ())
    score, names, decimal = _without_header(listing.paths[0])
    return open_listed(listing, score, names=names, decimal=decimal)


def _without_header(path: Path) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Return a column of numbers and all columns of a file that does not begin with their names, and its decimal mark.

    None at all where the first record holds something else in a column of numbers, as a header does.
    """
    readings = first_records(path)
    numeric = {mark: _numeric(readings[mark]) for mark in DELIMITERS_FIRST_TAKEN}
    width = {mark: len(readings[mark][0]) if readings[mark] else 0 for mark in readings}
    alike = {mark: len({len(one) for one in readings[mark]}) == 1 for mark in readings}
    best = max(DELIMITERS_FIRST_TAKEN, key=lambda mark: (alike[mark], len(numeric[mark]), width[mark] > 1))
    first = readings[best][0]
    of_numbers = numeric[best]
    if not of_numbers or not all(NUMBER.fullmatch(first[index]) for index in of_numbers):
        return (), (), "."
    values = {index: {one[index] for one in readings[best] if index < len(one)} for index in of_numbers}
    score = max(of_numbers, key=lambda index: len(values[index]))
    names = tuple(f"column_{index}" for index in range(1, len(first) + 1))
    decimal = "," if best != "," and any("," in value for value in values[score]) else "."
    return (names[score],), names, decimal


def _numeric(records: Sequence[tuple[str, ...]]) -> list[int]:
    """Return the columns of which nearly every value, a header apart, is a number."""
    others = records[1:] or records
    width = len(records[0]) if records else 0
    return [
        index
        for index in range(width)
        if sum(index < len(one) and bool(NUMBER.fullmatch(one[index])) for one in others)
        >= MOSTLY * len(others)
    ]

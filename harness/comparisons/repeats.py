"""Comparisons that appear more than once, and columns that repeat every comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.comparisons.coding import Coding, Queries
from harness.comparisons.sources import FIRST_ROWS
from harness.comparisons.sql import FLOATING, identifier, is_nan
from harness.comparisons.trials import labels_sql

if TYPE_CHECKING:
    from harness.comparisons.stream import Comparisons

__all__ = [
    "MOST_VALUES",
    "ROWS_LOOKED_AT",
    "FirstRows",
    "RepeatedRow",
    "RepeatingColumn",
    "Repeats",
    "first_rows",
    "repeated_row",
    "repeating_columns",
    "repeats",
    "repeats_sql",
]

ROWS_LOOKED_AT = FIRST_ROWS
"""The first of all rows, so that a look costs little however many there are."""
LOOKED_AT = "first_rows_of_all"
"""The table that holds them."""
BEYOND_CHANCE = 10
"""Times as many repeated rows as scores that are equal by chance would make."""
MOST_VALUES = 50
"""Of a column that may tell matchers or runs apart."""
FEWEST_TRIALS, MOSTLY = 10, 0.95
"""Of trials that a column must repeat: how many there are at least, and the share of them all."""


@dataclass(frozen=True)
class Repeats:
    """A comparison that appears more than once in the scores: same truth, subjects and score.

    Attributes
    ----------
    subjects : tuple of str
    mated : bool
    score : float
        Canonical.
    times : int
    """

    subjects: tuple[str, ...]
    mated: bool
    score: float
    times: int


@dataclass(frozen=True)
class RepeatedRow:
    """A row that appears more than once, alike in every column.

    Attributes
    ----------
    surplus : int
        How many of the rows looked at repeat an earlier one.
    looked_at : int
        Rows looked at.
    times : int
        How often the row appears that appears most often.
    values : mapping of str to str
        Its values in the study's columns of subjects and of the score.
    """

    surplus: int
    looked_at: int
    times: int
    values: dict[str, str | None]


@dataclass(frozen=True)
class RepeatingColumn:
    """A column that the study does not use, each of whose values has every comparison once more.

    Attributes
    ----------
    column : str
    values : tuple of str
        In order.
    """

    column: str
    values: tuple[str, ...]


def repeats(comparisons: Comparisons, coding: Coding, count: int) -> tuple[int, tuple[Repeats, ...]]:
    """Find comparisons that appear more than once: same truth, same two subjects, same score.

    Where the two columns name people alike, the order of the two does not matter.

    Parameters
    ----------
    comparisons : Comparisons
        Whose study names two columns of subjects.
    coding : Coding
        Of rows that have been read and can all be used.
    count : int
        How many to return.

    Returns
    -------
    int
        How many rows repeat an earlier one.
    tuple of Repeats
        Those of most times first.
    """
    found = comparisons.ask(lambda queries, relation: _repeats_of(queries, relation, coding), count=count)
    surplus = int(found[0][-1]) if found else 0
    return surplus, tuple(
        Repeats((one, other), mated == 1, float(score), times) for one, other, mated, score, times, _ in found
    )


def _repeats_of(queries: Queries, relation: str, coding: Coding) -> str:
    rows = queries.comparisons(relation, coding, labels_sql(queries.study.subjects))
    alike = queries.study.identities == "shared"
    sides = "least(label_0, label_1), greatest(label_0, label_1)" if alike else "label_0, label_1"
    direction = "CASE WHEN mated = 1 THEN score ELSE -score END"
    return (
        "SELECT one, other, mated, score, times, sum(times - 1) OVER () FROM ("
        f"SELECT {sides}, code % 2, score, count(*) FROM ({rows}) WHERE NOT {is_nan('score')} "
        "GROUP BY ALL HAVING count(*) > 1) AS repeated(one, other, mated, score, times) "
        f"ORDER BY times DESC, mated, {direction}, one, other LIMIT $count"
    )


@dataclass(frozen=True)
class FirstRows:
    """The first rows of comparisons, in a table of their database; see `first_rows`.

    Attributes
    ----------
    comparisons : Comparisons
    columns : tuple of str
        Those whose values can be compared.
    """

    comparisons: Comparisons
    columns: tuple[str, ...]

    def ask(self, query: str, **parameters: int) -> Sequence[tuple[Any, ...]]:
        """Fetch what a query finds in the table `LOOKED_AT`."""
        return self.comparisons.ask(lambda *_: query, **parameters)


@contextmanager
def first_rows(comparisons: Comparisons) -> Iterator[FirstRows]:
    """Copy the first rows to a table of the database, which is dropped at the end."""
    nested = ("STRUCT", "MAP", "UNION")
    columns = tuple(
        name
        for name, kind in comparisons.kinds.items()
        if not kind.startswith(nested) and not kind.endswith("]")
    )
    read = ", ".join(map(identifier, columns))
    rows = FirstRows(comparisons, columns)
    comparisons.ask(
        lambda _, relation: (
            f"CREATE OR REPLACE TEMP TABLE {LOOKED_AT} AS SELECT {read} FROM {relation} LIMIT {ROWS_LOOKED_AT}"
        )
    )
    try:
        yield rows
    finally:
        rows.ask(f"DROP TABLE {LOOKED_AT}")


def repeated_row(rows: FirstRows) -> RepeatedRow | None:
    """Find a row that appears more than once among the first rows, if more do than equal scores account for.

    Rows that differ in the score alone are comparisons of the same two people by other images; of n such rows, pairs
    have equal scores with the chance that two scores taken at random are equal.

    Parameters
    ----------
    rows : FirstRows
        Of a study with two columns of subjects: without them equal rows say nothing.

    Returns
    -------
    RepeatedRow or None
    """
    study = rows.comparisons.study
    if len(study.subjects) < 2:
        return None
    score, truth = identifier(study.score.column), identifier(study.mated.column)
    row = _hash(rows.columns)
    trial = _hash([column for column in rows.columns if column != study.score.column])
    looked_at, surplus, by_chance = rows.ask(
        f"WITH looked AS (SELECT {row} AS row, {trial} AS trial, {truth} AS truth, {score} AS score FROM {LOOKED_AT}), "
        "as_high AS (SELECT truth, count(*) AS n FROM (SELECT any_value(truth) AS truth, any_value(score) AS score "
        "FROM looked GROUP BY row) GROUP BY truth, score), "
        "chance AS (SELECT sum(n * (n - 1)) / pow(sum(n), 2) AS of_two FROM as_high GROUP BY truth), "
        "trials AS (SELECT count(*) AS n FROM looked GROUP BY trial) "
        "SELECT (SELECT count(*) FROM looked), (SELECT count(*) - count(DISTINCT row) FROM looked), "
        "(SELECT max(of_two) FROM chance) * (SELECT sum(n * (n - 1) / 2) FROM trials)"
    )[0]
    if not surplus or surplus <= BEYOND_CHANCE * by_chance:
        return None
    most, times = rows.ask(f"SELECT {row}, count(*) FROM {LOOKED_AT} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1")[
        0
    ]
    shown = [*study.subjects, study.score.column]
    values = ", ".join(f"CAST({identifier(column)} AS VARCHAR)" for column in shown)
    texts = rows.ask(f"SELECT {values} FROM {LOOKED_AT} WHERE {row} = $most LIMIT 1", most=most)[0]
    return RepeatedRow(surplus, looked_at, times, dict(zip(shown, texts, strict=True)))


def _hash(columns: Sequence[str]) -> str:
    """SQL that stands for the values of several columns in 64 bits: few enough rows are looked at to be told apart."""
    return f"hash({', '.join(map(identifier, columns))})"


def repeating_columns(rows: FirstRows) -> Iterator[RepeatingColumn]:
    """Find columns that the study does not use and that repeat every comparison, as one of the matcher does.

    What tells comparisons apart are all columns but the score, numbers with fractions, those of which nearly every row
    has another value, and those that go with the column, as a version does with a matcher; of each comparison each
    value of the column must have as many rows as every other value.

    Yields
    ------
    RepeatingColumn
    """
    study, kinds = rows.comparisons.study, rows.comparisons.kinds
    unused = [
        column
        for column in rows.columns
        if column not in (*study.columns, *study.stored_columns)
        and kinds[column] not in FLOATING
        and not kinds[column].startswith("DECIMAL")
    ]
    if not unused:
        return
    asked = ", ".join(f"count(DISTINCT {identifier(column)})" for column in unused)
    count, *distinct = rows.ask(f"SELECT count(*), {asked} FROM {LOOKED_AT}")[0]
    values = dict(zip(unused, distinct, strict=True))
    telling = [
        column
        for column in [*study.columns, *unused]
        if column != study.score.column and values.get(column, 0) <= count / 2
    ]
    told: set[str] = set()
    for column in unused:
        if not 2 <= values[column] <= MOST_VALUES or column in told:
            continue
        beside = {
            other
            for other in telling
            if other in values
            and values[other] <= values[column]
            and _go_together(rows, column, other, values[column])
        }
        others = [other for other in telling if other not in beside]
        value = identifier(column)
        trials = f"(SELECT {_hash(others)} AS trial, {value} AS value FROM {LOOKED_AT})"
        if rows.ask(repeats_sql(trials, "value", "trial", values[column]))[0][0]:
            told |= beside
            found = rows.ask(
                f"SELECT DISTINCT CAST({value} AS VARCHAR) FROM {LOOKED_AT} WHERE {value} IS NOT NULL ORDER BY 1"
            )
            yield RepeatingColumn(column, tuple(text for (text,) in found))


def _go_together(rows: FirstRows, column: str, other: str, values: int) -> bool:
    """Whether each value of a column has one of the other."""
    both = f"{identifier(column)}, {identifier(other)}"
    return bool(rows.ask(f"SELECT count(*) FROM (SELECT DISTINCT {both} FROM {LOOKED_AT})")[0][0] <= values)


def repeats_sql(rows: str, column: str, others: str, values: int) -> str:
    """Select whether nearly every trial has, for each value of a column, as many rows as for every other.

    Parameters
    ----------
    rows : str
        Name of a table, or a table expression.
    column : str
    others : str
        The columns that tell trials apart.
    values : int
        Distinct ones of the column.
    """
    return (
        f"SELECT count(*) >= {FEWEST_TRIALS} AND "
        f"count(*) FILTER (WHERE found = {values} AND fewest = most) >= {MOSTLY} * count(*) FROM ("
        "SELECT count(*) AS found, min(times) AS fewest, max(times) AS most FROM ("
        f"SELECT {others}, {column}, count(*) AS times FROM {rows} WHERE {column} IS NOT NULL GROUP BY ALL) "
        f"GROUP BY {others})"
    )

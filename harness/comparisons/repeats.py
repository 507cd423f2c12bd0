"""Comparisons that appear more than once, and columns that repeat every comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.comparisons.coding import Coding, Queries
from harness.comparisons.sql import FLOATING, identifier, is_nan
from harness.comparisons.trials import labels_sql

if TYPE_CHECKING:
    from harness.comparisons.stream import Comparisons

__all__ = [
    "MOST_VALUES",
    "ROWS_LOOKED_AT",
    "RepeatedRow",
    "RepeatingColumn",
    "Repeats",
    "repeated_row",
    "repeating_columns",
    "repeats",
    "repeats_sql",
]

ROWS_LOOKED_AT = 125_000
"""The first of all rows, so that a look costs little however many there are."""
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


def repeated_row(comparisons: Comparisons) -> RepeatedRow | None:
    """Find a row that appears more than once among the first rows, if more do than equal scores account for.

    Rows that differ in the score alone are comparisons of the same two people by other images; of n such rows, pairs
    have equal scores with the chance that two scores taken at random are equal.

    Parameters
    ----------
    comparisons : Comparisons
        Whose study names two columns of subjects: without them equal rows say nothing.

    Returns
    -------
    RepeatedRow or None
    """
    study = comparisons.study
    if len(study.subjects) < 2:
        return None
    score, truth = identifier(study.score.column), identifier(study.mated.column)
    columns = _plain_columns(comparisons)
    row = _hash(columns)
    trial = _hash([column for column in columns if column != study.score.column])
    shown = [*study.subjects, study.score.column]
    values = ", ".join(f"CAST({identifier(column)} AS VARCHAR)" for column in shown)
    looked_at, surplus, by_chance = comparisons.ask(
        lambda _, relation: (
            f"WITH looked AS (SELECT {row} AS row, {trial} AS trial, {truth} AS truth, {score} AS score "
            f"FROM ({_first_rows(columns, relation)})), "
            "as_high AS (SELECT truth, count(*) AS n FROM (SELECT any_value(truth) AS truth, any_value(score) AS score "
            "FROM looked GROUP BY row) GROUP BY truth, score), "
            "chance AS (SELECT sum(n * (n - 1)) / pow(sum(n), 2) AS of_two FROM as_high GROUP BY truth), "
            "trials AS (SELECT count(*) AS n FROM looked GROUP BY trial) "
            "SELECT (SELECT count(*) FROM looked), (SELECT count(*) - count(DISTINCT row) FROM looked), "
            "(SELECT max(of_two) FROM chance) * (SELECT sum(n * (n - 1) / 2) FROM trials)"
        )
    )[0]
    if not surplus or surplus <= BEYOND_CHANCE * by_chance:
        return None
    most, times = comparisons.ask(
        lambda _, relation: (
            f"SELECT {row}, count(*) FROM ({_first_rows(columns, relation)}) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
        )
    )[0]
    texts = comparisons.ask(
        lambda _, relation: (
            f"SELECT {values} FROM ({_first_rows(columns, relation)}) WHERE {row} = $most LIMIT 1"
        ),
        most=most,
    )[0]
    return RepeatedRow(surplus, looked_at, times, dict(zip(shown, texts, strict=True)))


def _hash(columns: Sequence[str]) -> str:
    """SQL that stands for the values of several columns in 64 bits: few enough rows are looked at to be told apart."""
    return f"hash({', '.join(map(identifier, columns))})"


def repeating_columns(comparisons: Comparisons) -> Iterator[RepeatingColumn]:
    """Find columns that the study does not use and that repeat every comparison, as one of the matcher does.

    The first rows are looked at. What tells comparisons apart are all columns but the score, numbers with fractions
    those of which nearly every row has another value, and those that go with the column, as a version does with a
    matcher; of each comparison each value of the column must have as many rows as every other value.

    Yields
    ------
    RepeatingColumn
    """
    study, kinds = comparisons.study, comparisons.kinds
    unused = [
        column
        for column in _plain_columns(comparisons)
        if column not in (*study.columns, *study.stored_columns)
        and kinds[column] not in FLOATING
        and not kinds[column].startswith("DECIMAL")
    ]
    if not unused:
        return
    asked = ", ".join(f"count(DISTINCT {identifier(column)})" for column in unused)
    rows, *distinct = comparisons.ask(
        lambda _, relation: f"SELECT count(*), {asked} FROM ({_first_rows(unused, relation)})"
    )[0]
    values = dict(zip(unused, distinct, strict=True))
    telling = [
        column
        for column in [*study.columns, *unused]
        if column != study.score.column and values.get(column, 0) <= rows / 2
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
            and _go_together(comparisons, column, other, values[column])
        }
        others = [other for other in telling if other not in beside]
        if _repeats_all(comparisons, column, others, values[column]):
            told |= beside
            yield RepeatingColumn(column, _values(comparisons, column))


def _go_together(comparisons: Comparisons, column: str, other: str, values: int) -> bool:
    """Whether each value of a column has one of the other."""
    both = f"{identifier(column)}, {identifier(other)}"
    found = comparisons.ask(
        lambda _, relation: (
            f"SELECT count(*) FROM (SELECT DISTINCT {both} FROM ({_first_rows([column, other], relation)}))"
        )
    )
    return bool(found[0][0] <= values)


def _values(comparisons: Comparisons, column: str) -> tuple[str, ...]:
    found = comparisons.ask(
        lambda _, relation: (
            f"SELECT DISTINCT CAST({identifier(column)} AS VARCHAR) FROM ({_first_rows([column], relation)}) "
            f"WHERE {identifier(column)} IS NOT NULL ORDER BY 1"
        )
    )
    return tuple(value for (value,) in found)


def _repeats_all(comparisons: Comparisons, column: str, telling: Sequence[str], values: int) -> bool:
    trials = f"SELECT {_hash(telling)} AS trial, {identifier(column)} AS value FROM"
    found = comparisons.ask(
        lambda _, relation: repeats_sql(
            f"({trials} ({_first_rows([*telling, column], relation)}))", "value", "trial", values
        )
    )
    return bool(found[0][0])


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


def _plain_columns(comparisons: Comparisons) -> list[str]:
    """Return the columns whose values can be compared, in their order."""
    nested = ("STRUCT", "MAP", "UNION")
    return [
        name
        for name, kind in comparisons.kinds.items()
        if not kind.startswith(nested) and not kind.endswith("]")
    ]


def _first_rows(columns: Sequence[str], relation: str) -> str:
    return f"SELECT {', '.join(map(identifier, columns))} FROM {relation} LIMIT {ROWS_LOOKED_AT}"

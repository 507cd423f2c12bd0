"""Pairs of columns that are the two sides of a comparison: by their names, or by values from one set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from harness.drafting.columns import LOOKED, Column, Table

__all__ = ["Pair", "attribute_of", "pairs_of", "sides_of", "words_of"]

SIDES = (
    (
        {"probe", "query", "test", "verify", "verification", "search", "live"},
        {
            *("reference", "ref", "gallery", "enrol", "enroll", "enrolled", "enrolment", "enrollment"),
            *("template", "candidate", "watchlist", "model", "target"),
        },
    ),
    ({"real", "true", "actual"}, {"claimed", "claim"}),
    ({"left", "l"}, {"right", "r"}),
    ({"x"}, {"y"}),
    ({"a"}, {"b"}),
    ({"1", "one", "first"}, {"2", "two", "second"}),
    ({"0"}, {"1"}),
)
"""Words by which the names of two columns differ, those of the probe first where that can be told."""
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
FEWEST_SHARED = 0.3
"""Of the distinct values of the column with fewer of them, which the other has too, where names do not tell."""
MOST_UNNAMED = 16
"""Columns of which the values are held against each other."""


@dataclass(frozen=True)
class Pair:
    """Two columns that say the same of the two sides of a comparison.

    Attributes
    ----------
    probe, reference : Column
    words : tuple of str
        What the names have in common; empty where they have not.
    by_name : bool
        Whether the names tell that they go together.
    distinct : int
        Values of both.
    shared : int
        Values that both have.
    """

    probe: Column
    reference: Column
    words: tuple[str, ...]
    by_name: bool
    distinct: int
    shared: int

    @property
    def columns(self) -> tuple[Column, Column]:
        """The two columns."""
        return self.probe, self.reference

    @property
    def equal_sql(self) -> str:
        """Condition that both sides hold the same."""
        return f"{self.probe.sql} = {self.reference.sql}"


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case: ``probeSex_1`` is probe, sex, 1."""
    return tuple(word.lower() for word in WORD.findall(name))


def attribute_of(words: Sequence[str], otherwise: str) -> str:
    """Return the name of an attribute: the words that the names of its columns have in common."""
    return "_".join(words) or otherwise


def pairs_of(table: Table) -> tuple[Pair, ...]:
    """Find the columns that are the two sides of a comparison.

    Columns that only number the rows are none. Each column is in at most one pair; of columns whose names do not tell,
    those make a pair that hold many distinct values, text or whole numbers, largely the same ones.

    Parameters
    ----------
    table : Table
    """
    columns = [column for column in table.columns if column.filled and not column.counts_rows]
    named = [] if table.headerless else list(_named(columns))
    found = [_measured(table, probe, reference, words) for probe, reference, words in named]
    taken = {column.index for probe, reference, _ in named for column in (probe, reference)}
    others = [
        column
        for column in columns
        if column.index not in taken and not column.has_fractions and column.distinct > 2
    ]
    candidates = [
        _measured(table, probe, reference, None)
        for probe, reference in combinations(others[:MOST_UNNAMED], 2)
    ]
    for pair in sorted(candidates, key=lambda pair: -pair.shared):
        fewer = min(pair.probe.distinct, pair.reference.distinct)
        alike = pair.shared >= FEWEST_SHARED * fewer or all(one.names_files for one in pair.columns)
        if alike and not _is_copy(table, pair) and not taken & {one.index for one in pair.columns}:
            taken |= {one.index for one in pair.columns}
            found.append(pair)
    return tuple(sorted(found, key=lambda pair: pair.probe.index))


def _is_copy(table: Table, pair: Pair) -> bool:
    """Whether the two columns are the same one twice."""
    found = table.fetch(
        f"SELECT 1 FROM {LOOKED} WHERE {pair.probe.sql} IS DISTINCT FROM {pair.reference.sql} LIMIT 1"
    )
    return not found


def _named(columns: Sequence[Column]) -> Iterator[tuple[Column, Column, tuple[str, ...]]]:
    taken: set[int] = set()
    for one, other in combinations(columns, 2):
        match = sides_of(one.name, other.name)
        if match is None or {one.index, other.index} & taken or one.is_numeric != other.is_numeric:
            continue
        taken |= {one.index, other.index}
        words, is_first = match
        yield (one, other, words) if is_first else (other, one, words)


def sides_of(name: str, other_name: str) -> tuple[tuple[str, ...], bool] | None:
    """Return the words that two names have in common, and whether the first is the probe's.

    None where they do not differ in one word alone, and that one names a side.

    Examples
    --------
    >>> sides_of("sex_b", "sex_a")
    (('sex',), False)
    """
    one, other = words_of(name), words_of(other_name)
    if len(one) != len(other):
        return None
    apart = [i for i, (mine, its) in enumerate(zip(one, other, strict=True)) if mine != its]
    if len(apart) != 1:
        return None
    mine, its = one[apart[0]], other[apart[0]]
    for first, second in SIDES:
        if (mine in first and its in second) or (mine in second and its in first):
            return (*one[: apart[0]], *one[apart[0] + 1 :]), mine in first
    return None


def _measured(table: Table, probe: Column, reference: Column, words: tuple[str, ...] | None) -> Pair:
    distinct, shared = table.fetch(
        f"SELECT count(*), count(*) FILTER (sides = 3) FROM (SELECT v, bit_or(side) AS sides FROM ("
        f"SELECT DISTINCT {probe.sql} AS v, 1 AS side FROM {LOOKED} UNION ALL "
        f"SELECT DISTINCT {reference.sql}, 2 FROM {LOOKED}) WHERE v IS NOT NULL GROUP BY v)"
    )[0]
    return Pair(probe, reference, words or (), words is not None, distinct, shared)

"""Rows that a study keeps, by values that they have in some columns."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.comparisons.derived.base import Derived
from harness.comparisons.met import Met
from harness.comparisons.sql import identifier, literals
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.comparisons.source import Reader, Source
    from harness.study import Study

__all__ = ["Kept", "require_met", "values_met"]

MOST_VALUES = 1000
"""Of a column, that are looked at to name those there are."""
MOST_SHOWN = 10


@dataclass(frozen=True)
class Kept(Derived):
    """A source of which only rows with certain values are read.

    Attributes
    ----------
    rows : mapping of str to sequence of str
        By column, the values of rows that are kept.
    """

    rows: Mapping[str, Sequence[str]]

    @property
    def _condition(self) -> str:
        return " AND ".join(
            f"COALESCE(list_contains({literals(values)}, CAST({identifier(name)} AS VARCHAR)), false)"
            for name, values in self.rows.items()
        )

    def over(self, relation: str) -> str:
        """Leave out the others."""
        return f"(SELECT * FROM {relation} WHERE {self._condition})"

    def narrowed(self, columns: Sequence[str]) -> Source:
        """Read the columns that tell, too."""
        return replace(self, source=self.source.narrowed([*columns, *self.rows]))

    def met(self, reader: Reader) -> Met:
        """Count the rows that are left out, and find the values that rows have."""
        all_rows = self.source.narrowed(tuple(self.rows))
        found = reader.fetch(
            f"SELECT count(*) FILTER (WHERE NOT ({self._condition})) FROM {reader.relation_of(all_rows)}"
        )
        met = self.source.met(reader) + Met(left_out=int(found[0][0]))
        for name, asked in self.rows.items():
            met += values_met(reader, self.source, ("rows", name), name, asked)
        return met


def values_met(reader: Reader, source: Source, of: tuple[str, str], column: str, asked: Sequence[str]) -> Met:
    """Find the values of a column, those that are asked for first.

    Parameters
    ----------
    reader : Reader
    source : Source
    of : tuple of str
        The study's key that asks for them, and the name beside it.
    column : str
    asked : sequence of str
    """
    text = f"CAST({identifier(column)} AS VARCHAR)"
    found = reader.fetch(
        f"SELECT DISTINCT {text}, list_contains({literals(asked)}, {text}) "
        f"FROM {reader.relation_of(source.narrowed([column]))} WHERE {text} IS NOT NULL "
        f"ORDER BY 2 DESC, 1 LIMIT {MOST_VALUES + len(asked)}"
    )
    return Met(values=frozenset((*of, value) for value, _ in found))


def require_met(study: Study, met: Met, source: str) -> None:
    """Refuse a value or label of a study's rows and labels that no row has: a typing error would do nothing, or all.

    Parameters
    ----------
    study : Study
    met : Met
        Of all rows.
    source : str
        Name of the scores, for errors.

    Raises
    ------
    InputError
        It names the values there are, those that are near first.
    """
    asked = [("rows", name, value) for name, values in study.rows.items() for value in values]
    asked += [("labels", name, label) for name, labels in study.labels.items() for label in labels]
    looked_at = {of[:2] for of in met.values}  # others are in a file beside, which was looked at by itself
    for key, name, value in asked:
        if (key, name) in looked_at and (key, name, value) not in met.values:
            there = sorted(other for own, column, other in met.values if (own, column) == (key, name))
            near = difflib.get_close_matches(value, there, MOST_SHOWN, 0.6)
            shown = [*near, *(other for other in there if other not in near)][:MOST_SHOWN]
            more = f" and {len(there) - len(shown):,} more" if len(there) > len(shown) else ""
            raise InputError(
                f"{key}: no row has {value!r} in {name!r}; there {'are' if len(there) > 1 else 'is'} "
                f"{', '.join(map(repr, shown)) or 'nothing'}{more}: correct the study's {key}",
                source=source,
            )

"""How a draft names columns: as the file does, or by what they are where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.drafting.columns import Column, Table
from harness.drafting.page import flow, quoted
from harness.drafting.roles import Roles

__all__ = ["Names"]


@dataclass(frozen=True)
class Names:
    """The names of columns.

    Attributes
    ----------
    table : Table
    roles : Roles
    """

    table: Table
    roles: Roles

    def of(self, column: Column) -> str:
        """Return the name of a column."""
        return self._given.get(column.index, column.name)

    def said(self, columns: Sequence[Column]) -> str:
        """Name columns in a sentence."""
        return " and ".join(quoted(self.of(column)) for column in columns)

    def written(self, columns: Sequence[Column]) -> str:
        """Name one or two columns in YAML."""
        return flow([self.of(column) for column in columns])

    @cached_property
    def _given(self) -> dict[int, str]:
        """The names that columns without any are given."""
        return dict(self._by_role()) if self.table.headerless else {}

    def _by_role(self) -> Iterator[tuple[int, str]]:
        roles, truth = self.roles, self.roles.reading.truth
        parts: list[tuple[tuple[Column, ...], str]] = [(pair.columns, "image") for pair in roles.images]
        parts += [(one.columns, one.name) for one in roles.attributes if len(one.columns) == 2]
        parts += [(roles.subjects.columns, "subject")] if roles.subjects is not None else []
        for sides, word in parts:
            before = ("probe_", "reference_") if len(sides) == 2 else ("",)
            for column, side in zip(sides, before, strict=True):
                yield column.index, f"{side}{word}"
        yield from ((one.columns[0].index, one.name) for one in roles.attributes if len(one.columns) == 1)
        if roles.reading.score is not None:
            yield roles.reading.score.index, "score"
        if truth is not None and truth.column is not None:
            yield truth.column.index, "mated"

"""What is wrong with a row that was read long ago: the row is kept as a number, and looked up again to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.comparisons.source import ROW
from harness.comparisons.sql import identifier, shown
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import BoolArray, IntArray
    from harness.comparisons.database import Database
    from harness.comparisons.source import Source

__all__ = ["ListRowError", "RowError", "first_number", "refuse_first"]

ROWS_OF_A_PART = 1 << 40
"""More than any part has."""


def first_number(part: int) -> int:
    """Return what is added to the numbers of a part's rows, so that those of all parts differ, in their order."""
    return part * ROWS_OF_A_PART


class RowError(Exception):
    """A row that cannot be used, to be told once nothing else is read from its file.

    Parameters
    ----------
    number : int
        Of its row, with `first_number` of its part.
    column : str
    problem : str
        With its value as ``{value}``.
    """

    def __init__(self, number: int, column: str, problem: str) -> None:
        super().__init__(problem)
        self.number = number
        self.part, self.row = divmod(number, ROWS_OF_A_PART)
        self.column, self.problem = column, problem

    def told(self, database: Database, source: Source) -> InputError:
        """Look the value up, and say it in one line."""
        part = source.parts()[self.part]
        found = database.fetch(
            f"SELECT CAST({identifier(self.column)} AS VARCHAR) FROM {database.numbered(part)} WHERE {ROW} = {self.row}"
        )
        problem = self.problem.replace("{value}", shown(found[0][0] if found else None))
        return InputError(f"row {self.row}, {source.called(self.column)}: {problem}", source=part.name)


class ListRowError(RowError):
    """Such a row of the candidate file, and not of the searches."""


def refuse_first(wrong: BoolArray, rows: IntArray, column: str, problem: str) -> None:
    """Refuse the first of the rows that are wrong, if any is.

    Raises
    ------
    RowError
    """
    if wrong.any():
        raise RowError(int(rows[wrong].min()), column, problem)

"""Searches as they count: a source whose score is that of an alert for the right reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.comparisons.derived.base import Derived
from harness.comparisons.source import ROW, Input, Source
from harness.comparisons.sql import identifier, literal

if TYPE_CHECKING:
    import duckdb

    from harness.comparisons.files import Files

__all__ = ["NUMBER", "OTHER", "OWN", "PART", "ROW_NAME", "SearchRows"]

OWN = "(score of the right person)"
"""Canonical; -inf where that person is not returned."""
OTHER = "(best score of another)"
"""The same of anybody else."""
NUMBER, PART, ROW_NAME = "(number of the search)", "(number of the part)", ROW.strip('"')
"""Of the search, in the order in which they were read; and of its row."""


@dataclass(frozen=True)
class SearchRows(Derived):
    """Searches as they count, copied once to a Parquet file.

    The score of a non-mated search is the best of anybody on the list. That of a mated one is the right person's, where
    that person is returned within the rank asked for; else it is infinitely bad, which is not to lack a score.

    Attributes
    ----------
    copy : Path
    files : tuple of Files
        Those that were read beside the searches.
    part : int or None
        The number of the only part to read; None for all.
    """

    copy: Path
    files: tuple[Files, ...]
    part: int | None = None

    @property
    def text_only(self) -> bool:
        """The copy has types."""
        return False

    def _rows(self, added: Sequence[str]) -> str:
        """Select the rows, without the columns that number them unless they are asked for."""
        left_out = ", ".join(identifier(name) for name in (NUMBER, PART, ROW_NAME) if name not in added)
        where = "" if self.part is None else f" WHERE {identifier(PART)} = {self.part}"
        excluded = f" EXCLUDE ({left_out})" if left_out else ""
        return f"(SELECT *{excluded} FROM read_parquet({literal(str(self.copy))}){where})"

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:  # noqa: ARG002 - a file needs no registering
        """Scan the copy."""
        return self._rows(())

    def numbered(self, connection: duckdb.DuckDBPyConnection) -> str:  # noqa: ARG002 - as for `relation`
        """Scan the copy with the number that each row has in its own file."""
        return self._rows((ROW_NAME,))

    def each(self) -> str:
        """Return an SQL name for the rows with the number of each search."""
        return self._rows((NUMBER,))

    def narrowed(self, columns: Sequence[str]) -> Source:  # noqa: ARG002 - DuckDB reads only what is asked for
        """Return itself."""
        return self

    def parts(self) -> Sequence[Source]:
        """Return the rows of each part of the searches."""
        return [replace(self, source=part, part=i) for i, part in enumerate(self.source.parts())]

    @property
    def may_lose_rows(self) -> bool:
        """None are lost."""
        return False

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """None are known beforehand: the copy holds them as text."""
        return {}

    def labels_of(self, subject: str) -> tuple[str, Mapping[str, str]] | None:  # noqa: ARG002 - as for `labels`
        """There is none."""
        return None

    def inputs(self) -> tuple[Input, ...]:
        """Digest the files beside the searches too."""
        return (*self.source.inputs(), *(read for file in self.files for read in file.inputs()))

    def require_unchanged(self) -> None:
        """Refuse a file that changed since it was opened."""
        self.source.require_unchanged()
        for file in self.files:
            file.require_unchanged()

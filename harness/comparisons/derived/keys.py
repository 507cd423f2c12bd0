"""The truth of comparisons from a key: a file with a line for each, found by what the scores compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.comparisons.coding import require_distinct_labels
from harness.comparisons.database import Database
from harness.comparisons.derived.base import Derived
from harness.comparisons.derived.entries import Entries, open_beside
from harness.comparisons.derived.relabelled import relabel_entries
from harness.comparisons.met import Met
from harness.comparisons.source import Asks, Check, Input, Reader, Source
from harness.comparisons.sql import identifier, literal, mated_sql
from harness.errors import InputError

if TYPE_CHECKING:
    import duckdb

    from harness.comparisons.files import Files
    from harness.study import Study

__all__ = ["WithKey", "with_key"]


@dataclass(frozen=True)
class WithKey(Derived):
    """A source whose comparisons have their truth, or labels, in a key.

    Attributes
    ----------
    database : Path
        A DuckDB file with the lines of the key.
    file : Files
        What they were read from.
    on : tuple of str
        Columns of the scores.
    taken : mapping of str to str
        By its name in the key's table, each column to add.
    lines : int
        Of the key.
    known : mapping of str to tuple of str
        By column that is added, all labels, where it labels groups.
    """

    database: Path
    file: Files
    on: tuple[str, ...]
    taken: Mapping[str, str]
    lines: int
    known: Mapping[str, tuple[str, ...]]

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Attach the key."""
        connection.execute(f"ATTACH IF NOT EXISTS {literal(str(self.database))} AS key (READ_ONLY)")

    def over(self, relation: str) -> str:
        """Join the line of each comparison."""
        added = ", ".join(f"line.{own} AS {identifier(name)}" for own, name in self.taken.items())
        return f"(SELECT scores.*, {added} FROM {relation} scores LEFT JOIN key.lines line ON {self._match})"

    @property
    def _match(self) -> str:
        return " AND ".join(
            f"line.on_{i} = CAST(scores.{identifier(name)} AS VARCHAR)" for i, name in enumerate(self.on)
        )

    def narrowed(self, columns: Sequence[str]) -> Source:
        """Leave the join out where nothing of the key will be read."""
        if not set(self.taken.values()) & set(columns):
            return self.source.narrowed(columns)
        return replace(self, source=self.source.narrowed([*columns, *self.on]))

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """All labels that are in the key."""
        return {**self.source.labels, **self.known}

    def checks(self) -> Sequence[Check]:
        """Refuse a comparison that is not in the key."""
        missing = f"{identifier(next(iter(self.taken.values())))} IS NULL"
        file = self.file.name.replace("{", "{{").replace("}", "}}")
        two = len(self.on) == 2
        said = "{value} and {other} are" if two else "{value} is"
        own = Check(
            self.on[0],
            missing,
            f"{said} not in the key {file}",
            beside=self.on[1] if two else None,
            more=self._more,
        )
        return [*self.source.checks(), own]

    def _more(self, ask: Asks, relation: str, value: str, other: str) -> str:
        """Say how many others there are, and what may have been meant."""
        named = ", ".join(map(identifier, self.on))
        first = identifier(next(iter(self.taken.values())))
        found = ask(f"SELECT count(*) FROM (SELECT DISTINCT {named} FROM {relation} WHERE {first} IS NULL)")
        others = int(found[0][0]) - 1
        told = f", nor {'are' if others > 1 else 'is'} {others:,} other comparison{'s' * (others > 1)} of this file"
        swapped = len(self.on) == 2 and ask(
            f"SELECT 1 FROM key.lines WHERE on_0 = {literal(other or '')} AND on_1 = {literal(value or '')}"
        )
        remedy = (
            "the key has them the other way round: swap the two columns of by, or correct the order"
            if swapped
            else "add a line for each comparison"
        )
        return f"{told if others else ''}; {remedy}"

    def called(self, column: str) -> str:
        """Name a column of the key by its file."""
        if column in self.taken.values():
            return f"column {column!r} of {self.file.name}"
        return self.source.called(column)

    def met(self, reader: Reader) -> Met:
        """Tell which lines of the key some comparison has."""
        lines = np.zeros(self.lines, np.bool_)
        relation = reader.relation_of(self.source.narrowed(self.on))
        reader.fetch(f"ATTACH IF NOT EXISTS {literal(str(self.database))} AS key (READ_ONLY)")
        query = f"SELECT DISTINCT line.line FROM {relation} scores JOIN key.lines line ON {self._match}"
        for batch in reader.stream(query):
            lines[batch.column(0).to_numpy()] = True
        return self.source.met(reader) + Met(lines=lines)

    def inputs(self) -> tuple[Input, ...]:
        """Digest the key too."""
        return (*self.source.inputs(), *self.file.inputs())

    def require_unchanged(self) -> None:
        """Refuse a file that changed since it was opened."""
        self.source.require_unchanged()
        self.file.require_unchanged()


def with_key(source: Source, study: Study, scratch: Path, *, digested: bool) -> WithKey:
    """Join the lines of a study's key to a source.

    Parameters
    ----------
    source : Source
    study : Study
        That has a key.
    scratch : Path
        An existing folder for the lines.
    digested : bool
        Whether the key is digested first; see `harness.comparisons.source.Seen`.

    Raises
    ------
    InputError
        Where the key cannot be read, has two lines for one comparison, or a line without a truth or a label.
    """
    key = study.key
    assert key is not None  # noqa: S101 - for type checkers
    taken = {f"taken_{i}": column for i, column in enumerate(study.key_columns)}
    columns = {**{f"on_{i}": name for i, name in enumerate(key.by.values())}, **taken}
    file = open_beside(key.file, list(columns.values()), key.columns, digested=digested)
    path = scratch / "key.duckdb"
    with closing(Database(file, scratch)) as database:
        attributes = {
            own: attribute
            for attribute, group in study.groups.items()
            for own, column in taken.items()
            if column in group.columns
        }
        numbers = {taken[own] for own, attribute in attributes.items() if attribute in study.bins}
        entries = Entries.copied(database, file, path, "key", columns, numbers)
        entries.require_labels("complete the line, or leave it out")
        _refuse_repeated(entries, tuple(columns)[: len(key.by)])
        relabel_entries(entries, study, attributes)
        known = _labels_of_groups(entries, study, taken)
        added = ", ".join(_typed(own, column, study, known) for own, column in taken.items())
        if not study.mated.same:
            _require_truth(entries, study, columns)
        on = ", ".join(f"on_{i}" for i in range(len(key.by)))
        database.fetch(
            f"CREATE TABLE key.lines AS SELECT {on}, {added}, row_number() OVER (ORDER BY part, number) - 1 AS line "
            "FROM key.entries"
        )
        lines = int(database.fetch("SELECT count(*) FROM key.lines")[0][0])
    return WithKey(source, path, file, tuple(key.by), taken, lines, known)


def _refuse_repeated(entries: Entries, on: Sequence[str]) -> None:
    for values, first, second, others in entries.repeated(on):
        named = " and ".join(map(repr, values))
        told = (
            f", and so {'have' if others > 1 else 'has'} {others:,} other{'s' * (others > 1)}"
            if others
            else ""
        )
        raise InputError(
            f"row {second.row}: {named} have a line in {first.beside(second)} already{told}; keep one line for each "
            "comparison",
            source=second.file,
        )


def _labels_of_groups(entries: Entries, study: Study, taken: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the labels of the columns of groups, those of one attribute together."""
    known: dict[str, tuple[str, ...]] = {}
    for attribute, group in study.groups.items():
        own = [name for name, column in taken.items() if column in group.columns]
        found: set[str] = set()
        for name in own:
            found |= set(entries.distinct(name))
        try:
            require_distinct_labels({attribute: found})
        except InputError as error:
            raise type(error)(error.problem, source=entries.file.name) from None
        known |= {taken[name]: tuple(sorted(found)) for name in own}
    return known


def _typed(own: str, column: str, study: Study, known: Mapping[str, Sequence[str]]) -> str:
    """The column as it is joined: an ENUM of groups' labels, truth as bool, or text."""
    if column in known:
        return f"CAST({own} AS ENUM({', '.join(map(literal, known[column]))})) AS {own}"
    if column == study.mated.column and not study.mated.mated:
        return f"{_truth(own, study)} = 1 AS {own}"
    return own


def _truth(own: str, study: Study) -> str:
    return mated_sql(study.mated.model_copy(update={"column": own}), "VARCHAR", text_only=True)


def _require_truth(entries: Entries, study: Study, columns: Mapping[str, str]) -> None:
    own = next(name for name, column in columns.items() if column == study.mated.column and "taken" in name)
    for where, value in entries.first(own, f"({_truth(own, study)}) IS NULL"):
        raise InputError(
            f"row {where.row}, column {study.mated.column!r}: {value!r} is neither mated nor non-mated; write 1 or 0, "
            "or map the label in the study (mated: {column: ..., mated: [...], non_mated: [...]})",
            source=where.file,
        )

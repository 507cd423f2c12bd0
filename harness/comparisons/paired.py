"""The scores of two matchers on the same trials, joined trial by trial, and counted by what both do."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from harness.comparisons.database import Database
from harness.comparisons.files import Files
from harness.comparisons.source import ROW as STORED_ROW
from harness.comparisons.sql import identifier, mated_sql, score_sql
from harness.comparisons.stream import Comparisons
from harness.errors import InputError
from harness.files import temporary_folder
from harness.study import Mated, Score

if TYPE_CHECKING:
    from harness.arrays import FloatArray, IntArray
    from harness.comparisons.coding import Coding, Queries
    from harness.comparisons.source import Input
    from harness.comparisons.sources import Scores
    from harness.study import Study

__all__ = ["PairedTrials", "cells_of", "joint_matches", "pair_trials", "reaching", "thresholds_reached_by"]

Cell: TypeAlias = tuple[str | None, ...]
ROW, FILE, OTHER = "row of the file", "number of the file", "score of the new matcher"
"""Columns of the tables that are joined, beside those of the study and the columns that identify a trial."""
KEY = "identifies "
MOST_SHOWN = 3


@dataclass(frozen=True)
class PairedTrials:
    """Trials with the scores of two matchers, in one file that lasts as long as `pair_trials` is open.

    Attributes
    ----------
    path : Path
        Its scores are canonical: a higher one is more alike, and thresholds are negated where a study says that lower
        scores are.
    old, new : Study
        The meaning of its columns for either matcher.
    on : tuple of str
        The columns that identified a trial; none where both scores stood in one row.
    trials : int
    left_out : int
        Trials that either matcher gave no score, where the study leaves these out.
    inputs : tuple of Input
        What was read, once each.
    files_left_out : tuple of Path
        Files in what was named that were not read, or the folders that hold them.
    """

    path: Path
    old: Study
    new: Study
    on: tuple[str, ...]
    trials: int
    left_out: int
    inputs: tuple[Input, ...]
    files_left_out: tuple[Path, ...]

    @contextmanager
    def opened(self) -> Iterator[tuple[Comparisons, Comparisons]]:
        """Give the comparisons of the old and of the new matcher, in which subjects have the same numbers."""
        with Comparisons(self.path, self.old, beside=[OTHER]) as old, Comparisons(self.path, self.new) as new:
            yield old, new


@contextmanager
def pair_trials(
    old: Scores, new: Scores | None, study: Study, new_study: Study, *, on: Sequence[str] = ()
) -> Iterator[PairedTrials]:
    """Join the scores of two matchers, each of which is checked by itself first.

    Parameters
    ----------
    old : Scores
    new : Scores or None
        None where both scores are columns of `old`.
    study, new_study : Study
        They differ in matcher, score and rows only.
    on : sequence of str
        Columns that identify a trial; by default every column that both have, but scores, truth, groups and
        those by whose values rows are kept; of what is in memory, the subjects.

    Raises
    ------
    InputError
        Where either cannot be read, a trial is not told from another, is in one of them only, or has another truth or
        group in one than in the other.
    """
    with (
        temporary_folder() as scratch,
        Comparisons(old, study, digested=True, beside=on) as first,
        Comparisons(old if new is None else new, new_study, digested=True, beside=on) as second,
    ):
        sides = [_Side(one, scratch.folder / name) for one, name in ((first, "old"), (second, "new"))]
        for side in sides:
            side.check()
        key = () if new is None else _key(first, second, on)
        for side in sides:
            side.write(key)
        join = _Join(sides[0], sides[1], scratch.folder, key)
        with join.database() as database:
            if key:
                join.require_same(database)
            trials, left_out = join.write(database)
        inputs = dict.fromkeys(
            (*first.inputs(), *second.inputs())
        )  # refuses what changed since it was opened
        truth = Mated(column=study.mated.column)
        yield PairedTrials(
            path=join.path,
            old=study.as_stored(score=Score(column=study.score.column), mated=truth),
            new=new_study.as_stored(score=Score(column=OTHER), mated=truth),
            on=key,
            trials=trials,
            left_out=left_out,
            inputs=tuple(inputs),
            files_left_out=tuple(dict.fromkeys((*first.left_out, *second.left_out))),
        )


def _key(first: Comparisons, second: Comparisons, on: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that identify a trial."""
    for comparisons in (first, second):
        for column in on:
            if column not in comparisons.kinds:
                known = ", ".join(map(repr, comparisons.kinds))
                raise InputError(f"has no column {column!r} (--on); it has {known}", source=comparisons.name)
    if on:
        return tuple(on)
    study = first.study
    groups = [column for group in study.groups.values() for column in group.columns]
    kept = {*study.rows, *second.study.rows}
    others = {study.score.column, second.study.score.column, study.mated.column, *groups, *kept}
    key = tuple(column for column in first.kinds if column in second.kinds and column not in others)
    if not key:
        raise InputError(
            f"shares no column with {second.name} that identifies a trial; add one to both, or give both scores as "
            "columns of one file (--new-score)",
            source=first.name,
        )
    return key


class _Side:
    """The trials of one matcher, and the files they are copied to."""

    def __init__(self, comparisons: Comparisons, folder: Path) -> None:
        self.comparisons = comparisons
        self.folder = folder
        self.names: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns of subjects and groups."""
        study = self.comparisons.study
        groups = (column for group in study.groups.values() for column in group.columns)
        return (*study.subjects, *groups)

    def check(self) -> None:
        """Read every row on the study's terms."""

        def read(coding: Coding) -> None:
            for _ in self.comparisons.batches(coding):
                pass

        self.comparisons.read(read)

    def write(self, key: Sequence[str]) -> None:
        """Copy what is needed of every row, with its number."""
        study = self.comparisons.study

        def selected(queries: Queries, relation: str) -> str:
            kinds, text_only = queries.kinds, queries.text_only
            needed = dict.fromkeys((*study.columns, *key))
            read = ", ".join(f"CAST({identifier(c)} AS {kinds[c]}) AS {identifier(c)}" for c in needed)
            numbered = f"SELECT {STORED_ROW} AS {identifier(ROW)}, {read} FROM {relation}"
            score = score_sql(study.score, kinds[study.score.column], text_only=text_only)
            mated = mated_sql(study.mated, kinds[study.mated.column], text_only=text_only)
            values = {
                ROW: identifier(ROW),
                study.score.column: f"{'-' if study.sign < 0 else ''}({score})",
                study.mated.column: f"CAST({mated} AS TINYINT)",
                **{column: f"CAST({identifier(column)} AS VARCHAR)" for column in self.labels},
                **{KEY + column: f"CAST({identifier(column)} AS VARCHAR)" for column in key},
            }
            named = ", ".join(f"{value} AS {identifier(name)}" for name, value in values.items())
            return f"SELECT {named} FROM ({numbered})"

        self.folder.mkdir()
        self.names = self.comparisons.write(selected, self.folder)

    def relation(self) -> str:
        """Return an SQL table expression of the rows of all files, each with the number of its file."""
        path = str(self.folder / "{}.parquet").replace("'", "''")
        parts = (
            f"SELECT {index} AS {identifier(FILE)}, * FROM read_parquet('{path.format(index)}')"
            for index in range(len(self.names))
        )
        return f"({' UNION ALL BY NAME '.join(parts)})"


class _Join:
    """Two sides, joined by the columns that identify a trial, or row by row where there are none."""

    def __init__(self, old: _Side, new: _Side, folder: Path, key: Sequence[str]) -> None:
        self.old, self.new, self.key = old, new, key
        self.folder, self.path = folder, folder / "trials.parquet"

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Open a database that reads the copies."""
        database = Database(Files(tuple(sorted(self.old.folder.iterdir()))), self.folder)
        try:
            yield database
        finally:
            database.close()

    @property
    def _same_trial(self) -> str:
        by = [KEY + column for column in self.key] or [FILE, ROW]
        return " AND ".join(f"o.{identifier(c)} IS NOT DISTINCT FROM n.{identifier(c)}" for c in by)

    @property
    def _joined(self) -> str:
        return f"{self.old.relation()} o JOIN {self.new.relation()} n ON {self._same_trial}"

    def require_same(self, database: Database) -> None:
        """Refuse trials that are not told apart, that only one side has, or of which the sides say different things."""
        for side in (self.old, self.new):
            self._require_told_apart(database, side)
        self._require_on_both_sides(database)
        self._require_agreement(database)

    def _require_told_apart(self, database: Database, side: _Side) -> None:
        by = ", ".join(identifier(KEY + column) for column in self.key)
        row = f"struct_pack(f := {identifier(FILE)}, r := {identifier(ROW)})"
        found = database.fetch(
            f"SELECT count(*), min(struct_pack(one := rows[1], other := rows[2])) FROM (SELECT list_sort(list({row})) "
            f"AS rows FROM {side.relation()} GROUP BY {by} HAVING count(*) > 1)"
        )
        repeated, first = found[0]
        if not repeated:
            return
        where = [_where(side, one["f"], one["r"]) for one in (first["one"], first["other"])]
        columns = ", ".join(map(repr, self.key))
        raise InputError(
            f"{repeated:,} trials appear more than once by {columns}, such as {where[0]} and {where[1]}; name columns "
            "that tell them apart (--on), or give both scores as columns of one file (--new-score)",
            source=side.comparisons.name,
        )

    def _require_on_both_sides(self, database: Database) -> None:
        told = []
        for side, other, which in ((self.old, self.new, "old"), (self.new, self.old, "new")):
            found = database.fetch(
                f"SELECT count(*), min(struct_pack(f := o.{identifier(FILE)}, r := o.{identifier(ROW)})) "
                f"FROM {side.relation()} o ANTI JOIN {other.relation()} n ON {self._same_trial}"
            )
            count, first = found[0]
            if count:
                plural = "trial is" if count == 1 else "trials are"
                told.append(
                    f"{count:,} {plural} in the {which} scores alone, such as {_where(side, first['f'], first['r'])}"
                )
        if told:
            raise InputError(
                f"{'; '.join(told)}{self._unlike(database)}; give the same trials to both, or name the columns that "
                f"identify a trial (--on; now {', '.join(map(repr, self.key))})",
                source=self.new.comparisons.name,
            )

    def _unlike(self, database: Database) -> str:
        """Name a column of which the two sides share no value: it is not one that identifies a trial."""
        for column in self.key:
            one, other = (
                f"SELECT {identifier(KEY + column)} FROM {side.relation()}" for side in (self.old, self.new)
            )
            if not database.fetch(f"SELECT count(*) FROM ({one} INTERSECT {other})")[0][0]:
                return f"; column {column!r} has no value in common"
        return ""

    def _require_agreement(self, database: Database) -> None:
        study = self.old.comparisons.study
        for column in (study.mated.column, *self.old.labels):
            name = identifier(column)
            found = database.fetch(
                f"SELECT o.{identifier(FILE)}, o.{identifier(ROW)}, n.{identifier(FILE)}, n.{identifier(ROW)}, "
                f"CAST(o.{name} AS VARCHAR), CAST(n.{name} AS VARCHAR), count(*) OVER () FROM {self._joined} "
                f"WHERE o.{name} IS DISTINCT FROM n.{name} ORDER BY 1, 2 LIMIT 1"
            )
            for file, row, other_file, other_row, value, other, count in found:
                truth = {"1": "mated", "0": "non-mated"} if column == study.mated.column else {}
                more = f", as {count:,} trials in all" if count > 1 else ""
                raise InputError(
                    f"row {row}, column {column!r}: {truth.get(value, repr(value))}, but "
                    f"{truth.get(other, repr(other))} in {_where(self.new, other_file, other_row)}{more}; "
                    "one trial has one truth and one label, so correct one of them",
                    source=self.old.names[file],
                )

    def write(self, database: Database) -> tuple[int, int]:
        """Write the joined trials, and return how many there are, and how many more were left out."""
        study = self.old.comparisons.study
        score, other = study.score.column, self.new.comparisons.study.score.column
        columns = ", ".join(f"o.{identifier(name)}" for name in (score, study.mated.column, *self.old.labels))
        found = f"SELECT {columns}, n.{identifier(other)} AS {identifier(OTHER)} FROM {self._joined}"
        every = int(database.fetch(f"SELECT count(*) FROM {self.old.relation()}")[0][0])
        if study.missing_scores == "exclude":
            known = " AND ".join(
                f"isfinite({side}.{identifier(name)})" for side, name in (("o", score), ("n", other))
            )
            found = f"{found} WHERE {known}"
        path = str(self.path).replace("'", "''")
        database.fetch(f"COPY ({found}) TO '{path}' (FORMAT parquet)")
        kept = int(database.fetch(f"SELECT count(*) FROM read_parquet('{path}')")[0][0])
        return kept, every - kept


def _where(side: _Side, file: int, row: int) -> str:
    return f"row {row} of {side.names[file]}"


def _codes(comparisons: Comparisons, coding: Coding) -> list[int]:
    found = comparisons.ask(
        lambda queries, relation: (
            f"SELECT DISTINCT code FROM ({queries.scored(relation, coding)}) ORDER BY code"
        )
    )
    codes = [int(code) for (code,) in found]
    if codes and codes[0] < 0:
        comparisons.refuse()
    return codes


def _codes_of(comparisons: Comparisons, cells: Container[Cell], *, mated: bool) -> tuple[Coding, list[int]]:
    def chosen(coding: Coding) -> tuple[Coding, list[int]]:
        codes = _codes(comparisons, coding)
        return coding, [code for code in codes if code % 2 == mated and coding.cell(code // 2) in cells]

    return comparisons.read(chosen)


def cells_of(comparisons: Comparisons) -> set[Cell]:
    """Return the cells that have a comparison."""
    return comparisons.read(lambda coding: {coding.cell(code // 2) for code in _codes(comparisons, coding)})


def reaching(
    comparisons: Comparisons, cells: Container[Cell], thresholds: Sequence[float]
) -> tuple[int, list[int]]:
    """Count the non-mated comparisons of some cells, and how many of them reach each threshold.

    Parameters
    ----------
    comparisons : Comparisons
    cells : container of Cell
    thresholds : sequence of float
        Canonical.
    """
    coding, codes = _codes_of(comparisons, cells, mated=False)
    counted = "".join(f", count(*) FILTER (WHERE {_reaches('score', at)})" for at in thresholds)
    found = comparisons.ask(
        lambda queries, relation: (
            f"SELECT count(*){counted} FROM ({queries.scored(relation, coding)}) WHERE {_among(codes)}"
        )
    )
    trials, *matches = map(int, found[0])
    return trials, matches


def thresholds_reached_by(
    comparisons: Comparisons, cells: Container[Cell], most: Sequence[int]
) -> list[float | None]:
    """Return the most lenient scores that at most so many of the non-mated comparisons of some cells reach.

    Parameters
    ----------
    comparisons : Comparisons
    cells : container of Cell
    most : sequence of int

    Returns
    -------
    list of float or None
        Canonical; None where even the highest score is that of more.
    """
    coding, codes = _codes_of(comparisons, cells, mated=False)
    asked = ", ".join(f"min(score) FILTER (WHERE reached <= {count})" for count in most)
    found = comparisons.ask(
        lambda queries, relation: (
            f"SELECT {asked} FROM (SELECT score, sum(n) OVER (ORDER BY score DESC) AS reached FROM (SELECT score, "
            f"count(*) AS n FROM ({queries.scored(relation, coding)}) WHERE {_among(codes)} AND isfinite(score) "
            "GROUP BY score))"
        )
    )
    return [None if score is None else float(score) + 0.0 for score in found[0]]


def joint_matches(comparisons: Comparisons, old: FloatArray, new: FloatArray) -> Mapping[Cell, IntArray]:
    """Count the comparisons that match with both matchers, at pairs of thresholds.

    Parameters
    ----------
    comparisons : Comparisons
        Of the old matcher, see `PairedTrials.opened`.
    old, new : ndarray of float64, shape (P,)
        Canonical.

    Returns
    -------
    mapping of Cell to ndarray of int64, shape (2, P)
        Non-mated and mated.
    """
    both = "".join(
        f", count(*) FILTER (WHERE {_reaches('score', a)} AND {_reaches('other', b)})"
        for a, b in zip(old.tolist(), new.tolist(), strict=True)
    )

    def counted(coding: Coding) -> dict[Cell, IntArray]:
        found = comparisons.ask(
            lambda queries, relation: (
                f"SELECT code{both} FROM (SELECT *, {identifier(OTHER)} AS other FROM "
                f"({queries.comparisons(relation, coding, f', {identifier(OTHER)}')})) GROUP BY code ORDER BY code"
            )
        )
        cells: dict[Cell, IntArray] = {}
        for code, *matches in found:
            if code < 0:
                comparisons.refuse()
            of_cell = cells.setdefault(coding.cell(code // 2), np.zeros((2, len(old)), np.int64))
            of_cell[code % 2] = matches
        return cells

    return comparisons.read(counted)


def _reaches(column: str, threshold: float) -> str:
    return f"isfinite({column}) AND {column} >= '{float(threshold)!r}'::DOUBLE"


def _among(codes: Sequence[int]) -> str:
    return f"list_contains({list(codes)}::INTEGER[], code)"

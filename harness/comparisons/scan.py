"""The columns that counting needs of every row, and how a batch of them becomes scores, codes and subjects.

DuckDB gives the rank of a label, which of a dictionary-encoded column it looks up once for every entry; what
would be worked out row by row (the code, whether the subjects go with the truth) is left to NumPy. Subjects are
numbered in the order of their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from harness.comparisons.coding import SUBJECT_NUMBERS, CodedColumn, Coding, NamedCells, Queries
from harness.comparisons.sql import FLOATING, WHOLE, identifier, is_label, is_nan, mated_sql, score_sql

if TYPE_CHECKING:
    from harness.arrays import IntArray, Integers, ScoreArray
    from harness.comparisons.database import Database
    from harness.study import Study

__all__ = [
    "NOBODY",
    "PERSON",
    "Batch",
    "CellScores",
    "Scan",
    "SubjectColumn",
    "Subjects",
    "names_of_subjects",
    "number_subjects",
    "survey_sql",
]

WIDEST = 1 << 24
"""Of whole numbers from a range this wide, each that occurs is marked in a table of one byte a number."""
HIGHEST = np.iinfo(np.int64).max
SPARSE = 2
"""With at most this many indices for each subject, a whole number is its subject's index as it is read."""
NOBODY = -1
"""The number at an index that no subject has."""
PERSON = "person"
"""The column of subjects in a table of people."""
LABEL, NUMBER = "label_of_a_subject", "number_of_a_subject"
"""Columns of the tables that are joined to the source, which may have a column `label` or `number` of its own."""


@dataclass(frozen=True)
class CellScores:
    """A first look at the scores of one cell.

    Attributes
    ----------
    cell : tuple of str or None
    mated : bool
    trials : int
        Comparisons with a score.
    lowest : float
        Canonical: higher is more alike.
    highest : tuple of float
        The highest scores, descending.
    """

    cell: tuple[str | None, ...]
    mated: bool
    trials: int
    lowest: float
    highest: tuple[float, ...]


def survey_sql(queries: Queries, relation: str, coding: Coding) -> str:
    """Select code, trials, lowest, the ``$tail`` highest and whether any is infinite.

    Subjects are left for the counting to check, which looks at each label of theirs once and not row by row. A search
    that returns nobody who counts has the score -inf, which is no score to place thresholds by.
    """
    hits = " AND score <> '-infinity'::FLOAT" if queries.study.reads_searches else ""
    return (
        "SELECT code, count(*), min(score), max(score, $tail), bool_or(isinf(score)) "
        f"FROM ({queries.scored(relation, coding)}) WHERE (NOT {is_nan('score')}{hits}) OR code < 0 "
        "GROUP BY code ORDER BY code"
    )


@dataclass(frozen=True)
class SubjectColumn:
    """A column that names subjects, and the table of their numbers beside their labels as they are stored.

    Attributes
    ----------
    index : int
        Among the study's columns of subjects.
    label_sql : str
        The label of a row.
    rows : int or None
        How many rows have a label, where that is known: a whole number is looked up by an inner join, which has
        DuckDB use the number as an address, and which leaves out rows that it does not find.
    origin : int or None
        The whole number whose subject has index 0, where labels are indices and need no look-up.
    beside : tuple of str
        Columns of people's labels that are in the table too, so that one look-up finds both.
    """

    index: int
    label_sql: str
    rows: int | None
    origin: int | None = None
    beside: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The table of labels and numbers."""
        return f"numbers_of_subjects_{self.index}"

    @property
    def index_sql(self) -> str:
        """The index of a row's subject; NULL where it has none."""
        if self.origin is not None:
            from_origin = f"CAST({self.label_sql} AS BIGINT) - {self.origin}"
            return f"CAST({from_origin if self.origin else self.label_sql} AS INTEGER)"
        return f"n{self.index}.{NUMBER}"

    @property
    def join_sql(self) -> str:
        """The join that finds it."""
        if self.origin is not None:
            return ""
        kind = "LEFT" if self.rows is None else "INNER"
        return f"{kind} JOIN {self.table} n{self.index} ON n{self.index}.{LABEL} = {self.label_sql}"


@dataclass(frozen=True, eq=False)
class Subjects:
    """The subjects of all comparisons, and how those of a row are read.

    Attributes
    ----------
    count : int
        Subjects are numbered from 0 to one less, in the order of their names.
    columns : tuple of SubjectColumn
        One for each of the study's columns of subjects.
    number_of_index : ndarray of int64, shape (indices,)
        What is read of a row is its subject's index, of which this is the number; `NOBODY` where it is no subject's.
    """

    count: int
    columns: tuple[SubjectColumn, ...]
    number_of_index: IntArray

    @property
    def labels(self) -> frozenset[str]:
        """The columns of people's labels that a look-up of the subjects finds too."""
        return frozenset(name for column in self.columns if column.origin is None for name in column.beside)

    @classmethod
    def none(cls) -> Subjects:
        """Return what a study without subjects has."""
        return cls(0, (), np.zeros(0, np.int64))


def number_subjects(database: Database, queries: Queries) -> Subjects:
    """Make the tables of the subjects' numbers, from 0 in the order of their names."""
    marked = _marked_integers(database, queries)
    columns = []
    for index, name in enumerate(queries.study.subjects):
        kind = queries.kinds[name]
        label = f"CAST({identifier(name)} AS VARCHAR)" if kind == "VARCHAR" else identifier(name)
        rows = None
        if name in marked:
            labels, rows = marked[name]
            database.keep(f"labels_{index}", labels, f"SELECT CAST(label AS {kind}) AS label FROM given")
        else:
            database.fetch(
                f"CREATE OR REPLACE TEMP TABLE labels_{index} AS "
                f"SELECT DISTINCT {label} AS label FROM {database.relation(queries.study.subjects)}"
            )
        people = database.source.labels_of(name)
        columns.append(SubjectColumn(index, label, rows, beside=tuple(people[1]) if people else ()))
    named = " UNION ".join(
        f"SELECT {queries.side(column.index)} AS side, CAST(label AS VARCHAR) AS label FROM labels_{column.index} "
        f"WHERE {is_label('CAST(label AS VARCHAR)')}"
        for column in columns
    )
    database.fetch(
        f"CREATE OR REPLACE TEMP TABLE {SUBJECT_NUMBERS} AS SELECT side, label, "
        f"CAST(row_number() OVER (ORDER BY side, label) - 1 AS INTEGER) AS number FROM ({named})"
    )
    for column in columns:
        beside, joined = _labels_beside(database, queries.study.subjects[column.index])
        database.fetch(
            f"CREATE OR REPLACE TEMP TABLE {column.table} AS "
            f"SELECT own.label AS {LABEL}, named.number AS {NUMBER}{beside} "
            f"FROM labels_{column.index} own JOIN {SUBJECT_NUMBERS} named "
            f"ON named.side = {queries.side(column.index)} AND named.label = CAST(own.label AS VARCHAR) {joined}"
        )
        database.fetch(f"DROP TABLE labels_{column.index}")
    count = int(database.fetch(f"SELECT count(*) FROM {SUBJECT_NUMBERS}")[0][0])
    numbered = Subjects(count, tuple(columns), np.arange(count))
    return _placed(numbered, database, queries) if len(marked) == len(columns) else numbered


def _labels_beside(database: Database, subject: str) -> tuple[str, str]:
    """Select, and join, the labels of people."""
    found = database.source.labels_of(subject)
    if found is None:
        return "", ""
    table, names = found
    labels = "".join(f", p.{own} AS {identifier(name)}" for name, own in names.items())
    return labels, f"LEFT JOIN {table} p ON CAST(p.{PERSON} AS VARCHAR) = CAST(own.label AS VARCHAR)"


def _placed(numbered: Subjects, database: Database, queries: Queries) -> Subjects:
    """Have whole numbers be the indices of their subjects, where they leave few indices empty."""
    sides: dict[int, list[tuple[IntArray, IntArray]]] = {}
    for column in numbered.columns:
        read = pa.Table.from_batches(
            database.stream(
                f"SELECT CAST({LABEL} AS BIGINT) AS label, {NUMBER} AS number FROM {column.table}"
            )
        )
        own = read["label"].to_numpy(), read["number"].to_numpy().astype(np.int64)
        sides.setdefault(queries.side(column.index), []).append(own)
    first_index, origins, number_of_index = 0, {}, []
    for side, columns in sides.items():
        labels, numbers = map(np.concatenate, zip(*columns, strict=True))
        if not len(labels) or int(labels.max()) - int(labels.min()) >= SPARSE * numbered.count:
            return numbered
        lowest = int(labels.min())
        here = np.full(int(labels.max()) - lowest + 1, NOBODY)
        here[labels - lowest] = numbers
        origins[side] = lowest - first_index
        number_of_index.append(here)
        first_index += len(here)
    read_as = (replace(c, rows=None, origin=origins[queries.side(c.index)]) for c in numbered.columns)
    return Subjects(numbered.count, tuple(read_as), np.concatenate(number_of_index))


def names_of_subjects(database: Database, queries: Queries) -> tuple[pa.Array, ...]:
    """Return the names that `number_subjects` has numbered, in the order of their numbers.

    Returns
    -------
    tuple of LargeStringArray
        One for each way of naming people, of which the numbers go on from one to the next: two where either column
        of subjects names them in its own way, else one.
    """
    names = []
    for side in sorted({queries.side(index) for index in range(len(queries.study.subjects))}):
        query = f"SELECT label FROM {SUBJECT_NUMBERS} WHERE side = {side} ORDER BY number"
        batches = [batch.column(0).cast(pa.large_string()) for batch in database.stream(query)]
        names.append(pa.concat_arrays([pa.array([], pa.large_string()), *batches]))
    return tuple(names)


def _marked_integers(database: Database, queries: Queries) -> dict[str, tuple[pa.Table, int]]:
    """Find the distinct values of the columns of whole numbers from a narrow range, and count the rows.

    Marking each value as it is met is several times faster than sorting equal ones out.
    """
    whole = [name for name in queries.study.subjects if queries.kinds[name] in WHOLE]
    if not whole:
        return {}
    asked = ", ".join(f"min({identifier(name)}), max({identifier(name)})" for name in whole)
    bounds = database.fetch(f"SELECT {asked} FROM {database.relation(queries.study.subjects)}")[0]
    marks = {
        name: (low, np.zeros(high - low + 1, np.bool_))
        for name, low, high in zip(whole, bounds[::2], bounds[1::2], strict=True)
        if low is not None and high - low < WIDEST and high <= HIGHEST
    }
    if not marks:
        return {}
    asked = ", ".join(map(identifier, marks))
    for batch in database.stream(f"SELECT {asked} FROM {database.relation(queries.study.subjects)}"):
        for (low, met), column in zip(marks.values(), batch.columns, strict=True):
            labels = (column.drop_null() if column.null_count else column).to_numpy()
            indices = np.subtract(labels, low, dtype=np.int64, casting="unsafe")
            if indices.min(initial=0) < 0 or indices.max(initial=0) >= len(met):
                return {}  # the bounds, which may come from a file's own statistics, are wrong
            met[indices] = True
        if all(met.all() for _, met in marks.values()):
            break  # as is soon so where subjects are numbered without gaps
    rows = int(database.fetch(f"SELECT count(*) FROM {database.relation(queries.study.subjects)}")[0][0])
    return {
        name: (pa.table({"label": np.flatnonzero(met) + low}), rows) for name, (low, met) in marks.items()
    }


@dataclass(frozen=True, eq=False)
class Batch:
    """Some comparisons in canonical columns.

    Attributes
    ----------
    scores : ndarray of float32 or float64, shape (N,)
        Higher is more alike; NaN where missing.
    codes : ndarray of unsigned integers, shape (N,)
        ``2 * cell + mated``.
    subjects : tuple of ndarray of int32, shape (N,)
        The indices of the subjects (see `harness.comparisons.scan.Subjects`), a column each; empty where they
        were not asked for.
    """

    scores: npt.NDArray[np.float32] | npt.NDArray[np.float64]
    codes: Integers
    subjects: tuple[npt.NDArray[np.int32], ...]

    @property
    def num_rows(self) -> int:
        """Number of comparisons."""
        return len(self.scores)

    def among(self, subjects: npt.NDArray[np.bool_]) -> Batch:
        """Keep the comparisons of which every subject is at one of these indices, shape (indices,)."""
        kept = np.logical_and.reduce([subjects[side] for side in self.subjects])
        return Batch(self.scores[kept], self.codes[kept], tuple(side[kept] for side in self.subjects))


@dataclass(frozen=True)
class Scan:
    """Reads every row on a study's terms.

    Parameters
    ----------
    study : Study
    kinds : mapping of str to str
        The SQL type of each column.
    text_only : bool
        Whether every column arrives as text.
    coding : Coding
    subjects : Subjects
        Those to read; none where comparisons are not counted by subject.
    """

    study: Study
    kinds: Mapping[str, str]
    text_only: bool
    coding: Coding
    subjects: Subjects

    def sql(self, relation: str) -> str:
        """Select what `batch` makes comparisons of."""
        study = self.study
        mated = mated_sql(study.mated, self.kinds[study.mated.column], text_only=self.text_only)
        ranks = [
            f"CAST({column.rank_sql(name)} AS {_narrow(len(column.labels))})"
            for name, column in self._label_columns.items()
        ]
        indices = [column.index_sql for column in self.subjects.columns]
        joins = " ".join(column.join_sql for column in self.subjects.columns)
        return (
            f"SELECT {self._score_sql}, CAST({mated} AS TINYINT), {', '.join(ranks + indices)} "
            f"FROM {relation} {joins}"
        )

    @cached_property
    def named(self) -> NamedCells:
        """The labels of the sides of all comparisons that `batch` made."""
        return NamedCells(self.study, self.coding)

    @cached_property
    def _label_columns(self) -> dict[str, CodedColumn]:
        return self.coding.by_source(self.study)

    @property
    def _score_sql(self) -> str:
        column = self.study.score.column
        plain = self.kinds[column] in FLOATING and not self.text_only
        score = (
            identifier(column)
            if plain and self.study.score.decimal == "."
            else score_sql(self.study.score, self.kinds[column], text_only=self.text_only)
        )
        return f"{'-' if self.study.sign < 0 else ''}({score})"

    def batch(self, read: pa.RecordBatch) -> Batch | None:
        """Make comparisons of a batch; None where it holds a row that cannot be used."""
        score, mated, *others = read.columns
        if any(column.null_count for column in (mated, *others)):
            return None
        scores = score.to_numpy(zero_copy_only=False)  # NaN where NULL
        if not np.isfinite(scores).all() and not self._may_be(scores):
            return None
        truth, *integers = (column.to_numpy() for column in (mated, *others))
        ranks = dict(zip(self._label_columns, integers, strict=False))
        subjects = tuple(integers[len(ranks) :])
        if any(side.min(initial=1) < 1 for side in ranks.values()):
            return None  # a label that is not listed
        if not self._are_indices(subjects) or not self._sides_go_with(truth, subjects, ranks):
            return None
        self.named.add(ranks)
        codes = self._codes(truth, ranks)
        return Batch(scores, codes, subjects)

    def _may_be(self, scores: ScoreArray) -> bool:
        """Whether what is not finite is a missing score that may be missing, or a search that returns nobody."""
        infinite = np.isposinf(scores) if self.study.reads_searches else np.isinf(scores)
        return not infinite.any() and (self.study.missing_scores != "reject" or not np.isnan(scores).any())

    def _codes(self, mated: Integers, ranks: Mapping[str, Integers]) -> Integers:
        cells = np.zeros(len(mated), self._code_type)
        for column, radix in zip(self.coding.columns, self.coding.radices, strict=True):
            sides = [ranks[side] for side in column.sides]
            digit = sides[0] * (sides[0] == sides[1]) if len(sides) == 2 else sides[0]
            np.multiply(cells, radix, out=cells)
            np.add(cells, digit, out=cells, casting="unsafe")  # every code fits
        np.multiply(cells, 2, out=cells)
        return np.add(cells, mated.view(np.uint8), out=cells)

    @cached_property
    def _code_type(self) -> np.dtype[Any]:
        """The narrowest that holds every code: of narrow integers the processor adds more at once."""
        return np.min_scalar_type(2 * prod(self.coding.radices))

    def _are_indices(self, subjects: tuple[Integers, ...]) -> bool:
        last = len(self.subjects.number_of_index) - 1
        return all(side.min(initial=0) >= 0 and side.max(initial=-1) <= last for side in subjects)

    def _sides_go_with(
        self, mated: Integers, subjects: tuple[Integers, ...], ranks: Mapping[str, Integers]
    ) -> bool:
        """Whether one person is on both sides of each mated comparison, and of no other."""
        if len(subjects) == 2 and self.study.subjects_tell_truth:
            probe, reference = subjects
            if not ((probe == reference) == mated).all():
                return False
        return not any(
            (mated.view(np.bool_) & (ranks[probe] != ranks[reference])).any()
            for probe, reference in self.study.labels_of_both_sides
        )


def _narrow(labels: int) -> str:
    return next(
        kind for kind, size in (("UTINYINT", 8), ("USMALLINT", 16), ("INTEGER", 31)) if labels < 1 << size
    )

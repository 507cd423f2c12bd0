"""A study's columns and labels as Spark SQL; the sibling of `harness.comparisons.coding`, which is DuckDB's.

A source is read as the columns ``score``, ``mated`` and ``label_0``, ``label_1``, ... (subjects, then groups), so
that no name or label of the study's own has to be quoted. What comes of a row does not depend on a session's
settings: no expression is one that fails or wraps by ANSI mode, and none has to do with time. Labels are taken by
Spark, numbered here as on one machine, and sent back as small tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from harness.comparisons.coding import Coding
from harness.comparisons.sql import FLOATING, HIGHEST_EXACT, WHOLE, is_label
from harness.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from harness.comparisons.coding import Coding
    from harness.study import Study

__all__ = [
    "LabelTables",
    "cell_sql",
    "fault_sql",
    "group_indices",
    "key_sql",
    "label_indices",
    "literal",
    "mated_sql",
    "require_kinds",
    "score_sql",
    "subject_indices",
    "take_labels",
    "type_of_kind",
]


TYPES = {
    "BOOLEAN": "BOOLEAN",
    "TINYINT": "TINYINT",
    "SMALLINT": "SMALLINT",
    "INTEGER": "INT",
    "BIGINT": "BIGINT",
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INT",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "FLOAT": "FLOAT",
    "DOUBLE": "DOUBLE",
    "VARCHAR": "STRING",
}
MOST_DIGITS = 15
"""Of a decimal that every engine turns into the same float64."""
NAN, INFINITY = "DOUBLE('NaN')", "DOUBLE('Infinity')"


def literal(text: str) -> str:
    """Quote a text value, every mark of it by its number: Spark gives a meaning to several."""
    return "'" + "".join(c if c.isascii() and c.isalnum() else f"\\U{ord(c):08X}" for c in text) + "'"


def type_of_kind(kind: str) -> str | None:
    """Return Spark's name for DuckDB's type; None where Spark has none that holds and shows the same."""
    return kind if kind.startswith("DECIMAL") else TYPES.get(kind)


def label_indices(study: Study) -> dict[str, int]:
    """Number the study's columns of labels: subjects, then groups."""
    return {name: index for index, name in enumerate(study.columns[2:])}


def subject_indices(study: Study) -> range:
    """Return the numbers of those that are of subjects."""
    return range(len(study.subjects))


def group_indices(study: Study) -> range:
    """Return the numbers of those that are of groups."""
    return range(len(study.subjects), len(study.columns) - 2)


def require_kinds(study: Study, kinds: Mapping[str, str]) -> None:
    """Refuse columns whose values Spark would turn into other numbers or other text than one machine does.

    Raises
    ------
    InputError
    """
    score = study.score.column
    if kinds[score].startswith("DECIMAL"):
        digits = int(kinds[score].removeprefix("DECIMAL(").partition(",")[0])
        if digits > MOST_DIGITS:
            raise InputError(
                f"column {score!r} holds {kinds[score]}, of more than {MOST_DIGITS} digits, which engines round "
                "differently; convert the scores to float64"
            )
    as_text = study.columns[2:] + ((study.mated.column,) if study.mated.mated else ())
    for name in as_text:
        if kinds[name] not in WHOLE | {"VARCHAR", "BOOLEAN"}:
            raise InputError(
                f"column {name!r} holds {kinds[name]}, which the engine spark does not take for labels; convert it "
                "to text or integers"
            )


def score_sql(kind: str, *, sign: int) -> str:
    """SQL for the score as float64, higher more alike: NaN where missing, infinite where it cannot be read."""
    number = f"COALESCE(CAST(score AS DOUBLE), {NAN})"
    exact = f"BETWEEN -{HIGHEST_EXACT}L AND {HIGHEST_EXACT}L"
    if kind == "FLOAT":  # files of other types are rounded to it, as where one machine reads them together
        number = f"COALESCE(CAST(CAST(score AS FLOAT) AS DOUBLE), {NAN})"
    elif kind in ("BIGINT", "UBIGINT"):
        number = f"CASE WHEN score NOT {exact} THEN {INFINITY} ELSE {number} END"
    return f"{'-' if sign < 0 else ''}({number})"


def mated_sql(study: Study, kind: str) -> str:
    """SQL for 1 where mated, 0 where non-mated, NULL where the label is neither."""
    mated = study.mated
    if mated.mated:
        text = "CAST(mated AS STRING)"
        return (
            f"CASE WHEN {text} IN ({_listed(mated.mated)}) THEN 1 "
            f"WHEN {text} IN ({_listed(mated.non_mated)}) THEN 0 END"
        )
    if kind == "BOOLEAN":
        return "CAST(mated AS INT)"
    one, zero = ("1.0D", "0.0D") if kind in FLOATING else ("1", "0")
    return f"CASE WHEN mated = {one} THEN 1 WHEN mated = {zero} THEN 0 END"


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(map(literal, labels))


def key_sql(index: int, kind: str) -> str:
    """SQL for what a label is looked up by: a whole number as such, anything else as text."""
    return f"CAST(label_{index} AS {'BIGINT' if kind in WHOLE - {'UBIGINT'} else 'STRING'})"


def cell_sql(study: Study, coding: Coding) -> str:
    """SQL for the number of a comparison's cell, of the ranks of its labels."""
    indices = label_indices(study)
    number = "0L"
    for column, radix in zip(coding.columns, coding.radices, strict=True):
        ranks = [f"rank_{indices[side]}" for side in column.sides]
        digit = ranks[0] if len(ranks) == 1 else f"IF({ranks[0]} = {ranks[1]}, {ranks[0]}, 0)"
        number = f"({number}) * {radix}L + {digit}"
    return number


def fault_sql(study: Study, *, subjects: bool) -> str:
    """Condition that a row cannot be used; never NULL."""
    indices = label_indices(study)
    unusable = [
        f"abs(score) = {INFINITY}",
        "mated IS NULL",
        *(f"rank_{index} IS NULL" for index in group_indices(study)),
        *(
            f"COALESCE(mated = 1 AND rank_{indices[probe]} <> rank_{indices[reference]}, false)"
            for probe, reference in study.labels_of_both_sides
        ),
    ]
    if study.missing_scores == "reject":
        unusable.append("isnan(score)")
    if subjects:
        numbers = [f"number_{index}" for index in subject_indices(study)]
        unusable += [f"{number} IS NULL" for number in numbers]
        if len(numbers) == 2 and study.identities == "shared":
            unusable.append(f"COALESCE(({numbers[0]} = {numbers[1]}) <> (mated = 1), false)")
    return " OR ".join(f"({condition})" for condition in unusable)


@dataclass(frozen=True, eq=False)
class LabelTables:
    """The distinct labels of a study's columns.

    Attributes
    ----------
    study : Study
    found : Table
        Columns index and label: those that hold more than blanks and invisible characters.
    """

    study: Study
    found: pa.Table

    @cached_property
    def coding(self) -> Coding:
        """The coding of the groups.

        Raises
        ------
        InputError
            Where there are too many groups to tell apart.
        """
        indices = label_indices(self.study)
        labels = {}
        for attribute, columns in self.study.groups.items():
            own: set[str] = set()
            for side in columns.columns:
                own |= set(self._of(indices[side]).to_pylist())
            labels[attribute] = tuple(sorted(own))
        return Coding.of(self.study, labels)

    @property
    def subjects(self) -> int:
        """Number of subjects."""
        highest = pc.max(self._numbered["number"]).as_py()
        return 0 if highest is None else highest + 1

    def ranks(self, index: int) -> pa.Table:
        """Return the ranks of the labels that a column of groups may hold, from 1, as columns label and number."""
        labels = self.coding.by_source(self.study)[self.study.columns[2 + index]].labels
        ranks = range(1, len(labels) + 1)
        return pa.table({"label": pa.array(labels, pa.string()), "number": pa.array(ranks, pa.int32())})

    def numbers(self, index: int) -> pa.Table:
        """Return the subjects that a column names and their numbers, as columns label and number."""
        return self._numbered.filter(pc.equal(self._numbered["index"], index)).select(["label", "number"])

    def _of(self, index: int) -> pa.ChunkedArray:
        return self.found.filter(pc.equal(self.found["index"], index))["label"]

    @cached_property
    def _numbered(self) -> pa.Table:
        """Every label of a column of subjects, and the subject's number: from 0 in the order of their names."""
        side = "index" if self.study.identities == "separate" else "0"
        with duckdb.connect() as connection:
            connection.register("found", self.found)
            return connection.sql(
                f"SELECT index, label, CAST(dense_rank() OVER (ORDER BY {side}, label) - 1 AS INTEGER) AS number "
                f"FROM found WHERE index < {len(self.study.subjects)}"
            ).to_arrow_table()


def take_labels(rows: DataFrame, study: Study) -> LabelTables:
    """Take the distinct labels of each column of ``rows`` that hold more than blanks and invisible characters."""
    by_column = (
        rows.select(f"label_{index}")
        .distinct()
        .selectExpr(f"{index} AS index", f"CAST(label_{index} AS STRING) AS label")
        for index in label_indices(study).values()
    )
    distinct = reduce(lambda one, other: one.unionAll(other), by_column)
    found = distinct.where("label IS NOT NULL AND is_valid_utf8(label)").toArrow()
    with duckdb.connect() as connection:
        connection.register("distinct_labels", found)
        usable = connection.sql(
            f"SELECT index, label FROM distinct_labels WHERE {is_label('label')}"
        ).to_arrow_table()
    return LabelTables(study, usable)

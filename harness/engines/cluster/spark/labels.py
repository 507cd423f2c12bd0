"""The labels of all comparisons: taken by Spark, numbered here as on one machine, and sent back as small tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from harness.comparisons.coding import Coding
from harness.comparisons.sql import is_label
from harness.engines.cluster.spark.columns import label_places
from harness.study import Study

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["Labels", "labels_in_columns", "labels_in_lines", "take_labels"]


@dataclass(frozen=True, eq=False)
class Labels:
    """The distinct labels of a study's columns.

    Attributes
    ----------
    study : Study
    found : Table
        Columns place and label: those that hold more than blanks and invisible characters.
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
        places = label_places(self.study)
        labels = {}
        for attribute, columns in self.study.groups.items():
            own: set[str] = set()
            for side in columns.columns:
                own |= set(self._of(places[side]).to_pylist())
            labels[attribute] = tuple(sorted(own))
        return Coding.of(self.study, labels)

    @property
    def subjects(self) -> int:
        """How many subjects there are."""
        highest = pc.max(self._numbered["number"]).as_py()
        return 0 if highest is None else highest + 1

    def ranks(self, place: int) -> pa.Table:
        """Return the ranks of the labels that a column of groups may hold, from 1, as columns label and number."""
        labels = self.coding.by_source(self.study)[self.study.columns[2 + place]].labels
        ranks = range(1, len(labels) + 1)
        return pa.table({"label": pa.array(labels, pa.string()), "number": pa.array(ranks, pa.int32())})

    def numbers(self, place: int) -> pa.Table:
        """Return the subjects that a column names and their numbers, as columns label and number."""
        return self._numbered.filter(pc.equal(self._numbered["place"], place)).select(["label", "number"])

    def _of(self, place: int) -> pa.ChunkedArray:
        return self.found.filter(pc.equal(self.found["place"], place))["label"]

    @cached_property
    def _numbered(self) -> pa.Table:
        """Every label of a column of subjects, and the subject's number: from 0 in the order of their names."""
        side = "place" if self.study.identities == "separate" else "0"
        with duckdb.connect() as connection:
            connection.register("found", self.found)
            return connection.sql(
                f"SELECT place, label, CAST(dense_rank() OVER (ORDER BY {side}, label) - 1 AS INTEGER) AS number "
                f"FROM found WHERE place < {len(self.study.subjects)}"
            ).to_arrow_table()


def labels_in_columns(rows: DataFrame, columns: int) -> DataFrame:
    """Return the distinct labels, each column read by itself: best where a file keeps columns apart."""
    by_column = (
        rows.select(f"label_{place}")
        .distinct()
        .selectExpr(f"{place} AS place", f"CAST(label_{place} AS STRING) AS label")
        for place in range(columns)
    )
    return reduce(lambda one, other: one.unionAll(other), by_column)


def labels_in_lines(rows: DataFrame, columns: int) -> DataFrame:
    """Return the distinct labels, all columns read at once: best where a row has to be read whole."""
    stacked = ", ".join(f"{place}, CAST(label_{place} AS STRING)" for place in range(columns))
    return rows.selectExpr(f"stack({columns}, {stacked}) AS (place, label)").distinct()


def take_labels(distinct: DataFrame, study: Study) -> Labels:
    """Take the labels that hold more than blanks and invisible characters."""
    found = distinct.where("label IS NOT NULL AND is_valid_utf8(label)").toArrow()
    with duckdb.connect() as connection:
        connection.register("distinct_labels", found)
        usable = connection.sql(
            f"SELECT place, label FROM distinct_labels WHERE {is_label('label')}"
        ).to_arrow_table()
    return Labels(study, usable)

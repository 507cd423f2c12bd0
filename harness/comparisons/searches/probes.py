"""SQL for the subjects of non-mated searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.comparisons.searches.source import NUMBER
from harness.comparisons.sql import identifier, is_nan, mated_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.comparisons.searches.source import SearchRows
    from harness.study import Study

__all__ = ["PROBES", "labels_sql", "probes_given_sql", "probes_sql"]

PROBES = "probes_of_searches"
"""The table of these subjects, a row for each cell that one has."""


def _labels(study: Study) -> list[str]:
    return [f"label_{i}" for i in range(len(study.groups))]


def probes_sql(rows: SearchRows, study: Study, kinds: Mapping[str, str]) -> str:
    """Select each of them with each cell, numbered in the order of their first searches, and how many there are."""
    return (
        "SELECT *, row_number() OVER (ORDER BY first) - 1 AS probe FROM (SELECT min(number) AS first, "
        f"count(*) AS searches, * EXCLUDE (number) FROM ({_searches_sql(rows, study, kinds)}) GROUP BY ALL)"
    )


def labels_sql(study: Study) -> str:
    """Select from `PROBES` labels, subject and searches of each."""
    return f"SELECT {', '.join(_labels(study))}, subject, searches FROM {PROBES} ORDER BY probe"


def probes_given_sql(rows: SearchRows, study: Study, kinds: Mapping[str, str]) -> str:
    """Select the probe of each search whose number is in a table that goes by the name of "given", in their order."""
    alike = " AND ".join(f"p.{label} = s.{label}" for label in _labels(study))
    return (
        f"SELECT p.probe FROM ({_searches_sql(rows, study, kinds)}) s JOIN given ON given.number = s.number "
        f"JOIN {PROBES} p ON p.subject = s.subject AND {alike} ORDER BY s.number"
    )


def _searches_sql(rows: SearchRows, study: Study, kinds: Mapping[str, str]) -> str:
    """Select the number, the person and the labels of the probe of every non-mated search that counts."""
    groups = zip(study.groups.values(), _labels(study), strict=True)
    labels = ", ".join(f"CAST({identifier(group.probe)} AS VARCHAR) AS {label}" for group, label in groups)
    truth = mated_sql(study.mated, kinds[study.mated.column], text_only=False)
    counted = "true" if study.missing_scores == "count" else f"NOT {is_nan(identifier(study.score.column))}"
    person = f"CAST(hash(CAST({identifier(study.subjects[0])} AS VARCHAR)) >> 1 AS BIGINT)"
    return (
        f"SELECT {identifier(NUMBER)} AS number, {person} AS subject, {labels} FROM {rows.each()} "
        f"WHERE ({truth}) = 0 AND {counted}"
    )

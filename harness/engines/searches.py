"""Counts of searches besides those of hits and false alerts: of the right person's scores, of others', and by list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from harness.comparisons.searches.probes import PROBES, labels_sql, probes_given_sql, probes_sql
from harness.comparisons.searches.source import OTHER, OWN, SearchRows
from harness.comparisons.searches.watchlist import labels_of
from harness.counting import MATED, Counts, ListMatches, SearchCounts
from harness.engines import local

if TYPE_CHECKING:
    from harness.arrays import IntArray
    from harness.comparisons import Comparisons
    from harness.counting import Cell

__all__ = ["count_list_matches", "count_searches"]


def count_searches(comparisons: Comparisons, counts: Counts) -> SearchCounts | None:
    """Count what becomes of mated searches beyond hit and miss.

    Parameters
    ----------
    comparisons : Comparisons
    counts : Counts
        Of these.

    Returns
    -------
    SearchCounts or None
        None where it is not known who was returned.
    """
    if comparisons.searches is None or not comparisons.study.tells_returned:
        return None
    own, other = (local.count(comparisons.scored_by(column), counts.thresholds) for column in (OWN, OTHER))
    failures = counts.missing[:, MATED] if comparisons.study.missing_scores == "count" else 0
    return SearchCounts(
        columns=counts.columns,
        thresholds=counts.thresholds,
        cells=counts.cells,
        mated=counts.trials[:, MATED],
        hits=counts.matches[:, MATED],
        own=_of_cells(own, counts.cells),
        failed=np.zeros(len(counts.cells), np.int64) + failures,
        wrong=_of_cells(other, counts.cells),
    )


def _of_cells(counts: Counts, cells: tuple[Cell, ...]) -> IntArray:
    """Return the matches of mated searches, in the order of these cells."""
    index = {cell: i for i, cell in enumerate(counts.cells)}
    matches: IntArray = counts.matches[[index[cell] for cell in cells], MATED]
    return matches


def count_list_matches(comparisons: Comparisons) -> ListMatches | None:
    """Return who on the list the non-mated searches match.

    Returns
    -------
    ListMatches or None
        None without candidate lists and a watchlist, and where searches were of lists that differ.
    """
    searches = comparisons.searches
    if searches is None or searches.matches is None or searches.enrolled is None:
        return None
    floor, search, reference, score = searches.matches
    study = comparisons.study
    comparisons.keep(PROBES, probes_sql(searches.rows, study, comparisons.kinds))
    labels = [f"label_{i}" for i in range(len(study.groups))]
    probes = comparisons.table(labels_sql(study))
    met: dict[Cell, Cell] = {}  # cells that are the same are one
    cells = zip(*(probes[label].to_pylist() for label in labels), strict=True)
    return ListMatches(
        columns=tuple(study.groups),
        floor=floor,
        probe_cells=tuple(met.setdefault(cell, cell) for cell in cells),
        probe_subjects=probes["subject"].to_numpy(),
        probe_searches=probes["searches"].to_numpy(),
        list_labels=labels_of(searches.enrolled, tuple(study.groups)),
        search=search,
        probe=_probes_of(comparisons, searches.rows, search),
        reference=reference.astype(np.int64),
        score=score,
    )


def _probes_of(comparisons: Comparisons, rows: SearchRows, search: IntArray) -> IntArray:
    """Return the probe of each of these searches, by their numbers, which ascend."""
    numbers, at = np.unique(search, return_inverse=True)
    query = probes_given_sql(rows, comparisons.study, comparisons.kinds)
    found = comparisons.table(query, pa.table({"number": numbers}))
    probes: IntArray = found["probe"].to_numpy()[at]
    return probes

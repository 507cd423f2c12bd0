"""A first look at the scores of every cell."""

from __future__ import annotations

from dataclasses import dataclass

from harness.comparisons.coding import Coding
from harness.comparisons.queries import Queries
from harness.comparisons.sql import is_nan

__all__ = ["CellScores", "survey_sql"]


@dataclass(frozen=True)
class CellScores:
    """What a first look at the scores of one cell shows.

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

    Subjects are left for the counting to check, which looks at each label of theirs once and not row by row.
    """
    return (
        "SELECT code, count(*), min(score), max(score, $tail), bool_or(isinf(score)) "
        f"FROM ({queries.scored(relation, coding)}) WHERE NOT {is_nan('score')} OR code < 0 "
        "GROUP BY code ORDER BY code"
    )

"""What an evaluation of searches tells besides rates: misses by their cause, wrong persons, and who on the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa

from harness.arrays import FloatArray, IntArray
from harness.statistics.list_subjects import ListSubjects
from harness.statistics.rates import Rates
from harness.study import Study

__all__ = [
    "LISTS_ALIKE",
    "THIS_LIST",
    "WRONG",
    "AxisSearches",
    "Population",
    "Searches",
    "list_rows",
    "population_of",
    "search_rows",
]

Population: TypeAlias = Literal["lists like this", "this list"]
LISTS_ALIKE: Population = "lists like this"
THIS_LIST: Population = "this list"

WRONG = "wrong-person alerts"
"""The name of the rate."""


@dataclass(frozen=True, eq=False)
class Searches:
    """What is known of the searches of an evaluation.

    Attributes
    ----------
    returned_known : bool
        Whether it is known who was returned; where it is not, FNIR is only a lower bound.
    population : {"lists like this", "this list"}
        What the intervals of FPIR are for.
    listed : ListSubjects or None
        How false alerts fall on the subjects of the list; None where it is not known whom searches match.
    """

    returned_known: bool
    population: Population
    listed: ListSubjects | None

    @classmethod
    def not_told(cls, study: Study) -> Searches:
        """Return what is known where a file says nothing of it, as those do that were written before it was."""
        return cls(False, population_of(study, matches_known=False), None)

    def says_more_than(self, study: Study) -> bool:
        """Whether a file has to state it."""
        return self.returned_known or self.listed is not None or study.population is not None


@dataclass(frozen=True, eq=False)
class AxisSearches:
    """Mated searches of the G groups of an axis, at T thresholds.

    Attributes
    ----------
    wrong : Rates
        How many alert on somebody else on the list, whether they hit or not.
    failed : ndarray of int64, shape (G,)
        Misses without any score, as where no face was acquired.
    below : ndarray of int64, shape (G, T)
        Misses whose own score lies below the threshold.
    outranked : ndarray of int64, shape (G, T)
        Misses whose own score reaches it: others are returned in their place.
    """

    wrong: Rates
    failed: IntArray
    below: IntArray
    outranked: IntArray


def population_of(study: Study, *, matches_known: bool) -> Population:
    """Say what intervals of FPIR are for.

    Parameters
    ----------
    study : Study
    matches_known : bool
        Whether it is known whom on the list non-mated searches match.
    """
    if study.population == THIS_LIST:
        return THIS_LIST
    return LISTS_ALIKE if matches_known or len(study.subjects) > 1 else THIS_LIST


def search_rows(name: str, thresholds: FloatArray, found: AxisSearches) -> pa.RecordBatch:
    """Return a row for every group and threshold of what becomes of mated searches."""
    wrong = found.wrong
    count = len(thresholds)
    missed = found.failed[:, None] + found.below + found.outranked

    def flat(values: FloatArray) -> pa.Array:
        return pa.array(values.ravel(), pa.float64(), from_pandas=True)

    return pa.record_batch(
        {
            "axis": pa.array([name] * wrong.errors.size, pa.string()),
            "group": pa.array(np.repeat(np.array(wrong.groups, object), count), pa.string()),
            "threshold": np.tile(thresholds, len(wrong.groups)),
            "mated": np.repeat(wrong.trials, count),
            "hits": (wrong.trials[:, None] - missed).ravel(),
            "below_threshold": found.below.ravel(),
            "outranked": found.outranked.ravel(),
            "failed": np.repeat(found.failed, count),
            "wrong_person": wrong.errors.ravel(),
            "wrong_person_rate": flat(wrong.estimate),
            "lower": flat(wrong.lower),
            "upper": flat(wrong.upper),
        }
    )


def list_rows(thresholds: FloatArray, found: ListSubjects) -> pa.Table:
    """Return a row for every threshold at which all matches are known, of how alerts fall on the list."""
    known = thresholds[found.first :]
    return pa.table(
        {
            "threshold": known,
            "searches": np.full(len(known), found.searches),
            "alerts": found.alerts,
            "listed": np.full(len(known), found.listed),
            "drawing": found.drawing,
            "drawn": found.drawn,
            "most": found.most,
            "top": np.full(len(known), found.top),
            "top_share": pa.array(found.top_share, pa.float64(), from_pandas=True),
            "beyond_chance": found.beyond_chance,
        }
    )

"""The findings on one axis, and what came of a confirmation: plain values, and the rows they have in tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from harness.arrays import FloatArray
from harness.counting import MATED, NON_MATED
from harness.evaluation.searches import AxisSearches
from harness.statistics.differentials import Differentials, Pairwise
from harness.statistics.measures import SummaryMeasures
from harness.statistics.rates import Rates
from harness.statistics.verdicts import AxisVerdict, Verdict

__all__ = [
    "AxisEvaluation",
    "Confirmation",
    "MatedCounts",
    "Outcome",
    "measure_rows",
    "pair_rows",
    "rate_rows",
    "verdict_rows",
]


class MatedCounts(NamedTuple):
    """A number of non-mated and one of mated comparisons, or of the subjects in them.

    Examples
    --------
    >>> MatedCounts.of_cells([[900, 10], [100, 5]])
    MatedCounts(non_mated=1000, mated=15)
    """

    non_mated: int
    mated: int

    @classmethod
    def of_cells(cls, by_cell: npt.ArrayLike) -> MatedCounts:
        """Add up the counts of cells, each a row of its non-mated and its mated ones."""
        summed = np.sum(by_cell, axis=0)
        return cls(int(summed[NON_MATED]), int(summed[MATED]))


@dataclass(frozen=True, eq=False)
class AxisEvaluation:
    """The findings on one axis, at T thresholds.

    Attributes
    ----------
    name : str
    judged : bool
        Whether the policy's answer rests on this axis too.
    left_out : MatedCounts
        Comparisons that belong to no group of the axis.
    subjects : dict, or None
        By group, how many subjects are in its non-mated and in its mated trials; None where the study names
        no subjects.
    false_matches, false_non_matches : Rates
    across : Rates or None
        False match rates of the full matrix of groups, under pairing ``cross``.
    false_match_differential, false_non_match_differential : Differentials
    measures : SummaryMeasures
    verdict : AxisVerdict
        On false matches.
    verdicts_on_misses : tuple of Verdict, length T
    excluded : mapping of str to MatedCounts, or None
        By group that the study excludes, how many of the comparisons left out would belong to it; None where the
        study excludes no label of the axis.
    searches : AxisSearches or None
        What becomes of mated searches beyond hit and miss; None where that is not known.
    """

    name: str
    judged: bool
    left_out: MatedCounts
    subjects: Mapping[str, MatedCounts] | None
    false_matches: Rates
    false_non_matches: Rates
    across: Rates | None
    false_match_differential: Differentials
    false_non_match_differential: Differentials
    measures: SummaryMeasures
    verdict: AxisVerdict
    verdicts_on_misses: tuple[Verdict, ...]
    excluded: Mapping[str, MatedCounts] | None
    searches: AxisSearches | None = None

    @property
    def of_excluded_groups(self) -> MatedCounts:
        """How many of the comparisons left out would belong to the groups that the study excludes, all together."""
        every = (self.excluded or {}).values()
        return MatedCounts(sum(n.non_mated for n in every), sum(n.mated for n in every))

    @property
    def without_comparisons(self) -> tuple[str, ...]:
        """The groups that the data names and to which no comparison belongs."""
        trials = self.false_matches.trials + self.false_non_matches.trials
        return tuple(group for group, n in zip(self.false_matches.groups, trials, strict=True) if not n)

    def fnmr_at(self, index: int) -> dict[str, float | None]:
        """Return every group's false non-match rate at a threshold, given by its index; None without mated trials."""
        rates = self.false_non_matches
        at = rates.estimate[:, index].tolist()
        return {group: None if np.isnan(rate) else rate for group, rate in zip(rates.groups, at, strict=True)}

    @property
    def all_rates(self) -> tuple[Rates, ...]:
        """The rates of the axis, each of which has its rows in tables."""
        across = () if self.across is None else (self.across,)
        return (self.false_matches, self.false_non_matches, *across)


class Outcome(StrEnum):
    """The outcome of reading a threshold on the other half of the subjects."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNDECIDED = "undecided"
    NOTHING_CHOSEN = "nothing to confirm"


@dataclass(frozen=True)
class Confirmation:
    """A threshold chosen on one half of the subjects, read on the other.

    Attributes
    ----------
    chosen : float or None
        The safe threshold of the first half, as the study states scores; None where it has none.
    outcome : Outcome
    reason : str
        A sentence.
    comparisons : tuple of MatedCounts
        Of the first half and of the second.
    left_out : MatedCounts
        Comparisons between the halves, which are in neither.
    ratio_upper : mapping of str to float
        By judged axis, the second half's one-sided upper bound of the worst ratio at the threshold; empty where
        nothing was chosen.
    """

    chosen: float | None
    outcome: Outcome
    reason: str
    comparisons: tuple[MatedCounts, MatedCounts]
    left_out: MatedCounts
    ratio_upper: Mapping[str, float]


_BOUNDS = ("ratio", "ratio_lower", "ratio_upper", "gap", "gap_lower", "gap_upper")


def rate_rows(axis: AxisEvaluation, at: FloatArray, rates: Rates) -> pa.RecordBatch:
    """Return a row for every group and threshold of one rate."""
    groups, thresholds = rates.errors.shape
    mated = rates.name in ("FNMR", "FNIR")
    known = axis.subjects or {}
    subjects = [known[group][mated] if group in known else None for group in rates.groups]
    return pa.record_batch(
        {
            "axis": pa.array([axis.name] * rates.errors.size),
            "group": pa.array(np.repeat(np.array(rates.groups, object), thresholds), pa.string()),
            "rate": pa.array([rates.name] * rates.errors.size),
            "threshold": np.tile(at, groups),
            "trials": np.repeat(rates.trials, thresholds),
            "errors": rates.errors.ravel(),
            "subjects": pa.array([s for s in subjects for _ in range(thresholds)], pa.int64()),
            "estimate": _defined(rates.estimate),
            "lower": _defined(rates.lower),
            "upper": _defined(rates.upper),
            "design_effect": _defined(rates.design_effect),
        }
    )


def verdict_rows(axis: AxisEvaluation, at: FloatArray) -> pa.RecordBatch:
    """Return a row for every threshold and each of the two kinds of error."""
    of_both = (
        (axis.false_matches, axis.false_match_differential, axis.verdict.verdicts),
        (axis.false_non_matches, axis.false_non_match_differential, axis.verdicts_on_misses),
    )
    names: list[Any] = [*axis.false_matches.groups, None]  # index -1: no group
    thresholds = len(at)
    unknown = np.full(thresholds, np.nan)
    growth = axis.verdict.growth_needed, unknown
    return pa.record_batch(
        {
            "axis": pa.array([axis.name] * 2 * thresholds),
            "rate": pa.array([rates.name for rates, _, _ in of_both for _ in range(thresholds)]),
            "threshold": np.tile(at, 2),
            "verdict": pa.array([str(verdict) for _, _, verdicts in of_both for verdict in verdicts]),
            **{
                f"{which}_group": pa.array(
                    [names[index] for _, found, _ in of_both for index in getattr(found, which)], pa.string()
                )
                for which in ("worst", "best", "shown_more", "shown_fewer")
            },
            **{
                bound: _defined(np.concatenate([getattr(found, bound) for _, found, _ in of_both]))
                for bound in (*_BOUNDS, "detectable_ratio")
            },
            "growth_needed": _defined(np.concatenate(growth)),
        }
    )


def measure_rows(axis: str, thresholds: FloatArray, found: SummaryMeasures) -> pa.RecordBatch:
    """Return a row for every measure and threshold; an undefined number is null, beside the reason."""
    reasons = [*found.reasons, None]  # index -1: defined
    return pa.record_batch(
        {
            "axis": pa.array([axis] * found.estimate.size),
            "measure": pa.array([name for name in found.names for _ in thresholds]),
            "threshold": np.tile(thresholds, len(found.names)),
            "estimate": _defined(found.estimate),
            "lower": _defined(found.lower),
            "upper": _defined(found.upper),
            "undefined_because": pa.array([reasons[index] for index in found.undefined.flat], pa.string()),
        }
    )


def pair_rows(
    axis: AxisEvaluation, at: FloatArray, found: Pairwise, indices: Sequence[int]
) -> pa.RecordBatch:
    """Return a row for every pair of groups and each of some thresholds."""
    names = np.array(axis.false_matches.groups, object)
    return pa.record_batch(
        {
            "axis": pa.array([axis.name] * found.ratio.size, pa.string()),
            "threshold": np.tile(at[list(indices)], len(found.first)),
            "group": pa.array(np.repeat(names[found.first], len(indices)), pa.string()),
            "other_group": pa.array(np.repeat(names[found.second], len(indices)), pa.string()),
            "ratio": _defined(found.ratio),
            "lower": _defined(found.lower),
            "upper": _defined(found.upper),
            "p_value": _defined(found.p_value),
        }
    )


def _defined(values: FloatArray) -> pa.Array:
    return pa.array(values.ravel(), pa.float64(), from_pandas=True)

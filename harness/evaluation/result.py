"""What an evaluation found: plain values, with the tables and readings people ask of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from harness.comparisons import Input
from harness.differentials import Differentials
from harness.errors import InputError
from harness.evaluation.confirmation import Confirmation
from harness.evaluation.measure_rows import measure_rows
from harness.measures import SummaryMeasures
from harness.policy import Policy
from harness.rates import Rates
from harness.study import Study
from harness.verdicts import AxisVerdict, SafeThreshold

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Plot

__all__ = ["AxisEvaluation", "Evaluation", "Reading"]

FloatArray: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AxisEvaluation:
    """What was found on one axis, at T thresholds.

    Attributes
    ----------
    name : str
    judged : bool
        Whether the policy's answer rests on this axis too.
    left_out : tuple of int
        Non-mated and mated comparisons that belong to no group of the axis.
    subjects : dict, or None
        By group, how many subjects are in its non-mated and in its mated trials; None where the study names
        no subjects.
    false_matches, false_non_matches : Rates
    across : Rates or None
        False match rates of the full matrix of groups, under pairing ``cross``.
    false_match_differential, false_non_match_differential : Differentials
    measures : SummaryMeasures
    verdict : AxisVerdict
    """

    name: str
    judged: bool
    left_out: tuple[int, int]
    subjects: Mapping[str, tuple[int, int]] | None
    false_matches: Rates
    false_non_matches: Rates
    across: Rates | None
    false_match_differential: Differentials
    false_non_match_differential: Differentials
    measures: SummaryMeasures
    verdict: AxisVerdict


@dataclass(frozen=True)
class Reading:
    """An evaluation read at one threshold.

    Attributes
    ----------
    threshold : float
    rates, verdicts : pyarrow.Table
        The rows of `Evaluation.rates` and `Evaluation.verdicts` at it.
    """

    threshold: float
    rates: pa.Table
    verdicts: pa.Table


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The result of evaluating one matcher's scores, complete in itself.

    Attributes
    ----------
    study : Study
    policy : Policy
    inputs : tuple of Input
        What was read, with digests.
    versions : mapping of str to str
        Of the harness and of what it computed with.
    score_type : str
        float64 or float32.
    comparisons : tuple of int
        Non-mated and mated comparisons counted.
    missing : tuple of int
        Non-mated and mated comparisons without a score.
    thresholds : ndarray of float64, shape (T,)
        As the study states scores, from the most lenient to the strictest.
    axes : mapping of str to AxisEvaluation
    safe : SafeThreshold
    notes : tuple of str
        What a reader must know to read the numbers rightly.
    confirmation : Confirmation or None
        Whether a threshold chosen on half of the subjects holds on the other half, where that was asked.
    """

    study: Study
    policy: Policy
    inputs: tuple[Input, ...]
    versions: Mapping[str, str]
    score_type: str
    comparisons: tuple[int, int]
    missing: tuple[int, int]
    thresholds: FloatArray
    axes: Mapping[str, AxisEvaluation]
    safe: SafeThreshold
    notes: tuple[str, ...]
    confirmation: Confirmation | None = None

    @property
    def safe_threshold(self) -> float | None:
        """The threshold from which the policy calls every judged axis safe; None where there is none."""
        return self.threshold_at(self.safe.place)

    @property
    def not_detected_from(self) -> float | None:
        """The threshold from which no disparity is detected on any judged axis; None where there is none."""
        places = [axis.verdict.not_detected_from for axis in self.judged_axes]
        known = [place for place in places if place is not None]
        return self.threshold_at(max(known)) if len(known) == len(places) else None

    @property
    def judged_axes(self) -> tuple[AxisEvaluation, ...]:
        """The axes on which the policy's answer rests."""
        return tuple(axis for axis in self.axes.values() if axis.judged)

    def threshold_at(self, place: int | None) -> float | None:
        """Return the threshold at a place, None for None."""
        return None if place is None else float(self.thresholds[place])

    @cached_property
    def rates(self) -> pa.Table:
        """Every rate of every group at every threshold, a row each.

        Undefined numbers are null. Any dataframe library takes the table.
        """
        return pa.Table.from_batches([_rate_rows(self, axis, rates) for axis, rates in self._all_rates()])

    def _all_rates(self) -> Iterator[tuple[AxisEvaluation, Rates]]:
        for axis in self.axes.values():
            yield axis, axis.false_matches
            yield axis, axis.false_non_matches
            if axis.across is not None:
                yield axis, axis.across

    @cached_property
    def verdicts(self) -> pa.Table:
        """The differential of every axis and its verdict at every threshold, a row each.

        A ratio to a rate of zero is ``inf``, as is a bound that does not exist; an undefined number is null.
        """
        return pa.Table.from_batches([_verdict_rows(self, axis) for axis in self.axes.values()])

    @cached_property
    def measures(self) -> pa.Table:
        """The summary measures of every axis at every threshold, a row each.

        An undefined measure has null for its numbers, and the reason.
        """
        return pa.Table.from_batches(
            [measure_rows(axis.name, self.thresholds, axis.measures) for axis in self.axes.values()]
        )

    def at(self, threshold: float) -> Reading:
        """Read the evaluation at one of its thresholds.

        Parameters
        ----------
        threshold : float
            As the study states scores.

        Raises
        ------
        InputError
            Where it is not among the evaluated thresholds: what lies between two was not counted.
        """
        if threshold not in self.thresholds:
            nearest = np.sort(self.thresholds[np.argsort(np.abs(self.thresholds - threshold))[:2]])
            near = " and ".join(f"{value:.17g}" for value in nearest)
            raise InputError(
                f"{threshold:.17g} was not evaluated; the nearest are {near} (evaluate with it to know)"
            )
        rates, verdicts = (
            table.filter(pc.equal(table["threshold"], threshold)) for table in (self.rates, self.verdicts)
        )
        return Reading(threshold, rates, verdicts)

    def plot_false_match_rates(self, axis: str | None = None, *, ax: Plot | None = None) -> Plot:
        """Draw the false match rate of every group against the threshold.

        Parameters
        ----------
        axis : str, optional
            By default the first.
        ax : matplotlib Axes, optional
            By default a new figure's.
        """
        from harness.plots import FalseMatchRateDisplay

        display = FalseMatchRateDisplay.from_evaluation(
            self, axis if axis is not None else next(iter(self.axes))
        )
        return display.plot(ax=ax).ax_

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the evaluation as JSON, whole or not at all; `harness.load` reads it back exactly.

        Parameters
        ----------
        path : path
            Of the file, in an existing folder.
        """
        from harness.evaluation.document import to_json

        file = Path(path)
        scratch = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            scratch.write_text(to_json(self), encoding="utf-8")
            scratch.replace(file)
        finally:
            scratch.unlink(missing_ok=True)

    def _repr_html_(self) -> str:
        from harness.evaluation.summary import html_summary

        return html_summary(self)


def _rate_rows(evaluation: Evaluation, axis: AxisEvaluation, rates: Rates) -> pa.RecordBatch:
    groups, thresholds = rates.errors.shape
    side = 1 if rates.name in ("FNMR", "FNIR") else 0
    known = axis.subjects or {}
    subjects = [known[group][side] if group in known else None for group in rates.groups]
    return pa.record_batch(
        {
            "axis": pa.array([axis.name] * rates.errors.size),
            "group": pa.array(np.repeat(np.array(rates.groups, object), thresholds), pa.string()),
            "rate": pa.array([rates.name] * rates.errors.size),
            "threshold": np.tile(evaluation.thresholds, groups),
            "trials": np.repeat(rates.trials, thresholds),
            "errors": rates.errors.ravel(),
            "subjects": pa.array([s for s in subjects for _ in range(thresholds)], pa.int64()),
            "estimate": _defined(rates.estimate),
            "lower": _defined(rates.lower),
            "upper": _defined(rates.upper),
            "design_effect": _defined(rates.design_effect),
        }
    )


def _verdict_rows(evaluation: Evaluation, axis: AxisEvaluation) -> pa.RecordBatch:
    found = axis.false_match_differential
    names: list[Any] = [*axis.false_matches.groups, None]  # place -1: no group
    thresholds = len(evaluation.thresholds)
    return pa.record_batch(
        {
            "axis": pa.array([axis.name] * thresholds),
            "threshold": evaluation.thresholds,
            "worst_group": pa.array([names[place] for place in found.worst], pa.string()),
            "best_group": pa.array([names[place] for place in found.best], pa.string()),
            "ratio": _defined(found.ratio),
            "ratio_lower": _defined(found.ratio_lower),
            "ratio_upper": _defined(found.ratio_upper),
            "gap": _defined(found.gap),
            "gap_upper": _defined(found.gap_upper),
            "verdict": pa.array([str(verdict) for verdict in axis.verdict.verdicts]),
            "detectable_ratio": _defined(found.detectable_ratio),
            "growth_needed": _defined(axis.verdict.growth_needed),
        }
    )


def _defined(values: FloatArray) -> pa.Array:
    return pa.array(values.ravel(), pa.float64(), from_pandas=True)

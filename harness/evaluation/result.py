"""What an evaluation found: plain values, with the tables and readings people ask of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import MethodType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from harness.arrays import FloatArray
from harness.comparisons import Input
from harness.errors import InputError
from harness.evaluation.confirmation import Confirmation
from harness.evaluation.rows import measure_rows, pair_rows, rate_rows, verdict_rows
from harness.files import write_whole
from harness.statistics.differentials import Differentials, pairwise
from harness.statistics.measures import SummaryMeasures
from harness.statistics.rates import Rates
from harness.statistics.verdicts import AxisVerdict, SafeThreshold
from harness.study import Policy, Study

__all__ = ["AxisEvaluation", "Evaluation", "Reading"]


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

    @property
    def without_comparisons(self) -> tuple[str, ...]:
        """The groups that the data names and to which no comparison belongs."""
        trials = self.false_matches.trials + self.false_non_matches.trials
        return tuple(group for group, n in zip(self.false_matches.groups, trials, strict=True) if not n)

    def missed_at(self, place: int) -> dict[str, float | None]:
        """Return what a threshold costs: every group's false non-match rate, None where it has no mated trials."""
        rates = self.false_non_matches
        at = rates.estimate[:, place].tolist()
        return {group: None if np.isnan(rate) else rate for group, rate in zip(rates.groups, at, strict=True)}


@dataclass(frozen=True)
class Reading:
    """An evaluation read at one threshold.

    Attributes
    ----------
    threshold : float
    rates, verdicts : pyarrow.Table
        The rows of `Evaluation.rates` and `Evaluation.verdicts` at it.
    pairs : pyarrow.Table
        The ratio of false match rates of every two groups of every axis; see `Evaluation.pairs_at`.
    """

    threshold: float
    rates: pa.Table
    verdicts: pa.Table
    pairs: pa.Table


class _Plot:
    """A function of `harness.figures` as a method, imported when it is first used: an evaluation knows no figures."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, evaluation: object | None, owner: type) -> Callable[..., Any]:
        plot: Callable[..., Any] = getattr(import_module("harness.figures"), self._name)
        return plot if evaluation is None else MethodType(plot, evaluation)


@dataclass(frozen=True, eq=False, repr=False)
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
    asked_for : ndarray of float64, or None
        The thresholds that tables list, where some were asked for; the evaluation itself holds more, for it must see
        what happens between them.
    warnings : tuple of str
        What looks wrong with the comparisons, a line each.
    contradiction : str or None
        Of an evaluation that was read from a file: why the answer that the file states does not follow from its
        arrays. None where it does; the gate refuses any other.
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
    asked_for: FloatArray | None = None
    warnings: tuple[str, ...] = ()
    contradiction: str | None = None

    # Each draws one figure and returns its display, which a notebook shows with alternative text.
    plot_verdict_zones = _Plot()
    plot_false_match_rates = _Plot()
    plot_worst_ratio = _Plot()
    plot_gap = _Plot()
    plot_groups = _Plot()
    plot_cost = _Plot()
    plot_det = _Plot()
    plot_score_distributions = _Plot()
    plot_cross_groups = _Plot()
    plot_detectable_ratios = _Plot()

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

    @property
    def rates(self) -> pa.Table:
        """Every rate of every group at every threshold, or at those asked for, a row each.

        Undefined numbers are null. Any dataframe library takes the table.
        """
        return self._listed(self._rates)

    @cached_property
    def _rates(self) -> pa.Table:
        return pa.Table.from_batches(
            [rate_rows(axis, self.thresholds, rates) for axis, rates in self._all_rates()]
        )

    def _listed(self, table: pa.Table) -> pa.Table:
        """Keep the rows of the thresholds asked for, where some were."""
        if self.asked_for is None:
            return table
        return table.filter(pc.is_in(table["threshold"], pa.array(self.asked_for)))

    def _all_rates(self) -> Iterator[tuple[AxisEvaluation, Rates]]:
        for axis in self.axes.values():
            yield axis, axis.false_matches
            yield axis, axis.false_non_matches
            if axis.across is not None:
                yield axis, axis.across

    @property
    def verdicts(self) -> pa.Table:
        """The differential of every axis and its verdict at every threshold, or at those asked for, a row each.

        A ratio to a rate of zero is ``inf``, as is a bound that does not exist; an undefined number is null.
        """
        return self._listed(self._verdicts)

    @cached_property
    def _verdicts(self) -> pa.Table:
        return pa.Table.from_batches([verdict_rows(axis, self.thresholds) for axis in self.axes.values()])

    @cached_property
    def measures(self) -> pa.Table:
        """The summary measures of every axis at every threshold, or at those asked for, a row each.

        An undefined measure has null for its numbers, and the reason.
        """
        return self._listed(
            pa.Table.from_batches(
                [measure_rows(axis.name, self.thresholds, axis.measures) for axis in self.axes.values()]
            )
        )

    def place_of(self, threshold: float) -> int:
        """Return the place of a threshold among those evaluated.

        Parameters
        ----------
        threshold : float
            As the study states scores.

        Raises
        ------
        InputError
            Where it is not among them: what lies between two was not counted.
        """
        places = np.flatnonzero(self.thresholds == threshold)
        if not len(places):
            nearest = np.sort(self.thresholds[np.argsort(np.abs(self.thresholds - threshold))[:2]])
            near = " and ".join(repr(float(value)) for value in nearest)
            raise InputError(
                f"{float(threshold)!r} was not evaluated; the nearest are {near} (evaluate with it to know)"
            )
        return int(places[0])

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
        self.place_of(threshold)  # refuses
        rates, verdicts = (
            table.filter(pc.equal(table["threshold"], threshold)) for table in (self._rates, self._verdicts)
        )
        return Reading(threshold, rates, verdicts, self.pairs_at([threshold]))

    def pairs_at(self, thresholds: Sequence[float]) -> pa.Table:
        """Compare every two groups of every axis at some of the thresholds, a row each.

        Parameters
        ----------
        thresholds : sequence of float
            Each one of ``self.thresholds``.

        Returns
        -------
        pyarrow.Table
            axis, threshold, group, other_group, ratio (of the first to the other), lower, upper (two-sided,
            exact conditional, not adjusted), p_value (Holm-adjusted over the axis's pairs).
        """
        places = [int(np.flatnonzero(self.thresholds == t)[0]) for t in thresholds]
        return pa.Table.from_batches(
            [
                pair_rows(
                    axis,
                    self.thresholds,
                    pairwise(axis.false_matches, self.policy.confidence, places),
                    places,
                )
                for axis in self.axes.values()
            ]
        )

    @property
    def answer_thresholds(self) -> tuple[float, ...]:
        """The thresholds that the answer or the policy names, lenient to strict."""
        named = {self.safe.place}.union(*(axis.verdict.places.values() for axis in self.axes.values()))
        operating = np.flatnonzero(np.isin(self.thresholds, self.policy.thresholds)).tolist()
        places = sorted({place for place in named if place is not None} | set(operating))
        return tuple(float(self.thresholds[place]) for place in places)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the evaluation as JSON, whole or not at all; `harness.load` reads it back exactly.

        Parameters
        ----------
        path : path
            Of the file, in an existing folder.

        Raises
        ------
        InputError
            It cannot be written.
        """
        from harness.evaluation.document import to_json

        write_whole(Path(path), to_json(self).encode())

    def __repr__(self) -> str:
        matcher, axes = self.study.matcher, ", ".join(self.axes)
        return (
            f"<Evaluation of {matcher.name} {matcher.version}: safe threshold {self.safe_threshold}, "
            f"axes {axes}, {len(self.thresholds)} thresholds>"
        )

    def _repr_html_(self) -> str:
        from harness.evaluation.summary import html_summary

        return html_summary(self)

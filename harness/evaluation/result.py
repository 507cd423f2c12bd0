"""An evaluation: its findings as plain values, the tables and readings people ask of them, and the file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import import_module
from numbers import Real
from pathlib import Path
from types import MethodType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from harness.arrays import FloatArray
from harness.comparisons import Input
from harness.counting import ListMatches
from harness.errors import InputError
from harness.evaluation.axis import (
    AxisEvaluation,
    Confirmation,
    MatedCounts,
    measure_rows,
    pair_rows,
    rate_rows,
    verdict_rows,
)
from harness.evaluation.list_matches_file import LIST_MATCHES, list_matches_written
from harness.evaluation.passing import Passing, met_by_passers_by, passing_rows
from harness.evaluation.plain import number_or_none, written
from harness.evaluation.searches import Searches, list_rows, search_rows
from harness.files import write_whole
from harness.gate.evaluation_file import SCHEMA, AxisShape, ConfirmationShape, MetShape, SearchesShape
from harness.statistics.differentials import Differentials, pairwise
from harness.statistics.passers_by import PassersBy
from harness.statistics.rates import Rates
from harness.statistics.verdicts import SafeThreshold, Verdict
from harness.study import FalseMatchLimit, Policy, Study
from harness.verdict_rule import last_start, reference_indices

__all__ = ["Evaluation", "Reading", "to_json"]


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
        The scores that were read, with digests.
    versions : mapping of str to str
        Of the harness and of what it computed with.
    score_type : str
        float64 or float32.
    comparisons : MatedCounts
        Those counted.
    missing : MatedCounts
        Those without a score.
    thresholds : ndarray of float64, shape (T,)
        As the study states scores, from the most lenient to the strictest.
    axes : mapping of str to AxisEvaluation
    safe : SafeThreshold
    notes : tuple of str
        Those that a reader needs to read the numbers rightly.
    confirmation : Confirmation or None
        Whether a threshold chosen on half of the subjects holds on the other half, where that was asked.
    asked_for : ndarray of float64, or None
        The thresholds that tables list, where some were asked for; the evaluation itself holds more, for it must see
        what happens between them.
    warnings : tuple of str
        Signs of errors in the comparisons, a line each.
    contradiction : str or None
        Of an evaluation that was read from a file: why the answer that the file states does not follow from its
        arrays. None where it does; the gate refuses any other.
    searches : Searches or None
        What is known of searches besides their rates; None of comparisons 1:1.
    list_matches : ListMatches or None
        Who on the watchlist the searches match, where candidate lists tell: what `harness.project` projects other lists
        from. It is kept in a file beside ``evaluation.json``.
    """

    study: Study
    policy: Policy
    inputs: tuple[Input, ...]
    versions: Mapping[str, str]
    score_type: str
    comparisons: MatedCounts
    missing: MatedCounts
    thresholds: FloatArray
    axes: Mapping[str, AxisEvaluation]
    safe: SafeThreshold
    notes: tuple[str, ...]
    confirmation: Confirmation | None = None
    asked_for: FloatArray | None = None
    warnings: tuple[str, ...] = ()
    contradiction: str | None = None
    searches: Searches | None = None
    list_matches: ListMatches | None = None

    # Each draws one figure and returns its display, which a notebook shows with alternative text.
    plot_verdict_zones = _Plot()
    plot_false_match_rates = _Plot()
    plot_false_shares = _Plot()
    plot_worst_ratio = _Plot()
    plot_gap = _Plot()
    plot_groups = _Plot()
    plot_cost = _Plot()
    plot_det = _Plot()
    plot_identification = _Plot()
    plot_score_distributions = _Plot()
    plot_cross_groups = _Plot()
    plot_detectable_ratios = _Plot()

    @property
    def safe_threshold(self) -> float | None:
        """The threshold from which the policy calls every judged axis safe; None where there is none."""
        return self.threshold_at(self.safe.index)

    @property
    def not_detected_from(self) -> float | None:
        """The threshold from which no disparity is detected on any judged axis; None where there is none."""
        return self.threshold_at(last_start(axis.verdict.not_detected_from for axis in self.judged_axes))

    @property
    def false_match_limit(self) -> FalseMatchLimit:
        """The limit on every group's false match rate: that of the policy, or the default."""
        return self.policy.false_match_limit(self.study.task)

    @cached_property
    def reference_indices(self) -> tuple[int, ...]:
        """The indices of the thresholds at which the answer is told, lenient to strict.

        The policy's operating thresholds where it names any; else the most lenient at which the pooled false match
        rate of every judged axis is within the limit.
        """
        rates = [axis.false_matches for axis in self.judged_axes]
        errors, trials = [each.errors.tolist() for each in rates], [each.trials.tolist() for each in rates]
        return reference_indices(
            self.thresholds.tolist(), errors, trials, self.false_match_limit, self.policy
        )

    @property
    def reference_thresholds(self) -> tuple[float, ...]:
        """The thresholds at which the answer is told, lenient to strict."""
        return tuple(float(self.thresholds[index]) for index in self.reference_indices)

    @cached_property
    def passers_by(self) -> tuple[Passing, ...]:
        """What 10,000 passers-by meet where the answer is told; empty where the policy states no crowd."""
        return tuple(met_by_passers_by(self.axes, self.policy, self.reference_indices))

    @property
    def judged_axes(self) -> tuple[AxisEvaluation, ...]:
        """The axes on which the policy's answer rests."""
        return tuple(axis for axis in self.axes.values() if axis.judged)

    def threshold_at(self, index: int | None) -> float | None:
        """Return the threshold with an index, None for None."""
        return None if index is None else float(self.thresholds[index])

    @property
    def rates(self) -> pa.Table:
        """Every rate of every group at every threshold, or at those asked for, a row each.

        Undefined numbers are null. Any dataframe library takes the table.
        """
        return self._listed(self._rates)

    @cached_property
    def _rates(self) -> pa.Table:
        return pa.Table.from_batches(
            [
                rate_rows(axis, self.thresholds, rates)
                for axis in self.axes.values()
                for rates in axis.all_rates
            ]
        )

    def _listed(self, table: pa.Table) -> pa.Table:
        """Keep the rows of the thresholds asked for, where some were."""
        if self.asked_for is None:
            return table
        return table.filter(pc.is_in(table["threshold"], pa.array(self.asked_for)))

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

    @property
    def mated_searches(self) -> pa.Table | None:
        """What becomes of mated searches at every threshold, or at those asked for; None where that is not known."""
        known = [(axis.name, axis.searches) for axis in self.axes.values() if axis.searches is not None]
        if not known:
            return None
        rows = [search_rows(name, self.thresholds, found) for name, found in known]
        return self._listed(pa.Table.from_batches(rows))

    @property
    def list_subjects(self) -> pa.Table | None:
        """How false alerts fall on the subjects of the list, a row a threshold; None where that is not known."""
        if self.searches is None or self.searches.listed is None:
            return None
        return self._listed(list_rows(self.thresholds, self.searches.listed))

    @property
    def passers_by_table(self) -> pa.Table | None:
        """What 10,000 passers-by meet where the answer is told, a row a group; None where no crowd is stated."""
        rows = [passing_rows(found, float(self.thresholds[found.index])) for found in self.passers_by]
        return pa.Table.from_batches(rows) if rows else None

    @property
    def search_tables(self) -> dict[str, pa.Table]:
        """The tables that only searches have, by the names of their files."""
        tables = {
            "searches.csv": self.mated_searches,
            "list.csv": self.list_subjects,
            "passers_by.csv": self.passers_by_table,
        }
        return {name: table for name, table in tables.items() if table is not None}

    def index_of(self, threshold: float) -> int:
        """Return the index of a threshold among those evaluated.

        Parameters
        ----------
        threshold : float
            As the study states scores.

        Raises
        ------
        InputError
            Where it is no number, or not among them: what lies between two was not counted.

        Examples
        --------
        >>> from harness.evaluation import evaluate
        >>> study = {"matcher": {"name": "example", "version": "1"}, "groups": {"sex": "sex"}}
        >>> scores = {"score": [0.2, 0.9, 0.3, 0.8], "mated": [False, True] * 2, "sex": ["f", "f", "m", "m"]}
        >>> evaluation = evaluate(scores, study=study)
        >>> float(evaluation.thresholds[evaluation.index_of(0.3)])
        0.3
        """
        if isinstance(threshold, bool) or not isinstance(threshold, Real):
            raise InputError(f"threshold {str(threshold)[:60]!r} is no number; give a number, such as 0.3")
        indices = np.flatnonzero(self.thresholds == threshold)
        if not len(indices):
            nearest = np.sort(self.thresholds[np.argsort(np.abs(self.thresholds - threshold))[:2]])
            near = " and ".join(repr(float(value)) for value in nearest)
            raise InputError(
                f"{float(threshold)!r} was not evaluated; the nearest are {near} (evaluate with it to know)"
            )
        return int(indices[0])

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
        self.index_of(threshold)  # refuses
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
        indices = [self.index_of(threshold) for threshold in thresholds]
        return pa.Table.from_batches(
            [
                pair_rows(
                    axis,
                    self.thresholds,
                    pairwise(axis.false_matches, self.policy.confidence, indices),
                    indices,
                )
                for axis in self.axes.values()
            ]
        )

    @property
    def answer_thresholds(self) -> tuple[float, ...]:
        """The thresholds that the answer or the policy names, lenient to strict."""
        named = {self.safe.index}.union(*(axis.verdict.indices.values() for axis in self.axes.values()))
        indices = sorted({index for index in named if index is not None}.union(self.reference_indices))
        return tuple(float(self.thresholds[index]) for index in indices)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the evaluation as JSON, whole or not at all; `harness.load` reads it back exactly.

        Where it knows who on the watchlist the searches match, that is written to a file beside it, of which the name
        begins with that of the path and ends in ``.matches.npz``.

        Parameters
        ----------
        path : path
            Of the file, in an existing folder.

        Raises
        ------
        InputError
            It cannot be written.
        """
        file = Path(path)
        beside = file.with_suffix(".matches.npz")
        if self.list_matches_content is not None:
            write_whole(beside, self.list_matches_content)
        write_whole(file, to_json(self, list_matches=beside.name).encode())

    @cached_property
    def list_matches_content(self) -> bytes | None:
        """The content of the file beside ``evaluation.json`` that holds `list_matches`; None where there are none."""
        return None if self.list_matches is None else list_matches_written(self.list_matches)

    def __repr__(self) -> str:
        axes = ", ".join(self.axes)
        return (
            f"<Evaluation of {self.study.matcher_name}: safe threshold {self.safe_threshold}, "
            f"axes {axes}, {len(self.thresholds)} thresholds>"
        )

    def _repr_html_(self) -> str:
        # Imported when it is used, like figures: the answer is about evaluations, and imports them.
        summary: str = import_module("harness.evaluation.answer").html_summary(self)
        return summary


def to_json(evaluation: Evaluation, *, list_matches: str = LIST_MATCHES) -> str:
    """Write an evaluation as a JSON document; equal evaluations give equal text.

    Parameters
    ----------
    evaluation : Evaluation
    list_matches : str
        The name of the file beside the document that holds who on the watchlist is matched, where that is known.
    """
    confirmation = evaluation.confirmation
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "versions": dict(evaluation.versions),
        "study": evaluation.study.to_dict(),
        "policy": evaluation.policy.to_dict(),
        "inputs": [asdict(item) for item in evaluation.inputs],
        "score_type": evaluation.score_type,
        "comparisons": evaluation.comparisons._asdict(),
        "missing": evaluation.missing._asdict(),
        "notes": list(evaluation.notes),
        "warnings": list(evaluation.warnings),
        "answer": {
            "reference": [_at_reference(evaluation, index) for index in evaluation.reference_indices],
            "false_match_limit": asdict(evaluation.false_match_limit),
            "criterion": evaluation.policy.criterion,
            "safe_threshold": evaluation.safe_threshold,
            "reason": evaluation.safe.reason,
            "not_detected_from": evaluation.not_detected_from,
            "axes": {
                axis.name: {
                    **{name: evaluation.threshold_at(index) for name, index in axis.verdict.indices.items()},
                    "cost": {
                        name: None if index is None else axis.fnmr_at(index)
                        for name, index in axis.verdict.indices.items()
                    },
                }
                for axis in evaluation.axes.values()
            },
        },
        "confirmation": (None if confirmation is None else written(ConfirmationShape, confirmation)),
        "index_of_safe_threshold": evaluation.safe.index,
        "thresholds": evaluation.thresholds.tolist(),
        "asked_for": None if evaluation.asked_for is None else evaluation.asked_for.tolist(),
        "axes": {name: written(AxisShape, axis) for name, axis in evaluation.axes.items()},
        **_of_searches(evaluation),
    }
    content = evaluation.list_matches_content
    if content is not None:
        document["list_matches"] = {"file": list_matches, "sha256": hashlib.sha256(content).hexdigest()}
    return (
        json.dumps(document, ensure_ascii=False, allow_nan=False, indent=None, separators=(",", ":")) + "\n"
    )


def _of_searches(evaluation: Evaluation) -> dict[str, Any]:
    """Return the parts that are there only where something is known of searches, or of a crowd."""
    found, passing = evaluation.searches, evaluation.passers_by
    searches = found is not None and found.says_more_than(evaluation.study)
    return {
        **({"searches": written(SearchesShape, found)} if searches else {}),
        **({"passers_by": [_passing(evaluation, met) for met in passing]} if passing else {}),
    }


def _passing(evaluation: Evaluation, found: Passing) -> dict[str, Any]:
    def of(met: PassersBy) -> dict[str, Any]:
        whole = written(MetShape, met)
        return whole if found.prevalence_known else {"false": whole["false"]}

    crowd = {} if found.crowd is None else {"crowd": of(found.crowd)}
    groups = {group: of(met) for group, met in found.groups.items()}
    return {"axis": found.axis, "threshold": evaluation.threshold_at(found.index), **crowd, "groups": groups}


def _at_reference(evaluation: Evaluation, index: int) -> dict[str, Any]:
    axes = {
        axis.name: {
            "false_matches": _compared(
                axis.false_matches, axis.false_match_differential, axis.verdict.verdicts[index], index
            ),
            "misses": _compared(
                axis.false_non_matches,
                axis.false_non_match_differential,
                axis.verdicts_on_misses[index],
                index,
            ),
        }
        for axis in evaluation.axes.values()
    }
    return {"threshold": evaluation.threshold_at(index), "axes": axes}


def _compared(rates: Rates, found: Differentials, verdict: Verdict, index: int) -> dict[str, Any]:
    more, fewer = int(found.shown_more[index]), int(found.shown_fewer[index])
    named = more >= 0 and fewer >= 0
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = rates.estimate[more, index] / rates.estimate[fewer, index] if named else np.nan
    return {
        "verdict": str(verdict),
        "more": rates.groups[more] if named else None,
        "fewer": rates.groups[fewer] if named else None,
        "ratio": number_or_none(float(ratio)),
        "ratio_lower": number_or_none(float(found.ratio_lower[index])),
        "ratio_upper": number_or_none(float(found.ratio_upper[index])),
    }

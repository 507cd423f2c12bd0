"""An evaluation: its findings as plain values, the tables and readings people ask of them, the answer, and the file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
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
from harness.evaluation.axis import (
    AxisEvaluation,
    Confirmation,
    MatedCounts,
    measure_rows,
    pair_rows,
    rate_rows,
    verdict_rows,
)
from harness.evaluation.plain import written
from harness.files import write_whole
from harness.gate.evaluation_file import SCHEMAS, AxisShape, ConfirmationShape
from harness.numbers import RARE, about, confidence_text, limit_text, percent, threshold_text
from harness.statistics.differentials import pairwise
from harness.statistics.verdicts import SafeThreshold
from harness.study import Policy, Study
from harness.text import html
from harness.verdict_rule import last_start

__all__ = [
    "Evaluation",
    "Reading",
    "answer",
    "html_summary",
    "html_table",
    "to_json",
    "unreliable",
]

NOWHERE = "at no threshold"
MOST_NAMED = 6


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
        return self.threshold_at(last_start(axis.verdict.not_detected_from for axis in self.judged_axes))

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

    def index_of(self, threshold: float) -> int:
        """Return the index of a threshold among those evaluated.

        Parameters
        ----------
        threshold : float
            As the study states scores.

        Raises
        ------
        InputError
            Where it is not among them: what lies between two was not counted.

        Examples
        --------
        >>> from harness.evaluation import evaluate
        >>> study = {"matcher": {"name": "example", "version": "1"}, "groups": {"sex": "sex"}}
        >>> scores = {"score": [0.2, 0.9, 0.3, 0.8], "mated": [False, True] * 2, "sex": ["f", "f", "m", "m"]}
        >>> evaluation = evaluate(scores, study=study)
        >>> float(evaluation.thresholds[evaluation.index_of(0.3)])
        0.3
        """
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
        named = {self.safe.place}.union(*(axis.verdict.places.values() for axis in self.axes.values()))
        operating = np.flatnonzero(np.isin(self.thresholds, self.policy.thresholds)).tolist()
        indices = sorted({index for index in named if index is not None} | set(operating))
        return tuple(float(self.thresholds[index]) for index in indices)

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
        write_whole(Path(path), to_json(self).encode())

    def __repr__(self) -> str:
        matcher, axes = self.study.matcher, ", ".join(self.axes)
        return (
            f"<Evaluation of {matcher.name} {matcher.version}: safe threshold {self.safe_threshold}, "
            f"axes {axes}, {len(self.thresholds)} thresholds>"
        )

    def _repr_html_(self) -> str:
        return html_summary(self)


def to_json(evaluation: Evaluation) -> str:
    """Write an evaluation as a JSON document; equal evaluations give equal text."""
    confirmation = evaluation.confirmation
    document = {
        "schema": SCHEMAS[-1],
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
            "criterion": evaluation.policy.criterion,
            "safe_threshold": evaluation.safe_threshold,
            "reason": evaluation.safe.reason,
            "not_detected_from": evaluation.not_detected_from,
            "axes": {
                axis.name: {
                    **{name: evaluation.threshold_at(index) for name, index in axis.verdict.places.items()},
                    "cost": {
                        name: None if index is None else axis.fnmr_at(index)
                        for name, index in axis.verdict.places.items()
                    },
                }
                for axis in evaluation.axes.values()
            },
        },
        "confirmation": (None if confirmation is None else written(ConfirmationShape, confirmation)),
        "place_of_safe_threshold": evaluation.safe.place,
        "thresholds": evaluation.thresholds.tolist(),
        "asked_for": None if evaluation.asked_for is None else evaluation.asked_for.tolist(),
        "axes": {name: _written_axis(axis) for name, axis in evaluation.axes.items()},
    }
    return (
        json.dumps(document, ensure_ascii=False, allow_nan=False, indent=None, separators=(",", ":")) + "\n"
    )


def _written_axis(axis: AxisEvaluation) -> dict[str, Any]:
    """Write an axis; what it excludes only where it does, as its study."""
    plain = written(AxisShape, axis)
    return {key: value for key, value in plain.items() if key != "excluded" or value is not None}


def answer(evaluation: Evaluation) -> tuple[tuple[str, str], ...]:
    """Return the answer as five pairs of a heading and a sentence, generated from the results.

    Where a confirmation was asked for, a sixth says what came of it; a warning, where there is one, is the last. Where
    the answer that a file states does not follow from its arrays, that comes first.
    """
    contradicted = (
        () if evaluation.contradiction is None else (("Not to be relied on", unreliable(evaluation)),)
    )
    lines = (
        *contradicted,
        ("Safe threshold", _safe(evaluation)),
        ("Not detected from", _by_axis(evaluation, _not_detected)),
        (
            "Parity shown",
            _by_axis(evaluation, _parity) if _tolerance(evaluation) else "no tolerance in the policy",
        ),
        ("Cost", _cost(evaluation)),
        ("Evidence", _evidence(evaluation)),
    )
    confirmed = evaluation.confirmation
    more = () if confirmed is None else (("Confirmation", _confirmation(confirmed)),)
    return (*lines, *more, *(("Warning", warning) for warning in evaluation.warnings))


def unreliable(evaluation: Evaluation) -> str:
    """Say that an evaluation's answer does not follow from its arrays, and what that means; empty where it does."""
    if evaluation.contradiction is None:
        return ""
    return (
        f"the answer in this evaluation.json does not follow from its own arrays ({evaluation.contradiction}); it was "
        "altered, is damaged, or was made by another version: rely on none of it, and evaluate again"
    )


def html_summary(evaluation: Evaluation) -> str:
    """Return the answer as an HTML table."""
    matcher = evaluation.study.matcher
    return html_table(f"{matcher.name} {matcher.version}", answer(evaluation))


def html_table(caption: str, findings: Iterable[tuple[str, str]]) -> str:
    """Return sentences as an HTML table, each beside its heading."""
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left">{html(heading)}</th>'
        f'<td style="text-align:left">{html(sentence)}</td></tr>'
        for heading, sentence in findings
    )
    return f"<table><caption>{html(caption)}</caption><tbody>{rows}</tbody></table>"


def _confirmation(confirmation: Confirmation) -> str:
    on = f"{confirmation.comparisons[1].non_mated:,} non-mated comparisons of the other half of the subjects"
    if confirmation.chosen is None:
        return f"{confirmation.outcome}, half of the subjects have no safe threshold: {confirmation.reason}"
    chosen = f"{threshold_text(confirmation.chosen)}, chosen on half of the subjects,"
    return f"{chosen} {confirmation.outcome} on {on}: {confirmation.reason}"


def _safe(evaluation: Evaluation) -> str:
    safe = evaluation.safe_threshold
    found = "none" if safe is None else threshold_text(safe)
    tolerance = _tolerance(evaluation)
    criterion = f"{evaluation.policy.criterion}{f', {tolerance}' if tolerance else ''}"
    more = _more_data(evaluation) if safe is None else _false_matches(evaluation, safe)
    return f"{found} (criterion {criterion}): {evaluation.safe.reason}{more}"


def _false_matches(evaluation: Evaluation, threshold: float) -> str:
    """Say how many false matches the threshold lets through, which parity alone does not."""
    rates = evaluation.judged_axes[0].false_matches
    at = rates.estimate[:, evaluation.index_of(threshold)]
    if np.isnan(at).any():
        return ""
    low, high = int(at.argmin()), int(at.argmax())
    lowest = about(at[low]) if at[low] > 0 else f"0 of {rates.trials[low]:,}"
    said = f"{rates.name} there {lowest} ({rates.groups[low]}) to {about(at[high])} ({rates.groups[high]})"
    if about(at[low]) == about(at[high]):
        said = f"{rates.name} of every group there about {about(at[high])}"
    if at[high] == 0:
        said = f"no {'alert' if rates.name == 'FPIR' else 'match'} by mistake there in any group"
    many = at[high] >= RARE and evaluation.policy.max_fmr is None
    return f"; {said}{'; max_fmr in the policy would ask for fewer' if many else ''}"


def _more_data(evaluation: Evaluation) -> str:
    """Say what would decide an axis without parity, at the threshold from which nothing is detected on it."""
    if evaluation.policy.criterion != "shown":
        return ""
    for axis in evaluation.judged_axes:
        verdict, index = axis.verdict, axis.verdict.not_detected_from
        if verdict.parity_shown_from is not None or index is None:
            continue
        growth = verdict.growth_needed[index]
        if np.isfinite(growth) and growth > 1:
            trials = about(growth * axis.false_matches.trials.min())
            return (
                f"; at {threshold_text(evaluation.thresholds[index])} it would take about {about(growth)} times as "
                f"much data ({trials} non-mated {_trials(evaluation)} a group) to show it, were the rates equal"
            )
    return ""


def _trials(evaluation: Evaluation) -> str:
    return "searches" if evaluation.study.task == "identification" else "comparisons"


def _tolerance(evaluation: Evaluation) -> str:
    limits = {"ratio at most": evaluation.policy.max_ratio, "gap at most": evaluation.policy.max_gap}
    return " or ".join(f"{name} {limit_text(limit)}" for name, limit in limits.items() if limit is not None)


def _by_axis(evaluation: Evaluation, part: Callable[[Evaluation, AxisEvaluation], str]) -> str:
    return "; ".join(f"{axis.name} {part(evaluation, axis)}" for axis in evaluation.axes.values())


def _not_detected(evaluation: Evaluation, axis: AxisEvaluation) -> str:
    index = axis.verdict.not_detected_from
    return (
        f"{threshold_text(evaluation.thresholds[index])}{_if_lowest(index)}" if index is not None else NOWHERE
    )


def _parity(evaluation: Evaluation, axis: AxisEvaluation) -> str:
    first, last = axis.verdict.parity_shown_from, axis.verdict.parity_shown_to
    if first is None or last is None:
        return NOWHERE
    start, end = evaluation.thresholds[[first, last]]
    return f"{threshold_text(start)} to {threshold_text(end)}{_if_lowest(first)}"


def _if_lowest(index: int) -> str:
    return " (from the most lenient evaluated)" if index == 0 else ""


def _cost(evaluation: Evaluation) -> str:
    thresholds = {
        "the safe threshold": evaluation.safe_threshold,
        "where nothing is detected": evaluation.not_detected_from,
    }
    shown = [
        f"at {threshold_text(at)}, {what}, {_missed(evaluation, at)}"
        for what, at in thresholds.items()
        if at is not None
    ]
    rate = evaluation.judged_axes[0].false_non_matches.name
    return f"{rate} {'; '.join(shown)}" if shown else "none to state, for there is no threshold to choose"


def _missed(evaluation: Evaluation, threshold: float) -> str:
    missed = evaluation.judged_axes[0].fnmr_at(evaluation.index_of(threshold))
    known = {group: rate for group, rate in missed.items() if rate is not None}
    if len(missed) > MOST_NAMED and len(known) == len(missed):
        low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
        if known[low] == known[high]:
            return f"{_share(known[low])} in every group"
        return f"{_share(known[low])} ({low}) to {_share(known[high])} ({high})"
    return ", ".join(f"{group} {_share(rate)}" for group, rate in missed.items())


def _share(rate: float | None) -> str:
    return "unknown" if rate is None else percent(rate)


def _evidence(evaluation: Evaluation) -> str:
    non_mated, mated = evaluation.comparisons
    axes = evaluation.axes.values()
    groups = ", ".join(f"{len(axis.false_matches.groups)} of {axis.name}{_empty(axis)}" for axis in axes)
    left_out = ", ".join(_left_out(axis) for axis in axes if any(axis.left_out))
    asked_for = "" if evaluation.asked_for is None else f" ({len(evaluation.asked_for):,} asked for)"
    return (
        f"{non_mated:,} non-mated and {mated:,} mated {_trials(evaluation)}, groups: {groups}, "
        f"{len(evaluation.thresholds):,} thresholds{asked_for}, {confidence_text(evaluation.policy.confidence)} bounds"
        f"{f'; in no group: {left_out}' if left_out else ''}"
    )


def _empty(axis: AxisEvaluation) -> str:
    """Name the groups that have no non-mated trials."""
    rates = axis.false_matches
    empty = [group for group, trials in zip(rates.groups, rates.trials, strict=True) if not trials]
    return f" (no non-mated of {_some(empty)})" if empty else ""


def _left_out(axis: AxisEvaluation) -> str:
    return f"{_by_truth(axis.left_out)} of {axis.name}{_excluded(axis)}"


def _excluded(axis: AxisEvaluation) -> str:
    """Say how many of the comparisons in no group are of groups that the study excludes."""
    if not any(axis.of_excluded_groups):
        return ""
    named = _some([group for group, counts in (axis.excluded or {}).items() if any(counts)])
    return f" ({_by_truth(axis.of_excluded_groups)} of {named}, which the study excludes)"


def _by_truth(counts: MatedCounts) -> str:
    by_truth = zip(counts, ("non-mated", "mated"), strict=True)
    return " and ".join(f"{count:,} {truth}" for count, truth in by_truth if count)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if names[MOST_NAMED:] else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"

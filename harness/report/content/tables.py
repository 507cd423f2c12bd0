"""What is shown of an axis at every threshold: its rates, its worst ratio, its cost and its summary measures."""

from __future__ import annotations

from typing import Literal

import numpy as np

from harness.arrays import IntArray
from harness.evaluation import AxisEvaluation, Evaluation
from harness.report.content.marks import axis_marks, threshold_labels
from harness.report.content.model import AxisReading, Figure, Further, Panel
from harness.report.content.numerals import number
from harness.report.content.pairs import across_groups, every_two_groups
from harness.report.content.quantities import Quantity, Tabulation, counts, numbers, words
from harness.report.content.wording import percent, ranged, wording_of
from harness.statistics.rates import Rates
from harness.statistics.verdicts import Verdict

__all__ = ["axis_readings", "ratio_text", "span_text"]


UNBOUNDED_RATIO = "no upper bound"
UNTRIED = "undefined: no trials"
NO_TRIALS = "undefined: a group has no trials"


def ratio_text(value: float, unbounded: str = UNBOUNDED_RATIO) -> str:
    """Write a ratio, or a bound of one, by itself."""
    if np.isnan(value):
        return "undefined"
    return unbounded if np.isinf(value) else number(value)


def span_text(rates: Rates, place: int) -> str:
    """Write the lowest and the highest rate of a group at a threshold."""
    at = rates.estimate[:, place]
    if np.isnan(at).any():
        return NO_TRIALS
    return ranged(number(float(at.min())), number(float(at.max())))


def axis_readings(evaluation: Evaluation) -> tuple[AxisReading, ...]:
    """Return the tables of every axis."""
    return tuple(_reading(evaluation, axis) for axis in evaluation.axes.values())


def _reading(evaluation: Evaluation, axis: AxisEvaluation) -> AxisReading:
    gap = () if evaluation.policy.max_gap is None else (_panel_of_gap(evaluation, axis),)
    further = (
        every_two_groups(evaluation, axis),
        across_groups(evaluation, axis),
        Further("Summary measures", "", _measures(evaluation, axis)),
    )
    return AxisReading(
        axis=axis.name,
        groups=axis.false_matches.groups,
        marks=axis_marks(evaluation, axis),
        panels=(
            _panel_of_rates(evaluation, axis, "false_matches"),
            _panel_of_ratio(evaluation, axis),
            *gap,
            _panel_of_rates(evaluation, axis, "false_non_matches"),
        ),
        further=tuple(part for part in further if part is not None),
    )


def _panel_of_rates(
    evaluation: Evaluation, axis: AxisEvaluation, kind: Literal["false_matches", "false_non_matches"]
) -> Panel:
    rates = axis.false_matches if kind == "false_matches" else axis.false_non_matches
    estimate, lower, upper, effect = (
        numbers(rates.name, rates.estimate, undefined=UNTRIED),
        numbers("Lower bound", rates.lower, undefined=UNTRIED),
        numbers("Upper bound", rates.upper, undefined=UNTRIED),
        numbers("Design effect", rates.design_effect, undefined=UNTRIED, unbounded="unbounded: one subject"),
    )
    caption = f"{rates.name} of every group of {axis.name}"
    table = Tabulation(
        caption,
        f"Two-sided {percent(rates.confidence)} interval of each group by itself, on counts divided by the design "
        "effect.",
        "Group",
        rates.groups,
        (*_counts(evaluation, axis, rates), estimate, lower, upper, effect),
        threshold_labels(evaluation),
    )
    limit = evaluation.policy.max_fmr if kind == "false_matches" else None
    named = wording_of(evaluation)
    in_full = named.rate_in_full if kind == "false_matches" else f"The cost: {named.cost_in_full}"
    figure = Figure(
        kind,
        axis.name,
        f"{in_full[0].upper()}{in_full[1:]} ({rates.name}) by group",
        _alternative(evaluation, caption, f"a line for each of {len(rates.groups)} groups"),
        rates.groups,
        estimate,
        lower,
        upper,
        () if limit is None else ((limit, f"limit of the policy, {limit:g}"),),
    )
    return Panel(figure, (table,))


def _counts(evaluation: Evaluation, axis: AxisEvaluation, rates: Rates) -> tuple[Quantity, ...]:
    named, non_mated = wording_of(evaluation), rates is axis.false_matches
    trials = counts(f"{'Non-mated' if non_mated else 'Mated'} {named.trials}", rates.trials[:, None])
    errors = counts(named.errors.capitalize() if non_mated else named.misses.capitalize(), rates.errors)
    if axis.subjects is None:
        return trials, errors
    subjects = [axis.subjects[group][0 if non_mated else 1] for group in rates.groups]
    return trials, counts("Subjects", np.array(subjects)[:, None]), errors


def _alternative(evaluation: Evaluation, caption: str, lines: str) -> str:
    labels = threshold_labels(evaluation)
    return (
        f"Line chart: {caption} against the threshold, {lines}. Thresholds were evaluated from {labels[0]} to "
        f"{labels[-1]}, the strictest at the right. The table beside it has the numbers at the threshold shown."
    )


def _panel_of_ratio(evaluation: Evaluation, axis: AxisEvaluation) -> Panel:
    differential = _differential(evaluation, axis)
    estimate, lower, upper = differential.quantities[2:]
    ratio = evaluation.policy.max_ratio
    caption = f"Worst ratio of {wording_of(evaluation).rate} between groups of {axis.name}"
    figure = Figure(
        "worst_ratio",
        axis.name,
        "Worst ratio between groups",
        _alternative(evaluation, caption, "one line with its bounds"),
        ("Worst ratio",),
        estimate,
        lower,
        upper,
        ((1.0, "equal rates"), *(() if ratio is None else ((ratio, f"tolerance of the policy, {ratio:g}"),))),
    )
    return Panel(figure, (_verdict(evaluation, axis), differential))


def _panel_of_gap(evaluation: Evaluation, axis: AxisEvaluation) -> Panel:
    """Return the largest gap, which has no lower bound but itself."""
    found, named, labels = axis.false_match_differential, wording_of(evaluation), threshold_labels(evaluation)
    caption = f"Largest gap of {named.rate} between groups of {axis.name}"
    estimate = numbers("Estimate", found.gap, undefined=NO_TRIALS)
    upper = numbers("Upper bound", found.gap_upper, undefined=NO_TRIALS)
    limit = evaluation.policy.max_gap
    figure = Figure(
        "gap",
        axis.name,
        "Largest gap between groups",
        _alternative(evaluation, caption, "one line with its upper bound"),
        ("Largest gap",),
        estimate,
        estimate,
        upper,
        () if limit is None else ((limit, f"tolerance of the policy, {limit:g}"),),
    )
    highest, lowest, groups = _extremes(axis)
    table = Tabulation(
        caption,
        f"Upper bound: {percent(found.confidence)} one-sided; no two groups differ by more.",
        "Differential",
        ("Gap, highest less lowest",),
        (
            words("Highest group", highest, groups),
            words("Lowest group", lowest, groups),
            estimate,
            numbers("Lower bound", np.full_like(found.gap, np.inf), unbounded="not computed"),
            upper,
        ),
        labels,
    )
    return Panel(figure, (table,))


def _verdict(evaluation: Evaluation, axis: AxisEvaluation) -> Tabulation:
    named = wording_of(evaluation)
    verdicts = tuple(str(verdict) for verdict in Verdict)
    said = np.array([verdicts.index(str(verdict)) for verdict in axis.verdict.verdicts])
    return Tabulation(
        f"Verdict on {axis.name}",
        "Detectable ratio: what this much data would have detected with a chance of 80 %. Data needed: how many "
        "times as much would show parity with a chance of 80 %, were the rates equal.",
        "Axis",
        (axis.name,),
        (
            words("Verdict", said, verdicts),
            numbers(
                "Detectable ratio",
                axis.false_match_differential.detectable_ratio,
                undefined=NO_TRIALS,
                unbounded=f"none: too few {named.errors}",
            ),
            numbers(
                "Data needed",
                axis.verdict.growth_needed,
                undefined="undefined: the policy tolerates no ratio",
                unbounded=f"unknown: no {named.errors}",
            ),
        ),
        threshold_labels(evaluation),
    )


def _differential(evaluation: Evaluation, axis: AxisEvaluation) -> Tabulation:
    found, named = axis.false_match_differential, wording_of(evaluation)
    highest, lowest, groups = _extremes(axis)
    untried = bool((axis.false_matches.trials == 0).any())
    nothing = NO_TRIALS if untried else f"undefined: no {named.error} in any group"
    confidence = percent(found.confidence)
    bounds = {"undefined": NO_TRIALS, "unbounded": f"{UNBOUNDED_RATIO}: no {named.error} in a group"}
    return Tabulation(
        f"Worst ratio and gap of {named.rate} between groups of {axis.name}",
        f"Lower bound: {confidence} two-sided, adjusted for the number of pairs; above 1, some two groups differ. "
        f"Upper bounds: {confidence} one-sided; no two groups differ by more.",
        "Differential",
        ("Ratio, highest over lowest", "Gap, highest less lowest"),
        (
            words("Highest group", np.stack([highest, highest]), groups),
            words("Lowest group", np.stack([lowest, lowest]), groups),
            numbers(
                "Estimate",
                np.stack([found.ratio, found.gap]),
                undefined=nothing,
                unbounded=f"unbounded: no {named.error} in the lowest group",
            ),
            numbers(
                "Lower bound",
                np.stack([found.ratio_lower, np.full_like(found.gap, np.inf)]),
                undefined=NO_TRIALS,
                unbounded="not computed",
            ),
            numbers("Upper bound", np.stack([found.ratio_upper, found.gap_upper]), **bounds),
        ),
        threshold_labels(evaluation),
    )


def _extremes(axis: AxisEvaluation) -> tuple[IntArray, IntArray, tuple[str, ...]]:
    """Return the places of the groups with the highest and the lowest rate, and what they are called."""
    found = axis.false_match_differential
    groups = (*axis.false_matches.groups, "all alike", "none: a group has no trials")
    alike = (found.worst == found.best) & (found.worst >= 0)
    highest, lowest = (np.where(alike, -2, places) % len(groups) for places in (found.worst, found.best))
    return highest, lowest, groups


def _measures(evaluation: Evaluation, axis: AxisEvaluation) -> Tabulation:
    found = axis.measures
    reasons = tuple(f"undefined: {reason}" for reason in found.reasons)
    quantities = tuple(
        _with_reasons(numbers(heading, values), np.broadcast_to(found.undefined, values.shape), reasons)
        for heading, values in (
            ("Estimate", found.estimate),
            ("Lower bound", found.lower),
            ("Upper bound", found.upper),
        )
    )
    return Tabulation(
        f"Summary measures of {axis.name}",
        f"Two-sided {percent(found.confidence)} intervals from drawn rates; false matches weigh {found.alpha:g} in "
        "GARBE, FDR and INEQ. A claim should rest on the bounds of the worst ratio.",
        "Measure",
        found.names,
        quantities,
        threshold_labels(evaluation),
    )


def _with_reasons(quantity: Quantity, undefined: np.ndarray, reasons: tuple[str, ...]) -> Quantity:
    """Put the reason in place of every undefined number; one without bound keeps its word."""
    codes = np.where(undefined >= 0, -1 - undefined, quantity.codes)
    codes = np.where((undefined < 0) & (quantity.codes < 0), -1 - len(reasons), codes)
    return Quantity(quantity.heading, codes, (*reasons, UNBOUNDED_RATIO))

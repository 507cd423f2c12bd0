"""The tables and figures of every axis, and the verdicts along the thresholds."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.arrays import FloatArray, IntArray
from harness.figures.reference import first_of_use, telling_groups
from harness.numbers import confidence_text, limit_text, number
from harness.report.curves import distributions_of, trade_off_of
from harness.report.model import (
    AxisReading,
    Column,
    Figure,
    Further,
    Panel,
    Quantity,
    Table,
    Tabulation,
    Zone,
    ZoneStrip,
    counts,
    numbers,
    words,
)
from harness.report.operating import operating_points
from harness.report.wording import axis_marks, names_on, ranged, threshold_labels, wording_of
from harness.statistics.verdicts import Verdict

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation
    from harness.statistics.differentials import Differentials
    from harness.statistics.rates import Rates
    from harness.statistics.verdicts import AxisVerdict
    from harness.study import FalseMatchLimit

__all__ = ["axis_readings", "key_thresholds", "ratio_text", "span_text", "zone_strips", "zones_of"]


UNBOUNDED_RATIO = "no upper bound"
UNTRIED = "undefined: no trials"
NO_TRIALS = "undefined: a group has no trials"

MOST_PAIRS = 28
"""Those of eight groups."""

MOST_CELLS = 64
"""Likewise, of probe and reference."""

NUMBERS = ("ratio", "lower", "upper", "p_value")


def ratio_text(value: float, unbounded: str = UNBOUNDED_RATIO) -> str:
    """Write a ratio, or a bound of one, by itself."""
    if np.isnan(value):
        return "undefined"
    return unbounded if np.isinf(value) else number(value)


def span_text(rates: Rates, index: int) -> str:
    """Write the lowest and the highest rate of a group at a threshold."""
    at = rates.estimate[:, index]
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
        telling=telling_groups(evaluation, axis),
        marks=axis_marks(evaluation, axis),
        panels=(
            _panel_of_rates(evaluation, axis, "false_matches"),
            _panel_of_ratio(evaluation, axis),
            *gap,
            _panel_of_rates(evaluation, axis, "false_non_matches"),
        ),
        further=tuple(part for part in further if part is not None),
        trade_off=trade_off_of(evaluation, axis.name),
        distributions=distributions_of(evaluation, axis.name),
        operating=operating_points(evaluation, axis),
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
        f"Two-sided {confidence_text(rates.confidence)} interval of each group by itself, on counts divided by "
        "the design effect.",
        "Group",
        rates.groups,
        (*_counts(evaluation, axis, rates), estimate, lower, upper, effect),
        threshold_labels(evaluation),
    )
    limit = evaluation.false_match_limit if kind == "false_matches" else None
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
        () if limit is None else ((limit.limit, _limit_said(limit)),),
    )
    more = () if kind == "false_matches" else (_differential(evaluation, axis, kind),)
    return Panel(figure, (table, *more))


def _limit_said(limit: FalseMatchLimit) -> str:
    whose = "default limit" if limit.is_default else "limit of the policy"
    return f"{whose}, {limit_text(limit.limit)}"


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
    differential = _differential(evaluation, axis, "false_matches")
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
        (
            (1.0, "equal rates"),
            *(() if ratio is None else ((ratio, f"tolerance of the policy, {limit_text(ratio)}"),)),
        ),
    )
    return Panel(figure, (_verdict(evaluation, axis), differential))


def _panel_of_gap(evaluation: Evaluation, axis: AxisEvaluation) -> Panel:
    """Return the largest gap, drawn with its upper bound."""
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
        () if limit is None else ((limit, f"tolerance of the policy, {limit_text(limit)}"),),
    )
    highest, lowest, groups = _extremes(axis.false_match_differential, axis.false_matches.groups)
    table = Tabulation(
        caption,
        f"Lower bound: {confidence_text(found.confidence)} two-sided, adjusted for the number of pairs. Upper bound: "
        f"{confidence_text(found.confidence)} one-sided; no two groups differ by more.",
        "Differential",
        ("Gap, highest less lowest",),
        (
            words("Highest group", highest, groups),
            words("Lowest group", lowest, groups),
            estimate,
            numbers("Lower bound", found.gap_lower, undefined=NO_TRIALS),
            upper,
        ),
        labels,
    )
    return Panel(figure, (table,))


def _verdict(evaluation: Evaluation, axis: AxisEvaluation) -> Tabulation:
    named = wording_of(evaluation)
    verdicts = tuple(str(verdict) for verdict in Verdict)
    said = np.array(
        [
            [verdicts.index(str(verdict)) for verdict in of_errors]
            for of_errors in (axis.verdict.verdicts, axis.verdicts_on_misses)
        ]
    )
    unknown = np.full_like(axis.verdict.growth_needed, np.nan)
    ratio_tolerated = evaluation.policy.max_ratio is not None
    return Tabulation(
        f"Verdict on {axis.name}",
        "Detectable ratio: what this much data would have detected with a chance of 80 %. Data needed: how many "
        "times as much would show parity with a chance of 80 %, were the rates equal.",
        "Rate",
        (named.rate, named.cost),
        (
            words("Verdict", said, verdicts),
            numbers(
                "Detectable ratio",
                np.stack(
                    [
                        axis.false_match_differential.detectable_ratio,
                        axis.false_non_match_differential.detectable_ratio,
                    ]
                ),
                undefined=NO_TRIALS,
                unbounded="none: too few errors",
            ),
            numbers(
                "Data needed",
                np.stack([axis.verdict.growth_needed, unknown]),
                undefined=f"undefined: worked out for {named.rate} only"
                if ratio_tolerated
                else "undefined: the policy tolerates no ratio",
                unbounded=f"unknown: no {named.errors}",
            ),
        ),
        threshold_labels(evaluation),
    )


def _differential(
    evaluation: Evaluation, axis: AxisEvaluation, kind: Literal["false_matches", "false_non_matches"]
) -> Tabulation:
    found, named = axis.false_match_differential, wording_of(evaluation)
    rates, error = axis.false_matches, named.error
    if kind == "false_non_matches":
        found, rates, error = axis.false_non_match_differential, axis.false_non_matches, named.misses
    highest, lowest, groups = _extremes(found, rates.groups)
    nothing = NO_TRIALS if bool((rates.trials == 0).any()) else f"undefined: no {error} in any group"
    confidence = confidence_text(found.confidence)
    bounds = {"undefined": NO_TRIALS, "unbounded": f"{UNBOUNDED_RATIO}: no {error} in a group"}
    return Tabulation(
        f"Worst ratio and gap of {rates.name} between groups of {axis.name}",
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
                unbounded=f"unbounded: no {error} in the lowest group",
            ),
            numbers("Lower bound", np.stack([found.ratio_lower, found.gap_lower]), undefined=NO_TRIALS),
            numbers("Upper bound", np.stack([found.ratio_upper, found.gap_upper]), **bounds),
        ),
        threshold_labels(evaluation),
    )


def _extremes(found: Differentials, names: tuple[str, ...]) -> tuple[IntArray, IntArray, tuple[str, ...]]:
    """Return the indices of the groups with the highest and the lowest rate, and what they are called."""
    groups = (*names, "all alike", "none: a group has no trials")
    alike = (found.worst == found.best) & (found.worst >= 0)
    highest, lowest = (np.where(alike, -2, indices) % len(groups) for indices in (found.worst, found.best))
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
        f"Two-sided {confidence_text(found.confidence)} intervals from drawn rates; false matches weigh "
        f"{limit_text(found.alpha)} in GARBE, FDR and INEQ. A claim should rest on the bounds of the worst ratio.",
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


def every_two_groups(evaluation: Evaluation, axis: AxisEvaluation) -> Further:
    """Return the ratio of every two groups of an axis; of too many, where they are."""
    groups = axis.false_matches.groups
    heading, pairs = "Every two groups", len(groups) * (len(groups) - 1) // 2
    if pairs == 0:
        return Further(heading, "There is only one group, and nothing to compare it with.", None)
    if pairs > MOST_PAIRS:
        text = (
            f"{pairs:,} pairs of groups are too many to be listed here: pairs.csv has their ratios at the "
            "thresholds of the answer."
        )
        return Further(heading, text, None)
    ratio, lower, upper, p_value = _ratios(evaluation, axis, pairs)
    rows = replace(evaluation, axes={axis.name: axis}).pairs_at([float(evaluation.thresholds[0])])
    named = zip(rows["group"].to_pylist(), rows["other_group"].to_pylist(), strict=True)
    words = wording_of(evaluation)
    table = Tabulation(
        f"Ratio of {words.rate} of every two groups of {axis.name}",
        f"Two-sided {confidence_text(evaluation.policy.confidence)} intervals, each pair by itself; p-values are "
        "adjusted for the number of pairs (Holm).",
        "Pair",
        tuple(f"{group} over {other}" for group, other in named),
        (
            numbers("Ratio", ratio),
            numbers("Lower bound", lower),
            numbers("Upper bound", upper),
            numbers("Adjusted p", p_value),
        ),
        threshold_labels(evaluation),
    )
    return Further(heading, "", table)


def _ratios(evaluation: Evaluation, axis: AxisEvaluation, pairs: int) -> list[FloatArray]:
    """Take ratios, bounds and p-values from the evaluation, each of shape (pairs, T)."""
    found = replace(evaluation, axes={axis.name: axis}).pairs_at(evaluation.thresholds.tolist())
    return [
        np.asarray(found[name].to_numpy(), np.float64).reshape(pairs, len(evaluation.thresholds))
        for name in NUMBERS
    ]


def across_groups(evaluation: Evaluation, axis: AxisEvaluation) -> Further | None:
    """Return the rates of probes of each group against references of each; None unless the pairing is cross."""
    rates = axis.across
    if rates is None:
        return None
    words, heading = wording_of(evaluation), "Probe and reference"
    if len(rates.groups) > MOST_CELLS:
        text = (
            f"{len(rates.groups):,} pairs of probe and reference are too many to be listed here: rates.csv "
            "has their rates at every threshold, and a heat map is among the figures."
        )
        return Further(heading, text, None)
    untried = "undefined: no trials"
    table = Tabulation(
        f"{rates.name} of probes of each group of {axis.name} against references of each",
        f"Two-sided {confidence_text(rates.confidence)} interval of each by itself. The answer rests on trials "
        "within one group.",
        "Probe → reference",
        rates.groups,
        (
            counts(f"Non-mated {words.trials}", rates.trials[:, None]),
            counts(words.errors.capitalize(), rates.errors),
            numbers(rates.name, rates.estimate, undefined=untried),
            numbers("Lower bound", rates.lower, undefined=untried),
            numbers("Upper bound", rates.upper, undefined=untried),
        ),
        threshold_labels(evaluation),
    )
    return Further(heading, "", table)


def zones_of(verdict: AxisVerdict) -> tuple[Zone, ...]:
    """Return the runs of neighbouring thresholds with the same verdict, from the most lenient on."""
    zones, first = [], 0
    for word, run in groupby(verdict.verdicts):
        length = len(list(run))
        zones.append(Zone(str(word), first, first + length - 1))
        first += length
    return tuple(zones)


def zone_strips(evaluation: Evaluation) -> tuple[ZoneStrip, ...]:
    """Return the zones of every axis, each with its table."""
    return tuple(_strip(evaluation, axis) for axis in evaluation.axes.values())


def _strip(evaluation: Evaluation, axis: AxisEvaluation) -> ZoneStrip:
    labels, zones = threshold_labels(evaluation), zones_of(axis.verdict)
    start = first_of_use(evaluation)
    listed = [(max(zone.first, start), zone.last, zone.verdict) for zone in zones if zone.last >= start]
    rows = tuple(
        (ranged(labels[first], labels[last]), verdict, f"{last - first + 1:,}")
        for first, last, verdict in listed
    )
    saturated = (
        f" Saturated, and not listed: {ranged(labels[0], labels[start - 1])}, where more than half of all non-mated "
        f"{wording_of(evaluation).trials} match."
        if start
        else ""
    )
    judged = "The policy judges this axis." if axis.judged else "The policy does not judge this axis."
    table = Table(
        f"Verdicts on {axis.name}, from the most lenient threshold to the strictest",
        f"A verdict is given at each threshold by itself, with {confidence_text(evaluation.policy.confidence)} bounds. "
        f"{judged}{saturated}",
        (
            Column("Thresholds", numeric=False),
            Column("Verdict", numeric=False),
            Column("Thresholds evaluated"),
        ),
        rows,
    )
    return ZoneStrip(axis.name, zones, table)


def key_thresholds(evaluation: Evaluation) -> Table:
    """Return a row for every axis and threshold that matters to it."""
    words = wording_of(evaluation)
    rows = tuple(
        _key_row(evaluation, axis, index)
        for axis in evaluation.axes.values()
        for index in axis_marks(evaluation, axis)
    )
    return Table(
        "The thresholds of the answer, axis by axis",
        f"Ratio: the highest {words.rate} of a group over the lowest, with "
        f"{confidence_text(evaluation.policy.confidence)} bounds.",
        (
            Column("Axis and threshold", numeric=False),
            Column("What it is", numeric=False),
            Column("Verdict there", numeric=False),
            Column("Ratio"),
            Column("Lower bound"),
            Column("Upper bound"),
            Column(f"{words.rate}, lowest to highest"),
            Column(f"{words.cost}, lowest to highest"),
        ),
        rows,
    )


def _key_row(evaluation: Evaluation, axis: AxisEvaluation, index: int) -> tuple[str, ...]:
    found = axis.false_match_differential
    return (
        f"{axis.name} at {threshold_labels(evaluation)[index]}",
        "; ".join(names_on(evaluation, axis, index)),
        str(axis.verdict.verdicts[index]),
        ratio_text(float(found.ratio[index]), "unbounded"),
        ratio_text(float(found.ratio_lower[index])),
        ratio_text(float(found.ratio_upper[index])),
        span_text(axis.false_matches, index),
        span_text(axis.false_non_matches, index),
    )

"""Every two groups: the ratio of their rates, and the rates of probes of one against references of the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from harness.evaluation import AxisEvaluation, Evaluation
from harness.report.content.marks import threshold_labels
from harness.report.content.model import Further
from harness.report.content.numerals import count_text
from harness.report.content.quantities import Tabulation, counts, numbers
from harness.report.content.wording import percent, wording_of

__all__ = ["across_groups", "every_two_groups"]

MOST_PAIRS = 28
"""Those of eight groups."""

MOST_CELLS = 64
"""Likewise, of probe and reference."""

NUMBERS = ("ratio", "lower", "upper", "p_value")


def every_two_groups(evaluation: Evaluation, axis: AxisEvaluation) -> Further:
    """Return the ratio of every two groups of an axis; of too many, where they are."""
    groups = axis.false_matches.groups
    heading, pairs = "Every two groups", len(groups) * (len(groups) - 1) // 2
    if pairs == 0:
        return Further(heading, "There is only one group, and nothing to compare it with.", None)
    if pairs > MOST_PAIRS:
        text = (
            f"{count_text(pairs)} pairs of groups are too many to be listed here: pairs.csv has their ratios at the "
            "thresholds of the answer."
        )
        return Further(heading, text, None)
    ratio, lower, upper, p_value = _ratios(evaluation, axis, pairs)
    rows = replace(evaluation, axes={axis.name: axis}).pairs_at([float(evaluation.thresholds[0])])
    named = zip(rows["group"].to_pylist(), rows["other_group"].to_pylist(), strict=True)
    words = wording_of(evaluation)
    table = Tabulation(
        f"Ratio of {words.rate} of every two groups of {axis.name}",
        f"Two-sided {percent(evaluation.policy.confidence)} intervals, each pair by itself; p-values are adjusted for "
        "the number of pairs (Holm).",
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


def _ratios(evaluation: Evaluation, axis: AxisEvaluation, pairs: int) -> list[npt.NDArray[np.float64]]:
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
            f"{count_text(len(rates.groups))} pairs of probe and reference are too many to be listed here: rates.csv "
            "has their rates at every threshold, and a heat map is among the figures."
        )
        return Further(heading, text, None)
    untried = "undefined: no trials"
    table = Tabulation(
        f"{rates.name} of probes of each group of {axis.name} against references of each",
        f"Two-sided {percent(rates.confidence)} interval of each by itself. The answer rests on trials within one "
        "group.",
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

"""The rates of every group where few of all trials are errors, as NIST's report cards of matchers have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.numbers import about, confidence_text, number, one_in, power_of_ten
from harness.report.model import Block, Column, Paragraph, Table
from harness.report.wording import threshold_labels, wording_of

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation
    from harness.statistics.rates import Rates

__all__ = ["operating_points"]

EXPONENTS = (-2, -3, -4)
"""Of the rates of false matches over all groups at which groups are set beside each other."""

FEWEST_ERRORS = 10
"""With fewer, the rate over all groups may well be twice what it seems (Clopper, Pearson 1934: 10 errors of many trials
are compatible with 4.8 to 18.4)."""


def operating_points(evaluation: Evaluation, axis: AxisEvaluation) -> tuple[Block, ...]:
    """Return a table for every rate over all groups that the data reach, and why there is none for the others.

    Of each rate the most lenient threshold evaluated is taken at which the rate over all groups is no higher. The
    thresholds that the policy names have a table each too.

    Parameters
    ----------
    evaluation : Evaluation
    axis : AxisEvaluation
    """
    rates = axis.false_matches
    reached: dict[int, str] = {}
    missing = []
    for exponent in EXPONENTS:
        level = 10.0**exponent
        few = np.flatnonzero(rates.pooled <= level)
        if level * int(rates.trials.sum()) < FEWEST_ERRORS or not len(few):
            missing.append(_missing(evaluation, rates, exponent))
        else:
            where = f"where {wording_of(evaluation).rate} over all groups is {one_in(level)} at most"
            reached.setdefault(int(few[0]), where)
    if len(evaluation.policy.operating):
        for index in evaluation.reference_indices:
            reached.setdefault(index, "at a threshold that the policy names")
    tables = (_table(evaluation, axis, index, reached[index]) for index in sorted(reached))
    return (*tables, *(Paragraph(text) for text in missing))


def _missing(evaluation: Evaluation, rates: Rates, exponent: int) -> str:
    words, trials = wording_of(evaluation), int(rates.trials.sum())
    level = 10.0**exponent
    named = f"{words.rate} over all groups of {one_in(level)} ({power_of_ten(exponent)})"
    if trials * level < FEWEST_ERRORS:
        return (
            f"The data do not reach {named}: of {trials:,} non-mated {words.trials} that is {about(trials * level)} "
            f"{words.errors}, fewer than the {FEWEST_ERRORS} that a rate takes to be told."
        )
    return f"No threshold evaluated is strict enough for {named}."


def _table(evaluation: Evaluation, axis: AxisEvaluation, index: int, where: str) -> Table:
    words, matches, misses = wording_of(evaluation), axis.false_matches, axis.false_non_matches
    errors, trials = int(matches.errors[:, index].sum()), int(matches.trials.sum())
    columns = [
        Column(heading)
        for rate in (words.rate, words.cost)
        for heading in (rate, f"{rate}, lower bound", f"{rate}, upper bound")
    ]
    return Table(
        f"{axis.name}: rates of every group {where}",
        f"At threshold {threshold_labels(evaluation)[index]}, where {errors:,} of all {trials:,} non-mated "
        f"{words.trials} are {words.errors}. Two-sided {confidence_text(matches.confidence)} interval of each group "
        "by itself.",
        (Column("Group", numeric=False), *columns),
        tuple(
            (group, *_numbers(matches, row, index), *_numbers(misses, row, index))
            for row, group in enumerate(matches.groups)
        ),
    )


def _numbers(rates: Rates, group: int, index: int) -> tuple[str, ...]:
    if not rates.trials[group]:
        return ("no trials",) * 3
    return tuple(number(float(values[group, index])) for values in (rates.estimate, rates.lower, rates.upper))

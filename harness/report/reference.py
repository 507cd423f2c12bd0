"""The first page: who is falsely matched and who is missed at the reference point, and what was tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.figures.reference import telling_groups
from harness.numbers import counted, one_in
from harness.report.model import Column, Reference, Table
from harness.report.wording import (
    listed,
    reference_said,
    threshold_labels,
    wording_of,
)

if TYPE_CHECKING:
    from harness.evaluation import Evaluation
    from harness.statistics.rates import Rates

__all__ = ["at_reference", "tested"]

DIGITS = 2


def at_reference(evaluation: Evaluation) -> Reference:
    """Say who is falsely matched and who is missed at the reference point, by groups of the first judged axis."""
    axis, index = evaluation.judged_axes[0], evaluation.reference_indices[0]
    words, label = wording_of(evaluation), threshold_labels(evaluation)[index]
    rows = telling_groups(evaluation, axis)
    groups = axis.false_matches.groups
    chosen = (
        ""
        if len(rows) == len(groups)
        else f" {len(rows)} of {len(groups)} groups: those {words.people_hit.lower()} most and least often, and the "
        "one missed most often, if any. Tables further down have all."
    )
    return Reference(
        index=index,
        label=label,
        axis=axis.name,
        table=Table(
            f"{words.people_hit} and {words.people_missed.lower()} at threshold {label}, by {axis.name}",
            f"{reference_said(evaluation)}{chosen}",
            (Column("Group", numeric=False), Column(words.people_hit), Column(words.people_missed)),
            tuple(
                (
                    groups[group],
                    _told(axis.false_matches, group, index),
                    _told(axis.false_non_matches, group, index),
                )
                for group in rows
            ),
        ),
    )


def _told(rates: Rates, group: int, index: int) -> str:
    errors, trials = int(rates.errors[group, index]), int(rates.trials[group])
    if not trials:
        return "not tested"
    return one_in(float(rates.estimate[group, index]), digits=DIGITS) if errors else f"none in {trials:,}"


def tested(evaluation: Evaluation) -> str:
    """Say in a sentence what was tested."""
    words, study = wording_of(evaluation), evaluation.study
    watchlist = study.watchlist_size
    non_mated, mated = evaluation.comparisons
    enrolled = "" if watchlist is None else f" of a watchlist of {watchlist:,}"
    axes = listed(
        [
            f"{counted(len(axis.false_matches.groups), 'group')} of {axis.name}"
            for axis in evaluation.axes.values()
        ]
    )
    return (
        f"{study.matcher_in_words}: {non_mated:,} {words.non_mated} and {mated:,} {words.mated}"
        f"{enrolled}, in {axes}, at {counted(len(evaluation.thresholds), 'threshold')}."
    )

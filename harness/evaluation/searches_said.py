"""What an evaluation of searches adds to its answer, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from harness.evaluation.passing import Passing
from harness.evaluation.searches import LISTS_ALIKE
from harness.numbers import alerts_text, counted, percent, threshold_text
from harness.sentences import some
from harness.statistics.passers_by import PASSERS_BY, Bounded

if TYPE_CHECKING:
    from harness.evaluation.result import Evaluation

__all__ = ["bounded_said", "population_said", "share_said", "told_of_searches"]

POPULATIONS = {
    "lists like this": "watchlists like this one: searches that match one subject on it are taken to go together",
    "this list": "this very watchlist; another, even one drawn in the same way, may differ by more than they say",
}
"""What intervals of FPIR are for."""

BY_TOP_CANDIDATES = (
    "; by top candidates alone, which tell too little of how lists differ: give candidate lists"
)


def told_of_searches(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    """Yield what passers-by meet, how people are missed, and on whom alerts fall, each with a heading."""
    found = evaluation.searches
    if found is None:
        return
    if evaluation.passers_by:
        yield "Passers-by", "; ".join(_passing(evaluation, met) for met in evaluation.passers_by)
    axis = evaluation.judged_axes[0]
    if axis.searches is not None:
        yield (
            "Misses",
            "; ".join(_missed(evaluation, index) for index in evaluation.reference_indices),
        )
    if found.listed is not None:
        yield (
            "On the list",
            "; ".join(_on_the_list(evaluation, index) for index in evaluation.reference_indices),
        )
    population = population_said(evaluation)
    if population:
        yield "Intervals are for", population


def population_said(evaluation: Evaluation) -> str:
    """Say what intervals of FPIR are for; empty where a warning does, or trials are taken as independent."""
    found, study = evaluation.searches, evaluation.study
    if found is None or not (study.population or found.population == LISTS_ALIKE):
        return ""
    by_top = found.population == LISTS_ALIKE and found.listed is None
    return POPULATIONS[found.population] + (BY_TOP_CANDIDATES if by_top else "")


def bounded_said(value: Bounded) -> str:
    """Write an expected number of people with its bounds."""
    estimate, lower, upper = map(float, value)
    if np.isnan(estimate):
        return "undefined"
    return f"{alerts_text(estimate)} ({alerts_text(lower)} to {alerts_text(upper)})"


def share_said(value: Bounded) -> str:
    """Write a share with its bounds."""
    estimate, lower, upper = map(float, value)
    if np.isnan(estimate):
        return "undefined"
    ends = [0.0 if np.isnan(lower) else lower, 1.0 if np.isnan(upper) else upper]
    return f"{percent(estimate)} ({percent(ends[0])} to {percent(ends[1])})"


def _passing(evaluation: Evaluation, found: Passing) -> str:
    at = f"at {threshold_text(evaluation.thresholds[found.index])}"
    groups = [f"{group} {bounded_said(met.false)}" for group, met in found.groups.items()]
    of_each = f"false alerts among {PASSERS_BY:,} of each group of {found.axis}: {some(groups)}"
    crowd = found.crowd
    if crowd is None:
        return f"{at}, {of_each}"
    false = f"{at}, among {PASSERS_BY:,} passers-by {bounded_said(crowd.false)} false alerts"
    if not found.prevalence_known:
        return f"{false}; {of_each}"
    return (
        f"{false}, {bounded_said(crowd.true)} true ones, and {bounded_said(crowd.missed)} people on the list are "
        f"missed; {share_said(crowd.share_false)} of alerts are false; {of_each}"
    )


def _missed(evaluation: Evaluation, index: int) -> str:
    found = evaluation.judged_axes[0].searches
    if found is None:
        return ""
    below, outranked = (int(values[:, index].sum()) for values in (found.below, found.outranked))
    failed, mated, wrong = (
        int(found.failed.sum()),
        int(found.wrong.trials.sum()),
        found.wrong.errors[:, index].sum(),
    )
    at = threshold_text(evaluation.thresholds[index])
    return (
        f"at {at}, of {mated:,} mated searches {below + outranked + failed:,} miss ({below:,} below the threshold, "
        f"{outranked:,} outranked, {failed:,} failed), and {int(wrong):,} alert on somebody else on the list"
    )


def _on_the_list(evaluation: Evaluation, index: int) -> str:
    at = f"at {threshold_text(evaluation.thresholds[index])}"
    searches = evaluation.searches
    found = None if searches is None else searches.listed
    if found is None or index < found.first:
        return f"{at}, not all matches are known"
    row = index - found.first
    if not found.alerts[row]:
        return f"{at}, there are no false alerts"
    alerts = counted(int(found.alerts[row]), "false alert falls", "false alerts fall")
    named = counted(int(found.beyond_chance[row]), "subject is", "subjects are")
    share = percent(float(found.top_share[row]))
    return (
        f"{at}, {alerts} on {found.drawing[row]:,} of {found.listed:,} subjects; {share} of them on the 1 % "
        f"({found.top:,}) who draw most; {named} matched by more people than is chance"
    )

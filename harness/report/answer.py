"""The answer in plain language: what was found, what it costs, what stays open and what was tested."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from harness.evaluation import answer, unreliable
from harness.numbers import RARE, about, confidence_text, limit_text, one_in, percent
from harness.report.model import Facts, Status
from harness.report.tables import zones_of
from harness.report.wording import (
    index_of_answer,
    index_of_not_detected,
    listed,
    threshold_labels,
    tolerance,
    wording_of,
)
from harness.statistics.verdicts import Verdict

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation
    from harness.statistics.rates import Rates

__all__ = ["findings", "headline", "lead", "status", "warnings"]


MOST_NAMED = 6


def headline(evaluation: Evaluation) -> str:
    """Return the answer in one sentence."""
    index = evaluation.safe.place
    if index is None:
        return "No threshold can be called safe on this evidence."
    label = threshold_labels(evaluation)[index]
    if evaluation.policy.criterion == "not_detected":
        return (
            f"From a threshold of {label}, no difference between the groups is "
            f"detected{_but_not_shown(evaluation)}."
        )
    return (
        f"From {label} to {_shown_to(evaluation)}, the groups are shown to be alike within "
        f"{tolerance(evaluation)}."
    )


def warnings(evaluation: Evaluation) -> tuple[str, ...]:
    """Return what has to be read before the answer."""
    told = unreliable(evaluation)
    return (f"{told[0].upper()}{told[1:]}.",) if told else ()


def status(evaluation: Evaluation) -> Status:
    """Say how strong the answer is: groups shown to be alike, no difference detected, or no safe threshold."""
    if evaluation.safe.place is None:
        return "none"
    return "not_detected" if evaluation.policy.criterion == "not_detected" else "shown"


def _but_not_shown(evaluation: Evaluation) -> str:
    index = evaluation.safe.place
    shown = all(axis.verdict.verdicts[index or 0] is Verdict.PARITY_SHOWN for axis in evaluation.judged_axes)
    return "" if shown else "; that they are alike is not shown"


def lead(evaluation: Evaluation) -> Facts:
    """Return the answer in plain paragraphs, each under what it is about."""
    parts = (
        ("What was found", _finding(evaluation)),
        ("Not part of it", _not_judged(evaluation)),
        (f"{wording_of(evaluation).errors.capitalize()} there", _let_through(evaluation)),
        ("What it costs", _missed(evaluation)),
        ("What stays open", _undecided(evaluation)),
        ("What was tested", _tested(evaluation)),
    )
    return Facts(tuple((heading, text) for heading, text in parts if text))


def findings(evaluation: Evaluation) -> Facts:
    """Return the answer line by line, in the words of the command."""
    return Facts(answer(evaluation))


def _finding(evaluation: Evaluation) -> str:
    words, labels = wording_of(evaluation), threshold_labels(evaluation)
    index = evaluation.safe.place
    axes = listed([axis.name for axis in evaluation.judged_axes])
    if index is None:
        reason = evaluation.safe.reason
        return f"The policy's criterion is met at no threshold ({reason}).{_not_detected(evaluation)}"
    if evaluation.policy.criterion == "not_detected":
        return (
            f"At {labels[index]} and at every stricter threshold, the {words.rate_in_full} was not found to differ "
            f"between the groups of {axes}.{_detectable(evaluation, index)}"
        )
    return (
        f"At {labels[index]}, the {words.rate_in_full} of no group is more than {_at_most(evaluation)} that of "
        f"another, by {axes}. This is shown for every two groups with {confidence_text(evaluation.policy.confidence)} "
        "confidence, which is more than finding no difference. It is shown up to a threshold of "
        f"{_shown_to(evaluation)}."
    )


def _at_most(evaluation: Evaluation) -> str:
    policy = evaluation.policy
    ratio = "" if policy.max_ratio is None else f"{limit_text(policy.max_ratio)} times"
    gap = "" if policy.max_gap is None else f"{limit_text(policy.max_gap)} above"
    return ", or more than ".join(limit for limit in (ratio, gap) if limit)


def _shown_to(evaluation: Evaluation) -> str:
    ends = [axis.verdict.parity_shown_to for axis in evaluation.judged_axes]
    return threshold_labels(evaluation)[min(end for end in ends if end is not None)]


def _not_detected(evaluation: Evaluation) -> str:
    index = index_of_not_detected(evaluation)
    if index is None:
        return ""
    label = threshold_labels(evaluation)[index]
    return (
        f" From {label} to the strictest, no difference is detected any more.{_detectable(evaluation, index)}"
    )


def _detectable(evaluation: Evaluation, index: int) -> str:
    """Say what "not detected" is worth: the ratio that would have been."""
    ratios = [float(axis.false_match_differential.detectable_ratio[index]) for axis in evaluation.judged_axes]
    largest = max(ratios)
    if np.isnan(largest):
        return ""
    if np.isinf(largest):
        errors = wording_of(evaluation).errors
        return f" That is no proof of likeness: {errors} there are too few for any difference to show."
    return (
        " That is no proof of likeness: only a ratio of about "
        f"{about(largest)} or more would have been detected there with a chance of 80 %."
    )


def _let_through(evaluation: Evaluation) -> str:
    """Say how many errors the safe threshold lets through, by group of the first judged axis."""
    index = evaluation.safe.place
    if index is None:
        return ""
    rates, words = evaluation.judged_axes[0].false_matches, wording_of(evaluation)
    by_group = _by_group(rates, index, partial(one_in, digits=2))
    return f"Of {words.non_mated}, {words.hit}: {by_group}.{_many(evaluation, rates, index)}"


def _missed(evaluation: Evaluation) -> str:
    """Say what the safe threshold, or else the one from which nothing is detected, costs."""
    words, axis, labels = wording_of(evaluation), evaluation.judged_axes[0], threshold_labels(evaluation)
    index = index_of_answer(evaluation)
    if index is None:
        return ""
    by_group = _by_group(axis.false_non_matches, index, percent)
    return f"At {labels[index]}, of {words.mated}, {words.miss}: {by_group}."


def _many(evaluation: Evaluation, rates: Rates, index: int) -> str:
    """Warn where parity holds, but among too many errors for the threshold to be of use."""
    if evaluation.policy.max_fmr is not None or not (rates.estimate[:, index] >= RARE).any():
        return ""
    errors = wording_of(evaluation).errors
    return (
        f" That is many: parity says nothing of how many {errors} there are, and the policy sets no limit to them. "
        "With max_fmr it would."
    )


def _not_judged(evaluation: Evaluation) -> str:
    """Say what is found at the safe threshold on axes on which the answer does not rest."""
    index = evaluation.safe.place
    others = [axis for axis in evaluation.axes.values() if not axis.judged]
    if index is None or not others:
        return ""
    found = listed([f"{axis.name} ({axis.verdict.verdicts[index]} there)" for axis in others])
    return f"The answer does not rest on {found}, which the policy does not judge."


def _by_group(rates: Rates, index: int, written: Callable[[float], str]) -> str:
    tried = [i for i in range(len(rates.groups)) if rates.trials[i]]
    if len(tried) > MOST_NAMED:
        low, high = (pick(tried, key=lambda i: rates.estimate[i, index]) for pick in (min, max))
        rate = float(rates.estimate[low, index])
        if rate == rates.estimate[high, index]:
            return f"{written(rate)} for every group" if rate else "none in any group"
        return f"from {_of(rates, low, index, written)} to {_of(rates, high, index, written)}"
    said = [_of(rates, i, index, written) for i in tried]
    said += [f"unknown for {group}" for i, group in enumerate(rates.groups) if i not in tried]
    return ", ".join(said)


def _of(rates: Rates, group: int, index: int, written: Callable[[float], str]) -> str:
    errors, trials = int(rates.errors[group, index]), int(rates.trials[group])
    rate = written(float(rates.estimate[group, index])) if errors else f"none in {trials:,}"
    return f"{rate} for {rates.groups[group]}"


def _undecided(evaluation: Evaluation) -> str:
    """Say where the evidence decides neither way."""
    sentences = [_undecided_on(evaluation, axis) for axis in evaluation.judged_axes]
    return " ".join(sentence for sentence in sentences if sentence)


def _undecided_on(evaluation: Evaluation, axis: AxisEvaluation) -> str:
    if axis.verdict.obstacles:
        return f"Nothing can be decided on {axis.name}: {'; '.join(axis.verdict.obstacles)}."
    labels = threshold_labels(evaluation)
    runs = [zone for zone in zones_of(axis.verdict) if zone.verdict == Verdict.INCONCLUSIVE]
    if not runs:
        return f"On {axis.name}, the evidence decides at every threshold."
    top = len(labels) - 1
    last = f"from {labels[runs[-1].first]} to the strictest" if runs[-1].last == top else ""
    among = sum(zone.last - zone.first + 1 for zone in runs)
    if len(runs) == 1 and last:
        return f"On {axis.name}, the evidence is too short to tell {last}."
    where = f"between {labels[runs[0].first]} and {labels[runs[-1].last]}"
    return (
        f"On {axis.name}, the evidence is too short to tell at {among:,} of {top + 1:,} "
        f"thresholds, {where}{f', among them all {last}' if last else ''}."
    )


def _tested(evaluation: Evaluation) -> str:
    words, labels, matcher = wording_of(evaluation), threshold_labels(evaluation), evaluation.study.matcher
    non_mated, mated = evaluation.comparisons
    groups = listed([_groups(axis) for axis in evaluation.axes.values()])
    watchlist = evaluation.study.watchlist_size
    enrolled = f" of a watchlist of {watchlist:,}" if watchlist is not None else ""
    return (
        f"{matcher.name}, version {matcher.version}, was tested with {non_mated:,} {words.non_mated} and "
        f"{mated:,} {words.mated}{enrolled}, at {len(labels):,} thresholds from {labels[0]} to "
        f"{labels[-1]}. Groups: {groups}."
    )


def _groups(axis: AxisEvaluation) -> str:
    groups = axis.false_matches.groups
    named = f" ({', '.join(groups)})" if len(groups) <= MOST_NAMED else ""
    return f"{len(groups)} of {axis.name}{named}"

"""The answer in plain language: what was found, what it costs and what stays open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.evaluation.answer import answer, rates_there, unreliable
from harness.evaluation.answer import findings as found_by_axis
from harness.numbers import about, confidence_text
from harness.report.model import Facts, Status
from harness.report.tables import zones_of
from harness.report.wording import index_of_not_detected, listed, threshold_labels, wording_of
from harness.sentences import tolerance_said
from harness.statistics.verdicts import Verdict
from harness.verdict_rule import DISPARITIES, limits_said

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation

__all__ = ["findings", "headline", "lead", "status", "warnings"]


def headline(evaluation: Evaluation) -> str:
    """Return what was found, in a sentence or two, on the axis where it is worst."""
    return found_by_axis(evaluation)[0]


def warnings(evaluation: Evaluation) -> tuple[str, ...]:
    """Return what has to be read before the answer."""
    told = unreliable(evaluation)
    return (f"{told[0].upper()}{told[1:]}.",) if told else ()


def status(evaluation: Evaluation) -> Status:
    """Say how strong the answer is: groups shown to be alike, no difference detected, or no safe threshold."""
    if evaluation.safe.index is None:
        return "none"
    return "not_detected" if evaluation.policy.criterion == "not_detected" else "shown"


def lead(evaluation: Evaluation) -> Facts:
    """Return the answer in plain paragraphs, each under what it is about."""
    lines = dict(answer(evaluation))
    others = found_by_axis(evaluation)[1:]
    at_operating = [f"{heading}: {text}" for heading, text in lines.items() if heading.startswith("At ")]
    parts = (
        ("On the other axes", " ".join(others)),
        ("Operating thresholds", "; ".join(at_operating)),
        ("Safe threshold", _safe(evaluation)),
        ("Who is missed", lines["Cost"]),
        ("Not part of it", lines.get("Not judged", "")),
        ("What stays open", _undecided(evaluation)),
    )
    return Facts(tuple((heading, _sentence(text)) for heading, text in parts if text))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def findings(evaluation: Evaluation) -> Facts:
    """Return the answer line by line, in the words of the command."""
    return Facts(answer(evaluation))


def _safe(evaluation: Evaluation) -> str:
    """Say from where the policy calls the matcher safe, what that means and what is let through; or why nowhere."""
    labels, policy = threshold_labels(evaluation), evaluation.policy
    index, limits = evaluation.safe.index, limits_said(policy, evaluation.false_match_limit)
    if index is None:
        return f"None: {evaluation.safe.reason}.{_not_detected(evaluation)}"
    axes = listed([axis.name for axis in evaluation.judged_axes])
    if policy.criterion == "not_detected":
        return (
            f"{labels[index]}. There and at every stricter threshold, no difference between the groups of {axes} is "
            f"detected, and {limits} is kept.{_detectable(evaluation, index)} {_let_through(evaluation, index)}"
        )
    return (
        f"{labels[index]}, up to {_shown_to(evaluation)}: by {axes}, every two groups are shown to be alike within a "
        f"{tolerance_said(policy.tolerance)}, with {confidence_text(policy.confidence)} confidence, which is more than "
        f"finding no difference; and {limits} is kept. {_let_through(evaluation, index)}"
    )


def _let_through(evaluation: Evaluation, index: int) -> str:
    words = wording_of(evaluation)
    return f"{words.errors.capitalize()} there: {rates_there(evaluation, index)}."


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


def _undecided(evaluation: Evaluation) -> str:
    """Say where the evidence decides neither way."""
    sentences = [_undecided_on(evaluation, axis) for axis in evaluation.judged_axes]
    return " ".join(sentence for sentence in sentences if sentence)


def _undecided_on(evaluation: Evaluation, axis: AxisEvaluation) -> str:
    if axis.verdict.obstacles:
        shown = any(verdict in DISPARITIES for verdict in axis.verdict.verdicts)
        head = "Nothing but disparities" if shown else "Nothing"
        return f"{head} can be decided on {axis.name}: {'; '.join(axis.verdict.obstacles)}."
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

"""The answer in five lines, for a terminal and for a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from harness.evaluation.confirmation import Confirmation
from harness.evaluation.result import AxisEvaluation, Evaluation
from harness.numbers import RARE, about, confidence_text, limit_text, percent, threshold_text
from harness.text import html

__all__ = ["answer", "html_summary", "html_table", "unreliable"]

NOWHERE = "at no threshold"
MOST_NAMED = 6


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
    on = f"{confirmation.comparisons[1][0]:,} non-mated comparisons of the other half of the subjects"
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
    at = rates.estimate[:, _place(evaluation, threshold)]
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


def _place(evaluation: Evaluation, threshold: float) -> int:
    return int(np.flatnonzero(evaluation.thresholds == threshold)[0])


def _more_data(evaluation: Evaluation) -> str:
    """Say what would decide an axis without parity, at the threshold from which nothing is detected on it."""
    if evaluation.policy.criterion != "shown":
        return ""
    for axis in evaluation.judged_axes:
        verdict, place = axis.verdict, axis.verdict.not_detected_from
        if verdict.parity_shown_from is not None or place is None:
            continue
        growth = verdict.growth_needed[place]
        if np.isfinite(growth) and growth > 1:
            trials = about(growth * axis.false_matches.trials.min())
            return (
                f"; at {threshold_text(evaluation.thresholds[place])} it would take about {about(growth)} times as "
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
    place = axis.verdict.not_detected_from
    return (
        f"{threshold_text(evaluation.thresholds[place])}{_if_lowest(place)}" if place is not None else NOWHERE
    )


def _parity(evaluation: Evaluation, axis: AxisEvaluation) -> str:
    first, last = axis.verdict.parity_shown_from, axis.verdict.parity_shown_to
    if first is None or last is None:
        return NOWHERE
    start, end = evaluation.thresholds[[first, last]]
    return f"{threshold_text(start)} to {threshold_text(end)}{_if_lowest(first)}"


def _if_lowest(place: int) -> str:
    return " (from the most lenient evaluated)" if place == 0 else ""


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
    missed = evaluation.judged_axes[0].missed_at(_place(evaluation, threshold))
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
    named = ", ".join(empty[:MOST_NAMED]) + (
        f" and {len(empty) - MOST_NAMED} more" if empty[MOST_NAMED:] else ""
    )
    return f" (no non-mated of {named})" if empty else ""


def _left_out(axis: AxisEvaluation) -> str:
    counts = zip(axis.left_out, ("non-mated", "mated"), strict=True)
    return f"{' and '.join(f'{count:,} {truth}' for count, truth in counts if count)} of {axis.name}"

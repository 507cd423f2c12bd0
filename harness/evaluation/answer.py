"""The answer of an evaluation in sentences: the finding first, then the safe threshold, the cost, the evidence.

A verdict is on one threshold; a range is counted down from the strictest threshold with enough false matches, and has
other words, so that the two never seem to contradict each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from harness.evaluation.axis import AxisEvaluation, Confirmation, MatedCounts
from harness.evaluation.result import Evaluation
from harness.evaluation.searches_said import told_of_searches
from harness.numbers import about, confidence_text, one_in, percent, threshold_text
from harness.sentences import Errors, compared, rates_by_group, some, tolerance_said
from harness.statistics.differentials import Differentials
from harness.statistics.rates import Rates
from harness.statistics.verdicts import Verdict
from harness.study import Tolerance
from harness.text import html
from harness.verdict_rule import DISPARITIES

__all__ = [
    "answer",
    "findings",
    "html_summary",
    "html_table",
    "rates_there",
    "trials_word",
    "unreliable",
]

NOWHERE = "none"

_WORST_LAST = (
    Verdict.PARITY_SHOWN,
    Verdict.INCONCLUSIVE,
    Verdict.SATURATED,
    Verdict.DISPARITY_SHOWN,
    Verdict.DISPARITY_BEYOND_TOLERANCE,
)


def answer(evaluation: Evaluation) -> tuple[tuple[str, str], ...]:
    """Return the answer as pairs of a heading and sentences, generated from the results.

    What was found comes first; where an answer that a file states does not follow from its arrays, that comes before.
    Operating thresholds are answered one by one. Warnings are last.
    """
    contradicted = (
        () if evaluation.contradiction is None else (("Not to be relied on", unreliable(evaluation)),)
    )
    confirmed = evaluation.confirmation
    return (
        *contradicted,
        ("Found", " ".join(findings(evaluation))),
        *_at_each_operating_threshold(evaluation),
        ("Safe threshold", _safe(evaluation)),
        ("Not detected from", _by_axis(evaluation, _not_detected)),
        ("Range of parity", _ranges(evaluation)),
        ("Cost", _cost(evaluation)),
        *told_of_searches(evaluation),
        *_not_judged(evaluation),
        ("Evidence", _evidence(evaluation)),
        *(() if evaluation.study.matcher else (("Matcher", "not named: no gate will use this evaluation"),)),
        *(() if confirmed is None else (("Confirmation", _confirmation(confirmed)),)),
        *(("Warning", warning) for warning in evaluation.warnings),
    )


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
    return html_table(evaluation.study.matcher_name, answer(evaluation))


def html_table(caption: str, lines: Iterable[tuple[str, str]]) -> str:
    """Return sentences as an HTML table, each beside its heading."""
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left">{html(heading)}</th>'
        f'<td style="text-align:left">{html(sentence)}</td></tr>'
        for heading, sentence in lines
    )
    return f"<table><caption>{html(caption)}</caption><tbody>{rows}</tbody></table>"


def findings(evaluation: Evaluation) -> tuple[str, ...]:
    """Say what was found on each judged axis, the worst first.

    Each says where a disparity is shown, and how things stand at the threshold at which the answer is told.
    """
    indices = evaluation.reference_indices
    told = [(axis, max(indices, key=lambda index: _severity(axis, index))) for axis in evaluation.judged_axes]
    told.sort(key=lambda one: _severity(*one), reverse=True)
    return tuple(_found(evaluation, axis, index) for axis, index in told)


def _severity(axis: AxisEvaluation, index: int) -> tuple[int, bool, float]:
    verdict = axis.verdict.verdicts[index]
    anywhere = any(one in DISPARITIES for one in axis.verdict.verdicts)
    lower = float(axis.false_match_differential.ratio_lower[index])
    return _WORST_LAST.index(verdict), anywhere, lower if lower > 0 else 0.0


def _found(evaluation: Evaluation, axis: AxisEvaluation, index: int) -> str:
    lacking = "; ".join(axis.verdict.obstacles)
    if lacking and not _disparities(axis.verdict.verdicts):
        return f"By {axis.name}, nothing can be decided: {lacking}."
    hindered = f" Parity cannot be shown: {lacking}." if lacking else ""
    return f"By {axis.name}, {_where_shown(evaluation, axis)}. {_at(evaluation, axis, index)}.{hindered}"


def _where_shown(evaluation: Evaluation, axis: AxisEvaluation) -> str:
    verdicts = axis.verdict.verdicts
    disparities = _disparities(verdicts)
    saturated = verdicts.count(Verdict.SATURATED)
    if not disparities:
        every = " at which at most half of all match" if saturated else ""
        return f"no disparity is shown at any threshold{every}"
    first, last = disparities[0], disparities[-1]
    if last - first + 1 == len(disparities) and first == saturated:
        return f"a disparity is shown {'up' if evaluation.study.sign > 0 else 'down'} to {_text(evaluation, last)}"
    return f"a disparity is shown {_among(evaluation, disparities)}"


def _disparities(verdicts: tuple[Verdict, ...]) -> list[int]:
    return [index for index, verdict in enumerate(verdicts) if verdict in DISPARITIES]


def _among(evaluation: Evaluation, indices: list[int]) -> str:
    """Say at which thresholds, of which neighbours need not be among them."""
    first, last = _text(evaluation, indices[0]), _text(evaluation, indices[-1])
    if len(indices) == 1:
        return f"at {first} alone"
    return f"at {len(indices):,} of {len(evaluation.thresholds):,} thresholds between {first} and {last}"


def _at(evaluation: Evaluation, axis: AxisEvaluation, index: int) -> str:
    """Say how false matches stand on one axis at one threshold."""
    rates, found, verdict = axis.false_matches, axis.false_match_differential, axis.verdict.verdicts[index]
    pooled = rates.errors[:, index].sum() / max(int(rates.trials.sum()), 1)
    share = one_in(pooled, digits=3) if pooled else "no"
    many = f"{share} of" if share.endswith("%") else share
    matches = "raise an alert" if evaluation.study.task == "identification" else "match"
    there = f"At {_text(evaluation, index)}, where {many} non-mated {trials_word(evaluation)} {matches}, "
    tolerance = evaluation.policy.tolerance
    if verdict is Verdict.SATURATED:
        return f"{there}nothing rests on how the groups compare"
    if verdict is Verdict.PARITY_SHOWN:
        return f"{there}the groups are shown to be alike: {_bounded(found, index, tolerance)}"
    if verdict in DISPARITIES:
        beyond = (
            f", beyond the tolerated {tolerance_said(tolerance)}"
            if verdict is Verdict.DISPARITY_BEYOND_TOLERANCE
            else ""
        )
        return f"{there}{_apart('false matches', rates, found, index)}{beyond}"
    return f"{there}neither a disparity nor parity is shown{_detectable(found, index)}"


def _bounded(found: Differentials, index: int, tolerance: Tolerance) -> str:
    said = []
    if tolerance.max_ratio is not None and found.ratio_upper[index] <= tolerance.max_ratio:
        said.append(f"no ratio is above {about(found.ratio_upper[index])}")
    if tolerance.max_gap is not None and found.gap_upper[index] <= tolerance.max_gap:
        said.append(f"no gap is above {about(found.gap_upper[index])}")
    sure = confidence_text(found.confidence)
    return f"{' and '.join(said)}, with {sure} confidence ({tolerance_said(tolerance)} is tolerated)"


def _apart(errors: Errors, rates: Rates, found: Differentials, index: int) -> str:
    """Name the two groups that are shown best to differ, and by how much."""
    more, fewer = int(found.shown_more[index]), int(found.shown_fewer[index])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = float(rates.estimate[more, index] / rates.estimate[fewer, index])
    bounds = float(found.ratio_lower[index]), float(found.ratio_upper[index])
    return compared(errors, rates.groups[more], rates.groups[fewer], ratio, *bounds, found.confidence)


def _detectable(found: Differentials, index: int) -> str:
    ratio = found.detectable_ratio[index]
    if not np.isfinite(ratio):
        return ": there are too few errors for any difference to show"
    return f": only a ratio of about {about(ratio)} or more would have been detected (with 80 % power)"


def trials_word(evaluation: Evaluation) -> str:
    """Say what a trial is in the evaluation's task."""
    return "searches" if evaluation.study.task == "identification" else "comparisons"


def _text(evaluation: Evaluation, index: int) -> str:
    return threshold_text(evaluation.thresholds[index])


def _at_each_operating_threshold(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    if len(evaluation.policy.operating) < 2:
        return  # the one is told under what was found
    for index in evaluation.reference_indices:
        said = "; ".join(f"by {axis.name}, {_verdict_there(axis, index)}" for axis in evaluation.judged_axes)
        yield f"At {_text(evaluation, index)}", f"{_standing(evaluation, index)}; {said}"


def _standing(evaluation: Evaluation, index: int) -> str:
    safe = evaluation.safe.index
    if safe is None:
        return "there is no safe threshold"
    return (
        "the safe threshold" if index == safe else "below the safe threshold" if index < safe else "above it"
    )


def _verdict_there(axis: AxisEvaluation, index: int) -> str:
    verdict = axis.verdict.verdicts[index]
    if verdict in DISPARITIES:
        apart = _apart("false matches", axis.false_matches, axis.false_match_differential, index)
        return f"{verdict}: {apart}"
    return str(verdict)


def _safe(evaluation: Evaluation) -> str:
    index, tolerance = evaluation.safe.index, tolerance_said(evaluation.policy.tolerance)
    criterion = f"criterion {evaluation.policy.criterion}{f', {tolerance}' if tolerance else ''}"
    if index is None:
        return f"none ({criterion}): {evaluation.safe.reason}{_more_data(evaluation)}"
    return f"{_text(evaluation, index)} ({criterion}): {evaluation.safe.reason}; {rates_there(evaluation, index)}"


def rates_there(evaluation: Evaluation, index: int) -> str:
    """Say how often the people of each group are falsely matched at a threshold, by the first judged axis."""
    axis = evaluation.judged_axes[0]
    return f"{axis.false_matches.name} there by {axis.name}: {_groups(axis.false_matches, index)}"


def _groups(rates: Rates, index: int, written: Callable[[float], str] = one_in) -> str:
    return rates_by_group(rates.groups, rates.errors[:, index].tolist(), rates.trials.tolist(), written)


def _more_data(evaluation: Evaluation) -> str:
    """Say what would decide an axis that is inconclusive where the answer is told; nothing of one with a disparity."""
    if evaluation.policy.criterion != "shown":
        return ""
    for axis in evaluation.judged_axes:
        verdict, index = axis.verdict, axis.verdict.not_detected_from
        told = {verdict.verdicts[at] for at in evaluation.reference_indices}
        if verdict.parity_shown_from is not None or index is None or told & set(DISPARITIES):
            continue
        growth = verdict.growth_needed[index]
        if np.isfinite(growth) and growth > 1:
            trials = about(growth * axis.false_matches.trials.min())
            return (
                f"; by {axis.name}, at {_text(evaluation, index)} it would take about {about(growth)} times as much "
                f"data ({trials} non-mated {trials_word(evaluation)} a group) to show it, were the rates equal"
            )
    return ""


def _by_axis(evaluation: Evaluation, part: Callable[[Evaluation, AxisEvaluation], str]) -> str:
    return "; ".join(f"by {_named(axis)} {part(evaluation, axis)}" for axis in evaluation.axes.values())


def _named(axis: AxisEvaluation) -> str:
    return axis.name if axis.judged else f"{axis.name} (not judged)"


def _not_detected(evaluation: Evaluation, axis: AxisEvaluation) -> str:
    index = axis.verdict.not_detected_from
    return NOWHERE if index is None else f"{_text(evaluation, index)}{_if_lowest(index)}"


def _ranges(evaluation: Evaluation) -> str:
    if not evaluation.policy.tolerance.is_stated:
        return "the policy states no tolerance"
    ranges = _by_axis(evaluation, _range)
    if all(axis.verdict.parity_shown_from is None for axis in evaluation.axes.values()):
        return ranges
    return f"{ranges} (within {tolerance_said(evaluation.policy.tolerance)} throughout)"


def _range(evaluation: Evaluation, axis: AxisEvaluation) -> str:
    first, last = axis.verdict.parity_shown_from, axis.verdict.parity_shown_to
    if first is None or last is None:
        return NOWHERE
    return f"{_text(evaluation, first)} to {_text(evaluation, last)}{_if_lowest(first)}"


def _if_lowest(index: int) -> str:
    return " (from the most lenient evaluated)" if index == 0 else ""


def _cost(evaluation: Evaluation) -> str:
    """Say who is missed how often at the safe threshold, or else where the answer is told, and how groups differ."""
    safe = evaluation.safe.index
    indices = evaluation.reference_indices if safe is None else (safe,)
    rates = evaluation.judged_axes[0].false_non_matches
    by_threshold = [
        f"{rates.name} at {_text(evaluation, index)}{' (the safe threshold)' if index == safe else ''} by "
        f"{evaluation.judged_axes[0].name}: {_groups(rates, index, percent)}"
        for index in indices
    ]
    return "; ".join([*by_threshold, *_misses(evaluation, indices)])


def _misses(evaluation: Evaluation, indices: tuple[int, ...]) -> Iterator[str]:
    """Give the verdict on misses of every axis; a shown disparity at any threshold is told."""
    tolerance = evaluation.policy.tolerance_of_misses
    for axis in evaluation.axes.values():
        rates, found = axis.false_non_matches, axis.false_non_match_differential
        there = [index for index in indices if axis.verdicts_on_misses[index] in DISPARITIES]
        anywhere = _disparities(axis.verdicts_on_misses)
        by = f"by {_named(axis)}"
        if there:
            beyond = axis.verdicts_on_misses[there[-1]] is Verdict.DISPARITY_BEYOND_TOLERANCE
            more = f", beyond the tolerated {tolerance_said(tolerance)}" if beyond else ""
            at = f"at {_text(evaluation, there[-1])} " if len(indices) > 1 else ""
            yield f"{by}, {at}{_apart('misses', rates, found, there[-1])}{more}"
        elif anywhere:
            yield f"{by}, no disparity in misses is shown there, but one is {_among(evaluation, anywhere)}"
        elif axis.judged:
            alike = all(axis.verdicts_on_misses[index] is Verdict.PARITY_SHOWN for index in indices)
            yield (
                f"{by}, misses are shown to be alike within {tolerance_said(tolerance)}"
                if alike
                else f"{by}, no disparity in misses is shown"
            )


def _not_judged(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    """Tell what is shown on axes on which the answer does not rest."""
    shown = [
        f"by {axis.name}, {_where_shown(evaluation, axis)}"
        for axis in evaluation.axes.values()
        if not axis.judged and any(verdict in DISPARITIES for verdict in axis.verdict.verdicts)
    ]
    if shown:
        yield "Not judged", f"{'; '.join(shown)}; the answer does not rest on it"


def _confirmation(confirmation: Confirmation) -> str:
    on = f"{confirmation.comparisons[1].non_mated:,} non-mated comparisons of the other half of the subjects"
    if confirmation.chosen is None:
        return f"{confirmation.outcome}, half of the subjects have no safe threshold: {confirmation.reason}"
    chosen = f"{threshold_text(confirmation.chosen)}, chosen on half of the subjects,"
    return f"{chosen} {confirmation.outcome} on {on}: {confirmation.reason}"


def _evidence(evaluation: Evaluation) -> str:
    non_mated, mated = evaluation.comparisons
    axes = evaluation.axes.values()
    groups = ", ".join(f"{len(axis.false_matches.groups)} of {axis.name}{_empty(axis)}" for axis in axes)
    left_out = ", ".join(_left_out(axis) for axis in axes if any(axis.left_out))
    asked_for = "" if evaluation.asked_for is None else f" ({len(evaluation.asked_for):,} asked for)"
    return (
        f"{non_mated:,} non-mated and {mated:,} mated {trials_word(evaluation)}, groups: {groups}, "
        f"{len(evaluation.thresholds):,} thresholds{asked_for}, {confidence_text(evaluation.policy.confidence)} bounds"
        f"{f'; in no group: {left_out}' if left_out else ''}"
    )


def _empty(axis: AxisEvaluation) -> str:
    """Name the groups that have no non-mated trials."""
    rates = axis.false_matches
    empty = [group for group, trials in zip(rates.groups, rates.trials, strict=True) if not trials]
    return f" (no non-mated of {some(empty)})" if empty else ""


def _left_out(axis: AxisEvaluation) -> str:
    return f"{_counted(axis.left_out)} of {axis.name}{_excluded(axis)}"


def _excluded(axis: AxisEvaluation) -> str:
    """Say how many of the comparisons in no group are of groups that the study excludes."""
    if not any(axis.of_excluded_groups):
        return ""
    named = some([group for group, counts in (axis.excluded or {}).items() if any(counts)])
    return f" ({_counted(axis.of_excluded_groups)} of {named}, which the study excludes)"


def _counted(counts: MatedCounts) -> str:
    by_truth = zip(counts, ("non-mated", "mated"), strict=True)
    return " and ".join(f"{count:,} {truth}" for count, truth in by_truth if count)

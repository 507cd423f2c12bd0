"""The answer of a paired comparison in sentences: what the update does to the differential first, then the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator

from harness.change.result import (
    FEWEST_ERRORS,
    Change,
    ChangeVerdict,
    PairedComparison,
    PairOfGroups,
    named,
)
from harness.numbers import about, confidence_text, limit_text, number, one_in, percent, threshold_text
from harness.sentences import bounds_said, rates_by_group

__all__ = ["FEWEST_PEOPLE", "answer", "findings"]

FEWEST_PEOPLE = 200
"""Among fewer, 1.5 % of people of whom a matcher makes wolves are not met at all in more than 5 % of samples."""

_ERRORS = {"FMR": "falsely matched", "FPIR": "falsely matched", "FNMR": "missed", "FNIR": "missed"}


def answer(comparison: PairedComparison) -> tuple[tuple[str, str], ...]:
    """Return the answer as pairs of a heading and sentences, the finding first."""
    return (
        ("Found", " ".join(findings(comparison))),
        *_by_point(comparison),
        *(("Misses", said) for said in _of_misses(comparison)),
        ("Verdict", _verdict(comparison)),
        ("Evidence", _evidence(comparison)),
        *(("Warning", said) for said in _few_people(comparison)),
        *(("Note", note) for note in comparison.notes),
    )


def findings(comparison: PairedComparison) -> tuple[str, ...]:
    """Say what the update does to the differential on each judged axis, the worst first."""
    ordered = list(ChangeVerdict)
    judged = sorted(
        (change for change in comparison.changes if change.judged),
        key=lambda change: ordered.index(change.verdict),
        reverse=True,
    )
    return tuple(_found(comparison, change) for change in judged) or (
        "Nothing can be decided: the scores do not reach the rate at which the two would be compared.",
    )


def _found(comparison: PairedComparison, change: Change) -> str:
    by, errors = f"By {change.axis}", "misses" if change.rate in ("FNMR", "FNIR") else "false matches"
    if undecided := _undecided(change):
        return f"{by}, nothing can be decided: {undecided}."
    apart = f"the update {{}} the differential in {errors}"
    tolerated = limit_text(change.tolerance)
    head = {
        ChangeVerdict.NOT_WORSE: apart.format("does not widen") + f" beyond {tolerated} times",
        ChangeVerdict.WIDER: apart.format("widens"),
        ChangeVerdict.WIDER_BEYOND_TOLERANCE: apart.format("widens") + f", beyond {tolerated} times",
        ChangeVerdict.INCONCLUSIVE: f"it is not shown whether {apart.format('widens')}",
    }[change.verdict]
    hindered = f" Of others nothing is shown: {'; '.join(change.obstacles)}." if change.obstacles else ""
    return f"{by}, {head}. {_there(change)}, {_details(comparison, change)}.{hindered}"


def _undecided(change: Change) -> str:
    """Say why nothing is decided, where nothing is and more is lacking than errors."""
    return "; ".join(change.obstacles) if change.verdict is ChangeVerdict.INCONCLUSIVE else ""


def _there(change: Change) -> str:
    thresholds = f"{threshold_text(change.old_threshold)} and {threshold_text(change.new_threshold)}"
    pooled = [one_in(rate) if rate else "none" for rate in (change.old_pooled, change.new_pooled)]
    if change.at == "own thresholds":
        return f"At their own thresholds of {thresholds} (pooled {change.rate} {pooled[0]} and {pooled[1]})"
    if change.rate in ("FNMR", "FNIR"):
        return f"At thresholds of {thresholds}, of equal pooled false match rates"
    return f"At an equal pooled {change.rate} of {pooled[0]} (thresholds {thresholds})"


def _details(comparison: PairedComparison, change: Change) -> str:
    """Say how far apart the pair of groups that decides is with either matcher."""
    if change.told < 0:
        return "there are too few trials to bound anything"
    pair = change.pairs[change.told]
    confidence = comparison.policy.confidence
    said = f"{_ratios(pair, change.rate)}{_apart(pair, confidence)}"
    if change.verdict is ChangeVerdict.NOT_WORSE:
        return (
            f"{said}; no two groups are more than {number(change.upper, 'up')} times as far apart, with "
            + (f"{confidence_text(confidence)} confidence")
        )
    return f"{said}{_more_data(change)}" if change.verdict is ChangeVerdict.INCONCLUSIVE else said


def _ratios(pair: PairOfGroups, rate: str) -> str:
    old, new = (_ratio(one.estimate) for one in (pair.old, pair.new))
    return (
        f"people of group {pair.more} are {_ERRORS[rate]} {new} as often as those of group {pair.fewer} with the new "
        f"matcher, {old} with the old"
    )


def _ratio(value: float) -> str:
    if math.isnan(value):
        return "an unknown number of times"
    return "beyond any number of times" if math.isinf(value) else f"{about(value)} times"


def _apart(pair: PairOfGroups, confidence: float) -> str:
    apart = pair.widening
    if not math.isfinite(apart.estimate):
        return ""
    return (
        f": {about(apart.estimate)} times as far apart ({bounds_said(apart.lower, apart.upper, confidence)})"
    )


def _more_data(change: Change) -> str:
    """Say how many errors it would take."""
    growth, fewest = change.growth_needed, min(min(one.old, one.new) for one in change.groups)
    errors = "misses" if change.rate in ("FNMR", "FNIR") else "false matches"
    few = [one for one in change.groups if one.is_few]
    if few and growth <= 1:
        return f"; {few[0].group} has fewer than {FEWEST_ERRORS} {errors} with either matcher, which decide nothing"
    if not math.isfinite(growth) or not fewest:
        return f"; there are too few {errors} to tell: {fewest} in one group"
    if growth <= 1:
        return ""
    return (
        f"; were nothing changed, it would take about {about(growth)} times as much data to show it, some "
        f"{about(growth * fewest)} {errors} in each group and with each matcher (now {fewest:,} in one)"
    )


def _by_point(comparison: PairedComparison) -> Iterator[tuple[str, str]]:
    """Tell, line by line, of the other points and axes."""
    for change in comparison.changes:
        if change.judged or change.rate in ("FNMR", "FNIR"):
            continue
        said = f"{change.verdict}: {_undecided(change) or _brief(comparison, change)}"
        yield f"By {change.axis}", f"{_there(change).replace('At', 'at', 1)}, {said}"


def _brief(comparison: PairedComparison, change: Change) -> str:
    if change.told < 0:
        return "too few trials"
    pair = change.pairs[change.told]
    old, new = (_ratio(one.estimate) for one in (pair.old, pair.new))
    return f"{pair.more} to {pair.fewer} from {old} to {new}{_apart(pair, comparison.policy.confidence)}"


def _of_misses(comparison: PairedComparison) -> Iterator[str]:
    for change in comparison.changes:
        if change.rate not in ("FNMR", "FNIR") or not change.reference or change.judged:
            continue
        groups, trials = [one.group for one in change.groups], [one.trials for one in change.groups]
        old, new = (
            rates_by_group(groups, [getattr(one, which) for one in change.groups], trials, percent)
            for which in ("old", "new")
        )
        said = _undecided(change) or _brief(comparison, change)
        yield (
            f"by {change.axis}, {change.rate} with the old matcher: {old}; with the new one: {new}; {change.verdict}: "
            f"{said} (told, not judged)"
        )


def _verdict(comparison: PairedComparison) -> str:
    of_misses = comparison.tolerance_of_misses
    misses = "" if of_misses is None else f", {limit_text(of_misses)} in misses"
    return (
        f"{comparison.verdict} ({limit_text(comparison.tolerance)} times as far apart is tolerated{misses})"
    )


def _evidence(comparison: PairedComparison) -> str:
    non_mated, mated = comparison.comparisons
    on = f", paired by {', '.join(comparison.on)}" if comparison.on else ", paired row by row"
    return (
        f"{non_mated:,} non-mated and {mated:,} mated trials of {named(comparison)}{on}; "
        f"{confidence_text(comparison.policy.confidence)} bounds"
    )


def _few_people(comparison: PairedComparison) -> Iterator[str]:
    """Warn of groups in which people of whom the new matcher makes wolves may be missing altogether."""
    for change in comparison.changes:
        few = [one for one in change.groups if one.subjects is not None and one.subjects < FEWEST_PEOPLE]
        if change.judged and few and change.verdict is ChangeVerdict.NOT_WORSE:
            named_groups = ", ".join(f"{one.group} has {one.subjects}" for one in few)
            yield (
                f"few people by {change.axis}: {named_groups}. Were the new matcher to raise the scores of 1 or 2 % of "
                f"the people of one group, fewer than {FEWEST_PEOPLE} might hold none of them; 'not worse' holds for "
                "people like these"
            )

"""What figures show, in words: for a screen reader, generated from the same numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from harness.plots.false_match_rates import FalseMatchRateDisplay

__all__ = ["NAMES", "describe_false_match_rates", "percent", "threshold_text"]

NAMES = {"FMR": "false match rate", "FPIR": "false positive identification rate"}
MOST_NAMED = 6


def threshold_text(threshold: float) -> str:
    """Return a threshold as it is written everywhere."""
    return f"{threshold:.6g}"


def percent(confidence: float) -> str:
    """Return a confidence such as 0.95 as 95 %."""
    return f"{100 * confidence:g} %"


def describe_false_match_rates(display: FalseMatchRateDisplay) -> str:
    """Return a paragraph: what is drawn, its range, the highest and lowest group, and where events run out.

    Parameters
    ----------
    display : FalseMatchRateDisplay
    """
    parts = (_subject(display), _range(display), _marks(display), _comparison(display), _ends(display))
    return " ".join(part for part in parts if part)


def _subject(display: FalseMatchRateDisplay) -> str:
    groups = len(display.groups)
    named = f": {', '.join(display.groups)}" if groups <= MOST_NAMED else ""
    return (
        f"Line chart of the {NAMES[display.rate]} ({display.rate}) of {display.matcher} against the "
        f"threshold, a line for each of {groups} {'group' if groups == 1 else 'groups'} of {display.axis}"
        f"{named}. The rate is on a logarithmic scale, with bands of {percent(display.confidence)} "
        "confidence."
    )


def _range(display: FalseMatchRateDisplay) -> str:
    drawn = display.thresholds[display.shown]
    ends = f"{threshold_text(drawn[0])} to {threshold_text(drawn[-1])}"
    direction = "" if display.better == "higher" else ", a distance, so that lower is stricter"
    estimate = display.estimate[:, display.shown][display.errors[:, display.shown] > 0]
    if not len(estimate):
        return f"Thresholds run from {ends}{direction}."
    return (
        f"Thresholds run from {ends}{direction}; the estimates drawn lie between {estimate.max():.3g} and "
        f"{estimate.min():.3g}."
    )


def _marks(display: FalseMatchRateDisplay) -> str:
    safe, not_detected = display.safe_threshold, display.not_detected_from
    reason = f" ({display.safe_reason})" if display.safe_reason else ""
    said = "There is no safe threshold" if safe is None else f"The safe threshold is {threshold_text(safe)}"
    also = (
        f"A disparity on {display.axis} is detected up to the strictest threshold, or cannot be judged."
        if not_detected is None
        else f"No disparity on {display.axis} is detected from {threshold_text(not_detected)}."
    )
    return f"{said}{reason}. {also}"


def _comparison(display: FalseMatchRateDisplay) -> str:
    events = np.flatnonzero(display.errors.sum(axis=0))
    if display.safe_threshold is not None:
        place = int(np.flatnonzero(display.thresholds == display.safe_threshold)[0])
        where = f"At the safe threshold {threshold_text(display.safe_threshold)}"
    elif len(events):
        place = int(events[-1])
        where = f"At {threshold_text(display.thresholds[place])}, the strictest threshold with errors,"
    else:
        return ""
    tried = np.flatnonzero(display.trials)
    if not display.errors[:, place].any() or not len(tried):
        return f"{where} no group has errors."
    highest = tried[np.argmax(display.estimate[tried, place])]
    lowest = tried[np.argmin(display.estimate[tried, place])]
    if display.estimate[highest, place] == display.estimate[lowest, place]:
        return f"{where} every group has {_rate(display, int(highest), place)}."
    return (
        f"{where} the highest rate is that of {display.groups[highest]}, "
        f"{_rate(display, int(highest), place)}, and the lowest that of {_lowest(display, place)}."
    )


def _lowest(display: FalseMatchRateDisplay, place: int) -> str:
    """Name the lowest group, or the groups without errors, of which none is known to be the lowest."""
    tried = np.flatnonzero(display.trials)
    without = [i for i in tried if not display.errors[i, place]]
    if not without:
        lowest = int(tried[np.argmin(display.estimate[tried, place])])
        return f"{display.groups[lowest]}, {_rate(display, lowest, place)}"
    if len(without) == 1:
        return f"{display.groups[without[0]]}, {_rate(display, int(without[0]), place)}"
    bound = display.upper[without, place].max()
    named = (
        ", ".join(display.groups[i] for i in without)
        if len(without) <= MOST_NAMED
        else f"{len(without)} groups"
    )
    return f"{named}, which have no errors (upper bounds up to {bound:.3g})"


def _rate(display: FalseMatchRateDisplay, group: int, place: int) -> str:
    if not display.errors[group, place]:
        return f"no errors (upper bound {display.upper[group, place]:.3g})"
    estimate, lower, upper = (a[group, place] for a in (display.estimate, display.lower, display.upper))
    return f"{estimate:.3g} (bounds {lower:.3g} and {upper:.3g})"


def _ends(display: FalseMatchRateDisplay) -> str:
    """Where each group's events run out, beyond which only an upper bound is drawn."""
    last = {
        group: int(np.flatnonzero(errors)[-1])
        for group, errors, trials in zip(display.groups, display.errors, display.trials, strict=True)
        if trials and errors.any() and not errors[-1]
    }
    never = [
        g for g, e, n in zip(display.groups, display.errors, display.trials, strict=True) if n and not e.any()
    ]
    untried = [group for group, trials in zip(display.groups, display.trials, strict=True) if not trials]
    said = []
    if last:
        said.append(
            f"The last threshold with errors is {_last(display, last)}; stricter than that only upper bounds "
            "are drawn, because zero errors are not a rate of zero."
        )
    if never:
        said.append(f"Without any error, and drawn by upper bounds alone: {_some(never)}.")
    if untried:
        said.append(f"Without trials, and not drawn: {_some(untried)}.")
    return " ".join(said)


def _last(display: FalseMatchRateDisplay, last: dict[str, int]) -> str:
    def at(group: str) -> str:
        return f"{threshold_text(display.thresholds[last[group]])} for {group}"

    if len(last) <= MOST_NAMED:
        return ", ".join(at(group) for group in last)
    earliest, latest = min(last, key=last.__getitem__), max(last, key=last.__getitem__)
    return f"between {at(earliest)} and {at(latest)}"


def _some(groups: list[str]) -> str:
    if len(groups) <= MOST_NAMED:
        return ", ".join(groups)
    return f"{', '.join(groups[:MOST_NAMED])} and {len(groups) - MOST_NAMED} more"

"""What charts of rates show, in words: for a screen reader, generated from the same numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.figures.words import (
    MOST_NAMED,
    NAMES,
    counted,
    drawn_range,
    marks_said,
    percent,
    some,
    threshold_text,
)

if TYPE_CHECKING:
    from harness.figures.rate_curves import RateDisplay

__all__ = ["describe_costs", "describe_rates"]


def describe_rates(display: RateDisplay) -> str:
    """Return a paragraph: what is drawn, its range, the highest and lowest group, and where events run out.

    Parameters
    ----------
    display : RateDisplay
        Of false matches.
    """
    parts = (
        f"{_subject(display)} The rate is on a logarithmic scale, with bands of {percent(display.confidence)} "
        "confidence.",
        _range(display),
        marks_said(display),
        _comparison(display),
        _ends(display),
    )
    return " ".join(part for part in parts if part)


def describe_costs(display: RateDisplay) -> str:
    """Return a paragraph: what is drawn, and what the safe threshold and the other marked one cost.

    Parameters
    ----------
    display : RateDisplay
        Of false non-matches, or of hits.
    """
    marked = {
        "the safe threshold": display.safe_threshold,
        "the lowest where no disparity is detected": display.not_detected_from,
    }
    if display.safe_threshold == display.not_detected_from:
        del marked["the lowest where no disparity is detected"]
    costs = [
        f"At {threshold_text(threshold)}, {what}, {_by_group(display, threshold)}."
        for what, threshold in marked.items()
        if threshold is not None
    ]
    drawn = f"Thresholds run {drawn_range(display)}."
    return " ".join([_subject(display), drawn, marks_said(display), *costs, *_untried(display)])


def _by_group(display: RateDisplay, threshold: float) -> str:
    place = int(np.flatnonzero(display.thresholds == threshold)[0])
    tried = np.flatnonzero(display.trials)
    if not len(tried):
        return "no group has mated trials"
    if not display.errors[:, place].any():
        bounds = display.bound[tried, place]
        side, extreme = ("lower", bounds.min()) if display.rate == "TPIR" else ("upper", bounds.max())
        return f"no group has errors ({side} bounds to {extreme:.3g})"
    if len(tried) <= MOST_NAMED:
        return ", ".join(f"{display.groups[i]} has {_rate(display, int(i), place)}" for i in tried)
    ordered = tried[np.argsort(display.estimate[tried, place])]
    lowest, highest = int(ordered[0]), int(ordered[-1])
    return (
        f"the highest {display.rate} is that of {display.groups[highest]}, {_rate(display, highest, place)}, and "
        f"the lowest that of {display.groups[lowest]}, {_rate(display, lowest, place)}"
    )


def _subject(display: RateDisplay) -> str:
    groups = len(display.groups)
    named = f": {', '.join(display.groups)}" if groups <= MOST_NAMED else ""
    return (
        f"Line chart of the {NAMES[display.rate]} ({display.rate}) of {display.matcher} against the "
        f"threshold, a line for each of {counted(groups, 'group')} of {display.axis}{named}."
    )


def _range(display: RateDisplay) -> str:
    estimate = display.estimate[:, display.shown][display.errors[:, display.shown] > 0]
    if not len(estimate):
        return f"Thresholds run {drawn_range(display)}."
    return (
        f"Thresholds run {drawn_range(display)}; the estimates drawn lie between {estimate.max():.3g} and "
        f"{estimate.min():.3g}."
    )


def _comparison(display: RateDisplay) -> str:
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


def _lowest(display: RateDisplay, place: int) -> str:
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


def _rate(display: RateDisplay, group: int, place: int) -> str:
    if not display.errors[group, place]:
        side = "lower" if display.rate == "TPIR" else "upper"
        return f"no errors ({side} bound {display.bound[group, place]:.3g})"
    estimate, lower, upper = (a[group, place] for a in (display.estimate, display.lower, display.upper))
    return f"{estimate:.3g} (bounds {lower:.3g} and {upper:.3g})"


def _ends(display: RateDisplay) -> str:
    """Where each group's events run out, beyond which only an upper bound is drawn."""
    last = {
        group: int(np.flatnonzero(errors)[-1])
        for group, errors, trials in zip(display.groups, display.errors, display.trials, strict=True)
        if trials and errors.any() and not errors[-1]
    }
    never = [
        g for g, e, n in zip(display.groups, display.errors, display.trials, strict=True) if n and not e.any()
    ]
    said = []
    if last:
        said.append(
            f"The last threshold with errors is {_last(display, last)}; stricter than that only upper bounds "
            "are drawn, because zero errors are not a rate of zero."
        )
    if never:
        said.append(f"Without any error, and drawn by upper bounds alone: {some(never)}.")
    return " ".join([*said, *_untried(display)])


def _untried(display: RateDisplay) -> list[str]:
    untried = [group for group, trials in zip(display.groups, display.trials, strict=True) if not trials]
    return [f"Without trials, and not drawn: {some(untried)}."] if untried else []


def _last(display: RateDisplay, last: dict[str, int]) -> str:
    def at(group: str) -> str:
        return f"{threshold_text(display.thresholds[last[group]])} for {group}"

    if len(last) <= MOST_NAMED:
        return ", ".join(at(group) for group in last)
    earliest, latest = min(last, key=last.__getitem__), max(last, key=last.__getitem__)
    return f"between {at(earliest)} and {at(latest)}"

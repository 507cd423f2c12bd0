"""The words that figures and their descriptions share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from harness.figures.display import ThresholdDisplay

__all__ = [
    "MOST_NAMED",
    "NAMES",
    "SHORT",
    "axis_of_thresholds",
    "counted",
    "drawn_range",
    "marks_said",
    "percent",
    "power_of_ten",
    "range_said",
    "share",
    "some",
    "threshold_text",
]

NAMES = {
    "FMR": "false match rate",
    "FPIR": "false positive identification rate",
    "FNMR": "false non-match rate",
    "FNIR": "false negative identification rate",
    "TPIR": "true positive identification rate",
}
SHORT = {"FMR": "false matches", "FPIR": "false alerts", "FNMR": "false non-matches", "FNIR": "misses"}
MOST_NAMED = 6


def threshold_text(threshold: float) -> str:
    """Return a threshold as it is written everywhere."""
    return f"{threshold:.6g}"


def percent(confidence: float) -> str:
    """Return a confidence such as 0.95 as 95 %."""
    return f"{100 * confidence:g} %"


def share(rate: float) -> str:
    """Return a rate such as 0.0687 as 6.87 %."""
    return f"{100 * rate:.3g} %"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return 1 group, or 3 groups."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def power_of_ten(value: float, exponent: int) -> str:
    """Return 10⁻⁴, in characters rather than in mathematical typesetting, which has fonts of its own."""
    return (
        f"{value:g}"
        if exponent == 0
        else "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    )


def some(groups: Sequence[str]) -> str:
    """Return the names of groups, at most six of them."""
    if len(groups) <= MOST_NAMED:
        return ", ".join(groups)
    return f"{', '.join(groups[:MOST_NAMED])} and {len(groups) - MOST_NAMED} more"


def axis_of_thresholds(better: str) -> str:
    """Return the label of an axis of thresholds, which runs from lenient to strict."""
    kind = "similarity" if better == "higher" else "distance"
    return f"threshold ({kind} score; stricter to the right)"


def drawn_range(display: ThresholdDisplay) -> str:
    """Say from where to where thresholds are drawn, and which way they get stricter."""
    return range_said(display.thresholds[display.shown], display.better)


def range_said(thresholds: Sequence[float] | npt.NDArray[np.float64], better: str) -> str:
    """Say from where to where thresholds run, and which way they get stricter."""
    ends = [threshold_text(thresholds[end]) for end in (0, -1)]
    direction = "" if better == "higher" else ", a distance, so that lower is stricter"
    return f"{'from ' if len(thresholds) > 1 else 'over one alone, '}{' to '.join(dict.fromkeys(ends))}{direction}"


def marks_said(display: ThresholdDisplay) -> str:
    """Say which threshold is safe, from where no disparity is detected, and where parity is shown."""
    safe, not_detected = display.safe_threshold, display.not_detected_from
    reason = f" ({display.safe_reason})" if display.safe_reason else ""
    said = "There is no safe threshold" if safe is None else f"The safe threshold is {threshold_text(safe)}"
    detected = (
        f"A disparity on {display.axis} is detected up to the strictest threshold, or cannot be judged"
        if not_detected is None
        else f"No disparity on {display.axis} is detected from {threshold_text(not_detected)}"
    )
    shown = display.parity_shown
    parity = (
        "parity is shown at no threshold"
        if shown is None
        else f"parity is shown from {threshold_text(shown[0])} to {threshold_text(shown[1])}"
    )
    return f"{said}{reason}. {detected}; {parity}."

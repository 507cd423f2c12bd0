"""At which threshold a figure of one threshold reads an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.figures.display import axis_of
from harness.figures.words import threshold_text

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["place_to_read", "what_is_read"]


def place_to_read(evaluation: Evaluation, axis: str, threshold: float | None) -> int:
    """Return the place of a threshold, or of the one that matters most.

    That is the safe one; where there is none, the lowest at which no disparity is detected on the axis; else the
    strictest with a false match.

    Parameters
    ----------
    evaluation : Evaluation
    axis : str
    threshold : float or None

    Raises
    ------
    InputError
        Where the threshold was not evaluated.
    """
    if threshold is not None:
        return evaluation.place_of(threshold)
    found = axis_of(evaluation, axis)
    for place in (evaluation.safe.place, found.verdict.not_detected_from):
        if place is not None:
            return place
    events = np.flatnonzero(found.false_matches.errors.any(axis=0))
    return int(events[-1]) if len(events) else 0


def what_is_read(evaluation: Evaluation, axis: str, place: int) -> str:
    """Say what a threshold is, such as ``the safe threshold 0.59``."""
    text = threshold_text(evaluation.thresholds[place])
    if place == evaluation.safe.place:
        return f"the safe threshold {text}"
    if place == axis_of(evaluation, axis).verdict.not_detected_from:
        return f"{text}, from where no disparity is detected"
    return f"threshold {text}"

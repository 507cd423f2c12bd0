"""The thresholds of an evaluation as text, and those among them that the answer or the policy names."""

from __future__ import annotations

import numpy as np

from harness.evaluation import AxisEvaluation, Evaluation
from harness.report.content.model import Mark
from harness.report.content.wording import listed

__all__ = [
    "axis_marks",
    "marks_of",
    "names_on",
    "place_of_answer",
    "place_of_not_detected",
    "start_place",
    "threshold_labels",
]

SAFE = "safe threshold"
NAMED_BY_POLICY = "named by the policy"
MEANINGS = {
    "not_detected_from": "no disparity detected from here",
    "parity_shown_from": "parity shown from here",
    "parity_shown_to": "parity shown up to here",
}


def threshold_labels(evaluation: Evaluation) -> tuple[str, ...]:
    """Write every threshold: to six digits where that tells them apart, else in full."""
    short = tuple(f"{value:.6g}" for value in evaluation.thresholds)
    if len(set(short)) == len(short):
        return short
    return tuple(repr(float(value)) for value in evaluation.thresholds)


def marks_of(evaluation: Evaluation) -> tuple[Mark, ...]:
    """Return the marked thresholds, from the most lenient to the strictest."""
    labels = threshold_labels(evaluation)
    places = {place for axis in evaluation.axes.values() for place in axis_marks(evaluation, axis)}
    return tuple(Mark(place, labels[place], _names(evaluation, place)) for place in sorted(places))


def names_on(evaluation: Evaluation, axis: AxisEvaluation, place: int) -> tuple[str, ...]:
    """Say what a threshold is to an axis."""
    return (
        *_names_for_all(evaluation, place),
        *(MEANINGS[name] for name, at in axis.verdict.places.items() if at == place),
    )


def _names(evaluation: Evaluation, place: int) -> tuple[str, ...]:
    """Say what a threshold is, with the axes to which it is that."""
    of_axes = {
        meaning: [axis.name for axis in evaluation.axes.values() if axis.verdict.places[name] == place]
        for name, meaning in MEANINGS.items()
    }
    own = (f"{meaning} on {listed(axes)}" for meaning, axes in of_axes.items() if axes)
    return (*_names_for_all(evaluation, place), *own)


def _names_for_all(evaluation: Evaluation, place: int) -> tuple[str, ...]:
    safe = (SAFE,) if evaluation.safe.place == place else ()
    return (*safe, NAMED_BY_POLICY) if place in _operating(evaluation) else safe


def _operating(evaluation: Evaluation) -> list[int]:
    places: list[int] = np.flatnonzero(np.isin(evaluation.thresholds, evaluation.policy.thresholds)).tolist()
    return places


def axis_marks(evaluation: Evaluation, axis: AxisEvaluation) -> tuple[int, ...]:
    """Return the places of the marked thresholds that matter to one axis, ascending."""
    named = {evaluation.safe.place, *axis.verdict.places.values(), *_operating(evaluation)}
    return tuple(sorted(place for place in named if place is not None))


def place_of_not_detected(evaluation: Evaluation) -> int | None:
    """Where nothing is detected on any judged axis from there on; None where there is no such threshold."""
    places = [axis.verdict.not_detected_from for axis in evaluation.judged_axes]
    known = [place for place in places if place is not None]
    return max(known) if len(known) == len(places) else None


def place_of_answer(evaluation: Evaluation) -> int | None:
    """Return the place of the safe threshold; without one, that from which nothing is detected, if any."""
    return place_of_not_detected(evaluation) if evaluation.safe.place is None else evaluation.safe.place


def start_place(evaluation: Evaluation) -> int:
    """Return the place of the threshold that a report shows first.

    The safe one; where there is none, the one from which nothing is detected, the first that the policy names, the
    strictest that an axis names, or else the one in the middle.
    """
    place = place_of_answer(evaluation)
    if place is not None:
        return place
    marks = _operating(evaluation) or [mark.place for mark in marks_of(evaluation)][-1:]
    return marks[0] if marks else len(evaluation.thresholds) // 2

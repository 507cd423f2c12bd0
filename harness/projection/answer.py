"""The answer of a projection in sentences: list by list what a passer-by faces, how far groups differ, what is safe."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from harness.numbers import alerts_text, confidence_text, counted, number, one_in, percent, threshold_text
from harness.projection.result import Bounded, ProjectedAxis, ProjectedList, Projection
from harness.projection.writing import PASSERS_BY
from harness.sentences import MOST_NAMED, bounds_said

__all__ = ["answer"]


def answer(projection: Projection) -> tuple[tuple[str, str], ...]:
    """Return the answer as pairs of a heading and sentences, list by list.

    Parameters
    ----------
    projection : Projection
    """
    return (
        *(line for name in projection.lists for line in _of_list(projection, projection.lists[name])),
        *(("Note", note) for note in projection.notes),
    )


def _of_list(projection: Projection, found: ProjectedList) -> Iterator[tuple[str, str]]:
    of = "" if found.wanted.axis is None else f" ({_composition(found)})"
    yield (
        "List",
        f"{found.name}: {counted(found.wanted.enrolled, 'subject')}{of}; {found.method}: {found.note}",
    )
    safe = projection.safe_at(found.name)
    wanted = dict.fromkeys([*projection.evaluation.reference_indices, found.safe.index])
    for index in (each for each in wanted if each is not None):
        for axis in found.axes.values():
            yield (
                "At " + threshold_text(projection.evaluation.thresholds[index]),
                _there(projection, found, axis, index),
            )
    yield "Safe threshold", f"{'none' if safe is None else threshold_text(safe)}: {found.safe.reason}"


def _composition(found: ProjectedList) -> str:
    counts = found.wanted.counts
    named = [f"{group} {count:,}" for group, count in list(counts.items())[:MOST_NAMED]]
    more = len(counts) - len(named)
    return ", ".join(named) + (f" and {more} more groups" if more else "")


def _there(projection: Projection, found: ProjectedList, axis: ProjectedAxis, index: int) -> str:
    if np.isnan(axis.rates.upper[:, index]).all():
        return f"by {axis.name}, unknown: the candidates of the searches are not all known there"
    groups = "; ".join(
        f"{group} {_rate(axis.rates, (row, index))}" for row, group in enumerate(axis.groups[:MOST_NAMED])
    )
    crowd = _at(axis.of_crowd, index)
    said = f"FPIR by {axis.name}: {groups}; {_alerts(crowd, PASSERS_BY)} false alerts in {PASSERS_BY:,} passers-by"
    faces = found.wanted.faces
    if faces is not None:
        said += (
            f", {_alerts(crowd, faces)} in a deployment of {faces:,}, with a chance of "
            f"{_chance(crowd.once_in(faces))} of at least one"
        )
    return f"{said}{_ratio(projection, axis, index)}{_formula(axis, index)}"


def _at(rates: Bounded, index: int | tuple[int, int]) -> Bounded:
    return Bounded(rates.estimate[index], rates.lower[index], rates.upper[index])


def _rate(rates: Bounded, index: tuple[int, int]) -> str:
    estimate, lower, upper = (float(of[index]) for of in (rates.estimate, rates.lower, rates.upper))
    if math.isnan(upper):
        return "unknown"
    bounds = f"{one_in(lower, 'down')} to {one_in(upper, 'up')}"
    return bounds if math.isnan(estimate) else f"{one_in(estimate)} ({bounds})"


def _alerts(rate: Bounded, faces: float) -> str:
    estimate, lower, upper = (float(of) * faces for of in (rate.estimate, rate.lower, rate.upper))
    if math.isnan(upper):
        return "an unknown number of"
    bounds = f"{alerts_text(lower)} to {alerts_text(upper)}"
    return bounds if math.isnan(estimate) else f"{alerts_text(estimate)} ({bounds})"


def _chance(chance: Bounded) -> str:
    estimate, lower, upper = (float(of) for of in (chance.estimate, chance.lower, chance.upper))
    if math.isnan(upper):
        return "an unknown share"
    bounds = f"{percent(lower, 'down')} to {percent(upper, 'up')}"
    return bounds if math.isnan(estimate) else f"{percent(estimate)} ({bounds})"


def _ratio(projection: Projection, axis: ProjectedAxis, index: int) -> str:
    ratio = _at(axis.ratio, index)
    estimate, lower, upper = (float(of) for of in (ratio.estimate, ratio.lower, ratio.upper))
    if len(axis.groups) < 2 or math.isnan(lower):
        return ""
    confidence = projection.evaluation.policy.confidence
    if math.isnan(estimate) or math.isinf(estimate):
        most = "none above" if math.isinf(upper) else f"{number(upper)} at most"
        return f"; worst ratio {number(lower)} at least and {most}, with {confidence_text(confidence)} confidence"
    return f"; worst ratio {number(estimate)} ({bounds_said(lower, upper, confidence)})"


def _formula(axis: ProjectedAxis, index: int) -> str:
    ratios = axis.formula_over_measured[:, index]
    known = ratios[np.isfinite(ratios)]
    if not len(known):
        return ""
    ends = dict.fromkeys(number(float(of)) for of in (known.min(), known.max()))
    return f"; independent comparisons would give {' to '.join(ends)} times as much as is measured"

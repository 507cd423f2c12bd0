"""The verdicts along the thresholds, and what is known at those that the answer names."""

from __future__ import annotations

from itertools import groupby

from harness.evaluation import AxisEvaluation, Evaluation
from harness.report.content.marks import axis_marks, names_on, threshold_labels
from harness.report.content.model import Column, Table, Zone, ZoneStrip
from harness.report.content.numerals import count_text
from harness.report.content.tables import ratio_text, span_text
from harness.report.content.wording import percent, ranged, wording_of
from harness.statistics.verdicts import AxisVerdict

__all__ = ["key_thresholds", "zone_strips", "zones_of"]


def zones_of(verdict: AxisVerdict) -> tuple[Zone, ...]:
    """Return the runs of neighbouring thresholds with the same verdict, from the most lenient on."""
    zones, first = [], 0
    for word, run in groupby(verdict.verdicts):
        length = len(list(run))
        zones.append(Zone(str(word), first, first + length - 1))
        first += length
    return tuple(zones)


def zone_strips(evaluation: Evaluation) -> tuple[ZoneStrip, ...]:
    """Return the zones of every axis, each with its table."""
    return tuple(_strip(evaluation, axis) for axis in evaluation.axes.values())


def _strip(evaluation: Evaluation, axis: AxisEvaluation) -> ZoneStrip:
    labels, zones = threshold_labels(evaluation), zones_of(axis.verdict)
    rows = tuple(
        (
            ranged(labels[zone.first], labels[zone.last]),
            zone.verdict,
            count_text(zone.last - zone.first + 1),
        )
        for zone in zones
    )
    judged = "The policy judges this axis." if axis.judged else "The policy does not judge this axis."
    table = Table(
        f"Verdicts on {axis.name}, from the most lenient threshold to the strictest",
        f"A verdict is given at each threshold by itself, with {percent(evaluation.policy.confidence)} bounds. "
        f"{judged}",
        (
            Column("Thresholds", numeric=False),
            Column("Verdict", numeric=False),
            Column("Thresholds evaluated"),
        ),
        rows,
    )
    return ZoneStrip(axis.name, zones, table)


def key_thresholds(evaluation: Evaluation) -> Table:
    """Return a row for every axis and threshold that matters to it."""
    words = wording_of(evaluation)
    rows = tuple(
        _key_row(evaluation, axis, place)
        for axis in evaluation.axes.values()
        for place in axis_marks(evaluation, axis)
    )
    return Table(
        "The thresholds of the answer, axis by axis",
        f"Ratio: the highest {words.rate} of a group over the lowest, with {percent(evaluation.policy.confidence)} "
        "bounds.",
        (
            Column("Axis and threshold", numeric=False),
            Column("What it is", numeric=False),
            Column("Verdict there", numeric=False),
            Column("Ratio"),
            Column("Lower bound"),
            Column("Upper bound"),
            Column(f"{words.rate}, lowest to highest"),
            Column(f"{words.cost}, lowest to highest"),
        ),
        rows,
    )


def _key_row(evaluation: Evaluation, axis: AxisEvaluation, place: int) -> tuple[str, ...]:
    found = axis.false_match_differential
    return (
        f"{axis.name} at {threshold_labels(evaluation)[place]}",
        "; ".join(names_on(evaluation, axis, place)),
        str(axis.verdict.verdicts[place]),
        ratio_text(float(found.ratio[place]), "unbounded"),
        ratio_text(float(found.ratio_lower[place])),
        ratio_text(float(found.ratio_upper[place])),
        span_text(axis.false_matches, place),
        span_text(axis.false_non_matches, place),
    )

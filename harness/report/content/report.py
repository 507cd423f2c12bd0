"""The whole report on one evaluation."""

from __future__ import annotations

from harness.evaluation import Evaluation
from harness.report.content.answer import findings, headline, lead, status, warnings
from harness.report.content.glossary import glossary
from harness.report.content.limits import limits
from harness.report.content.marks import marks_of, start_place, threshold_labels
from harness.report.content.methods import methods
from harness.report.content.model import Report
from harness.report.content.provenance import provenance
from harness.report.content.tables import axis_readings
from harness.report.content.zones import key_thresholds, zone_strips

__all__ = ["report_on", "subtitle_of"]


def report_on(evaluation: Evaluation, *, digest: str, title: str | None = None) -> Report:
    """Say everything that an evaluation found; nothing is computed.

    Parameters
    ----------
    evaluation : Evaluation
    digest : str
        SHA-256 of its ``evaluation.json``.
    title : str, optional
        In place of one that names the matcher.
    """
    place = evaluation.safe.place
    return Report(
        title=title or f"Demographic differentials of {evaluation.study.matcher.name}",
        subtitle=subtitle_of(evaluation),
        safe_threshold="none" if place is None else threshold_labels(evaluation)[place],
        status=status(evaluation),
        headline=headline(evaluation),
        warnings=warnings(evaluation),
        lead=lead(evaluation),
        findings=findings(evaluation),
        zones=zone_strips(evaluation),
        key_thresholds=key_thresholds(evaluation),
        thresholds=threshold_labels(evaluation),
        marks=marks_of(evaluation),
        start=start_place(evaluation),
        axes=axis_readings(evaluation),
        sections=(
            limits(evaluation),
            methods(evaluation),
            provenance(evaluation, digest),
            glossary(evaluation),
        ),
    )


def subtitle_of(evaluation: Evaluation) -> str:
    """Name the matcher, its version and the task."""
    matcher, watchlist = evaluation.study.matcher, evaluation.study.watchlist_size
    enrolled = "" if watchlist is None else f" of a watchlist of {watchlist:,}"
    return f"{matcher.name}, version {matcher.version}; {evaluation.study.task}{enrolled}"

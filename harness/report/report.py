"""The whole report on one evaluation: the answer and the tables, then limits, methods, provenance and glossary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.evaluation.searches_said import population_said
from harness.figures.reference import first_of_use
from harness.numbers import confidence_text
from harness.report.answer import findings, headline, lead, status, warnings
from harness.report.glossary import glossary
from harness.report.methods import methods, methods_in_short
from harness.report.model import Block, Column, Facts, Paragraph, Report, Section, Table
from harness.report.reference import at_reference, tested
from harness.report.searches import sections_on_searches
from harness.report.tables import axis_readings, key_thresholds, zone_strips
from harness.report.wording import (
    POLICY_KEYS,
    STUDY_KEYS,
    marks_of,
    setting,
    settings_of,
    settings_of_policy,
    threshold_labels,
    verdicts_said,
    wording_of,
)

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation

__all__ = ["report_on"]


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
    index, matcher = evaluation.safe.index, evaluation.study.matcher
    return Report(
        title=title
        or f"Demographic differentials of {matcher.name if matcher else evaluation.study.matcher_in_words}",
        subtitle=subtitle_of(evaluation),
        safe_threshold="none" if index is None else threshold_labels(evaluation)[index],
        status=status(evaluation),
        headline=headline(evaluation),
        warnings=warnings(evaluation),
        reference=at_reference(evaluation),
        tested=tested(evaluation),
        lead=lead(evaluation),
        findings=findings(evaluation),
        verdicts=verdicts_said(evaluation),
        zones=zone_strips(evaluation),
        key_thresholds=key_thresholds(evaluation),
        thresholds=threshold_labels(evaluation),
        safe=index,
        first=first_of_use(evaluation),
        marks=marks_of(evaluation),
        start=evaluation.reference_indices[0],
        axes=axis_readings(evaluation),
        sections=(
            *sections_on_searches(evaluation),
            limits(evaluation),
            methods(evaluation),
            provenance(evaluation, digest),
            glossary(evaluation),
        ),
        in_short=(
            *sections_on_searches(evaluation),
            limits(evaluation),
            methods_in_short(evaluation),
            provenance(evaluation, digest),
            glossary(evaluation),
        ),
    )


def subtitle_of(evaluation: Evaluation) -> str:
    """Name the matcher, its version and the task."""
    watchlist = evaluation.study.watchlist_size
    enrolled = "" if watchlist is None else f" of a watchlist of {watchlist:,}"
    return f"{evaluation.study.matcher_in_words}; {evaluation.study.task}{enrolled}"


def limits(evaluation: Evaluation) -> Section:
    """Return what a reader must know to read the numbers rightly."""
    blocks: tuple[Block, ...] = (
        *(Paragraph(f"Warning: {warning}.") for warning in evaluation.warnings),
        *(Paragraph(note) for note in evaluation.notes),
        Facts(tuple(_general(evaluation))),
        Facts(tuple(_left_out(evaluation, axis) for axis in evaluation.axes.values())),
    )
    return Section("limits", "Limits of the evidence", blocks)


def _general(evaluation: Evaluation) -> list[tuple[str, str]]:
    words, matcher = wording_of(evaluation), evaluation.study.matcher_in_words
    confidence = confidence_text(evaluation.policy.confidence)
    said = [
        (
            "“Not detected” is not “alike”",
            f"A disparity is also no longer detected once {words.errors} run out. Only the range in which parity is "
            "shown says that groups are alike, and only within the tolerance of the policy.",
        ),
        (
            "This matcher, this data",
            f"The numbers are of {matcher}, on the {words.trials} named under "
            "Provenance. Another version, camera, watchlist or population may differ.",
        ),
        (
            "These groups",
            "Nothing is said of groups that the data does not label, and little of those with few people.",
        ),
        (
            "Thresholds between those evaluated",
            "Only the thresholds evaluated were counted; nothing is interpolated.",
        ),
        (
            "Bounds hold threshold by threshold",
            f"Intervals are {confidence} at each threshold and for each group by itself; over many of them at once, "
            "some miss. The range in which parity is shown allows for its being searched for.",
        ),
    ]
    population = population_said(evaluation)
    if population:
        said.append(("Intervals of searches", f"They are for {population}."))
    if evaluation.study.watchlist_size is not None:
        said.append(
            (
                "Watchlist size",
                f"Searches were of {evaluation.study.watchlist_size:,} enrolled references. False "
                "positives grow with the size of the watchlist.",
            )
        )
    return said


def _left_out(evaluation: Evaluation, axis: AxisEvaluation) -> tuple[str, str]:
    words = wording_of(evaluation)
    non_mated, mated = axis.left_out
    if not non_mated and not mated:
        return f"Left out of {axis.name}", f"Nothing: all {words.trials} belong to a group of it."
    excluded = axis.of_excluded_groups
    between = f", such as those between two groups (pairing {evaluation.study.pairing})"
    if any(excluded):
        others = "" if axis.left_out == excluded else f"; others are left out too{between}"
        between = (
            f", {excluded.non_mated:,} non-mated and {excluded.mated:,} mated of them because the study excludes "
            f"their label{others}"
        )
    return (
        f"Left out of {axis.name}",
        f"{non_mated:,} non-mated and {mated:,} mated {words.trials} belong to no group of it{between}.",
    )


def provenance(evaluation: Evaluation, digest: str) -> Section:
    """Return what the evaluation was made from, and the digest of its own file.

    Parameters
    ----------
    evaluation : Evaluation
    digest : str
        SHA-256 of its ``evaluation.json``.
    """
    names = ["rates.csv", "verdicts.csv", "pairs.csv", "measures.csv", *evaluation.search_tables]
    tables = f"{', '.join(names[:-1])} and {names[-1]}"
    return Section(
        "provenance",
        "Provenance",
        (
            Paragraph(
                "Every number of this report is in the evaluation.json with the digest below, at full precision, and "
                f"in {tables} beside it."
            ),
            _inputs(evaluation, digest),
            _settings("Study: what the columns mean", settings_of(evaluation.study), STUDY_KEYS),
            _settings("Policy: when a threshold counts as safe", settings_of_policy(evaluation), POLICY_KEYS),
            Facts(tuple((name, version) for name, version in evaluation.versions.items())),
        ),
    )


def _inputs(evaluation: Evaluation, digest: str) -> Table:
    rows = tuple(
        (
            item.name,
            "not a file" if item.bytes is None else f"{item.bytes:,}",
            "none: not a file" if item.sha256 is None else item.sha256,
        )
        for item in evaluation.inputs
    )
    return Table(
        "What was read and what was written",
        f"Scores are stored as {evaluation.score_type}.",
        (Column("Name", numeric=False), Column("Bytes"), Column("SHA-256", numeric=False)),
        (*rows, ("evaluation.json", "", digest)),
    )


def _settings(caption: str, plain: dict[str, object], names: dict[str, str]) -> Table:
    rows = tuple((names.get(key, key), setting(plain[key])) for key in names if key in plain)
    return Table(
        caption,
        "Every default spelled out.",
        (Column("Setting", numeric=False), Column("Value", numeric=False)),
        rows,
    )

"""The sections of a report that only searches of a watchlist have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.evaluation.searches_said import bounded_said, share_said
from harness.numbers import confidence_text, number, percent
from harness.report.model import Block, Column, Paragraph, Section, Table
from harness.report.wording import threshold_labels
from harness.statistics.passers_by import PASSERS_BY

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation
    from harness.evaluation.passing import Passing
    from harness.evaluation.searches import AxisSearches
    from harness.statistics.list_subjects import ListSubjects
    from harness.statistics.passers_by import PassersBy

__all__ = ["sections_on_searches"]

UNKNOWN = "not known"


def sections_on_searches(evaluation: Evaluation) -> tuple[Section, ...]:
    """Return what a passer-by faces, what is found and missed, and who on the list draws alerts, as far as is known."""
    sections = (
        Section("passers-by", "What a passer-by faces", tuple(_passers_by(evaluation))),
        Section("found-and-missed", "What is found and missed", tuple(_found_and_missed(evaluation))),
        Section("on-the-list", "Who on the list draws alerts", tuple(_on_the_list(evaluation))),
    )
    return tuple(section for section in sections if section.blocks)


def _passers_by(evaluation: Evaluation) -> Iterator[Block]:
    if not evaluation.passers_by:
        return
    yield Paragraph(
        f"What {PASSERS_BY:,} people who pass meet, by the shares of the crowd and of those on the watchlist that the "
        "policy states. A false alert is one on somebody who is not on the list, or on the wrong person. Bounds take "
        "every rate at the end of its interval, so they hold whatever the rates of groups have in common."
    )
    if evaluation.searches is not None and not evaluation.searches.returned_known:
        yield Paragraph(
            "Who was returned is not known: true alerts may be fewer than is told here, misses and alerts on the wrong "
            "person more."
        )
    for found in evaluation.passers_by:
        yield _passing(evaluation, found)


def _passing(evaluation: Evaluation, found: Passing) -> Table:
    everybody = [] if found.crowd is None else [("the crowd", found.crowd)]
    rows = [*everybody, *found.groups.items()]
    of_the_list = ("True alerts", "People on the list missed", "Share of alerts that are false")
    headings = ("False alerts", *(of_the_list if found.prevalence_known else ()))
    return Table(
        f"Among {PASSERS_BY:,} passers-by, by {found.axis}",
        f"At threshold {threshold_labels(evaluation)[found.index]}. Expected numbers, with bounds from "
        f"{confidence_text(evaluation.policy.confidence)} intervals of the rates.",
        (Column("Passers-by", numeric=False), *(Column(heading, numeric=False) for heading in headings)),
        tuple((name, *_met(met, known=found.prevalence_known)) for name, met in rows),
    )


def _met(met: PassersBy, *, known: bool) -> tuple[str, ...]:
    if not known:
        return (bounded_said(met.false),)
    return (*map(bounded_said, (met.false, met.true, met.missed)), share_said(met.share_false))


def _found_and_missed(evaluation: Evaluation) -> Iterator[Block]:
    for axis in evaluation.axes.values():
        if axis.searches is not None:
            for index in evaluation.reference_indices:
                yield _mated(evaluation, axis, axis.searches, index)


def _mated(evaluation: Evaluation, axis: AxisEvaluation, found: AxisSearches, index: int) -> Table:
    wrong, misses = found.wrong, axis.false_non_matches
    rows = []
    for row, group in enumerate(wrong.groups):
        counts = (found.below[row, index], found.outranked[row, index], found.failed[row])
        missed = sum(map(int, counts))
        mated = int(wrong.trials[row])
        rates = [
            UNKNOWN if not mated else number(float(values[row, index]))
            for values in (misses.estimate, wrong.estimate, wrong.lower, wrong.upper)
        ]
        numbers = (mated, mated - missed, *map(int, counts), int(wrong.errors[row, index]))
        rows.append((group, *(f"{count:,}" for count in numbers), *rates))
    headings = (
        *("Mated searches", "Hits", "Missed: below threshold", "Missed: outranked", "Missed: failed"),
        *("Alerts on the wrong person", misses.name, "Wrong-person rate", "Lower bound", "Upper bound"),
    )
    return Table(
        f"Searches for people on the list, by {axis.name}",
        f"At threshold {threshold_labels(evaluation)[index]}. Outranked: the right person reaches the threshold, and "
        f"others are returned in their place. The wrong person: somebody else on the list reaches it, hit or not. "
        f"{confidence_text(wrong.confidence)} intervals.",
        (Column("Group", numeric=False), *map(Column, headings)),
        tuple(rows),
    )


def _on_the_list(evaluation: Evaluation) -> Iterator[Block]:
    found = evaluation.searches
    if found is None or found.listed is None:
        return
    yield Paragraph(
        "A false alert is drawn by every subject of the list whom the search matches. Were all subjects matched alike, "
        "no subject would be matched by more people than is chance (exact binomial tests of people, not of searches, "
        "adjusted by Holm). Subjects are told as numbers, never by name."
    )
    yield _listed(evaluation, found.listed)


def _listed(evaluation: Evaluation, found: ListSubjects) -> Table:
    rows = []
    for index in evaluation.reference_indices:
        at = index - found.first
        label = threshold_labels(evaluation)[index]
        if at < 0:
            rows.append((label, *[UNKNOWN] * 5))
            continue
        counts = (found.alerts[at], found.drawing[at], found.most[at])
        share = percent(float(found.top_share[at])) if found.drawn[at] else "no alert"
        rows.append(
            (label, *(f"{int(count):,}" for count in counts), share, f"{int(found.beyond_chance[at]):,}")
        )
    return Table(
        "How false alerts fall on the subjects of the list",
        f"{found.searches:,} non-mated searches of a list of {found.listed:,} subjects.",
        (
            Column("Threshold", numeric=False),
            *map(
                Column,
                (
                    *("False alerts", "Subjects who draw any", "Alerts of the subject with most"),
                    f"Share of the {found.top:,} (1 %) who draw most",
                    "Subjects beyond chance",
                ),
            ),
        ),
        tuple(rows),
    )

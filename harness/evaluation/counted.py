"""The counts that an evaluation is computed from: those of all comparisons, or of those among half of the subjects."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from harness import engines
from harness.arrays import FloatArray
from harness.comparisons import Input
from harness.comparisons.coding import labels_in
from harness.comparisons.database import TooLittleMemoryError
from harness.comparisons.derived.kept import require_met
from harness.comparisons.met import Met
from harness.comparisons.repeats import first_rows
from harness.counting import Cell, Counts, ListMatches, SubjectCounts
from harness.counting.grouping import AxisGrouping
from harness.counting.thresholds import (
    TAIL,
    Thresholds,
    candidates,
    parse_thresholds,
    resolving,
    separating_ties,
)
from harness.errors import InputError
from harness.evaluation.axis import MatedCounts
from harness.evaluation.signs_of_error import (
    require_mated_higher,
    warnings_on_labels,
    warnings_on_repeats,
)
from harness.study import Policy, Study

__all__ = [
    "Counted",
    "count_for",
    "halves",
    "require_excluded_labels",
    "require_few_groups",
    "require_groups",
]


SPLIT_SEED = 19795

MOST_COMPARISONS = 100_000_000
"""Pairs of groups times thresholds: 300 groups at 2,000, which take about an hour."""

FEWEST_THRESHOLDS = 100
"""About how many are evaluated at the least where they are chosen from the scores."""

MOST_NUMBERS = 30
"""Groups of one attribute that are named by numbers: more are taken for values that were not put into groups."""

SHOWN = 3

SHOWN_LABELS = 30
"""Of an attribute, where one is asked for that it lacks."""


@dataclass(frozen=True, eq=False)
class Counted:
    """The counts of a study's comparisons, and all else that it takes to evaluate it.

    Attributes
    ----------
    study : Study
    inputs : tuple of Input
    score_type : str
    all : Counts
        At all thresholds, canonical.
    by_subject : SubjectCounts or None
        None where the study names no subjects.
    thresholds : ndarray of float64
        Those to evaluate, canonical.
    asked_for : ndarray of float64, or None
        Those of them to report, canonical; None for all.
    left_out : tuple of Path
        Files in what was named that were not read, or the folders that hold them.
    warnings : tuple of str
        Signs of errors in the comparisons, a line each.
    notes : tuple of str
        On which scores are comparisons.
    met : Met
        What of the study's key some comparison has, and how many rows the study leaves out.
    list_matches : ListMatches or None
        Who on the watchlist the searches match, where candidate lists tell.
    """

    study: Study
    inputs: tuple[Input, ...]
    score_type: str
    all: Counts
    by_subject: SubjectCounts | None
    thresholds: FloatArray
    asked_for: FloatArray | None
    left_out: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    met: Met = field(default_factory=Met)
    list_matches: ListMatches | None = None


def count_for(
    comparisons: engines.Countable,
    policy: Policy,
    thresholds: Thresholds | None,
    progress: Callable[[int, int | None], None] = lambda rows, total: None,
) -> Counted:
    """Count all comparisons at enough thresholds to choose from, with those asked for among them.

    A few thresholds asked for would not show what happens between them, so the scan for parity never runs over
    them alone. Parameters and errors are those of `evaluate`.
    """
    study = comparisons.study
    operating = np.array(policy.operating, np.float64)
    asked_for = None if thresholds is None else np.union1d(parse_thresholds(thresholds), operating)
    wanted = np.unique(study.sign * (operating if asked_for is None else asked_for)) + 0.0
    groupings = [AxisGrouping(study, axis) for axis in study.axes]
    survey = engines.survey(comparisons, TAIL)
    met = engines.met(comparisons)
    require_met(study, met, comparisons.name)
    if not survey:
        raise InputError("holds no comparison with a score; give it rows", source=comparisons.name)
    cells = [one.cell for one in survey]
    require_groups(study, cells, comparisons.name)
    require_few_groups(groupings, cells, FEWEST_THRESHOLDS, comparisons.name)
    choice = candidates(survey, groupings, wanted)
    ties = separating_ties(survey, groupings, choice, comparisons.score_type)
    at = np.union1d(choice, ties) + 0.0

    total = comparisons.rows()

    def counted(rows: int) -> None:
        progress(rows, total)

    if study.subjects:
        counts, by_subject = engines.count_by_subject(comparisons, at, progress=counted)
    else:
        counts, by_subject = engines.count(comparisons, at, progress=counted), None
    require_excluded_labels(groupings, counts.cells, comparisons.name)
    _require_both_classes(counts, comparisons.name)
    require_mated_higher(counts, groupings, comparisons.name)
    evaluated = resolving(counts.at(choice), groupings, wanted)
    require_few_groups(groupings, counts.cells, len(evaluated), comparisons.name)
    return Counted(
        study=study,
        inputs=comparisons.inputs(),
        score_type=comparisons.score_type,
        all=counts,
        by_subject=by_subject,
        thresholds=evaluated,
        asked_for=None if asked_for is None else wanted,
        left_out=comparisons.left_out,
        warnings=(
            *(() if by_subject is None else warnings_on_labels(study, by_subject)),
            *_on_repeats(comparisons),
        ),
        notes=comparisons.notes,
        met=met,
    )


def _on_repeats(comparisons: engines.Countable) -> Iterator[str]:
    """Look for repeats, if the memory that is allowed suffices: the evaluation does not rest on it."""
    with suppress(TooLittleMemoryError), engines.rows_of(comparisons) as rows:
        if rows is not None:
            with first_rows(rows) as looked_at:
                yield from warnings_on_repeats(looked_at)


def halves(comparisons: engines.Countable, counted: Counted) -> tuple[Counted, Counted]:
    """Count again among either half of the subjects; comparisons between the halves are in neither.

    Subjects are dealt by a seeded shuffle of their names in order, so the same scores give the same halves.

    Raises
    ------
    InputError
        Where the study does not tell who is who, or a half has no mated or no non-mated comparisons.
    """
    study = comparisons.study
    if not study.subjects or study.identities == "separate":
        raise InputError(
            "confirming by a split needs subjects, named alike on both sides; name them in the study"
        )
    first = np.zeros(comparisons.subjects, np.bool_)
    first[np.random.default_rng(SPLIT_SEED).permutation(len(first))[: len(first) // 2]] = True
    parts = []
    for among in (first, ~first):
        counts, by_subject = engines.count_by_subject(comparisons, counted.all.thresholds, among=among)
        _require_both_classes(counts, f"{comparisons.name} (half of the subjects)")
        parts.append(replace(counted, all=counts, by_subject=by_subject))
    comparisons.inputs()  # refuses what changed since all were counted
    return parts[0], parts[1]


def _require_both_classes(counts: Counts, source: str) -> None:
    non_mated, mated = MatedCounts.of_cells(counts.trials)
    if not non_mated:
        raise InputError(
            "holds no non-mated comparison: without one there is no false match rate", source=source
        )
    if not mated:
        raise InputError(
            "holds no mated comparison: without one a threshold's cost is unknown", source=source
        )


def require_excluded_labels(groupings: Sequence[AxisGrouping], cells: Sequence[Cell], source: str) -> None:
    """Refuse a study that excludes a label which no comparison has, or all groups of an axis but one.

    Parameters
    ----------
    groupings : sequence of AxisGrouping
        Of one study, at least one.
    cells : sequence of Cell
        Those that occur on either side.
    source : str
        Name of the scores, for errors.

    Raises
    ------
    InputError
        It names the label and those that occur; or the axis, and the group that is left.
    """
    study = groupings[0].study
    occurring = labels_in(study, cells)
    for attribute, labels in study.exclude.items():
        for label in labels:
            if label not in occurring[attribute]:
                there = _named(sorted(occurring[attribute]), SHOWN_LABELS)
                raise InputError(
                    f"exclude: {attribute} has no label {label!r}; it has {there}: correct the study's exclude",
                    source=source,
                )
    for grouping in groupings:
        left = sorted({group for cell in cells if (group := grouping.group(cell)) is not None})
        if grouping.excludes and len(left) < 2:
            only = f"only {left[0]!r}, with nothing to compare it with" if left else "no group"
            raise InputError(
                f"axis {grouping.axis.name}: exclude leaves {only}; exclude fewer labels, or leave the axis out of "
                "the study's axes",
                source=source,
            )


def _named(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(map(repr, names[:most]))}{more}"


def require_groups(study: Study, cells: Iterable[Cell], source: str) -> None:
    """Refuse an attribute whose groups are numbers that nobody put into groups, such as ages.

    Parameters
    ----------
    study : Study
    cells : iterable of Cell
        Those that occur.
    source : str
        Name of the scores, for errors.

    Raises
    ------
    InputError
        It names the attribute, and bins that would do.
    """
    judged = {attribute for axis in study.axes for attribute in axis.attributes}
    for attribute, labels in labels_in(study, cells).items():
        numbers = sorted(number for label in labels if (number := _number(label)) is not None)
        if attribute in judged and len(labels) > MOST_NUMBERS and 2 * len(numbers) > len(labels):
            quarters = [numbers[len(numbers) * part // 4] for part in range(4)]
            edges = sorted({math.floor(number) for number in quarters})
            raise InputError(
                f"{attribute} has {len(labels):,} labels ({_named(sorted(labels), SHOWN)}), most of them numbers; put "
                f"them into groups in the study (bins: {{{attribute}: {edges}}}), or leave {attribute} out of its axes",
                source=source,
            )


def _number(label: str) -> float | None:
    try:
        number = float(label)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def require_few_groups(
    groupings: Sequence[AxisGrouping], cells: Iterable[Cell], thresholds: int, source: str
) -> None:
    """Refuse an axis with more groups than can be compared at that many thresholds.

    Parameters
    ----------
    groupings : sequence of AxisGrouping
    cells : iterable of Cell
        Those that occur.
    thresholds : int
    source : str
        Name of the scores, for errors.

    Raises
    ------
    InputError
        It names the axis, its groups, and what to do.
    """
    every = set(cells)
    for grouping in groupings:
        groups = sorted({group for cell in every for group in grouping.sides(cell) or ()})
        pairs = math.comb(len(groups), 2)
        if pairs * thresholds > MOST_COMPARISONS:
            named = ", ".join(map(repr, groups[:SHOWN]))
            raise InputError(
                f"axis {grouping.axis.name}: {len(groups):,} groups ({named}, ...) are {pairs:,} pairs, more than "
                f"can be compared at {thresholds:,} thresholds ({MOST_COMPARISONS:,} comparisons in all): is it "
                "a group at all? Put values together (labels or bins in the study), or leave the axis out of its axes",
                source=source,
            )

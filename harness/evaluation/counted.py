"""What an evaluation is computed from: the counts of all comparisons, or of those among half of the subjects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness import engines
from harness.comparisons import Input
from harness.counting import MATED, NON_MATED, Counts, SubjectCounts
from harness.errors import InputError
from harness.grouping import AxisGrouping, subjects_of_two_labels
from harness.policy import Policy
from harness.study import Study
from harness.thresholds import TAIL, Thresholds, candidates, parse_thresholds, resolving

__all__ = ["Counted", "by_truth", "count_for", "halves"]

FloatArray: TypeAlias = npt.NDArray[np.float64]

SPLIT_SEED = 19795


@dataclass(frozen=True, eq=False)
class Counted:
    """What was counted of a study's comparisons, and all that it takes to evaluate it.

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
        Those to report, canonical.
    chosen : bool
        Whether they were chosen from the scores.
    warnings : tuple of str
        What looks wrong with the comparisons, a line each.
    """

    study: Study
    inputs: tuple[Input, ...]
    score_type: str
    all: Counts
    by_subject: SubjectCounts | None
    thresholds: FloatArray
    chosen: bool
    warnings: tuple[str, ...] = ()


def count_for(
    comparisons: engines.Countable,
    policy: Policy,
    thresholds: Thresholds | None,
    progress: Callable[[int, int | None], None] = lambda rows, total: None,
) -> Counted:
    """Count all comparisons at the thresholds asked for, or at enough to choose from.

    Parameters and errors are those of `evaluate`.
    """
    study = comparisons.study
    wanted = np.unique(study.sign * np.array(policy.thresholds, np.float64)) + 0.0
    groupings = [AxisGrouping(study, axis) for axis in study.axes]
    if thresholds is None:
        survey = engines.survey(comparisons, TAIL)
        if not survey:
            raise InputError("holds no comparison with a score; give it rows", source=comparisons.name)
        at = candidates(survey, groupings, wanted)
    else:
        at = np.union1d(study.sign * parse_thresholds(thresholds), wanted) + 0.0

    total = comparisons.rows()

    def counted(rows: int) -> None:
        progress(rows, total)

    if study.subjects:
        counts, by_subject = engines.count_by_subject(comparisons, at, progress=counted)
    else:
        counts, by_subject = engines.count(comparisons, at, progress=counted), None
    _require_both_classes(counts, comparisons.name)
    return Counted(
        study=study,
        inputs=comparisons.inputs(),
        score_type=comparisons.score_type,
        all=counts,
        by_subject=by_subject,
        thresholds=at if thresholds is not None else resolving(counts, groupings, wanted),
        chosen=thresholds is None,
        warnings=() if by_subject is None else tuple(_of_two_labels(study, by_subject)),
    )


def _of_two_labels(study: Study, by_subject: SubjectCounts) -> Iterator[str]:
    for found in subjects_of_two_labels(study, by_subject):
        several = f"{found.subjects:,} subjects have" if found.subjects > 1 else "one subject has"
        one, other = map(repr, found.labels)
        yield (
            f"{several} two labels of {found.attribute} in different comparisons, such as {one} and {other}; each "
            "comparison counts by its own labels, so check the labels and the identities"
        )


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
        counts, by_subject = engines.count_by_subject(comparisons, counted.thresholds, among=among)
        _require_both_classes(counts, f"{comparisons.name} (half of the subjects)")
        parts.append(replace(counted, all=counts, by_subject=by_subject))
    return parts[0], parts[1]


def _require_both_classes(counts: Counts, source: str) -> None:
    non_mated, mated = by_truth(counts.trials)
    if not non_mated:
        raise InputError(
            "holds no non-mated comparison: without one there is no false match rate", source=source
        )
    if not mated:
        raise InputError(
            "holds no mated comparison: without one a threshold's cost is unknown", source=source
        )


def by_truth(by_cell: npt.NDArray[np.int64]) -> tuple[int, int]:
    """Add up the cells: non-mated, mated."""
    summed = by_cell.sum(axis=0)
    return int(summed[NON_MATED]), int(summed[MATED])

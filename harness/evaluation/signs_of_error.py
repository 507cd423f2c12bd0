"""Signs that comparisons are mislabelled or misread: what is refused, and what is warned of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from harness.arrays import IntArray
from harness.comparisons.repeats import ROWS_LOOKED_AT, FirstRows, repeated_row, repeating_columns
from harness.counting import MATED, NON_MATED, Counts, SubjectCounts
from harness.counting.grouping import AxisGrouping, subjects_of_two_labels
from harness.errors import InputError
from harness.numbers import percent
from harness.sentences import some
from harness.study import Study

__all__ = ["chance_of_higher", "require_mated_higher", "warnings_on_labels", "warnings_on_repeats"]

STANDARD_ERRORS = 3.0
"""By which mated scores lie below non-mated ones where that is not chance."""


def chance_of_higher(bins: IntArray) -> tuple[float, float]:
    """Return the chance that a mated score is higher than a non-mated one, ties counted half, and its standard error.

    It is the area under the ROC curve (AUC), by the thresholds that comparisons were counted at: scores between the
    same two count as ties.

    Parameters
    ----------
    bins : ndarray of int64, shape (2, B)
        Comparisons by what they reach, from the lowest scores up; non-mated ones first.

    Returns
    -------
    (float, float)
        NaN where either kind has no comparison.

    References
    ----------
    Hanley, J. A., McNeil, B. J. (1982). The meaning and use of the area under a receiver operating characteristic
    (ROC) curve. Radiology 143, 29-36. Comparisons are taken as independent.

    Examples
    --------
    >>> auc, error = chance_of_higher(np.array([[3, 1, 0], [0, 1, 3]]))
    >>> auc, round(error, 3)
    (0.96875, 0.07)
    """
    non_mated, mated = bins[NON_MATED].astype(float), bins[MATED].astype(float)
    lower = np.cumsum(non_mated) - non_mated / 2
    n, m = non_mated.sum(), mated.sum()
    if not n or not m:
        return math.nan, math.nan
    area = float(mated @ lower / (n * m))
    of_two_mated, of_two_non_mated = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area) + (m - 1) * (of_two_mated - area**2) + (n - 1) * (of_two_non_mated - area**2)
    ) / (n * m)
    return area, math.sqrt(max(variance, 0.0))


def require_mated_higher(counts: Counts, groupings: Sequence[AxisGrouping], source: str) -> None:
    """Refuse comparisons whose mated scores lie below the non-mated ones in every group, beyond chance.

    Parameters
    ----------
    counts : Counts
        Canonical: higher scores are the better ones.
    groupings : sequence of AxisGrouping
        Of one study, at least one.
    source : str
        Name of the scores, for errors.

    Raises
    ------
    InputError
        It names both causes, the direction of the scores and swapped labels.
    """
    area, error = chance_of_higher(counts.bins.sum(axis=0))
    if not area + STANDARD_ERRORS * error < 0.5:
        return
    areas = [
        chance_of_higher(bins)[0]
        for grouping in groupings
        for bins in counts.regrouped((grouping.axis.name,), grouping.shared).bins
    ]
    if any(area >= 0.5 for area in areas):
        return
    study = groupings[0].study
    other = "lower" if study.score.better == "higher" else "higher"
    raise InputError(
        f"mated scores lie below non-mated ones in every group (a mated one is the better of two in {percent(area)} of "
        f"all cases): if {other} scores speak for the same person, say so (score: {{better: {other}}}, --better "
        f"{other}); if not, the labels of mated and non-mated are swapped (mated: {{column, mated, non_mated}})",
        source=source,
    )


def warnings_on_labels(study: Study, by_subject: SubjectCounts) -> Iterator[str]:
    """Tell of subjects who have one label in some comparisons and another in others."""
    for found in subjects_of_two_labels(study, by_subject):
        several = f"{found.subjects:,} subjects have" if found.subjects > 1 else "one subject has"
        one, other = map(repr, found.labels)
        yield (
            f"{several} two labels of {found.attribute} in different comparisons, such as {one} and {other}; each "
            "comparison counts by its own labels, so check the labels and the identities"
        )


def warnings_on_repeats(rows: FirstRows) -> Iterator[str]:
    """Tell of rows that repeat others, and of columns that have every comparison several times."""
    for found in repeating_columns(rows):
        column, named = found.column, some([repr(value) for value in found.values])
        yield (
            f"every comparison appears once for each of the {len(found.values)} values of column {column!r} ({named}), "
            f"which the study does not use, so they are evaluated as one: keep one (rows: {{{column}: "
            f"{found.values[0]}}}), or evaluate each (--each {column})"
        )
    row = repeated_row(rows)
    if row is not None:
        values = ", ".join(f"{column} {value}" for column, value in row.values.items())
        which = "the first" if row.looked_at == ROWS_LOOKED_AT else "all"
        yield (
            f"{row.surplus:,} of {which} {row.looked_at:,} rows repeat an earlier one in every column, such as "
            f"{values} ({row.times} times); a comparison that counts several times makes bounds too narrow: leave "
            "repeated rows out"
        )

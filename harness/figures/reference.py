"""Where figures and reports are read first, and where thresholds begin to tell something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.arrays import FloatArray
from harness.verdict_rule import SATURATED_RATE

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation

__all__ = [
    "first_of_use",
    "first_unsaturated",
    "references_of",
    "telling_groups",
]

MOST_GROUPS = 8
"""More groups than these are not all named and coloured."""

MOST_MATCHED = 4
"""Of more groups: those with the most false matches, beside the one with the fewest and that with the most misses."""


def references_of(evaluation: Evaluation) -> tuple[tuple[str, float], ...]:
    """Return the thresholds at which an evaluation is told, lenient to strict, each after what it is."""
    operating = evaluation.policy.operating
    return tuple(
        ("operating threshold" if threshold in operating else "reference point", threshold)
        for threshold in evaluation.reference_thresholds
    )


def first_unsaturated(pooled: FloatArray) -> int:
    """Return the index from which at most half of all trials match; 0 where they never do.

    Parameters
    ----------
    pooled : ndarray of float64, shape (T,)
        The rate over all groups, from the most lenient threshold to the strictest.

    Examples
    --------
    >>> first_unsaturated(np.array([1.0, 0.7, 0.5, 0.1]))
    2
    """
    saturated = np.flatnonzero(pooled > SATURATED_RATE)
    start = int(saturated[-1]) + 1 if len(saturated) else 0
    return start if start < len(pooled) else 0


def first_of_use(evaluation: Evaluation) -> int:
    """Return the index of the first threshold that tables and curves show.

    Those before it are saturated on every axis, and neither the answer nor the policy names one of them.
    """
    starts = [first_unsaturated(axis.false_matches.pooled) for axis in evaluation.axes.values()]
    named = [evaluation.index_of(threshold) for threshold in evaluation.answer_thresholds]
    return min([*starts, *named, *evaluation.reference_indices])


def telling_groups(evaluation: Evaluation, axis: AxisEvaluation) -> tuple[int, ...]:
    """Return the groups that figures colour and name, the one with the most false matches at the reference point first.

    All of up to eight; of more, those with the most false matches, the one with the fewest and that with the most
    misses.

    Parameters
    ----------
    evaluation : Evaluation
    axis : AxisEvaluation
        One of its axes.
    """
    index = evaluation.reference_indices[0]
    matched, missed = (
        np.where(rates.trials > 0, rates.errors[:, index] / np.maximum(rates.trials, 1), -1.0)
        for rates in (axis.false_matches, axis.false_non_matches)
    )
    # Alike at the reference point, such as without any error there: as they are at all thresholds together.
    altogether = axis.false_matches.errors.sum(axis=1) / np.maximum(axis.false_matches.trials, 1)
    order: list[int] = np.lexsort((-altogether, -matched)).tolist()
    if len(order) <= MOST_GROUPS:
        return tuple(order)
    named = {*order[:MOST_MATCHED], order[-1]}
    if missed.max() > 0:
        named.add(int(missed.argmax()))
    return tuple(group for group in order if group in named)

"""Whether a threshold chosen on some people holds on others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.statistics.verdicts import Verdict, meets_limits

if TYPE_CHECKING:
    from harness.evaluation.result import Evaluation

__all__ = ["Confirmation", "Outcome", "confirmation_of"]


class Outcome(StrEnum):
    """What the other half of the subjects says of the threshold."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNDECIDED = "undecided"
    NOTHING_CHOSEN = "nothing to confirm"


@dataclass(frozen=True)
class Confirmation:
    """A threshold chosen on one half of the subjects, read on the other.

    Attributes
    ----------
    chosen : float or None
        The safe threshold of the first half, as the study states scores; None where it has none.
    outcome : Outcome
    reason : str
        A sentence.
    comparisons : tuple of (int, int)
        Non-mated and mated comparisons of the first half and of the second.
    left_out : tuple of int
        Non-mated and mated comparisons between the halves, which are in neither.
    ratio_upper : mapping of str to float
        By judged axis, the second half's one-sided upper bound of the worst ratio at the threshold; empty where
        nothing was chosen.
    """

    chosen: float | None
    outcome: Outcome
    reason: str
    comparisons: tuple[tuple[int, int], tuple[int, int]]
    left_out: tuple[int, int]
    ratio_upper: Mapping[str, float]


def confirmation_of(whole: Evaluation, choosing: Evaluation, confirming: Evaluation) -> Confirmation:
    """Read, on the second half, the threshold that the first half calls safe.

    Parameters
    ----------
    whole, choosing, confirming : Evaluation
        Of all comparisons, and of either half's, at the same thresholds and under the same policy.
    """
    place = choosing.safe.place
    outcome, reason = (
        (Outcome.NOTHING_CHOSEN, choosing.safe.reason) if place is None else _outcome(confirming, place)
    )
    axes = {} if place is None else {axis.name: axis for axis in confirming.judged_axes}
    return Confirmation(
        chosen=choosing.safe_threshold,
        outcome=outcome,
        reason=reason,
        comparisons=(choosing.comparisons, confirming.comparisons),
        left_out=(
            whole.comparisons[0] - choosing.comparisons[0] - confirming.comparisons[0],
            whole.comparisons[1] - choosing.comparisons[1] - confirming.comparisons[1],
        ),
        ratio_upper={
            name: float(axis.false_match_differential.ratio_upper[place]) for name, axis in axes.items()
        },
    )


def _outcome(confirming: Evaluation, place: int) -> tuple[Outcome, str]:
    for axis in confirming.judged_axes:
        if axis.verdict.obstacles:
            return Outcome.UNDECIDED, f"{axis.name}: {axis.verdict.obstacles[0]}"
        if axis.verdict.verdicts[place] is Verdict.DISPARITY_SHOWN:
            return Outcome.FAILS, f"{axis.name}: a disparity is shown there"
    for axis in confirming.judged_axes:
        level = axis.verdict.not_detected_from
        if confirming.policy.criterion == "not_detected" and (level is None or level > place):
            return Outcome.FAILS, f"{axis.name}: a disparity is detected above it"
        if (
            confirming.policy.criterion == "shown"
            and axis.verdict.verdicts[place] is not Verdict.PARITY_SHOWN
        ):
            return Outcome.UNDECIDED, f"{axis.name}: the evidence of that half is too short to show parity"
    if not meets_limits(
        {axis.name: axis.false_matches for axis in confirming.judged_axes},
        {axis.name: axis.false_non_match_differential.gap_upper for axis in confirming.judged_axes},
        confirming.policy,
    )[place]:
        return Outcome.UNDECIDED, "max_fmr or max_fnmr_gap is not shown to be kept"
    return Outcome.HOLDS, "the policy's criterion is met there on every axis"

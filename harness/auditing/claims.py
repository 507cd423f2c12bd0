"""What no false alert at all can claim, in sentences fit to print."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.numbers import at_most, confidence_text
from harness.statistics.intervals import clopper_pearson, one_sided
from harness.statistics.planning import claim_of_zero

__all__ = ["bounds_of_zero", "claim_of_bound", "claim_of_no_false_alert", "claim_of_none_for_a_group"]

TENTH = 0.1


def claim_of_no_false_alert(faces: int, confidence: float) -> str:
    """Say what no false alert among some faces shows, and what it does not.

    Parameters
    ----------
    faces : int
        At least 1.
    confidence : float
        Of the one-sided bound, 1 - (1 - confidence)^(1 / faces).

    References
    ----------
    Hanley, J. A., Lippman-Hand, A. (1983). If nothing goes wrong, is everything all right? JAMA 249,
    1743-1745: the rule of three, 3 / faces, is this bound at 95 % for many faces.
    """
    return claim_of_bound(faces, claim_of_zero(faces, confidence), confidence)


def bounds_of_zero(faces: Sequence[int], confidence: float) -> list[float]:
    """Return the bounds of `harness.statistics.planning.claim_of_zero` for several numbers of faces."""
    bounds: list[float] = clopper_pearson(
        0, np.array(faces, np.float64), one_sided(confidence)
    ).upper.tolist()
    return bounds


def claim_of_bound(faces: int, bound: float, confidence: float) -> str:
    """Say the same, where the bound is known."""
    return (
        f"0 false alerts among {faces:,} faces shows a false alert rate of {at_most(bound)} at "
        f"{confidence_text(confidence)} confidence; it says nothing about differences between groups"
    )


def claim_of_none_for_a_group(faces: int, confidence: float) -> str:
    """Say how much less the same shows for a group that is a tenth of the faces."""
    of_group = max(1, int(faces * TENTH))
    bound = claim_of_zero(of_group, confidence)
    return f"for a group that is a tenth of the faces ({of_group:,}) it would show {at_most(bound)}"

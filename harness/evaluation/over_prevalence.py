"""How the share of alerts that are false depends on how many of the passers-by are on the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from harness.errors import InputError
from harness.statistics.passers_by import Bounded, passers_by

if TYPE_CHECKING:
    from harness.evaluation.axis import AxisEvaluation

__all__ = ["false_shares"]


def false_shares(
    axis: AxisEvaluation, index: int, prevalence: npt.ArrayLike, crowd: Mapping[str, float] | None = None
) -> tuple[Bounded, Bounded | None]:
    """Return the share of alerts that are false at one threshold, at every prevalence, the same for all groups.

    Parameters
    ----------
    axis : AxisEvaluation
        Of searches.
    index : int
        Of the threshold.
    prevalence : array_like, shape (X,)
        Share of the passers-by who are on the list, above 0.
    crowd : mapping of str to float, optional
        Their shares by group.

    Returns
    -------
    by_group : Bounded
        Arrays of shape (G, X).
    together : Bounded or None
        Of the crowd, shape (X,); None without one.

    Raises
    ------
    InputError
        Where the evaluation is of comparisons, or a prevalence is no share above 0.
    """
    if axis.false_matches.name == "FMR":
        raise InputError("comparisons 1:1 have no passers-by; alerts are of searches (task: identification)")
    passing = np.asarray(prevalence, dtype=np.float64)
    if not ((passing > 0) & (passing <= 1)).all():
        raise InputError("a prevalence must lie above 0 and at most at 1")
    groups = axis.false_matches.groups
    rates = [axis.false_matches, axis.false_non_matches]
    wrong = None if axis.searches is None else axis.searches.wrong

    def told(rows: slice, shares: list[float]) -> Bounded:
        given = [
            Bounded(*(values[rows, index, None] for values in (rate.estimate, rate.lower, rate.upper)))
            for rate in (*rates, *(() if wrong is None else (wrong,)))
        ]
        weights = np.array(shares)[:, None]
        return passers_by(weights, np.broadcast_to(passing, (len(shares), len(passing))), *given).share_false

    each = [told(slice(row, row + 1), [1.0]) for row in range(len(groups))]
    by_group = Bounded(*(np.stack(values) for values in zip(*each, strict=True)))
    together = None if crowd is None else told(slice(None), [crowd[group] for group in groups])
    return by_group, together

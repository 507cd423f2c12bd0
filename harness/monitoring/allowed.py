"""How many false alerts an evaluation allows a deployment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.arrays import FloatArray
from harness.gate.evidence import Evidence
from harness.gate.safety import neighbours
from harness.monitoring.alerts import Deployment
from harness.numbers import threshold_text

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["Allowance", "Allowed"]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a deployment is allowed.

    Attributes
    ----------
    rate : float or None
        The highest FPIR that the evaluation leaves open for those who pass by; None where it says nothing of such a
        deployment.
    alerts : float or None
        Faces times that rate.
    reason : str
        Why there is none; empty where there is.
    """

    rate: float | None
    alerts: float | None
    reason: str = ""


class Allowance:
    """The false alerts that an evaluation of searches allows deployments.

    The rate is the upper bound of an FPIR at the deployment's threshold; between two evaluated ones, at the more
    lenient, for it falls as thresholds rise. Of a crowd whose shares are known it is the mean of the groups' bounds, by
    share; of any other, the bound of the group with the highest. A list of no more people than the tested one, of any
    group, has no higher rate; of a larger one the evaluation says nothing.

    Parameters
    ----------
    evaluation : Evaluation
    evidence : Evidence
        The same evaluation, as the gate reads it.
    shares : mapping of str to float, or None
        Of each group among those who pass by.
    """

    def __init__(
        self, evaluation: Evaluation, evidence: Evidence, shares: Mapping[str, float] | None
    ) -> None:
        self._evidence = evidence
        self._tested = evaluation.study.watchlist_size or 0
        self._composition = evaluation.study.watchlist_composition or {}
        self.axis = None if shares is None else _axis_of(evaluation, shares)
        """The axis whose groups' bounds are averaged; None where those of the worst group hold."""
        self._upper = _upper_bounds(evaluation, self.axis, shares or {})

    def of(self, deployment: Deployment) -> Allowed:
        """Return what a deployment is allowed.

        Parameters
        ----------
        deployment : Deployment
        """
        why = self._unknown(deployment) or self._beyond(deployment)
        if why or deployment.threshold is None or deployment.faces is None:
            return Allowed(None, None, why)
        lenient, _ = neighbours(deployment.threshold, self._evidence)
        if lenient < 0:
            return Allowed(
                None,
                None,
                f"threshold {threshold_text(deployment.threshold)} is more lenient than any that was evaluated",
            )
        rate = float(self._upper[lenient])
        return Allowed(rate, rate * deployment.faces)

    def _unknown(self, deployment: Deployment) -> str:
        for name in ("faces", "threshold", "watchlist_size"):
            if getattr(deployment, name) is None:
                return f"{name.replace('_', ' ')} unknown"
        return ""

    def _beyond(self, deployment: Deployment) -> str:
        size = deployment.watchlist_size or 0
        if size > self._tested:
            return f"its watchlist of {size:,} is larger than the {self._tested:,} tested"
        for attribute, groups in deployment.composition.items():
            tested = self._composition.get(attribute)
            if tested is None:
                return f"the evaluation does not state how many of each {attribute} were on its watchlist"
            for group, count in groups.items():
                if count > tested.get(group, 0):
                    return (
                        f"{count:,} of {attribute} {group} on its watchlist are more than the {tested.get(group, 0):,} "
                        "tested"
                    )
        return ""


def _axis_of(evaluation: Evaluation, shares: Mapping[str, float]) -> str | None:
    """Return the judged axis of which all groups have a share, and these are everybody."""
    if not math.isclose(sum(shares.values()), 1.0, abs_tol=1e-6):
        return None
    for axis in evaluation.judged_axes:
        if set(axis.false_matches.groups) == set(shares):
            return axis.name
    return None


def _upper_bounds(evaluation: Evaluation, axis: str | None, shares: Mapping[str, float]) -> FloatArray:
    """Return the highest FPIR of those who pass by at each threshold; a group without searches may have any."""
    if axis is not None:
        rates = evaluation.axes[axis].false_matches
        weights = np.array([shares[group] for group in rates.groups])
        mixed: FloatArray = weights @ np.nan_to_num(rates.upper, nan=1.0) / weights.sum()
        return mixed
    every = np.vstack([each.false_matches.upper for each in evaluation.judged_axes])
    worst: FloatArray = np.nan_to_num(every, nan=1.0).max(axis=0)
    return worst

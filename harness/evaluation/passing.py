"""What 10,000 passers-by meet at the thresholds at which an evaluation's answer is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from harness.arrays import FloatArray
from harness.errors import InputError
from harness.sentences import some
from harness.statistics.passers_by import Bounded, PassersBy, passers_by
from harness.statistics.rates import Rates
from harness.study import Policy

if TYPE_CHECKING:
    from harness.evaluation.axis import AxisEvaluation

__all__ = ["Passing", "met_by_passers_by", "passing_rows", "require_crowd"]

_OF_THE_LIST = ("true", "missed", "share_false")
"""What depends on how many of those who pass are on the list."""


@dataclass(frozen=True, eq=False)
class Passing:
    """What 10,000 passers-by meet at one threshold.

    Attributes
    ----------
    axis : str
    index : int
        Of the threshold.
    prevalence_known : bool
        Whether the policy says how many of them are on the list. Where it does not, nobody is, and only false alerts
        tell anything.
    groups : mapping of str to PassersBy
        Of 10,000 people of each group.
    crowd : PassersBy or None
        Of 10,000 people of the crowd that the policy states; None where it states none.
    """

    axis: str
    index: int
    prevalence_known: bool
    groups: Mapping[str, PassersBy]
    crowd: PassersBy | None


def require_crowd(policy: Policy, axes: Mapping[str, AxisEvaluation]) -> None:
    """Refuse a policy whose crowd or prevalence is of other groups than those evaluated.

    Raises
    ------
    InputError
        It names the axis and the groups.
    """
    stated = {"crowd": policy.crowd, "prevalence": policy.prevalence}
    for key, by_axis in stated.items():
        if by_axis is not None and any(axis.false_matches.name == "FMR" for axis in axes.values()):
            raise InputError(f"{key}: comparisons 1:1 have no passers-by; leave it out", source="policy")
        for name, by_group in by_axis.items() if isinstance(by_axis, Mapping) else ():
            if name not in axes:
                known = ", ".join(axes)
                raise InputError(f"{key}: axis {name!r} is not one of the study's: {known}", source="policy")
            _require_groups(f"{key}.{name}", by_group, axes[name].false_matches.groups)


def _require_groups(where: str, by_group: Mapping[str, float], groups: tuple[str, ...]) -> None:
    unknown = [group for group in by_group if group not in groups]
    if unknown:
        problem = f"{some(unknown)}: no such group was evaluated; there are {some(list(groups))}"
        raise InputError(f"{where}: {problem}", source="policy")
    lacking = [group for group in groups if group not in by_group]
    if lacking:
        raise InputError(
            f"{where}: nothing is said of {some(lacking)}; give a share, 0 for none", source="policy"
        )


def met_by_passers_by(
    axes: Mapping[str, AxisEvaluation], policy: Policy, indices: tuple[int, ...]
) -> Iterator[Passing]:
    """Yield what passers-by meet, axis by axis, at thresholds given by their indices.

    Parameters
    ----------
    axes : mapping of str to AxisEvaluation
    policy : Policy
        The axes of its crowd are told of, and those of its prevalence; with a prevalence of everybody and no crowd,
        the axes that are judged. None where it states neither.
    indices : tuple of int
    """
    crowd, prevalence = policy.crowd or {}, policy.prevalence
    told = {*crowd, *(prevalence if isinstance(prevalence, Mapping) else ())}
    if prevalence is not None and not told:
        told = {name for name, axis in axes.items() if axis.judged}
    for name, axis in axes.items():
        if name in told:
            for index in indices:
                yield _passing(axis, crowd.get(name), prevalence, index)


def _passing(
    axis: AxisEvaluation, shares: Mapping[str, float] | None, prevalence: object, index: int
) -> Passing:
    groups = axis.false_matches.groups
    of_axis = prevalence.get(axis.name) if isinstance(prevalence, Mapping) else prevalence
    everybody = of_axis if isinstance(of_axis, float) else 0.0
    by_group = of_axis if isinstance(of_axis, Mapping) else dict.fromkeys(groups, everybody)
    listed = np.array([by_group[group] for group in groups])
    wrong = None if axis.searches is None else axis.searches.wrong

    def of(rows: slice, weights: FloatArray) -> PassersBy:
        return passers_by(
            weights,
            listed[rows],
            _at(axis.false_matches, rows, index),
            _at(axis.false_non_matches, rows, index),
            None if wrong is None else _at(wrong, rows, index),
        )

    return Passing(
        axis.name,
        index,
        of_axis is not None,
        {group: of(slice(row, row + 1), np.ones(1)) for row, group in enumerate(groups)},
        None if shares is None else of(slice(None), np.array([shares[group] for group in groups])),
    )


def _at(rates: Rates, rows: slice, index: int) -> Bounded:
    return Bounded(*(values[rows, index] for values in (rates.estimate, rates.lower, rates.upper)))


def passing_rows(found: Passing, threshold: float) -> pa.RecordBatch:
    """Return a row for the crowd, whose group is null, and for each group."""
    told: dict[str | None, PassersBy] = {} if found.crowd is None else {None: found.crowd}
    told.update(found.groups)
    columns = {
        f"{part}{end}": _column([getattr(met, part) for met in told.values()], kind, known=known)
        for part, known in (("false", True), *((part, found.prevalence_known) for part in _OF_THE_LIST))
        for end, kind in (("", 0), ("_lower", 1), ("_upper", 2))
    }
    return pa.record_batch(
        {
            "axis": pa.array([found.axis] * len(told)),
            "threshold": np.full(len(told), threshold),
            "group": pa.array(list(told), pa.string()),
            **columns,
        }
    )


def _column(values: Sequence[Bounded], kind: int, *, known: bool) -> pa.Array:
    numbers = [float(value[kind]) if known else None for value in values]
    return pa.array(numbers, pa.float64(), from_pandas=True)

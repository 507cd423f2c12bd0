"""The three ways to FPIR at another list: from candidate lists, from top scores, and from single comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from harness.arrays import FloatArray, IntArray
from harness.numbers import about
from harness.projection.judging import ratio_bounds, safe_of, safety_from_bounds, safety_from_counts
from harness.projection.lists import WantedList
from harness.projection.result import Bounded, ProjectedAxis, ProjectedList
from harness.projection.tested import SearchedList
from harness.statistics.intervals import clopper_pearson
from harness.statistics.larger_lists import alert_rate_by_formula
from harness.statistics.projection import Rarefied
from harness.statistics.rates import Rates
from harness.verdict_rule import AxisSafety, SafeThreshold

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation

__all__ = ["Part", "from_candidates", "from_comparisons", "from_top_scores", "safe_at_part"]


@dataclass(frozen=True, eq=False)
class Part:
    """A list, and the part of the tested one by which it is known.

    Attributes
    ----------
    list_groups : tuple of str, length H
    list_group : ndarray of int64, shape (R,)
        The group of each subject on the tested list.
    wanted, held : ndarray of int64, shape (H,)
        How many subjects of each group are wanted, and of these, at most as many as the tested list has.
    """

    list_groups: tuple[str, ...]
    list_group: IntArray
    wanted: IntArray
    held: IntArray

    @property
    def is_whole(self) -> bool:
        """Whether the tested list has them all."""
        return bool(np.array_equal(self.wanted, self.held))


def from_candidates(
    tested: SearchedList, name: str, wanted: WantedList, part: Part, found: tuple[Rarefied, ...]
) -> ProjectedList:
    """Project to a list by who on the tested one is matched: exactly to a part of it, with bounds to a larger one.

    Parameters
    ----------
    tested : SearchedList
    name : str
    wanted : WantedList
    part : Part
    found : tuple of Rarefied
        FPIR at the part, by axis.
    """
    axes, safety = {}, []
    for (axis, _), rarefied in zip(tested.axes.items(), found, strict=True):
        project = _rarefied if part.is_whole else _bounded_by_formula
        axes[axis], own = project(tested, axis, wanted, part, rarefied)
        safety.append(own)
    safe = safe_of(tested.evaluation, safety, tested.first)
    if part.is_whole:
        note = "the mean over random parts of the tested list, from who on it is matched"
        return ProjectedList(name, wanted, "rarefied", axes, safe, note)
    note = (
        "between what is measured at as much of it as was tested, and what independent comparisons would give"
    )
    return ProjectedList(name, wanted, "bound", axes, safe, note)


def safe_at_part(tested: SearchedList, axes: Mapping[str, Rarefied]) -> SafeThreshold:
    """Return the safe threshold at a part of the tested list, given the judged axes."""
    safety = [_judged(tested, tested.evaluation.axes[axis], found)[0] for axis, found in axes.items()]
    return safe_of(tested.evaluation, safety, tested.first)


def _judged(tested: SearchedList, axis: AxisEvaluation, found: Rarefied) -> tuple[AxisSafety, Rates, Bounded]:
    evaluation = tested.evaluation
    confidence = evaluation.policy.confidence
    own, joint = found.rates(confidence), found.rates(confidence, found.joint_effect)
    safe, apart = safety_from_counts(evaluation, axis, own, joint, tested.first, evaluation.policy)
    return safe, own, Bounded(apart.ratio, apart.ratio_lower, apart.ratio_upper)


def _rarefied(
    tested: SearchedList, axis: str, wanted: WantedList, part: Part, found: Rarefied
) -> tuple[ProjectedAxis, AxisSafety]:
    safe, own, ratio = _judged(tested, tested.evaluation.axes[axis], found)
    rates = Bounded(own.estimate, own.lower, own.upper)
    projected = _axis(tested.evaluation, axis, wanted, tested.first, rates, ratio)
    return replace(projected, formula_over_measured=_formula(tested, axis, part, found)), safe


def _bounded_by_formula(
    tested: SearchedList, axis: str, wanted: WantedList, part: Part, found: Rarefied
) -> tuple[ProjectedAxis, AxisSafety]:
    evaluation, confidence = tested.evaluation, tested.evaluation.policy.confidence
    stricter = _stricter(confidence, len(found.groups))
    comparisons = tested.comparisons(axis, part.list_groups, part.list_group)

    def bounds(at: float) -> Bounded:
        upper = alert_rate_by_formula(_against(_limits(comparisons, at)[1], part), part.wanted)
        own = found.rates(at)
        return Bounded(np.full(upper.shape, np.nan), own.lower, np.maximum(upper, own.lower))

    rates = bounds(confidence)
    ratio = ratio_bounds(rates, bounds(stricter))
    projected = _axis(evaluation, axis, wanted, tested.first, rates, ratio)
    safe = safety_from_bounds(evaluation, evaluation.axes[axis], rates, tested.first)
    return replace(projected, formula_over_measured=_formula(tested, axis, part, found)), safe


def _formula(tested: SearchedList, axis: str, part: Part, found: Rarefied) -> FloatArray:
    """Return what independent comparisons would give over what is measured, shape (G, T), from one threshold on."""
    rates = _against(tested.comparisons(axis, part.list_groups, part.list_group).estimate, part)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = alert_rate_by_formula(rates, part.held) / found.estimate
    return _padded(np.where(np.isfinite(ratio), ratio, np.nan), tested.first)


def _against(values: FloatArray, part: Part) -> FloatArray:
    """Rearrange rates of pairs of groups, so that the group of the list comes first: shape (H, G, T)."""
    listed = len(part.list_groups)
    return values.reshape(-1, listed, values.shape[-1]).transpose(1, 0, 2)


def _limits(rates: Rates, confidence: float) -> tuple[FloatArray, FloatArray]:
    return clopper_pearson(rates.effective_errors, rates.effective_trials, confidence)


def _stricter(confidence: float, groups: int) -> float:
    return 1 - (1 - confidence) / groups


def from_top_scores(evaluation: Evaluation, name: str, wanted: WantedList, tested_size: int) -> ProjectedList:
    """Project to a list of the tested mix by the top scores of searches alone.

    With a the size of the list over that of the tested one, FPIR lies between the tested F and 1 - (1 - F)^a: the one
    holds where the comparisons of a probe all match or none does, the other where they are independent. So any ratio of
    two groups lies within a factor of a, or 1 / a, of the tested one.
    """
    share = wanted.enrolled / tested_size
    factor = max(share, 1 / share)
    axes, safety = {}, []
    policy = evaluation.policy
    tight = None if policy.max_ratio is None else policy.max_ratio / factor
    strict = policy.model_copy(
        update={"max_ratio": tight, "max_gap": policy.max_gap if factor == 1 else None}
    )
    decidable = factor == 1 or (policy.criterion == "shown" and tight is not None and tight > 1)
    for axis, of_axis in evaluation.axes.items():
        found, measured = of_axis.false_match_differential, of_axis.false_matches
        rates = _between(measured, share)
        ratio = Bounded(
            found.ratio if factor == 1 else np.full(len(found.ratio), np.nan),
            found.ratio_lower / factor,
            found.ratio_upper * factor,
        )
        axes[axis] = _axis(evaluation, axis, wanted, 0, rates, ratio)
        if decidable:
            own = replace(measured, lower=rates.lower, upper=rates.upper)
            safe, _ = safety_from_counts(evaluation, of_axis, own, measured, 0, strict)
            safety.append(safe)
    safe_there = (
        safe_of(evaluation, safety, 0, strict)
        if decidable
        else SafeThreshold(
            None,
            f"the list has {about(share)} times the size of the tested one, and top scores alone bound no ratio there "
            "as closely as the policy asks; give candidate lists",
        )
    )
    note = "between what is measured at the tested list and what independent comparisons would give, from top scores"
    return ProjectedList(name, wanted, "top scores", axes, safe_there, note)


def _between(measured: Rates, share: float) -> Bounded:
    with np.errstate(divide="ignore"):
        lower, upper = (-np.expm1(share * np.log1p(-of)) + 0.0 for of in (measured.lower, measured.upper))
    estimate = measured.estimate if share == 1 else np.full(measured.estimate.shape, np.nan)
    return Bounded(estimate, np.minimum(lower, measured.lower), np.maximum(upper, measured.upper))


def from_comparisons(evaluation: Evaluation, name: str, wanted: WantedList, axes: list[str]) -> ProjectedList:
    """Bound FPIR at a list by an evaluation of single comparisons, from its rates across groups.

    At the least a search alerts as often as its comparison with one subject matches. Without a composition every group
    is taken to be the one that probes match most, so that the bound holds for any mix.

    Parameters
    ----------
    evaluation : Evaluation
    name : str
    wanted : WantedList
    axes : list of str
        Those on which the list is known, all with rates across groups.
    """
    projected, safety = {}, []
    confidence = evaluation.policy.confidence
    for axis in axes:
        of_axis = evaluation.axes[axis]
        groups = of_axis.false_matches.groups
        rates = _from_across(of_axis, wanted, confidence)
        ratio = ratio_bounds(rates, _from_across(of_axis, wanted, _stricter(confidence, len(groups))))
        projected[axis] = _axis(evaluation, axis, wanted, 0, rates, ratio)
        safety.append(safety_from_bounds(evaluation, of_axis, rates, 0))
    note = "bounds from false match rates of single comparisons, 1:1"
    return ProjectedList(name, wanted, "bound", projected, safe_of(evaluation, safety, 0), note)


def _from_across(axis: AxisEvaluation, wanted: WantedList, confidence: float) -> Bounded:
    assert axis.across is not None  # noqa: S101 - asked for by the caller
    lower, upper = _limits(axis.across, confidence)
    row = {name: index for index, name in enumerate(axis.across.groups)}
    groups = axis.false_matches.groups
    counts = dict(wanted.counts) or dict.fromkeys(groups, 1)
    bounds = []
    for of in (lower, upper):
        unknown = np.full(of.shape[1], np.nan)
        bounds.append(
            np.array(
                [
                    [of[row[pair]] if (pair := f"{g} → {h}") in row else unknown for g in groups]
                    for h in counts
                ]
            )
        )
    least = np.array([n > 0 for n in counts.values()])
    one = np.nan_to_num(bounds[0][least]).max(axis=0)
    if wanted.composition is None:
        most = bounds[1].max(axis=0)[None]
        whole = alert_rate_by_formula(most, np.array([wanted.enrolled]))
        one = np.nan_to_num(bounds[0]).min(axis=0)
    else:
        whole = alert_rate_by_formula(bounds[1], np.array(list(counts.values())))
    return Bounded(np.full(whole.shape, np.nan), one, np.where(np.isnan(whole), 1.0, whole))


def _axis(
    evaluation: Evaluation, axis: str, wanted: WantedList, first: int, rates: Bounded, ratio: Bounded
) -> ProjectedAxis:
    """Put an axis together, with nothing at the thresholds below the first."""
    measured = evaluation.axes[axis].false_matches
    shares = wanted.crowd.get(axis)
    crowd = (
        measured.trials / max(int(measured.trials.sum()), 1)
        if shares is None
        else np.array([shares.get(group, 0.0) for group in measured.groups])
    )
    return ProjectedAxis(
        axis,
        measured.groups,
        crowd,
        Bounded(*(_padded(of, first) for of in (rates.estimate, rates.lower, rates.upper))),
        Bounded(*(_padded(of, first) for of in (ratio.estimate, ratio.lower, ratio.upper))),
        np.full((len(measured.groups), len(evaluation.thresholds)), np.nan),
    )


def _padded(values: FloatArray, first: int) -> FloatArray:
    unknown = np.full((*values.shape[:-1], first), np.nan)
    return np.concatenate([unknown, values], axis=-1)

"""The whole way from scores to an evaluation, in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from harness.arrays import FloatArray
from harness.comparisons import Scores, resolve
from harness.counting import MATED, NON_MATED, Cell, Counts, SubjectCounts
from harness.counting.grouping import AxisGrouping
from harness.counting.thresholds import Thresholds
from harness.engines import EngineName, choose_engine, open_with
from harness.evaluation.axis import AxisEvaluation, Confirmation, MatedCounts, Outcome
from harness.evaluation.counted import Counted, count_for, halves
from harness.evaluation.notes import notes_on, notes_on_files, notes_on_rows, versions
from harness.evaluation.passing import require_crowd
from harness.evaluation.result import Evaluation
from harness.evaluation.searching import axis_searches, effects_of_list, searches_of, warnings_on_searches
from harness.statistics.clustering import carried, design_effect, on_finer_thresholds, small_sample
from harness.statistics.differentials import EffectiveCounts, differentials
from harness.statistics.measures import summary_measures
from harness.statistics.rates import Rates, false_match_rates, false_non_match_rates
from harness.statistics.verdicts import (
    AxisSafety,
    Verdict,
    judge,
    judge_misses,
    safe_threshold,
    safety_of,
)
from harness.study import FalseMatchLimit, Policy, Study, load_policy
from harness.verdict_rule import DISPARITIES, have_enough, is_detected, limits_said

__all__ = [
    "Effects",
    "PolicyLike",
    "StudyLike",
    "conclude",
    "confirmation_of",
    "effects_of_subjects",
    "evaluate",
]

StudyLike: TypeAlias = Study | Mapping[str, object] | str | os.PathLike[str]
PolicyLike: TypeAlias = Policy | Mapping[str, object] | str | os.PathLike[str] | None


def evaluate(
    scores: Scores,
    *,
    study: StudyLike,
    policy: PolicyLike = None,
    thresholds: Thresholds | None = None,
    confirm: Literal["split"] | None = None,
    engine: EngineName = "local",
    scheduler: str | None = None,
    workers: int | None = None,
    master: str | None = None,
    checkpoints: str | os.PathLike[str] | None = None,
    memory_limit: str | int | None = None,
    progress: Callable[[int, int | None], None] = lambda rows, total: None,
) -> Evaluation:
    """Evaluate a matcher's comparison scores for demographic differentials across thresholds.

    Parameters
    ----------
    scores : Scores
        A file, glob or folder of text (CSV and its kin), Parquet or Arrow IPC; several paths; ``"-"`` for standard
        input; a mapping of column names to arrays; a dataframe; any object with ``__arrow_c_stream__``; pairs of
        templates still to be compared, from `harness.comparisons.all_pairs`; or a matrix, from
        `harness.comparisons.matrix` or, where the study says who its rows and columns are, an ``.npy`` or ``.npz``
        file or an array.
    study : Study, mapping or path
        The meaning of the columns.
    policy : Policy, mapping or path, optional
        When a threshold counts as safe.
    thresholds : str, path or sequence of float, optional
        Those to list in tables, as the study states scores; all by default. Whatever is asked for, thresholds chosen
        from the scores are evaluated too, so that the tail is resolved down to single events and nothing between is
        overlooked, with the policy's thresholds among them.
    confirm : "split", optional
        Also choose a threshold on one half of the subjects and see whether it holds on the other half.
    engine : {"local", "dask", "spark"}, optional
        Who counts: this machine, or the workers of a cluster, who must find the files under the same paths.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``"tcp://host:8786"``. By default the engine dask starts a cluster of
        processes on this machine for this run.
    workers : int, optional
        How many processes such a cluster has; by default one a processor.
    master : str, optional
        Address of a Spark master, or ``"local[N]"``; ``"local[*]"`` by default.
    checkpoints : path, optional
        A folder to keep the counts of finished parts in, so that a run that was stopped goes on where it was.
    memory_limit : str or int, optional
        The most memory that reading and counting may take, the program included: a size such as ``"400MB"``,
        or bytes. By default as much as DuckDB finds fit.
    progress : callable, optional
        Called with the number of comparisons just counted, and the number of all where it is known.

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        Where the scores, study, policy or thresholds cannot be used as given; its text is one line.

    Examples
    --------
    >>> study = {"matcher": {"name": "example", "version": "1"}, "groups": {"sex": "sex"}}
    >>> scores = {"score": [0.2, 0.9, 0.3, 0.8], "mated": [False, True] * 2, "sex": ["f", "f", "m", "m"]}
    >>> evaluate(scores, study=study)
    <Evaluation of example 1: safe threshold None, axes sex, 73 thresholds>
    """
    (scores, study), policy = resolve(scores, study), load_policy(policy)
    policy.axes_of(study)  # refuses before anything is read, as the next does
    policy.false_match_limit(study.task)
    by = choose_engine(
        engine,
        scheduler=scheduler,
        workers=workers,
        master=master,
        checkpoints=checkpoints,
        memory_limit=memory_limit,
    )
    with open_with(scores, study, by) as comparisons:
        counted = count_for(comparisons, policy, thresholds, progress)
        split = halves(comparisons, counted) if confirm else None
    evaluation = conclude(counted, policy)
    if split is None:
        return evaluation
    choosing, confirming = (conclude(half, policy) for half in split)
    return replace(evaluation, confirmation=confirmation_of(evaluation, choosing, confirming))


def conclude(counted: Counted, policy: Policy) -> Evaluation:
    """Evaluate what was counted.

    Parameters
    ----------
    counted : Counted
    policy : Policy

    Raises
    ------
    InputError
        Where the study lacks an axis of the policy, an axis has no group, or the policy's crowd has other groups.
    """
    study = counted.study
    judged = {axis.name for axis in policy.axes_of(study)}
    counts = counted.all.at(counted.thresholds)
    axes = {
        axis.name: _evaluate_axis(AxisGrouping(study, axis), counted, policy, judged=axis.name in judged)
        for axis in study.axes
    }
    require_crowd(policy, axes)
    limit = policy.false_match_limit(study.task)
    safety = [_safety_of(axis, policy, limit) for axis in axes.values() if axis.judged]
    return Evaluation(
        study=study,
        policy=policy,
        inputs=counted.inputs,
        versions=versions(),
        score_type=counted.score_type,
        comparisons=MatedCounts.of_cells(counts.trials),
        missing=MatedCounts.of_cells(counts.missing),
        thresholds=study.sign * counts.thresholds + 0.0,
        axes=axes,
        safe=safe_threshold(safety, policy, limit),
        notes=(
            *notes_on(
                study,
                policy,
                counts,
                counted.score_type,
                axes.values(),
                None if counted.asked_for is None else len(counted.asked_for),
            ),
            *counted.notes,
            *notes_on_rows(study, counted.met),
            *notes_on_files(counted.left_out),
        ),
        asked_for=None if counted.asked_for is None else study.sign * counted.asked_for + 0.0,
        warnings=(*counted.warnings, *warnings_on_searches(counted)),
        searches=searches_of(counted, policy),
        list_matches=counted.list_matches,
    )


def _safety_of(axis: AxisEvaluation, policy: Policy, limit: FalseMatchLimit) -> AxisSafety:
    return safety_of(axis.name, axis.verdict, axis.false_matches, axis.verdicts_on_misses, policy, limit)


def _evaluate_axis(
    grouping: AxisGrouping, counted: Counted, policy: Policy, *, judged: bool
) -> AxisEvaluation:
    within = grouping.within(counted.all)
    effects, effects_between = _effects(
        grouping.study,
        within,
        counted,
        grouping.shared,
        counted.thresholds,
        within.thresholds,
        of_list=effects_of_list(grouping, counted),
    )
    false_matches, false_non_matches = _group_rates(grouping, within, counted, policy, effects)
    known = effects.subjects
    subjects = None if known is None else dict(zip(false_matches.groups, known, strict=True))
    of_non_mated = None if subjects is None else {group: of.non_mated for group, of in subjects.items()}
    trials = dict(zip(false_matches.groups, false_matches.trials.tolist(), strict=True))
    enough = np.array(list(have_enough(trials, of_non_mated, policy).values()))
    differential = differentials(false_matches, policy.confidence, enough)
    of_misses = differentials(false_non_matches, policy.confidence)
    return AxisEvaluation(
        name=grouping.axis.name,
        judged=judged,
        left_out=MatedCounts.of_cells(grouping.left_out(counted.all)[None]),
        subjects=subjects,
        false_matches=false_matches,
        false_non_matches=false_non_matches,
        across=_rates_across(grouping, counted, policy) if grouping.study.pairing == "cross" else None,
        false_match_differential=differential,
        false_non_match_differential=of_misses,
        measures=summary_measures(false_matches, false_non_matches, policy.confidence),
        verdict=judge(
            false_matches,
            differential,
            _with_those_between(within, counted, effects_between),
            policy,
            of_non_mated,
        ),
        verdicts_on_misses=judge_misses(false_non_matches, of_misses, policy),
        excluded=_excluded(grouping, counted.all) if grouping.excludes else None,
        searches=axis_searches(grouping, counted, false_non_matches, effects.larger),
    )


def _excluded(grouping: AxisGrouping, counts: Counts) -> dict[str, MatedCounts]:
    found = grouping.excluded(counts)
    return {
        str(group): MatedCounts(*trials)
        for (group,), trials in zip(found.cells, found.trials.tolist(), strict=True)
    }


def _with_those_between(within: Counts, counted: Counted, effects: Effects) -> EffectiveCounts:
    """Return the false matches of every group at all thresholds that were counted at, reported or not."""
    return EffectiveCounts(
        within.thresholds,
        np.searchsorted(within.thresholds, counted.thresholds),
        within.matches[:, NON_MATED] / effects.false_match,
        within.trials[:, NON_MATED, None] / effects.false_match,
    )


def _group_rates(
    grouping: AxisGrouping, within: Counts, counted: Counted, policy: Policy, effects: Effects
) -> tuple[Rates, Rates]:
    at = within.at(counted.thresholds)
    task, confidence = grouping.study.task, policy.confidence
    false_matches = false_match_rates(at, task=task, confidence=confidence, design_effect=effects.false_match)
    false_non_matches = false_non_match_rates(
        at, task=task, confidence=confidence, design_effect=effects.false_non_match
    )
    return false_matches, false_non_matches


def _rates_across(grouping: AxisGrouping, counted: Counted, policy: Policy) -> Rates:
    across = grouping.across(counted.all)
    (effects,) = _effects(grouping.study, across, counted, grouping.sides, counted.thresholds)
    return false_match_rates(
        across.at(counted.thresholds),
        task=grouping.study.task,
        confidence=policy.confidence,
        design_effect=effects.false_match,
    )


def confirmation_of(whole: Evaluation, choosing: Evaluation, confirming: Evaluation) -> Confirmation:
    """Read, on the second half, the threshold that the first half calls safe.

    Parameters
    ----------
    whole, choosing, confirming : Evaluation
        Of all comparisons, and of either half's, at the same thresholds and under the same policy.
    """
    index = choosing.safe.index
    outcome, reason = (
        (Outcome.NOTHING_CHOSEN, choosing.safe.reason) if index is None else _outcome(confirming, index)
    )
    axes = {} if index is None else {axis.name: axis for axis in confirming.judged_axes}
    return Confirmation(
        chosen=choosing.safe_threshold,
        outcome=outcome,
        reason=reason,
        comparisons=(choosing.comparisons, confirming.comparisons),
        left_out=MatedCounts(
            whole.comparisons.non_mated - choosing.comparisons.non_mated - confirming.comparisons.non_mated,
            whole.comparisons.mated - choosing.comparisons.mated - confirming.comparisons.mated,
        ),
        ratio_upper={
            name: float(axis.false_match_differential.ratio_upper[index]) for name, axis in axes.items()
        },
    )


def _outcome(confirming: Evaluation, index: int) -> tuple[Outcome, str]:
    for axis in confirming.judged_axes:
        if axis.verdict.verdicts[index] in DISPARITIES:
            return Outcome.FAILS, f"{axis.name}: a disparity is shown there"
        if axis.verdict.obstacles:
            return Outcome.UNDECIDED, f"{axis.name}: {axis.verdict.obstacles[0]}"
    for axis in confirming.judged_axes:
        lacking = _lacking(axis, confirming.policy, index)
        if lacking is not None:
            return lacking
    limit = confirming.false_match_limit
    safety = [_safety_of(axis, confirming.policy, limit) for axis in confirming.judged_axes]
    if not all(axis.keeps_limits[index] for axis in safety):
        return Outcome.UNDECIDED, f"{limits_said(confirming.policy, limit)} is not shown to be kept"
    return Outcome.HOLDS, "the policy's criterion is met there on every axis"


def _lacking(axis: AxisEvaluation, policy: Policy, index: int) -> tuple[Outcome, str] | None:
    """Say why the policy's criterion is not met at a threshold at which no disparity is shown; None where it is."""
    if policy.criterion == "not_detected" and _is_detected_from(axis, index):
        return Outcome.FAILS, f"{axis.name}: a disparity is detected above it"
    if axis.verdict.verdicts[index] is Verdict.SATURATED:
        return Outcome.UNDECIDED, f"{axis.name}: more than half of all match there in that half"
    if policy.criterion == "shown" and axis.verdict.verdicts[index] is not Verdict.PARITY_SHOWN:
        return Outcome.UNDECIDED, f"{axis.name}: the evidence of that half is too short to show parity"
    return None


def _is_detected_from(axis: AxisEvaluation, index: int) -> bool:
    """Say whether a disparity is detected at a threshold or above it; where more than half match, none is."""
    detected = is_detected(axis.false_match_differential.ratio_lower[index:].tolist())
    verdicts = axis.verdict.verdicts[index:]
    return any(
        differ and one is not Verdict.SATURATED for differ, one in zip(detected, verdicts, strict=True)
    )


def _effects(
    study: Study,
    grouped: Counts,
    counted: Counted,
    cell_of: Callable[[Cell], Cell | None],
    *of: FloatArray,
    of_list: Callable[[Counts], FloatArray] | None = None,
) -> tuple[Effects, ...]:
    if counted.by_subject is not None:
        return effects_of_subjects(study, grouped, counted.by_subject, cell_of, *of, of_list=of_list)
    independent = [Effects.independent(len(grouped.cells), len(thresholds)) for thresholds in of]
    if of_list is None:
        return tuple(independent)
    return tuple(
        replace(effects, false_match=_carried_of_list(grouped.at(thresholds), of_list))
        for effects, thresholds in zip(independent, of, strict=True)
    )


def _carried_of_list(grouped: Counts, of_list: Callable[[Counts], FloatArray]) -> FloatArray:
    """Return the design effects on false matches where counts by subject are not there, shape (G, T)."""
    of_groups = zip(of_list(grouped), grouped.matches[:, NON_MATED], strict=True)
    return np.array(
        [carried(np.nan_to_num(effect, nan=1.0, posinf=np.inf), matches) for effect, matches in of_groups]
    )


@dataclass(frozen=True, eq=False)
class Effects:
    """The effect of clustering by subject on the rates of G groups at T thresholds.

    Attributes
    ----------
    false_match, false_non_match : ndarray of float64, shape (G, T)
    subjects : tuple of MatedCounts, length G, or None
        How many subjects are in the comparisons of each group; None where that is not known.
    """

    false_match: FloatArray
    false_non_match: FloatArray
    subjects: tuple[MatedCounts, ...] | None

    @property
    def larger(self) -> FloatArray:
        """The larger of the two, for other errors of the same people."""
        return np.maximum(self.false_match, self.false_non_match)

    @classmethod
    def independent(cls, groups: int, thresholds: int) -> Effects:
        """Return the effects of comparisons that are independent: none."""
        none = np.ones((groups, thresholds))
        return cls(none, none, None)


def effects_of_subjects(
    study: Study,
    grouped: Counts,
    by_subject: SubjectCounts,
    cell_of: Callable[[Cell], Cell | None],
    *of: FloatArray,
    of_list: Callable[[Counts], FloatArray] | None = None,
) -> tuple[Effects, ...]:
    """Measure the design effect of every group, and carry it to finer thresholds.

    Parameters
    ----------
    study : Study
    grouped : Counts
        Regrouped, at thresholds that hold those of ``by_subject`` and those asked for.
    by_subject : SubjectCounts
    cell_of : callable
        The function that ``grouped`` was regrouped by.
    *of : ndarray of float64
        Sets of thresholds, each to have its own `Effects`.
    of_list : callable, optional
        The effects on false matches that are known from whom on a watchlist searches match, shape (G, C), given
        ``grouped`` at the C thresholds of ``by_subject``. They hold in place of those by subject, but where they are
        NaN; see `harness.statistics.list_clusters`.
    """
    coarse, fine = grouped.at(by_subject.thresholds), [grouped.at(thresholds) for thresholds in of]
    effects = [np.ones((2, len(grouped.cells), len(thresholds))) for thresholds in of]
    by_list = None if of_list is None else of_list(coarse)
    subjects = np.zeros((len(grouped.cells), 2), np.int64)
    for i, cell in enumerate(grouped.cells):
        for truth in (NON_MATED, MATED):
            sums = by_subject.sums(cell_of, cell, mated=truth == MATED)
            touch_two = len(study.subjects) == 2 and (truth == NON_MATED or study.identities == "separate")
            trials = int(grouped.trials[i, truth])
            measured = design_effect(coarse.matches[i, truth], trials, sums, touch_two=touch_two)
            measured *= small_sample(sums.effective_subjects)
            if by_list is not None and truth == NON_MATED:
                measured = np.where(np.isnan(by_list[i]), measured, by_list[i])
            for thresholds, counts, effect in zip(of, fine, effects, strict=True):
                matches = counts.matches[i, truth]
                errors = matches if truth == NON_MATED else trials - matches
                finer = on_finer_thresholds(measured, coarse.thresholds, thresholds)
                effect[truth, i] = carried(finer, errors)
            subjects[i, truth] = sums.subjects
    counted = tuple(MatedCounts(int(non_mated), int(mated)) for non_mated, mated in subjects)
    return tuple(Effects(effect[NON_MATED], effect[MATED], counted) for effect in effects)

"""The whole way from scores to an evaluation, in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from harness.arrays import FloatArray
from harness.comparisons import Scores, resolve_study
from harness.counting import NON_MATED, Cell, Counts
from harness.counting.grouping import AxisGrouping
from harness.counting.thresholds import Thresholds
from harness.engines import EngineName, choose_engine, open_with
from harness.evaluation.confirmation import confirmation_of
from harness.evaluation.counted import Counted, by_truth, count_for, halves
from harness.evaluation.effects import Effects, effects_of_subjects
from harness.evaluation.notes import notes_on, notes_on_files, versions
from harness.evaluation.result import AxisEvaluation, Evaluation
from harness.statistics.differentials import EffectiveCounts, differentials
from harness.statistics.measures import summary_measures
from harness.statistics.rates import Rates, false_match_rates, false_non_match_rates
from harness.statistics.verdicts import judge, safe_threshold
from harness.study import Policy, Study, load_policy

__all__ = ["PolicyLike", "StudyLike", "conclude", "evaluate"]

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
        A file, glob or folder of CSV, Parquet or Arrow IPC; several paths; a mapping of column names to
        arrays; a dataframe; any object with ``__arrow_c_stream__``; or pairs of templates still to be compared,
        from `harness.comparisons.all_pairs`.
    study : Study, mapping or path
        What the columns mean.
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
    """
    study, policy = resolve_study(scores, study), load_policy(policy)
    policy.axes_of(study)  # refuses before anything is read
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
        Where the study lacks an axis of the policy, or an axis has no group.
    """
    study = counted.study
    judged = {axis.name for axis in policy.axes_of(study)}
    counts = counted.all.at(counted.thresholds)
    axes = {
        axis.name: _evaluate_axis(AxisGrouping(study, axis), counted, policy, judged=axis.name in judged)
        for axis in study.axes
    }
    decisive = {name: axis for name, axis in axes.items() if axis.judged}
    safe = safe_threshold(
        {name: axis.verdict for name, axis in decisive.items()},
        {name: axis.false_matches for name, axis in decisive.items()},
        {name: axis.false_non_match_differential.gap_upper for name, axis in decisive.items()},
        policy,
    )
    return Evaluation(
        study=study,
        policy=policy,
        inputs=counted.inputs,
        versions=versions(),
        score_type=counted.score_type,
        comparisons=by_truth(counts.trials),
        missing=by_truth(counts.missing),
        thresholds=study.sign * counts.thresholds + 0.0,
        axes=axes,
        safe=safe,
        notes=(
            *notes_on(
                study,
                counts,
                counted.score_type,
                axes.values(),
                None if counted.asked_for is None else len(counted.asked_for),
            ),
            *notes_on_files(counted.left_out),
        ),
        asked_for=None if counted.asked_for is None else study.sign * counted.asked_for + 0.0,
        warnings=counted.warnings,
    )


def _evaluate_axis(
    grouping: AxisGrouping, counted: Counted, policy: Policy, *, judged: bool
) -> AxisEvaluation:
    within = grouping.within(counted.all)
    effects, effects_between = _effects(
        grouping.study, within, counted, grouping.shared, counted.thresholds, within.thresholds
    )
    false_matches, false_non_matches = _group_rates(grouping, within, counted, policy, effects)
    known = effects.subjects
    subjects = None if known is None else dict(zip(false_matches.groups, known, strict=True))
    differential = differentials(false_matches, policy.confidence)
    return AxisEvaluation(
        name=grouping.axis.name,
        judged=judged,
        left_out=by_truth(grouping.left_out(counted.all)[None]),
        subjects=subjects,
        false_matches=false_matches,
        false_non_matches=false_non_matches,
        across=_rates_across(grouping, counted, policy) if grouping.study.pairing == "cross" else None,
        false_match_differential=differential,
        false_non_match_differential=differentials(false_non_matches, policy.confidence),
        measures=summary_measures(false_matches, false_non_matches, policy.confidence),
        verdict=judge(
            false_matches,
            differential,
            _with_those_between(within, counted, effects_between),
            policy,
            subjects,
        ),
    )


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


def _effects(
    study: Study,
    grouped: Counts,
    counted: Counted,
    cell_of: Callable[[Cell], Cell | None],
    *of: FloatArray,
) -> tuple[Effects, ...]:
    if counted.by_subject is None:
        return tuple(Effects.independent(len(grouped.cells), len(thresholds)) for thresholds in of)
    return effects_of_subjects(study, grouped, counted.by_subject, cell_of, *of)

"""The whole way from scores to an evaluation, in order."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy

import harness
from harness import engines
from harness.comparisons import Comparisons, Input, Scores
from harness.counting import MATED, NON_MATED, Cell, Counts, SubjectCounts
from harness.differentials import differentials
from harness.errors import InputError
from harness.evaluation.effects import Effects, effects_of_subjects
from harness.evaluation.result import AxisEvaluation, Evaluation
from harness.grouping import AxisGrouping
from harness.measures import FDR_CAUTION, summary_measures
from harness.policy import Policy, load_policy
from harness.rates import Rates, false_match_rates, false_non_match_rates
from harness.study import Study, load_study
from harness.thresholds import TAIL, Thresholds, candidates, parse_thresholds, resolving
from harness.verdicts import judge, safe_threshold

__all__ = ["Counted", "PolicyLike", "StudyLike", "conclude", "count_for", "evaluate"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
StudyLike: TypeAlias = Study | Mapping[str, object] | str | os.PathLike[str]
PolicyLike: TypeAlias = Policy | Mapping[str, object] | str | os.PathLike[str] | None


def evaluate(
    scores: Scores,
    *,
    study: StudyLike,
    policy: PolicyLike = None,
    thresholds: Thresholds | None = None,
    progress: Callable[[int, int | None], None] = lambda rows, total: None,
) -> Evaluation:
    """Evaluate a matcher's comparison scores for demographic differentials across thresholds.

    Parameters
    ----------
    scores : Scores
        A file, glob or folder of CSV, Parquet or Arrow IPC; several paths; a mapping of column names to
        arrays; a dataframe; or any object with ``__arrow_c_stream__``.
    study : Study, mapping or path
        What the columns mean.
    policy : Policy, mapping or path, optional
        When a threshold counts as safe.
    thresholds : str, path or sequence of float, optional
        As the study states scores. By default chosen from the scores, so that the tail is resolved down to
        single events, with the policy's thresholds among them.
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
    study, policy = load_study(study), load_policy(policy)
    policy.axes_of(study)  # refuses before anything is read
    with Comparisons(scores, study) as comparisons:
        counted = count_for(comparisons, policy, thresholds, progress)
    return conclude(counted, policy)


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
        versions=_versions(),
        score_type=counted.score_type,
        comparisons=_both(counts.trials),
        missing=_both(counts.missing),
        thresholds=study.sign * counts.thresholds + 0.0,
        axes=axes,
        safe=safe,
        notes=tuple(_notes(study, counts, counted.score_type, chosen=counted.chosen)),
    )


@dataclass(frozen=True, eq=False)
class Counted:
    """What was counted of a study's comparisons, and all that it takes to evaluate it.

    Attributes
    ----------
    study : Study
    inputs : tuple of Input
    score_type : str
    all : Counts
        At all thresholds, canonical.
    by_subject : SubjectCounts or None
        None where the study names no subjects.
    thresholds : ndarray of float64
        Those to report, canonical.
    chosen : bool
        Whether they were chosen from the scores.
    """

    study: Study
    inputs: tuple[Input, ...]
    score_type: str
    all: Counts
    by_subject: SubjectCounts | None
    thresholds: FloatArray
    chosen: bool


def count_for(
    comparisons: Comparisons,
    policy: Policy,
    thresholds: Thresholds | None,
    progress: Callable[[int, int | None], None] = lambda rows, total: None,
) -> Counted:
    """Count all comparisons at the thresholds asked for, or at enough to choose from.

    Parameters and errors are those of `evaluate`.
    """
    study, total = comparisons.study, comparisons.rows()
    wanted = np.unique(study.sign * np.array(policy.thresholds, np.float64)) + 0.0
    groupings = [AxisGrouping(study, axis) for axis in study.axes]
    if thresholds is None:
        survey = comparisons.read(lambda coding: comparisons.survey(coding, TAIL))
        if not survey:
            raise InputError("holds no comparison with a score; give it rows", source=comparisons.name)
        at = candidates(survey, groupings, wanted)
    else:
        at = np.union1d(study.sign * parse_thresholds(thresholds), wanted) + 0.0

    def counted(rows: int) -> None:
        progress(rows, total)

    if study.subjects:
        counts, by_subject = engines.count_by_subject(comparisons, at, progress=counted)
    else:
        counts, by_subject = engines.count(comparisons, at, progress=counted), None
    _require_both_classes(counts, comparisons.name)
    return Counted(
        study=study,
        inputs=comparisons.inputs(),
        score_type=comparisons.score_type,
        all=counts,
        by_subject=by_subject,
        thresholds=at if thresholds is not None else resolving(counts, groupings, wanted),
        chosen=thresholds is None,
    )


def _require_both_classes(counts: Counts, source: str) -> None:
    non_mated, mated = _both(counts.trials)
    if not non_mated:
        raise InputError(
            "holds no non-mated comparison: without one there is no false match rate", source=source
        )
    if not mated:
        raise InputError(
            "holds no mated comparison: without one a threshold's cost is unknown", source=source
        )


def _evaluate_axis(
    grouping: AxisGrouping, counted: Counted, policy: Policy, *, judged: bool
) -> AxisEvaluation:
    false_matches, false_non_matches, subjects = _group_rates(grouping, counted, policy)
    differential = differentials(false_matches, policy.confidence)
    return AxisEvaluation(
        name=grouping.axis.name,
        judged=judged,
        left_out=_both(grouping.left_out(counted.all)[None]),
        subjects=subjects,
        false_matches=false_matches,
        false_non_matches=false_non_matches,
        across=_rates_across(grouping, counted, policy) if grouping.study.pairing == "cross" else None,
        false_match_differential=differential,
        false_non_match_differential=differentials(false_non_matches, policy.confidence),
        measures=summary_measures(false_matches, false_non_matches, policy.confidence),
        verdict=judge(false_matches, differential, policy, subjects),
    )


def _group_rates(
    grouping: AxisGrouping, counted: Counted, policy: Policy
) -> tuple[Rates, Rates, dict[str, tuple[int, int]] | None]:
    within = grouping.within(counted.all)
    effects = _effects(grouping.study, within, counted, grouping.shared)
    at = within.at(counted.thresholds)
    task, confidence = grouping.study.task, policy.confidence
    false_matches = false_match_rates(at, task=task, confidence=confidence, design_effect=effects.false_match)
    false_non_matches = false_non_match_rates(
        at, task=task, confidence=confidence, design_effect=effects.false_non_match
    )
    known = effects.subjects
    return (
        false_matches,
        false_non_matches,
        None if known is None else dict(zip(false_matches.groups, known, strict=True)),
    )


def _rates_across(grouping: AxisGrouping, counted: Counted, policy: Policy) -> Rates:
    across = grouping.across(counted.all)
    effects = _effects(grouping.study, across, counted, grouping.sides)
    return false_match_rates(
        across.at(counted.thresholds),
        task=grouping.study.task,
        confidence=policy.confidence,
        design_effect=effects.false_match,
    )


def _effects(
    study: Study, grouped: Counts, counted: Counted, cell_of: Callable[[Cell], Cell | None]
) -> Effects:
    if counted.by_subject is None:
        return Effects.independent(len(grouped.cells), len(counted.thresholds))
    return effects_of_subjects(study, grouped, counted.by_subject, cell_of, counted.thresholds)


def _both(by_cell: npt.NDArray[np.int64]) -> tuple[int, int]:
    summed = by_cell.sum(axis=0)
    return int(summed[NON_MATED]), int(summed[MATED])


def _versions() -> dict[str, str]:
    return {
        "harness": harness.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "duckdb": duckdb.__version__,
        "pyarrow": pa.__version__,
    }


def _notes(study: Study, counts: Counts, score_type: str, *, chosen: bool) -> list[str]:
    notes = [_on_dependence(study)]
    if chosen:
        notes.append(
            f"The {len(counts.thresholds)} thresholds were chosen from the scores, to resolve each group's errors "
            "down to one."
        )
    if score_type == "float32":
        notes.append(
            "Scores are stored as float32, so a score printed as 0.6 may lie a little above or below 0.6; each is "
            "compared as stored, exactly."
        )
    missing = int(counts.missing.sum())
    if missing:
        how = "left out" if study.missing_scores == "exclude" else "counted as trials that do not match"
        notes.append(f"{missing} comparisons have no score and were {how}.")
    notes.append(FDR_CAUTION)
    return notes


def _on_dependence(study: Study) -> str:
    if study.subjects:
        columns = " and ".join(study.subjects)
        return f"Intervals allow for comparisons that share a person, by {columns} (design effect)."
    return (
        "Intervals take comparisons as independent, for the study names no subjects. Comparisons that share a "
        "person are not independent, so the true uncertainty is larger."
    )

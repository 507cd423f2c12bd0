"""The whole way from the scores of two matchers on the same trials to what an update changes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from harness.arrays import FloatArray
from harness.change.judging import CountedBySubject, Judge
from harness.change.points import points_of
from harness.change.result import Change, PairedComparison
from harness.comparisons import Comparisons, EmbeddingPairs, Scores
from harness.comparisons.paired import PairedTrials, joint_matches, pair_trials
from harness.counting.grouping import AxisGrouping
from harness.engines import local
from harness.errors import InputError
from harness.evaluation import MatedCounts, PolicyLike, StudyLike
from harness.evaluation.counted import require_excluded_labels, require_few_groups
from harness.evaluation.notes import notes_on_files, versions
from harness.study import Study, load_policy, load_study

__all__ = ["DEFAULT_TOLERANCE", "compare"]

DEFAULT_TOLERANCE = 1.25
"""What medicine takes for equivalent (Schuirmann 1987), and about half of the ratio of 1.5 that a policy tolerates."""


def compare(
    old: Scores,
    new: Scores | None = None,
    *,
    study: StudyLike,
    new_study: StudyLike | None = None,
    policy: PolicyLike = None,
    at: tuple[float, float] | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
    tolerance_of_misses: float | None = None,
    on: Sequence[str] = (),
) -> PairedComparison:
    """Compare two matchers, or two versions of one, on the same trials, and say whether the differential widens.

    Parameters
    ----------
    old, new : Scores
        As `harness.evaluate` takes them. Without `new`, both scores are columns of `old`. The order of rows does not
        matter.
    study : Study, mapping or path
        The meaning of the columns.
    new_study : Study, mapping or path, optional
        That of the new matcher, where it differs in ``matcher``, ``score`` or ``rows``, and in nothing else.
    policy : Policy, mapping or path, optional
        Its confidence, axes, limit on false matches, least subjects and trials, and operating thresholds are used.
    at : (float, float), optional
        The thresholds in use, the old matcher's and the new one's. By default the policy's operating thresholds, for
        both; without either the two are compared at equal pooled false match rates only, and judged at the policy's
        limit on it.
    tolerance : float
        How many times as far apart the groups may be in false matches with the new matcher, above 1.
    tolerance_of_misses : float, optional
        The same in misses, which are judged only where it is given.
    on : sequence of str, optional
        Columns that identify a trial; by default every column that both files have, but scores, truth and groups; of
        arrays and dataframes, the subjects.

    Returns
    -------
    PairedComparison

    Raises
    ------
    InputError
        Where the scores cannot be read, are not of the same trials, or name other truths or groups for a trial.

    Examples
    --------
    >>> study = {"matcher": {"name": "example", "version": "1"}, "groups": {"sex": "sex"}, "score": {"column": "old"}}
    >>> newer = {**study, "matcher": {"name": "example", "version": "2"}, "score": {"column": "new"}}
    >>> mated, sex = [False, False, False, True] * 2, ["f"] * 4 + ["m"] * 4
    >>> scores = {"mated": mated, "sex": sex, "old": [0.2, 0.6, 0.3, 0.9] * 2, "new": [0.2, 0.5, 0.3, 0.8] * 2}
    >>> compare(scores, study=study, new_study=newer, at=(0.5, 0.45))
    <PairedComparison of example 1 and example 2: inconclusive>
    """
    if any(isinstance(scores, EmbeddingPairs) for scores in (old, new)):
        raise InputError("pairs of templates have no rows to pair; compare takes scores that are written out")
    study, policy = load_study(study), load_policy(policy)
    new_study = study if new_study is None else load_study(new_study)
    for each in (study, new_study):
        each.require_top_scores("compare")
    _require_alike(study, new_study, one_source=new is None)
    for name, given in (("tolerance", tolerance), ("tolerance of misses", tolerance_of_misses)):
        if given is not None and not (math.isfinite(given) and given > 1):
            raise InputError(f"{name} is {given:g}; give a ratio above 1")
    own = [at] if at is not None else [(threshold, threshold) for threshold in policy.operating]
    if not np.isfinite(own).all():
        raise InputError("a threshold is not a finite number; give two numbers, the old one and the new one")
    judged = {axis.name for axis in policy.axes_of(study)}
    policy.false_match_limit(study.task)  # refuses before anything is read
    with pair_trials(old, new, study, new_study, on=on) as trials, trials.opened() as opened:
        found = PairedComparison(
            study=study,
            new_study=new_study,
            policy=policy,
            tolerance=tolerance,
            tolerance_of_misses=tolerance_of_misses,
            on=trials.on,
            comparisons=MatedCounts(0, 0),
            left_out=trials.left_out,
            inputs=trials.inputs,
            versions=versions(),
            notes=_notes(trials, study),
            changes=(),
        )
        return _compared(found, opened, own, judged)


def _require_alike(study: Study, new_study: Study, *, one_source: bool) -> None:
    own, other = study.to_dict(), new_study.to_dict()
    for key in dict.fromkeys((*own, *other)):
        if key not in ("matcher", "score", "rows") and own.get(key) != other.get(key):
            raise InputError(
                f"the study of the new matcher has another {key}; on the same trials only matcher, score and rows "
                "differ"
            )
    if one_source and study.score.column == new_study.score.column:
        raise InputError(
            "one source of scores, and one column of them; name the column of the new matcher (--new-score), or give "
            "the scores of the new matcher too"
        )


def _notes(trials: PairedTrials, study: Study) -> tuple[str, ...]:
    notes = []
    if not study.subjects:
        notes.append(
            "Bounds take trials as independent, for the study names no subjects. Trials that share a person are not "
            "independent, so the true uncertainty is larger."
        )
    if trials.left_out:
        notes.append(
            f"{trials.left_out:,} trials have no score of one matcher or of both, and were left out."
        )
    return (*notes, *notes_on_files(trials.files_left_out))


def _compared(
    found: PairedComparison,
    opened: tuple[Comparisons, Comparisons],
    own: Sequence[tuple[float, float]],
    judged: Iterable[str],
) -> PairedComparison:
    study, policy = found.study, found.policy
    signs = study.sign, found.new_study.sign
    canonical = [(signs[0] * float(a) + 0.0, signs[1] * float(b) + 0.0) for a, b in own]
    groupings = [AxisGrouping(study, axis) for axis in study.axes]
    limit = policy.false_match_limit(study.task).limit
    every = [points_of(opened, grouping, canonical, limit) for grouping in groupings]
    if not any(axis.points for axis in every):
        raise InputError(
            "has no non-mated trial within a group; there is no rate to compare", source=opened[0].name
        )
    thresholds = [
        np.unique([point.thresholds[side] for axis in every for point in axis.points]) for side in (0, 1)
    ]
    counted = [_count(one, at) for one, at in zip(opened, thresholds, strict=True)]
    pairs = list(dict.fromkeys(point.thresholds for axis in every for point in axis.points))
    both = joint_matches(opened[0], *(np.array(side) for side in zip(*pairs, strict=True)))
    counts = counted[0][0]
    require_excluded_labels(groupings, counts.cells, opened[0].name)
    require_few_groups(groupings, counts.cells, len(pairs), opened[0].name)
    changes: list[Change] = []
    for grouping, axis in zip(groupings, every, strict=True):
        judge = Judge(found, grouping, counted[0], counted[1], both, pairs)
        changes += judge.changes(axis, judged=grouping.axis.name in judged)
    return replace(found, comparisons=MatedCounts.of_cells(counts.trials), changes=tuple(changes))


def _count(comparisons: Comparisons, thresholds: FloatArray) -> CountedBySubject:
    if comparisons.study.subjects:
        return local.count_by_subject(comparisons, thresholds, at=thresholds)
    return local.count(comparisons, thresholds), None

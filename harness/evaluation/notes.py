"""Notes that a reader needs to read an evaluation's numbers rightly."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import scipy

from harness._version import __version__
from harness.comparisons.met import Met
from harness.counting import Counts
from harness.evaluation.axis import AxisEvaluation, MatedCounts
from harness.numbers import confidence_text, limit_text
from harness.sentences import some
from harness.statistics.measures import FDR_CAUTION
from harness.study import Policy, Study

__all__ = ["fewest_to_show", "notes_on", "notes_on_files", "notes_on_rows", "versions"]

MOST_NAMED = 5
"""Files that were left out, and groups."""

MOST_COMPARISONS = 2**53
"""As many as any evaluation can state."""

_VERIFICATION, _IDENTIFICATION = ("comparisons", "false matches"), ("searches", "false alerts")


def versions() -> dict[str, str]:
    """Return the versions of the harness and of what it computes with."""
    return {
        "harness": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "duckdb": duckdb.__version__,
        "pyarrow": pa.__version__,
    }


def fewest_to_show(limit: float, confidence: float) -> int:
    """Return the fewest independent comparisons whose rate, without one false match, has the limit for its upper bound.

    A group with fewer cannot be shown to keep the limit at any threshold, for no fewer false matches are possible, and
    comparisons that share people bound the rate less well.

    References
    ----------
    1 - ((1 - confidence) / 2)^(1 / n), the upper limit of `harness.statistics.intervals.clopper_pearson` for no error
    in n trials, solved for n; 3.69 / `limit` at 95 %: Hanley, J. A., Lippman-Hand, A. (1983). If nothing goes wrong,
    is everything all right? JAMA 249, 1743-1745.

    Examples
    --------
    >>> fewest_to_show(0.01, 0.95)
    368
    """
    tail = (1 - confidence) / 2  # of a two-sided interval, as rates have it
    fewest = math.log(tail) / math.log1p(-limit)  # of any limit, while a rate to plan for is below one half
    return math.ceil(min(fewest, MOST_COMPARISONS))


def notes_on(
    study: Study,
    policy: Policy,
    counts: Counts,
    score_type: str,
    axes: Iterable[AxisEvaluation],
    asked_for: int | None,
) -> tuple[str, ...]:
    """Say how dependence, labels, small groups, thresholds, the type of the scores and missing ones were dealt with."""
    axes = tuple(axes)
    listed = "" if asked_for is None else f"; tables list the {asked_for} asked for"
    notes = [
        *(() if study.matcher else ("No matcher is named: no gate will use this evaluation.",)),
        _on_dependence(study),
        *(note for axis in axes for note in _on_labels(axis)),
        f"The {len(counts.thresholds)} thresholds were chosen from the scores, to resolve each group's errors down to "
        f"one{listed}.",
    ]
    if score_type == "float32":
        notes.append(
            "Scores are stored as float32, so a score printed as 0.6 may lie a little above or below 0.6; each is "
            "compared as stored, exactly."
        )
    missing = int(counts.missing.sum())
    if missing:
        how = "left out" if study.missing_scores == "exclude" else "counted as trials that do not match"
        notes.append(f"{missing} comparisons have no score and were {how}.")
    notes += [note for axis in axes for note in _on_few(axis, study, policy)]
    notes.append(FDR_CAUTION)
    return tuple(notes)


def notes_on_files(left_out: Sequence[Path]) -> tuple[str, ...]:
    """Say which files in the folders that were named were not read."""
    if not left_out:
        return ()
    named = some([str(path) for path in left_out], MOST_NAMED)
    return (
        f"Left out of the folders named: {named}. So are hidden and temporary files and folders, the harness's "
        "own results, and files that are no longer part of a table.",
    )


def notes_on_rows(study: Study, met: Met) -> tuple[str, ...]:
    """Say how many rows the study leaves out, and how much of the key has no score."""
    notes = []
    if study.rows:
        kept = " and ".join(f"{name} {', '.join(values)}" for name, values in study.rows.items())
        others = "1 other row was" if met.left_out == 1 else f"{met.left_out:,} other rows were"
        notes.append(f"The study keeps only rows with {kept}; {others} left out.")
    if met.lines is not None and met.lines_without_score and study.key is not None:
        lines = f"{len(met.lines):,} lines of the key {study.key.file}"
        notes.append(
            f"Of {lines}, {met.lines_without_score:,} have no score and are in no count: the matcher may have failed "
            "on them, or they were not run."
        )
    return tuple(notes)


def _on_labels(axis: AxisEvaluation) -> Iterator[str]:
    if axis.excluded is not None:
        told = [f"{group} ({_by_truth(counts)})" for group, counts in axis.excluded.items()]
        yield (
            f"The study excludes labels of {axis.name}; comparisons that therefore belong to no group of it: "
            f"{some(told, MOST_NAMED) or 'none'}. Nothing is said of these people."
        )
    mated = axis.left_out.mated - axis.of_excluded_groups.mated
    if mated:
        yield (
            f"{mated} mated comparisons have two labels of {axis.name}, which the study says to be of the image and "
            "not of the person (labels_of: image); they belong to no group of it."
        )
    for group in axis.without_comparisons:
        yield (
            f"The data names the group {group} of {axis.name}, and no comparison belongs to it, so nothing is known of "
            "it and the axis cannot be decided."
        )


def _on_few(axis: AxisEvaluation, study: Study, policy: Policy) -> Iterator[str]:
    """Name the groups that are too small for any rate of theirs to be shown to keep the limit.

    The upper bound without a false match is the lowest that so many comparisons can have.
    """
    rates, limit = axis.false_matches, policy.false_match_limit(study.task).limit
    fewest = fewest_to_show(limit, policy.confidence)
    few = sorted(
        (trials, group)
        for group, trials in zip(rates.groups, rates.trials.tolist(), strict=True)
        if trials < fewest and group not in axis.without_comparisons
    )
    if few:
        what, error = _IDENTIFICATION if study.task == "identification" else _VERIFICATION
        counted = some([f"{group} has {trials:,}" for trials, group in few], MOST_NAMED)
        yield (
            f"Few non-mated {what} of {axis.name}: {counted}. With "
            f"fewer than {fewest:,} no threshold can be shown to keep a group's rate of {error} at "
            f"{limit_text(limit)} or below: even without one, its upper bound "
            f"({confidence_text(policy.confidence)}, two-sided) is higher."
        )


def _by_truth(counts: MatedCounts) -> str:
    return f"{counts.non_mated:,} non-mated and {counts.mated:,} mated"


def _on_dependence(study: Study) -> str:
    if study.subjects:
        columns = " and ".join(study.subjects)
        return f"Intervals allow for comparisons that share a person, by {columns} (design effect)."
    return (
        "Intervals take comparisons as independent, for the study names no subjects. Comparisons that share a "
        "person are not independent, so the true uncertainty is larger."
    )

"""Notes that a reader needs to read an evaluation's numbers rightly."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import scipy

from harness._version import __version__
from harness.counting import Counts
from harness.evaluation.axis import AxisEvaluation
from harness.statistics.measures import FDR_CAUTION
from harness.study import Study

__all__ = ["notes_on", "notes_on_files", "versions"]

MOST_NAMED = 5
"""Files that were left out."""


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


def notes_on(
    study: Study,
    counts: Counts,
    score_type: str,
    axes: Iterable[AxisEvaluation],
    asked_for: int | None,
) -> tuple[str, ...]:
    """Say how dependence, thresholds, the type of the scores, missing ones and labels were dealt with."""
    listed = "" if asked_for is None else f"; tables list the {asked_for} asked for"
    notes = [
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
    notes.append(FDR_CAUTION)
    return tuple(notes)


def notes_on_files(left_out: Sequence[Path]) -> tuple[str, ...]:
    """Say which files in the folders that were named were not read."""
    if not left_out:
        return ()
    named = ", ".join(str(path) for path in left_out[:MOST_NAMED])
    more = f" and {len(left_out) - MOST_NAMED} more" if len(left_out) > MOST_NAMED else ""
    return (
        f"Left out of the folders named: {named}{more}. So are hidden and temporary files and folders, the harness's "
        "own results, and files that are no longer part of a table.",
    )


def _on_labels(axis: AxisEvaluation) -> Iterator[str]:
    mated = axis.left_out.mated
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


def _on_dependence(study: Study) -> str:
    if study.subjects:
        columns = " and ".join(study.subjects)
        return f"Intervals allow for comparisons that share a person, by {columns} (design effect)."
    return (
        "Intervals take comparisons as independent, for the study names no subjects. Comparisons that share a "
        "person are not independent, so the true uncertainty is larger."
    )

"""What a reader must know to read an evaluation's numbers rightly."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import scipy

import harness
from harness.counting import Counts
from harness.measures import FDR_CAUTION
from harness.study import Study

if TYPE_CHECKING:
    from harness.evaluation.result import AxisEvaluation

__all__ = ["notes_on", "versions"]


def versions() -> dict[str, str]:
    """Return the versions of the harness and of what it computes with."""
    return {
        "harness": harness.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "duckdb": duckdb.__version__,
        "pyarrow": pa.__version__,
    }


def notes_on(
    study: Study, counts: Counts, score_type: str, axes: Iterable[AxisEvaluation], *, chosen: bool
) -> tuple[str, ...]:
    """Say how dependence, thresholds, the type of the scores, missing ones and labels were dealt with."""
    notes = [_on_dependence(study), *(note for axis in axes for note in _on_labels(axis))]
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
    return tuple(notes)


def _on_labels(axis: AxisEvaluation) -> Iterator[str]:
    mated = axis.left_out[1]
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

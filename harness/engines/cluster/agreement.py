"""Whether files hold their columns in types that mean the same in all of them.

Read together, a column of two types is read as a type that holds both, and what a label is called, or a score worth,
may depend on it: 7 in a column of whole numbers is '7', and '7.0' beside decimals. Files are counted part by part
only where that makes no difference.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.comparisons.coding import FLOATING, WHOLE
from harness.engines.cluster.job import Part
from harness.engines.cluster.results import Looked
from harness.errors import InputError
from harness.study import Study

__all__ = ["require_agreement", "score_type_of"]

TRUTH = WHOLE | FLOATING | {"BOOLEAN"}
SCORES = ({"FLOAT", "DOUBLE"}, WHOLE | {"DOUBLE"})
"""Each score of the types of either set is the same number in float64."""
LABELS = WHOLE | {"VARCHAR"}


def require_agreement(parts: Sequence[Part], looked: Sequence[Looked], study: Study) -> None:
    """Refuse files that cannot be counted one by one as they would be together.

    Raises
    ------
    InputError
        Names the first that does not go with the first of all, and the column.
    """
    first, kinds = parts[0].file, dict(looked[0].kinds)
    for part, look in zip(parts, looked, strict=True):
        if part.file.format != "Parquet" and look.kinds != looked[0].kinds:
            raise InputError(
                f"its columns or types differ from those of {first.path}; write both alike",
                source=part.file.path,
            )
    for column in study.columns:
        met = {kinds[column]}
        for part, look in zip(parts, looked, strict=True):
            met.add(kind := dict(look.kinds)[column])
            if not _go_together(met, column, study):
                raise InputError(
                    f"column {column!r} holds {kind}, and {kinds[column]} in {first.path}; write both alike",
                    source=part.file.path,
                )


def _go_together(kinds: set[str], column: str, study: Study) -> bool:
    if len(kinds) == 1:
        return True
    if column == study.score.column:
        return any(kinds <= exact for exact in SCORES)
    if column == study.mated.column and not study.mated.mated:
        return kinds <= TRUTH
    return kinds <= LABELS


def score_type_of(looked: Sequence[Looked], study: Study) -> str:
    """Return float32 where all scores are stored so, else float64."""
    column = study.score.column
    return "float32" if all(dict(look.kinds)[column] == "FLOAT" for look in looked) else "float64"

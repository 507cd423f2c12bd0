"""Whatever holds or makes comparisons, opened on a study's terms."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeAlias

from harness.comparisons.embeddings import EmbeddingPairs, TemplatePairs
from harness.comparisons.memory_limit import MemoryLimit
from harness.comparisons.sources import Scores
from harness.comparisons.stream import Comparisons
from harness.errors import InputError
from harness.study import Study, load_study

__all__ = ["Opened", "open_comparisons", "study_of"]

Opened: TypeAlias = Comparisons | TemplatePairs
"""Comparisons that an engine can count."""


def study_of(scores: Scores, given: Study | Mapping[str, object] | str | os.PathLike[str]) -> Study:
    """Return the study, filled in by the scores where they say themselves what they are.

    Raises
    ------
    InputError
        Where it cannot be read, or contradicts the scores.
    """
    return scores.study(given) if isinstance(scores, EmbeddingPairs) else load_study(given)


def open_comparisons(scores: Scores, study: Study, *, memory: MemoryLimit | None = None) -> Opened:
    """Open the comparisons of a study, to be used as a context manager.

    Raises
    ------
    InputError
        Where the scores cannot be read as the study says, or in the memory there is.
    """
    if not isinstance(scores, EmbeddingPairs):
        return Comparisons(scores, study, memory=memory, digested=True)
    if memory is not None:
        raise InputError("a memory limit is for scores that are read; templates are in memory already")
    return scores.open(study)

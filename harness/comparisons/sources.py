"""Making a source of whatever holds the comparisons."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from harness.comparisons.files import Files, open_files
from harness.comparisons.memory import open_arrays, open_capsule
from harness.comparisons.source import Source

__all__ = ["Scores", "open_source"]

Scores: TypeAlias = Any
"""A path, glob or folder; several paths; a mapping of column names to arrays; or an object that speaks the
Arrow PyCapsule protocol (``__arrow_c_stream__``) or is a dataframe; or files that have been opened."""


def open_source(scores: Scores, columns: Sequence[str], scratch: Path, *, digested: bool = False) -> Source:
    """Make a source of whatever holds the comparisons.

    Parameters
    ----------
    scores : Scores
        See `Scores`.
    columns : sequence of str
        The columns that will be read; of a table or stream, only these are kept.
    scratch : Path
        An existing folder for what can be read only once.
    digested : bool
        Whether files are digested first; see `harness.comparisons.unchanged.Seen`.

    Raises
    ------
    InputError
        Where it cannot be found or read, or lacks a column.
    """
    if isinstance(scores, Files):
        return scores
    if isinstance(scores, str | os.PathLike):
        return open_files([scores], columns, digested=digested)
    if (
        isinstance(scores, Sequence)
        and scores
        and all(isinstance(item, str | os.PathLike) for item in scores)
    ):
        return open_files(scores, columns, digested=digested)
    if isinstance(scores, np.ndarray) and scores.dtype.names:
        scores = {name: scores[name] for name in scores.dtype.names}
    if isinstance(scores, Mapping):
        return open_arrays(scores, columns)
    return open_capsule(scores, columns, scratch)

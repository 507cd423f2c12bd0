"""Scores in files, opened to be counted part by part."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.comparisons import Scores
from harness.comparisons.listing import list_files
from harness.engines.cluster.comparisons import PartedComparisons
from harness.engines.cluster.running import Runner
from harness.engines.cluster.store import CheckpointStore
from harness.errors import InputError
from harness.study import Study

__all__ = ["open_parts"]


def open_parts(
    scores: Scores, study: Study, start: Callable[[], Runner], *, checkpoints: Path | None = None
) -> PartedComparisons:
    """Open scores in files, to be used as a context manager; no file is opened yet.

    Parameters
    ----------
    scores : Scores
        A path, glob or folder, or several.
    study : Study
    start : callable
        Starts who counts the parts, once it is known that there are files.
    checkpoints : Path, optional
        The folder to keep what is found of finished parts in.

    Raises
    ------
    InputError
        Where the scores are not files, or there are none; where checkpoints cannot be kept.
    """
    named = [scores] if isinstance(scores, str | os.PathLike) else scores
    if (
        not isinstance(named, Sequence)
        or not named
        or not all(isinstance(item, str | os.PathLike) for item in named)
    ):
        raise InputError(
            f"{type(scores).__name__} is read in this process, all at once; checkpoints and clusters are for files"
        )
    listing = list_files(named)
    store = None if checkpoints is None else CheckpointStore(checkpoints)
    return PartedComparisons(listing, study, start(), store)

"""An evaluation read from its ``evaluation.json``, exactly as it was written."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.comparisons import Input
from harness.errors import ContradictionWarning, InputError
from harness.evaluation.list_matches_file import read_list_matches
from harness.evaluation.plain import axis_from, confirmation_from, counts_from, searches_from
from harness.evaluation.result import Evaluation
from harness.files import content_of
from harness.gate.evaluation_reading import Stated, read_evaluation
from harness.gate.evidence import contradiction_in
from harness.gate.locating import evaluation_at
from harness.numbers import threshold_text
from harness.statistics.verdicts import SafeThreshold

__all__ = ["content_at", "from_json", "load"]

MAX_BYTES = 2**30
"""Of a file to draw or to look into; the gate, which has to answer fast, takes less."""


def from_json(text: str | bytes, source: str = "evaluation", *, beside: Path | None = None) -> Evaluation:
    """Read an evaluation from the text of its file.

    An evaluation whose answer does not follow from its arrays is read, for those who look into it: it has no safe
    threshold, says why in `Evaluation.contradiction`, and a `ContradictionWarning` is given.

    Parameters
    ----------
    text : str or bytes
        Bytes are UTF-8.
    source : str
        Its name in errors.
    beside : Path, optional
        The folder that holds the file of who on the watchlist is matched, which is read where it is there.

    Raises
    ------
    InputError
        Where it is no such document, or not a whole one; or what lies beside it is not what it was written with.
    """
    try:
        content = text if isinstance(text, bytes) else text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"is not text that UTF-8 can hold ({error.reason})", source=source) from error
    stated = read_evaluation(content, source)
    contradiction = contradiction_in(stated)
    if contradiction is not None:
        told = f"{source}: its answer does not follow from its arrays ({contradiction}); do not rely on it"
        warnings.warn(told, ContradictionWarning, stacklevel=3)
    found = _evaluation(stated, contradiction)
    named = stated.shape.list_matches
    if named is None or beside is None or not (beside / named.file).exists():
        return found
    return replace(found, list_matches=read_list_matches(beside / named.file, named.sha256))


def load(path: str | os.PathLike[str]) -> Evaluation:
    """Read an evaluation from its ``evaluation.json``, or from the folder that holds it.

    Who on the watchlist is matched is read too, where it was written beside it and is still there. An answer that does
    not follow from its arrays is told by a `ContradictionWarning`; see `from_json`.

    Raises
    ------
    InputError
        Where there is none, or it is damaged.
    """
    content, source = content_at(path)
    return from_json(content, source, beside=evaluation_at(path).parent)


def content_at(path: str | os.PathLike[str]) -> tuple[bytes, str]:
    """Return the content of an ``evaluation.json``, given itself or by its folder, and what errors call it.

    Raises
    ------
    InputError
        There is none, it is not a regular file, or it is too large.
    """
    file = evaluation_at(path)
    return content_of(file, limit=MAX_BYTES), str(file)


def _evaluation(stated: Stated, contradiction: str | None) -> Evaluation:
    shape = stated.shape
    safe = SafeThreshold(shape.index_of_safe_threshold, shape.answer.reason)
    if contradiction is not None:
        said = "none" if shape.answer.safe_threshold is None else threshold_text(shape.answer.safe_threshold)
        safe = SafeThreshold(
            None, f"the file states {said}, which does not follow from its arrays: {contradiction}"
        )
    return Evaluation(
        study=stated.study,
        policy=stated.policy,
        inputs=tuple(Input(given.name, given.bytes, given.sha256) for given in shape.inputs),
        versions=dict(vars(shape.versions)),
        score_type=shape.score_type,
        comparisons=counts_from(shape.comparisons),
        missing=counts_from(shape.missing),
        thresholds=np.array(shape.thresholds, np.float64),
        axes={name: axis_from(name, axis) for name, axis in shape.axes.items()},
        safe=safe,
        notes=tuple(shape.notes),
        warnings=tuple(shape.warnings),
        confirmation=None if shape.confirmation is None else confirmation_from(shape.confirmation),
        asked_for=None if shape.asked_for is None else np.array(shape.asked_for, np.float64),
        contradiction=contradiction,
        searches=searches_from(shape.searches, stated.study),
    )

"""The file beside ``evaluation.json`` that keeps who on the watchlist the searches match."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from harness.arrays import IntArray
from harness.counting import Cell, ListMatches
from harness.errors import InputError
from harness.files import content_of

__all__ = ["LIST_MATCHES", "list_matches_written", "read_list_matches"]

LIST_MATCHES = "matches.npz"
SCHEMA = "harness/list-matches/1"
MAX_BYTES = 2**31

_WHOLE = ("probe_subjects", "probe_searches", "search", "probe", "reference")


def list_matches_written(matches: ListMatches) -> bytes:
    """Write matches as a compressed archive of NumPy arrays, whole numbers in as few bytes as hold them all.

    People are numbered anew, in the order in which they come.

    Parameters
    ----------
    matches : ListMatches

    Examples
    --------
    >>> none, one = np.zeros(0, np.int64), np.array([1])
    >>> matches = ListMatches(("sex",), 0.5, (("F",),), one, one, (("F",),), none, none, none, np.zeros(0))
    >>> list_matches_written(matches) == list_matches_written(matches)
    True
    """
    cells = sorted({*matches.probe_cells, *matches.list_labels}, key=str)
    number = {cell: index for index, cell in enumerate(cells)}
    head = {"schema": SCHEMA, "columns": matches.columns, "floor": matches.floor, "cells": cells}
    arrays = {
        "head": np.frombuffer(json.dumps(head).encode(), np.uint8),
        "probe_cells": _narrow([number[cell] for cell in matches.probe_cells]),
        "list_labels": _narrow([number[cell] for cell in matches.list_labels]),
        **{name: _narrow(getattr(matches, name)) for name in _WHOLE},
        "probe_subjects": _narrow(_renumbered(matches.probe_subjects)),
        "score": matches.score,
    }
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def _renumbered(people: IntArray) -> IntArray:
    """Number people from 0 as they come, so that nothing is left of what their numbers were made from."""
    _, first, of = np.unique(people, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[of]


def _narrow(values: npt.ArrayLike) -> npt.NDArray[Any]:
    whole = np.asarray(values, np.int64)
    return whole.astype(np.int32) if whole.max(initial=0) <= np.iinfo(np.int32).max else whole


def read_list_matches(path: Path, sha256: str) -> ListMatches:
    """Read what `list_matches_written` wrote.

    Parameters
    ----------
    path : Path
    sha256 : str
        The digest that the evaluation states.

    Raises
    ------
    InputError
        It cannot be read, or is not what the evaluation was written with.
    """
    content = content_of(path, limit=MAX_BYTES)
    if hashlib.sha256(content).hexdigest() != sha256:
        problem = (
            "is not the file that the evaluation was written with (its SHA-256 is another); evaluate again"
        )
        raise InputError(problem, source=str(path))
    try:
        return _read(content)
    except (ValueError, KeyError, TypeError, IndexError, BadZipFile) as error:
        raise InputError(
            f"holds no matches of a watchlist ({error}); evaluate again", source=str(path)
        ) from error


def _read(content: bytes) -> ListMatches:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        head = json.loads(arrays["head"].tobytes())
        if head["schema"] != SCHEMA:
            raise ValueError(f"schema {head['schema']!r}")
        whole = {name: arrays[name].astype(np.int64) for name in _WHOLE}
        cells = [tuple(cell) for cell in head["cells"]]
        return ListMatches(
            columns=tuple(head["columns"]),
            floor=head["floor"],
            probe_cells=_cells(cells, arrays["probe_cells"]),
            list_labels=_cells(cells, arrays["list_labels"]),
            score=arrays["score"],
            **whole,
        )


def _cells(cells: list[Cell], indices: IntArray) -> tuple[Cell, ...]:
    return tuple(cells[index] for index in indices.tolist())

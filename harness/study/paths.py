"""The files that a study names, which lie in the folder of its own file or are found on the way from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.config import Document

__all__ = ["with_files_beside"]

FILES = (
    ("pairs",),
    ("matrix",),
    ("matrix", "rows"),
    ("matrix", "columns"),
    ("key", "file"),
    ("people", "file"),
    ("candidates", "file"),
    ("watchlist", "file"),
)
"""Where in a study files are named, one or a list of them."""


def with_files_beside(document: Document) -> Document:
    """Return a study file with the paths in it, which are relative to its folder, as paths from the current one.

    Parameters
    ----------
    document : Document
        Read from a file.
    """
    value, folder = document.value, Path(document.source).parent
    for keys in FILES:
        value = _moved(value, keys, folder)
    return replace(document, value=value)


def _moved(value: Any, keys: Sequence[str], folder: Path) -> Any:
    if keys:
        if not isinstance(value, Mapping) or keys[0] not in value:
            return value
        return {**value, keys[0]: _moved(value[keys[0]], keys[1:], folder)}
    if isinstance(value, str):
        return str(folder / value) if value else value
    return [_moved(each, (), folder) for each in value] if isinstance(value, list) else value

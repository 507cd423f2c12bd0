"""How values, and the paths that lead to them, are written in a message."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.config.document import KeyPath

__all__ = ["dotted", "shown"]

_LONGEST = 60


def shown(value: object) -> str:
    """Write a value as a document would, on one line and cut to fit an error message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a mapping" if value else "{}"
    if isinstance(value, str | list | tuple):
        value = value[:_LONGEST]
    text = f"[{', '.join(map(shown, value))}]" if isinstance(value, list | tuple) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def dotted(path: KeyPath) -> str:
    """Write a path as it is written in Python: ``groups.sex[1]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{_bare(part)}" for part in path)[1:]


def _bare(key: str) -> str:
    return key if len(key) <= _LONGEST and re.fullmatch(r"[\w-]+", key) else shown(key)

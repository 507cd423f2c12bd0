"""A document as plain values with their positions, the tokens that it is made of, and how values are written."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "COMMAND_LINE",
    "MAX_DEPTH",
    "MAX_INTEGER",
    "TOO_DEEP",
    "TOO_LONG",
    "Document",
    "KeyPath",
    "MalformedError",
    "Position",
    "Token",
    "converted",
    "dotted",
    "line_starts",
    "position_at",
    "shorten",
    "shown",
]

COMMAND_LINE = "command line"

KeyPath = tuple[str | int, ...]
Position = tuple[int, int]

MAX_DEPTH = 16
TOO_DEEP = f"nested more than {MAX_DEPTH} deep"
MAX_INTEGER = 2**53 - 1
TOO_LONG = f"an integer beyond {MAX_INTEGER}, which not every program reads exactly"
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Document:
    """A document as plain values, and their positions.

    Parameters
    ----------
    value : mapping
        Dicts, lists and scalars only.
    source : str
        The file, or the name of the in-memory object.
    positions, key_positions : mapping
        Line and column, from 1, of each value and of each mapping key, by path; empty for values given in
        Python.
    overrides : frozenset
        Paths, with all that is below them, that command-line options gave.
    written : mapping
        How each number of a file is written there, by path: 1.10, of which the value is 1.1.
    """

    value: Mapping[str, object]
    source: str
    positions: Mapping[KeyPath, Position] = field(default_factory=dict)
    key_positions: Mapping[KeyPath, Position] = field(default_factory=dict)
    overrides: frozenset[KeyPath] = frozenset()
    written: Mapping[KeyPath, str] = field(default_factory=dict)

    def shown(self, path: KeyPath, value: object) -> str:
        """Write the value at a path as the file does where that is known, else as `shown` does."""
        as_given = self.overrides.isdisjoint([path[:length] for length in range(len(path) + 1)])
        return shorten(self.written[path]) if as_given and path in self.written else shown(value)

    def place(self, path: KeyPath, *, of_key: bool = False) -> tuple[str, int | None, int | None]:
        """Source, line and column of the value at a path, or of the nearest value that encloses it."""
        prefixes = [path[:length] for length in range(len(path), -1, -1)]
        if not self.overrides.isdisjoint(prefixes):
            return COMMAND_LINE, None, None
        if of_key and path in self.key_positions:
            return self.source, *self.key_positions[path]
        line, column = next((self.positions[p] for p in prefixes if p in self.positions), (None, None))
        return self.source, line, column

    def existing_part(self, path: KeyPath) -> KeyPath:
        """Return the longest beginning of a path that leads to a value of the document."""
        value: object = self.value
        for depth, part in enumerate(path):
            inside_mapping = isinstance(value, Mapping) and part in value
            inside_list = isinstance(value, list) and isinstance(part, int) and part < len(value)
            if not (inside_mapping or inside_list):
                return path[:depth]
            value = value[part]  # type: ignore[index]
        return path


class MalformedError(Exception):
    """A text that is not in its format, or says what no document may; which file, the reader adds."""

    def __init__(self, problem: str, at: Position | None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.at = at


@dataclass(frozen=True)
class Token:
    """The start of a mapping or list, its end, or a scalar; in a mapping, keys and values alternate.

    Parameters
    ----------
    kind : {"mapping", "list", "end", "scalar"}
        Which of these it is.
    at : tuple of int, optional
        Line and column, from 1; None for values given in Python.
    value : object
        A scalar's value.
    written : str, optional
        How a number is written.
    """

    kind: Literal["mapping", "list", "end", "scalar"]
    at: Position | None = None
    value: object = None
    written: str | None = None


def converted(text: str, convert: Callable[[str], object], at: Position) -> object:
    """Return the value of a scalar.

    Raises
    ------
    MalformedError
        It is an integer of thousands of digits, which Python refuses.
    """
    try:
        return convert(text)
    except ValueError as error:
        raise MalformedError(TOO_LONG, at) from error


def line_starts(text: str) -> list[int]:
    """Return the offset at which each line starts."""
    return [0, *(match.end() for match in re.finditer("\n", text))]


def position_at(starts: list[int], offset: int) -> Position:
    """Return the line and column of an offset, given where the lines start."""
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


def shown(value: object) -> str:
    """Write a value as a document would, on one line and cut to fit an error message.

    Examples
    --------
    >>> shown(["a", True, None])
    "['a', true, null]"
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a mapping" if value else "{}"
    if isinstance(value, str | list | tuple):
        value = value[:_LONGEST_SHOWN]
    text = f"[{', '.join(map(shown, value))}]" if isinstance(value, list | tuple) else repr(value)
    return shorten(text)


def shorten(text: str) -> str:
    """Cut a text to fit an error message."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def dotted(path: KeyPath) -> str:
    """Write a path as it is written in Python.

    Examples
    --------
    >>> dotted(("groups", "sex", 1))
    'groups.sex[1]'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{_bare(part)}" for part in path)[1:]


def _bare(key: str) -> str:
    return key if len(key) <= _LONGEST_SHOWN and re.fullmatch(r"[\w-]+", key) else shown(key)

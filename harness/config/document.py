"""A document as plain values, where each of them stands, and how a stream of tokens becomes one.

A format turns a text into tokens. What is refused whatever the format (a repeated key, a number that is not finite,
...) is refused here, once, where the tokens become values.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.errors import InputError

__all__ = [
    "COMMAND_LINE",
    "MAX_DEPTH",
    "TOO_DEEP",
    "TOO_LONG",
    "Document",
    "KeyPath",
    "MalformedError",
    "Position",
    "Token",
    "converted",
    "document_of",
    "dotted",
    "line_starts",
    "position_at",
    "shown",
]

COMMAND_LINE = "command line"

KeyPath = tuple[str | int, ...]
Position = tuple[int, int]

MAX_DEPTH = 16
TOO_DEEP = f"nested more than {MAX_DEPTH} deep"
MAX_VALUES = 5_000
TOO_MANY = f"more than {MAX_VALUES:,} values; write them in several files"
MAX_INTEGER = 2**53 - 1
TOO_LONG = f"an integer beyond {MAX_INTEGER}, which not every program reads exactly"
_LONGEST_SHOWN = 60
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Document:
    """A document as plain values, and where each of them stands.

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
    """

    value: Mapping[str, object]
    source: str
    positions: Mapping[KeyPath, Position] = field(default_factory=dict)
    key_positions: Mapping[KeyPath, Position] = field(default_factory=dict)
    overrides: frozenset[KeyPath] = frozenset()

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
    """

    kind: Literal["mapping", "list", "end", "scalar"]
    at: Position | None = None
    value: object = None


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


def document_of(tokens: Iterator[Token], source: str) -> Document:
    """Make a document of the tokens of a format.

    Raises
    ------
    InputError
        The format refuses the text, or the rules for every document do.
    """
    builder = _Builder(tokens)
    try:
        value = builder.document()
    except MalformedError as error:
        line, column = error.at or (None, None)
        raise InputError(error.problem, source=source, line=line, column=column) from error
    return Document(value, source, builder.positions, builder.key_positions)


class _Builder:
    """Plain values and their positions from a stream of tokens."""

    def __init__(self, tokens: Iterator[Token]) -> None:
        self._tokens = tokens
        self._count = 0
        self.positions: dict[KeyPath, Position] = {}
        self.key_positions: dict[KeyPath, Position] = {}

    def document(self) -> dict[str, object]:
        first = next(self._tokens, None)
        if first is None or (first.kind == "scalar" and first.value is None):
            raise MalformedError("the document is empty", None)
        value = self._value(first, ())
        second = next(self._tokens, None)
        if second is not None:
            raise MalformedError("a second document starts here; expected only one", second.at)
        if not isinstance(value, dict):
            raise MalformedError(f"{shown(value)} is not a mapping of keys to values", first.at)
        return value

    def _value(self, token: Token, path: KeyPath) -> object:
        if len(path) > MAX_DEPTH:
            raise MalformedError(TOO_DEEP, token.at)
        self._count += 1
        if self._count > MAX_VALUES:
            raise MalformedError(TOO_MANY, token.at)
        if token.at is not None:
            self.positions[path] = token.at
        if token.kind == "mapping":
            return self._mapping(path)
        if token.kind == "list":
            return [self._value(item, (*path, index)) for index, item in enumerate(self._until_end())]
        if problem := _problem(token.value):
            raise MalformedError(f"{dotted(path)}: {problem}" if path else problem, token.at)
        return token.value

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        value: dict[str, object] = {}
        for token in self._until_end():
            key = token.value
            if problem := _problem(key):
                raise MalformedError(problem, token.at)
            if token.kind != "scalar" or not isinstance(key, str):
                written = shown(key) if token.kind == "scalar" else f"a {token.kind}"
                raise MalformedError(f"a key must be text, not {written}", token.at)
            if key in value:
                raise MalformedError(f"key {shown(key)} is given twice", token.at)
            if token.at is not None:
                self.key_positions[*path, key] = token.at
            value[key] = self._value(next(self._tokens), (*path, key))
        return value

    def _until_end(self) -> Iterator[Token]:
        while (token := next(self._tokens)).kind != "end":
            yield token


def _problem(value: object) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a finite number"
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return TOO_LONG
    if isinstance(value, str) and _HALF_A_PAIR.search(value):
        return f"{shown(value)} holds half of a surrogate pair"
    return None


def shown(value: object) -> str:
    """Write a value as a document would, on one line and cut to fit an error message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a mapping" if value else "{}"
    if isinstance(value, str | list | tuple):
        value = value[:_LONGEST_SHOWN]
    text = f"[{', '.join(map(shown, value))}]" if isinstance(value, list | tuple) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def dotted(path: KeyPath) -> str:
    """Write a path as it is written in Python: ``groups.sex[1]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{_bare(part)}" for part in path)[1:]


def _bare(key: str) -> str:
    return key if len(key) <= _LONGEST_SHOWN and re.fullmatch(r"[\w-]+", key) else shown(key)

"""Tokens become values here, under the rules that hold whatever the format."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from harness.config.document import Document, KeyPath, Position
from harness.config.tokens import (
    MAX_DEPTH,
    MAX_INTEGER,
    MAX_VALUES,
    TOO_DEEP,
    TOO_LONG,
    TOO_MANY,
    MalformedError,
    Token,
)
from harness.config.wording import dotted, shown
from harness.errors import InputError

__all__ = ["document_of"]


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


_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


def _problem(value: object) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a finite number"
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return TOO_LONG
    if isinstance(value, str) and _HALF_A_PAIR.search(value):
        return f"{shown(value)} holds half of a surrogate pair"
    return None

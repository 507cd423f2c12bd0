"""TOML, with the positions that the standard library does not tell.

The standard library reads the values; a second pass over the text, known by then to be TOML, only finds where
each key and value stands. So a position may be missing, but a value is never wrong.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress

from harness.config.document import (
    MAX_DEPTH,
    TOO_DEEP,
    TOO_LONG,
    KeyPath,
    MalformedError,
    Position,
    Token,
    line_starts,
    position_at,
)

__all__ = ["toml_tokens"]

_WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
# The standard library needs time that grows with the square of the parts of a dotted key. A text or a comment is
# searched too, so this allows more parts than the depth of a document.
_KEY_PART = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rf"(?<![\w\\-])(?:{_KEY_PART}[ \t]*+\.[ \t]*+){{64,}}")
_BLANK = re.compile(r"(?:[ \t\n,]|\r\n|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_TEXT = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}|\'\'\'(?:[^\']|\'(?!\'\'))*\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^\s,\]}#]+(?: \d\d:[^\s,\]}#]+)?")


def toml_tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a TOML text; dates and times become text, as they are in YAML and JSON.

    Raises
    ------
    MalformedError
        The text is not TOML.
    """
    starts = line_starts(text)
    if long_key := _LONG_KEY.search(text):
        raise MalformedError(TOO_DEEP, position_at(starts, long_key.start()))
    try:
        value = tomllib.loads(text)
        positions = _Positions(text, starts)
        with suppress(IndexError, tomllib.TOMLDecodeError):  # positions are lost then, not values
            positions.read()
    except tomllib.TOMLDecodeError as error:
        raise _malformed(error) from error
    except RecursionError as error:
        raise MalformedError(TOO_DEEP, None) from error
    except ValueError as error:
        raise MalformedError(TOO_LONG, None) from error
    if value:
        yield from _tokens(value, (), positions)


def _malformed(error: tomllib.TOMLDecodeError) -> MalformedError:
    message = str(error)
    where = _WHERE.search(message)
    problem = message[: where.start()] if where else message
    at = (int(where[1]), int(where[2])) if where and where[1] else None
    return MalformedError(f"not TOML: {problem[:1].lower()}{problem[1:]}", at)


def _tokens(value: object, path: KeyPath, positions: _Positions) -> Iterator[Token]:
    at = positions.values.get(path)
    if isinstance(value, dict):
        yield Token("mapping", at)
        for key, item in value.items():
            yield Token("scalar", positions.keys.get((*path, key)), key)
            yield from _tokens(item, (*path, key), positions)
        yield Token("end")
    elif isinstance(value, list):
        yield Token("list", at)
        for index, item in enumerate(value):
            yield from _tokens(item, (*path, index), positions)
        yield Token("end")
    elif isinstance(value, datetime.date | datetime.time):
        yield Token("scalar", at, value.isoformat())
    else:
        yield Token("scalar", at, value)


class _Positions:
    """Positions of the keys and values of a text that is known to be TOML."""

    def __init__(self, text: str, starts: list[int]) -> None:
        self._text = text
        self._starts = starts
        self._at = 0
        self._items: dict[KeyPath, int] = {}
        self.keys: dict[KeyPath, Position] = {}
        self.values: dict[KeyPath, Position] = {(): (1, 1)}

    def read(self) -> None:
        table: KeyPath = ()
        while self._next():
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _next(self) -> str:
        """Pass over blanks, comments and commas, and return the next character; empty at the end."""
        self._skip(_BLANK)
        return self._text[self._at : self._at + 1]

    def _skip(self, form: re.Pattern[str]) -> str:
        match = form.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]

    def _here(self) -> Position:
        return position_at(self._starts, self._at)

    def _header(self) -> KeyPath:
        start = self._here()
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        path = self._key(())
        if brackets == 2:
            index = self._items[path] = self._items.get(path, -1) + 1
            path = (*path, index)
        self.values[path] = start
        self._skip(_SPACE)
        self._at += brackets
        return path

    def _key(self, table: KeyPath) -> KeyPath:
        path = table
        while True:
            self._skip(_SPACE)
            at = self._here()
            path = (*path, self._key_part())
            if len(path) > MAX_DEPTH:
                raise MalformedError(TOO_DEEP, at)
            self.keys.setdefault(path, at)
            self.values.setdefault(path, at)
            if path in self._items:  # [a.b] below [[a]] belongs to the last of its items
                path = (*path, self._items[path])
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return path[:-1] if isinstance(path[-1], int) else path
            self._at += 1

    def _key_part(self) -> str:
        if self._text[self._at] in "\"'":
            (key,) = tomllib.loads(f"{self._skip(_TEXT)} = 0")
            return key
        return self._skip(_BARE_KEY)

    def _pair(self, table: KeyPath) -> None:
        path = self._key(table)
        self._skip(_SPACE)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if len(path) > MAX_DEPTH:
            raise MalformedError(TOO_DEEP, self._here())
        self.values[path] = self._here()
        first = self._text[self._at]
        if first in "[{":
            self._at += 1
            self._inside(path, "]" if first == "[" else "}")
        elif not self._skip(_TEXT if first in "\"'" else _BARE_VALUE):
            raise MalformedError("not TOML: a value is missing", self._here())

    def _inside(self, path: KeyPath, end: str) -> None:
        index = 0
        while self._next() not in (end, ""):
            if end == "]":
                self._value((*path, index))
                index += 1
            else:
                self._pair(path)
        self._at += 1

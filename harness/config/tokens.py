"""What every format is read into: a stream of tokens, each with the place where it starts."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from harness.config.document import Position

__all__ = [
    "MAX_DEPTH",
    "MAX_INTEGER",
    "MAX_VALUES",
    "TOO_DEEP",
    "TOO_LONG",
    "TOO_MANY",
    "MalformedError",
    "Token",
    "converted",
    "line_starts",
    "position_at",
]

MAX_DEPTH = 16
TOO_DEEP = f"nested more than {MAX_DEPTH} deep"
MAX_VALUES = 5_000
TOO_MANY = f"more than {MAX_VALUES:,} values; write them in several files"
MAX_INTEGER = 2**53 - 1
TOO_LONG = f"an integer beyond {MAX_INTEGER}, which not every program reads exactly"


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

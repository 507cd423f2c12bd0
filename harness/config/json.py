"""JSON, with the positions that the standard library does not tell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from harness.config.tokens import TOO_DEEP, MalformedError, Token, converted, line_starts, position_at

__all__ = ["json_tokens"]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\],:"]+')
_BRACKETS: Mapping[str, Literal["mapping", "list", "end"]] = {
    "{": "mapping",
    "[": "list",
    "}": "end",
    "]": "end",
}


def json_tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a JSON text.

    Raises
    ------
    MalformedError
        The text is not JSON.
    """
    if not text.strip():
        return
    try:
        json.loads(text, parse_int=str, parse_float=str)  # the grammar: below, any text would do
    except json.JSONDecodeError as error:
        problem = f"not JSON: {error.msg[0].lower()}{error.msg[1:]}"
        raise MalformedError(problem, (error.lineno, error.colno)) from error
    except RecursionError as error:
        raise MalformedError(TOO_DEEP, None) from error
    starts = line_starts(text)
    for match in _TOKEN.finditer(text):
        at = position_at(starts, match.start())
        bracket = _BRACKETS.get(match[0])
        yield Token(bracket, at) if bracket else Token("scalar", at, converted(match[0], json.loads, at))

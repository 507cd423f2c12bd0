"""YAML that every reader of YAML 1.1 and 1.2 reads alike, less what makes a configuration ambiguous."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from harness.config.document import (
    MalformedError,
    Position,
    Token,
    converted,
    line_starts,
    position_at,
    shown,
)

__all__ = ["yaml_tokens"]

# What YAML 1.1 and the core schema of YAML 1.2 read alike; dates are text here, for whoever needs one to read.
_PLAIN_SCALARS: tuple[tuple[re.Pattern[str], Callable[[str], object]], ...] = (
    (re.compile(r"null|Null|NULL|~|"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?(0|[1-9][0-9]*)"), int),
    (re.compile(r"([-+]?(0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), lambda text: float(text.replace(".", ""))),
)

# What else YAML 1.1, PyYAML or js-yaml reads as more than text: words, numbers, times and the key of a default.
_NUMBER = re.compile(r"([-+]?)(0|[1-9][0-9]*|)(?:\.([0-9]*))?(?:[eE]([-+]?)([0-9]+))?")
_WORD = re.compile(r"y|n|yes|no|on|off", re.IGNORECASE)
_NUMBER_TO_SOME = re.compile(
    r"[-+]?(?=[0-9]|\.[0-9_]*[0-9])[0-9_]*+(\.[0-9_]*+)?([eE][-+]?[0-9_]++)?"
    r"|[-+]?0[bBoOxX][0-9a-fA-F_]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
)
_MORE_THAN_TEXT = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9].*|=")
_LONGEST_NUMBER = 40  # that is written again in a message

# What programs read differently within quotes, and outside them.
_CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*+\\\r?\n[ ]*+\r?\n")
_OTHER_SPACE = re.compile(r"[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")


def yaml_tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a YAML text.

    Raises
    ------
    MalformedError
        The text is not YAML 1.2, has anchors, aliases, tags or merge keys, or a value that YAML 1.1 reads differently.
    """
    if "\t" in text:
        at = position_at(line_starts(text), text.index("\t"))
        raise MalformedError(
            'a tab, which not every reader of YAML takes for a space; write spaces, or "\\t"', at
        )
    events = YAML(typ="safe", pure=True).parse(text)
    before = None
    while True:
        try:
            event = next(events, None)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise MalformedError(
                f"not YAML: {error.problem}", mark and (mark.line + 1, mark.column + 1)
            ) from error
        except (YAMLError, ValueError, AssertionError) as error:  # an impossible escape or version
            raise MalformedError(f"not YAML: {error}", None) from error
        if event is None:
            return
        _refuse_glued(text, event)
        token = _token(event, before)
        if token is not None:
            before = token
            yield token


def _token(event: Any, before: Token | None) -> Token | None:
    at = (event.start_mark.line + 1, event.start_mark.column + 1)
    _refuse_extras(event, at)
    if isinstance(event, MappingStartEvent):
        return Token("mapping", at)
    if isinstance(event, SequenceStartEvent):
        return Token("list", at)
    if isinstance(event, CollectionEndEvent):
        return Token("end", at)
    if not isinstance(event, ScalarEvent):
        return None
    if event.style is not None:
        return Token("scalar", at, event.value)
    if event.value == "" and before is not None:
        if before.kind == "list":
            raise MalformedError("a list starts without its first item; write null for none", before.at)
        # The parser places a value left out after the blank lines and comments that follow.
        at = before.at or at
    value = _plain(event.value, at)
    return Token("scalar", at, value, event.value if isinstance(value, int | float) else None)


def _refuse_glued(text: str, event: Any) -> None:
    """Refuse what only some readers of YAML take for an indicator, or for the end of a line."""
    if not isinstance(event, ScalarEvent | CollectionEndEvent):
        return
    start, end = event.start_mark, event.end_mark
    if getattr(event, "style", None) in ("|", ">"):
        if end.index >= len(text) and not text.endswith("\n"):
            problem = "the last line of a text block lacks its line break"
            raise MalformedError(problem, (start.line + 1, start.column + 1))
    elif text[end.index : end.index + 1] == "#":
        raise MalformedError("a comment needs a space before its #", (end.line + 1, end.column + 1))
    elif isinstance(event, ScalarEvent):
        if event.style == '"' and _CONTINUED.search(text, start.index, end.index):
            problem = "a blank line after a line that ends with \\; write \\n, or one line"
            raise MalformedError(problem, (start.line + 1, start.column + 1))
        asked, plain = text[start.index - 1 : start.index] == "?", event.style is None
        if asked or (plain and event.value.endswith(":")):
            raise MalformedError("a space is missing after ? or :", (start.line + 1, start.column + 1))


def _plain(text: str, at: Position) -> object:
    """Return the value of a scalar without quotes."""
    for form, convert in _PLAIN_SCALARS:
        if form.fullmatch(text):
            return converted(text, convert, at)
    instead = _instead(text)
    if instead is not None:
        problem = (
            f"{shown(text)} is not the same to every reader of YAML; {instead}put it in quotes if it is text"
        )
        raise MalformedError(problem, at)
    if space := _OTHER_SPACE.search(text):
        problem = (
            f"{shown(text)} holds U+{ord(space[0]):04X}, which looks like a space; put it in quotes if meant"
        )
        raise MalformedError(problem, at)
    return text


def _refuse_extras(event: Any, at: Position) -> None:
    if isinstance(event, AliasEvent):
        raise MalformedError(f"alias *{event.anchor}: aliases are not allowed, write the value out", at)
    if isinstance(event, NodeEvent) and event.anchor is not None:
        raise MalformedError(f"anchor &{event.anchor}: anchors are not allowed", at)
    if getattr(event, "tag", None) is not None:
        raise MalformedError("tags are not allowed", at)
    if isinstance(event, ScalarEvent) and event.style is None and event.value == "<<":
        raise MalformedError("merge key <<: merge keys are not allowed, write the keys out", at)
    if isinstance(event, DocumentStartEvent) and event.version not in (None, (1, 2)):
        raise MalformedError("only YAML 1.2 is read", at)


def _instead(text: str) -> str | None:
    """Say what to write where one version of YAML, or a common program, reads as a value what is text to another."""
    if _WORD.fullmatch(text):
        return "write true or false, or "
    if _NUMBER_TO_SOME.fullmatch(text):
        number = _NUMBER.fullmatch(text)
        if number is None or len(text) > _LONGEST_NUMBER:
            return "write a number in decimal digits without leading zeros, or "
        sign, whole, decimals, sign_of_exponent, exponent = number.groups("")
        power = f"e{sign_of_exponent or '+'}{exponent}" if exponent else ""
        return f"write {sign}{whole or 0}.{decimals or 0}{power}, or "
    return "" if _MORE_THAN_TEXT.fullmatch(text) else None

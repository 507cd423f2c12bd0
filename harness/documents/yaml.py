"""YAML 1.2, less what makes a configuration ambiguous."""

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
from ruamel.yaml.reader import ReaderError

from harness.documents.document import Position
from harness.documents.tokens import MalformedError, Token, converted, line_starts, position_at

__all__ = ["yaml_tokens"]

# The core schema of YAML 1.2: `yes`, `no`, `1_000`, `12:30` and dates are text.
_PLAIN_SCALARS: tuple[tuple[re.Pattern[str], Callable[[str], object]], ...] = (
    (re.compile(r"null|Null|NULL|~|"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+"), lambda text: int(text, 8)),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text, 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), lambda text: float(text.replace(".", ""))),
)


def yaml_tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a YAML text.

    Raises
    ------
    MalformedError
        The text is not YAML 1.2, or has anchors, aliases, tags or merge keys.
    """
    events = YAML(typ="safe", pure=True).parse(text)
    key_or_value_before = None
    while True:
        try:
            event = next(events, None)
        except ReaderError as error:
            problem = f"character {error.character:#06x} is not allowed in YAML"
            raise MalformedError(problem, position_at(line_starts(text), error.position)) from error
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise MalformedError(
                f"not YAML: {error.problem}", mark and (mark.line + 1, mark.column + 1)
            ) from error
        except (YAMLError, ValueError, AssertionError) as error:  # an impossible escape or version
            raise MalformedError(f"not YAML: {error}", None) from error
        if event is None:
            return
        token = _token(event, key_or_value_before)
        if token is not None:
            key_or_value_before = token.at
            yield token


def _token(event: Any, before: Position | None) -> Token | None:
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
        at = before  # the parser places a value left out after the blank lines and comments that follow
    convert = next((convert for form, convert in _PLAIN_SCALARS if form.fullmatch(event.value)), str)
    return Token("scalar", at, converted(event.value, convert, at))


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

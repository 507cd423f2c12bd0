"""Tokens that need no grammar to be understood: a command is then called without loading one.

Loading cyclopts takes longer than a whole check of a config. The one definition of a command's flags is its
signature, here as there; whatever is not plainly right (help, an unknown or repeated flag, a flag without its
value, a choice that is none) is left to cyclopts, which says what is wrong with it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

__all__ = ["plain_arguments"]

_MANY = tuple[str, ...]


def plain_arguments(command: Callable[..., object], tokens: Sequence[str]) -> dict[str, Any] | None:
    """Return what to call a command with, where that needs no grammar.

    Parameters
    ----------
    command : callable
        Its parameters are flags where they are keyword-only; one other, `tuple[str, ...]`, takes the rest.
    tokens : sequence of str
        What stands after its name.

    Returns
    -------
    dict or None
        Arguments by name; None where cyclopts has to say what the tokens mean.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters.values()
    flags = {f"--{p.name.replace('_', '-')}": p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    (rest,) = (p.name for p in parameters if p.kind is not p.KEYWORD_ONLY)
    found: dict[str, Any] = {}
    remaining = list(tokens)
    while remaining:
        token = remaining.pop(0)
        name = flags.get(token) if token.startswith("-") else rest
        if name is None:
            return None
        value = token if name == rest else _value(hints[name], remaining)
        if value is None or (name in found and hints[name] != _MANY):
            return None
        found[name] = (*found.get(name, ()), value) if hints[name] == _MANY else value
    return found


def _value(hint: object, remaining: list[str]) -> str | bool | None:
    """Take the value of a flag; None where it has none that is plainly right."""
    if hint is bool:
        return True
    value = remaining.pop(0) if remaining else "-"
    return value if not value.startswith("-") and _fits(value, hint) else None


def _fits(value: str, hint: object) -> bool:
    if get_origin(hint) in (Union, UnionType):
        return any(_fits(value, inner) for inner in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    return hint is str or hint == _MANY

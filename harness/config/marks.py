"""What an annotation of a part says beyond a type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import CoreSchema, core_schema

__all__ = ["After", "Before", "Key", "Limits", "default_from"]


class Limits:
    """What a number, a text, a list or a mapping has to keep.

    Parameters
    ----------
    **limits : float
        ``ge``, ``gt``, ``le`` and ``lt`` of a number; ``min_length`` and ``max_length`` of the rest.
    """

    def __init__(self, **limits: float) -> None:
        self.limits = limits


class Before:
    """A function that is given the value as it stands in the document; the type takes what it returns.

    Parameters
    ----------
    function : callable
        It raises ValueError, or what `problem_at` makes.
    **published : object
        What the published JSON Schema then says too, by its keywords.
    """

    def __init__(self, function: Callable[[Any], object], **published: object) -> None:
        self._function = function
        self._published = published

    def around(self, schema: CoreSchema) -> CoreSchema:
        """Return the schema with the function before it."""
        return core_schema.no_info_before_validator_function(
            self._function, schema, metadata=_told(self._published)
        )


class After(Before):
    """A function that is given a value of the type, and returns it or another."""

    def around(self, schema: CoreSchema) -> CoreSchema:
        """Return the schema with the function after it."""
        return core_schema.no_info_after_validator_function(
            self._function, schema, metadata=_told(self._published)
        )


class Key:
    """The key of a document, where it is not the field's name.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str) -> None:
        self.name = name


class DefaultFrom:
    """A default that is made of the fields before it."""

    def __init__(self, make: Callable[[dict[str, Any]], object]) -> None:
        self.make = make


def default_from(make: Callable[[dict[str, Any]], object]) -> Any:
    """Return a default that is made of the fields declared before it, those of them that are valid, by name."""
    return DefaultFrom(make)


def _told(published: Mapping[str, object]) -> dict[str, Any] | None:
    return {"pydantic_js_updates": dict(published)} if published else None

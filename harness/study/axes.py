"""The ways of grouping trials, as a study or a policy states them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from harness.config import After, Before, problem_at, shown

__all__ = ["Axes", "Axis", "Listed", "distinct"]

_H = TypeVar("_H", bound=Hashable)


@dataclass(frozen=True)
class Axis:
    """A way of grouping the trials.

    Parameters
    ----------
    attributes : tuple of str
        One attribute, or several for an intersectional axis.
    """

    attributes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The attributes joined by ×."""
        return "×".join(self.attributes)

    def written(self) -> str | list[str]:
        """Return the form that a study file has."""
        return self.attributes[0] if len(self.attributes) == 1 else list(self.attributes)


def distinct(values: tuple[_H, ...]) -> tuple[_H, ...]:
    """Return the values as they are.

    Raises
    ------
    ValueError
        A value is repeated.
    """
    seen: set[_H] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{shown(value)} is repeated")
        seen.add(value)
    return values


def _tuple_if_list(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _axis_from(value: object) -> Axis:
    if isinstance(value, Axis):
        value = value.attributes
    attributes = (value,) if isinstance(value, str) else value
    if not isinstance(attributes, list | tuple) or not all(isinstance(a, str) for a in attributes):
        raise ValueError(f"{shown(value)} is not an attribute or a list of attributes")
    if not attributes:
        raise ValueError("an axis needs at least one attribute")
    return Axis(distinct(tuple(attributes)))


def _checked_axes(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    if not axes:
        raise ValueError("[] names no axis")
    seen: set[frozenset[str]] = set()
    for index, axis in enumerate(axes):
        attributes = frozenset(axis.attributes)
        if attributes in seen:
            raise problem_at((index,), f"axis {axis.name} is repeated")
        seen.add(attributes)
    return axes


Listed = Before(_tuple_if_list)
"""Lets a tuple be given as a list, which is all that YAML and JSON have."""

_PUBLISHED_NAME = {"type": "string", "minLength": 1}

Axes = Annotated[
    tuple[Annotated[Axis, Before(_axis_from)], ...],
    Listed,
    After(
        _checked_axes,
        type="array",
        minItems=1,
        uniqueItems=True,
        items={
            "anyOf": [
                _PUBLISHED_NAME,
                {"type": "array", "minItems": 1, "uniqueItems": True, "items": _PUBLISHED_NAME},
            ]
        },
    ),
]

"""The groups of people: the ways of grouping trials, and how many references of each group a watchlist holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, PlainSerializer, PlainValidator, WithJsonSchema

from harness.config import Text, TupleOf, distinct, problem_at, shown

__all__ = ["Attribute", "Axes", "Axis", "WatchlistComposition", "require_whole"]


@dataclass(frozen=True)
class Axis:
    """A way of grouping the trials.

    Parameters
    ----------
    attributes : tuple of str
        One attribute, or several for an intersectional axis.

    Examples
    --------
    >>> Axis(("ethnicity", "sex")).name
    'ethnicity×sex'
    """

    attributes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The attributes joined by ×."""
        return "×".join(self.attributes)

    def written(self) -> str | list[str]:
        """Return the form that a study file has."""
        return self.attributes[0] if len(self.attributes) == 1 else list(self.attributes)


def _attribute_name(name: str) -> str:
    if "×" in name:
        raise ValueError(f"{shown(name)} holds ×, which joins the attributes of an axis")
    return name


Attribute = Annotated[Text, AfterValidator(_attribute_name)]
"""The name of a demographic attribute."""


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


_NAME_SCHEMA = {"type": "string", "minLength": 1}
_AXIS_SCHEMA = {
    "anyOf": [_NAME_SCHEMA, {"type": "array", "minItems": 1, "uniqueItems": True, "items": _NAME_SCHEMA}]
}

Axes = Annotated[
    TupleOf[Annotated[Axis, PlainValidator(_axis_from), PlainSerializer(Axis.written)]],
    AfterValidator(_checked_axes),
    WithJsonSchema({"type": "array", "minItems": 1, "uniqueItems": True, "items": _AXIS_SCHEMA}),
]

WatchlistComposition = Mapping[str, Mapping[str, int]]
"""By attribute and group, the number of enrolled references; `harness.statistics.watchlist` takes one attribute's."""

_KEY = "watchlist_composition"


def require_whole(composition: WatchlistComposition | None, size: int | None) -> None:
    """Refuse a composition unless the counts of every attribute add up to the size of the watchlist.

    Parameters
    ----------
    composition : mapping of str to mapping of str to int, optional
    size : int or None
        Enrolled references; None where there is no watchlist.

    Raises
    ------
    PydanticCustomError
        It blames ``watchlist_composition``, a key of the model that is being validated.
    """
    if composition is None:
        return
    if size is None:
        raise problem_at((_KEY,), "verification has no watchlist")
    for attribute, counts in composition.items():
        if (found := sum(counts.values())) != size:
            problem = f"the counts of {shown(attribute)} add up to {found:,}, not to watchlist_size, {size:,}"
            raise problem_at((_KEY, attribute), problem)

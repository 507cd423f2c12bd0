"""Groups of numbers, such as ages."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field

from harness.config import MappingOf, Text, TupleOf, shown

__all__ = ["Bins", "LabelMaps", "bin_labels"]


def _ascending(edges: tuple[int | float, ...]) -> tuple[int | float, ...]:
    for one, other in pairwise(edges):
        if not one < other:
            raise ValueError(f"{shown(other)} is not above {shown(one)}; write the edges in ascending order")
    return edges


def bin_labels(edges: Sequence[int | float]) -> list[str]:
    """Name the group of numbers from each edge to below the next, the last of which has no end.

    Of whole numbers a group is named by its first and last, as ages in completed years are: 17.9 is in 0–17.

    Examples
    --------
    >>> bin_labels([0, 18, 19, 70])
    ['0–17', '18', '19–69', '70+']
    >>> bin_labels([0, 0.5])
    ['0 to below 0.5', '0.5+']
    """
    if any(edge != int(edge) for edge in edges):
        return [*(f"{one} to below {other}" for one, other in pairwise(edges)), f"{edges[-1]}+"]
    whole = [int(edge) for edge in edges]
    closed = [f"{one}–{other - 1}" if other - one > 1 else f"{one}" for one, other in pairwise(whole)]
    return [*closed, f"{whole[-1]}+"]


Bins = MappingOf[
    Text, Annotated[TupleOf[int | float], Field(min_length=1, max_length=50), AfterValidator(_ascending)]
]
LabelMaps = MappingOf[Text, Annotated[MappingOf[str, Text], Field(min_length=1)]]

"""The watchlists to project to: ``lists.yaml``."""

import math
import os
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from harness.config import MappingOf, StrictModel, Text, load, problem_at, shown

__all__ = ["Lists", "WantedList", "load_lists"]

_LARGEST = 10**9
_Count = Annotated[int, Field(ge=0, le=_LARGEST)]
_Counts = Annotated[MappingOf[Text, _Count], Field(min_length=1)]
_Shares = Annotated[MappingOf[Text, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]


def _whole(crowd: Mapping[str, Mapping[str, float]]) -> Mapping[str, Mapping[str, float]]:
    for axis, shares in crowd.items():
        total = math.fsum(shares.values())
        if abs(total - 1) > 1e-6:
            raise problem_at((axis,), f"the shares of {shown(axis)} add up to {total:g}, not to 1")
    return crowd


_Crowd = Annotated[MappingOf[Text, _Shares], AfterValidator(_whole)]


class WantedList(StrictModel):
    """A watchlist to project to, and the crowd that is searched against it.

    Parameters
    ----------
    size : int, optional
        Enrolled subjects; by default the sum of the composition. Without a composition the list has the mix of the
        tested one.
    composition : mapping of str to mapping of str to int, optional
        By attribute and group, how many subjects are of each group. One attribute, or several together, joined by ×:
        ``ethnicity×sex`` with groups such as ``Black×F``. Of other attributes the list is taken as a random part of the
        tested one.
    crowd : mapping of str to mapping of str to float
        By axis and group, the share of the people who walk by; each adds up to 1. By default the searches of the
        evaluation tell.
    faces : int, optional
        How many people walk by in one deployment.
    """

    size: Annotated[int, Field(ge=1, le=_LARGEST)] | None = None
    composition: Annotated[MappingOf[Text, _Counts], Field(min_length=1, max_length=1)] | None = None
    crowd: _Crowd = Field(default_factory=dict)
    faces: Annotated[int, Field(ge=1, le=_LARGEST)] | None = None

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        if self.composition is None and self.size is None:
            raise problem_at((), "says neither size nor composition; give one of them")
        for key, counts in (self.composition or {}).items():
            total = sum(counts.values())
            if self.size is not None and total != self.size:
                problem = f"the counts of {shown(key)} add up to {total:,}, not to size, {self.size:,}"
                raise problem_at(("composition", key), problem)
            _require_parts(key, counts)
            if not total:
                raise problem_at(("composition", key), "holds nobody; a list of nobody gives no alert")
        return self

    @property
    def enrolled(self) -> int:
        """How many subjects are enrolled."""
        return self.size or sum(sum(counts.values()) for counts in (self.composition or {}).values())

    @property
    def axis(self) -> str | None:
        """The attribute, or the attributes joined by ×, by which the composition is given; None without one."""
        return next(iter(self.composition), None) if self.composition else None

    @property
    def counts(self) -> Mapping[str, int]:
        """How many subjects are of each group of `axis`."""
        return {} if self.axis is None or self.composition is None else self.composition[self.axis]

    def by_attribute(self) -> dict[str, dict[str, int]] | None:
        """Return how many subjects are of each group of each attribute; None without a composition."""
        if self.axis is None:
            return None
        found: dict[str, dict[str, int]] = {}
        for group, count in self.counts.items():
            for attribute, label in zip(self.axis.split("×"), _parts(self.axis, group), strict=True):
                of = found.setdefault(attribute, {})
                of[label] = of.get(label, 0) + count
        return found


def _parts(axis: str, group: str) -> list[str]:
    return group.split("×") if "×" in axis else [group]


def _require_parts(axis: str, counts: Mapping[str, int]) -> None:
    for group in counts:
        if len(_parts(axis, group)) != len(axis.split("×")):
            problem = f"{shown(group)} is no group of {axis}; join a label of each attribute by ×"
            raise problem_at(("composition", axis, group), problem)


class Lists(StrictModel):
    """Watchlists to project to.

    Parameters
    ----------
    lists : mapping of str to WantedList
        By name.
    """

    lists: Annotated[MappingOf[Text, WantedList], Field(min_length=1, max_length=1000)]


def load_lists(lists: Lists | Mapping[str, Any] | str | os.PathLike[str]) -> Lists:
    """Return lists given as themselves, as a mapping or as the path of a YAML or JSON file.

    Raises
    ------
    InputError
        The first problem of the file or mapping, with its line and column in a file.

    Examples
    --------
    >>> load_lists({"lists": {"skewed": {"composition": {"sex": {"F": 10, "M": 990}}}}}).lists["skewed"].enrolled
    1000
    """
    return load(Lists, lists, "lists")

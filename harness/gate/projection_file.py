"""The one description of ``projection.json``: what an evaluation says of other watchlists than the one it tested.

``harness project`` writes the file and the gate reads it, by the same description. It lies with the gate, which may
import neither numpy nor what computes a projection. Nothing is coerced: every key is there, and none besides; every
array has a value for each threshold, and every number lies in its range.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, TypeVar

from pydantic import Field
from pydantic_core import ValidationError

from harness.config import ListOf, MappingOf, StrictModel, dotted, shown
from harness.errors import InputError
from harness.gate.deployment import Composition, Digest, Text
from harness.gate.strict_json import plain_json
from harness.study import Matcher

__all__ = [
    "MAX_BYTES",
    "PROJECTION_SCHEMA",
    "ProjectedAxisShape",
    "ProjectedEvaluationShape",
    "ProjectedListShape",
    "ProjectionShape",
    "read_projection",
]

PROJECTION_SCHEMA = 1

MAX_BYTES = 2**27
"""Of a file that holds a projection."""

_MOST_LISTS = 1_000
_LARGEST = 2**53  # up to which every reader of JSON has whole numbers exactly
_ROUNDING = 1e-9

_T = TypeVar("_T")
_Share = Annotated[float, Field(ge=0, le=1)] | None
_Multiple = Annotated[float, Field(ge=0)] | None
_ByThreshold = Annotated[ListOf[_T], Field(min_length=1)]
_ByGroup = Annotated[ListOf[_ByThreshold[_Share]], Field(min_length=1)]


class ProjectedEvaluationShape(StrictModel):
    """The evaluation that a projection was made from.

    Parameters
    ----------
    sha256 : str
        Digest of its ``evaluation.json``, in lower case.
    """

    sha256: Digest


class ProjectedAxisShape(StrictModel):
    """The false positive identification rates (FPIR) of one axis at one list.

    Parameters
    ----------
    groups : list of str
    estimate, lower, upper : list of list of (float or None)
        FPIR by group and threshold; None where there is none.
    ratio : list of (float or None)
        By threshold, the highest FPIR over the lowest; None where it is not defined.
    ratio_lower : list of (float or None)
        By threshold, the lower bound of the ratio of the two groups that are shown best to differ.
    ratio_upper : list of (float or None)
        By threshold, the largest upper bound of any two groups' ratio; None where there is no bound.
    """

    groups: Annotated[ListOf[str], Field(min_length=1)]
    estimate: _ByGroup
    lower: _ByGroup
    upper: _ByGroup
    ratio: _ByThreshold[_Multiple]
    ratio_lower: _ByThreshold[_Multiple]
    ratio_upper: _ByThreshold[_Multiple]


class ProjectedListShape(StrictModel):
    """One watchlist.

    Parameters
    ----------
    method : {"rarefied", "top scores", "bound"}
        How its rates were had.
    size : int
        Enrolled references.
    composition : mapping of str to mapping of str to int, or None
        By attribute and group, how many of them there are; an attribute's add up to all.
    axes : mapping of str to ProjectedAxisShape
    safe : float or None
        The most lenient threshold that is safe at this list; None where there is none.
    """

    method: Literal["rarefied", "top scores", "bound"]
    size: Annotated[int, Field(ge=1, le=_LARGEST)]
    composition: Composition | None
    axes: Annotated[MappingOf[Text, ProjectedAxisShape], Field(min_length=1)]
    safe: float | None


class ProjectionShape(StrictModel):
    """The whole document.

    Parameters
    ----------
    schema_ : int
        Written ``schema``.
    evaluation : ProjectedEvaluationShape
    matcher : Matcher
        As the evaluation's study names it.
    confidence : float
        Of every bound.
    thresholds : list of float
        As the study states scores, from the most lenient to the strictest.
    lists : mapping of str to ProjectedListShape
        By name.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")]
    evaluation: ProjectedEvaluationShape
    matcher: Matcher
    confidence: Annotated[float, Field(gt=0, lt=1)]
    thresholds: Annotated[ListOf[float], Field(min_length=1)]
    lists: Annotated[MappingOf[Text, ProjectedListShape], Field(min_length=1, max_length=_MOST_LISTS)]


class _DamageError(ValueError):
    """Where a projection is not whole, and why."""


def read_projection(content: bytes, source: str) -> ProjectionShape:
    """Read the content of a ``projection.json``.

    Parameters
    ----------
    content : bytes
        The file, as `harness.files.content_of` reads it.
    source : str
        Its name in errors.

    Raises
    ------
    InputError
        It is not of the known schema, is not whole, or disagrees with itself.

    Examples
    --------
    >>> read_projection(b'{"schema": 2}', "projection.json")
    Traceback (most recent call last):
    harness.errors.InputError: projection.json: schema is 2, not 1; project again with this version
    """
    try:
        plain = plain_json(content)
        document = plain if isinstance(plain, dict) else {}
        known = document.get("schema")
        if type(known) is not int or known != PROJECTION_SCHEMA:
            raise InputError(
                f"schema is {shown(known)}, not {PROJECTION_SCHEMA}; project again with this version"
            )
        shape = ProjectionShape.model_validate(document)
        _require_whole(shape)
    except InputError as error:
        raise InputError(error.problem, source=source) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _not_whole(f"{dotted(first['loc'])}: {first['msg']}", source) from error
    except (ValueError, RecursionError, OverflowError) as error:
        raise _not_whole(str(error), source) from error
    return shape


def _not_whole(problem: str, source: str) -> InputError:
    return InputError(f"is not a whole projection ({problem}); project again", source=source)


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise _DamageError(problem)


def _require_whole(shape: ProjectionShape) -> None:
    one_way = {there > here for here, there in pairwise(shape.thresholds)}
    distinct = len(set(shape.thresholds)) == len(shape.thresholds)
    _require(distinct and len(one_way) <= 1, "thresholds: do not go from the most lenient to the strictest")
    for name, of_list in shape.lists.items():
        where = f"lists.{shown(name)}"
        for attribute, counts in (of_list.composition or {}).items():
            found = sum(counts.values())
            _require(
                found == of_list.size,
                f"{where}.composition.{shown(attribute)}: adds up to {found:,}, not to size, {of_list.size:,}",
            )
        _require(of_list.safe is None or of_list.safe in shape.thresholds, f"{where}.safe: was not evaluated")
        for axis, found_on_axis in of_list.axes.items():
            _require_axis(found_on_axis, len(shape.thresholds), f"{where}.axes.{shown(axis)}")


def _require_axis(axis: ProjectedAxisShape, count: int, where: str) -> None:
    _require(len(set(axis.groups)) == len(axis.groups), f"{where}: a group is repeated")
    for name in ("estimate", "lower", "upper"):
        by_group: Sequence[Sequence[float | None]] = getattr(axis, name)
        _require(
            len(by_group) == len(axis.groups),
            f"{where}.{name}: has {len(by_group)} groups, not {len(axis.groups)}",
        )
        for group, values in zip(axis.groups, by_group, strict=True):
            _require_length(values, count, f"{where}.{name} of {shown(group)}")
    for name in ("ratio", "ratio_lower", "ratio_upper"):
        _require_length(getattr(axis, name), count, f"{where}.{name}")
    for group, *rates in zip(axis.groups, axis.lower, axis.estimate, axis.upper, strict=True):
        for of_one in zip(*rates, strict=True):
            _require(_is_rising(of_one), f"{where}: a rate of {shown(group)} lies outside its bounds")
    for index, of_ratio in enumerate(zip(axis.ratio_lower, axis.ratio, axis.ratio_upper, strict=True)):
        _require(_is_rising(of_ratio), f"{where}: a ratio lies outside its bounds")
        _require_bounded(axis, index, f"{where}.ratio_upper")


def _require_length(values: Sequence[object], count: int, where: str) -> None:
    _require(len(values) == count, f"{where}: has {len(values)} values for {count} thresholds")


def _is_rising(values: Sequence[float | None]) -> bool:
    known = [value for value in values if value is not None]
    return all(lower <= upper * (1 + _ROUNDING) for lower, upper in pairwise(known))


def _require_bounded(axis: ProjectedAxisShape, index: int, where: str) -> None:
    """Require that a bound of the ratio bounds the ratio of every two estimates."""
    bound = axis.ratio_upper[index]
    rates = [rate for of_group in axis.estimate if (rate := of_group[index]) is not None]
    bounds = bound is None or not rates or max(rates) <= bound * min(rates) * (1 + _ROUNDING)
    _require(bounds, f"{where}: two estimates are further apart than it says")

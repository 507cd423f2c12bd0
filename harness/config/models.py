"""Models of documents, by pydantic: known keys only, nothing coerced."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from harness.config.document import shown

__all__ = [
    "ListOf",
    "MappingOf",
    "OneOrMore",
    "StrictModel",
    "Text",
    "TextOrTexts",
    "Texts",
    "TupleOf",
    "distinct",
    "model_in",
    "plain",
    "problem_at",
]

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_H = TypeVar("_H", bound=Hashable)
_MOST_KEYS = 10_000


class StrictModel(BaseModel):
    """A document, or a part of one: known keys only, nothing coerced, frozen; NaN and infinities are refused.

    Examples
    --------
    >>> class Matcher(StrictModel):
    ...     name: str
    >>> Matcher(name="A")
    Matcher(name='A')
    """

    how_to_give: ClassVar[Mapping[str, str]] = {}
    """How required keys are given, for the message that says that they are missing."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _of_few_keys(cls, value: object) -> object:
        """Refuse a mapping of so many keys that to say of each that it is unknown would fill the memory."""
        if isinstance(value, Mapping) and len(value) > _MOST_KEYS:
            raise ValueError(f"{len(value):,} keys are more than {_MOST_KEYS:,}")
        return value


def _tuple_if_list(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


# Each stops at its first wrong item: an error takes up to a kilobyte, and a file may hold millions of wrong items.
ListOf = Annotated[list[_Value], Field(fail_fast=True)]
TupleOf = Annotated[tuple[_Value, ...], Field(fail_fast=True), BeforeValidator(_tuple_if_list)]
"""Given as a list in YAML, JSON and TOML."""
MappingOf = Annotated[Mapping[_Key, _Value], Field(fail_fast=True, max_length=_MOST_KEYS)]


def model_in(annotation: Any) -> type[StrictModel] | None:
    """Return the model that an annotation names, itself or as what a mapping or list holds."""
    if isinstance(annotation, type) and issubclass(annotation, StrictModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := model_in(inner))), None)


def plain(model: StrictModel) -> dict[str, Any]:
    """Return a model as plain values in the form of a JSON file, every default spelled out."""
    return model.model_dump(mode="json", by_alias=True)


def problem_at(path: tuple[str | int, ...], problem: str) -> PydanticCustomError:
    """Make the error by which a check of a model blames a value of it rather than the whole."""
    return PydanticCustomError("problem_at", "{problem}", {"path": path, "problem": problem})


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError(f"{shown(text)} is blank")
    return text


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


Text = Annotated[str, AfterValidator(_not_blank)]
Texts = Annotated[TupleOf[Text], AfterValidator(distinct)]
TextOrTexts = Annotated[Texts, BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]
"""Several texts, or one that stands for a list of it."""
OneOrMore = Annotated[TextOrTexts, Field(min_length=1)]

"""Parts of documents: known keys only, nothing coerced, each declared once as a class with annotated fields.

They are validated by pydantic-core, with the errors and the JSON Schema that pydantic has for a model. pydantic itself
is not imported: making its models takes longer than the whole of a check, and a gate has to start fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from types import UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic_core import CoreConfig, CoreSchema, SchemaValidator, core_schema

from harness.config.marks import After, Before, DefaultFrom, Key, Limits

__all__ = ["Field", "Part", "fields_of", "part_in", "plain", "validated"]

_Part = TypeVar("_Part", bound="Part")
_MOST_KEYS = 10_000


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Part:
    """A part of a document.

    A subclass declares its fields as a dataclass does; `harness.config.marks` says more of them than a type can. It
    is made with keyword arguments, by key, and validates them; equal parts have equal fields, and none can be changed.

    Raises
    ------
    pydantic_core.ValidationError
        A value does not fit; a ValueError.
    """

    # What pydantic-core sets on a model that it makes.
    __slots__ = ("__dict__", "__pydantic_extra__", "__pydantic_fields_set__", "__pydantic_private__")

    unknown_keys: ClassVar[Literal["forbid", "allow"]] = "forbid"
    _model: ClassVar[_Model]

    def __init_subclass__(cls) -> None:
        cls._model = _Model(cls)

    def __init__(self, **given: object) -> None:
        self._model.validator.validate_python(given, self_instance=self)

    @classmethod
    def spelled_out(cls, value: object) -> object:
        """Return the mapping that a shorter way of writing the part stands for; what is none is for the type to refuse.

        Raises
        ------
        ValueError
        """
        return value

    def check_as_a_whole(self) -> None:
        """Refuse fields that do not go together, each of them valid.

        Raises
        ------
        ValueError, PydanticCustomError
            The latter, which `harness.config.problem_at` makes, blames one of them.
        """

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({fields})"

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)


class Field(NamedTuple):
    """A field of a part.

    Parameters
    ----------
    key : str
        What a document calls it.
    annotation : type
        Its type, of which the marks are left out that stand on the whole of it.
    schema : CoreSchema
        What validates it.
    required : bool
    """

    key: str
    annotation: Any
    schema: CoreSchema
    required: bool


class _Model:
    """What is made of the annotations of a part, when it is first needed."""

    def __init__(self, part: type[Part]) -> None:
        self._part = part

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        hints = get_type_hints(self._part, include_extras=True)
        return {
            name: _field(self._part, name, hint)
            for name, hint in hints.items()
            if get_origin(hint) is not ClassVar
        }

    @cached_property
    def schema(self) -> CoreSchema:
        part = self._part
        fields = core_schema.model_fields_schema(
            {
                name: core_schema.model_field(field.schema, validation_alias=field.key)
                for name, field in self.fields.items()
            },
            model_name=part.__name__,
        )
        config = CoreConfig(strict=True, allow_inf_nan=False, extra_fields_behavior=part.unknown_keys)
        schema: CoreSchema = Before(_of_few_keys).around(
            core_schema.model_schema(part, fields, config=config)
        )
        if part.check_as_a_whole is not Part.check_as_a_whole:
            schema = After(_checked_as_a_whole).around(schema)
        if part.spelled_out.__func__ is not Part.spelled_out.__func__:  # type: ignore[attr-defined]
            schema = Before(part.spelled_out).around(schema)
        return schema

    @cached_property
    def validator(self) -> SchemaValidator:
        return SchemaValidator(self.schema)


def fields_of(part: type[Part]) -> Mapping[str, Field]:
    """Return the fields of a part by name."""
    return part._model.fields


def validated(part: type[_Part], value: object) -> _Part:
    """Make a part of plain values.

    Raises
    ------
    pydantic_core.ValidationError
        They do not fit; it tells every problem.
    """
    made: _Part = part._model.validator.validate_python(value)
    return made


def part_in(annotation: Any) -> type[Part] | None:
    """Return the part that an annotation names, itself or as what a mapping or list holds; None where there is none."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next((found for inner in get_args(annotation) if (found := part_in(inner))), None)


def plain(part: Part) -> dict[str, Any]:
    """Return a part as plain values in the form of a JSON file, every default spelled out."""
    return {field.key: _plain(getattr(part, name)) for name, field in fields_of(type(part)).items()}


def _plain(value: object) -> object:
    if isinstance(value, Part):
        return plain(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _of_few_keys(value: object) -> object:
    """Refuse a mapping of so many keys that to say of each that it is unknown would fill the memory."""
    if isinstance(value, Mapping) and len(value) > _MOST_KEYS:
        raise ValueError(f"{len(value):,} keys are more than {_MOST_KEYS:,}")
    return value


def _checked_as_a_whole(part: Part) -> Part:
    part.check_as_a_whole()
    return part


def _field(part: type[Part], name: str, hint: Any) -> Field:
    annotation, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    key = next((mark.name for mark in marks if isinstance(mark, Key)), name)
    schema = _marked(annotation, marks)
    required = not hasattr(part, name)
    if not required:
        default = getattr(part, name)
        if isinstance(default, DefaultFrom):
            schema = core_schema.with_default_schema(
                schema, default_factory=default.make, default_factory_takes_data=True
            )
        else:
            schema = core_schema.with_default_schema(schema, default=default)
    return Field(key, annotation, schema, required)


def _marked(annotation: Any, marks: list[Any]) -> CoreSchema:
    of_type: Any = _of_type(annotation)
    schema = of_type
    for mark in marks:
        if isinstance(mark, Before):
            schema = mark.around(schema)
        elif isinstance(mark, Limits):
            limited = {**of_type, **mark.limits}
            # After a function they are of what it returns, and nothing to speak of where an item is refused.
            schema = limited if schema is of_type else core_schema.chain_schema([schema, limited])
    return schema  # type: ignore[no-any-return]


_SCALARS: Mapping[Any, CoreSchema] = {
    str: core_schema.str_schema(),
    bool: core_schema.bool_schema(),
    int: core_schema.int_schema(),
    float: core_schema.float_schema(),
    date: core_schema.date_schema(),
    object: core_schema.any_schema(),
    Any: core_schema.any_schema(),
}


def _of_type(annotation: Any) -> CoreSchema:
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation._model.schema
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _marked(inner[0], list(inner[1:]))
    if origin in (Union, UnionType):
        return _any_of(inner)
    if origin is Literal:
        return core_schema.literal_schema(list(inner))
    return _of_collection(origin, inner) if origin else core_schema.is_instance_schema(annotation)


def _of_collection(origin: Any, inner: tuple[Any, ...]) -> CoreSchema:
    # At the first wrong item it stops: an error takes up to a kilobyte, and a file may hold millions of wrong items.
    if issubclass(origin, Mapping):
        return core_schema.dict_schema(*map(_of_type, inner), max_length=_MOST_KEYS, fail_fast=True)
    if origin is tuple and inner[1:] == (...,):
        return core_schema.tuple_schema([_of_type(inner[0])], variadic_item_index=0, fail_fast=True)
    if origin is list:
        return core_schema.list_schema(_of_type(inner[0]), fail_fast=True)
    raise TypeError(f"{origin} of {inner}: no document holds that")


def _any_of(choices: tuple[Any, ...]) -> CoreSchema:
    schemas: list[Any] = [_of_type(choice) for choice in choices if choice is not type(None)]
    schema = schemas[0] if len(schemas) == 1 else core_schema.union_schema(schemas)
    return core_schema.nullable_schema(schema) if type(None) in choices else schema

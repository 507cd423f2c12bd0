"""Fitting a document to the part that it is, with messages that say where, what and how to mend it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar, get_origin

from pydantic_core import ErrorDetails, PydanticCustomError, ValidationError

from harness.config.document import Document, KeyPath
from harness.config.parts import Part, fields_of, part_in, validated
from harness.config.wording import dotted, shown
from harness.errors import InputError

__all__ = ["problem_at", "validate"]

_Part = TypeVar("_Part", bound=Part)


def problem_at(path: KeyPath, problem: str) -> PydanticCustomError:
    """Make the error by which a check of a part blames a value of it rather than the whole."""
    return PydanticCustomError("problem_at", "{problem}", {"path": path, "problem": problem})


def validate(part: type[_Part], document: Document) -> _Part:
    """Fit a document to a part, without coercion.

    Parameters
    ----------
    part : type of Part
    document : Document
        What to fit to it.

    Raises
    ------
    InputError
        The first problem in the order of the file, missing keys last, and how many more there are.
    """
    try:
        return validated(part, document.value)
    except ValidationError as error:
        problems = [
            details
            for details in error.errors(include_url=False)
            if details["type"] != "default_factory_not_called"  # it only repeats that another value is wrong
        ]
        first = min(problems, key=lambda details: _rank(document, details))
    problem = _problem(part, document, first)
    if len(problems) == 1:
        raise problem
    others = len(problems) - 1
    count = f"(and {others} more problem{'s' if others > 1 else ''})"
    raise InputError(
        f"{problem.problem} {count}", source=problem.source, line=problem.line, column=problem.column
    )


def _rank(document: Document, details: ErrorDetails) -> tuple[bool, bool, int, int]:
    """Place a problem among the others: by the order of the file.

    Missing keys come last: a misspelt key is both unknown and missing, and that it is unknown says more.
    """
    kind = details["type"]
    _, line, column = document.place(_path_to(document, details), of_key=kind == "extra_forbidden")
    return kind == "missing", line is None, line or 0, column or 0


def _path_to(document: Document, details: ErrorDetails) -> KeyPath:
    path = details["loc"]
    if details["type"] == "problem_at":
        path = (*path, *details["ctx"]["path"])
    return document.existing_part(path)


def _problem(part: type[Part], document: Document, details: ErrorDetails) -> InputError:
    kind, path = details["type"], _path_to(document, details)
    context = details.get("ctx", {})
    subject = path[:-1] if kind == "extra_forbidden" else path
    if kind == "missing":
        text = f"missing key {shown(details['loc'][-1])}"
    elif kind == "extra_forbidden":
        text = _unknown_key(path[-1], _known_keys(part, subject))
    else:
        text = _complaint(details, context)
    source, line, column = document.place(path, of_key=kind == "extra_forbidden")
    text = f"{dotted(subject)}: {text}" if subject else text
    return InputError(text, source=source, line=line, column=column)


def _complaint(details: ErrorDetails, context: Mapping[str, Any]) -> str:
    kind, value = details["type"], details["input"]
    if kind == "value_error":
        return str(context["error"])
    if kind == "problem_at":
        return str(context["problem"])
    if kind == "string_type" and isinstance(value, int | float):
        return f"{shown(value)} is not text; put it in quotes"
    if kind in _COMPLAINTS:
        return f"{shown(value)} {_COMPLAINTS[kind].format(**context)}"
    return f"{shown(value)}: {details['msg']}"


_COMPLAINTS: Mapping[str, str] = {
    "string_type": "is not text",
    "float_type": "is not a number",
    "int_type": "is not a whole number",
    "bool_type": "is not true or false",
    "finite_number": "is not a finite number",
    "tuple_type": "is not a list",
    "dict_type": "is not a mapping of keys to values",
    "mapping_type": "is not a mapping of keys to values",
    "model_type": "is not a mapping of keys to values",
    "literal_error": "is not {expected}",
    "greater_than": "is not greater than {gt:g}",
    "greater_than_equal": "is less than {ge:g}",
    "less_than": "is not less than {lt:g}",
    "less_than_equal": "is greater than {le:g}",
    "too_short": "has fewer items than {min_length}",
    "too_long": "has more items than {max_length}",
}


def _unknown_key(key: str | int, known: list[str]) -> str:
    import difflib  # rarely needed, and a gate has to start fast

    nearest = difflib.get_close_matches(str(key), known, n=1)
    advice = f"did you mean {shown(nearest[0])}?" if nearest else f"known keys: {', '.join(known)}"
    return f"unknown key {shown(key)}; {advice}"


def _known_keys(part: type[Part], path: KeyPath) -> list[str]:
    annotation: Any = part
    for step in path:
        holder, collection = part_in(annotation) or part, get_origin(annotation)
        if isinstance(collection, type) and issubclass(collection, Collection):
            annotation = holder
        else:
            by_key = {field.key: field.annotation for field in fields_of(holder).values()}
            annotation = by_key.get(str(step), holder)
    return [field.key for field in fields_of(part_in(annotation) or part).values()]

"""Documents from files, from values given in Python and from options, and how they are fitted to models.

A format turns a text into tokens. What is refused whatever the format (a repeated key, a number that is not finite,
...) is refused here, once, where the tokens become values. An error is one line: where, what, and how to fix it.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from harness.config.document import (
    COMMAND_LINE,
    MAX_DEPTH,
    MAX_INTEGER,
    TOO_DEEP,
    TOO_LONG,
    Document,
    KeyPath,
    MalformedError,
    Position,
    Token,
    converted,
    dotted,
    line_starts,
    position_at,
    shown,
)
from harness.config.models import StrictModel, model_in
from harness.errors import InputError
from harness.files import reading

__all__ = [
    "ENDINGS",
    "MAX_BYTES",
    "document_from",
    "document_in",
    "load",
    "read_document",
    "validate",
    "with_options",
]

_Model = TypeVar("_Model", bound=StrictModel)

MAX_BYTES = 2**17

# Characters that are not seen, or that break lines for some programs only: controls, line and paragraph separators,
# marks of direction, zero-width characters but the joiners that some scripts need, byte order marks, tags.
_NOT_SEEN = re.compile(
    r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)

MAX_VALUES = 5_000
TOO_MANY = f"more than {MAX_VALUES:,} values; write them in several files"
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")

ENDINGS = (".yaml", ".yml", ".json", ".toml")

_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\],:"]+')
_BRACKETS: Mapping[str, Literal["mapping", "list", "end"]] = {
    "{": "mapping",
    "[": "list",
    "}": "end",
    "]": "end",
}


def read_document(path: str | os.PathLike[str]) -> Document:
    """Read a YAML, JSON or TOML file, told apart by the ending of its name.

    Parameters
    ----------
    path : str or path-like
        A file of at most 128 KiB and 5,000 values that holds one mapping, in UTF-8.

    Returns
    -------
    Document
        Plain values with their positions.

    Raises
    ------
    InputError
        The file cannot be read, is not YAML 1.2, JSON or TOML, or uses what makes a configuration ambiguous:
        several documents, repeated or non-text keys, anchors, aliases, tags, merge keys, NaN, infinities, characters
        that are not seen, numbers and words that YAML 1.1 and 1.2 read differently.
    """
    source = os.fspath(path)
    return document_in(_content_of(source), source)


def document_in(content: bytes, source: str) -> Document:
    """Read the content of a file, as `read_document` does.

    Parameters
    ----------
    content : bytes
        At most 128 KiB.
    source : str
        Its name, of which the ending tells the format.

    Raises
    ------
    InputError

    Examples
    --------
    >>> document = document_in(b"sex: [female, male]", "groups.yaml")
    >>> document.value, document.place(("sex", 1))
    ({'sex': ['female', 'male']}, ('groups.yaml', 1, 15))
    """
    text = _text_in(content, source)
    ending = Path(source).suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"the name ends in none of {', '.join(ENDINGS)}", source=source)
    return _document_of(_reader(ending)(text), source)


def document_from(value: Mapping[str, object], source: str) -> Document:
    """Make a document of values given in Python, under the rules for files.

    Parameters
    ----------
    value : mapping
        Nested mappings, lists or tuples, and scalars.
    source : str
        Its name in errors.

    Raises
    ------
    InputError
        A key is not text, or a number is not finite.

    Examples
    --------
    >>> document_from({"groups": ({"name": "sex"},)}, "study").value
    {'groups': [{'name': 'sex'}]}
    """
    return _document_of(_python_tokens(value), source)


def with_options(
    document: Document | None, options: Mapping[str, object], *, merged: Collection[str] = ()
) -> Document:
    """Lay command-line options over a document.

    Parameters
    ----------
    document : Document or None
        Content of the file; None where there is none.
    options : mapping
        Nested plain values in the form of the file; a top-level key replaces the file's.
    merged : collection of str
        Top-level keys whose mappings are merged key by key instead.

    Returns
    -------
    Document
        One that knows which of its values are the command line's.

    Examples
    --------
    >>> document = document_from({"score": {"column": "s"}, "pairing": "within"}, "study")
    >>> with_options(document, {"score": {"better": "lower"}}, merged=["score"]).value
    {'score': {'column': 's', 'better': 'lower'}, 'pairing': 'within'}
    """
    given = document_from(options, COMMAND_LINE)
    if document is None:
        return given
    value = dict(document.value)
    overrides: set[KeyPath] = set()
    for key, new in given.value.items():
        old = value.get(key)
        if key not in merged or key not in value or not isinstance(new, dict):
            value[key] = new
            overrides.add((key,))
        elif isinstance(old, dict):  # else the file is wrong there, which validation reports
            value[key] = {**old, **new}
            overrides.update((key, inner) for inner in new)
    return replace(document, value=value, overrides=frozenset(overrides))


def validate(model: type[_Model], document: Document) -> _Model:
    """Fit a document to a model, without coercion.

    Parameters
    ----------
    model : type of StrictModel
    document : Document
        Values to fit to it.

    Raises
    ------
    InputError
        The first problem in the order of the file, and how many more there are; where keys are missing and nothing
        else is wrong, all of them.

    Examples
    --------
    >>> class Matcher(StrictModel):
    ...     name: str
    >>> validate(Matcher, document_from({"name": 1.1}, "matcher"))
    Traceback (most recent call last):
    harness.errors.InputError: matcher: name: 1.1 is not text; put it in quotes
    """
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        problems = [
            details
            for details in error.errors(include_url=False)
            if details["type"] != "default_factory_not_called"  # it only repeats that another value is wrong
        ]
        first = min(problems, key=lambda details: _rank(document, details))
    if first["type"] == "missing" and len(problems) > 1:
        raise _all_missing(model, document, problems)
    problem = _problem(model, document, first)
    if len(problems) == 1:
        raise problem
    others = len(problems) - 1
    count = f"(and {others} more problem{'s' if others > 1 else ''})"
    raise InputError(
        f"{problem.problem} {count}", source=problem.source, line=problem.line, column=problem.column
    )


def load(model: type[_Model], given: object, name: str) -> _Model:
    """Return a model given as itself, as a mapping or as the path of a file.

    Parameters
    ----------
    model : type of StrictModel
    given : model, mapping, str or path-like
        A model is returned as it is.
    name : str
        Name of a mapping in errors.

    Raises
    ------
    InputError
        It cannot be read, or does not fit the model.
    """
    if isinstance(given, model):
        return given
    if isinstance(given, Mapping):
        return validate(model, document_from(given, name))
    if isinstance(given, str | os.PathLike):
        return validate(model, read_document(given))
    raise InputError(f"{shown(given)} is no {model.__name__}, mapping or path", source=name)


def _document_of(tokens: Iterator[Token], source: str) -> Document:
    """Make a document of the tokens of a format.

    Raises
    ------
    InputError
        The format refuses the text, or the rules for every document do.
    """
    builder = _Builder(tokens)
    try:
        value = builder.document()
    except MalformedError as error:
        line, column = error.at or (None, None)
        raise InputError(error.problem, source=source, line=line, column=column) from error
    return Document(value, source, builder.positions, builder.key_positions, written=builder.written)


class _Builder:
    """Plain values and their positions from a stream of tokens."""

    def __init__(self, tokens: Iterator[Token]) -> None:
        self._tokens = tokens
        self._count = 0
        self.positions: dict[KeyPath, Position] = {}
        self.key_positions: dict[KeyPath, Position] = {}
        self.written: dict[KeyPath, str] = {}

    def document(self) -> dict[str, object]:
        first = next(self._tokens, None)
        if first is None or (first.kind == "scalar" and first.value is None):
            raise MalformedError("the document is empty", None)
        value = self._value(first, ())
        second = next(self._tokens, None)
        if second is not None:
            raise MalformedError("a second document starts here; expected only one", second.at)
        if not isinstance(value, dict):
            raise MalformedError(f"{shown(value)} is not a mapping of keys to values", first.at)
        return value

    def _value(self, token: Token, path: KeyPath) -> object:
        if len(path) > MAX_DEPTH:
            raise MalformedError(TOO_DEEP, token.at)
        self._count += 1
        if self._count > MAX_VALUES:
            raise MalformedError(TOO_MANY, token.at)
        if token.at is not None:
            self.positions[path] = token.at
        if token.written is not None:
            self.written[path] = token.written
        if token.kind == "mapping":
            return self._mapping(path)
        if token.kind == "list":
            return [self._value(item, (*path, index)) for index, item in enumerate(self._until_end())]
        if problem := _scalar_problem(token.value):
            raise MalformedError(f"{dotted(path)}: {problem}" if path else problem, token.at)
        return token.value

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        value: dict[str, object] = {}
        for token in self._until_end():
            key = token.value
            if problem := _scalar_problem(key):
                raise MalformedError(problem, token.at)
            if token.kind != "scalar" or not isinstance(key, str):
                written = shown(key) if token.kind == "scalar" else f"a {token.kind}"
                raise MalformedError(f"a key must be text, not {written}", token.at)
            if key in value:
                raise MalformedError(f"key {shown(key)} is given twice", token.at)
            if token.at is not None:
                self.key_positions[*path, key] = token.at
            value[key] = self._value(next(self._tokens), (*path, key))
        return value

    def _until_end(self) -> Iterator[Token]:
        while (token := next(self._tokens)).kind != "end":
            yield token


def _scalar_problem(value: object) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a finite number"
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return TOO_LONG
    if isinstance(value, str) and _HALF_A_PAIR.search(value):
        return f"{shown(value)} holds half of a surrogate pair"
    return None


def _reader(ending: str) -> Callable[[str], Iterator[Token]]:
    """Import a format when a file has it: a gate that reads JSON starts without YAML."""
    if ending == ".json":
        return _json_tokens
    if ending == ".toml":
        from harness.config.toml import toml_tokens

        return toml_tokens
    from harness.config.yaml import yaml_tokens

    return yaml_tokens


def _content_of(source: str) -> bytes:
    path = Path(source)
    with reading(path):
        if not path.is_dir() and not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise InputError("is not a regular file", source=source)
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)


def _text_in(content: bytes, source: str) -> str:
    if len(content) > MAX_BYTES:
        raise InputError("larger than 128 KiB; write it in several files", source=source)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        line, column = position_at(line_starts(before), len(before))
        raise InputError("not UTF-8 text", source=source, line=line, column=column) from error
    if found := _NOT_SEEN.search(text):
        line, column = position_at(line_starts(text), found.start())
        problem = (
            f"character U+{ord(found[0]):04X} is not allowed, for it is not seen or breaks lines; remove it, or write "
            "an escape in quotes"
        )
        raise InputError(problem, source=source, line=line, column=column)
    return text


def _json_tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a JSON text, with the positions that the standard library does not tell."""
    if not text.strip():
        return
    try:
        json.loads(text, parse_int=str, parse_float=str)  # the grammar: below, any text would do
    except json.JSONDecodeError as error:
        problem = f"not JSON: {error.msg[0].lower()}{error.msg[1:]}"
        raise MalformedError(problem, (error.lineno, error.colno)) from error
    except RecursionError as error:
        raise MalformedError(TOO_DEEP, None) from error
    starts = line_starts(text)
    for match in _JSON_TOKEN.finditer(text):
        at = position_at(starts, match.start())
        bracket = _BRACKETS.get(match[0])
        if bracket:
            yield Token(bracket, at)
            continue
        value = converted(match[0], json.loads, at)
        yield Token("scalar", at, value, match[0] if isinstance(value, int | float) else None)


def _python_tokens(value: object) -> Iterator[Token]:
    if isinstance(value, Mapping):
        yield Token("mapping")
        for key, item in value.items():
            yield Token("scalar", None, key)
            yield from _python_tokens(item)
        yield Token("end")
    elif isinstance(value, list | tuple):
        yield Token("list")
        for item in value:
            yield from _python_tokens(item)
        yield Token("end")
    else:
        yield Token("scalar", None, value)


def _rank(document: Document, details: ErrorDetails) -> tuple[bool, bool, int, int]:
    """Rank a problem among the others by the order of the file.

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


def _problem(model: type[StrictModel], document: Document, details: ErrorDetails) -> InputError:
    kind, path = details["type"], _path_to(document, details)
    context = details.get("ctx", {})
    subject = path[:-1] if kind == "extra_forbidden" else path
    if kind == "missing":
        text = f"missing key {shown(details['loc'][-1])}{_how_to_give(model, details['loc'])}"
    elif kind == "extra_forbidden":
        text = _unknown_key(path[-1], _known_keys(model, subject))
    else:
        text = _complaint(details, context, document.shown(path, details["input"]))
    source, line, column = document.place(path, of_key=kind == "extra_forbidden")
    text = f"{dotted(subject)}: {text}" if subject else text
    return InputError(text, source=source, line=line, column=column)


def _all_missing(
    model: type[StrictModel], document: Document, problems: Sequence[ErrorDetails]
) -> InputError:
    """Name every key that is missing, where nothing else is wrong: missing keys rank last."""
    paths = [details["loc"] for details in problems]
    told = "; ".join(f"{dotted(path)}{_how_to_give(model, path)}" for path in paths)
    source, line, column = document.place(_path_to(document, problems[0]))
    return InputError(f"missing keys: {told}", source=source, line=line, column=column)


def _how_to_give(model: type[StrictModel], path: KeyPath) -> str:
    how = _model_at(model, path[:-1]).how_to_give.get(str(path[-1]))
    return f" ({how})" if how else ""


def _complaint(details: ErrorDetails, context: Mapping[str, Any], written: str) -> str:
    kind, value = details["type"], details["input"]
    if kind == "value_error":
        return str(context["error"])
    if kind == "problem_at":
        return str(context["problem"])
    if kind == "string_type" and isinstance(value, int | float):
        return f"{written} is not text; put it in quotes"
    if kind in _COMPLAINTS:
        return f"{written} {_COMPLAINTS[kind].format(**context)}"
    return f"{written}: {details['msg']}"


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


def _known_keys(model: type[StrictModel], path: KeyPath) -> list[str]:
    return [field.alias or name for name, field in _model_at(model, path).model_fields.items()]


def _model_at(model: type[StrictModel], path: KeyPath) -> type[StrictModel]:
    annotation: Any = model
    for step in path:
        holder, collection = model_in(annotation) or model, get_origin(annotation)
        if isinstance(collection, type) and issubclass(collection, Collection):
            annotation = holder
        else:
            by_key = {field.alias or name: field.annotation for name, field in holder.model_fields.items()}
            annotation = by_key.get(str(step), holder)
    return model_in(annotation) or model

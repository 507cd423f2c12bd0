"""Documents from files, told apart by the ending of their names, and from values given in Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from harness.documents.document import Document
from harness.documents.tokens import Token, line_starts, position_at
from harness.documents.values import document_of
from harness.errors import InputError

__all__ = ["ENDINGS", "document_from", "document_in", "read_document"]

_MAX_BYTES = 2**20

ENDINGS = (".yaml", ".yml", ".json", ".toml")


def read_document(path: str | os.PathLike[str]) -> Document:
    """Read a YAML, JSON or TOML file, told apart by the ending of its name.

    Parameters
    ----------
    path : str or path-like
        A file of at most 1 MiB that holds one mapping, in UTF-8.

    Returns
    -------
    Document
        Plain values with their positions.

    Raises
    ------
    InputError
        The file cannot be read, is not YAML 1.2, JSON or TOML, or uses what makes a configuration ambiguous:
        several documents, repeated or non-text keys, anchors, aliases, tags, merge keys, NaN, infinities.
    """
    source = os.fspath(path)
    return document_in(_content_of(source), source)


def document_in(content: bytes, source: str) -> Document:
    """Read the content of a file, as `read_document` does.

    Parameters
    ----------
    content : bytes
        At most 1 MiB.
    source : str
        Its name, of which the ending tells the format.

    Raises
    ------
    InputError
    """
    text = _text_in(content, source)
    ending = Path(source).suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"the name ends in none of {', '.join(ENDINGS)}", source=source)
    return document_of(_reader(ending)(text), source)


def document_from(value: Mapping[str, object], source: str) -> Document:
    """Make a document of values given in Python, under the rules for files.

    Parameters
    ----------
    value : mapping
        Nested mappings, lists or tuples, and scalars.
    source : str
        What errors call it.

    Raises
    ------
    InputError
        A key is not text, or a number is not finite.
    """
    return document_of(_python_tokens(value), source)


def _reader(ending: str) -> Callable[[str], Iterator[Token]]:
    """Import a format when a file has it: a gate that reads JSON starts without YAML."""
    if ending == ".json":
        from harness.documents.json import json_tokens

        return json_tokens
    if ending == ".toml":
        from harness.documents.toml import toml_tokens

        return toml_tokens
    from harness.documents.yaml import yaml_tokens

    return yaml_tokens


def _content_of(source: str) -> bytes:
    try:
        with Path(source).open("rb") as stream:
            return stream.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be read: {reason}", source=source) from error


def _text_in(content: bytes, source: str) -> str:
    if len(content) > _MAX_BYTES:
        raise InputError("larger than 1 MiB", source=source)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        line, column = position_at(line_starts(before), len(before))
        raise InputError("not UTF-8 text", source=source, line=line, column=column) from error


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

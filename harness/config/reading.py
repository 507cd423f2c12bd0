"""Documents from files, told apart by the ending of their names, and from values given in Python."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from harness.config.document import Document
from harness.config.tokens import Token, line_starts, position_at
from harness.config.values import document_of
from harness.errors import InputError

__all__ = ["ENDINGS", "MAX_BYTES", "document_from", "document_in", "read_document"]

MAX_BYTES = 2**17

# Characters that are not seen, or that break lines for some programs only: controls, line and paragraph separators,
# marks of direction, zero-width characters but the joiners that some scripts need, byte order marks, tags.
_NOT_SEEN = re.compile(
    r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)

ENDINGS = (".yaml", ".yml", ".json", ".toml")


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
        from harness.config.json import json_tokens

        return json_tokens
    if ending == ".toml":
        from harness.config.toml import toml_tokens

        return toml_tokens
    from harness.config.yaml import yaml_tokens

    return yaml_tokens


def _content_of(source: str) -> bytes:
    try:
        path = Path(source)
        if not path.is_dir() and not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise InputError("is not a regular file", source=source)
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except InputError:
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be read: {reason}", source=source) from error


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

"""A part from whatever form it is given in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar

from harness.config.parts import Part
from harness.config.reading import document_from, read_document
from harness.config.validation import validate
from harness.config.wording import shown
from harness.errors import InputError

__all__ = ["load"]

_Part = TypeVar("_Part", bound=Part)


def load(part: type[_Part], given: object, name: str) -> _Part:
    """Return a part given as itself, as a mapping or as the path of a file.

    Parameters
    ----------
    part : type of Part
    given : part, mapping, str or path-like
        A part is returned as it is.
    name : str
        What errors call a mapping.

    Raises
    ------
    InputError
        It cannot be read, or does not fit the part.
    """
    if isinstance(given, part):
        return given
    if isinstance(given, Mapping):
        return validate(part, document_from(given, name))
    if isinstance(given, str | os.PathLike):
        return validate(part, read_document(given))
    raise InputError(f"{shown(given)} is no {part.__name__}, mapping or path", source=name)

"""A model from whatever form it is given in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel

from harness.documents.reading import document_from, read_document
from harness.documents.validation import validate
from harness.documents.wording import shown
from harness.errors import InputError

__all__ = ["load"]

_Model = TypeVar("_Model", bound=BaseModel)


def load(model: type[_Model], given: object, name: str) -> _Model:
    """Return a model given as itself, as a mapping or as the path of a file.

    Parameters
    ----------
    model : type
        A pydantic model.
    given : model, mapping, str or path-like
        A model is returned as it is.
    name : str
        What errors call a mapping.

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

"""Command-line options laid over a document."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from harness.config.document import COMMAND_LINE, Document, KeyPath
from harness.config.reading import document_from

__all__ = ["with_options"]


def with_options(
    document: Document | None, options: Mapping[str, object], *, merged: Collection[str] = ()
) -> Document:
    """Lay command-line options over a document.

    Parameters
    ----------
    document : Document or None
        What a file says; None where there is no file.
    options : mapping
        Nested plain values in the form of the file; a top-level key replaces the file's.
    merged : collection of str
        Top-level keys whose mappings are merged key by key instead.

    Returns
    -------
    Document
        One that knows which of its values are the command line's.
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

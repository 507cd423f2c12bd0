"""Strict reading of YAML, JSON and TOML documents, with errors that point at the line and column.

A format is a function from a text to a stream of tokens; what is refused whatever the format
(a repeated key, a number that is not finite, ...) is refused once, where the tokens become values.
"""

from harness.config.document import COMMAND_LINE, Document, dotted, shown
from harness.config.models import (
    ListOf,
    MappingOf,
    OneOrMore,
    StrictModel,
    Text,
    TextOrTexts,
    Texts,
    TupleOf,
    distinct,
    model_in,
    plain,
    problem_at,
)
from harness.config.reading import (
    ENDINGS,
    document_from,
    document_in,
    load,
    read_document,
    validate,
    with_options,
)

__all__ = [
    "COMMAND_LINE",
    "ENDINGS",
    "Document",
    "ListOf",
    "MappingOf",
    "OneOrMore",
    "StrictModel",
    "Text",
    "TextOrTexts",
    "Texts",
    "TupleOf",
    "distinct",
    "document_from",
    "document_in",
    "dotted",
    "load",
    "model_in",
    "plain",
    "problem_at",
    "read_document",
    "shown",
    "validate",
    "with_options",
]

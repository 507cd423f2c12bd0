"""Strict reading of YAML, JSON and TOML documents, with errors that point at the line and column.

A format is a function from a text to a stream of tokens; what is refused whatever the format
(a repeated key, a number that is not finite, ...) is refused once, where the tokens become values.
"""

from harness.config.document import COMMAND_LINE, Document
from harness.config.loading import load
from harness.config.marks import After, Before, Key, Limits, default_from
from harness.config.options import with_options
from harness.config.parts import Part, fields_of, part_in, plain, validated
from harness.config.reading import ENDINGS, document_from, document_in, read_document
from harness.config.validation import problem_at, validate
from harness.config.wording import dotted, shown

__all__ = [
    "COMMAND_LINE",
    "ENDINGS",
    "After",
    "Before",
    "Document",
    "Key",
    "Limits",
    "Part",
    "default_from",
    "document_from",
    "document_in",
    "dotted",
    "fields_of",
    "load",
    "part_in",
    "plain",
    "problem_at",
    "read_document",
    "shown",
    "validate",
    "validated",
    "with_options",
]

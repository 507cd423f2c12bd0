"""Quoting for the SQL that reads comparisons."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["has_text", "identifier", "is_label", "is_nan", "literal", "literals"]


def has_text(text: str) -> str:
    """Condition that an SQL text holds more than blanks and invisible characters; NULL where it is NULL."""
    return rf"regexp_matches({text}, '[^\p{{Z}}\p{{C}}]')"


def is_label(text: str) -> str:
    """Condition that an SQL text can label: it has text, all of it in one line; NULL where it is NULL.

    A label with a line break is what a quotation mark out of place makes of several rows.
    """
    return rf"({has_text(text)} AND NOT regexp_matches({text}, '[\n\r]'))"


def identifier(name: str) -> str:
    """Quote a column or table name."""
    return '"' + name.replace('"', '""') + '"'


def is_nan(number: str) -> str:
    """Condition that an SQL number is NaN; NULL where it is NULL.

    ``isnan`` will not do: DuckDB answers it from Parquet statistics, which leave NaN out.
    """
    return f"(NOT isfinite({number}) AND NOT isinf({number}))"


def literal(text: str) -> str:
    """Quote a text value."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Write text values as an SQL list."""
    return "[" + ", ".join(literal(text) for text in texts) + "]::VARCHAR[]"

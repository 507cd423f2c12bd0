"""What the values of configs and of signed statements may be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated

from harness.config import After, Before, shown

__all__ = ["Day", "Digest", "Text", "a_day", "a_line"]

_LONGEST = 200


def a_line(longest: int) -> Callable[[str], str]:
    """Return what refuses a text that is blank, holds what cannot be printed, or is longer than that."""

    def checked(text: str) -> str:
        if not text.strip():
            raise ValueError(f"{shown(text)} is blank")
        if len(text) > longest:
            raise ValueError(f"{shown(text)} is longer than {longest} characters")
        if not text.isprintable():
            raise ValueError(f"{shown(text)} holds a character that cannot be printed")
        return text

    return checked


def a_day(value: object) -> object:
    """Return the date that a text such as 2026-06-01 states; a date is returned as it is.

    Raises
    ------
    ValueError
        It states none.
    """
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError(f"{shown(value)} is not a date; write YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"{shown(value)} is not a date: {error}") from error


def _digest(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError(f"{shown(text)} is not a SHA-256 digest: 64 digits of 0-9 and a-f")
    return text


Text = Annotated[str, After(a_line(_LONGEST), maxLength=_LONGEST, minLength=1, pattern=r"\S")]
Day = Annotated[date, Before(a_day, pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Digest = Annotated[str, After(_digest, pattern="^[0-9a-f]{64}$")]

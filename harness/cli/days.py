"""A day given on the command line."""

from __future__ import annotations

import re
from datetime import date

from harness.errors import InputError

__all__ = ["day_given"]


def day_given(text: str | None, flag: str) -> date:
    """Return the day that a text such as 2026-06-01 states; today where none is given.

    Raises
    ------
    InputError
        It states none.
    """
    if text is None:
        return date.today()
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"{flag} {text!r} is not a date; write YYYY-MM-DD")

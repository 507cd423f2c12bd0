"""Dates as published files write them, by a stated pattern and no other."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

__all__ = ["date_reader"]

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_NUMBERS = {name.casefold(): number for number, name in enumerate(_MONTHS, 1)}
_SHORT_NUMBERS = {name[:3].casefold(): number for number, name in enumerate(_MONTHS, 1)}
_TOKENS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MMMM": f"(?P<month_name>{'|'.join(_MONTHS)})",
    "MMM": f"(?P<short_name>{'|'.join(name[:3] for name in _MONTHS)})",
    "MM": r"(?P<month>[0-9]{2})",
    "DD": r"(?P<day>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "D": r"(?P<day>[0-9]{1,2})",
}
_TOKEN = re.compile(r"YYYY|MMMM|MMM|MM|DD|M|D|[A-Za-z]+|[^A-Za-z]+")


def date_reader(pattern: str) -> Callable[[str], date]:
    """Return what reads dates of a pattern.

    Parameters
    ----------
    pattern : str
        YYYY, a month (MM, M, MMM or MMMM) and a day (DD or D), each once, with any signs but letters between.

    Returns
    -------
    callable
        From a text to a date; it raises ValueError, with what is wrong, where the text is no such date.

    Raises
    ------
    ValueError
        Where the pattern names no day, or names it twice.
    """
    parts = _TOKEN.findall(pattern)
    tokens = [part for part in parts if part in _TOKENS]
    kinds = sorted(token[0] for token in tokens)
    if kinds != ["D", "M", "Y"] or any(part.isalpha() and part not in _TOKENS for part in parts):
        raise ValueError(f"{pattern!r} is no pattern of a date; write one such as YYYY-MM-DD or DD/MM/YYYY")
    form = re.compile("".join(_TOKENS.get(part, re.escape(part)) for part in parts), re.IGNORECASE)

    def read(text: str) -> date:
        found = form.fullmatch(text)
        if found is None:
            raise ValueError(f"is not a date as {pattern}")
        named = found.groupdict()
        month = named.get("month") or _NUMBERS.get((named.get("month_name") or "").casefold())
        month = month or _SHORT_NUMBERS[(named.get("short_name") or "").casefold()]
        try:
            return date(int(named["year"]), int(month), int(named["day"]))
        except ValueError as error:
            raise ValueError(f"is not a date as {pattern}: {error}") from error

    return read

"""What a cell of published records says: a count, a rate, a threshold, a name or how long a deployment took."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal, NamedTuple

from harness.auditing.records import Rate

__all__ = [
    "Estimate",
    "count_from",
    "estimate_from",
    "hours_from",
    "label_from",
    "number_from",
    "rate_from",
]

LARGEST_COUNT = 10**12
LONGEST_LABEL = 200
LONGEST_HOURS = 24 * 366

_SIGNS = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}
_FIXED_SPACES = "\u00a0\u2007\u2009\u202f"
"""Spaces at which no line breaks: between figures, they separate thousands and nothing else."""


def count_from(text: str, thousands: str | None) -> int:
    r"""Read a whole number from 0 up.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> count_from("12,345", ","), count_from("12\u202f345", None)
    (12345, 12345)
    """
    digits = text
    signs = _FIXED_SPACES if thousands is None else _FIXED_SPACES + thousands
    separated = re.fullmatch(rf"[0-9]{{1,3}}([{re.escape(signs)}])[0-9]{{3}}(?:\1[0-9]{{3}})*", text)
    if separated is not None:
        digits = text.replace(separated[1], "")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"is not a whole number from 0 up{_thousands_advice(text)}")
    if len(digits.lstrip("0")) > len(str(LARGEST_COUNT)) or int(digits) > LARGEST_COUNT:
        raise ValueError(f"is more than {LARGEST_COUNT:,}")
    return int(digits)


def _thousands_advice(text: str) -> str:
    separated = re.fullmatch(r"[0-9]{1,3}(?:([,. '])[0-9]{3})+", text)
    if separated is None:
        return ""
    return f"; if {_SIGNS[separated[1]]} separate its thousands, say so in the mapping (thousands: {separated[1]!r})"


class Estimate(NamedTuple):
    """A count, and whether it is said to be an approximate one."""

    number: int
    approximate: bool


_ABOUT = r"(?:c|ca|circa|approx|approximately|about|around|est|estimated|~|≈)"
_BEFORE = re.compile(rf"{_ABOUT}\.?[ {_FIXED_SPACES}]*(?=[0-9])", re.IGNORECASE)
_AFTER = re.compile(
    rf"[ {_FIXED_SPACES}]*\(?(?:approx|approximately|est|estimate|estimated)\.?\)?", re.IGNORECASE
)


def estimate_from(text: str, thousands: str | None) -> Estimate:
    """Read a whole number that may be said to be approximate.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> estimate_from("c. 9780", None), estimate_from("9,780 approx.", ",")
    (Estimate(number=9780, approximate=True), Estimate(number=9780, approximate=True))
    """
    before = _BEFORE.match(text)
    bare = text[before.end() :] if before else text
    figures = re.match(rf"[0-9][0-9,.' {_FIXED_SPACES}]*(?<=[0-9])", bare)
    after = _AFTER.fullmatch(bare, figures.end()) if figures else None
    if figures is not None and after is not None:
        bare = figures[0]
    return Estimate(count_from(bare, thousands), bare != text)


def number_from(text: str, mark: str, unit: Literal["number", "percent"]) -> float:
    """Read a number, written out in decimal digits, or as a percentage.

    Raises
    ------
    ValueError
    """
    return float(_exact(text, mark, unit))


def rate_from(text: str, mark: str, unit: Literal["number", "percent"]) -> Rate:
    """Read a rate between 0 and 1, and to what it is rounded.

    Raises
    ------
    ValueError
    """
    value = _exact(text, mark, unit)
    if not 0 <= value <= 1:
        raise ValueError("is not a rate between 0 and 1")
    exponent = value.as_tuple().exponent
    return Rate(float(value), float(Decimal(1).scaleb(int(exponent))))


def _exact(text: str, mark: str, unit: Literal["number", "percent"]) -> Decimal:
    bare = text.removesuffix("%").rstrip(" ") if unit == "percent" else text
    if not re.fullmatch(rf"-?[0-9]{{1,20}}({re.escape(mark)}[0-9]{{1,20}})?", bare):
        advice = "; if it is a percentage, say so in the mapping" if text.endswith("%") else ""
        kind = "a percentage" if unit == "percent" else "a number"
        raise ValueError(f"is not {kind} in decimal digits{advice}")
    value = Decimal(bare.replace(mark, "."))
    return value.scaleb(-2) if unit == "percent" else value


def label_from(text: str) -> str:
    """Read a name on one line.

    Raises
    ------
    ValueError
    """
    if not text.strip():
        raise ValueError("is blank")
    if len(text) > LONGEST_LABEL:
        raise ValueError(f"is longer than {LONGEST_LABEL} characters")
    if not text.isprintable():
        raise ValueError("holds a line break or another character that cannot be printed")
    return text


_HOURS = r"(?P<hours>[0-9]{1,4}(?:[.,][0-9]+)?) *(?:h|hr|hrs|hour|hours)\.?"
_MINUTES = r"(?P<minutes>[0-9]{1,5}) *(?:m|min|mins|minute|minutes)\.?"
_DURATIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_HOURS}(?:,? *(?:and *)?(?P<minutes>[0-9]{{1,2}}) *(?:m|min|mins|minute|minutes)?\.?)?",
        _MINUTES,
        r"(?P<hours>[0-9]{1,4}):(?P<minutes>[0-5][0-9])(?::(?P<seconds>[0-5][0-9]))?",
    )
)
_CLOCK = r"([01]?[0-9]|2[0-4]):?([0-5][0-9])"
_FROM_TO = re.compile(rf"{_CLOCK} *(?:-|–|—|to) *{_CLOCK}", re.IGNORECASE)


def hours_from(text: str, unit: Literal["minutes", "hours"] = "minutes") -> float:
    """Read how long a deployment took, in hours.

    Parameters
    ----------
    text : str
        5h03m, 5h 18m, 5h40, 5 hours 3 minutes, 05:03, 5:03:00, 303 min, the time of day from and to (12:05-12:53 or
        1205-1253; past midnight where it ends earlier than it begins), or a number alone.
    unit : {"minutes", "hours"}
        Of a number alone.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> hours_from("5h 15m"), hours_from("05:15"), hours_from("315"), hours_from("2345-0015")
    (5.25, 5.25, 5.25, 0.5)
    """
    plain = re.sub(f"[ {_FIXED_SPACES}]+", " ", text)
    hours = _spent(plain) if not re.fullmatch(r"[0-9]{1,5}([.,][0-9]{1,3})?", plain) else _alone(plain, unit)
    if hours is None:
        raise ValueError(
            "is not how long a deployment took; write 5h03m, 05:03, 303 min or the times from and to, as 12:05-17:08"
        )
    if not 0 < hours <= LONGEST_HOURS:
        raise ValueError(f"is not a duration above 0 and up to {LONGEST_HOURS:,} hours")
    return hours


def _alone(text: str, unit: Literal["minutes", "hours"]) -> float:
    number = float(text.replace(",", "."))
    return number / 60 if unit == "minutes" else number


def _spent(text: str) -> float | None:
    for pattern in _DURATIONS:
        match = pattern.fullmatch(text)
        if match is not None:
            parts = {name: value.replace(",", ".") for name, value in match.groupdict().items() if value}
            hours, minutes, seconds = (float(parts.get(name, 0)) for name in ("hours", "minutes", "seconds"))
            return hours + minutes / 60 + seconds / 3600
    clock = _FROM_TO.fullmatch(text)
    if clock is None:
        return None
    start_hour, start, end_hour, end = map(int, clock.groups())
    return ((end_hour * 60 + end) - (start_hour * 60 + start)) % (24 * 60) / 60

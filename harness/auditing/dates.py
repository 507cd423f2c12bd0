"""Dates as they are written: of a pattern, of one day or of the several days of a deployment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

__all__ = ["Days", "date_reader", "days_reader"]

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
"""In English whatever the locale, for that is how the patterns are told."""

_MONTH_NAME = rf"(?:{'|'.join([*MONTHS, *(name[:3] for name in MONTHS), 'sept'])})\.?"
_ORDINAL = "(?:st|nd|rd|th)?"
_SHAPES = {
    "YYYY": "[0-9]{4}",
    "YY": "[0-9]{2}",
    "MMMM": _MONTH_NAME,
    "MMM": _MONTH_NAME,
    "MM": "(?:0[1-9]|1[0-2])",
    "M": "(?:0?[1-9]|1[0-2])",
    "DD": f"(?:0[1-9]|[12][0-9]|3[01]){_ORDINAL}",
    "D": f"(?:0?[1-9]|[12][0-9]|3[01]){_ORDINAL}",
}
_PART = re.compile(r"YYYY|YY|MMMM|MMM|MM|DD|M|D|[A-Za-z]+|[^A-Za-z]+")
_TO = re.compile(r" *(?:[-–—&]|\bto\b|\buntil\b|\band\b) *", re.IGNORECASE)
CENTURY = 2000
"""Of a year of two figures: no camera searched a watchlist before."""


class Days(NamedTuple):
    """The first and the last day of a deployment."""

    first: date
    last: date


class _Pattern:
    """A pattern of dates: its parts, in order."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.parts: list[str] = _PART.findall(pattern)
        kinds = sorted(part[0] for part in self.parts if part in _SHAPES)
        if kinds != ["D", "M", "Y"] or any(part.isalpha() and part not in _SHAPES for part in self.parts):
            raise ValueError(
                f"{pattern!r} is not a pattern of a date; write one such as YYYY-MM-DD, DD/MM/YYYY or DD/MM/YY"
            )
        self._whole = self._regex(0, len(self.parts))
        tokens = [index for index, part in enumerate(self.parts) if part in _SHAPES]
        self._beginnings = [self._regex(0, index + 1) for index in tokens[:-1]]
        self._endings = [self._regex(index, len(self.parts)) for index in tokens[1:]]

    def whole(self, text: str) -> dict[str, str] | None:
        """Read year, month and day; None where the text has another form."""
        return _found(self._whole, text)

    def shortened(self, texts: Sequence[str]) -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
        """Read two dates of which the first may leave out its end, or the second its beginning, as 14-16/02/2026."""
        first, last = map(self.whole, texts)
        if first is not None and last is not None:
            yield first, last
        if last is not None:
            yield from (
                ({**last, **some}, last) for one in self._beginnings if (some := _found(one, texts[0]))
            )
        if first is not None:
            yield from (
                (first, {**first, **some}) for one in self._endings if (some := _found(one, texts[1]))
            )

    def _regex(self, start: int, end: int) -> re.Pattern[str]:
        shapes = (self._shape(index) for index in range(start, end))
        return re.compile("".join(shapes), re.IGNORECASE)

    def _shape(self, index: int) -> str:
        part = self.parts[index]
        if part not in _SHAPES:
            return re.escape(part).replace(r"\ ", " +")
        # At the end and apart from other figures, a year cannot be taken for anything else: 25 is 2025.
        apart = index == len(self.parts) - 1 and self.parts[index - 1] not in _SHAPES
        alone = part == "YYYY" and apart
        shape = f"{_SHAPES['YYYY']}|{_SHAPES['YY']}" if alone else _SHAPES[part]
        return f"(?P<{part[0]}>{shape})"


def _found(pattern: re.Pattern[str], text: str) -> dict[str, str] | None:
    match = pattern.fullmatch(text)
    return match.groupdict() if match else None


def _day(parts: Mapping[str, str]) -> date:
    year, month = parts["Y"], parts["M"].lower().removesuffix(".")
    named = next((index for index, name in enumerate(MONTHS, 1) if name.startswith(month[:3])), None)
    day = re.sub("[a-z]+$", "", parts["D"], flags=re.IGNORECASE)
    whole_year = int(year) + CENTURY if len(year) == 2 else int(year)
    return date(whole_year, int(month) if named is None else named, int(day))


def date_reader(pattern: str) -> Callable[[str], date]:
    """Return a reader of dates of a pattern.

    Parameters
    ----------
    pattern : str
        YYYY or YY, a month (MM, M, MMM or MMMM) and a day (DD or D), each once, with any signs but letters between.

    Returns
    -------
    callable
        From a text to a date; it raises ValueError, with what is wrong, where the text is not such a date. Ordinals
        are read as days, Sept as September, and a year of two figures that ends a date as one from 2000 on.

    Raises
    ------
    ValueError
        Where the pattern names no day, or names it twice.

    Examples
    --------
    >>> date_reader("D MMMM YYYY")("4th March 2026"), date_reader("DD/MM/YY")("04/03/26")
    (datetime.date(2026, 3, 4), datetime.date(2026, 3, 4))
    """
    known = _Pattern(pattern)

    def read(text: str) -> date:
        parts = known.whole(_plain_spaces(text))
        if parts is None:
            raise ValueError(f"is not a date as {pattern}")
        try:
            return _day(parts)
        except ValueError as error:
            raise ValueError(f"is not a date as {pattern}: {error}") from error

    return read


def days_reader(patterns: Sequence[str]) -> Callable[[str], Days]:
    """Return a reader of the day of a deployment, or of the first and the last of several.

    Parameters
    ----------
    patterns : sequence of str
        As `date_reader` takes them; the first that fits counts.

    Returns
    -------
    callable
        From a text to `Days`. Of several days, what two dates have in common may stand once: 14-16/02/2026,
        28 February to 2 March 2026, 2026-02-14 - 16 (with - – — & to, until or and between).

    Raises
    ------
    ValueError
        Where one is no pattern.

    Examples
    --------
    >>> read = days_reader(["DD/MM/YYYY"])
    >>> [str(day) for day in read("14-16/02/2026")], [str(day) for day in read("10/11/25- 12/11/25")]
    (['2026-02-14', '2026-02-16'], ['2025-11-10', '2025-11-12'])
    """
    readers = [(date_reader(pattern), _Pattern(pattern)) for pattern in patterns]

    def read(text: str) -> Days:
        problems = []
        for of_one, pattern in readers:
            try:
                day = of_one(text)
            except ValueError as error:
                problems.append(str(error))
            else:
                return Days(day, day)
            several = _several(text, pattern)
            if several is not None:
                return several
        raise ValueError(problems[0] if len(problems) == 1 else f"is not a date as {' or '.join(patterns)}")

    return read


def _several(text: str, pattern: _Pattern) -> Days | None:
    plain = _plain_spaces(text)
    for sign in _TO.finditer(plain):
        for first, last in pattern.shortened((plain[: sign.start()], plain[sign.end() :])):
            try:
                days = Days(_day(first), _day(last))
            except ValueError:
                continue
            if days.first > days.last:
                raise ValueError("ends before it begins")
            return days
    return None


def _plain_spaces(text: str) -> str:
    return re.sub("[\u00a0\u2009\u202f ]+", " ", text)

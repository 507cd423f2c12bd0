"""Values of a record from the text of a cell; each refusal says what the cell should have held."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal, NamedTuple

__all__ = ["Rate", "count", "decimal_number", "label", "rate"]

LARGEST_COUNT = 10**12
LONGEST_LABEL = 200

_SIGNS = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}


class Rate(NamedTuple):
    """A rate, and the last place to which it is written."""

    value: float
    step: float


def count(text: str, thousands: str | None) -> int:
    """Read a whole number from 0 up.

    Raises
    ------
    ValueError
    """
    digits = text
    if thousands is not None:
        parted = rf"[0-9]{{1,3}}({re.escape(thousands)}[0-9]{{3}})+"
        digits = text.replace(thousands, "") if re.fullmatch(parted, text) else text
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"is not a whole number from 0 up{_advice(text)}")
    if len(digits.lstrip("0")) > len(str(LARGEST_COUNT)) or int(digits) > LARGEST_COUNT:
        raise ValueError(f"is more than {LARGEST_COUNT:,}")
    return int(digits)


def _advice(text: str) -> str:
    parted = re.fullmatch(r"[0-9]{1,3}(?:([,. '])[0-9]{3})+", text)
    if parted is None:
        return ""
    return f"; if {_SIGNS[parted[1]]} part its thousands, say so in the mapping (thousands: {parted[1]!r})"


def decimal_number(text: str, mark: str, unit: Literal["number", "percent"]) -> float:
    """Read a number, written out in decimal digits, or as a percentage.

    Raises
    ------
    ValueError
    """
    return float(_exact(text, mark, unit))


def rate(text: str, mark: str, unit: Literal["number", "percent"]) -> Rate:
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


def label(text: str) -> str:
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

"""How every number of a report is written: one rule, applied here and nowhere else.

A number becomes a whole-number code, which holds it rounded to four significant digits, and a code becomes text. A
page that shows other thresholds is given codes, so that it lays out digits and never rounds.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from harness.arrays import IntArray

__all__ = [
    "RARE",
    "count_text",
    "number",
    "numeral_code",
    "numeral_codes",
    "numeral_text",
    "numeral_values",
    "one_in",
    "share",
]


DIGITS = 4
LOWEST_EXPONENT = -330
"""Below the exponent of the smallest float."""

SMALLEST_MANTISSA = 1000
MANTISSAS = 9000
PLAIN = range(-7, 7)
"""Exponents that need no power of ten."""

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
RARE = 0.1
"""Below this, a rate is told as one in so many."""


def numeral_code(value: float) -> int:
    """Return the code of a number that is not negative: 0 for zero, and ascending with the number.

    Raises
    ------
    ValueError
        Where it is negative or not finite.
    """
    if value == 0:
        return 0
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{value} has no numeral")
    mantissa, exponent = f"{value:.{DIGITS - 1}e}".split("e")
    place = int(mantissa.replace(".", "")) - SMALLEST_MANTISSA
    return (int(exponent) - LOWEST_EXPONENT) * MANTISSAS + place + 1


def numeral_codes(values: npt.NDArray[np.float64]) -> IntArray:
    """Return the codes of an array of numbers, of the same shape; those that are not finite get 0."""
    finite = np.where(np.isfinite(values), values, 0.0)
    return np.array([numeral_code(value) for value in finite.ravel().tolist()], np.int64).reshape(
        values.shape
    )


def numeral_text(code: int) -> str:
    """Write the number that a code holds: ``0``, ``0.006904``, ``1.583``, ``12,340`` or ``6.904 × 10⁻⁹``."""
    if code == 0:
        return "0"
    exponent, place = divmod(code - 1, MANTISSAS)
    exponent += LOWEST_EXPONENT
    digits = str(place + SMALLEST_MANTISSA)
    if exponent not in PLAIN:
        return f"{digits[0]}.{digits[1:]} × 10{str(exponent).translate(SUPERSCRIPTS)}"
    if exponent < 0:
        return f"0.{'0' * (-exponent - 1)}{digits}"
    if exponent < DIGITS - 1:
        return f"{digits[: exponent + 1]}.{digits[exponent + 1 :]}"
    return count_text(int(digits) * 10 ** (exponent - DIGITS + 1))


def numeral_values(codes: IntArray) -> npt.NDArray[np.float64]:
    """Return the numbers that codes hold, to be drawn; NaN for a word."""
    exponent, place = np.divmod(np.maximum(codes, 1) - 1, MANTISSAS)
    values = (place + float(SMALLEST_MANTISSA)) * 10.0 ** (exponent + LOWEST_EXPONENT - DIGITS + 1)
    drawn: npt.NDArray[np.float64] = np.select([codes > 0, codes == 0], [values, 0.0], np.nan)
    return drawn


def number(value: float) -> str:
    """Write a number; see `numeral_text`."""
    return numeral_text(numeral_code(value))


def count_text(count: int) -> str:
    """Write a count, with commas at the thousands."""
    return f"{count:,}"


def share(rate: float) -> str:
    """Write a rate as a percentage, as the answer of a command does."""
    return f"{100 * rate:.2f} %"


def one_in(rate: float) -> str:
    """Write a rate for those who do not read decimals: ``1 in 91``; a large one as a percentage."""
    if rate >= RARE:
        return share(rate)
    return f"1 in {float(f'{1 / rate:.2g}'):,.0f}"

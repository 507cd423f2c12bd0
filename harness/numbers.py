"""How every number is written, in a terminal, a report, a figure and a check: one rule a kind, and here alone.

What is measured has four significant digits (`number`), or two decimals as a percentage (`percent`). What is only
meant roughly has two digits (`about`). What was chosen is written as it was chosen: a threshold (`threshold_text`), a
limit of a policy (`limit_text`), a confidence (`confidence_text`). Counts are exact, with commas: ``f"{n:,}"``.

A number can be held as a whole-number code with its four digits, so that a page that shows other thresholds is given
codes, lays out digits and never rounds.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal, TypeAlias

__all__ = [
    "RARE",
    "about",
    "alerts_text",
    "at_most",
    "confidence_text",
    "counted",
    "exact",
    "limit_text",
    "number",
    "numeral_code",
    "numeral_text",
    "one_in",
    "percent",
    "power_of_ten",
    "threshold_text",
]

Rounding: TypeAlias = Literal["nearest", "down", "up"]

DIGITS = 4
LOWEST_EXPONENT = -330
"""Below the exponent of the smallest float."""

SMALLEST_MANTISSA = 1000
MANTISSAS = 9000
PLAIN = range(-7, 7)
"""Exponents that need no power of ten."""

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
RARE = 0.1
"""Below this, a rate is told as 1 in N."""


def number(value: float, rounded: Literal["nearest", "up"] = "nearest") -> str:
    """Write a rate, a ratio or a bound that is not negative, to four significant digits.

    Parameters
    ----------
    value : float
    rounded : {"nearest", "up"}
        Up for an upper bound that is claimed, so that no more is claimed than the number says.

    Raises
    ------
    ValueError
        Where it is negative or not finite: these have words, not digits.

    Examples
    --------
    >>> number(0.0069041), number(1.58349), number(12344)
    ('0.006904', '1.583', '12,340')
    >>> number(0.0069041, "up")
    '0.006905'
    """
    code = numeral_code(value)
    if rounded == "up" and Decimal(f"{value:.{DIGITS - 1}e}") < Decimal(value):
        code += 1
    return numeral_text(code)


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
    digits = int(mantissa.replace(".", "")) - SMALLEST_MANTISSA
    return (int(exponent) - LOWEST_EXPONENT) * MANTISSAS + digits + 1


def numeral_text(code: int) -> str:
    """Write the number that a code holds: ``0``, ``0.006904``, ``1.583``, ``12,340`` or ``6.904 × 10⁻⁹``."""
    if code == 0:
        return "0"
    exponent, above_smallest = divmod(code - 1, MANTISSAS)
    exponent += LOWEST_EXPONENT
    digits = str(above_smallest + SMALLEST_MANTISSA)
    if exponent not in PLAIN:
        return f"{digits[0]}.{digits[1:]} × {power_of_ten(exponent)}"
    if exponent < 0:
        return f"0.{'0' * (-exponent - 1)}{digits}"
    if exponent < DIGITS - 1:
        return f"{digits[: exponent + 1]}.{digits[exponent + 1 :]}"
    return f"{int(digits) * 10 ** (exponent - DIGITS + 1):,}"


def power_of_ten(exponent: int) -> str:
    """Write a power of ten in plain characters: ``10⁻⁴``."""
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"


def about(value: float, digits: int = 2) -> str:
    """Write a number to two significant digits, or as many as are asked for, without a power of ten.

    Examples
    --------
    >>> about(0.000345), about(2.04), about(12345), about(12345, 3)
    ('0.00034', '2', '12,000', '12,300')
    """
    return f"{Decimal(f'{value:.{digits}g}'):,f}"


def percent(rate: float, rounded: Rounding = "nearest") -> str:
    """Write a rate as a percentage with two decimals; a smaller one with the digits that it takes.

    Parameters
    ----------
    rate : float
    rounded : {"nearest", "down", "up"}
        Up for an upper bound and down for a lower one, so that no more is claimed than the number says.

    Examples
    --------
    >>> percent(0.123456), percent(0.123456, "up"), percent(0.000012)
    ('12.35 %', '12.35 %', '0.0012 %')
    """
    if rounded != "nearest":
        exact = Decimal(str(float(rate))) * 100
        return f"{exact.quantize(Decimal('0.01'), ROUND_CEILING if rounded == 'up' else ROUND_FLOOR)} %"
    text = f"{100 * rate:.2f}"
    return f"{about(100 * rate) if text == '0.00' and rate > 0 else text} %"


def one_in(rate: float, rounded: Rounding = "nearest", *, digits: int = 3) -> str:
    """Write a rate for those who do not read decimals; one of a tenth or more as a percentage.

    Parameters
    ----------
    rate : float
    rounded : {"nearest", "down", "up"}
        Which way the rate is rounded: up for an upper bound, down for a lower one.
    digits : int
        Significant digits of N.

    Examples
    --------
    >>> one_in(0.00024278), one_in(0.00024278, "up"), one_in(0.25)
    ('1 in 4,120', '1 in 4,110', '25.00 %')
    """
    if rate == 0:
        return "0"
    if rate >= RARE:
        return percent(rate, rounded)
    step = 10 ** max(0, math.floor(math.log10(1 / rate)) - digits + 1)
    steps = 1 / rate / step
    whole = (
        round(steps) if rounded == "nearest" else math.ceil(steps) if rounded == "down" else math.floor(steps)
    )
    return f"1 in {whole * step:,}"


def at_most(rate: float) -> str:
    """Write an upper bound of a rate: ``at most 1 in 4,110``."""
    return f"at most {one_in(rate, 'up')}"


def alerts_text(expected: float) -> str:
    """Write an expected number of alerts: ``1,235``, ``12.3`` or ``0.12``."""
    if expected >= 100:
        return f"{expected:,.0f}"
    return f"{expected:.1f}" if expected >= 1 else f"{expected:.2g}"


def confidence_text(confidence: float) -> str:
    """Write a confidence or a power such as 0.95 as ``95 %``."""
    return f"{100 * confidence:g} %"


def threshold_text(threshold: float) -> str:
    """Write a threshold or a score."""
    return f"{threshold:.6g}"


def exact(value: float) -> str:
    """Write a number with all its digits, in a form that YAML, JSON and TOML take as a number.

    Examples
    --------
    >>> exact(0.6), exact(1e-05)
    ('0.6', '1.0e-05')
    """
    text = repr(value)
    return text if "." in text or "e" not in text else text.replace("e", ".0e")


def limit_text(limit: float) -> str:
    """Write a limit that a policy or an option states."""
    return f"{limit:g}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Write a count with what is counted: ``1 group``, ``1,200 groups``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"

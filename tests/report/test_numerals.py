"""How numbers are written, against decimal arithmetic."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.content.numerals import (
    number,
    numeral_code,
    numeral_codes,
    numeral_text,
    numeral_values,
    one_in,
)

POSITIVE = st.floats(min_value=5e-324, max_value=1e300, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (1, "1.000"),
        (0.0069044, "0.006904"),
        (0.99996, "1.000"),
        (1.58349, "1.583"),
        (12345.6, "12,350"),
        (999_999, "1,000,000"),
        (6.9044e-7, "0.0000006904"),
        (6.9044e-9, "6.904 × 10⁻⁹"),
        (1.5e12, "1.500 × 10¹²"),
    ],
)
def test_a_number_has_four_significant_digits(value: float, written: str) -> None:
    assert number(value) == written


@given(POSITIVE)
def test_a_number_is_its_decimal_rounded_half_even_to_four_digits(value: float) -> None:
    exact = Context(prec=4, rounding=ROUND_HALF_EVEN).create_decimal(Decimal(value))
    digits = number(value).replace(",", "")
    if "×" in digits:
        mantissa, power = digits.split(" × 10")
        digits = f"{mantissa}e{power.translate(str.maketrans('⁻⁰¹²³⁴⁵⁶⁷⁸⁹', '-0123456789'))}"
    assert Decimal(digits) == exact


@given(POSITIVE, POSITIVE)
def test_codes_ascend_with_the_numbers(one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert 0 < numeral_code(low) <= numeral_code(high)


@given(st.lists(POSITIVE.filter(lambda value: value > 1e-290), min_size=1))
def test_what_is_drawn_is_what_is_written(values: list[float]) -> None:
    codes = numeral_codes(np.array(values))
    assert np.allclose(numeral_values(codes), values, rtol=6e-4)


def test_a_word_is_not_drawn() -> None:
    assert np.isnan(numeral_values(np.array([-1]))).all()
    assert numeral_text(0) == "0"


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_what_is_no_number_has_no_numeral(value: float) -> None:
    with pytest.raises(ValueError, match="has no numeral"):
        numeral_code(value)


@pytest.mark.parametrize(
    ("rate", "said"), [(0.0109, "1 in 92"), (0.00069, "1 in 1,400"), (0.5, "50.00 %"), (1, "100.00 %")]
)
def test_a_rare_rate_is_one_in_so_many(rate: float, said: str) -> None:
    assert one_in(rate) == said

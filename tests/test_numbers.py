"""How numbers are written, against decimal arithmetic."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.numbers import (
    about,
    alerts_text,
    at_most,
    confidence_text,
    counted,
    limit_text,
    number,
    numeral_code,
    numeral_text,
    one_in,
    percent,
    power_of_ten,
    threshold_text,
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


def test_zero_is_a_plain_zero() -> None:
    assert numeral_text(0) == "0"


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_what_is_no_number_has_no_numeral(value: float) -> None:
    with pytest.raises(ValueError, match="has no numeral"):
        numeral_code(value)


@pytest.mark.parametrize(
    ("rate", "said"), [(0.0109, "1 in 92"), (0.00069, "1 in 1,400"), (0.5, "50.00 %"), (1, "100.00 %")]
)
def test_a_rare_rate_is_one_in_so_many(rate: float, said: str) -> None:
    assert one_in(rate, digits=2) == said


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (0.123456, "12.35 %"),
        (0.0687, "6.87 %"),
        (1, "100.00 %"),
        (0, "0.00 %"),
        (0.00005, "0.01 %"),
        (0.000012, "0.0012 %"),
        (1e-9, "0.0000001 %"),
    ],
)
def test_a_percentage_has_two_decimals_and_never_reads_zero_where_it_is_not(rate: float, said: str) -> None:
    assert percent(rate) == said


@given(st.floats(1e-12, 1))
def test_a_rate_rounded_up_or_down_is_on_that_side(rate: float) -> None:
    def stated(rounded: str) -> float:
        said = one_in(rate, rounded)  # type: ignore[arg-type]
        if said.endswith(" %"):
            return float(said[:-2]) / 100
        return 1 / int(said[5:].replace(",", ""))

    assert stated("down") <= rate * (1 + 1e-12)
    assert stated("up") >= rate * (1 - 1e-12)
    assert stated("up") - stated("down") <= max(0.0001, 0.11 * rate) * (1 + 1e-9)


def test_a_bound_of_a_rate_of_zero_is_zero() -> None:
    assert (one_in(0), at_most(0.00024)) == ("0", "at most 1 in 4,160")
    assert percent(0.1, "up") == percent(0.1, "down") == "10.00 %"


@pytest.mark.parametrize(
    ("found", "written"),
    [
        (about(0.1234), "0.12"),
        (about(1234), "1,200"),
        (alerts_text(1234.5), "1,234"),
        (alerts_text(12.34), "12.3"),
        (alerts_text(0.1234), "0.12"),
        (confidence_text(0.95), "95 %"),
        (confidence_text(0.999), "99.9 %"),
        (threshold_text(0.58973), "0.58973"),
        (limit_text(2.0), "2"),
        (power_of_ten(-4), "10⁻⁴"),
        (counted(1, "group"), "1 group"),
        (counted(1200, "axis", "axes"), "1,200 axes"),
    ],
)
def test_each_kind_of_number_is_written_in_its_way(found: str, written: str) -> None:
    assert found == written

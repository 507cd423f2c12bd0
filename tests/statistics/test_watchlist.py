"""False alerts of searches, from false matches of comparisons."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import InputError
from harness.statistics.watchlist import (
    false_alert_rate,
    false_alert_rate_at_size,
    false_alert_rate_by_composition,
    implied_fmr,
)

rates = st.floats(0, 1)
sizes = st.integers(0, 20_000)


@pytest.mark.parametrize(("size", "one_in"), [(1000, 60000.5), (10000, 6000.5), (16000, 3750.5)])
def test_grows_with_the_watchlist_as_the_national_physical_laboratory_reported(
    size: int, one_in: float
) -> None:
    """1 in 60,000 at 1,000 and 1 in 6,000 at 10,000 (press accounts of its 2023 test)."""
    found = false_alert_rate(1 / 60_000_000, size)
    assert 1 / float(found) == pytest.approx(one_in, rel=1e-6)


@given(st.floats(1e-6, 0.3), st.integers(0, 50))
def test_is_one_less_the_chance_of_no_match(rate: float, size: int) -> None:
    none_matches = 1.0
    for _ in range(size):
        none_matches *= 1 - rate
    assert float(false_alert_rate(rate, size)) == pytest.approx(1 - none_matches)


@given(rates, sizes)
def test_stays_a_probability_and_never_falls_below_one_comparison(rate: float, size: int) -> None:
    found = float(false_alert_rate(rate, size))
    assert 0 <= found <= 1
    assert size == 0 or found >= rate * (1 - 1e-12)


def test_ends() -> None:
    assert false_alert_rate([0, 1, 1, 0.5], [100, 3, 0, 1]).tolist() == pytest.approx([0, 1, 0, 0.5])
    assert float(implied_fmr(1, 5)) == 1


@given(st.floats(1e-9, 0.99), st.integers(1, 20_000))
def test_the_rate_behind_is_the_inverse(rate: float, size: int) -> None:
    assert float(false_alert_rate(implied_fmr(rate, size), size)) == pytest.approx(rate)


def test_a_list_of_one_group_is_the_plain_case() -> None:
    found = false_alert_rate_by_composition({"A": 1e-5, "B": 1e-3}, {"A": 7000})
    assert found == pytest.approx(float(false_alert_rate(1e-5, 7000)))


def test_a_mixed_list_by_hand() -> None:
    found = false_alert_rate_by_composition({"A": 0.1, "B": 0.5}, {"A": 2, "B": 1})
    assert found == pytest.approx(1 - 0.9 * 0.9 * 0.5)


@given(st.dictionaries(st.sampled_from("ABCD"), st.tuples(rates, st.integers(0, 500)), min_size=1))
def test_composition_in_any_order(groups: dict[str, tuple[float, int]]) -> None:
    of = {group: rate for group, (rate, _) in groups.items()}
    sizes_of = {group: size for group, (_, size) in groups.items()}
    backwards = dict(reversed(sizes_of.items()))
    found = false_alert_rate_by_composition(of, sizes_of)
    assert found == pytest.approx(false_alert_rate_by_composition(of, backwards))
    assert found >= np.max([float(false_alert_rate(of[g], sizes_of[g])) for g in of]) - 1e-12


def exact_false_alert_rate(rates: dict[str, float], sizes: dict[str, int]) -> float:
    with localcontext(prec=350):
        none = Decimal(1)
        for group, size in sizes.items():
            none *= (1 - Decimal(rates[group])) ** size if size else 1  # Decimal has no 0**0
        return float(1 - none)


EXTREME_RATES = st.sampled_from([0.0, 1e-300, 1e-18, 1e-12, 1e-9, 0.5, 1 - 2**-20, 1 - 2**-53, 1.0])
EXTREME_SIZES = st.sampled_from([0, 1, 2, 10, 10_000, 10**9])


@given(EXTREME_RATES, EXTREME_SIZES)
def test_the_smallest_and_the_largest_rates_keep_their_digits(rate: float, size: int) -> None:
    expected = exact_false_alert_rate({"A": rate}, {"A": size})
    assert float(false_alert_rate(rate, size)) == pytest.approx(expected, rel=1e-14, abs=0)
    assert false_alert_rate_by_composition({"A": rate}, {"A": size}) == pytest.approx(
        expected, rel=1e-14, abs=0
    )


@given(st.dictionaries(st.sampled_from("ABC"), st.tuples(EXTREME_RATES, EXTREME_SIZES), min_size=1))
def test_so_do_those_of_a_list_of_several_groups(groups: dict[str, tuple[float, int]]) -> None:
    of = {group: rate for group, (rate, _) in groups.items()}
    sizes_of = {group: size for group, (_, size) in groups.items()}
    found = false_alert_rate_by_composition(of, sizes_of)
    assert found == pytest.approx(exact_false_alert_rate(of, sizes_of), rel=1e-14, abs=0)


def test_a_list_of_nobody_gives_no_alert() -> None:
    assert str(false_alert_rate_by_composition({"A": 1.0}, {"A": 0})) == "0.0"
    assert false_alert_rate_by_composition({"A": 1.0}, {}) == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: false_alert_rate(1.5, 3), "rate 1.5 is not between 0 and 1"),
        (lambda: false_alert_rate(float("nan"), 3), "rate nan is not between 0 and 1"),
        (lambda: false_alert_rate(0.5, 3.5), "watchlist size 3.5 is not a whole number from 0 up"),
        (lambda: false_alert_rate(0.5, -1), "watchlist size -1 is not a whole number from 0 up"),
        (
            lambda: implied_fmr(0.5, 0),
            "a watchlist of nobody gives no alert; its size must be at least 1",
        ),
        (
            lambda: false_alert_rate_by_composition({"A": 0.1}, {"B": 5}),
            "group 'B' is on the watchlist, but there are rates only of A",
        ),
    ],
)
def test_refusals(call, said: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == said


@given(st.floats(0, 1), st.integers(1, 20_000), sizes)
def test_another_size_has_a_rate_between_the_tested_one_and_that_of_independent_matches(
    rate: float, tested: int, size: int
) -> None:
    lower, upper = false_alert_rate_at_size(rate, tested, size)
    independent = 1 - (1 - rate) ** (size / tested)
    ends = sorted([rate if size else 0.0, independent])
    assert (float(lower), float(upper)) == pytest.approx(ends, rel=1e-6, abs=1e-12)


def test_matches_of_a_few_or_of_independent_references_reach_both_ends() -> None:
    """Random halves of a list of 100, of which each probe matches one reference, or all: second order apart."""
    lower, upper = false_alert_rate_at_size(0.002, 100, 50)
    assert float(upper) == 0.002
    assert 0.001 <= float(lower) <= 0.001 + 0.002**2
    longer = false_alert_rate_at_size(0.2, 100, 200)
    assert (float(longer.lower), float(longer.upper)) == pytest.approx((0.2, 1 - 0.8**2))


def test_a_list_of_nobody_cannot_have_been_tested() -> None:
    with pytest.raises(InputError, match="its size must be at least 1"):
        false_alert_rate_at_size(0.1, 0, 5)

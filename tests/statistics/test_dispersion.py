"""Whether counts spread more widely than chance: exact for few events, and as often wrong as it says."""

from __future__ import annotations

from itertools import product
from math import factorial, prod

import numpy as np
import pytest

from harness.statistics import dispersion_test


@pytest.mark.parametrize(
    ("counts", "exposures"),
    [([3, 0, 0], [1, 1, 1]), ([0, 1, 3], [5, 3, 2]), ([2, 2], [1, 3]), ([1, 1, 1, 2], [1, 2, 3, 4])],
)
def test_the_rank_among_draws_is_that_of_all_ways_to_deal_the_events(
    counts: list[int], exposures: list[float]
) -> None:
    """The multinomial summed up by hand; 9,999 draws are within 0.02 of it."""
    total, chances = sum(counts), np.array(exposures) / sum(exposures)
    expected = total * chances

    def chi_squared(dealt: tuple[int, ...]) -> float:
        return float(((np.array(dealt) - expected) ** 2 / expected).sum())

    exact = sum(
        factorial(total) / prod(map(factorial, dealt)) * float(np.prod(chances ** np.array(dealt)))
        for dealt in product(range(total + 1), repeat=len(counts))
        if sum(dealt) == total and chi_squared(dealt) >= chi_squared(tuple(counts)) - 1e-9
    )
    found = dispersion_test(counts, exposures)
    assert found is not None
    assert found.p_value == pytest.approx(exact, abs=0.02)
    assert found.ratio == pytest.approx(chi_squared(tuple(counts)) / (len(counts) - 1))


def test_counts_in_proportion_are_never_wider_than_chance() -> None:
    found = dispersion_test([10, 20, 30], [1, 2, 3])
    assert found == (0.0, 1.0)


def test_nothing_can_be_spread_over_one_record_or_of_one_event() -> None:
    assert dispersion_test([5], [1.0]) is None
    assert dispersion_test([1, 0, 0], [1.0, 1.0, 1.0]) is None


def test_the_same_counts_give_the_same_p_value_in_any_order() -> None:
    counts, exposures = [0, 3, 1, 9, 2], [3.0, 4.0, 2.0, 7.0, 1.0]
    found = dispersion_test(counts, exposures)
    assert found == dispersion_test(counts, exposures)
    assert found == dispersion_test(counts[::-1], exposures[::-1])


def test_equal_rates_are_called_unequal_no_more_often_than_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 times, level 5 %: 2 standard errors above it are 7.5 %. The rank is as valid among few draws."""
    monkeypatch.setattr("harness.statistics.dispersion.MOST_DRAWS", 199)
    rng = np.random.default_rng(7)
    exposures = rng.lognormal(0, 1, 40)
    found = [dispersion_test(rng.poisson(0.8 * exposures), exposures) for _ in range(300)]
    assert sum(one is not None and one.p_value <= 0.05 for one in found) <= 0.075 * 300


def test_very_many_events_take_fewer_draws() -> None:
    found = dispersion_test([40_000, 60_000], [1, 1])
    assert found is not None
    assert found.p_value == 1 / 200

"""What 10,000 passers-by meet, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.statistics.passers_by import Bounded, PassersBy, passers_by
from harness.statistics.watchlist import false_alert_rate


def exactly(*rates: float) -> Bounded:
    return Bounded(*np.array([rates] * 3))


def share_false(prevalence: float, tpir: float, fpir: float) -> float:
    found = passers_by([1.0], [prevalence], exactly(fpir), exactly(1 - tpir))
    return float(found.share_false.estimate)


@pytest.mark.parametrize(("size", "one_in"), [(1_000, 60_000), (10_000, 6_000), (16_000, 3_750)])
def test_a_false_match_rate_becomes_a_false_alert_in_so_many_passers_by(size: int, one_in: int) -> None:
    rate = float(false_alert_rate(1 / (6 * 10**7), size))
    assert 1 / rate == pytest.approx(one_in, rel=2e-4)


@pytest.mark.parametrize(
    ("prevalence", "fpir", "percent"),
    [(0.0001, 1 / 6_000, 65.2), (0.000738, 1 / 6_000, 20.2), (0.000738, 3.18e-6, 0.48)],
)
def test_the_share_of_alerts_that_are_false(prevalence: float, fpir: float, percent: float) -> None:
    assert 100 * share_false(prevalence, 0.89, fpir) == pytest.approx(
        percent, abs=0.05 if percent > 1 else 0.005
    )


def test_sums_over_a_crowd_of_two_groups_by_hand() -> None:
    found = passers_by(
        [0.8, 0.2], [0.01, 0.02], exactly(0.001, 0.004), exactly(0.1, 0.3), wrong=exactly(0.05, 0.1)
    )
    # 8,000 of one group, 80 of them on the list; 2,000 of the other, 40 of them on it.
    assert float(found.false.estimate) == pytest.approx(7_920 * 0.001 + 80 * 0.05 + 1_960 * 0.004 + 40 * 0.1)
    assert float(found.true.estimate) == pytest.approx(80 * 0.9 + 40 * 0.7)
    assert float(found.missed.estimate) == pytest.approx(80 * 0.1 + 40 * 0.3)


def test_bounds_take_each_rate_at_its_end() -> None:
    fpir = Bounded(np.array([0.002]), np.array([0.001]), np.array([0.004]))
    fnir = Bounded(np.array([0.2]), np.array([0.1]), np.array([0.4]))
    found = passers_by([1.0], [0.01], fpir, fnir)
    assert [float(part) for part in found.false] == pytest.approx([19.8, 9.9, 39.6])
    assert [float(part) for part in found.true] == pytest.approx([80.0, 60.0, 90.0])
    assert [float(part) for part in found.missed] == pytest.approx([20.0, 10.0, 40.0])
    assert float(found.share_false.lower) == pytest.approx(9.9 / (9.9 + 90))
    assert float(found.share_false.upper) == pytest.approx(39.6 / (39.6 + 60))


def test_thresholds_and_prevalences_are_kept_apart() -> None:
    rates = Bounded(*np.array([[[0.1, 0.01]]] * 3))
    found = passers_by([1.0], [[0.5, 0.001]], rates, rates)
    assert found.false.estimate == pytest.approx([500.0, 99.9])


def test_nobody_on_the_list_makes_every_alert_false_and_no_alert_no_share() -> None:
    assert share_false(0.0, 0.9, 0.001) == 1.0
    assert np.isnan(share_false(0.0, 0.9, 0.0))


def test_a_group_that_nobody_is_of_may_be_without_rates() -> None:
    found = passers_by([1.0, 0.0], [0.0, 0.0], exactly(0.001, np.nan), exactly(0.1, np.nan))
    assert float(found.false.estimate) == pytest.approx(10.0)


RATE = st.floats(0.0, 1.0)


def _whole(found: PassersBy) -> float:
    return float(found.true.estimate + found.missed.estimate)


@given(RATE, RATE, RATE, RATE)
def test_everybody_on_the_list_is_found_or_missed(share: float, pi: float, fpir: float, fnir: float) -> None:
    found = passers_by([share, 1 - share], [pi, pi], exactly(fpir, fpir), exactly(fnir, fnir))
    assert _whole(found) == pytest.approx(10_000 * pi)

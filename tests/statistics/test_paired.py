"""Two matchers on the same trials: bounds of their ratio, of its change between groups, and of a widening."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar

from harness.statistics.intervals import Interval
from harness.statistics.paired import (
    PairedErrors,
    between_groups,
    growth_to_show_unchanged,
    paired_design_effect,
    paired_ratio_interval,
    widening,
)

Z = 1.959963984540054
FEW = st.integers(0, 40)


def score(ratio: float, alone_old: int, alone_new: int, both: int) -> float:
    """The score statistic, its nuisance found by maximising the likelihood instead of by a quadratic equation."""
    n = alone_old + alone_new + both
    low, high = n / (1 + ratio), min(n / ratio, n)

    def against(expected_old: float) -> float:
        means = n - ratio * expected_old, n - expected_old, (1 + ratio) * expected_old - n
        counts = alone_old, alone_new, both
        return -sum(
            k * math.log(mean) if k else 0.0 for k, mean in zip(counts, means, strict=True) if mean > 0 or k
        )

    found = minimize_scalar(against, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    discordant = 2 * n - (1 + ratio) * found
    return (alone_new + both - ratio * (alone_old + both)) / math.sqrt(ratio * discordant)


@pytest.mark.parametrize("counts", [(10, 30, 30), (7, 2, 5), (40, 25, 3), (3, 3, 90)])
def test_bounds_of_a_ratio_are_where_the_score_test_begins_to_reject(counts: tuple[int, int, int]) -> None:
    alone_old, alone_new, both = counts
    lower, upper = paired_ratio_interval(alone_old + both, alone_new + both, both, 0.95)
    assert score(float(lower), *counts) == pytest.approx(Z, rel=1e-4)
    assert score(float(upper), *counts) == pytest.approx(-Z, rel=1e-4)


def test_without_a_common_error_the_bounds_are_those_of_two_independent_counts() -> None:
    # (b - R a)² = z² R (a + b)
    a, b = 12, 30
    lower, upper = paired_ratio_interval(a, b, 0, 0.95)
    ends = [
        brentq(lambda r: (b - r * a) ** 2 - Z**2 * r * (a + b), *span)
        for span in ((1e-3, b / a), (b / a, 100))
    ]
    assert [float(lower), float(upper)] == pytest.approx(ends)


def test_the_more_errors_are_common_the_narrower_the_bounds() -> None:
    lower, upper = paired_ratio_interval(np.full(4, 100), np.full(4, 120), np.array([0, 50, 90, 100]), 0.95)
    assert (np.diff(upper / lower) < 0).all()


def test_where_all_errors_are_common_the_ratio_is_still_uncertain() -> None:
    lower, upper = paired_ratio_interval(50, 50, 50, 0.95)
    assert float(upper) == pytest.approx(1 + Z**2 / 50)
    assert float(lower) == pytest.approx(1 - Z**2 / (50 + Z**2), rel=0.01)


@given(FEW, FEW, FEW)
def test_new_over_old_is_the_inverse_of_old_over_new(alone_old: int, alone_new: int, both: int) -> None:
    a, b = alone_old + both, alone_new + both
    lower, upper = paired_ratio_interval(a, b, both, 0.95)
    inverse_lower, inverse_upper = paired_ratio_interval(b, a, both, 0.95)
    with np.errstate(divide="ignore"):
        assert np.allclose(lower, 1 / inverse_upper, rtol=1e-6)
        assert np.allclose(upper, 1 / inverse_lower, rtol=1e-6)
    assert lower <= upper
    if a and b:
        assert lower <= b / a <= upper


def test_no_errors_leave_a_side_without_a_bound() -> None:
    lower, upper = paired_ratio_interval(np.array([0, 5, 0]), np.array([5, 0, 0]), np.zeros(3), 0.95)
    assert lower[0] > 0
    assert lower[1:].tolist() == [0, 0]
    assert upper[[0, 2]].tolist() == [math.inf, math.inf]
    assert 0 < upper[1] < 1.5


def effect_in_words(of_old: list[int], of_new: list[int], both: int, touch_two: bool) -> float:
    """The design effect before its allowance for few subjects, subject by subject."""
    sides = 2 if touch_two else 1
    a, b, m = sum(of_old) / sides, sum(of_new) / sides, len(of_old)
    independent = (a + b - 2 * both) / (a * b)
    squares = 0.0
    for old, new in zip(of_old, of_new, strict=True):
        share = min((old + new) / (a + b), 0.5)
        squares += (new / b - old / a) ** 2 / (1 - share)
    return max(1.0, (squares - (independent if touch_two else 0)) * m / (m - 1) / independent)


def test_the_design_effect_is_the_clustered_variance_over_that_of_independent_trials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "harness.statistics.paired.small_sample", lambda effective, **_: np.ones_like(effective)
    )
    of_old, of_new = [9, 3, 4, 0, 2], [1, 6, 3, 4, 2]
    for touch_two in (False, True):
        found = paired_design_effect(
            np.array(of_old)[:, None], np.array(of_new)[:, None], np.array([2]), touch_two=touch_two
        )
        assert found == pytest.approx([effect_in_words(of_old, of_new, 2, touch_two)])
    assert found[0] > 1


def test_a_person_who_raises_both_matchers_alike_costs_nothing() -> None:
    wolf = np.array([[60], *[[2]] * 30])
    assert paired_design_effect(wolf, wolf, np.array([100]), touch_two=False) < 1.2


def test_a_single_subject_tells_nothing_and_without_discordant_trials_there_is_nothing_to_measure() -> None:
    one = np.array([[5]])
    assert paired_design_effect(one, 2 * one, np.array([3]), touch_two=False) == math.inf
    two = np.array([[5], [5]])
    assert paired_design_effect(two, two, np.array([10]), touch_two=False) == 1


def test_a_change_between_groups_is_wider_than_within_either_and_narrower_than_their_bounds_put_together() -> (
    None
):
    errors = PairedErrors(*np.array([[[80], [90]], [[120], [80]], [[40], [45]]]), np.ones((2, 1)))
    first, second = np.array([0]), np.array([1])
    lower, upper = errors.changes(first, second, 0.95)
    own = errors.bounds(0.95)
    assert own.upper[0] / own.lower[1] > upper > own.upper[0] / errors.ratio[1]
    assert lower < errors.ratio[0] / errors.ratio[1] < upper


def test_without_an_estimate_a_change_is_bounded_by_the_bounds_alone() -> None:
    own, others = Interval(np.array([0.0]), np.array([0.5])), Interval(np.array([0.8]), np.array([2.0]))
    lower, upper = between_groups(np.array([0.0]), own, np.array([1.2]), others)
    assert lower[0] == 0
    assert upper[0] == pytest.approx(0.5 / 0.8)


RATIO = st.floats(0.1, 10)


@given(RATIO, RATIO)
def test_exactly_known_ratios_are_as_many_times_as_far_apart_as_their_logarithms_say(
    old: float, new: float
) -> None:
    exact = [Interval(np.array([value]), np.array([value])) for value in (new / old, old, new)]
    expected = math.exp(abs(math.log(new)) - abs(math.log(old)))
    lower, upper = widening(*exact)
    assert [lower[0], upper[0]] == pytest.approx([expected, expected])


def test_an_update_that_turns_a_differential_round_is_as_wide_as_before() -> None:
    change = Interval(np.array([0.2]), np.array([0.3]))
    old, new = Interval(np.array([1.8]), np.array([2.2])), Interval(np.array([0.45]), np.array([0.55]))
    lower, upper = widening(change, old, new)
    assert lower[0] < 1 < upper[0]


def test_as_many_errors_as_are_said_to_be_needed_show_that_nothing_changed() -> None:
    def of(times: float) -> PairedErrors:
        return PairedErrors(*(np.full((2, 1), times * n) for n in (80, 80, 40)), np.ones((2, 1)))

    first, second = np.array([0]), np.array([1])
    growth = growth_to_show_unchanged(of(1), first, second, 1.25, 0.95)[0, 0]
    assert (
        of(growth).changes(first, second, 0.9).upper[0, 0]
        < 1.25
        < of(0.25 * growth).changes(first, second, 0.9).upper
    )
    assert growth_to_show_unchanged(of(0), first, second, 1.25, 0.95)[0, 0] == math.inf

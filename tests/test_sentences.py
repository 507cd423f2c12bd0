"""The sentences that an answer, a report and a check have in common."""

from __future__ import annotations

import math

import pytest

from harness.numbers import percent
from harness.sentences import MOST_NAMED, bounds_said, compared, rates_by_group


@pytest.mark.parametrize(
    ("ratio", "lower", "upper", "said"),
    [
        (3.0, 1.8, 5.0, "3 times as often as those of group A (95 % bounds 1.8 to 5)"),
        (3.0, 1.8, math.inf, "3 times as often as those of group A (95 % bounds 1.8 and none above)"),
        (1.1, 0.9, 1.3, "1.1 times as often as those of group A (95 % bounds 0.9 to 1.3)"),
    ],
)
def test_two_groups_with_errors_are_compared_by_ratio_and_bounds(
    ratio: float, lower: float, upper: float, said: str
) -> None:
    assert compared("misses", "B", "A", ratio, lower, upper, 0.95) == f"people of group B are missed {said}"


@pytest.mark.parametrize(
    ("lower", "known"),
    [
        (1.4, "at least 1.4 times as often, with 99 % confidence"),
        (1.0, "with so few errors that it may be chance"),
        (0.0, "with so few errors that it may be chance"),
        (math.nan, "with so few errors that it may be chance"),
    ],
)
def test_of_a_group_without_errors_there_is_at_most_a_lower_bound(lower: float, known: str) -> None:
    assert compared("false matches", "B", "A", math.inf, lower, math.inf, 0.99) == (
        f"people of group B are falsely matched, and nobody of group A ({known})"
    )


def test_bounds_without_an_end_are_said_to_have_none() -> None:
    assert bounds_said(1.5, 2.5, 0.9) == "90 % bounds 1.5 to 2.5"
    assert bounds_said(0.0, math.inf, 0.9) == "90 % bounds 0 and none above"


class TestRatesByGroup:
    def test_of_few_groups_every_rate_is_told_in_their_order(self) -> None:
        assert rates_by_group(["B", "A", "C"], [20, 0, 0], [1000, 1500, 0]) == (
            "B 1 in 50, A none in 1,500, C unknown"
        )
        assert rates_by_group(["A", "B"], [1, 0], [4, 4], percent) == "A 25.00 %, B none in 4"

    def test_of_many_the_lowest_and_the_highest_are_told(self) -> None:
        groups = [f"g{number}" for number in range(MOST_NAMED + 1)]
        errors, trials = [5, 1, 9, 5, 5, 0, 5], [100, 100, 100, 100, 100, 0, 100]
        assert rates_by_group(groups, errors, trials, percent) == "from 1.00 % (g1) to 9.00 % (g2)"
        assert rates_by_group(groups[1:], errors[1:], trials[1:], percent).startswith(
            "g1 1.00 %, g2 9.00 %, "
        )

    def test_of_many_that_are_alike_one_rate_is_told(self) -> None:
        groups = [f"g{number}" for number in range(MOST_NAMED + 2)]
        assert rates_by_group(groups, [2] * len(groups), [100] * len(groups)) == "1 in 50 in every group"
        assert rates_by_group(groups, [0] * len(groups), [0] * len(groups)) == "unknown in every group"

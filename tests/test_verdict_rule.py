"""The rule from bounds to verdicts and to the safe threshold, at the edges of every condition."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.study import Policy
from harness.verdict_rule import (
    AxisSafety,
    SafeThreshold,
    Verdict,
    end_of_run,
    is_detected,
    is_tolerated,
    keeps_limits,
    last_start,
    limits_of,
    not_detected_from,
    obstacles,
    safe_range,
    safe_threshold,
    verdicts_of,
)

JUST_ABOVE_1 = math.nextafter(1, 2)
SHOWN, NOT_DETECTED = Policy(max_ratio=1.5), Policy(criterion="not_detected")


@pytest.mark.parametrize(
    ("policy", "ratio_upper", "gap_upper", "tolerated"),
    [
        (SHOWN, 1.5, 0.9, True),
        (SHOWN, math.nextafter(1.5, 2), 0.0, False),
        (SHOWN, 1.4, 0.9, True),
        (SHOWN, math.inf, 0.0, False),
        (SHOWN, math.nan, math.nan, False),
        (Policy(max_gap=0.01), 9.0, 0.01, True),
        (Policy(max_gap=0.01), 1.0, math.nextafter(0.01, 1), False),
        (Policy(max_gap=0.01), 1.0, math.nan, False),
        (Policy(max_ratio=1.5, max_gap=0.01), 1.5, 0.9, True),
        (Policy(max_ratio=1.5, max_gap=0.01), 9.0, 0.01, True),
        (Policy(max_ratio=1.5, max_gap=0.01), 9.0, 0.9, False),
        (NOT_DETECTED, 1.0, 0.0, False),
        (NOT_DETECTED, 0.0, -1.0, False),
    ],
)
def test_the_tolerance_is_met_up_to_itself(
    policy: Policy, ratio_upper: float, gap_upper: float, tolerated: bool
) -> None:
    assert is_tolerated([ratio_upper], [gap_upper], policy) == [tolerated]


def test_a_disparity_is_detected_above_1() -> None:
    assert is_detected([0.0, 1.0, JUST_ABOVE_1, math.inf, math.nan]) == [False, False, True, True, False]


def test_the_four_pairs_of_tolerated_and_detected() -> None:
    assert verdicts_of([True, True, False, False], [True, False, True, False]) == (
        Verdict.PARITY_SHOWN,
        Verdict.PARITY_SHOWN,
        Verdict.DISPARITY_SHOWN,
        Verdict.INCONCLUSIVE,
    )


@pytest.mark.parametrize("made", [is_tolerated, keeps_limits, verdicts_of])
def test_columns_of_two_lengths_are_refused(made: Any) -> None:
    of_policy = () if made is verdicts_of else (Policy(max_ratio=1.5, max_fmr=0.1),)
    first: Any = [[0.1, 0.1, 0.1]] if made is keeps_limits else [True, True, True]
    with pytest.raises(ValueError, match=r"zip\(\) argument"):
        made(first, [0.1, 0.1], *of_policy)


@given(st.lists(st.booleans()))
def test_a_run_ends_where_all_above_it_hold_and_no_lower(holds: list[bool]) -> None:
    start = end_of_run(holds)
    assert all(holds[start:])
    assert start == 0 or not holds[start - 1]


@pytest.mark.parametrize(
    ("detected", "start"),
    [
        ([False], 0),
        ([True, False], 1),
        ([True], None),
        ([False, True], None),
        ([True, False, True, False], 3),
    ],
)
def test_not_detected_from(detected: list[bool], start: int | None) -> None:
    assert not_detected_from(detected) == start


@pytest.mark.parametrize(
    ("starts", "last"), [([2, 5, 0], 5), ([0], 0), ([2, None], None), ([None], None), ([None, 5], None)]
)
def test_every_axis_holds_from_the_last_start(starts: list[int | None], last: int | None) -> None:
    assert last_start(starts) == last


def test_the_safe_range_is_that_of_the_criterion() -> None:
    assert safe_range(SHOWN, 1, (2, 3), 9) == (2, 3)
    assert safe_range(SHOWN, 1, (None, None), 9) == (None, None)
    assert safe_range(NOT_DETECTED, 1, (2, 3), 9) == (1, 8)
    assert safe_range(NOT_DETECTED, 0, (None, None), 9) == (0, 8)
    assert safe_range(NOT_DETECTED, None, (2, 3), 9) == (None, None)


class TestObstacles:
    @pytest.mark.parametrize(
        ("asked", "trials", "stands"), [(500, 500, False), (500, 499, True), (0, 1, False), (0, 0, True)]
    )
    def test_trials(self, asked: int, trials: int, stands: bool) -> None:
        found = obstacles({"A": 1000, "B": trials}, None, Policy(min_trials=asked))
        expected = [f"B has {trials} non-mated trials, fewer than {max(asked, 1)}"]
        assert found == (expected if stands else [])

    @pytest.mark.parametrize(
        ("asked", "subjects", "stands"),
        [(30, 30, False), (30, 29, True), (0, 2, False), (0, 1, True), (1, 1, True), (3, 2, True)],
    )
    def test_subjects(self, asked: int, subjects: int, stands: bool) -> None:
        found = obstacles({"A": 9, "B": 9}, {"A": 99, "B": subjects}, Policy(min_subjects=asked))
        expected = [f"B has {subjects} subjects, fewer than {max(asked, 2)}"]
        assert found == (expected if stands else [])

    def test_a_group_without_trials_is_not_also_short_of_subjects(self) -> None:
        assert obstacles({"A": 9, "B": 0}, {"A": 9, "B": 0}, Policy()) == [
            "B has 0 non-mated trials, fewer than 1"
        ]

    def test_subjects_that_are_not_known_matter_where_some_are_asked_for(self) -> None:
        assert obstacles({"A": 9, "B": 9}, None, Policy()) == []
        assert obstacles({"A": 9, "B": 9}, None, Policy(min_subjects=1)) == [
            "the policy asks for 1 subjects a group, and the study names no subjects"
        ]

    def test_one_group(self) -> None:
        assert obstacles({"A": 9}, None, Policy()) == [
            "there is only one group, A: nothing to compare it with"
        ]


class TestLimits:
    def test_are_kept_up_to_themselves_by_every_group(self) -> None:
        policy = Policy(max_fmr=0.1, max_fnmr_gap=0.2)
        assert keeps_limits([[0.1, 0.3], [0.1, 0.1]], [0.2, 0.2], policy) == (True, False)
        above_fmr, above_gap = math.nextafter(0.1, 1), math.nextafter(0.2, 1)
        assert keeps_limits([[above_fmr, 0.1], [0.1, 0.1]], [0.2, above_gap], policy) == (False, False)

    def test_a_bound_that_is_not_known_keeps_none(self) -> None:
        assert keeps_limits([[math.nan]], [0.0], Policy(max_fmr=0.1)) == (False,)
        assert keeps_limits([[0.0]], [math.nan], Policy(max_fnmr_gap=0.1)) == (False,)

    def test_one_that_is_not_set_is_kept(self) -> None:
        assert keeps_limits([[1.0], [math.nan]], [1.0], Policy()) == (True,)
        assert keeps_limits([[0.1]], [1.0], Policy(max_fmr=0.1)) == (True,)
        assert keeps_limits([[1.0]], [0.1], Policy(max_fnmr_gap=0.1)) == (True,)

    def test_those_that_are_set_are_named(self) -> None:
        assert limits_of(Policy(max_fnmr_gap=0.2)) == {"max_fnmr_gap": 0.2}
        assert limits_of(Policy(max_fmr=0.1)) == {"max_fmr": 0.1}


def axis(
    name: str, start: int | None, end: int | None, kept: str = "1111", obstacles: tuple[str, ...] = ()
) -> AxisSafety:
    return AxisSafety(name, start, end, tuple(one == "1" for one in kept), obstacles)


class TestSafeThreshold:
    def test_lies_in_the_range_of_every_axis(self) -> None:
        found = safe_threshold([axis("sex", 0, 2), axis("age", 1, 3)], SHOWN)
        assert found == SafeThreshold(1, "parity is shown from here on every axis (age decides)")
        found = safe_threshold([axis("sex", 2, 2), axis("age", 0, 2)], NOT_DETECTED)
        assert found.reason == "no disparity is detected from here up on every axis (sex decides)"
        assert found.place == 2

    def test_the_first_of_axes_that_start_alike_decides(self) -> None:
        assert "(sex decides)" in safe_threshold([axis("sex", 1, 3), axis("age", 1, 3)], SHOWN).reason

    def test_keeps_the_limits_on_every_axis(self) -> None:
        policy = Policy(max_ratio=1.5, max_fmr=0.1)
        found = safe_threshold([axis("sex", 0, 3, "0111"), axis("age", 0, 3, "1011")], policy)
        assert found.place == 2
        assert found.reason.endswith("(sex decides), which also keeps max_fmr")

    def test_may_be_the_last_of_the_range_and_none_beyond_it(self) -> None:
        policy = Policy(max_ratio=1.5, max_fmr=0.1, max_fnmr_gap=0.2)
        assert safe_threshold([axis("sex", 1, 2, "0011")], policy).place == 2
        assert safe_threshold([axis("sex", 1, 2, "1001")], policy) == SafeThreshold(
            None, "no threshold in the range also keeps max_fmr and max_fnmr_gap"
        )

    def test_ranges_that_touch_meet(self) -> None:
        assert safe_threshold([axis("sex", 0, 2), axis("age", 2, 3)], SHOWN).place == 2
        assert safe_threshold([axis("sex", 0, 1), axis("age", 2, 3)], SHOWN) == SafeThreshold(
            None, "the ranges in which parity is shown do not meet across the axes"
        )

    def test_an_axis_that_cannot_be_decided_comes_before_one_without_parity(self) -> None:
        undecided = axis("age", None, None, obstacles=("B has 9 subjects, fewer than 30", "more"))
        assert safe_threshold([axis("sex", None, None), undecided], SHOWN) == SafeThreshold(
            None, "age cannot be decided: B has 9 subjects, fewer than 30"
        )

    @pytest.mark.parametrize(("start", "end"), [(None, None), (0, None), (None, 3)])
    def test_is_none_where_an_axis_is_safe_nowhere(self, start: int | None, end: int | None) -> None:
        axes = [axis("sex", 0, 3), axis("age", start, end)]
        assert safe_threshold(axes, SHOWN) == SafeThreshold(None, "age: parity is not shown")
        assert safe_threshold(axes, NOT_DETECTED) == SafeThreshold(
            None, "age: a disparity is detected up to the top"
        )

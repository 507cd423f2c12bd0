"""The rule from bounds to verdicts and to the safe threshold, at the edges of every condition."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.study import FalseMatchLimit, Policy
from harness.verdict_rule import (
    AxisSafety,
    SafeThreshold,
    Verdict,
    end_of_run,
    is_beyond,
    is_detected,
    is_saturated,
    is_tolerated,
    keeps_limits,
    last_start,
    limits_said,
    not_detected_from,
    obstacles,
    reference_indices,
    safe_range,
    safe_threshold,
    verdicts_of,
)

JUST_ABOVE_1 = math.nextafter(1, 2)
SHOWN, NOT_DETECTED = Policy(max_ratio=1.5), Policy(criterion="not_detected")
EITHER = Policy(max_ratio=1.5, max_gap=0.01)
ONE_IN_TEN = FalseMatchLimit("max_fmr", 0.1, is_default=False)
BY_DEFAULT = Policy().false_match_limit("verification")
PARITY, INCONCLUSIVE, SATURATED = Verdict.PARITY_SHOWN, Verdict.INCONCLUSIVE, Verdict.SATURATED
BEYOND, DISPARITY = Verdict.DISPARITY_BEYOND_TOLERANCE, Verdict.DISPARITY_SHOWN


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
        (EITHER, 1.5, 0.9, True),
        (EITHER, 9.0, 0.01, True),
        (EITHER, 9.0, 0.9, False),
        (NOT_DETECTED, 1.0, 0.0, False),
        (NOT_DETECTED, 0.0, -1.0, False),
    ],
)
def test_the_tolerance_is_met_up_to_itself(
    policy: Policy, ratio_upper: float, gap_upper: float, tolerated: bool
) -> None:
    assert is_tolerated([ratio_upper], [gap_upper], policy.tolerance) == [tolerated]


def test_a_disparity_is_detected_above_1() -> None:
    assert is_detected([0.0, 1.0, JUST_ABOVE_1, math.inf, math.nan]) == [False, False, True, True, False]


@pytest.mark.parametrize(
    ("policy", "ratio_lower", "gap_lower", "beyond"),
    [
        (SHOWN, 1.5, 0.9, False),
        (SHOWN, math.nextafter(1.5, 2), 0.001, True),
        (SHOWN, math.inf, 1.0, True),
        (SHOWN, math.nan, math.nan, False),
        (SHOWN, 2.0, math.nan, False),  # both bounds are of the same trials: one alone is a file's damage
        (Policy(max_gap=0.01), 9.0, 0.01, False),
        (Policy(max_gap=0.01), 1.1, math.nextafter(0.01, 1), True),
        (Policy(max_gap=0.01), 9.0, math.nan, False),
        (EITHER, 9.0, 0.01, False),
        (EITHER, 1.5, 0.9, False),
        (EITHER, math.nextafter(1.5, 2), math.nextafter(0.01, 1), True),
        (EITHER, 9.0, math.nan, False),
        (EITHER, math.nan, 0.9, False),
        (NOT_DETECTED, math.inf, 1.0, False),
    ],
)
def test_the_tolerance_is_exceeded_beyond_itself_by_ratio_and_gap(
    policy: Policy, ratio_lower: float, gap_lower: float, beyond: bool
) -> None:
    assert is_beyond([ratio_lower], [gap_lower], policy.tolerance) == [beyond]


@pytest.mark.parametrize(
    ("errors", "trials", "saturated"),
    [
        ([[50], [50]], [100, 100], False),
        ([[51], [50]], [100, 100], True),
        ([[100], [0]], [100, 100], False),
        ([[100], [0]], [100, 99], True),  # of the trials together, not the mean of two rates
        ([[2], [1]], [3, 2], True),
        ([[1], [1]], [3, 2], False),
        ([[0], [0]], [0, 0], False),
        ([[7]], [9], True),
    ],
)
def test_more_than_half_of_all_trials_together_saturate(
    errors: list[list[int]], trials: list[int], saturated: bool
) -> None:
    assert is_saturated(errors, trials) == [saturated]


@pytest.mark.parametrize("differ", [True, False])
@pytest.mark.parametrize("far", [True, False])
@pytest.mark.parametrize("alike", [True, False])
def test_saturation_comes_before_all_and_parity_before_a_disparity(
    alike: bool, far: bool, differ: bool
) -> None:
    assert verdicts_of([alike], [far], [differ], [True]) == (SATURATED,)
    if alike:
        assert verdicts_of([alike], [far], [differ], [False]) == (PARITY,)


def test_a_disparity_beyond_tolerance_comes_before_one_shown() -> None:
    alike, far, differ = [False] * 4, [True, True, False, False], [True, False, True, False]
    assert verdicts_of(alike, far, differ, [False] * 4) == (BEYOND, BEYOND, DISPARITY, INCONCLUSIVE)


def test_verdicts_have_the_words_of_the_file() -> None:
    assert list(map(str, Verdict)) == [
        "disparity beyond tolerance",
        "disparity shown",
        "parity shown",
        "inconclusive",
        "saturated",
    ]


@pytest.mark.parametrize(
    "made",
    [
        lambda three, two: is_tolerated(three, two, SHOWN.tolerance),
        lambda three, two: is_beyond(three, two, SHOWN.tolerance),
        lambda three, two: verdicts_of(three, two, three, three),
        lambda three, two: verdicts_of(three, three, two, three),
        lambda three, two: verdicts_of(three, three, three, two),
        lambda three, two: not_detected_from(three, two),
        lambda three, two: keeps_limits([three], ONE_IN_TEN, two, SHOWN),
        lambda three, two: keeps_limits([three, two], ONE_IN_TEN, three, SHOWN),
        lambda three, two: is_saturated([three, two], [9, 9]),
    ],
)
def test_columns_of_two_lengths_are_refused(made: Any) -> None:
    with pytest.raises(ValueError, match=r"zip\(\) argument"):
        made([True, True, True], [True, True])


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
    assert not_detected_from(detected, [False] * len(detected)) == start


@pytest.mark.parametrize(
    ("detected", "saturated", "start"),
    [
        ("0000", "1000", 1),
        ("0000", "1110", 3),
        ("0000", "1111", None),
        ("0100", "1000", 2),
        ("1100", "1110", 3),
        ("0001", "1000", None),
        ("0", "1", None),
    ],
)
def test_no_saturated_threshold_counts_as_one_without_a_disparity(
    detected: str, saturated: str, start: int | None
) -> None:
    flags = ([one == "1" for one in each] for each in (detected, saturated))
    assert not_detected_from(*flags) == start


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
    def test_on_false_matches_is_kept_up_to_itself_by_every_group(self) -> None:
        misses = [INCONCLUSIVE, INCONCLUSIVE]
        assert keeps_limits([[0.1, 0.3], [0.1, 0.1]], ONE_IN_TEN, misses, SHOWN) == (True, False)
        above = math.nextafter(0.1, 1)
        assert keeps_limits([[above, 0.1], [0.1, 0.1]], ONE_IN_TEN, misses, SHOWN) == (False, True)

    def test_a_bound_that_is_not_known_keeps_none(self) -> None:
        assert keeps_limits([[0.0], [math.nan]], ONE_IN_TEN, [PARITY], SHOWN) == (False,)

    def test_on_false_matches_holds_where_the_policy_states_none(self) -> None:
        bounds = [[0.01, math.nextafter(0.01, 1), 1.0]]
        assert keeps_limits(bounds, BY_DEFAULT, [PARITY] * 3, Policy()) == (True, False, False)

    @pytest.mark.parametrize("verdict", Verdict)
    def test_on_misses_is_kept_where_parity_is_shown_and_only_where_it_is_stated(
        self, verdict: Verdict
    ) -> None:
        for stated in (
            Policy(max_fnmr_gap=0.1),
            Policy(max_fnmr_ratio=2),
            Policy(max_fnmr_ratio=2, max_fnmr_gap=0.1),
        ):
            assert keeps_limits([[0.0]], ONE_IN_TEN, [verdict], stated) == (verdict is PARITY,)
            assert keeps_limits([[0.2]], ONE_IN_TEN, [verdict], stated) == (False,)
        assert keeps_limits([[0.0]], ONE_IN_TEN, [verdict], SHOWN) == (True,)

    @pytest.mark.parametrize(
        ("policy", "task", "said"),
        [
            (Policy(), "verification", "max_fmr 0.01 (the default)"),
            (Policy(), "identification", "max_fpir 0.01 (the default)"),
            (Policy(max_fmr=0.01), "verification", "max_fmr 0.01"),
            (Policy(max_fpir=1e-4), "identification", "max_fpir 0.0001"),
            (Policy(max_fnmr_gap=0.2), "verification", "max_fmr 0.01 (the default) and max_fnmr_gap 0.2"),
            (Policy(max_fmr=0.1, max_fnmr_ratio=2), "verification", "max_fmr 0.1 and max_fnmr_ratio 2"),
            (
                Policy(max_fmr=0.1, max_fnmr_gap=0.2, max_fnmr_ratio=2),
                "verification",
                "max_fmr 0.1 and max_fnmr_ratio 2 or max_fnmr_gap 0.2",
            ),
        ],
    )
    def test_are_named_with_their_values(self, policy: Policy, task: str, said: str) -> None:
        assert limits_said(policy, policy.false_match_limit(task)) == said


class TestReference:
    """Two groups of 500 at four thresholds, pooled FMR 0.5, 0.02, 0.01 and 0."""

    THRESHOLDS = (0.2, 0.4, 0.6, 0.8)
    ERRORS = ((250, 20, 10, 0), (250, 0, 0, 0))

    def of(self, policy: Policy, **axes: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
        limit = policy.false_match_limit("verification")
        errors = axes or {"sex": self.ERRORS}
        return reference_indices(self.THRESHOLDS, errors.values(), [(500, 500)] * len(errors), limit, policy)

    def test_is_the_most_lenient_with_the_pooled_rate_within_the_limit(self) -> None:
        assert self.of(Policy()) == (2,)
        assert self.of(Policy(max_fmr=0.009)) == (3,)
        assert self.of(Policy(max_fmr=0.5)) == (0,)

    @pytest.mark.parametrize("hundredths", range(1, 100))
    def test_a_rate_just_at_the_limit_is_within_it(self, hundredths: int) -> None:
        limit = FalseMatchLimit("max_fmr", hundredths / 100, is_default=False)
        for trials in (100, 700, 12_300):
            at_limit = hundredths * trials // 100
            errors = [at_limit + 1, at_limit, 0]
            assert reference_indices([0.2, 0.4, 0.6], [[errors]], [[trials]], limit, Policy()) == (1,)

    def test_is_the_strictest_where_none_is_within_it(self) -> None:
        assert self.of(Policy(), sex=((500, 400, 300, 11), (0, 0, 0, 0))) == (3,)

    def test_is_that_of_the_judged_axis_that_comes_last(self) -> None:
        early, late = ((9, 5, 0, 0), (0, 0, 0, 0)), ((90, 50, 11, 0), (0, 0, 0, 0))
        assert self.of(Policy(), sex=early) == (0,)
        assert self.of(Policy(), sex=early, age=late) == self.of(Policy(), age=late, sex=early) == (3,)

    def test_is_each_operating_threshold_from_lenient_to_strict_whatever_the_rate(self) -> None:
        assert self.of(Policy(operating=(0.8, 0.2))) == (0, 3)
        assert self.of(Policy(operating=(0.4,))) == (1,)

    def test_without_trials_is_the_most_lenient(self) -> None:
        assert reference_indices([0.2, 0.4], [[[0, 0]]], [[0]], BY_DEFAULT, Policy()) == (0,)


def axis(
    name: str, start: int | None, end: int | None, kept: str = "1111", obstacles: tuple[str, ...] = ()
) -> AxisSafety:
    return AxisSafety(name, start, end, tuple(one == "1" for one in kept), obstacles)


def safest(*axes: AxisSafety, policy: Policy = SHOWN) -> SafeThreshold:
    return safe_threshold(axes, policy, policy.false_match_limit("verification"))


class TestSafeThreshold:
    def test_lies_in_the_range_of_every_axis(self) -> None:
        assert safest(axis("sex", 0, 2), axis("age", 1, 3)) == SafeThreshold(
            1,
            "parity is shown on every judged axis (age decides) from here; max_fmr 0.01 (the default) is kept",
        )
        assert safest(axis("sex", 2, 2), axis("age", 0, 2), policy=NOT_DETECTED) == SafeThreshold(
            2,
            "no disparity is detected on any judged axis (sex decides) from here up; max_fmr 0.01 (the default) "
            "is kept",
        )

    def test_a_single_axis_decides_without_being_named(self) -> None:
        assert safest(axis("sex", 1, 3), policy=Policy(max_fmr=0.1)).reason == (
            "parity is shown on every judged axis from here; max_fmr 0.1 is kept"
        )

    def test_the_first_of_axes_that_start_alike_decides(self) -> None:
        assert "(sex decides)" in safest(axis("sex", 1, 3), axis("age", 1, 3)).reason

    def test_keeps_the_limits_on_every_axis(self) -> None:
        policy = Policy(max_ratio=1.5, max_fmr=0.1)
        found = safest(axis("sex", 0, 3, "0111"), axis("age", 0, 3, "1011"), policy=policy)
        assert found == SafeThreshold(
            2, "parity is shown on every judged axis (sex decides), and from here max_fmr 0.1 is kept too"
        )

    def test_may_be_the_last_of_the_range_and_none_beyond_it(self) -> None:
        policy = Policy(max_ratio=1.5, max_fmr=0.1, max_fnmr_gap=0.2)
        assert safest(axis("sex", 1, 2, "0011"), policy=policy).index == 2
        assert safest(axis("sex", 1, 2, "1001"), policy=policy) == SafeThreshold(
            None, "no threshold at which parity is shown also keeps max_fmr 0.1 and max_fnmr_gap 0.2"
        )

    def test_ranges_that_touch_meet(self) -> None:
        assert safest(axis("sex", 0, 2), axis("age", 2, 3)).index == 2
        assert safest(axis("sex", 0, 1), axis("age", 2, 3)) == SafeThreshold(
            None, "the ranges in which parity is shown do not meet across the judged axes"
        )

    def test_an_axis_that_cannot_be_decided_comes_before_one_without_parity(self) -> None:
        undecided = axis("age", None, None, obstacles=("B has 9 subjects, fewer than 30", "more"))
        assert safest(axis("sex", None, None), undecided) == SafeThreshold(
            None, "age cannot be decided: B has 9 subjects, fewer than 30"
        )

    @pytest.mark.parametrize(("start", "end"), [(None, None), (0, None), (None, 3)])
    def test_is_none_where_an_axis_is_safe_nowhere(self, start: int | None, end: int | None) -> None:
        axes = [axis("sex", 0, 3), axis("age", start, end)]
        assert safest(*axes) == SafeThreshold(None, "age: there is no range in which parity is shown")
        assert safest(*axes, policy=NOT_DETECTED) == SafeThreshold(
            None, "age: a disparity is detected up to the strictest threshold"
        )

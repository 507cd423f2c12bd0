"""Verdicts on made-up errors: which threshold shows what, and from where an axis is safe."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.statistics.differentials import EffectiveCounts, differentials
from harness.statistics.intervals import clopper_pearson, growth_to_show_parity, ratio_interval
from harness.statistics.rates import Rates
from harness.statistics.verdicts import (
    AxisVerdict,
    SafeThreshold,
    Verdict,
    judge,
    judge_misses,
    safe_threshold,
    safety_of,
)
from harness.study import Policy
from harness.verdict_rule import have_enough

TRIALS = 100_000
BEYOND, DISPARITY = Verdict.DISPARITY_BEYOND_TOLERANCE, Verdict.DISPARITY_SHOWN
PARITY, INCONCLUSIVE, SATURATED = Verdict.PARITY_SHOWN, Verdict.INCONCLUSIVE, Verdict.SATURATED
RATIO_2 = Policy(max_ratio=2)

ALIKE = (400, 400)
HALF = (50_000, 50_000)
FAR_APART = (1000, 300)
APART = (1000, 520)
"""A ratio of 1.92, which may be 2 and is not 1."""
NEAR_BUT_DIFFERENT = (1000, 800)
TOO_FEW = (3, 2)


def rates_of(*by_threshold: tuple[int, ...], trials: npt.ArrayLike = TRIALS, effect: float = 1.0) -> Rates:
    """Return false match rates from the errors of each group, threshold by threshold."""
    errors = np.array(by_threshold, np.int64).T
    n = np.broadcast_to(np.asarray(trials, np.int64), len(errors))
    with np.errstate(invalid="ignore"):
        estimate = errors / n[:, None]
    effects = np.full(errors.shape, effect)
    lower, upper = clopper_pearson(errors / effects, n[:, None] / effects, 0.95)
    groups = tuple("ABCD"[: len(errors)])
    return Rates("FMR", groups, n, errors, effects, estimate, lower, upper, 0.95)


def counted(rates: Rates, thresholds: npt.ArrayLike | None = None) -> EffectiveCounts:
    """Return the counts behind rates; by default at floating-point neighbours, between which there is no threshold."""
    count = rates.errors.shape[1]
    at = np.asarray(thresholds) if thresholds is not None else 0.5 + np.arange(count) * np.spacing(0.5)
    return EffectiveCounts(at, np.arange(count), rates.effective_errors, rates.effective_trials)


def judged(
    *by_threshold: tuple[int, ...],
    policy: Policy = RATIO_2,
    thresholds: npt.ArrayLike | None = None,
    **made_up: Any,
) -> AxisVerdict:
    rates = rates_of(*by_threshold, **made_up)
    return judge(rates, differentials(rates, policy.confidence), counted(rates, thresholds), policy, None)


def shown(verdict: AxisVerdict) -> tuple[int | None, int | None]:
    return verdict.parity_shown_from, verdict.parity_shown_to


class TestVerdicts:
    def test_the_five(self) -> None:
        found = judged((60_000, 59_000), FAR_APART, APART, ALIKE, TOO_FEW)
        assert found.verdicts == (SATURATED, BEYOND, DISPARITY, PARITY, INCONCLUSIVE)

    def test_beyond_tolerance_is_what_the_bound_adjusted_for_all_pairs_exceeds(self) -> None:
        # The bound of 2.6 is above 2; of four groups, whose six pairs share the significance, it is not.
        assert ratio_interval(260, TRIALS, 100, TRIALS, 0.95).lower > 2
        assert judged((260, 100)).verdicts == (BEYOND,)
        assert ratio_interval(260, TRIALS, 100, TRIALS, 1 - 0.05 / 6).lower < 2
        assert judged((260, 100, 160, 160)).verdicts == (DISPARITY,)

    def test_where_more_than_half_err_nothing_rests_on_how_they_split(self) -> None:
        found = judged((100_000, 50_000), (50_001, 50_000), HALF, ALIKE)
        assert found.verdicts == (SATURATED, SATURATED, PARITY, PARITY)
        assert found.not_detected_from == 2
        assert shown(found) == (2, 3)
        assert found.parity_to_next.tolist() == [False, False, True]

    def test_where_all_saturates_there_is_no_range_at_all(self) -> None:
        found = judged((99_000, 99_000), (60_000, 60_000))
        assert found.verdicts == (SATURATED, SATURATED)
        assert (found.not_detected_from, *shown(found)) == (None, None, None)

    def test_a_disparity_within_the_tolerance_is_parity(self) -> None:
        found = judged(FAR_APART, NEAR_BUT_DIFFERENT)
        assert found.verdicts == (BEYOND, PARITY)
        assert found.not_detected_from is None  # it is detected all the same

    def test_parity_is_of_every_pair(self) -> None:
        assert judged((400, 400, 400)).verdicts == (PARITY,)
        assert judged((400, 400, 5)).verdicts == (BEYOND,)

    def test_without_a_tolerance_parity_is_never_shown(self) -> None:
        found = judged(FAR_APART, ALIKE, policy=Policy(criterion="not_detected"))
        assert found.verdicts == (DISPARITY, INCONCLUSIVE)
        assert shown(found) == (None, None)
        assert np.isnan(found.growth_needed).all()

    def test_clustering_takes_evidence_away(self) -> None:
        assert judged(FAR_APART, ALIKE, effect=100.0).verdicts == (INCONCLUSIVE, INCONCLUSIVE)


class TestNotDetectedFrom:
    @pytest.mark.parametrize(
        ("errors", "expected"),
        [
            ([FAR_APART, ALIKE, TOO_FEW], 1),
            ([FAR_APART, TOO_FEW, FAR_APART, ALIKE, TOO_FEW], 3),
            ([ALIKE, TOO_FEW], 0),
            ([TOO_FEW], 0),
            ([ALIKE, TOO_FEW, FAR_APART], None),
            ([FAR_APART], None),
            ([(0, 0)], 0),
        ],
    )
    def test_is_the_lowest_at_and_above_which_none_is_detected(
        self, errors: list[tuple[int, int]], expected: int | None
    ) -> None:
        assert judged(*errors).not_detected_from == expected


def enough(pairs: int = 1) -> int:
    """Errors of either group with which equal ones pass a ratio of 2, in all pairs at once with 95 % power."""
    power = 1 - 0.05 / pairs
    return next(n for n in range(1, 200) if growth_to_show_parity(n, n, 2, 0.95, power) <= 1)


class TestParityShown:
    def test_starts_at_the_highest_threshold_with_errors_enough(self) -> None:
        n = enough()
        assert shown(judged(ALIKE, (n, n), (n - 1, n - 1), (3, 3))) == (0, 1)

    def test_how_the_errors_split_does_not_matter_to_the_start(self) -> None:
        n = enough()
        assert shown(judged(ALIKE, (n + 5, n - 5))) == (0, 1)
        assert shown(judged(ALIKE, (n + 40, n - 40))) == (None, None)  # the start is there, and fails
        assert judged(ALIKE, (n + 40, n - 40)).verdicts[0] == PARITY

    def test_three_pairs_share_the_power(self) -> None:
        n = enough(pairs=3)
        assert n > enough()
        assert shown(judged((n, n, n))) == (0, 0)
        assert shown(judged((n - 1, n, n))) == (None, None)

    def test_a_design_effect_asks_for_as_many_times_the_errors(self) -> None:
        n = 2 * enough()
        assert shown(judged((n, n), (n - 2, n - 2), effect=2.0)) == (0, 0)

    def test_stops_at_the_first_failure_from_the_top(self) -> None:
        found = judged(ALIKE, FAR_APART, (200, 200), (150, 150), (90, 90), (10, 10))
        assert found.verdicts[:5] == (PARITY, BEYOND, PARITY, PARITY, PARITY)
        assert shown(found) == (2, 4)

    def test_with_too_few_errors_everywhere_there_is_no_start(self) -> None:
        n = enough() - 1
        assert judged((n, n)).verdicts == (PARITY,)
        assert shown(judged((n, n), TOO_FEW)) == (None, None)

    def test_growth_needed_is_for_80_percent_power_whatever_the_split(self) -> None:
        found = judged((400, 400), (500, 300), (4, 4), (0, 0)).growth_needed
        expected = [float(growth_to_show_parity(n, n, 2, 0.95, 0.8)) for n in (400, 400, 4)]
        assert found == pytest.approx([*expected, np.inf])
        assert found[2] == pytest.approx(100 * found[0])

    def test_growth_needed_is_that_of_the_pair_that_needs_most(self) -> None:
        trials = np.array([50_000, 8_000, 200_000, 30_000])
        found = judged((40, 10, 70, 20), trials=trials).growth_needed
        expected = 140 / trials.sum() * trials
        a, b = (expected[list(side)] for side in zip(*combinations(range(4), 2), strict=True))
        of_each_pair = 1 - 0.2 / 6
        assert found == pytest.approx([growth_to_show_parity(a, b, 2, 0.95, of_each_pair).max()])


class TestBetweenThresholds:
    """Parity is shown over a range only where it is shown between the thresholds of the range, too."""

    def test_nothing_is_claimed_over_a_wide_step(self) -> None:
        # Between them a group may stay at one half and another fall.
        found = judged(HALF, ALIKE, thresholds=[0.2, 0.6])
        assert found.verdicts == (PARITY, PARITY)
        assert found.parity_to_next.tolist() == [False]
        assert shown(found) == (1, 1)

    def test_a_narrow_step_is_bounded_by_the_rates_at_its_ends(self) -> None:
        lenient, strict = (1000, 1000), (900, 900)
        assert ratio_interval(1000, TRIALS, 900, TRIALS, 0.9).upper < 2
        assert shown(judged(lenient, strict, thresholds=[0.5, 0.6])) == (0, 1)

    def test_where_nothing_changes_there_is_nothing_to_find(self) -> None:
        assert shown(judged(ALIKE, ALIKE, ALIKE, thresholds=[0.1, 0.5, 0.9])) == (0, 2)

    def test_between_floating_point_neighbours_is_no_threshold(self) -> None:
        assert shown(judged(HALF, ALIKE, thresholds=[0.5, np.nextafter(0.5, 1)])) == (0, 1)

    @pytest.mark.parametrize(("between", "expected"), [((420, 410), 0), ((440, 100), 1)])
    def test_thresholds_that_were_counted_and_are_not_reported_are_looked_at(
        self, between: tuple[int, int], expected: int
    ) -> None:
        all_of_them = rates_of((440, 440), between, (400, 100))
        ends = rates_of((440, 440), (400, 400))
        fine = EffectiveCounts(
            np.array([0.5, 0.51, 0.52]),
            np.array([0, 2]),
            np.column_stack([all_of_them.effective_errors[:, :2], ends.effective_errors[:, 1]]),
            all_of_them.effective_trials,
        )
        found = judge(ends, differentials(ends, 0.95), fine, RATIO_2, None)
        assert found.verdicts == (PARITY, PARITY)
        assert found.parity_shown_from == expected

    @given(
        st.lists(st.lists(st.floats(0.01, 0.99), min_size=150, max_size=400), min_size=2, max_size=3),
        st.data(),
    )
    @settings(max_examples=40)
    def test_no_threshold_within_a_range_lacks_parity(
        self, scores: list[list[float]], data: st.DataObject
    ) -> None:
        """Held against every threshold at which anything changes, each counted by itself."""
        every = np.unique(np.concatenate([np.unique(np.concatenate(scores)), [0.0, 1.0]]))
        some = data.draw(st.sets(st.sampled_from(every.tolist()), min_size=2, max_size=30))
        reached = [np.sum(np.array(group)[:, None] >= every, axis=0) for group in scores]
        policy, trials = Policy(max_ratio=1.5), [len(group) for group in scores]
        truth = judged(*zip(*reached, strict=True), policy=policy, trials=trials)
        at = np.flatnonzero(np.isin(every, sorted(some)))
        coarse = rates_of(*(tuple(group[i] for group in reached) for i in at), trials=trials)
        found = judge(coarse, differentials(coarse, 0.95), counted(coarse, every[at]), policy, None)
        start, end = shown(found)
        if start is not None and end is not None:
            assert set(truth.verdicts[at[start] : at[end] + 1]) == {PARITY}


class TestGap:
    POLICY = Policy(max_gap=0.001)

    def test_no_errors_show_a_gap_is_small_given_trials_enough(self) -> None:
        found = judged(FAR_APART, (50, 0), (0, 0), policy=self.POLICY)  # gaps 0.007, 0.0005, 0
        assert found.verdicts == (BEYOND, PARITY, PARITY)
        assert shown(found) == (1, 2)
        assert np.isnan(found.growth_needed).all()

    def test_with_too_few_trials_nothing_shows_it(self) -> None:
        # no error in 2000 trials bounds a rate by 1 - 0.05 ** (1 / 2000) = 0.0015
        found = judged((0, 0), policy=self.POLICY, trials=2000)
        assert found.verdicts == (INCONCLUSIVE,)
        assert shown(found) == (None, None)
        assert shown(judged((0, 0), policy=self.POLICY, trials=3000)) == (0, 0)

    def test_every_group_needs_the_trials(self) -> None:
        assert shown(judged((0, 0), policy=self.POLICY, trials=[TRIALS, 2000])) == (None, None)

    def test_effective_trials_count(self) -> None:
        assert shown(judged((0, 0), policy=self.POLICY, trials=3000, effect=2.0)) == (None, None)

    def test_either_criterion_will_do(self) -> None:
        either = Policy(max_ratio=2, max_gap=0.001)
        errors = [(30_000, 29_000), (50, 0), (0, 0)]
        assert judged(*errors).verdicts == (PARITY, BEYOND, INCONCLUSIVE)
        assert judged(*errors, policy=self.POLICY).verdicts == (BEYOND, PARITY, PARITY)
        found = judged(*errors, policy=either)
        assert found.verdicts == (PARITY, PARITY, PARITY)
        assert shown(found) == (0, 2)

    def test_where_no_errors_cannot_show_the_gap_the_ratio_says_where_to_start(self) -> None:
        found = judged(ALIKE, (90, 90), (0, 0), policy=Policy(max_ratio=2, max_gap=1e-6))
        assert shown(found) == (0, 1)


def judged_by(rates: Rates, policy: Policy, subjects: dict[str, int] | None) -> AxisVerdict:
    trials = dict(zip(rates.groups, rates.trials.tolist(), strict=True))
    enough = np.array(list(have_enough(trials, subjects, policy).values()))
    return judge(rates, differentials(rates, 0.95, enough), counted(rates), policy, subjects)


class TestObstacles:
    @pytest.mark.parametrize(
        ("errors", "trials", "asked", "subjects", "expected"),
        [
            ((400,), TRIALS, {}, None, ["there is only one group, A: nothing to compare it with"]),
            ((400, 0), [TRIALS, 0], {}, None, ["B has 0 non-mated trials, fewer than 1"]),
            (
                ALIKE,
                [500, 499],
                {"min_trials": 500},
                None,
                ["B has 499 non-mated trials, fewer than 500"],
            ),
            (
                ALIKE,
                TRIALS,
                {"min_subjects": 30},
                {"A": 29, "B": 30},
                ["A has 29 subjects, fewer than 30"],
            ),
            (
                ALIKE,
                TRIALS,
                {"min_subjects": 30},
                None,
                ["the policy asks for 30 subjects a group, and the study names no subjects"],
            ),
            (
                ALIKE,
                [500, TRIALS],
                {"min_trials": 1000, "min_subjects": 30},
                {"A": 8, "B": 9},
                [
                    "A has 500 non-mated trials, fewer than 1000",
                    "A has 8 subjects, fewer than 30",
                    "B has 9 subjects, fewer than 30",
                ],
            ),
        ],
    )
    def test_leave_nothing_shown_where_fewer_than_two_groups_lack_nothing(
        self, errors: Any, trials: Any, asked: dict[str, int], subjects: Any, expected: list[str]
    ) -> None:
        rates = rates_of(errors, errors, trials=trials)
        policy = Policy(max_ratio=2, **asked)
        found = judged_by(rates, policy, subjects)
        assert found.obstacles == tuple(expected)
        assert {*found.verdicts} <= {INCONCLUSIVE, Verdict.SATURATED}
        assert (found.not_detected_from, *shown(found)) == (None, None, None)

    def test_do_not_hide_a_disparity_of_groups_that_lack_nothing(self) -> None:
        rates = rates_of((400, 100, 3), (200, 200, 2), trials=[TRIALS, TRIALS, 20])
        found = judged_by(rates, Policy(max_ratio=2, min_trials=500), None)
        assert found.obstacles == ("C has 20 non-mated trials, fewer than 500",)
        assert found.verdicts == (Verdict.DISPARITY_BEYOND_TOLERANCE, INCONCLUSIVE)
        assert (found.not_detected_from, *shown(found)) == (None, None, None)

    def test_none_where_the_minimum_is_met(self) -> None:
        rates = rates_of((200, 200), trials=500)
        policy = Policy(max_ratio=2, min_trials=500, min_subjects=30)
        subjects = {"A": 30, "B": 31}
        found = judge(rates, differentials(rates, 0.95), counted(rates), policy, subjects)
        assert found.obstacles == ()
        assert found.verdicts == (PARITY,)


FIVE = rates_of(*[(900, 900), (700, 700), (500, 500), (300, 300), (100, 100)])


def axis_verdict(
    parity: tuple[int, int] | None = None, not_detected: int | None = None, obstacles: tuple[str, ...] = ()
) -> AxisVerdict:
    start, end = parity or (None, None)
    to_next = np.ones(4, bool)
    return AxisVerdict((INCONCLUSIVE,) * 5, not_detected, start, end, np.ones(5), to_next, obstacles)


KEPT, NOT_KEPT = PARITY, INCONCLUSIVE


def safe(
    policy: Policy = RATIO_2, misses: dict[str, tuple[Verdict, ...]] | None = None, **verdicts: AxisVerdict
) -> SafeThreshold:
    on_misses = {axis: (misses or {}).get(axis, (NOT_KEPT,) * 5) for axis in verdicts}
    limit = policy.false_match_limit("verification")
    axes = [
        safety_of(axis, verdict, FIVE, on_misses[axis], policy, limit) for axis, verdict in verdicts.items()
    ]
    return safe_threshold(axes, policy, limit)


class TestSafeThreshold:
    def test_is_the_highest_over_the_axes(self) -> None:
        found = safe(sex=axis_verdict((0, 3)), ethnicity=axis_verdict((2, 4)))
        assert found == SafeThreshold(
            2,
            "parity is shown on every judged axis (ethnicity decides) from here; max_fmr 0.01 (the default) "
            "is kept",
        )

    def test_by_what_is_not_detected(self) -> None:
        policy = Policy(criterion="not_detected")
        found = safe(policy, sex=axis_verdict(not_detected=3), ethnicity=axis_verdict(not_detected=1))
        assert found == SafeThreshold(
            3,
            "no disparity is detected on any judged axis (sex decides) from here up; max_fmr 0.01 (the "
            "default) is kept",
        )

    @pytest.mark.parametrize(
        ("criterion", "reason"),
        [
            ("shown", "sex: there is no range in which parity is shown"),
            ("not_detected", "sex: a disparity is detected up to the strictest threshold"),
        ],
    )
    def test_is_none_where_an_axis_has_none(self, criterion: Any, reason: str) -> None:
        policy = Policy(criterion=criterion)
        assert safe(policy, ethnicity=axis_verdict((0, 4), 0), sex=axis_verdict()) == SafeThreshold(
            None, reason
        )

    def test_is_none_where_an_axis_cannot_be_decided(self) -> None:
        obstructed = axis_verdict(obstacles=("B has 9 subjects, fewer than 30", "more"))
        assert safe(ethnicity=axis_verdict(), sex=obstructed) == SafeThreshold(
            None, "sex cannot be decided: B has 9 subjects, fewer than 30"
        )

    def test_is_none_where_ranges_do_not_meet(self) -> None:
        assert safe(ethnicity=axis_verdict((0, 1)), sex=axis_verdict((2, 4))) == SafeThreshold(
            None, "the ranges in which parity is shown do not meet across the judged axes"
        )
        assert safe(ethnicity=axis_verdict((0, 2)), sex=axis_verdict((2, 4))).index == 2

    def test_max_fmr_holds_for_the_upper_bound(self) -> None:
        # FMR 0.009, 0.007, 0.005, ...; the bound of 0.005 is 0.00546
        policy = Policy(max_ratio=2, max_fmr=0.0055)
        assert safe(policy, ethnicity=axis_verdict((0, 4))) == SafeThreshold(
            2, "parity is shown on every judged axis, and from here max_fmr 0.0055 is kept too"
        )
        assert safe(Policy(max_ratio=2, max_fmr=0.0054), ethnicity=axis_verdict((0, 4))).index == 3
        assert safe(policy, ethnicity=axis_verdict((3, 4))).reason == (
            "parity is shown on every judged axis from here; max_fmr 0.0055 is kept"
        )

    def test_a_limit_on_misses_is_kept_where_parity_of_them_is_shown_on_every_axis(self) -> None:
        policy = Policy(max_ratio=2, max_fnmr_gap=0.1)
        misses = {
            "ethnicity": (BEYOND, KEPT, KEPT, KEPT, SATURATED),
            "sex": (KEPT, DISPARITY, KEPT, NOT_KEPT, KEPT),
        }
        axes = {"ethnicity": axis_verdict((0, 4)), "sex": axis_verdict((0, 4))}
        assert safe(policy, misses, **axes).index == 2
        assert safe(Policy(max_ratio=2), misses, **axes).index == 0

    @pytest.mark.parametrize(
        ("limit", "named"),
        [
            ({"max_fmr": 1e-9}, "max_fmr 1e-09"),
            ({"max_fnmr_gap": 0.01}, "max_fmr 0.01 (the default) and max_fnmr_gap 0.01"),
            ({"max_fmr": 1e-9, "max_fnmr_ratio": 2.0}, "max_fmr 1e-09 and max_fnmr_ratio 2"),
        ],
    )
    def test_is_none_where_no_threshold_keeps_the_limits_too(
        self, limit: dict[str, float], named: str
    ) -> None:
        misses = {"ethnicity": (KEPT, *[NOT_KEPT] * 4)}
        found = safe(Policy(max_ratio=2, **limit), misses, ethnicity=axis_verdict((1, 4)))
        assert found == SafeThreshold(None, f"no threshold at which parity is shown also keeps {named}")


class TestMisses:
    """The same verdicts on false non-match rates, which rise with the threshold."""

    def judged(self, *by_threshold: tuple[int, ...], **tolerance: float) -> tuple[Verdict, ...]:
        rates = replace(rates_of(*by_threshold), name="FNMR")
        return judge_misses(rates, differentials(rates, 0.95), Policy(**tolerance))  # type: ignore[arg-type]

    RISING = (TOO_FEW, ALIKE, APART, FAR_APART, (60_000, 59_000))

    def test_by_a_tolerated_ratio(self) -> None:
        found = self.judged(*self.RISING, max_fnmr_ratio=2)
        assert found == (INCONCLUSIVE, PARITY, DISPARITY, BEYOND, SATURATED)

    def test_by_a_tolerated_gap(self) -> None:
        # Gaps of 0.00001, 0, 0.0048 and 0.007; that of 0.0048 may be 0.005, and is above 0.003.
        assert self.judged(*self.RISING, max_fnmr_gap=0.005) == (PARITY, PARITY, DISPARITY, BEYOND, SATURATED)
        assert self.judged(*self.RISING, max_fnmr_gap=0.003)[2] == BEYOND

    def test_either_kept_is_enough_and_both_must_be_exceeded(self) -> None:
        found = self.judged(*self.RISING, max_fnmr_ratio=2, max_fnmr_gap=0.02)
        assert found == (PARITY, PARITY, PARITY, PARITY, SATURATED)
        assert self.judged(FAR_APART, max_fnmr_ratio=4, max_fnmr_gap=0.005) == (PARITY,)
        assert self.judged((30_000, 20_000), max_fnmr_ratio=1.2, max_fnmr_gap=0.2) == (PARITY,)
        assert self.judged((30_000, 20_000), max_fnmr_ratio=1.2, max_fnmr_gap=0.01) == (BEYOND,)

    def test_without_a_tolerance_a_disparity_is_only_shown(self) -> None:
        assert self.judged(*self.RISING) == (INCONCLUSIVE, INCONCLUSIVE, DISPARITY, DISPARITY, SATURATED)

    def test_the_tolerance_of_false_matches_is_not_that_of_misses(self) -> None:
        assert self.judged(FAR_APART, max_ratio=9, max_gap=0.9) == (DISPARITY,)

    def test_of_a_group_without_mated_trials_nothing_is_known(self) -> None:
        rates = replace(rates_of((400, 0), trials=[TRIALS, 0]), name="FNMR")
        found = judge_misses(rates, differentials(rates, 0.95), Policy(max_fnmr_ratio=2))
        assert found == (INCONCLUSIVE,)

"""Differentials of an axis, from the intervals of every two of its groups."""

from __future__ import annotations

import math
from dataclasses import fields
from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import beta

from harness.statistics.differentials import Differentials, differentials, pairs, pairwise
from harness.statistics.intervals import (
    detectable_ratio,
    gap_interval,
    one_sided,
    ratio_interval,
    ratio_p_value,
)
from harness.statistics.rates import Rates

Effects = npt.ArrayLike


def rates_of(trials: list[int], errors: npt.ArrayLike, design_effect: Effects = 1.0) -> Rates:
    """Return the rates of groups with so many trials, each, and errors by threshold."""
    errors = np.array(errors, np.int64).reshape(len(trials), -1)
    with np.errstate(invalid="ignore"):
        estimate = errors / np.array(trials)[:, None]
    unused = np.full(errors.shape, np.nan)
    effect = np.broadcast_to(np.asarray(design_effect, np.float64), errors.shape)
    groups = tuple(f"group {i}" for i in range(len(trials)))
    return Rates("FMR", groups, np.array(trials), errors, effect, estimate, unused, unused, 0.95)


@st.composite
def any_rates(draw: st.DrawFn) -> Rates:
    """Two to four groups at two thresholds, alike or not, with few errors or many, clustered or not."""
    trials = draw(st.lists(st.integers(100, 100_000), min_size=2, max_size=4))
    errors = [draw(st.lists(st.integers(0, 80), min_size=2, max_size=2)) for _ in trials]
    effects = [draw(st.lists(st.floats(1, 20), min_size=2, max_size=2)) for _ in trials]
    return rates_of(trials, errors, effects)


def lower_bound_of_shown(rates: Rates, found: Differentials, threshold: int) -> float:
    """Return the adjusted lower bound of the ratio of the two groups that are shown best to differ."""
    k, n = rates.effective_errors[:, threshold], rates.effective_trials[:, threshold]
    more, fewer = found.shown_more[threshold], found.shown_fewer[threshold]
    adjusted = 1 - 0.05 / len(pairs(len(k))[0])
    return float(ratio_interval(k[more], n[more], k[fewer], n[fewer], adjusted).lower)


def test_pairs_are_every_two_groups_once() -> None:
    first, second = pairs(4)
    assert list(zip(first, second, strict=True)) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


class TestThreeGroups:
    """FMR 3 %, 1.5 % and 1 % at the low threshold; 0.2 %, 0.3 % and 0.5 % at the high one."""

    TRIALS = (1000, 1000, 2000)
    ERRORS = ((30, 2), (15, 3), (20, 10))

    @pytest.fixture
    def found(self) -> Differentials:
        return differentials(rates_of(list(self.TRIALS), self.ERRORS), 0.95)

    def ordered(self, threshold: int) -> list[tuple[int, int, int, int]]:
        """Errors and trials of every group against every other."""
        groups = [(self.ERRORS[i][threshold], self.TRIALS[i]) for i in range(3)]
        return [(*one, *other) for one, other in permutations(groups, 2)]

    def test_worst_and_best_group_and_how_far_they_are_apart(self, found: Differentials) -> None:
        assert found.worst.tolist() == [0, 2]
        assert found.best.tolist() == [2, 0]
        assert found.ratio == pytest.approx([3, 2.5])
        assert found.gap == pytest.approx([0.02, 0.003])
        assert found.confidence == 0.95

    def test_lower_bound_is_the_largest_of_any_pair_adjusted_for_three(self, found: Differentials) -> None:
        for threshold in (0, 1):
            lower = [ratio_interval(*sides, 1 - 0.05 / 3).lower for sides in self.ordered(threshold)]
            assert found.ratio_lower[threshold] == pytest.approx(max(lower))

    def test_upper_bound_is_the_largest_of_any_pair_one_sided(self, found: Differentials) -> None:
        for threshold in (0, 1):
            upper = [ratio_interval(*sides, one_sided(0.95)).upper for sides in self.ordered(threshold)]
            gap_upper = [gap_interval(*sides, one_sided(0.95)).upper for sides in self.ordered(threshold)]
            assert found.ratio_upper[threshold] == pytest.approx(max(upper))
            assert found.gap_upper[threshold] == pytest.approx(max(gap_upper))

    def test_p_value_is_the_smallest_times_three(self, found: Differentials) -> None:
        for threshold in (0, 1):
            p = [float(ratio_p_value(*sides)) for sides in self.ordered(threshold)]
            assert found.p_value[threshold] == pytest.approx(min(1, 3 * min(p)))

    def test_pairs_that_differ_by_step_down(self, found: Differentials) -> None:
        # At the low threshold p = 0.0002, 0.036, 0.31: 0.0002 * 3 is below 0.05 and 0.036 * 2 is not.
        assert found.pairs_that_differ.tolist() == [1, 0]

        # Here p = 0.000007, 0.023, 0.030: none but the first is below 0.05 / 3, yet step by step all differ.
        others = differentials(rates_of([1000, 1000, 1000], [80, 54, 32]), 0.95)
        assert others.pairs_that_differ.tolist() == [3]

    def test_detectable_ratio_is_that_of_the_least_telling_pair(self, found: Differentials) -> None:
        for threshold in (0, 1):
            detectable = [
                detectable_ratio(a + b, n_a, n_b, 0.05 / 3) for a, n_a, b, n_b in self.ordered(threshold)
            ]
            assert found.detectable_ratio[threshold] == pytest.approx(max(detectable))


class TestShownBestToDiffer:
    """The two groups that the lower bound is of, which the highest and the lowest estimate need not be."""

    def test_a_group_with_too_few_trials_to_tell_is_not_named(self) -> None:
        # Nobody of three trials of the third group matched: it has the lowest estimate, and may have any rate.
        found = differentials(rates_of([1000, 1000, 3], [90, 30, 0]), 0.95)
        assert (found.worst, found.best) == (0, 2)
        assert np.isinf(found.ratio)
        assert (found.shown_more, found.shown_fewer) == (0, 1)
        lower = float(ratio_interval(90, 1000, 30, 1000, 1 - 0.05 / 3).lower)
        assert found.ratio_lower == pytest.approx([lower])
        assert 1.7 < lower < 3

    def test_nor_one_with_the_highest_estimate_of_a_few(self) -> None:
        found = differentials(rates_of([3, 1000, 1000], [1, 30, 90]), 0.95)
        assert (found.worst, found.best) == (0, 1)
        assert (found.shown_more, found.shown_fewer) == (2, 1)

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_are_the_same_groups_in_any_order(self, order: tuple[int, ...]) -> None:
        trials, errors = np.array([1000, 1000, 3]), np.array([90, 30, 0])
        found = differentials(rates_of(trials[[*order]].tolist(), errors[[*order]]), 0.95)
        assert (order[found.shown_more[0]], order[found.shown_fewer[0]]) == (0, 1)
        assert (order[found.worst[0]], order[found.best[0]]) == (0, 2)

    def test_are_named_threshold_by_threshold(self) -> None:
        found = differentials(rates_of([1000] * 3, [[200, 20], [100, 90], [40, 20]]), 0.95)
        assert (found.shown_more.tolist(), found.shown_fewer.tolist()) == ([0, 1], [2, 0])

    def test_of_alike_groups_the_first_pair_is_named(self) -> None:
        found = differentials(rates_of([100] * 3, [5, 5, 5]), 0.95)
        assert (found.shown_more, found.shown_fewer) == (0, 1)
        assert found.ratio_lower < 1


class TestGapShown:
    """The lower bound of the largest gap: each group's exact interval combined by Zou and Donner, adjusted."""

    def test_two_groups_need_no_adjustment(self) -> None:
        # By bisection of the binomial tails at 0.025, 30 of 1000 bound a rate by 0.0203305 from below, and 15 of 1000
        # by 0.0246197 from above: 0.015 - sqrt((0.03 - 0.0203305)**2 + (0.0246197 - 0.015)**2).
        for errors in ([30, 15], [15, 30]):
            assert differentials(rates_of([1000, 1000], errors), 0.95).gap_lower == pytest.approx(
                [0.00136042], rel=1e-5
            )

    def test_of_three_groups_each_bound_is_at_a_third_of_the_significance(self) -> None:
        # The limits at 1 - 0.05 / 3, both sides, are beta quantiles at 0.05 / 6 (Clopper, Pearson).
        trials, errors = (1000, 1000, 2000), (30, 15, 20)
        tail = 0.05 / 3 / 2
        lower = [float(beta.ppf(tail, k, n - k + 1)) for k, n in zip(errors, trials, strict=True)]
        upper = [float(beta.ppf(1 - tail, k + 1, n - k)) for k, n in zip(errors, trials, strict=True)]
        rates = [0.03, 0.015, 0.01]
        bounds = [
            rates[a] - rates[b] - math.hypot(rates[a] - lower[a], upper[b] - rates[b])
            for a, b in permutations(range(3), 2)
        ]
        found = differentials(rates_of(list(trials), errors), 0.95)
        assert found.gap_lower == pytest.approx([max(0.0, *bounds)])
        assert max(bounds) == bounds[1]  # of the first and the third group
        assert 0 < max(bounds) < found.gap

    def test_is_zero_where_none_is_shown(self) -> None:
        assert differentials(rates_of([1000] * 2, [[20, 0], [18, 0]]), 0.95).gap_lower.tolist() == [0, 0]

    def test_agrees_with_the_ratio_on_the_far_pair_but_may_be_of_another(self) -> None:
        # 100 of 1000 and 40 of 1000 are 0.06 apart; 40 and 1 only 0.039, though forty times as many.
        found = differentials(rates_of([1000] * 3, [100, 40, 1]), 0.95)
        expected = gap_interval(100, 1000, 1, 1000, 1 - 0.05 / 3).lower
        assert found.gap_lower == pytest.approx([expected])


class TestTwoGroups:
    def test_need_no_adjustment(self) -> None:
        # 30 against 15 errors: exact conditional 95 % limits by an independent program.
        for errors in ([30, 15], [15, 30]):
            rates = rates_of([1000, 1000], errors)
            assert differentials(rates, 0.95).ratio_lower == pytest.approx([1.0428857370194897])
            assert differentials(rates, 0.975).ratio_upper == pytest.approx([3.999857803776694])

    def test_a_design_effect_counts_as_fewer_errors_and_trials(self) -> None:
        clustered = differentials(rates_of([2000, 4000], [60, 30], 2.0), 0.95)
        fewer = differentials(rates_of([1000, 2000], [30, 15]), 0.95)
        for field in fields(Differentials):
            assert getattr(clustered, field.name) == pytest.approx(getattr(fewer, field.name))

    @pytest.mark.parametrize(
        "design_effect", [100, 200, 240, 1000]
    )  # odds near the largest float, and beyond
    @pytest.mark.parametrize("errors", [[0, 1], [1, 0]])
    def test_hundredths_of_an_error_show_nothing(self, errors: list[int], design_effect: float) -> None:
        found = differentials(rates_of([1000, 1000], errors, design_effect), 0.95)
        assert found.ratio_lower < 1e-100
        assert np.isinf(found.ratio_upper)
        assert np.isinf(found.detectable_ratio)


class TestUndefined:
    def test_the_ratio_to_no_errors_is_infinite_with_a_finite_lower_bound(self) -> None:
        found = differentials(rates_of([100, 100], [7, 0]), 0.95)
        assert np.isinf(found.ratio)
        assert np.isinf(found.ratio_upper)
        assert found.ratio_lower == pytest.approx([1.441308518835239])  # by an independent program
        assert (found.worst, found.best) == (0, 1)

    def test_without_any_errors_there_is_no_ratio_but_a_bounded_gap(self) -> None:
        found = differentials(rates_of([500, 500], [0, 0]), 0.975)
        assert np.isnan(found.ratio)
        assert found.ratio_lower == 0
        assert np.isinf(found.ratio_upper)
        assert found.gap == 0
        assert found.gap_upper == pytest.approx([0.0073506], rel=1e-5)  # 1 - 0.025**(1/500)
        assert found.p_value == 1
        assert np.isinf(found.detectable_ratio)

    def test_a_single_group_has_nothing_to_differ_from(self) -> None:
        found = differentials(rates_of([100], [[9, 3]]), 0.95)
        for ones in (found.ratio, found.ratio_lower, found.ratio_upper, found.p_value):
            assert ones.tolist() == [1, 1]
        for zeros in (
            found.worst,
            found.best,
            found.gap,
            found.gap_lower,
            found.gap_upper,
            found.pairs_that_differ,
        ):
            assert zeros.tolist() == [0, 0]
        assert found.shown_more.tolist() == found.shown_fewer.tolist() == [-1, -1]

    def test_a_group_without_trials_is_alike_to_none_and_others_are_compared(self) -> None:
        found = differentials(rates_of([1000, 0, 1000], [80, 0, 10]), 0.95)
        of_others = differentials(rates_of([1000, 1000], [80, 10]), 0.95)
        assert (found.worst, found.best) == (-1, -1)
        for name in ("ratio", "gap"):
            assert np.isnan(getattr(found, name)).all(), name
        assert (found.shown_more, found.shown_fewer) == (0, 2)
        for name in ("ratio_lower", "gap_lower", "p_value", "pairs_that_differ"):
            assert getattr(found, name) == getattr(of_others, name), name
        assert (found.ratio_upper, found.gap_upper) == (np.inf, 1)

    def test_of_groups_with_too_little_data_no_difference_is_shown(self) -> None:
        rates = rates_of([1000, 1000, 1000], [80, 10, 40])
        found = differentials(rates, 0.95, np.array([False, True, True]))
        of_others = differentials(rates_of([1000, 1000], [10, 40]), 0.95)
        assert (found.shown_more, found.shown_fewer) == (2, 1)
        for name in ("ratio_lower", "gap_lower", "p_value", "pairs_that_differ"):
            assert getattr(found, name) == getattr(of_others, name), name
        assert found.ratio_upper == differentials(rates, 0.95).ratio_upper
        nobody = differentials(rates, 0.95, np.array([False, True, False]))
        assert (nobody.shown_more, nobody.ratio_lower, nobody.p_value) == (-1, 1, 1)


class TestAnyRates:
    @given(any_rates(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
    def test_lower_bound_exceeds_1_exactly_where_a_pair_differs(
        self, rates: Rates, confidence: float
    ) -> None:
        found = differentials(rates, confidence)
        significance = 1 - confidence
        assume(np.all(np.abs(found.p_value - significance) > 1e-9))
        assert ((found.ratio_lower > 1) == (found.p_value <= significance)).all()
        assert ((found.ratio_lower > 1) == (found.pairs_that_differ > 0)).all()

    @given(any_rates(), st.sampled_from([0.8, 0.95, 0.99]))
    def test_bounds_enclose_the_estimates(self, rates: Rates, confidence: float) -> None:
        found = differentials(rates, confidence)
        defined = ~np.isnan(found.ratio)
        assert (found.ratio_lower[defined] <= found.ratio[defined]).all()
        assert (found.ratio[defined] <= found.ratio_upper[defined]).all()
        assert (found.gap <= found.gap_upper).all()
        assert (found.ratio[defined] >= 1).all()

    @given(any_rates(), st.data())
    def test_order_of_the_groups_does_not_matter(self, rates: Rates, data: st.DataObject) -> None:
        order = np.array(data.draw(st.permutations(range(len(rates.groups)))))
        shuffled = rates_of(rates.trials[order].tolist(), rates.errors[order], rates.design_effect[order])
        found, other = differentials(rates, 0.95), differentials(shuffled, 0.95)
        for field in fields(Differentials):
            if field.name not in ("worst", "best", "shown_more", "shown_fewer"):
                one, two = getattr(found, field.name), getattr(other, field.name)
                assert one == pytest.approx(two, nan_ok=True), field.name
        threshold = np.arange(2)
        for at in threshold:  # of pairs that are shown alike, either may be named
            one, two = lower_bound_of_shown(rates, found, at), lower_bound_of_shown(shuffled, other, at)
            assert one == pytest.approx(two)
        for one, two in ((found.worst, other.worst), (found.best, other.best)):
            chosen = rates.estimate[one, threshold]  # of equals, either group may come first
            assert chosen.tolist() == rates.estimate[order[two], threshold].tolist()

    @given(any_rates())
    def test_the_pair_that_is_named_is_the_one_whose_bound_is_given(self, rates: Rates) -> None:
        found = differentials(rates, 0.95)
        for at in range(2):
            assert lower_bound_of_shown(rates, found, at) == pytest.approx(found.ratio_lower[at])
            more, fewer = found.shown_more[at], found.shown_fewer[at]
            if found.ratio_lower[at] > 1:
                assert rates.estimate[more, at] > rates.estimate[fewer, at]

    @given(any_rates())
    def test_a_gap_is_shown_by_no_more_than_there_is_and_by_none_where_none_may_be(
        self, rates: Rates
    ) -> None:
        found = differentials(rates, 0.95)
        assert (found.gap_lower >= 0).all()
        assert (found.gap_lower <= found.gap).all()

    @given(any_rates(), st.integers(1, 12))
    def test_some_thresholds_at_a_time_give_the_same_bits(self, rates: Rates, at_once: int) -> None:
        whole = differentials(rates, 0.95)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("harness.statistics.differentials.PAIRS_AT_ONCE", at_once)
            in_parts = differentials(rates, 0.95)
        for field in fields(Differentials):
            np.testing.assert_array_equal(getattr(in_parts, field.name), getattr(whole, field.name))


class TestPairwise:
    """Three groups at two thresholds, of which the second is asked for."""

    RATES = rates_of([1000, 500, 1000], [[50, 30], [50, 15], [50, 0]])

    def test_each_pair_by_the_interval_of_two(self) -> None:
        found = pairwise(self.RATES, 0.95, [1])
        assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]
        assert found.ratio[:, 0].tolist() == [1.0, np.inf, np.inf]
        k, n = [30, 15, 0], [1000, 500, 1000]
        for i, (first, second) in enumerate(zip(found.first, found.second, strict=True)):
            expected = ratio_interval(k[first], n[first], k[second], n[second], 0.95)
            assert (found.lower[i, 0], found.upper[i, 0]) == (float(expected.lower), float(expected.upper))

    def test_p_values_are_adjusted_for_their_number(self) -> None:
        found = pairwise(self.RATES, 0.95, [1])
        alone = [ratio_p_value(30, 1000, 0, 1000), ratio_p_value(15, 500, 0, 1000)]
        assert found.p_value[0, 0] == 1
        assert sorted(found.p_value[1:, 0]) == pytest.approx(sorted([3 * min(alone), 2 * max(alone)]))

    def test_a_single_group_has_no_pairs(self) -> None:
        assert pairwise(rates_of([10], [[5]]), 0.95, [0]).ratio.shape == (0, 1)

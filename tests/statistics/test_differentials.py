"""Differentials of an axis, from the intervals of every two of its groups."""

from __future__ import annotations

from dataclasses import fields
from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

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
        for zeros in (found.worst, found.best, found.gap, found.gap_upper, found.pairs_that_differ):
            assert zeros.tolist() == [0, 0]

    def test_a_group_without_trials_leaves_nothing_known(self) -> None:
        found = differentials(rates_of([1000, 0, 1000], [80, 0, 10]), 0.95)
        assert (found.worst, found.best) == (-1, -1)
        for name in (
            "ratio",
            "ratio_lower",
            "ratio_upper",
            "gap",
            "gap_upper",
            "p_value",
            "detectable_ratio",
        ):
            assert np.isnan(getattr(found, name)).all(), name


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
            if field.name not in ("worst", "best"):
                one, two = getattr(found, field.name), getattr(other, field.name)
                assert one == pytest.approx(two, nan_ok=True), field.name
        threshold = np.arange(2)
        for one, two in ((found.worst, other.worst), (found.best, other.best)):
            chosen = rates.estimate[one, threshold]  # of equals, either group may come first
            assert chosen.tolist() == rates.estimate[order[two], threshold].tolist()

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

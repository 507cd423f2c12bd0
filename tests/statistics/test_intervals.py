"""Intervals against scipy, tables, closed forms, and their exact chance of covering the truth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from harness.statistics.intervals import (
    clopper_pearson,
    detectable_ratio,
    gap_interval,
    growth_to_show_parity,
    holm,
    one_sided,
    poisson_interval,
    ratio_interval,
    ratio_p_value,
)

Floats = npt.NDArray[np.float64]

CONFIDENCES = st.sampled_from([0.8, 0.9, 0.95, 0.99, 0.999])
ERRORS = st.integers(0, 60)
TRIALS = st.integers(60, 1_000_000)


def test_one_sided_leaves_the_whole_error_in_each_tail() -> None:
    for confidence in (0.9, 0.95, 0.99):
        assert (1 - one_sided(confidence)) / 2 == pytest.approx(1 - confidence)


class TestPoissonInterval:
    @given(st.integers(0, 5000), st.floats(0.01, 10_000), CONFIDENCES)
    def test_equals_quantiles_of_chi_squared(self, events: int, exposure: float, confidence: float) -> None:
        tail = (1 - confidence) / 2
        lower = stats.chi2.ppf(tail, 2 * events) / 2 if events else 0.0
        upper = stats.chi2.isf(tail, 2 * events + 2) / 2
        assert poisson_interval(events, exposure, confidence) == pytest.approx(
            (lower / exposure, upper / exposure), rel=1e-9
        )

    def test_printed_limits(self) -> None:
        """Garwood's table at 95 %."""
        lower, upper = poisson_interval([0, 1, 10], 1.0, 0.95)
        assert lower == pytest.approx([0, 0.0253, 4.795], abs=5e-4)
        assert upper == pytest.approx([3.689, 5.572, 18.39], abs=5e-3)

    def test_without_exposure_there_is_no_rate(self) -> None:
        assert np.isnan(poisson_interval(0, 0.0, 0.95)).all()


class TestClopperPearson:
    @given(st.integers(1, 2000), st.floats(0, 1), CONFIDENCES)
    def test_equals_the_exact_interval_of_scipy(self, trials: int, share: float, confidence: float) -> None:
        errors = round(share * trials)
        expected = stats.binomtest(errors, trials).proportion_ci(confidence, method="exact")
        assert clopper_pearson(errors, trials, confidence) == pytest.approx(
            (expected.low, expected.high), rel=1e-6, abs=1e-10
        )

    @pytest.mark.parametrize(
        ("errors", "trials", "lower", "upper"),
        [
            (10, 100, 0.0490, 0.1762),  # printed tables of binomial limits
            (10, 3_147_436, 1.52e-6, 5.84e-6),  # false alerts and faces seen in published deployments
        ],
    )
    def test_published_limits(self, errors: int, trials: int, lower: float, upper: float) -> None:
        assert clopper_pearson(errors, trials, 0.95) == pytest.approx((lower, upper), rel=3e-3)

    @pytest.mark.parametrize(
        ("trials", "confidence", "upper"),
        [
            (500, 0.95, 0.0073506),  # 1 - 0.025**(1/500)
            (30_000, one_sided(0.95), 9.98527e-5),  # 1 - 0.05**(1/30000); the rule of three says 1e-4
        ],
    )
    def test_no_errors_still_leave_an_upper_bound(self, trials: int, confidence: float, upper: float) -> None:
        assert clopper_pearson(0, trials, confidence) == pytest.approx((0, upper), rel=5e-6)
        assert clopper_pearson(trials, trials, confidence) == pytest.approx((1 - upper, 1), rel=1e-7)

    def test_huge_trials_approach_the_poisson_limits(self) -> None:
        trials = 1e15
        poisson = stats.gamma.ppf([0.025, 0.975], [10, 11])
        assert np.multiply(clopper_pearson(10, trials, 0.95), trials) == pytest.approx(poisson, rel=1e-9)

    @given(st.integers(1, 5000), st.floats(0, 1), st.floats(0.01, 0.99), CONFIDENCES)
    def test_fractional_errors_lie_between_whole_ones(
        self, trials: int, share: float, fraction: float, confidence: float
    ) -> None:
        errors = round(share * (trials - 1))
        lower, upper = clopper_pearson(np.array([0, fraction, 1]) + errors, trials, confidence)
        assert np.all(np.diff(lower) > 0)
        assert np.all(np.diff(upper[:2]) > 0)
        assert upper[1] <= upper[2]  # both may round to 1

    def test_no_trials_bound_nothing(self) -> None:
        lower, upper = clopper_pearson([0, 1], [0, 2], 0.95)
        assert np.isnan([lower[0], upper[0]]).all()
        assert np.isfinite([lower[1], upper[1]]).all()

    @pytest.mark.parametrize("trials", [5, 20, 50, 100, 500, 3000])
    def test_covers_every_proportion_as_often_as_it_says(self, trials: int) -> None:
        truth = np.concatenate([[1e-4, 1e-3, 5e-3], np.linspace(0.01, 0.99, 50)])[:, None]
        errors = np.arange(trials + 1)
        lower, upper = clopper_pearson(errors, trials, 0.95)
        covered = stats.binom.pmf(errors, trials, truth) * ((lower <= truth) & (truth <= upper))
        assert covered.sum(axis=1).min() >= 0.95


class TestRatioInterval:
    @pytest.mark.parametrize(
        ("errors", "other", "lower", "upper"),
        [  # exact conditional 95 % limits for equal trials, computed by an independent program
            (7, 0, 1.441308518835239, np.inf),
            (5, 2, 0.40928608085489243, 26.25347677240827),
            (30, 15, 1.0428857370194897, 3.999857803776694),
            (30, 30, 0.5824337997505955, 1.7169333243163607),
        ],
    )
    def test_known_values(self, errors: int, other: int, lower: float, upper: float) -> None:
        assert ratio_interval(errors, 1000, other, 1000, 0.95) == pytest.approx((lower, upper), rel=1e-9)

    @given(st.integers(1, 60), TRIALS, st.integers(1, 60), TRIALS, CONFIDENCES)
    def test_is_the_odds_of_the_exact_interval_of_the_share(
        self, a: int, n_a: int, b: int, n_b: int, confidence: float
    ) -> None:
        share = stats.binomtest(a, a + b).proportion_ci(confidence, method="exact")
        expected = [limit / (1 - limit) * n_b / n_a for limit in share]
        assert ratio_interval(a, n_a, b, n_b, confidence) == pytest.approx(expected, rel=1e-6)

    @given(ERRORS, TRIALS, ERRORS, TRIALS, CONFIDENCES)
    def test_swapping_the_groups_inverts_it(
        self, a: int, n_a: int, b: int, n_b: int, confidence: float
    ) -> None:
        lower, upper = ratio_interval(a, n_a, b, n_b, confidence)
        swapped = ratio_interval(b, n_b, a, n_a, confidence)
        with np.errstate(divide="ignore"):
            assert swapped == pytest.approx((1 / upper, 1 / lower))

    @given(ERRORS, TRIALS, ERRORS, TRIALS, st.integers(2, 1000))
    def test_scales_with_the_trials(self, a: int, n_a: int, b: int, n_b: int, factor: int) -> None:
        once = np.array(ratio_interval(a, n_a, b, n_b, 0.95))
        assert ratio_interval(a, factor * n_a, b, factor * n_b, 0.95) == pytest.approx(once)
        assert ratio_interval(a, n_a, b, factor * n_b, 0.95) == pytest.approx(once * factor)

    def test_no_errors_leave_a_side_open(self) -> None:
        assert ratio_interval(0, 9, 7, 9, 0.95) == pytest.approx((0, 1 / 1.441308518835239))
        assert ratio_interval(0, 9, 0, 9, 0.95) == (0, np.inf)

    @pytest.mark.parametrize(("n_a", "n_b"), [(0, 9), (9, 0), (0, 0)])
    def test_no_trials_bound_nothing(self, n_a: int, n_b: int) -> None:
        assert np.isnan(ratio_interval(0, n_a, 0, n_b, 0.95)).all()
        assert np.isnan(gap_interval(0, n_a, 0, n_b, 0.95)).all()
        assert np.isnan(ratio_p_value(0, n_a, 0, n_b))
        assert np.isnan(detectable_ratio(100, n_a, n_b, 0.05))

    @pytest.mark.parametrize("errors", [1e3, 1e6, 1e12])
    def test_keeps_its_digits_when_nearly_all_errors_are_in_one_group(self, errors: float) -> None:
        against_none = ratio_interval(errors, 1, 0, 1, 0.95).lower  # share**errors = 0.025
        assert against_none == pytest.approx(1 / np.expm1(-np.log(0.025) / errors), rel=1e-11)
        odds = ratio_interval(errors, 1, 1, 1, 0.95).lower  # P(at most one of errors + 1 elsewhere) = 0.025
        tail = np.exp(-(errors + 1) * np.log1p(1 / odds)) * (1 + (errors + 1) / odds)
        assert tail == pytest.approx(0.025, rel=1e-11)

    @pytest.mark.parametrize("design_effect", [100, 200, 1000])
    def test_a_small_fraction_of_an_error_leaves_hardly_a_bound(self, design_effect: float) -> None:
        lower, upper = ratio_interval(0, 1000, 1 / design_effect, 1000 / design_effect, 0.95)
        assert lower == 0
        assert upper > 1e150

    @pytest.mark.slow
    def test_covers_the_ratio_of_two_poisson_rates_as_often_as_it_says(self) -> None:
        for expected in (0.5, 2, 5, 12, 40):
            for ratio in (0.1, 0.5, 1, 2, 10):
                a, b = (np.arange(stats.poisson.isf(1e-12, mean)) for mean in (expected * ratio, expected))
                chance = stats.poisson.pmf(a, expected * ratio)[:, None] * stats.poisson.pmf(b, expected)
                for trials in (1.0, 10.0):  # the expected errors stay, the rates change
                    sides = a[:, None], 1.0, b, trials
                    truth = ratio * trials
                    assert _covered(chance, ratio_interval(*sides, 0.95), truth) >= 0.95
                    one = ratio_interval(*sides, one_sided(0.95))
                    assert _covered(chance, (one.lower, np.inf), truth) >= 0.95
                    assert _covered(chance, (0.0, one.upper), truth) >= 0.95


class TestRatioPValue:
    @given(ERRORS, ERRORS, TRIALS)
    def test_equals_the_binomial_test_when_trials_are_equal(self, a: int, b: int, trials: int) -> None:
        expected = stats.binomtest(a, a + b).pvalue if a + b else 1.0
        assert ratio_p_value(a, trials, b, trials) == pytest.approx(expected)

    @given(ERRORS, TRIALS, ERRORS, TRIALS, CONFIDENCES)
    def test_rejects_exactly_where_the_interval_leaves_out_1(
        self, a: int, n_a: int, b: int, n_b: int, confidence: float
    ) -> None:
        p = ratio_p_value(a, n_a, b, n_b)
        assume(abs(p - (1 - confidence)) > 1e-12)
        lower, upper = ratio_interval(a, n_a, b, n_b, confidence)
        assert (p <= 1 - confidence) == (lower > 1 or upper < 1)


class TestGapInterval:
    def test_hand_computed(self) -> None:
        # Limits 0.0490 to 0.1762 of 10/100 and 0.0164 to 0.1128 of 5/100, from printed tables.
        expected = 0.05 - np.hypot(0.0510, 0.0628), 0.05 + np.hypot(0.0762, 0.0336)
        assert gap_interval(10, 100, 5, 100, 0.95) == pytest.approx(expected, abs=1e-4)

    def test_without_errors_spans_the_limits_of_each(self) -> None:
        assert gap_interval(0, 500, 0, 30_000, 0.95) == pytest.approx(
            (-clopper_pearson(0, 30_000, 0.95).upper, 0.0073506), rel=1e-5
        )

    @given(ERRORS, TRIALS, ERRORS, TRIALS, CONFIDENCES)
    def test_holds_the_difference_and_negates_when_swapped(
        self, a: int, n_a: int, b: int, n_b: int, confidence: float
    ) -> None:
        lower, upper = gap_interval(a, n_a, b, n_b, confidence)
        assert -1 <= lower <= a / n_a - b / n_b <= upper <= 1
        assert lower < upper
        assert gap_interval(b, n_b, a, n_a, confidence) == pytest.approx((-upper, -lower))

    @pytest.mark.parametrize("trials", [50, 300, 2000])
    @pytest.mark.parametrize("other_trials", [50, 300, 2000])
    def test_covers_nearly_as_often_as_it_says(self, trials: int, other_trials: int) -> None:
        for p in (5e-4, 5e-3, 0.02, 0.1, 0.5):
            for q in (5e-4, 5e-3, 0.02, 0.1, 0.5):
                a, b = _likely(trials, p), _likely(other_trials, q)
                chance = stats.binom.pmf(a, trials, p)[:, None] * stats.binom.pmf(b, other_trials, q)
                interval = gap_interval(a[:, None], trials, b, other_trials, 0.95)
                assert _covered(chance, interval, p - q) >= 0.93


class TestHolm:
    def test_hand_computed(self) -> None:
        adjusted = holm(np.array([[0.01, 0.5], [0.04, 0.2], [0.03, 0.9], [0.005, 0.3]]))
        assert adjusted == pytest.approx(np.array([[0.03, 1], [0.06, 0.8], [0.06, 1], [0.02, 0.9]]))

    @given(st.lists(st.floats(0, 1) | st.just(np.nan), min_size=1, max_size=8))
    def test_equals_the_procedure_step_by_step(self, p_values: list[float]) -> None:
        left = [p for p in p_values if not np.isnan(p)]
        bound, adjusted = 0.0, {}
        while left:
            bound = max(bound, min(1.0, min(left) * len(left)))
            adjusted.setdefault(min(left), bound)
            left.remove(min(left))
        expected = [adjusted.get(p, np.nan) for p in p_values]
        np.testing.assert_allclose(holm(np.array(p_values)), expected)

    @given(st.lists(st.floats(0, 1), min_size=2, max_size=8))
    def test_keeps_the_order_and_never_helps(self, p_values: list[float]) -> None:
        raw = np.sort(p_values)
        assert np.all(np.diff(holm(raw)) >= 0)
        assert np.all((holm(raw) >= raw) & (holm(raw) <= 1))


class TestDetectableRatio:
    @pytest.mark.parametrize(
        ("ratio", "first", "stays_from"),
        # events for 80 % power of the two-sided 5 % test of two equal groups, by an independent program
        [(2, 72, 77), (3, 30, 35), (5, 17, 17), (10, 9, 12)],
    )
    def test_events_needed_by_two_equal_groups(self, ratio: float, first: int, stays_from: int) -> None:
        totals = np.arange(200)
        detected = detectable_ratio(totals, 1e6, 1e6, 0.05) <= ratio
        assert totals[detected][0] == first
        assert totals[~detected][-1] + 1 == stays_from

    @given(st.integers(12, 400), st.sampled_from([0.2, 0.5, 0.8]), st.sampled_from([0.05, 0.01]))
    def test_has_the_power_there_and_not_below(self, total: int, share: float, significance: float) -> None:
        def power(ratio: float) -> float:
            a = np.arange(total + 1)
            rejected = ratio_p_value(a, share, total - a, 1 - share) <= significance
            odds = ratio * share / (1 - share)
            return float(stats.binom.pmf(a, total, odds / (1 + odds))[rejected & (a > total * share)].sum())

        ratio = float(detectable_ratio(total, share, 1 - share, significance))
        assume(np.isfinite(ratio))
        assert power(ratio * 1.0001) > 0.8 > power(ratio * 0.9999)

    def test_too_few_errors_detect_nothing_and_parts_of_one_do_not_count(self) -> None:
        # Even a split of 5 to 0 has p = 2/2**5 > 0.05.
        detectable = detectable_ratio([0, 1, 5, 5.9, 6], 10, 10, 0.05)
        assert np.isinf(detectable).tolist() == [True, True, True, True, False]
        assert detectable_ratio(12.9, 10, 10, 0.05) == detectable_ratio(12, 10, 10, 0.05)


class TestGrowthToShowParity:
    @pytest.mark.slow
    @pytest.mark.parametrize("max_ratio", [1.25, 1.5, 2.0])
    @pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
    def test_shows_parity_about_four_times_in_five(self, max_ratio: float, confidence: float) -> None:
        # A first-order formula for an exact interval: a little short of 0.80, more so for wider ratios.
        for trials in (1, 5):
            share = trials / (1 + trials)
            expected = float(growth_to_show_parity(share, 1 - share, max_ratio, confidence))
            shown = 0.0
            for total in np.arange(*stats.poisson.ppf([1e-4, 1 - 1e-4], expected)):
                a = np.arange(total + 1)
                lower, upper = ratio_interval(a, trials, total - a, 1, one_sided(confidence))
                within = (1 / max_ratio <= lower) & (upper <= max_ratio)
                chance = stats.binom.pmf(a, total, share)[within].sum()
                shown += stats.poisson.pmf(total, expected) * chance
            assert 0.72 <= shown <= 0.80

    def test_is_in_proportion_to_the_errors_there_are(self) -> None:
        once = growth_to_show_parity(10, 20, 1.5, 0.95)
        assert growth_to_show_parity(30, 60, 1.5, 0.95) == pytest.approx(once / 3)

    def test_no_errors_never_suffice(self) -> None:
        assert np.isinf(growth_to_show_parity([0, 0, 5], [0, 5, 0], 1.5, 0.95)).all()


def _likely(trials: int, p: float) -> Floats:
    """Return the numbers of errors that hold all but 2e-9 of the chance; the rest counts as not covered."""
    return np.arange(stats.binom.ppf(1e-9, trials, p), stats.binom.isf(1e-9, trials, p) + 1)


def _covered(chance: Floats, interval: tuple[Floats | float, Floats | float], truth: float) -> float:
    lower, upper = interval
    return float((chance * ((lower <= truth) & (truth <= upper))).sum())

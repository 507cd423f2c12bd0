"""Beta quantiles against the distribution itself, computed to fifty digits by other means."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import special

from harness.statistics.intervals import clopper_pearson, detectable_ratio, ratio_interval
from harness.statistics.quantiles import TOLERANCE, beta_quantile, upper_beta_quantile

DIGITS = Context(prec=50)
BERNOULLI = [Fraction(1, 6), Fraction(-1, 30), Fraction(1, 42), Fraction(-1, 30), Fraction(5, 66)]
BERNOULLI += [Fraction(-691, 2730), Fraction(7, 6), Fraction(-3617, 510), Fraction(43867, 798)]
HALF_LOG_TWO_PI = Decimal("0.91893853320467274178032973640561763986139747363778")

CONFIDENCES = st.sampled_from([0.8, 0.9, 0.95, 0.99, 0.999])
TRIALS = st.floats(5, 12).map(lambda exponent: float(round(10**exponent)))


def log_gamma(z: Decimal) -> Decimal:
    """Stirling's series; a small argument is raised to where it converges."""
    raised = Decimal(1)
    while z < 500:
        raised *= z
        z += 1
    series = sum(
        Decimal(b.numerator) / (b.denominator * 2 * i * (2 * i - 1) * z ** (2 * i - 1))
        for i, b in enumerate(BERNOULLI, 1)
    )
    return (z - Decimal("0.5")) * z.ln() - z + HALF_LOG_TWO_PI + series - raised.ln()


def chance_below(x: float, a: float, b: float) -> Decimal:
    """The chance that a beta variable is below a small x: a series of positive terms, Abramowitz, Stegun 26.5.4."""
    with localcontext(DIGITS):
        value, first, second = Decimal(x), Decimal(a), Decimal(b)
        both = first + second
        log_front = log_gamma(both) - log_gamma(first + 1) - log_gamma(second)
        term = (log_front + first * value.ln() + second * (1 - value).ln()).exp()
        total, n = Decimal(0), 0
        while term > total * Decimal("1e-25"):
            total += term
            term *= (both + n) / (first + 1 + n) * value
            n += 1
        return total


def off(chance: Decimal, wanted: float) -> float:
    return abs(float(chance / Decimal(wanted) - 1))


class TestTheReference:
    @pytest.mark.parametrize(("a", "b"), [(1, 7), (3, 4), (20, 9), (7, 30)])
    @pytest.mark.parametrize("x", [1 / 1024, 1 / 8, 1 / 2])
    def test_is_a_sum_of_binomial_chances_for_whole_parameters(self, a: int, b: int, x: float) -> None:
        n, p = a + b - 1, Fraction(x)
        exact = sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(a, n + 1))
        assert float(chance_below(x, a, b)) == pytest.approx(float(exact), rel=1e-14)

    def test_is_a_power_where_a_parameter_is_1(self) -> None:
        with localcontext(DIGITS):
            none = 1 - (1 - Decimal(2) ** -39) ** 10**12
        assert float(chance_below(2**-39, 1, 1e12)) == pytest.approx(float(none), rel=1e-14)
        assert float(chance_below(0.25, 0.5, 1)) == pytest.approx(0.5, rel=1e-14)


class TestCoverage:
    """Each limit of a proportion leaves just its share of the chance outside."""

    @given(st.integers(1, 100_000) | st.integers(990, 1010), TRIALS, CONFIDENCES)
    @example(999, 1e10, 0.95)
    @example(1000, 1e9, 0.95)
    @example(1000, 1e12, 0.95)
    @example(2, 1e9, 0.95)  # a finite sum loses the digits
    @settings(max_examples=60, deadline=None)
    def test_of_whole_errors(self, errors: int, trials: float, confidence: float) -> None:
        self.check(errors, max(trials, 2.0 * errors), confidence)

    @given(st.floats(-2, 5).map(lambda e: 10**e) | st.floats(999, 1001), TRIALS, CONFIDENCES)
    @settings(max_examples=60, deadline=None)
    def test_of_parts_of_errors(self, errors: float, trials: float, confidence: float) -> None:
        self.check(errors, max(trials, 2.0 * errors), confidence)

    @staticmethod
    def check(errors: float, trials: float, confidence: float) -> None:
        lower, upper = (float(limit) for limit in clopper_pearson(errors, trials, confidence))
        tail = (1 - confidence) / 2
        assert lower <= errors / trials <= upper
        above = 1 - chance_below(upper, errors + 1, trials - errors)
        assert off(above, tail) < TOLERANCE
        if lower > 1e-300:  # a hundredth of an error has a lower limit below the smallest float
            assert off(chance_below(lower, errors, trials - errors + 1), tail) < TOLERANCE

    @pytest.mark.parametrize("trials", [1e5, 1e6, 1e9, 1e10, 1e12])
    def test_grows_with_the_errors(self, trials: float) -> None:
        errors = np.concatenate([np.arange(1.0, 3000), np.arange(99_000.0, 99_500)])
        lower, upper = clopper_pearson(errors, trials, 0.95)
        assert (np.diff(lower) > 0).all()
        assert (np.diff(upper) > 0).all()
        assert (lower < errors / trials).all()
        assert (upper > errors / trials).all()

    def test_of_a_ratio_with_1000_errors_on_a_side(self) -> None:
        errors = np.array([998.0, 999.0, 1000.0, 1001.0])
        for others in (1e9, 1e10, 1e12):
            for interval in (
                ratio_interval(errors, 1, others, 1, 0.95),
                ratio_interval(others, 1, errors[::-1], 1, 0.95),
            ):
                assert (np.diff(interval.lower) > 0).all()
                assert (np.diff(interval.upper) > 0).all()
                assert np.allclose(interval.upper / interval.lower, 1.133, rtol=2e-3)

    def test_of_what_is_detectable_where_the_critical_count_is_1000(self) -> None:
        totals = np.linspace(1e9, 1.03e9, 400)
        ratio = detectable_ratio(totals, 1, 1.075e6, 0.05)
        assert (ratio > 1).all()
        assert (ratio < 1.2).all()


class TestQuantiles:
    def test_are_those_of_scipy_where_these_lead_back(self) -> None:
        a, b = np.array([0.5, 3, 40, 700.25]), np.array([1e6, 17, 3e5, 800])
        assert beta_quantile(a, b, 0.1).tolist() == special.betaincinv(a, b, 0.1).tolist()
        assert upper_beta_quantile(a, b, 0.1).tolist() == special.betainccinv(a, b, 0.1).tolist()

    @pytest.mark.parametrize("nonsense", [0.0, 1e-12, 0.3, 1 - 1e-9, 1.0, np.nan])
    def test_do_not_depend_on_what_an_inverse_says(
        self, nonsense: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a, b = np.array([0.4, 3, 1000, 5e6]), np.array([1e6, 1e9, 2.5, 5e6])
        chance = np.array([0.9, 0.5, 1e-6, 0.2])
        expected = beta_quantile(a, b, chance), upper_beta_quantile(a, b, chance)
        for name in ("betaincinv", "betainccinv"):
            monkeypatch.setattr(special, name, lambda a, b, chance: np.full_like(chance, nonsense))
        assert beta_quantile(a, b, chance) == pytest.approx(expected[0], rel=1e-9)
        assert upper_beta_quantile(a, b, chance) == pytest.approx(expected[1], rel=1e-9)

    @given(st.floats(-2, 7), st.floats(-2, 7), st.floats(1e-6, 1 - 1e-6))
    def test_from_above_are_those_of_the_rest_from_below(self, a: float, b: float, chance: float) -> None:
        a, b = 10**a, 10**b
        assert upper_beta_quantile(a, b, chance) == pytest.approx(
            1 - beta_quantile(b, a, chance), rel=1e-9, abs=1e-15
        )

    def test_below_the_smallest_float_are_no_more_than_it(self) -> None:
        assert float(beta_quantile(0.001, 5, 0.1)) <= np.finfo(np.float64).tiny
        assert float(upper_beta_quantile(5, 0.001, 0.1)) == 1

    def test_out_of_range_are_undefined(self) -> None:
        assert np.isnan(beta_quantile([0, 1, -1, np.nan], [1, 0, 1, 1], 0.5)).all()

"""Evidence that builds up: the published values, other ways to compute it, and what it promises."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from harness.statistics.monitoring import (
    MOST_TIMES,
    allowed_share,
    bar_of_alarm,
    chance_of_alarm,
    chance_of_share_alarm,
    deployments_to_alarm,
    largest_share_of_alarm,
    rate_evidence,
    share_evidence,
)

BAR = bar_of_alarm(0.95)


@pytest.mark.parametrize(("alerts", "allowed", "evidence"), [(7, 1.0452, "326.3"), (0, 1.0, "0.1295")])
def test_the_rate_at_values_worked_out_elsewhere(alerts: int, allowed: float, evidence: str) -> None:
    assert f"{math.exp(rate_evidence(alerts, allowed)):.4g}" == evidence


@pytest.mark.parametrize(
    ("share", "ratio", "evidence"),
    [(0.135, 1, "28,293"), (0.30, 1, "89.7"), (0.40, 1, "14.2"), (0.40, 2, "2.07")],
)
def test_eight_of_ten_at_values_worked_out_elsewhere(share: float, ratio: float, evidence: str) -> None:
    found = math.exp(share_evidence(8, 2, share, ratio))
    digits = len(evidence.partition(".")[2])
    assert f"{found:,.{digits}f}" == evidence


@given(st.integers(0, 60), st.floats(0.01, 60))
def test_the_rate_is_the_integral_over_alternatives(alerts: int, allowed: float) -> None:
    at = np.clip(math.log(max(alerts, 1) / allowed), 0, math.log(MOST_TIMES))
    highest = alerts * at - math.expm1(at) * allowed

    def density(u: float) -> float:
        return math.exp(alerts * u - math.expm1(u) * allowed - highest) / math.log(MOST_TIMES)

    value, _ = integrate.quad(
        density, 0, math.log(MOST_TIMES), points=[at], limit=400, epsabs=0, epsrel=1e-10
    )
    assert float(rate_evidence(alerts, allowed)) == pytest.approx(
        highest + math.log(value), abs=1e-8, rel=1e-9
    )


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 99))
def test_the_share_is_a_sum_of_exact_fractions(own: int, others: int, percent: int) -> None:
    """With b a whole number the integral is a polynomial: the mean of (1 + t o)^a (1 - t)^b over t from 0 to 1."""
    odds = Fraction(100 - percent, percent)
    exact = sum(
        math.comb(own, i)
        * odds**i
        * Fraction(math.factorial(i) * math.factorial(others), math.factorial(i + others + 1))
        for i in range(own + 1)
    )
    found = float(share_evidence(own, others, percent / 100))
    assert found == pytest.approx(math.log(exact), abs=1e-9, rel=1e-9)


@pytest.mark.parametrize("alerts", [5, 300, 100_000])
def test_alerts_where_none_is_allowed_overflow_nothing(alerts: int) -> None:
    top = alerts * math.log(MOST_TIMES)
    assert float(rate_evidence(alerts, 0.0)) == pytest.approx(
        top + math.log1p(-math.exp(-top)) - math.log(top), rel=1e-12
    )


@pytest.mark.parametrize("allowed", [1e3, 1e6])
def test_no_alert_where_very_many_are_allowed(allowed: float) -> None:
    expected = math.log((1 - 1 / allowed) / allowed / math.log(MOST_TIMES))
    assert float(rate_evidence(0, allowed)) == pytest.approx(expected, abs=3 / allowed**2 + 1e-10)


@pytest.mark.parametrize(("alerts", "allowed"), [(10**4, 1e4), (10**5, 1.1e5), (10**6, 9e5)])
def test_a_million_alerts_by_incomplete_gamma_functions(alerts: int, allowed: float) -> None:
    tail = special.gammaincc(alerts, allowed) if allowed > alerts else 1 - special.gammainc(alerts, allowed)
    closed = (
        allowed
        - alerts * math.log(allowed)
        + special.gammaln(alerts)
        + math.log(tail)
        - math.log(math.log(100))
    )
    assert float(rate_evidence(alerts, allowed)) == pytest.approx(closed, abs=1e-6)


def test_before_anything_happens_the_evidence_is_one() -> None:
    assert float(rate_evidence(0, 0.0)) == pytest.approx(0, abs=1e-12)
    assert float(share_evidence(0, 0, 0.3)) == pytest.approx(0, abs=1e-12)


@settings(max_examples=15)
@given(st.integers(0, 30), st.floats(0.05, 20), st.floats(0.05, 5))
def test_the_mean_after_one_more_deployment_is_no_more_than_before(
    alerts: int, allowed: float, step: float
) -> None:
    """What Ville's inequality needs, with every count that is to be reckoned with."""
    counts = np.arange(stats.poisson.isf(1e-14, step) + 400)
    after = rate_evidence(alerts + counts, allowed + step) + stats.poisson.logpmf(counts, step)
    assert special.logsumexp(after) <= float(rate_evidence(alerts, allowed)) + 1e-6


@given(st.integers(0, 30), st.integers(0, 30), st.floats(0.02, 0.95), st.floats(1, 4))
def test_the_mean_after_one_more_false_alert_is_what_it_was(
    own: int, others: int, share: float, ratio: float
) -> None:
    p = float(allowed_share(share, ratio))
    after = np.logaddexp(
        math.log(p) + share_evidence(own + 1, others, share, ratio),
        math.log1p(-p) + share_evidence(own, others + 1, share, ratio),
    )
    assert float(after) == pytest.approx(float(share_evidence(own, others, share, ratio)), abs=1e-8)


def test_the_share_below_which_there_is_an_alarm_is_where_it_begins() -> None:
    limit = largest_share_of_alarm([3, 8], [0, 2], BAR, 2.0)
    at = [share_evidence([3, 8], [0, 2], limit * scale, 2.0).max() for scale in (0.999, 1.001)]
    assert at[0] > BAR > at[1]
    assert largest_share_of_alarm([0, 0], [1, 5], BAR) == 0.0


def test_what_would_have_been_noticed_is_what_simulation_finds() -> None:
    rng = np.random.default_rng(5)
    steps = np.tile([0.2, 0.5, 0.9], 10)
    total = rng.poisson(2 * steps, (20_000, len(steps))).cumsum(axis=1)
    counts = np.arange(total.max() + 1)
    evidence = rate_evidence(counts[:, None], np.cumsum(steps))
    alarmed = (evidence[total, np.arange(len(steps))] >= BAR).any(axis=1).mean()
    assert chance_of_alarm(steps, 2.0, BAR) == pytest.approx(alarmed, abs=0.015)


def test_half_of_the_alarms_have_come_by_the_deployment_that_is_said() -> None:
    """The median of 4,000 simulated runs at twice the allowed rate is 38; the exact one is 37."""
    when = deployments_to_alarm(0.3, 2.0, BAR)
    assert when in (37, 38)
    assert chance_of_alarm([0.3] * when, 2.0, BAR) >= 0.5 > chance_of_alarm([0.3] * (when - 1), 2.0, BAR)
    assert deployments_to_alarm(0.0003, 2.0, BAR) == pytest.approx(1000 * when, rel=0.1)


def test_without_cause_the_chance_of_an_alarm_is_within_what_is_stated() -> None:
    assert 0 < chance_of_alarm([0.3] * 200, 1.0, BAR) <= 0.05
    assert 0 < chance_of_share_alarm(200, 0.2, 2.0, 2.0, BAR) <= 0.05


def test_a_share_that_is_worse_is_noticed_more_often() -> None:
    chances = [chance_of_share_alarm(60, 0.2, 1.0, times, BAR) for times in (1.0, 2.0, 4.0, 8.0)]
    assert chances == sorted(chances)
    assert chances[-1] > 0.99

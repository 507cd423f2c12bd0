"""Whether counted false alerts agree with an evaluation: by hand, by a second implementation, by simulation."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.auditing.agreement import (
    Agreement,
    Alerts,
    Allowed,
    Expectation,
    Judgement,
    judge_agreement,
    limits_of_rates,
    shared_confidence,
    widest_bounds,
)
from harness.evaluation import Evaluation, to_json
from harness.gate.evidence import evidence_of
from harness.statistics.rates import Rates
from harness.statistics.watchlist import false_alert_rate

MORE, FEWER, AGREES, CANNOT_TELL = Agreement.MORE, Agreement.FEWER, Agreement.AGREES, Agreement.CANNOT_TELL


def judged(false_alerts: int, faces: int, lower: float, upper: float, most: int | None = None) -> Agreement:
    alerts = Alerts(faces, false_alerts, false_alerts if most is None else most)
    return judgement(alerts, Allowed(lower, upper, True)).agreement


def judgement(alerts: Alerts, allowed: Allowed) -> Judgement:
    (limits,) = zip(*limits_of_rates([alerts], shared_confidence(0.95)), strict=True)
    return judge_agreement(alerts, allowed, limits, 2.0)


@pytest.mark.parametrize(
    ("false_alerts", "most", "faces", "allowed", "agreement"),
    [
        (20, 20, 10_000, (1e-3, 3e-3), AGREES),
        (50, 50, 10_000, (1e-3, 3e-3), MORE),  # lower bound 0.0035
        (45, 45, 10_000, (1e-3, 3e-3), MORE),  # lower bound 0.00313
        (43, 43, 10_000, (1e-3, 3e-3), CANNOT_TELL),  # bounds 0.00296 and 0.00602, beyond twice 0.003
        (42, 42, 10_000, (1e-3, 3e-3), AGREES),  # 0.00591
        (2, 2, 10_000, (1e-3, 3e-3), FEWER),  # upper bound 0.00080
        (2, 9, 10_000, (1e-3, 3e-3), AGREES),  # the unsettled ones may have been false
        (20, 60, 10_000, (1e-3, 3e-3), CANNOT_TELL),
        (0, 0, 100, (1e-3, 3e-3), CANNOT_TELL),  # 100 faces show at most 1 in 23
        (0, 0, 728, (1e-3, 3e-3), CANNOT_TELL),  # ln(0.0125) / ln(1 - 0.006) is 728.1
        (0, 0, 729, (1e-3, 3e-3), AGREES),
        (20, 20, 10_000, (1e-4, 3e-3), CANNOT_TELL),  # allowed rates thirtyfold apart agree with anything
        (1, 1, 1, (0.4, 0.6), CANNOT_TELL),  # twice 0.6 is beyond every count
        (5, 5, 10, (0.4, 0.6), CANNOT_TELL),
    ],
)
def test_by_hand(
    false_alerts: int, most: int, faces: int, allowed: tuple[float, float], agreement: Agreement
) -> None:
    assert judged(false_alerts, faces, *allowed, most=most) is agreement


@given(
    st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.floats(1e-5, 0.4),
    st.floats(1, 9),
)
def test_more_and_fewer_are_exact_binomial_tests_at_a_quarter_of_the_level(
    counted: tuple[int, int], lower: float, spread: float
) -> None:
    false_alerts, faces = counted
    upper = min(1.0, lower * spread)
    greater = stats.binomtest(false_alerts, faces, upper, alternative="greater").pvalue
    less = stats.binomtest(false_alerts, faces, lower, alternative="less").pvalue
    if min(abs(greater - 0.0125), abs(less - 0.0125)) < 1e-9:
        return
    found = judged(false_alerts, faces, lower, upper)
    assert (found is MORE) == (greater < 0.0125)
    assert (found is FEWER) == (less < 0.0125)


@given(st.integers(0, 200), st.integers(0, 50), st.floats(1e-4, 0.1))
def test_one_more_false_alert_never_makes_more_into_less(false_alerts: int, extra: int, rate: float) -> None:
    before, after = (judged(n, 5000, rate / 3, rate) for n in (false_alerts, false_alerts + extra))
    order = [FEWER, AGREES, CANNOT_TELL, MORE]
    assert before is CANNOT_TELL or order.index(after) >= order.index(before)


@pytest.mark.parametrize("shares", [(1.0, 0.0), (0.5, 0.5), (0.0, 1.0)])
@pytest.mark.parametrize(("first", "second"), [(2e-3, 2e-3), (1e-3, 4e-3)])
def test_a_record_as_the_evaluation_is_called_otherwise_at_most_as_often_as_stated(
    shares: tuple[float, float], first: float, second: float
) -> None:
    """Both are drawn anew 2,000 times; level 5 %, and the sampling error of 2,000 is 0.5 %."""
    rng = np.random.default_rng(19795)
    times, faces, trials = 2000, 15_000, np.array([80_000, 80_000])
    errors = rng.binomial(trials[:, None], np.array([[first], [second]]), (2, times))
    no_effect = np.ones(errors.shape)
    rates = Rates("FPIR", ("A", "B"), trials, errors, no_effect, no_effect, no_effect, no_effect, 0.95)
    bounds = widest_bounds([rates], shared_confidence(0.95))
    alerts = rng.binomial(faces, shares[0] * first + shares[1] * second, times)
    found = Counter(
        judged(int(n), faces, float(low), float(high))
        for n, low, high in zip(alerts, bounds.lower, bounds.upper, strict=True)
    )
    assert found[MORE] + found[FEWER] <= 0.05 * times
    assert found[AGREES] >= 0.9 * times


def test_three_times_the_highest_rate_is_seen(searches: Evaluation) -> None:
    allowed = expectation(searches).at(0.6, 10_000)
    power = 1 - stats.binom.cdf(_fewest_called_more(12_000, allowed), 12_000, 3 * allowed.upper)
    assert power > 0.99


def _fewest_called_more(faces: int, allowed: Allowed) -> int:
    return next(n for n in range(faces) if judged(n, faces, allowed.lower, allowed.upper) is MORE)


def expectation(evaluation: Evaluation) -> Expectation:
    return Expectation(evaluation, evidence_of(to_json(evaluation).encode(), "evaluation"), 0.975)


def test_allowed_rates_are_the_groups_bounds_by_a_second_implementation(searches: Evaluation) -> None:
    rates = searches.axes["ethnicity"].false_matches
    place = searches.thresholds.tolist().index(0.62)
    intervals = [
        stats.binomtest(int(rates.errors[g, place]), int(rates.trials[g])).proportion_ci(0.975)
        for g in range(3)
    ]
    allowed = expectation(searches).at(0.62, 10_000)
    assert allowed.lower == pytest.approx(min(one.low for one in intervals))
    assert allowed.upper == pytest.approx(max(one.high for one in intervals))
    assert allowed.bounded_below


def test_between_two_thresholds_the_rate_lies_between_theirs(searches: Evaluation) -> None:
    found = expectation(searches)
    between, lenient, strict = (found.at(t, 10_000) for t in (0.615, 0.61, 0.62))
    assert (between.lower, between.upper) == (strict.lower, lenient.upper)


def test_beyond_the_evaluated_thresholds_a_rate_has_one_bound(searches: Evaluation) -> None:
    found = expectation(searches)
    assert found.at(0.3, 10_000) == Allowed(found.at(0.54, 10_000).lower, 1.0, True)
    assert found.at(0.9, 10_000) == Allowed(0.0, found.at(0.68, 10_000).upper, True)


@pytest.mark.parametrize("size", [0, 1, 1_000, 9_999, 10_000, 19_000, 10**6])
def test_another_watchlist_has_a_rate_between_the_tested_one_and_that_of_independent_references(
    searches: Evaluation, size: int
) -> None:
    found = expectation(searches)
    tested, scaled = found.at(0.6, 10_000), found.at(0.6, size)
    lower, upper = (1 - (1 - rate) ** (size / 10_000) for rate in (tested.lower, tested.upper))
    assert scaled.lower == pytest.approx(min(tested.lower, lower))
    assert scaled.upper == pytest.approx(max(tested.upper, upper) if size else 0)


def test_a_verification_evaluation_gives_rates_by_its_comparisons(comparisons: Evaluation) -> None:
    """And no lower bound: it compared only within groups, and a search compares between them too."""
    allowed = expectation(comparisons).at(0.58, 5_000)
    highest = 0.0
    for axis in ("ethnicity", "sex"):
        rates = comparisons.axes[axis].false_matches
        place = comparisons.thresholds.tolist().index(0.58)
        for g in range(len(rates.groups)):
            k, n = rates.effective_errors[g, place], rates.effective_trials[g, place]
            highest = max(highest, float(stats.beta.ppf(1 - 0.0125, k + 1, n - k)))
    assert allowed.upper == pytest.approx(float(false_alert_rate(highest, 5_000)))
    assert not allowed.bounded_below
    none = judgement(Alerts(10_000, 0, 0), allowed)
    assert none.agreement is CANNOT_TELL
    assert "fewer is no contradiction" in none.sentence

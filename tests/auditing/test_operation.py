"""The share of alerts that are false, false alerts per hour, and their spread: by hand and by scipy."""

from __future__ import annotations

import pytest
from scipy import stats

from harness.auditing import answer
from harness.auditing.operation import hourly_rate, operation_of, share_false
from harness.evaluation import Evaluation
from tests.auditing.published import audited, record


def test_the_share_of_false_alerts_has_exact_limits() -> None:
    records = [
        record(false_alerts=2, true_alerts=20),
        record(false_alerts=1, true_alerts=7, unconfirmed_alerts=2),
    ]
    found = share_false([*records, record(alerts=None, true_alerts=None)], 0.95)
    assert found is not None
    assert (found.alerts, found.false_alerts, found.most_false_alerts) == (32, 3, 5)
    assert found.estimate == 3 / 32
    fewest, most = (stats.binomtest(n, 32).proportion_ci(0.95) for n in (3, 5))
    assert (found.lower, found.upper) == pytest.approx((fewest.low, most.high))


def test_alerts_are_the_sum_of_their_outcomes_where_they_are_not_stated() -> None:
    found = share_false([record(alerts=None, false_alerts=2, true_alerts=5, unconfirmed_alerts=1)], 0.95)
    assert found is not None
    assert (found.alerts, found.false_alerts, found.most_false_alerts) == (8, 2, 3)
    assert share_false([record(true_alerts=0)], 0.95) is None


def test_false_alerts_per_hour_have_poisson_limits() -> None:
    """Garwood's, as quantiles of chi-squared: 3 in 8 hours, and 4 with the one that is open."""
    records = [
        record(false_alerts=3, hours=6.0, unconfirmed_alerts=1),
        record(hours=2.0),
        record(false_alerts=9),
    ]
    found = hourly_rate(records, 0.95)
    assert found is not None
    assert (found.records, found.hours, found.false_alerts, found.most_false_alerts) == (2, 8.0, 3, 4)
    assert found.estimate == 3 / 8
    assert found.lower == pytest.approx(stats.chi2.ppf(0.025, 6) / 2 / 8)
    assert found.upper == pytest.approx(stats.chi2.ppf(0.975, 10) / 2 / 8)
    assert hourly_rate([record()], 0.95) is None


def test_the_spread_allows_for_faces_and_watchlists() -> None:
    even = [
        record(place="A", faces=9_000, watchlist_size=1_000, false_alerts=10),
        record(place="B", faces=9_000, watchlist_size=10_000, false_alerts=100),
    ]
    assert operation_of(even, 0.95).dispersion_p_value == 1.0
    without = [even[0], record(place="B", faces=9_000, watchlist_size=None, false_alerts=100)]
    assert operation_of(without, 0.95).dispersion_p_value == pytest.approx(1e-4)
    assert operation_of([even[0]], 0.95).dispersion_p_value is None


def test_they_are_told_in_the_answer(searches: Evaluation) -> None:
    found = audited(
        searches,
        record(place="A", false_alerts=8, hours=4.0),
        record(place="B", hours=4.0),
        record(place="C", threshold=None),
    )
    said = dict(answer(found))
    assert said["Alerts false"].startswith(
        "8 of 14 alerts, 57.14 % (95 % interval 28.86 % to 82.34 %); at 0.62 8 of 12"
    )
    assert said["False per hour"].startswith(
        "8 in 8.0 hours of 2 deployments, 1 an hour (95 % interval 0.43 to 2)"
    )
    assert said["Spread"].startswith(
        "at 0.62 false alerts fall on deployments more unevenly than by chance (index"
    )

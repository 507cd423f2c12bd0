"""The synthetic searches and the records of deployments: what is true of them."""

from __future__ import annotations

import csv
import io

import pyarrow.compute as pc
import pytest
from scipy import stats

from harness.synthetic import ETHNICITIES
from harness.synthetic.operation import (
    MATED,
    NON_MATED,
    draw_searches,
    published_records,
    true_false_alert_rate,
)


@pytest.mark.parametrize("threshold", [0.56, 0.6, 0.62, 0.64])
def test_searches_follow_their_true_rates(threshold: float) -> None:
    table = draw_searches(2382)
    for label in ETHNICITIES:
        here = table.filter(pc.equal(table["ethnicity"], label))
        non_mated = here.filter(pc.invert(here["mated"]))
        alerts = pc.sum(pc.greater_equal(non_mated["score"], threshold)).as_py()
        assert (non_mated.num_rows, here.num_rows) == (NON_MATED, NON_MATED + MATED)
        truth = true_false_alert_rate({label: 1.0}, threshold, 10_000)
        assert stats.binomtest(alerts, NON_MATED, truth).pvalue > 1e-3


def test_the_groups_differ_fourfold_and_then_not_at_all() -> None:
    rates = {
        at: {label: true_false_alert_rate({label: 1.0}, at, 10_000) for label in ETHNICITIES}
        for at in (0.56, 0.6, 0.64)
    }
    assert rates[0.56]["Black"] / rates[0.56]["White"] == pytest.approx(4)
    assert rates[0.6]["Black"] == pytest.approx(rates[0.6]["White"])
    assert rates[0.64]["Black"] == pytest.approx(rates[0.64]["White"])


def test_a_rate_follows_from_the_watchlist() -> None:
    """1 - (1 - 0.002)^(1/2) at half of the tested watchlist."""
    assert true_false_alert_rate({"White": 1.0}, 0.6, 5_000) == pytest.approx(1 - 0.998**0.5)


def test_records_are_the_same_each_time_and_add_up() -> None:
    assert published_records(7) == published_records(7) != published_records(8)
    for seed in range(20):
        for row in csv.DictReader(io.StringIO(published_records(seed))):
            parts = ("True alerts - confirmed", "False alerts - confirmed", "Alerts - unconfirmed")
            assert int(row["Alerts"]) == sum(int(row[part]) for part in parts)

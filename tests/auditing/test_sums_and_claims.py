"""Records of a threshold together, what no false alert can claim, and rates that are stated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.auditing import Agreement, answer
from harness.auditing.findings import claim_of_no_false_alert
from harness.auditing.reading import Rate
from harness.evaluation import Evaluation
from tests.auditing.published import audited, only, record


def test_zero_false_alerts_claim_no_more_than_they_can() -> None:
    """1 - 0.05^(1/12345) is 1 in 4121.4, and 0.05^(1/n) by hand for three faces: 1 - 0.3684."""
    assert claim_of_no_false_alert(12_345, 0.95) == (
        "0 false alerts among 12,345 faces shows a false alert rate of at most 1 in 4,120 at 95 % confidence; it says "
        "nothing about differences between groups"
    )
    assert "at most 63.16 % at 95 %" in claim_of_no_false_alert(3, 0.95)


@given(st.integers(1, 10**7), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_printed_claim_is_never_stronger_than_the_bound(faces: int, confidence: float) -> None:
    printed = claim_of_no_false_alert(faces, confidence).split("at most ")[1].split(" at ")[0]
    bound = 1 - (1 - confidence) ** (1 / faces)
    stated = float(printed.split()[0]) / 100 if "%" in printed else 1 / int(printed[5:].replace(",", ""))
    assert bound * (1 - 1e-9) <= stated
    assert 1 / stated >= 0.99 / bound - 1


def test_five_deployments_without_a_false_alert_in_plain_sentences(searches: Evaluation) -> None:
    none = [record(place=place, faces=2_469) for place in "ABCDE"]
    said = dict(answer(audited(searches, *none)))["No false alert"]
    assert said == (
        "5 deployments: 0 false alerts among 12,345 faces shows a false alert rate of at most 1 in 4,120 at 95 % "
        "confidence; it says nothing about differences between groups, and for a group that is a tenth of the faces "
        "(1,234) it would show at most 1 in 412"
    )
    picked = dict(answer(audited(searches, *none, record(place="F", faces=1_000, false_alerts=4))))
    assert picked["No false alert"].endswith(
        "That holds only for deployments chosen beforehand: picked because they had none, they say nothing of the 6 "
        "that together had 4"
    )


def test_unconfirmed_alerts_are_no_zero(searches: Evaluation) -> None:
    one = only(audited(searches, record(unconfirmed_alerts=2)))
    assert (one.claim, one.claim_bound) == ("no false alert is confirmed, but 2 were never settled", None)


def test_a_sum_of_records_is_held_against_the_mean_of_what_is_allowed(searches: Evaluation) -> None:
    first = record(place="A", faces=8_000, watchlist_size=10_000, false_alerts=9)
    second = record(place="B", faces=2_000, watchlist_size=5_000, false_alerts=1)
    found = audited(searches, first, second, record(place="C", faces=None), record(place="D", threshold=0.6))
    (at_060, pool) = found.pools
    assert (at_060.threshold, pool.threshold) == (0.6, 0.62)
    assert (pool.records, pool.not_assessable, pool.faces, pool.false_alerts) == (2, 1, 10_000, 10)
    assert pool.watchlist_sizes == (5_000, 10_000)
    allowed = [one.allowed_alerts for one in found.records if one.record.place in "AB"]
    assert pool.allowed_alerts == pytest.approx([sum(ends) for ends in zip(*allowed, strict=True)])
    exact = stats.binomtest(10, 10_000).proportion_ci(0.95)
    assert (pool.rate.lower, pool.rate.upper) == pytest.approx((exact.low, exact.high))


def test_records_that_differ_among_themselves_do_not_agree_as_a_sum(searches: Evaluation) -> None:
    """0 and 12 of as many faces: twice the binomial tail 0.5^12, for either of two."""
    even = [record(place=place, faces=9_000, false_alerts=6) for place in "AB"]
    odd = [record(place="A", faces=9_000), record(place="B", faces=9_000, false_alerts=12)]
    (alike,), (apart,) = audited(searches, *even).pools, audited(searches, *odd).pools
    assert alike.spread_p_value == 1
    assert alike.judgement.agreement is Agreement.AGREES
    assert apart.spread_p_value == pytest.approx(2 * 2 * 0.5**12)
    assert apart.judgement.agreement is Agreement.CANNOT_TELL
    assert "stands out" in apart.spread


def test_the_spread_allows_for_the_size_of_the_watchlist(searches: Evaluation) -> None:
    grown = [
        record(place="A", faces=9_000, watchlist_size=5_000, false_alerts=10),
        record(place="B", faces=9_000, watchlist_size=50_000, false_alerts=100),
    ]
    (pool,) = audited(searches, *grown).pools
    assert pool.spread_p_value == pytest.approx(1)


@pytest.mark.parametrize(
    ("stated", "step", "said"),
    [
        (0.001, 1e-5, None),
        (0.00104, 1e-5, "states a false alert rate of 1 in 962, but 10 of 10,000 faces is 1 in 1,000"),
        (0.8333, 1e-4, "it is the share of alerts that were false"),
    ],
)
def test_a_stated_rate_is_held_against_the_counts(
    stated: float, step: float, said: str | None, searches: Evaluation
) -> None:
    one = only(audited(searches, record(faces=10_000, false_alerts=10, stated_rate=Rate(stated, step))))
    assert one.stated_rate is None if said is None else said in (one.stated_rate or "")

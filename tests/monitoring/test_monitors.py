"""Alerts against an evaluation: what is allowed, the evidence, and what it comes to."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from harness.errors import InputError
from harness.evaluation import Evaluation, evaluate
from harness.monitoring import Monitoring, MonitoringOutcome, answer, monitor, to_json
from harness.statistics.monitoring import rate_evidence, share_evidence
from tests.monitoring.conftest import ERRORS, MAPPING, SEARCHES, Write

CONFIDENCE = 0.95
NO_GROUPS: dict[str, Any] = {}
COMPOSED = {**MAPPING, "composition": {"group": {"A": "a", "B": "b"}}}
WITH_MIX = "time,deployment,faces,watchlist_size,threshold,outcome,group,a,b"


def upper(group: str, threshold: float) -> float:
    """Clopper-Pearson's, by scipy."""
    test = stats.binomtest(ERRORS[threshold][group], SEARCHES[group])
    return float(test.proportion_ci(CONFIDENCE, method="exact").high)


def rows(day: int, outcomes: str, faces: int = 100, size: int = 1000, threshold: float = 0.6) -> list[str]:
    """Rows of a deployment: F and f false alerts of A and B, T true ones, U and u unsettled ones; none for "-"."""
    settled = {"f": "false", "t": "true", "u": "unsettled", "-": "none"}
    return [
        f"2026-01-{day:02d},d{day},{faces},{size},{threshold},{settled[one.lower()]},"
        f"{'' if one == '-' else 'A' if one.isupper() else 'B'}"
        for one in outcomes
    ]


def found(
    written: Write, evaluation: Evaluation, *every: list[str], mapping: Any = MAPPING, **given: Any
) -> Monitoring:
    path = written(*[row for each in every for row in each], **given)
    return monitor(path, evaluation=evaluation, mapping=mapping)


def test_a_crowd_whose_shares_are_known_is_allowed_the_mean_of_the_groups_bounds(
    written: Write, evaluation: Evaluation
) -> None:
    result = found(written, evaluation, rows(1, "f", 200), rows(2, "-", 300, threshold=0.7))
    rates = [0.25 * upper("A", t) + 0.75 * upper("B", t) for t in (0.6, 0.7)]
    assert [one.rate for one in result.allowed] == pytest.approx(rates)
    assert result.allowed_alerts == pytest.approx(200 * rates[0] + 300 * rates[1])
    assert result.crowd_axis == "group"


@pytest.mark.parametrize(
    "mapping",
    [
        NO_GROUPS,
        {"columns": {"group": "group"}, "groups": {"A": {}, "B": {}}},
        {"columns": {"group": "group"}, "groups": {"A": {"share": 0.2}, "B": {"share": 0.7}}},
        {
            "columns": {"group": "group"},
            "groups": {"X": {"share": 0.5, "labels": ["A"]}, "Y": {"share": 0.5, "labels": ["B"]}},
        },
    ],
    ids=["no groups", "no shares", "not everybody", "other groups"],
)
def test_any_other_crowd_is_allowed_the_bound_of_the_worst_group(
    written: Write, evaluation: Evaluation, mapping: Any
) -> None:
    result = found(written, evaluation, rows(1, "f"), mapping={**mapping, "unknown": [""]})
    assert result.allowed[0].rate == pytest.approx(upper("A", 0.6))
    assert result.crowd_axis is None
    assert any("of the group with the highest" in text for text in result.assumptions)


def test_between_two_thresholds_the_more_lenient_ones_bound_holds(
    written: Write, evaluation: Evaluation
) -> None:
    result = found(written, evaluation, rows(1, "f", threshold=0.65), mapping=NO_GROUPS)
    assert result.allowed[0].rate == pytest.approx(upper("A", 0.6))
    stricter = found(written, evaluation, rows(1, "f", threshold=0.99), mapping=NO_GROUPS)
    assert stricter.allowed[0].rate == pytest.approx(upper("A", 0.7))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (rows(2, "f", size=1001), "its watchlist of 1,001 is larger than the 1,000 tested"),
        (rows(2, "f", threshold=0.5), "threshold 0.5 is more lenient than any that was evaluated"),
        (["2026-01-02,d2,?,1000,0.6,false,A"], "faces unknown"),
        (["2026-01-02,d2,100,?,0.6,false,A"], "watchlist size unknown"),
        (["2026-01-02,d2,100,1000,?,false,A"], "threshold unknown"),
    ],
)
def test_a_deployment_of_which_the_evaluation_says_nothing_is_left_out_of_the_rate(
    written: Write, evaluation: Evaluation, row: list[str], reason: str
) -> None:
    alone = found(written, evaluation, rows(1, "-", 500), rows(3, "f", 500))
    assert alone.outcome is MonitoringOutcome.NO_ALARM
    mapping = {**MAPPING, "unknown": ["?"]}
    result = found(written, evaluation, rows(1, "-", 500), row, rows(3, "f", 500), mapping=mapping)
    assert result.outcome is MonitoringOutcome.CANNOT_DECIDE
    assert [(one.name, why) for one, why in result.not_judged] == [("d2", reason)]
    assert result.rate.lower[[0, 2]] == pytest.approx(alone.rate.lower)
    assert result.rate.lower[1] == result.rate.lower[0]
    assert f"d2: {reason}" in dict(answer(result))["Not judged"]


@pytest.mark.parametrize(
    ("mix", "reason"),
    [
        ("300,700", ""),
        ("0,700", ""),
        ("301,600", "301 of group A on its watchlist are more than the 300 tested"),
    ],
)
def test_a_watchlist_with_more_of_a_group_than_tested_is_not_judged(
    written: Write, evaluation: Evaluation, mix: str, reason: str
) -> None:
    size = sum(map(int, mix.split(",")))
    row = [f"2026-01-01,d,100,{size},0.6,none,,{mix}"]
    result = found(written, evaluation, row, mapping=COMPOSED, header=WITH_MIX)
    assert result.allowed[0].reason == reason


def test_the_evidence_is_that_of_the_sums_until_each_deployment(
    written: Write, evaluation: Evaluation
) -> None:
    result = found(written, evaluation, rows(1, "FF"), rows(2, "t"), rows(3, "Ffu"))
    steps = np.cumsum([one.alerts or 0.0 for one in result.allowed])
    assert result.rate.lower == pytest.approx(rate_evidence([2, 2, 4], steps))
    assert result.rate.upper == pytest.approx(rate_evidence([2, 2, 5], steps))
    own = share_evidence([2, 2, 3], [0, 0, 2], 0.25), share_evidence([0, 0, 1], [2, 2, 3], 0.75)
    assert result.share is not None
    assert result.share.lower == pytest.approx(np.logaddexp(*own) - math.log(2))
    own = share_evidence([2, 2, 3], [0, 0, 1], 0.25), share_evidence([0, 0, 2], [2, 2, 3], 0.75)
    assert result.share.upper == pytest.approx(np.logaddexp(*own) - math.log(2))


def test_too_many_false_alerts_raise_an_alarm_that_stays(written: Write, evaluation: Evaluation) -> None:
    many = rows(2, "Ffff" * 4)
    result = found(written, evaluation, rows(1, "-"), many, *(rows(day, "-", 5_000) for day in range(3, 9)))
    assert result.outcome is MonitoringOutcome.ALARM
    assert [(one.what, one.deployment) for one in result.alarms] == [("rate", "2026-01-02 d2")]
    assert result.rate.lower[-1] < result.bar  # and yet
    said = dict(answer(result))
    assert said["Alarm"] == "more false alerts than the evaluation allows: since 2026-01-02 d2"
    assert "at its highest); alarm from 20" in said["Rate"]


def test_false_alerts_on_one_group_raise_an_alarm(written: Write, evaluation: Evaluation) -> None:
    result = found(written, evaluation, rows(1, "F" * 9 + "f", 5_000))
    assert [one.what for one in result.alarms] == ["share"]
    tolerated = found(written, evaluation, rows(1, "F" * 9 + "f", 5_000), mapping={**MAPPING, "max_ratio": 8})
    assert tolerated.outcome is MonitoringOutcome.NO_ALARM
    assert (result.ratio, tolerated.ratio) == (1.0, 8.0)


def test_the_allowed_ratio_is_that_of_the_policy_where_the_mapping_states_none(written: Write) -> None:
    scores = {"score": [0.1, 0.9] * 40, "mated": [False, True] * 40, "group": ["A", "A", "B", "B"] * 20}
    study = {
        "matcher": {"name": "m", "version": "1"},
        "task": "identification",
        "watchlist_size": 9,
        "groups": {"group": "group"},
    }
    evaluation = evaluate(
        scores, study={**study, "pairing": "probe"}, policy={"max_ratio": 1.5}, thresholds=[0.5]
    )
    mapping = {**MAPPING, "max_ratio": None}
    assert found(written, evaluation, rows(1, "f", size=9), mapping=mapping).ratio == 1.5


def test_unsettled_alerts_that_would_raise_an_alarm_leave_it_open(
    written: Write, evaluation: Evaluation
) -> None:
    result = found(written, evaluation, rows(1, "Uuuu" * 4))
    assert result.outcome is MonitoringOutcome.CANNOT_DECIDE
    assert [one.what for one in result.possible_alarms] == ["rate", "share"]
    assert "were the unsettled alerts for it" in dict(answer(result))["Cannot decide"]


def test_no_alarm_says_that_it_is_no_evidence_and_what_would_have_been_noticed(
    written: Write, evaluation: Evaluation
) -> None:
    result = found(written, evaluation, rows(1, "f"), rows(2, "-"))
    said = answer(result)
    assert said[0][0] == "No alarm"
    assert "no evidence that rates are as allowed, or that groups are alike" in said[0][1]
    noticed = [text for heading, text in said if heading == "Noticed"]
    assert "at twice the allowed rate an alarm would have been raised by now" in noticed[0]
    assert "were a group falsely matched twice as often as allowed" in noticed[1]


def test_without_shares_it_says_for_which_there_would_be_an_alarm(
    written: Write, evaluation: Evaluation
) -> None:
    mapping = {**MAPPING, "groups": {"A": {}, "B": {}}}
    result = found(written, evaluation, rows(1, "F" * 8 + "ff", 5_000), mapping=mapping)
    of_a, of_b = result.groups
    assert result.share is None
    at = of_a.alarm_below
    assert float(share_evidence(8, 2, at)) == pytest.approx(result.bar + math.log(2), abs=1e-3)
    assert of_b.alarm_below < at
    assert "were that below" in dict(answer(result))["Share"]


def test_the_table_and_the_json_tell_the_same(written: Write, evaluation: Evaluation) -> None:
    result = found(written, evaluation, rows(1, "FfU"), rows(2, "-", size=2_000))
    document = json.loads(to_json(result))
    assert document["deployments"] == result.table.to_pylist()
    first, second = document["deployments"]
    assert (first["false_alerts"], first["unsettled_alerts"], first["with_unsettled_until_now"]) == (2, 1, 3)
    assert first["log10_rate"] == pytest.approx(float(result.rate.lower[0]) / math.log(10), abs=1e-9)
    assert second["not_judged"] == "its watchlist of 2,000 is larger than the 1,000 tested"
    assert document["outcome"] == "cannot decide"
    assert to_json(result) == to_json(found(written, evaluation, rows(1, "FfU"), rows(2, "-", size=2_000)))


def test_an_evaluation_of_comparisons_tells_no_rate_of_searches(written: Write) -> None:
    study = {"matcher": {"name": "m", "version": "1"}, "groups": {"sex": "sex"}}
    scores = {"score": [0.2, 0.9, 0.3, 0.8], "mated": [False, True] * 2, "sex": ["f", "f", "m", "m"]}
    with pytest.raises(InputError, match="is of comparisons, and tells no FPIR"):
        monitor(written(*rows(1, "f")), evaluation=evaluate(scores, study=study), mapping=MAPPING)

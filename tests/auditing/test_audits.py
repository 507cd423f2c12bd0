"""Records against an evaluation: standings, sums, claims, and what may not change them."""

from __future__ import annotations

import dataclasses
import json
import math
import random
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

import harness
from harness.auditing import (
    Agreement,
    DeploymentRecord,
    RecordMapping,
    ThresholdStanding,
    WatchlistStanding,
    answer,
    as_table,
    table_lines,
)
from harness.auditing import to_json as audit_to_json
from harness.auditing.agreement import Expectation, shared_confidence
from harness.auditing.judging import Judge
from harness.errors import InputError
from harness.evaluation import Evaluation, to_json
from harness.gate.evidence import evidence_of
from tests.auditing.published import DATA, HEADER, ROW, Written, audited, only, record

BELOW, NOT_SHOWN, SAFE = ThresholdStanding.BELOW, ThresholdStanding.NOT_SHOWN, ThresholdStanding.SAFE


@pytest.fixture(scope="session")
def judge(searches: Evaluation) -> Judge:
    evidence = evidence_of(to_json(searches).encode(), "evaluation")
    return Judge(evidence, Expectation(searches, evidence, shared_confidence(0.95)), 0.95, 2.0)


@pytest.mark.parametrize(
    ("threshold", "standing", "reason"),
    [
        (0.6, SAFE, "threshold 0.6 is safe: parity is shown from 0.6 for ethnicity"),
        (0.62, SAFE, "threshold 0.62 is safe"),
        (0.615, SAFE, "it lies between 0.61 and 0.62, where all is safe"),
        (0.595, BELOW, "threshold 0.595 is below the safe one, 0.6 (parity is shown"),
        (
            0.58,
            BELOW,
            "at 0.58 a disparity is shown beyond the tolerated ratio of 2: by ethnicity, people of group Black",
        ),
        (0.3, BELOW, "threshold 0.3 breaks max_fpir 0.01 (the default): FPIR at 0.54 is"),
        (0.625, NOT_SHOWN, "threshold 0.625 is above 0.62, up to which parity is shown"),
        (0.64, NOT_SHOWN, "threshold 0.64 is above 0.62"),
        (0.9, NOT_SHOWN, "threshold 0.9 is above 0.68, the last that was evaluated on that side"),
        (None, ThresholdStanding.UNKNOWN, "the record does not state its threshold"),
    ],
)
def test_a_threshold_is_judged_as_the_gate_judges_it(
    threshold: float | None, standing: ThresholdStanding, reason: str, searches: Evaluation
) -> None:
    one = only(audited(searches, record(threshold=threshold)))
    assert one.threshold is standing
    assert reason in one.threshold_reason


def test_without_a_safe_threshold_no_record_is_shown_safe(comparisons: Evaluation) -> None:
    found = audited(comparisons, *(record(threshold=t, place=f"at {t}") for t in (0.55, 0.6, 0.64)))
    standings = {one.record.threshold: one.threshold for one in found.records}
    assert standings == {0.55: ThresholdStanding.DISPARITY, 0.6: NOT_SHOWN, 0.64: NOT_SHOWN}
    said = dict(answer(found))["Threshold"]
    assert said.startswith(
        "no deployment is shown safe (of 3 1 where a disparity is shown, 2 not shown safe): "
    )


def test_a_threshold_that_the_other_half_refuted_is_not_shown_safe(searches: Evaluation) -> None:
    from harness.evaluation import Confirmation, MatedCounts, Outcome

    one, none = MatedCounts(1, 1), MatedCounts(0, 0)
    refuted = Confirmation(0.6, Outcome.FAILS, "it broke", (one, one), none, {"ethnicity": 3.0})
    found = only(audited(dataclasses.replace(searches, confirmation=refuted), record(threshold=0.6)))
    assert (found.threshold, "it broke" in found.threshold_reason) == (NOT_SHOWN, True)


@pytest.mark.parametrize(
    ("size", "standing"),
    [
        (10_000, WatchlistStanding.WITHIN),
        (10_001, WatchlistStanding.BEYOND),
        (None, WatchlistStanding.UNKNOWN),
    ],
)
def test_a_watchlist_is_held_against_the_tested_one(
    size: int | None, standing: WatchlistStanding, searches: Evaluation
) -> None:
    assert only(audited(searches, record(watchlist_size=size))).watchlist is standing


def test_an_evaluation_of_comparisons_tested_no_watchlist(comparisons: Evaluation) -> None:
    found = audited(comparisons, record(watchlist_size=5))
    assert only(found).watchlist is WatchlistStanding.NOT_TESTED
    assert as_table(found).endswith("! no watchlist was tested")


@pytest.mark.parametrize(
    ("faces", "false_alerts", "open_ones"), [(12_345, 0, 0), (9_000, 7, 0), (50, 50, 0), (6_000, 3, 4)]
)
def test_a_rate_has_the_clopper_pearson_interval_of_a_second_implementation(
    faces: int, false_alerts: int, open_ones: int, searches: Evaluation
) -> None:
    counted = record(faces=faces, false_alerts=false_alerts, unconfirmed_alerts=open_ones)
    rate = only(audited(searches, counted)).rate
    assert rate is not None
    fewest, most = (
        stats.binomtest(n, faces).proportion_ci(0.95) for n in (false_alerts, false_alerts + open_ones)
    )
    assert rate.estimate == false_alerts / faces
    assert (rate.lower, rate.upper) == pytest.approx((fewest.low, most.high))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"faces": None}, "not assessable: faces unknown"),
        ({"false_alerts": None}, "not assessable: false alerts unknown"),
        ({"unconfirmed_alerts": None, "true_alerts": None}, "not assessable: unconfirmed alerts unknown"),
        ({"watchlist_size": None}, "not assessable: watchlist size unknown"),
        ({"threshold": None}, "not assessable: threshold unknown"),
        ({"faces": 0, "true_alerts": 0}, "not assessable: no face was seen"),
    ],
)
def test_what_is_unknown_is_said_and_not_dropped(
    changes: dict[str, object], reason: str, searches: Evaluation
) -> None:
    found = audited(searches, record(**changes), record(place="Other Street"))
    (one,) = (one for one in found.records if one.record.place == "North Street")
    assert one.judgement.agreement is Agreement.CANNOT_TELL
    assert one.judgement.sentence == reason
    assert len(found.records) == 2


counts = st.integers(0, 40)
deployments = st.lists(
    st.builds(
        lambda day, place, size, threshold, faces, false_alerts, open_ones: record(
            date=date(2026, 1, 1 + day),
            place=place,
            watchlist_size=size,
            threshold=threshold,
            faces=None if faces is None else max(faces, false_alerts + open_ones),
            false_alerts=false_alerts,
            unconfirmed_alerts=open_ones,
        ),
        st.integers(0, 27),
        st.sampled_from(["North Street", "Old Bridge"]),
        st.none() | st.integers(1, 20_000),
        st.none() | st.sampled_from([0.5, 0.58, 0.6, 0.615, 0.62, 0.64]),
        st.none() | st.integers(1, 30_000),
        counts,
        counts,
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: (one.date, one.place),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deployments, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    searches: Evaluation, records: list[DeploymentRecord], rng: random.Random
) -> None:
    shuffled = rng.sample(records, len(records))
    assert audit_to_json(audited(searches, *records)) == audit_to_json(audited(searches, *shuffled))


@given(st.integers(100, 30_000), st.integers(0, 60), st.integers(0, 30))
def test_more_false_alerts_never_lower_a_bound(judge: Judge, faces: int, fewer: int, extra: int) -> None:
    before, after = (judge.record(record(faces=faces, false_alerts=n)) for n in (fewer, fewer + extra))
    assert before.rate.lower <= after.rate.lower
    assert before.rate.upper <= after.rate.upper
    assert before.judgement.agreement is not Agreement.MORE or after.judgement.agreement is Agreement.MORE


@given(st.floats(0.1, 0.95), st.floats(0, 0.5))
def test_a_lower_threshold_than_an_unsafe_one_is_never_safe(judge: Judge, at: float, less: float) -> None:
    if judge.record(record(threshold=at)).threshold is BELOW:
        assert judge.record(record(threshold=at - less)).threshold is BELOW


@given(st.integers(1, 60_000), st.integers(0, 60_000))
def test_a_larger_watchlist_never_allows_fewer_false_alerts(judge: Judge, size: int, more: int) -> None:
    small, large = (judge.record(record(watchlist_size=n)).allowed_alerts for n in (size, size + more))
    assert small[0] <= large[0] * (1 + 1e-12)
    assert small[1] <= large[1] * (1 + 1e-12)


def test_the_worst_come_first(searches: Evaluation) -> None:
    found = audited(
        searches,
        record(place="safe"),
        record(place="too many", false_alerts=90),
        record(place="below", threshold=0.58, false_alerts=60),
        record(place="beyond", watchlist_size=15_000),
        record(place="above", threshold=0.64),
    )
    assert [one.record.place for one in found.records] == ["below", "above", "too many", "beyond", "safe"]


def test_an_audit_is_the_same_from_a_file_and_from_memory(
    searches: Evaluation, written: Written, tmp_path: Path
) -> None:
    searches.save(tmp_path / "evaluation.json")
    path = written(ROW)
    by_file = harness.audit(path, evaluation=tmp_path)
    by_object = harness.audit(str(path), evaluation=searches, mapping=RecordMapping())
    assert by_file.evaluation_sha256 == by_object.evaluation_sha256
    assert by_file.records == by_object.records
    assert by_file.table.to_pylist() == by_object.table.to_pylist()
    plain = json.loads(audit_to_json(by_file))
    assert plain["schema"] == "harness/audit/1"
    assert plain["records"][0]["faces"] == 12_345
    assert plain["evaluation"]["safe_threshold"] == 0.6
    assert "Threshold" in by_file._repr_html_()
    assert repr(by_file) == "<Audit of 1 deployments, 0 below the safe threshold 0.6>"


def test_many_records_are_judged_some_at_a_time_and_written_one_by_one(
    searches: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [
        record(
            place=f"place {i}",
            threshold=(None, 0.58, 0.6, 0.615)[i % 4],
            watchlist_size=(None, 5_000, 20_000)[i % 3],
            faces=(None, 0, 4_000, 90_000, 700)[i % 5],
            false_alerts=0 if i % 5 == 1 else i % 3,
            true_alerts=0,
            unconfirmed_alerts=0 if i % 5 == 1 else i % 2,
        )
        for i in range(40)
    ]
    whole = audited(searches, *records)
    text, table = audit_to_json(whole), whole.table
    monkeypatch.setattr("harness.auditing.judging.AT_ONCE", 3)
    monkeypatch.setattr("harness.auditing.judged.AT_ONCE", 3)
    in_parts = audited(searches, *records)
    assert audit_to_json(in_parts) == text
    assert in_parts.table.equals(table)
    assert json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n" == text
    assert "\n".join(table_lines(in_parts)) == as_table(whole)


def test_a_record_is_judged_alone_as_it_is_among_others(searches: Evaluation) -> None:
    records = [record(place=f"place {i}", faces=1_000 * i, false_alerts=i % 7) for i in range(1, 30)]
    together = audited(searches, *records)
    alone = {one.place: only(audited(searches, one)) for one in records}
    assert all(alone[one.record.place] == one for one in together.records)


@pytest.mark.slow
def test_an_audit_of_many_records_takes_little_memory_for_each(tmp_path: Path) -> None:
    evaluation = harness.evaluate(
        DATA / "searches.parquet", study=DATA / "searches.yaml", policy={"max_ratio": 2.0}, thresholds=[0.6]
    )
    evaluation.save(tmp_path / "evaluation.json")
    peaks = []
    for number in (2_000, 42_000):
        rows = (f"2026-01-14,Site {i},9800,0.6,{5_000 + i},{i % 4},0,{i % 4}" for i in range(number))
        (tmp_path / "records.csv").write_text("\n".join((HEADER, *rows)) + "\n")
        command = [sys.executable, "-c", AUDIT_AND_TELL_PEAK, str(tmp_path)]
        peaks.append(int(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    assert (peaks[1] - peaks[0]) / 40_000 < 4_000  # bytes; what is kept of a record is less than half of it


AUDIT_AND_TELL_PEAK = """
import resource, sys
from pathlib import Path
from harness.outputs import write_audit
from harness.auditing import audit
folder = Path(sys.argv[1])
write_audit(audit(folder / "records.csv", evaluation=folder), folder / "out")
print(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_the_shipped_records_hold_a_deployment_with_too_many_false_alerts(searches: Evaluation) -> None:
    """By design Market Hall on 8 April had false alerts three times as often as the truth."""
    found = harness.audit(DATA / "records.csv", evaluation=searches, mapping=DATA / "records.yaml")
    more = [one.record for one in found.records if one.judgement.agreement is Agreement.MORE]
    assert [(one.date, one.place) for one in more] == [(date(2026, 4, 8), "Market Hall")]
    standings = [one.threshold for one in found.records]
    assert [standings.count(s) for s in (BELOW, NOT_SHOWN, SAFE)] == [1, 5, 8]
    assert sum(one.watchlist is WatchlistStanding.BEYOND for one in found.records) == 2
    assert sum(one.claim_bound is not None for one in found.records) >= 2
    assert len(found.assessable) == len(found.records) - 1
    assert all(one.stated_rate is None for one in found.records)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"confidence": 1.0}, "the confidence must be at least 0.5 and below 1, got 1"),
        ({"confidence": math.nan}, "the confidence must be at least 0.5 and below 1, got nan"),
        ({"agreement_ratio": 1.0}, "the agreement ratio must be above 1 and at most 1,000, got 1"),
        ({"mapping": 7}, "mapping: 7 is no RecordMapping, mapping or path"),
    ],
)
def test_options_out_of_range_are_refused(
    options: dict[str, object], said: str, searches: Evaluation
) -> None:
    with pytest.raises(InputError) as caught:
        audited(searches, record(), **options)
    assert str(caught.value) == said


def test_records_made_in_python_are_held_to_the_same(searches: Evaluation) -> None:
    with pytest.raises(InputError, match=r"^record of 2026-01-14 North Street: -1 is not a whole number"):
        record(faces=-1)
    with pytest.raises(InputError, match="threshold nan is not a finite number"):
        record(threshold=math.nan)
    with pytest.raises(InputError, match=r"^records: record of 2026-01-14 North Street: alerts 9 is not"):
        audited(searches, record(alerts=9))
    with pytest.raises(InputError, match="repeats an earlier one"):
        audited(searches, record(), record())
    with pytest.raises(InputError, match=r"^records: there is no record"):
        audited(searches)
    with pytest.raises(InputError, match="is not a DeploymentRecord"):
        audited(searches, {"faces": 3})


def test_an_evaluation_that_contradicts_itself_is_no_evidence(
    searches: Evaluation, written: Written, tmp_path: Path
) -> None:
    plain = json.loads(to_json(searches))
    plain["index_of_safe_threshold"] = 3
    plain["answer"]["safe_threshold"] = plain["thresholds"][3]
    (tmp_path / "evaluation.json").write_text(json.dumps(plain))
    with pytest.raises(InputError, match="disagrees with itself"):
        harness.audit(written(ROW, header=HEADER), evaluation=tmp_path / "evaluation.json")
    with pytest.raises(InputError, match=r"nowhere\.json: cannot be read: No such file"):
        harness.audit(written(ROW), evaluation="nowhere.json")

"""The state of a monitoring: it is added to, and whatever takes away from it or alters it is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import InputError
from harness.evaluation import Evaluation
from harness.gate.monitoring_file import digests_of_lines, is_monitoring_state, records_in
from harness.monitoring import Monitoring, MonitoringOutcome, append_record, monitor
from tests.monitoring.conftest import MAPPING, Write
from tests.monitoring.test_monitors import rows


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.jsonl"


class Runs:
    """Runs on one state."""

    def __init__(self, written: Write, evaluation: Evaluation, state: Path) -> None:
        self._written, self._evaluation, self.state = written, evaluation, state

    def __call__(self, *every: list[str], mapping: Any = MAPPING, **given: Any) -> Monitoring:
        path = self._written(*[row for each in every for row in each])
        found = monitor(path, mapping=mapping, state=self.state, **{"evaluation": self._evaluation, **given})
        append_record(found, self.state)
        return found

    def refused(self, *every: list[str], **given: Any) -> str:
        before = self.state.read_bytes()
        with pytest.raises(InputError) as caught:
            self(*every, **given)
        assert self.state.read_bytes() == before
        return str(caught.value)


@pytest.fixture
def run(written: Write, evaluation: Evaluation, state: Path) -> Runs:
    return Runs(written, evaluation, state)


def test_each_run_appends_a_line_with_the_digest_of_the_line_before(run: Runs, state: Path) -> None:
    run(rows(1, "f"))
    first = state.read_bytes()
    run(rows(1, "f"), rows(2, "-"))
    second = state.read_bytes()
    assert second.startswith(first)
    records = records_in(second, "state")
    assert [record.number for record in records] == [1, 2]
    assert [[one.name for one in record.deployments] for record in records] == [["d1"], ["d2"]]
    assert [record.summary.deployments for record in records] == [1, 2]
    assert len(digests_of_lines(second)) == 2


def test_the_same_runs_give_the_same_bytes(run: Runs, state: Path) -> None:
    run(rows(1, "f"))
    first = state.read_bytes()
    state.unlink()
    run(rows(1, "f"))
    assert state.read_bytes() == first


def test_unsettled_alerts_may_be_settled_and_others_added(run: Runs) -> None:
    run(rows(1, "fUu"))
    run(rows(1, "fFt"))
    run(rows(1, "fFtf"), rows(2, "-"))
    assert len(records_in(run.state.read_bytes(), "state")) == 3


@pytest.mark.parametrize(
    ("now", "problem"),
    [
        (rows(2, "-"), "deployment 'd1' is gone, and record 1 of"),
        (rows(1, "f") + rows(2, "-"), "deployment 'd1': 3 alerts when it was recorded, and 1 now"),
        (rows(1, "ftt"), "deployment 'd1': 2 false alerts when it was recorded, and 1 now"),
        (rows(1, "ffF"), "deployment 'd1': 1 true alerts when it was recorded, and 0 now"),
        (rows(1, "fFt"), "deployment 'd1': 2 false alerts of group B when it was recorded, and 1 now"),
        (rows(1, "fft", 101), "deployment 'd1': its faces was 100.0 when it was recorded, and is 101.0 now"),
        (rows(1, "fft", size=999), "its watchlist_size was 1000 when it was recorded, and is 999 now"),
        (rows(1, "fft", threshold=0.7), "its threshold was 0.6 when it was recorded, and is 0.7 now"),
    ],
)
def test_alerts_that_shrank_or_changed_are_refused(run: Runs, now: list[str], problem: str) -> None:
    run(rows(1, "fft"))
    assert problem in run.refused(now)


def test_what_is_allowed_stays_as_it_was(run: Runs, evaluation: Evaluation, tmp_path: Path) -> None:
    run(rows(1, "f"))
    assert "state.jsonl: is of another mapping (SHA-256" in run.refused(
        rows(1, "f"), mapping={**MAPPING, "max_ratio": 3.0}
    )
    lines = run.state.read_text().replace('"evaluation_sha256":"', '"evaluation_sha256":"0000')
    changed = lines.replace(lines.split('"evaluation_sha256":"')[1][:68], "0" * 64)
    run.state.write_text(changed)
    assert "state.jsonl: is of another evaluation (SHA-256 0000" in run.refused(rows(1, "f"))


def test_an_alarm_stands_whatever_comes_later(run: Runs) -> None:
    mapping = {**MAPPING, "max_ratio": 2.0}
    alarmed = run(rows(5, "F" * 12, 50_000), mapping=mapping)
    assert [one.what for one in alarmed.alarms] == ["share"]
    # Alerts of others that are handed in later would have kept the evidence low.
    later = run(rows(5, "F" * 12 + "f" * 80, 50_000), mapping=mapping)
    assert later.alarms == ()
    assert later.outcome is MonitoringOutcome.ALARM
    assert later.earlier_alarm is not None
    assert later.earlier_alarm.number == 1


def test_a_deployment_handed_in_late_counts_after_those_recorded(run: Runs) -> None:
    first = run(rows(5, "f"))
    second = run(rows(5, "f"), rows(1, "-", 50_000))
    assert [one.name for one in second.deployments] == ["d5", "d1"]
    assert second.rate.lower[0] == first.rate.lower[0]


def test_a_line_that_was_altered_taken_out_or_put_in_is_refused(run: Runs) -> None:
    for count in (1, 2, 3):
        run(*(rows(day, "f") for day in range(1, count + 1)))
    one, two, three = run.state.read_bytes().splitlines(keepends=True)
    altered = one.replace(b'"count":1', b'"count":0')
    spaced = one.replace(b":", b": ", 1)
    for content, problem in (
        (altered + two + three, "state.jsonl:2: was altered: the digest that it has of the record before"),
        (spaced + two + three, "state.jsonl:1: was altered: it is not as `harness monitor` writes it"),
        (one + three, "state.jsonl:2: was altered: record 3 is where record 2 should be"),
        (two + three, "state.jsonl:1: was altered: record 2 is where record 1 should be"),
        (one + one + two, "state.jsonl:2: was altered: record 1 is where record 2 should be"),
        (one + two + three[:-1], "state.jsonl: its last line does not end; the file was cut"),
        (one + b"{}\n", "state.jsonl:2: is no record of a monitoring: schema"),
        (one + b"\n", "state.jsonl:2: is no record of a monitoring"),
    ):
        run.state.write_bytes(content)
        assert problem in run.refused(rows(1, "f"), rows(2, "f"), rows(3, "f"))


def test_a_state_that_changed_meanwhile_is_not_written_over(run: Runs, evaluation: Evaluation) -> None:
    slow = run(rows(1, "f"))
    run(rows(1, "f"), rows(2, "-"))
    before = run.state.read_bytes()
    with pytest.raises(InputError, match="was changed while alerts were held"):
        append_record(slow, run.state)
    assert run.state.read_bytes() == before


def test_a_state_is_told_from_other_files(run: Runs) -> None:
    run(rows(1, "f"))
    assert is_monitoring_state(run.state.read_bytes())
    assert not is_monitoring_state(b"waivers: []\n")
    assert not is_monitoring_state(json.dumps({"schema": "harness/evaluation/3"}).encode())

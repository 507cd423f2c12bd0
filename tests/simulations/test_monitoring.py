"""A quick part of the study of monitoring, which `python -m benchmarks.monitoring` runs whole."""

import numpy as np
import pytest

from benchmarks.monitoring import BAR, Setting, fewest_that_alarm, first_alarms, first_share_alarms
from harness.statistics.monitoring import rate_evidence

RUNS = 1_000


@pytest.mark.parametrize("setting", [Setting(0.3), Setting(0.3, uneven=True)], ids=["alike", "uneven"])
def test_an_alarm_without_cause_is_rare_however_often_one_looks(setting: Setting) -> None:
    assert np.isfinite(first_alarms(setting, RUNS)).mean() <= 0.05


def test_twice_the_allowed_rate_is_noticed_after_about_38_deployments() -> None:
    assert np.median(first_alarms(Setting(0.3, 2.0), RUNS)) == pytest.approx(38, abs=3)


def test_the_boundary_is_where_the_evidence_reaches_the_bar() -> None:
    steps = Setting(0.3).steps()[:50]
    fewest, allowed = fewest_that_alarm(steps), np.cumsum(steps)
    assert (rate_evidence(fewest, allowed) >= BAR).all()
    assert (rate_evidence(fewest - 1, allowed) < BAR).all()


@pytest.mark.slow
def test_false_alerts_that_clump_raise_alarms_without_cause() -> None:
    """Where the claim ends: the docs give the figure."""
    assert np.isfinite(first_alarms(Setting(3.0, shape=1.0), RUNS)).mean() > 0.05


@pytest.mark.slow
def test_a_share_that_is_allowed_raises_hardly_any_alarm_and_another_many() -> None:
    assert np.isfinite(first_share_alarms(2.0, 2.0, RUNS)).mean() <= 0.05
    assert np.isfinite(first_share_alarms(8.0, 2.0, RUNS)).mean() > 0.95

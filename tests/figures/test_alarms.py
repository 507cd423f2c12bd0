"""The figure of evidence: its lines are those of the monitoring, and its words say what it shows."""

from __future__ import annotations

import numpy as np
import pytest

from harness.figures import AlarmDisplay


def display(**given: object) -> AlarmDisplay:
    evidence = np.array([[0.0, 0.5, 1.4, 1.2], [0.0, 0.6, 1.6, 400.0]])
    plain: dict[str, object] = {
        "matcher": "m 1",
        "lines": ("rate", "rate, with unsettled"),
        "evidence": evidence,
        "bar": np.log10(20),
        "confidence": 0.95,
        "span": ("2026-01-03", "2026-02-01"),
        "alarms": (("rate", 2, "2026-01-20 North"),),
    }
    return AlarmDisplay(**{**plain, **given})  # type: ignore[arg-type]


def test_lines_are_the_evidence_and_the_alarm_line_is_where_it_should_be() -> None:
    ax = display().plot().ax_
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert np.asarray(lines["rate"].get_ydata()) == pytest.approx(10 ** np.array([0.0, 0.5, 1.4, 1.2]))
    assert np.asarray(lines["rate"].get_xdata()).tolist() == [1, 2, 3, 4]
    assert np.asarray(lines["_alarm"].get_ydata()) == pytest.approx(20.0)
    assert ax.get_yscale() == "log"


def test_evidence_beyond_what_can_be_drawn_is_cut_off() -> None:
    lines = {line.get_label(): line for line in display().plot().ax_.get_lines()}
    assert np.asarray(lines["rate, with unsettled"].get_ydata())[-1] == pytest.approx(1e100)


def test_the_words_say_what_it_shows() -> None:
    shown = display()
    assert shown.title == "Evidence of more false alerts than allowed, matcher m 1"
    assert shown.details == "An alarm is raised without cause with a chance of at most 5 %, ever"
    assert "4 deployments from 2026-01-03 to 2026-02-01" in shown.alt_text
    assert "a line at 20, from where an alarm is raised" in shown.alt_text
    assert "rate: 15.85 at the end, 25.12 at its highest." in shown.alt_text
    assert shown.alt_text.endswith("An alarm on the rate is raised after 2026-01-20 North.")
    assert "with unsettled alerts count these for an alarm" in shown.alt_text


def test_no_alarm_is_not_called_evidence() -> None:
    shown = display(alarms=(), lines=("rate",), evidence=np.zeros((1, 4)))
    assert shown.alt_text.endswith("No alarm is raised, which is not evidence that all is as allowed.")
    assert "unsettled" not in shown.alt_text


def test_the_same_bytes_twice() -> None:
    assert display().render("svg") == display().render("svg")


def test_one_deployment_can_be_drawn() -> None:
    display(evidence=np.zeros((2, 1)), alarms=()).plot()

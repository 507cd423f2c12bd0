"""A check as lines, for a log or a terminal."""

from __future__ import annotations

from harness.gate.findings import Checked, Finding, Outcome, Report, Rule
from harness.gate.formats.wording import tally, to_show, waiver
from harness.text import line

__all__ = ["as_text"]

_MARKS = {
    Outcome.PASS: "PASS",
    Outcome.WAIVED: "WAIVED",
    Outcome.CANNOT_DECIDE: "CANNOT DECIDE",
    Outcome.FAIL: "FAIL",
    Outcome.INVALID: "INVALID",
}


def as_text(report: Report) -> str:
    """Write a report as lines, the worst first."""
    return "\n".join([*(line(said) for one in report.checked for said in _lines(one)), tally(report)])


def _lines(one: Checked) -> list[str]:
    name = "" if one.deployment is None else f"{one.deployment}: "
    lines = [f"{_mark(finding):<14}{finding.place}: {name}{finding.sentence}" for finding in to_show(one)]
    if one.waived is None:
        return lines
    mark = _MARKS[Outcome.WAIVED]
    first = f"{mark:<14}{one.place}: {name}{waiver(one.waived)} ({one.waived.place})"
    return [first, *(f"  {said}" for said in lines)]


def _mark(finding: Finding) -> str:
    return "NOTE" if finding.rule is Rule.WAIVER_NOT_USED else _MARKS[finding.outcome]

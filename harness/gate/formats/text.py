"""A check as lines, for a log or a terminal."""

from __future__ import annotations

from harness.gate.findings import Checked, Outcome, Report

__all__ = ["as_text"]

_MARKS = {
    Outcome.PASS: "PASS",
    Outcome.CANNOT_DECIDE: "CANNOT DECIDE",
    Outcome.FAIL: "FAIL",
    Outcome.INVALID: "INVALID",
}


def as_text(report: Report) -> str:
    """Write a report as lines, the worst first."""
    lines = [line for one in report.checked for line in _lines(one)]
    counts = [
        f"{sum(one.outcome is outcome for one in report.checked)} {outcome}"
        for outcome in sorted(Outcome, key=lambda outcome: -outcome.severity)
        if any(one.outcome is outcome for one in report.checked)
    ]
    return "\n".join([*map(_plain, lines), f"{', '.join(counts)} on {report.today}"])


def _lines(one: Checked) -> list[str]:
    name = "" if one.deployment is None else f"{one.deployment}: "
    shown = [finding for finding in one.findings if finding.outcome is not Outcome.PASS] or one.findings
    return [f"{_MARKS[finding.outcome]:<14}{finding.place}: {name}{finding.sentence}" for finding in shown]


def _plain(line: str) -> str:
    """Keep what a config or an evaluation quotes from writing to the terminal what it likes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)

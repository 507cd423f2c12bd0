"""What ``harness check`` prints: a line for a deployment, or JSON."""

from __future__ import annotations

import json
import re
from datetime import date

from harness.errors import InputError
from harness.gate import Checked, Outcome, Report, check, json_schema

__all__ = ["REPORT_SCHEMA", "as_json", "as_text", "check_configs", "schema_text"]

REPORT_SCHEMA = "harness/check/1"

_MARKS = {
    Outcome.PASS: "PASS",
    Outcome.CANNOT_DECIDE: "CANNOT DECIDE",
    Outcome.FAIL: "FAIL",
    Outcome.INVALID: "INVALID",
}


def check_configs(
    configs: tuple[str, ...], evaluation: str | None, output_format: str, today: str | None
) -> tuple[str, int]:
    """Check configs and return what to print, and the exit code.

    Raises
    ------
    InputError
        No config is given, or the date is none.
    """
    if not configs:
        raise InputError("nothing to check: name one or more deployment configs")
    report = check(configs, evaluation=evaluation, today=_day(today))
    return (as_json(report) if output_format == "json" else as_text(report)), report.exit_code


def schema_text() -> str:
    """Return the JSON Schema of a config."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False)


def as_text(report: Report) -> str:
    """Write a report as lines, the worst first."""
    lines = [line for one in report.checked for line in _lines(one)]
    counts = [
        f"{sum(one.outcome is outcome for one in report.checked)} {outcome}"
        for outcome in sorted(Outcome, key=lambda outcome: -outcome.severity)
        if any(one.outcome is outcome for one in report.checked)
    ]
    return "\n".join([*map(_plain, lines), f"{', '.join(counts)} on {report.today}"])


def as_json(report: Report) -> str:
    """Write a report as JSON."""
    document = {
        "schema": REPORT_SCHEMA,
        "today": report.today.isoformat(),
        "evaluation": report.evaluation,
        "exit_code": report.exit_code,
        "checked": [
            {
                "deployment": one.deployment,
                "outcome": str(one.outcome),
                "threshold": one.threshold,
                "owner": one.owner,
                "file": one.place.file,
                "line": one.place.line,
                "column": one.place.column,
                "findings": [
                    {
                        "rule": str(finding.rule),
                        "outcome": str(finding.outcome),
                        "sentence": finding.sentence,
                        "file": finding.place.file,
                        "line": finding.place.line,
                        "column": finding.place.column,
                    }
                    for finding in one.findings
                ],
            }
            for one in report.checked
        ],
    }
    return json.dumps(document, indent=2)


def _lines(one: Checked) -> list[str]:
    name = "" if one.deployment is None else f"{one.deployment}: "
    shown = [finding for finding in one.findings if finding.outcome is not Outcome.PASS] or one.findings
    return [f"{_MARKS[finding.outcome]:<14}{finding.place}: {name}{finding.sentence}" for finding in shown]


def _plain(line: str) -> str:
    """Keep what a config or an evaluation quotes from writing to the terminal what it likes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def _day(text: str | None) -> date:
    if text is None:
        return date.today()
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"--today {text!r} is not a date; write YYYY-MM-DD")

"""A check as lines, as JSON, and as GitHub's workflow commands and summary; and what every form says alike."""

from __future__ import annotations

import json
import os
from html import escape
from pathlib import Path

from harness.gate.findings import EXPLAINED, Checked, Finding, Outcome, Place, Report, Rule, Waived
from harness.text import ascii_json, file_name, line

__all__ = [
    "REPORT_SCHEMA",
    "as_github",
    "as_json",
    "as_summary",
    "as_text",
    "from_root",
    "tally",
    "to_show",
    "waiver",
]

REPORT_SCHEMA = "harness/check/1"

_MARKS = {
    Outcome.PASS: "PASS",
    Outcome.WAIVED: "WAIVED",
    Outcome.CANNOT_DECIDE: "CANNOT DECIDE",
    Outcome.FAIL: "FAIL",
    Outcome.INVALID: "INVALID",
}
_COMMANDS = {
    Outcome.PASS: "notice",
    Outcome.WAIVED: "warning",
    Outcome.CANNOT_DECIDE: "error",
    Outcome.FAIL: "error",
    Outcome.INVALID: "error",
}
_COLUMNS = ("Outcome", "Deployment", "Threshold", "Owner", "Where", "Finding")
_LARGEST_SUMMARY = 900_000  # GitHub drops one of more than 1 MiB


def to_show(one: Checked) -> tuple[Finding, ...]:
    """Return the findings to act on, and the waivers that do not serve; all where there is nothing to do."""
    if one.outcome is Outcome.PASS:
        return one.findings
    return tuple(f for f in one.findings if f.outcome is not Outcome.PASS or f.rule is Rule.WAIVER_NOT_USED)


def waiver(waived: Waived) -> str:
    """Say who waived a deployment, until when and why."""
    return f"waived by {waived.owner} until {waived.expires}: {waived.reason}"


def tally(report: Report) -> str:
    """Count the outcomes, the worst first."""
    notes = [one for one in report.checked if one.deployment is None and one.outcome is Outcome.PASS]
    outcomes = [one.outcome for one in report.checked if one not in notes]
    worst_first = sorted(set(outcomes), key=lambda outcome: -outcome.severity)
    counts = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in worst_first)
    return f"{counts or 'nothing was checked'} on {report.today}"


def from_root(file: str, root: Path) -> Path:
    """Return the path of a file from a root, or the whole one where it lies elsewhere; links are not followed."""
    path = Path(os.path.normpath(Path.cwd() / file))
    return path.relative_to(root) if path.is_relative_to(root) else path


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


def as_json(report: Report) -> str:
    """Write a report as JSON."""
    document = {
        "schema": REPORT_SCHEMA,
        "today": report.today.isoformat(),
        "evaluation": None if report.evaluation is None else file_name(report.evaluation),
        "exit_code": report.exit_code,
        "checked": [
            {
                "deployment": one.deployment,
                "outcome": str(one.outcome),
                "threshold": one.threshold,
                "owner": one.owner,
                "waived": None if one.waived is None else _waived(one.waived),
                "file": file_name(one.place.file),
                "line": one.place.line,
                "column": one.place.column,
                "findings": [
                    {
                        "rule": str(finding.rule),
                        "outcome": str(finding.outcome),
                        "sentence": file_name(finding.sentence),
                        "file": file_name(finding.place.file),
                        "line": finding.place.line,
                        "column": finding.place.column,
                    }
                    for finding in one.findings
                ],
            }
            for one in report.checked
        ],
        "not_checked": list(report.not_checked),
    }
    return ascii_json(json.dumps(document, indent=2))


def _waived(waiver: Waived) -> dict[str, str]:
    return {
        "owner": waiver.owner,
        "reason": waiver.reason,
        "expires": waiver.expires.isoformat(),
        "file": file_name(waiver.place.file),
    }


def as_github(report: Report, root: Path) -> str:
    """Write a report as workflow commands, the worst first: GitHub shows the first ten of each kind.

    Parameters
    ----------
    report : Report
    root : Path
        The folder that the paths of files are written from: the repository's.
    """
    return "\n".join(
        [*(command for one in report.checked for command in _commands(one, root)), tally(report)]
    )


def _commands(one: Checked, root: Path) -> list[str]:
    name = "" if one.deployment is None else f"{one.deployment}: "
    if one.waived is not None:
        sentences = "; ".join(finding.sentence for finding in to_show(one))
        return [
            _command(Outcome.WAIVED, one.place, "Waived", f"{name}{waiver(one.waived)}; {sentences}", root)
        ]
    return [
        _command(finding.outcome, finding.place, _title(finding), f"{name}{finding.sentence}", root)
        for finding in to_show(one)
    ]


def _title(finding: Finding) -> str:
    word = "Note" if finding.rule is Rule.WAIVER_NOT_USED else str(finding.outcome).capitalize()
    return f"{word}: {EXPLAINED[finding.rule].title}"


def _command(outcome: Outcome, place: Place, title: str, message: str, root: Path) -> str:
    parts = {
        "file": from_root(place.file, root).as_posix(),
        "line": place.line,
        "col": place.column,
        "title": title,
    }
    properties = ",".join(f"{key}={_property(str(v))}" for key, v in parts.items() if v is not None)
    return f"::{_COMMANDS[outcome]} {properties}::{_data(message)}"


def _data(text: str) -> str:
    """Escape what follows a command, as escapeData of @actions/core does; `line` leaves no line break."""
    return line(text).replace("%", "%25")


def _property(text: str) -> str:
    """Escape a property of a command, as escapeProperty of @actions/core does."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_summary(report: Report) -> str:
    """Write a report as Markdown for the summary of a job: a table, the worst first.

    It is a table of HTML, since inside one Markdown means nothing, and only HTML has to be escaped.
    """
    rows: list[str] = []
    left = _LARGEST_SUMMARY
    for one in report.checked:
        row = _row(one)
        left -= len(row.encode())
        if left < 0:
            break
        rows.append(row)
    more = len(report.checked) - len(rows)
    evidence = "the evaluations that the configs name" if report.evaluation is None else report.evaluation
    lines = [
        "",
        "### harness check",
        "",
        f"<p>{_cell(tally(report))}; evidence: {_cell(evidence)}</p>",
        "",
        "<table>",
        f"<tr>{''.join(f'<th>{column}</th>' for column in _COLUMNS)}</tr>",
        *rows,
        "</table>",
        "",
    ]
    return "\n".join([*lines, *([f"{more} more are in the log.", ""] if more else []), ""])


def _row(one: Checked) -> str:
    said = [finding.sentence for finding in to_show(one)]
    if one.waived is not None:
        said.insert(0, waiver(one.waived))
    cells = [
        f"<b>{_cell(str(one.outcome))}</b>",
        _cell("" if one.deployment is None else one.deployment),
        "" if one.threshold is None else repr(one.threshold),
        _cell(one.owner or ""),
        _cell(str(one.place)),
        "<br>".join(map(_cell, said)),
    ]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _cell(text: str) -> str:
    """Escape for HTML; a mention or a reference to an issue, apart from its sign, is none."""
    escaped = escape(line(text), quote=False)
    return escaped.replace("#", "<span>#</span>").replace("@", "<span>@</span>")

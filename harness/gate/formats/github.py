"""A check as GitHub's workflow commands, which annotate the config, and as the summary of a job."""

from __future__ import annotations

from html import escape
from pathlib import Path

from harness.gate.findings import Checked, Finding, Outcome, Place, Report, Rule
from harness.gate.formats.rules import EXPLAINED
from harness.gate.formats.wording import from_root, tally, to_show, waiver
from harness.text import line

__all__ = ["as_github", "as_summary"]

_COMMANDS = {
    Outcome.PASS: "notice",
    Outcome.WAIVED: "warning",
    Outcome.CANNOT_DECIDE: "error",
    Outcome.FAIL: "error",
    Outcome.INVALID: "error",
}
_COLUMNS = ("Outcome", "Deployment", "Threshold", "Owner", "Where", "Finding")
_LARGEST_SUMMARY = 900_000  # GitHub drops one of more than 1 MiB


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

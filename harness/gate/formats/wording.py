"""What every form of a check says alike."""

from __future__ import annotations

import os
from pathlib import Path

from harness.gate.findings import Checked, Finding, Outcome, Report, Rule, Waived

__all__ = ["from_root", "tally", "to_show", "waiver"]


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

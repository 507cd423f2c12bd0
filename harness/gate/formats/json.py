"""A check as JSON, for machines."""

from __future__ import annotations

import json

from harness.gate.findings import Report, Waived

__all__ = ["REPORT_SCHEMA", "as_json"]

REPORT_SCHEMA = "harness/check/1"


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
                "waived": None if one.waived is None else _waived(one.waived),
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
        "not_checked": list(report.not_checked),
    }
    # In a log ``##[...]`` is a command to GitHub's runner; as an escape it is the same JSON.
    return json.dumps(document, indent=2).replace("##", "#\\u0023")


def _waived(waiver: Waived) -> dict[str, str]:
    return {
        "owner": waiver.owner,
        "reason": waiver.reason,
        "expires": waiver.expires.isoformat(),
        "file": waiver.place.file,
    }

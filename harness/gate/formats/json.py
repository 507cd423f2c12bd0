"""A check as JSON, for machines."""

from __future__ import annotations

import json

from harness.gate.findings import Report, Waived
from harness.text import ascii_json, file_name

__all__ = ["REPORT_SCHEMA", "as_json"]

REPORT_SCHEMA = "harness/check/1"


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

"""A check as JSON, for machines."""

from __future__ import annotations

import json

from harness.gate.findings import Report

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

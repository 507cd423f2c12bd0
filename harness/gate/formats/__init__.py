"""Forms in which a check is written."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from harness.gate.findings import Report
from harness.gate.formats.plain import as_github, as_json, as_summary, as_text

__all__ = ["LIBRARIES", "Form", "as_summary", "as_text", "drawn"]

Form = Literal["text", "json", "junit", "sarif", "github"]

LIBRARIES = {"junit": "junitparser", "sarif": "sarif_pydantic"}
"""Packages that a form needs beyond the harness's own dependencies; the extra ``gate`` brings them."""


def drawn(report: Report, form: Form, root: Path) -> str:
    """Draw a report in a form; a library that the form needs is imported only now.

    Parameters
    ----------
    report : Report
    form : {"text", "json", "junit", "sarif", "github"}
    root : Path
        The folder that SARIF and GitHub take the paths of files from.
    """
    match form:
        case "text":
            return as_text(report)
        case "json":
            return as_json(report)
        case "junit":
            from harness.gate.formats.junit import as_junit

            return as_junit(report)
        case "sarif":
            from harness.gate.formats.sarif import as_sarif

            return as_sarif(report, root)
        case "github":
            return as_github(report, root)

"""A check as SARIF 2.1.0, for code scanning.

Only what keeps a deployment from passing is a result, since viewers (GitHub's among them) raise an alert for every
result, of whatever kind; what passed is in the invocation's notifications. A waived deployment's results are
suppressed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sarif_pydantic.sarif import (
    ArtifactLocation,
    Invocation,
    Level,
    Location,
    LogicalLocation,
    Message,
    Notification,
    PhysicalLocation,
    Region,
    ReportingConfiguration,
    ReportingDescriptor,
    ReportingDescriptorReference,
    Result,
    Run,
    Sarif,
    Suppression,
    Tool,
    ToolDriver,
)

from harness._version import __version__
from harness.gate.findings import EXPLAINED, Checked, Finding, Outcome, Place, Report, Rule
from harness.gate.formats.plain import from_root, waiver
from harness.text import line

__all__ = ["as_sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Rule.SAFE: "none", Rule.WAIVER_NOT_USED: "note"}
_EXIT_CODES = {
    0: "every deployment passes or is waived",
    1: "a deployment is below the safe threshold or breaks a bound",
    2: "a config is invalid",
    3: "the evidence cannot decide",
}


def as_sarif(report: Report, root: Path) -> str:
    """Write a report as SARIF.

    Parameters
    ----------
    report : Report
    root : Path
        The folder that the paths of files are written from, as a rule the repository's.
    """
    findings = [(one, finding) for one in report.checked for finding in one.findings]
    invocation = Invocation(
        execution_successful=all(one.outcome is not Outcome.INVALID for one in report.checked),
        exitCode=report.exit_code,
        exitCodeDescription=_EXIT_CODES[report.exit_code],
        toolExecutionNotifications=[
            _notification(one, finding, root) for one, finding in findings if finding.outcome is Outcome.PASS
        ],
    )
    run = Run(
        tool=Tool(driver=_driver()),
        invocations=[invocation],
        results=list(_results(report, root)),
        columnKind="unicodeCodePoints",
        properties={
            "today": str(report.today),
            "evaluation": report.evaluation and line(report.evaluation),
        },
    )
    log = Sarif.model_validate({"$schema": _SCHEMA, "runs": [run]})
    return json.dumps(log.model_dump(mode="json", by_alias=True, exclude_none=True), indent=2)


def _driver() -> ToolDriver:
    return ToolDriver(
        name="harness",
        full_name="Threshold and demographic-bias evaluation harness",
        version=__version__,
        semantic_version=__version__,
        rules=[_rule(rule) for rule in Rule],
    )


def _rule(rule: Rule) -> ReportingDescriptor:
    explained = EXPLAINED[rule]
    return ReportingDescriptor(
        id=str(rule),
        name="".join(word.title() for word in rule.split("-")),
        short_description=Message(text=f"{explained.title}."),
        full_description=Message(text=explained.meaning),
        help=Message(text=f"{explained.meaning} {explained.remedy}"),
        default_configuration=ReportingConfiguration(level=_LEVELS.get(rule, "error")),
    )


def _results(report: Report, root: Path) -> Iterator[Result]:
    occurrences: Counter[tuple[str, str | None, Rule]] = Counter()
    for one in report.checked:
        for finding in one.findings:
            if finding.outcome is Outcome.PASS:
                continue
            key = (_artifact(one.place.file, root).uri or "", one.deployment, finding.rule)
            occurrences[key] += 1
            fingerprint = hashlib.sha256(repr((*key, occurrences[key])).encode()).hexdigest()
            yield Result(
                rule_id=str(finding.rule),
                rule_index=list(Rule).index(finding.rule),
                kind="fail",
                level=Level.ERROR,
                message=Message(text=_message(one, finding)),
                locations=[_location(one, finding.place, root)],
                partial_fingerprints={"deploymentAndRule/v1": fingerprint},
                suppressions=_suppressions(one, root),
                properties={"outcome": str(one.outcome), "threshold": one.threshold, "owner": _owner(one)},
            )


def _notification(one: Checked, finding: Finding, root: Path) -> Notification:
    return Notification(
        level=Level.NOTE,
        message=Message(text=_message(one, finding)),
        locations=[_location(one, finding.place, root)],
        associated_rule=ReportingDescriptorReference(
            id=str(finding.rule), index=list(Rule).index(finding.rule)
        ),
    )


def _suppressions(one: Checked, root: Path) -> list[Suppression]:
    if one.waived is None:
        return []
    place = Location(physical_location=_physical(one.waived.place, root))
    justification = line(waiver(one.waived))
    return [Suppression(kind="external", status="accepted", justification=justification, location=place)]


def _message(one: Checked, finding: Finding) -> str:
    """Write a message that is taken for text: no placeholder (SARIF 2.1.0, 3.11.5), no link (3.11.6)."""
    text = line(finding.sentence if one.deployment is None else f"{one.deployment}: {finding.sentence}")
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _owner(one: Checked) -> str | None:
    return None if one.owner is None else line(one.owner)


def _location(one: Checked, place: Place, root: Path) -> Location:
    named = None if one.deployment is None else [LogicalLocation(name=line(one.deployment), kind="member")]
    return Location(physical_location=_physical(place, root), logical_locations=named)


def _physical(place: Place, root: Path) -> PhysicalLocation:
    region = None if place.line is None else Region(start_line=place.line, start_column=place.column)
    return PhysicalLocation(artifact_location=_artifact(place.file, root), region=region)


def _artifact(file: str, root: Path) -> ArtifactLocation:
    path = from_root(file, root)
    if path.is_absolute():
        return ArtifactLocation(uri=path.as_uri())
    return ArtifactLocation(uri=quote(os.fsencode(path.as_posix())), uri_base_id="%SRCROOT%")

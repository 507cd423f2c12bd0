"""Deployment configs against the evidence of an evaluation: pass, fail, or cannot decide.

Whatever is missing, odd or altered keeps a deployment from passing. Nothing here needs numpy: a gate has to start fast.
"""

from typing import TYPE_CHECKING, Any

from harness.gate.checking import check
from harness.gate.deployment import DeploymentFile
from harness.gate.findings import Checked, Finding, Outcome, Place, Report, Rule, Waived

if TYPE_CHECKING:
    from harness.gate.schema import json_schema

__all__ = [
    "Checked",
    "DeploymentFile",
    "Finding",
    "Outcome",
    "Place",
    "Report",
    "Rule",
    "Waived",
    "check",
    "json_schema",
]


def __getattr__(name: str) -> Any:
    if name != "json_schema":
        raise AttributeError(f"module 'harness.gate' has no attribute {name!r}")
    from harness.gate.schema import json_schema  # with pydantic, which a check does not wait for

    return json_schema

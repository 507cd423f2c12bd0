"""Deployment configs against the evidence of an evaluation: pass, fail, or cannot decide.

Whatever is missing, odd or altered keeps a deployment from passing. Nothing here needs numpy: a gate has to start fast.
"""

from harness.gate.checking import check
from harness.gate.deployment import DeploymentFile, json_schema
from harness.gate.findings import Checked, Finding, Outcome, Place, Report, Rule, Waived

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

"""Comparisons whose label or identity may be wrong, and what the safe threshold owes to them.

Nothing is ever removed, neither from the scores nor from another result: what is listed is for people to look at.
"""

from harness.inspection.result import Inspection, Step, findings, to_json
from harness.inspection.run import inspect
from harness.inspection.suspicion import SuspiciousSubject, SuspiciousTrial

__all__ = [
    "Inspection",
    "Step",
    "SuspiciousSubject",
    "SuspiciousTrial",
    "findings",
    "inspect",
    "to_json",
]

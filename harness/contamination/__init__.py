"""Comparisons whose label or identity may be wrong, and what the safe threshold owes to them.

Nothing is ever removed, neither from the scores nor from another result: what is listed is for people to look at.
"""

from harness.contamination.document import to_json
from harness.contamination.result import Inspection, Step, SuspiciousSubject, SuspiciousTrial
from harness.contamination.run import inspect
from harness.contamination.summary import findings

__all__ = [
    "Inspection",
    "Step",
    "SuspiciousSubject",
    "SuspiciousTrial",
    "findings",
    "inspect",
    "to_json",
]

"""What an update of a matcher does to a demographic differential: two matchers on the same trials."""

from harness.change.answer import answer, findings
from harness.change.result import (
    Bounded,
    Change,
    ChangeVerdict,
    GroupErrors,
    PairedComparison,
    PairOfGroups,
    to_json,
)
from harness.change.run import DEFAULT_TOLERANCE, compare

__all__ = [
    "DEFAULT_TOLERANCE",
    "Bounded",
    "Change",
    "ChangeVerdict",
    "GroupErrors",
    "PairOfGroups",
    "PairedComparison",
    "answer",
    "compare",
    "findings",
    "to_json",
]

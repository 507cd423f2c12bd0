"""Threshold and demographic-bias evaluation harness for face matchers.

Everything is imported when first used, so that a gate that only reads an evaluation starts fast.
"""

from harness._version import __version__

TYPE_CHECKING = (
    False  # typing takes some time to import, in which Ctrl-C would end the command as it does any Python
)
if TYPE_CHECKING:
    from typing import Any

    from harness.auditing import Audit, DeploymentRecord, RecordMapping, audit
    from harness.change import PairedComparison, compare
    from harness.drafting import draft
    from harness.errors import HarnessError, InputError
    from harness.evaluation import Evaluation, evaluate, evaluate_each, load
    from harness.inspection import Inspection, inspect
    from harness.monitoring import AlertMapping, Monitoring, monitor
    from harness.projection import Projection, project
    from harness.study import Policy, Study


__all__ = [
    "AlertMapping",
    "Audit",
    "DeploymentRecord",
    "Evaluation",
    "HarnessError",
    "InputError",
    "Inspection",
    "Monitoring",
    "PairedComparison",
    "Policy",
    "Projection",
    "RecordMapping",
    "Study",
    "__version__",
    "audit",
    "compare",
    "draft",
    "evaluate",
    "evaluate_each",
    "inspect",
    "load",
    "monitor",
    "project",
]

_HOMES = {
    "AlertMapping": "harness.monitoring",
    "Audit": "harness.auditing",
    "DeploymentRecord": "harness.auditing",
    "Evaluation": "harness.evaluation",
    "HarnessError": "harness.errors",
    "InputError": "harness.errors",
    "Inspection": "harness.inspection",
    "Monitoring": "harness.monitoring",
    "PairedComparison": "harness.change",
    "Policy": "harness.study.policy",
    "Projection": "harness.projection",
    "RecordMapping": "harness.auditing",
    "Study": "harness.study",
    "audit": "harness.auditing",
    "compare": "harness.change",
    "draft": "harness.drafting",
    "evaluate": "harness.evaluation",
    "evaluate_each": "harness.evaluation",
    "inspect": "harness.inspection",
    "load": "harness.evaluation",
    "monitor": "harness.monitoring",
    "project": "harness.projection",
}


def __getattr__(name: str) -> "Any":
    from importlib import import_module

    if name == "comparisons":  # for harness.comparisons.all_pairs
        return import_module("harness.comparisons")
    if name not in _HOMES:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__

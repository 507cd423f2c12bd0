"""Threshold and demographic-bias evaluation harness for face matchers.

Everything is imported when first used, so that a gate that only reads an evaluation starts fast.
"""

TYPE_CHECKING = (
    False  # typing takes some time to import, in which Ctrl-C would end the command as it does any Python
)
if TYPE_CHECKING:
    from typing import Any

    from harness.contamination import Inspection, inspect
    from harness.errors import HarnessError, InputError
    from harness.evaluation import Evaluation, evaluate, load
    from harness.policy import Policy
    from harness.records import Audit, DeploymentRecord, RecordMapping, audit
    from harness.study import Study

__version__ = "0.1.0"

__all__ = [
    "Audit",
    "DeploymentRecord",
    "Evaluation",
    "HarnessError",
    "InputError",
    "Inspection",
    "Policy",
    "RecordMapping",
    "Study",
    "__version__",
    "audit",
    "evaluate",
    "inspect",
    "load",
]

_HOMES = {
    "Audit": "harness.records",
    "DeploymentRecord": "harness.records",
    "Evaluation": "harness.evaluation",
    "HarnessError": "harness.errors",
    "InputError": "harness.errors",
    "Inspection": "harness.contamination",
    "Policy": "harness.policy",
    "RecordMapping": "harness.records",
    "Study": "harness.study",
    "audit": "harness.records",
    "evaluate": "harness.evaluation",
    "inspect": "harness.contamination",
    "load": "harness.evaluation",
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

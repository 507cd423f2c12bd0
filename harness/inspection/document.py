"""An inspection as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from harness.inspection.result import Inspection
from harness.inspection.suspicion import POSSIBLE, TYPICAL, UNEXPECTED

__all__ = ["SCHEMA", "to_json"]

SCHEMA = "harness/inspection/1"


def to_json(inspection: Inspection) -> str:
    """Write an inspection as a JSON document; equal inspections give equal text."""
    evaluation = inspection.evaluation
    document = {
        "schema": SCHEMA,
        "versions": dict(evaluation.versions),
        "study": evaluation.study.to_dict(),
        "policy": evaluation.policy.to_dict(),
        "inputs": [asdict(item) for item in evaluation.inputs],
        "removed": 0,
        "rule": {"typical": TYPICAL, "possible": POSSIBLE, "expected_below": UNEXPECTED},
        "looked_at": inspection.looked_at,
        "flagged": {"non_mated": inspection.flagged_non_mated, "mated": inspection.flagged_mated},
        "trials": {
            "non_mated": [asdict(trial) for trial in inspection.non_mated],
            "mated": [asdict(trial) for trial in inspection.mated],
        },
        "subjects": [asdict(subject) for subject in inspection.subjects],
        "repeated_rows": inspection.repeated_rows,
        "repeats": [asdict(repeat) for repeat in inspection.repeats],
        "sensitivity": [step.to_dict() for step in inspection.steps],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"

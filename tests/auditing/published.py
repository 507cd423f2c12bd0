"""Files of records that the tests vary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import harness
from harness.auditing import Audit, AuditedRecord, DeploymentRecord
from harness.evaluation import Evaluation

DATA = Path(__file__).parents[2] / "data_synthetic"

HEADER = "date,place,watchlist_size,threshold,faces,alerts,true_alerts,false_alerts"
ROW = "2026-01-14,North Street,9800,0.62,12345,9,2,7"

Written = Callable[..., Path]


def record(**changes: Any) -> DeploymentRecord:
    """A record of 12,345 faces without a false alert, but for what is changed."""
    faces = changes.get("faces", 12_345)
    false_alerts, true_alerts = changes.get("false_alerts", 0), changes.get("true_alerts", 2)
    unconfirmed = changes.get("unconfirmed_alerts", 0)
    counts = (false_alerts, true_alerts, unconfirmed)
    alerts = None if None in counts else sum(counts)
    known: dict[str, Any] = {
        "date": date(2026, 1, 14),
        "place": "North Street",
        "watchlist_size": 9_800,
        "threshold": 0.62,
        "faces": faces,
        "alerts": alerts,
        "true_alerts": true_alerts,
        "false_alerts": false_alerts,
        "unconfirmed_alerts": unconfirmed,
    }
    return DeploymentRecord(**{**known, **changes})


def audited(evaluation: Evaluation, *records: DeploymentRecord, **options: Any) -> Audit:
    return harness.audit(records, evaluation=evaluation, **options)


def only(audit: Audit) -> AuditedRecord:
    (one,) = audit.records
    return one

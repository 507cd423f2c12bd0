"""An audit as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import harness
from harness.records.result import Audit, AuditedRecord, Pool
from harness.records.summary import answer

__all__ = ["SCHEMA", "to_json"]

SCHEMA = "harness/audit/1"


def to_json(audit: Audit) -> str:
    """Write an audit as a JSON document; equal audits give equal text. What is unknown is null."""
    file = audit.file
    document = {
        "schema": SCHEMA,
        "harness": harness.__version__,
        "input": {
            "name": file.source,
            "bytes": file.bytes,
            "sha256": file.sha256,
            "columns_not_read": list(file.unread),
        },
        "mapping": audit.mapping.to_dict(),
        "evaluation": {
            "name": audit.evaluation,
            "sha256": audit.evaluation_sha256,
            "matcher": {"name": audit.matcher, "version": audit.version},
            "task": audit.task,
            "watchlist_size": audit.tested_watchlist_size,
            "safe_threshold": audit.safe_threshold,
            "reason": audit.safe_reason,
        },
        "confidence": audit.confidence,
        "agreement_ratio": audit.agreement_ratio,
        "answer": dict(answer(audit)),
        "assumptions": list(audit.assumptions),
        "records": [_record(one) for one in audit.records],
        "pools": [_pool(pool) for pool in audit.pools],
        "total": audit.total and asdict(audit.total),
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _record(one: AuditedRecord) -> dict[str, Any]:
    record = asdict(one.record)
    return {
        **record,
        "stated_rate": one.record.stated_rate and one.record.stated_rate.value,
        "date": one.record.date.isoformat(),
        "threshold_standing": str(one.threshold),
        "threshold_reason": one.threshold_reason,
        "watchlist_standing": str(one.watchlist),
        "rate": one.rate and asdict(one.rate),
        "allowed_alerts": one.allowed_alerts,
        "agreement": str(one.judgement.agreement),
        "agreement_reason": one.judgement.sentence,
        "claim": one.claim,
        "claim_bound": one.claim_bound,
        "stated_rate_disagrees": one.stated_rate,
    }


def _pool(pool: Pool) -> dict[str, Any]:
    plain = asdict(pool)
    judgement = plain.pop("judgement")
    return {**plain, "agreement": str(judgement["agreement"]), "agreement_reason": judgement["sentence"]}

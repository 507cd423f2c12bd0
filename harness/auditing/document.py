"""An audit as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from harness._version import __version__
from harness.auditing.deployment import DeploymentRecord
from harness.auditing.result import Audit, AuditedRecord, Pool
from harness.auditing.summary import answer

__all__ = ["SCHEMA", "json_parts", "to_json"]

SCHEMA = "harness/audit/1"


def to_json(audit: Audit) -> str:
    """Write an audit as a JSON document; equal audits give equal text. What is unknown is null."""
    return "".join(json_parts(audit))


def json_parts(audit: Audit) -> Iterator[str]:
    """Yield the text of `to_json` record by record, for the whole of a million takes more memory than they do."""
    yield _dumped(_head(audit)).removesuffix("\n}") + ',\n "records": ['
    for place, one in enumerate(audit.records):
        yield (",\n  " if place else "\n  ") + _dumped(_record(one)).replace("\n", "\n  ")
    tail = {"pools": [_pool(pool) for pool in audit.pools], "total": audit.total and asdict(audit.total)}
    yield "\n ]," + _dumped(tail).removeprefix("{") + "\n"


def _dumped(part: dict[str, Any]) -> str:
    return json.dumps(part, ensure_ascii=False, allow_nan=False, indent=1)


def _head(audit: Audit) -> dict[str, Any]:
    file = audit.file
    return {
        "schema": SCHEMA,
        "harness": __version__,
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
    }


_STATED = tuple(field.name for field in fields(DeploymentRecord))


def _record(one: AuditedRecord) -> dict[str, Any]:
    record, rate = one.record, one.rate
    return {
        **{name: getattr(record, name) for name in _STATED},
        "groups": {name: asdict(group) for name, group in record.groups.items()},
        "stated_rate": record.stated_rate and record.stated_rate.value,
        "date": record.date.isoformat(),
        "threshold_standing": str(one.threshold),
        "threshold_reason": one.threshold_reason,
        "watchlist_standing": str(one.watchlist),
        "rate": rate and {"estimate": rate.estimate, "lower": rate.lower, "upper": rate.upper},
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

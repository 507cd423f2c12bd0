"""The records of an audit as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from harness.auditing.result import AuditedRecord

__all__ = ["record_rows"]

AT_ONCE = 1 << 14
"""Rows made together, for a row takes ten times the memory before it is in a table."""

_TEXT, _WHOLE, _NUMBER = pa.string(), pa.int64(), pa.float64()

SCHEMA = pa.schema(
    {
        "line": _WHOLE,
        "id": _TEXT,
        "date": _TEXT,
        "place": _TEXT,
        "watchlist_size": _WHOLE,
        "threshold": _NUMBER,
        "faces": _WHOLE,
        "alerts": _WHOLE,
        "true_alerts": _WHOLE,
        "false_alerts": _WHOLE,
        "unconfirmed_alerts": _WHOLE,
        "threshold_standing": _TEXT,
        "threshold_reason": _TEXT,
        "watchlist_standing": _TEXT,
        "false_alert_rate": _NUMBER,
        "rate_lower": _NUMBER,
        "rate_upper": _NUMBER,
        "allowed_fewest": _NUMBER,
        "allowed_most": _NUMBER,
        "agreement": _TEXT,
        "agreement_reason": _TEXT,
        "claim_bound": _NUMBER,
        "claim": _TEXT,
        "stated_rate": _TEXT,
    }
)


def record_rows(records: Sequence[AuditedRecord]) -> Iterator[pa.Table]:
    """Yield tables with a row for each record, some thousands at a time; what is unknown is null."""
    for start in range(0, max(len(records), 1), AT_ONCE):
        yield pa.Table.from_pylist([_row(one) for one in records[start : start + AT_ONCE]], SCHEMA)


def _row(one: AuditedRecord) -> dict[str, object]:
    record, rate = one.record, one.rate
    fewest, most = one.allowed_alerts or (None, None)
    copied = ("line", "id", "place", "watchlist_size", "threshold", "faces", "alerts", "true_alerts")
    return {
        **{name: getattr(record, name) for name in (*copied, "false_alerts", "unconfirmed_alerts")},
        "date": record.date.isoformat(),
        "threshold_standing": str(one.threshold),
        "threshold_reason": one.threshold_reason,
        "watchlist_standing": str(one.watchlist),
        "false_alert_rate": rate and rate.estimate,
        "rate_lower": rate and rate.lower,
        "rate_upper": rate and rate.upper,
        "allowed_fewest": fewest,
        "allowed_most": most,
        "agreement": str(one.judgement.agreement),
        "agreement_reason": one.judgement.sentence,
        "claim_bound": one.claim_bound,
        "claim": one.claim,
        "stated_rate": one.stated_rate,
    }

"""An audit as JSON, and as lines for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any

from harness._version import __version__
from harness.auditing.judged import AuditedRecord, Pool, WatchlistStanding
from harness.auditing.reading import RecordFile, SetAside
from harness.auditing.records import DeploymentRecord
from harness.auditing.result import Audit, answer
from harness.numbers import alerts_text, one_in, threshold_text
from harness.text import line

__all__ = ["SCHEMA", "as_table", "json_parts", "table_lines", "to_json"]

SCHEMA = "harness/audit/1"


def to_json(audit: Audit) -> str:
    """Write an audit as a JSON document; equal audits give equal text. What is unknown is null."""
    return "".join(json_parts(audit))


def json_parts(audit: Audit) -> Iterator[str]:
    """Yield the text of `to_json` record by record, for the whole of a million takes more memory than they do."""
    yield _dumped(_head(audit)).removesuffix("\n}") + ',\n "records": ['
    for index, one in enumerate(audit.records):
        yield (",\n  " if index else "\n  ") + _dumped(_record(one)).replace("\n", "\n  ")
    tail = {
        "pools": [_pool(pool) for pool in audit.pools],
        "total": audit.total and asdict(audit.total),
        "operation": asdict(audit.operation),
        **_where_told(audit),
    }
    yield "\n ]," + _dumped(tail).removeprefix("{") + "\n"


def _where_told(audit: Audit) -> dict[str, Any]:
    """What only some audits have to tell."""
    told = {
        "comparisons": [asdict(one) for one in audit.comparisons],
        "denominators": list(audit.denominators),
        "set_aside": [_set_aside(file, one) for file, one in audit.set_aside],
    }
    return {name: parts for name, parts in told.items() if parts}


def _set_aside(file: RecordFile, one: SetAside) -> dict[str, Any]:
    stated = {} if one.record is None else {"record": _plain_record(one.record)}
    return {"file": file.source, "line": one.line, "reason": one.reason, **stated}


def _dumped(part: dict[str, Any]) -> str:
    return json.dumps(part, ensure_ascii=False, allow_nan=False, indent=1)


def _head(audit: Audit) -> dict[str, Any]:
    inputs: dict[str, Any]
    if len(audit.files) == 1:
        inputs = {"input": _input(audit.file), "mapping": audit.mapping.to_dict()}
    else:
        pairs = zip(audit.files, audit.mappings, strict=True)
        inputs = {"inputs": [{**_input(file), "mapping": mapping.to_dict()} for file, mapping in pairs]}
    return {
        "schema": SCHEMA,
        "harness": __version__,
        **inputs,
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


def _input(file: RecordFile) -> dict[str, Any]:
    return {
        "name": file.source,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "columns_not_read": list(file.unread),
    }


_STATED = tuple(field.name for field in fields(DeploymentRecord))
_WHERE_STATED = ("until", "hours", "approximate", "from_rate", "file")
"""Left out of records that do not state them."""


def _plain_record(record: DeploymentRecord) -> dict[str, Any]:
    stated = {name: getattr(record, name) for name in _STATED}
    stated |= {
        "groups": {name: asdict(group) for name, group in record.groups.items()},
        "stated_rate": record.stated_rate and record.stated_rate.value,
        "date": record.date.isoformat(),
        "until": record.until and record.until.isoformat(),
    }
    return {name: value for name, value in stated.items() if value or name not in _WHERE_STATED}


def _record(one: AuditedRecord) -> dict[str, Any]:
    record, rate = one.record, one.rate
    return {
        **_plain_record(record),
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


_HEADINGS = (
    "date",
    "place",
    "watchlist",
    "threshold",
    "standing",
    "faces",
    "false",
    "allowed",
    "false alert rate",
    "interval",
    "agreement",
)
_BEYOND = (WatchlistStanding.BEYOND, WatchlistStanding.NOT_TESTED)
_RIGHT = {"watchlist", "threshold", "faces", "false", "allowed"}


def as_table(audit: Audit) -> str:
    """Return the table of records."""
    return "\n".join(table_lines(audit))


def table_lines(audit: Audit) -> Iterator[str]:
    """Yield the lines of `as_table`; the cells of a million records are worked out twice rather than kept."""
    widths = [0] * len(_HEADINGS)
    for row in _rows(audit):
        widths = [max(width, len(cell)) for width, cell in zip(widths, row, strict=True)]
    for row in _rows(audit):
        yield _line(row, widths)
    if any(one.watchlist in _BEYOND for one in audit.records):
        tested = audit.tested_watchlist_size
        yield f"! {'no watchlist was' if tested is None else f'more than the {tested:,}'} tested"


def _rows(audit: Audit) -> Iterator[tuple[str, ...]]:
    yield _HEADINGS
    yield from (tuple(map(line, _row(one))) for one in audit.records)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (
        cell.rjust(width) if heading in _RIGHT else cell.ljust(width)
        for heading, cell, width in zip(_HEADINGS, row, widths, strict=True)
    )
    return "  ".join(cells).rstrip()


def _row(one: AuditedRecord) -> tuple[str, ...]:
    record, rate = one.record, one.rate
    place = record.place if record.id is None else f"{record.place} ({record.id})"
    beyond = "!" if one.watchlist in _BEYOND else ""
    return (
        record.days,
        place,
        _whole(record.watchlist_size) + beyond,
        "unknown" if record.threshold is None else threshold_text(record.threshold),
        str(one.threshold) if record.threshold is not None else "",
        _whole(record.faces),
        _false(one),
        "" if one.allowed_alerts is None else " to ".join(alerts_text(n) for n in one.allowed_alerts),
        "unknown" if rate is None else one_in(rate.estimate),
        "" if rate is None else f"{one_in(rate.lower, 'down')} to {one_in(rate.upper, 'up')}",
        str(one.judgement.agreement),
    )


def _whole(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"


def _false(one: AuditedRecord) -> str:
    fewest, most = one.record.false_alerts, one.record.most_false_alerts
    if fewest is None:
        return "unknown"
    if most is None:
        return f"{fewest:,} or more"
    return f"{fewest:,}" if most == fewest else f"{fewest:,} to {most:,}"

"""An audit as lines, for a terminal: a row for each record, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.auditing.result import Audit, AuditedRecord, WatchlistStanding
from harness.numbers import alerts_text, one_in
from harness.text import line

__all__ = ["as_table", "table_lines"]

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
        record.date.isoformat(),
        place,
        _whole(record.watchlist_size) + beyond,
        "unknown" if record.threshold is None else f"{record.threshold:.6g}",
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

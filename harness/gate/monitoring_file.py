"""The state of a monitoring: a line of JSON for each run, each with the digest of the line before.

It lies with the gate, as the description of an evaluation does, because signing must start without numpy. A line that
was changed, taken out or put in breaks the chain; lines cut off at the end leave a whole chain, and only a signature
shows them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from harness.config import ListOf, MappingOf, StrictModel, plain
from harness.errors import InputError
from harness.gate.deployment import Digest
from harness.gate.strict_json import plain_json

__all__ = [
    "SCHEMA",
    "AlertCount",
    "MonitoredShape",
    "MonitoringRecord",
    "StoredAlerts",
    "Summary",
    "digests_of_lines",
    "is_monitoring_state",
    "line_of",
    "records_in",
]

SCHEMA = "harness/monitoring-record/1"

Count = Annotated[int, Field(ge=0)]


class AlertCount(StrictModel):
    """How many alerts of a deployment have one outcome and are of one group.

    Parameters
    ----------
    outcome : {"true", "false", "unsettled"}
    group : str or None
        None where it is not known.
    count : int
    """

    outcome: Literal["true", "false", "unsettled"]
    group: str | None
    count: Count


class MonitoredShape(StrictModel):
    """A deployment as a run found it.

    Parameters
    ----------
    name : str
    time : str
        In the form of ISO 8601.
    faces : float or None
    watchlist_size : int or None
    threshold : float or None
    composition : mapping
    alerts : list of AlertCount
    """

    name: str
    time: str
    faces: Annotated[float, Field(ge=0)] | None
    watchlist_size: Count | None
    threshold: float | None
    composition: MappingOf[str, MappingOf[str, Count]]
    alerts: ListOf[AlertCount]

    @property
    def moment(self) -> datetime:
        """The time."""
        return datetime.fromisoformat(self.time)


class StoredAlerts(StrictModel):
    """The file of alerts that a run read.

    Parameters
    ----------
    name : str
    sha256 : str
    rows : int
    """

    name: str
    sha256: Digest
    rows: Count


class Summary(StrictModel):
    """What a run found.

    Parameters
    ----------
    outcome : {"no alarm", "alarm", "cannot decide"}
    deployments : int
        All until then.
    false_alerts : int
        Settled ones.
    allowed : float
    alarms : list of str
        What raised one, and at which deployment.
    """

    outcome: Literal["no alarm", "alarm", "cannot decide"]
    deployments: Count
    false_alerts: Count
    allowed: Annotated[float, Field(ge=0)]
    alarms: ListOf[str]


class MonitoringRecord(StrictModel):
    """One run.

    Parameters
    ----------
    schema_ : str
    number : int
        Of the run, from 1.
    previous : str or None
        SHA-256 of the line before, without its line break; None in the first.
    harness : str
        Version of this package.
    evaluation_sha256 : str
    mapping_sha256 : str
        Of the mapping as JSON with sorted keys and no spaces, every default spelled out.
    alerts : StoredAlerts
    deployments : list of MonitoredShape
        Those that are new, or have changed, since the record before.
    summary : Summary
    """

    schema_: Annotated[Literal["harness/monitoring-record/1"], Field(alias="schema")]
    number: Annotated[int, Field(ge=1)]
    previous: Digest | None
    harness: str
    evaluation_sha256: Digest
    mapping_sha256: Digest
    alerts: StoredAlerts
    deployments: ListOf[MonitoredShape]
    summary: Summary


def line_of(record: MonitoringRecord) -> bytes:
    """Return a record as its line, without a line break; the same bytes for the same record."""
    return json.dumps(
        plain(record), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digests_of_lines(content: bytes) -> tuple[str, ...]:
    """Return the SHA-256 of a state as it was after each of its lines.

    A signature of a state holds for what it was then, and what was appended since does not change that.
    """
    digest, found = hashlib.sha256(), []
    for line in content.splitlines(keepends=True):
        digest.update(line)
        found.append(digest.hexdigest())
    return tuple(found)


def is_monitoring_state(content: bytes) -> bool:
    """Whether a file looks like the state of a monitoring; nothing about it is verified."""
    first, _, _ = content.partition(b"\n")
    try:
        values = plain_json(first)
    except ValueError:
        return False
    return isinstance(values, dict) and values.get("schema") == SCHEMA


def records_in(content: bytes, source: str) -> tuple[MonitoringRecord, ...]:
    """Read the records of a state.

    Parameters
    ----------
    content : bytes
    source : str
        Name of the file in errors.

    Raises
    ------
    InputError
        A line is no record, or is not as it was written, or the chain of digests is broken. It names the line.
    """
    records: list[MonitoringRecord] = []
    previous: str | None = None
    lines = content.split(b"\n")
    if lines.pop():
        raise InputError(
            "its last line does not end; the file was cut, or written by another program", source=source
        )
    for number, line in enumerate(lines, 1):
        record = _record_in(line, source, number)
        _require_chained(record, records, previous, source, number)
        records.append(record)
        previous = hashlib.sha256(line).hexdigest()
    return tuple(records)


def _record_in(line: bytes, source: str, number: int) -> MonitoringRecord:
    try:
        record = MonitoringRecord.model_validate(plain_json(line))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        problem = f"is no record of a monitoring: {where}: {first['msg']}"
        raise InputError(problem, source=source, line=number) from error
    except ValueError as error:
        raise InputError(f"is no record of a monitoring: {error}", source=source, line=number) from error
    if line_of(record) != line:
        raise InputError(
            "was altered: it is not as `harness monitor` writes it, to the byte", source=source, line=number
        )
    return record


def _require_chained(
    record: MonitoringRecord,
    earlier: Sequence[MonitoringRecord],
    previous: str | None,
    source: str,
    number: int,
) -> None:
    if record.number != number:
        raise InputError(
            f"was altered: record {record.number} is where record {number} should be",
            source=source,
            line=number,
        )
    if record.previous != previous:
        raise InputError(
            f"was altered: the digest that it has of the record before is not that of line {number - 1}; go back to a "
            "copy whose signature holds",
            source=source,
            line=number,
        )
    if earlier and record.evaluation_sha256 != earlier[-1].evaluation_sha256:
        raise InputError("is of another evaluation than the line before", source=source, line=number)

"""The state of a monitoring from run to run: what earlier runs found can be added to, and not changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness._version import __version__
from harness.config import shown
from harness.errors import InputError
from harness.files import content_of, write_whole
from harness.gate.monitoring_file import (
    SCHEMA,
    AlertCount,
    MonitoredShape,
    MonitoringRecord,
    StoredAlerts,
    Summary,
    line_of,
    records_in,
)
from harness.monitoring.alerts import AlertFile, Deployment
from harness.monitoring.mapping import AlertMapping

if TYPE_CHECKING:
    from harness.monitoring.result import Monitoring

__all__ = [
    "State",
    "append_record",
    "digest_of_mapping",
    "in_order_of_record",
    "read_state",
    "require_continued",
]

MAX_BYTES = 2**27


@dataclass(frozen=True)
class State:
    """What earlier runs recorded.

    Attributes
    ----------
    content : bytes
        Of the file; empty before the first run.
    records : tuple of MonitoringRecord
    """

    content: bytes = b""
    records: tuple[MonitoringRecord, ...] = ()

    @property
    def deployments(self) -> dict[str, MonitoredShape]:
        """By name, each as it was recorded last, in the order in which they were recorded first."""
        return {one.name: one for record in self.records for one in record.deployments}


def read_state(path: str | os.PathLike[str]) -> State:
    """Read the state of a monitoring; one that is not there yet is empty.

    Parameters
    ----------
    path : path

    Raises
    ------
    InputError
        It cannot be read, is no such state, or was altered.
    """
    file = Path(path)
    if not os.path.lexists(file):
        return State()
    content = content_of(file, limit=MAX_BYTES)
    return State(content, records_in(content, str(file)))


def digest_of_mapping(mapping: AlertMapping) -> str:
    """Return the SHA-256 of a mapping as JSON with sorted keys and no spaces."""
    text = json.dumps(mapping.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def require_continued(
    state: State, source: str, file: AlertFile, evaluation_sha256: str, mapping: AlertMapping
) -> None:
    """Refuse alerts that do not continue those of a state, or that are held against something else.

    What is allowed has to be fixed before alerts come. A deployment may not vanish or change, and of its alerts only
    the unsettled ones may be settled, a group become known, or others be added.

    Parameters
    ----------
    state : State
    source : str
        Name of the state's file, in errors.
    file : AlertFile
    evaluation_sha256 : str
    mapping : AlertMapping

    Raises
    ------
    InputError
    """
    if not state.records:
        return
    last = state.records[-1]
    for what, stated, given in (
        ("evaluation", last.evaluation_sha256, evaluation_sha256),
        ("mapping", last.mapping_sha256, digest_of_mapping(mapping)),
    ):
        if stated != given:
            problem = (
                f"is of another {what} (SHA-256 {stated}, this one {given}); what is allowed is fixed before alerts "
                "come: name a new state for it"
            )
            raise InputError(problem, source=source)
    found = {one.name: one for one in file.deployments}
    for name, earlier in state.deployments.items():
        if name not in found:
            raise InputError(
                f"deployment {shown(name)} is gone, and record {_record_of(name, state)} of {source} has it; alerts "
                "are added to, and not taken out",
                source=file.source,
            )
        _require_not_less(earlier, found[name], file.source)


def _record_of(name: str, state: State) -> int:
    return next(r.number for r in state.records for one in r.deployments if one.name == name)


def _require_not_less(earlier: MonitoredShape, now: Deployment, source: str) -> None:
    stated = _shape(now)
    for key in ("faces", "watchlist_size", "threshold", "composition"):
        if getattr(earlier, key) != getattr(stated, key):
            raise InputError(
                f"deployment {shown(now.name)}: its {key} was {getattr(earlier, key)!r} when it was recorded, and is "
                f"{getattr(stated, key)!r} now; put it back, or name a new state",
                source=source,
                line=now.line,
            )
    less = _counts(earlier)
    more = _counts(stated)
    for key, count in less.items():
        if more[key] < count:
            raise InputError(
                f"deployment {shown(now.name)}: {count:,} {key} when it was recorded, and {more[key]:,} now; alerts "
                "are added to, and only unsettled ones become true or false",
                source=source,
                line=now.line,
            )


def _counts(shape: MonitoredShape) -> Counter[str]:
    """Count what may not fall: alerts, those settled either way, and those of known groups."""
    counts: Counter[str] = Counter()
    for alerts in shape.alerts:
        counts["alerts"] += alerts.count
        if alerts.outcome != "unsettled":
            counts[f"{alerts.outcome} alerts"] += alerts.count
            if alerts.group is not None:
                counts[f"{alerts.outcome} alerts of group {alerts.group}"] += alerts.count
    return counts


def in_order_of_record(state: State, deployments: Sequence[Deployment]) -> tuple[Deployment, ...]:
    """Put deployments in the order in which they count: those recorded first as they were, then the new ones by time.

    So no deployment that is handed in late can change what the evidence was at an earlier look.
    """
    earlier = {name: index for index, name in enumerate(state.deployments)}
    return tuple(sorted(deployments, key=lambda one: earlier.get(one.name, len(earlier))))


def append_record(monitoring: Monitoring, path: str | os.PathLike[str]) -> MonitoringRecord:
    """Append to a state what a monitoring found.

    Parameters
    ----------
    monitoring : Monitoring
        Made with this state.
    path : path

    Returns
    -------
    MonitoringRecord
        The one appended.

    Raises
    ------
    InputError
        The state has been changed since, or cannot be written.
    """
    state = read_state(path)
    if state.records != monitoring.records:
        raise InputError(
            "was changed while alerts were held against what is allowed; run again", source=str(path)
        )
    lines = state.content.split(b"\n")
    previous = hashlib.sha256(lines[-2]).hexdigest() if state.records else None
    record = _record(monitoring, len(state.records) + 1, previous, state.deployments)
    write_whole(Path(path), state.content + line_of(record) + b"\n")
    return record


def _record(
    monitoring: Monitoring, number: int, previous: str | None, known: Mapping[str, MonitoredShape]
) -> MonitoringRecord:
    file = monitoring.file
    summary = Summary(
        outcome=monitoring.outcome.value,
        deployments=len(monitoring.deployments),
        false_alerts=monitoring.false_alerts.fewest,
        allowed=monitoring.allowed_alerts,
        alarms=[f"{alarm.what}: {alarm.deployment}" for alarm in monitoring.alarms],
    )
    return MonitoringRecord.model_validate(
        {
            "schema": SCHEMA,
            "number": number,
            "previous": previous,
            "harness": __version__,
            "evaluation_sha256": monitoring.evaluation_sha256,
            "mapping_sha256": digest_of_mapping(monitoring.mapping),
            "alerts": StoredAlerts(name=file.source, sha256=file.sha256, rows=file.rows),
            "deployments": list(_changed(monitoring.deployments, known)),
            "summary": summary,
        }
    )


def _changed(
    deployments: Sequence[Deployment], known: Mapping[str, MonitoredShape]
) -> Iterator[MonitoredShape]:
    for deployment in deployments:
        shape = _shape(deployment)
        if known.get(deployment.name) != shape:
            yield shape


def _shape(deployment: Deployment) -> MonitoredShape:
    ordered = sorted(deployment.counts.items(), key=lambda item: (item[0][0], item[0][1] or ""))
    return MonitoredShape(
        name=deployment.name,
        time=deployment.time.isoformat(),
        faces=None if deployment.faces is None else float(deployment.faces),
        watchlist_size=deployment.watchlist_size,
        threshold=deployment.threshold,
        composition=deployment.composition,
        alerts=[
            AlertCount(outcome=settled.value, group=group, count=count) for (settled, group), count in ordered
        ],
    )

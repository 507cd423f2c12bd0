"""What a monitoring found, in sentences and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from harness._version import __version__
from harness.monitoring.alerts import Bounds
from harness.monitoring.result import Course, GroupShare, Monitoring, MonitoringOutcome, log10_of
from harness.numbers import (
    about,
    alerts_text,
    counted,
    limit_text,
    number,
    percent,
    power_of_ten,
)

__all__ = ["SCHEMA", "answer", "evidence_text", "to_json"]

SCHEMA = "harness/monitoring/1"
MOST_NAMED = 3
_HEADINGS = {
    MonitoringOutcome.ALARM: "Alarm",
    MonitoringOutcome.NO_ALARM: "No alarm",
    MonitoringOutcome.CANNOT_DECIDE: "Cannot decide",
}
_MEANT = {
    "rate": "more false alerts than the evaluation allows",
    "share": "more of the false alerts fall on a group than is allowed",
}


def evidence_text(logarithm: float) -> str:
    """Write evidence that is given as a natural logarithm.

    Examples
    --------
    >>> evidence_text(0.0), evidence_text(5.7877), evidence_text(1000.0)
    ('1', '326.3', '10⁴³⁴')
    """
    exponent = logarithm / math.log(10)
    if abs(exponent) > 6:
        return power_of_ten(round(exponent))
    text = number(math.exp(logarithm))
    return text.rstrip("0").rstrip(".") if "." in text else text


def answer(monitoring: Monitoring) -> tuple[tuple[str, str], ...]:
    """Return the answer as pairs of a heading and a sentence, generated from the results.

    Parameters
    ----------
    monitoring : Monitoring
    """
    lines = [(_HEADINGS[monitoring.outcome], _headline(monitoring)), ("Rate", _rate(monitoring))]
    lines += [("Share", sentence) for sentence in _shares(monitoring)]
    if monitoring.not_judged:
        lines.append(("Not judged", _not_judged(monitoring)))
    lines += [("Noticed", sentence) for sentence in _noticed(monitoring)]
    return (*lines, ("Assumptions", " ".join(monitoring.assumptions)))


def _headline(monitoring: Monitoring) -> str:
    deployments = counted(len(monitoring.deployments), "deployment")
    if monitoring.outcome is MonitoringOutcome.ALARM:
        return _alarm(monitoring)
    if monitoring.outcome is MonitoringOutcome.NO_ALARM:
        return (
            f"in {deployments}; that is no evidence that rates are as allowed, or that groups are alike, but what "
            "follows would have been noticed"
        )
    reasons = [
        f"{_MEANT[alarm.what]}, were the unsettled alerts for it (after {alarm.deployment})"
        for alarm in monitoring.possible_alarms
    ]
    if monitoring.not_judged:
        count = len(monitoring.not_judged)
        reasons.append(f"of {count:,} of {deployments} the evaluation does not say what is allowed")
    return "; ".join(reasons)


def _alarm(monitoring: Monitoring) -> str:
    said = [f"{_MEANT[alarm.what]}: since {alarm.deployment}" for alarm in monitoring.alarms]
    earlier = monitoring.earlier_alarm
    if earlier is not None and not said:
        names = ", ".join(earlier.summary.alarms)
        said.append(f"record {earlier.number} of the state has an alarm ({names}), which stands")
    return "; ".join(said)


def _rate(monitoring: Monitoring) -> str:
    judged = len(monitoring.deployments) - len(monitoring.not_judged)
    alerts = monitoring.false_alerts
    return (
        f"{_bounds(alerts)} false alerts at {counted(judged, 'deployment')} where on average at most "
        f"{alerts_text(monitoring.allowed_alerts)} are allowed: "
        f"{_evidence(monitoring.rate, monitoring)}"
    )


def _evidence(course: Course, monitoring: Monitoring) -> str:
    """Say how strong the evidence is now and was at its height, and from where there is an alarm."""
    lower, upper = float(course.lower[-1]), float(course.upper[-1])
    highest = float(course.lower.max())
    two = "" if lower == upper else f" to {evidence_text(upper)}, as unsettled alerts turn out"
    height = "" if highest <= lower else f" ({evidence_text(highest)} at its highest)"
    return f"evidence {evidence_text(lower)}{two}{height}; alarm from {evidence_text(monitoring.bar)}"


def _bounds(bounds: Bounds) -> str:
    return f"{bounds.fewest:,}" if bounds.fewest == bounds.most else f"{bounds.fewest:,} to {bounds.most:,}"


def _shares(monitoring: Monitoring) -> Iterator[str]:
    ratio = limit_text(monitoring.ratio)
    if monitoring.share is not None:
        named = "; ".join(_with_share(group) for group in monitoring.groups)
        yield f"with a ratio of {ratio} allowed, {named}; over all groups {_evidence(monitoring.share, monitoring)}"
    for group in monitoring.groups:
        if group.share is None:
            yield _without_share(group, ratio)


def _with_share(group: GroupShare) -> str:
    known = group.own.fewest + group.others.fewest
    course = "" if group.course is None else f" (evidence {evidence_text(float(group.course.lower[-1]))})"
    return (
        f"{group.group} may have {percent(group.allowed_share or 0.0)} of the false alerts, and has "
        f"{_bounds(group.own)} of {known:,}{course}"
    )


def _without_share(group: GroupShare, ratio: str) -> str:
    known = group.own.fewest + group.others.fewest
    has = f"{group.group} has {_bounds(group.own)} of {known:,} false alerts, and an unknown share of those who pass by"
    if not group.alarm_below:
        return f"{has}, and no share would raise an alarm"
    return (
        f"{has}: were that below {percent(group.alarm_below, 'down')}, an alarm would be raised (allowed is a ratio of "
        f"{ratio})"
    )


def _not_judged(monitoring: Monitoring) -> str:
    named = "; ".join(
        f"{deployment.title}: {reason}" for deployment, reason in monitoring.not_judged[:MOST_NAMED]
    )
    more = len(monitoring.not_judged) - MOST_NAMED
    return (
        f"{counted(len(monitoring.not_judged), 'deployment')}, left out of the rate ({named}"
        f"{f'; and {more:,} more' if more > 0 else ''})"
    )


def _noticed(monitoring: Monitoring) -> Iterator[str]:
    noticed = monitoring.noticed
    if noticed is None:
        yield "nothing: no false alert is allowed or judged at any deployment"
    else:
        yield (
            f"at twice the allowed rate an alarm would have been raised by now with a chance of "
            f"{percent(noticed.chance)}; where {about(noticed.mean_allowed)} false alerts are allowed a deployment, as "
            f"on average here, it takes {noticed.deployments:,} deployments until that chance is one half"
        )
    twice = [
        f"{group.group} {percent(group.noticed)}" for group in monitoring.groups if group.noticed is not None
    ]
    if twice:
        yield (
            "were a group falsely matched twice as often as allowed, its false alerts would have raised an alarm by "
            f"now with a chance of {', '.join(twice)}"
        )


def to_json(monitoring: Monitoring) -> str:
    """Write a monitoring as a JSON document; equal ones give equal text. What is unknown is null.

    Evidence is given as its decimal logarithm, for it may be beyond any float.

    Parameters
    ----------
    monitoring : Monitoring
    """
    return json.dumps(_document(monitoring), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _document(monitoring: Monitoring) -> dict[str, Any]:
    file = monitoring.file
    return {
        "schema": SCHEMA,
        "harness": __version__,
        "input": {
            "name": file.source,
            "bytes": file.bytes,
            "sha256": file.sha256,
            "rows": file.rows,
            "columns_not_read": list(file.unread),
        },
        "mapping": monitoring.mapping.to_dict(),
        "evaluation": {
            "name": monitoring.evaluation,
            "sha256": monitoring.evaluation_sha256,
            "matcher": monitoring.matcher,
            "watchlist_size": monitoring.tested_watchlist_size,
        },
        "outcome": str(monitoring.outcome),
        "answer": [list(pair) for pair in answer(monitoring)],
        "confidence": monitoring.mapping.confidence,
        "alarm_from": math.exp(monitoring.bar),
        "max_ratio": monitoring.ratio,
        "crowd_axis": monitoring.crowd_axis,
        "alarms": [asdict(alarm) for alarm in monitoring.alarms],
        "possible_alarms": [asdict(alarm) for alarm in monitoring.possible_alarms],
        "rate": {
            "false_alerts": asdict(monitoring.false_alerts),
            "allowed": monitoring.allowed_alerts,
            **_course(monitoring.rate),
        },
        "share": None if monitoring.share is None else _course(monitoring.share),
        "groups": [_group(group) for group in monitoring.groups],
        "noticed_at_twice": None if monitoring.noticed is None else asdict(monitoring.noticed),
        "earlier_runs": len(monitoring.records),
        "deployments": monitoring.table.to_pylist(),
        "assumptions": list(monitoring.assumptions),
    }


def _course(course: Course) -> dict[str, float]:
    return {
        "log10_evidence": log10_of(float(course.lower[-1])),
        "log10_evidence_with_unsettled": log10_of(float(course.upper[-1])),
        "log10_highest": log10_of(float(course.lower.max())),
        "log10_highest_with_unsettled": log10_of(float(course.upper.max())),
    }


def _group(group: GroupShare) -> dict[str, Any]:
    return {
        "group": group.group,
        "share": group.share,
        "allowed_share": group.allowed_share,
        "false_alerts": asdict(group.own),
        "false_alerts_of_others": asdict(group.others),
        "evidence": None if group.course is None else _course(group.course),
        "alarm_below_share": group.alarm_below,
        "noticed_at_twice": group.noticed,
    }

"""Alerts of deployments, as they come, against an evaluation: how many are false, and on whom they fall.

However often one looks, an alarm without cause is raised with a chance that was stated beforehand. No alarm is not
evidence that all is well; what would have been noticed is said beside it.
"""

from harness.monitoring.alerts import AlertFile, Bounds, Deployment, Settled
from harness.monitoring.allowed import Allowed
from harness.monitoring.judging import monitor
from harness.monitoring.mapping import (
    AlertColumns,
    AlertMapping,
    GroupOfPassersBy,
    Outcomes,
    load_alert_mapping,
)
from harness.monitoring.reading import read_alerts
from harness.monitoring.result import Alarm, Course, GroupShare, Monitoring, MonitoringOutcome, Noticed
from harness.monitoring.state import State, append_record, read_state
from harness.monitoring.writing import answer, evidence_text, to_json

__all__ = [
    "Alarm",
    "AlertColumns",
    "AlertFile",
    "AlertMapping",
    "Allowed",
    "Bounds",
    "Course",
    "Deployment",
    "GroupOfPassersBy",
    "GroupShare",
    "Monitoring",
    "MonitoringOutcome",
    "Noticed",
    "Outcomes",
    "Settled",
    "State",
    "answer",
    "append_record",
    "evidence_text",
    "load_alert_mapping",
    "monitor",
    "read_alerts",
    "read_state",
    "to_json",
]

"""Published deployment records against an evaluation: thresholds, watchlists, false alert rates, and their claims.

An audit is a report and no gate: it says what records show, and what they cannot.
"""

from harness.auditing.agreement import AGREEMENT_RATIO, Agreement, Judgement
from harness.auditing.comparing import Comparison, Side
from harness.auditing.draft import draft_mapping
from harness.auditing.findings import GroupFinding
from harness.auditing.judged import (
    AuditedRecord,
    FalseAlertRate,
    Pool,
    ThresholdStanding,
    WatchlistStanding,
)
from harness.auditing.judging import audit
from harness.auditing.mapping import RecordMapping, load_mapping, mapping_from_options
from harness.auditing.operation import HourlyRate, Operation, ShareFalse
from harness.auditing.reading import RecordFile, SetAside, read_records
from harness.auditing.records import DeploymentRecord, GroupAlerts
from harness.auditing.result import Audit, answer
from harness.auditing.writing import as_table, json_parts, table_lines, to_json

__all__ = [
    "AGREEMENT_RATIO",
    "Agreement",
    "Audit",
    "AuditedRecord",
    "Comparison",
    "DeploymentRecord",
    "FalseAlertRate",
    "GroupAlerts",
    "GroupFinding",
    "HourlyRate",
    "Judgement",
    "Operation",
    "Pool",
    "RecordFile",
    "RecordMapping",
    "SetAside",
    "ShareFalse",
    "Side",
    "ThresholdStanding",
    "WatchlistStanding",
    "answer",
    "as_table",
    "audit",
    "draft_mapping",
    "json_parts",
    "load_mapping",
    "mapping_from_options",
    "read_records",
    "table_lines",
    "to_json",
]

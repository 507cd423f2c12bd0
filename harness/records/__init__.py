"""Published deployment records against an evaluation: thresholds, watchlists, false alert rates, and their claims.

An audit is a report and no gate: it says what records show, and what they cannot.
"""

from harness.records.agreement import AGREEMENT_RATIO, Agreement, Judgement
from harness.records.deployment import DeploymentRecord, GroupAlerts
from harness.records.document import json_parts, to_json
from harness.records.mapping import RecordMapping, load_mapping, mapping_from_options
from harness.records.reading import RecordFile, read_records
from harness.records.result import (
    Audit,
    AuditedRecord,
    FalseAlertRate,
    GroupFinding,
    Pool,
    ThresholdStanding,
    WatchlistStanding,
)
from harness.records.run import audit
from harness.records.summary import answer
from harness.records.text import as_table, table_lines

__all__ = [
    "AGREEMENT_RATIO",
    "Agreement",
    "Audit",
    "AuditedRecord",
    "DeploymentRecord",
    "FalseAlertRate",
    "GroupAlerts",
    "GroupFinding",
    "Judgement",
    "Pool",
    "RecordFile",
    "RecordMapping",
    "ThresholdStanding",
    "WatchlistStanding",
    "answer",
    "as_table",
    "audit",
    "json_parts",
    "load_mapping",
    "mapping_from_options",
    "read_records",
    "table_lines",
    "to_json",
]

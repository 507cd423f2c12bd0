"""A record judged, the records of a threshold judged together, and the table of all records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

from harness.auditing.agreement import Agreement, Judgement
from harness.auditing.findings import GroupFinding
from harness.auditing.operation import Operation
from harness.auditing.records import DeploymentRecord

__all__ = [
    "AuditedRecord",
    "FalseAlertRate",
    "Pool",
    "ThresholdStanding",
    "WatchlistStanding",
    "record_rows",
]


class ThresholdStanding(StrEnum):
    """How a record's threshold stands to the evaluation, the worst first."""

    DISPARITY = "disparity shown"
    BELOW = "below safe"
    BREAKS_LIMIT = "breaks a limit"
    NOT_SHOWN = "not shown safe"
    UNKNOWN = "unknown"
    SAFE = "safe"


class WatchlistStanding(StrEnum):
    """How a record's watchlist stands to the tested one, the worst first."""

    BEYOND = "beyond tested"
    NOT_TESTED = "none tested"
    UNKNOWN = "unknown"
    WITHIN = "within tested"


@dataclass(frozen=True, slots=True)
class FalseAlertRate:
    """False alerts over faces: the FPIR as operated.

    Attributes
    ----------
    estimate : float
        Of the confirmed false alerts.
    lower, upper : float
        Clopper-Pearson limits, two-sided: the lower of the confirmed false alerts, the upper of these and all
        that were never settled.
    """

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class AuditedRecord:
    """A record, and what the evaluation says of it.

    Attributes
    ----------
    record : DeploymentRecord
    threshold : ThresholdStanding
    threshold_reason : str
    watchlist : WatchlistStanding
    rate : FalseAlertRate or None
        None where it cannot be worked out.
    allowed_alerts : tuple of float, or None
        The fewest and the most false alerts that the evaluation expects of that many faces; None where the
        record's faces, threshold or watchlist is unknown.
    agreement : Agreement
    agreement_reason : str
    claim : str or None
        The claim that no false alert at all supports, where there is none.
    claim_bound : float or None
        The one-sided upper bound of that claim.
    stated_rate : str or None
        How a stated false alert rate disagrees with the counts, where it does.
    """

    record: DeploymentRecord
    threshold: ThresholdStanding
    threshold_reason: str
    watchlist: WatchlistStanding
    rate: FalseAlertRate | None
    allowed_alerts: tuple[float, float] | None
    judgement: Judgement
    claim: str | None
    claim_bound: float | None
    stated_rate: str | None

    @property
    def rank(self) -> tuple[object, ...]:
        """A key that sorts the worst first, whatever the order of the file."""
        record = self.record
        return (
            _THRESHOLDS[self.threshold],
            _AGREEMENTS[self.judgement.agreement],
            _WATCHLISTS[self.watchlist],
            record.date,
            record.place,
            record.id or "",
            [
                -1 if n is None else n
                for n in (record.threshold, record.faces, record.alerts, record.watchlist_size)
            ],
        )


_THRESHOLDS = {standing: rank for rank, standing in enumerate(ThresholdStanding)}
_WATCHLISTS = {standing: rank for rank, standing in enumerate(WatchlistStanding)}
_WORST_FIRST = (Agreement.MORE, Agreement.FEWER, Agreement.CANNOT_TELL, Agreement.AGREES)
_AGREEMENTS = {agreement: rank for rank, agreement in enumerate(_WORST_FIRST)}


@dataclass(frozen=True)
class Pool:
    """The assessable records of one threshold, taken together.

    Attributes
    ----------
    threshold : float or None
        None for records that state none.
    records, not_assessable : int
        Records that count, and those of the threshold that lack a number they would need.
    faces, false_alerts, most_false_alerts : int
    watchlist_sizes : tuple of int, or None
        The smallest and the largest; None where one is unknown.
    rate : FalseAlertRate or None
        None without an assessable record.
    allowed_alerts : tuple of float, or None
    judgement : Judgement
    spread_p_value : float or None
        That the records differ among themselves no more than by chance, allowing for faces and watchlist
        sizes; None where that cannot be tested.
    spread : str
        What that says.
    claim : str or None
    claim_bound : float or None
    groups : GroupFinding or None
        None where the mapping names no groups.
    operation : Operation
        The share of alerts that are false, false alerts per hour, and the test of their spread.
    """

    threshold: float | None
    records: int
    not_assessable: int
    faces: int
    false_alerts: int
    most_false_alerts: int
    watchlist_sizes: tuple[int, int] | None
    rate: FalseAlertRate | None
    allowed_alerts: tuple[float, float] | None
    judgement: Judgement
    spread_p_value: float | None
    spread: str
    claim: str | None
    claim_bound: float | None
    groups: GroupFinding | None
    operation: Operation


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

WHERE_STATED = {
    "file": _TEXT,
    "until": _TEXT,
    "hours": _NUMBER,
    "approximate": _TEXT,
    "most_false_alerts_of_rate": _WHOLE,
}
"""Columns that a table has where some record states such a value: those of earlier records read the same."""


def record_rows(records: Sequence[AuditedRecord]) -> Iterator[pa.Table]:
    """Yield tables with a row for each record, some thousands at a time; what is unknown is null."""
    found = {
        name for one in records for name, value in _where_stated(one.record).items() if value is not None
    }
    stated = [name for name in WHERE_STATED if name in found]
    schema = pa.schema([*SCHEMA, *(pa.field(name, WHERE_STATED[name]) for name in stated)])
    for start in range(0, max(len(records), 1), AT_ONCE):
        rows = [_row(one) | _where_stated(one.record) for one in records[start : start + AT_ONCE]]
        yield pa.Table.from_pylist(rows, schema)


def _where_stated(record: DeploymentRecord) -> dict[str, object]:
    return {
        "file": record.file,
        "until": record.until and record.until.isoformat(),
        "hours": record.hours,
        "approximate": ", ".join(record.approximate) or None,
        "most_false_alerts_of_rate": record.from_rate and record.from_rate[1],
    }


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

"""What an audit found: plain values, with the readings people ask of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import pyarrow as pa

from harness.auditing.agreement import Agreement, Judgement
from harness.auditing.deployment import DeploymentRecord
from harness.auditing.mapping import RecordMapping
from harness.auditing.reading import RecordFile

__all__ = [
    "Audit",
    "AuditedRecord",
    "FalseAlertRate",
    "GroupFinding",
    "Pool",
    "ThresholdStanding",
    "WatchlistStanding",
]


class ThresholdStanding(StrEnum):
    """How a record's threshold stands to the evaluation, the worst first."""

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
        The fewest and the most false alerts that the evaluation expects of so many faces; None where the
        record's faces, threshold or watchlist is unknown.
    agreement : Agreement
    agreement_reason : str
    claim : str or None
        What none at all can claim, where there is no false alert.
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
        """What puts the worst first, whatever the order of the file."""
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


_THRESHOLDS = {standing: place for place, standing in enumerate(ThresholdStanding)}
_WATCHLISTS = {standing: place for place, standing in enumerate(WatchlistStanding)}
_WORST_FIRST = (Agreement.MORE, Agreement.FEWER, Agreement.CANNOT_TELL, Agreement.AGREES)
_AGREEMENTS = {agreement: place for place, agreement in enumerate(_WORST_FIRST)}


@dataclass(frozen=True)
class GroupFinding:
    """What false alerts by group say, over the records of one threshold.

    Attributes
    ----------
    false_alerts : mapping of str to int
    faces : mapping of str to int, or None
        None where the faces of some group are not published.
    p_value : float or None
        The smallest of the groups', Holm-adjusted; None where nothing can be tested.
    sentence : str
    """

    false_alerts: Mapping[str, int]
    faces: Mapping[str, int] | None
    p_value: float | None
    sentence: str


@dataclass(frozen=True)
class Pool:
    """The assessable records of one threshold, taken together.

    Attributes
    ----------
    threshold : float
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
    """

    threshold: float
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


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """Published deployment records, held against an evaluation.

    Attributes
    ----------
    file : RecordFile
    mapping : RecordMapping
    evaluation : str
        The file, or what errors call one given in Python.
    evaluation_sha256 : str
    matcher, version : str
        The evaluation's.
    task : str
        verification or identification.
    tested_watchlist_size : int or None
    safe_threshold : float or None
    safe_reason : str
    confidence, agreement_ratio : float
    records : tuple of AuditedRecord
        The worst first.
    pools : tuple of Pool
        By threshold, the most lenient first.
    total : FalseAlertRate or None
        Of all assessable records.
    assumptions : tuple of str
        What the findings rest on, and no record can show.
    """

    file: RecordFile
    mapping: RecordMapping
    evaluation: str
    evaluation_sha256: str
    matcher: str
    version: str
    task: str
    tested_watchlist_size: int | None
    safe_threshold: float | None
    safe_reason: str
    confidence: float
    agreement_ratio: float
    records: tuple[AuditedRecord, ...]
    pools: tuple[Pool, ...]
    total: FalseAlertRate | None
    assumptions: tuple[str, ...]

    @property
    def assessable(self) -> tuple[AuditedRecord, ...]:
        """The records of which a false alert rate can be worked out."""
        return tuple(one for one in self.records if one.rate is not None)

    @cached_property
    def table(self) -> pa.Table:
        """Every record, the worst first; any dataframe library takes the table."""
        return pa.concat_tables(self.table_parts())

    def table_parts(self) -> Iterator[pa.Table]:
        """Yield the rows of `table` some thousands at a time, which takes little memory where there are many."""
        from harness.auditing.rows import record_rows

        return record_rows(self.records)

    def __repr__(self) -> str:
        below = sum(one.threshold is ThresholdStanding.BELOW for one in self.records)
        return f"<Audit of {len(self.records)} deployments, {below} below the safe threshold {self.safe_threshold}>"

    def _repr_html_(self) -> str:
        from harness.auditing.summary import answer
        from harness.evaluation import html_table

        return html_table(self.file.source, answer(self))

"""The result of an audit: plain values, their table, and the answer in a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import pyarrow as pa

from harness.auditing.agreement import Agreement, Judgement
from harness.auditing.findings import GroupFinding, claim_of_no_false_alert, claim_of_none_for_a_group
from harness.auditing.mapping import RecordMapping
from harness.auditing.reading import RecordFile
from harness.auditing.records import DeploymentRecord
from harness.evaluation.answer import html_table
from harness.numbers import confidence_text, one_in, threshold_text

__all__ = [
    "Audit",
    "AuditedRecord",
    "FalseAlertRate",
    "Pool",
    "ThresholdStanding",
    "WatchlistStanding",
    "answer",
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
        return record_rows(self.records)

    def __repr__(self) -> str:
        below = sum(one.threshold is ThresholdStanding.BELOW for one in self.records)
        return f"<Audit of {len(self.records)} deployments, {below} below the safe threshold {self.safe_threshold}>"

    def _repr_html_(self) -> str:
        return html_table(self.file.source, answer(self))


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


def record_rows(records: Sequence[AuditedRecord]) -> Iterator[pa.Table]:
    """Yield tables with a row for each record, some thousands at a time; what is unknown is null."""
    for start in range(0, max(len(records), 1), AT_ONCE):
        yield pa.Table.from_pylist([_row(one) for one in records[start : start + AT_ONCE]], SCHEMA)


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


def answer(audit: Audit) -> tuple[tuple[str, str], ...]:
    """Return the answer as pairs of a heading and a sentence, generated from the results."""
    lines = [
        ("Threshold", _threshold(audit)),
        ("Watchlist", _watchlist(audit)),
        ("False alerts", _false_alerts(audit)),
        ("Agreement", _agreement(audit)),
        *_together(audit),
        ("No false alert", _none(audit)),
    ]
    lines += [("Groups", sentence) for sentence in _groups(audit)]
    wrong = [one for one in audit.records if one.stated_rate]
    if wrong:
        named = "; ".join(f"{one.record.title} {one.stated_rate}" for one in wrong[:3])
        lines.append(
            ("Stated rates", f"{_of(len(wrong), audit)} against the counts: {named}{_more(len(wrong) - 3)}")
        )
    return (*lines, ("Assumptions", " ".join(audit.assumptions)))


def _of(number: int, audit: Audit) -> str:
    return f"{number} of {len(audit.records)} deployments"


def _more(number: int) -> str:
    return f"; and {number} more" if number > 0 else ""


def _threshold(audit: Audit) -> str:
    found = Counter(one.threshold for one in audit.records)
    said = {
        ThresholdStanding.DISPARITY: "where a disparity is shown",
        ThresholdStanding.BELOW: "below it",
        ThresholdStanding.BREAKS_LIMIT: "beyond a limit of the policy",
        ThresholdStanding.NOT_SHOWN: "not shown safe",
        ThresholdStanding.UNKNOWN: "unknown",
        ThresholdStanding.SAFE: "at a safe one",
    }
    counted = [f"{found[standing]} {words}" for standing, words in said.items() if found[standing]]
    if audit.safe_threshold is None:
        each = f"of {len(audit.records)} {', '.join(counted)}"
        return (
            f"no deployment is shown safe ({each}): the evaluation has no safe threshold, {audit.safe_reason}"
        )
    return f"safe from {threshold_text(audit.safe_threshold)}; of {len(audit.records)} deployments {', '.join(counted)}"


def _watchlist(audit: Audit) -> str:
    found = Counter(one.watchlist for one in audit.records)
    sizes = [one.record.watchlist_size for one in audit.records if one.record.watchlist_size is not None]
    largest = f", the largest {max(sizes):,}" if sizes else ""
    if audit.tested_watchlist_size is None:
        return f"the evaluation is of comparisons and tested no watchlist, so all are beyond it{largest}"
    unknown = found[WatchlistStanding.UNKNOWN]
    also = f"; that of {unknown} is unknown" if unknown else ""
    beyond = _of(found[WatchlistStanding.BEYOND], audit)
    return f"{beyond} searched more than the {audit.tested_watchlist_size:,} tested{largest}{also}"


def _false_alerts(audit: Audit) -> str:
    counted = [one.record for one in audit.assessable]
    lacking = len(audit.records) - len(counted)
    also = f"; {lacking} not assessable, for a number is unknown" if lacking else ""
    if audit.total is None:
        return f"no rate can be worked out{also}"
    alerts = sum(record.false_alerts or 0 for record in counted)
    unsettled = sum(record.most_false_alerts or 0 for record in counted) - alerts
    open_ones = f" ({unsettled:,} more never settled)" if unsettled else ""
    faces = sum(record.faces or 0 for record in counted)
    return f"{alerts:,}{open_ones} among {faces:,} faces, {_rate(audit.total, audit.confidence)}{also}"


def _rate(rate: FalseAlertRate, confidence: float) -> str:
    bounds = f"{one_in(rate.lower, 'down')} to {one_in(rate.upper, 'up')}"
    return f"{one_in(rate.estimate)} ({confidence_text(confidence)} interval {bounds})"


def _agreement(audit: Audit) -> str:
    found = Counter(one.judgement.agreement for one in audit.records)
    said = {
        Agreement.MORE: "with more false alerts than the evaluation allows",
        Agreement.FEWER: "with fewer than it allows",
        Agreement.AGREES: "in agreement",
        Agreement.CANNOT_TELL: "that cannot be told",
    }
    counted = [f"{found[kind]} {words}" for kind, words in said.items() if found[kind]]
    worst = [one for one in audit.records if one.judgement.agreement is Agreement.MORE][:3]
    named = "; ".join(f"{one.record.title}: {one.judgement.sentence}" for one in worst)
    more = _more(found[Agreement.MORE] - len(worst))
    return f"{', '.join(counted)}{f' ({named}{more})' if named else ''}"


def _together(audit: Audit) -> list[tuple[str, str]]:
    lines = []
    for pool in audit.pools:
        if pool.records < 2 or pool.rate is None:
            continue
        sizes = pool.watchlist_sizes
        watchlists = f"watchlists {sizes[0]:,} to {sizes[1]:,}" if sizes else "watchlists not all known"
        lines.append(
            (
                f"All at {threshold_text(pool.threshold)}",
                f"{pool.records} deployments, {watchlists}: {_alerts(pool)} among {pool.faces:,} faces, "
                f"{_rate(pool.rate, audit.confidence)}; {pool.judgement.sentence}; {pool.spread}",
            )
        )
    return lines


def _alerts(pool: Pool) -> str:
    return (
        f"{pool.false_alerts:,}"
        if pool.most_false_alerts == pool.false_alerts
        else f"{pool.false_alerts:,} to {pool.most_false_alerts:,}"
    )


def _none(audit: Audit) -> str:
    """Say what deployments without a false alert can claim, and that picking them claims nothing."""
    assessable = [one.record for one in audit.assessable]
    none = [record for record in assessable if record.most_false_alerts == 0]
    if not none:
        return "no assessable deployment is without one"
    faces = sum(record.faces or 0 for record in none)
    named = f"{len(none)} deployment{'' if len(none) == 1 else 's'}"
    claim = (
        f"{named}: {claim_of_no_false_alert(faces, audit.confidence)}, "
        f"and {claim_of_none_for_a_group(faces, audit.confidence)}"
    )
    if len(none) == len(assessable):
        return claim
    alerts = sum(record.false_alerts or 0 for record in assessable)
    return (
        f"{claim}. That holds only for deployments chosen beforehand: picked because they had none, they say "
        f"nothing of the {len(assessable)} that together had {alerts:,}"
    )


def _groups(audit: Audit) -> list[str]:
    return [
        f"at {threshold_text(pool.threshold)} {pool.groups.sentence}" for pool in audit.pools if pool.groups
    ]

"""The result of an audit: plain values, and the answer in a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from harness.auditing.agreement import Agreement
from harness.auditing.comparing import Comparison
from harness.auditing.findings import claim_of_no_false_alert, claim_of_none_for_a_group
from harness.auditing.judged import (
    AuditedRecord,
    FalseAlertRate,
    Pool,
    ThresholdStanding,
    WatchlistStanding,
    record_rows,
)
from harness.auditing.mapping import RecordMapping
from harness.auditing.operation import HourlyRate, Operation, ShareFalse
from harness.auditing.reading import RecordFile, SetAside
from harness.evaluation.answer import html_table
from harness.numbers import about, confidence_text, counted, one_in, percent, threshold_text

__all__ = ["Audit", "answer"]


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """Published deployment records, held against an evaluation.

    Attributes
    ----------
    files : tuple of RecordFile
    mappings : tuple of RecordMapping
        One for each file.
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
    operation : Operation
        Of all records: the share of alerts that are false, and false alerts per hour.
    comparisons : tuple of Comparison
        Of successive periods at each threshold, and of each threshold with all more lenient ones.
    denominators : tuple of str
        Where faces per hour jump and true alerts per hour do not.
    assumptions : tuple of str
        What the findings rest on, and no record can show.
    """

    files: tuple[RecordFile, ...]
    mappings: tuple[RecordMapping, ...]
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
    operation: Operation
    comparisons: tuple[Comparison, ...]
    denominators: tuple[str, ...]
    assumptions: tuple[str, ...]

    @property
    def file(self) -> RecordFile:
        """The file of records; the first of several."""
        return self.files[0]

    @property
    def mapping(self) -> RecordMapping:
        """Its mapping."""
        return self.mappings[0]

    @property
    def set_aside(self) -> tuple[tuple[RecordFile, SetAside], ...]:
        """Every row that is left out of all counts, with its file."""
        return tuple((file, one) for file in self.files for one in file.set_aside)

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
        return html_table(", ".join(file.source for file in self.files), answer(self))


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
    lines += [*_operation(audit), *_compared(audit), *_read_as(audit)]
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
                "No threshold" if pool.threshold is None else f"All {_at(pool)}",
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
    return [f"{_at(pool)} {pool.groups.sentence}" for pool in audit.pools if pool.groups]


def _at(pool: Pool) -> str:
    return "without a threshold" if pool.threshold is None else f"at {threshold_text(pool.threshold)}"


def _operation(audit: Audit) -> Iterator[tuple[str, str]]:
    total = audit.operation
    if total.share_false is not None:
        each = [
            f"{_at(pool)} {_share_text(pool.operation.share_false, '')}"
            for pool in audit.pools
            if pool.operation.share_false is not None and len(audit.pools) > 1
        ]
        whole = _share_text(total.share_false, f"{confidence_text(audit.confidence)} interval ")
        yield "Alerts false", "; ".join([whole, *each])
    if total.per_hour is not None:
        each = [
            f"{_at(pool)} {_hourly_text(pool.operation.per_hour, '')}"
            for pool in audit.pools
            if pool.operation.per_hour is not None and len(audit.pools) > 1
        ]
        whole = _hourly_text(total.per_hour, f"{confidence_text(audit.confidence)} interval ")
        yield "False per hour", "; ".join([whole, *each])
    spread = [
        f"{_at(pool)} {_dispersion_text(index, p_value, 1 - audit.confidence)}"
        for pool in audit.pools
        if (index := pool.operation.dispersion_index) is not None
        and (p_value := pool.operation.dispersion_p_value) is not None
    ]
    if spread:
        yield "Spread", "; ".join(spread)


def _share_text(share: ShareFalse, of: str) -> str:
    most = f" to {share.most_false_alerts:,}" if share.most_false_alerts > share.false_alerts else ""
    bounds = f"{percent(share.lower, 'down')} to {percent(share.upper, 'up')}"
    return f"{share.false_alerts:,}{most} of {counted(share.alerts, 'alert')}, {percent(share.estimate)} ({of}{bounds})"


def _hourly_text(rate: HourlyRate, of: str) -> str:
    most = f" to {rate.most_false_alerts:,}" if rate.most_false_alerts > rate.false_alerts else ""
    bounds = f"{about(rate.lower)} to {about(rate.upper)}"
    hours = f"{rate.hours:,.1f} hours of {counted(rate.records, 'deployment')}"
    return f"{rate.false_alerts:,}{most} in {hours}, {about(rate.estimate)} an hour ({of}{bounds})"


def _dispersion_text(index: float, p_value: float, significance: float) -> str:
    shown = "more unevenly than by chance" if p_value <= significance else "as unevenly as by chance"
    return f"false alerts fall on deployments {shown} (index of dispersion {about(index)}, p = {p_value:.2g})"


def _compared(audit: Audit) -> Iterator[tuple[str, str]]:
    yield from ((one.name, one.told) for one in audit.comparisons)
    if audit.denominators:
        shown = "; ".join(audit.denominators[:MOST_TOLD])
        yield (
            "Denominator",
            f"faces per hour change twofold or more where true alerts per hour do not follow ({shown}"
            f"{_more(len(audit.denominators) - MOST_TOLD)}): what is counted as a face, or how often one is, changed, "
            "so rates per face before and after are not alike",
        )


def _read_as(audit: Audit) -> Iterator[tuple[str, str]]:
    """Say what stands for counts that are not stated exactly, and which rows are left out."""
    rounded = [one.record for one in audit.records if one.record.from_rate is not None]
    if rounded:
        named = "; ".join(f"{r.title} {_range_text(r.from_rate)}" for r in rounded[:MOST_TOLD])
        yield (
            "From rates",
            f"in {_of(len(rounded), audit)} false alerts are not counted; as many as round to the stated rate: {named}"
            f"{_more(len(rounded) - MOST_TOLD)}",
        )
    estimated = [one.record for one in audit.records if one.record.approximate]
    if estimated:
        named = "; ".join(r.title for r in estimated[:MOST_TOLD])
        yield (
            "Approximate",
            f"in {_of(len(estimated), audit)} faces or watchlist are said to be approximate ({named}"
            f"{_more(len(estimated) - MOST_TOLD)}); they are taken as they stand",
        )
    if audit.set_aside:
        named = "; ".join(
            f"{file.source}:{one.line}: {one.reason}" for file, one in audit.set_aside[:MOST_SET_ASIDE]
        )
        yield (
            "Set aside",
            f"{counted(len(audit.set_aside), 'row')} left out of every count ({named}"
            f"{_more(len(audit.set_aside) - MOST_SET_ASIDE)}){_printed(audit)}",
        )


def _printed(audit: Audit) -> str:
    records = [one.record for _, one in audit.set_aside if one.record is not None]
    if not records:
        return ""
    alerts, false_alerts, faces = (
        sum(getattr(record, name) or 0 for record in records) for name in ("alerts", "false_alerts", "faces")
    )
    who = (
        "that which contradicts itself states"
        if len(records) == 1
        else "those that contradict themselves state"
    )
    return f"; {who} {counted(alerts, 'alert')}, {false_alerts:,} of them false, among {faces:,} faces"


def _range_text(counts: tuple[int, int] | None) -> str:
    fewest, most = counts or (0, 0)
    return f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"


MOST_TOLD = 8
MOST_SET_ASIDE = 20

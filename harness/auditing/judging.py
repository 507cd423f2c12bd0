"""Records against an evaluation: each by itself, those of a threshold together, and the whole audit."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from harness.auditing.agreement import (
    AGREEMENT_RATIO,
    Agreement,
    Alerts,
    Allowed,
    Expectation,
    Judgement,
    compared,
    judge_agreement,
    limits_of_rates,
    shared_confidence,
)
from harness.auditing.comparing import changed_denominators, comparisons_of, with_records_set_aside
from harness.auditing.findings import bounds_of_zero, claim_of_bound, group_finding, spread_of
from harness.auditing.judged import (
    AuditedRecord,
    FalseAlertRate,
    Pool,
    ThresholdStanding,
    WatchlistStanding,
)
from harness.auditing.mapping import RecordMapping, load_mapping
from harness.auditing.operation import Operation, hourly_rate, operation_of, share_false
from harness.auditing.reading import RecordFile, false_alerts_of_rate, read_records, require_distinct
from harness.auditing.records import DeploymentRecord
from harness.auditing.result import Audit
from harness.config import shown
from harness.errors import InputError
from harness.evaluation import Evaluation, from_json, to_json
from harness.files import content_of
from harness.gate.evidence import MAX_BYTES, Evidence, evidence_of
from harness.gate.findings import Outcome, Rule
from harness.gate.locating import evaluation_at
from harness.gate.safety import judge_threshold, neighbours
from harness.numbers import one_in
from harness.statistics import Interval
from harness.study import Matcher

__all__ = ["EvaluationLike", "Judge", "MappingLike", "RecordsLike", "audit"]

AT_ONCE = 1 << 14
"""Records judged together."""

_STANDINGS = {
    Rule.SAFE: ThresholdStanding.SAFE,
    Rule.DISPARITY_SHOWN: ThresholdStanding.DISPARITY,
    Rule.BELOW_SAFE_THRESHOLD: ThresholdStanding.BELOW,
    Rule.LIMIT_BROKEN: ThresholdStanding.BREAKS_LIMIT,
}


@dataclass(frozen=True)
class Judge:
    """Holds records against one evaluation.

    Attributes
    ----------
    evidence : Evidence
    expectation : Expectation
    confidence, agreement_ratio : float
    """

    evidence: Evidence
    expectation: Expectation
    confidence: float
    agreement_ratio: float

    def records(self, records: Sequence[DeploymentRecord]) -> Iterator[AuditedRecord]:
        """Judge each record by itself, many at a time: the arithmetic of one takes as long as that of hundreds."""
        standings: dict[float | None, tuple[ThresholdStanding, str]] = {}
        for start in range(0, len(records), AT_ONCE):
            block = records[start : start + AT_ONCE]
            alerts = [_alerts_of([record]) if record.assessable else None for record in block]
            for record, figures in zip(block, self._figures(alerts, self._allowed(block)), strict=True):
                if record.threshold not in standings:
                    standings[record.threshold] = self._threshold(record.threshold)
                yield self._judged(record, figures, *standings[record.threshold])

    def record(self, record: DeploymentRecord) -> AuditedRecord:
        """Judge one record."""
        (judged,) = self.records([record])
        return judged

    def _judged(
        self, record: DeploymentRecord, figures: _Figures, threshold: ThresholdStanding, reason: str
    ) -> AuditedRecord:
        claim, bound = self._claim(figures)
        return AuditedRecord(
            record=record,
            threshold=threshold,
            threshold_reason=reason,
            watchlist=self._watchlist(record.watchlist_size),
            rate=figures.rate,
            allowed_alerts=_allowed_alerts(record.faces, figures.allowed),
            judgement=self._agreement([record], figures),
            claim=claim,
            claim_bound=bound,
            stated_rate=_stated_rate(record),
        )

    def pool(
        self, threshold: float | None, records: Sequence[DeploymentRecord], mapping: RecordMapping
    ) -> Pool:
        """Judge the records of a threshold together.

        Their false alerts are a sum of binomials of different rates; it is judged as one binomial of the mean
        rate, weighted by faces, which has the longer tails: Hoeffding, W. (1956). On the distribution of the
        number of successes in independent trials. Annals of Mathematical Statistics 27, 713-721, theorem 4.
        """
        counted = [record for record in records if record.assessable]
        alerts = _alerts_of(counted)
        (figures,) = self._figures([alerts if counted else None], [self._allowed_together(counted)])
        sizes = [record.watchlist_size for record in counted]
        known = [size for size in sizes if size is not None]
        p_value, spread = spread_of(counted, 1 - self.confidence)
        claim, bound = self._claim(figures)
        return Pool(
            threshold=threshold,
            records=len(counted),
            not_assessable=len(records) - len(counted),
            faces=alerts.faces,
            false_alerts=alerts.fewest,
            most_false_alerts=alerts.most,
            watchlist_sizes=(min(known), max(known)) if known and len(known) == len(sizes) else None,
            rate=figures.rate,
            allowed_alerts=_allowed_alerts(alerts.faces, figures.allowed),
            judgement=self._together(counted, figures, p_value),
            spread_p_value=p_value,
            spread=spread,
            claim=claim,
            claim_bound=bound,
            groups=group_finding(records, mapping, self.confidence),
            operation=operation_of(records, self.confidence),
        )

    def rate(self, alerts: Alerts) -> FalseAlertRate:
        """Return false alerts over faces, with its interval."""
        (rate,) = self._rates([alerts])
        return rate

    def _rates(self, every: Sequence[Alerts]) -> Iterator[FalseAlertRate]:
        for alerts, lower, upper in zip(every, *limits_of_rates(every, self.confidence), strict=True):
            yield FalseAlertRate(alerts.fewest / alerts.faces, lower, upper)

    def _figures(
        self, every: Sequence[Alerts | None], allowed: Sequence[Allowed | None]
    ) -> Iterator[_Figures]:
        """Work out the bounds of some alerts together; None where nothing can be worked out."""
        known = [alerts for alerts in every if alerts is not None]
        rates = self._rates(known)
        limits = zip(*limits_of_rates(known, shared_confidence(self.confidence)), strict=True)
        claims = iter(bounds_of_zero([alerts.faces for alerts in known if not alerts.most], self.confidence))
        for alerts, expected in zip(every, allowed, strict=True):
            if alerts is None:
                yield _Figures(None, None, None, None, expected)
            else:
                claim = None if alerts.most else next(claims)
                yield _Figures(alerts, next(rates), next(limits), claim, expected)

    def _threshold(self, threshold: float | None) -> tuple[ThresholdStanding, str]:
        if threshold is None:
            return ThresholdStanding.UNKNOWN, "the record does not state its threshold"
        judged = self.evidence.judged
        rule, outcome, sentence = judge_threshold(threshold, self.evidence, judged)
        standing = _STANDINGS.get(rule, ThresholdStanding.NOT_SHOWN)
        safe = self.evidence.safe_threshold(judged).index
        if outcome is Outcome.FAIL and safe is not None and neighbours(threshold, self.evidence)[0] < safe:
            standing = ThresholdStanding.BELOW
        if standing is ThresholdStanding.SAFE and self.evidence.refuted is not None:
            why = f"chosen on half of the subjects it did not hold on the other half: {self.evidence.refuted}"
            return ThresholdStanding.NOT_SHOWN, f"the safe threshold is not confirmed: {why}"
        return standing, sentence

    def _watchlist(self, size: int | None) -> WatchlistStanding:
        tested = self.evidence.study.watchlist_size
        if tested is None:
            return WatchlistStanding.NOT_TESTED
        if size is None:
            return WatchlistStanding.UNKNOWN
        return WatchlistStanding.BEYOND if size > tested else WatchlistStanding.WITHIN

    def _allowed(self, records: Sequence[DeploymentRecord]) -> list[Allowed | None]:
        """The rates that the evaluation allows of each; None where a number is unknown."""
        lower, upper = self._allowed_bounds([record for record in records if _can_be_expected(record)])
        bounds = zip(lower.tolist(), upper.tolist(), strict=True)
        return [
            self.expectation.allowed(*next(bounds)) if _can_be_expected(record) else None
            for record in records
        ]

    def _allowed_together(self, records: Sequence[DeploymentRecord]) -> Allowed | None:
        """The mean of what the evaluation allows of each, weighted by faces; None where a number is unknown."""
        if not records or not all(map(_can_be_expected, records)):
            return None
        faces = [record.faces or 0 for record in records]
        lower, upper = (float(np.average(ends, weights=faces)) for ends in self._allowed_bounds(records))
        return self.expectation.allowed(lower, upper)

    def _allowed_bounds(self, records: Sequence[DeploymentRecord]) -> Interval:
        return self.expectation.of_each(
            [record.threshold or 0.0 for record in records],
            [record.watchlist_size or 0 for record in records],
        )

    def _agreement(self, records: Sequence[DeploymentRecord], figures: _Figures) -> Judgement:
        lacking = _lacking(records)
        if lacking or figures.alerts is None or figures.limits is None or figures.allowed is None:
            return Judgement(Agreement.CANNOT_TELL, f"not assessable: {lacking}")
        return judge_agreement(figures.alerts, figures.allowed, figures.limits, self.agreement_ratio)

    def _together(
        self, records: Sequence[DeploymentRecord], figures: _Figures, spread: float | None
    ) -> Judgement:
        """Let a sum agree only where its records are not shown to differ."""
        judgement = self._agreement(records, figures)
        differ = spread is not None and spread <= 1 - self.confidence
        if figures.alerts is None or figures.allowed is None or not differ:
            return judgement
        if judgement.agreement is not Agreement.AGREES:
            return judgement
        sentence = (
            f"{compared(figures.alerts, figures.allowed)}, but a sum of deployments that differ cannot agree"
        )
        return Judgement(Agreement.CANNOT_TELL, sentence)

    def _claim(self, figures: _Figures) -> tuple[str | None, float | None]:
        alerts, bound = figures.alerts, figures.claim_bound
        if alerts is None or alerts.fewest:
            return None, None
        if bound is None:
            return f"no false alert is confirmed, but {alerts.most:,} were never settled", None
        return claim_of_bound(alerts.faces, bound, self.confidence), bound


class _Figures(NamedTuple):
    """Figures worked out of some alerts; None where a number is unknown."""

    alerts: Alerts | None
    rate: FalseAlertRate | None
    limits: tuple[float, float] | None
    """Of the rate, at the confidence at which it is compared with what is allowed."""
    claim_bound: float | None
    """Where there is no false alert, and none that was never settled."""
    allowed: Allowed | None


_NAMES = {
    "false_alerts": "false alerts",
    "most_false_alerts": "unconfirmed alerts",
    "watchlist_size": "watchlist size",
}


def _can_be_expected(record: DeploymentRecord) -> bool:
    return record.threshold is not None and record.watchlist_size is not None and bool(record.faces)


def _allowed_alerts(faces: int | None, allowed: Allowed | None) -> tuple[float, float] | None:
    return None if faces is None or allowed is None else (faces * allowed.lower, faces * allowed.upper)


def _alerts_of(records: Sequence[DeploymentRecord]) -> Alerts:
    return Alerts(
        sum(record.faces or 0 for record in records),
        sum(record.false_alerts or 0 for record in records),
        sum(record.most_false_alerts or 0 for record in records),
    )


def _lacking(records: Sequence[DeploymentRecord]) -> str:
    """The first number that some record lacks, without which nothing can be said; empty where none is lacking."""
    for name in ("faces", "false_alerts", "most_false_alerts", "threshold", "watchlist_size"):
        if any(getattr(record, name) is None for record in records):
            return f"{_NAMES.get(name, name)} unknown"
    if not records:
        return "no record states faces and false alerts"
    return "" if all(record.faces for record in records) else "no face was seen"


def _stated_rate(record: DeploymentRecord) -> str | None:
    """How the stated rate disagrees with the counts: by more than its rounding."""
    stated = record.stated_rate
    if stated is None or not record.faces or record.from_rate is not None:
        return None
    if record.false_alerts is None:
        counts = {"faces": record.faces, "alerts": record.alerts, "true_alerts": record.true_alerts}
        none = false_alerts_of_rate(stated, counts) is None
        return (
            f"states a rate of {one_in(stated.value)}, to which no number of its alerts rounds"
            if none
            else None
        )
    counted = record.false_alerts / record.faces
    if abs(counted - stated.value) <= stated.step * (1 + 1e-9):
        return None
    of_faces = f"{record.false_alerts:,} of {record.faces:,} faces is {one_in(counted)}"
    of_alerts = record.false_alerts / record.alerts if record.alerts else math.inf
    likely = abs(of_alerts - stated.value) <= stated.step
    reading = "; it is the share of alerts that were false" if likely else ""
    return f"states a false alert rate of {one_in(stated.value)}, but {of_faces}{reading}"


RecordsLike: TypeAlias = (
    "str | os.PathLike[str] | Sequence[str] | Sequence[os.PathLike[str]] | Sequence[DeploymentRecord]"
)
EvaluationLike: TypeAlias = "Evaluation | str | os.PathLike[str]"
MappingLike: TypeAlias = "RecordMapping | Mapping[str, object] | str | os.PathLike[str] | None"
MappingsLike: TypeAlias = "MappingLike | Sequence[MappingLike]"


def audit(
    records: RecordsLike,
    *,
    evaluation: EvaluationLike,
    mapping: MappingsLike = None,
    confidence: float | None = None,
    agreement_ratio: float = AGREEMENT_RATIO,
    periods: Sequence[date] = (),
) -> Audit:
    """Hold published deployment records against an evaluation.

    Parameters
    ----------
    records : path, sequence of paths, or sequence of DeploymentRecord
        CSV files or workbooks (.xlsx) of one deployment a row, or records already made.
    evaluation : Evaluation or path
        One in memory, an ``evaluation.json``, or the folder that holds it.
    mapping : RecordMapping, mapping or path, or a sequence of one for each file, optional
        Which column says what; without it columns are called as `Columns` calls them.
    confidence : float, optional
        At least 0.5 and below 1; the evaluation's own by default.
    agreement_ratio : float
        Above 1: records agree where their rate is shown to be at most this many times the highest allowed.
    periods : sequence of date, optional
        The first day of each period but the earliest, which are compared; calendar years by default.

    Returns
    -------
    Audit

    Raises
    ------
    InputError
        Records, mapping, evaluation or an option cannot be used as given.

    Examples
    --------
    >>> from harness.evaluation import evaluate
    >>> found = evaluate("data_synthetic/sample.csv", study="data_synthetic/study.yaml")
    >>> audit("data_synthetic/records.csv", evaluation=found, mapping="data_synthetic/records.yaml")
    <Audit of 14 deployments, 0 below the safe threshold None>
    """
    found, evidence = _evaluation(evaluation)
    asked = found.policy.confidence if confidence is None else confidence
    if not 0.5 <= asked < 1:
        raise InputError(f"the confidence must be at least 0.5 and below 1, got {asked:g}")
    if not 1 < agreement_ratio <= 1000:
        raise InputError(f"the agreement ratio must be above 1 and at most 1,000, got {agreement_ratio:g}")
    files, mappings = _files(records, mapping)
    columns = mappings[0]
    judge = Judge(evidence, Expectation(found, evidence, shared_confidence(asked)), asked, agreement_ratio)
    audited = sorted(judge.records(_all_records(files)), key=lambda one: one.rank)
    ordered = [one.record for one in audited]
    by_threshold = _by_threshold(ordered, evidence)
    pools = tuple(judge.pool(threshold, records, columns) for threshold, records in by_threshold)
    compared = with_records_set_aside(
        comparisons_of(by_threshold, periods, asked),
        comparisons_of(_by_threshold([*ordered, *_contradicting(files)], evidence), periods, asked),
    )
    comparisons, denominators = changed_denominators(compared, ordered, asked)
    study, matcher = evidence.study, _matcher(evidence)
    return Audit(
        files=files,
        mappings=mappings,
        evaluation=evidence.source,
        evaluation_sha256=evidence.sha256,
        matcher=matcher.name,
        version=matcher.version,
        task=study.task,
        tested_watchlist_size=study.watchlist_size,
        safe_threshold=found.safe_threshold,
        safe_reason=found.safe.reason,
        confidence=asked,
        agreement_ratio=agreement_ratio,
        records=tuple(audited),
        pools=pools,
        total=_total(judge, ordered),
        # Their spread is tested at each threshold, for rates differ between thresholds.
        operation=Operation(share_false(ordered, asked), hourly_rate(ordered, asked), None, None),
        comparisons=comparisons,
        denominators=denominators,
        assumptions=tuple(_assumptions(evidence, asked, len(ordered))),
    )


def _evaluation(given: EvaluationLike) -> tuple[Evaluation, Evidence]:
    if isinstance(given, Evaluation):
        content, source = to_json(given).encode(), "evaluation"
    elif isinstance(given, str | os.PathLike):
        path = evaluation_at(given)
        content, source = content_of(path, limit=MAX_BYTES), str(path)
    else:
        raise InputError(f"{shown(given)} is neither an Evaluation nor a path", source="evaluation")
    evidence = evidence_of(content, source)
    return from_json(content.decode("utf-8"), source), evidence


def _files(
    given: RecordsLike, mapping: MappingsLike
) -> tuple[tuple[RecordFile, ...], tuple[RecordMapping, ...]]:
    """Read every file by its mapping, or take records as they are."""
    paths = [given] if isinstance(given, str | os.PathLike) else list(given)
    several: list[Any] = list(mapping) if isinstance(mapping, list | tuple) else [mapping]
    mappings = [load_mapping(one) for one in several]
    if not paths or not isinstance(paths[0], str | os.PathLike):
        if len(mappings) != 1:
            raise InputError(
                f"there are {len(mappings)} mappings for records that have none", source="records"
            )
        return (_in_memory(paths, mappings[0]),), (mappings[0],)
    if len(mappings) == 1:
        mappings *= len(paths)
    if len(mappings) != len(paths):
        raise InputError(
            f"there are {len(paths)} files of records and {len(mappings)} mappings; give one for all, or one for each"
        )
    if any(one.groups != mappings[0].groups for one in mappings):
        raise InputError("the mappings name different groups; audit their files one by one")
    files = [_read(path, one) for path, one in zip(paths, mappings, strict=True)]
    if len(files) > 1:
        files = [_named(file) for file in files]
        require_distinct(_all_records(files), "records")
    return tuple(files), tuple(mappings)


def _read(path: object, mapping: RecordMapping) -> RecordFile:
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"{shown(path)} is not a path, as the others are", source="records")
    return read_records(path, mapping)


def _named(file: RecordFile) -> RecordFile:
    """Let every record say which file it is of."""
    return replace(file, records=tuple(replace(record, file=file.source) for record in file.records))


def _all_records(files: Sequence[RecordFile]) -> list[DeploymentRecord]:
    return [record for file in files for record in file.records]


def _contradicting(files: Sequence[RecordFile]) -> list[DeploymentRecord]:
    return [one.record for file in files for one in file.set_aside if one.record is not None]


def _in_memory(given: Sequence[object], mapping: RecordMapping) -> RecordFile:
    records = []
    for record in given:
        if not isinstance(record, DeploymentRecord):
            raise InputError(f"{shown(record)} is not a DeploymentRecord", source="records")
        record.require_consistent("records")
        if set(record.groups) != set(mapping.groups):
            raise InputError(f"record of {record.title}: its groups are not the mapping's", source="records")
        records.append(record)
    if not records:
        raise InputError("there is no record", source="records")
    require_distinct(records, "records")
    return RecordFile("records", None, None, tuple(records), ())


def _by_threshold(
    records: Sequence[DeploymentRecord], evidence: Evidence
) -> list[tuple[float | None, list[DeploymentRecord]]]:
    """Records of each stated threshold, the most lenient first; those that state none are the last."""
    found: dict[float | None, list[DeploymentRecord]] = {}
    for record in records:
        found.setdefault(record.threshold, []).append(record)
    return sorted(
        found.items(), key=lambda item: math.inf if item[0] is None else evidence.study.sign * item[0]
    )


def _total(judge: Judge, records: Sequence[DeploymentRecord]) -> FalseAlertRate | None:
    counted = [record for record in records if record.assessable]
    return judge.rate(_alerts_of(counted)) if counted else None


def _matcher(evidence: Evidence) -> Matcher:
    if evidence.study.matcher is None:
        raise InputError(
            "names no matcher, and records are of a matcher that has a name; evaluate again with it (matcher: {name, "
            "version}; --matcher, --matcher-version)",
            source=evidence.source,
        )
    return evidence.study.matcher


def _assumptions(evidence: Evidence, confidence: float, records: int) -> Iterator[str]:
    study = evidence.study
    yield (
        f"Records do not name their matcher; they are taken to be of {study.matcher_name}, "
        "and their images to be as good as the evaluation's."
    )
    yield (
        "Faces seen are taken as searches for people who are not on the watchlist, each by itself. Faces are often "
        "estimated, and people seen again and again make intervals too narrow."
    )
    yield (
        "Who passed by is not published: of the groups on the judged axes, the evaluation allows any rate from the "
        "lowest one's lower to the highest one's upper bound. Nor is who was on the watchlist, which is taken to be "
        "made up as in the evaluation."
    )
    if study.watchlist_size is None:
        yield (
            "The evaluation is of comparisons and tested no watchlist: FPIR is taken as 1 - (1 - FMR)^N for N "
            "references, as if they matched independently."
        )
        if study.pairing == "within":
            yield (
                "It tested comparisons within groups alone; those between groups are taken to match falsely no more "
                "often."
            )
    else:
        yield (
            f"For N references other than the {study.watchlist_size:,} tested, FPIR is taken to lie between the tested "
            f"one and 1 - (1 - FPIR)^(N / {study.watchlist_size:,}), for how often they match the same people is not "
            "known."
        )
    by_chance = (1 - confidence) * records
    yield (
        f"Each record is judged by itself: of {records:,} whose rate the evaluation allows, up to {by_chance:.2g} "
        "may by chance be called more or fewer."
    )

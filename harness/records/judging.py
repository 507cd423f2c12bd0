"""Each record, and the records of each threshold together, against an evaluation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.gate.evidence import Evidence
from harness.gate.findings import Rule
from harness.gate.safety import judge_threshold
from harness.intervals import clopper_pearson
from harness.planning import claim_of_zero
from harness.records.agreement import Agreement, Alerts, Judgement, compared, judge_agreement
from harness.records.claims import claim_of_no_false_alert
from harness.records.deployment import DeploymentRecord
from harness.records.expectation import Allowed, Expectation
from harness.records.groups import group_finding
from harness.records.mapping import RecordMapping
from harness.records.result import AuditedRecord, FalseAlertRate, Pool, ThresholdStanding, WatchlistStanding
from harness.records.spread import spread_of
from harness.records.wording import one_in

__all__ = ["Judge"]

_STANDINGS = {
    Rule.SAFE: ThresholdStanding.SAFE,
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

    def record(self, record: DeploymentRecord) -> AuditedRecord:
        """Judge one record."""
        standing, reason = self._threshold(record.threshold)
        rate = None
        if record.assessable:
            rate = self.rate(_alerts_of([record]))
        claim, bound = self._claim([record])
        return AuditedRecord(
            record=record,
            threshold=standing,
            threshold_reason=reason,
            watchlist=self._watchlist(record.watchlist_size),
            rate=rate,
            allowed_alerts=self._allowed_alerts([record]),
            judgement=self._agreement([record]),
            claim=claim,
            claim_bound=bound,
            stated_rate=_stated_rate(record),
        )

    def pool(self, threshold: float, records: Sequence[DeploymentRecord], mapping: RecordMapping) -> Pool:
        """Judge the records of a threshold together.

        Their false alerts are a sum of binomials of different rates; it is judged as one binomial of the mean
        rate, weighted by faces, which has the longer tails: Hoeffding, W. (1956). On the distribution of the
        number of successes in independent trials. Annals of Mathematical Statistics 27, 713-721, theorem 4.
        """
        counted = [record for record in records if record.assessable]
        alerts = _alerts_of(counted)
        sizes = [record.watchlist_size for record in counted]
        known = [size for size in sizes if size is not None]
        p_value, spread = spread_of(counted, 1 - self.confidence)
        claim, bound = self._claim(counted)
        return Pool(
            threshold=threshold,
            records=len(counted),
            not_assessable=len(records) - len(counted),
            faces=alerts.faces,
            false_alerts=alerts.fewest,
            most_false_alerts=alerts.most,
            watchlist_sizes=(min(known), max(known)) if known and len(known) == len(sizes) else None,
            rate=self.rate(alerts) if counted else None,
            allowed_alerts=self._allowed_alerts(counted),
            judgement=self._together(counted, p_value),
            spread_p_value=p_value,
            spread=spread,
            claim=claim,
            claim_bound=bound,
            groups=group_finding(records, mapping, self.confidence),
        )

    def rate(self, alerts: Alerts) -> FalseAlertRate:
        """Return false alerts over faces, with its interval."""
        lower = clopper_pearson(alerts.fewest, alerts.faces, self.confidence).lower
        upper = clopper_pearson(alerts.most, alerts.faces, self.confidence).upper
        return FalseAlertRate(alerts.fewest / alerts.faces, float(lower), float(upper))

    def _threshold(self, threshold: float | None) -> tuple[ThresholdStanding, str]:
        if threshold is None:
            return ThresholdStanding.UNKNOWN, "the record does not state its threshold"
        rule, _, sentence = judge_threshold(threshold, self.evidence)
        standing = _STANDINGS.get(rule, ThresholdStanding.NOT_SHOWN)
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

    def _allowed(self, records: Sequence[DeploymentRecord]) -> Allowed | None:
        """The mean of what the evaluation allows, weighted by faces; None where a number is unknown."""
        ranges, faces = [], []
        for record in records:
            if record.threshold is None or record.watchlist_size is None or not record.faces:
                return None
            ranges.append(self.expectation.at(record.threshold, record.watchlist_size))
            faces.append(record.faces)
        if not ranges:
            return None
        lower, upper = (
            float(np.average([getattr(one, end) for one in ranges], weights=faces))
            for end in ("lower", "upper")
        )
        return Allowed(lower, upper, ranges[0].bounded_below)

    def _allowed_alerts(self, records: Sequence[DeploymentRecord]) -> tuple[float, float] | None:
        allowed = self._allowed(records)
        faces = sum(record.faces or 0 for record in records)
        return None if allowed is None else (faces * allowed.lower, faces * allowed.upper)

    def _agreement(self, records: Sequence[DeploymentRecord]) -> Judgement:
        lacking = _lacking(records)
        allowed = self._allowed(records)
        if lacking or allowed is None:
            return Judgement(Agreement.CANNOT_TELL, f"not assessable: {lacking}")
        return judge_agreement(_alerts_of(records), allowed, self.confidence, self.agreement_ratio)

    def _together(self, records: Sequence[DeploymentRecord], spread: float | None) -> Judgement:
        """Let a sum agree only where its records are not shown to differ."""
        judgement, allowed = self._agreement(records), self._allowed(records)
        differ = spread is not None and spread <= 1 - self.confidence
        if allowed is None or not differ or judgement.agreement is not Agreement.AGREES:
            return judgement
        sentence = (
            f"{compared(_alerts_of(records), allowed)}, but a sum of deployments that differ cannot agree"
        )
        return Judgement(Agreement.CANNOT_TELL, sentence)

    def _claim(self, records: Sequence[DeploymentRecord]) -> tuple[str | None, float | None]:
        if not records or not all(record.assessable for record in records):
            return None, None
        alerts = _alerts_of(records)
        if alerts.fewest:
            return None, None
        if alerts.most:
            return f"no false alert is confirmed, but {alerts.most:,} were never settled", None
        claim = claim_of_no_false_alert(alerts.faces, self.confidence)
        return claim, claim_of_zero(alerts.faces, self.confidence)


_NAMES = {
    "false_alerts": "false alerts",
    "most_false_alerts": "unconfirmed alerts",
    "watchlist_size": "watchlist size",
}


def _alerts_of(records: Sequence[DeploymentRecord]) -> Alerts:
    return Alerts(
        sum(record.faces or 0 for record in records),
        sum(record.false_alerts or 0 for record in records),
        sum(record.most_false_alerts or 0 for record in records),
    )


def _lacking(records: Sequence[DeploymentRecord]) -> str:
    """What is not known of some record, without which nothing can be said; empty where all is."""
    for name in ("faces", "false_alerts", "most_false_alerts", "threshold", "watchlist_size"):
        if any(getattr(record, name) is None for record in records):
            return f"{_NAMES.get(name, name)} unknown"
    if not records:
        return "no record states faces and false alerts"
    return "" if all(record.faces for record in records) else "no face was seen"


def _stated_rate(record: DeploymentRecord) -> str | None:
    """How the stated rate disagrees with the counts: by more than its rounding."""
    stated = record.stated_rate
    if stated is None or not record.faces or record.false_alerts is None:
        return None
    counted = record.false_alerts / record.faces
    if abs(counted - stated.value) <= stated.step * (1 + 1e-9):
        return None
    of_faces = f"{record.false_alerts:,} of {record.faces:,} faces is {one_in(counted)}"
    of_alerts = record.false_alerts / record.alerts if record.alerts else math.inf
    likely = abs(of_alerts - stated.value) <= stated.step
    reading = "; it is the share of alerts that were false" if likely else ""
    return f"states a false alert rate of {one_in(stated.value)}, but {of_faces}{reading}"

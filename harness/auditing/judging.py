"""Each record, and the records of each threshold together, against an evaluation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from harness.auditing.agreement import (
    Agreement,
    Alerts,
    Judgement,
    compared,
    judge_limits,
    limits_of_rates,
    shared_confidence,
)
from harness.auditing.claims import bounds_of_zero, claim_of_bound
from harness.auditing.deployment import DeploymentRecord
from harness.auditing.expectation import Allowed, Expectation
from harness.auditing.groups import group_finding
from harness.auditing.mapping import RecordMapping
from harness.auditing.result import AuditedRecord, FalseAlertRate, Pool, ThresholdStanding, WatchlistStanding
from harness.auditing.spread import spread_of
from harness.gate.evidence import Evidence
from harness.gate.findings import Rule
from harness.gate.safety import judge_threshold
from harness.numbers import one_in
from harness.statistics.intervals import Interval

__all__ = ["Judge"]

AT_ONCE = 1 << 14
"""Records judged together."""

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

    def pool(self, threshold: float, records: Sequence[DeploymentRecord], mapping: RecordMapping) -> Pool:
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

    def _allowed(self, records: Sequence[DeploymentRecord]) -> list[Allowed | None]:
        """What the evaluation allows of each; None where a number is unknown."""
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
        return judge_limits(figures.alerts, figures.allowed, figures.limits, self.agreement_ratio)

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
    """What is worked out of some alerts; None where a number is unknown."""

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

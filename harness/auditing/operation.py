"""What records say of how a system was operated: how many alerts were false, how many an hour, and how evenly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.auditing.records import DeploymentRecord
from harness.statistics import clopper_pearson, dispersion_test, poisson_interval

__all__ = ["HourlyRate", "Operation", "ShareFalse", "exposures", "hourly_rate", "operation_of", "share_false"]


@dataclass(frozen=True, slots=True)
class ShareFalse:
    """The share of alerts that are false.

    Attributes
    ----------
    alerts, false_alerts, most_false_alerts : int
        Of records that state both; the most with those that were never settled.
    estimate : float
        Of the confirmed false alerts.
    lower, upper : float
        Clopper-Pearson limits: the lower of the confirmed false alerts, the upper of these and all never settled.
    """

    alerts: int
    false_alerts: int
    most_false_alerts: int
    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class HourlyRate:
    """False alerts per hour.

    Attributes
    ----------
    records : int
        That state how long they took, and their false alerts.
    hours : float
    false_alerts, most_false_alerts : int
    estimate, lower, upper : float
        Garwood's exact limits of a Poisson count, of the confirmed and of all that may be false.
    """

    records: int
    hours: float
    false_alerts: int
    most_false_alerts: int
    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Operation:
    """What records that are taken together say of their operation; None where a number for it is unknown.

    Attributes
    ----------
    share_false : ShareFalse or None
    per_hour : HourlyRate or None
    dispersion_index : float or None
        About 1 where false alerts differ between records as chance makes them differ.
    dispersion_p_value : float or None
    """

    share_false: ShareFalse | None
    per_hour: HourlyRate | None
    dispersion_index: float | None
    dispersion_p_value: float | None


def operation_of(records: Sequence[DeploymentRecord], confidence: float) -> Operation:
    """Work out what records say of their operation.

    Parameters
    ----------
    records : sequence of DeploymentRecord
        Those that are assessable are tested for their spread, in proportion to faces times watchlist size.
    confidence : float
    """
    counted = [record for record in records if record.assessable]
    false_alerts = [record.false_alerts or 0 for record in counted]
    found = dispersion_test(false_alerts, exposures(counted)[0]) if counted else None
    return Operation(
        share_false(records, confidence),
        hourly_rate(records, confidence),
        None if found is None else found.ratio,
        None if found is None else found.p_value,
    )


def exposures(records: Sequence[DeploymentRecord]) -> tuple[list[float], bool]:
    """Return how many comparisons each record made, faces times watchlist size, and whether all sizes are known.

    Where one is unknown, faces alone stand for them.
    """
    sizes = [record.watchlist_size for record in records]
    known = all(sizes)
    return [
        float((record.faces or 0) * (record.watchlist_size or 1 if known else 1)) for record in records
    ], known


def share_false(records: Sequence[DeploymentRecord], confidence: float) -> ShareFalse | None:
    """Bound the share of alerts that are false, over records that state both; None without an alert.

    Examples
    --------
    >>> from datetime import date
    >>> record = DeploymentRecord(date(2026, 1, 14), "North Street", 9_800, 0.62, 12_345, 9, 2, 7)
    >>> found = share_false([record], 0.95)
    >>> round(found.estimate, 3), round(found.lower, 3), round(found.upper, 3)
    (0.778, 0.4, 0.972)
    """
    told = [r for r in records if r.counted_alerts is not None and r.most_false_alerts is not None]
    alerts = sum(record.counted_alerts or 0 for record in told)
    if not alerts:
        return None
    fewest, most = _false_alerts(told)
    bounds = clopper_pearson(np.array([fewest, most], np.float64), float(alerts), confidence)
    return ShareFalse(alerts, fewest, most, fewest / alerts, float(bounds.lower[0]), float(bounds.upper[1]))


def hourly_rate(records: Sequence[DeploymentRecord], confidence: float) -> HourlyRate | None:
    """Bound false alerts per hour, over records that state both; None where none does."""
    told = [r for r in records if r.hours is not None and r.most_false_alerts is not None]
    if not told:
        return None
    hours = sum(record.hours or 0.0 for record in told)
    fewest, most = _false_alerts(told)
    bounds = poisson_interval(np.array([fewest, most], np.float64), hours, confidence)
    return HourlyRate(
        len(told), hours, fewest, most, fewest / hours, float(bounds.lower[0]), float(bounds.upper[1])
    )


def _false_alerts(records: Sequence[DeploymentRecord]) -> tuple[int, int]:
    return (
        sum(record.false_alerts or 0 for record in records),
        sum(record.most_false_alerts or 0 for record in records),
    )

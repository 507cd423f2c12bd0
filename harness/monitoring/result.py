"""The result of monitoring: plain values, and the table of deployments."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import pyarrow as pa

from harness.arrays import FloatArray
from harness.gate.monitoring_file import MonitoringRecord
from harness.monitoring.alerts import AlertFile, Bounds, Deployment, Settled
from harness.monitoring.allowed import Allowed
from harness.monitoring.mapping import AlertMapping

__all__ = ["Alarm", "Course", "GroupShare", "Monitoring", "MonitoringOutcome", "Noticed", "log10_of"]


class MonitoringOutcome(StrEnum):
    """What a monitoring comes to."""

    NO_ALARM = "no alarm"
    ALARM = "alarm"
    CANNOT_DECIDE = "cannot decide"


@dataclass(frozen=True, eq=False)
class Course:
    """Evidence after each deployment, as natural logarithms; two lines, for some alerts are not settled.

    Attributes
    ----------
    lower : ndarray of float64, shape (D,)
        With unsettled alerts counted against an alarm.
    upper : ndarray of float64, shape (D,)
        With unsettled alerts counted for it.
    """

    lower: FloatArray
    upper: FloatArray

    def alarm(self, bar: float) -> int | None:
        """Return the index of the first deployment at which the evidence reaches a bar, whatever is unsettled."""
        return _first(self.lower, bar)

    def possible_alarm(self, bar: float) -> int | None:
        """Return the index of the first at which it reaches a bar, were the unsettled alerts for it."""
        return _first(self.upper, bar)


@dataclass(frozen=True, eq=False)
class GroupShare:
    """The false alerts of one group.

    Attributes
    ----------
    group : str
    share : float or None
        Of those who pass by; None where it is not stated.
    allowed_share : float or None
        Of the false alerts that it may have.
    own, others : Bounds
        False alerts of the group and of others.
    course : Course or None
        None without a share.
    alarm_below : float
        The share of those who pass by below which these false alerts alone would have raised an alarm; 0 for none.
    noticed : float or None
        The chance that so many false alerts would have raised an alarm, were the group falsely matched twice as often
        as allowed.
    """

    group: str
    share: float | None
    allowed_share: float | None
    own: Bounds
    others: Bounds
    course: Course | None
    alarm_below: float
    noticed: float | None


@dataclass(frozen=True, slots=True)
class Noticed:
    """What would have been noticed, were the rate twice the allowed one.

    Attributes
    ----------
    chance : float
        Of an alarm by now.
    mean_allowed : float
        False alerts allowed at a deployment, on average.
    deployments : int
        Of which, were all like that, an alarm comes with a chance of one half.
    """

    chance: float
    mean_allowed: float
    deployments: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm, and the deployment after which it was raised.

    Attributes
    ----------
    what : {"rate", "share"}
    index : int
        Of the deployment.
    deployment : str
    """

    what: str
    index: int
    deployment: str


@dataclass(frozen=True, eq=False, repr=False)
class Monitoring:
    """Alerts held against what an evaluation allows, deployment by deployment.

    Attributes
    ----------
    file : AlertFile
    mapping : AlertMapping
    evaluation, evaluation_sha256 : str
    matcher : str
        The evaluation's, with its version.
    tested_watchlist_size : int
    crowd_axis : str or None
        The axis by which the rates of groups were averaged; None where the worst group's holds for all.
    ratio : float
        How many times as often as others a group may be falsely matched.
    bar : float
        Logarithm of the evidence at which an alarm is raised.
    deployments : tuple of Deployment
        In the order in which they count: that of time, and after those of earlier runs.
    allowed : tuple of Allowed
        Of each deployment.
    rate : Course
    share : Course or None
        The mean over groups; None where no share is stated.
    groups : tuple of GroupShare
    noticed : Noticed or None
        None where no deployment is allowed any false alert.
    records : tuple of MonitoringRecord
        Of earlier runs, of the state.
    assumptions : tuple of str
    """

    file: AlertFile
    mapping: AlertMapping
    evaluation: str
    evaluation_sha256: str
    matcher: str
    tested_watchlist_size: int
    crowd_axis: str | None
    ratio: float
    bar: float
    deployments: tuple[Deployment, ...]
    allowed: tuple[Allowed, ...]
    rate: Course
    share: Course | None
    groups: tuple[GroupShare, ...]
    noticed: Noticed | None
    records: tuple[MonitoringRecord, ...]
    assumptions: tuple[str, ...]

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Those that these alerts raise, whatever is unsettled."""
        return self._raised(lambda course: course.alarm(self.bar))

    @property
    def possible_alarms(self) -> tuple[Alarm, ...]:
        """Those that the unsettled alerts may turn out to have raised."""
        raised = {alarm.what for alarm in self.alarms}
        possible = self._raised(lambda course: course.possible_alarm(self.bar))
        return tuple(alarm for alarm in possible if alarm.what not in raised)

    def _raised(self, first: Callable[[Course], int | None]) -> tuple[Alarm, ...]:
        courses = {"rate": self.rate, "share": self.share}
        found = []
        for what, course in courses.items():
            index = None if course is None else first(course)
            if index is not None:
                found.append(Alarm(what, index, self.deployments[index].title))
        return tuple(found)

    @property
    def earlier_alarm(self) -> MonitoringRecord | None:
        """The first record of an earlier run that has an alarm: what was raised stays raised."""
        return next((record for record in self.records if record.summary.outcome == "alarm"), None)

    @property
    def not_judged(self) -> tuple[tuple[Deployment, str], ...]:
        """The deployments of whose rate the evaluation says nothing, and why."""
        return tuple(
            (deployment, allowed.reason)
            for deployment, allowed in zip(self.deployments, self.allowed, strict=True)
            if allowed.alerts is None
        )

    @property
    def false_alerts(self) -> Bounds:
        """The false alerts of the deployments whose rate is judged."""
        total = Bounds(0, 0)
        for deployment, allowed in zip(self.deployments, self.allowed, strict=True):
            if allowed.alerts is not None:
                total += deployment.false_alerts
        return total

    @property
    def allowed_alerts(self) -> float:
        """The false alerts that are allowed at them, on average."""
        return math.fsum(allowed.alerts for allowed in self.allowed if allowed.alerts is not None)

    @property
    def outcome(self) -> MonitoringOutcome:
        """Alarm where one is raised, or was; no alarm where all is judged, however alerts are settled."""
        if self.alarms or self.earlier_alarm is not None:
            return MonitoringOutcome.ALARM
        if self.possible_alarms or self.not_judged:
            return MonitoringOutcome.CANNOT_DECIDE
        return MonitoringOutcome.NO_ALARM

    @cached_property
    def table(self) -> pa.Table:
        """A row for each deployment, in the order in which they count; any dataframe library takes the table."""
        return pa.Table.from_pylist(list(self._rows()), _COLUMNS)

    def _rows(self) -> Iterator[dict[str, object]]:
        total, counted = 0.0, Bounds(0, 0)
        for index, (deployment, allowed) in enumerate(zip(self.deployments, self.allowed, strict=True)):
            if allowed.alerts is not None:
                total, counted = total + allowed.alerts, counted + deployment.false_alerts
            yield {
                "deployment": deployment.name,
                "time": deployment.time.isoformat(),
                "line": deployment.line,
                "faces": deployment.faces,
                "watchlist_size": deployment.watchlist_size,
                "threshold": deployment.threshold,
                **{f"{settled}_alerts": deployment.of(settled) for settled in Settled},
                "highest_rate": allowed.rate,
                "allowed": allowed.alerts,
                "not_judged": allowed.reason or None,
                "allowed_until_now": total,
                "false_alerts_until_now": counted.fewest,
                "with_unsettled_until_now": counted.most,
                **{
                    f"log10_{name}": None if course is None else log10_of(float(course[index]))
                    for name, course in self._lines()
                },
            }

    def _lines(self) -> Iterator[tuple[str, FloatArray | None]]:
        share = self.share
        yield "rate", self.rate.lower
        yield "rate_with_unsettled", self.rate.upper
        yield "share", None if share is None else share.lower
        yield "share_with_unsettled", None if share is None else share.upper

    def __repr__(self) -> str:
        return f"<Monitoring of {len(self.deployments)} deployments: {self.outcome}>"


_TEXT, _WHOLE, _NUMBER = pa.string(), pa.int64(), pa.float64()

_COLUMNS = pa.schema(
    {
        "deployment": _TEXT,
        "time": _TEXT,
        "line": _WHOLE,
        "faces": _NUMBER,
        "watchlist_size": _WHOLE,
        "threshold": _NUMBER,
        "true_alerts": _WHOLE,
        "false_alerts": _WHOLE,
        "unsettled_alerts": _WHOLE,
        "highest_rate": _NUMBER,
        "allowed": _NUMBER,
        "not_judged": _TEXT,
        "allowed_until_now": _NUMBER,
        "false_alerts_until_now": _WHOLE,
        "with_unsettled_until_now": _WHOLE,
        "log10_rate": _NUMBER,
        "log10_rate_with_unsettled": _NUMBER,
        "log10_share": _NUMBER,
        "log10_share_with_unsettled": _NUMBER,
    }
)


def log10_of(logarithm: float) -> float:
    """Return a decimal logarithm of a natural one, to nine decimals, which are the same on every processor."""
    return round(logarithm / math.log(10), 9) + 0.0


def _first(course: FloatArray, bar: float) -> int | None:
    reached = np.flatnonzero(course >= bar)
    return int(reached[0]) if len(reached) else None

"""One deployment as its record states it, and the contradictions that no record may state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, TypeAlias

from harness.errors import InputError

__all__ = ["DeploymentRecord", "GroupAlerts", "Rate"]

Day: TypeAlias = date
"""A record's own `date` hides the type."""


class Rate(NamedTuple):
    """A rate, and the last place to which it is written."""

    value: float
    step: float


@dataclass(frozen=True, slots=True)
class GroupAlerts:
    """The counts of one group in a record.

    Attributes
    ----------
    false_alerts : int or None
    faces : int or None
        Faces of the group seen; seldom published.
    """

    false_alerts: int | None
    faces: int | None = None


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """One deployment as its record states it; None is what the record says is unknown.

    Attributes
    ----------
    date : date
    place : str
    watchlist_size : int or None
        Enrolled references.
    threshold : float or None
        As the evaluation's study states scores.
    faces : int or None
        Faces that were searched for.
    alerts, true_alerts, false_alerts : int or None
    unconfirmed_alerts : int or None
        Alerts of which it was never learnt whether they were true.
    stated_rate : Rate or None
        False alerts over faces as the record states them, and to what they are rounded.
    groups : mapping of str to GroupAlerts
    id : str or None
        Tells the deployment from another of the same day and place.
    line : int or None
        Of the file, from 1.
    until : date or None
        The last day, of a deployment of several.
    hours : float or None
        How long it took.
    approximate : tuple of str
        Counts that the record says are approximate: faces, watchlist_size.
    from_rate : tuple of int, or None
        The fewest and the most false alerts that round to the stated rate, where they are not counted; `false_alerts`
        is the fewest.
    file : str or None
        The file of the record, where there are several.

    Examples
    --------
    >>> record = DeploymentRecord(date(2026, 1, 14), "North Street", 9_800, 0.62, 12_345, 9, 2, 6, unconfirmed_alerts=1)
    >>> record.title, record.most_false_alerts
    ('2026-01-14 North Street', 7)
    """

    date: date
    place: str
    watchlist_size: int | None
    threshold: float | None
    faces: int | None
    alerts: int | None
    true_alerts: int | None
    false_alerts: int | None
    unconfirmed_alerts: int | None = 0
    stated_rate: Rate | None = None
    groups: Mapping[str, GroupAlerts] = field(default_factory=dict)
    id: str | None = None
    line: int | None = None
    until: Day | None = None
    hours: float | None = None
    approximate: tuple[str, ...] = ()
    from_rate: tuple[int, int] | None = None
    file: str | None = None

    def __post_init__(self) -> None:
        counts = (self.watchlist_size, self.faces, self.alerts, self.true_alerts, self.false_alerts)
        of_groups = [n for group in self.groups.values() for n in (group.false_alerts, group.faces)]
        for count in (*counts, self.unconfirmed_alerts, *of_groups):
            if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
                raise InputError(f"record of {self.title}: {count!r} is not a whole number from 0 up")
        if self.threshold is not None and not math.isfinite(self.threshold):
            raise InputError(f"record of {self.title}: threshold {self.threshold!r} is not a finite number")
        if self.hours is not None and not 0 < self.hours < math.inf:
            raise InputError(f"record of {self.title}: {self.hours!r} hours is not a time above 0")

    @property
    def days(self) -> str:
        """The day, or the first and the last of several."""
        return str(self.date) if self.until in (None, self.date) else f"{self.date} to {self.until}"

    @property
    def title(self) -> str:
        """Date and place, and the id where there is one."""
        return f"{self.days} {self.place}" if self.id is None else f"{self.days} {self.place} ({self.id})"

    @property
    def source(self) -> str:
        """The file, where there are several, and the line; else the title."""
        at = "" if self.line is None else f":{self.line}"
        return self.title if self.file is None else f"{self.file}{at} {self.title}"

    @property
    def most_false_alerts(self) -> int | None:
        """The false alerts, were every unconfirmed alert false; None where that is not known."""
        if self.false_alerts is None:
            return None
        if self.unconfirmed_alerts is not None:
            return self._most_counted + self.unconfirmed_alerts
        if self.alerts is None or self.true_alerts is None:
            return None
        return self.alerts - self.true_alerts

    @property
    def _most_counted(self) -> int:
        """The false alerts, as many as the stated rate leaves open where they are worked out from it."""
        return (self.false_alerts or 0) if self.from_rate is None else self.from_rate[1]

    @property
    def counted_alerts(self) -> int | None:
        """All alerts: as stated, or the sum of true, false and unconfirmed ones."""
        if self.alerts is not None:
            return self.alerts
        parts = (self.true_alerts, self.false_alerts, self.unconfirmed_alerts)
        if self.from_rate is not None or any(part is None for part in parts):
            return None
        return sum(part or 0 for part in parts)

    @property
    def assessable(self) -> bool:
        """Whether a false alert rate can be worked out."""
        return bool(self.faces) and self.most_false_alerts is not None

    def require_consistent(self, source: str) -> None:
        """Refuse counts that contradict each other.

        Raises
        ------
        InputError
            It names the line, the columns by what they mean, and their values.
        """
        for problem in self.contradictions():
            raise InputError(f"record of {self.title}: {problem}", source=source, line=self.line)

    def contradictions(self) -> list[str]:
        """Say how the counts contradict each other; empty where they do not."""
        return [
            *self._of_alerts(),
            *self._more_than("false_alerts", self.most_false_alerts, self.faces, "faces"),
            *self._of_groups(),
        ]

    def _of_alerts(self) -> list[str]:
        parts = {
            "true_alerts": self.true_alerts,
            "false_alerts": self.false_alerts,
            "unconfirmed_alerts": self.unconfirmed_alerts,
        }
        known = {name: count for name, count in parts.items() if count is not None}
        total, alerts = sum(known.values()), self.alerts
        open_counts = len(known) < len(parts) or self._most_counted > (self.false_alerts or 0)
        if alerts is None or total == alerts or (total < alerts and open_counts):
            return []
        named = " + ".join(f"{name} {count:,}" for name, count in known.items() if count or name in _ALWAYS)
        advice = "; map unconfirmed_alerts if some were never settled" if not self.unconfirmed_alerts else ""
        return [f"alerts {alerts:,} is not {named} = {total:,}{advice if total < alerts else ''}"]

    def _more_than(self, name: str, part: int | None, whole: int | None, of: str) -> list[str]:
        if part is None or whole is None or part <= whole:
            return []
        unsettled = f" with {self.unconfirmed_alerts:,} unconfirmed" if self.unconfirmed_alerts else ""
        return [f"{name} {part:,}{unsettled} is more than {of} {whole:,}"]

    def _of_groups(self) -> list[str]:
        found = []
        for what, whole in (("false_alerts", self.false_alerts), ("faces", self.faces)):
            parts = sum(getattr(group, what) or 0 for group in self.groups.values())
            if whole is not None and parts > whole:
                found.append(f"{what} of the groups are {parts:,}, more than {what} {whole:,}")
        for name, group in self.groups.items():
            if group.faces is not None and (group.false_alerts or 0) > group.faces:
                found.append(f"{name} has {group.false_alerts:,} false alerts among {group.faces:,} faces")
        return found


_ALWAYS = ("true_alerts", "false_alerts")

"""Deployments and their alerts, as a file of alerts states them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

__all__ = ["AlertFile", "Bounds", "Deployment", "Settled"]


class Settled(StrEnum):
    """What became of an alert."""

    TRUE = "true"
    FALSE = "false"
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True)
class Bounds:
    """A count, were every unsettled alert true, and were every one false; or the other way round, whatever is more.

    Attributes
    ----------
    fewest, most : int
    """

    fewest: int
    most: int

    def __add__(self, other: Bounds) -> Bounds:
        return Bounds(self.fewest + other.fewest, self.most + other.most)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment; None is what the file says is unknown.

    Attributes
    ----------
    name : str
    time : datetime
        Of its first row.
    line : int
        Of its first row in the file, the header being line 1.
    faces : float or None
        Searched for; a whole number where they were counted, and hours times faces an hour where not.
    watchlist_size : int or None
    threshold : float or None
    composition : mapping of str to mapping of str to int
        References on the watchlist, by attribute and group.
    counts : mapping of (Settled, str or None) to int
        Alerts by outcome and group; None is a group that is not known.
    """

    name: str
    time: datetime
    line: int
    faces: float | None
    watchlist_size: int | None
    threshold: float | None
    composition: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    counts: Mapping[tuple[Settled, str | None], int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The day, and the name where that does not begin with it."""
        day = self.time.date().isoformat()
        return self.name if self.name.startswith(day) else f"{day} {self.name}"

    @property
    def alerts(self) -> int:
        """All alerts."""
        return sum(self.counts.values())

    def of(self, settled: Settled) -> int:
        """Return how many alerts have an outcome.

        Parameters
        ----------
        settled : Settled
        """
        return sum(count for (outcome, _), count in self.counts.items() if outcome is settled)

    @property
    def false_alerts(self) -> Bounds:
        """The false alerts, were every unsettled one true, and were every one false."""
        fewest = self.of(Settled.FALSE)
        return Bounds(fewest, fewest + self.of(Settled.UNSETTLED))

    def false_alerts_of(self, group: str) -> tuple[Bounds, Bounds]:
        """Return the false alerts of a group and those of others, each from the fewest to the most.

        An unsettled alert may be true; one of which the group is not known may be anybody's.

        Parameters
        ----------
        group : str
        """
        own, others = Bounds(0, 0), Bounds(0, 0)
        for (settled, of), count in self.counts.items():
            if settled is Settled.TRUE:
                continue
            surely = count if settled is Settled.FALSE else 0
            if of is None:
                own, others = own + Bounds(0, count), others + Bounds(0, count)
            elif of == group:
                own = own + Bounds(surely, count)
            else:
                others = others + Bounds(surely, count)
        return own, others


@dataclass(frozen=True)
class AlertFile:
    """The deployments of a file.

    Attributes
    ----------
    source : str
    bytes : int
    sha256 : str
    rows : int
    deployments : tuple of Deployment
        In the order of time.
    unread : tuple of str
        Columns that the mapping does not name.
    """

    source: str
    bytes: int
    sha256: str
    rows: int
    deployments: tuple[Deployment, ...]
    unread: tuple[str, ...]

"""Two periods, or two thresholds, per face; and whether what is counted as a face changed between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np

from harness.auditing.records import DeploymentRecord
from harness.numbers import about, confidence_text, counted, threshold_text
from harness.statistics import holm, ratio_interval, ratio_p_value

__all__ = ["Comparison", "Side", "changed_denominators", "comparisons_of", "period_of"]

JUMP = 2.0
"""How many times as many faces per hour are a jump."""
NOTED = 0.01
"""A difference of the mean watchlists that is told."""


@dataclass(frozen=True, slots=True)
class Side:
    """Records on one side of a comparison.

    Attributes
    ----------
    name : str
    records, faces, false_alerts, most_false_alerts : int
        Of the assessable ones.
    watchlist_size : float or None
        Mean, weighted by faces; None where one is unknown.
    hours : float
        Of the records that state hours, faces and true alerts; those two counts are of these records too.
    hourly_faces, hourly_true_alerts : int
    """

    name: str
    records: int
    faces: int
    false_alerts: int
    most_false_alerts: int
    watchlist_size: float | None
    hours: float
    hourly_faces: int
    hourly_true_alerts: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """False alerts per face of some records against those of others.

    Attributes
    ----------
    name : str
    one, other : Side
    ratio : float or None
        Of the rates, the first over the second; None where the second has no false alert.
    lower, upper : float or None
        Exact limits of the ratio, given the sum of both; None for an upper one that does not exist.
    p_value : float or None
        Two-sided, twice the smaller tail of the binomial that the first one's false alerts have given the sum of both;
        None where neither has one.
    adjusted_p_value : float or None
        Holm-adjusted for all comparisons of the audit.
    sentence : str
    denominator_changed : str or None
        How faces per hour jump between the two where true alerts per hour do not.
    as_printed : Comparison or None
        The same with the records that contradict themselves, which are set aside; None where there are none of these.
    """

    name: str
    one: Side
    other: Side
    ratio: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    adjusted_p_value: float | None
    sentence: str
    denominator_changed: str | None = None
    as_printed: Comparison | None = None

    @property
    def told(self) -> str:
        """The sentence, with what else must be known to read it."""
        printed = self.as_printed
        also = "" if printed is None else _printed_text(printed)
        changed = "" if self.denominator_changed is None else "; but the denominator changed, see there"
        return f"{self.sentence}{also}{changed}"


def comparisons_of(
    by_threshold: Sequence[tuple[float | None, Sequence[DeploymentRecord]]],
    starts: Sequence[date],
    confidence: float,
) -> tuple[Comparison, ...]:
    """Compare successive periods at each threshold, and each threshold with all more lenient ones.

    Parameters
    ----------
    by_threshold : sequence of (threshold, records)
        The most lenient first; None for records that state none.
    starts : sequence of date
        The first day of each period but the earliest; without any, calendar years are periods.
    confidence : float

    Returns
    -------
    tuple of Comparison
        Of those that both have assessable records.

    References
    ----------
    Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson series. Biometrika
    31, 313-323.
    """
    pairs = [*_between_periods(by_threshold, starts), *_between_thresholds(by_threshold)]
    found = [_compared(name, one, other, confidence) for name, one, other in pairs]
    tests = np.array([np.nan if one.p_value is None else one.p_value for one in found], np.float64)
    adjusted = holm(tests) if found else tests
    number = int(np.sum(~np.isnan(tests)))
    return tuple(
        _adjusted(one, float(p_value), number, 1 - confidence)
        for one, p_value in zip(found, adjusted, strict=True)
    )


def with_records_set_aside(
    comparisons: Sequence[Comparison], printed: Sequence[Comparison]
) -> tuple[Comparison, ...]:
    """Let comparisons tell what they would be with the records that are set aside, as they are printed."""
    by_name = {one.name: one for one in printed}
    return tuple(
        replace(one, as_printed=other)
        if (other := by_name.get(one.name)) and (other.one, other.other) != (one.one, one.other)
        else one
        for one in comparisons
    )


def period_of(day: date, starts: Sequence[date]) -> str:
    """Name the period of a day: its year, or the periods that start on given days.

    Examples
    --------
    >>> period_of(date(2024, 3, 1), []), period_of(date(2024, 3, 1), [date(2024, 2, 1)])
    ('2024', 'from 2024-02-01')
    """
    if not starts:
        return str(day.year)
    begun = [start for start in sorted(starts) if start <= day]
    return f"from {begun[-1]}" if begun else f"before {min(starts)}"


def changed_denominators(
    comparisons: Sequence[Comparison], records: Sequence[DeploymentRecord], confidence: float
) -> tuple[tuple[Comparison, ...], tuple[str, ...]]:
    """Say where faces per hour jump and true alerts per hour do not follow.

    Who is on the list passes no more often because more faces are counted: what is counted as a face changed, or
    whether it is counted once. Rates per face on either side of such a jump have different denominators.

    Parameters
    ----------
    comparisons : sequence of Comparison
    records : sequence of DeploymentRecord
        Successive months among them are looked at too.
    confidence : float
        Of all statements together (Bonferroni).

    Returns
    -------
    comparisons : tuple of Comparison
        Those given, with what changed between their sides.
    sentences : tuple of str
        Of comparisons and of months.
    """
    months = _split(records, lambda record: f"{record.date:%Y-%m}")
    sides = [_side(name, months[name]) for name in sorted(months)]
    each = 1 - (1 - confidence) / max(len(comparisons) + len(sides) - 1, 1)
    told = tuple(
        replace(one, denominator_changed=_changed(one.one, one.other, one.name, each)) for one in comparisons
    )
    said = [one.denominator_changed for one in told]
    said += [
        _changed(later, earlier, f"{later.name} v. {earlier.name}", each)
        for earlier, later in pairwise(sides)
    ]
    return told, tuple(sentence for sentence in said if sentence is not None)


def _between_periods(
    by_threshold: Sequence[tuple[float | None, Sequence[DeploymentRecord]]], starts: Sequence[date]
) -> Iterator[tuple[str, Side, Side]]:
    several = len(by_threshold) > 1
    for threshold, records in by_threshold:
        by_period = _split(
            sorted(records, key=lambda record: record.date), lambda record: period_of(record.date, starts)
        )
        sides = [side for name, some in by_period.items() if (side := _side(name, some)).records]
        where = "" if not several else f" {_at(threshold)}"
        yield from (
            (f"{later.name} v. {earlier.name}{where}", later, earlier) for earlier, later in pairwise(sides)
        )


def _between_thresholds(
    by_threshold: Sequence[tuple[float | None, Sequence[DeploymentRecord]]],
) -> Iterator[tuple[str, Side, Side]]:
    lenient: list[DeploymentRecord] = []
    named: list[str] = []
    for threshold, records in by_threshold:
        if threshold is None:
            continue
        one, name = _side(_at(threshold), records), threshold_text(threshold)
        other = _side(f"at the more lenient {_listed(named)}", lenient)
        if one.records and other.records:
            yield f"{name} v. more lenient", one, other
        lenient.extend(records)
        named.append(name)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _at(threshold: float | None) -> str:
    return "without a threshold" if threshold is None else f"at {threshold_text(threshold)}"


def _split(
    records: Sequence[DeploymentRecord], key: Callable[[DeploymentRecord], str]
) -> dict[str, list[DeploymentRecord]]:
    found: dict[str, list[DeploymentRecord]] = {}
    for record in records:
        found.setdefault(key(record), []).append(record)
    return found


def _side(name: str, records: Sequence[DeploymentRecord]) -> Side:
    some = [record for record in records if record.assessable]
    timed = [r for r in some if r.hours is not None and r.true_alerts is not None]
    faces = sum(record.faces or 0 for record in some)
    searched = sum((record.faces or 0) * (record.watchlist_size or 0) for record in some)
    known = bool(some) and all(record.watchlist_size for record in some)
    return Side(
        name=name,
        records=len(some),
        faces=faces,
        false_alerts=sum(record.false_alerts or 0 for record in some),
        most_false_alerts=sum(record.most_false_alerts or 0 for record in some),
        watchlist_size=searched / faces if known else None,
        hours=sum(record.hours or 0.0 for record in timed),
        hourly_faces=sum(record.faces or 0 for record in timed),
        hourly_true_alerts=sum(record.true_alerts or 0 for record in timed),
    )


def _compared(name: str, one: Side, other: Side, confidence: float) -> Comparison:
    counts = (one.false_alerts, one.faces, other.false_alerts, other.faces)
    told = f"{_side_text(one)}; {_side_text(other)}"
    if not one.false_alerts and not other.false_alerts:
        none = f"{told}; without a false alert there is nothing to compare"
        return Comparison(name, one, other, None, None, None, None, None, none)
    interval = ratio_interval(*counts, confidence)
    upper = float(interval.upper) if np.isfinite(interval.upper) else None
    ratio = one.false_alerts / one.faces / (other.false_alerts / other.faces) if other.false_alerts else None
    p_value = float(ratio_p_value(*counts))
    times = _ratio_text(ratio, float(interval.lower), upper, confidence)
    sentence = f"{told}; {times} exact p = {p_value:.2g} given their sum"
    return Comparison(name, one, other, ratio, float(interval.lower), upper, p_value, None, sentence)


def _side_text(side: Side) -> str:
    most = f" to {side.most_false_alerts:,}" if side.most_false_alerts > side.false_alerts else ""
    alerts = (
        counted(side.false_alerts, "false alert") if not most else f"{side.false_alerts:,}{most} false alerts"
    )
    return f"{side.name}: {alerts} among {side.faces:,} faces of {counted(side.records, 'deployment')}"


def _printed_text(printed: Comparison) -> str:
    if printed.p_value is None:
        return ""
    ratio = "no ratio" if printed.ratio is None else f"{about(printed.ratio, 3)} times"
    faces = f"{printed.one.faces:,} and {printed.other.faces:,} faces"
    return f"; with the rows set aside, as printed, {ratio} among {faces}, p = {printed.p_value:.2g}"


def _ratio_text(ratio: float | None, lower: float, upper: float | None, confidence: float) -> str:
    bounds = f"{about(lower, 3)} or more" if upper is None else f"{about(lower, 3)} to {about(upper, 3)}"
    times = (
        "no ratio, for the second has none" if ratio is None else f"{about(ratio, 3)} times as many per face"
    )
    return f"{times} ({confidence_text(confidence)} interval {bounds};"


def _adjusted(one: Comparison, p_value: float, number: int, significance: float) -> Comparison:
    """Close the sentence: with the adjusted p-value, what it shows, and what the watchlists may have to do with it."""
    if one.p_value is None:
        return one
    adjusted = f", {p_value:.2g} adjusted for {number} comparisons" if number > 1 else ""
    shown = "a difference is shown" if p_value <= significance else "no difference is shown"
    sentence = f"{one.sentence}{adjusted}); {shown}{_unsettled(one)}{_by_watchlists(one)}"
    return replace(one, adjusted_p_value=p_value, sentence=sentence)


def _unsettled(one: Comparison) -> str:
    sides = (one.one, one.other)
    if all(side.most_false_alerts == side.false_alerts for side in sides):
        return ""
    a, b = sides
    p_value = float(ratio_p_value(a.most_false_alerts, a.faces, b.most_false_alerts, b.faces))
    ratio = a.most_false_alerts / a.faces / (b.most_false_alerts / b.faces) if b.most_false_alerts else None
    times = "no ratio" if ratio is None else f"{about(ratio, 3)} times"
    return f" (were all that may be false, {times}, p = {p_value:.2g})"


def _by_watchlists(one: Comparison) -> str:
    first, second = one.one.watchlist_size, one.other.watchlist_size
    if first is None or second is None or abs(first / second - 1) < NOTED:
        return ""
    times = first / second
    ends = f"{about(min(times, 1), 3)} to {about(max(times, 1), 3)}"
    longer = f"watchlists were {about(times, 3)} times as long on average"
    return f"; {longer}, which alone may make it {ends} times as many"


def _changed(one: Side, other: Side, name: str, confidence: float) -> str | None:
    if not one.hours or not other.hours or not other.hourly_faces:
        return None
    faces, before = one.hourly_faces / one.hours, other.hourly_faces / other.hours
    jump = faces / before
    if 1 / JUMP < jump < JUMP:
        return None
    true = (one.hourly_true_alerts, one.hours, other.hourly_true_alerts, other.hours)
    bounds = ratio_interval(*true, confidence)
    if bounds.lower <= jump <= bounds.upper:
        return None
    hourly, hourly_before = one.hourly_true_alerts / one.hours, other.hourly_true_alerts / other.hours
    return (
        f"{name}: faces per hour {before:,.0f} to {faces:,.0f} ({about(jump, 3)} times), true alerts per hour "
        f"{about(hourly_before, 3)} to {about(hourly, 3)}"
    )

"""The answer of an audit in a few lines."""

from __future__ import annotations

from collections import Counter

from harness.auditing.agreement import Agreement
from harness.auditing.claims import claim_of_no_false_alert, claim_of_none_for_a_group
from harness.auditing.result import Audit, FalseAlertRate, Pool, ThresholdStanding, WatchlistStanding
from harness.numbers import confidence_text, one_in

__all__ = ["answer"]


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
    if audit.safe_threshold is None:
        unknown = found[ThresholdStanding.UNKNOWN]
        also = f" (the threshold of {unknown} is unknown)" if unknown else ""
        return f"no deployment is shown safe{also}: the evaluation has no safe threshold, {audit.safe_reason}"
    said = {
        ThresholdStanding.BELOW: "below it",
        ThresholdStanding.BREAKS_LIMIT: "beyond a limit of the policy",
        ThresholdStanding.NOT_SHOWN: "not shown safe",
        ThresholdStanding.UNKNOWN: "unknown",
        ThresholdStanding.SAFE: "at a safe one",
    }
    counted = [f"{found[standing]} {words}" for standing, words in said.items() if found[standing]]
    return f"safe from {audit.safe_threshold:.6g}; of {len(audit.records)} deployments {', '.join(counted)}"


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
                f"All at {pool.threshold:.6g}",
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
    return [f"at {pool.threshold:.6g} {pool.groups.sentence}" for pool in audit.pools if pool.groups]

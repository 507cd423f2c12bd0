"""Whether evidence is about the deployment at all: matcher, task, axes, criterion, dates.

Whether it is about the deployment's watchlist is in `harness.gate.watchlists`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from harness.config import shown
from harness.gate.configs import Located
from harness.gate.evidence import Evidence
from harness.gate.findings import Finding, Outcome, Rule
from harness.numbers import limit_text

__all__ = ["dates_kept", "evidence_fits", "expiry"]


def dates_kept(deployment: Located, today: date, signed_on: date | None = None) -> Iterator[Finding]:
    """Yield what the dates of the deployment and of its evidence forbid.

    The evaluation states no date of its own; the config's word is taken, but no day after the evaluation was signed,
    where it was. A deployment that starts later needs evidence that still serves on its first day.
    """
    terms, evidence = deployment.terms, deployment.terms.evidence
    if terms.until is not None and terms.until < today:
        sentence = f"the deployment ended on {terms.until}, before {today}"
        yield Finding(Rule.DEPLOYMENT_ENDED, Outcome.FAIL, sentence, deployment.place("until"))
    if evidence.evaluated is not None and evidence.evaluated > min(today, signed_on or today):
        known = today if signed_on is None or today < signed_on else f"{signed_on}, on which it was signed"
        sentence = f"the config says that the evaluation is of {evidence.evaluated}, after {known}"
        yield _undecided(deployment, Rule.EVIDENCE_EXPIRED, sentence, "evidence", "evaluated")
    if evidence.max_age_days is not None and evidence.evaluated is None and signed_on is None:
        sentence = "an age needs the day of the evaluation: give evaluated too, or signed evidence and --key"
        yield _undecided(deployment, Rule.EVIDENCE_EXPIRED, sentence, "evidence", "max_age_days")
    day = max(today, terms.starts or today)
    last = expiry(deployment, signed_on)
    if last is not None and last < day:
        key = "valid_until" if last == evidence.valid_until else "max_age_days"
        sentence = f"the evidence expired on {last} (the config's {key}), before {day}; evaluate again"
        yield _undecided(deployment, Rule.EVIDENCE_EXPIRED, sentence, "evidence", key)


def expiry(deployment: Located, signed_on: date | None = None) -> date | None:
    """Return the last day on which the evidence serves; None where the config sets no end to it."""
    evidence = deployment.terms.evidence
    days = [] if evidence.valid_until is None else [evidence.valid_until]
    evaluated = min((day for day in (evidence.evaluated, signed_on) if day is not None), default=None)
    if evaluated is not None and evidence.max_age_days is not None:
        days.append(_later(evaluated, evidence.max_age_days))
    return min(days, default=None)


def _later(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max


def evidence_fits(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    """Yield why the evidence is about something else than the deployment."""
    yield from _matcher(deployment, evidence)
    yield from _task(deployment, evidence)
    yield from _axes(deployment, evidence)
    yield from _criterion(deployment, evidence)
    if evidence.refuted is not None:
        sentence = (
            f"a threshold chosen on half of the subjects did not hold on the other half: {evidence.refuted}"
        )
        yield _undecided(deployment, Rule.NOT_CONFIRMED, sentence, "threshold")


def _undecided(deployment: Located, rule: Rule, sentence: str, *path: str) -> Finding:
    return Finding(rule, Outcome.CANNOT_DECIDE, sentence, deployment.place(*path))


def _matcher(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    deployed, tested = deployment.terms.matcher, evidence.study.matcher
    if tested is None:
        sentence = (
            f"the matcher's name is {shown(deployed.name)}; the evaluation names none, and is evidence for none; "
            "evaluate again with --matcher and --matcher-version"
        )
        yield _undecided(deployment, Rule.OTHER_MATCHER, sentence, "matcher")
        return
    for part in ("name", "version"):
        mine, theirs = getattr(deployed, part), getattr(tested, part)
        if mine != theirs:
            sentence = f"the matcher's {part} is {shown(mine)}; the evaluation tested {shown(theirs)}"
            yield _undecided(deployment, Rule.OTHER_MATCHER, sentence, "matcher", part)


def _task(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    terms, study = deployment.terms, evidence.study
    if (terms.use_case == "verification") != (study.task == "verification"):
        needed = "verification (1:1)" if terms.use_case == "verification" else "identification (1:N)"
        sentence = f"{terms.use_case} use needs an evaluation of {needed}; this one is of {study.task}"
        yield _undecided(deployment, Rule.OTHER_TASK, sentence, "use_case")


def _axes(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    judged = {frozenset(axis.attributes) for axis in evidence.policy.axes_of(evidence.study)}
    lacking = [axis.name for axis in deployment.terms.axes if frozenset(axis.attributes) not in judged]
    if lacking:
        known = ", ".join(axis.name for axis in evidence.judged)
        sentence = f"axis {', '.join(lacking)} is in force, and the evaluation judges only {known}"
        yield _undecided(deployment, Rule.AXIS_NOT_JUDGED, sentence, "axes")


def _criterion(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    terms, policy = deployment.terms, evidence.policy
    if terms.criterion != policy.criterion:
        sentence = (
            f"the config asks for criterion {terms.criterion}; the evaluation's policy is {policy.criterion}"
        )
        yield _undecided(deployment, Rule.OTHER_CRITERION, sentence, "criterion")
    if terms.min_confidence is not None and policy.confidence < terms.min_confidence:
        bounds, least = limit_text(policy.confidence), limit_text(terms.min_confidence)
        sentence = f"the evaluation's bounds have {bounds} confidence, less than {least}"
        yield _undecided(deployment, Rule.OTHER_CRITERION, sentence, "min_confidence")
    if terms.max_ratio is None:
        return
    if policy.max_gap is not None:
        sentence = "the config asks for a ratio, and the evaluation's policy is also content with a gap"
        yield _undecided(deployment, Rule.OTHER_CRITERION, sentence, "max_ratio")
    elif policy.max_ratio is None or policy.max_ratio > terms.max_ratio:
        tolerated = "no ratio" if policy.max_ratio is None else f"a ratio of {limit_text(policy.max_ratio)}"
        asked = limit_text(terms.max_ratio)
        sentence = f"the config tolerates a ratio of {asked}; the evaluation's policy names {tolerated}"
        yield _undecided(deployment, Rule.OTHER_CRITERION, sentence, "max_ratio")

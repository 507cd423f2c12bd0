"""Waivers: deployments that somebody answers for although the evidence does not show that they are safe.

A waiver is laid over what a check found; the findings stay as they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from harness.config import Document, StrictModel, TupleOf, problem_at, shown, validate
from harness.errors import InputError
from harness.gate.deployment import Composition, Day, Digest, MatcherTerms, Text, UseCase, a_line
from harness.gate.findings import Checked, Finding, Outcome, Place, Rule, Waived
from harness.study import distinct

if TYPE_CHECKING:
    from harness.gate.configs import Located

__all__ = [
    "WAIVABLE",
    "Granted",
    "Waiver",
    "WaiverFile",
    "Waivers",
    "unused",
    "waived",
    "waivers_from",
]

WAIVABLE = (
    Rule.DISPARITY_SHOWN,
    Rule.BELOW_SAFE_THRESHOLD,
    Rule.LIMIT_BROKEN,
    Rule.FALSE_ALERTS_EXCEEDED,
    Rule.EVIDENCE_EXPIRED,
    Rule.OTHER_MATCHER,
    Rule.OTHER_TASK,
    Rule.WATCHLIST_NOT_TESTED,
    Rule.LIST_NOT_PROJECTED,
    Rule.AXIS_NOT_JUDGED,
    Rule.OTHER_CRITERION,
    Rule.NO_SAFE_THRESHOLD,
    Rule.NOT_CONFIRMED,
    Rule.OUTSIDE_EVALUATED_RANGE,
    Rule.ABOVE_PARITY_RANGE,
    Rule.RATIO_NOT_SHOWN,
    Rule.LIMIT_NOT_SHOWN,
    Rule.FALSE_ALERTS_NOT_SHOWN,
    Rule.CROWD_NOT_TESTED,
    Rule.MISSES_NOT_KNOWN,
    Rule.BETWEEN_EVALUATED,
)
"""The rules that can be waived: what is known and accepted, never what is missing, altered or unsigned.

A saturated threshold cannot be, since nothing is known there; nor can a limit on false alerts that nobody stated.
"""

_LONGEST_REASON = 1000


def _waivable(text: str) -> str:
    if text not in WAIVABLE:
        raise ValueError(f"{shown(text)} cannot be waived; these can: {', '.join(WAIVABLE)}")
    return text


_WaivableRule = Annotated[str, AfterValidator(_waivable)]


class Waiver(StrictModel):
    """A waiver of one deployment; it is void for a deployment of which anything that it names is another.

    Parameters
    ----------
    deployment : str
        Name of the deployment.
    matcher : MatcherTerms
        Its matcher.
    use_case : {"live", "retrospective", "operator-initiated", "verification"}
    threshold : float
    watchlist_size : int, optional
    watchlist_composition : mapping of str to mapping of str to int, optional
        As the deployment states them; none for verification.
    evaluation_sha256 : str, optional
        Digest of the one ``evaluation.json`` that it was given on; any by default.
    rules : tuple of str
        The rules that it waives, by the names that findings bear.
    reason : str
    owner : str
        Who answers for it.
    starts : date, optional
        First day, written ``from``.
    expires : date
        Last day; from the next day on the waiver blocks.
    """

    deployment: Text
    matcher: MatcherTerms
    use_case: UseCase
    threshold: float
    watchlist_size: Annotated[int, Field(ge=1)] | None = None
    watchlist_composition: Composition | None = None
    evaluation_sha256: Digest | None = None
    rules: Annotated[TupleOf[_WaivableRule], AfterValidator(distinct), Field(min_length=1)]
    reason: Annotated[str, AfterValidator(a_line(_LONGEST_REASON))]
    owner: Text
    starts: Annotated[Day | None, Field(alias="from")] = None
    expires: Day

    @model_validator(mode="after")
    def _check_as_a_whole(self) -> Self:
        """Refuse an end before the start."""
        if self.starts is not None and self.expires < self.starts:
            raise problem_at(("expires",), f"{self.expires} is before {self.starts}, on which it starts")
        return self

    @property
    def subject(self) -> tuple[object, ...]:
        """Deployment and terms that it is about; only one waiver of a file is about the same."""
        return self.deployment, self.matcher, self.use_case, self.threshold, self.watchlist_size


Waivers = Annotated[TupleOf[Waiver], Field(max_length=1000)]


class WaiverFile(StrictModel):
    """A file of waivers, before it is signed.

    Parameters
    ----------
    waivers : tuple of Waiver
        May be empty, which withdraws those that were signed before where this file takes their place.
    """

    waivers: Waivers

    @model_validator(mode="after")
    def _check_as_a_whole(self) -> Self:
        """Refuse two waivers of one deployment."""
        seen = set()
        for index, waiver in enumerate(self.waivers):
            if waiver.subject in seen:
                problem = f"{shown(waiver.deployment)} is waived twice; name all rules in one waiver"
                raise problem_at(("waivers", index), problem)
            seen.add(waiver.subject)
        return self


def waivers_from(document: Document, signed_on: date) -> tuple[Waiver, ...]:
    """Return the waivers of a document that is to be signed.

    Parameters
    ----------
    document : Document
    signed_on : date
        The day on which they are signed.

    Raises
    ------
    InputError
        It is not a file of waivers, or one of them has expired by that day.
    """
    waivers = validate(WaiverFile, document).waivers
    for index, waiver in enumerate(waivers):
        if waiver.expires < signed_on:
            source, line, column = document.place(("waivers", index, "expires"))
            problem = (
                f"the waiver of {shown(waiver.deployment)} expired on {waiver.expires}, before {signed_on}"
            )
            raise InputError(problem, source=source, line=line, column=column)
    return waivers


@dataclass(frozen=True)
class Granted:
    """A waiver that a trusted key has signed.

    Parameters
    ----------
    waiver : Waiver
    place : Place
        The signed file.
    """

    waiver: Waiver
    place: Place


def waived(
    checked: Checked,
    deployment: "Located",
    evaluation_sha256: str | None,
    granted: Iterable[Granted],
    today: date,
) -> Checked:
    """Lay the waivers of a deployment over what was found.

    A waiver serves only where it is about this very deployment, in force, and names every rule that blocks it. An
    expired one blocks, whatever else was found.

    Parameters
    ----------
    checked : Checked
    deployment : Located
    evaluation_sha256 : str or None
        Of the evidence that it was checked against.
    granted : iterable of Granted
    today : date
    """
    day = max(today, deployment.terms.starts or today)
    blocking = [finding.rule for finding in checked.findings if finding.outcome is not Outcome.PASS]
    notes: list[Finding] = []
    serving: list[Waived] = []
    for waiver, place in ((one.waiver, one.place) for one in granted):
        if waiver.deployment != deployment.name:
            continue
        void = _why_void(waiver, deployment, evaluation_sha256)
        idle = void or _why_idle(waiver, blocking, day)
        if void is None and waiver.expires < day:
            notes.append(Finding(Rule.WAIVER_EXPIRED, Outcome.FAIL, _expired(waiver, day), place))
        elif idle is not None:
            sentence = f"the waiver by {waiver.owner} until {waiver.expires} does not serve: {idle}"
            notes.append(Finding(Rule.WAIVER_NOT_USED, Outcome.PASS, sentence, place))
        else:
            serving.append(Waived(waiver.owner, waiver.reason, waiver.expires, place))
    findings = sorted((*checked.findings, *notes), key=lambda finding: -finding.outcome.severity)
    blocked = any(note.rule is Rule.WAIVER_EXPIRED for note in notes)
    serves = None if blocked or not serving else serving[0]
    return replace(checked, findings=tuple(findings), waived=serves)


def unused(granted: Iterable[Granted], checked: Iterable[Checked]) -> list[Checked]:
    """Report the waivers of deployments that were not checked; they change nothing."""
    names = {one.deployment for one in checked}
    return [
        Checked(
            None,
            one.place,
            (
                Finding(
                    Rule.WAIVER_NOT_USED,
                    Outcome.PASS,
                    f"the waiver of {shown(one.waiver.deployment)} by {one.waiver.owner} is of no deployment checked",
                    one.place,
                ),
            ),
        )
        for one in granted
        if one.waiver.deployment not in names
    ]


def _why_void(waiver: Waiver, deployment: "Located", evaluation_sha256: str | None) -> str | None:
    terms = deployment.terms
    pairs = {
        "threshold": (waiver.threshold, terms.threshold),
        "matcher name": (waiver.matcher.name, terms.matcher.name),
        "matcher version": (waiver.matcher.version, terms.matcher.version),
        "use_case": (waiver.use_case, terms.use_case),
        "watchlist_size": (waiver.watchlist_size, terms.watchlist_size),
        "evaluation's SHA-256": (waiver.evaluation_sha256 or evaluation_sha256, evaluation_sha256),
    }
    for name, (its_own, actual) in pairs.items():
        if its_own != actual:
            return f"it is for {name} {shown(its_own)}, not {shown(actual)}"
    if waiver.watchlist_composition != terms.watchlist_composition:
        return "it is for another watchlist_composition"
    return None


def _why_idle(waiver: Waiver, blocking: Sequence[Rule], day: date) -> str | None:
    if waiver.starts is not None and waiver.starts > day:
        return f"it starts on {waiver.starts}"
    if not blocking:
        return "the deployment passes without it"
    uncovered = sorted({str(rule) for rule in blocking if rule not in waiver.rules})
    return f"it does not waive {', '.join(uncovered)}" if uncovered else None


def _expired(waiver: Waiver, day: date) -> str:
    return (
        f"the waiver by {waiver.owner} expired on {waiver.expires}, before {day}: fix the deployment and sign the "
        "waivers without it, or have it waived anew"
    )

"""Waivers: what somebody answers for although the evidence does not show that it is safe, and until when."""

from datetime import date
from typing import Annotated

from harness.config import After, Document, Key, Limits, Part, problem_at, shown, validate
from harness.errors import InputError
from harness.gate.deployment import Composition, MatcherTerms, UseCase
from harness.gate.findings import Rule
from harness.gate.values import Day, Digest, Text, a_line
from harness.study import Listed, distinct

__all__ = ["WAIVABLE", "Waiver", "WaiverFile", "Waivers", "waivers_from"]

WAIVABLE = (
    Rule.BELOW_SAFE_THRESHOLD,
    Rule.LIMIT_BROKEN,
    Rule.EVIDENCE_EXPIRED,
    Rule.OTHER_MATCHER,
    Rule.OTHER_TASK,
    Rule.WATCHLIST_NOT_TESTED,
    Rule.AXIS_NOT_JUDGED,
    Rule.OTHER_CRITERION,
    Rule.NO_SAFE_THRESHOLD,
    Rule.NOT_CONFIRMED,
    Rule.OUTSIDE_EVALUATED_RANGE,
    Rule.ABOVE_PARITY_RANGE,
    Rule.BETWEEN_EVALUATED,
)
"""The rules that can be waived: what is known and accepted, never what is missing, altered or unsigned."""

_LONGEST_REASON = 1000


def _waivable(text: str) -> str:
    if text not in WAIVABLE:
        raise ValueError(f"{shown(text)} cannot be waived; these can: {', '.join(WAIVABLE)}")
    return text


_WaivableRule = Annotated[str, After(_waivable)]


class Waiver(Part):
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
    watchlist_size: Annotated[int, Limits(ge=1)] | None = None
    watchlist_composition: Composition | None = None
    evaluation_sha256: Digest | None = None
    rules: Annotated[tuple[_WaivableRule, ...], Listed, After(distinct), Limits(min_length=1)]
    reason: Annotated[str, After(a_line(_LONGEST_REASON))]
    owner: Text
    starts: Annotated[Day | None, Key("from")] = None
    expires: Day

    def check_as_a_whole(self) -> None:
        """Refuse an end before the start."""
        if self.starts is not None and self.expires < self.starts:
            raise problem_at(("expires",), f"{self.expires} is before {self.starts}, on which it starts")

    @property
    def subject(self) -> tuple[object, ...]:
        """What it is about; only one waiver of a file is about the same."""
        return self.deployment, self.matcher, self.use_case, self.threshold, self.watchlist_size


Waivers = Annotated[tuple[Waiver, ...], Limits(max_length=1000), Listed]


class WaiverFile(Part):
    """A file of waivers, before it is signed.

    Parameters
    ----------
    waivers : tuple of Waiver
        May be empty, which withdraws those that were signed before where this file takes their place.
    """

    waivers: Waivers

    def check_as_a_whole(self) -> None:
        """Refuse two waivers of one deployment."""
        seen = set()
        for place, waiver in enumerate(self.waivers):
            if waiver.subject in seen:
                problem = f"{shown(waiver.deployment)} is waived twice; name all rules in one waiver"
                raise problem_at(("waivers", place), problem)
            seen.add(waiver.subject)


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
        It is no file of waivers, or one of them has expired by that day.
    """
    waivers = validate(WaiverFile, document).waivers
    for place, waiver in enumerate(waivers):
        if waiver.expires < signed_on:
            source, line, column = document.place(("waivers", place, "expires"))
            problem = (
                f"the waiver of {shown(waiver.deployment)} expired on {waiver.expires}, before {signed_on}"
            )
            raise InputError(problem, source=source, line=line, column=column)
    return waivers

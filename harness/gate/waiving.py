"""Signed waivers laid over what was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config import shown
from harness.errors import InputError
from harness.gate.configs import Located
from harness.gate.files import content_of
from harness.gate.findings import Checked, Finding, Outcome, Place, Rule, Waived
from harness.gate.waivers import Waiver

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

__all__ = ["Granted", "granted_in", "unused", "waived"]


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


def granted_in(source: str, keys: Sequence[SSlibKey], today: date) -> tuple[Granted, ...] | Checked:
    """Read signed waivers.

    Parameters
    ----------
    source : str
        Path of the envelope that `harness sign` made of a file of waivers.
    keys : sequence of SSlibKey
        One of them has to have signed it.
    today : date
        No signature is of a later day.

    Returns
    -------
    tuple of Granted, or Checked
        What blocks everything where the file cannot be believed.
    """
    from harness.gate import signing

    place = Place(source)
    try:
        content = content_of(Path(source), limit=signing.MAX_BYTES)
        payload, _ = signing.opened(content, keys, source)
        statement = signing.statement_in(payload, source)
        if not isinstance(statement, signing.WaiverStatement):
            raise InputError("is an envelope of an evaluation, not of waivers", source=source)
        if statement.predicate.signed_on > today:
            raise InputError(f"signed on {statement.predicate.signed_on}, after {today}", source=source)
    except InputError as error:
        sentence = f"the waivers cannot be believed, so nothing passes: it {error.problem}"
        finding = Finding(Rule.WAIVER_INVALID, Outcome.CANNOT_DECIDE, sentence, place)
        return Checked(None, place, (finding,))
    return tuple(Granted(waiver, place) for waiver in statement.predicate.waivers)


def waived(
    checked: Checked,
    deployment: Located,
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


def _why_void(waiver: Waiver, deployment: Located, evaluation_sha256: str | None) -> str | None:
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
        f"the waiver by {waiver.owner} expired on {waiver.expires}, before {day}: mend the deployment and sign the "
        "waivers without it, or have it waived anew"
    )

"""Every deployment of every config against its evidence, and the waivers that are laid over what was found.

Each evaluation is read once. Evidence is trusted only when it is signed where a key is asked for; waivers always.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from harness.config import shown
from harness.errors import InputError
from harness.files import OutsideError, UnreadableError, content_of
from harness.gate.configs import Located, Named, named_configs, read_config
from harness.gate.evidence import MAX_BYTES, Evidence, evidence_of
from harness.gate.findings import Checked, Finding, Outcome, Place, Report, Rule
from harness.gate.locating import Reach, beside_evaluation, evaluation_at, reach_of, without_detours
from harness.gate.safety import threshold_is_safe
from harness.gate.terms import dates_kept, evidence_fits
from harness.gate.waivers import Granted, unused, waived

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

    from harness.gate.signing import EvaluationStatement, Statement

__all__ = ["Library", "Proven", "Unusable", "check", "configs_to_check", "evidence_files", "granted_in"]

_Kind = TypeVar("_Kind", bound="Statement")


def check(
    configs: Sequence[str],
    *,
    evaluation: str | None = None,
    evidence_root: str | None = None,
    today: date,
    keys: Sequence[SSlibKey] = (),
    envelope: str | None = None,
    waivers: Sequence[str] = (),
    waiver_keys: Sequence[SSlibKey] = (),
) -> Report:
    """Check every deployment of every config.

    Parameters
    ----------
    configs : sequence of str
        YAML, JSON or TOML files, folders that hold them, or patterns; see `harness.gate.configs`.
    evaluation : str, optional
        Path of the ``evaluation.json`` to check against, or of the folder that holds it; without it, each config's own.
    evidence_root : str, optional
        Path of the folder below which configs in it may name evidence; without it, each only in its own folder.
    today : date
        Day that dates are compared with.
    keys : sequence of SSlibKey
        Public keys, from `harness.gate.signing.public_keys`; evidence has to be signed by one of them, where any is
        given.
    envelope : str, optional
        Path of the evaluation's signature; by default the file beside it whose name ends in ``.dsse.json``.
    waivers : sequence of str
        Paths of signed waivers.
    waiver_keys : sequence of SSlibKey
        Public keys, by one of which they have to be signed.

    Returns
    -------
    Report
        The worst first. What cannot be read or decided is in it too; nothing is raised.

    Examples
    --------
    >>> report = check(["no_such_file.yaml"], today=date(2026, 6, 1))
    >>> str(report.outcome), report.exit_code
    ('invalid', 2)
    """
    granted, checked = _waivers(waivers, waiver_keys, today)
    evaluation = None if evaluation is None else str(evaluation_at(evaluation))
    root = None if evidence_root is None else _folder_at(evidence_root)
    if isinstance(root, InputError):
        checked.append(_unusable(root, "--evidence-root"))
        root = None
    session = _Session(Library(keys, today), today, evaluation, root, envelope, tuple(granted))
    evidence = evidence_files(evaluation, envelope, waivers, signed=bool(keys))
    named = configs_to_check(configs, evaluation, evidence)
    checked += [_unusable(problem, "configs") for problem in named.problems]
    checked += [one for config in named.files for one in _check_file(config, session)]
    checked += unused(granted, checked)
    checked.sort(key=lambda one: -one.outcome.severity)
    return Report(tuple(checked), today, evaluation, named.not_checked)


def evidence_files(
    evaluation: str | None, envelope: str | None, waivers: Sequence[str], *, signed: bool
) -> list[str]:
    """Return the files that a check reads as evidence, and that are therefore no configs."""
    named = [*waivers, *([] if evaluation is None else [evaluation])]
    if signed and (envelope or evaluation):
        named.append(envelope or f"{evaluation}.dsse.json")
    return named


def configs_to_check(configs: Sequence[str], evaluation: str | None, evidence: Sequence[str]) -> Named:
    """Return the configs that names stand for, without the evidence and what was written with it.

    Parameters
    ----------
    configs : sequence of str
    evaluation : str or None
        Its file.
    evidence : sequence of str
        From `evidence_files`.
    """
    beside = [] if evaluation is None else beside_evaluation(evaluation)
    return named_configs(configs, evidence=evidence, beside_evidence=beside)


def _folder_at(root: str) -> Path | InputError:
    if root.strip() and os.path.isdir(root):  # noqa: PTH112 - raises nothing, whatever the name
        return Path(root)
    problem = "is no folder; --evidence-root takes the one below which configs may name evidence"
    return InputError(problem, source=root)


@dataclass(frozen=True)
class Proven:
    """An evaluation that was read.

    Parameters
    ----------
    evidence : Evidence
    signed_on : date or None
        The day of its signature by a trusted key; None where no key was asked for.
    """

    evidence: Evidence
    signed_on: date | None = None


@dataclass(frozen=True)
class Unusable:
    """Why an evaluation is no evidence.

    Parameters
    ----------
    rule : Rule
    sentence : str
    """

    rule: Rule
    sentence: str


class Library:
    """Evaluations by where they are.

    Parameters
    ----------
    keys : sequence of SSlibKey
        An evaluation has to be signed by one of them; without any, none has to.
    today : date
        No signature is of a later day.
    """

    def __init__(self, keys: Sequence[SSlibKey], today: date) -> None:
        self._keys = tuple(keys)
        self._today = today
        self._read: dict[tuple[Path, Reach | None, Path | None], Proven | Unusable] = {}

    def get(
        self, path: Path, *, within: Reach | None = None, envelope: Path | None = None
    ) -> Proven | Unusable:
        """Return an evaluation, read once.

        Parameters
        ----------
        path : Path
            Its file.
        within : Reach, optional
            What neither it nor the envelope beside it may lead out of.
        envelope : Path, optional
            The file of its signature, wherever that is; by default the one beside it.
        """
        asked = (path, within, envelope)
        if asked not in self._read:
            self._read[asked] = self._prove(path, within, envelope)
        return self._read[asked]

    def _prove(self, path: Path, within: Reach | None, envelope: Path | None) -> Proven | Unusable:
        try:
            content = _content_within(path, MAX_BYTES, within)
            statement = self._statement(path, within, envelope, content) if self._keys else None
            if isinstance(statement, Unusable):
                return statement
            evidence = evidence_of(content, str(path))
        except UnreadableError as error:
            return Unusable(Rule.NO_EVIDENCE, f"no evidence: {error}")
        except InputError as error:
            return Unusable(Rule.DAMAGED_EVIDENCE, f"no evidence: {error}")
        return Proven(evidence) if statement is None else _agreeing(evidence, statement)

    def _statement(
        self, path: Path, within: Reach | None, envelope: Path | None, content: bytes
    ) -> EvaluationStatement | Unusable:
        from harness.gate import signing

        source = envelope or signing.envelope_beside(path)
        try:
            statement = _signed(
                signing.EvaluationStatement,
                source,
                self._keys,
                self._today,
                within=None if envelope else within,
            )
        except UnreadableError as error:
            return Unusable(Rule.UNSIGNED_EVIDENCE, f"{path} is not signed: {error}")
        except InputError as error:
            return Unusable(Rule.SIGNATURE_INVALID, str(error))
        found = hashlib.sha256(content).hexdigest()
        if statement.sha256 != found:
            sentence = f"{source}: the signed evaluation has SHA-256 {statement.sha256}; {path} has {found}"
            return Unusable(Rule.SIGNATURE_INVALID, sentence)
        return statement


def _content_within(path: Path, limit: int, within: Reach | None) -> bytes:
    """Read a file, and refuse one that a config may not lead to in the words of what would allow it."""
    if within is None:
        return content_of(path, limit=limit)
    try:
        return content_of(path, limit=limit, within=within.folder)
    except OutsideError as error:
        raise OutsideError(within.refusal, source=str(path)) from error


def _agreeing(evidence: Evidence, statement: EvaluationStatement) -> Proven | Unusable:
    from harness.gate.signing import require_about

    try:
        require_about(statement, evidence)
    except InputError as error:
        return Unusable(Rule.SIGNATURE_INVALID, f"the signed statement does not fit: {error}")
    return Proven(evidence, statement.predicate.signed_on)


@dataclass(frozen=True)
class _Session:
    """Settings that are the same for every deployment of a check."""

    proofs: Library
    today: date
    evaluation: str | None
    evidence_root: Path | None
    envelope: str | None
    granted: tuple[Granted, ...]


def _waivers(
    paths: Sequence[str], keys: Sequence[SSlibKey], today: date
) -> tuple[list[Granted], list[Checked]]:
    """Return the waivers that are trusted, and findings that block where some are not."""
    granted: list[Granted] = []
    blocking: list[Checked] = []
    for path in paths:
        found = granted_in(path, keys, today)
        if isinstance(found, Checked):
            blocking.append(found)
        else:
            granted += found
    return granted, blocking


def _check_file(config: str, session: _Session) -> list[Checked]:
    try:
        deployments = read_config(config)
    except InputError as error:
        return [_unusable(error, config)]
    return [_check_one(deployment, session) for deployment in deployments]


def _unusable(error: InputError, name: str) -> Checked:
    place = Place(error.source or name, error.line, error.column)
    return Checked(None, place, (Finding(Rule.INVALID_CONFIG, Outcome.INVALID, error.problem, place),))


def _check_one(deployment: Located, session: _Session) -> Checked:
    found = _evidence_of(deployment, session)
    if isinstance(found, Finding):
        findings = [*dates_kept(deployment, session.today), found]
    else:
        findings = [
            *dates_kept(deployment, session.today, found.signed_on),
            *evidence_fits(deployment, found.evidence),
            *threshold_is_safe(deployment, found.evidence),
        ]
    findings.sort(key=lambda finding: -finding.outcome.severity)
    terms, place = deployment.terms, deployment.place("threshold")
    checked = Checked(deployment.name, place, tuple(findings), terms.threshold, terms.owner)
    sha256 = found.evidence.sha256 if isinstance(found, Proven) else None
    return waived(checked, deployment, sha256, session.granted, session.today)


def _evidence_of(deployment: Located, session: _Session) -> Proven | Finding:
    terms = deployment.terms.evidence
    read: list[Proven | Unusable] = []
    envelope = None if session.envelope is None else Path(session.envelope)
    if session.evaluation is not None:
        read.append(session.proofs.get(Path(session.evaluation), envelope=envelope))
    if terms.evaluation is not None:
        reach = reach_of(deployment.folder, session.evidence_root)
        if ".." in PurePosixPath(terms.evaluation).parts and not reach.may_climb:
            sentence = f"evidence.evaluation: {shown(terms.evaluation)} {reach.refusal}"
            place = deployment.place("evidence", "evaluation")
            return Finding(Rule.INVALID_CONFIG, Outcome.INVALID, sentence, place)
        path = evaluation_at(without_detours(deployment.folder / terms.evaluation))
        read.append(session.proofs.get(path, within=reach, envelope=envelope))
    if not read:
        sentence = "there is no evidence: give --evaluation, or evidence.evaluation in the config"
        return Finding(Rule.NO_EVIDENCE, Outcome.CANNOT_DECIDE, sentence, deployment.place("evidence"))
    for one in read:
        if isinstance(one, Unusable):
            return Finding(one.rule, Outcome.CANNOT_DECIDE, one.sentence, deployment.place("evidence"))
    found = [one for one in read if isinstance(one, Proven)]
    first = found[0].evidence
    stated = {one.evidence.sha256 for one in found} | ({terms.sha256} if terms.sha256 else set())
    if len(stated) > 1:
        key = "sha256" if terms.sha256 else "evaluation"
        sentence = f"{first.source} has SHA-256 {first.sha256}, not that of the evidence the config names"
        place = deployment.place("evidence", key)
        return Finding(Rule.OTHER_EVIDENCE, Outcome.CANNOT_DECIDE, sentence, place)
    return found[0]


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
        The latter blocks everything: the file cannot be trusted.
    """
    from harness.gate import signing

    place = Place(source)
    try:
        statement = _signed(signing.WaiverStatement, Path(source), keys, today)
    except InputError as error:
        sentence = f"the waivers cannot be trusted, so nothing passes: it {error.problem}"
        finding = Finding(Rule.WAIVER_INVALID, Outcome.CANNOT_DECIDE, sentence, place)
        return Checked(None, place, (finding,))
    return tuple(Granted(waiver, place) for waiver in statement.predicate.waivers)


def _signed(
    kind: type[_Kind], path: Path, keys: Sequence[SSlibKey], today: date, *, within: Reach | None = None
) -> _Kind:
    """Read a statement of a kind that a trusted key has signed, on no later day than today."""
    from harness.gate import signing

    source = str(path)
    payload, _ = signing.opened(_content_within(path, signing.MAX_BYTES, within), keys, source)
    statement = signing.statement_in(payload, source)
    if not isinstance(statement, kind):
        found, wanted = "waivers", "an evaluation"
        if isinstance(statement, signing.EvaluationStatement):
            found, wanted = wanted, found
        raise InputError(f"is an envelope of {found}, not of {wanted}", source=source)
    if statement.predicate.signed_on > today:
        raise InputError(f"signed on {statement.predicate.signed_on}, after {today}", source=source)
    return statement

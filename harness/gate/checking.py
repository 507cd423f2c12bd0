"""Every deployment of every config against its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import InputError
from harness.gate.configs import Located, read_config
from harness.gate.findings import Checked, Finding, Outcome, Place, Report, Rule
from harness.gate.naming import named_configs
from harness.gate.proofs import Library, Proven, Unusable
from harness.gate.safety import threshold_is_safe
from harness.gate.terms import dates_kept, evidence_fits

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

    from harness.gate.waiving import Granted

__all__ = ["check", "evidence_files"]


def check(
    configs: Sequence[str],
    *,
    evaluation: str | None = None,
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
        YAML, JSON or TOML files, folders that hold them, or patterns; see `harness.gate.naming`.
    evaluation : str, optional
        Path of the ``evaluation.json`` to check against; without it, each config's own.
    today : date
        What dates are compared with.
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
    """
    granted, checked = _waivers(waivers, waiver_keys, today)
    session = _Session(Library(keys, today), today, evaluation, envelope, tuple(granted))
    named = named_configs(configs, evidence=evidence_files(evaluation, envelope, waivers, signed=bool(keys)))
    checked += [_unusable(problem, "configs") for problem in named.problems]
    checked += [one for config in named.files for one in _check_file(config, session)]
    if granted:
        from harness.gate.waiving import unused

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


@dataclass(frozen=True)
class _Session:
    """What is the same for every deployment of a check."""

    proofs: Library
    today: date
    evaluation: str | None
    envelope: str | None
    granted: tuple[Granted, ...]


def _waivers(
    paths: Sequence[str], keys: Sequence[SSlibKey], today: date
) -> tuple[list[Granted], list[Checked]]:
    """Return the waivers that are believed, and what blocks where some are not."""
    granted: list[Granted] = []
    blocking: list[Checked] = []
    for path in paths:
        from harness.gate.waiving import granted_in

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
            threshold_is_safe(deployment, found.evidence),
        ]
    findings.sort(key=lambda finding: -finding.outcome.severity)
    terms, place = deployment.terms, deployment.place("threshold")
    checked = Checked(deployment.name, place, tuple(findings), terms.threshold, terms.owner)
    if not session.granted:
        return checked
    from harness.gate.waiving import waived

    sha256 = found.evidence.sha256 if isinstance(found, Proven) else None
    return waived(checked, deployment, sha256, session.granted, session.today)


def _evidence_of(deployment: Located, session: _Session) -> Proven | Finding:
    terms = deployment.terms.evidence
    read: list[Proven | Unusable] = []
    envelope = None if session.envelope is None else Path(session.envelope)
    if session.evaluation is not None:
        read.append(session.proofs.get(Path(session.evaluation), envelope=envelope))
    if terms.evaluation is not None:
        folder = deployment.folder
        read.append(session.proofs.get(folder / terms.evaluation, within=folder, envelope=envelope))
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

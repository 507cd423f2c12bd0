"""Every deployment of every config against its evidence, and the waivers that are laid over what was found.

Each evaluation is read once. Evidence is trusted only when it is signed where a key is asked for; waivers always.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from harness.config import shown
from harness.errors import InputError
from harness.gate.alerts import alerts_kept, evaluated_rates, limit_is_stated, misses_are_known
from harness.gate.configs import Located, Named, named_configs, read_config
from harness.gate.evidence import Evidence
from harness.gate.findings import Checked, Finding, Outcome, Place, Report, Rule
from harness.gate.library import Library, Proven, Unusable, signed_statement
from harness.gate.locating import (
    Reach,
    beside_evaluation,
    evaluation_at,
    projection_at,
    projection_beside,
    reach_of,
    without_detours,
)
from harness.gate.projected import judge_projected, lists_that_fit, projected_rates
from harness.gate.projection import Projection, require_projection_of
from harness.gate.safety import not_saturated, threshold_is_safe
from harness.gate.terms import dates_kept, evidence_fits
from harness.gate.waivers import Granted, unused, waived
from harness.gate.watchlists import list_differs, list_unstated

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

__all__ = ["check", "configs_to_check", "evidence_files", "granted_in"]

_MOST_NAMED = 5


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
    if evaluation:
        named.append(str(projection_beside(evaluation)))
    if signed:
        named += [f"{name}.dsse.json" for name in named[len(waivers) :]]
        named += [] if envelope is None else [envelope]
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
        findings = [*dates_kept(deployment, session.today), found, *limit_is_stated(deployment)]
    else:
        findings = [
            *dates_kept(deployment, session.today, found.signed_on),
            *evidence_fits(deployment, found.evidence),
            *limit_is_stated(deployment),
            *misses_are_known(deployment, found.evidence),
            *not_saturated(deployment, found.evidence),
            *_judged(deployment, found.evidence, session),
        ]
    findings.sort(key=lambda finding: -finding.outcome.severity)
    terms, place = deployment.terms, deployment.place("threshold")
    checked = Checked(deployment.name, place, tuple(findings), terms.threshold, terms.owner)
    sha256 = found.evidence.sha256 if isinstance(found, Proven) else None
    return waived(checked, deployment, sha256, session.granted, session.today)


def _judged(deployment: Located, evidence: Evidence, session: _Session) -> Iterator[Finding]:
    """Judge a threshold by the evaluation, or by its projection to a list that is not the one tested."""
    searches = evidence.study.task == "identification" and deployment.terms.use_case != "verification"
    differs = list(list_differs(deployment, evidence)) if searches else []
    projection = _projection_of(deployment, evidence, session, needed=bool(differs))
    if searches:
        yield from list_unstated(deployment, evidence)
    if isinstance(projection, Finding):
        yield projection
    lists = (
        lists_that_fit(deployment, projection, evidence)
        if isinstance(projection, Projection) and differs
        else {}
    )
    if isinstance(projection, Projection) and lists:
        for name in lists:
            yield from judge_projected(deployment, evidence, projection, name)
            yield from alerts_kept(
                deployment, evidence, projected_rates(deployment, evidence, projection, name)
            )
        return
    if isinstance(projection, Projection) and differs:
        yield _not_projected(deployment, projection)
    yield from differs
    yield from threshold_is_safe(deployment, evidence)
    if searches and not differs:
        yield from alerts_kept(deployment, evidence, evaluated_rates(deployment.terms.threshold, evidence))


def _not_projected(deployment: Located, projection: Projection) -> Finding:
    size = deployment.terms.watchlist_size or 0
    names = ", ".join(
        f"{shown(name)} of {one.size:,}" for name, one in list(projection.shape.lists.items())[:_MOST_NAMED]
    )
    sentence = (
        f"{projection.source} has no list of {size:,} with this composition, but {names}; name the deployment's list "
        "among those of harness project"
    )
    place = deployment.place("watchlist_size")
    return Finding(Rule.LIST_NOT_PROJECTED, Outcome.CANNOT_DECIDE, sentence, place)


def _projection_of(
    deployment: Located, evidence: Evidence, session: _Session, *, needed: bool
) -> Projection | Finding | None:
    """Return the projection that a config names, or the one beside the evaluation, where one is needed.

    One that is named has to be usable even where the list is the one that was tested.
    """
    terms = deployment.terms.evidence
    place = deployment.place("evidence", "projection")
    named = _named(deployment, "projection", session)
    if isinstance(named, Finding):
        return named
    if named is None:
        beside = projection_beside(evidence.source)
        if terms.projection_sha256 is None and not (needed and os.path.lexists(beside)):
            return None
        within = (
            None if session.evaluation is not None else reach_of(deployment.folder, session.evidence_root)
        )
        named = beside, within
    path, within = named
    found = session.proofs.projection(path, within=within)
    if isinstance(found, Unusable):
        return Finding(found.rule, Outcome.CANNOT_DECIDE, found.sentence, place)
    if terms.projection_sha256 not in (None, found.sha256):
        sentence = f"{found.source} has SHA-256 {found.sha256}, not that of the projection the config names"
        place = deployment.place("evidence", "projection_sha256")
        return Finding(Rule.OTHER_EVIDENCE, Outcome.CANNOT_DECIDE, sentence, place)
    of_evaluation = found.shape.evaluation.sha256
    if of_evaluation != evidence.sha256:
        sentence = (
            f"{found.source} projects the evaluation of SHA-256 {of_evaluation}, and {evidence.source} has "
            f"{evidence.sha256}"
        )
        return Finding(Rule.OTHER_EVIDENCE, Outcome.CANNOT_DECIDE, sentence, place)
    try:
        require_projection_of(found, evidence)
    except InputError as error:
        return Finding(Rule.DAMAGED_EVIDENCE, Outcome.CANNOT_DECIDE, f"no evidence: {error}", place)
    return found


def _named(
    deployment: Located, key: Literal["evaluation", "projection"], session: _Session
) -> tuple[Path, Reach | None] | Finding | None:
    """Return the file that a config names as evidence, and how far it may lead; None where it names none."""
    written: str | None = getattr(deployment.terms.evidence, key)
    if written is None:
        return None
    reach = reach_of(deployment.folder, session.evidence_root)
    if ".." in PurePosixPath(written).parts and not reach.may_climb:
        sentence = f"evidence.{key}: {shown(written)} {reach.refusal}"
        return Finding(Rule.INVALID_CONFIG, Outcome.INVALID, sentence, deployment.place("evidence", key))
    return _FILE_AT[key](without_detours(deployment.folder / written)), reach


_FILE_AT: Mapping[str, Callable[[Path], Path]] = {"evaluation": evaluation_at, "projection": projection_at}


def _evidence_of(deployment: Located, session: _Session) -> Proven | Finding:
    terms = deployment.terms.evidence
    read: list[Proven | Unusable] = []
    envelope = None if session.envelope is None else Path(session.envelope)
    if session.evaluation is not None:
        read.append(session.proofs.get(Path(session.evaluation), envelope=envelope))
    named = _named(deployment, "evaluation", session)
    if isinstance(named, Finding):
        return named
    if named is not None:
        path, reach = named
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
    from harness.gate.statements import WaiverStatement

    place = Place(source)
    try:
        statement = signed_statement(WaiverStatement, Path(source), keys, today)
    except InputError as error:
        sentence = f"the waivers cannot be trusted, so nothing passes: it {error.problem}"
        finding = Finding(Rule.WAIVER_INVALID, Outcome.CANNOT_DECIDE, sentence, place)
        return Checked(None, place, (finding,))
    return tuple(Granted(waiver, place) for waiver in statement.predicate.waivers)

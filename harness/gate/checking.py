"""Every deployment of every config against its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from harness.errors import InputError
from harness.gate.configs import Located, read_config
from harness.gate.evidence import Evidence, read_evidence
from harness.gate.findings import Checked, Finding, Outcome, Place, Report, Rule
from harness.gate.safety import threshold_is_safe
from harness.gate.terms import dates_kept, evidence_fits

__all__ = ["check"]


def check(configs: Sequence[str], *, evaluation: str | None = None, today: date) -> Report:
    """Check every deployment of every config.

    Parameters
    ----------
    configs : sequence of str
        Paths of YAML, JSON or TOML files.
    evaluation : str, optional
        Path of the ``evaluation.json`` to check against; without it, each config's own.
    today : date
        What dates are compared with.

    Returns
    -------
    Report
        The worst first. What cannot be read or decided is in it too; nothing is raised.
    """
    library = _Library()
    checked = [one for config in configs for one in _check_file(config, evaluation, today, library)]
    checked.sort(key=lambda one: -one.outcome.severity)
    return Report(tuple(checked), today, evaluation)


class _Library:
    """Evaluations, each read once, and what was wrong with those that could not be."""

    def __init__(self) -> None:
        self._read: dict[tuple[Path, Path | None], Evidence | InputError] = {}

    def get(self, path: Path, within: Path | None = None) -> Evidence | InputError:
        if (path, within) not in self._read:
            try:
                self._read[path, within] = read_evidence(path, within=within)
            except InputError as error:
                self._read[path, within] = error
        return self._read[path, within]


def _check_file(config: str, evaluation: str | None, today: date, library: _Library) -> list[Checked]:
    try:
        deployments = read_config(config)
    except InputError as error:
        place = Place(error.source or config, error.line, error.column)
        return [Checked(None, place, (Finding(Rule.INVALID_CONFIG, Outcome.INVALID, error.problem, place),))]
    return [_check_one(deployment, evaluation, today, library) for deployment in deployments]


def _check_one(deployment: Located, evaluation: str | None, today: date, library: _Library) -> Checked:
    findings = list(dates_kept(deployment, today))
    evidence = _evidence_of(deployment, evaluation, library)
    if isinstance(evidence, Finding):
        findings.append(evidence)
    else:
        findings += [*evidence_fits(deployment, evidence), threshold_is_safe(deployment, evidence)]
    findings.sort(key=lambda finding: -finding.outcome.severity)
    terms = deployment.terms
    return Checked(
        deployment.name, deployment.place("threshold"), tuple(findings), terms.threshold, terms.owner
    )


def _evidence_of(deployment: Located, evaluation: str | None, library: _Library) -> Evidence | Finding:
    terms = deployment.terms.evidence
    read = []
    if evaluation is not None:
        read.append(library.get(Path(evaluation)))
    if terms.evaluation is not None:
        folder = deployment.folder
        read.append(library.get(folder / terms.evaluation, folder))
    if not read:
        sentence = "there is no evidence: give --evaluation, or evidence.evaluation in the config"
        return Finding(Rule.NO_EVIDENCE, Outcome.CANNOT_DECIDE, sentence, deployment.place("evidence"))
    for one in read:
        if isinstance(one, InputError):
            rule = Rule.NO_EVIDENCE if one.problem.startswith("cannot be read") else Rule.DAMAGED_EVIDENCE
            return Finding(rule, Outcome.CANNOT_DECIDE, f"no evidence: {one}", deployment.place("evidence"))
    found = [one for one in read if isinstance(one, Evidence)]
    stated = {one.sha256 for one in found} | ({terms.sha256} if terms.sha256 else set())
    if len(stated) > 1:
        key = "sha256" if terms.sha256 else "evaluation"
        sentence = (
            f"{found[0].source} has SHA-256 {found[0].sha256}, not that of the evidence the config names"
        )
        place = deployment.place("evidence", key)
        return Finding(Rule.OTHER_EVIDENCE, Outcome.CANNOT_DECIDE, sentence, place)
    return found[0]

"""The evidence of a check: each evaluation read once, and believed only when it is signed where a key is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import InputError
from harness.gate.evidence import MAX_BYTES, Evidence, evidence_of
from harness.gate.files import UnreadableError, content_of
from harness.gate.findings import Rule

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

    from harness.gate.signing import EvaluationStatement

__all__ = ["Library", "Proven", "Unusable"]


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
        self._read: dict[tuple[Path, Path | None, Path | None], Proven | Unusable] = {}

    def get(
        self, path: Path, *, within: Path | None = None, envelope: Path | None = None
    ) -> Proven | Unusable:
        """Return an evaluation, read once.

        Parameters
        ----------
        path : Path
            Its file.
        within : Path, optional
            The folder that neither it nor the envelope beside it may lead out of.
        envelope : Path, optional
            The file of its signature, wherever that is; by default the one beside it.
        """
        asked = (path, within, envelope)
        if asked not in self._read:
            self._read[asked] = self._prove(path, within, envelope)
        return self._read[asked]

    def _prove(self, path: Path, within: Path | None, envelope: Path | None) -> Proven | Unusable:
        try:
            content = content_of(path, limit=MAX_BYTES, within=within)
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
        self, path: Path, within: Path | None, envelope: Path | None, content: bytes
    ) -> EvaluationStatement | Unusable:
        from harness.gate import signing

        place = envelope or signing.envelope_beside(path)
        try:
            sealed = content_of(place, limit=signing.MAX_BYTES, within=None if envelope else within)
        except UnreadableError as error:
            return Unusable(Rule.UNSIGNED_EVIDENCE, f"{path} is not signed: {error}")
        except InputError as error:
            return Unusable(Rule.SIGNATURE_INVALID, str(error))
        try:
            payload, _ = signing.opened(sealed, self._keys, str(place))
            statement = signing.statement_in(payload, str(place))
        except InputError as error:
            return Unusable(Rule.SIGNATURE_INVALID, str(error))
        if not isinstance(statement, signing.EvaluationStatement):
            return Unusable(
                Rule.SIGNATURE_INVALID, f"{place}: is an envelope of waivers, not of an evaluation"
            )
        found = hashlib.sha256(content).hexdigest()
        if statement.sha256 != found:
            sentence = f"{place}: the signed evaluation has SHA-256 {statement.sha256}; {path} has {found}"
            return Unusable(Rule.SIGNATURE_INVALID, sentence)
        if statement.predicate.signed_on > self._today:
            sentence = f"{place}: signed on {statement.predicate.signed_on}, after {self._today}"
            return Unusable(Rule.SIGNATURE_INVALID, sentence)
        return statement


def _agreeing(evidence: Evidence, statement: EvaluationStatement) -> Proven | Unusable:
    from harness.gate.signing import require_about

    try:
        require_about(statement, evidence)
    except InputError as error:
        return Unusable(Rule.SIGNATURE_INVALID, f"the signed statement does not fit: {error}")
    return Proven(evidence, statement.predicate.signed_on)

"""Evaluations and projections as evidence, each read once, and trusted only when signed where a key is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harness.errors import InputError
from harness.files import OutsideError, UnreadableError, content_of
from harness.gate import projection_file
from harness.gate.evidence import MAX_BYTES, Evidence, evidence_of
from harness.gate.findings import Rule
from harness.gate.locating import Reach
from harness.gate.projection import Projection, projection_of

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

    from harness.gate.statements import EvaluationStatement, ProjectionStatement, Statement

__all__ = ["Library", "Proven", "Unusable", "signed_statement"]

_Kind = TypeVar("_Kind", bound="Statement")
_Read = TypeVar("_Read")
_Document = TypeVar("_Document", "EvaluationStatement", "ProjectionStatement")


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
    """Why an evaluation, or a projection of one, is no evidence.

    Parameters
    ----------
    rule : Rule
    sentence : str
    """

    rule: Rule
    sentence: str


class Library:
    """Evaluations and projections by where they are.

    Parameters
    ----------
    keys : sequence of SSlibKey
        Evidence has to be signed by one of them; without any, none has to.
    today : date
        No signature is of a later day.
    """

    def __init__(self, keys: Sequence[SSlibKey], today: date) -> None:
        self._keys = tuple(keys)
        self._today = today
        self._read: dict[tuple[Path, Reach | None, Path | None], Proven | Unusable] = {}
        self._projections: dict[tuple[Path, Reach | None], Projection | Unusable] = {}

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
            self._read[asked] = _usable(lambda: self._evaluation(path, within, envelope))
        return self._read[asked]

    def projection(self, path: Path, *, within: Reach | None = None) -> Projection | Unusable:
        """Return a projection, read once; its signature is the one beside it, and parameters are those of `get`."""
        asked = (path, within)
        if asked not in self._projections:
            self._projections[asked] = _usable(lambda: self._projection(path, within))
        return self._projections[asked]

    def _evaluation(self, path: Path, within: Reach | None, envelope: Path | None) -> Proven | Unusable:
        content = _content_within(path, MAX_BYTES, within)
        if not self._keys:
            return Proven(evidence_of(content, str(path)))
        from harness.gate import signing, statements

        source = envelope or signing.envelope_beside(path)
        reach = None if envelope else within
        statement = self._statement(statements.EvaluationStatement, source, reach, path, content)
        if isinstance(statement, Unusable):
            return statement
        evidence = evidence_of(content, str(path))
        refused = _disagreement(lambda: statements.require_about(statement, evidence))
        return refused or Proven(evidence, statement.predicate.signed_on)

    def _projection(self, path: Path, within: Reach | None) -> Projection | Unusable:
        content = _content_within(path, projection_file.MAX_BYTES, within)
        if not self._keys:
            return projection_of(content, str(path))
        from harness.gate import signing, statements

        source = signing.envelope_beside(path)
        statement = self._statement(statements.ProjectionStatement, source, within, path, content)
        if isinstance(statement, Unusable):
            return statement
        projection = projection_of(content, str(path))
        refused = _disagreement(lambda: statements.require_about_projection(statement, projection))
        return refused or projection

    def _statement(
        self, kind: type[_Document], source: Path, within: Reach | None, path: Path, content: bytes
    ) -> _Document | Unusable:
        """Return the statement that an envelope makes of a file, which has to be of these very bytes."""
        from harness.gate.statements import SUBJECTS

        try:
            statement = signed_statement(kind, source, self._keys, self._today, within=within)
        except UnreadableError as error:
            return Unusable(Rule.UNSIGNED_EVIDENCE, f"{path} is not signed: {error}")
        except InputError as error:
            return Unusable(Rule.SIGNATURE_INVALID, str(error))
        found = hashlib.sha256(content).hexdigest()
        if statement.sha256 != found:
            _, _, noun = SUBJECTS[kind].partition(" ")
            sentence = f"{source}: the signed {noun} has SHA-256 {statement.sha256}; {path} has {found}"
            return Unusable(Rule.SIGNATURE_INVALID, sentence)
        return statement


def _usable(read: Callable[[], _Read]) -> _Read | Unusable:
    """Return what can be read, or why it is no evidence."""
    try:
        return read()
    except UnreadableError as error:
        return Unusable(Rule.NO_EVIDENCE, f"no evidence: {error}")
    except InputError as error:
        return Unusable(Rule.DAMAGED_EVIDENCE, f"no evidence: {error}")


def _disagreement(require: Callable[[], None]) -> Unusable | None:
    """Return that a statement says something else than what it is about does itself, where that is so."""
    try:
        require()
    except InputError as error:
        return Unusable(Rule.SIGNATURE_INVALID, f"the signed statement does not fit: {error}")
    return None


def _content_within(path: Path, limit: int, within: Reach | None) -> bytes:
    """Read a file, and refuse one that a config may not lead to in the words of what would allow it."""
    if within is None:
        return content_of(path, limit=limit)
    try:
        return content_of(path, limit=limit, within=within.folder)
    except OutsideError as error:
        raise OutsideError(within.refusal, source=str(path)) from error


def signed_statement(
    kind: type[_Kind], path: Path, keys: Sequence[SSlibKey], today: date, *, within: Reach | None = None
) -> _Kind:
    """Read a statement of a kind that a trusted key has signed, on no later day than today.

    Parameters
    ----------
    kind : type
        Of the statement.
    path : Path
        Of the envelope.
    keys : sequence of SSlibKey
    today : date
    within : Reach, optional
        What the envelope may not lead out of.

    Raises
    ------
    InputError
        It cannot be read, is not such an envelope, or is of another kind of statement.
    """
    from harness.gate import signing, statements

    source = str(path)
    payload, _ = signing.opened(_content_within(path, signing.MAX_BYTES, within), keys, source)
    statement = statements.statement_in(payload, source)
    if not isinstance(statement, kind):
        found, wanted = statements.SUBJECTS[type(statement)], statements.SUBJECTS[kind]
        raise InputError(f"is an envelope of {found}, not of {wanted}", source=source)
    if statement.predicate.signed_on > today:
        raise InputError(f"signed on {statement.predicate.signed_on}, after {today}", source=source)
    return statement

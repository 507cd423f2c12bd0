"""``harness verify``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from harness.cli.streams import say
from harness.config import shown
from harness.errors import InputError
from harness.files import content_of
from harness.gate.evidence import MAX_BYTES, evidence_of
from harness.gate.locating import evaluation_at
from harness.gate.monitoring_file import records_in
from harness.gate.projection import projection_of
from harness.gate.signing import MAX_BYTES as MAX_ENVELOPE
from harness.gate.signing import envelope_beside, opened, public_keys, signed_beside
from harness.gate.statements import (
    SUBJECTS,
    EvaluationStatement,
    MonitoringStatement,
    ProjectionStatement,
    Statement,
    WaiverStatement,
    records_signed,
    require_about,
    require_about_projection,
    statement_in,
)
from harness.numbers import counted

__all__ = ["verify"]

_VERIFIED, _NOT_VERIFIED = 0, 3


def verify(envelope: str, *, key: tuple[str, ...], evaluation: str | None = None) -> int:
    """Verify what `harness sign` signed, and say what it is, by whom and of which day.

    0 verified; 2 usage, or a file that is not a public key; 3 not verified; 70 an error of the harness.

    Parameters
    ----------
    envelope
        The .dsse.json file, or the folder that holds it beside the evaluation.json that was signed. A projection.json
        that was signed is the one beside its envelope.
    key
        PEM file of a public key, any number of times; one of them has to have signed it.
    evaluation
        The evaluation.json that was signed, or the folder that holds it, or the state of a monitoring; by default the
        file beside the envelope.
    """
    keys, appended = public_keys(key), 0
    if os.path.isdir(envelope):  # noqa: PTH112 - raises nothing, whatever the name
        envelope = str(envelope_beside(evaluation_at(envelope)))
    try:
        payload, key_id = opened(content_of(Path(envelope), limit=MAX_ENVELOPE), keys, envelope)
        statement = statement_in(payload, envelope)
        if evaluation is not None and not isinstance(statement, EvaluationStatement | MonitoringStatement):
            raise InputError(f"holds {SUBJECTS[type(statement)]}, and no evaluation", source=envelope)
        if isinstance(statement, MonitoringStatement):
            appended = _appended(statement, _signed_path(envelope, evaluation))
        elif not isinstance(statement, WaiverStatement):
            _require_same(statement, _signed_path(envelope, evaluation))
    except InputError as error:
        say(f"harness: not verified: {error}", error=True)
        return _NOT_VERIFIED
    for line in _lines(statement, key_id):
        say(line)
    if appended:
        say(f"  {counted(appended, 'record')} appended since then, and not signed")
    return _VERIFIED


def _signed_path(envelope: str, evaluation: str | None) -> Path:
    path = signed_beside(Path(envelope)) if evaluation is None else evaluation_at(evaluation)
    if path is None:
        problem = "its name does not tell which file it signs; name it after that, or give --evaluation"
        raise InputError(problem, source=envelope)
    return path


def _appended(statement: MonitoringStatement, path: Path) -> int:
    content = content_of(path, limit=MAX_BYTES)
    records_in(content, str(path))
    try:
        return records_signed(statement, content) - statement.predicate.records
    except InputError as error:
        raise InputError(error.problem, source=str(path)) from error


def _require_same(statement: EvaluationStatement | ProjectionStatement, path: Path) -> None:
    content = content_of(path, limit=MAX_BYTES)
    try:
        if isinstance(statement, EvaluationStatement):
            require_about(statement, evidence_of(content, str(path)))
        else:
            require_about_projection(statement, projection_of(content, str(path)))
    except InputError as error:
        raise InputError(error.problem, source=str(path)) from error


def _lines(statement: Statement, key_id: str) -> Iterator[str]:
    predicate = statement.predicate
    yield f"Verified {statement.name}: signed on {predicate.signed_on} by key {key_id}"
    yield f"  SHA-256 {statement.sha256}, signed with harness {predicate.harness}"
    if isinstance(statement, WaiverStatement):
        yield from _waivers(statement)
    elif isinstance(statement, ProjectionStatement):
        yield from _projection(statement)
    elif isinstance(statement, MonitoringStatement):
        yield from _monitoring(statement)
    else:
        yield from _evaluation(statement)


def _monitoring(statement: MonitoringStatement) -> Iterator[str]:
    about = statement.predicate
    yield f"  {counted(about.records, 'record')} of a monitoring, {about.outcome} in the last"
    yield f"  evaluation {about.evaluation_sha256}"
    yield f"  mapping {about.mapping_sha256}"


def _evaluation(statement: EvaluationStatement) -> Iterator[str]:
    about = statement.predicate
    safe = "none" if about.safe_threshold is None else repr(about.safe_threshold)
    yield f"  matcher {about.matcher.name} {about.matcher.version}; safe threshold {safe}"
    yield from (f"  scores {score.name} {score.sha256}" for score in about.scores)
    yield f"  study {about.study_sha256}"
    yield f"  policy {about.policy_sha256}"


def _projection(statement: ProjectionStatement) -> Iterator[str]:
    about = statement.predicate
    yield f"  matcher {about.matcher.name} {about.matcher.version}; lists {', '.join(map(shown, about.lists))}"
    yield f"  evaluation {about.evaluation_sha256}"


def _waivers(statement: WaiverStatement) -> Iterator[str]:
    for waiver in statement.predicate.waivers:
        starts = "" if waiver.starts is None else f"from {waiver.starts} "
        watchlist = "" if waiver.watchlist_size is None else f", watchlist {waiver.watchlist_size:,}"
        yield (
            f"  {waiver.deployment}: {waiver.matcher.name} {waiver.matcher.version}, {waiver.use_case}{watchlist}, "
            f"threshold {waiver.threshold!r}: {', '.join(waiver.rules)} {starts}until {waiver.expires} "
            f"by {waiver.owner}: {waiver.reason}"
        )

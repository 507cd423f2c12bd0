"""``harness sign``."""

from __future__ import annotations

import getpass
import hashlib
import os
import sys
from datetime import date
from pathlib import Path

from harness._version import __version__
from harness.cli.needs import day_given
from harness.cli.streams import say
from harness.config import document_in
from harness.errors import InputError
from harness.files import content_of, write_whole, writing
from harness.gate.evidence import MAX_BYTES, evidence_of
from harness.gate.locating import evaluation_at
from harness.gate.monitoring_file import is_monitoring_state, records_in
from harness.gate.projection import projection_of
from harness.gate.signing import envelope_beside, is_envelope, sealed, signing_key
from harness.gate.statements import (
    EvaluationStatement,
    MonitoringStatement,
    ProjectionStatement,
    Statement,
    about_evaluation,
    about_monitoring,
    about_projection,
    about_waivers,
    payload_of,
)
from harness.gate.strict_json import plain_json
from harness.gate.waivers import waivers_from
from harness.numbers import counted

__all__ = ["sign"]


def sign(
    document: str,
    *,
    key: str,
    out: str | None = None,
    on: str | None = None,
    passphrase_env: str | None = None,
) -> None:
    """Sign an evaluation, a projection, waivers or the state of a monitoring, with an ed25519 key.

    Parameters
    ----------
    document
        An evaluation.json, which has to agree with itself, or the folder that holds it; a projection.json; a YAML, JSON
        or TOML file of waivers; or the state that harness monitor appends to.
    key
        PEM file of the private key, made by: openssl genpkey -algorithm ed25519 -out PRIVATE.pem (with -aes256 it asks
        for a passphrase). The gate needs its public one: openssl pkey -in PRIVATE.pem -pubout -out PUBLIC.pem
    out
        The envelope to write; by default DOCUMENT.dsse.json. Only another envelope is replaced.
    on
        YYYY-MM-DD, the day of the signature; the day it is by default.
    passphrase_env
        The environment variable that holds the key's passphrase; without it, a terminal is asked.
    """
    path = evaluation_at(document)
    target = envelope_beside(path) if out is None else Path(out)
    _require_replaceable(target)
    statement = _statement(path, day_given(on, "--on"))
    signer = signing_key(key, lambda: _passphrase(passphrase_env))
    write_whole(target, sealed(payload_of(statement), signer))
    say(f"Signed {path} ({_summary(statement)}) on {statement.predicate.signed_on}")
    say(f"by key {signer.public_key.keyid}: {target}")


def _statement(path: Path, on: date) -> Statement:
    content = content_of(path, limit=MAX_BYTES)
    if is_monitoring_state(content):
        return about_monitoring(
            records_in(content, str(path)),
            name=_name_of(path),
            sha256=hashlib.sha256(content).hexdigest(),
            signed_on=on,
            version=__version__,
        )
    keys = _keys_of(path, content)
    if "lists" in keys:
        projection = projection_of(content, str(path))
        return about_projection(projection, name=_name_of(path), signed_on=on, version=__version__)
    if keys and "waivers" not in keys:
        evidence = evidence_of(content, str(path))
        return about_evaluation(evidence, name=_name_of(path), signed_on=on, version=__version__)
    waivers = waivers_from(document_in(content, str(path)), on)
    digest = hashlib.sha256(content).hexdigest()
    return about_waivers(waivers, name=_name_of(path), sha256=digest, signed_on=on, version=__version__)


def _name_of(path: Path) -> str:
    """Return the name that is signed, the same in every locale."""
    try:
        return os.fsencode(path.name).decode()
    except UnicodeError:
        raise InputError(
            "its name is not UTF-8, which a statement has to be; rename it", source=str(path)
        ) from None


def _keys_of(path: Path, content: bytes) -> frozenset[str]:
    """Return what tells the kinds apart; none where it has to be waivers, which alone are written by hand, in any form.

    What is no mapping is for the reading of evaluations to refuse.
    """
    if path.suffix.lower() != ".json":
        return frozenset()
    try:
        values = plain_json(content)
    except ValueError:
        return frozenset()  # what is wrong with it, the strict reading of waivers says with line and column
    return frozenset(values) if isinstance(values, dict) else frozenset({"no mapping"})


def _summary(statement: Statement) -> str:
    if isinstance(statement, ProjectionStatement):
        matcher = statement.predicate.matcher
        return f"{matcher.name} {matcher.version}, {counted(len(statement.predicate.lists), 'list')}"
    if isinstance(statement, MonitoringStatement):
        return f"{counted(statement.predicate.records, 'record')}, {statement.predicate.outcome}"
    if not isinstance(statement, EvaluationStatement):
        count = len(statement.predicate.waivers)
        return f"{count} waiver{'' if count == 1 else 's'}"
    about = statement.predicate
    safe = "no safe threshold" if about.safe_threshold is None else f"safe threshold {about.safe_threshold!r}"
    return f"{about.matcher.name} {about.matcher.version}, {safe}"


def _passphrase(variable: str | None) -> bytes:
    if variable is not None:
        if not os.environ.get(variable):
            raise InputError(
                f"--passphrase-env: there is no environment variable {variable!r}, or it is empty"
            )
        return os.environ[variable].encode()
    if not sys.stdin.isatty():
        raise InputError(
            "--key: the private key is encrypted; name what holds its passphrase by --passphrase-env"
        )
    return getpass.getpass("Passphrase of the private key: ").encode()


def _require_replaceable(target: Path) -> None:
    with writing(target):
        exists = target.exists()
    if exists and not is_envelope(content_of(target, limit=MAX_BYTES)):
        raise InputError("exists and is not an envelope; name another file by --out", source=str(target))

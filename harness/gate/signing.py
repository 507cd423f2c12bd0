"""Signed statements: in-toto statements (Statement v1) in DSSE envelopes (protocol 1.0), signed by ed25519 keys.

A statement is about an evaluation, of waivers or about the state of a monitoring, told apart by the type of its
predicate: one cannot serve as another, whoever signed it. An envelope is accepted only as it is written here, to the
byte: base64 and JSON can say the same in several ways, and a key's name is not signed, so that a signature alone would
let some altered bytes pass. Keys are such as ``openssl genpkey -algorithm ed25519`` writes. The packages of the extra
``gate`` are imported when a key is read, and not before.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import Field, ValidationError

from harness.config import ListOf, StrictModel, plain, shown
from harness.errors import InputError
from harness.files import content_of
from harness.gate.deployment import Day, Digest
from harness.gate.evidence import Evidence
from harness.gate.monitoring_file import MonitoringRecord, digests_of_lines
from harness.gate.strict_json import plain_json
from harness.gate.waivers import Waiver, Waivers
from harness.study import Matcher

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner, SSlibKey

__all__ = [
    "MAX_BYTES",
    "EvaluationStatement",
    "MonitoringStatement",
    "Statement",
    "WaiverStatement",
    "about_evaluation",
    "about_monitoring",
    "about_waivers",
    "envelope_beside",
    "is_envelope",
    "opened",
    "payload_of",
    "public_keys",
    "records_signed",
    "require_about",
    "sealed",
    "signed_beside",
    "signing_key",
    "statement_in",
]

_TYPE = "https://in-toto.io/Statement/v1"
_EVALUATION = "urn:threshold-bias-harness:evaluation:1"
_WAIVERS = "urn:threshold-bias-harness:waivers:1"
_MONITORING = "urn:threshold-bias-harness:monitoring:1"

MAX_BYTES = 2**24
"""Of a file that holds an envelope; each score file that is named takes some 200."""

_ENDING = ".dsse.json"
_KEY_ID = re.compile("[0-9a-f]{64}")
_PAYLOAD_TYPE = "application/vnd.in-toto+json"
_MAX_KEY_BYTES = 2**16
_PRIME = 2**255 - 19
_Y_OF_ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_OF_SMALL_ORDER = {0, 1, _PRIME - 1, _Y_OF_ORDER_8, _PRIME - _Y_OF_ORDER_8}
_PUBLIC = "openssl pkey -in PRIVATE.pem -pubout -out PUBLIC.pem"
_PRIVATE = "openssl genpkey -algorithm ed25519 -out PRIVATE.pem"

_Key = TypeVar("_Key")


class _Sha256(StrictModel):
    sha256: Digest


class _Subject(StrictModel):
    name: str
    digest: _Sha256


class _Score(StrictModel):
    name: str
    sha256: Digest


class EvaluationPredicate(StrictModel):
    """Subject of an evaluation, and who signed it with what and when.

    Parameters
    ----------
    matcher : Matcher
    scores : list
        Name and SHA-256 of every score file.
    study_sha256, policy_sha256 : str
        Of the study and of the policy as JSON with sorted keys and no spaces, as ``evaluation.json`` has them.
    safe_threshold : float or None
    signed_on : date
    harness : str
        Version of this package that made the statement.
    """

    matcher: Matcher
    scores: Annotated[ListOf[_Score], Field(min_length=1)]
    study_sha256: Digest
    policy_sha256: Digest
    safe_threshold: float | None
    signed_on: Day
    harness: str


class WaiverPredicate(StrictModel):
    """Waivers as a whole: nothing outside the signed statement is trusted.

    Parameters
    ----------
    waivers : tuple of Waiver
    signed_on : date
    harness : str
        Version of this package that made the statement.
    """

    waivers: Waivers
    signed_on: Day
    harness: str


class MonitoringPredicate(StrictModel):
    """The state of a monitoring as it was, and who signed it with what and when.

    Parameters
    ----------
    records : int
    evaluation_sha256, mapping_sha256 : str
        Of the evaluation that says what is allowed, and of the mapping.
    outcome : str
        Of the last record.
    signed_on : date
    harness : str
        Version of this package that made the statement.
    """

    records: Annotated[int, Field(ge=1)]
    evaluation_sha256: Digest
    mapping_sha256: Digest
    outcome: str
    signed_on: Day
    harness: str


class _Statement(StrictModel):
    type: Annotated[Literal["https://in-toto.io/Statement/v1"], Field(alias="_type")]
    subject: Annotated[ListOf[_Subject], Field(min_length=1, max_length=1)]

    @property
    def name(self) -> str:
        """Name of the file that was signed, when it was."""
        return self.subject[0].name

    @property
    def sha256(self) -> str:
        """Digest of the file that was signed."""
        return self.subject[0].digest.sha256


class EvaluationStatement(_Statement):
    """A statement about an evaluation."""

    predicate_type: Annotated[
        Literal["urn:threshold-bias-harness:evaluation:1"], Field(alias="predicateType")
    ]
    predicate: EvaluationPredicate


class WaiverStatement(_Statement):
    """A statement of waivers."""

    predicate_type: Annotated[Literal["urn:threshold-bias-harness:waivers:1"], Field(alias="predicateType")]
    predicate: WaiverPredicate


class MonitoringStatement(_Statement):
    """A statement about the state of a monitoring."""

    predicate_type: Annotated[
        Literal["urn:threshold-bias-harness:monitoring:1"], Field(alias="predicateType")
    ]
    predicate: MonitoringPredicate


Statement = EvaluationStatement | WaiverStatement | MonitoringStatement

_KINDS: Mapping[str, type[EvaluationStatement] | type[WaiverStatement] | type[MonitoringStatement]] = {
    _EVALUATION: EvaluationStatement,
    _WAIVERS: WaiverStatement,
    _MONITORING: MonitoringStatement,
}


def about_evaluation(evidence: Evidence, *, name: str, signed_on: date, version: str) -> EvaluationStatement:
    """Make the statement about an evaluation.

    Parameters
    ----------
    evidence : Evidence
        The evaluation, read.
    name : str
        Of its file.
    signed_on : date
    version : str
        Of this package.

    Raises
    ------
    InputError
        It names no matcher, or its scores have no digests, because they were no files.
    """
    if evidence.study.matcher is None:
        problem = (
            "names no matcher, so that no gate will use it: evaluate again with its name and version (matcher: {name, "
            "version}; --matcher, --matcher-version)"
        )
        raise InputError(problem, source=evidence.source)
    lacking = [score for score, digest in evidence.scores if digest is None]
    if lacking:
        problem = f"the scores {shown(lacking[0])} have no SHA-256: evaluate them from files, so that they can be named"
        raise InputError(problem, source=evidence.source)
    safe = evidence.safe_threshold(evidence.judged).index
    predicate = {
        "matcher": plain(evidence.study.matcher),
        "scores": [{"name": score, "sha256": digest} for score, digest in evidence.scores],
        "study_sha256": _digest_of(evidence.study.to_dict()),
        "policy_sha256": _digest_of(evidence.policy.to_dict()),
        "safe_threshold": None if safe is None else evidence.thresholds[safe],
        "signed_on": signed_on,
        "harness": version,
    }
    return EvaluationStatement.model_validate(_about(_EVALUATION, name, evidence.sha256, predicate))


def about_waivers(
    waivers: tuple[Waiver, ...], *, name: str, sha256: str, signed_on: date, version: str
) -> WaiverStatement:
    """Make the statement of waivers; parameters are as those of `about_evaluation`, `sha256` that of their file."""
    predicate = {"waivers": waivers, "signed_on": signed_on, "harness": version}
    return WaiverStatement.model_validate(_about(_WAIVERS, name, sha256, predicate))


def about_monitoring(
    records: Sequence[MonitoringRecord], *, name: str, sha256: str, signed_on: date, version: str
) -> MonitoringStatement:
    """Make the statement about the state of a monitoring.

    Parameters
    ----------
    records : sequence of MonitoringRecord
        At least one.
    name, sha256, signed_on, version
        As for `about_evaluation`; `sha256` is that of the whole file.
    """
    last = records[-1]
    predicate = {
        "records": last.number,
        "evaluation_sha256": last.evaluation_sha256,
        "mapping_sha256": last.mapping_sha256,
        "outcome": last.summary.outcome,
        "signed_on": signed_on,
        "harness": version,
    }
    return MonitoringStatement.model_validate(_about(_MONITORING, name, sha256, predicate))


def records_signed(statement: MonitoringStatement, content: bytes) -> int:
    """Return how many records a state has; those signed are its first, as they were, whatever was appended since.

    Raises
    ------
    InputError
        They are not.
    """
    digests, signed = digests_of_lines(content), statement.predicate.records
    if len(digests) < signed:
        raise InputError(f"it has {len(digests):,} records, and {signed:,} were signed: the end was cut off")
    if digests[signed - 1] != statement.sha256:
        raise InputError(f"its first {signed:,} records are not those that were signed")
    return len(digests)


def require_about(statement: EvaluationStatement, evidence: Evidence) -> None:
    """Refuse a statement that says anything else of an evaluation than the evaluation does itself.

    Raises
    ------
    InputError
    """
    stated = statement.predicate
    true = about_evaluation(evidence, name=statement.name, signed_on=stated.signed_on, version=stated.harness)
    if statement.sha256 != evidence.sha256:
        raise InputError(f"the signed evaluation has SHA-256 {statement.sha256}, this one {evidence.sha256}")
    for key in EvaluationPredicate.model_fields:
        if getattr(stated, key) != getattr(true.predicate, key):
            raise InputError(f"its {key} is not that of the evaluation")


def payload_of(statement: Statement) -> bytes:
    """Return the bytes of a statement, the same for the same."""
    return _canonical(plain(statement))


def statement_in(payload: bytes, source: str) -> Statement:
    """Read a payload.

    Raises
    ------
    InputError
        It is not a statement of a known kind.
    """
    try:
        values = plain_json(payload)
        kind = values.get("predicateType") if isinstance(values, dict) else None
        if not isinstance(kind, str) or kind not in _KINDS:
            raise InputError(f"its predicate is {shown(kind)}, none of {', '.join(_KINDS)}")
        return _KINDS[kind].model_validate(values)
    except InputError as error:
        raise InputError(error.problem, source=source) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"is not a whole statement: {where}: {first['msg']}", source=source) from error
    except ValueError as error:
        raise InputError(f"is not a statement: {error}", source=source) from error


def _about(kind: str, name: str, sha256: str, predicate: Mapping[str, object]) -> dict[str, object]:
    subject = [{"name": name, "digest": {"sha256": sha256}}]
    return {"_type": _TYPE, "subject": subject, "predicateType": kind, "predicate": predicate}


def _digest_of(document: Mapping[str, object]) -> str:
    return hashlib.sha256(_canonical(document)).hexdigest()


def _canonical(document: Mapping[str, object]) -> bytes:
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


class _Signature(StrictModel):
    keyid: str
    sig: str


class _Shape(StrictModel):
    payload: str
    payloadType: str  # noqa: N815 - the envelope's key
    signatures: ListOf[_Signature]


def envelope_beside(path: Path) -> Path:
    """Return where the envelope of a file is looked for."""
    return path.with_name(path.name + _ENDING)


def signed_beside(envelope: Path) -> Path | None:
    """Return where the file is looked for that an envelope was made of; None where its name does not tell."""
    name = envelope.name.removesuffix(_ENDING)
    return envelope.with_name(name) if name not in ("", envelope.name) else None


def is_envelope(content: bytes) -> bool:
    """Whether a file looks like an envelope, by whomever; nothing about it is verified."""
    try:
        _Shape.model_validate(plain_json(content))
    except ValueError:
        return False
    return True


def sealed(payload: bytes, signer: CryptoSigner) -> bytes:
    """Return an envelope with one signature over a payload."""
    from securesystemslib.dsse import Envelope

    envelope = Envelope(payload, _PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return _written(envelope)


def opened(content: bytes, keys: Sequence[SSlibKey], source: str) -> tuple[bytes, str]:
    """Return the payload of an envelope that a trusted key has signed, and the id of that key.

    Parameters
    ----------
    content : bytes
        Of the envelope's file.
    keys : sequence of SSlibKey
        Any one of them suffices.
    source : str
        Name of the envelope in errors.

    Raises
    ------
    InputError
        It is not such an envelope, was altered, or is signed by another key.
    """
    try:
        return _opened(content, keys)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise InputError(f"is not a DSSE envelope: {where}: {first['msg']}", source=source) from error
    except InputError as error:
        raise InputError(error.problem, source=source) from error
    except ValueError as error:
        raise InputError(f"is not a DSSE envelope: {error}", source=source) from error


def _opened(content: bytes, keys: Sequence[SSlibKey]) -> tuple[bytes, str]:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import UnverifiedSignatureError

    shape = _Shape.model_validate(plain_json(content))
    envelope = Envelope.from_dict(plain(shape))
    if envelope.payload_type != _PAYLOAD_TYPE:
        raise InputError(f"its payload is {shown(envelope.payload_type)}, not {_PAYLOAD_TYPE}")
    if not envelope.signatures:
        raise InputError("holds no signature")
    if _written(envelope) != content:
        raise InputError("was altered: it is not as `harness sign` writes it, to the byte; sign again")
    try:
        (key_id,) = envelope.verify(list(keys), threshold=1)
    except UnverifiedSignatureError:
        raise InputError(_why_untrusted(envelope, keys)) from None
    return envelope.payload, key_id


def _why_untrusted(envelope: Envelope, keys: Sequence[SSlibKey]) -> str:
    trusted = [key.keyid for key in keys]
    claimed = [key_id for key_id in envelope.signatures if key_id in trusted]
    if claimed:
        return f"was altered: its signature does not hold for key {claimed[0]}"
    signers = ", ".join(name if _KEY_ID.fullmatch(name) else shown(name) for name in envelope.signatures)
    return f"is signed by key {signers}; trusted is {', '.join(trusted)}"


def _written(envelope: Envelope) -> bytes:
    return json.dumps(envelope.to_dict(), indent=2).encode() + b"\n"


def public_keys(paths: Sequence[str], flag: str = "--key") -> tuple[SSlibKey, ...]:
    """Read the public keys whose signatures are trusted.

    Parameters
    ----------
    paths : sequence of str
        PEM files, each with one ed25519 public key.
    flag : str
        Option that named the files, for messages.

    Raises
    ------
    InputError
        One cannot be read, is not such a key, or the packages of the extra ``gate`` are not installed.
    """
    return tuple(_public_key(path, flag) for path in paths)


def _public_key(path: str, flag: str) -> SSlibKey:
    if not path.strip():
        raise InputError(f"{flag} is empty; is the variable set that should name the key's file?")
    content = content_of(Path(path), limit=_MAX_KEY_BYTES)
    if b"PRIVATE KEY-----" in content:
        raise InputError(
            f"{flag}: this is a private key, which belongs to who signs; give its public one: {_PUBLIC}"
        )
    _require_one(content, f"{flag} {path}")
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
        from securesystemslib.signer import SSlibKey
    except ImportError as error:
        raise _not_installed() from error
    key = _loaded(lambda: load_pem_public_key(content), f"{flag} {path}", f"no public key in PEM: {_PUBLIC}")
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"{flag} {path}: {_kind(key)}, not ed25519: {_PRIVATE}")
    if _anyone_can_sign_for(key.public_bytes_raw()):
        raise InputError(
            f"{flag} {path}: not a key that anybody made: anyone can sign for it; make a pair: {_PRIVATE}"
        )
    return SSlibKey.from_crypto(key)


def _anyone_can_sign_for(encoded: bytes) -> bool:
    """Whether an ed25519 key is a point of small order, or is written as no honest key is.

    A signature by a point whose order divides the cofactor, 8, can be made without any secret, for any text. Of the
    eight such points, four have a y of 0, 1 or -1, and the other four, of order 8, one of two that
    are opposite.

    See Chalkias, Garillot and Nikolaenko (2020), Taming the many EdDSAs.
    """
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    return y >= _PRIME or y in _OF_SMALL_ORDER


def signing_key(path: str, passphrase: Callable[[], bytes], flag: str = "--key") -> CryptoSigner:
    """Read the private key to sign with; no message names its file or quotes it.

    Parameters
    ----------
    path : str
        PEM file with one ed25519 private key.
    passphrase : callable
        Asked once, where the key is encrypted.
    flag : str
        Option that named the file, for messages.

    Raises
    ------
    InputError
        It cannot be read, is not such a key, the passphrase is wrong, or the packages of the extra ``gate`` are not
        installed.
    """
    try:
        content = content_of(Path(path), limit=_MAX_KEY_BYTES)
    except InputError as error:
        raise InputError(f"{flag}: the private key's file {error.problem}") from None
    _require_one(content, flag)
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from securesystemslib.signer import CryptoSigner
    except ImportError as error:
        raise _not_installed() from error
    try:
        key = _loaded(lambda: load_pem_private_key(content, None), flag, f"no private key in PEM: {_PRIVATE}")
    except TypeError:  # how cryptography says that it is encrypted
        secret, problem = passphrase(), "the passphrase does not open the key"
        if not secret:
            raise InputError(f"{flag}: {problem}") from None
        key = _loaded(lambda: load_pem_private_key(content, secret), flag, problem)
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"{flag}: {_kind(key)}, not ed25519: {_PRIVATE}")
    return CryptoSigner(key)


def _require_one(content: bytes, named: str) -> None:
    if content.count(b"-----BEGIN ") > 1:
        raise InputError(f"{named}: more than one key in the file; give each in a file of its own")


def _loaded(load: Callable[[], _Key], named: str, problem: str) -> _Key:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return load()
    except (ValueError, UnsupportedAlgorithm):
        raise InputError(f"{named}: {problem}") from None


def _kind(key: object) -> str:
    name = type(key).__name__.removesuffix("PublicKey").removesuffix("PrivateKey").lstrip("_")
    return f"a key of the kind {name}"


def _not_installed() -> InputError:
    return InputError(
        "signatures need cryptography and securesystemslib: pip install 'threshold-bias-harness[gate]'"
    )

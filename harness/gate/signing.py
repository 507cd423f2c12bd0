"""Envelopes of signed statements: DSSE (protocol 1.0), signed by ed25519 keys.

An envelope is accepted only as it is written here, to the byte: base64 and JSON can say the same in several ways, and
a key's name is not signed, so that a signature alone would let some altered bytes pass. Keys are such as ``openssl
genpkey -algorithm ed25519`` writes. The packages of the extra ``gate`` are imported when a key is read, and not before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from harness.config import ListOf, StrictModel, plain, shown
from harness.errors import InputError
from harness.files import content_of
from harness.gate.strict_json import plain_json

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner, SSlibKey

__all__ = [
    "MAX_BYTES",
    "envelope_beside",
    "is_envelope",
    "opened",
    "public_keys",
    "sealed",
    "signed_beside",
    "signing_key",
]

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

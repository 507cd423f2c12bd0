"""DSSE envelopes (Dead Simple Signing Envelope, protocol 1.0) with ed25519 signatures.

An envelope is accepted only as it is written here, to the byte: base64 and JSON can say the same in several ways,
and a key's name is not signed, so that a signature alone would let some altered bytes pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic_core import ValidationError

from harness.config import Part, plain, shown, validated
from harness.errors import InputError
from harness.gate.files import plain_json

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner, SSlibKey

__all__ = ["MAX_BYTES", "envelope_beside", "is_envelope", "opened", "sealed", "signed_beside"]

MAX_BYTES = 2**24
"""Of a file that holds an envelope; each score file that is named takes some 200."""

_ENDING = ".dsse.json"
_KEY_ID = re.compile("[0-9a-f]{64}")
_PAYLOAD_TYPE = "application/vnd.in-toto+json"


class _Signature(Part):
    keyid: str
    sig: str


class _Shape(Part):
    payload: str
    payloadType: str  # noqa: N815 - the envelope's key
    signatures: list[_Signature]


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
        validated(_Shape, plain_json(content))
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
        What errors call the envelope.

    Raises
    ------
    InputError
        It is no such envelope, was altered, or is signed by another key.
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

    shape = validated(_Shape, plain_json(content))
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

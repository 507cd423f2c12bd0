"""Ed25519 keys from PEM files, as ``openssl genpkey -algorithm ed25519`` writes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harness.errors import InputError
from harness.gate.files import content_of

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner, SSlibKey

__all__ = ["public_keys", "signing_key"]

_MAX_BYTES = 2**16
_PRIME = 2**255 - 19
_Y_OF_ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_OF_SMALL_ORDER = {0, 1, _PRIME - 1, _Y_OF_ORDER_8, _PRIME - _Y_OF_ORDER_8}
_PUBLIC = "openssl pkey -in PRIVATE.pem -pubout -out PUBLIC.pem"
_PRIVATE = "openssl genpkey -algorithm ed25519 -out PRIVATE.pem"

_Key = TypeVar("_Key")


def public_keys(paths: Sequence[str], flag: str = "--key") -> tuple[SSlibKey, ...]:
    """Read the public keys whose signatures are trusted.

    Parameters
    ----------
    paths : sequence of str
        PEM files, each with one ed25519 public key.
    flag : str
        What the files were given by, for messages.

    Raises
    ------
    InputError
        One cannot be read, is no such key, or the packages of the extra ``gate`` are not installed.
    """
    return tuple(_public_key(path, flag) for path in paths)


def _public_key(path: str, flag: str) -> SSlibKey:
    if not path.strip():
        raise InputError(f"{flag} is empty; is the variable set that should name the key's file?")
    content = content_of(Path(path), limit=_MAX_BYTES)
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
        What the file was given by, for messages.

    Raises
    ------
    InputError
        It cannot be read, is no such key, the passphrase is wrong, or the packages of the extra ``gate`` are not
        installed.
    """
    try:
        content = content_of(Path(path), limit=_MAX_BYTES)
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

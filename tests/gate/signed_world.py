"""Keys, signed evidence and signed waivers for the tests of the gate."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from harness.config import document_in
from harness.gate.evidence import evidence_of
from harness.gate.signing import sealed
from harness.gate.statements import (
    EvaluationStatement,
    WaiverStatement,
    about_evaluation,
    about_waivers,
    payload_of,
)
from harness.gate.waivers import waivers_from

SIGNED_ON = date(2026, 5, 1)

WAIVER: dict[str, Any] = {
    "deployment": "gate",
    "matcher": {"name": "synthetic", "version": "1"},
    "use_case": "verification",
    "threshold": 0.585,
    "rules": ["below-safe-threshold"],
    "reason": "Every alert is checked by hand.",
    "owner": "head of access control",
    "expires": "2026-06-30",
}


def private_key(seed: int) -> Ed25519PrivateKey:
    """The same key for the same seed; no key for any other use."""
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def signer(seed: int = 1) -> CryptoSigner:
    return CryptoSigner(private_key(seed))


def public(seed: int = 1) -> SSlibKey:
    return signer(seed).public_key


def write_pair(folder: Path, name: str, seed: int = 1) -> tuple[str, str]:
    """Write private and public key as openssl does, and return their paths."""
    key = private_key(seed)
    private_path, public_path = folder / f"{name}.private.pem", folder / f"{name}.public.pem"
    private_path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    spki = PublicFormat.SubjectPublicKeyInfo
    public_path.write_bytes(key.public_key().public_bytes(Encoding.PEM, spki))
    return str(private_path), str(public_path)


def statement_about(content: bytes, signed_on: date = SIGNED_ON) -> EvaluationStatement:
    evidence = evidence_of(content, "evaluation.json")
    return about_evaluation(evidence, name="evaluation.json", signed_on=signed_on, version="0")


def sign_evaluation(path: Path, seed: int = 1, signed_on: date = SIGNED_ON) -> Path:
    """Write the envelope beside an evaluation."""
    envelope = path.with_name(path.name + ".dsse.json")
    envelope.write_bytes(sealed(payload_of(statement_about(path.read_bytes(), signed_on)), signer(seed)))
    return envelope


def statement_of(*waivers: dict[str, Any], signed_on: date = SIGNED_ON) -> WaiverStatement:
    content = json.dumps({"waivers": waivers}).encode()
    read = waivers_from(document_in(content, "waivers.json"), signed_on)
    digest = hashlib.sha256(content).hexdigest()
    return about_waivers(read, name="waivers.json", sha256=digest, signed_on=signed_on, version="0")


def sign_waivers(path: Path, *waivers: dict[str, Any], seed: int = 2, signed_on: date = SIGNED_ON) -> Path:
    """Write the envelope of waivers."""
    path.write_bytes(sealed(payload_of(statement_of(*waivers, signed_on=signed_on)), signer(seed)))
    return path

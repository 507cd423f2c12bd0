"""Signed statements: in-toto statements about an evaluation, or of waivers, in DSSE envelopes, by ed25519 keys.

The packages of the extra ``gate`` are imported when a key is read, and not before.
"""

from harness.gate.signing.envelopes import (
    MAX_BYTES,
    envelope_beside,
    is_envelope,
    opened,
    public_keys,
    sealed,
    signed_beside,
    signing_key,
)
from harness.gate.signing.statements import (
    EvaluationStatement,
    Statement,
    WaiverStatement,
    about_evaluation,
    about_waivers,
    payload_of,
    require_about,
    statement_in,
)

__all__ = [
    "MAX_BYTES",
    "EvaluationStatement",
    "Statement",
    "WaiverStatement",
    "about_evaluation",
    "about_waivers",
    "envelope_beside",
    "is_envelope",
    "opened",
    "payload_of",
    "public_keys",
    "require_about",
    "sealed",
    "signed_beside",
    "signing_key",
    "statement_in",
]

"""An envelope is trusted only when a trusted key signed it and no byte of it is another."""

from __future__ import annotations

import base64
import json
import random
import re
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner

from harness.errors import InputError
from harness.gate.signing import opened, sealed
from tests.gate.signed_world import private_key, public, signer

PAYLOAD = b'{"_type":"https://in-toto.io/Statement/v1","text":"\xc3\xa9>>>???"}'
ENVELOPE = sealed(PAYLOAD, signer())
TYPE = "application/vnd.in-toto+json"


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding of the DSSE protocol 1.0, written out from its text."""
    name = payload_type.encode()
    return b" ".join([b"DSSEv1", str(len(name)).encode(), name, str(len(payload)).encode(), payload])


def written(plain: dict[str, Any]) -> bytes:
    return json.dumps(plain, indent=2).encode() + b"\n"


def changed(**parts: object) -> bytes:
    return written({**json.loads(ENVELOPE), **parts})


def is_trusted(content: bytes) -> bool:
    try:
        opened(content, [public()], "envelope")
    except InputError:
        return False
    return True


def test_what_was_sealed_is_opened_with_the_id_of_its_key() -> None:
    assert opened(ENVELOPE, [public(3), public()], "envelope") == (PAYLOAD, public().keyid)


def test_the_same_payload_gives_the_same_bytes() -> None:
    assert sealed(PAYLOAD, signer()) == ENVELOPE


def test_the_encoding_that_is_signed_is_that_of_the_published_example() -> None:
    """secure-systems-lab/dsse, protocol.md, "Test Vectors"."""
    published = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert Envelope(b"hello world", "http://example.com/HelloWorld", {}).pae() == published
    assert pae("http://example.com/HelloWorld", b"hello world") == published


def test_a_second_implementation_verifies_the_signature() -> None:
    plain = json.loads(ENVELOPE)
    (signature,) = plain["signatures"]
    key: Ed25519PublicKey = private_key(1).public_key()
    assert (plain["payloadType"], base64.b64decode(plain["payload"], validate=True)) == (TYPE, PAYLOAD)
    key.verify(base64.b64decode(signature["sig"], validate=True), pae(TYPE, PAYLOAD))
    with pytest.raises(InvalidSignature):
        private_key(2).public_key().verify(base64.b64decode(signature["sig"]), pae(TYPE, PAYLOAD))


def test_a_published_signature_is_verified() -> None:
    """secure-systems-lab/dsse, testvectors/vectors.json, "single-signature"; the key of RFC 8032, 7.1, TEST 1."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    published = "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA=="
    key = CryptoSigner(Ed25519PrivateKey.from_private_bytes(seed))
    content = sealed(b'{"_type":"https://in-toto.io/Statement/v1"}', key)
    assert json.loads(content)["signatures"][0]["sig"] == published
    assert opened(content, [key.public_key], "envelope")[1] == key.public_key.keyid


def test_every_byte_counts() -> None:
    chance = random.Random(20260601)
    trusted = [
        (place, other)
        for place, byte in enumerate(ENVELOPE)
        for other in {byte ^ (1 << bit) for bit in range(8)} | {chance.randrange(256)} - {byte}
        if is_trusted(ENVELOPE[:place] + bytes([other]) + ENVELOPE[place + 1 :])
    ]
    assert is_trusted(ENVELOPE)
    assert trusted == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\n", b" "),
        (b"\n", b"\r\n"),
        (b"  ", b" \t"),
        (b"}\n", b"}"),
        (b"}\n", b"}\n\n"),
        (b"{", b"\xef\xbb\xbf{"),
        (b'"payload"', b'"p\\u0061yload"'),
        (b"/vnd", b"\\/vnd"),
        (b'"payload":', b'"payload": "", "payload":'),
        (b'"signatures":', b'"more": 1, "signatures":'),
        (b'"sig":', b'"cert": "", "sig":'),
        (b"+", b"-"),
        (b"/", b"_"),
    ],
)
def test_the_same_said_otherwise_is_not_trusted(old: bytes, new: bytes) -> None:
    """A reader that only looks at the values would believe some of these."""
    trusted = [
        found.start()
        for found in re.finditer(re.escape(old), ENVELOPE)
        if is_trusted(ENVELOPE[: found.start()] + new + ENVELOPE[found.end() :])
    ]
    assert old in ENVELOPE
    assert trusted == []


def test_spare_bits_of_base64_are_not_trusted() -> None:
    """64 bytes leave four bits of the last digit unused; most readers ignore them."""
    signature = json.loads(ENVELOPE)["signatures"][0]["sig"]
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = digits.index(signature[-3])
    others = [signature[:-3] + digits[last & ~15 | spare] + "==" for spare in range(1, 16)]
    assert all(base64.b64decode(other) == base64.b64decode(signature) for other in others)
    assert not any(is_trusted(ENVELOPE.replace(signature.encode(), other.encode())) for other in others)


@given(st.integers(0, len(ENVELOPE)), st.integers(0, 40), st.binary(max_size=40))
def test_no_replaced_stretch_is_trusted(start: int, length: int, content: bytes) -> None:
    altered = ENVELOPE[:start] + content + ENVELOPE[start + length :]
    assert is_trusted(altered) == (altered == ENVELOPE)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_other_content_is_trusted_or_breaks_the_reader(content: bytes) -> None:
    assert not is_trusted(content)


KEY_ID, SIG = json.loads(ENVELOPE)["signatures"][0].values()
FOREIGN = json.loads(sealed(PAYLOAD, signer(3)))["signatures"][0]


@pytest.mark.parametrize(
    ("signatures", "problem"),
    [
        ([], "holds no signature"),
        ([FOREIGN], f"is signed by key {public(3).keyid}; trusted is {public().keyid}"),
        ([{"keyid": "", "sig": SIG}], "is signed by key ''; trusted is"),
        ([{"keyid": "\x1b[2J", "sig": SIG}], r"is signed by key '\x1b[2J'; trusted is"),
        ([{"keyid": KEY_ID, "sig": ""}], "was altered: its signature does not hold for key"),
        ([{"keyid": KEY_ID, "sig": FOREIGN["sig"]}], "was altered: its signature does not hold for key"),
        ([{"keyid": KEY_ID, "sig": SIG[4:]}], "was altered: its signature does not hold for key"),
        ([{"keyid": KEY_ID, "sig": "é"}], "is not a DSSE envelope"),
        ([{"keyid": KEY_ID, "sig": SIG}] * 2, "is not a DSSE envelope: Multiple signatures"),
        ([{"sig": SIG}], "is not a DSSE envelope: signatures.0.keyid"),
        ([{"keyid": None, "sig": SIG}], "is not a DSSE envelope: signatures.0.keyid"),
        (None, "is not a DSSE envelope: signatures"),
    ],
)
def test_signatures_that_do_not_hold(signatures: object, problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(problem)):
        opened(changed(signatures=signatures), [public()], "envelope")


def test_one_trusted_signature_of_several_suffices() -> None:
    """An own signature that does not hold is no help either."""
    own = {"keyid": KEY_ID, "sig": SIG}
    for signatures in ([own, FOREIGN], [FOREIGN, own]):
        assert opened(changed(signatures=signatures), [public()], "envelope") == (PAYLOAD, KEY_ID)
    broken = {"keyid": KEY_ID, "sig": FOREIGN["sig"]}
    assert not is_trusted(changed(signatures=[FOREIGN, broken]))


def test_a_payload_of_another_type_is_not_trusted_even_when_signed() -> None:
    envelope = Envelope(PAYLOAD, "application/json", {})
    envelope.sign(signer())
    with pytest.raises(InputError, match=f"its payload is 'application/json', not {re.escape(TYPE)}"):
        opened(written(envelope.to_dict()), [public()], "envelope")


def test_without_a_key_nothing_is_trusted() -> None:
    with pytest.raises((InputError, ValueError)):
        opened(ENVELOPE, [], "envelope")

"""Keys: PEM files of ed25519 keys and nothing else, and no private key in any message."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.gate.signing import _anyone_can_sign_for, opened, public_keys, sealed, signing_key
from tests.gate.signed_world import private_key, public, write_pair

OTHERS = {
    "RSA": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "EC": ec.generate_private_key(ec.SECP256R1()),
    "Ed448": ed448.Ed448PrivateKey.generate(),
}


def no_passphrase() -> bytes:
    raise AssertionError("the key is not encrypted")


def test_a_pair_as_openssl_writes_it(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    assert openssl, "the help names openssl, so a machine that tests it has one"
    private_path, public_path = tmp_path / "PRIVATE.pem", tmp_path / "PUBLIC.pem"
    for arguments in (
        ["genpkey", "-algorithm", "ed25519", "-out", str(private_path)],
        ["pkey", "-in", str(private_path), "-pubout", "-out", str(public_path)],
    ):
        subprocess.run([openssl, *arguments], check=True)
    envelope = sealed(b"{}", signing_key(str(private_path), no_passphrase))
    (key,) = public_keys([str(public_path)])
    assert opened(envelope, [key], "envelope") == (b"{}", key.keyid)


@pytest.mark.parametrize("kind", OTHERS)
def test_keys_of_another_kind_are_refused(tmp_path: Path, kind: str) -> None:
    key = OTHERS[kind]
    path = tmp_path / "key.pem"
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(InputError, match=f"a key of the kind {kind}, not ed25519"):
        public_keys([str(path)])
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(InputError, match=f"^--key: a key of the kind {kind}, not ed25519"):
        signing_key(str(path), no_passphrase)


def test_a_private_key_is_no_public_one_and_is_not_quoted(tmp_path: Path) -> None:
    private_path, public_path = write_pair(tmp_path, "a")
    with pytest.raises(InputError, match="this is a private key") as refused:
        public_keys([public_path, private_path], "--waiver-key")
    assert str(refused.value).startswith("--waiver-key: ")
    secret = Path(private_path).read_text().splitlines()[1]
    assert secret not in str(refused.value)
    assert private_path not in str(refused.value)
    with pytest.raises(InputError, match="no private key in PEM"):
        signing_key(public_path, no_passphrase)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdd someone",
        b"\x00" * 100,
        b"x" * 70_000,
    ],
    ids=["empty", "nothing in it", "ssh", "binary", "large"],
)
def test_what_is_no_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    for read in (lambda: public_keys([str(path)]), lambda: signing_key(str(path), no_passphrase)):
        with pytest.raises(InputError) as refused:
            read()
        assert "\n" not in str(refused.value)


def test_two_keys_in_a_file_are_refused(tmp_path: Path) -> None:
    """Only the first would be read, and the second silently not trusted."""
    _, first = write_pair(tmp_path, "a")
    _, second = write_pair(tmp_path, "b", seed=2)
    path = tmp_path / "both.pem"
    path.write_bytes(Path(first).read_bytes() + Path(second).read_bytes())
    with pytest.raises(InputError, match="more than one key"):
        public_keys([str(path)])


def test_a_missing_key_is_refused_and_a_private_one_is_not_named(tmp_path: Path) -> None:
    path = str(tmp_path / "none.pem")
    with pytest.raises(InputError, match=r"none\.pem: cannot be read"):
        public_keys([path])
    with pytest.raises(InputError) as refused:
        signing_key(path, no_passphrase)
    assert str(refused.value) == "--key: the private key's file cannot be read: No such file or directory"


def test_an_encrypted_key_asks_for_its_passphrase_once(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    encryption = BestAvailableEncryption(b"open")
    path.write_bytes(private_key(1).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    asked = []
    key = signing_key(str(path), lambda: asked.append(1) or b"open")
    assert (key.public_key, asked) == (public(), [1])
    for wrong in (b"closed", b""):
        with pytest.raises(InputError, match="the passphrase does not open the key"):
            signing_key(str(path), lambda wrong=wrong: wrong)


@pytest.mark.parametrize("package", ["cryptography", "securesystemslib"])
def test_without_the_packages_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    private_path, public_path = write_pair(tmp_path, "a")
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, package, None)
    for read in (lambda: public_keys([public_path]), lambda: signing_key(private_path, no_passphrase)):
        with pytest.raises(InputError, match=r"pip install 'threshold-bias-harness\[gate\]'"):
            read()


P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
SMALL_ORDER = {
    "0100000000000000000000000000000000000000000000000000000000000000": 1,
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f": 2,
    "0000000000000000000000000000000000000000000000000000000000000000": 4,
    "0000000000000000000000000000000000000000000000000000000000000080": 4,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05": 8,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85": 8,
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a": 8,
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa": 8,
}
"""The eight points as libsodium and "Taming the many EdDSAs" list them, with their orders."""
OTHER_SPELLINGS = [
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]
"""The six further spellings of those points."""


def pem_of(encoded: str) -> bytes:
    key = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(encoded))
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def order(encoded: str) -> int:
    """How often a point is added to itself until that is the neutral one; 9 where that is never within 8."""
    number = int.from_bytes(bytes.fromhex(encoded), "little")
    y, negative = number % 2**255, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = next(root for root in square_roots(square) if root % 2 == negative or root == 0)
    point, times = (x, y), 1
    while point != (0, 1) and times < 9:
        point, times = added(point, (x, y)), times + 1
    return times


def square_roots(square: int) -> list[int]:
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    assert root * root % P == square
    return [root, (P - root) % P]


def added(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    product = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + product, -1, P) % P
    return x, (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, P) % P


@pytest.mark.parametrize("encoded", [*SMALL_ORDER, *OTHER_SPELLINGS])
def test_a_key_that_anyone_can_sign_for_is_refused(tmp_path: Path, encoded: str) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem_of(encoded))
    with pytest.raises(InputError, match=r"key\.pem: not a key that anybody made: anyone can sign for it"):
        public_keys([str(path)])


def test_the_listed_points_are_all_of_small_order() -> None:
    assert {encoded: order(encoded) for encoded in SMALL_ORDER} == SMALL_ORDER
    honest = private_key(1).public_key().public_bytes_raw().hex()
    assert order(honest) == 9


def test_what_a_key_of_small_order_would_let_pass() -> None:
    """A signature by nobody: the neutral point and nought hold for every text."""
    neutral = bytes.fromhex(next(iter(SMALL_ORDER)))
    ed25519.Ed25519PublicKey.from_public_bytes(neutral).verify(neutral + bytes(32), b"any text")


@pytest.mark.parametrize("above", range(19))
def test_a_key_that_is_written_beyond_the_field_is_refused(tmp_path: Path, above: int) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem_of((P + above).to_bytes(32, "little").hex()))
    with pytest.raises(InputError, match="not a key that anybody made"):
        public_keys([str(path)])


@given(st.binary(min_size=32, max_size=32))
def test_no_key_that_somebody_made_is_refused(seed: bytes) -> None:
    encoded = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert not _anyone_can_sign_for(encoded)


@pytest.mark.parametrize("flag", ["--key", "--waiver-key"])
@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_a_key_without_a_name_is_not_taken_for_no_key(flag: str, empty: str) -> None:
    with pytest.raises(InputError) as refused:
        public_keys([empty], flag)
    assert str(refused.value) == f"{flag} is empty; is the variable set that should name the key's file?"

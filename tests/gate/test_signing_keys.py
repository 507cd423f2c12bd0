"""Keys: PEM files of ed25519 keys and nothing else, and no private key in any message."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from signed_world import private_key, public, write_pair

from harness.errors import InputError
from harness.gate.signing import opened, public_keys, sealed, signing_key

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

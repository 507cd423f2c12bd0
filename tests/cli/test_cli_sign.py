"""``harness sign``, ``harness verify`` and ``harness check --key`` with real files and keys that openssl made."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.app import run

DATA = Path(__file__).parents[2] / "data_synthetic"
CONFIGS = str(DATA / "deployments.yaml")
TODAY = ("--today", "2026-06-01")

SAFE = """\
deployments:
  east gate:
    matcher: {name: synthetic, version: "1"}
    use_case: verification
    threshold: 0.6
    axes: [ethnicity, sex]
    owner: release team
"""

WAIVERS = """\
waivers:
  - deployment: north gate
    matcher: {name: synthetic, version: "1"}
    use_case: verification
    threshold: 0.58
    rules: [disparity-shown]
    reason: The door is staffed, and every alert is checked by hand.
    owner: head of access control
    expires: 2026-06-30
"""


def openssl(*arguments: str) -> None:
    program = shutil.which("openssl")
    assert program
    subprocess.run([program, *arguments], check=True, capture_output=True)


def make_pair(folder: Path, name: str, *options: str) -> None:
    private = str(folder / f"{name}.private.pem")
    openssl("genpkey", "-algorithm", "ed25519", "-out", private, *options)
    secret = ("-passin", "pass:open") if options else ()
    openssl("pkey", "-in", private, *secret, "-pubout", "-out", str(folder / f"{name}.public.pem"))


@pytest.fixture
def folder(tmp_path: Path, evaluation_text: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an evaluation, a config that passes, waivers and two pairs of keys; we are in it."""
    monkeypatch.chdir(tmp_path)
    Path("evaluation.json").write_text(evaluation_text)
    Path("safe.yaml").write_text(SAFE)
    Path("waivers.yaml").write_text(WAIVERS)
    make_pair(tmp_path, "lab")
    make_pair(tmp_path, "chief")
    return tmp_path


def sign(document: str, key: str = "lab", *more: str) -> int:
    return run(["sign", document, "--key", f"{key}.private.pem", "--on", "2026-05-01", *more])


def check_safe(*more: str, key: str = "lab") -> int:
    return run(
        ["check", "safe.yaml", "--evaluation", "evaluation.json", "--key", f"{key}.public.pem", *TODAY, *more]
    )


def test_signed_evidence_passes_the_gate(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign("evaluation.json") == 0
    said = capsys.readouterr().out
    assert said.startswith("Signed evaluation.json (synthetic 1, safe threshold 0.59) on 2026-05-01\nby key ")
    assert check_safe() == 0
    assert check_safe(key="chief") == 3
    assert check_safe("--key", "chief.public.pem") == 0


def test_verify_says_what_was_signed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sign("evaluation.json")
    key_id = capsys.readouterr().out.split("by key ")[1].split(":")[0]
    assert run(["verify", "evaluation.json.dsse.json", "--key", "lab.public.pem"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Verified evaluation.json: signed on 2026-05-01 by key {key_id}\n")
    assert "matcher synthetic 1; safe threshold 0.59" in said
    assert "vanishing.parquet 228b38fc5fe7c3ea" in said


def test_verify_refuses_what_does_not_hold(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sign("evaluation.json")
    verify = ["verify", "evaluation.json.dsse.json", "--key"]
    assert run([*verify, "chief.public.pem"]) == 3
    assert run([*verify, "chief.public.pem", "--key", "lab.public.pem"]) == 0
    assert run([*verify, "lab.public.pem", "--evaluation", "none.json"]) == 3
    assert run([*verify, "lab.public.pem", "--evaluation", "safe.yaml"]) == 3
    assert run([*verify, "none.pem"]) == 2
    assert run([*verify, "lab.private.pem"]) == 2
    assert run(["verify", "evaluation.json.dsse.json"]) == 2
    assert run(["verify", "none", "--key", "lab.public.pem"]) == 3
    assert run(["verify", "evaluation.json", "--key", "lab.public.pem"]) == 3
    Path("evaluation.json.dsse.json").rename("envelope")
    assert run(["verify", "envelope", "--key", "lab.public.pem"]) == 3
    assert run(["verify", "envelope", "--key", "lab.public.pem", "--evaluation", "evaluation.json"]) == 0
    capsys.readouterr()
    Path("evaluation.json").write_text(Path("evaluation.json").read_text() + "\n")
    assert run(["verify", "envelope", "--key", "lab.public.pem", "--evaluation", "evaluation.json"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("harness: not verified: evaluation.json: the signed evaluation has SHA-256 ")


def test_a_folder_of_results_is_signed_verified_and_checked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("results").mkdir()
    Path("evaluation.json").rename("results/evaluation.json")
    assert run(["verify", "results", "--key", "lab.public.pem"]) == 3
    assert "results/evaluation.json.dsse.json: cannot be read" in capsys.readouterr().err
    assert sign("results") == 0
    assert capsys.readouterr().out.startswith("Signed results/evaluation.json (synthetic 1, ")
    assert run(["verify", "results", "--key", "lab.public.pem"]) == 0
    Path("results/evaluation.json.dsse.json").rename("envelope")
    assert run(["verify", "envelope", "--key", "lab.public.pem", "--evaluation", "results"]) == 0
    check = ["check", "safe.yaml", "--evaluation", "results", "--key", "lab.public.pem", *TODAY]
    assert run(check) == 3
    assert run([*check, "--envelope", "envelope"]) == 0
    assert sign(".") == 2
    assert "evaluation.json: cannot be read: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["evaluation.json", "evaluation.json.dsse.json", "waivers.yaml.dsse.json"])
def test_one_flipped_byte_of_any_file_blocks(folder: Path, file: str) -> None:
    sign("evaluation.json")
    sign("waivers.yaml", "chief")
    waivers = ("--waivers", "waivers.yaml.dsse.json", "--waiver-key", "chief.public.pem")
    assert check_safe(*waivers) == 0
    content = Path(file).read_bytes()
    for place in (0, len(content) // 3, len(content) // 2, len(content) - 1):
        Path(file).write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert check_safe(*waivers) == 3
    Path(file).write_bytes(content)
    assert check_safe(*waivers) == 0


def test_waivers_let_through_what_they_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("north.yaml").write_text(SAFE.replace("east", "north").replace("0.6", "0.58"))
    assert sign("waivers.yaml", "chief") == 0
    assert capsys.readouterr().out.startswith("Signed waivers.yaml (1 waiver) on 2026-05-01\nby key ")
    assert run(["verify", "waivers.yaml.dsse.json", "--key", "chief.public.pem"]) == 0
    assert "north gate: synthetic 1, verification, threshold 0.58: disparity-shown" in capsys.readouterr().out
    check = ["check", "north.yaml", "--evaluation", "evaluation.json"]
    waivers = ["--waivers", "waivers.yaml.dsse.json", "--waiver-key", "chief.public.pem"]
    assert run([*check, *TODAY]) == 1
    assert run([*check, *TODAY, *waivers]) == 0
    assert run([*check, "--today", "2026-07-01", *waivers]) == 1
    assert run([*check, *TODAY, "--waivers", "waivers.yaml", *waivers[2:]]) == 1
    assert run([*check, *TODAY, *waivers[:2], "--waiver-key", "lab.public.pem"]) == 1
    assert (
        run(["check", "safe.yaml", *check[2:], *TODAY, *waivers[:2], "--waiver-key", "lab.public.pem"]) == 3
    )


def test_an_envelope_of_one_kind_is_none_of_the_other(folder: Path) -> None:
    """Both by the same key."""
    sign("evaluation.json")
    sign("waivers.yaml")
    assert check_safe("--envelope", "waivers.yaml.dsse.json") == 3
    assert check_safe("--waivers", "evaluation.json.dsse.json", "--waiver-key", "lab.public.pem") == 3
    verify = ["verify", "waivers.yaml.dsse.json", "--key", "lab.public.pem"]
    assert run([*verify, "--evaluation", "evaluation.json"]) == 3


@pytest.mark.parametrize(
    "tokens",
    [
        ["--key", ""],
        ["--key"],
        ["--key", "none.pem"],
        ["--key", "lab.private.pem"],
        ["--key", "safe.yaml"],
        ["--envelope", "evaluation.json.dsse.json"],
        ["--waivers", "waivers.yaml.dsse.json"],
        ["--waiver-key", "lab.public.pem"],
        ["--waivers", "waivers.yaml.dsse.json", "--waiver-key", ""],
    ],
    ids=" ".join,
)
def test_wrong_usage_never_passes(folder: Path, tokens: list[str]) -> None:
    sign("evaluation.json")
    sign("waivers.yaml")
    assert run(["check", "safe.yaml", "--evaluation", "evaluation.json", *TODAY, *tokens]) == 2


def test_what_is_no_whole_evaluation_or_waiver_is_not_signed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Path("evaluation.json").read_text()
    lowered = json.loads(text)
    lowered["answer"]["safe_threshold"] = 0.58
    wrong = {
        "lowered.json": json.dumps(lowered),
        "half.json": text[:1000],
        "late.yaml": WAIVERS.replace("2026-06-30", "2026-04-30"),
        "odd.yaml": WAIVERS.replace("owner:", "boss:"),
        "waivers.json": '{"waivers": [{}]}',
        "notes.txt": WAIVERS,
        "safe.yaml": SAFE,
    }
    for name, text in wrong.items():
        Path(name).write_text(text)
        assert sign(name) == 2
        assert capsys.readouterr().err.startswith(f"harness: {name}")
        assert not Path(f"{name}.dsse.json").exists()
    assert sign("none.json") == 2
    assert sign("evaluation.json", "lab", "--on", "tomorrow") == 2


def test_only_an_envelope_is_replaced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("evaluation.json").read_bytes()
    assert sign("evaluation.json", "lab", "--out", "evaluation.json") == 2
    assert "exists and is not an envelope" in capsys.readouterr().err
    assert Path("evaluation.json").read_bytes() == before
    assert sign("evaluation.json", "chief") == 0
    assert sign("evaluation.json", "lab") == 0
    assert check_safe() == 0
    assert sign("evaluation.json", "lab", "--out", "none/envelope.json") == 2
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []


def test_the_same_day_and_key_give_the_same_bytes(folder: Path) -> None:
    sign("evaluation.json")
    sign("evaluation.json", "lab", "--out", "again.dsse.json")
    assert Path("again.dsse.json").read_bytes() == Path("evaluation.json.dsse.json").read_bytes()


def test_an_encrypted_key_takes_its_passphrase_from_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pair(folder, "secret", "-aes256", "-pass", "pass:open")
    given = ("--passphrase-env", "SIGNING_PASSPHRASE")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert sign("evaluation.json", "secret") == 2
    assert "--passphrase-env" in capsys.readouterr().err
    assert sign("evaluation.json", "secret", *given) == 2
    monkeypatch.setenv("SIGNING_PASSPHRASE", "closed")
    assert sign("evaluation.json", "secret", *given) == 2
    assert "closed" not in capsys.readouterr().err
    monkeypatch.setenv("SIGNING_PASSPHRASE", "open")
    assert sign("evaluation.json", "secret", *given) == 0
    assert check_safe(key="secret") == 0


def test_a_terminal_is_not_written_to_by_what_was_signed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a\x1b[2J.yaml").write_text(WAIVERS)
    assert sign("a\x1b[2J.yaml", "lab", "--out", "w.dsse.json") == 0
    assert run(["verify", "w.dsse.json", "--key", "lab.public.pem"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_report_does_not_replace_what_the_check_reads(folder: Path) -> None:
    sign("evaluation.json")
    for file in ("lab.public.pem", "evaluation.json.dsse.json"):
        more = ("--envelope", "evaluation.json.dsse.json", "--output", f"json={file}")
        assert check_safe(*more) == 2


@pytest.mark.parametrize("key", [(), ("--key", "lab.public.pem")])
def test_cryptography_is_imported_only_for_a_key(folder: Path, key: tuple[str, ...]) -> None:
    sign("evaluation.json")
    script = (
        "import sys; from harness.cli.app import run\n"
        f"code = run({['check', 'safe.yaml', '--evaluation', 'evaluation.json', *TODAY, *key]!r})\n"
        "heavy = {'cryptography', 'securesystemslib', 'numpy', 'scipy', 'pandas', 'duckdb', 'pyarrow'}\n"
        "print(code, sorted(set(sys.modules) & heavy), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == f"0 {['cryptography', 'securesystemslib'] if key else []}\n"

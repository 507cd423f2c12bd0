"""``harness check`` from the command line: what it prints, how it exits, and what it does not import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jsonschema import Draft202012Validator

from harness.cli.app import run

DATA = Path(__file__).parents[2] / "data_synthetic"
HEAVY = ("numpy", "scipy", "pandas", "duckdb", "pyarrow", "matplotlib")

REPORT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schema", "today", "evaluation", "exit_code", "checked", "not_checked"],
    "properties": {
        "schema": {"const": "harness/check/1"},
        "today": {"type": "string", "format": "date"},
        "evaluation": {"type": ["string", "null"]},
        "exit_code": {"enum": [0, 1, 2, 3]},
        "not_checked": {"type": "array", "items": {"type": "string"}},
        "checked": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": [
                    "deployment",
                    "outcome",
                    "threshold",
                    "owner",
                    "waived",
                    "file",
                    "line",
                    "column",
                    "findings",
                ],
                "properties": {
                    "deployment": {"type": ["string", "null"]},
                    "outcome": {"enum": ["pass", "waived", "cannot decide", "fail", "invalid"]},
                    "threshold": {"type": ["number", "null"]},
                    "owner": {"type": ["string", "null"]},
                    "waived": {
                        "type": ["object", "null"],
                        "additionalProperties": False,
                        "required": ["owner", "reason", "expires", "file"],
                        "properties": {
                            "owner": {"type": "string"},
                            "reason": {"type": "string"},
                            "expires": {"type": "string", "format": "date"},
                            "file": {"type": "string"},
                        },
                    },
                    "file": {"type": "string"},
                    "line": {"type": ["integer", "null"]},
                    "column": {"type": ["integer", "null"]},
                    "findings": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["rule", "outcome", "sentence", "file", "line", "column"],
                            "properties": {
                                name: {} for name in ("rule", "outcome", "sentence", "file", "line", "column")
                            },
                        },
                    },
                },
            },
        },
    },
}


@pytest.fixture
def evaluation(evaluation_text: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("evidence") / "evaluation.json"
    path.write_text(evaluation_text)
    return str(path)


CONFIGS = str(DATA / "deployments.yaml")
TODAY = ("--today", "2026-06-01")


def test_text_is_a_line_for_each_the_worst_first(evaluation: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", CONFIGS, "--evaluation", evaluation, *TODAY]) == 1
    fail, undecided, passed, count = capsys.readouterr().out.splitlines()
    assert fail.startswith(
        f"FAIL          {CONFIGS}:10:27: north gate: at 0.58 a disparity is shown beyond the tolerated"
    )
    assert undecided.startswith(f"CANNOT DECIDE {CONFIGS}:11:26: west gate: threshold 0.64 is above 0.62")
    assert passed.startswith(f"PASS          {CONFIGS}:9:26: east gate: threshold 0.6 is safe")
    assert count == "1 fail, 1 cannot decide, 1 pass on 2026-06-01"


def test_json_has_its_schema(evaluation: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("deployments = 1\n")
    assert run(["check", CONFIGS, str(broken), "--evaluation", evaluation, "--format", "json", *TODAY]) == 2
    report = json.loads(capsys.readouterr().out)
    Draft202012Validator(REPORT).validate(report)
    assert [one["outcome"] for one in report["checked"]] == ["invalid", "fail", "cannot decide", "pass"]
    assert report["exit_code"] == 2


@pytest.mark.parametrize(
    ("tokens", "code"),
    [
        ([], 2),
        ([CONFIGS, "--today", "tomorrow"], 2),
        ([CONFIGS, "--today", "2026-W01-1"], 2),
        ([CONFIGS, "--format", "xml"], 2),
        ([CONFIGS, "--unknown"], 2),
        (["none.yaml"], 2),
        ([CONFIGS], 3),
        ([CONFIGS, "--evaluation", "none.json"], 3),
        ([CONFIGS, "--evaluation", CONFIGS], 3),
        ([CONFIGS, "--evaluation", str(DATA)], 3),
        (["--schema"], 0),
    ],
)
def test_exit_codes(tokens: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", *tokens]) == code


@pytest.mark.parametrize("flag", ["--key", "--waiver-key", "--evaluation", "--envelope", "--waivers"])
@pytest.mark.parametrize("form", ["{}=", "{}= "])
def test_a_flag_without_a_value_asks_for_no_less(
    flag: str, form: str, evaluation: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    public = Ed25519PrivateKey.generate().public_key()
    key = str(tmp_path / "key.pem")
    Path(key).write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    others = {"--evaluation": evaluation, "--key": key, "--waiver-key": key, "--waivers": "none"}
    given = [token for name, value in others.items() if name != flag for token in (name, value)]
    assert run(["check", CONFIGS, *given, form.format(flag), *TODAY]) == 2
    assert capsys.readouterr().err.startswith(
        f"harness: {flag} is empty; is the variable set that should name the "
    )


def test_a_folder_is_checked_whole_and_what_is_no_config_in_it_is_told(
    evaluation: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "deploy"
    folder.mkdir()
    for name in ("a.yaml", ".b.YML"):
        (folder / name).write_bytes(Path(CONFIGS).read_bytes())
    (folder / "evaluation.json").write_bytes(Path(evaluation).read_bytes())
    (folder / "a\x1b[2J.md").touch()
    tokens = ["--evaluation", str(folder / "evaluation.json"), "--format", "json", *TODAY]
    assert run(["check", str(folder), *tokens]) == 1
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert {Path(one["file"]).name for one in report["checked"]} == {"a.yaml", ".b.YML"}
    assert report["not_checked"] == [str(folder / "a\x1b[2J.md")]
    assert printed.err.startswith(f"harness: not checked: {folder}/a")
    assert "\x1b" not in printed.err


@pytest.mark.parametrize("name", ["*.yaml", "none/*", "empty"])
def test_a_name_that_means_no_config_is_invalid(
    name: str, evaluation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    assert run(["check", name, CONFIGS, "--evaluation", evaluation, *TODAY]) == 2


def test_no_output_is_written_over_a_config_of_a_folder(
    evaluation: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "a.json"
    config.write_text("{}")
    assert run(["check", str(tmp_path), "--evaluation", evaluation, "--output", f"json={config}"]) == 2
    assert "this file is read by the check" in capsys.readouterr().err
    assert config.read_text() == "{}"


def test_an_error_of_the_harness_is_no_pass(
    evaluation: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("harness.gate.checking.threshold_is_safe", fail)
    assert run(["check", CONFIGS, "--evaluation", evaluation]) == 70


def test_a_terminal_is_not_written_to_by_a_file_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a\x1b[2J\n.yaml"
    path.write_text("")
    assert run(["check", str(path)]) == 2
    assert "\x1b" not in capsys.readouterr().out


def test_it_imports_nothing_heavy(evaluation: str) -> None:
    script = (
        "import sys; from harness.cli.app import run\n"
        f"code = run(['check', {CONFIGS!r}, '--evaluation', {evaluation!r}])\n"
        f"print(code, sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == "1 []\n"

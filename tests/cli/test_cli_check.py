"""``harness check`` from the command line: what it prints, how it exits, and what it does not import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from harness.cli.app import run
from tests.few_thresholds import evaluate_at

DATA = Path(__file__).parents[2] / "data_synthetic"
HEAVY = ("numpy", "scipy", "pandas", "duckdb", "pyarrow", "matplotlib")

REPORT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schema", "today", "evaluation", "exit_code", "checked"],
    "properties": {
        "schema": {"const": "harness/check/1"},
        "today": {"type": "string", "format": "date"},
        "evaluation": {"type": ["string", "null"]},
        "exit_code": {"enum": [0, 1, 2, 3]},
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


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("evidence") / "evaluation.json"
    found = evaluate_at(
        DATA / "vanishing.parquet",
        study=DATA / "study.yaml",
        policy=DATA / "policy.yaml",
        thresholds="0.58:0.66:0.02",
    )
    found.save(path)
    return str(path)


CONFIGS = str(DATA / "deployments.yaml")
TODAY = ("--today", "2026-06-01")


def test_text_is_a_line_for_each_the_worst_first(evaluation: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", CONFIGS, "--evaluation", evaluation, *TODAY]) == 1
    fail, undecided, passed, count = capsys.readouterr().out.splitlines()
    assert fail.startswith(
        f"FAIL          {CONFIGS}:10:27: north gate: threshold 0.58 is below 0.6, from which"
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

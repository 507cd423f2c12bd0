"""What `harness check` imports, and what `pip install ".[gate]"` installs: a gate has to start fast, everywhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from harness.config import read_document

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data_synthetic"
FOR_EVALUATIONS = {"numpy", "scipy", "pandas", "duckdb", "pyarrow", "matplotlib"}
NOT_FOR_A_CHECK = {
    *FOR_EVALUATIONS,
    "argparse",
    "asyncio",
    "cryptography",
    "cyclopts",
    "difflib",
    "docstring_parser",
    "junitparser",
    "logging",
    "narwhals",
    "rich",
    "sarif_pydantic",
    "securesystemslib",
    "harness.cli.grammar",
    "harness.gate.signing",
    "harness.gate.statements",
}
YAML, TOML = "harness.config.yaml", "harness.config.toml"


@pytest.fixture
def evaluation(evaluation_text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("evidence") / "evaluation.json"
    path.write_text(evaluation_text)
    return path


@pytest.mark.parametrize(("ending", "without"), [("yaml", TOML), ("json", YAML)])
def test_a_check_imports_only_what_it_needs(
    evaluation: Path, tmp_path: Path, ending: str, without: str
) -> None:
    config = tmp_path / f"deployments.{ending}"
    if ending == "yaml":
        shutil.copy(DATA / "deployments.yaml", config)
    else:
        config.write_text(json.dumps(read_document(DATA / "deployments.yaml").value))
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr))\n"
        "from harness.cli import main\n"
        f"main(['check', {str(config)!r}, '--evaluation', {str(evaluation)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    imported = set(done.stderr.splitlines())
    assert done.returncode == 1, done.stderr
    assert "harness.gate.checking" in imported
    assert imported & {*NOT_FOR_A_CHECK, without} == set()


@pytest.mark.parametrize("tokens", [["--help"], ["check", "--help"]])
def test_help_is_complete(tokens: list[str]) -> None:
    command = [sys.executable, "-c", "from harness.cli import main; main()", *tokens]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert ("--evaluation" if len(tokens) > 1 else "check") in shown


@pytest.mark.slow
def test_the_extra_gate_brings_nothing_of_an_evaluation(evaluation: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "harness", tree / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty" / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", f"{tree}[gate]"], check=True, cwd=tmp_path)
    listed = subprocess.run([*pip, "list", "--format", "json"], check=True, capture_output=True, text=True)
    installed = {package["name"].lower() for package in json.loads(listed.stdout)}
    assert {"threshold-bias-harness", "securesystemslib", "sarif-pydantic", "junitparser"} <= installed
    assert installed & FOR_EVALUATIONS == set()

    command = [str(python.with_name("harness")), "check", str(DATA / "deployments.yaml")]
    for more, code in [([], 1), (["--format", "sarif"], 1), (["--format", "junit"], 1)]:
        done = subprocess.run(
            [*command, "--evaluation", str(evaluation), *more],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == code, done.stderr
        assert "north gate" in done.stdout
    schema = subprocess.run([command[0], "check", "--schema"], capture_output=True, text=True, check=True)
    assert schema.stdout == (ROOT / "harness/gate/deployments.schema.json").read_text("utf-8")
    inside = next(
        (tmp_path / "empty").glob("lib/python3.*/site-packages/harness/gate/deployments.schema.json")
    )
    assert inside.read_text("utf-8") == schema.stdout


def test_what_cannot_be_printed_lets_nothing_pass(evaluation: Path) -> None:
    command = [sys.executable, "-m", "harness", "check", "--schema"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode not in (0, 1)
    command = [*command[:-1], DATA / "deployments.yaml", "--evaluation", evaluation]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "harness: standard output: cannot be written (No space left on device)\n"


def test_everything_printed_arrives_although_the_interpreter_is_not_taken_apart(evaluation: Path) -> None:
    command = [sys.executable, "-m", "harness", "check", "--schema"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["title"] == "Deployments of a face matcher"

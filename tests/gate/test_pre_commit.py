"""The pre-commit hook, from a clone of this project, in a repository that has deployment configs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from workflow_steps import PROJECT, deployments

(HOOK,) = YAML(typ="safe", pure=True).load((PROJECT / ".pre-commit-hooks.yaml").read_text())
EXAMPLE = YAML(typ="safe", pure=True).load((PROJECT / "docs" / "ci" / "pre-commit-config.yaml").read_text())


class Repository:
    """A git repository that knows nobody's settings."""

    def __init__(self, folder: Path, home: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        names = {
            f"GIT_{role}_{part}": "test@example.org"
            for role in ("AUTHOR", "COMMITTER")
            for part in ("NAME", "EMAIL")
        }
        own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "PRE_COMMIT_HOME": str(home)}
        taken_over = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        self.environment = {**taken_over, **names, **own}
        self.run("git", "init", "--quiet")

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=check
        )

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.run("git", "add", "--all", "--force")

    def commit(self) -> str:
        self.run("git", "add", "--all", "--force")
        self.run("git", "commit", "--quiet", "--message", "as it is")
        return self.run("git", "rev-parse", "HEAD").stdout.strip()

    def pre_commit(self, *tokens: str) -> tuple[int, str]:
        done = self.run(sys.executable, "-m", "pre_commit", *tokens, check=False)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def clone(tmp_path: Path) -> Repository:
    """This project as it stands, with what is not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    clone = Repository(tmp_path / "clone", tmp_path / "pre-commit")
    for name in filter(None, listed.stdout.split("\0")):
        if (PROJECT / name).is_file() and not name.endswith(".parquet"):
            (clone.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, clone.folder / name)
    clone.commit()
    return clone


@pytest.mark.slow
def test_the_hook_runs_from_a_clone(tmp_path: Path, clone: Repository, evaluation: Path) -> None:
    own = Repository(tmp_path / "own", tmp_path / "pre-commit")
    shutil.copy(evaluation, own.folder / "evaluation.json")
    named = deployments(gate=0.6).replace("  owner", "  evidence: {evaluation: evaluation.json}\n  owner")
    own.write("deployments.yaml", named)
    own.write("other.yaml", "is: no deployment config\n")
    own.commit()

    code, log = own.pre_commit("try-repo", str(clone.folder), "harness-check", "--all-files", "--verbose")
    assert code == 0, log
    assert re.search(r"deployment thresholds\.+Passed", log)
    assert "deployments.yaml:8:21: gate: threshold 0.6 is safe" in log

    own.write("deployments.yaml", named.replace("0.6}", "0.58}"))
    code, log = own.pre_commit("try-repo", str(clone.folder), "harness-check", "--all-files")
    assert code == 1, log
    assert "exit code: 1" in log
    assert "FAIL          deployments.yaml:8:21: gate: threshold 0.58 is below 0.59" in log

    (example,) = EXAMPLE["repos"]
    head = clone.run("git", "rev-parse", "HEAD").stdout.strip()
    config: dict[str, Any] = {"repos": [{**example, "repo": str(clone.folder), "rev": head}]}
    with (own.folder / ".pre-commit-config.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump(config, file)
    own.write("evidence/evaluation.json", evaluation.read_text())
    for name, threshold in [("a", 0.64), ("b", 0.6)]:
        own.write(f"deployments/{name}.yaml", deployments(**{name: threshold}))
    code, log = own.pre_commit("run")
    assert code == 1, log
    assert "exit code: 3" in log
    assert list((tmp_path / "pre-commit").rglob("site-packages/securesystemslib"))  # to check signatures
    assert re.search(r"CANNOT DECIDE deployments/a.yaml.*\nPASS +deployments/b.yaml", log)
    assert "deployments.yaml" not in log


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("deployments.yaml", True),
        ("deploy/deployments.yml", True),
        ("x/deployments.json", True),
        ("deployments.toml", True),
        ("deployments.md", False),
        ("old-deployments.yaml", False),
        ("deployments.yaml.bak", False),
    ],
)
def test_by_default_the_hook_takes_files_that_are_called_deployments(name: str, is_one: bool) -> None:
    assert bool(re.search(HOOK["files"], name)) is is_one


def test_the_hook_runs_once_with_the_files_and_brings_what_signatures_need() -> None:
    assert (HOOK["entry"], HOOK["pass_filenames"], HOOK["require_serial"]) == ("harness check", True, True)
    assert HOOK["additional_dependencies"] == [".[gate]"]
    (example,) = EXAMPLE["repos"]
    assert [hook["id"] for hook in example["hooks"]] == [HOOK["id"]]

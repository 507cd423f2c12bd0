"""The steps of a CI definition, run as its runner would: as shell scripts, with the variables that it sets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

PROJECT = Path(__file__).parents[2]
GATE_CONFIG = """\
defaults:
  matcher: {name: synthetic, version: "1"}
  use_case: verification
  axes: [ethnicity, sex]
  owner: release team
deployments:
"""


def deployments(**thresholds: object) -> str:
    return GATE_CONFIG + "".join(
        f"  {name}: {{threshold: {threshold}}}\n" for name, threshold in thresholds.items()
    )


def definition(path: Path) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(path.read_text())


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """Replace every ``${{ expression }}``; one that is not known is an error."""
    return re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", lambda match: values[match[1]], text)


def run_script(
    script: str, folder: Path, variables: Mapping[str, str], *, shell: tuple[str, ...] = ("-eo", "pipefail")
) -> subprocess.CompletedProcess[str]:
    """Run a script in a folder, with none of the variables that the tests themselves run with."""
    plain = {key: os.environ[key] for key in os.environ if key in ("PATH", "HOME", "LANG", "TMPDIR")}
    pip = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_", "REQUESTS_"))}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", *shell, "-c", script],
        cwd=folder,
        env={**plain, **pip, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


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

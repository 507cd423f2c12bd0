"""One small evaluation of the shipped synthetic data, and configs checked against variants of it."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.gate import Report, check
from tests.gate.small_world import TODAY, VALID, Checking, Plain
from tests.gate.workflow_steps import PROJECT, Repository


@pytest.fixture
def plain(evaluation_text: str) -> Plain:
    return copy.deepcopy(json.loads(evaluation_text))


@pytest.fixture
def evaluation(tmp_path: Path, evaluation_text: str) -> Path:
    path = tmp_path / "evaluation.json"
    path.write_text(evaluation_text)
    return path


@pytest.fixture
def checking(tmp_path: Path, evaluation: Path) -> Checking:
    """Check a config of this text, against the evaluation or a changed one."""

    def run(
        config: str | bytes = VALID, against: Plain | str | None = None, name: str = "config.yaml"
    ) -> Report:
        path = tmp_path / name
        path.write_bytes(config if isinstance(config, bytes) else config.encode())
        if against is not None:
            evaluation.write_text(against if isinstance(against, str) else json.dumps(against))
        return check([str(path)], evaluation=str(evaluation), today=TODAY)

    return run


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

"""The pre-commit hook, from a clone of this project, in a repository that has deployment configs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.gate.workflow_steps import PROJECT, Repository, deployments

(HOOK,) = YAML(typ="safe", pure=True).load((PROJECT / ".pre-commit-hooks.yaml").read_text())
EXAMPLE = YAML(typ="safe", pure=True).load((PROJECT / "docs" / "ci" / "pre-commit-config.yaml").read_text())


@pytest.mark.slow
def test_the_hook_runs_from_a_clone(tmp_path: Path, clone: Repository, evaluation: Path) -> None:
    own = Repository(tmp_path / "own", tmp_path / "pre-commit")
    shutil.copy(evaluation, own.folder / "evaluation.json")
    named = deployments(gate=0.6).replace("  owner", "  evidence: {evaluation: evaluation.json}\n  owner")
    own.write("deployments.yaml", named)
    own.write("other.yaml", "is: no deployment config\n")
    own.commit()
    hook: dict[str, Any] = {"id": "harness-check", "args": ["deployments.yaml"]}

    def run_hook(**changes: Any) -> tuple[int, str]:
        repository = {"repo": str(clone.folder), "rev": head, "hooks": [{**hook, **changes}]}
        with (own.folder / ".pre-commit-config.yaml").open("w") as file:
            YAML(typ="safe", pure=True).dump({"repos": [repository]}, file)
        own.run("git", "add", ".pre-commit-config.yaml")
        return own.pre_commit("run", "--verbose")

    head = clone.run("git", "rev-parse", "HEAD").stdout.strip()
    code, log = run_hook()
    assert code == 0, log
    assert re.search(r"deployment thresholds\.+Passed", log)
    assert "deployments.yaml:8:21: gate: threshold 0.6 is safe" in log

    for args in ([], ["none/*.yaml"], ["none"]):  # no file of the commit has to do with it
        code, log = run_hook(args=args)
        assert code == 1, log
        assert "exit code: 2" in log

    own.write("deployments.yaml", named.replace("0.6}", "0.58}"))
    code, log = run_hook()
    assert code == 1, log
    assert "exit code: 1" in log
    assert (
        "FAIL          deployments.yaml:8:21: gate: at 0.58 a disparity is shown beyond the tolerated ratio of 2"
        in log
    )
    own.commit()

    (example,) = EXAMPLE["repos"]
    own.write("evidence/evaluation.json", evaluation.read_text())
    for name, threshold in [("a.yaml", 0.64), (".b.YAML", 0.6)]:
        own.write(f"deployments/{name}", deployments(gate=threshold))
    own.write("deployments/README.md", "What runs where.\n")
    own.commit()
    code, log = run_hook(**example["hooks"][0])
    assert code == 1, log
    assert "exit code: 3" in log
    assert list((tmp_path / "pre-commit").rglob("site-packages/securesystemslib"))  # to check signatures
    assert re.search(r"CANNOT DECIDE deployments/a.yaml.*\nPASS +deployments/.b.YAML", log)
    assert "not checked: deployments/README.md" in log
    assert "deployments.yaml" not in log


def test_the_hook_checks_what_args_name_at_every_commit_and_brings_what_signatures_need() -> None:
    assert (HOOK["entry"], HOOK["always_run"], HOOK["pass_filenames"]) == ("harness check", True, False)
    assert "files" not in HOOK
    assert HOOK["additional_dependencies"] == [".[gate]", "--constraint=constraints.txt"]
    (example,) = EXAMPLE["repos"]
    assert [hook["id"] for hook in example["hooks"]] == [HOOK["id"]]

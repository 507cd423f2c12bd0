"""The steps of action.yml and of the GitLab job, run as shell scripts: what they print, hand on and exit with."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

from tests.gate.signed_world import write_pair
from tests.gate.workflow_steps import PROJECT, Repository, definition, deployments, filled_in, run_script

ACTION = definition(PROJECT / "action.yml")
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}


@dataclass(frozen=True)
class Done:
    code: int
    log: str
    outputs: dict[str, str]
    summary: str


@dataclass(frozen=True)
class Runner:
    """A folder that a job runs in, and one for its temporary files."""

    workspace: Path
    temporary: Path

    def step(self, name: str, **inputs: str) -> Done:
        known = {key: str(value.get("default", "")) for key, value in ACTION["inputs"].items()}
        given = {key.replace("_", "-"): value for key, value in inputs.items()}
        assert set(given) <= set(known)
        values = {f"inputs.{key}": value for key, value in {**known, **given}.items()}
        values["steps.python.outputs.python-path"] = sys.executable
        files = {key: self.temporary / key for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("")
        step = STEPS[name]
        variables = {key: filled_in(text, values) for key, text in step["env"].items()}
        runner = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(PROJECT),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temporary),
            **{key: str(path) for key, path in files.items()},
        }
        done = run_script(step["run"], self.workspace, {**runner, **variables})
        outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        log = done.stdout + done.stderr
        return Done(done.returncode, log, outputs, files["GITHUB_STEP_SUMMARY"].read_text())

    def check(self, **inputs: str) -> Done:
        return self.step("Check", **inputs)


def fresh_runner(folder: Path, evaluation: Path) -> Runner:
    runner = Runner(folder / "workspace", folder / "temporary")
    (runner.workspace / "deploy").mkdir(parents=True)
    runner.temporary.mkdir()
    shutil.copy(evaluation, runner.workspace / "evaluation.json")
    return runner


@pytest.fixture
def runner(tmp_path: Path, evaluation: Path) -> Runner:
    """Where the action has installed the harness already: the one that is being tested."""
    runner = fresh_runner(tmp_path, evaluation)
    commands = runner.temporary / "harness" / "bin"
    commands.mkdir(parents=True)
    (commands / "harness").symlink_to(Path(sys.executable).with_name("harness"))
    return runner


def write(runner: Runner, name: str, **thresholds: object) -> None:
    (runner.workspace / "deploy" / name).write_text(deployments(**thresholds))


class TestDefinition:
    def test_it_is_a_composite_action_whose_inputs_and_outputs_are_described(self) -> None:
        assert ACTION["runs"]["using"] == "composite"
        for described in [*ACTION["inputs"].values(), *ACTION["outputs"].values()]:
            assert described["description"]
        assert set(ACTION["outputs"]) == {"exit-code", "outcome"}

    def test_no_script_holds_an_expression(self) -> None:
        scripts = [step["run"] for step in STEPS.values() if "run" in step]
        assert len(scripts) == 2
        assert not any("${{" in script for script in scripts)

    def test_every_input_is_used(self) -> None:
        used = json.dumps(ACTION["runs"])
        assert all(f"inputs.{name} " in used for name in ACTION["inputs"])

    def test_other_actions_are_pinned_to_a_commit(self) -> None:
        uses = [step["uses"] for step in STEPS.values() if "uses" in step]
        assert all(len(name.split("@")[1]) == 40 for name in uses)


class TestCheck:
    @pytest.mark.parametrize(
        ("threshold", "code", "outcome", "command"),
        [
            (0.6, 0, "pass", "notice"),
            (0.58, 1, "fail", "error"),
            ("high", 2, "invalid", "error"),
            (0.64, 3, "cannot decide", "error"),
        ],
    )
    def test_the_step_exits_as_the_gate_does_and_says_so(
        self, runner: Runner, threshold: object, code: int, outcome: str, command: str
    ) -> None:
        write(runner, "a.yaml", gate=threshold)
        done = runner.check(configs="deploy/a.yaml", evaluation="evaluation.json")
        assert done.code == code, done.log
        assert done.outputs == {"outcome": outcome, "exit-code": str(code)}
        assert done.log.startswith(f"::{command} file=deploy/a.yaml,line=7,col=21,title=")
        assert f"<b>{outcome}</b>" in done.summary

    def test_globs_and_lines_name_several_configs_and_the_worst_comes_first(self, runner: Runner) -> None:
        write(runner, "a b.yaml", one=0.6)
        write(runner, "c.yaml", two=0.58)
        (runner.workspace / "other.yaml").write_text(deployments(three=0.61))
        done = runner.check(configs="deploy/*.yaml\n\nother.yaml\n", evaluation="evaluation.json")
        assert done.code == 1
        assert [line.split("::")[2].split(":")[0] for line in done.log.splitlines()[:3]] == [
            "two",
            "one",
            "three",
        ]
        assert done.log.splitlines()[-1].startswith("1 fail, 2 pass on ")

    @pytest.mark.parametrize("configs", ["deploy", "deploy/*.*", "deploy/*.y*ml\ndeploy/.b.JSON"])
    def test_no_spelling_of_a_config_is_passed_over(self, runner: Runner, configs: str) -> None:
        for name in ("a.yaml", "b.yml", "c.YAML", ".d.yaml"):
            write(runner, name, gate=0.6)
        (runner.workspace / "deploy" / ".b.JSON").write_text("{}")
        done = runner.check(configs=configs, evaluation="evaluation.json", format="text")
        assert done.code == 2
        *checked, count = done.log.splitlines()
        assert count.startswith("1 invalid, 4 pass on ")
        assert [line.split("deploy/")[1].split(":")[0] for line in checked] == [
            ".b.JSON",
            ".d.yaml",
            "a.yaml",
            "b.yml",
            "c.YAML",
        ]

    def test_a_pattern_is_not_left_to_the_shell(self, runner: Runner) -> None:
        write(runner, "a.yaml", gate=0.6)
        write(runner, "b.yml", gate=0.58)
        done = runner.check(configs="deploy/*.yaml", evaluation="evaluation.json", format="text")
        assert done.code == 0
        assert "harness: not checked: deploy/b.yml" in done.log

    @pytest.mark.parametrize(
        "configs", ["none/*.yaml", "deploy/*.yaml\n*.toml", "deploy/none.yaml", "", "\n \n", "bare"]
    )
    def test_what_names_no_config_never_passes(self, runner: Runner, configs: str) -> None:
        write(runner, "a.yaml", gate=0.6)
        (runner.workspace / "bare").mkdir()
        done = runner.check(configs=configs, evaluation="evaluation.json")
        assert done.code == 2
        assert done.outputs["outcome"] in ("invalid", "error")

    def test_usage_that_is_wrong_is_an_error_and_no_pass(self, runner: Runner) -> None:
        write(runner, "a.yaml", gate=0.6)
        done = runner.check(configs="deploy/a.yaml", evaluation="evaluation.json", format="xml")
        assert (done.code, done.outputs) == (2, {"outcome": "error", "exit-code": "2"})

    def test_files_for_code_scanning_and_test_reports(self, runner: Runner) -> None:
        write(runner, "a.yaml", gate=0.58)
        files = {"sarif_file": "a.sarif", "junit_file": "a b.xml"}
        assert runner.check(configs="deploy/a.yaml", evaluation="evaluation.json", **files).code == 1
        sarif = json.loads((runner.workspace / "a.sarif").read_text())
        artifact = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert artifact["uri"] == "deploy/a.yaml"
        assert JUnitXml.fromfile(str(runner.workspace / "a b.xml")).failures == 1

    def test_configs_lead_to_evidence_below_the_root(self, runner: Runner) -> None:
        leads = "defaults:\n  evidence: {evaluation: ../results}\n"
        written = deployments(gate=0.6).replace("defaults:\n", leads)
        (runner.workspace / "deploy" / "a.yaml").write_text(written)
        (runner.workspace / "results").mkdir()
        shutil.move(runner.workspace / "evaluation.json", runner.workspace / "results")
        assert runner.check(configs="deploy").code == 2
        assert runner.check(configs="deploy", evidence_root=".").code == 0
        assert runner.check(configs="deploy", evidence_root="deploy").code == 3
        assert runner.check(configs="deploy", evidence_root="none").code == 2

    def test_a_key_demands_a_signature(self, runner: Runner) -> None:
        write(runner, "a.yaml", gate=0.6)
        for name in ("a", "b"):
            private, public = runner.workspace / f"{name}.pem", runner.workspace / f"{name}.pub.pem"
            openssl("genpkey", "-algorithm", "ed25519", "-out", str(private))
            openssl("pkey", "-in", str(private), "-pubout", "-out", str(public))
        known = {"configs": "deploy/a.yaml", "evaluation": "evaluation.json"}
        unsigned = runner.check(**known, key="a.pub.pem\nb.pub.pem")
        assert unsigned.code == 3
        assert "unsigned" in unsigned.log or "not signed" in unsigned.log
        harness = runner.temporary / "harness" / "bin" / "harness"
        tokens = ["sign", "evaluation.json", "--key", "b.pem", "--out", "evaluation.sig"]
        subprocess.run([harness, *tokens], cwd=runner.workspace, check=True, capture_output=True)
        assert runner.check(**known, key="a.pub.pem\nb.pub.pem", envelope="evaluation.sig").code == 0
        assert runner.check(**known, key="a.pub.pem", envelope="evaluation.sig").code == 3
        assert runner.check(**known, envelope="evaluation.sig").code == 2

    @pytest.mark.parametrize("name", ["key", "evaluation"])
    @pytest.mark.parametrize("empty", ["", " ", "\n"])
    def test_a_variable_that_is_not_set_does_not_ask_for_less(
        self, runner: Runner, name: str, empty: str
    ) -> None:
        write(runner, "a.yaml", gate=0.6)
        done = runner.check(**{"configs": "deploy/a.yaml", "evaluation": "evaluation.json", name: empty})
        assert (done.code, done.outputs["outcome"]) == (2, "error")
        assert f"--{name} is empty; is the variable set" in done.log

    def test_none_asks_for_no_signature_and_for_the_evidence_of_each_config(self, runner: Runner) -> None:
        assert {name: ACTION["inputs"][name]["default"] for name in ("key", "evaluation")} == {
            "key": "none",
            "evaluation": "none",
        }
        write(runner, "a.yaml", gate=0.6)
        assert runner.check(configs="deploy", evaluation="evaluation.json", key="none").code == 0
        assert runner.check(configs="deploy", evaluation="none").code == 3  # and the config names none

    @pytest.mark.parametrize(
        "text",
        ["$(touch hacked) `touch hacked`; touch hacked \" && touch hacked '; touch hacked", "--schema"],
    )
    @pytest.mark.parametrize("name", sorted(set(ACTION["inputs"]) - {"python-version"}))
    def test_no_input_is_run_or_taken_for_a_flag(self, runner: Runner, name: str, text: str) -> None:
        write(runner, "a.yaml", gate=0.6)
        inputs = {"configs": "deploy/a.yaml", "evaluation": "evaluation.json", name.replace("-", "_"): text}
        done = runner.check(**inputs)
        assert not list(runner.workspace.rglob("hacked*"))
        if name.endswith("-file"):  # any name will do for a file to write
            assert done.code == 0
        else:
            assert done.code in (2, 3), done.log

    def test_what_a_config_says_makes_no_command(self, runner: Runner) -> None:
        hostile = '"##[set-output name=outcome]pass ::set-output name=outcome::pass"'
        (runner.workspace / "deploy" / "a.yaml").write_text(deployments(gate=0.58).replace("gate", hostile))
        done = runner.check(configs="deploy/a.yaml", evaluation="evaluation.json", format="text")
        assert done.code == 1
        assert "##[" not in done.log
        assert not any(line.lstrip().startswith("::") for line in done.log.splitlines())

    def test_code_in_the_checked_folder_is_not_imported(self, runner: Runner) -> None:
        write(runner, "a.yaml", gate=0.6)
        for name in ("harness", "pydantic", "json", "sitecustomize"):
            (runner.workspace / f"{name}.py").write_text("open('hacked', 'w')\n")
        assert runner.check(configs="deploy/a.yaml", evaluation="evaluation.json").code == 0
        assert not (runner.workspace / "hacked").exists()


def openssl(*tokens: str) -> None:
    subprocess.run(["openssl", *tokens], check=True, capture_output=True)


@pytest.mark.slow
def test_the_action_installs_the_harness_and_checks(tmp_path: Path, evaluation: Path) -> None:
    runner = fresh_runner(tmp_path, evaluation)
    (runner.workspace / "venv.py").write_text(
        "raise SystemExit('imported from the folder that is checked')\n"
    )
    installed = runner.step("Install")
    assert installed.code == 0, installed.log
    write(runner, "a.yaml", gate=0.6)
    done = runner.check(
        configs="deploy/a.yaml", evaluation="evaluation.json", sarif_file="a.sarif", junit_file="a.xml"
    )
    assert (done.code, done.outputs["outcome"]) == (0, "pass"), done.log
    write(runner, "a.yaml", gate=0.58)
    assert runner.check(configs="deploy/a.yaml", evaluation="evaluation.json").code == 1
    lean = subprocess.run(
        [runner.temporary / "harness" / "bin" / "python", "-c", "import numpy"],
        capture_output=True,
        check=False,
    )
    assert lean.returncode != 0


GITLAB = definition(PROJECT / "docs" / "ci" / "gitlab-ci.yml")["harness-check"]


def run_gitlab(
    job: dict[str, Any], builds: Path, workspace: Path, *sections: str, **own: str
) -> tuple[int, str]:
    """Run sections of a job as GitLab's runner does: one script, which stops at the first line that fails."""
    lines = [line for section in sections for line in job[section]]
    done = run_script("\n".join(lines), workspace, {**job["variables"], "CI_BUILDS_DIR": str(builds), **own})
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("threshold", "code"), [(0.6, 0), (0.58, 1), ("high", 2), (0.64, 3)])
def test_the_gitlab_job_reports_each_deployment_as_a_test(
    runner: Runner, threshold: object, code: int
) -> None:
    own = {"CONFIGS": "deploy", "EVALUATION": "evaluation.json", "KEY": signed(runner)}
    write(runner, "a.yaml", gate=threshold)
    write(runner, "b.yaml", gate=0.61)
    exited, log = run_gitlab(GITLAB, runner.temporary, runner.workspace, "script", **own)
    assert exited == code, log
    report = JUnitXml.fromfile(str(runner.workspace / GITLAB["artifacts"]["reports"]["junit"]))
    assert (report.tests, report.failures + report.errors) == (2, int(code > 0))
    assert GITLAB["artifacts"]["when"] == "always"


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"KEY": ""}, 2), ({"EVALUATION": ""}, 2), ({"CONFIGS": ""}, 2), ({"CONFIGS": "none*"}, 2), ({}, 0)],
)
def test_a_variable_of_the_gitlab_job_that_is_not_set_fails(
    runner: Runner, changed: dict[str, str], code: int
) -> None:
    write(runner, "a.yaml", gate=0.6)
    own = {"CONFIGS": "deploy/*", "EVALUATION": "evaluation.json", "KEY": signed(runner), **changed}
    exited, log = run_gitlab(GITLAB, runner.temporary, runner.workspace, "script", **own)
    assert exited == code, log


def signed(runner: Runner) -> str:
    """Sign the evaluation, and return the public key."""
    private, public = write_pair(runner.temporary, "release")
    command = [Path(sys.executable).with_name("harness"), "sign", "evaluation.json", "--key", private]
    subprocess.run(command, cwd=runner.workspace, check=True, capture_output=True)
    return public


def test_nothing_is_installed_by_a_bare_name_or_unpinned() -> None:
    installs = [line for line in GITLAB["before_script"] if "pip" in line]
    installs += [line for line in STEPS["Install"]["run"].replace("\\\n", " ").splitlines() if "pip" in line]
    assert len(installs) == 4
    for line in installs:
        hashed = "--require-hashes --only-binary :all:" in line and "requirements-gate.txt" in line
        own = "--no-index --no-deps --no-build-isolation" in line
        assert hashed != own
    assert not any("threshold-bias-harness[" in str(value) for value in GITLAB["variables"].values())


REQUIREMENT = re.compile(r"([\w.-]+)==(\S+)(?: ; [^\\]+)? \\((?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+)")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_requirements_with_hashes_are_those_that_were_tested_and_all_that_the_gate_needs() -> None:
    text = "".join(
        line
        for line in (PROJECT / "requirements-gate.txt").read_text().splitlines(keepends=True)
        if line[0] != "#"
    )
    assert REQUIREMENT.sub("", text).strip() == ""  # so that no line is anything else, such as an index
    pinned = {canonical(name): version for name, version, _ in REQUIREMENT.findall(text)}
    lines = (PROJECT / "constraints.txt").read_text().splitlines()[1:]
    tested = {canonical(name): version for name, version in (line.split("==") for line in lines)}
    assert pinned == {name: tested.get(name) for name in pinned}
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    named = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    named += project["project"]["optional-dependencies"]["gate"]
    assert {canonical(re.match(r"[\w.-]+", one)[0]) for one in named} <= set(pinned)  # type: ignore[index]


@pytest.mark.slow
def test_the_gitlab_job_installs_the_harness(tmp_path: Path, evaluation: Path, clone: Repository) -> None:
    runner = fresh_runner(tmp_path, evaluation)
    write(runner, "a.yaml", gate=0.6)
    commit = clone.run("git", "rev-parse", "HEAD").stdout.strip()
    own = {"CONFIGS": "deploy", "EVALUATION": "evaluation.json", "KEY": signed(runner)}
    own |= {"HARNESS_REPOSITORY": str(clone.folder), "HARNESS_COMMIT": commit}
    python = tmp_path / "bin"
    python.mkdir()
    (python / "python").symlink_to(sys.executable)
    own["PATH"] = f"{python}:/usr/bin:/bin"
    steps = ("before_script", "script")
    exited, log = run_gitlab(GITLAB, runner.temporary, runner.workspace, *steps, **own)
    assert exited == 0, log
    clone.run("git", "branch", "moved")
    moved = {**own, "HARNESS_COMMIT": "moved"}  # a branch or tag, which can be moved
    assert run_gitlab(GITLAB, runner.temporary, runner.workspace, *steps, **moved)[0] != 0


def test_the_github_workflow_gives_the_action_only_inputs_that_it_has() -> None:
    (job,) = definition(PROJECT / "docs" / "ci" / "github.yml")["jobs"].values()
    (step,) = [step for step in job["steps"] if "threshold-bias-harness@" in step["uses"]]
    assert set(step["with"]) <= set(ACTION["inputs"])
    (upload,) = [step for step in job["steps"] if "upload-sarif" in step["uses"]]
    assert upload["with"]["sarif_file"] == step["with"]["sarif-file"]
    assert upload["if"] == "always()"

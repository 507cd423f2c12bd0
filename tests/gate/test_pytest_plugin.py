"""The fixture for projects whose gate is their tests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.cli.app import run
from tests.gate.workflow_steps import PROJECT, deployments

pytest_plugins = ["pytester"]


@pytest.fixture
def project(pytester: pytest.Pytester, evaluation: Path) -> pytest.Pytester:
    """A project with deployments and an evaluation, to which tests are added."""
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    for folder in ("deploy", "tests"):
        pytester.mkdir(folder)
    shutil.copy(evaluation, pytester.path / "evaluation.json")
    (pytester.path / "deploy" / "a.yaml").write_text(deployments(one=0.6, two=0.61))
    return pytester


def outcome_of(project: pytest.Pytester, body: str) -> tuple[int, str]:
    """Run a test of this body, from another folder than the project's root."""
    lines = "\n    ".join(body.splitlines())
    path = project.path / "tests" / "test_gate.py"
    path.write_text(f"from datetime import date\n\ndef test_gate(harness_check):\n    {lines}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        done = project.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist")
    return int(done.ret), done.stdout.str()


def test_it_passes_and_returns_the_report(project: pytest.Pytester) -> None:
    body = """\
report = harness_check("deploy/*.yaml", evaluation="evaluation.json", today=date(2026, 6, 1))
assert report.outcome == "pass"
assert [one.deployment for one in report.checked] == ["one", "two"]
assert report.today == date(2026, 6, 1)"""
    code, log = outcome_of(project, body)
    assert code == 0, log


def test_an_evaluation_is_its_folder_and_lies_below_the_root(project: pytest.Pytester) -> None:
    leads = "defaults:\n  evidence: {evaluation: ../results}\n"
    written = deployments(one=0.6).replace("defaults:\n", leads)
    (project.path / "deploy" / "a.yaml").write_text(written)
    project.mkdir("results")
    shutil.move(project.path / "evaluation.json", project.path / "results")
    code, log = outcome_of(project, 'harness_check("deploy", evaluation="results", evidence_root=".")')
    assert code == 0, log
    code, log = outcome_of(project, 'harness_check("deploy", evaluation="results")')
    assert code == 1
    assert "--evidence-root allows more" in log


def test_it_fails_with_every_finding_the_worst_first_and_no_traceback(project: pytest.Pytester) -> None:
    (project.path / "deploy" / "b.yaml").write_text(deployments(three=0.64, four=0.58))
    code, log = outcome_of(project, 'harness_check("deploy/*.yaml", evaluation="evaluation.json")')
    assert code == 1
    lines = [line.strip() for line in log.splitlines()]
    start = next(at for at, line in enumerate(lines) if line.startswith("FAIL  "))
    assert "b.yaml:8:21: four: at 0.58 a disparity is shown beyond the tolerated ratio of 2" in lines[start]
    assert lines[start + 1].startswith("CANNOT DECIDE")
    assert [line[:4] for line in lines[start + 2 : start + 4]] == ["PASS", "PASS"]
    assert lines[start + 4].startswith("1 fail, 1 cannot decide, 2 pass on ")
    assert "Traceback" not in log
    assert "harness_check(" not in log


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("harness_check()", "nothing was checked"),
        ('harness_check("none/*.yaml", evaluation="evaluation.json")', "INVALID "),
        ('harness_check("deploy/*.yaml")', "there is no evidence"),
        ('harness_check("deploy/*.yaml", evaluation="none.json")', "none.json: cannot be read"),
        (
            'harness_check("deploy/*.yaml", evaluation="evaluation.json", waivers=["none"])',
            "cannot be trusted",
        ),
        ('harness_check("deploy/*.yaml", evaluation="evaluation.json", keys=["none.pem"])', "none.pem"),
        (
            'harness_check("deploy", evaluation="evaluation.json", keys="")',
            "'' is a text; give a list of paths",
        ),
        ('harness_check("", evaluation="evaluation.json")', "the name of a config is empty"),
        ('harness_check("deploy", evaluation="")', "no evidence: "),
        (
            'harness_check("deploy", evaluation="evaluation.json", evidence_root="")',
            "is no folder; --evidence-root",
        ),
        ('harness_check("deploy", "none", evaluation="evaluation.json")', "none: cannot be read"),
    ],
)
def test_it_never_passes_without_configs_and_evidence(project: pytest.Pytester, call: str, said: str) -> None:
    code, log = outcome_of(project, call)
    assert code == 1
    assert said in log


def test_a_folder_and_a_pattern_take_every_spelling(project: pytest.Pytester) -> None:
    for name in (".b.yaml", "c.YAML"):
        (project.path / "deploy" / name).write_text(deployments(three=0.58))
    for named in ("deploy", "deploy/*.yaml"):
        code, log = outcome_of(project, f'harness_check("{named}", evaluation="evaluation.json")')
        assert code == 1
        assert "2 fail, 2 pass on " in log


def test_a_root_whose_name_looks_like_a_pattern_is_none(
    pytester: pytest.Pytester, evaluation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, threshold in (("a?", 0.6), ("a1", 0.58)):
        (pytester.path / name / "deploy").mkdir(parents=True)
        (pytester.path / name / "deploy" / "a.yaml").write_text(deployments(gate=threshold))
    root = pytester.path / "a?"
    shutil.copy(evaluation, root)
    (root / "pytest.ini").write_text("[pytest]\n")
    (root / "test_gate.py").write_text(
        "def test_gate(harness_check):\n"
        "    for named in ('deploy', 'deploy/*', 'deploy/a.yaml'):\n"
        "        report = harness_check(named, evaluation='evaluation.json')\n"
        "        assert len(report.checked) == 1\n"
    )
    monkeypatch.chdir(root)
    done = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist")
    assert done.ret == 0, done.stdout.str()


def test_keys_are_taken_from_the_root_too(project: pytest.Pytester) -> None:
    for tokens in (
        ["genpkey", "-algorithm", "ed25519", "-out", "private.pem"],
        ["pkey", "-in", "private.pem", "-pubout", "-out", "public.pem"],
    ):
        subprocess.run(["openssl", *tokens], cwd=project.path, check=True, capture_output=True)
    call = 'harness_check("deploy/*.yaml", evaluation="evaluation.json", keys=["public.pem"])'
    assert outcome_of(project, call)[0] == 1
    assert run(["sign", "evaluation.json", "--key", "private.pem"]) == 0
    code, log = outcome_of(project, call)
    assert code == 0, log


def test_it_is_there_by_itself_and_loads_nothing_where_it_is_not_asked_for(project: pytest.Pytester) -> None:
    (project.path / "tests" / "test_other.py").write_text("""\
import sys
def test_nothing_was_loaded():
    loaded = {name for name in sys.modules if name.split(".")[0] == "harness"}
    assert loaded == {"harness", "harness._version", "harness.pytest_plugin"}
    assert not {"pydantic", "cyclopts", "numpy"} & set(sys.modules)
""")
    done = project.runpytest_subprocess("-p", "no:hypothesispytest", "-p", "no:nbmake", "-p", "no:xdist")
    assert done.ret == 0, done.stdout.str()


def test_pytest_lists_it_with_its_first_line(project: pytest.Pytester) -> None:
    done = project.runpytest_inprocess("--fixtures", "tests")
    done.stdout.fnmatch_lines(
        ["harness_check [[]session scope[]]*", "*Check deployment configs, as ``harness check`` does."]
    )


def test_it_is_registered_in_the_package() -> None:
    registered = '[project.entry-points.pytest11]\nharness = "harness.pytest_plugin"\n'
    assert registered in (PROJECT / "pyproject.toml").read_text()

"""Where ``harness check`` writes: the log, files, and what GitHub reads after a step."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from junitparser import JUnitXml

from harness.cli.app import run

CONFIG = """\
deployments:
  gate:
    matcher: {name: synthetic, version: "1"}
    use_case: verification
    threshold: 0.6
    axes: [sex]
    owner: release team
"""
UNDECIDED = 3  # without any evidence


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config in the working directory, outside of any CI."""
    monkeypatch.chdir(tmp_path)
    for variable in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(variable, raising=False)
    path = tmp_path / "a.yaml"
    path.write_text(CONFIG)
    return path


def files_here() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def test_several_files_are_written_and_the_log_is_whole(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = [
        token for pair in ("junit=a.xml", "sarif=a.sarif", "json=a.json") for token in ("--output", pair)
    ]
    assert run(["check", "a.yaml", *outputs]) == UNDECIDED
    assert capsys.readouterr().out.startswith("CANNOT DECIDE a.yaml:")
    assert JUnitXml.fromfile("a.xml").errors == 1
    assert json.loads(Path("a.sarif").read_text())["runs"][0]["invocations"][0]["exitCode"] == UNDECIDED
    assert json.loads(Path("a.json").read_text())["exit_code"] == UNDECIDED
    assert files_here() == ["a.json", "a.sarif", "a.xml", "a.yaml"]


def test_an_earlier_file_is_replaced(config: Path) -> None:
    Path("a.json").write_text("x" * 10_000)
    run(["check", "a.yaml", "--output", "json=a.json"])
    assert json.loads(Path("a.json").read_text())["exit_code"] == UNDECIDED


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        (["a.json"], "--output a.json: write FORMAT=FILE, with one of text, json, junit, sarif, github"),
        (["xml=a.xml"], "--output xml=a.xml: write FORMAT=FILE"),
        (["json="], "--output json=: write FORMAT=FILE"),
        (["json=."], "--output json=.: is not a regular file; name one to write"),
        (["json=/dev/null"], "--output json=/dev/null: is not a regular file"),
        (["json=a.yaml"], "--output json=a.yaml: this file is read by the check, or written twice"),
        (["json=./sub/../e.json"], "e.json: this file is read by the check"),
        (["json=b", "junit=./b"], "--output junit=./b: this file is read by the check, or written twice"),
        (["json=none/a.json"], "none/a.json: cannot be written (No such file or directory)"),
    ],
)
def test_an_output_that_cannot_be_is_refused_in_one_line(
    config: Path, outputs: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("sub").mkdir()
    Path("e.json").write_text("{}")
    tokens = [token for output in outputs for token in ("--output", output)]
    assert run(["check", "a.yaml", "--evaluation", "e.json", *tokens]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert files_here() == ["a.yaml", "e.json", "sub"]
    assert config.read_text() == CONFIG


@pytest.mark.parametrize(("form", "library"), [("junit", "junitparser"), ("sarif", "sarif_pydantic")])
def test_a_library_that_is_not_installed_is_named_before_anything_is_checked(
    config: Path, form: str, library: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("harness.cli.needs.find_spec", lambda name: None if name == library else name)
    for tokens in (["--format", form], ["--output", f"{form}=file"]):
        assert run(["check", "a.yaml", *tokens]) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert f"{library} is not installed" in shown.err
        assert "threshold-bias-harness[gate]" in shown.err
    assert run(["check", "a.yaml"]) == UNDECIDED


@pytest.mark.usefixtures("config")
class TestGithub:
    def test_the_summary_and_the_output_are_added_to_what_is_there(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for variable in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
            Path(variable).write_text("before\n")
            monkeypatch.setenv(variable, variable)
        assert run(["check", "a.yaml", "--format", "github"]) == UNDECIDED
        assert Path("GITHUB_OUTPUT").read_text() == "before\noutcome=cannot decide\n"
        summary = Path("GITHUB_STEP_SUMMARY").read_text()
        assert summary.startswith("before\n\n### harness check\n\n")
        assert "<td><b>cannot decide</b></td><td>gate</td><td>0.6</td>" in summary

    def test_no_other_form_writes_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary")
        run(["check", "a.yaml", "--output", "github=log"])
        assert files_here() == ["a.yaml", "log"]

    def test_files_are_named_from_the_workspace(
        self, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("GITHUB_WORKSPACE", str(config.parent.parent))
        run(["check", "a.yaml", "--format", "github"])
        assert f"::error file={config.parent.name}/a.yaml,line=3," in capsys.readouterr().out

    def test_what_cannot_be_written_is_an_error_and_no_pass(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", "none/summary")
        assert run(["check", "a.yaml", "--format", "github"]) == 2
        shown = capsys.readouterr()
        assert shown.out.startswith("::error ")
        assert "none/summary: cannot be written" in shown.err


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_a_form_loads_no_library_that_it_does_not_need(config: Path, form: str) -> None:
    script = (
        "import sys; from harness.cli.app import run\n"
        f"code = run(['check', 'a.yaml', '--format', {form!r}])\n"
        "print(code, sorted({'junitparser', 'sarif_pydantic', 'xml', 'numpy'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == "3 []\n"

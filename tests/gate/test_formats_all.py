"""Every form draws every rule and outcome, the worst first, and no form changes the exit code."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from harness.cli.app import run
from harness.gate import Outcome, Report, Rule
from harness.gate.findings import EXPLAINED
from harness.gate.formats import Form, as_summary, drawn
from harness.gate.formats.plain import from_root, tally
from harness.text import line
from tests.gate.drawn_reports import BLOCKING, HOSTILE, everything, hostile, outcome_of, report_of
from tests.gate.drawn_reports import checked as deployment

DATA = Path(__file__).parents[2] / "data_synthetic"
ROOT = Path.cwd()
FORMS = get_args(Form)


def all_forms(report: Report) -> dict[str, str]:
    return {**{form: drawn(report, form, ROOT) for form in FORMS}, "summary": as_summary(report)}


def test_the_report_of_everything_has_every_rule_and_outcome() -> None:
    report = everything()
    assert {finding.rule for one in report.checked for finding in one.findings} == set(Rule)
    assert {one.outcome for one in report.checked} == set(Outcome)


@pytest.mark.parametrize("form", [*FORMS, "summary"])
def test_a_form_draws_every_deployment_with_its_sentence(form: str) -> None:
    shown = all_forms(everything())[form]
    for one in everything().checked:
        assert one.deployment is None or one.deployment in shown
        assert all(finding.sentence in shown for finding in one.findings)
    assert "head of release" in shown
    assert "replaced in July" in shown
    assert "2026-07-31" in shown


@pytest.mark.parametrize("form", [form for form in FORMS if form != "junit"] + ["summary"])
def test_the_worst_come_first(form: str) -> None:
    blocking = [outcome_of(rule) for rule in Rule if outcome_of(rule) in BLOCKING]
    assert len(blocking) > 10
    shown = all_forms(everything())[form]
    order = [one.deployment for one in everything().checked if one.outcome in BLOCKING and one.deployment]
    places = [shown.index(f"{name}: ") if form in ("text", "github") else shown.index(name) for name in order]
    assert places == sorted(places)


@pytest.mark.parametrize("rule", Rule)
def test_every_rule_is_explained(rule: Rule) -> None:
    explained = EXPLAINED[rule]
    assert not explained.title.endswith(".")
    assert explained.meaning.endswith(".")
    assert explained.remedy.endswith(".")


@pytest.mark.parametrize("form", [*FORMS, "summary"])
def test_the_same_report_gives_the_same_text(form: str) -> None:
    assert all_forms(everything())[form] == all_forms(everything())[form]


@pytest.mark.parametrize("form", [*FORMS, "summary"])
def test_hostile_text_neither_breaks_a_form_nor_reaches_a_terminal_as_it_is(form: str) -> None:
    shown = all_forms(hostile())[form]
    shown.encode()  # no lone surrogate
    assert all(c.isprintable() or c in "\n\t" for c in shown)


@pytest.mark.parametrize("text", HOSTILE)
def test_plain_text_is_one_line_that_prints_and_commands_no_build_log(text: str) -> None:
    shown = line(text)
    assert shown.isprintable()
    assert not any(command in shown for command in ("##[", "##vso[", "##teamcity["))
    assert line("north gate é 中 0.6 # ## x[1]") == "north gate é 中 0.6 # ## x[1]"


def test_a_tally_counts_the_worst_first() -> None:
    passed = deployment("a", (Rule.SAFE, Outcome.PASS))
    undecided = deployment("b", (Rule.NO_EVIDENCE, Outcome.CANNOT_DECIDE))
    failed = deployment("c", (Rule.LIMIT_BROKEN, Outcome.FAIL))
    assert (
        tally(report_of(passed, failed, undecided, passed)) == "1 fail, 1 cannot decide, 2 pass on 2026-06-01"
    )
    assert tally(report_of()) == "nothing was checked on 2026-06-01"


def test_a_file_is_named_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "repo" / "sub").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repo" / "sub")
    root = tmp_path / "repo"
    assert from_root("a.yaml", root) == Path("sub/a.yaml")
    assert from_root("../a.yaml", root) == Path("a.yaml")
    assert from_root(str(root / "a.yaml"), root) == Path("a.yaml")
    assert from_root("../../a.yaml", root) == tmp_path / "a.yaml"


CONFIGS = {
    0: "deployments: {gate: {threshold: 0.6}}",
    1: "deployments: {gate: {threshold: 0.58}}",
    3: "deployments: {gate: {threshold: 0.64}}",
    2: "deployments: {gate: {threshold: high}}",
}
DEFAULTS = (
    'defaults: {matcher: {name: synthetic, version: "1"}, use_case: verification, axes: [sex], owner: me}\n'
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("code", CONFIGS)
def test_the_exit_code_is_the_same_in_every_form(
    form: str,
    code: int,
    evaluation: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(variable, raising=False)
    config = tmp_path / "a.yaml"
    config.write_text(DEFAULTS.replace("[sex]", "[ethnicity, sex]") + CONFIGS[code])
    tokens = ["check", str(config), "--evaluation", str(evaluation), "--today", "2026-06-01"]
    assert run([*tokens, "--format", form]) == code
    printed = capsys.readouterr().out
    file = tmp_path / "file"
    assert run([*tokens, "--output", f"{form}={file}"]) == code
    assert file.read_text() == printed
    text = capsys.readouterr().out
    assert run(tokens) == code
    assert capsys.readouterr().out == text

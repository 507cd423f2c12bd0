"""The reference leaves nothing out: every command, public name, key, column and figure has its place."""

import ast
import csv
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
from docstring_parser import parse

import harness
from harness.cli.app import COMMANDS
from harness.gate import Outcome
from harness.gate.evaluation_file import EvaluationShape
from tests.readme_blocks import ROOT, evaluate_evidence, pages

DOCS = ROOT / "docs"
API = DOCS / "reference" / "api"

INTERNAL = {
    "__main__",
    "_version",
    "arrays",
    "cli",
    "config",
    "counting",
    "engines",
    "files",
    "folders",
    "sentences",
    "numbers",
    "outputs",
    "quantiles",
    "report",
    "text",
    "verdict_rule",
}
"""What no user imports; all else in the package has a page."""
BY_MODULE = ("statistics",)
"""Packages of which each module has a page of its own."""
APART = {"thresholds"}
"""Public modules of packages that are internal."""

KEYS = re.compile(r"```\{harness-keys\} (?P<module>[\w.]+):(?P<model>\w+)")


def test_every_command_has_its_section() -> None:
    text = (DOCS / "reference" / "cli.md").read_text()
    assert re.findall(r"```\{harness-command\} (\w+)", text) == list(COMMANDS)


def test_every_public_module_has_a_page() -> None:
    modules = {module.name for module in pkgutil.iter_modules(harness.__path__)} - {*BY_MODULE}
    for package in BY_MODULE:
        path = importlib.import_module(f"harness.{package}").__path__
        modules |= {module.name for module in pkgutil.iter_modules(path)}
    assert {page.stem for page in API.glob("*.md")} - {"index", "harness"} == modules - INTERNAL | APART


def test_every_page_of_the_python_reference_is_in_its_table_of_contents() -> None:
    listed = re.findall(r"^(\w+)$", (API / "index.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted({page.stem for page in API.glob("*.md")} - {"index"})


def test_every_name_of_the_package_is_told() -> None:
    text = (API / "harness.md").read_text()
    assert [name for name in harness.__all__ if f"`harness.{name}" not in text] == []


@pytest.mark.parametrize(
    "page", sorted((DOCS / "reference" / "files").glob("*.md")), ids=lambda page: page.stem
)
def test_every_key_of_a_file_is_in_the_docstring_that_the_page_shows(page: Path) -> None:
    for found in KEYS.finditer(page.read_text()):
        model = getattr(importlib.import_module(found["module"]), found["model"])
        told = [name for one in parse(inspect.getdoc(model)).params for name in one.arg_name.split(", ")]
        assert sorted(told) == sorted(model.model_fields), found[0]


def test_every_key_of_an_evaluation_is_told() -> None:
    text = (DOCS / "reference" / "files" / "evaluation.md").read_text()
    keys = [field.alias or name for name, field in EvaluationShape.model_fields.items()]
    assert [key for key in keys if f"`{key}`" not in text] == []


def test_every_exit_code_of_the_gate_is_told() -> None:
    gate = (
        (DOCS / "reference" / "exit-codes.md")
        .read_text()
        .split("`harness check`")[1]
        .split("`harness verify`")[0]
    )
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", gate, re.MULTILINE)}
    assert told == {outcome.exit_code for outcome in Outcome} | {70}


def test_python_in_pages_is_python() -> None:
    for page in pages():
        for block in re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE):
            ast.parse(block)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return evaluate_evidence(tmp_path_factory.mktemp("docs"))


@pytest.mark.slow
def test_the_tables_have_the_columns_that_are_told(evidence: Path) -> None:
    text = (DOCS / "reference" / "files" / "tables.md").read_text()
    for name in ("rates", "verdicts", "pairs", "measures"):
        section = text.split(f"## {name}.csv")[1].split("\n## ")[0]
        told = [
            column
            for row in re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
            for column in re.findall(r"`(\w+)`", row)
        ]
        with (evidence / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            assert told == next(csv.reader(file)), name


@pytest.mark.slow
def test_every_kind_of_figure_is_explained(evidence: Path) -> None:
    text = (DOCS / "how-to" / "auditor" / "figures.md").read_text()
    shown = set(re.findall(r"\{harness-figure\} (\w+)", text))
    axes = re.compile(r"_(ethnicity_sex|ethnicity|sex)$")
    drawn = {axes.sub("", path.stem) for path in (evidence / "figures").glob("*.svg")}
    assert {axes.sub("", name) for name in shown} == drawn

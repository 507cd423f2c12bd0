"""The command line as a whole: its commands, and the tokens that need no grammar and mean what cyclopts says."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest
from cyclopts import App, CycloptsError, Parameter
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli.app import COMMANDS, plain_arguments, run
from harness.cli.check import check


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_listed_with_the_first_line_of_its_own_help(command: str) -> None:
    function = getattr(importlib.import_module(f"harness.cli.{command}"), command)
    assert function.__doc__.splitlines()[0] == COMMANDS[command]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_names_its_parameters(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert COMMANDS[command].split()[0] in shown
    assert "Parameters" in shown


def test_no_command_is_imported_before_it_is_asked_for() -> None:
    program = (
        "import sys; import harness.cli.app\n"
        "print(sorted(name for name in sys.modules if name.startswith('harness.cli.')))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "['harness.cli.app', 'harness.cli.interrupts', 'harness.cli.streams']"


def sample(
    configs: tuple[str, ...] = (),
    *,
    evaluation: str | None = None,
    format: Literal["text", "json"] = "text",  # noqa: A002
    waiver_key: tuple[str, ...] = (),
    schema: bool = False,
    depth: int = 0,
) -> int:
    """Take every kind of parameter that `harness check` may have, and one that needs cyclopts."""
    return 0


def by_cyclopts(command: Any, tokens: list[str]) -> dict[str, Any] | None:
    """The arguments that cyclopts finds; None where it refuses, or shows help or the version."""
    app = App(name="harness", default_parameter=Parameter(negative=(), show_default=False))
    app.command(command, name="command")
    try:
        found, bound, _ = app.parse_args(["command", *tokens], exit_on_error=False, print_error=False)
    except CycloptsError:
        return None
    return dict(bound.arguments) if found is command else None


WORDS = st.sampled_from(
    [
        "a.yaml",
        "b",
        "",
        " ",
        "7",
        "true",
        "text",
        "json",
        "JSON",
        "a=b",
        "é",
        "-",
        "--",
        "-5",
        "-x",
        "--help",
        "-h",
        "--version",
        "--schema=true",
        "--evaluation=e",
        "--no-schema",
        "--empty-schema",
        "--configs",
        "[1]",
        '{"a":1}',
    ]
)


def flags(command: Any) -> list[str]:
    return [
        "--" + parameter.name.replace("_", "-")
        for parameter in inspect.signature(command).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]


@pytest.mark.parametrize("command", [sample, check])
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_it_never_understands_anything_otherwise_than_cyclopts(command: Any, data: st.DataObject) -> None:
    flag = st.sampled_from(flags(command))
    tokens = data.draw(st.lists(flag | WORDS, max_size=6))
    plainly = plain_arguments(command, tokens)
    if plainly is not None:
        assert plainly == by_cyclopts(command, tokens)


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["a", "--evaluation", "e", "b"], {"configs": ("a", "b"), "evaluation": "e"}),
        (["--format", "json", "a"], {"configs": ("a",), "format": "json"}),
        (["a", "--waiver-key", "k", "--waiver-key", "l"], {"configs": ("a",), "waiver_key": ("k", "l")}),
        (["--schema"], {"schema": True}),
        ([], {}),
    ],
)
def test_what_is_plainly_right_needs_no_grammar(tokens: list[str], expected: dict[str, Any]) -> None:
    assert plain_arguments(sample, tokens) == expected == by_cyclopts(sample, tokens)


@pytest.mark.parametrize(
    "tokens",
    [
        ["--help"],
        ["a", "--evaluation"],
        ["a", "--evaluation", "--schema"],
        ["a", "--evaluation", "e", "--evaluation", "f"],
        ["a", "--format", "xml"],
        ["a", "--evalution", "e"],
        ["a", "--evaluation=e"],
        ["a", "--depth", "3"],
        ["--", "-a"],
    ],
)
def test_what_is_not_plainly_right_is_left_to_cyclopts(tokens: list[str]) -> None:
    assert plain_arguments(sample, tokens) is None


def test_every_flag_of_check_can_be_given_without_loading_a_grammar() -> None:
    values = {"--format": "json"}
    switches = {name for name, hint in inspect.get_annotations(check, eval_str=True).items() if hint is bool}
    for flag in flags(check):
        value = [] if flag.removeprefix("--").replace("-", "_") in switches else [values.get(flag, "x")]
        assert plain_arguments(check, [flag, *value]) is not None, flag
    assert "cyclopts" not in Path(str(inspect.getsourcefile(check))).read_text()

"""The command line as a whole: every command is listed with its own words, and loaded only when asked for."""

import importlib
import subprocess
import sys

import pytest

from harness.cli.app import COMMANDS, run


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

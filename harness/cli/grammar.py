"""The grammar of the command line: commands, flags, help and what is said of wrong ones, by cyclopts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cyclopts import App, CycloptsError, Parameter

from harness._version import __version__
from harness.errors import InputError

__all__ = ["application", "call"]


def call(tokens: Sequence[str], commands: Mapping[str, str]) -> object:
    """Call the command that the tokens name.

    Parameters
    ----------
    tokens : sequence of str
        What stands after the name of the program.
    commands : mapping of str to str
        The first sentence of each command's help, by its name.

    Returns
    -------
    object
        What the command returns.

    Raises
    ------
    InputError
        The tokens are wrong. It is raised and not left to cyclopts to print, which quotes tokens as they are.
    """
    try:
        return application(commands)(
            tokens, exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        command = " ".join(["harness", *(error.command_chain or ())])
        raise InputError(f"{str(error).rstrip('.')}; see {command} --help") from error


def application(commands: Mapping[str, str]) -> App:
    """Return the grammar of the commands, for a call of one or for the pages about them.

    Parameters
    ----------
    commands : mapping of str to str
        As for `call`.
    """
    app = App(
        name="harness",
        help="Find the score threshold above which a face matcher's demographic differential is gone, "
        "and say so only where the evidence suffices.",
        version=__version__,
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(negative=(), show_default=False),
    )
    for command, summary in commands.items():
        app.command(f"harness.cli.{command}:{command}", help=summary)  # imported when it is asked for
    return app

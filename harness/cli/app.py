"""The ``harness`` command."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

from harness import __version__
from harness.errors import HarnessError

__all__ = ["app", "main"]

INVALID, INTERNAL, INTERRUPTED = 2, 70, 130

app = App(
    name="harness",
    help="Find the score threshold above which a face matcher's demographic differential is gone, "
    "and say so only where the evidence suffices.",
    version=__version__,
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(negative=(), show_default=False),
)
COMMANDS = {
    "evaluate": "Evaluate comparison scores and write what was found.",
    "inspect": "List comparisons that look mislabelled, and say how far the safe threshold rests on them.",
    "synthesise": "Draw synthetic scores whose true rates are known; they are no matcher's and no person's.",
    "plan": "Say how much data shows that groups are alike, or differ, and what no false match at all can claim.",
    "check": "Check deployment configs against an evaluation; only exit code 0 lets them pass.",
}
for command, summary in COMMANDS.items():
    app.command(f"harness.cli.{command}:{command}", help=summary)  # imported when it is asked for


def main(tokens: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 usage or invalid input, 70 an error; `check` has codes of its own."""
    sys.exit(run(sys.argv[1:] if tokens is None else tokens))


def run(tokens: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        result = app(tokens, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return INVALID
    except HarnessError as error:
        print(f"harness: {error}", file=sys.stderr)
        return INVALID
    except KeyboardInterrupt:
        print("harness: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except Exception:
        traceback.print_exc()
        print("harness: this is an error of the harness itself; please report it", file=sys.stderr)
        return INTERNAL
    return result if isinstance(result, int) else 0

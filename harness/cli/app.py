"""The ``harness`` command."""

from __future__ import annotations

import gc
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from harness.cli.interrupts import INTERRUPTED, Interrupts
from harness.cli.streams import guarded_streams, say
from harness.errors import HarnessError

__all__ = ["COMMANDS", "main", "plain_arguments", "run"]

INVALID, INTERNAL = 2, 70

COMMANDS = {
    "draft": "Draft a study file from the columns of scores, with reasons and questions, for `harness evaluate`.",
    "evaluate": "Evaluate comparison scores and write what was found.",
    "report": "Write the report of a saved evaluation, or of two side by side.",
    "figures": "Draw every figure of a saved evaluation as SVG, PNG or PDF.",
    "compare": "Compare two matchers on the same trials, and say whether the update widens the differential.",
    "project": "Say what an evaluation shows of other watchlists than the one that it tested.",
    "inspect": "List comparisons that look mislabelled, and say how far the safe threshold rests on them.",
    "synthesise": "Draw synthetic scores whose true rates are known; they are no matcher's and no person's.",
    "plan": "Say how much data shows that groups are alike, or differ, and what no false match at all can claim.",
    "audit": "Hold published deployment records against an evaluation, and say what they can claim.",
    "monitor": "Hold the alerts of deployments against an evaluation as they come; only exit code 0 means no alarm.",
    "sign": "Sign an evaluation, a projection, waivers or the state of a monitoring, with an ed25519 key.",
    "verify": "Verify what `harness sign` signed, and say what it is, by whom and of which day.",
    "check": "Check deployment configs against an evaluation; only exit code 0 lets them pass.",
}


def main(tokens: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 usage or invalid input, 70 an error; some have codes of their own."""
    # A gate has to be fast: pydantic, where a format needs it, is used as it is, without a search of every installed
    # package for plugins to it; the many objects that imports make are not looked through for garbage, neither on the
    # way nor at the end.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Nothing is shown in a window here, and figures have settings of their own: what the user's say, or what they say
    # wrongly, stays out of it.
    os.environ["MPLBACKEND"] = "agg"
    os.environ["MATPLOTLIBRC"] = os.devnull
    gc.set_threshold(100_000)
    code = run(sys.argv[1:] if tokens is None else tokens)
    if "_duckdb" not in sys.modules:  # which, frozen, would report itself as leaked
        gc.freeze()
    sys.exit(code)


def run(tokens: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    with guarded_streams() as failure:
        code = _code(tokens)
        unwritten = failure()
        if unwritten is not None:
            say(f"harness: standard output: cannot be written ({unwritten.strerror})", error=True)
            return code if code in (INTERNAL, INTERRUPTED) else INVALID
    return code


def _code(tokens: Sequence[str]) -> int:
    interrupts = Interrupts()
    try:
        interrupts.begin()
        result = _result(tokens)
        interrupts.end()
    except BaseException as error:
        interrupts.end()
        if isinstance(error, KeyboardInterrupt) or interrupts.seen:
            return _interrupted(str(error) if isinstance(error, KeyboardInterrupt) else "", interrupts)
        return _failed(error)
    if interrupts.seen:
        return _interrupted("it was done all the same", interrupts)
    return result if isinstance(result, int) else 0


def _interrupted(said: str, interrupts: Interrupts) -> int:
    say(f"harness: interrupted; {said or interrupts.written}", error=True)
    return INTERRUPTED


def _failed(error: BaseException) -> int:
    if isinstance(error, HarnessError | OSError):
        say(f"harness: {_in_a_line(error)}", error=True)
        return INVALID
    if not isinstance(error, Exception):
        raise error
    import traceback

    say(*"".join(traceback.format_exception(error)).splitlines(), error=True)
    say("harness: this is an error of the harness itself; please report it", error=True)
    return INTERNAL


def _in_a_line(error: HarnessError | OSError) -> str:
    if isinstance(error, HarnessError):
        return str(error)
    from harness.files import reason

    return f"{error.filename}: {reason(error)}" if error.filename else reason(error)


def _result(tokens: Sequence[str]) -> object:
    if list(tokens[:1]) == ["check"]:  # what a release waits for
        from harness.cli.check import check

        arguments = plain_arguments(check, tokens[1:])
        if arguments is not None:
            return check(**arguments)
    from harness.cli.grammar import call

    return call(tokens, COMMANDS)


_MANY = tuple[str, ...]


def plain_arguments(command: Callable[..., object], tokens: Sequence[str]) -> dict[str, Any] | None:
    """Return the arguments of a command, where its tokens need no grammar to be understood.

    Loading cyclopts takes longer than a whole check of a config. The one definition of a command's flags is its
    signature, here as there; whatever is not plainly right (help, an unknown or repeated flag, a flag without its
    value, a choice that does not exist) is left to cyclopts, which says what is wrong with it.

    Parameters
    ----------
    command : callable
        Its parameters are flags where they are keyword-only; one other, `tuple[str, ...]`, takes the rest.
    tokens : sequence of str
        Those after its name.

    Returns
    -------
    dict or None
        Arguments by name; None where cyclopts has to say what the tokens mean.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters.values()
    flags = {f"--{p.name.replace('_', '-')}": p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    (rest,) = (p.name for p in parameters if p.kind is not p.KEYWORD_ONLY)
    found: dict[str, Any] = {}
    remaining = list(tokens)
    while remaining:
        token = remaining.pop(0)
        name = flags.get(token) if token.startswith("-") else rest
        if name is None:
            return None
        value = token if name == rest else _value(hints[name], remaining)
        if value is None or (name in found and hints[name] != _MANY):
            return None
        found[name] = (*found.get(name, ()), value) if hints[name] == _MANY else value
    return found


def _value(hint: object, remaining: list[str]) -> str | bool | None:
    """Take the value of a flag; None where it has none that is plainly right."""
    if hint is bool:
        return True
    value = remaining.pop(0) if remaining else "-"
    return value if not value.startswith("-") and _fits(value, hint) else None


def _fits(value: str, hint: object) -> bool:
    if get_origin(hint) in (Union, UnionType):
        return any(_fits(value, inner) for inner in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    return hint is str or hint == _MANY

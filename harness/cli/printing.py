"""How an answer looks on a terminal."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console

from harness.cli.streams import say
from harness.errors import ContradictionWarning
from harness.text import line

__all__ = ["print_findings", "warnings_as_lines"]


@contextmanager
def warnings_as_lines() -> Iterator[None]:
    """Tell on standard error, in a line each, of evaluations that contradict themselves."""
    as_they_were = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *where: object) -> None:
        if issubclass(category, ContradictionWarning):
            say(f"harness: {message}", error=True)
        else:
            as_they_were(message, category, *where)  # type: ignore[arg-type]

    with warnings.catch_warnings():
        warnings.simplefilter("always", ContradictionWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        yield


def print_findings(findings: Iterable[tuple[str, str]], where: str) -> None:
    """Print sentences, each under its heading, and where the rest is; no name in them can steer the terminal."""
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    for heading, sentence in findings:
        console.print(f"[bold]{heading + ':':<19}[/bold]", end="")
        console.print(line(sentence), markup=False)
    console.print(line(where), markup=False)

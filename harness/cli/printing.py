"""Answers and progress on a terminal."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Timer

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from harness.cli.streams import say
from harness.errors import ContradictionWarning
from harness.text import line

__all__ = ["RateColumn", "counting_bar", "print_findings", "warnings_as_lines"]


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
        console.print(Text(f"{line(heading) + ':':<18} ", style="bold"), end="")
        console.print(line(sentence), markup=False)
    console.print(line(where), markup=False)


LONG = 1.0
"""Seconds of work before a bar is worth showing."""


class RateColumn(ProgressColumn):
    """How many comparisons a second, of late."""

    def render(self, task: Task) -> Text:
        """Write the rate; blank until it is known."""
        rate = task.finished_speed or task.speed
        if not rate:
            return Text("")
        return Text(f"{rate / 1e6:.1f} million/s" if rate >= 1e5 else f"{rate:,.0f}/s")


@contextmanager
def counting_bar(console: Console | None = None) -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar, and give a function to call with the rows just counted and, where it is known, the number of all.

    Parameters
    ----------
    console : Console, optional
        Standard error by default.
    """
    console = console or Console(stderr=True)
    bar = Progress(
        TextColumn("counting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("comparisons"),
        RateColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task("counting", total=None)
    shown = Timer(LONG, bar.start)  # also where nothing has been counted yet
    shown.daemon = True
    if console.is_terminal:
        shown.start()

    def counted(rows: int, total: int | None) -> None:
        bar.update(task, advance=rows, total=total)

    try:
        yield counted
    finally:
        shown.cancel()
        if console.is_terminal:
            shown.join()  # it must not start what has been stopped
        bar.stop()

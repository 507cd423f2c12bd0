"""A progress bar, on a terminal and only when the work is long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

__all__ = ["RateColumn", "counting_bar"]

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
    """Give what to call with the rows just counted, and the number of all where it is known.

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

"""A progress bar, on a terminal and only when the work is long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["counting_bar"]

LONG = 1.0
"""Seconds of work before a bar is worth showing."""


@contextmanager
def counting_bar() -> Iterator[Callable[[int, int | None], None]]:
    """Give what to call with the rows just counted, and the number of all where it is known."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("counting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("comparisons"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task("counting", total=None)
    began = monotonic()

    def counted(rows: int, total: int | None) -> None:
        bar.update(task, advance=rows, total=total)
        if not bar.live.is_started and monotonic() - began > LONG:
            bar.start()

    try:
        yield counted
    finally:
        bar.stop()

"""Ctrl-C: it ends a command with 130, wherever it meets it."""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
from pathlib import Path
from types import FrameType

__all__ = ["INTERRUPTED", "Interrupts", "stop_at_once"]

INTERRUPTED = 130
ONE_PRESS = 1.0
"""Seconds in which several signals are one: a terminal and a wrapper may both send it."""


def stop_at_once() -> None:
    """Have Ctrl-C end the process there and then, for when nothing is being written: before a command and after it."""
    if (
        signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    ):  # as in the background, where it is not meant for us
        signal.signal(signal.SIGINT, _stop)
        # While the interpreter is taken apart it would handle no signal, and die of this one.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    os.write(2, b"harness: interrupted\n")
    os._exit(INTERRUPTED)


class Interrupts:
    """Ctrl-C while a command runs: the first one raises KeyboardInterrupt, once; a later one ends the process.

    Attributes
    ----------
    seen : bool
        Whether there was one, even where a library dropped the exception or turned it into another.
    written : str
        What was written by now, in words.
    """

    def __init__(self) -> None:
        self.written = "nothing was written"
        self._first: float | None = None
        # No Ctrl-C reaches another thread than the main one, and none can handle it.
        in_main = threading.current_thread() is threading.main_thread()
        self._before = signal.getsignal(signal.SIGINT) if in_main else None

    @property
    def seen(self) -> bool:
        """Whether there was one."""
        return self._first is not None

    def begin(self) -> None:
        """Handle Ctrl-C from now on."""
        if callable(self._before):
            signal.signal(signal.SIGINT, self)

    def end(self) -> None:
        """Handle it as before; on the way out after one, its second signal is still no second press."""
        if callable(self._before) and not (self.seen and self._before is _stop):
            signal.signal(signal.SIGINT, self._before)

    def wrote(self, path: Path) -> None:
        """Note that something is written, and stays."""
        self.written = f"{path} was written"

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if self._first is None:
            self._first = time.monotonic()
            raise KeyboardInterrupt
        if time.monotonic() - self._first > ONE_PRESS:
            _stop(number, frame)

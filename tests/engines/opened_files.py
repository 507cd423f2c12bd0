"""Which files are opened, by whomever: told by the kernel (inotify), so that no reader can do it unseen."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["opened_among"]

IN_OPEN, NONBLOCKING = 0x20, 0x800
EVENT = struct.Struct("iIII")


@contextmanager
def opened_among(paths: Sequence[Path]) -> Iterator[Callable[[], set[Path]]]:
    """Give what to call for the paths that were opened since."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells who opens a file")
    system = ctypes.CDLL(None, use_errno=True)
    watch = system.inotify_init1(NONBLOCKING)
    assert watch >= 0, os.strerror(ctypes.get_errno())
    path_of = {system.inotify_add_watch(watch, os.fsencode(path), IN_OPEN): path for path in paths}
    assert min(path_of) >= 0, os.strerror(ctypes.get_errno())

    def opened() -> set[Path]:
        found = set()
        while True:
            try:
                events = os.read(watch, 1 << 16)
            except BlockingIOError:
                return found
            while events:
                number, _, _, name = EVENT.unpack_from(events)
                found.add(path_of[number])
                events = events[EVENT.size + name :]

    try:
        yield opened
    finally:
        os.close(watch)

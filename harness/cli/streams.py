"""Standard output and standard error that no character and no reader who leaves can break."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO, cast

from harness.text import line

__all__ = ["guarded_streams", "say"]


class _Guarded:
    """A stream that escapes what its encoding lacks, and remembers that it could not be written instead of raising.

    A reader who has seen enough (``| head``) is not a failure.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failure: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        encoding = self._stream.encoding or "utf-8"
        with self._kept():
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        with self._kept():
            self._stream.flush()

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self.failure = error
            self._discard()

    def _discard(self) -> None:
        """Send what is left, also in buffers, to nowhere, or Python would fail on it again when it ends."""
        with contextlib.suppress(OSError):  # a stream without a descriptor
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextlib.contextmanager
def guarded_streams() -> Iterator[Callable[[], OSError | None]]:
    """Guard standard output and standard error for a while.

    Yields
    ------
    callable
        Writes what is left, and returns why standard output could not be written; None where it could.
    """
    before = sys.stdout, sys.stderr
    # Python has None for a stream that was closed before it began.
    out, err = (None if stream is None else _Guarded(stream) for stream in before)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)

    def failure() -> OSError | None:
        if out is None:
            return None
        out.flush()
        return out.failure

    try:
        yield failure
    finally:
        for stream in (out, err):
            if stream is not None:
                stream.flush()
        sys.stdout, sys.stderr = before


def say(*lines: str, error: bool = False) -> None:
    """Print lines, in which nothing can begin another line, or steer a terminal or a build log.

    Parameters
    ----------
    *lines : str
    error : bool
        On standard error.
    """
    print("\n".join(map(line, lines)), file=sys.stderr if error else sys.stdout, flush=True)

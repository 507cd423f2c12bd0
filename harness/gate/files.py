"""Files that may mean harm, each read once and within limits; what is checked is then the bytes that were read."""

from __future__ import annotations

import stat
from pathlib import Path

import jiter

from harness.errors import InputError

__all__ = ["MAX_VALUES", "UnreadableError", "content_of", "plain_json"]

MAX_VALUES = 5_000_000
"""Of a JSON text: those of 200 groups at 2,000 thresholds, and some; its commas and opening brackets are counted."""


class UnreadableError(InputError):
    """A file that is not there, or that may not be read."""


def content_of(path: Path, *, limit: int, within: Path | None = None) -> bytes:
    """Read a file.

    Parameters
    ----------
    path : Path
        The file.
    limit : int
        The most bytes that it may have, a power of two.
    within : Path, optional
        The folder that it must not lead out of.

    Raises
    ------
    UnreadableError
        It is not there, or may not be read.
    InputError
        It is not a regular file, leads out of the folder, or is too large.
    """
    source = str(path)
    try:
        resolved = path.resolve(strict=True)
        if within is not None and not resolved.is_relative_to(within.resolve(strict=True)):
            raise InputError("is a symbolic link that leads out of the config's folder", source=source)
        if not stat.S_ISREG(resolved.stat().st_mode):
            raise InputError("is not a regular file", source=source)
        with resolved.open("rb") as stream:
            content = stream.read(limit + 1)
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableError(f"cannot be read: {reason}", source=source) from error
    if len(content) > limit:
        raise InputError(f"larger than {_in_words(limit)}", source=source)
    return content


def plain_json(content: bytes) -> object:
    """Return the values of a JSON text in UTF-8.

    Raises
    ------
    ValueError
        It is not JSON, gives a key twice, holds NaN or Infinity, or more values than fit in a gigabyte of memory.

    Examples
    --------
    >>> plain_json(b'{"thresholds": [0.5, 0.6]}')
    {'thresholds': [0.5, 0.6]}
    """
    if len(content) > MAX_VALUES and sum(map(content.count, b",[{")) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES:,} values")
    values: object = jiter.from_json(content, allow_inf_nan=False, catch_duplicate_keys=True)
    return values


def _in_words(limit: int) -> str:
    return f"{limit >> 20} MiB" if limit >= 2**20 else f"{limit >> 10} KiB"

"""Files written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from harness.errors import InputError

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole, in place of an earlier one, or leave everything as it was; a link to it stays.

    Raises
    ------
    InputError
        It cannot be written.
    """
    try:
        with suppress(FileNotFoundError):
            path.stat()  # which fails where links lead in a circle
        target = Path(os.path.realpath(path))
        scratch = target.with_name(f".{target.name}-{os.getpid()}")
        try:
            scratch.write_bytes(content)
            scratch.replace(target)
        finally:
            scratch.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be written ({reason})", source=str(path)) from error

"""Files written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from harness.errors import InputError

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole, in place of an earlier one, or leave everything as it was.

    Raises
    ------
    InputError
        It cannot be written.
    """
    scratch = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        try:
            scratch.write_bytes(content)
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", source=str(path)) from error

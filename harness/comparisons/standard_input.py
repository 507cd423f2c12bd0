"""Scores from standard input, which can be read only once: kept in a temporary file, and named for what they are."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from harness.errors import InputError
from harness.files import Scratch, no_temporary_files, reason, temporary_folder

__all__ = ["DASH", "NAME", "StandardInput", "is_standard_input"]

DASH = "-"
NAME = "standard input"
FIRST_BYTES = {
    b"PAR1": ".parquet",
    b"ARROW1": ".arrow",
    b"\xff\xff\xff\xff": ".arrows",
    b"\x1f\x8b": ".csv.gz",
    b"\x28\xb5\x2f\xfd": ".csv.zst",
}
"""What a format begins with; anything else is text."""


def is_standard_input(scores: Any) -> bool:
    """Whether scores are named by a dash alone, itself or in a list of one."""
    named = scores if isinstance(scores, Sequence) and not isinstance(scores, str) else [scores]
    return len(named) == 1 and isinstance(named[0], str) and named[0] == DASH


@dataclass(frozen=True)
class StandardInput:
    """What standard input held, in a file; to be closed.

    Attributes
    ----------
    path : Path
        The file, whose ending tells the format.
    scratch : Scratch
        The folder that holds it.
    """

    path: Path
    scratch: Scratch

    @classmethod
    def spooled(cls) -> Self:
        """Read standard input to its end.

        Raises
        ------
        InputError
            Where there is none, it cannot be read, or there is no room for it.
        """
        if sys.stdin is None:
            raise InputError("is closed; name a file", source=NAME)
        scratch = temporary_folder()
        try:
            beginning = sys.stdin.buffer.read(8)
            ending = next((end for mark, end in FIRST_BYTES.items() if beginning.startswith(mark)), ".csv")
            path = scratch.folder / f"scores{ending}"
            with path.open("wb") as file:
                file.write(beginning)
                shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
        except OSError as error:
            scratch.close()
            raise no_temporary_files(reason(error)) from error
        except BaseException:
            scratch.close()
            raise
        return cls(path, scratch)

    def close(self) -> None:
        """Delete the file."""
        self.scratch.close()

    def named(self, error: InputError) -> InputError:
        """Return an error that speaks of standard input where it spoke of the file."""
        place = os.fspath(self.path)
        source = None if error.source is None else error.source.replace(place, NAME)
        problem = error.problem.replace(place, NAME)
        return type(error)(problem, source=source, line=error.line, column=error.column)

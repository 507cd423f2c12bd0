"""How much memory a run may take, and how much of it is left to read with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.errors import InputError

__all__ = ["MemoryLimit"]

PROGRAM = 290_000_000
"""Bytes that Python, all that an evaluation imports, and the batches under way take at most, as measured."""
LEAST_TO_READ_WITH = 64_000_000
UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


@dataclass(frozen=True)
class MemoryLimit:
    """The most memory that a run may take.

    Attributes
    ----------
    total : int
        Bytes, those of the program itself among them.
    held : int
        Bytes of it that what was counted before is kept in.
    name : str
        What errors call it.
    """

    total: int
    held: int = 0
    name: str = "memory limit"

    @classmethod
    def parse(cls, given: str | int) -> MemoryLimit:
        """Read a number of bytes, or a size such as ``400MB``, ``1.5 GB`` or ``2GiB``.

        Raises
        ------
        InputError
            Where it is no such size, or less than any run takes.
        """
        size = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", str(given).lower())
        if size is None or size[2] not in UNITS:
            raise InputError(f"memory limit {given!r} is not a size; write it like 400MB or 2GB")
        limit = cls(int(float(size[1]) * UNITS[size[2]]))
        limit.beside(0, "")
        return limit

    def beside(self, tables: int, counted: str) -> int:
        """Return how many bytes there are to read with, beside the tables that are counted in.

        Parameters
        ----------
        tables : int
            Bytes.
        counted : str
            What is counted in them, for the message.

        Raises
        ------
        InputError
            Where there are too few.
        """
        left = self.total - PROGRAM - self.held - tables
        if left < LEAST_TO_READ_WITH:
            least = -(-(self.total - left + LEAST_TO_READ_WITH) // 10**6)
            taken = f"counting {counted} takes about {megabytes(tables)}, " if tables else ""
            raise InputError(
                f"{self.name} {megabytes(self.total)} is too low: {taken}the program {megabytes(PROGRAM)} and "
                f"reading at least {megabytes(LEAST_TO_READ_WITH)}; allow {least} MB or more"
            )
        return left


def megabytes(size: int) -> str:
    """Write a number of bytes for people."""
    return f"{size / 10**6:.0f} MB"

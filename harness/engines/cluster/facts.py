"""What is known of a file before it is counted: that it is the same as ever, its digest, and how it is parted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from harness.comparisons.unchanged import CHANGED, Stamp, sha256_of
from harness.errors import InputError
from harness.text import file_name

__all__ = ["Digested", "FileFacts", "NamedFile", "Rows", "digest_file", "stamp_of"]

Rows: TypeAlias = tuple[int, int]
"""The first row, and the one after the last, from 0."""

ROWS_OF_A_PART = 1 << 24
"""A large Parquet file is counted in parts of at least so many rows: a second's work."""


@dataclass(frozen=True)
class NamedFile:
    """A file as the machine that was asked to evaluate it sees it.

    Attributes
    ----------
    path : str
        As it was named.
    place : str
        The same from the root, for machines that are in another folder.
    format : str
        CSV, Parquet or Arrow IPC.
    stamp : Stamp
    """

    path: str
    place: str
    format: str
    stamp: Stamp

    @classmethod
    def of(cls, path: Path, kind: str) -> NamedFile:
        """Name a file of a format."""
        return cls(str(path), os.path.abspath(path), kind, stamp_of(str(path)))  # noqa: PTH100 - keeps links

    @contextmanager
    def being_read(self) -> Iterator[None]:
        """Hold that the file is the one that was named, and stays so; errors name it as it was named.

        Raises
        ------
        InputError
        """
        try:
            with self._unchanged():
                yield
        except InputError as error:
            if error.source != self.place:
                raise
            problem = error.problem.replace(self.place, self.path)
            raise type(error)(problem, source=self.path, line=error.line, column=error.column) from error

    @contextmanager
    def _unchanged(self) -> Iterator[None]:
        before = stamp_of(self.place)
        if (before.size, before.modified) != (self.stamp.size, self.stamp.modified):
            raise InputError(
                f"has {before.size:,} bytes where it is counted and {self.stamp.size:,} where it was named, or another "
                "time of change; let each machine see the same file, and run again",
                source=self.place,
            )
        try:
            yield
        except InputError:  # of which a change may be the cause
            self._require(before)
            raise
        self._require(before)

    def _require(self, stamp: Stamp) -> None:
        if stamp_of(self.place) != stamp:
            raise InputError(CHANGED, source=self.place)


def stamp_of(path: str) -> Stamp:
    """Ask the file system for a file's stamp.

    Raises
    ------
    InputError
        Where there is no such file, or none that is told of.
    """
    try:
        return Stamp.of(Path(path))
    except OSError as error:
        raise InputError(
            f"cannot be found where it is to be counted ({error.strerror}); each machine that counts must find it "
            "under the same path",
            source=path,
        ) from error


@dataclass(frozen=True)
class Digested:
    """What was read off a whole file.

    Attributes
    ----------
    sha256 : str
        Hexadecimal.
    parts : tuple of Rows
        The parts that it is counted in; none where it is counted as one.
    rows : int
        How many comparisons were counted meanwhile: none.
    """

    sha256: str
    parts: tuple[Rows, ...]
    rows: int = 0


@dataclass(frozen=True)
class FileFacts:
    """A file and what was read off it.

    Attributes
    ----------
    file : NamedFile
    digested : Digested
    begun : int
        When reading began, in nanoseconds.
    """

    file: NamedFile
    digested: Digested
    begun: int


def digest_file(file: NamedFile, conditions: object) -> Digested:  # noqa: ARG001 - as every job takes them
    """Digest a file and find its parts.

    Raises
    ------
    InputError
        Where it cannot be read or changes meanwhile.
    """
    with file.being_read():
        return Digested(
            sha256_of(Path(file.place)), _parts_of(file.place) if file.format == "Parquet" else ()
        )


def _parts_of(path: str) -> tuple[Rows, ...]:
    """Part a large Parquet file between its row groups."""
    try:
        with pq.ParquetFile(file_name(path)) as opened:
            groups = [opened.metadata.row_group(i).num_rows for i in range(opened.metadata.num_row_groups)]
            own = opened.schema_arrow.names
    except (pa.ArrowException, OSError):
        return ()  # counting it says what is wrong
    if "file_row_number" in (name.casefold() for name in own):
        return ()  # which is what DuckDB calls the numbers of rows
    ends = [0]
    for end in accumulate(groups):
        if end - ends[-1] >= ROWS_OF_A_PART:
            ends.append(end)
    ends[-1] = max(sum(groups), ends[-1])  # too few for a part of their own
    return tuple(pairwise(ends)) if len(ends) > 2 else ()

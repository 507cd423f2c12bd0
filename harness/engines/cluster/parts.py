"""A part of a study's files: what is known of it, what is done to it on whatever machine, and what comes of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.comparisons.files import RowsOfFile, open_files
from harness.comparisons.met import Met
from harness.comparisons.scan import CellScores
from harness.comparisons.source import CHANGED, Source, Stamp, sha256_of
from harness.comparisons.stream import Comparisons, NoComparisonsError
from harness.counting import Counts, SubjectCounts
from harness.counting.counts import sealed, unsealed
from harness.engines import local
from harness.errors import InputError
from harness.text import file_name

if TYPE_CHECKING:
    from harness.arrays import BoolArray, FloatArray
    from harness.comparisons.database import MemoryLimit
    from harness.study import Study

__all__ = [
    "COUNTED",
    "FACTS",
    "LOOKED",
    "Conditions",
    "Digested",
    "FileFacts",
    "FilePart",
    "Kind",
    "LabelsByColumn",
    "Looked",
    "NamedFile",
    "Names",
    "PartCounts",
    "Rows",
    "count_part",
    "digest_file",
    "look_at_part",
    "stamp_of",
]

Rows: TypeAlias = tuple[int, int]
"""The first row, and the one after the last, from 0."""
ROWS_OF_A_PART = 1 << 24
"""A large Parquet file is counted in parts of at least this many rows: a second's work."""
Names: TypeAlias = tuple[pa.Array, ...]
"""Names of subjects in order, those of each way of naming people apart; see
`harness.comparisons.scan.names_of_subjects`."""
LabelsByColumn: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Of each column of a cell its name and its labels."""
Content = TypeVar("Content")
LOOK = "harness/looked/2"
NAMES = "harness/names/1"


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
            if self.place not in (error.source or "") + error.problem:
                raise
            problem = error.problem.replace(self.place, self.path)
            source = self.path if error.source == self.place else error.source
            raise type(error)(problem, source=source, line=error.line, column=error.column) from error

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
        Where there is no such file, or the system does not tell of it.
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
    """A whole file as it was read once.

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
    """Split a large Parquet file between its row groups."""
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


@dataclass(frozen=True, eq=False)
class Looked:
    """A look at a part.

    Attributes
    ----------
    rows : int or None
        Where it can be had without reading them.
    kinds : tuple of (str, str)
        The SQL type of each column.
    labels : LabelsByColumn
        Those found so far.
    names : Names
        Of its subjects.
    cells : tuple of CellScores
        None where the scores were not looked at.
    met : Met
    """

    rows: int | None
    kinds: tuple[tuple[str, str], ...]
    labels: LabelsByColumn
    names: Names
    cells: tuple[CellScores, ...]
    met: Met = field(default_factory=Met)


@dataclass(frozen=True, eq=False)
class PartCounts:
    """Counts of a part.

    Attributes
    ----------
    rows : int
        How many comparisons were read.
    counts : Counts
    by_subject : SubjectCounts or None
        With the subjects numbered by their index among ``names``.
    names : Names
    """

    rows: int
    counts: Counts
    by_subject: SubjectCounts | None
    names: Names


@dataclass(frozen=True)
class FilePart:
    """A file, or some rows of it.

    Attributes
    ----------
    file : NamedFile
    sha256 : str
        Of the whole file, hexadecimal.
    rows : Rows or None
        None for all.
    beside : tuple of NamedFile
        Files that are read beside it, of which the study names the places.
    """

    file: NamedFile
    sha256: str
    rows: Rows | None
    beside: tuple[NamedFile, ...] = ()

    @contextmanager
    def being_read(self) -> Iterator[None]:
        """Hold that all files are those that were named, and stay so; errors name them as they were named.

        Raises
        ------
        InputError
        """
        with ExitStack() as files:
            for file in (self.file, *self.beside):
                files.enter_context(file.being_read())
            yield

    def source(self, study: Study) -> Source:
        """Open it.

        Raises
        ------
        InputError
            Where it cannot be read as the study says.
        """
        if self.rows is None:
            return open_files(
                [self.file.place], study.stored_columns, names=study.names, decimal=study.score.decimal
            )
        return RowsOfFile((Path(self.file.place),), *self.rows)


@dataclass(frozen=True)
class Conditions:
    """Terms of the machine that does a job.

    Attributes
    ----------
    threads : int or None
        None for one a processor.
    memory : MemoryLimit or None
    progress : callable
        Called with the number of comparisons just counted.
    """

    threads: int | None = None
    memory: MemoryLimit | None = None
    progress: Callable[[int], None] = lambda rows: None

    def open(self, part: FilePart, study: Study) -> Comparisons:
        """Open the comparisons of a part."""
        return Comparisons(part.source(study), study, memory=self.memory, threads=self.threads)


def look_at_part(part: FilePart, conditions: Conditions, *, study: Study, tail: int) -> Looked:
    """Find out what counting has to know of all parts beforehand.

    Parameters
    ----------
    part, conditions, study
    tail : int
        How many of the highest scores to keep of each cell; 0 to leave the scores alone.

    Raises
    ------
    InputError
        Where a row cannot be used, or the file is not the one that was named.
    """
    with part.being_read(), conditions.open(part, study) as comparisons:
        cells = comparisons.read(lambda coding: comparisons.survey(coding, tail)) if tail else ()
        return Looked(
            rows=comparisons.rows(),
            kinds=tuple(comparisons.kinds.items()),
            labels=tuple(comparisons.labels.items()),
            names=comparisons.subject_names(),
            cells=cells,
            met=comparisons.met,
        )


def count_part(
    part: FilePart,
    conditions: Conditions,
    *,
    study: Study,
    thresholds: FloatArray,
    at: FloatArray | None,
    among: Names | None,
) -> PartCounts:
    """Count a part.

    Parameters
    ----------
    part, conditions, study
    thresholds : ndarray of float64, shape (T,)
        Canonical, finite, strictly ascending.
    at : ndarray of float64, optional
        Those of them to count by subject at; None to count by cell alone.
    among : Names, optional
        Count only comparisons of which every subject is one of these.

    Raises
    ------
    InputError
        As of `look_at_part`.
    """
    rows = 0

    def progress(read: int) -> None:
        nonlocal rows
        rows += read
        conditions.progress(read)

    with part.being_read(), conditions.open(part, study) as comparisons:
        names = comparisons.subject_names() if at is not None else ()
        try:
            if at is None:
                counts, by_subject = local.count(comparisons, thresholds, progress=progress), None
            else:
                counts, by_subject = local.count_by_subject(
                    comparisons, thresholds, among=_which(names, among), at=at, progress=progress
                )
        except NoComparisonsError:
            counts = Counts.zero(comparisons.columns, thresholds)
            by_subject = None if at is None else SubjectCounts.zero(at)
        return PartCounts(rows, counts, by_subject, names)


def _which(names: Names, among: Names | None) -> BoolArray | None:
    """Tell which of the subjects, in the order of their numbers, are among these."""
    if among is None:
        return None
    chosen = [pc.is_in(own, value_set=some) for own, some in zip(names, among, strict=True)]
    return np.asarray(pa.concat_arrays(chosen).to_numpy(zero_copy_only=False), np.bool_)


@dataclass(frozen=True)
class Kind(Generic[Content]):
    """A kind of record: the name of the folder it is kept in, and how it becomes bytes and is read again."""

    name: str
    to_bytes: Callable[[Content], bytes]
    from_bytes: Callable[[bytes], Content]


def facts_to_bytes(facts: FileFacts) -> bytes:
    """Write what is known of a file."""
    return json.dumps(asdict(facts)).encode()


def facts_from_bytes(data: bytes) -> FileFacts:
    """Read what `facts_to_bytes` wrote."""
    found = json.loads(data)
    stamp = Stamp(**found["file"].pop("stamp"))
    parts = tuple((first, end) for first, end in found["digested"].pop("parts"))
    return FileFacts(
        NamedFile(**found["file"], stamp=stamp), Digested(**found["digested"], parts=parts), found["begun"]
    )


def looked_to_bytes(looked: Looked) -> bytes:
    """Write what a look at a part showed."""
    head = {
        "schema": LOOK,
        "rows": looked.rows,
        "kinds": looked.kinds,
        "labels": looked.labels,
        "cells": [asdict(cell) for cell in looked.cells],
        "met": looked.met.to_dict(),
    }
    return _joined([sealed(head, {}), *_names_to_bytes(looked.names)])


def looked_from_bytes(data: bytes) -> Looked:
    """Read what `looked_to_bytes` wrote."""
    own, *names = _split(data)
    head, _ = unsealed(own, LOOK)
    return Looked(
        rows=head["rows"],
        kinds=tuple((name, kind) for name, kind in head["kinds"]),
        labels=tuple((name, tuple(labels)) for name, labels in head["labels"]),
        names=_names_from_bytes(names),
        cells=tuple(_cell_from(cell) for cell in head["cells"]),
        met=Met.from_dict(head["met"]),
    )


def _cell_from(found: dict[str, Any]) -> CellScores:
    return CellScores(
        tuple(found["cell"]), found["mated"], found["trials"], found["lowest"], tuple(found["highest"])
    )


def counted_to_bytes(counted: PartCounts) -> bytes:
    """Write what was counted of a part."""
    by_subject = b"" if counted.by_subject is None else counted.by_subject.to_bytes()
    rows = counted.rows.to_bytes(8, "little")
    return _joined([rows, counted.counts.to_bytes(), by_subject, *_names_to_bytes(counted.names)])


def counted_from_bytes(data: bytes) -> PartCounts:
    """Read what `counted_to_bytes` wrote."""
    rows, counts, by_subject, *names = _split(data)
    return PartCounts(
        int.from_bytes(rows, "little"),
        Counts.from_bytes(counts),
        SubjectCounts.from_bytes(by_subject) if by_subject else None,
        _names_from_bytes(names),
    )


def _names_to_bytes(names: Names) -> list[bytes]:
    return [sealed({"schema": NAMES}, {"name": side}) for side in names]


def _names_from_bytes(sides: list[bytes]) -> Names:
    columns = [unsealed(side, NAMES)[1]["name"].chunks for side in sides]
    return tuple(pa.concat_arrays([pa.array([], pa.large_string()), *chunks]) for chunks in columns)


def _joined(pieces: list[bytes]) -> bytes:
    sizes = np.array([len(pieces), *map(len, pieces)], "<i8")
    return b"".join([sizes.tobytes(), *pieces])


def _split(data: bytes) -> list[bytes]:
    (pieces,) = np.frombuffer(data, "<i8", 1)
    ends = 8 * (pieces + 1) + np.cumsum([0, *np.frombuffer(data, "<i8", pieces, offset=8)])
    return [data[start:end] for start, end in pairwise(ends)]


FACTS = Kind("files", facts_to_bytes, facts_from_bytes)


LOOKED = Kind("looks", looked_to_bytes, looked_from_bytes)


COUNTED = Kind("counts", counted_to_bytes, counted_from_bytes)

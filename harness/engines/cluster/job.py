"""What is done to one part, on whatever machine: a look at it, or the counting of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from harness.arrays import BoolArray, FloatArray
from harness.comparisons import Comparisons, MemoryLimit
from harness.comparisons.files import RowsOfFile, open_files
from harness.comparisons.source import Source
from harness.comparisons.stream import NoComparisonsError
from harness.counting import Counts, SubjectCounts
from harness.engines import local
from harness.engines.cluster.facts import NamedFile, Rows
from harness.engines.cluster.results import Counted, Looked, Names
from harness.study import Study

__all__ = ["Conditions", "Part", "count_part", "look_at_part"]


@dataclass(frozen=True)
class Part:
    """A file, or some rows of it.

    Attributes
    ----------
    file : NamedFile
    sha256 : str
        Of the whole file, hexadecimal.
    rows : Rows or None
        None for all.
    """

    file: NamedFile
    sha256: str
    rows: Rows | None

    def source(self, study: Study) -> Source:
        """Open it.

        Raises
        ------
        InputError
            Where it cannot be read as the study says.
        """
        if self.rows is None:
            return open_files([self.file.place], study.columns)
        return RowsOfFile((Path(self.file.place),), *self.rows)


@dataclass(frozen=True)
class Conditions:
    """What the machine that does a job allows it.

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

    def open(self, part: Part, study: Study) -> Comparisons:
        """Open the comparisons of a part."""
        return Comparisons(part.source(study), study, memory=self.memory, threads=self.threads)


def look_at_part(part: Part, conditions: Conditions, *, study: Study, tail: int) -> Looked:
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
    with part.file.being_read(), conditions.open(part, study) as comparisons:
        cells = comparisons.read(lambda coding: comparisons.survey(coding, tail)) if tail else ()
        return Looked(
            rows=comparisons.rows(),
            kinds=tuple(comparisons.kinds.items()),
            labels=tuple(comparisons.labels.items()),
            names=comparisons.subject_names(),
            cells=cells,
        )


def count_part(
    part: Part,
    conditions: Conditions,
    *,
    study: Study,
    thresholds: FloatArray,
    at: FloatArray | None,
    among: Names | None,
) -> Counted:
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

    with part.file.being_read(), conditions.open(part, study) as comparisons:
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
        return Counted(rows, counts, by_subject, names)


def _which(names: Names, among: Names | None) -> BoolArray | None:
    """Which of the subjects, in the order of their numbers, are among these."""
    if among is None:
        return None
    chosen = [pc.is_in(own, value_set=some) for own, some in zip(names, among, strict=True)]
    return np.asarray(pa.concat_arrays(chosen).to_numpy(zero_copy_only=False), np.bool_)

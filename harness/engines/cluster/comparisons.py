"""Comparisons in files, counted part by part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import numpy as np
import pyarrow as pa

from harness.arrays import BoolArray, FloatArray
from harness.comparisons import CellScores, Input
from harness.comparisons.coding import Coding
from harness.comparisons.files import holds_rows
from harness.comparisons.labels import labels_in, require_distinct_labels
from harness.comparisons.listing import Listing
from harness.comparisons.unchanged import refuse_copies
from harness.counting import Counts, SubjectCounts, thresholds_for
from harness.engines.cluster.facts import FileFacts, NamedFile
from harness.engines.cluster.job import Part, count_part
from harness.engines.cluster.merging import TreeSum, in_order, numbers_of, renumbered
from harness.engines.cluster.overview import Overview, look_over
from harness.engines.cluster.records import COUNTED
from harness.engines.cluster.results import Names
from harness.engines.cluster.running import Meanwhile, Runner
from harness.engines.cluster.store import CheckpointStore
from harness.engines.cluster.work import Work, facts_of, require_same_bytes
from harness.errors import InputError
from harness.study import Study
from harness.text import file_name

__all__ = ["PartedComparisons"]

Progress: TypeAlias = Callable[[int], None]
Sums: TypeAlias = tuple[Counts, SubjectCounts | None]


class PartedComparisons:
    """Every comparison in a study's files, of which parts are counted by themselves and their counts added up.

    What is found is, to the bit, what `harness.engines.local` finds in one pass. Use it as a context manager.

    Parameters
    ----------
    listing : Listing
        The files.
    study : Study
    runner : Runner
        Who counts the parts; closed at the end.
    store : CheckpointStore, optional
        Where what is found of finished parts is kept, and taken from.
    """

    def __init__(self, listing: Listing, study: Study, runner: Runner, store: CheckpointStore | None) -> None:
        self.study = study
        self.left_out = listing.left_out
        self._files = [NamedFile.of(path, listing.kind) for path in listing.paths]
        self._runner, self._store = runner, store
        self._latest: Overview | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.close()

    @property
    def name(self) -> str:
        """What errors call the scores."""
        first, others = self._files[0].path, len(self._files) - 1
        return f"{first} and {others} more" if others else first

    @property
    def columns(self) -> tuple[str, ...]:
        """What the entries of a cell are values of."""
        coding = Coding.of(self.study, dict.fromkeys(self.study.groups, ()))
        return tuple(column.name for column in coding.columns)

    @property
    def score_type(self) -> str:
        """float32 where all scores were stored so, else float64."""
        return self._overview().score_type

    @property
    def subjects(self) -> int:
        """How many subjects there are, numbered from 0 in the order of their names."""
        return sum(map(len, self._overview().names))

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of what has been read, each file of which is digested again.

        Raises
        ------
        InputError
            Where a file is not what it was before.
        """
        require_same_bytes([known for known in self._facts if known.file in self._work.read], self._runner)
        return tuple(
            Input(file_name(known.file.path), known.file.stamp.size, known.digested.sha256)
            for known in self._facts
        )

    def rows(self) -> int | None:
        """Return the number of rows where it can be had without reading them."""
        return self._overview().rows

    def survey(self, tail: int) -> tuple[CellScores, ...]:
        """Look at the range and the highest scores of every cell; see `harness.comparisons.Comparisons.survey`."""
        return in_order(self._overview(tail).cells)

    def count(self, thresholds: FloatArray, *, progress: Progress = lambda rows: None) -> Counts:
        """Count all comparisons; see `harness.engines.local.count`."""
        counts, _ = self._counted(thresholds, None, None, progress)
        return counts

    def count_by_subject(
        self,
        thresholds: FloatArray,
        *,
        among: BoolArray | None = None,
        progress: Progress = lambda rows: None,
    ) -> tuple[Counts, SubjectCounts]:
        """Count all comparisons, and those of every subject; see `harness.engines.local.count_by_subject`."""
        at = thresholds_for(thresholds, self.subjects)
        chosen = None if among is None else _among(self._overview().names, among)
        counts, by_subject = self._counted(thresholds, at, chosen, progress)
        return counts, SubjectCounts.zero(at) if by_subject is None else by_subject

    def _counted(
        self, thresholds: FloatArray, at: FloatArray | None, among: Names | None, progress: Progress
    ) -> Sums:
        everybody = self._overview().names
        sums: TreeSum[Sums] = TreeSum(_added, _bytes)
        told = rows = 0

        def tell(counted: int) -> None:
            nonlocal told
            told += counted
            progress(counted)

        job = partial(count_part, study=self.study, thresholds=thresholds, at=at, among=among)
        on = {"thresholds": _digest(thresholds), "by subject at": _digest(at), "among": _digest_names(among)}
        with closing(self._work.each(job, COUNTED, on, Meanwhile(tell, lambda: sums.bytes))) as results:
            for _, part in results:
                by_subject = part.by_subject
                if by_subject is not None:
                    by_subject = renumbered(by_subject, numbers_of(part.names, everybody))
                sums.add((part.counts, by_subject))
                rows += part.rows
                progress(part.rows - told)
                told = 0
        if not rows:
            raise InputError("holds no comparisons, only column names; give it rows", source=self.name)
        counts, by_subject = sums.total((Counts.zero(self.columns, thresholds), None))
        try:  # a label may stand far down in a part
            require_distinct_labels(labels_in(self.study, counts.cells))
        except InputError as error:
            raise InputError(error.problem, source=self.name) from None
        return counts, by_subject

    def _overview(self, tail: int = 0) -> Overview:
        if self._latest is None or self._latest.tail < tail:
            self._latest = look_over(self._work, self._parts, self.study, tail)
        return self._latest

    @cached_property
    def _facts(self) -> list[FileFacts]:
        facts = facts_of(self._files, self._runner, self._store)
        refuse_copies(((Path(known.file.path), known.digested.sha256) for known in facts), holds_rows)
        return facts

    @cached_property
    def _parts(self) -> list[Part]:
        return [
            Part(known.file, known.digested.sha256, rows)
            for known in self._facts
            for rows in known.digested.parts or (None,)
        ]

    @cached_property
    def _work(self) -> Work:
        return Work(self.study, self._parts, self._runner, self._store)


def _added(one: Sums, other: Sums) -> Sums:
    (counts, by_subject), (more, more_by_subject) = one, other
    if by_subject is None or more_by_subject is None:
        return counts + more, None
    return counts + more, by_subject + more_by_subject


def _bytes(sums: Sums) -> int:
    counts, by_subject = sums
    return counts.bins.nbytes + (0 if by_subject is None else by_subject.bins.nbytes)


def _among(names: Names, among: BoolArray) -> Names:
    """The names of the subjects that are among these, given by their numbers."""
    ends = np.cumsum([0, *map(len, names)])
    return tuple(
        side.filter(pa.array(among[start:end]))
        for side, (start, end) in zip(names, pairwise(ends), strict=True)
    )


def _digest(numbers: FloatArray | None) -> str | None:
    return None if numbers is None else hashlib.sha256(numbers.tobytes()).hexdigest()


def _digest_names(names: Names | None) -> Any:
    if names is None:
        return None
    return [hashlib.sha256(repr(side.to_pylist()).encode()).hexdigest() for side in names]

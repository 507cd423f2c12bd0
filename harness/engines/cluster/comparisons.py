"""Comparisons in files, counted part by part."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property, partial, reduce
from itertools import pairwise
from operator import add
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
import pyarrow as pa

from harness.comparisons.coding import Coding, coded_sides, labels_in, require_distinct_labels
from harness.comparisons.derived.deriving import files_beside
from harness.comparisons.files import holds_rows
from harness.comparisons.listing import Listing, list_files
from harness.comparisons.met import Met
from harness.comparisons.source import Input, refuse_copies
from harness.comparisons.stream import Comparisons
from harness.counting import Counts, SubjectCounts, thresholds_for
from harness.engines.cluster.merging import (
    CellScoresByCell,
    TreeSum,
    in_order,
    merged_cells,
    numbers_of,
    renumbered,
    require_agreement,
    score_type_of,
    united,
)
from harness.engines.cluster.parts import (
    COUNTED,
    LOOKED,
    FileFacts,
    FilePart,
    Looked,
    NamedFile,
    Names,
    count_part,
    look_at_part,
)
from harness.engines.cluster.running import Meanwhile, Runner, Work, facts_of, require_same_bytes
from harness.engines.cluster.store import CheckpointStore
from harness.errors import InputError
from harness.text import file_name

if TYPE_CHECKING:
    from harness.arrays import BoolArray, FloatArray
    from harness.comparisons.scan import CellScores
    from harness.comparisons.sources import Scores
    from harness.engines.local import Progress
    from harness.study import Study

__all__ = ["Overview", "PartedComparisons", "look_over", "open_parts"]


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

    notes: tuple[str, ...] = ()
    """As of `harness.comparisons.Comparisons`."""

    def __init__(self, listing: Listing, study: Study, runner: Runner, store: CheckpointStore | None) -> None:
        self.study = study
        self.left_out = listing.left_out
        self._files = [NamedFile.of(path, listing.kind) for path in listing.paths]
        self._beside = tuple(NamedFile.of(path, "beside the scores") for path in files_beside(study))
        self._study_there = study.with_files(os.path.abspath)
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
        """Name of the scores in errors."""
        first, others = self._files[0].path, len(self._files) - 1
        return f"{first} and {others} more" if others else first

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the entries of a cell are values of."""
        coding = Coding.of(self.study, dict.fromkeys(self.study.groups, ()))
        return tuple(column.name for column in coding.columns)

    @property
    def score_type(self) -> str:
        """float32 where all scores were stored so, else float64."""
        return self._overview().score_type

    @property
    def subjects(self) -> int:
        """Number of subjects, which are numbered from 0 in the order of their names."""
        return sum(map(len, self._overview().names))

    @property
    def met(self) -> Met:
        """What of the study, and of its key, some row has."""
        return self._overview().met

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of what has been read, each file of which is digested again.

        Raises
        ------
        InputError
            Where a file is not what it was before.
        """
        require_same_bytes([known for known in self._facts if known.file in self._work.read], self._runner)
        require_same_bytes(self._facts_beside, self._runner)
        return tuple(
            Input(file_name(known.file.path), known.file.stamp.size, known.digested.sha256)
            for known in (*self._facts, *self._facts_beside)
        )

    @property
    def keeps_counts(self) -> bool:
        """Whether what is found of finished parts is kept."""
        return self._store is not None

    def opened(self) -> Comparisons:
        """Open all rows on this machine."""
        return Comparisons([file.path for file in self._files], self.study)

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

        job = partial(count_part, study=self._study_there, thresholds=thresholds, at=at, among=among)
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
        try:  # a label may come far down in a part
            require_distinct_labels(labels_in(self.study, counts.cells))
        except InputError as error:
            raise InputError(error.problem, source=self.name) from None
        return counts, by_subject

    def _overview(self, tail: int = 0) -> Overview:
        if self._latest is None or self._latest.tail < tail:
            self._latest = look_over(self._work, self._parts, self._study_there, tail)
        return self._latest

    @cached_property
    def _facts(self) -> list[FileFacts]:
        facts = facts_of(self._files, self._runner, self._store)
        refuse_copies(
            ((Path(known.file.path), known.digested.sha256) for known in facts),
            partial(holds_rows, names=self.study.names),
        )
        return facts

    @cached_property
    def _facts_beside(self) -> list[FileFacts]:
        return facts_of(self._beside, self._runner, self._store)

    @cached_property
    def _parts(self) -> list[FilePart]:
        return [
            FilePart(known.file, known.digested.sha256, rows, self._beside)
            for known in self._facts
            for rows in known.digested.parts or (None,)
        ]

    @cached_property
    def _work(self) -> Work:
        beside = [known.digested.sha256 for known in self._facts_beside]
        return Work(self.study, self._parts, self._runner, self._store, beside)


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


@dataclass(frozen=True, eq=False)
class Overview:
    """All parts at a glance.

    Attributes
    ----------
    tail : int
        How many of the highest scores of each cell are among ``cells``; with 0 there are none.
    rows : int or None
        None where it cannot be had without reading them.
    score_type : str
        float32 where all scores are stored so, else float64.
    names : Names
        Of all subjects, in order.
    cells : CellScoresByCell
    met : Met
    """

    tail: int
    rows: int | None
    score_type: str
    names: Names
    cells: CellScoresByCell
    met: Met


def look_over(work: Work, parts: Sequence[FilePart], study: Study, tail: int) -> Overview:
    """Look at each part.

    Parameters
    ----------
    work : Work
    parts : sequence of FilePart
        Those that it works on.
    study : Study
    tail : int
        How many of the highest scores to keep of each cell; 0 to leave the scores alone.

    Raises
    ------
    InputError
        Where a part cannot be read as the study says, or not as the others are.
    """
    bare: dict[int, Looked] = {}
    names: TreeSum[Names] = TreeSum(united)
    cells: CellScoresByCell = {}
    job = partial(look_at_part, study=study, tail=tail)
    with closing(work.each(job, LOOKED, {"tail": tail}, Meanwhile())) as looks:
        for index, looked in looks:
            names.add(looked.names)
            cells = merged_cells(cells, looked.cells, tail)
            bare[index] = replace(looked, names=(), cells=())
    in_order = [bare[index] for index in range(len(parts))]
    require_agreement(parts, in_order, study)
    _require_few_cells(parts, in_order, study)
    rows = [looked.rows for looked in in_order]
    return Overview(
        tail=tail,
        rows=sum(row or 0 for row in rows) if None not in rows else None,
        score_type=score_type_of(in_order, study),
        names=names.total(()),
        cells=cells,
        met=reduce(add, (looked.met for looked in in_order)),
    )


def _require_few_cells(parts: Sequence[FilePart], looked: Sequence[Looked], study: Study) -> None:
    found: dict[str, set[str]] = {}
    for look in looked:
        for name, labels in look.labels:
            found.setdefault(name, set()).update(labels)
    by_attribute = {
        attribute: tuple(sorted(found[coded_sides(attribute, columns, study.pairing)[0][0]]))
        for attribute, columns in study.groups.items()
    }
    try:
        Coding.of(study, by_attribute)
    except InputError as error:
        raise InputError(error.problem, source=parts[0].file.path) from None


def open_parts(
    scores: Scores, study: Study, start: Callable[[], Runner], *, checkpoints: Path | None = None
) -> PartedComparisons:
    """Open scores in files, to be used as a context manager; no file is opened yet.

    Parameters
    ----------
    scores : Scores
        A path, glob or folder, or several.
    study : Study
    start : callable
        Starts who counts the parts, once it is known that there are files.
    checkpoints : Path, optional
        The folder to keep what is found of finished parts in.

    Raises
    ------
    InputError
        Where the scores are not files, or there are none; where checkpoints cannot be kept.
    """
    named = [scores] if isinstance(scores, str | os.PathLike) else scores
    if (
        not isinstance(named, Sequence)
        or not named
        or not all(isinstance(item, str | os.PathLike) for item in named)
    ):
        raise InputError(
            f"{type(scores).__name__} is read in this process, all at once; checkpoints and clusters are for files"
        )
    listing = list_files(named, files_beside(study))
    store = None if checkpoints is None else CheckpointStore(checkpoints)
    return PartedComparisons(listing, study, start(), store)

"""Comparisons as a stream of batches in canonical columns, opened on a study's terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self, TypeAlias, TypeVar

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from harness.comparisons.coding import (
    Coding,
    NearEqualLabelsError,
    Queries,
    as_counted,
    labels_of,
    require_columns,
)
from harness.comparisons.database import Database, MemoryLimit, first_fault
from harness.comparisons.derived.deriving import derived_from, files_beside
from harness.comparisons.derived.named import with_paths
from harness.comparisons.files import Files
from harness.comparisons.images.pair_source import PairSource
from harness.comparisons.images.pairs import Pairs
from harness.comparisons.listed_pairs import with_pairs
from harness.comparisons.met import Met
from harness.comparisons.scan import (
    Batch,
    CellScores,
    Scan,
    Subjects,
    names_of_subjects,
    number_subjects,
    survey_sql,
)
from harness.comparisons.searches.reading import Searches, read_searches
from harness.comparisons.source import CHANGED, Input, Source
from harness.comparisons.sources import (
    Scores,
    kinds_of,
    open_source,
    require_folders_agree,
    require_not_in_folders,
    with_text,
)
from harness.comparisons.sql import literal
from harness.comparisons.standard_input import NAME as STANDARD_INPUT
from harness.comparisons.standard_input import StandardInput, is_standard_input
from harness.errors import InputError
from harness.files import temporary_folder
from harness.study import Score, Study

__all__ = [
    "CellScores",
    "Comparisons",
    "NoComparisonsError",
    "Opened",
    "open_comparisons",
]


Result = TypeVar("Result")
ROWS_TO_GUESS_LABELS_FROM = 50_000


class UnlistedLabelError(Exception):
    """A row whose label the coding lacks; the coding must be made again from all rows."""


class NoComparisonsError(InputError):
    """There is not one row; which is no fault of one file among several."""


class Comparisons:
    """Every comparison of a study, readable any number of times, checked as it is read.

    Use it as a context manager: a stream that can be read only once is kept in a temporary file until the end.

    Parameters
    ----------
    scores : Scores
        Files, arrays, a dataframe or an Arrow stream.
    study : Study
    memory : MemoryLimit, optional
        By default reading takes as much as DuckDB finds fit.
    threads : int, optional
        How many to read with; by default one a processor.
    digested : bool
        Whether files are digested before they are read, so that `inputs` can tell whether they were the same
        throughout; by default the file system's word is taken for it.
    beside : sequence of str
        Columns beside the study's, to be kept of a table or a stream for `ask` and `write`; files keep all.

    Attributes
    ----------
    named : tuple of tuple of str or None
        Once `batches` has read all rows: for every combination of labels that a side of a comparison has, the cell
        of comparisons of two such sides, whether there are any or not.

    Raises
    ------
    InputError
        Where the scores cannot be read as the study says.
    """

    notes: tuple[str, ...] = ()
    """Rows need no word on how they are taken."""

    def __init__(
        self,
        scores: Scores,
        study: Study,
        *,
        memory: MemoryLimit | None = None,
        threads: int | None = None,
        digested: bool = False,
        beside: Sequence[str] = (),
    ) -> None:
        self.study = study
        self.named: tuple[tuple[str | None, ...], ...] = ()
        self.searches: Searches | None = None
        self._coding_is_complete = False
        self._scratch = temporary_folder()
        self._standard_input: StandardInput | None = None
        try:
            scratch = self._scratch.folder
            if is_standard_input(scores):
                self._standard_input = StandardInput.spooled()
                scores = self._standard_input.path
            stored = self._open(scores, study, beside, scratch, digested=digested)
            if study.pairs:
                stored = with_pairs(stored, study.pairs, digested=digested)
            self.left_out = stored.left_out if isinstance(stored, Files) else ()
            self._source: Source = with_paths(stored, study)
            self._database = Database(stored, scratch, threads=threads)
            self._memory = memory
            self.leave_room(0, "")
            self._kinds = self._column_kinds(digested=digested)
            self._given = self._source, self._kinds
            self._queries = Queries(study, self._kinds, self._source.text_only)
            self._require_whole()
            if study.reads_searches:
                self.searches = self._read_searches(digested=digested)
            self._coding = self._code(f"LIMIT {ROWS_TO_GUESS_LABELS_FROM}")
        except BaseException as error:
            self._fail(error)
            raise

    @staticmethod
    def _open(
        scores: Scores, study: Study, beside: Sequence[str], scratch: Path, *, digested: bool
    ) -> Source:
        """Open what holds the comparisons; searches whose scores are in candidate lists may have none."""

        def opened(columns: Sequence[str]) -> Source:
            return open_source(
                scores,
                tuple(dict.fromkeys((*columns, *beside))),
                scratch,
                digested=digested,
                names=study.names,
                decimal=study.score.decimal,
                apart=files_beside(study),
            )

        try:
            return opened(study.stored_columns)
        except InputError:
            if study.required_columns == study.stored_columns:
                raise
            return opened(study.required_columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fail(error)

    def _fail(self, error: BaseException | None) -> None:
        """Let go of everything, and say what failed of standard input by its name."""
        self.close()
        if self._standard_input is not None and isinstance(error, InputError):
            raise self._standard_input.named(error) from error

    def close(self) -> None:
        """Let go of the files, and of what was kept of a stream."""
        if hasattr(self, "_database"):
            self._database.close()
        self._scratch.close()
        if self._standard_input is not None:
            self._standard_input.close()

    def leave_room(self, tables: int, counted: str) -> None:
        """Read with the memory that is left beside tables of so many bytes.

        Parameters
        ----------
        tables : int
            Bytes of the tables that are counted in.
        counted : str
            What is counted in them, for the message.

        Raises
        ------
        InputError
            Where there is too little.
        """
        if self._memory is not None:
            self._database.limit_memory(self._memory.beside(tables, counted))

    @property
    def memory_is_limited(self) -> bool:
        """Whether reading may not take what memory it likes."""
        return self._memory is not None

    @property
    def name(self) -> str:
        """Name of the scores in errors."""
        return self._source.name if self._standard_input is None else STANDARD_INPUT

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the entries of a cell are values of."""
        return tuple(column.name for column in self._coding.columns)

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The labels of each column of a cell: those of the first rows, or of all once `read` has needed them."""
        return {column.name: column.labels for column in self._coding.columns}

    @property
    def kinds(self) -> dict[str, str]:
        """The SQL type of each column of the scores, in their order."""
        return dict(self._kinds)

    @property
    def score_type(self) -> str:
        """float32 where the scores were stored so, else float64."""
        return "float32" if self._kinds[self.study.score.column] == "FLOAT" else "float64"

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of what has been read.

        Raises
        ------
        InputError
            Where a file changed since it was opened.
        """
        read = self._source.inputs()
        return read if self._standard_input is None else (replace(read[0], name=STANDARD_INPUT), *read[1:])

    def rows(self) -> int | None:
        """Return the number of rows where it can be had without reading them."""
        if self._source.text_only:
            return None
        return self._count(self._source.narrowed(()))

    @cached_property
    def met(self) -> Met:
        """What of the study, and of its key, some row has."""
        return self._source.met(self._database)

    def _count(self, source: Source) -> int:
        found = self._database.fetch(f"SELECT count(*) FROM {self._database.relation_of(source)}")
        return int(found[0][0])

    def _read_searches(self, *, digested: bool) -> Searches:
        """Read searches once, and take them from then on as they count."""
        source, kinds = self._given
        found = read_searches(
            self._database, source, kinds, self.study, self._scratch.folder, digested=digested
        )
        self._use(found.rows)
        self.study = found.study
        self._kinds = kinds_of(self._database, found.rows)
        self._queries = Queries(as_counted(self.study), self._kinds, text_only=False)
        return found

    def scored_by(self, column: str) -> Comparisons:
        """Return the same searches with other scores, which are canonical and of which NaN is a failure.

        It is good until these comparisons are closed.

        Parameters
        ----------
        column : str
            Of those that `harness.comparisons.searches.source` names.
        """
        other = copy(self)
        score = Score(column=column)
        other.study = self.study.model_copy(update={"score": score, "missing_scores": "count"})
        other._queries = Queries(other.study, self._kinds, text_only=False)
        return other

    def _require_whole(self) -> None:
        """Refuse rows that a join would leave out."""
        if self._source.may_lose_rows:
            narrowed = self._source.narrowed(())
            if self._count(self._source) != self._count(narrowed):
                self._coding_is_complete = True
                self.refuse()

    def read(self, use: Callable[[Coding], Result]) -> Result:
        """Call ``use`` with a coding of the labels, which it must pass on to `batches` or `survey`.

        The labels are first taken from the first rows; should others turn up later, all rows are looked through
        for labels and ``use`` is called again.
        """
        try:
            return use(self._coding)
        except UnlistedLabelError:
            self._coding = self._code("")
            self._coding_is_complete = True
            return use(self._coding)

    def batches(self, coding: Coding) -> Iterator[Batch]:
        """Read all rows, with the subjects of each where the study names them.

        Raises
        ------
        InputError
            At the first batch with a row that cannot be used.
        """
        subjects = self._numbered
        scan = Scan(self._queries.study, self._kinds, self._source.text_only, coding, subjects)
        self.named = ()
        rows = 0
        needed = [name for name in self.study.columns if name not in subjects.labels]
        for read in self._database.stream(scan.sql(self._database.relation(needed))):
            batch = scan.batch(read)
            if batch is None:
                self.refuse()
            else:
                rows += batch.num_rows
                yield batch
        if any(column.rows not in (None, rows) for column in subjects.columns):
            self.refuse()  # a row without a subject is not among those read
        if rows == 0:
            raise NoComparisonsError(
                "holds no comparisons, only column names; give it rows", source=self.name
            )
        self.named = scan.named.cells()

    def survey(self, coding: Coding, tail: int) -> tuple[CellScores, ...]:
        """Look at the range and the highest scores of every cell.

        Parameters
        ----------
        coding : Coding
        tail : int
            How many of the highest scores to keep of each cell.

        Raises
        ------
        InputError
            Where a row cannot be used.
        """
        found = self.ask(lambda queries, relation: survey_sql(queries, relation, coding), tail=tail)
        if any(code < 0 or infinite for code, _, _, _, infinite in found):
            self.refuse()
        return tuple(
            CellScores(
                coding.cell(code // 2), code % 2 == 1, trials, float(lowest), tuple(map(float, highest))
            )
            for code, trials, lowest, highest, _ in found
        )

    def ask(self, query: Callable[[Queries, str], str], **parameters: int) -> Sequence[tuple[Any, ...]]:
        """Fetch what a query about all rows finds.

        Parameters
        ----------
        query : callable
            Given the canonical rows and the SQL name of the source, returns SQL.
        **parameters : int
            Values of ``$name`` in it.
        """
        return self._database.fetch(query(self._queries, self._database.relation()), parameters)

    def keep(self, name: str, query: str) -> None:
        """Make a table of what a query finds, for other queries."""
        self._database.fetch(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")

    def table(self, query: str, given: pa.Table | None = None) -> pa.Table:
        """Return what a query finds; see `harness.comparisons.database.Database.table`."""
        return self._database.table(query, given)

    def ask_each_file(
        self, query: Callable[[Queries, str], str], **parameters: int
    ) -> list[tuple[str, Sequence[tuple[Any, ...]]]]:
        """Fetch what a query about the numbered rows of one file finds, file by file, with the name of each."""
        return [
            (
                part.name,
                self._database.fetch(query(self._queries, self._database.numbered(part)), parameters),
            )
            for part in self._source.parts()
        ]

    def write(self, query: Callable[[Queries, str], str], folder: Path) -> tuple[str, ...]:
        """Write what a query about the rows of one file finds to Parquet files ``0.parquet``, ``1.parquet`` and so on.

        Parameters
        ----------
        query : callable
            As for `ask`; the rows have their numbers in the column `harness.comparisons.source.ROW`.
        folder : Path
            An existing one.

        Returns
        -------
        tuple of str
            The name of the file that each is of.
        """
        names = []
        for index, part in enumerate(self._source.parts()):
            path = literal(str(folder / f"{index}.parquet"))
            found = query(self._queries, self._database.numbered(part))
            self._database.fetch(f"COPY ({found}) TO {path} (FORMAT parquet)")
            names.append(part.name)
        return tuple(names)

    @property
    def subjects(self) -> int:
        """Number of subjects, which are numbered from 0 in the order of their names."""
        return self._numbered.count

    @property
    def number_of_index(self) -> npt.NDArray[np.int64]:
        """The numbers of the subjects whose indices `batches` gives."""
        return self._numbered.number_of_index

    def subject_names(self) -> tuple[pa.Array, ...]:
        """Return the names of the subjects, see `harness.comparisons.scan.names_of_subjects`."""
        _ = self._numbered
        return names_of_subjects(self._database, self._queries)

    @cached_property
    def _numbered(self) -> Subjects:
        return number_subjects(self._database, self._queries) if self.study.subjects else Subjects.none()

    def refuse(self) -> NoReturn:
        """Raise what is wrong with the first row that cannot be used; for `read`, that a label is new.

        Raises
        ------
        InputError
        """
        self._source.require_unchanged()
        if not self._coding_is_complete:
            raise UnlistedLabelError
        source, kinds = self._given
        study = self.study
        if self.searches is not None:  # whose second subject follows from others
            study = study.model_copy(update={"subjects": study.subjects[:1]})
        with self._database.reader_faults(), duckdb.connect() as connection:
            fault = first_fault(connection, source, study, kinds)
        raise fault or InputError(CHANGED, source=self.name)

    def _column_kinds(self, *, digested: bool) -> dict[str, str]:
        """Return the SQL type of each column, having looked at each file by itself.

        Together, one would fill up with nothing what another lacks.
        """
        opened, database = self._source, self._database
        stored = opened.stored
        for part in stored.parts() if opened is not stored else ():
            self._require_not_there(part, self.study.from_path)
        parts = opened.parts()
        kinds_of_parts = [kinds_of(database, part) for part in parts]
        for part, own in zip(parts, kinds_of_parts, strict=True):
            part.require_named_once(self.study.stored_columns, list(own))
            self._require_columns(part, own)
        self._use(with_text(database, opened, kinds_of_parts, self.study))
        kinds = kinds_of(database, self._source)
        self._require_columns(self._source, kinds)
        if isinstance(stored, Files):
            require_folders_agree(database, stored, self.study, kinds)
        if not self.study.derived_by:
            return kinds
        scratch = self._scratch.folder
        self._use(derived_from(database, self._source, self.study, scratch, digested=digested))
        kinds = kinds_of(database, self._source)
        self._require_columns(self._source, kinds)
        return kinds

    def _require_not_there(self, part: Source, columns: Iterable[str]) -> None:
        there = kinds_of(self._database, part)
        for column in columns:
            if column in there:
                raise InputError(
                    f"has a column {column!r}, which the study takes from the file's path; rename it, or leave "
                    "from_path out",
                    source=part.name,
                )

    def _use(self, source: Source) -> None:
        self._source = self._database.source = source

    def _require_columns(self, source: Source, kinds: dict[str, str]) -> None:
        with _naming(source):
            require_not_in_folders(source.stored, kinds, self.study)
            require_columns(kinds, self.study, text_only=source.text_only)

    def _code(self, limit: str) -> Coding:
        labels, enums = {}, set()
        known = self._source.labels
        for attribute, columns in self.study.groups.items():
            if set(columns.columns) <= set(known):
                labels[attribute] = known[columns.probe]
                enums.add(attribute)
                continue
            sides = dict.fromkeys([columns.probe, columns.reference or columns.probe])
            found: set[str] = set()
            for side in sides:
                relation = self._database.relation_of(self._source.narrowed([side]))
                distinct = labels_of(side, relation, limit)
                found |= {label for (label,) in self._database.fetch(distinct)}
            labels[attribute] = tuple(sorted(found))
        try:
            with _naming(self._source):
                return Coding.of(self.study, labels, enums)
        except NearEqualLabelsError:
            if not limit:
                raise
            return self._code("")  # to name all of them


@contextmanager
def _naming(source: Source) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise type(error)(error.problem, source=source.name) from None


Opened: TypeAlias = Comparisons | Pairs
"""Comparisons that an engine can count."""


def open_comparisons(scores: Scores, study: Study, *, memory: MemoryLimit | None = None) -> Opened:
    """Open the comparisons of a study, to be used as a context manager.

    Raises
    ------
    InputError
        Where the scores cannot be read as the study says, or in the memory there is.

    Examples
    --------
    >>> from harness.study import load_study
    >>> scores = {"score": [0.9, 0.2], "mated": [1, 0], "sex": ["F", "M"]}
    >>> study = load_study({"matcher": {"name": "A", "version": "1"}, "groups": {"sex": "sex"}})
    >>> with open_comparisons(scores, study) as comparisons:
    ...     comparisons.rows()
    2
    """
    if not isinstance(scores, PairSource):
        return Comparisons(scores, study, memory=memory, digested=True)
    if memory is not None:
        raise InputError(
            f"a memory limit is for rows that are read; {scores.what} are counted block by block"
        )
    return scores.open(study)

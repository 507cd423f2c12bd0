"""A study's comparisons, read by Spark; what is wrong with a row is found again in its file, as one machine would."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property, reduce
from itertools import product
from math import prod
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar

import duckdb
import numpy as np
import pyarrow as pa

from harness.comparisons.coding import Coding, cell_of_side, sides_of
from harness.comparisons.database import Database, first_fault
from harness.comparisons.files import CsvFiles, Files, open_listed
from harness.comparisons.listing import list_files
from harness.comparisons.scan import CellScores
from harness.comparisons.source import CHANGED, Input
from harness.comparisons.stream import Comparisons
from harness.engines.cluster.spark.columns import (
    LabelTables,
    cell_sql,
    fault_sql,
    group_indices,
    key_sql,
    label_indices,
    mated_sql,
    require_kinds,
    score_sql,
    subject_indices,
    take_labels,
)
from harness.engines.cluster.spark.reading import (
    ParquetFiles,
    Session,
    csv_as_parquet,
    failure_of,
    failures,
    open_session,
    path_of,
    read_parquet,
    require_this_machine,
    require_visible,
)
from harness.errors import InputError
from harness.files import temporary_folder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from harness.comparisons.files import Files
    from harness.comparisons.sources import Scores
    from harness.counting import Cell
    from harness.study import Study

__all__ = ["SparkComparisons"]


Result = TypeVar("Result")
MOST_BROADCAST = 1 << 22
"""Labels in a table that every executor is sent whole; of more, Spark decides."""


class SparkComparisons:
    """Every comparison of a study, in files that Spark reads, as often as it likes.

    Use it as a context manager. A Spark session that is active is used and left as it is; otherwise one is
    started, and stopped at the end.

    Parameters
    ----------
    scores : Scores
        Files of Parquet, globs or folders, which this process and every executor find under the same path; or of
        CSV, where the executors are on this machine.
    study : Study
    master : str
        Where to start a session if none is active.

    Raises
    ------
    InputError
        Where the scores cannot be read as the study says, or Spark cannot be started.
    """

    notes: tuple[str, ...] = ()
    """As of `harness.comparisons.Comparisons`."""

    def __init__(self, scores: Scores, study: Study, *, master: str = "local[*]") -> None:
        self.study = study
        self._open = ExitStack()
        try:
            _require_nothing_derived(study)
            self._source = _files(scores, study)
            self.left_out = self._source.left_out
            self.plain = self._open.enter_context(Comparisons(self._source, study))
            self._kinds = self.plain.kinds
            with self._named():
                require_kinds(study, self._kinds)
            self._session: Session = open_session(master)
            self._open.callback(self._session.close)
            if isinstance(self._source, CsvFiles):
                require_this_machine(self._session.master, self._source.name)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files, and of the session if it was started here."""
        self._open.close()

    @property
    def name(self) -> str:
        """Name of the scores in errors."""
        return self.plain.name

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the entries of a cell are values of."""
        return self.plain.columns

    @property
    def score_type(self) -> str:
        """float32 where the scores were stored so, else float64."""
        return self.plain.score_type

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of what has been read; see `harness.comparisons.Comparisons.inputs`."""
        return self.plain.inputs()

    def rows(self) -> int | None:
        """Return the number of rows where it can be had without reading them."""
        return self.plain.rows()

    @property
    def subjects(self) -> int:
        """Number of subjects, which are numbered from 0 in the order of their names."""
        return self._labels.subjects if self.study.subjects else 0

    def read(self, use: Callable[[Coding], Result]) -> Result:
        """Call ``use`` with the coding of all labels."""
        with self._named():
            coding = self._labels.coding
        return use(coding)

    def coded(self, coding: Coding, *, subjects: bool) -> DataFrame:
        """Return every row as ``score`` and ``code``, and ``number_0``, ``number_1`` where subjects are asked for.

        The code is -1 where the row cannot be used. A score is NaN where it is missing, and higher means more alike.
        """
        rows = self._rows
        for index in group_indices(self.study):
            rows = self._joined(rows, index, "rank", self._labels.ranks(index))
        numbers = list(subject_indices(self.study)) if subjects else []
        for index in numbers:
            rows = self._joined(rows, index, "number", self._labels.numbers(index))
        fault = fault_sql(self.study, subjects=subjects)
        code = f"IF({fault}, -1L, 2L * ({cell_sql(self.study, coding)}) + mated)"
        return rows.selectExpr(
            "file_path", "score", f"{code} AS code", *(f"number_{index}" for index in numbers)
        )

    def named(self, coding: Coding, counted: Collection[Cell]) -> tuple[Cell, ...]:
        """Return, for every combination of labels that a side has, the cell of comparisons of two such sides.

        Those may be left out that are among the cells that were counted.
        """
        by_source, sides = coding.by_source(self.study), sides_of(self.study)
        labels = [by_source[group.probe].labels for group in self.study.groups.values()]
        if all(map(all, sides)) and prod(map(len, labels)) <= len(counted):
            cells = {cell_of_side(self.study, side) for side in product(*labels)}
            if cells <= set(counted):
                return ()
        indices = label_indices(self.study)
        met = (
            self._rows.selectExpr(
                *(
                    f"CAST({f'label_{indices[name]}' if name else 'NULL'} AS STRING) AS attribute_{i}"
                    for i, name in enumerate(side)
                )
            ).distinct()
            for side in sides
        )
        found = self.fetch(reduce(lambda one, other: one.unionAll(other), met)).to_pydict()
        return tuple(cell_of_side(self.study, side) for side in zip(*found.values(), strict=True))

    def table(self, columns: pa.Table) -> DataFrame:
        """Send a table to every executor."""
        frame = self._session.spark.createDataFrame(columns)
        return frame.hint("broadcast") if columns.num_rows <= MOST_BROADCAST else frame

    def fetch(self, found: DataFrame) -> pa.Table:
        """Return all rows that a query finds.

        Raises
        ------
        InputError
            Where Spark cannot read the files.
        """
        with self._readable():
            return found.toArrow()

    def refuse(self) -> NoReturn:
        """Raise what is wrong with the first row that cannot be used.

        Raises
        ------
        InputError
        """
        coding = self._labels.coding
        faulty = self.coded(coding, subjects=bool(self.study.subjects)).where("code < 0")
        found = self.fetch(faulty.select("file_path").distinct())
        self._refuse_first({path_of(uri) for uri in found["file_path"].to_pylist()})

    def _refuse_first(self, files: Collection[Path], failure: Exception | None = None) -> NoReturn:
        """Raise what is wrong with the first row of such files that Spark read, as one machine would name it."""
        self._source.require_unchanged()
        for part, path in zip(self._source.parts(), self._parquet.paths, strict=True):
            if path.absolute() in files:
                fault = _fault_of(part, self.study, self._kinds)
                if fault is not None:
                    raise fault from failure
        if failure is not None:
            problem = f"Spark cannot count it ({failure_of(failure)})"
            raise InputError(problem, source=self.name) from failure
        raise InputError(CHANGED, source=self.name)

    def survey(self, coding: Coding, tail: int) -> tuple[CellScores, ...]:
        """Look at the range and the highest scores of every cell; see `harness.comparisons.Comparisons.survey`."""
        rows = (
            self.coded(coding, subjects=False).where("code < 0 OR NOT isnan(score)").select("score", "code")
        )
        counted = rows.selectExpr("*", "1L AS trials").groupBy("code").agg({"trials": "sum", "score": "min"})
        ranges = self.fetch(counted.selectExpr("code", "`sum(trials)` AS trials", "`min(score)` AS lowest"))
        found = sorted(zip(*ranges.to_pydict().values(), strict=True))
        if any(code < 0 for code, _, _ in found):
            self.refuse()
        highest = self._highest(rows, tail)
        return tuple(
            CellScores(coding.cell(code // 2), code % 2 == 1, trials, lowest, highest[code])
            for code, trials, lowest in found
        )

    def _highest(self, rows: DataFrame, tail: int) -> dict[int, tuple[float, ...]]:
        # Of each partition Spark keeps no more rows of a cell than this asks for.
        index = "row_number() OVER (PARTITION BY code ORDER BY score DESC) AS index"
        found = self.fetch(
            rows.selectExpr("code", "score", index).where(f"index <= {tail}").select("code", "score")
        )
        codes, scores = found["code"].to_numpy(), found["score"].to_numpy()
        return {
            code: tuple(np.sort(scores[codes == code])[::-1].tolist()) for code in np.unique(codes).tolist()
        }

    @cached_property
    def _labels(self) -> LabelTables:
        with self._readable():
            return take_labels(self._rows, self.study)

    @cached_property
    def _parquet(self) -> ParquetFiles:
        """The files that Spark reads: those given, or what DuckDB makes of CSV, as strictly as on one machine."""
        if not isinstance(self._source, CsvFiles):
            return ParquetFiles(self._source.paths, self._kinds)
        folder = self._open.enter_context(temporary_folder()).folder
        return csv_as_parquet(self.plain, self._source.paths, folder)

    @cached_property
    def _rows(self) -> DataFrame:
        """Every row as ``file_path``, ``score``, ``mated`` and ``label_0``, ``label_1``, ..."""
        study, kinds = self.study, self._parquet.kinds
        with self._readable():
            read = read_parquet(self._session.spark, self._parquet, study.columns)
        given = read.withColumnsRenamed(
            {"value_0": "score", "value_1": "mated"}
            | {f"value_{2 + index}": f"label_{index}" for index in label_indices(study).values()}
        )
        keys = [
            f"{key_sql(index, kinds[name])} AS label_{index}" for name, index in label_indices(study).items()
        ]
        return given.selectExpr(
            "file_path",
            f"{score_sql(kinds[study.score.column], sign=study.sign)} AS score",
            f"{mated_sql(study, kinds[study.mated.column])} AS mated",
            *keys,
        )

    def _joined(self, rows: DataFrame, index: int, number: str, table: pa.Table) -> DataFrame:
        """Join the numbers of a column's labels, NULL where a label has none."""
        key = key_sql(index, self._parquet.kinds[self.study.columns[2 + index]]).replace(
            f"label_{index}", "label"
        )
        known = self.table(table).selectExpr(f"{key} AS key_{index}", f"number AS {number}_{index}")
        return rows.join(known, rows[f"label_{index}"] == known[f"key_{index}"], "left")

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Turn a failure of Spark into what one machine finds wrong with the files, if it does."""
        try:
            yield
        except failures() as error:
            self._refuse_first({path.absolute() for path in self._parquet.paths}, error)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            raise InputError(error.problem, source=error.source or self.name) from None


def _require_nothing_derived(study: Study) -> None:
    if study.derived_by:
        raise InputError(
            f"the engine spark reads columns as they are stored, without {study.derived_by[0]}: leave out engine "
            "spark, or write the columns to the scores"
        )


def _files(scores: Scores, study: Study) -> Files:
    """Find the files, all of CSV or all of Parquet."""
    named = [scores] if isinstance(scores, str | os.PathLike) else scores
    if (
        not isinstance(named, Sequence)
        or not named
        or not all(isinstance(i, str | os.PathLike) for i in named)
    ):
        raise InputError("the engine spark reads files of Parquet or CSV; give their paths")
    listing = list_files(named)
    if listing.kind not in ("Parquet", "CSV"):
        raise InputError(
            f"the engine spark reads Parquet or CSV, not {listing.kind}; write it as Parquet",
            source=str(listing.paths[0]),
        )
    if listing.kind == "Parquet":
        require_visible(listing.paths)
    return open_listed(listing, study.columns, digested=True, names=study.names, decimal=study.score.decimal)


def _fault_of(part: Files, study: Study, kinds: Mapping[str, str]) -> InputError | None:
    with temporary_folder() as scratch:
        database = Database(part, scratch.folder)
        with database.reader_faults(), duckdb.connect() as connection:
            return first_fault(connection, part, study, dict(kinds))

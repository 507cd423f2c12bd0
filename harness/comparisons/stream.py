"""Comparisons as a stream of Arrow record batches in canonical columns."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import duckdb
import numpy as np
import pyarrow as pa

from harness.comparisons.coding import Coding
from harness.comparisons.faults import first_fault, unreadable
from harness.comparisons.queries import SUBJECT_NUMBERS, Queries, labels_of, require_columns
from harness.comparisons.source import Input, Source
from harness.comparisons.sources import Scores, open_source
from harness.comparisons.sql import is_nan, literal
from harness.errors import InputError
from harness.study import Study

__all__ = ["CellScores", "Comparisons"]

Result = TypeVar("Result")
ROWS_TO_GUESS_LABELS_FROM = 50_000


class UnlistedLabelError(Exception):
    """A row whose label the coding lacks; the coding must be made again from all rows."""


@dataclass(frozen=True)
class CellScores:
    """What a first look at the scores of one cell shows.

    Attributes
    ----------
    cell : tuple of str or None
    mated : bool
    trials : int
        Comparisons with a score.
    lowest : float
        Canonical: higher is more alike.
    highest : tuple of float
        The highest scores, descending.
    """

    cell: tuple[str | None, ...]
    mated: bool
    trials: int
    lowest: float
    highest: tuple[float, ...]


class Comparisons:
    """Every comparison of a study, readable any number of times, checked as it is read.

    Use it as a context manager: a stream that can be read only once is kept in a temporary file until the end.

    Parameters
    ----------
    scores : Scores
        Files, arrays, a dataframe or an Arrow stream.
    study : Study

    Raises
    ------
    InputError
        Where the scores cannot be read as the study says.
    """

    def __init__(self, scores: Scores, study: Study) -> None:
        self.study = study
        self._scratch = tempfile.TemporaryDirectory(prefix="harness-")
        try:
            self._connection = duckdb.connect()
            self._connection.execute("SET enable_progress_bar = false")
            self._source: Source = open_source(scores, study.columns, Path(self._scratch.name))
            self._kinds = self._column_kinds()
            self._queries = Queries(study, self._kinds, self._source.text_only)
            self._coding = self._code(f"LIMIT {ROWS_TO_GUESS_LABELS_FROM}")
        except BaseException:
            self.close()
            raise
        self._coding_is_complete = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files, and of what was kept of a stream."""
        if hasattr(self, "_connection"):
            self._connection.close()
        self._scratch.cleanup()

    @property
    def name(self) -> str:
        """What errors call the scores."""
        return self._source.name

    @property
    def columns(self) -> tuple[str, ...]:
        """What the entries of a cell are values of."""
        return tuple(column.name for column in self._coding.columns)

    @property
    def score_type(self) -> str:
        """float32 where the scores were stored so, else float64."""
        return "float32" if self._kinds[self.study.score.column] == "FLOAT" else "float64"

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of what is read."""
        return self._source.inputs()

    def rows(self) -> int | None:
        """Return the number of rows where it can be had without reading them."""
        if self._source.text_only:
            return None
        found = self._fetch(f"SELECT count(*) FROM {self._source.relation(self._connection)}")
        return int(found[0][0])

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

    def batches(self, coding: Coding) -> Iterator[pa.RecordBatch]:
        """Read all rows.

        Yields
        ------
        RecordBatch
            ``score`` (float32 or float64, canonical: higher is more alike; NaN where missing) and ``code``
            (int32, ``2 * cell + mated``).

        Raises
        ------
        InputError
            At the first batch with a row that cannot be used.
        """
        return self._checked(self._queries.comparisons(self._relation(), coding))

    def batches_by_subject(self, coding: Coding) -> Iterator[pa.RecordBatch]:
        """Read all rows with the subjects of each.

        Yields
        ------
        RecordBatch
            As `batches` gives it, with ``subject_0`` and, where the study names two columns, ``subject_1``
            (int32, from 0 to one less than `subjects`).
        """
        _ = self.subjects  # numbers them
        return self._checked(self._queries.comparisons_by_subject(self._relation(), coding))

    def _checked(self, query: str) -> Iterator[pa.RecordBatch]:
        rows = 0
        with self._reader_faults(), self._open(query) as reader:
            for batch in reader:
                self._require_usable(batch)
                rows += batch.num_rows
                yield batch
        if rows == 0:
            raise InputError("holds no comparisons, only column names; give it rows", source=self.name)

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
        found = self._fetch(
            "SELECT code, count(*), min(score), max(score, $tail), bool_or(isinf(score)) "
            f"FROM ({self._queries.comparisons(self._relation(), coding)}) WHERE NOT {is_nan('score')} OR code < 0 "
            "GROUP BY code ORDER BY code",
            {"tail": tail},
        )
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
            What stands in it as ``$name``.
        """
        self._fetch(f"SET temp_directory = {literal(self._scratch.name)}")  # should it outgrow the memory
        return self._fetch(query(self._queries, self._relation()), parameters)

    def ask_each_file(
        self, query: Callable[[Queries, str], str], **parameters: int
    ) -> list[tuple[str, Sequence[tuple[Any, ...]]]]:
        """Fetch what a query about the rows of one file finds, file by file, with the name of each."""
        found = []
        for part in self._source.parts():
            with self._reader_faults():
                relation = part.relation(self._connection)
            found.append((part.name, self._fetch(query(self._queries, relation), parameters)))
        return found

    def _open(self, query: str) -> pa.RecordBatchReader:
        # A reader left open would keep the connection from running the next query.
        return pa.RecordBatchReader.from_stream(self._connection.sql(query))

    @cached_property
    def subjects(self) -> int:
        """How many subjects there are, numbered from 0 in the order of their names."""
        if not self.study.subjects:
            return 0
        self._fetch(self._queries.numbering_of_subjects(self._relation()))
        return int(self._fetch(f"SELECT count(*) FROM {SUBJECT_NUMBERS}")[0][0])

    def _require_usable(self, batch: pa.RecordBatch) -> None:
        scores, codes = (batch[name].to_numpy() for name in ("score", "code"))
        finite = np.isfinite(scores)
        if codes.min(initial=0) >= 0 and finite.all():
            return
        usable = finite if self.study.missing_scores == "reject" else ~np.isinf(scores)
        if codes.min(initial=0) < 0 or not usable.all():
            self.refuse()

    def refuse(self) -> None:
        """Raise what is wrong with the first row that cannot be used; for `read`, that a label is new.

        Raises
        ------
        InputError
        """
        if not self._coding_is_complete:
            raise UnlistedLabelError
        with self._reader_faults(), duckdb.connect() as connection:
            fault = first_fault(connection, self._source, self.study, self._kinds)
        raise fault or InputError("changed while it was read; run again", source=self.name)

    def _column_kinds(self) -> dict[str, str]:
        parts = self._source.parts()
        if len(parts) > 1:  # together they would fill up with nothing what one of them lacks
            for part in parts:
                self._kinds_of(part)
        return self._kinds_of(self._source)

    def _kinds_of(self, source: Source) -> dict[str, str]:
        with self._reader_faults():
            relation = source.relation(self._connection)
        described = self._fetch(f"DESCRIBE SELECT * FROM {relation}")
        kinds = {row[0]: "VARCHAR" if row[1].startswith("ENUM") else row[1] for row in described}
        with _naming(source):
            require_columns(kinds, self.study, text_only=source.text_only)
        return kinds

    def _relation(self) -> str:
        with self._reader_faults():
            return self._source.relation(self._connection)

    def _code(self, limit: str) -> Coding:
        labels = {}
        for attribute, columns in self.study.groups.items():
            sides = dict.fromkeys([columns.probe, columns.reference or columns.probe])
            found: set[str] = set()
            for side in sides:
                found |= {label for (label,) in self._fetch(labels_of(side, self._relation(), limit))}
            labels[attribute] = tuple(sorted(found))
        with _naming(self._source):
            return Coding.of(self.study, labels)

    def _fetch(self, query: str, parameters: dict[str, Any] | None = None) -> Sequence[tuple[Any, ...]]:
        with self._reader_faults():
            return self._connection.execute(query, parameters).fetchall()

    @contextmanager
    def _reader_faults(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.Error, pa.ArrowException, OSError, RuntimeError) as error:
            if "interrupted" in str(error).lower():  # DuckDB turns Ctrl-C into an error of its own
                raise KeyboardInterrupt from error
            if not isinstance(error, duckdb.Error | pa.ArrowException | OSError):
                raise
            raise unreadable(error, self._source) from error


@contextmanager
def _naming(source: Source) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError(error.problem, source=source.name) from None

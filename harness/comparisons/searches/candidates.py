"""Candidate lists in a file with a row for each candidate, given search by search.

Where the lists come in the order of the searches, which is how they are written, the file is read once as it lies.
Otherwise both are sorted first, by DuckDB, which takes to the disk what outgrows the memory.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import duckdb
import numpy as np
import pyarrow as pa

from harness.comparisons.database import Database, checks_of_scores, first_met
from harness.comparisons.derived.entries import open_beside
from harness.comparisons.searches.faults import first_number
from harness.comparisons.searches.keys import NOBODY, KeyNumbers, key_sql, keys_in, starts_of
from harness.comparisons.source import CHANGED, ROW, Check, missing_column
from harness.comparisons.sql import FLOATING, has_text, identifier, is_label, score_sql
from harness.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from harness.arrays import FloatArray, IntArray
    from harness.comparisons.files import Files
    from harness.study import Study
    from harness.study.searches import Candidates

__all__ = ["CandidateFile", "DisorderedError", "ListRows", "Lists"]

MEMORY_TO_SORT = 300_000_000
"""Bytes that DuckDB may take for candidates."""


class DisorderedError(Exception):
    """The lists do not come in the order of the searches."""


@dataclass(frozen=True, eq=False)
class ListRows:
    """Some rows of a candidate file.

    Attributes
    ----------
    searches : ndarray of int64, shape (N,)
        Keys; see `harness.comparisons.searches.keys`.
    candidates : ndarray of int32, shape (N,)
        Their numbers on the list.
    scores : ndarray of float64, shape (N,)
        Canonical: higher is more alike.
    ranks : ndarray of int64, shape (N,), or None
        None where the study names no column of ranks.
    rows : ndarray of int64, shape (N,)
        See `harness.comparisons.searches.faults.first_number`.
    """

    searches: IntArray
    candidates: npt.NDArray[np.int32]
    scores: FloatArray
    ranks: IntArray | None
    rows: IntArray

    @classmethod
    def none(cls, *, ranked: bool) -> Self:
        """Return no rows."""
        none = np.zeros(0, np.int64)
        return cls(none, none.astype(np.int32), np.zeros(0), none if ranked else None, none)

    @classmethod
    def joined(cls, several: Sequence[ListRows]) -> ListRows:
        """Return the rows of several one after the other."""
        first = several[0]
        if len(several) == 2:  # the first is of no rows, as a beginning
            return several[1]
        return cls(
            np.concatenate([one.searches for one in several]),
            np.concatenate([one.candidates for one in several]),
            np.concatenate([one.scores for one in several]),
            None
            if first.ranks is None
            else np.concatenate([one.ranks for one in several if one.ranks is not None]),
            np.concatenate([one.rows for one in several]),
        )

    def __len__(self) -> int:
        return len(self.searches)

    def __getitem__(self, which: slice | IntArray) -> ListRows:
        return ListRows(
            self.searches[which],
            self.candidates[which],
            self.scores[which],
            None if self.ranks is None else self.ranks[which],
            self.rows[which],
        )


class CandidateFile:
    """The file of candidates that a study names.

    Parameters
    ----------
    study : Study
    scratch : Path
        An existing folder for what outgrows the memory.
    digested : bool
        Whether the file is digested first; see `harness.comparisons.source.Seen`.

    Raises
    ------
    InputError
        Where it cannot be found or read, or lacks a column.
    """

    def __init__(self, study: Study, scratch: Path, *, digested: bool) -> None:
        candidates = study.candidates
        assert candidates is not None  # noqa: S101 - for type checkers
        self._of: Candidates = candidates
        self.score = study.score.model_copy(update={"column": candidates.score})
        self._sign = study.sign
        self.file: Files = open_beside(candidates.file, candidates.columns, digested=digested)
        self.database = Database(self.file, scratch)
        self.database.limit_memory(MEMORY_TO_SORT)
        try:
            self.kinds = self._found_kinds()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    def _found_kinds(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for part in self.file.parts():
            kinds = {
                name: "VARCHAR" if kind.startswith("ENUM") else kind
                for name, kind, *_ in self.database.fetch(f"DESCRIBE FROM {self.database.relation_of(part)}")
            }
            part.require_named_once(self._of.columns, list(kinds))
            for column in self._of.columns:
                if column not in kinds:
                    raise InputError(missing_column(column, list(kinds)), source=part.name)
                if kinds[column] != found.setdefault(column, kinds[column]):
                    raise InputError(
                        f"column {column!r} holds {kinds[column]}, and {found[column]} in {self.file.parts()[0].name}; "
                        "write both alike",
                        source=part.name,
                    )
            self._require_types(kinds, part.name)
        return found

    def _require_types(self, kinds: Mapping[str, str], name: str) -> None:
        for column in (self._of.search, self._of.candidate):
            if kinds[column] in FLOATING | {"BLOB"}:
                raise InputError(
                    f"column {column!r} holds {kinds[column]}, which cannot name anybody; write integers or text",
                    source=name,
                )
        try:
            score_sql(self.score, kinds[self._of.score], text_only=self.file.text_only)
        except InputError as error:
            raise InputError(error.problem, source=name) from None

    def names(self) -> tuple[str, ...]:
        """Return everybody who is a candidate, in order."""
        text = f"CAST({identifier(self._of.candidate)} AS VARCHAR)"
        found = self.database.fetch(
            f"SELECT DISTINCT {text} FROM {self.database.relation()} WHERE {is_label(text)} ORDER BY 1"
        )
        return tuple(name for (name,) in found)

    def rows(
        self, listed: KeyNumbers, *, whole_searches: bool, whole_people: bool, in_order: bool
    ) -> Generator[ListRows, None, None]:
        """Read the rows, as they lie or sorted by search.

        Parameters
        ----------
        listed : KeyNumbers
            Of everybody who may be a candidate.
        whole_searches, whole_people : bool
            Whether their keys are whole numbers; see `harness.comparisons.searches.keys.key_sql`.
        in_order : bool
            Whether to sort them.

        Raises
        ------
        InputError
            At the first batch with a row that cannot be used.
        """
        score = score_sql(self.score, self.kinds[self._of.score], text_only=self.file.text_only)
        columns = [
            f"{key_sql(self._of.search, whole=whole_searches)} AS search",
            f"{key_sql(self._of.candidate, whole=whole_people)} AS candidate",
            f"{identifier(self._of.search)} IS NOT NULL AND {identifier(self._of.candidate)} IS NOT NULL AS named",
            f"CAST({'-' if self._sign < 0 else ''}({score}) AS DOUBLE) AS score",
        ]
        if self._of.rank is not None:
            columns.append(f"{_whole_sql(self._of.rank)} AS rank")
        read = ", ".join(columns)
        if in_order:
            numbered = " UNION ALL ".join(
                f"SELECT {read}, {first_number(index)} + {ROW} AS row FROM {self.database.numbered(part)}"
                for index, part in enumerate(self.file.parts())
            )
            yield from self._checked(f"SELECT * FROM ({numbered}) ORDER BY search, row", listed, None)
            return
        for index, part in enumerate(self.file.parts()):
            yield from self._checked(f"SELECT {read} FROM {self.database.relation_of(part)}", listed, index)

    def _checked(self, query: str, listed: KeyNumbers, part: int | None) -> Iterator[ListRows]:
        before = 1
        with closing(self.database.stream(query)) as batches:
            for batch in batches:
                found = self._checked_batch(batch, listed, part, before)
                if found is None:
                    break
                before += len(found)
                yield found
            else:
                return
        raise self._fault()

    def _checked_batch(
        self, batch: pa.RecordBatch, listed: KeyNumbers, part: int | None, before: int
    ) -> ListRows | None:
        if any(column.null_count for column in batch.columns):
            return None
        if not pa.compute.all(batch.column("named"), min_count=0).as_py():
            return None
        numbers = listed.of(keys_in(batch.column("candidate")))
        scores = batch.column("score").to_numpy()
        if numbers.min(initial=0) == NOBODY or not np.isfinite(scores).all():
            return None
        ranks = batch.column("rank").to_numpy() if self._of.rank is not None else None
        if ranks is not None and ranks.min(initial=1) < 1:
            return None
        rows = (
            batch.column("row").to_numpy()
            if part is None
            else first_number(part) + np.arange(before, before + len(scores))
        )
        return ListRows(keys_in(batch.column("search")), numbers, scores, ranks, rows)

    def _fault(self) -> InputError:
        """Find the first row that cannot be used."""
        self.file.require_unchanged()
        kinds = dict(self.kinds)
        checks = [
            *checks_of_scores(
                self.score, kinds[self._of.score], text_only=self.file.text_only, may_be_missing=False
            ),
            *map(_blank, (self._of.search, self._of.candidate)),
        ]
        if self._of.rank is not None:
            whole = _whole_sql(self._of.rank)
            problem = "{value} where a rank belongs; number the candidates of a search 1, 2, 3 and so on"
            checks.append(Check(self._of.rank, f"({whole} IS NULL OR {whole} < 1)", problem))
        checks.append(
            Check(
                self._of.candidate,
                f"CAST({identifier(self._of.candidate)} AS VARCHAR) NOT IN (SELECT name FROM everybody_listed)",
                "{value} is not on the watchlist; enrol the subject, or correct the name (watchlist: {{file: ..., "
                "subject: ...}}; --watchlist)",
            )
        )
        with self.database.reader_faults(), duckdb.connect() as connection:
            connection.register("everybody_listed", pa.table({"name": pa.array(self._listed, pa.string())}))
            fault = first_met(connection, self.file, checks, (), kinds)
        return fault or InputError(CHANGED, source=self.file.name)

    _listed: Sequence[str] = ()

    def naming(self, listed: Sequence[str]) -> None:
        """Keep the names of everybody who may be a candidate, for errors."""
        self._listed = listed


def _blank(column: str) -> Check:
    label = f"COALESCE(CAST({identifier(column)} AS VARCHAR), '')"
    return Check(
        column,
        f"NOT {has_text(label)}",
        "{value} where a search or its candidate belongs; name it, or leave the row out",
    )


def _whole_sql(column: str) -> str:
    """SQL for a whole number; NULL where it is none."""
    name = identifier(column)
    number = f"TRY_CAST({name} AS DOUBLE)"
    # A column that is only ever cast is cast by DuckDB's reader of CSV, which fails where it cannot.
    return f"CASE WHEN {name} IS NOT NULL AND {number} = floor({number}) THEN CAST({number} AS BIGINT) END"


class Lists:
    """Gives the lists of searches, which must come in the same order.

    Parameters
    ----------
    rows : iterator of ListRows
    """

    def __init__(self, rows: Iterator[ListRows], *, ranked: bool) -> None:
        self._rows = rows
        self._held = ListRows.none(ranked=ranked)
        self._has_ended = False

    def of(self, searches: IntArray) -> tuple[ListRows, IntArray]:
        """Take the lists of the next searches.

        Parameters
        ----------
        searches : ndarray of int64, shape (N,)
            Keys, without repeats.

        Returns
        -------
        ListRows
            Those of one search together.
        ndarray of int64
            For each row, the index of its search.

        Raises
        ------
        DisorderedError
            Where a list comes before that of an earlier search.
        """
        order = np.argsort(searches, kind="stable")
        ascending = searches[order]
        taken, indices = [self._held[:0]], [np.zeros(0, np.int64)]
        while True:
            held = self._held
            starts = starts_of(held.searches)
            keys = held.searches[starts]
            at = np.minimum(np.searchsorted(ascending, keys), len(ascending) - 1)
            found = ascending[at] == keys
            count = len(keys) if found.all() else int(found.argmin())
            ends = np.append(starts, len(held))[: count + 1]
            taken.append(held[: int(ends[-1])])
            indices.append(np.repeat(order[at[:count]], np.diff(ends)))
            self._held = held[int(ends[-1]) :]
            if count < len(keys) or self._has_ended:
                break
            self._read()
        at_search = np.concatenate(indices)
        if (at_search[1:] < at_search[:-1]).any():
            raise DisorderedError
        return ListRows.joined(taken), at_search

    def _read(self) -> None:
        following = next(self._rows, None)
        if following is None:
            self._has_ended = True
        else:
            self._held = following

    def rest(self) -> ListRows:
        """Return some of the rows that belong to none of the searches so far; none where all do."""
        while not len(self._held) and not self._has_ended:
            self._read()
        return self._held

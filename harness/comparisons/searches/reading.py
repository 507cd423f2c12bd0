"""Searches read once, beside their candidate lists and the watchlist, and copied as they count."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.comparisons.database import first_fault
from harness.comparisons.files import Files
from harness.comparisons.searches.candidates import CandidateFile, DisorderedError, ListRows, Lists
from harness.comparisons.searches.columns import SearchColumns, numbers_in
from harness.comparisons.searches.faults import ListRowError, RowError, refuse_first
from harness.comparisons.searches.joining import Joining
from harness.comparisons.searches.keys import NOBODY, are_whole, keys_in
from harness.comparisons.searches.listed import Listed
from harness.comparisons.searches.matches import KeptMatches
from harness.comparisons.searches.returned import Returned, from_columns
from harness.comparisons.searches.source import NUMBER, OTHER, OWN, PART, ROW_NAME, SearchRows
from harness.comparisons.searches.watchlist import Enrolled, read_watchlist
from harness.comparisons.source import CHANGED, ROW
from harness.comparisons.sql import identifier
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import BoolArray, FloatArray, IntArray
    from harness.comparisons.database import Database
    from harness.comparisons.source import Source
    from harness.study import Study

__all__ = ["Searches", "read_searches"]

LARGEST = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Searches:
    """What was read of searches.

    Attributes
    ----------
    rows : SearchRows
        As they count.
    study : Study
        With what followed: the size and composition of the watchlist, and the subjects that searches share.
    floor : float or None
        Canonical; below it lists are not complete. None where they are, or there are none.
    sizes : tuple of int and int, or None
        The smallest and the largest list that was searched, where they differ.
    enrolled : Enrolled or None
    matches : tuple or None
        See `harness.comparisons.searches.matches.KeptMatches.complete`; None without both lists and watchlist, and
        where the lists that were searched differ.
    """

    rows: SearchRows
    study: Study
    floor: float | None
    sizes: tuple[int, int] | None
    enrolled: Enrolled | None
    matches: tuple[float, IntArray, npt.NDArray[np.int32], FloatArray] | None


def read_searches(
    database: Database,
    source: Source,
    kinds: Mapping[str, str],
    study: Study,
    scratch: Path,
    *,
    digested: bool,
) -> Searches:
    """Read the searches of a study, with the files that it names beside them.

    Parameters
    ----------
    database : Database
        Of the searches.
    source : Source
        With all columns of the study.
    kinds : mapping of str to str
        The SQL type of each.
    study : Study
        That reads searches.
    scratch : Path
        An existing folder.
    digested : bool
        Whether files are digested first; see `harness.comparisons.source.Seen`.

    Raises
    ------
    InputError
        Where a file cannot be read, or a row of any contradicts another.
    """
    with ExitStack() as opened:
        enrolled = None
        if study.watchlist is not None:
            enrolled = read_watchlist(study, scratch, digested=digested)
        lists = None
        if study.candidates is not None:
            lists = opened.enter_context(closing(CandidateFile(study, scratch, digested=digested)))
            _refuse_same_file(source, lists.file)
        reading = _Reading(database, source, kinds, study, enrolled, lists, scratch / "searches.parquet")
        try:
            return reading.read()
        except RowError as fault:
            raise reading.told(fault) from None


def _refuse_same_file(source: Source, file: Files) -> None:
    """Refuse candidate rows given as searches."""
    stored = source.stored
    if isinstance(stored, Files) and not {*_digests(stored)}.isdisjoint(_digests(file)):
        raise InputError(
            "is the file of candidates too; give the searches, a row for each, and name the candidates apart "
            "(candidates: {file: ...}; --candidates)",
            source=source.name,
        )


def _digests(file: Files) -> tuple[object, ...]:
    """Return what tells files apart: their digests, where they were taken, or where they are."""
    digests = None if file.seen is None else file.seen.digests
    return digests or tuple(path.resolve() for path in file.paths)


@dataclass
class _Met:
    """What has been met of the searches so far."""

    count: int = 0
    keys: list[IntArray] = field(default_factory=list)
    smallest: int = LARGEST
    largest: int = 0


class _Reading:
    """Reads the searches of a study; the parameters are those of `read_searches`."""

    def __init__(
        self,
        database: Database,
        source: Source,
        kinds: Mapping[str, str],
        study: Study,
        enrolled: Enrolled | None,
        lists: CandidateFile | None,
        copy: Path,
    ) -> None:
        self._database, self._source, self._study = database, source, study
        self._kinds, self._enrolled, self._lists, self._copy = kinds, enrolled, lists, copy
        self._probe = study.subjects[0] if study.subjects else None
        self._whole_searches = self._are_whole_searches()
        self._listed = self._listed_people()
        self._columns = SearchColumns(
            study,
            kinds,
            text_only=source.text_only,
            whole_searches=self._whole_searches,
            whole_people=None if self._listed is None else self._listed.are_whole,
        )

    def _listed_people(self) -> Listed | None:
        """Number who may be returned: who is enrolled, or else whoever is a candidate."""
        study, lists, enrolled = self._study, self._lists, self._enrolled
        named = enrolled.names if enrolled is not None else lists.names() if lists is not None else None
        if self._probe is None or named is None:
            return None
        kinds = [self._kinds[column] for column in (self._probe, study.top_candidate) if column is not None]
        if lists is not None and study.candidates is not None:
            kinds.append(lists.kinds[study.candidates.candidate])
            lists.naming(named)
        return Listed(study, named, kinds, enrolled)

    def _are_whole_searches(self) -> bool:
        of, lists = self._study.candidates, self._lists
        if of is None or lists is None or self._study.search is None:
            return self._study.search is not None and are_whole([self._kinds[self._study.search]])
        return are_whole([self._kinds[self._study.search], lists.kinds[of.search]])

    def told(self, fault: RowError) -> InputError:
        """Say what is wrong with a row."""
        if isinstance(fault, ListRowError) and self._lists is not None:
            return fault.told(self._lists.database, self._lists.file)
        return fault.told(self._database, self._source)

    def read(self) -> Searches:
        """Read everything, sorted first where lists do not come as the searches do."""
        try:
            met, matches = self._read(in_order=False)
        except DisorderedError:
            met, matches = self._read(in_order=True)
        self._refuse_repeated(met)
        rows = SearchRows(self._source, self._copy, self._files())
        sizes = None if met.smallest >= met.largest else (met.smallest, met.largest)
        study = self._resolved(met)
        floor = None
        if study.candidates is not None and study.candidates.floor is not None:
            floor = study.sign * study.candidates.floor + 0.0
        complete = matches.complete() if matches is not None and sizes is None else None
        return Searches(rows, study, floor, sizes, self._enrolled, complete)

    def _files(self) -> tuple[Files, ...]:
        lists = () if self._lists is None else (self._lists.file,)
        return (*lists, *(() if self._enrolled is None else (self._enrolled.file,)))

    def _resolved(self, met: _Met) -> Study:
        study = self._study
        changes: dict[str, Any] = {}
        if study.returned_column is not None:
            other = () if study.population == "this list" else (study.returned_column,)
            changes["subjects"] = (*study.subjects[:1], *other)
        if self._enrolled is not None:
            changes["watchlist_size"] = len(self._enrolled.names)
            changes["watchlist_composition"] = self._enrolled.composition or None
        if study.list_size is not None:
            whole = changes.get("watchlist_size", study.watchlist_size)
            changes["watchlist_size"] = met.smallest
            if whole != met.smallest:  # who was on the smaller ones is not known
                changes["watchlist_composition"] = None
        return study.model_copy(update=changes)

    def _read(self, *, in_order: bool) -> tuple[_Met, KeptMatches | None]:
        met, matches = _Met(), self._kept_matches()
        writer: pq.ParquetWriter | None = None
        with ExitStack() as opened:
            joining = None
            if self._lists is not None and self._listed is not None and self._study.candidates is not None:
                rows = self._lists.rows(
                    self._listed.numbers,
                    whole_searches=self._whole_searches,
                    whole_people=self._listed.are_whole,
                    in_order=in_order,
                )
                opened.callback(rows.close)
                of = self._study.candidates
                lists = Lists(rows, ranked=of.rank is not None)
                joining = Joining(self._study, of, self._kinds, self._lists, lists, matches)
            batches = opened.enter_context(closing(self._batches(in_order=in_order)))
            for batch in batches:
                added = self._counting(batch, joining, met)
                if writer is None:
                    writer = opened.enter_context(self._writer(added.schema))
                writer.write_batch(added)
            if joining is not None:
                self._refuse_rest(joining.lists.rest(), met, in_order=in_order)
        if writer is None:
            self._write_nothing()
        return met, matches

    def _writer(self, schema: pa.Schema) -> pq.ParquetWriter:
        """Open the copy, which is written and read soonest where only labels are packed."""
        labels = [field.name for field in schema if pa.types.is_string(field.type)]
        return pq.ParquetWriter(
            self._copy, schema, compression="none", use_dictionary=labels, write_statistics=False
        )

    def _write_nothing(self) -> None:
        raise InputError("holds no searches, only column names; give it rows", source=self._source.name)

    def _refuse_rest(self, rest: ListRows, met: _Met, *, in_order: bool) -> None:
        """Refuse candidates of a search that is not there; as files lie, they may also be out of order."""
        if not len(rest):
            return
        if not in_order:
            raise DisorderedError
        self._refuse_repeated(met)
        of = self._study.candidates
        assert of is not None  # noqa: S101 - for type checkers
        raise ListRowError(
            int(rest.rows[0]),
            of.search,
            f"search {{value}} is not among the searches in {self._source.name}, column {self._study.search!r}; "
            "give it a row there, or leave its candidates out",
        )

    def _kept_matches(self) -> KeptMatches | None:
        of = self._study.candidates
        if of is None or self._enrolled is None:
            return None
        floor = -np.inf if of.floor is None else self._study.sign * of.floor + 0.0
        by_length = of.floor is None or of.length is not None
        return KeptMatches(floor, of.length, by_length=by_length, size=len(self._enrolled.names))

    def _batches(self, *, in_order: bool) -> Generator[pa.RecordBatch, None, None]:
        """Read the searches: what they count by, and what tells who was returned."""
        parts = " UNION ALL ".join(
            f"SELECT {self._columns.sql(index)} FROM {self._database.numbered(part)}"
            for index, part in enumerate(self._source.parts())
        )
        order = ' ORDER BY "(search)", "(row)"' if in_order else ""
        return self._database.stream(f"SELECT * FROM ({parts}){order}")

    def _counting(self, batch: pa.RecordBatch, joining: Joining | None, met: _Met) -> pa.RecordBatch:
        """Return searches as they count."""
        self._require_usable(batch)
        rows = batch.column("(row)").to_numpy()
        mated = batch.column("(truth)").to_numpy().view(np.bool_)
        probes = None if self._listed is None else self._listed.probes(batch, mated, rows)
        self._take_sizes(batch, met, rows)
        keys = keys_in(batch.column("(search)")) if self._study.search is not None else None
        if keys is not None:
            met.keys.append(keys)
        score = numbers_in(batch, "(score)")
        stated = self._columns.stated(batch, score, mated, rows)
        if joining is not None and keys is not None and probes is not None:
            returned = joining.returned(keys, probes, mated, rows, stated, met.count)
        else:
            found = (
                np.full(len(mated), -np.inf) if score is None else np.where(np.isnan(score), -np.inf, score)
            )
            returned = from_columns(stated, found, mated, self._study)
        counting = returned.counting(mated)
        if score is not None:
            counting = np.where(np.isnan(score), np.nan, counting)
        numbers = met.count + np.arange(len(mated))
        met.count += len(mated)
        return self._copy_of(batch, rows, mated, counting, returned, numbers)

    def _require_usable(self, batch: pa.RecordBatch) -> None:
        """Refuse rows that no study could use."""
        usable = batch.column("(truth)").null_count == 0
        if usable and "(has probe)" in batch.schema.names:
            usable = bool(pc.all(batch.column("(has probe)"), min_count=0).as_py())
        score = numbers_in(batch, "(score)")
        if usable and score is not None:
            may_be_missing = self._study.missing_scores != "reject"
            usable = not np.isinf(score).any() and (may_be_missing or not np.isnan(score).any())
        if not usable:
            self._refuse()
        if self._study.search is not None:
            refuse_first(
                ~batch.column("(has search)").to_numpy(zero_copy_only=False),
                batch.column("(row)").to_numpy(),
                self._study.search,
                "{value} where a search belongs; name it, or leave the row out",
            )

    def _refuse(self) -> None:
        """Raise what is wrong with the first row that cannot be used."""
        self._source.require_unchanged()
        study = self._study.model_copy(update={"subjects": self._study.subjects[:1]})
        with self._database.reader_faults(), duckdb.connect() as connection:
            fault = first_fault(connection, self._source, study, dict(self._kinds))
        raise fault or InputError(CHANGED, source=self._source.name)

    def _take_sizes(self, batch: pa.RecordBatch, met: _Met, rows: IntArray) -> None:
        column, sizes = self._study.list_size, numbers_in(batch, "(size)")
        if column is None or sizes is None:
            return
        wrong = ~((sizes >= 1) & (sizes == np.floor(sizes)))
        refuse_first(
            wrong, rows, column, "{value} where the size of a list belongs; give how many were searched"
        )
        largest = len(self._enrolled.names) if self._enrolled is not None else self._study.watchlist_size
        if largest is not None:
            refuse_first(
                sizes > largest,
                rows,
                column,
                f"{{value}} is more than the {largest:,} subjects on the watchlist; correct the size, or the list",
            )
        met.smallest = min(met.smallest, int(sizes.min(initial=LARGEST)))
        met.largest = max(met.largest, int(sizes.max(initial=0)))

    def _copy_of(
        self,
        batch: pa.RecordBatch,
        rows: IntArray,
        mated: BoolArray,
        counting: FloatArray,
        returned: Returned,
        numbers: IntArray,
    ) -> pa.RecordBatch:
        study = self._study
        part, row = np.divmod(rows, 1 << 40)
        kind = np.float32 if self._is_single else np.float64
        made = {
            NUMBER: numbers,
            PART: part.astype(np.int32),
            ROW_NAME: row,
            study.score.column: (study.sign * counting).astype(kind),
            OWN: np.where(mated, returned.own, np.nan).astype(kind),
            OTHER: np.where(mated, returned.other, np.nan).astype(kind),
        }
        columns = {name: pa.array(values) for name, values in made.items()}
        if not study.mated.mated:
            columns[study.mated.column] = pa.array(mated)
        columns |= {name: _plain(batch.column(name)) for name in self._columns.copied}
        if study.returned_column is not None:
            columns[study.returned_column] = self._who(batch, mated, returned)
        return pa.RecordBatch.from_pydict(columns)

    @property
    def _is_single(self) -> bool:
        """Whether all scores were stored as float32."""
        kinds = [
            self._kinds[name]
            for name in (self._study.score.column, self._study.own_score)
            if name is not None and name in self._kinds
        ]
        if self._lists is not None and self._study.candidates is not None:
            kinds.append(self._lists.kinds[self._study.candidates.score])
        return set(kinds) == {"FLOAT"}

    def _who(self, batch: pa.RecordBatch, mated: BoolArray, returned: Returned) -> pa.Array:
        """Return whom the alert of each search would be of: somebody else, or the probe where there is nobody."""
        assert self._probe is not None  # noqa: S101 - for type checkers
        probe = _plain(batch.column(self._probe))
        if self._study.top_candidate is None and self._listed is not None:
            numbers = pa.array(returned.top, mask=mated | (returned.top == NOBODY))
            if not self._listed.are_whole:
                probe = probe.cast(pa.string())
            return pc.coalesce(
                pa.array(self._listed.names, pa.string()).take(numbers).cast(probe.type), probe
            )
        name = _plain(batch.column("(name of top)"))
        if name.type != probe.type:
            name, probe = name.cast(pa.string()), probe.cast(pa.string())
        named = batch.column("(is named)").to_numpy(zero_copy_only=False) & ~mated
        return pc.if_else(pa.array(named), name, probe)

    def _refuse_repeated(self, met: _Met) -> None:
        """Refuse a search that is there twice."""
        column = self._study.search
        if column is None:
            return
        keys = np.concatenate(met.keys)
        met.keys.clear()
        keys.sort()
        if not (keys[1:] == keys[:-1]).any():
            return
        text = f"CAST({identifier(column)} AS VARCHAR)"
        rows = " UNION ALL ".join(
            f"SELECT {index} AS part, {ROW} AS row, {text} AS search FROM {self._database.numbered(part)}"
            for index, part in enumerate(self._source.parts())
        )
        found = self._database.fetch(
            f"SELECT search, list({{part: part, row: row}} ORDER BY part, row)[:2], count(*) OVER () FROM ({rows}) "
            "GROUP BY search HAVING count(*) > 1 ORDER BY 2 LIMIT 1"
        )
        for search, (first, second), _ in found:
            parts = self._source.parts()
            earlier, later = parts[first["part"]].name, parts[second["part"]].name
            where = f"row {first['row']}" + ("" if earlier == later else f" of {earlier}")
            raise InputError(
                f"row {second['row']}, column {column!r}: search {search!r} is in {where} already; keep one row for "
                "each search, and where these are its candidates, name their file apart (candidates: {file: ...}; "
                "--candidates)",
                source=later,
            )


def _plain(column: pa.Array) -> pa.Array:
    """Return labels that are kept as codes as text."""
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column

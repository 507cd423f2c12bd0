"""Searches read once, beside their candidate lists and the watchlist, and copied as they count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.comparisons.database import first_fault
from harness.comparisons.files import Files
from harness.comparisons.searches.candidates import CandidateFile, DisorderedError, ListRows, Lists
from harness.comparisons.searches.faults import RowFault, refuse_first, row_numbers
from harness.comparisons.searches.keys import NOBODY, KeyNumbers, are_whole, key_sql, keys_in, keys_of, whole_names
from harness.comparisons.searches.matches import KeptMatches
from harness.comparisons.searches.returned import (
    Returned,
    Stated,
    from_columns,
    from_lists,
    require_consistent,
    require_ranked,
)
from harness.comparisons.searches.source import NUMBER, OTHER, OWN, PART, ROW_NAME, SearchRows
from harness.comparisons.searches.watchlist import Enrolled, read_watchlist
from harness.comparisons.source import CHANGED, ROW
from harness.comparisons.sql import has_text, identifier, mated_sql, score_sql
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import BoolArray, FloatArray, IntArray
    from harness.comparisons.database import Database
    from harness.comparisons.source import Source
    from harness.study import Study

__all__ = ["Searches", "read_searches"]

LARGEST = np.iinfo(np.int64).max
SEARCHES_AT_ONCE = 1 << 12
"""Few enough that their lists stay in the processor's cache."""


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
        See `harness.comparisons.searches.matches.KeptMatches.complete`; None without both lists and watchlist, and where
        the lists that were searched differ.
    """

    rows: SearchRows
    study: Study
    floor: float | None
    sizes: tuple[int, int] | None
    enrolled: Enrolled | None
    matches: tuple[float, IntArray, npt.NDArray[np.int32], FloatArray] | None


def read_searches(
    database: Database, source: Source, kinds: Mapping[str, str], study: Study, scratch: Path, *, digested: bool
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
        except RowFault as fault:
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


class _OfLists(RowFault):
    """A row of the candidate file."""


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
        self._has_score = study.score.column in kinds
        self._probe = study.subjects[0] if study.subjects else None
        self._whole_searches = self._are_whole_searches()
        self._names: tuple[str, ...] = ()
        self._whole_people, self._listed = False, KeyNumbers(np.zeros(0, np.int64))
        if self._probe is not None and (enrolled is not None or lists is not None):
            self._names = enrolled.names if enrolled is not None else lists.names() if lists is not None else ()
            self._number_people()
        self._labels = self._coded_labels()

    def _are_whole_searches(self) -> bool:
        of, lists = self._study.candidates, self._lists
        if of is None or lists is None or self._study.search is None:
            return self._study.search is not None and are_whole([self._kinds[self._study.search]])
        return are_whole([self._kinds[self._study.search], lists.kinds[of.search]])

    def _number_people(self) -> None:
        assert self._probe is not None  # noqa: S101 - for type checkers
        kinds = [self._kinds[self._probe]]
        for column in (self._study.top_candidate,):
            kinds += [] if column is None else [self._kinds[column]]
        if self._lists is not None and self._study.candidates is not None:
            kinds.append(self._lists.kinds[self._study.candidates.candidate])
            self._lists.naming(self._names)
        numbers = whole_names(self._names) if are_whole(kinds) else None
        self._whole_people = numbers is not None
        self._listed = KeyNumbers(keys_of(self._names) if numbers is None else numbers)

    def _coded_labels(self) -> dict[str, tuple[str, pa.Array, pa.Array]]:
        """By attribute, the probe's column, all labels on the list, and the number of that of each subject there."""
        if self._enrolled is None or self._probe is None:
            return {}
        coded = {}
        for attribute, labels in self._enrolled.labels.items():
            if self._study.labels_the_person(attribute):
                each = pa.array(labels, pa.string()).dictionary_encode()
                column = self._study.groups[attribute].probe
                coded[attribute] = (column, each.dictionary, each.indices.to_numpy())
        return coded

    def told(self, fault: RowFault) -> InputError:
        """Say what is wrong with a row."""
        if isinstance(fault, _OfLists) and self._lists is not None:
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
        study, changes = self._study, {}
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
            lists = None
            if self._lists is not None:
                rows = self._lists.rows(
                    self._listed,
                    whole_searches=self._whole_searches,
                    whole_people=self._whole_people,
                    in_order=in_order,
                )
                opened.enter_context(closing(rows))  # type: ignore[type-var]
                ranked = self._study.candidates is not None and self._study.candidates.rank is not None
                lists = Lists(rows, ranked=ranked)
            batches = opened.enter_context(closing(self._batches(in_order=in_order)))
            for batch in batches:
                added = self._counting(batch, lists, met, matches)
                if writer is None:
                    writer = opened.enter_context(self._writer(added.schema))
                writer.write_batch(added)
            if lists is not None:
                self._refuse_rest(lists.rest(), in_order=in_order)
        if writer is None:
            self._write_nothing()
        return met, matches

    def _writer(self, schema: pa.Schema) -> pq.ParquetWriter:
        """Open the copy, which is written and read soonest where only labels are packed."""
        labels = [field.name for field in schema if pa.types.is_string(field.type)]
        return pq.ParquetWriter(self._copy, schema, compression="none", use_dictionary=labels, write_statistics=False)

    def _write_nothing(self) -> None:
        raise InputError("holds no searches, only column names; give it rows", source=self._source.name)

    def _refuse_rest(self, rest: ListRows, *, in_order: bool) -> None:
        """Refuse candidates of a search that is not there; as files lie, they may also be out of order."""
        if not len(rest):
            return
        if not in_order:
            raise DisorderedError
        of = self._study.candidates
        assert of is not None  # noqa: S101 - for type checkers
        raise _OfLists(
            int(rest.rows[0]),
            of.search,
            f"search {{value}} is not among the searches in {self._source.name}, column {self._study.search!r}; give it a "
            "row there, or leave its candidates out",
        )

    def _kept_matches(self) -> KeptMatches | None:
        of = self._study.candidates
        if of is None or self._enrolled is None:
            return None
        floor = -np.inf if of.floor is None else self._study.sign * of.floor + 0.0
        by_length = of.floor is None or of.length is not None
        return KeptMatches(floor, of.length, by_length=by_length, size=len(self._enrolled.names))

    def _batches(self, *, in_order: bool) -> Iterator[pa.RecordBatch]:
        """Read the searches: what they count by, and what tells who was returned."""
        parts = " UNION ALL ".join(
            f"SELECT {self._selected(index)} FROM {self._database.numbered(part)}"
            for index, part in enumerate(self._source.parts())
        )
        order = ' ORDER BY "(search)", "(row)"' if in_order else ""
        return self._database.stream(f"SELECT * FROM ({parts}){order}")  # type: ignore[return-value]

    def _selected(self, part: int) -> str:
        study = self._study
        truth = mated_sql(study.mated, self._kinds[study.mated.column], text_only=self._source.text_only)
        columns = [f"{row_numbers(part, np.int64(0))} + {ROW} AS \"(row)\"", f'CAST({truth} AS TINYINT) AS "(truth)"']
        if study.search is not None:
            columns.append(f'{key_sql(study.search, whole=self._whole_searches)} AS "(search)"')
        if self._probe is not None:
            label = f"COALESCE(CAST({identifier(self._probe)} AS VARCHAR), '')"
            columns.append(f'{has_text(label)} AS "(named)"')
            if self._names:
                columns.append(f'{key_sql(self._probe, whole=self._whole_people)} AS "(probe)"')
        columns += self._selected_of_scores()
        columns += [identifier(name) for name in self._copied]
        return ", ".join(columns)

    def _selected_of_scores(self) -> Iterator[str]:
        study, text_only = self._study, self._source.text_only
        sign = "-" if study.sign < 0 else ""
        for name, column in (("(score)", study.score.column), ("(own)", study.own_score)):
            if column in self._kinds:
                of = study.score.model_copy(update={"column": column})
                number = score_sql(of, self._kinds[column], text_only=text_only)
                yield f"CAST({sign}({number}) AS DOUBLE) AS {identifier(name)}"
        for name, column in (("(rank)", study.own_rank), ("(size)", study.list_size)):
            if column is not None:
                text = identifier(column)
                yield (
                    f"CASE WHEN {text} IS NULL THEN 'nan'::DOUBLE "
                    f"ELSE COALESCE(TRY_CAST({text} AS DOUBLE), -1) END AS {identifier(name)}"
                )
        if study.top_candidate is not None:
            top, probe = (f"CAST({identifier(str(name))} AS VARCHAR)" for name in (study.top_candidate, self._probe))
            yield f'{identifier(study.top_candidate)} AS "(name of top)"'
            yield f"COALESCE({has_text(top)}, false) AS \"(is named)\", COALESCE({top} = {probe}, false) AS \"(is own)\""
            if self._enrolled is not None:
                yield f'COALESCE({key_sql(study.top_candidate, whole=self._whole_people)}, 0) AS "(top)"'

    @property
    def _copied(self) -> list[str]:
        """Columns of the searches that are copied as they are."""
        study = self._study
        made = {study.score.column, study.own_score, study.own_rank, study.returned_column}
        if not study.mated.mated:
            made.add(study.mated.column)
        return [name for name in study.columns if name not in made]

    def _counting(
        self, batch: pa.RecordBatch, lists: Lists | None, met: _Met, matches: KeptMatches | None
    ) -> pa.RecordBatch:
        """Return searches as they count."""
        self._require_usable(batch)
        rows = batch.column("(row)").to_numpy()
        mated = batch.column("(truth)").to_numpy().view(np.bool_)
        probes = self._probes(batch, mated, rows)
        self._take_sizes(batch, met, rows)
        keys = keys_in(batch.column("(search)")) if self._study.search is not None else None
        if keys is not None:
            met.keys.append(keys)
        score = _numbers(batch, "(score)")
        stated = self._stated(batch, score, mated, rows)
        if lists is not None and keys is not None and probes is not None:
            returned = self._from_lists(lists, keys, probes, mated, rows, stated, met, matches)
        else:
            found = np.full(len(mated), -np.inf) if score is None else np.where(np.isnan(score), -np.inf, score)
            returned = from_columns(stated, found, mated, self._study)
        counting = returned.counting(mated)
        if score is not None:
            counting = np.where(np.isnan(score), np.nan, counting)
        numbers = met.count + np.arange(len(mated))
        met.count += len(mated)
        return self._copy_of(batch, rows, mated, counting, returned, numbers)

    def _require_usable(self, batch: pa.RecordBatch) -> None:
        """Refuse rows that no study could use."""
        nulls = [name for name in ("(truth)", "(search)", "(probe)") if name in batch.schema.names]
        usable = not any(batch.column(name).null_count for name in nulls)
        if usable and "(named)" in batch.schema.names:
            usable = bool(pc.all(batch.column("(named)"), min_count=0).as_py())
        score = _numbers(batch, "(score)")
        if usable and score is not None:
            may_be_missing = self._study.missing_scores != "reject"
            usable = not np.isinf(score).any() and (may_be_missing or not np.isnan(score).any())
        if not usable:
            self._refuse()

    def _refuse(self) -> None:
        """Raise what is wrong with the first row that cannot be used, or that names no search."""
        self._source.require_unchanged()
        study = self._study.model_copy(update={"subjects": self._study.subjects[:1]})
        with self._database.reader_faults(), duckdb.connect() as connection:
            fault = first_fault(connection, self._source, study, dict(self._kinds))
        if fault is None and study.search is not None:
            fault = self._nameless(study.search)
        raise fault or InputError(CHANGED, source=self._source.name)

    def _nameless(self, search: str) -> InputError | None:
        for part in self._source.parts():
            found = self._database.fetch(
                f"SELECT {ROW} FROM {self._database.numbered(part)} WHERE {identifier(search)} IS NULL ORDER BY 1 LIMIT 1"
            )
            for (row,) in found:
                return InputError(
                    f"row {row}, column {search!r}: nothing where a search belongs; name it, or leave the row out",
                    source=part.name,
                )
        return None

    def _probes(self, batch: pa.RecordBatch, mated: BoolArray, rows: IntArray) -> npt.NDArray[np.int32] | None:
        """Return the numbers of the probes on the list; refuse those who should be on it, or should not."""
        if self._probe is None or not self._names:
            return None
        probes = self._listed.of(keys_in(batch.column("(probe)")))
        if self._enrolled is None:
            return probes
        file = self._enrolled.file.name
        refuse_first(
            mated & (probes == NOBODY),
            rows,
            self._probe,
            f"{{value}} has a mated search, and is not on the watchlist {file}; enrol the subject, or correct the truth",
        )
        refuse_first(
            ~mated & (probes != NOBODY),
            rows,
            self._probe,
            f"{{value}} has a non-mated search, but is on the watchlist {file}; correct the truth, or the list",
        )
        if "(top)" in batch.schema.names:
            tops = self._listed.of(keys_in(batch.column("(top)")))
            is_named = batch.column("(is named)").to_numpy(zero_copy_only=False)
            refuse_first(
                is_named & (tops == NOBODY),
                rows,
                str(self._study.top_candidate),
                f"{{value}} is not on the watchlist {file}; enrol the subject, or correct the name",
            )
        self._require_same_labels(batch, probes, mated, rows)
        return probes

    def _require_same_labels(
        self, batch: pa.RecordBatch, probes: npt.NDArray[np.int32], mated: BoolArray, rows: IntArray
    ) -> None:
        enrolled = np.flatnonzero(mated)
        for attribute, (column, labels, of_subject) in self._labels.items():
            there = pc.index_in(batch.column(column).take(pa.array(enrolled)).cast(pa.string()), value_set=labels)
            wrong = np.zeros(len(rows), np.bool_)
            wrong[enrolled] = there.fill_null(-1).to_numpy() != of_subject[probes[enrolled]]
            if wrong.any():
                first = int(np.flatnonzero(wrong & (rows == rows[wrong].min()))[0])
                label = labels[of_subject[probes[first]]].as_py()
                name = self._names[probes[first]]
                file = "" if self._enrolled is None else self._enrolled.file.name
                raise RowFault(
                    int(rows[first]),
                    column,
                    f"{{value}} for {name!r}, who is {label!r} on the watchlist {file}; give a subject one label of "
                    f"{attribute} in both",
                )

    def _take_sizes(self, batch: pa.RecordBatch, met: _Met, rows: IntArray) -> None:
        column, sizes = self._study.list_size, _numbers(batch, "(size)")
        if column is None or sizes is None:
            return
        wrong = ~((sizes >= 1) & (sizes == np.floor(sizes)))
        refuse_first(wrong, rows, column, "{value} where the size of a list belongs; give how many were searched")
        largest = len(self._names) if self._enrolled is not None else self._study.watchlist_size
        if largest is not None:
            refuse_first(
                sizes > largest,
                rows,
                column,
                f"{{value}} is more than the {largest:,} subjects on the watchlist; correct the size, or the list",
            )
        met.smallest = min(met.smallest, int(sizes.min(initial=LARGEST)))
        met.largest = max(met.largest, int(sizes.max(initial=0)))

    def _stated(
        self, batch: pa.RecordBatch, score: FloatArray | None, mated: BoolArray, rows: IntArray
    ) -> Stated:
        own, rank = _numbers(batch, "(own)"), _numbers(batch, "(rank)")
        flags = {
            name: batch.column(name).to_numpy(zero_copy_only=False)
            for name in ("(is own)", "(is named)")
            if name in batch.schema.names
        }
        stated = Stated(score, flags.get("(is own)"), flags.get("(is named)"), own, rank)
        if own is not None:
            refuse_first(
                np.isinf(own), rows, str(self._study.own_score), "{value} is no score; write it as other scores are"
            )
        if rank is not None:
            refuse_first(
                ~np.isnan(rank) & ((rank < 1) | (rank != np.floor(rank))),
                rows,
                str(self._study.own_rank),
                "{value} where a rank belongs; count from 1, and leave it empty where the person is not returned",
            )
        require_consistent(stated, mated, rows, self._study)
        return stated

    def _from_lists(
        self,
        lists: Lists,
        keys: IntArray,
        probes: npt.NDArray[np.int32],
        mated: BoolArray,
        rows: IntArray,
        stated: Stated,
        met: _Met,
        matches: KeptMatches | None,
    ) -> Returned:
        several = [
            self._from_some_lists(
                lists, keys[some], probes[some], mated[some], matches, met.count + some.start
            )
            for some in (slice(i, i + SEARCHES_AT_ONCE) for i in range(0, len(keys), SEARCHES_AT_ONCE))
        ]
        returned = Returned.joined(several)
        self._require_agreement(stated, returned, rows)
        if stated.own is None:
            return returned
        own = np.where(np.isneginf(returned.own) & ~np.isnan(stated.own), stated.own, returned.own)
        return Returned(own, returned.other, returned.top, returned.hit)

    def _from_some_lists(
        self,
        lists: Lists,
        keys: IntArray,
        probes: npt.NDArray[np.int32],
        mated: BoolArray,
        matches: KeptMatches | None,
        first: int,
    ) -> Returned:
        of = self._study.candidates
        assert of is not None  # noqa: S101 - for type checkers
        found, at_search = lists.of(keys)
        try:
            require_ranked(found, at_search, of, of.length)
            refuse_first(
                (found.candidates == probes[at_search]) & ~mated[at_search],
                found.rows,
                of.candidate,
                "{value} is the subject of the search itself, which is non-mated; correct the truth or the subject",
            )
        except RowFault as fault:
            raise _OfLists(row_numbers(fault.part, np.int64(fault.row)), fault.column, fault.problem) from None
        if matches is not None:
            matches.add(found, at_search, mated, first)
        return from_lists(found, at_search, probes, mated, self._study.hit_rank)

    def _require_agreement(self, stated: Stated, returned: Returned, rows: IntArray) -> None:
        """Refuse scores of searches that are not those of their lists."""
        of = self._study.candidates
        assert of is not None  # noqa: S101 - for type checkers
        floor = np.inf if of.floor is None else self._study.sign * of.floor
        for column, own, listed in (
            (self._study.score.column, stated.score, returned.best),
            (self._study.own_score, stated.own, returned.own),
        ):
            if own is None or column is None:
                continue
            is_listed = listed > -np.inf
            as_stored = np.float32 if "FLOAT" in (self._kinds[column], self._kind_of_lists) else np.float64
            differs = is_listed & (own.astype(as_stored) != listed.astype(as_stored))
            if column == self._study.own_score:
                differs &= ~np.isnan(own)
            refuse_first(
                differs,
                rows,
                column,
                f"{{value}} is not the score in the candidate list of its search ({self._lists_name}); correct one of them",
            )
            beyond = own >= floor
            refuse_first(
                ~is_listed & beyond,
                rows,
                column,
                f"{{value}} is not in the candidate list of its search ({self._lists_name}), though it reaches the floor; "
                "complete the list, or correct the floor",
            )

    @property
    def _lists_name(self) -> str:
        return "" if self._lists is None else self._lists.file.name

    @property
    def _kind_of_lists(self) -> str:
        of = self._study.candidates
        return "" if of is None or self._lists is None else self._lists.kinds[of.score]

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
        columns |= {name: _plain(batch.column(name)) for name in self._copied}
        if study.returned_column is not None:
            columns[study.returned_column] = self._who(batch, mated, returned)
        return pa.RecordBatch.from_pydict(columns)

    @property
    def _is_single(self) -> bool:
        """Whether all scores were stored as float32."""
        kinds = [self._kinds[name] for name in (self._study.score.column, self._study.own_score) if name in self._kinds]
        if self._lists is not None:
            kinds.append(self._kind_of_lists)
        return set(kinds) == {"FLOAT"}

    def _who(self, batch: pa.RecordBatch, mated: BoolArray, returned: Returned) -> pa.Array:
        """Return whom the alert of each search would be of: somebody else, or the probe where there is nobody."""
        assert self._probe is not None  # noqa: S101 - for type checkers
        probe = _plain(batch.column(self._probe))
        if self._study.top_candidate is None:
            numbers = pa.array(returned.top, mask=mated | (returned.top == NOBODY))
            if not self._whole_people:
                probe = probe.cast(pa.string())
            return pc.coalesce(pa.array(self._names, pa.string()).take(numbers).cast(probe.type), probe)
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
                f"row {second['row']}, column {column!r}: search {search!r} is in {where} already; keep one row for each "
                "search, and where these are its candidates, name their file apart (candidates: {file: ...}; --candidates)",
                source=later,
            )


def _numbers(batch: pa.RecordBatch, name: str) -> FloatArray | None:
    if name not in batch.schema.names:
        return None
    numbers: FloatArray = batch.column(name).to_numpy(zero_copy_only=False)
    return numbers


def _plain(column: pa.Array) -> pa.Array:
    """Return labels that are kept as codes as text."""
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column

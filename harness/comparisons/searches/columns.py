"""The columns of searches that tell who was returned, as they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from harness.comparisons.searches.faults import first_number, refuse_first
from harness.comparisons.searches.keys import key_sql
from harness.comparisons.searches.returned import Stated, require_consistent
from harness.comparisons.source import ROW
from harness.comparisons.sql import has_text, identifier, mated_sql, score_sql

if TYPE_CHECKING:
    import pyarrow as pa

    from harness.arrays import BoolArray, FloatArray, IntArray
    from harness.study import Study

__all__ = ["SearchColumns", "numbers_in"]


class SearchColumns:
    """What is read of searches, and what of that is copied as it is.

    Parameters
    ----------
    study : Study
    kinds : mapping of str to str
        The SQL type of each column.
    text_only : bool
        Whether every column arrives as text.
    whole_searches : bool
        Whether searches are known by whole numbers; see `harness.comparisons.searches.keys`.
    whole_people : bool or None
        Whether people are; None where nobody is looked up.
    """

    def __init__(
        self,
        study: Study,
        kinds: Mapping[str, str],
        *,
        text_only: bool,
        whole_searches: bool,
        whole_people: bool | None,
    ) -> None:
        self._study, self._kinds, self._text_only = study, kinds, text_only
        self._whole_searches, self._whole_people = whole_searches, whole_people

    def sql(self, part: int) -> str:
        """Select them of a part, from its numbered rows."""
        study = self._study
        truth = mated_sql(study.mated, self._kinds[study.mated.column], text_only=self._text_only)
        columns = [
            f'{first_number(part)} + {ROW} AS "(row)"',
            f'CAST({truth} AS TINYINT) AS "(truth)"',
        ]
        if study.search is not None:
            key = key_sql(study.search, whole=self._whole_searches)
            columns.append(f'COALESCE({key}, 0) AS "(search)"')
            columns.append(f'{_has_label(study.search)} AS "(has search)"')
        if study.subjects:
            columns.append(f'{_has_label(study.subjects[0])} AS "(has probe)"')
            if self._whole_people is not None:
                key = key_sql(study.subjects[0], whole=self._whole_people)
                columns.append(f'COALESCE({key}, 0) AS "(probe)"')
        columns += self._selected_of_scores()
        columns += [identifier(name) for name in self.copied]
        return ", ".join(columns)

    def _selected_of_scores(self) -> Iterator[str]:
        study, text_only = self._study, self._text_only
        sign = "-" if study.sign < 0 else ""
        for name, column in (("(score)", study.score.column), ("(own)", study.own_score)):
            if column is not None and column in self._kinds:
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
            top, probe = (
                f"CAST({identifier(str(name))} AS VARCHAR)"
                for name in (study.top_candidate, study.subjects[0])
            )
            yield f'{identifier(study.top_candidate)} AS "(name of top)"'
            yield f'COALESCE({has_text(top)}, false) AS "(is named)", COALESCE({top} = {probe}, false) AS "(is own)"'
            if self._whole_people is not None:
                yield f'COALESCE({key_sql(study.top_candidate, whole=self._whole_people)}, 0) AS "(top)"'

    @property
    def copied(self) -> list[str]:
        """Columns of the searches that are copied as they are."""
        study = self._study
        made = {study.score.column, study.own_score, study.own_rank, study.returned_column}
        if not study.mated.mated:
            made.add(study.mated.column)
        return [name for name in study.columns if name not in made]

    def stated(
        self, batch: pa.RecordBatch, score: FloatArray | None, mated: BoolArray, rows: IntArray
    ) -> Stated:
        """Return what they say of some searches, which must go together."""
        own, rank = numbers_in(batch, "(own)"), numbers_in(batch, "(rank)")
        flags = {
            name: batch.column(name).to_numpy(zero_copy_only=False)
            for name in ("(is own)", "(is named)")
            if name in batch.schema.names
        }
        stated = Stated(score, flags.get("(is own)"), flags.get("(is named)"), own, rank)
        if own is not None:
            refuse_first(
                np.isinf(own),
                rows,
                str(self._study.own_score),
                "{value} is no score; write it as other scores are",
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


def _has_label(column: str) -> str:
    """Condition that a column names something."""
    return has_text(f"COALESCE(CAST({identifier(column)} AS VARCHAR), '')")


def numbers_in(batch: pa.RecordBatch, name: str) -> FloatArray | None:
    """Return a column of numbers; None where there is no such column."""
    if name not in batch.schema.names:
        return None
    numbers: FloatArray = batch.column(name).to_numpy(zero_copy_only=False)
    return numbers

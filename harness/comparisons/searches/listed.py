"""Who may be returned by a search, by number, and whether its probe should be among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from harness.comparisons.searches.faults import RowError, refuse_first
from harness.comparisons.searches.keys import NOBODY, KeyNumbers, are_whole, keys_in, keys_of, whole_names

if TYPE_CHECKING:
    from harness.arrays import BoolArray, IntArray
    from harness.comparisons.searches.watchlist import Enrolled
    from harness.study import Study

__all__ = ["Listed"]


class Listed:
    """The people whom searches may return.

    Parameters
    ----------
    study : Study
        That names the subject of each search.
    names : sequence of str
        Of these people, in order.
    kinds : sequence of str
        The SQL types of all columns that name people, besides the watchlist's.
    enrolled : Enrolled or None
        Where these are the people on a watchlist.
    """

    def __init__(
        self, study: Study, names: Sequence[str], kinds: Sequence[str], enrolled: Enrolled | None
    ) -> None:
        self._study, self._enrolled, self.names = study, enrolled, names
        self._probe = study.subjects[0]
        whole = whole_names(names) if are_whole(kinds) else None
        self.are_whole = whole is not None
        self.numbers = KeyNumbers(keys_of(names) if whole is None else whole)
        self._labels = self._coded_labels()

    def _coded_labels(self) -> Mapping[str, tuple[str, pa.Array, IntArray]]:
        """By attribute, the probe's column, all labels on the list, and the number of that of each subject there."""
        if self._enrolled is None:
            return {}
        coded = {}
        for attribute, labels in self._enrolled.labels.items():
            if self._study.labels_the_person(attribute):
                each = pa.array(labels, pa.string()).dictionary_encode()
                column = self._study.groups[attribute].probe
                coded[attribute] = (column, each.dictionary, each.indices.to_numpy())
        return coded

    def probes(self, batch: pa.RecordBatch, mated: BoolArray, rows: IntArray) -> npt.NDArray[np.int32]:
        """Return the numbers of the probes on the list; refuse those who should be on it, or should not."""
        probes = self.numbers.of(keys_in(batch.column("(probe)")))
        if self._enrolled is None:
            return probes
        file = self._enrolled.file.name
        refuse_first(
            mated & (probes == NOBODY),
            rows,
            self._probe,
            f"{{value}} has a mated search, and is not on the watchlist {file}; enrol them, or correct the truth",
        )
        refuse_first(
            ~mated & (probes != NOBODY),
            rows,
            self._probe,
            f"{{value}} has a non-mated search, but is on the watchlist {file}; correct the truth, or the list",
        )
        if "(top)" in batch.schema.names:
            tops = self.numbers.of(keys_in(batch.column("(top)")))
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
            there = pc.index_in(
                batch.column(column).take(pa.array(enrolled)).cast(pa.string()), value_set=labels
            )
            wrong = np.zeros(len(rows), np.bool_)
            wrong[enrolled] = there.fill_null(-1).to_numpy() != of_subject[probes[enrolled]]
            if wrong.any():
                first = int(np.flatnonzero(wrong & (rows == rows[wrong].min()))[0])
                label = labels[of_subject[probes[first]]].as_py()
                name = self.names[probes[first]]
                file = "" if self._enrolled is None else self._enrolled.file.name
                raise RowError(
                    int(rows[first]),
                    column,
                    f"{{value}} for {name!r}, who is {label!r} on the watchlist {file}; give a subject one label of "
                    f"{attribute} in both",
                )

"""Candidate lists joined to their searches, some at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from harness.comparisons.searches.faults import ListRowError, RowError, refuse_first
from harness.comparisons.searches.returned import Returned, Stated, from_lists, require_ranked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.arrays import BoolArray, IntArray
    from harness.comparisons.searches.candidates import CandidateFile, Lists
    from harness.comparisons.searches.matches import KeptMatches
    from harness.study import Study
    from harness.study.searches import Candidates

__all__ = ["Joining"]

SEARCHES_AT_ONCE = 1 << 12
"""Few enough that their lists stay in the processor's cache."""


class Joining:
    """Joins lists to searches in their order.

    Parameters
    ----------
    study : Study
    of : Candidates
        The study's.
    kinds : mapping of str to str
        The SQL type of each column of the searches.
    file : CandidateFile
    lists : Lists
        Of that file.
    matches : KeptMatches or None
        Where to keep who on the list is matched.
    """

    def __init__(
        self,
        study: Study,
        of: Candidates,
        kinds: Mapping[str, str],
        file: CandidateFile,
        lists: Lists,
        matches: KeptMatches | None,
    ) -> None:
        self._study, self._of, self._kinds = study, of, kinds
        self._file, self._name = file, file.file.name
        self.lists, self._matches = lists, matches

    def returned(
        self,
        keys: IntArray,
        probes: npt.NDArray[np.int32],
        mated: BoolArray,
        rows: IntArray,
        stated: Stated,
        first: int,
    ) -> Returned:
        """Return what the next searches returned, of which the first has this number."""
        several = [
            self._of_some(keys[some], probes[some], mated[some], first + some.start)
            for some in (slice(i, i + SEARCHES_AT_ONCE) for i in range(0, len(keys), SEARCHES_AT_ONCE))
        ]
        returned = Returned.joined(several)
        self._require_agreement(stated, returned, rows)
        if stated.own is None:
            return returned
        own = np.where(np.isneginf(returned.own) & ~np.isnan(stated.own), stated.own, returned.own)
        return Returned(own, returned.other, returned.top, returned.hit)

    def _of_some(
        self,
        keys: IntArray,
        probes: npt.NDArray[np.int32],
        mated: BoolArray,
        first: int,
    ) -> Returned:
        of = self._of
        found, at_search = self.lists.of(keys)
        try:
            require_ranked(found, at_search, of, of.length)
            refuse_first(
                (found.candidates == probes[at_search]) & ~mated[at_search],
                found.rows,
                of.candidate,
                "{value} is the subject of the search itself, which is non-mated; correct the truth or the subject",
            )
        except RowError as fault:
            raise ListRowError(fault.number, fault.column, fault.problem) from None
        if self._matches is not None:
            self._matches.add(found, at_search, mated, first)
        return from_lists(found, at_search, probes, mated, self._study.hit_rank)

    def _require_agreement(self, stated: Stated, returned: Returned, rows: IntArray) -> None:
        """Refuse scores of searches that are not those of their lists."""
        floor = np.inf if self._of.floor is None else self._study.sign * self._of.floor
        for column, own, listed in (
            (self._study.score.column, stated.score, returned.best),
            (self._study.own_score, stated.own, returned.own),
        ):
            if own is None or column is None:
                continue
            is_listed = listed > -np.inf
            as_stored = (
                np.float32
                if "FLOAT" in (self._kinds[column], self._file.kinds[self._of.score])
                else np.float64
            )
            differs = is_listed & (own.astype(as_stored) != listed.astype(as_stored))
            if column == self._study.own_score:
                differs &= ~np.isnan(own)
            refuse_first(
                differs,
                rows,
                column,
                f"{{value}} is not the score in the candidate list of its search ({self._name}); correct one of them",
            )
            beyond = own >= floor
            refuse_first(
                ~is_listed & beyond,
                rows,
                column,
                f"{{value}} is not in the candidate list of its search ({self._name}), though it reaches the floor; "
                "complete the list, or correct the floor",
            )

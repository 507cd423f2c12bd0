"""Whom searches returned, told from their candidate lists or from columns of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from harness.comparisons.searches.faults import RowError, refuse_first
from harness.comparisons.searches.keys import NOBODY, starts_of

if TYPE_CHECKING:
    from harness.arrays import BoolArray, FloatArray, IntArray
    from harness.comparisons.searches.candidates import ListRows
    from harness.study import Study
    from harness.study.searches import Candidates

__all__ = ["Returned", "Stated", "from_columns", "from_lists", "require_consistent", "require_ranked"]

LAST = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class Returned:
    """What N searches returned; a score of -inf is that of nobody.

    Attributes
    ----------
    own : ndarray of float64, shape (N,)
        The right person's score, where that is known.
    other : ndarray of float64, shape (N,)
        The best score of anybody else; of a non-mated search, of anybody.
    top : ndarray of int32, shape (N,)
        The number of who has it; of those with the same score the first.
    hit : ndarray of bool, shape (N,)
        Whether the right person is returned within the rank asked for.
    """

    own: FloatArray
    other: FloatArray
    top: npt.NDArray[np.int32]
    hit: BoolArray

    @classmethod
    def joined(cls, several: Sequence[Returned]) -> Self:
        """Return what all of these searches returned, one after the other."""
        return cls(*(np.concatenate([getattr(one, field.name) for one in several]) for field in fields(cls)))

    @property
    def best(self) -> FloatArray:
        """The best score of anybody, shape (N,)."""
        return np.maximum(self.own, self.other)

    def counting(self, mated: BoolArray) -> FloatArray:
        """Return the scores that count: of a mated search the right person's, where it is a hit, shape (N,)."""
        return np.where(mated, np.where(self.hit, self.own, -np.inf), self.other)


def from_lists(
    rows: ListRows,
    at_search: IntArray,
    probes: npt.NDArray[np.int32],
    mated: BoolArray,
    rank: int | None,
) -> Returned:
    """Tell it from candidate lists.

    Parameters
    ----------
    rows : ListRows
    at_search : ndarray of int64
        For each of them, the index of its search, ascending.
    probes : ndarray of int32, shape (N,)
        The number of the subject of each search.
    mated : ndarray of bool, shape (N,)
    rank : int or None
        Within which the right person must be returned; None for any.
    """
    count = len(mated)
    own, other = np.full(count, -np.inf), np.full(count, -np.inf)
    top = np.full(count, LAST)
    if not len(rows):
        return Returned(own, other, np.full(count, NOBODY, np.int32), np.zeros(count, np.bool_))
    is_probe = rows.candidates == probes[at_search]
    right = np.flatnonzero(is_probe)
    np.maximum.at(own, at_search[right], rows.scores[right])
    of_others = rows.scores.copy()
    of_others[right] = -np.inf
    starts = starts_of(at_search)
    best = np.maximum.reduceat(of_others, starts)
    other[at_search[starts]] = best
    lengths = np.diff(np.append(starts, len(rows)))
    at_best = np.flatnonzero((of_others == np.repeat(best, lengths)) & ~is_probe)
    np.minimum.at(top, at_search[at_best], rows.candidates[at_best])
    top[top == LAST] = NOBODY
    hit = mated & (own > -np.inf)
    if rank == 1:
        hit &= own > other
    elif rank is not None:
        hit &= _others_above(rows, at_search, own, of_others, hit) < rank
    return Returned(own, other, top, hit)


def _others_above(
    rows: ListRows, at_search: IntArray, own: FloatArray, of_others: FloatArray, asked: BoolArray
) -> IntArray:
    """Count other people whose best score is the right person's at least, shape (N,)."""
    above = np.flatnonzero(asked[at_search] & (of_others >= own[at_search]))
    people = at_search[above] * (int(rows.candidates.max()) + 1) + rows.candidates[above]
    _, first = np.unique(people, return_index=True)
    counts: IntArray = np.bincount(at_search[above][first], minlength=len(own))
    return counts


def require_ranked(rows: ListRows, at_search: IntArray, of: Candidates, length: int | None) -> None:
    """Refuse lists that are longer than the study says, or whose ranks are not 1, 2, 3 and so on as scores fall.

    Raises
    ------
    RowError
    """
    if rows.ranks is None and length is None:
        return
    starts = starts_of(at_search)
    expected = 1 + np.arange(len(rows)) - np.repeat(starts, np.diff(np.append(starts, len(rows))))
    if length is not None:
        refuse_first(
            expected > length,
            rows.rows,
            of.search,
            f"search {{value}} has more candidates than the {length:,} that the study says; correct its length "
            "(candidates: {length: ...})",
        )
    if rows.ranks is None or of.rank is None:
        return
    if not np.array_equal(rows.ranks, expected):
        order = np.lexsort((rows.rows, rows.ranks, at_search))
        rows = rows[order]
        assert rows.ranks is not None  # noqa: S101 - for type checkers
        wrong = rows.ranks != expected
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            raise RowError(
                int(rows.rows[first]),
                of.rank,
                f"{{value}} where the candidates of its search go on with rank {expected[first]:,}; number them 1, 2, "
                "3 and so on, without repeats",
            )
    rising = np.zeros(len(rows), np.bool_)
    rising[1:] = (rows.scores[1:] > rows.scores[:-1]) & (at_search[1:] == at_search[:-1])
    refuse_first(
        rising,
        rows.rows,
        of.score,
        "{value} is better than the score of the rank before it in its search; correct the ranks, or say in the study "
        "which scores are better (score: {column: ..., better: lower}; --better)",
    )


@dataclass(frozen=True, eq=False)
class Stated:
    """What columns of N searches say of who was returned; None where the study names no such column.

    Attributes
    ----------
    score : ndarray of float64, shape (N,), or None
        Of the top candidate; NaN where missing.
    is_own : ndarray of bool, shape (N,), or None
        Whether the top candidate is the subject of the search.
    is_named : ndarray of bool, shape (N,), or None
        Whether there is a top candidate.
    own : ndarray of float64, shape (N,), or None
        The right person's score; NaN where there is none.
    rank : ndarray of float64, shape (N,), or None
        The right person's rank; NaN where there is none.
    """

    score: FloatArray | None
    is_own: BoolArray | None
    is_named: BoolArray | None
    own: FloatArray | None
    rank: FloatArray | None


def require_consistent(stated: Stated, mated: BoolArray, rows: IntArray, study: Study) -> None:
    """Refuse columns that contradict each other or the truth.

    Raises
    ------
    RowError
    """
    columns = {"own_score": stated.own, "own_rank": stated.rank}
    given = {key: ~np.isnan(values) for key, values in columns.items() if values is not None}
    if stated.is_named is not None:
        given["top_candidate"] = stated.is_named
    for key, there in given.items():
        column = getattr(study, key)
        if key != "top_candidate":
            refuse_first(
                there & ~mated,
                rows,
                column,
                "{value} is of the right person, and a non-mated search has none; leave it empty, or correct the truth",
            )
        if stated.score is not None:
            refuse_first(
                there & np.isnan(stated.score),
                rows,
                column,
                "{value}, but the search has no score; give the score of its top candidate, or leave this empty",
            )
    if stated.is_own is not None:
        _require_consistent_top(stated, stated.is_own, mated, rows, study)
    if stated.score is not None and stated.own is not None:
        own = np.where(np.isnan(stated.own), -np.inf, stated.own)
        refuse_first(
            own > stated.score,
            rows,
            str(study.own_score),
            "{value} is better than the search's own top score; correct one of them",
        )
        if stated.rank is not None:
            refuse_first(
                (stated.rank == 1) & (own < stated.score),
                rows,
                str(study.own_score),
                "{value} is not the top score, but the right person has rank 1; correct one of them",
            )


def _require_consistent_top(
    stated: Stated, is_own: BoolArray, mated: BoolArray, rows: IntArray, study: Study
) -> None:
    column = str(study.top_candidate)
    refuse_first(
        is_own & ~mated,
        rows,
        column,
        "{value} is the subject of the search itself, which is non-mated; correct the truth or the subject",
    )
    if (
        stated.score is not None
        and stated.is_named is not None
        and stated.own is None
        and stated.rank is None
    ):
        refuse_first(
            mated & ~stated.is_named & ~np.isnan(stated.score),
            rows,
            column,
            "{value} where the subject belongs whom a mated search returned; name who had the top score",
        )
    if stated.rank is not None:
        refuse_first(
            ~is_own & (stated.rank == 1),
            rows,
            column,
            "{value} was returned, but the right person has rank 1; correct one of them",
        )
        refuse_first(
            is_own & mated & (stated.rank != 1),
            rows,
            str(study.own_rank),
            "{value}, but the right person was returned at the top; correct one of them",
        )
    if stated.own is not None and stated.score is not None:
        refuse_first(
            is_own & (stated.own < stated.score),
            rows,
            str(study.own_score),
            "{value} is not the top score, but the right person was returned at the top; correct one of them",
        )


def from_columns(stated: Stated, score: FloatArray, mated: BoolArray, study: Study) -> Returned:
    """Tell it from columns.

    Parameters
    ----------
    stated : Stated
        Consistent; see `require_consistent`.
    score : ndarray of float64, shape (N,)
        That of the top candidate; -inf where missing.
    mated : ndarray of bool, shape (N,)
    study : Study
    """
    count, nobody = len(mated), np.full(len(mated), -np.inf)
    if not study.tells_returned:  # whoever it was counts as right
        own = np.where(mated, score, nobody)
        return Returned(own, np.where(mated, nobody, score), np.full(count, NOBODY, np.int32), mated)
    at_top = _at_top(stated, score)
    own = np.where(at_top, score, nobody)
    if stated.own is not None:
        own = np.where(np.isnan(stated.own), own, stated.own)
    is_returned = at_top
    if study.hit_rank is None:
        is_returned = own > -np.inf
    elif stated.rank is not None:
        is_returned = stated.rank <= study.hit_rank
    is_hit = mated & is_returned & (own > -np.inf)
    if (
        stated.own is None
    ):  # of a person who was not returned at the top it is not known: another was in the way
        own = np.where(at_top, own, score)
    own = np.where(mated, own, nobody)
    other = np.where(mated & at_top, nobody, score)
    return Returned(own, other, np.full(count, NOBODY, np.int32), is_hit)


def _at_top(stated: Stated, score: FloatArray) -> BoolArray:
    """Whether the right person has the top score, by whatever tells it."""
    if stated.is_own is not None:
        return stated.is_own
    if stated.rank is not None:
        return np.equal(stated.rank, 1)
    assert stated.own is not None  # noqa: S101 - for type checkers
    return np.equal(stated.own, score)

"""Which column is the score, which says what is mated, and which way scores point: what goes together best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.comparisons.sql import FLOATING, WHOLE, literal
from harness.drafting.columns import LOOKED, Column, Table
from harness.drafting.sides import Pair, words_of

__all__ = ["Reading", "Truth", "area_above", "read_truth"]

MOST_SCORES, MOST_TRUTHS = 8, 12
"""Columns that are tried."""
FEWEST_APART = 0.1
"""By which the area under the ROC curve differs from one half, where the names of labels do not tell of a truth."""
ALIKE = 0.02
"""Areas that differ by less tell nothing."""
AGREES = 0.99
MATED = {
    *("mated", "mate", "genuine", "gen", "same", "target", "tgt", "match", "matched", "client"),
    *("authentic", "positive", "pos", "1", "true", "yes"),
}
NON_MATED = {
    *("nonmated", "unmated", "impostor", "imposter", "imp", "different", "diff", "nontarget"),
    *("nonmatch", "nonmatched", "mismatch", "notsame", "negative", "neg", "0", "-1", "false", "no"),
}
SURE = {"mated", "genuine", "same", "target", "nonmated", "impostor", "imposter", "different", "nontarget"}
"""Labels that hardly stand for anything else."""
OF_TRUTH = SURE | {"match", "label", "truth"}
"""Words in the name of a column of truth."""
OPPOSITE = {"impostor", "imposter", "different", "non", "nonmated", "nontarget", "nonmatch"}


@dataclass(frozen=True)
class Truth:
    """What says whether a comparison is mated.

    Attributes
    ----------
    column : Column or None
        None where two identities that are equal say it.
    pair : Pair or None
        Those identities.
    mated, non_mated : str
        The labels.
    by : {"identities", "words", "one word", "scores"}
        What tells which of the two labels is the mated one.
    is_plain : bool
        Whether the labels are bool, or 0 and 1, so that they need not be named.
    """

    column: Column | None
    pair: Pair | None
    mated: str
    non_mated: str
    by: str
    is_plain: bool

    @property
    def sql(self) -> str:
        """1 where mated, 0 where not, NULL where neither."""
        if self.pair is not None:
            return f"CAST({self.pair.equal_sql} AS INTEGER)"
        return "" if self.column is None else _one_of(self.column, self.mated, self.non_mated)


@dataclass(frozen=True)
class Reading:
    """How a table is read: its score, its truth and how well they go together.

    Attributes
    ----------
    score : Column or None
    truth : Truth or None
    area : float or None
        The chance that a mated score is higher than a non-mated one.
    other_scores : tuple of (Column, float)
        Columns that might be scores too, with the same of them.
    other_truths : tuple of Column
        Columns of two values that go with the score as well.
    """

    score: Column | None
    truth: Truth | None
    area: float | None
    other_scores: tuple[tuple[Column, float | None], ...] = ()
    other_truths: tuple[Column, ...] = ()

    @property
    def points_down(self) -> bool:
        """Whether lower scores speak for the same person."""
        return self.area is not None and self.area < 0.5


def area_above(numbers: npt.NDArray[np.float64], labels: npt.NDArray[np.float64]) -> float:
    """Return the chance that a number labelled 1 is higher than one labelled 0, ties counted half.

    Parameters
    ----------
    numbers, labels : ndarray of float64, shape (N,)
        Rows with NaN in either are left out.

    Returns
    -------
    float
        One half where a label has no row.

    Examples
    --------
    >>> area_above(np.array([0.1, 0.2, 0.2, 0.9]), np.array([0.0, 0.0, 1.0, 1.0]))
    0.875
    """
    known = ~(np.isnan(numbers) | np.isnan(labels))
    numbers, ones = numbers[known], labels[known] == 1
    n, m = int((~ones).sum()), int(ones.sum())
    if not n or not m:
        return 0.5
    _, which, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[which]
    return float((ranks[ones].sum() - m * (m + 1) / 2) / (n * m))


def read_truth(table: Table, pairs: Sequence[Pair]) -> Reading:
    """Find the score and the truth of a table.

    Parameters
    ----------
    table : Table
    pairs : sequence of Pair
        The sides of its comparisons.
    """
    scores = _scores(table, pairs)
    if not scores:
        return Reading(None, None, None)
    columns = _two_valued(table, pairs, scores)
    identities = _identities(table, pairs)
    asked = [column.number_sql for column in scores]
    asked += [_one_of(column, *labels) for column, labels in columns]
    asked += [f"CAST({pair.equal_sql} AS INTEGER)" for pair in identities]
    arrays = table.arrays(asked)
    numbers, labels = arrays[: len(scores)], arrays[len(scores) :]
    areas = np.array([[area_above(of, label) for label in labels] for of in numbers])
    if not labels:
        return _without_truth(scores)
    return _best(table, scores, columns, identities, areas)


def _without_truth(scores: Sequence[Column]) -> Reading:
    first, *others = sorted(scores, key=lambda column: -column.distinct)
    return Reading(first, None, None, tuple((column, None) for column in others))


def _scores(table: Table, pairs: Sequence[Pair]) -> list[Column]:
    """Return the columns that may be scores: numbers with fractions, or else whole ones that are no two sides."""
    sides = {column.index for pair in pairs for column in pair.columns}
    numeric = [
        column
        for column in table.columns
        if column.is_numeric
        and column.distinct > 2
        and not column.counts_rows
        and 2 * column.filled >= column.rows
    ]
    fractions = [column for column in numeric if column.has_fractions]
    found = fractions or [column for column in numeric if column.index not in sides]
    return sorted(found, key=lambda column: -column.distinct)[:MOST_SCORES]


def _two_valued(
    table: Table, pairs: Sequence[Pair], scores: Sequence[Column]
) -> list[tuple[Column, tuple[str, str]]]:
    """Return the columns of two values, with the one that is more likely mated first."""
    left = {column.index for pair in pairs for column in pair.columns} | {column.index for column in scores}
    found = []
    for column in table.columns:
        if column.distinct == 2 and column.filled >= AGREES * column.rows and column.index not in left:
            one, other = sorted(table.values(column, 2))
            found.append((column, (other, one)))
    return found[:MOST_TRUTHS]


def _identities(table: Table, pairs: Sequence[Pair]) -> list[Pair]:
    """Return pairs that may name people: of text or whole numbers, equal in some rows and not in all."""
    likely = [
        pair
        for pair in pairs
        if pair.distinct > 2 and pair.shared and not any(c.has_fractions for c in pair.columns)
    ]
    if not likely:
        return []
    asked = ", ".join(f"avg(CAST({pair.equal_sql} AS INTEGER))" for pair in likely)
    shares = table.fetch(f"SELECT {asked} FROM {LOOKED}")[0]
    some = [pair for pair, share in zip(likely, shares, strict=True) if share is not None and 0 < share < 1]
    return sorted(some, key=lambda pair: -pair.distinct)[:2]


def _best(
    table: Table,
    scores: Sequence[Column],
    columns: Sequence[tuple[Column, tuple[str, str]]],
    identities: Sequence[Pair],
    areas: npt.NDArray[np.float64],
) -> Reading:
    apart = abs(areas - 0.5)
    told = np.array(
        [*(_names_tell(column, labels) for column, labels in columns), *(False for _ in identities)]
    )
    likely = told | (apart.max(axis=0) >= FEWEST_APART) | (np.arange(len(told)) >= len(columns))
    if not likely.any():
        return _without_truth(scores)
    # A column that says it is taken before identities that do as well, and one whose name tells before another.
    rank = apart - np.where(np.arange(len(told)) >= len(columns), ALIKE, 0.0)
    rank = np.where(likely & (rank >= rank[:, likely].max() - ALIKE), rank + told, -1.0)
    at, which = map(int, np.unravel_index(int(rank.argmax()), rank.shape))
    area = float(areas[at, which])
    score = scores[at]
    others = tuple(
        (column, float(areas[i, which]))
        for i, column in enumerate(scores)
        if i != at and apart[i, which] >= FEWEST_APART
    )
    if which >= len(columns):
        truth = Truth(None, identities[which - len(columns)], "", "", "identities", is_plain=True)
        return Reading(score, truth, area, others)
    column, labels = columns[which]
    truth, flipped = _labelled(table, column, labels, area, identities)
    also = tuple(
        other
        for i, (other, _) in enumerate(columns)
        if i != which and apart[at, i] >= apart[at, which] - ALIKE
    )
    return Reading(score, truth, 1 - area if flipped else area, others, also)


def _names_tell(column: Column, labels: Sequence[str]) -> bool:
    return bool({_plain(label) for label in labels} & SURE or set(words_of(column.name)) & OF_TRUTH)


def _labelled(
    table: Table, column: Column, labels: tuple[str, str], area: float, identities: Sequence[Pair]
) -> tuple[Truth, bool]:
    """Tell which label is mated, and whether it is not the first."""
    by, flipped = _told_by(table, column, labels, area, identities)
    mated, non_mated = reversed(labels) if flipped else labels
    return Truth(column, None, mated, non_mated, by, _is_plain(table, column, mated, non_mated)), flipped


def _told_by(
    table: Table, column: Column, labels: tuple[str, str], area: float, identities: Sequence[Pair]
) -> tuple[str, bool]:
    for pair in identities:
        equal = dict(
            table.fetch(
                f"SELECT {column.sql}, avg(CAST({pair.equal_sql} AS INTEGER)) FROM {LOOKED} GROUP BY 1"
            )
        )
        first, second = (equal.get(label) or 0.0 for label in labels)
        if max(first, second) >= AGREES and min(first, second) <= 1 - AGREES:
            return "identities", second > first
    known = [(label in MATED) - (label in NON_MATED) for label in map(_plain, labels)]
    opposite = bool(set(words_of(column.name)) & OPPOSITE) and {"0", "1"} >= {
        _plain(label) for label in labels
    }
    if opposite:
        return "one word", known[0] > 0
    if known[0] != known[1]:
        return "words" if all(known) else "one word", known[0] < known[1]
    return "scores", area < 0.5


def _plain(label: str) -> str:
    text = re.sub(r"[\s_]+|(?<=\w)-", "", label.strip().casefold())
    return text.removesuffix(".0")


def _is_plain(table: Table, column: Column, mated: str, non_mated: str) -> bool:
    """Whether the labels are what a column of truth may hold without being told."""
    if table.source.text_only:
        return (mated.lower(), non_mated.lower()) in {("1", "0"), ("true", "false")}
    if column.kind in WHOLE | FLOATING or column.kind == "BOOLEAN" or column.kind.startswith("DECIMAL"):
        return _plain(mated) in ("1", "true") and _plain(non_mated) in ("0", "false")
    return False


def _one_of(column: Column, mated: str, non_mated: str) -> str:
    return f"CASE {column.sql} WHEN {literal(mated)} THEN 1 WHEN {literal(non_mated)} THEN 0 END"

"""Single comparisons, found again in the file and row they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.comparisons.coding import SUBJECT_NUMBERS, Coding, Queries
from harness.comparisons.source import ROW
from harness.comparisons.sql import identifier, is_nan

if TYPE_CHECKING:
    from harness.comparisons.stream import Comparisons
    from harness.study import Study

__all__ = ["Tail", "Trial", "extremes", "labels_sql", "tails"]

Cell: TypeAlias = tuple[str | None, ...]


@dataclass(frozen=True)
class Trial:
    """One comparison and where it is.

    Attributes
    ----------
    file : str
        Or the name of what is in memory.
    row : int
        From 1, the header of a CSV not counted.
    score : float
        Canonical: higher is more alike.
    code : int
        As in `harness.comparisons.Comparisons.batches`.
    cell : tuple of str or None
    labels : tuple of str
        The values of the study's columns of subjects and then of groups.
    numbers : tuple of int
        The numbers of its subjects.
    """

    file: str
    row: int
    score: float
    code: int
    cell: tuple[str | None, ...]
    labels: tuple[str, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Tail:
    """The end of the scores of one cell that lies towards the other truth.

    Attributes
    ----------
    trials : int
        Comparisons with a score.
    scores : tuple of float
        From the outermost inwards, canonical: the highest non-mated, or the lowest mated scores.
    """

    trials: int
    scores: tuple[float, ...]


def tails(comparisons: Comparisons, coding: Coding, size: int) -> dict[tuple[Cell, bool], Tail]:
    """Return the outermost scores by cell and truth.

    Parameters
    ----------
    comparisons : Comparisons
    coding : Coding
    size : int
        How many of each.

    Raises
    ------
    InputError
        Where a row cannot be used.
    """
    found = comparisons.ask(
        lambda queries, relation: (
            "SELECT code, count(*), max(CASE WHEN code % 2 = 1 THEN -score ELSE score END, $size) "
            f"FROM ({queries.comparisons(relation, coding)}) WHERE NOT {is_nan('score')} OR code < 0 "
            "GROUP BY code ORDER BY code"
        ),
        size=size,
    )
    if any(code < 0 for code, _, _ in found):
        comparisons.refuse()
    return {
        (coding.cell(code // 2), code % 2 == 1): Tail(
            trials, tuple(float(-score if code % 2 else score) for score in outermost)
        )
        for code, trials, outermost in found
    }


def extremes(comparisons: Comparisons, coding: Coding, count: int, *, mated: bool) -> tuple[Trial, ...]:
    """Find the comparisons that look most like those of the other truth.

    Parameters
    ----------
    comparisons : Comparisons
    coding : Coding
    count : int
        How many.
    mated : bool
        Whether to find the lowest mated or the highest non-mated scores.

    Returns
    -------
    tuple of Trial
        Outermost first; of equal scores, in the order of files and rows.

    Raises
    ------
    InputError
        Where a row cannot be used.
    """
    _ = comparisons.subjects  # numbers them
    study = comparisons.study
    trials: list[Trial] = []
    for file, found in comparisons.ask_each_file(
        lambda queries, relation: _extremes_of(queries, relation, coding, mated=mated), count=count
    ):
        if any(code < 0 for _, _, code, *_ in found):
            comparisons.refuse()
        trials += [_trial_of(row, file, coding, study) for row in found]
    trials.sort(key=lambda trial: trial.score, reverse=not mated)  # stable, so files stay in order
    return tuple(trials[:count])


def _extremes_of(queries: Queries, relation: str, coding: Coding, *, mated: bool) -> str:
    """Select the outermost of the numbered rows of one file, those that cannot be used before all others."""
    study = queries.study
    # A file of several may hold a column as another type than all of them together.
    derived = study.derived_columns
    read = ", ".join(
        identifier(name)
        if name in derived
        else f"CAST({identifier(name)} AS {queries.kinds[name]}) AS {identifier(name)}"
        for name in study.columns
    )
    numbered = f"(SELECT {ROW}, {read} FROM {relation})"
    columns = [f"label_{i}" for i in range(len(_label_columns(study)))]
    labels = labels_sql(_label_columns(study)) + f", {ROW}"
    order = f"code >= 0, {'score' if mated else 'score DESC'}, {ROW}"
    outermost = (
        f"SELECT * FROM ({queries.comparisons(numbered, coding, labels)}) "
        f"WHERE code < 0 OR (NOT {is_nan('score')} AND code % 2 = {int(mated)}) ORDER BY {order} LIMIT $count"
    )
    sides = range(len(study.subjects))
    joins = " ".join(
        f"LEFT JOIN {SUBJECT_NUMBERS} s{i} ON s{i}.side = {queries.side(i)} AND s{i}.label = label_{i}"
        for i in sides
    )
    selected = ", ".join([ROW, "score", "code", *columns, *(f"s{i}.number" for i in sides)])
    return f"SELECT {selected} FROM ({outermost}) {joins} ORDER BY {order}"


def _trial_of(found: Sequence[Any], file: str, coding: Coding, study: Study) -> Trial:
    row, score, code, *rest = found
    labels = len(_label_columns(study))
    cell = coding.cell(code // 2)
    return Trial(file, row, float(score), code, cell, tuple(rest[:labels]), tuple(rest[labels:]))


def _label_columns(study: Study) -> tuple[str, ...]:
    return study.columns[2:]  # after the score and the truth


def labels_sql(columns: Sequence[str]) -> str:
    """Select the values of columns as text, under the names label_0, label_1 and so on."""
    return "".join(f", CAST({identifier(name)} AS VARCHAR) AS label_{i}" for i, name in enumerate(columns))

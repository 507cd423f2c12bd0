"""The thresholds to evaluate at: as given, or chosen so that the tail is resolved down to one event."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal, InvalidOperation, localcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.counting import MATED, NON_MATED, Counts
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import FloatArray
    from harness.comparisons import CellScores
    from harness.counting.grouping import AxisGrouping

__all__ = ["TAIL", "Thresholds", "candidates", "parse_thresholds", "resolving", "separating_ties"]


Thresholds: TypeAlias = str | os.PathLike[str] | Sequence[float] | npt.NDArray[np.floating]
"""``"start:stop:step"``, numbers with commas between, a file with one number a line, or the numbers."""

MOST_THRESHOLDS = 1_000_000
DECIMAL_COMMAS = re.compile(r"\s*-?0,[0-9]+(,-?0,[0-9]+)*\s*")
"""What may be thresholds written with a decimal comma, or 0 and other thresholds."""
TAIL = 1000
"""How many of a cell's highest scores are looked at to place thresholds between single events."""
GRID_POINTS = 2000
LEVELS_PER_DECADE = 8


def parse_thresholds(thresholds: Thresholds) -> FloatArray:
    """Read thresholds in any of their forms.

    Parameters
    ----------
    thresholds : Thresholds
        A range's steps are decimal: 0.5:0.7:0.005 holds 0.57 and not 0.5700000000000001. Its stop is included
        where a step falls on it.

    Returns
    -------
    ndarray of float64, shape (T,)
        Ascending, without repeats.

    Raises
    ------
    InputError
        Where there is none, or one is not a finite number or may have a decimal comma.

    Examples
    --------
    >>> parse_thresholds("0.5:0.6:0.05, 0.7")
    array([0.5 , 0.55, 0.6 , 0.7 ])
    """
    if isinstance(thresholds, os.PathLike) or (isinstance(thresholds, str) and _names_a_file(thresholds)):
        return _of_file(Path(thresholds))
    if isinstance(thresholds, str):
        _require_points(thresholds)
        texts = [text.strip() for text in thresholds.split(",")]
        return _ascending((number for text in texts for number in _of_text(text)), "thresholds")
    try:
        numbers = np.asarray(thresholds, np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"must be numbers ({error})", source="thresholds") from error
    return _ascending(numbers.ravel().tolist(), "thresholds")


def _require_points(text: str) -> None:
    """Refuse decimal commas, which would be read as the threshold 0 and others."""
    if DECIMAL_COMMAS.fullmatch(text):
        pointed = re.sub("(0),([0-9]+)", r"\1.\2", text)
        raise InputError(
            f"{text!r} holds commas, which separate thresholds; is {pointed} meant? Write decimals with a point, or a "
            "blank after each comma that separates",
            source="thresholds",
        )


def _names_a_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # longer than a name may be
        return False


def _of_file(path: Path) -> FloatArray:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read as text ({error})", source=str(path)) from error
    numbers = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                numbers.append(float(_decimal(line.strip())))
            except InputError as error:
                raise InputError(error.problem, source=str(path), line=number) from None
    return _ascending(numbers, str(path))


def _of_text(text: str) -> list[float]:
    parts = [_decimal(part.strip()) for part in text.split(":")]
    if len(parts) == 1:
        return [float(parts[0])]
    if len(parts) != 3:
        raise InputError(f"thresholds {text!r}: write start:stop:step, or numbers with commas between")
    start, stop, step = parts
    if step <= 0 or stop < start:
        raise InputError(f"thresholds {text!r}: stop must not be below start, and step must be above 0")
    with localcontext(Context(traps=[])):  # what is too large becomes infinite
        steps = (stop - start) / step
        if steps >= MOST_THRESHOLDS:
            raise InputError(f"thresholds {text!r}: more than {MOST_THRESHOLDS}; take a larger step")
        return [float(start + i * step) for i in range(int(steps) + 1)]


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise InputError(f"threshold {text!r} is not a number") from None
    if not number.is_finite() or "_" in text:
        raise InputError(f"threshold {text!r} is not a finite number")
    return number


def _ascending(numbers: Iterable[float], source: str) -> FloatArray:
    thresholds = np.unique(np.fromiter(numbers, np.float64)) + 0.0  # + 0.0 makes -0.0 plain
    if not len(thresholds):
        raise InputError("no threshold is given", source=source)
    if not np.isfinite(thresholds).all():
        raise InputError(
            f"threshold {thresholds[~np.isfinite(thresholds)][0]} is not a finite number", source=source
        )
    if len(thresholds) > MOST_THRESHOLDS:
        raise InputError(f"{len(thresholds)} thresholds are more than {MOST_THRESHOLDS}", source=source)
    return thresholds


def candidates(
    survey: Sequence[CellScores], groupings: Sequence[AxisGrouping], wanted: FloatArray
) -> FloatArray:
    """Return thresholds fine enough to choose from, before anything is counted.

    They are the round numbers of an even grid over all scores, and, for every group, the roundest number
    between any two of its highest non-mated scores at which the count passes one of a series of levels.

    Parameters
    ----------
    survey : sequence of CellScores
    groupings : sequence of AxisGrouping
    wanted : ndarray of float64
        Thresholds that must be among them; canonical.
    """
    lowest = min(cell.lowest for cell in survey)
    highest = max(cell.highest[0] for cell in survey)
    tail = [
        t for grouping in groupings for scores in _tails(survey, grouping) for t in _between_events(scores)
    ]
    return np.union1d(np.union1d(_round_grid(lowest, highest), wanted), tail) + 0.0


def separating_ties(
    survey: Sequence[CellScores], groupings: Sequence[AxisGrouping], thresholds: FloatArray, score_type: str
) -> FloatArray:
    """Return thresholds that separate tied scores exactly, where scores take few values; none where they do not.

    Many comparisons that share a score, as where scores are whole numbers or have two decimals, all stop matching at
    once. A threshold at that score and its floating-point neighbour show that nothing happens in between.

    Parameters
    ----------
    survey : sequence of CellScores
    groupings : sequence of AxisGrouping
    thresholds : ndarray of float64
        From `candidates`.
    score_type : {"float64", "float32"}
        How scores are stored, to which a round threshold is rounded as they were.
    """
    tails = [np.array(scores) for grouping in groupings for scores in _tails(survey, grouping)]
    tied = [scores[:-1][scores[:-1] == scores[1:]] for scores in tails]
    if not any(2 * len(repeats) > len(scores) for scores, repeats in zip(tails, tied, strict=True)):
        return np.array([])
    as_stored = thresholds.astype(score_type).astype(np.float64)
    at = np.unique(np.concatenate([as_stored[np.isfinite(as_stored)], *tied]))
    return np.union1d(at, np.nextafter(at, np.inf)) + 0.0


def _tails(survey: Sequence[CellScores], grouping: AxisGrouping) -> list[list[float]]:
    """The highest non-mated scores of every group, descending, as far down as all of its cells tell."""
    by_group: dict[str, list[CellScores]] = {}
    for cell in survey:
        group = None if cell.mated else grouping.group(cell.cell)
        if group is not None:
            by_group.setdefault(group, []).append(cell)
    tails = []
    for cells in by_group.values():
        seen_down_to = max(
            (cell.highest[-1] for cell in cells if cell.trials > len(cell.highest)), default=-math.inf
        )
        scores = sorted(
            (score for cell in cells for score in cell.highest if score >= seen_down_to), reverse=True
        )
        tails.append(scores)
    return tails


def _between_events(descending: Sequence[float]) -> list[float]:
    indices = [level for level in _levels(len(descending) - 1) if descending[level - 1] > descending[level]]
    return [_roundest(descending[level], descending[level - 1]) for level in indices]


def _levels(highest: int) -> list[int]:
    """1 to ``highest``, evenly spaced on a logarithmic scale as far as whole numbers allow."""
    if highest < 1:
        return []
    steps = int(math.log10(highest) * LEVELS_PER_DECADE) + 1
    return sorted({round(10 ** (i / LEVELS_PER_DECADE)) for i in range(steps)})


def _roundest(above: float, at_most: float) -> float:
    """The number of the fewest decimals that is above one number and not above another."""
    low, high = Decimal(above), Decimal(at_most)
    for decimals in range(18):
        unit = Decimal(1).scaleb(-decimals)
        below = (low / unit).to_integral_value(rounding="ROUND_FLOOR")
        for step in (1, 2):  # the first may round to `above` itself
            number = float((below + step) * unit)
            if above < number <= at_most:
                return number
    return float(high)


def _round_grid(lowest: float, highest: float) -> FloatArray:
    span = Decimal(highest) - Decimal(lowest)
    if span <= 0:
        return np.array([lowest])
    step = _round_step(span / GRID_POINTS)
    first = int((Decimal(lowest) / step).to_integral_value(rounding="ROUND_FLOOR"))
    last = int((Decimal(highest) / step).to_integral_value(rounding="ROUND_CEILING"))
    grid: FloatArray = np.array([float(i * step) for i in range(first, last + 1)])
    return grid[np.isfinite(grid)]  # the last is infinite where it is past the largest float


def _round_step(smallest: Decimal) -> Decimal:
    decade = Decimal(1).scaleb(smallest.adjusted())
    return next(factor * decade for factor in (1, 2, 5, 10) if factor * decade >= smallest)


def resolving(counts: Counts, groupings: Sequence[AxisGrouping], wanted: FloatArray) -> FloatArray:
    """Choose, from the thresholds counted at, those that resolve every group's errors evenly.

    Kept are those at which the errors of a group pass one of a series of levels spaced evenly in their
    logarithm, from one error up; about a hundred round ones over the whole range; and those wanted.

    Parameters
    ----------
    counts : Counts
        At `candidates`.
    groupings : sequence of AxisGrouping
    wanted : ndarray of float64
    """
    keep = np.isin(counts.thresholds, wanted) | _is_coarse(counts.thresholds)
    for grouping in groupings:
        grouped = grouping.within(counts)
        false_matches = grouped.matches[:, NON_MATED]
        false_non_matches = grouped.trials[:, MATED, None] - grouped.matches[:, MATED]
        for errors in false_matches:
            keep[_passing(errors[::-1], len(errors), reverse=True)] = True
        for errors in false_non_matches:
            keep[_passing(errors, len(errors), reverse=False)] = True
    return counts.thresholds[keep]


def _is_coarse(thresholds: FloatArray) -> npt.NDArray[np.bool_]:
    step = (
        _round_step((Decimal(thresholds[-1]) - Decimal(thresholds[0])) / 100) if len(thresholds) > 1 else None
    )
    if step is None:
        return np.ones(len(thresholds), np.bool_)
    first, last = (int(Decimal(end) / step) for end in (thresholds[0], thresholds[-1]))
    return np.isin(thresholds, [float(i * step) for i in range(first - 1, last + 2)])


def _passing(ascending: npt.NDArray[np.int64], thresholds: int, *, reverse: bool) -> npt.NDArray[np.intp]:
    """Where a count that does not fall first reaches each level, as indices among the thresholds."""
    indices = np.searchsorted(ascending, _levels(int(ascending[-1])))
    return thresholds - 1 - indices if reverse else indices

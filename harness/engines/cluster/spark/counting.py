"""Counting by Spark: one pass that joins each score to its bin and adds up integers.

The bin of a score is found by one equi-join on a step of the score, and two comparisons. The steps are equal parts of
the range of the thresholds. The step of a score is computed by Spark and that of a threshold by NumPy, by the same
float64 operations, each of which is monotone; so a score whose step is below (above) that of a threshold is below
(above) it whatever the rounding. The table holds for every step the intervals between neighbouring thresholds that
reach into it, and the comparison with their ends is exact.

What is counted has one number, so that Spark sorts and sends nothing but pairs of integers: below zero for what
counts for a cell, zero and up for what counts for a subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from harness.counting import Counts, SubjectCounts, thresholds_for
from harness.counting.counts import sum_by_cell
from harness.engines.cluster.spark.columns import subject_indices
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import BoolArray, FloatArray, IntArray
    from harness.comparisons.coding import Coding
    from harness.engines.cluster.spark.comparisons import SparkComparisons
    from harness.engines.local import Progress

__all__ = ["Lookup", "count", "count_by_subject"]

FEWEST_STEPS = 1 << 10
MOST_STEPS = 1 << 20
STEPS_A_THRESHOLD = 8
FEW = 4
"""Thresholds in one step, each of which costs a score that falls there one more comparison."""
UNUSABLE, LEFT_OUT, FIRST_CELL = -1, -2, -3
MISSING = 0
"""Place of comparisons without a score among those of a cell and truth, whose bins follow."""
HIGHEST_NARROW = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class Lookup:
    """Intervals between thresholds, by step of the score.

    Attributes
    ----------
    thresholds : ndarray of float64, shape (T,)
        Finite, strictly ascending.
    steps : int
    scale : float
        Steps for every 1 of the score; 0 where there is but one.
    """

    thresholds: FloatArray
    steps: int
    scale: float

    @classmethod
    def of(cls, thresholds: FloatArray) -> Lookup:
        """Divide the range of the thresholds into few steps that hold few thresholds each."""
        most = min(MOST_STEPS, max(STEPS_A_THRESHOLD * len(thresholds), FEWEST_STEPS))
        steps = FEWEST_STEPS
        while True:
            lookup = cls(thresholds, steps, _scale(thresholds, steps))
            if 2 * steps > most or np.bincount(lookup._step(thresholds)).max() <= FEW:
                return lookup
            steps *= 2

    def _step(self, scores: FloatArray) -> IntArray:
        if self.scale == 0.0:
            return np.zeros(len(scores), np.int64)
        with np.errstate(over="ignore"):
            position = (scores - self.thresholds[0]) * self.scale
        step: IntArray = np.minimum(position, self.steps - 1.0).astype(np.int64)
        return step

    def step_sql(self) -> str:
        """SQL for the step of ``score``; NULL where it is missing or below all thresholds."""
        lowest = f"({float(self.thresholds[0])!r}D)"
        step = (
            f"CAST(LEAST((score - {lowest}) * {self.scale!r}D, {self.steps - 1.0!r}D) AS INT)"
            if self.scale
            else "0"
        )
        return f"CASE WHEN NOT isnan(score) AND score >= {lowest} THEN {step} END"

    def table(self, coarse: FloatArray) -> pa.Table:
        """Return the intervals.

        Parameters
        ----------
        coarse : ndarray of float64
            Some of the thresholds, the first among them.

        Returns
        -------
        Table
            Columns step, lower (reached by the scores of the interval), upper (not reached), bin (how many of the
            thresholds they reach) and coarse_bin (how many of the coarse ones).
        """
        at = self._step(self.thresholds)
        every = np.arange(self.steps if self.scale else 1)
        first = np.maximum(np.searchsorted(at, every, "left"), 1)
        last = np.searchsorted(at, every, "right")
        times = last - first + 1
        step = np.repeat(every, times)
        index = np.arange(len(step)) - np.repeat(np.cumsum(times) - times - first, times)
        lower = self.thresholds[index - 1]
        return pa.table(
            {
                "step": pa.array(step, pa.int32()),
                "lower": lower,
                "upper": np.append(self.thresholds, np.inf)[index],
                "bin": pa.array(index, pa.int32()),
                "coarse_bin": pa.array(np.searchsorted(coarse, lower, side="right"), pa.int32()),
            }
        )


def _scale(thresholds: FloatArray, steps: int) -> float:
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        scale = float((steps - 1) / (thresholds[-1] - thresholds[0]))
    return scale if np.isfinite(scale) else 0.0


def count(
    comparisons: SparkComparisons, thresholds: FloatArray, *, progress: Progress = lambda rows: None
) -> Counts:
    """Count all comparisons in one pass; see `harness.engines.local.count`.

    Parameters
    ----------
    comparisons : SparkComparisons
    thresholds, progress
        As there; progress is told of all rows at the end.
    """

    def counted(coding: Coding) -> Counts:
        counts = _counted(comparisons, coding, thresholds, progress).counts(comparisons, coding)
        return counts.naming(comparisons.named(coding, counts.cells))

    return comparisons.read(counted)


def count_by_subject(
    comparisons: SparkComparisons,
    thresholds: FloatArray,
    *,
    among: BoolArray | None = None,
    progress: Progress = lambda rows: None,
) -> tuple[Counts, SubjectCounts]:
    """Count all comparisons, and those of every subject; see `harness.engines.local.count_by_subject`.

    Parameters
    ----------
    comparisons : SparkComparisons
    thresholds, among, progress
        As there; progress is told of all rows at the end.
    """
    coarse = thresholds_for(thresholds, comparisons.subjects)

    def counted(coding: Coding) -> tuple[Counts, SubjectCounts]:
        found = _counted(comparisons, coding, thresholds, progress, coarse=coarse, among=among)
        counts = found.counts(comparisons, coding)
        return counts.naming(comparisons.named(coding, counts.cells)), found.by_subject(coding)

    return comparisons.read(counted)


@dataclass(frozen=True, eq=False)
class _Keys:
    """The numbers of what is counted, in SQL and back.

    Attributes
    ----------
    thresholds : ndarray of float64, shape (T,)
    coarse : ndarray of float64 or None
        Those of the counts by subject; None where there are none.
    subjects : int
    """

    thresholds: FloatArray
    coarse: FloatArray | None
    subjects: int

    @property
    def width(self) -> int:
        """Places of a cell and truth: missing, and the bins."""
        return len(self.thresholds) + 2

    def of_cell(self) -> str:
        """SQL for what a row counts for as a comparison of its cell; never NULL."""
        index = f"IF(isnan(score), {MISSING}, 1 + COALESCE(bin, 0))"
        counted = f"{FIRST_CELL}L - (code * {self.width}L + {index})"
        return f"CASE WHEN code < 0 THEN {UNUSABLE}L WHEN NOT among THEN {LEFT_OUT}L ELSE {counted} END"

    def of_subject(self, number: str, *, but: str | None, count_missing: bool) -> str:
        """SQL for what a row counts for as a comparison of a subject; NULL where for nothing."""
        conditions = ["code >= 0", "among"]
        if but is not None:
            conditions.append(f"{number} <> {but}")
        if not count_missing:
            conditions.append("NOT isnan(score)")
        bins = len(self._coarse) + 1
        key = f"(code * {self.subjects}L + {number}) * {bins}L + COALESCE(coarse_bin, 0)"
        return f"CASE WHEN {' AND '.join(conditions)} THEN {key} END"

    @property
    def _coarse(self) -> FloatArray:
        return self.thresholds if self.coarse is None else self.coarse


@dataclass(frozen=True, eq=False)
class _Found:
    """How often each number was met.

    Attributes
    ----------
    keys : _Keys
    met, times : ndarray of int64
    """

    keys: _Keys
    met: IntArray
    times: IntArray

    def rows(self) -> int:
        """Number of comparisons that were read."""
        return int(self.times[self.met < 0].sum())

    def counts(self, comparisons: SparkComparisons, coding: Coding) -> Counts:
        """Return the counts by cell."""
        of_cells = self.met <= FIRST_CELL
        codes, indices = np.divmod(FIRST_CELL - self.met[of_cells], self.keys.width)
        known, row = np.unique(codes // 2, return_inverse=True)
        table = np.zeros((len(known), 2, self.keys.width), np.int64)
        table[row, codes % 2, indices] = self.times[of_cells]
        missing, bins = table[..., MISSING], table[..., 1:]
        if comparisons.study.missing_scores == "count":
            bins[..., 0] += missing
        cells = tuple(coding.cell(number) for number in known.tolist())
        return sum_by_cell(comparisons.columns, self.keys.thresholds, cells, bins, missing)

    def by_subject(self, coding: Coding) -> SubjectCounts:
        """Return the counts by subject."""
        coarse = self.keys._coarse
        of_subjects = self.met >= 0
        rows, indices = np.divmod(self.met[of_subjects], len(coarse) + 1)
        known, row = np.unique(rows, return_inverse=True)
        times = self.times[of_subjects]
        narrow = int(times.max(initial=0)) <= HIGHEST_NARROW
        bins = np.zeros((len(known), len(coarse) + 1), np.int32 if narrow else np.int64)
        bins[row, indices] = times
        codes, subjects = np.divmod(known, max(self.keys.subjects, 1))
        cell_of = {number: coding.cell(number) for number in np.unique(codes // 2).tolist()}
        return SubjectCounts(
            thresholds=coarse,
            cells=tuple(cell_of[number] for number in (codes // 2).tolist()),
            mated=codes % 2 == 1,
            subjects=subjects,
            bins=bins,
        )


def _counted(
    comparisons: SparkComparisons,
    coding: Coding,
    thresholds: FloatArray,
    progress: Progress,
    *,
    coarse: FloatArray | None = None,
    among: BoolArray | None = None,
) -> _Found:
    keys = _Keys(thresholds, coarse, comparisons.subjects if coarse is not None else 0)
    lookup = Lookup.of(thresholds)
    rows = comparisons.coded(coding, subjects=coarse is not None)
    numbers = (
        [f"number_{index}" for index in subject_indices(comparisons.study)] if coarse is not None else []
    )
    kept = "true"
    if among is not None:
        kept = " AND ".join(f"among_{number}" for number in numbers)
        for number in numbers:
            table = pa.table({"n": pa.array(np.arange(len(among)), pa.int32()), f"among_{number}": among})
            known = comparisons.table(table).withColumnRenamed("n", f"n_{number}")
            rows = rows.join(known, rows[number] == known[f"n_{number}"], "left")
    rows = rows.selectExpr(
        "score", "code", *numbers, f"{kept} AS among", f"{lookup.step_sql()} AS step_of_score"
    )
    bins = comparisons.table(lookup.table(thresholds if coarse is None else coarse))
    reached = (rows["step_of_score"] == bins["step"]) & (rows["score"] >= bins["lower"])
    binned = rows.join(bins, reached & (rows["score"] < bins["upper"]), "left")
    count_missing = comparisons.study.missing_scores == "count"
    counted_for = [
        keys.of_cell(),
        *(
            keys.of_subject(number, but=numbers[0] if i else None, count_missing=count_missing)
            for i, number in enumerate(numbers)
        ),
    ]
    stacked = f"stack({len(counted_for)}, {', '.join(counted_for)}) AS met"
    found = comparisons.fetch(binned.selectExpr(stacked).where("met IS NOT NULL").groupBy("met").count())
    counts = _Found(keys, found["met"].to_numpy(), found["count"].to_numpy())
    if (counts.met == UNUSABLE).any():
        comparisons.refuse()
    if counts.rows() == 0:
        raise InputError("holds no comparisons, only column names; give it rows", source=comparisons.name)
    progress(counts.rows())
    return counts

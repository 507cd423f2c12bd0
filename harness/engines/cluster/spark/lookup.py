"""The look-up table that gives a score its bin: one equi-join on a step of the score, and two comparisons.

The steps are equal parts of the range of the thresholds. The step of a score is computed by Spark and that of a
threshold by NumPy, by the same float64 operations, each of which is monotone; so a score whose step is below (above)
that of a threshold is below (above) it whatever the rounding. The table holds for every step the intervals between
neighbouring thresholds that reach into it, and the comparison with their ends is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from harness.arrays import FloatArray, IntArray

__all__ = ["Lookup"]


FEWEST_STEPS = 1 << 10
MOST_STEPS = 1 << 20
STEPS_A_THRESHOLD = 8
FEW = 4
"""Thresholds in one step, each of which costs a score that falls there one more comparison."""


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
        place = np.arange(len(step)) - np.repeat(np.cumsum(times) - times - first, times)
        lower = self.thresholds[place - 1]
        return pa.table(
            {
                "step": pa.array(step, pa.int32()),
                "lower": lower,
                "upper": np.append(self.thresholds, np.inf)[place],
                "bin": pa.array(place, pa.int32()),
                "coarse_bin": pa.array(np.searchsorted(coarse, lower, side="right"), pa.int32()),
            }
        )


def _scale(thresholds: FloatArray, steps: int) -> float:
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        scale = float((steps - 1) / (thresholds[-1] - thresholds[0]))
    return scale if np.isfinite(scale) else 0.0

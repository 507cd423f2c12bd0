"""Which thresholds a score reaches, exactly and fast."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["ThresholdIndex"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]


class ThresholdIndex:
    """Finds how many thresholds each score reaches, exactly, by one look-up and one comparison.

    A look-up table over equal steps of the score gives the number of thresholds below the step a score falls
    in. The step of a score and that of a threshold are computed by the same floating-point operations, each
    of which is monotone, so a score in a lower (higher) step than a threshold is lower (higher) than it
    whatever the rounding; only thresholds in the very same step need comparing.

    Its arrays are kept from batch to batch, for asking the system for fresh memory costs more than the
    counting; so each thread needs an index of its own.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (T,)
        Finite, strictly ascending.
    """

    def __init__(self, thresholds: FloatArray) -> None:
        self.thresholds = thresholds
        self._steps = 1 << min(max(len(thresholds) * 16, 1 << 10).bit_length(), 20)
        self._origin = thresholds[0]
        with np.errstate(over="ignore", divide="ignore"):
            scale = (self._steps - 1) / (thresholds[-1] - thresholds[0])
        self._scale = scale if np.isfinite(scale) else 0.0
        self._reserve(len(thresholds))
        step_of_threshold = self._step(thresholds).copy()
        self._below = np.searchsorted(step_of_threshold, np.arange(self._steps)).astype(np.int64)
        self._next = np.append(thresholds, np.inf)[self._below]
        crowded = np.bincount(step_of_threshold, minlength=self._steps) > 1
        self._crowded = crowded if crowded.any() else None

    def _reserve(self, rows: int) -> None:
        self._position, self._candidate = np.empty(rows), np.empty(rows)
        self._step_number = np.empty(rows, np.intp)
        self._reached = np.empty(rows, np.int64)
        self._at_or_above = np.empty(rows, np.bool_)

    def _step(self, scores: FloatArray) -> npt.NDArray[np.intp]:
        position, step = self._position[: len(scores)], self._step_number[: len(scores)]
        if self._scale == 0.0:  # an infinite difference times zero would be NaN
            step[:] = 0
            return step
        with np.errstate(over="ignore"):
            np.subtract(scores, self._origin, out=position)
            np.multiply(position, self._scale, out=position)
        np.clip(position, 0, self._steps - 1, out=position)
        np.copyto(step, position, casting="unsafe")
        return step

    def reached(self, scores: FloatArray) -> IntArray:
        """Count the thresholds at or below each score.

        Parameters
        ----------
        scores : ndarray of float64 or float32, shape (N,)
            Finite; float32 is widened, which is exact. NaN has no place in any order and must have been dealt
            with before.

        Returns
        -------
        ndarray of int64, shape (N,)
            From 0 (below all) to T (at or above all). The next call overwrites it.
        """
        rows = len(scores)
        if rows > len(self._position):
            self._reserve(rows)
        scores = scores.astype(np.float64, copy=False)
        step = self._step(scores)
        reached, candidate, at_or_above = (
            self._reached[:rows],
            self._candidate[:rows],
            self._at_or_above[:rows],
        )
        self._below.take(step, out=reached, mode="clip")
        self._next.take(step, out=candidate, mode="clip")
        np.greater_equal(scores, candidate, out=at_or_above)
        np.add(reached, at_or_above, out=reached)
        if self._crowded is not None:
            crowded = np.flatnonzero(self._crowded.take(step))
            reached[crowded] = np.searchsorted(self.thresholds, scores[crowded], side="right")
        return reached

"""Look-ups of the kernels for every comparison: the thresholds it reaches, and the number of its code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from harness.arrays import FloatArray, IntArray

__all__ = ["CodeNumbers", "ThresholdIndex"]


FEWEST_STEPS = 1 << 10
MOST_STEPS = 1 << 20
A_LITTLE_MORE = 1 + 2.0**-40
"""Times this, the steps of evenly spaced thresholds are whole numbers or a little above, whatever the rounding."""


class ThresholdIndex:
    """Finds how many thresholds each score reaches, exactly, by one look-up and one comparison.

    A look-up table over equal steps of the score gives the number of thresholds below the step a score falls
    in. The step of a score and that of a threshold are computed by the same floating-point operations, each
    of which is monotone, so a score in a lower (higher) step than a threshold is lower (higher) than it
    whatever the rounding; only thresholds in the very same step need comparing. Where the thresholds are evenly
    spaced, each has a step of its own, and the step is the number.

    Its arrays are kept from batch to batch, for asking the system for fresh memory costs more than the
    counting; so each thread needs an index of its own.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (T,)
        Finite, strictly ascending.

    Examples
    --------
    >>> ThresholdIndex(np.array([0.5, 0.7])).reached(np.array([0.4, 0.5, 0.9]))
    array([0, 1, 2])
    """

    def __init__(self, thresholds: FloatArray) -> None:
        self.thresholds = thresholds
        self._origin = thresholds[0]
        self._reserve(len(thresholds))
        self._after = np.append(thresholds, np.inf)
        self._below: IntArray | None = None
        self._crowded: npt.NDArray[np.bool_] | None = None
        if self._is_even(thresholds):
            return
        self._divide(thresholds)
        step_of_threshold = self._step(thresholds).copy()
        self._below = np.searchsorted(step_of_threshold, np.arange(self._steps)).astype(np.int64)
        crowded = np.bincount(step_of_threshold, minlength=self._steps) > 1
        self._crowded = crowded if crowded.any() else None

    def _is_even(self, thresholds: FloatArray) -> bool:
        """Whether as many steps as thresholds separate them, so that no table need be looked up; the steps stay."""
        self._set_steps(thresholds, len(thresholds), A_LITTLE_MORE)
        return np.array_equal(self._step(thresholds), np.arange(len(thresholds)))

    def _set_steps(self, thresholds: FloatArray, steps: int, times: float = 1.0) -> None:
        self._steps = steps
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            scale = (steps - 1) / (thresholds[-1] - thresholds[0]) * times
        self._scale = scale if np.isfinite(scale) else 0.0

    @staticmethod
    def size(thresholds: FloatArray) -> int:
        """Return about how many bytes an index takes."""
        most_rows = max(len(thresholds), 1 << 16)
        return 8 * (min(max(8 * len(thresholds), FEWEST_STEPS), MOST_STEPS) + 6 * most_rows)

    def _divide(self, thresholds: FloatArray) -> None:
        """Divide the scores into the fewest steps that keep the thresholds apart, for a small table is fast."""
        steps = 1 << min(max(2 * len(thresholds), FEWEST_STEPS).bit_length(), MOST_STEPS.bit_length() - 1)
        self._set_steps(thresholds, steps)
        while self._steps < MOST_STEPS and not (np.diff(self._step(thresholds)) > 0).all():
            self._set_steps(thresholds, 2 * self._steps)

    def _reserve(self, rows: int) -> None:
        self._wide, self._position, self._candidate = np.empty(rows), np.empty(rows), np.empty(rows)
        self._step_number = np.empty(rows, np.intp)
        self._reached = np.empty(rows, np.int64)
        self._at_or_above = np.empty(rows, np.bool_)

    def _step(self, scores: npt.NDArray[np.float32] | FloatArray) -> npt.NDArray[np.intp]:
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

    def reached(self, scores: npt.NDArray[np.float32] | FloatArray) -> IntArray:
        """Count the thresholds at or below each score.

        Parameters
        ----------
        scores : ndarray of float64 or float32, shape (N,)
            Finite; float32 is widened, which is exact. NaN has no index in any order and must have been dealt
            with before.

        Returns
        -------
        ndarray of int64, shape (N,)
            From 0 (below all) to T (at or above all). The next call overwrites it.
        """
        rows = len(scores)
        if rows > len(self._position):
            self._reserve(rows)
        if scores.dtype != np.float64:
            np.copyto(self._wide[:rows], scores)
            scores = self._wide[:rows]
        step = self._step(scores)
        reached, candidate, at_or_above = (
            self._reached[:rows],
            self._candidate[:rows],
            self._at_or_above[:rows],
        )
        below = step if self._below is None else self._below.take(step, out=reached, mode="clip")
        self._after.take(below, out=candidate, mode="clip")
        np.greater_equal(scores, candidate, out=at_or_above)
        np.add(below, at_or_above, out=reached)
        if self._crowded is not None:
            crowded = np.flatnonzero(self._crowded.take(step))
            reached[crowded] = np.searchsorted(self.thresholds, scores[crowded], side="right")
        return reached


class CodeNumbers:
    """Numbers codes from 0, so that a table needs rows only for those that occur.

    Attributes
    ----------
    codes : list of int
        Those seen so far; each one's number is its index.
    """

    def __init__(self) -> None:
        self.codes: list[int] = []
        self._number_of = np.full(0, -1, np.int64)
        self._wide = self._numbers = np.empty(0, np.int64)

    def of(self, codes: npt.NDArray[np.integer[Any]]) -> IntArray:
        """Return the number of each code, shape (N,); the next call overwrites it.

        Parameters
        ----------
        codes : ndarray of any whole type, shape (N,)
            Never negative.
        """
        highest = int(codes.max(initial=0))
        if highest >= len(self._number_of):
            grown = np.full(highest + 1, -1, np.int64)
            grown[: len(self._number_of)] = self._number_of
            self._number_of = grown
        if len(codes) > len(self._wide):
            self._wide, self._numbers = np.empty((2, len(codes)), np.int64)
        wide, numbers = self._wide[: len(codes)], self._numbers[: len(codes)]
        np.copyto(wide, codes)  # which `take` would do in fresh memory
        self._number_of.take(wide, out=numbers, mode="clip")
        if numbers.min(initial=0) < 0:
            new = np.unique(codes[numbers < 0])
            self._number_of[new] = len(self.codes) + np.arange(len(new))
            self.codes += new.tolist()
            self._number_of.take(wide, out=numbers, mode="clip")
        return numbers

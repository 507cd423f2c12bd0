"""What becomes of mated searches beyond hit and miss: who else was returned, and why somebody was missed."""

from __future__ import annotations

from dataclasses import dataclass

from harness.arrays import FloatArray, IntArray
from harness.counting.counts import Cell

__all__ = ["SearchCounts"]


@dataclass(frozen=True, eq=False)
class SearchCounts:
    """Mated searches of C cells at T thresholds, besides those that hit.

    Attributes
    ----------
    columns : tuple of str
        What the entries of a cell are values of.
    thresholds : ndarray of float64, shape (T,)
        Canonical, ascending.
    cells : tuple of tuple of str, length C
        Of the probe.
    mated : ndarray of int64, shape (C,)
        Mated searches; those that failed are among them where the study counts them.
    hits : ndarray of int64, shape (C, T)
        Those that return the right person within the rank asked for, at the threshold or above.
    own : ndarray of int64, shape (C, T)
        Those in which the right person's score reaches the threshold, at whatever rank; where it is not known, as
        another was returned at the top, that other's score stands for it.
    failed : ndarray of int64, shape (C,)
        Those without any score, as where no face was acquired.
    wrong : ndarray of int64, shape (C, T)
        Those in which another person's score reaches the threshold, hit or not.
    """

    columns: tuple[str, ...]
    thresholds: FloatArray
    cells: tuple[Cell, ...]
    mated: IntArray
    hits: IntArray
    own: IntArray
    failed: IntArray
    wrong: IntArray

    @property
    def outranked(self) -> IntArray:
        """Misses whose own score reaches the threshold, shape (C, T)."""
        return self.own - self.hits

    @property
    def below(self) -> IntArray:
        """Misses that have a score, all of it below the threshold, shape (C, T)."""
        return self.mated[:, None] - self.failed[:, None] - self.own

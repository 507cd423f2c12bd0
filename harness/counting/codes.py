"""Numbers for the codes that turn up, in the order in which they do."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.arrays import IntArray

__all__ = ["CodeNumbers"]


class CodeNumbers:
    """Numbers codes from 0, so that a table needs rows only for those that occur.

    Attributes
    ----------
    codes : list of int
        Those seen so far; each one's number is its place.
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

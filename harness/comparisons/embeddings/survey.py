"""The range and the highest scores of every cell, of scores that pass by once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.arrays import IntArray
from harness.comparisons.stream import CellScores

__all__ = ["Survey"]


class Survey:
    """What `harness.comparisons.CellScores` tells, gathered tile by tile.

    Parameters
    ----------
    tail : int
        How many of the highest scores to keep of each cell.
    """

    def __init__(self, tail: int) -> None:
        self._tail = tail
        self._trials: dict[int, int] = {}
        self._lowest: dict[int, float] = {}
        self._highest: dict[int, npt.NDArray[Any]] = {}

    def add(self, scores: npt.NDArray[Any], codes: IntArray, which: IntArray | None) -> None:
        """Look at one tile, as `harness.comparisons.embeddings.Tile` holds it."""
        flat = scores.reshape(-1)
        if which is None:
            self._look(int(codes[0]), flat)
            return
        narrow = np.uint16 if len(codes) < 1 << 16 else np.int64  # which sorts far faster
        of = which.reshape(-1).astype(narrow)
        order = np.argsort(of, kind="stable")
        ends = np.searchsorted(of[order], np.arange(len(codes) + 1))
        for code, start, end in zip(codes.tolist(), ends, ends[1:], strict=False):
            if end > start:
                self._look(code, flat[order[start:end]])

    def merged(self, other: Survey) -> Survey:
        """Take in what another has seen, and return this one."""
        for code, trials in other._trials.items():
            self._see(code, trials, other._lowest[code])
            self._keep(code, other._highest[code])
        return self

    def _look(self, code: int, scores: npt.NDArray[Any]) -> None:
        self._see(code, len(scores), float(scores.min()))
        self._keep(code, scores)

    def _see(self, code: int, trials: int, lowest: float) -> None:
        self._trials[code] = self._trials.get(code, 0) + trials
        self._lowest[code] = min(self._lowest.get(code, np.inf), lowest)

    def _keep(self, code: int, scores: npt.NDArray[Any]) -> None:
        kept = self._highest.get(code, scores[:0])
        if len(kept) == self._tail:
            scores = scores[scores > kept[0]]
        if len(scores):
            merged = np.concatenate([kept, scores])
            if len(merged) > self._tail:
                merged = np.partition(merged, len(merged) - self._tail)[-self._tail :]
            self._highest[code] = np.sort(merged)

    def found(self, cell_of_number: Callable[[int], tuple[str | None, ...]]) -> tuple[CellScores, ...]:
        """Return what was seen, by code."""
        return tuple(
            CellScores(
                cell_of_number(code // 2),
                code % 2 == 1,
                self._trials[code],
                self._lowest[code],
                tuple(self._highest[code][::-1].tolist()),
            )
            for code in sorted(self._trials)
        )

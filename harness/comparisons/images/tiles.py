"""Tiles of the table of all scores of rows against columns, cut so that nearly all are of one cell.

Images are put in order, cut into blocks and these into stretches; a tile is one stretch against another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from harness.comparisons.scan import CellScores

if TYPE_CHECKING:
    from harness.arrays import IntArray

__all__ = ["BLOCK", "Stretch", "Survey", "Tile", "in_order", "stretches"]

BLOCK = 512
"""Images to a side of a block: large enough for BLAS, small enough to be counted within the cache."""
MOST_CUTS = 3
"""Of a block. Where groups change more often it stays whole, and each of its pairs is given a code."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """Images that follow one another in a block, nearly always of one combination of groups.

    Attributes
    ----------
    number : int
        Among all stretches of both sides.
    within : slice
        Which rows of its block they are.
    indices : ndarray of int64, shape (R,)
        Index of each image in the caller's arrays.
    subjects : ndarray of int64
        The distinct subjects, ascending.
    subject_of : ndarray of int64, shape (R,)
        Which of ``subjects`` each image is of.
    kinds : ndarray of int64
        The distinct combinations of groups, ascending.
    kind_of : ndarray of int64, shape (R,)
        Which of ``kinds`` each image has.
    """

    number: int
    within: slice
    indices: IntArray
    subjects: IntArray
    subject_of: IntArray
    kinds: IntArray
    kind_of: IntArray

    def __len__(self) -> int:
        return len(self.indices)


def in_order(kinds: IntArray, subjects: IntArray, kept: npt.NDArray[np.bool_] | None) -> IntArray:
    """Order images by their groups, then by subject, so that most blocks are of one cell."""
    order: IntArray = np.lexsort((subjects, kinds))
    return order if kept is None else order[kept[order]]


def stretches(
    order: IntArray, kinds: IntArray, subjects: IntArray, first: int
) -> Sequence[Sequence[Stretch]]:
    """Cut images in order into blocks, and these into stretches, numbered from ``first``."""
    blocks = []
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        cuts = 1 + np.flatnonzero(np.diff(kinds[block]))
        ends = [0, *(cuts.tolist() if len(cuts) <= MOST_CUTS else []), len(block)]
        found = []
        for begin, end in pairwise(ends):
            indices = block[begin:end]
            found.append(
                Stretch(
                    first,
                    slice(begin, end),
                    indices,
                    *np.unique(subjects[indices], return_inverse=True),
                    *np.unique(kinds[indices], return_inverse=True),
                )
            )
            first += 1
        blocks.append(found)
    return blocks


@dataclass(frozen=True, eq=False)
class Tile:
    """The comparisons of one stretch of images with another.

    Attributes
    ----------
    scores : ndarray of float32 or float64, shape (R, C)
        Canonical: higher is more alike. The next tile overwrites them.
    codes : ndarray of int64, shape (K,)
        ``2 * cell + mated``, ascending.
    which : ndarray of int64, shape (R, C), or None
        Which of ``codes`` each comparison has, K where it is none (an image with itself, or a pair that
        appears in the tile the other way round). None where all are comparisons of the one code, of two
        subjects each.
    probes, references : Stretch
        Of its rows and of its columns.
    missing : ndarray of int64, shape (K,), or None
        How many comparisons of each code have no score, which is -inf here. None where each has one.
    counts_missing : bool
        Whether these are among the comparisons that ``which`` tells of.
    """

    scores: npt.NDArray[Any]
    codes: IntArray
    which: IntArray | None
    probes: Stretch
    references: Stretch
    missing: IntArray | None = None
    counts_missing: bool = False

    @property
    def pairs(self) -> int:
        """Number of comparisons, those without a score among them."""
        if self.which is None:
            return self.scores.size
        left_out = 0 if self.missing is None or self.counts_missing else int(self.missing.sum())
        return int(np.count_nonzero(self.which < len(self.codes))) + left_out

    @property
    def which_scored(self) -> IntArray | None:
        """Which of ``codes`` each comparison with a score has; see ``which``."""
        if self.which is None or self.missing is None:
            return self.which
        return np.where(np.isneginf(self.scores), len(self.codes), self.which)

    def with_missing(self, *, counted: bool) -> Tile:
        """Return the tile with what its scores lack told apart: NaN becomes -inf, which reaches no threshold.

        Parameters
        ----------
        counted : bool
            Whether a comparison without a score stays one; it is in ``missing`` in any case.
        """
        absent = np.isnan(self.scores)
        if not absent.any():
            return self
        self.scores[absent] = -np.inf
        which = np.zeros(self.scores.shape, np.int64) if self.which is None else self.which
        missing = np.bincount(which[absent], minlength=len(self.codes))[: len(self.codes)]
        if not counted:
            which[absent] = len(self.codes)
        return replace(self, which=which, missing=missing, counts_missing=counted)


class Survey:
    """Gathers `harness.comparisons.CellScores` tile by tile.

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
        """Look at one tile, as `harness.comparisons.images.tiles.Tile` holds it."""
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

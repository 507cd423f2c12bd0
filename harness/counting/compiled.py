"""Counts by cell and by subject in loops that Numba compiles: the same, sooner, for very many comparisons.

NumPy's kernels (`harness.counting.tally`) are the reference, and are used where Numba is not installed or the
comparisons are few. Functions that are compiled are loops over arrays and numbers, and nothing else. Indices are
unsigned, for then no code is made that would have negative ones count from an array's end; and whole numbers of both
kinds together would become floats.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from harness.arrays import FloatArray, IntArray, Integers, ScoreArray
from harness.counting.counts import Cell, Counts, sum_by_cell
from harness.counting.subjects import CODES_OF_A_SUBJECT, HIGHEST_NARROW, SubjectCounts

__all__ = ["CompiledTallies", "deal", "steps_of", "tally_touches"]

Function = TypeVar("Function", bound=Callable[..., Any])
Bins: TypeAlias = npt.NDArray[np.int32] | IntArray
MOST_STEPS = 1 << 20
IN_CACHE = 1 << 19
"""Bytes of the bins of a block of subjects, which stay in a processor's own cache while a pile is added up."""
IN_A_PILE = 1 << 16
"""Touches dealt to a block before they are added up: enough that its bins are fetched for many at once."""
MOST_WAITING = 32
NO_ROW = -1


def compiled(function: Function) -> Function:
    """Compile a function, once for all where a place to keep the outcome can be written to."""
    try:
        return cast(Function, numba.njit(function, cache=True, nogil=True, error_model="numpy"))
    except RuntimeError:  # neither beside this file nor in the user's own folder
        return cast(Function, numba.njit(function, nogil=True, error_model="numpy"))


@compiled
def step_of(score: float, origin: float, scale: float, steps: int) -> int:
    """Return the step that a score falls in: monotone in the score, whatever the rounding."""
    position = (score - origin) * scale
    if not position > 0.0:
        return 0
    return min(int(position), steps - 1) if position < steps else steps - 1


@compiled
def steps_of(thresholds: FloatArray, origin: float, scale: float, steps: int) -> Integers:
    """Return the step of each threshold, by the very operations that find a score's."""
    found = np.empty(len(thresholds), np.int64)
    for i in range(len(thresholds)):
        found[i] = step_of(thresholds[i], origin, scale, steps)
    return found


@compiled
def reached(score: float, after: FloatArray, first: Integers, origin: float, scale: float, steps: int) -> int:
    """Count the thresholds at or below a score: those of lower steps, and of its own those it is not below.

    Of its own step there is hardly ever more than one, and no branch on the outcome of its comparison, which would
    be guessed wrong half of the time.
    """
    step = step_of(score, origin, scale, steps)
    low, high = int(first[step]), int(first[step + 1])
    if high - low > 1:
        while low < high:
            middle = (low + high) >> 1
            if score >= after[middle]:
                low = middle + 1
            else:
                high = middle
        return low
    return low + int(score >= after[low])


@compiled
def deal(
    start: int,
    scores: ScoreArray,
    codes: Integers,
    one: Integers,
    other: Integers,
    after: FloatArray,
    first: Integers,
    origin: float,
    scale: float,
    steps: int,
    count_missing: bool,
    bins: Integers,
    missing: Integers,
    coarse_of: Integers,
    index_bits: int,
    bin_bits: int,
    piles: Integers,
    heights: Integers,
    most: Integers,
) -> int:
    """Count comparisons, and deal what touches subjects to a pile for every block of them, until a pile is full.

    Returns
    -------
    int
        The first comparison that was neither counted nor dealt; how many there are, where none is left.
    """
    mask, keys_of_a_index = np.uint64((1 << index_bits) - 1), np.uint64(len(bins))
    shift, bits = np.uint64(index_bits), np.uint64(bin_bits)
    for i in range(start, len(scores)):
        here, there, code, score = (
            np.uint64(one[i]),
            np.uint64(other[i]),
            np.uint64(codes[i]),
            float(scores[i]),
        )
        block, other_block = here >> shift, there >> shift
        height = np.uint64(heights[block])
        if heights[block] >= most[block] or heights[other_block] >= most[other_block]:
            return i
        fine = np.uint64(0)
        if np.isnan(score):
            missing[code] += 1
            if not count_missing:
                continue
        else:
            fine = np.uint64(reached(score, after, first, origin, scale, steps))
        bins[code, fine] += 1
        coarse = coarse_of[fine]
        key = (here & mask) * keys_of_a_index + code
        piles[block, height] = (key << bits) | np.uint64(coarse)
        heights[block] += 1
        if there != here:
            height = np.uint64(heights[other_block])
            key = (there & mask) * keys_of_a_index + code
            piles[other_block, height] = (key << bits) | np.uint64(coarse)
            heights[other_block] += 1
    return len(scores)


@compiled
def tally_touches(
    start: int, pile: Integers, bin_bits: int, row_of: Integers, keys: Integers, rows: int, bins: Integers
) -> tuple[int, int]:
    """Add a pile up, until it is done or a row is needed that the bins lack.

    Returns
    -------
    int
        The first touch that was not added.
    int
        How many rows are in use.
    """
    mask, bits = np.uint64((1 << bin_bits) - 1), np.uint64(bin_bits)
    for i in range(start, len(pile)):
        touch = np.uint64(pile[i])
        key = touch >> bits
        row = row_of[key]
        if row < 0:
            if rows == len(bins):
                return i, rows
            row, row_of[key], keys[rows] = rows, rows, key
            rows += 1
        bins[np.uint64(row), touch & mask] += 1
    return len(pile), rows


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps of the score, by which compiled kernels find the thresholds reached; see `ThresholdIndex`."""

    after: FloatArray
    first: npt.NDArray[np.int32]
    origin: float
    scale: float
    steps: int

    @classmethod
    def of(cls, thresholds: FloatArray) -> Steps:
        """Divide the scores into the fewest steps that keep the thresholds apart, as far as that can be.

        Parameters
        ----------
        thresholds : ndarray of float64, shape (T,)
            Finite, strictly ascending.
        """
        origin, steps = float(thresholds[0]), 1 << (2 * len(thresholds)).bit_length()
        while True:
            scale = _scale(thresholds, steps)
            of_thresholds = steps_of(thresholds, origin, scale, steps)
            if steps >= MOST_STEPS or (np.diff(of_thresholds) > 0).all():
                break
            steps *= 2
        first = np.searchsorted(of_thresholds, np.arange(steps + 1)).astype(np.int32)
        return cls(np.append(thresholds, np.inf), first, origin, scale, steps)

    def arguments(self) -> tuple[FloatArray, npt.NDArray[np.int32], float, float, int]:
        """Return what the kernels are given."""
        return self.after, self.first, self.origin, self.scale, self.steps


def _scale(thresholds: FloatArray, steps: int) -> float:
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        scale = (steps - 1) / (thresholds[-1] - thresholds[0])
    return float(scale) if np.isfinite(scale) else 0.0


class CompiledTallies:
    """Counts by cell and by subject like a `Tally` and a `SubjectTally`, block of subjects after block.

    Bins of very many subjects do not fit into a processor's cache, and fetching them for every touch takes longer
    than all the rest. So touches are first dealt to a pile for each block of subjects, whose bins do fit, and a
    pile is added up when it is full.

    Parameters
    ----------
    columns, thresholds, at, indices, codes, count_missing
        As in `harness.counting.tally.tallies_for`.
    """

    def __init__(
        self,
        columns: Sequence[str],
        thresholds: FloatArray,
        at: FloatArray,
        indices: int,
        codes: int,
        *,
        count_missing: bool,
    ) -> None:
        self._columns, self._thresholds, self._at = tuple(columns), thresholds, at
        self._steps, self._count_missing = Steps.of(thresholds), count_missing
        # What is not touched takes no memory, here and below.
        self._bins, self._missing = (
            np.zeros((codes, len(thresholds) + 1), np.int64),
            np.zeros(codes, np.int64),
        )
        self._coarse_of = np.searchsorted(np.searchsorted(thresholds, at), np.arange(len(thresholds) + 1))
        width = len(at) + 1
        self._bin_bits = width.bit_length()
        self._index_bits = max(0, (IN_CACHE // (width * np.dtype(np.int32).itemsize)).bit_length() - 1)
        in_a_block = 1 << self._index_bits
        blocks = -(-max(indices, 1) // in_a_block)
        narrow = (in_a_block * codes << self._bin_bits) <= HIGHEST_NARROW
        self._piles = np.empty((blocks, IN_A_PILE), np.int32 if narrow else np.int64)
        # Were all as high, all would be full at once, and one thread would wait for the other.
        self._most = IN_A_PILE - 1 - np.arange(blocks) * (IN_A_PILE // 2) // blocks
        self._adder = ThreadPoolExecutor(1, "adder")
        self._waiting: deque[Future[None]] = deque()
        self._heights, self._rows, self._touches = np.zeros((3, blocks), np.int64)
        self._row_of = np.full((blocks, in_a_block * codes), NO_ROW, np.int32)
        rows = in_a_block * min(codes, CODES_OF_A_SUBJECT)
        self._keys = np.zeros((blocks, rows), np.int32)
        self._by_row: Bins = np.zeros((blocks, rows, width), np.int32)

    def add(self, scores: ScoreArray, codes: Integers, touched: Sequence[Integers]) -> None:
        """Count one batch; see `SubjectTally.add`."""
        dealt = 0
        while True:
            dealt = deal(
                dealt,
                scores,
                codes,
                touched[0],
                touched[-1],
                *self._steps.arguments(),
                self._count_missing,
                self._bins,
                self._missing,
                self._coarse_of,
                self._index_bits,
                self._bin_bits,
                self._piles,
                self._heights,
                self._most,
            )
            if dealt == len(scores):
                return
            self._hand_over(self._most)

    def _hand_over(self, least: IntArray | int) -> None:
        """Have the piles that are as high as that added up by another thread, a few of them waiting at most."""
        for block in np.flatnonzero(self._heights >= least).tolist():
            pile = self._piles[block, : self._heights[block]].copy()
            self._heights[block] = 0
            self._waiting.append(self._adder.submit(self._add_up, block, pile))
            while len(self._waiting) > MOST_WAITING:
                self._waiting.popleft().result()

    def _add_up(self, block: int, pile: Integers) -> None:
        self._make_room(block, len(pile))
        done = 0
        while True:
            done, self._rows[block] = tally_touches(
                done,
                pile,
                self._bin_bits,
                self._row_of[block],
                self._keys[block],
                self._rows[block],
                self._by_row[block],
            )
            if done == len(pile):
                return
            self._grow()

    def _make_room(self, block: int, touches: int) -> None:
        """Widen the bins before one of them could overflow."""
        self._touches[block] += touches
        if self._touches[block] > HIGHEST_NARROW and self._by_row.dtype == np.int32:
            self._by_row = self._by_row.astype(np.int64)

    def _grow(self) -> None:
        blocks, rows, width = self._by_row.shape
        self._keys = np.concatenate([self._keys, np.zeros((blocks, rows), np.int32)], axis=1)
        self._by_row = np.concatenate(
            [self._by_row, np.zeros((blocks, rows, width), self._by_row.dtype)], axis=1
        )

    def counts(
        self, cell_of_number: Callable[[int], Cell], number_of_index: IntArray
    ) -> tuple[Counts, SubjectCounts]:
        """Return what was counted; see `Tally.counts` and `SubjectTally.counts`; can be done once."""
        self._hand_over(1)
        while self._waiting:
            self._waiting.popleft().result()
        self._adder.shutdown()
        self._piles = self._piles[:, :0].copy()
        keys = np.concatenate([own[:rows] for own, rows in zip(self._keys, self._rows, strict=True)])
        indices, codes = np.divmod(keys.astype(np.int64), len(self._bins))
        indices += np.repeat(np.arange(len(self._rows)), self._rows) << self._index_bits
        cell_of = {number: cell_of_number(number) for number in np.unique(codes // 2).tolist()}
        by_subject = SubjectCounts(
            thresholds=self._at,
            cells=tuple(cell_of[number] for number in (codes // 2).tolist()),
            mated=codes % 2 == 1,
            subjects=number_of_index[indices],
            bins=self._moved_together(),
        )
        return self._by_cell(cell_of_number), by_subject

    def _by_cell(self, cell_of_number: Callable[[int], Cell]) -> Counts:
        met = np.flatnonzero(self._missing + self._bins.sum(axis=1))
        bins = np.zeros((len(met), 2, self._bins.shape[1]), np.int64)
        missing = np.zeros((len(met), 2), np.int64)
        indices = np.arange(len(met)), met % 2
        bins[indices], missing[indices] = self._bins[met], self._missing[met]
        cells = tuple(cell_of_number(code // 2) for code in met.tolist())
        return sum_by_cell(self._columns, self._thresholds, cells, bins, missing)

    def _moved_together(self) -> Bins:
        """Move the rows in use to the front, in place: fresh memory for so many would take longer."""
        every = self._by_row.reshape(-1, self._by_row.shape[2])
        done = 0
        for first, rows in zip(range(0, len(every), self._by_row.shape[1]), self._rows.tolist(), strict=True):
            every[done : done + rows] = every[first : first + rows]
            done += rows
        return every[:done]

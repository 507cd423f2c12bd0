"""Counting by subject in loops that Numba compiles: what `SubjectTally` does in NumPy.

NumPy's is the reference, and is used where Numba is not installed or the comparisons are few. Functions here are
compiled, so they are loops over arrays and numbers, and nothing else. Indices are unsigned, for then no code is made
that would have negative ones count from an array's end; and whole numbers of both kinds together would become floats.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from harness.arrays import FloatArray, Integers, ScoreArray

__all__ = ["deal", "steps_of", "tally_touches"]

Function = TypeVar("Function", bound=Callable[..., Any])


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
    place_bits: int,
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
    mask, keys_of_a_place = np.uint64((1 << place_bits) - 1), np.uint64(len(bins))
    shift, bits = np.uint64(place_bits), np.uint64(bin_bits)
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
        key = (here & mask) * keys_of_a_place + code
        piles[block, height] = (key << bits) | np.uint64(coarse)
        heights[block] += 1
        if there != here:
            height = np.uint64(heights[other_block])
            key = (there & mask) * keys_of_a_place + code
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

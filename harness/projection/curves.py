"""The safe threshold against the size of the list, and against its size and mix."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.arrays import FloatArray, IntArray
from harness.projection.methods import safe_at_part
from harness.projection.result import Mixes, Sizes
from harness.projection.tested import SearchedList

__all__ = ["mixes_of", "sizes_of"]

STEPS = 12
"""Sizes of a curve, evenly on a logarithmic scale."""

MIX_STEPS = 5
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
MOST_GROUPS = 6
"""Of a list, each of which has a map of its own; of more, those with the most subjects."""

LARGEST_SHRINKAGE = 100


def _sizes(size: int, steps: int) -> tuple[int, ...]:
    least = max(1, math.ceil(size / LARGEST_SHRINKAGE))
    return tuple(sorted({round(value) for value in np.geomspace(least, size, steps)}))


def sizes_of(tested: SearchedList) -> Sizes:
    """Return the safe threshold at parts of the tested list from a hundredth of it up to all of it.

    Parameters
    ----------
    tested : SearchedList
    """
    sizes = _sizes(tested.matches.size, STEPS)
    _, whole = tested.divided(None)
    return Sizes(sizes, _safe(tested, whole, [np.array([size]) for size in sizes]))


def mixes_of(tested: SearchedList, attribute: str) -> tuple[Mixes, ...]:
    """Return the safe threshold at lists of several sizes and shares of a group, for each group of the list.

    Parameters
    ----------
    tested : SearchedList
    attribute : str
        One, or several joined by ×.
    """
    groups, of = tested.divided(attribute)
    listed = np.bincount(of, minlength=len(groups))
    if len(groups) < 2:
        return ()
    sizes = _sizes(tested.matches.size, MIX_STEPS)
    most = sorted(sorted(range(len(groups)), key=lambda h: -listed[h])[:MOST_GROUPS])
    return tuple(_mixes(tested, attribute, groups, of, listed, h, sizes) for h in most)


def _mixes(
    tested: SearchedList,
    attribute: str,
    groups: tuple[str, ...],
    of: IntArray,
    listed: IntArray,
    group: int,
    sizes: tuple[int, ...],
) -> Mixes:
    wanted = [[_mix(listed, group, share, size) for size in sizes] for share in SHARES]
    held = np.array([[bool((one <= listed).all()) for one in row] for row in wanted])
    safe = np.full(held.shape, np.nan)
    safe[held] = _safe(tested, of, [one for row in wanted for one in row if (one <= listed).all()])
    return Mixes(attribute, groups[group], sizes, SHARES, safe, held)


def _mix(listed: IntArray, group: int, share: float, size: int) -> IntArray:
    """Divide a size among groups: a share for one, the rest as on the tested list, the largest remainders up."""
    others = np.where(np.arange(len(listed)) == group, 0, listed)
    parts = size * (1 - share) * others / others.sum()
    parts[group] = size * share
    whole: IntArray = np.floor(parts).astype(np.int64)
    largest = np.argsort(whole - parts, kind="stable")[: size - int(whole.sum())]
    whole[largest] += 1
    return whole


def _safe(tested: SearchedList, of: IntArray, lists: Sequence[IntArray]) -> FloatArray:
    judged = [axis.name for axis in tested.evaluation.judged_axes]
    found = []
    for of_list in tested.rarefied(of, lists, judged):
        safe = safe_at_part(tested, dict(zip(judged, of_list, strict=True)))
        threshold = tested.evaluation.threshold_at(safe.index)
        found.append(np.nan if threshold is None else threshold)
    return np.array(found)

"""Templates in the order they are compared in, cut into blocks and these into stretches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from harness.arrays import IntArray
from harness.comparisons.embeddings.vectors import BLOCK

__all__ = ["Stretch", "in_order", "stretches"]


MOST_CUTS = 3
"""Of a block. Where groups change more often it stays whole, and each of its pairs is given a code."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """Templates that follow one another in a block, nearly always of one combination of groups.

    Attributes
    ----------
    number : int
        Among all stretches of both sides.
    within : slice
        Which rows of its block they are.
    places : ndarray of int64, shape (R,)
        Where each template stands in the caller's arrays.
    subjects : ndarray of int64
        The distinct subjects, ascending.
    subject_of : ndarray of int64, shape (R,)
        Which of ``subjects`` each template is of.
    kinds : ndarray of int64
        The distinct combinations of groups, ascending.
    kind_of : ndarray of int64, shape (R,)
        Which of ``kinds`` each template has.
    """

    number: int
    within: slice
    places: IntArray
    subjects: IntArray
    subject_of: IntArray
    kinds: IntArray
    kind_of: IntArray

    def __len__(self) -> int:
        return len(self.places)


def in_order(kinds: IntArray, subjects: IntArray, kept: npt.NDArray[np.bool_] | None) -> IntArray:
    """Order templates by their groups, then by subject, so that most blocks are of one cell."""
    order: IntArray = np.lexsort((subjects, kinds))
    return order if kept is None else order[kept[order]]


def stretches(
    order: IntArray, kinds: IntArray, subjects: IntArray, first: int
) -> Sequence[Sequence[Stretch]]:
    """Cut templates in order into blocks, and these into stretches, numbered from ``first``."""
    blocks = []
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        cuts = 1 + np.flatnonzero(np.diff(kinds[block]))
        ends = [0, *(cuts.tolist() if len(cuts) <= MOST_CUTS else []), len(block)]
        found = []
        for begin, end in pairwise(ends):
            places = block[begin:end]
            found.append(
                Stretch(
                    first,
                    slice(begin, end),
                    places,
                    *np.unique(subjects[places], return_inverse=True),
                    *np.unique(kinds[places], return_inverse=True),
                )
            )
            first += 1
        blocks.append(found)
    return blocks

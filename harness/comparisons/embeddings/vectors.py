"""How alike two templates are: cosine similarity or Euclidean distance, by products of blocks.

What a product of blocks gives for one pair may depend, in its last bits, on how a BLAS library orders a sum.

- float32 embeddings are multiplied in float32, which is fastest. Blocks are always whole (padded with zeros), so
  the same embeddings give the same scores on the same machine; another processor or BLAS library may round
  the last bit of a score the other way.
- float64 embeddings are first rounded to a grid on which every sum of products is exact, so each score is the
  same on every machine, in whatever order it is summed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.arrays import IntArray
from harness.comparisons.embeddings.templates import ROWS_AT_ONCE, CheckedTemplates
from harness.errors import InputError

__all__ = ["BLOCK", "Metric", "Vectors", "precision", "prepared", "scores_of_block"]

FloatArray: TypeAlias = npt.NDArray[Any]
Metric: TypeAlias = Literal["cosine", "euclidean"]

BLOCK = 512
"""Templates to a side of a block: large enough for BLAS, small enough to be counted within the cache."""
COSINE_GRID = 2.0**26
"""Products of two coordinates are multiples of 2**-52 and sums of them below 2: 53 bits hold them all."""
EUCLIDEAN_GRID = 2.0**25
"""Squared distances are multiples of 2**-50 and at most a little above 4: 53 bits hold them all."""

FARTHEST = {"float32": 2.0**120, "float64": 2.0**1000}


@dataclass(frozen=True, eq=False)
class Vectors:
    """Templates ready to be multiplied.

    Attributes
    ----------
    rows : ndarray, shape (M, D)
        M is a whole number of blocks; rows past the last template are zero.
    squares : ndarray, shape (M,), or None
        Squared lengths, for distances.
    scale : float
        What a distance between rows is to be multiplied by.
    """

    rows: FloatArray
    squares: FloatArray | None
    scale: float


def precision(sides: Sequence[CheckedTemplates]) -> np.dtype[Any]:
    """Return the type that scores have: float64 where any embedding needs it, else float32."""
    dtypes = {side.embeddings.dtype for side in sides}
    narrow = all(dtype.itemsize <= (4 if dtype.kind == "f" else 2) for dtype in dtypes)
    return np.dtype(np.float32 if narrow else np.float64)


def prepared(
    sides: Sequence[CheckedTemplates], orders: Sequence[IntArray], metric: Metric, dtype: np.dtype[Any]
) -> list[Vectors]:
    """Bring templates into order and into the form that `scores_of_block` multiplies.

    Parameters
    ----------
    sides : sequence of CheckedTemplates
        Alike in their number of dimensions.
    orders : sequence of ndarray of int64
        Which template stands at each place, side by side.
    metric : {"cosine", "euclidean"}
    dtype : dtype
        float32 or float64, as `precision` says.

    Raises
    ------
    InputError
        Where a template of length zero has no direction.
    """
    if metric == "cosine":
        return [_directions(side, order, dtype) for side, order in zip(sides, orders, strict=True)]
    return _positions(sides, orders, dtype)


def scores_of_block(one: Vectors, i: int, other: Vectors, j: int, out: FloatArray) -> None:
    """Score all templates of one block against all of another; higher is more alike.

    Parameters
    ----------
    one, other : Vectors
    i, j : int
        Which block of either.
    out : ndarray, shape (BLOCK, BLOCK)
        Where the scores go: cosine similarities, or distances times -1.
    """
    here, there = slice(i * BLOCK, (i + 1) * BLOCK), slice(j * BLOCK, (j + 1) * BLOCK)
    second = other.rows[there]
    if one is other and i == j:  # NumPy would multiply a block by itself in another way
        second = second.copy()
    np.matmul(one.rows[here], second.T, out=out)
    if one.squares is None or other.squares is None:
        return
    np.multiply(out, -2, out=out)
    np.add(out, one.squares[here, None], out=out)
    np.add(out, other.squares[there], out=out)
    np.maximum(out, 0, out=out)  # rounding may take the square of a short distance below zero
    np.sqrt(out, out=out)
    np.multiply(out, -one.scale, out=out)


def _directions(side: CheckedTemplates, order: IntArray, dtype: np.dtype[Any]) -> Vectors:
    rows = _room(side, dtype)
    for start in range(0, len(order), ROWS_AT_ONCE):
        chosen = order[start : start + ROWS_AT_ONCE]
        wide = side.embeddings[chosen].astype(np.float64)
        largest = np.abs(wide).max(axis=1)
        if not largest.all():
            raise InputError(
                f"[{chosen[largest == 0].min()}] is all zeros, which has no direction; leave out templates that failed",
                source=side.name,
            )
        wide /= largest[:, None]  # first, lest a square overflow
        wide /= np.sqrt(np.einsum("nd,nd->n", wide, wide))[:, None]
        if dtype == np.float64:
            wide = np.rint(wide * COSINE_GRID) / COSINE_GRID
        rows[start : start + len(chosen)] = wide
    return Vectors(rows, None, 1.0)


def _positions(
    sides: Sequence[CheckedTemplates], orders: Sequence[IntArray], dtype: np.dtype[Any]
) -> list[Vectors]:
    """Shift and scale all sides alike.

    In float32, what all templates have in common is taken away, for it would only cost the differences digits.
    """
    origin = _middle(sides) if dtype == np.float32 else np.zeros(sides[0].embeddings.shape[1])
    scale = _scale(max(_longest(side, origin) for side in sides), dtype)
    vectors = []
    for side, order in zip(sides, orders, strict=True):
        rows = _room(side, dtype)
        squares = np.zeros(len(rows), dtype)
        for start in range(0, len(order), ROWS_AT_ONCE):
            place = slice(start, start + len(order[start : start + ROWS_AT_ONCE]))
            wide = (side.embeddings[order[place]].astype(np.float64) - origin) / scale
            rows[place] = np.rint(wide * EUCLIDEAN_GRID) / EUCLIDEAN_GRID if dtype == np.float64 else wide
            wide = rows[place].astype(np.float64)
            squares[place] = np.einsum("nd,nd->n", wide, wide)
        vectors.append(Vectors(rows, squares, scale))
    return vectors


def _scale(longest: float, dtype: np.dtype[Any]) -> float:
    """Return the power of two above the longest vector, by which all are divided."""
    if not longest < FARTHEST[dtype.name]:
        raise InputError(
            f"{longest:.3g} from the middle is too far to measure in {dtype}; scale the embeddings"
        )
    return 2.0 ** int(np.frexp(longest)[1])


def _room(side: CheckedTemplates, dtype: np.dtype[Any]) -> FloatArray:
    templates, width = side.embeddings.shape
    return np.zeros((-(-templates // BLOCK) * BLOCK, width), dtype)


def _middle(sides: Sequence[CheckedTemplates]) -> npt.NDArray[np.float64]:
    total = sum(side.embeddings.sum(axis=0, dtype=np.float64) for side in sides)
    middle: npt.NDArray[np.float64] = total / sum(len(side.embeddings) for side in sides)
    return middle


def _longest(side: CheckedTemplates, origin: npt.NDArray[np.float64]) -> float:
    longest = 0.0
    for start in range(0, len(side.embeddings), ROWS_AT_ONCE):
        wide = side.embeddings[start : start + ROWS_AT_ONCE] - origin
        largest = float(np.abs(wide).max())
        if largest:
            wide = wide / largest
            longest = max(longest, largest * float(np.sqrt(np.einsum("nd,nd->n", wide, wide).max())))
    return longest

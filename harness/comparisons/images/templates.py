"""Templates as a caller holds them, and how alike two of them are: cosine similarity or Euclidean distance.

Scores are products of blocks. What a product of blocks gives for one pair may depend, in its last bits, on how a BLAS
library orders a sum.

- float32 embeddings are multiplied in float32, which is fastest. Blocks are always whole (padded with zeros), so
  the same embeddings give the same scores on the same machine; another processor or BLAS library may round
  the last bit of a score the other way.
- float64 embeddings are first rounded to a grid on which every sum of products is exact, so each score is the
  same on every machine, in whatever order it is summed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.comparisons.images.labels import Side, checked_groups, checked_labels
from harness.comparisons.images.tiles import BLOCK
from harness.comparisons.source import Input
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import IntArray

__all__ = [
    "ROWS_AT_ONCE",
    "CheckedTemplates",
    "Metric",
    "TemplateScores",
    "Templates",
    "Vectors",
    "checked",
    "precision",
    "prepared",
    "scores_of_block",
]

ROWS_AT_ONCE = 4096
Metric: TypeAlias = Literal["cosine", "euclidean"]
COSINE_GRID = 2.0**26
"""Products of two coordinates are multiples of 2**-52 and sums of them below 2: 53 bits hold them all."""
EUCLIDEAN_GRID = 2.0**25
"""Squared distances are multiples of 2**-50 and at most a little above 4: 53 bits hold them all."""
FARTHEST = {"float32": 2.0**120, "float64": 2.0**1000}


@dataclass(frozen=True, eq=False)
class Templates:
    """Embeddings, and whose and of which group each is.

    Parameters
    ----------
    embeddings : array-like, shape (N, D)
        One row a template. float16 and small integers are widened to float32, larger integers to float64.
    subjects : sequence of str or int, length N
        Who each template is of; templates of the same subject are mated.
    groups : mapping of str to sequence of str or int, length N
        The label of each template for every demographic attribute.
    """

    embeddings: Any
    subjects: Any
    groups: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class CheckedTemplates(Side):
    """Templates that can be compared.

    Attributes
    ----------
    embeddings : ndarray of float32, float64, float16 or integers, shape (N, D)
        Finite; the caller's array, not a copy.
    """

    embeddings: npt.NDArray[Any]

    def inputs(self) -> tuple[Input, ...]:
        """Digest the embeddings, as ``embeddings.tobytes()`` gives them, and the labels."""
        rows, width = self.embeddings.shape
        digest = hashlib.sha256()
        for start in range(0, rows, ROWS_AT_ONCE):
            digest.update(np.ascontiguousarray(self.embeddings[start : start + ROWS_AT_ONCE]).data)
        return (
            Input(
                f"{self.name} ({rows} × {width} {self.embeddings.dtype})",
                self.embeddings.nbytes,
                digest.hexdigest(),
            ),
            self.input_of_labels(),
        )


def checked(templates: Templates, name: str) -> CheckedTemplates:
    """Refuse templates that cannot be compared.

    Parameters
    ----------
    templates : Templates
    name : str
        What errors call them.

    Raises
    ------
    InputError
        Where the embeddings are not a table of finite numbers, or a label is missing or too many.
    """
    embeddings = _table(templates.embeddings, name)
    rows = len(embeddings)
    groups = checked_groups(templates.groups, rows, name, "template")
    subjects = checked_labels(templates.subjects, rows, f"subjects of {name}", "template")
    _require_finite(embeddings, name)
    return CheckedTemplates(name, subjects, groups, embeddings)


def _table(embeddings: Any, name: str) -> npt.NDArray[Any]:
    try:
        table = np.asarray(embeddings)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"is not an array of numbers ({error}); give a row for each template", source=name
        ) from None
    if table.dtype.kind not in "fiu":
        raise InputError(
            f"holds {table.dtype}, not real numbers; convert it to float32 or float64", source=name
        )
    if table.ndim != 2 or 0 in table.shape:
        raise InputError(
            f"has shape {table.shape}; give a row for each template and a column for each dimension",
            source=name,
        )
    return table


def _require_finite(embeddings: npt.NDArray[Any], name: str) -> None:
    for start in range(0, len(embeddings), ROWS_AT_ONCE):
        rows = embeddings[start : start + ROWS_AT_ONCE]
        finite = np.isfinite(rows)
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            raise InputError(
                f"[{start + row}, {column}] is {rows[row, column]}; leave out templates that failed",
                source=name,
            )


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

    rows: npt.NDArray[Any]
    squares: npt.NDArray[Any] | None
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
        Which template is at each index, side by side.
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


@dataclass(frozen=True, eq=False)
class TemplateScores:
    """How alike templates are, as scores of pairs.

    Parameters
    ----------
    sides : one or two CheckedTemplates
    metric : {"cosine", "euclidean"}
    """

    sides: Sequence[CheckedTemplates]
    metric: Metric

    @property
    def name(self) -> str:
        """What errors call the templates."""
        return " and ".join(side.name for side in self.sides)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type that scores have; see `precision`."""
        return precision(self.sides)

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of the embeddings and of their labels."""
        return tuple(item for side in self.sides for item in side.inputs())

    def in_order(self, orders: Sequence[IntArray]) -> Callable[[int, int, npt.NDArray[Any]], bool]:
        """Return what scores a block of templates that are in order; no score of theirs is missing.

        Raises
        ------
        InputError
            Where a template of length zero has no direction.
        """
        vectors = prepared(self.sides, orders, self.metric, self.dtype)

        def fill(i: int, j: int, out: npt.NDArray[Any]) -> bool:
            scores_of_block(vectors[0], i, vectors[-1], j, out)
            return False

        return fill


def scores_of_block(one: Vectors, i: int, other: Vectors, j: int, out: npt.NDArray[Any]) -> None:
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
            index = slice(start, start + len(order[start : start + ROWS_AT_ONCE]))
            wide = (side.embeddings[order[index]].astype(np.float64) - origin) / scale
            rows[index] = np.rint(wide * EUCLIDEAN_GRID) / EUCLIDEAN_GRID if dtype == np.float64 else wide
            wide = rows[index].astype(np.float64)
            squares[index] = np.einsum("nd,nd->n", wide, wide)
        vectors.append(Vectors(rows, squares, scale))
    return vectors


def _scale(longest: float, dtype: np.dtype[Any]) -> float:
    """Return the power of two above the longest vector, by which all are divided."""
    if not longest < FARTHEST[dtype.name]:
        raise InputError(
            f"{longest:.3g} from the middle is too far to measure in {dtype}; scale the embeddings"
        )
    return 2.0 ** int(np.frexp(longest)[1])


def _room(side: CheckedTemplates, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
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

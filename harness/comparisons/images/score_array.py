"""The numbers of a score matrix: an array in memory, or in an ``.npy`` file that is mapped, or in an ``.npz`` file."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from harness.comparisons.images.labels import Side
from harness.comparisons.images.tiles import BLOCK
from harness.comparisons.source import Input, Seen
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import IntArray
    from harness.comparisons.images.sides import Digests

__all__ = ["MatrixScores", "ScoreArray", "first_unequal", "open_array"]

AT_ONCE = 1 << 20
"""Scores that are looked at together."""
SQUARE = 1024
"""Rows and columns of a square that is compared with its mirror image."""
HIGHEST_EXACT = 2**53
WIDEST = 8
"""Bytes of float64: NumPy's longer ones are of this machine alone."""


@dataclass(frozen=True, eq=False)
class ScoreArray:
    """A table of scores that have not been looked at.

    Attributes
    ----------
    name : str
        What errors call it.
    scores : ndarray of real numbers, shape (N, M)
    digests : callable
    """

    name: str
    scores: npt.NDArray[Any]
    digests: Digests

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type that scores are counted in: float32 where they are stored in that or less, else float64."""
        kept = self.scores.dtype
        return np.dtype(np.float32 if kept.kind == "f" and kept.itemsize <= 4 else np.float64)

    def require_usable(self, sides: Sequence[Side], *, diagonal: bool, missing: bool) -> bool:
        """Refuse scores that cannot be used, and say whether any is missing.

        Parameters
        ----------
        sides : one or two Side
            Who the rows and columns are.
        diagonal : bool
            Whether the scores on the diagonal are comparisons; otherwise they may be what they like.
        missing : bool
            Whether a comparison may be without a score.

        Raises
        ------
        InputError
            Names the first score that is infinite, missing (NaN) where none may be, or a whole number beyond 2**53.
        """
        lacks = False
        for rows, columns in self._looked_at():
            part = self.scores[rows, columns]
            if part.dtype.kind == "f":
                absent = np.isnan(part)
                lacks = lacks or bool(absent.any())
                bad = np.isinf(part) if missing else ~np.isfinite(part)
            else:
                bad = (
                    (part > HIGHEST_EXACT) | (part < -HIGHEST_EXACT)
                    if part.dtype.itemsize == WIDEST
                    else None
                )
            if bad is None or not bad.any():
                continue
            for row, column in np.add(np.argwhere(bad), (rows.start, columns.start)):
                if diagonal or row != column:
                    self._refuse(int(row), int(column), sides)
        return lacks

    def _looked_at(self) -> Iterator[tuple[slice, slice]]:
        """Cut the table into parts along the order in which it is stored."""
        turned = self.scores.flags.f_contiguous and not self.scores.flags.c_contiguous
        length, width = self.scores.shape[::-1] if turned else self.scores.shape
        step = max(AT_ONCE // width, 1)
        for start in range(0, length, step):
            part, whole = slice(start, start + step), slice(0, width)
            yield (whole, part) if turned else (part, whole)

    def _refuse(self, row: int, column: int, sides: Sequence[Side]) -> None:
        value = self.scores[row, column]
        if self.scores.dtype.kind != "f":
            remedy = "has more digits than float64 holds, so that scores that differ might count as one"
        elif np.isnan(value):
            remedy = (
                "where a score belongs; give the score, or say in the study how failures count (missing_scores: "
                "exclude, or count; --missing-scores)"
            )
        else:
            remedy = "is not finite; write NaN for the score of a failed comparison"
        probe, reference = sides[0].subjects.of(row), sides[-1].subjects.of(column)
        raise InputError(
            f"[{row}, {column}], of {probe!r} against {reference!r}: {value} {remedy}", source=self.name
        )


@dataclass(frozen=True, eq=False)
class MatrixScores:
    """The scores of a table, block by block; see `harness.comparisons.images.pairs.BlockScores`.

    Attributes
    ----------
    array : ScoreArray
    sign : {1, -1}
        By which they are multiplied, so that higher is more alike.
    lacks : bool
        Whether any is missing.
    digests : tuple of callable
        Of the scores and of the people.
    """

    array: ScoreArray
    sign: int
    lacks: bool
    digests: tuple[Digests, ...]

    @property
    def name(self) -> str:
        """Name of the table in errors."""
        return self.array.name

    @property
    def dtype(self) -> np.dtype[Any]:
        """See `ScoreArray.dtype`."""
        return self.array.dtype

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of the scores and of who the rows and columns are."""
        found = (item for digests in self.digests for item in digests())
        return tuple(dict.fromkeys(found))  # one file may say both who the rows and who the columns are

    def in_order(self, orders: Sequence[IntArray]) -> Callable[[int, int, npt.NDArray[Any]], bool]:
        """Return what copies a block of scores, whose rows and columns are in order."""
        scores, negate, lacks = self.array.scores, self.sign < 0, self.lacks

        def fill(i: int, j: int, out: npt.NDArray[Any]) -> bool:
            rows, columns = orders[0][i * BLOCK : (i + 1) * BLOCK], orders[-1][j * BLOCK : (j + 1) * BLOCK]
            part = out[: len(rows), : len(columns)]
            part[...] = scores[np.ix_(rows, columns)]
            if negate:
                np.negative(part, out=part)
            return lacks

        return fill


def first_unequal(scores: npt.NDArray[Any]) -> tuple[int, int] | None:
    """Return the first pair of indices at which a square table is not that of its transpose; None where it is.

    Two missing scores (NaN) are alike.

    Examples
    --------
    >>> first_unequal(np.array([[1, 2], [3, 4]]))
    (0, 1)
    """
    for i in range(0, len(scores), SQUARE):
        for j in range(i, len(scores), SQUARE):
            one = scores[i : i + SQUARE, j : j + SQUARE]
            other = scores[j : j + SQUARE, i : i + SQUARE].T
            unequal = one != other
            if unequal.any():
                unequal &= ~((one != one) & (other != other))  # NaN is what differs from itself
            if unequal.any():
                row, column = np.argwhere(unequal)[0].tolist()
                return i + row, j + column
    return None


def open_array(scores: Any, array: str | None = None) -> ScoreArray:
    """Open a table of scores.

    Parameters
    ----------
    scores : array-like, shape (N, M), or path
    array : str, optional
        The name of one of several arrays in an ``.npz`` file.

    Raises
    ------
    InputError
        Where it cannot be read, or is no table of real numbers.
    """
    if isinstance(scores, str | os.PathLike):
        path = Path(scores)
        seen, name = Seen.of([path], digested=True), str(path)
        return ScoreArray(name, _checked(_read(path, array), name), seen.inputs)
    if array is not None:
        raise InputError(f"array {array!r} is for an .npz file; leave it out", source="scores")
    if isinstance(scores, np.ma.MaskedArray):
        raise InputError("is a masked array; fill what is missing with NaN", source="scores")
    try:
        table = np.asarray(scores)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"is not an array of numbers ({error}); give N × M scores", source="scores"
        ) from None
    checked = _checked(table, "scores")
    return ScoreArray("scores", checked, lambda: _input_of(checked))


def _read(path: Path, array: str | None) -> npt.NDArray[Any]:
    suffix = path.suffix.lower()
    if suffix not in (".npy", ".npz"):
        raise InputError(
            "a matrix of scores is an .npy or .npz file; write it with numpy.save, or leave out who its rows are "
            "(matrix, --matrix-rows) where each row is a comparison",
            source=str(path),
        )
    if suffix == ".npy" and array is not None:
        raise InputError(f"array {array!r} is for an .npz file; leave it out", source=str(path))
    try:
        if suffix == ".npy":
            found: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
            return found
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            named: npt.NDArray[Any] = arrays[_name_in(list(arrays), array, path)]
            return named
    except InputError:
        raise
    except (OSError, ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        if "object" in str(error).lower() or "pickle" in str(error).lower():
            raise InputError(
                "holds Python objects (a pickle), which are never loaded; save an array of float32 or float64",
                source=str(path),
            ) from error
        raise InputError(
            f"cannot be read as {suffix} ({error}); it may be truncated or damaged; write it again",
            source=str(path),
        ) from error


def _name_in(names: list[str], array: str | None, path: Path) -> str:
    present = ", ".join(map(repr, names))
    if array is None and len(names) != 1:
        raise InputError(
            f"holds {len(names)} arrays ({present}); name the matrix (matrix: {{array: ...}}; --matrix-array)",
            source=str(path),
        )
    if array is not None and array not in names:
        raise InputError(f"has no array {array!r}; it has {present}; name the right one", source=str(path))
    return names[0] if array is None else array


def _checked(table: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    if table.dtype.kind not in "fiu" or table.dtype.itemsize > WIDEST:
        raise InputError(f"holds {table.dtype}, not scores; convert it to float32 or float64", source=name)
    if table.ndim != 2 or 0 in table.shape:
        raise InputError(
            f"has shape {table.shape}; give a row for each probe and a column for each reference", source=name
        )
    return table


def _input_of(scores: npt.NDArray[Any]) -> tuple[Input, ...]:
    """Digest a table in memory, as its ``tobytes()`` gives it."""
    digest = hashlib.sha256()
    step = max(AT_ONCE // scores.shape[1], 1)
    for start in range(0, len(scores), step):
        digest.update(np.ascontiguousarray(scores[start : start + step]).data)
    rows, columns = scores.shape
    return (Input(f"scores ({rows} × {columns} {scores.dtype})", scores.nbytes, digest.hexdigest()),)

"""Pairs of images, counted tile by tile as they are scored.

A tile is nearly always of one cell, so its comparisons need no code each; and scores below the lowest threshold
need no look-up where most are, for how many there are is known by arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from operator import add
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from harness.comparisons.images.tiles import BLOCK
from harness.counting import Cell, Counts, SubjectCounts, ThresholdIndex, thresholds_for
from harness.counting.counts import sum_by_cell
from harness.counting.subjects import HIGHEST_NARROW

if TYPE_CHECKING:
    from harness.arrays import BoolArray, FloatArray, IntArray
    from harness.comparisons.coding import Coding
    from harness.comparisons.images.pairs import Pairs
    from harness.comparisons.images.tiles import Stretch, Tile
    from harness.engines.local import Progress

__all__ = ["count", "count_by_subject"]


ONE = np.int32(1)
"""Of the bins' own type, without which adding in place takes a far slower path."""
SHEET = 48 << 20
"""Bytes that tables are cut from: so many at once the system takes back when they are let go, whichever thread had
them; what is not yet touched takes no memory."""
FEW = 0.25
"""Below this share of scores that reach any threshold, only these are looked up."""


def count(pairs: Pairs, thresholds: FloatArray, *, progress: Progress = lambda rows: None) -> Counts:
    """Compare and count all pairs in one pass.

    Parameters
    ----------
    pairs : Pairs
    thresholds, progress
        As in `harness.engines.local.count`.
    """
    told = _one_at_a_time(progress)

    def counted(coding: Coding) -> Counts:
        def of_share(tiles: Iterator[Tile]) -> Counts:
            tally = TileTally(thresholds, pairs.score_type)
            for tile in _reported(tiles, told):
                tally.add(tile)
            return tally.counts(pairs.columns, coding.cell)

        return reduce(add, pairs.each_share(of_share)).naming(pairs.named)

    return pairs.read(counted)


def count_by_subject(
    pairs: Pairs,
    thresholds: FloatArray,
    *,
    among: BoolArray | None = None,
    progress: Progress = lambda rows: None,
) -> tuple[Counts, SubjectCounts]:
    """Compare and count all pairs, and those of every subject, in one pass.

    Parameters
    ----------
    pairs : Pairs
    thresholds, among, progress
        As in `harness.engines.local.count_by_subject`, which also says what is returned.
    """
    compared = pairs if among is None else pairs.among(among)
    at, told = thresholds_for(thresholds, pairs.subjects), _one_at_a_time(progress)

    def counted(coding: Coding) -> tuple[Counts, SubjectCounts]:
        def of_share(tiles: Iterator[Tile]) -> tuple[Counts, SubjectCounts]:
            tally, by_subject = TileTally(thresholds, pairs.score_type), StretchTally(thresholds, at)
            for tile in _reported(tiles, told):
                by_subject.add(tile, *tally.add(tile))
            return tally.counts(pairs.columns, coding.cell), by_subject.counts(coding.cell)

        counts, of_subjects = zip(*compared.each_share(of_share), strict=True)
        return reduce(add, counts).naming(pairs.named), reduce(add, of_subjects)

    return pairs.read(counted)


def _reported(tiles: Iterator[Tile], progress: Progress) -> Iterator[Tile]:
    for tile in tiles:
        yield tile
        progress(tile.pairs)


def _one_at_a_time(progress: Progress) -> Progress:
    """Keep threads that report at once from doing so at the same moment."""
    lock = Lock()

    def told(rows: int) -> None:
        with lock:
            progress(rows)

    return told


class TileTally:
    """Adds tiles up by cell.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (T,)
        Canonical, finite, strictly ascending.
    score_type : {"float32", "float64"}
    """

    def __init__(self, thresholds: FloatArray, score_type: str) -> None:
        self._index = ThresholdIndex(thresholds)
        self._width = len(thresholds) + 1
        self._lowest = _at_or_above(thresholds[0], np.dtype(score_type))
        self._bins: dict[int, IntArray] = {}
        self._missing: dict[int, int] = {}

    def add(self, tile: Tile) -> tuple[IntArray, IntArray | None]:
        """Count one tile.

        Returns
        -------
        ndarray of int64
            How many thresholds each comparison reaches. The next tile overwrites it.
        ndarray of int64 or None
            The indices in the tile of the comparisons that the first is of, all others reaching none; None where
            it is of all.
        """
        scores = tile.scores.reshape(-1)
        few = self._few(scores) if tile.which is None else None
        reached = self._index.reached(scores if few is None else scores[few])
        if tile.which is None:
            found = np.bincount(reached, minlength=self._width)
            found[0] += len(scores) - len(reached)
            self._bins_of(int(tile.codes[0]))[:] += found
        else:
            keys, times = _tallied(
                tile.which.reshape(-1) * self._width + reached, len(tile.codes) * self._width
            )
            for index, code in enumerate(tile.codes.tolist()):
                start, end = np.searchsorted(keys, (index * self._width, (index + 1) * self._width))
                if end > start:
                    self._bins_of(code)[keys[start:end] - index * self._width] += times[start:end]
        if tile.missing is not None:
            for code, missing in zip(tile.codes.tolist(), tile.missing.tolist(), strict=True):
                self._miss(code, missing)
        return reached, few

    def _miss(self, code: int, missing: int) -> None:
        if missing:
            self._bins_of(code)  # of the cell there may be nothing else
            self._missing[code] = self._missing.get(code, 0) + missing

    def _few(self, scores: npt.NDArray[Any]) -> IntArray | None:
        reaching = np.flatnonzero(scores >= self._lowest)
        return reaching if len(reaching) < FEW * len(scores) else None

    def _bins_of(self, code: int) -> IntArray:
        if code not in self._bins:
            self._bins[code] = np.zeros(self._width, np.int64)
        return self._bins[code]

    def counts(self, columns: tuple[str, ...], cell_of_number: Callable[[int], Cell]) -> Counts:
        """Return what was counted, with each cell's number turned into its values."""
        bins = np.zeros((len(self._bins), 2, self._width), np.int64)
        missing = np.zeros((len(self._bins), 2), np.int64)
        for index, (code, of_code) in enumerate(self._bins.items()):
            bins[index, code % 2] = of_code
            missing[index, code % 2] = self._missing.get(code, 0)
        cells = tuple(cell_of_number(code // 2) for code in self._bins)
        return sum_by_cell(columns, self._index.thresholds, cells, bins, missing)


class StretchTally:
    """Adds tiles up by subject, stretch by stretch.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (T,)
        Of the counts by cell.
    at : ndarray of float64
        Those of them to count by subject at, the first among them.
    """

    def __init__(self, thresholds: FloatArray, at: FloatArray) -> None:
        self._thresholds = at
        self._width = len(at) + 1
        self._reached_of = np.searchsorted(at, np.append(-np.inf, thresholds), side="right")
        self._bins: dict[tuple[int, int], tuple[IntArray, npt.NDArray[np.int32]]] = {}
        self._sheet = np.zeros((0, self._width), np.int32)
        # Kept from tile to tile, for asking the system for fresh memory costs more than the counting.
        self._reached, self._keys = np.empty(BLOCK**2, np.int64), np.empty(BLOCK**2, np.int64)

    def add(self, tile: Tile, reached: IntArray, few: IntArray | None) -> None:
        """Count one tile, given what `TileTally.add` returned."""
        reached = self._reached_of.take(reached, out=self._reached[: len(reached)], mode="clip")
        if few is not None:
            row, column = np.divmod(few, tile.scores.shape[1])
            self._touch_few(tile, tile.probes, row, reached, len(tile.references))
            self._touch_few(tile, tile.references, column, reached, len(tile.probes))
            return
        table = reached.reshape(tile.scores.shape)
        self._touch(tile, tile.probes, tile.probes.subject_of[:, None], table, slice(None))
        # A mated pair is of one subject, which its probe has counted.
        non_mated = slice(None, None, 2)
        self._touch(tile, tile.references, tile.references.subject_of[None, :], table, non_mated)

    def _touch_few(self, tile: Tile, side: Stretch, of: IntArray, reached: IntArray, others: int) -> None:
        bins, subject = self._bins_of(side, int(tile.codes[0])), side.subject_of[of]
        np.add.at(bins.reshape(-1), subject * self._width + reached, ONE)
        subjects = len(side.subjects)
        below = np.bincount(side.subject_of, minlength=subjects) * others - np.bincount(
            subject, minlength=subjects
        )
        bins[:, 0] += below.astype(np.int32)

    def _touch(self, tile: Tile, side: Stretch, subject: IntArray, reached: IntArray, chosen: slice) -> None:
        size = len(side.subjects) * self._width
        keys = np.add(reached, subject * self._width, out=self._keys[: reached.size].reshape(reached.shape))
        if tile.which is None:
            np.add.at(self._bins_of(side, int(tile.codes[0])).reshape(-1), keys.reshape(-1), ONE)
            return
        keys += tile.which * size
        indices, times = _tallied(keys.reshape(-1), len(tile.codes) * size)
        for index in range(len(tile.codes))[chosen]:
            start, end = np.searchsorted(indices, (index * size, (index + 1) * size))
            if end > start:
                bins = self._bins_of(side, int(tile.codes[index])).reshape(-1)
                bins[indices[start:end] - index * size] += times[start:end].astype(np.int32)

    def _bins_of(self, side: Stretch, code: int) -> npt.NDArray[np.int32]:
        key = side.number, code
        if key not in self._bins:
            self._bins[key] = side.subjects, self._table(len(side.subjects))
        return self._bins[key][1]

    def _table(self, rows: int) -> npt.NDArray[np.int32]:
        if rows > len(self._sheet):
            size = max(SHEET // (self._width * ONE.itemsize), rows)
            self._sheet = np.zeros((size, self._width), np.int32)
        table, self._sheet = self._sheet[:rows], self._sheet[rows:]
        return table

    def counts(self, cell_of_number: Callable[[int], Cell]) -> SubjectCounts:
        """Return what was counted, with each cell's number turned into its values; can be done once."""
        subjects = 1 + max((int(of[-1]) for of, _ in self._bins.values()), default=0)
        touched = {key: np.flatnonzero(bins.any(axis=1)) for key, (_, bins) in self._bins.items()}
        keys_of = {key: key[1] * subjects + of[touched[key]] for key, (of, _) in self._bins.items()}
        rows = np.unique(np.concatenate([np.zeros(0, np.int64), *keys_of.values()]))
        highest = sum(int(bins.max(initial=0)) for _, bins in self._bins.values())
        summed = np.zeros((len(rows), self._width), np.int32 if highest <= HIGHEST_NARROW else np.int64)
        self._sheet = np.zeros((0, self._width), np.int32)
        while self._bins:  # of which no more is kept than is still to be added
            key, (_, bins) = self._bins.popitem()
            summed[np.searchsorted(rows, keys_of[key])] += bins[touched[key]]
        codes, numbers = np.divmod(rows, subjects)
        cell_of = {number: cell_of_number(number) for number in np.unique(codes // 2).tolist()}
        return SubjectCounts(
            thresholds=self._thresholds,
            cells=tuple(cell_of[number] for number in (codes // 2).tolist()),
            mated=codes % 2 == 1,
            subjects=numbers,
            bins=summed,
        )


def _tallied(keys: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """Return the distinct keys below ``size``, ascending, and how often each appears."""
    if size <= 4 * len(keys):
        times = np.bincount(keys, minlength=size)[:size]
        found = np.flatnonzero(times)
        return found, times[found]
    found, times = np.unique(keys[keys < size], return_counts=True)
    return found, times


def _at_or_above(threshold: np.float64, dtype: np.dtype[Any]) -> Any:
    """Return the lowest number of a type that is at or above a threshold."""
    with np.errstate(over="ignore"):
        number = dtype.type(threshold)
    return number if number >= threshold else np.nextafter(number, dtype.type(np.inf))

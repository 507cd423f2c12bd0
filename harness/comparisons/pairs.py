"""Every pair of templates, scored block by block and never written out, as comparisons of a study.

Templates are put in order, cut into blocks and these into stretches; a tile is one stretch against another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import pairwise, product
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from harness.comparisons.coding import Coding, cell_of_side
from harness.comparisons.scan import CellScores
from harness.comparisons.templates import (
    BLOCK,
    CheckedTemplates,
    Metric,
    numbered_together,
    precision,
    prepared,
    scores_of_block,
)
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import BoolArray, IntArray
    from harness.comparisons.source import Input
    from harness.study import Study

__all__ = ["Stretch", "Survey", "TemplatePairs", "Tile", "in_order", "in_parallel", "stretches"]

MOST_CUTS = 3
"""Of a block. Where groups change more often it stays whole, and each of its pairs is given a code."""
Item = TypeVar("Item")
Result = TypeVar("Result")
MOST_WORKERS = 8
"""Each keeps counts of its own; more would trade memory for ever less time."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """Templates that follow one another in a block, nearly always of one combination of groups.

    Attributes
    ----------
    number : int
        Among all stretches of both sides.
    within : slice
        Which rows of its block they are.
    indices : ndarray of int64, shape (R,)
        Index of each template in the caller's arrays.
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
    indices: IntArray
    subjects: IntArray
    subject_of: IntArray
    kinds: IntArray
    kind_of: IntArray

    def __len__(self) -> int:
        return len(self.indices)


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


def in_parallel(items: Sequence[Item], make: Callable[[Iterator[Item]], Result]) -> list[Result]:
    """Deal items out to as many workers as there are processors, and return what each makes of its share.

    Meanwhile a matrix product keeps to the processor of its worker, for the workers are as many as there are.

    Parameters
    ----------
    items : sequence
    make : callable
        Called in a thread of its own for every share; the items stop coming once any worker has failed.
    """
    workers = max(1, min(_processors(), MOST_WORKERS, len(items)))
    failed = Event()

    def dealt(share: int) -> Iterator[Item]:
        for item in items[share::workers]:
            if failed.is_set():
                return
            yield item

    def made(share: int) -> Result:
        try:
            return make(dealt(share))
        except BaseException:
            failed.set()
            raise

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        try:
            return list(pool.map(made, range(workers)))
        except BaseException:  # an interrupt, say, which only the main thread sees
            failed.set()
            raise


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not every system tells which ones a process may use
        return os.cpu_count() or 1


@dataclass(frozen=True, eq=False)
class Tile:
    """The comparisons of one stretch of templates with another.

    Attributes
    ----------
    scores : ndarray of float32 or float64, shape (R, C)
        Canonical: higher is more alike. The next tile overwrites them.
    codes : ndarray of int64, shape (K,)
        ``2 * cell + mated``, ascending.
    which : ndarray of int64, shape (R, C), or None
        Which of ``codes`` each comparison has, K where it is none (a template with itself, or a pair that
        appears in the tile the other way round). None where all are comparisons of the one code, of two
        subjects each.
    probes, references : Stretch
        Of its rows and of its columns.
    """

    scores: npt.NDArray[Any]
    codes: IntArray
    which: IntArray | None
    probes: Stretch
    references: Stretch

    @property
    def pairs(self) -> int:
        """Number of comparisons."""
        if self.which is None:
            return self.scores.size
        return int(np.count_nonzero(self.which < len(self.codes)))


class TemplatePairs:
    """Every pair of templates as a comparison of a study; what `Comparisons` is to scores that exist.

    Templates are compared in the order of their groups and subjects, so that nearly all blocks are of one cell,
    and in whole blocks, so that a score does not depend on where in a block it is.

    Parameters
    ----------
    sides : one or two CheckedTemplates
        Templates among themselves, each pair once, the first being the probe; or probes and
        references.
    study : Study
        With both columns of every attribute and of subjects.
    metric : {"cosine", "euclidean"}
    kept : list of ndarray of bool, optional
        Which templates of each side to compare.

    Raises
    ------
    InputError
        Where no pair is mated or none is non-mated, or a template has no direction.
    """

    left_out: tuple[Path, ...] = ()
    """No files: templates are in memory."""

    def __init__(
        self,
        sides: Sequence[CheckedTemplates],
        study: Study,
        metric: Metric,
        kept: Sequence[BoolArray] | None = None,
    ) -> None:
        self.study = study
        self.name = " and ".join(side.name for side in sides)
        self._sides, self._metric = sides, metric
        names, self._subjects = numbered_together([side.subjects for side in sides])
        self.subjects = len(names)
        self._coding, self._ranks, kinds = _coded(sides, study)
        _require_one_label(sides, study, self._subjects, names)
        self._dtype = precision(sides)
        orders = [
            in_order(kinds[i], self._subjects[i], None if kept is None else kept[i])
            for i in range(len(sides))
        ]
        self._vectors = prepared(sides, orders, metric, self._dtype)
        self._sizes = [len(order) for order in orders]
        self._blocks = [
            stretches(order, kind, subject, first)
            for order, kind, subject, first in zip(
                orders, kinds, self._subjects, (0, self._sizes[0]), strict=False
            )
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: all is in memory."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the entries of a cell are values of."""
        return tuple(column.name for column in self._coding.columns)

    @property
    def score_type(self) -> str:
        """float32 where the embeddings are of that precision, else float64."""
        return self._dtype.name

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of the embeddings and of their labels."""
        return tuple(item for side in self._sides for item in side.inputs())

    def rows(self) -> int:
        """Return the number of pairs."""
        first, last = self._sizes[0], self._sizes[-1]
        return first * (first - 1) // 2 if self._is_one_set else first * last

    @property
    def named(self) -> tuple[tuple[str | None, ...], ...]:
        """For every combination of labels that a template has, the cell of pairs of two such templates."""
        labels = [
            self._coding.by_source(self.study)[group.probe].labels for group in self.study.groups.values()
        ]
        return tuple(
            cell_of_side(self.study, (of[rank - 1] for of, rank in zip(labels, kind, strict=True)))
            for kind in self._ranks.tolist()
        )

    def read(self, use: Callable[[Coding], Result]) -> Result:
        """Call ``use`` with the coding of the labels."""
        return use(self._coding)

    def among(self, subjects: BoolArray) -> TemplatePairs:
        """Keep only templates of some subjects, whose numbers stay the same."""
        kept = [subjects[of] for of in self._subjects]
        return TemplatePairs(self._sides, self.study, self._metric, kept)

    def survey(self, coding: Coding, tail: int) -> tuple[CellScores, ...]:
        """Look at the range and the highest scores of every cell; makes every comparison.

        Parameters
        ----------
        coding : Coding
        tail : int
            How many of the highest scores to keep of each cell.
        """

        def surveyed(tiles: Iterator[Tile]) -> Survey:
            survey = Survey(tail)
            for tile in tiles:
                survey.add(tile.scores, tile.codes, tile.which)
            return survey

        return reduce(Survey.merged, self.each_share(surveyed)).found(coding.cell)

    def each_share(self, use: Callable[[Iterator[Tile]], Result]) -> list[Result]:
        """Make every comparison, on all processors.

        Parameters
        ----------
        use : callable
            Called in several threads, each time with a share of the tiles, which it must use up one by one.

        Returns
        -------
        list
            What each call returned.
        """
        references = range(len(self._blocks[-1]))
        blocks = [
            (i, j) for i in range(len(self._blocks[0])) for j in references if not self._is_one_set or i <= j
        ]
        return in_parallel(blocks, lambda share: use(self._tiles(share)))

    def _tiles(self, blocks: Iterator[tuple[int, int]]) -> Iterator[Tile]:
        scores = np.empty((BLOCK, BLOCK), self._dtype)
        for i, j in blocks:
            scores_of_block(self._vectors[0], i, self._vectors[-1], j, scores)
            for one, other in product(self._blocks[0][i], self._blocks[-1][j]):
                if self._is_one_set and one.number > other.number:
                    continue  # the same pairs the other way round
                valid = np.ascontiguousarray(scores[one.within, other.within])
                yield Tile(valid, *self._codes(one, other), one, other)

    @cached_property
    def _is_one_set(self) -> bool:
        return len(self._sides) == 1

    def _codes(self, one: Stretch, other: Stretch) -> tuple[IntArray, IntArray | None]:
        """Return the codes of a tile, and which of them each pair has; see `Tile`."""
        cells = self._cells(one.kinds[:, None], other.kinds[None, :])
        turned = self._cells(other.kinds[None, :], one.kinds[:, None]) if self._is_one_set else cells
        same_subject = np.isin(one.subjects, other.subjects, assume_unique=True).any()
        if cells.size == 1 and (cells == turned).all() and not same_subject:
            return 2 * cells.reshape(1), None
        distinct, index = np.unique(np.stack([cells, turned]), return_inverse=True)
        kind = one.kind_of[:, None] * len(other.kinds) + other.kind_of[None, :]
        if not (cells == turned).all():
            kind += cells.size * (one.indices[:, None] > other.indices[None, :])
        which = 2 * index.reshape(-1)[kind]
        which += one.subjects[one.subject_of][:, None] == other.subjects[other.subject_of][None, :]
        if one is other:
            which[np.tri(len(one), dtype=np.bool_)] = 2 * len(distinct)
        return (2 * distinct[:, None] + np.arange(2)).reshape(-1), which

    def _cells(self, probes: IntArray, references: IntArray) -> IntArray:
        """Return the numbers of the cells of kinds of templates, as `Coding` writes them."""
        number = np.zeros(np.broadcast_shapes(probes.shape, references.shape), np.int64)
        attributes = list(self.study.groups.values())
        for column, radix in zip(self._coding.columns, self._coding.radices, strict=True):
            index = next(i for i, names in enumerate(attributes) if column.sides[0] in names.columns)
            probe, reference = self._ranks[probes, index], self._ranks[references, index]
            if len(column.sides) == 2:
                digit = np.where(probe == reference, probe, 0)
            else:
                digit = probe if column.sides[0] == attributes[index].probe else reference
            number = number * radix + digit
        return number


def _coded(sides: Sequence[CheckedTemplates], study: Study) -> tuple[Coding, IntArray, list[IntArray]]:
    """Code the labels; number the combinations of labels that occur, and say which each template has.

    The second is of shape (kinds, attributes) and holds ranks from 1, as `Coding` counts them.
    """
    texts, ranks = {}, []
    for attribute in study.groups:
        texts[attribute], by_side = numbered_together([side.groups[attribute] for side in sides])
        ranks.append(np.concatenate(by_side) + 1)
    kinds, kind_of = np.unique(np.stack(ranks, axis=1), axis=0, return_inverse=True)
    ends = np.cumsum([len(side.embeddings) for side in sides])[:-1]
    return Coding.of(study, texts), kinds, np.split(kind_of.reshape(-1), ends)


def _require_one_label(
    sides: Sequence[CheckedTemplates], study: Study, subjects: Sequence[IntArray], names: Sequence[str]
) -> None:
    """Refuse a person of two labels, unless the study says that these are of the image.

    Raises
    ------
    InputError
        Names the first template whose label is not that of the person's first one.
    """
    every = np.concatenate(subjects)
    _, first = np.unique(every, return_index=True)
    for attribute in filter(study.labels_the_person, study.groups):
        labels, ranks = numbered_together([side.groups[attribute] for side in sides])
        label = np.concatenate(ranks)
        other = np.flatnonzero(label != label[first[every]])
        if not len(other):
            continue
        index = int(other[0])
        of_first = int(first[every[index]])
        where, earlier = (_index_in(sides, one) for one in (index, of_first))
        raise InputError(
            f"{where} is {labels[label[index]]!r} of subject {names[every[index]]!r}, who is "
            f"{labels[label[of_first]]!r} at {earlier}; label the person alike, or say in the study that the label is "
            "of the image and not of the person (labels_of: image)",
            source=f"group {attribute!r}",
        )


def _index_in(sides: Sequence[CheckedTemplates], index: int) -> str:
    for side in sides:
        if index < len(side.embeddings):
            return f"[{index}] of {side.name}"
        index -= len(side.embeddings)
    raise IndexError(index)

"""Every pair of images, scored block by block and never written out, as comparisons of a study."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from itertools import product
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from harness.comparisons.coding import Coding, cell_of_side
from harness.comparisons.images.labels import Side, numbered_together
from harness.comparisons.images.tiles import BLOCK, Stretch, Survey, Tile, in_order, stretches
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import BoolArray, IntArray
    from harness.comparisons.scan import CellScores
    from harness.comparisons.source import Input
    from harness.study import Study

__all__ = ["BlockScores", "Pairs", "Taken", "in_parallel"]

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST_WORKERS = 8
"""Each keeps counts of its own; more would trade memory for ever less time."""
Taken: TypeAlias = Literal["once", "both ways", "between"]
"""Which pairs are comparisons: of one set of images each pair once, the first being the probe; of one set each pair
both ways, but no image with itself; or of two sets, probes and references, all."""


class BlockScores(Protocol):
    """What scores pairs of images, block by block."""

    @property
    def name(self) -> str:
        """Name of it in errors."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of what has been read."""

    def in_order(self, orders: Sequence[IntArray]) -> Callable[[int, int, npt.NDArray[Any]], bool]:
        """Return what fills a block of scores, and says whether any is missing (NaN).

        It is given which block of probes and of references, and where the scores go: an array of shape
        (BLOCK, BLOCK), of which what is beyond the last image does not matter. Threads call it at the same time.

        Parameters
        ----------
        orders : one or two ndarrays of int64
            Which image is at each index of a side.
        """


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


class Pairs:
    """Every pair of images as a comparison of a study; what `Comparisons` is to scores that are rows.

    Images are taken in the order of their groups and subjects, so that nearly all blocks are of one cell.

    Parameters
    ----------
    sides : one or two Side
        Two where ``taken`` is "between": probes and references.
    scores : BlockScores
    study : Study
        With both columns of every attribute and of subjects.
    taken : {"once", "both ways", "between"}
        See `Taken`.
    kept : list of ndarray of bool, optional
        Which images of each side to compare.
    notes : tuple of str
        What a reader of the evaluation must know of how pairs were taken.

    Raises
    ------
    InputError
        Where a person has two labels, or images cannot be compared.
    """

    left_out: tuple[Path, ...] = ()
    """No files of rows are looked for."""

    def __init__(
        self,
        sides: Sequence[Side],
        scores: BlockScores,
        study: Study,
        taken: Taken,
        *,
        kept: Sequence[BoolArray] | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.study, self.notes = study, notes
        self._sides, self._scores, self._taken = sides, scores, taken
        names, self._subjects = numbered_together([side.subjects for side in sides])
        self.subjects = len(names)
        self._coding, self._ranks, kinds = _coded(sides, study)
        _require_one_label(sides, study, self._subjects, names)
        orders = [
            in_order(kinds[i], self._subjects[i], None if kept is None else kept[i])
            for i in range(len(sides))
        ]
        self._fill = scores.in_order(orders)
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
        """Do nothing: nothing was opened that must be closed."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the entries of a cell are values of."""
        return tuple(column.name for column in self._coding.columns)

    @property
    def name(self) -> str:
        """Name of the scores in errors."""
        return self._scores.name

    @property
    def score_type(self) -> str:
        """float32 where scores are of that precision, else float64."""
        return self._scores.dtype.name

    def inputs(self) -> tuple[Input, ...]:
        """Return the digests of what has been read.

        Raises
        ------
        InputError
            Where a file changed since it was opened.
        """
        return self._scores.inputs()

    def rows(self) -> int:
        """Return the number of pairs."""
        return pairs_of(self._sizes[0], self._sizes[-1], self._taken)

    @property
    def named(self) -> tuple[tuple[str | None, ...], ...]:
        """For every combination of labels that an image has, the cell of pairs of two such images."""
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

    def among(self, subjects: BoolArray) -> Pairs:
        """Keep only images of some subjects, whose numbers stay the same."""
        kept = [subjects[of] for of in self._subjects]
        return Pairs(self._sides, self._scores, self.study, self._taken, kept=kept, notes=self.notes)

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
                survey.add(tile.scores, tile.codes, tile.which_scored)
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
            (i, j) for i in range(len(self._blocks[0])) for j in references if self._taken != "once" or i <= j
        ]
        return in_parallel(blocks, lambda share: use(self._tiles(share)))

    def _tiles(self, blocks: Iterator[tuple[int, int]]) -> Iterator[Tile]:
        scores = np.empty((BLOCK, BLOCK), self._scores.dtype)
        for i, j in blocks:
            lacks = self._fill(i, j, scores)
            for one, other in product(self._blocks[0][i], self._blocks[-1][j]):
                if self._taken == "once" and one.number > other.number:
                    continue  # the same pairs the other way round
                valid = np.ascontiguousarray(scores[one.within, other.within])
                tile = Tile(valid, *self._codes(one, other), one, other)
                yield tile.with_missing(counted=self.study.missing_scores == "count") if lacks else tile

    def _codes(self, one: Stretch, other: Stretch) -> tuple[IntArray, IntArray | None]:
        """Return the codes of a tile, and which of them each pair has; see `Tile`."""
        cells = self._cells(one.kinds[:, None], other.kinds[None, :])
        turned = cells
        if self._taken == "once":  # of two images of one set, the probe is the one that comes first
            turned = self._cells(other.kinds[None, :], one.kinds[:, None])
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
            none = np.tri(len(one)) if self._taken == "once" else np.eye(len(one))
            which[none.astype(np.bool_)] = 2 * len(distinct)
        return (2 * distinct[:, None] + np.arange(2)).reshape(-1), which

    def _cells(self, probes: IntArray, references: IntArray) -> IntArray:
        """Return the numbers of the cells of kinds of images, as `Coding` writes them."""
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


def pairs_of(probes: int, references: int, taken: Taken) -> int:
    """Return how many pairs of so many images are comparisons.

    Examples
    --------
    >>> [pairs_of(4, 4, taken) for taken in ("once", "both ways", "between")]
    [6, 12, 16]
    """
    if taken == "once":
        return probes * (probes - 1) // 2
    return probes * (references - (taken == "both ways"))


def _coded(sides: Sequence[Side], study: Study) -> tuple[Coding, IntArray, list[IntArray]]:
    """Code the labels; number the combinations of labels that occur, and say which each image has.

    The second is of shape (kinds, attributes) and holds ranks from 1, as `Coding` counts them.
    """
    texts, ranks = {}, []
    for attribute in study.groups:
        texts[attribute], by_side = numbered_together([side.groups[attribute] for side in sides])
        ranks.append(np.concatenate(by_side) + 1)
    kinds, kind_of = np.unique(np.stack(ranks, axis=1), axis=0, return_inverse=True)
    ends = np.cumsum([len(side) for side in sides])[:-1]
    return Coding.of(study, texts), kinds, np.split(kind_of.reshape(-1), ends)


def _require_one_label(
    sides: Sequence[Side], study: Study, subjects: Sequence[IntArray], names: Sequence[str]
) -> None:
    """Refuse a person of two labels, unless the study says that these are of the image.

    Raises
    ------
    InputError
        Names the first image whose label is not that of the person's first one.
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


def _index_in(sides: Sequence[Side], index: int) -> str:
    for side in sides:
        if index < len(side):
            return side.at(index)
        index -= len(side)
    raise IndexError(index)

"""Which engine counts and on what terms; comparisons opened and counted by it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from harness.comparisons import (
    CellScores,
    Comparisons,
    MemoryLimit,
    Opened,
    Scores,
    open_comparisons,
)
from harness.comparisons.images.pair_source import PairSource
from harness.comparisons.images.pairs import Pairs
from harness.comparisons.met import Met
from harness.engines import local, pairs, searches
from harness.engines.cluster.comparisons import PartedComparisons, open_parts
from harness.engines.cluster.running import InTurn, Runner
from harness.errors import InputError
from harness.study.searches import SEARCH_KEYS

if TYPE_CHECKING:
    from harness.arrays import BoolArray, FloatArray
    from harness.counting import Counts, ListMatches, SearchCounts, SubjectCounts
    from harness.engines.cluster.spark.comparisons import SparkComparisons
    from harness.engines.local import Progress
    from harness.study import Study

__all__ = [
    "Countable",
    "Dask",
    "Engine",
    "EngineName",
    "Local",
    "Spark",
    "choose_engine",
    "count",
    "count_by_subject",
    "count_searches",
    "floor_of",
    "met",
    "notes_on_searches",
    "open_with",
    "rows_of",
    "survey",
]

EngineName: TypeAlias = Literal["local", "dask", "spark"]
Countable: TypeAlias = "Opened | PartedComparisons | SparkComparisons"
"""Comparisons that `harness.engines.count` and its neighbours take."""


@dataclass(frozen=True)
class Local:
    """Counting on the machine that was asked to evaluate.

    Attributes
    ----------
    memory : MemoryLimit or None
        The most that reading and counting may take.
    checkpoints : Path or None
        The folder to keep the counts of finished parts in.
    """

    memory: MemoryLimit | None = None
    checkpoints: Path | None = None


@dataclass(frozen=True)
class Dask:
    """Counting by the workers of a Dask cluster.

    Attributes
    ----------
    scheduler : str or None
        Its address; None for a cluster of this machine's own, for this run.
    workers : int or None
        How many processes such a cluster has; None for one a processor.
    checkpoints : Path or None
        As of `Local`.
    """

    scheduler: str | None = None
    workers: int | None = None
    checkpoints: Path | None = None


@dataclass(frozen=True)
class Spark:
    """Counting by the executors of a Spark cluster.

    Attributes
    ----------
    master : str
        Its address, or ``local[N]`` for N threads of this machine.
    """

    master: str = "local[*]"


Engine: TypeAlias = Local | Dask | Spark


def choose_engine(
    name: str = "local",
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    master: str | None = None,
    checkpoints: str | os.PathLike[str] | None = None,
    memory_limit: str | int | None = None,
) -> Engine:
    """Return the engine of that name, on the terms given.

    Parameters
    ----------
    name : {"local", "dask", "spark"}
    scheduler, workers, master, checkpoints, memory_limit
        As `harness.evaluate` takes them.

    Raises
    ------
    InputError
        Where there is no such engine, or what is given does not go with it.

    Examples
    --------
    >>> choose_engine("dask", workers=2)
    Dask(scheduler=None, workers=2, checkpoints=None)
    """
    if name not in ("local", "dask", "spark"):
        raise InputError(f"engine {name!r}: there are local, dask and spark")
    _refuse_unless(name == "dask", "for the engine dask; say so (engine dask)", scheduler=scheduler)
    _refuse_unless(name == "dask", "for the engine dask; say so (engine dask)", workers=workers)
    _refuse_unless(name == "spark", "for the engine spark; say so (engine spark)", master=master)
    _refuse_unless(name != "spark", "for the engines local and dask; leave it out", checkpoints=checkpoints)
    _refuse_unless(
        name == "local",
        "for this machine; a cluster's workers are limited where they are started",
        **{"memory limit": memory_limit},
    )
    if scheduler is not None and workers is not None:
        raise InputError(
            "workers are for a Dask cluster of this run's own; a scheduler has its workers already"
        )
    if workers is not None and workers < 1:
        raise InputError(f"workers: {workers} cannot count; give 1 or more")
    folder = None if checkpoints is None else Path(checkpoints)
    if name == "dask":
        return Dask(scheduler, workers, folder)
    if name == "spark":
        return Spark() if master is None else Spark(master)
    return Local(None if memory_limit is None else MemoryLimit.parse(memory_limit), folder)


def _refuse_unless(fits: bool, meant: str, **given: Any) -> None:
    ((option, value),) = given.items()
    if value is not None and not fits:
        raise InputError(f"{option} {str(value)!r} is {meant}")


def open_with(scores: Scores, study: Study, engine: Engine) -> AbstractContextManager[Countable]:
    """Open the comparisons of a study, to be counted by an engine.

    Raises
    ------
    InputError
        Where the scores cannot be read as the study says, the engine takes no such scores, or it is not
        installed.
    """
    if isinstance(engine, Local) and engine.checkpoints is None:
        return open_comparisons(scores, study, memory=engine.memory)
    _require_rows_in_files(scores, study)
    if isinstance(engine, Spark):
        _require("pyspark", extra="spark")
        from harness.engines.cluster.spark.comparisons import SparkComparisons

        return SparkComparisons(scores, study, master=engine.master)
    if isinstance(engine, Dask):
        _require("dask", "distributed", extra="dask")
        from harness.engines.cluster.dask import DaskCluster

        def start() -> Runner:
            return DaskCluster(engine.scheduler, engine.workers)

    else:

        def start() -> Runner:
            return InTurn(engine.memory)

    return open_parts(scores, study, start, checkpoints=engine.checkpoints)


def _require_rows_in_files(scores: Scores, study: Study) -> None:
    """Refuse what is only counted in this process."""
    if study.reads_searches:
        key = next(key for key in SEARCH_KEYS if getattr(study, key))
        raise InputError(
            f"{key} (--{key.replace('_', '-')}) is read in this process, without checkpoints; leave out engine and "
            "checkpoints, or give searches with their top scores alone"
        )
    if study.pairs:
        raise InputError(
            "pairs (--pairs) are read in this process, without checkpoints; leave out engine and checkpoints"
        )
    if isinstance(scores, PairSource):
        raise InputError(
            f"{scores.what} are counted in this process, without checkpoints; leave out engine and checkpoints"
        )


def _require(*packages: str, extra: str) -> None:
    lacking = [package for package in packages if find_spec(package) is None]
    if lacking:
        raise InputError(
            f"the engine {extra} needs {' and '.join(lacking)}; pip install 'threshold-bias-harness[{extra}]'"
        )


def survey(comparisons: Countable, tail: int) -> tuple[CellScores, ...]:
    """Look at the range and the highest scores of every cell.

    Parameters
    ----------
    comparisons : Countable
    tail : int
        How many of the highest scores to keep of each cell.

    Raises
    ------
    InputError
        Where a comparison cannot be used.
    """
    if isinstance(comparisons, PartedComparisons):
        return comparisons.survey(tail)
    return comparisons.read(lambda coding: comparisons.survey(coding, tail))


@contextmanager
def rows_of(comparisons: Countable) -> Iterator[Comparisons | None]:
    """Open the rows themselves on this machine, whoever counts them.

    There are none of pairs of images, and files whose counts are kept are not opened again.
    """
    if isinstance(comparisons, Pairs) or (
        isinstance(comparisons, PartedComparisons) and comparisons.keeps_counts
    ):
        yield None
    elif isinstance(comparisons, PartedComparisons):
        with comparisons.opened() as rows:
            yield rows
    else:
        yield comparisons if isinstance(comparisons, Comparisons) else comparisons.plain


def met(comparisons: Countable) -> Met:
    """Return what of a study, and of its key, some row has; where nothing is derived, there is nothing to know."""
    return comparisons.met if isinstance(comparisons, Comparisons | PartedComparisons) else Met()


def count(
    comparisons: Countable, thresholds: FloatArray, *, progress: Progress = lambda rows: None
) -> Counts:
    """Count all comparisons in one pass; see `harness.engines.local.count`.

    Examples
    --------
    >>> import numpy as np
    >>> from harness.study import load_study
    >>> study = load_study({"matcher": {"name": "A", "version": "1"}, "groups": {"sex": "sex"}})
    >>> scores = {"score": [0.9, 0.2, 0.4], "mated": [1, 0, 0], "sex": ["F", "F", "M"]}
    >>> with open_with(scores, study, choose_engine()) as comparisons:
    ...     count(comparisons, np.array([0.5])).matches.tolist()
    [[[0], [1]], [[0], [0]]]
    """
    if isinstance(comparisons, Comparisons):
        return local.count(comparisons, thresholds, progress=progress)
    if isinstance(comparisons, Pairs):
        return pairs.count(comparisons, thresholds, progress=progress)
    if isinstance(comparisons, PartedComparisons):
        return comparisons.count(thresholds, progress=progress)
    from harness.engines.cluster.spark import counting as spark

    return spark.count(comparisons, thresholds, progress=progress)


def count_searches(comparisons: Countable, counts: Counts) -> tuple[SearchCounts | None, ListMatches | None]:
    """Count what else is known of searches, and whom on the list they match; see `harness.engines.searches`."""
    if not isinstance(comparisons, Comparisons):
        return None, None
    return searches.count_searches(comparisons, counts), searches.count_list_matches(comparisons)


def notes_on_searches(comparisons: Countable) -> Iterator[str]:
    """Say what of searches was not alike, or not known."""
    found = comparisons.searches if isinstance(comparisons, Comparisons) else None
    if found is None:
        return
    if found.sizes is not None:
        smallest, largest = found.sizes
        yield (
            f"Searches were of lists of {smallest:,} to {largest:,} subjects; the size that counts as tested is the "
            "smallest."
        )
    if found.floor is not None:
        floor = found.study.sign * found.floor + 0.0
        yield f"Candidate lists are complete from {floor:g} on; thresholds beyond it are not evaluated."


def floor_of(comparisons: Countable) -> float | None:
    """Return the score below which candidate lists are not complete; None where they are, or there are none."""
    found = comparisons.searches if isinstance(comparisons, Comparisons) else None
    return None if found is None else found.floor


def count_by_subject(
    comparisons: Countable,
    thresholds: FloatArray,
    *,
    among: BoolArray | None = None,
    progress: Progress = lambda rows: None,
) -> tuple[Counts, SubjectCounts]:
    """Count all comparisons, and those of every subject; see `harness.engines.local.count_by_subject`."""
    if isinstance(comparisons, Comparisons):
        return local.count_by_subject(comparisons, thresholds, among=among, progress=progress)
    if isinstance(comparisons, Pairs):
        return pairs.count_by_subject(comparisons, thresholds, among=among, progress=progress)
    if isinstance(comparisons, PartedComparisons):
        return comparisons.count_by_subject(thresholds, among=among, progress=progress)
    from harness.engines.cluster.spark import counting as spark

    return spark.count_by_subject(comparisons, thresholds, among=among, progress=progress)

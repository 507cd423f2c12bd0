"""Which engine counts, and on what terms."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from harness.comparisons import MemoryLimit
from harness.errors import InputError

__all__ = ["Dask", "Engine", "EngineName", "Local", "Spark", "choose_engine"]

EngineName: TypeAlias = Literal["local", "dask", "spark"]


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
        Its address, or ``local[N]`` for so many threads of this machine.
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

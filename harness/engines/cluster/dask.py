"""A Dask cluster, whose workers count a part each."""

from __future__ import annotations

import logging
import signal
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from distributed import Client, Future, KilledWorker, LocalCluster, as_completed, get_worker

from harness.comparisons.database import MemoryLimit
from harness.engines.cluster.parts import Conditions
from harness.engines.cluster.store import VERSION
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.engines.cluster.running import Job, Meanwhile

__all__ = ["DaskCluster"]

Item = TypeVar("Item")
Result = TypeVar("Result")

SECONDS_TO_ANSWER = 30
AHEAD = 2
"""How many jobs are handed out for each thread: one under way and one to go on with."""
FEWEST_AHEAD = 8
"""Also where no worker is there yet, for some clusters grow with what there is to do."""
SHARE_OF_MEMORY = 0.8
"""Of a worker's limit. Dask pauses a worker there, and ends it a little above."""
MEMORY = "a Dask worker's share of memory (80 % of its limit)"


@dataclass(frozen=True)
class Done(Generic[Result]):
    """The result of a job or its refusal, which as an error the worker would log at length."""

    result: Result | None
    refused: InputError | None


class DaskCluster:
    """Does jobs on the workers of a Dask cluster; those of a worker that is lost are done again by others.

    Parameters
    ----------
    scheduler : str, optional
        Its address. By default processes of this machine are started, of one thread each, and ended by `close`.
    workers : int, optional
        How many; by default one a processor.

    Raises
    ------
    InputError
        Where no scheduler answers at the address.
    """

    def __init__(self, scheduler: str | None = None, workers: int | None = None) -> None:
        self._cluster = None if scheduler is not None else _processes(workers)
        try:
            self._client = Client(scheduler or self._cluster, timeout=SECONDS_TO_ANSWER, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(
                "no Dask scheduler answers there; check the address, such as tcp://host:8786",
                source=scheduler,
            ) from error

    def close(self) -> None:
        """Leave the cluster; end it where it is this run's own."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def each(
        self,
        job: Job[Item, Result],
        items: Sequence[Item],
        meanwhile: Meanwhile,  # noqa: ARG002 - a worker tells nothing before its job is done
    ) -> Generator[tuple[int, Result], None, None]:
        """Give the index of each item and what its job returned, as it is done.

        Raises
        ------
        InputError
            Where a job raises one, or several workers were lost over the same one.
        """
        left = iter(enumerate(items))
        index_of: dict[Future[Any], int] = {}

        def hand_out(jobs: int) -> list[Future[Any]]:
            futures = []
            for index, item in islice(left, max(jobs, 0)):
                future = self._client.submit(_do, job, item, VERSION, pure=False)
                index_of[future] = index
                futures.append(future)
            return futures

        done = as_completed(
            hand_out(self._at_once()), loop=self._client.loop, with_results=True, raise_errors=False
        )
        try:
            for future, outcome in done:
                index = index_of.pop(future)
                result = _result_of(future, outcome, items[index])
                future.release()
                done.update(hand_out(self._at_once() - len(index_of)))
                yield index, result
        finally:
            self._client.cancel(list(index_of), force=True)

    def _at_once(self) -> int:
        threads: dict[str, int] = self._client.nthreads()
        return max(AHEAD * sum(threads.values()), FEWEST_AHEAD)


def _processes(workers: int | None) -> LocalCluster:
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",  # whichever port is free
        silence_logs=logging.ERROR,  # that a worker was lost is no error here
        preload=[__name__],
    )


def dask_setup(worker: object) -> None:  # noqa: ARG001 - as Dask calls it in each process that is preloaded with this file
    """Have Ctrl-C, which a terminal tells every process of, be for the one that was started from it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _do(job: Job[Item, Result], item: Item, version: str) -> Done[Result]:
    """Do a job on a worker."""
    if version != VERSION:
        return Done(
            None,
            InputError(
                f"a Dask worker has version {VERSION} of the harness, and this is {version}; install "
                "the same everywhere"
            ),
        )
    limit = get_worker().memory_manager.memory_limit
    memory = MemoryLimit(int(SHARE_OF_MEMORY * limit), name=MEMORY) if limit else None
    try:
        return Done(job(item, Conditions(threads=1, memory=memory)), None)
    except InputError as error:
        return Done(None, error)


def _result_of(future: Future[Any], outcome: Any, item: object) -> Any:
    if isinstance(outcome, Done):  # the future itself is pending again where its worker was lost since
        if outcome.refused is not None:
            raise outcome.refused
        return outcome.result
    if future.status == "cancelled":
        raise InputError(
            "the Dask cluster called off its jobs; see whether its scheduler runs, and run again"
        )
    _, error, trace = outcome
    if isinstance(error, KilledWorker):
        raise InputError(
            "one worker after the other was lost over this part, perhaps for want of memory; give workers more, or "
            "write smaller files",
            source=item.file.path if hasattr(item, "file") else getattr(item, "path", None),
        ) from error
    raise error.with_traceback(trace)

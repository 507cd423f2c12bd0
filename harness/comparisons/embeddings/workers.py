"""Work on blocks of templates, on all processors at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

from threadpoolctl import threadpool_limits

__all__ = ["in_parallel"]

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_WORKERS = 8
"""Each keeps counts of its own; more would trade memory for ever less time."""


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

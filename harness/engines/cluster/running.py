"""Who does the jobs: here this process, one part after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias, TypeVar

from harness.comparisons import MemoryLimit
from harness.engines.cluster.job import Conditions

__all__ = ["InTurn", "Job", "Meanwhile", "Runner"]

Item = TypeVar("Item")
Result = TypeVar("Result")
Job: TypeAlias = Callable[[Item, Conditions], Result]
"""Can be pickled, and done again elsewhere with the same result."""


@dataclass(frozen=True)
class Meanwhile:
    """What the process that asked for jobs has to say while they are done.

    Attributes
    ----------
    progress : callable
        Called with the number of comparisons just counted, by runners that can tell before a job is done.
    held : callable
        Returns how many bytes the results so far are kept in.
    """

    progress: Callable[[int], None] = lambda rows: None
    held: Callable[[], int] = lambda: 0


class Runner(Protocol):
    """Does a job on each of many items, in whatever order."""

    def each(
        self, job: Job[Any, Result], items: Sequence[Any], meanwhile: Meanwhile
    ) -> Generator[tuple[int, Result], None, None]:
        """Give the place of each item and what its job returned, as it is done; closing it calls off the rest."""

    def close(self) -> None:
        """Let go of what does the jobs."""


class InTurn:
    """Does one job after the other in this process, with all processors.

    Parameters
    ----------
    memory : MemoryLimit, optional
    """

    def __init__(self, memory: MemoryLimit | None = None) -> None:
        self._memory = memory

    def each(
        self, job: Job[Item, Result], items: Sequence[Item], meanwhile: Meanwhile
    ) -> Generator[tuple[int, Result], None, None]:
        """Give what the job returned for each item, in their order."""
        for place, item in enumerate(items):
            memory = None if self._memory is None else replace(self._memory, held=meanwhile.held())
            yield place, job(item, Conditions(memory=memory, progress=meanwhile.progress))

    def close(self) -> None:
        """Nothing was started."""

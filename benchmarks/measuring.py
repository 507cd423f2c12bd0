"""What a piece of work takes, in a process of its own on two cores."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, TypeVar

Result = TypeVar("Result")

CORES = 2


@dataclass(frozen=True)
class Cost:
    """What a piece of work took: seconds on the clock and of all processors, and megabytes at the peak."""

    seconds: float
    processor: float
    megabytes: float


@dataclass(frozen=True)
class Job:
    """Work to be measured, the modules that it imports apart.

    Attributes
    ----------
    work : callable
        Of a module's top level, for a fresh process finds it by its name.
    arguments : tuple
    imports : tuple of str
        Modules imported before the clock starts; their memory is part of the peak.
    """

    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """The best of each figure over the rounds, and what the work gave; no cost where the process was killed."""

    cost: Cost | None
    result: Any = None


def cores() -> list[int]:
    """Return the cores that measured work may run on; where the system keeps no list, their numbers."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))[:CORES]
    return list(range(min(CORES, os.cpu_count() or 1)))


def peak_megabytes() -> float:
    """Return the peak of this process's resident memory so far."""
    status = Path("/proc/self/status")
    if status.exists():  # for the resource module tells the peak of the parent, where that was higher
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


def measure(job: Job) -> Measured:
    """Do the work in this process."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores())
    for module in job.imports:
        import_module(module)
    began, used = perf_counter(), process_time()
    result = job.work(*job.arguments)
    seconds, processor = perf_counter() - began, process_time() - used
    return Measured(Cost(seconds, processor, peak_megabytes()), result)


def measure_apart(job: Job) -> Measured:
    """Do the work in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(measure, job).result()
        except BrokenProcessPool:  # by the system, which ran out of memory
            return Measured(None)


def best_of_rounds(
    jobs: Mapping[str, Job], rounds: int, told: Callable[[str], None] = lambda said: None
) -> dict[str, Measured]:
    """Measure all jobs in turn, so many times over; what was killed once is left out of further rounds.

    Parameters
    ----------
    jobs : mapping of str to Job
    rounds : int
    told : callable
        Called with what is measured next.
    """
    found: dict[str, list[Measured]] = {name: [] for name in jobs}
    for turn in range(rounds):
        for name, job in jobs.items():
            if all(measured.cost for measured in found[name]):
                told(f"round {turn + 1} of {rounds}: {name}")
                found[name].append(measure_apart(job))
    return {name: _best(measured) for name, measured in found.items()}


def _best(measured: list[Measured]) -> Measured:
    costs = [one.cost for one in measured if one.cost is not None]
    if len(costs) < len(measured):
        return Measured(None)
    best = (min(getattr(cost, part) for cost in costs) for part in ("seconds", "processor", "megabytes"))
    return Measured(Cost(*best), measured[-1].result)


def best_of_three(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return what the work gives, and the shortest of its three times."""
    times = []
    for _ in range(3):
        began = perf_counter()
        result = work()
        times.append(perf_counter() - began)
    return result, min(times)

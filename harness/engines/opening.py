"""A study's comparisons, opened by the engine that is to count them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeAlias

from harness.comparisons import EmbeddingPairs, Opened, Scores, open_comparisons
from harness.engines.choice import Dask, Engine, Local, Spark
from harness.engines.cluster import InTurn, PartedComparisons, Runner, open_parts
from harness.errors import InputError
from harness.study import Study

if TYPE_CHECKING:
    from harness.engines.cluster.spark import SparkComparisons

__all__ = ["Countable", "open_with"]

Countable: TypeAlias = "Opened | PartedComparisons | SparkComparisons"
"""Comparisons that `harness.engines.count` and its neighbours take."""


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
    if isinstance(scores, EmbeddingPairs):
        raise InputError(
            "pairs of templates are counted in this process, without checkpoints; leave out engine and checkpoints"
        )
    if isinstance(engine, Spark):
        _require("pyspark", extra="spark")
        from harness.engines.cluster.spark import SparkComparisons

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


def _require(*packages: str, extra: str) -> None:
    lacking = [package for package in packages if find_spec(package) is None]
    if lacking:
        raise InputError(
            f"the engine {extra} needs {' and '.join(lacking)}; pip install 'threshold-bias-harness[{extra}]'"
        )

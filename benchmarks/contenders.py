"""The harness beside what else counts, on one file at the same thresholds, each held to the harness's counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks import peers
from benchmarks.measuring import Cost, Job, Measured, best_of_rounds, measure_apart
from benchmarks.parquet import COUNTS, PLAIN, READS, counted, read

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

READING, HARNESS = "pyarrow, reading alone", "harness"
EQUAL, NOTHING = "equal", "nothing to compare with: the harness did not finish"


@dataclass(frozen=True)
class Contender:
    """Who counts, and with which package.

    Attributes
    ----------
    name : str
    count : callable
        Of a file and thresholds; returns matches of shape (groups, 2, thresholds).
    package : str
        What must be installed.
    imports : tuple of str
        What is imported before the clock starts.
    slow : bool
        Whether it counts only a part of the rows, and its time is scaled.
    most_thresholds : int or None
        At how many of the thresholds it counts, where its time is scaled from fewer.
    exact : bool
        Whether its counts must be those of the harness.
    """

    name: str
    count: Callable[[str, FloatArray], IntArray]
    package: str
    imports: tuple[str, ...]
    slow: bool = False
    most_thresholds: int | None = None
    exact: bool = True

    @property
    def is_installed(self) -> bool:
        """Whether its package is there."""
        return find_spec(self.package) is not None


def by_harness(path: str, at: FloatArray) -> IntArray:
    """Count with the harness."""
    counts = counted([path], at)
    within = [i for i, cell in enumerate(counts.cells) if cell[0] is not None]
    return counts.matches[within]


CONTENDERS = (
    Contender(HARNESS, by_harness, "harness", COUNTS),
    Contender("NumPy, sort and searchsorted", peers.by_sorting, "numpy", READS),
    Contender("DuckDB SQL, bins corrected", peers.by_duckdb, "duckdb", ("duckdb", "numpy")),
    Contender(
        "DuckDB SQL, floor(score × T)", peers.by_duckdb_floor, "duckdb", ("duckdb", "numpy"), exact=False
    ),
    Contender("Polars, bins corrected", peers.by_polars, "polars", ("polars",)),
    Contender("scikit-learn, roc_curve", peers.by_roc_curve, "sklearn", (*READS, "sklearn.metrics")),
    Contender("PyEER, calculate_roc", peers.by_pyeer, "pyeer", (*READS, "pyeer.eer_stats"), slow=True),
    Contender(
        "fairlearn, MetricFrame",
        peers.by_metric_frame,
        "fairlearn",
        (*READS, "fairlearn.metrics"),
        slow=True,
        most_thresholds=3,
    ),
)


@dataclass(frozen=True)
class Result:
    """How a contender fared.

    Attributes
    ----------
    name : str
    cost : Cost or None
        Of all the rows and thresholds, scaled where it counted fewer; memory is never scaled. None where it
        did not finish.
    counts : str
        How its counts compare with those of the harness, or why there are none.
    wrong : bool
        Whether they differ, and must not.
    """

    name: str
    cost: Cost | None
    counts: str
    wrong: bool = False


@dataclass(frozen=True)
class Field:
    """What the contenders count: a file, its part for the slow ones, and the thresholds.

    Attributes
    ----------
    whole, part : Path
    rows, rows_of_part : int
    thresholds : int
    """

    whole: Path
    part: Path
    rows: int
    rows_of_part: int
    thresholds: int

    @property
    def at(self) -> FloatArray:
        """All thresholds, k/T."""
        return np.arange(self.thresholds) / self.thresholds

    def chosen(self, contender: Contender) -> IntArray:
        """Which thresholds a contender counts at, evenly spread."""
        most = min(contender.most_thresholds or self.thresholds, self.thresholds)
        return np.arange(most) * self.thresholds // most

    def job(self, contender: Contender) -> Job:
        """What a contender does."""
        path = self.part if contender.slow else self.whole
        return Job(contender.count, (str(path), self.at[self.chosen(contender)]), contender.imports)

    def factor(self, contender: Contender) -> float:
        """By how much a contender's time is scaled."""
        rows = self.rows / self.rows_of_part if contender.slow else 1.0
        return rows * self.thresholds / len(self.chosen(contender))

    def scaled_from(self, contender: Contender) -> str:
        """What a contender counted, where that is not all."""
        fewer = []
        if contender.slow and self.rows_of_part < self.rows:
            fewer.append(f"{self.rows_of_part:,} rows")
        if len(self.chosen(contender)) < self.thresholds:
            fewer.append(f"{len(self.chosen(contender))} thresholds")
        return " and ".join(fewer)


def compare(
    field: Field,
    rounds: int,
    contenders: Sequence[Contender] = CONTENDERS,
    told: Callable[[str], None] = lambda said: None,
) -> list[Result]:
    """Measure reading and all contenders in turn, and hold their counts against those of the harness."""
    jobs = {READING: Job(read, ([str(field.whole)], PLAIN), READS)}
    jobs |= {one.name: field.job(one) for one in contenders if one.is_installed}
    measured = best_of_rounds(jobs, rounds, told)
    of_part = measure_apart(Job(by_harness, (str(field.part), field.at), COUNTS)).result
    results = [Result(READING, measured[READING].cost, "")]
    for contender in contenders:
        if not contender.is_installed:
            results.append(Result(contender.name, None, "not installed"))
        else:
            ours = of_part if contender.slow else measured[HARNESS].result
            results.append(_result(contender, field, measured[contender.name], ours))
    return results


def _result(contender: Contender, field: Field, measured: Measured, ours: IntArray | None) -> Result:
    if measured.cost is None:
        return Result(contender.name, None, "did not finish: the system ended it")
    if contender.name == HARNESS:
        return Result(contender.name, measured.cost, "the reference")
    said = NOTHING if ours is None else compared(measured.result, ours[..., field.chosen(contender)])
    factor, fewer = field.factor(contender), field.scaled_from(contender)
    cost = Cost(measured.cost.seconds * factor, measured.cost.processor * factor, measured.cost.megabytes)
    wrong = contender.exact and said != EQUAL
    return Result(contender.name, cost, f"{said}; scaled from {fewer}" if fewer else said, wrong)


def compared(theirs: IntArray, ours: IntArray) -> str:
    """Say whether counts are equal, or at how many thresholds some group's differ."""
    if theirs.shape != ours.shape:
        return f"other groups or thresholds: {theirs.shape}, not {ours.shape}"
    different = int((theirs != ours).any(axis=(0, 1)).sum())
    if not different:
        return EQUAL
    most = int(np.abs(theirs - ours).max())
    return f"differ at {different:,} of {ours.shape[-1]:,} thresholds, by up to {most:,}"

"""How time and memory of counting grow with rows, groups, thresholds and subjects, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.measuring import Cost, Job, best_of_rounds
from benchmarks.parquet import (
    CLUSTERED,
    COUNTS,
    COUNTS_BY_SUBJECT,
    PLAIN,
    READS,
    count,
    read,
    write_comparisons,
)


@dataclass(frozen=True)
class World:
    """Comparisons that are in one file."""

    rows: int
    groups: int
    subjects: int

    def __str__(self) -> str:
        return f"{self.rows:,} rows, {self.groups} groups, {self.subjects:,} subjects"

    def write(self, path: Path) -> None:
        """Write them."""
        write_comparisons(path, self.rows, self.subjects, self.groups)


@dataclass(frozen=True)
class Point:
    """One size at which counting is measured.

    Attributes
    ----------
    world : World
    thresholds : int
        Evenly spaced from 0 to 1.
    named : bool
        Whether comparisons are counted by subject too, both sides named.
    """

    world: World
    thresholds: int
    named: bool = False

    def __str__(self) -> str:
        by_subject = ", by subject" if self.named else ""
        return f"{self.world}, {self.thresholds:,} thresholds{by_subject}"

    @property
    def columns(self) -> tuple[str, ...]:
        """What must be read."""
        return CLUSTERED if self.named else PLAIN

    @property
    def reading(self) -> str:
        """What reading alone is called."""
        return f"reading {', '.join(self.columns)}"

    def job(self, path: Path) -> Job:
        """What is done at this size."""
        return Job(
            count,
            ([str(path)], self.thresholds, 0.0, self.named, None),
            COUNTS_BY_SUBJECT if self.named else COUNTS,
        )


@dataclass(frozen=True)
class Sizes:
    """What grows, and how far; the first world's figures hold for what does not grow."""

    rows: Sequence[int]
    groups: Sequence[int]
    thresholds: Sequence[int]
    subjects: Sequence[int]


@dataclass(frozen=True)
class Grown:
    """Figures of counting so many rows, and of reading the same columns of the same file."""

    rows: int
    cost: Cost | None
    reading: Cost | None


def series(base: Point, sizes: Sizes) -> dict[str, list[tuple[int, Point]]]:
    """Return the points of every series, by what grows; subjects grow where comparisons are counted by subject."""
    world = base.world
    return {
        "rows": [(n, replace(base, world=replace(world, rows=n))) for n in sizes.rows],
        "groups": [(n, replace(base, world=replace(world, groups=n))) for n in sizes.groups],
        "thresholds": [(n, replace(base, thresholds=n)) for n in sizes.thresholds],
        "subjects, counted by subject": [
            (n, Point(replace(world, subjects=n), base.thresholds, named=True)) for n in sizes.subjects
        ],
    }


def measure_growth(
    points: Sequence[Point],
    written: Mapping[World, Path],
    folder: Path,
    rounds: int,
    told: Callable[[str], None] = lambda said: None,
) -> dict[Point, Grown]:
    """Measure points, those of one file and its reading in turn; files not yet written are, and go again."""
    found: dict[Point, Grown] = {}
    for world in dict.fromkeys(point.world for point in points):
        path = written.get(world)
        if path is None:
            path = folder / "growth.parquet"
            told(f"writing {world}")
            world.write(path)
        found |= _measure([point for point in points if point.world == world], path, rounds, told)
        if world not in written:
            path.unlink()
    return found


def _measure(
    points: Sequence[Point], path: Path, rounds: int, told: Callable[[str], None]
) -> dict[Point, Grown]:
    columns = {point.reading: point.columns for point in points}
    jobs = {name: Job(read, ([str(path)], wanted), READS) for name, wanted in columns.items()}
    jobs |= {str(point): point.job(path) for point in points}
    measured = best_of_rounds(jobs, rounds, told)
    return {
        point: Grown(
            point.world.rows,
            measured[str(point)].cost,
            measured[point.reading].cost,
        )
        for point in points
    }

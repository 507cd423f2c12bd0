"""Time and memory of counting all pairs of templates, against the bare matrix product, in one run.

    python -m benchmarks.embeddings [--templates 20000] [--dimensions 512]

The bare product multiplies the same float32 rows in the same blocks, those on and above the diagonal, which hold
every pair once, and throws the scores away; the faster of two arrangements of threads is what others are set
against. Contenders take turns, and the best of several turns counts, so that what else runs on the machine
troubles all alike; each is run once before, in a process of its own, for its peak memory. Thresholds are 1,000 over
all cosines, where every score must be looked up, or as many in the tail.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.measuring import Job, measure_apart, peak_megabytes
from harness import engines
from harness.comparisons import all_pairs, open_comparisons, resolve_study
from harness.comparisons.images.pairs import in_parallel
from harness.comparisons.images.templates import precision, prepared
from harness.comparisons.images.tiles import BLOCK
from harness.evaluation import evaluate

STUDY = {"matcher": {"name": "benchmark", "version": "1"}}
GROUPS = 4
TEMPLATES_PER_SUBJECT = 4
EVERYWHERE = np.linspace(-1, 1, 1000)
TAIL = np.linspace(0.15, 1, 1000)
DISTANCES = np.linspace(-60, 0, 1000)
"""Times -1, of vectors whose squared length is about twice their dimensions, 512."""


@dataclass(frozen=True)
class World:
    """Templates of people of four groups, four of each person."""

    templates: int
    dimensions: int

    def pairs(self, dtype: str = "float32", metric: Any = "cosine") -> Any:
        """Draw the templates."""
        rng = np.random.default_rng(1)
        people = -(-self.templates // TEMPLATES_PER_SUBJECT)
        subjects = np.repeat(np.arange(people), TEMPLATES_PER_SUBJECT)[: self.templates]
        mean = rng.standard_normal((people, self.dimensions), dtype=np.float32)
        embeddings = mean[subjects]
        embeddings += rng.standard_normal(embeddings.shape, dtype=np.float32)
        groups = np.array([f"group {i}" for i in range(GROUPS)])[subjects % GROUPS]
        return all_pairs(embeddings.astype(dtype, copy=False), subjects, {"group": groups}, metric=metric)

    def opened(self, **kind: str) -> Any:
        """Open them."""
        pairs = self.pairs(**kind)
        return open_comparisons(pairs, resolve_study(pairs, STUDY))


def multiply(rows: Any, *, whole: bool) -> None:
    """Multiply rows by themselves, block by block."""
    out = np.empty((BLOCK, BLOCK), rows.dtype)
    for i in range(0, len(rows), BLOCK):
        for j in range(0 if whole else i, len(rows), BLOCK):
            np.matmul(rows[i : i + BLOCK], rows[j : j + BLOCK].T, out=out)


def multiply_in_parallel(rows: Any) -> None:
    """Multiply rows by themselves, blocks on and above the diagonal, as many at once as there are processors."""

    def multiplied(blocks: Iterator[tuple[int, int]]) -> None:
        out = np.empty((BLOCK, BLOCK), rows.dtype)
        for i, j in blocks:
            np.matmul(rows[i : i + BLOCK], rows[j : j + BLOCK].T, out=out)

    starts = range(0, len(rows), BLOCK)
    in_parallel([(i, j) for i in starts for j in starts if i <= j], multiplied)


def contenders(world: World) -> dict[str, Callable[[], Callable[[], Any]]]:
    """Name the contenders; each is made ready by a call, and runs by calling what that returns."""

    def product(multiply: Callable[..., Any], **options: bool) -> Callable[[], Any]:
        sides = world.pairs().sides
        rows = prepared(sides, [np.arange(len(sides[0]))], "cosine", precision(sides))[0].rows
        return lambda: multiply(rows, **options)

    def counting(count: Callable[..., Any], thresholds: Any, **kind: str) -> Callable[[], Any]:
        pairs = world.opened(**kind)
        return lambda: count(pairs, thresholds)

    def evaluating(**options: Any) -> Callable[[], Any]:
        pairs = world.pairs()
        return lambda: evaluate(pairs, study=STUDY, **options)

    by_cell, by_subject = engines.count, engines.count_by_subject
    return {
        "bare product, in threads of BLAS": lambda: product(multiply, whole=False),
        "bare product, in threads of ours": lambda: product(multiply_in_parallel),
        "bare product of the whole square": lambda: product(multiply, whole=True),
        "counted by cell, 1,000 thresholds everywhere": lambda: counting(by_cell, EVERYWHERE),
        "counted by cell, 1,000 thresholds in the tail": lambda: counting(by_cell, TAIL),
        "and by subject, everywhere": lambda: counting(by_subject, EVERYWHERE),
        "and by subject, in the tail": lambda: counting(by_subject, TAIL),
        "Euclidean, by subject, everywhere": lambda: counting(by_subject, DISTANCES, metric="euclidean"),
        "float64 (exact), by subject, everywhere": lambda: counting(by_subject, EVERYWHERE, dtype="float64"),
        "evaluate, 1,000 thresholds in the tail": lambda: evaluating(thresholds=TAIL),
        "evaluate, thresholds chosen (two passes)": lambda: evaluating(),
    }


def peak_of(name: str, world: World) -> float:
    """Run one contender and return this process's peak memory."""
    contenders(world)[name]()()
    return peak_megabytes()


def main() -> None:
    """Run all contenders and print their table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--templates", type=int, default=20_000)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    world = World(options.templates, options.dimensions)
    peaks = {name: measure_apart(Job(peak_of, (name, world))).result for name in contenders(world)}
    ready = {name: make() for name, make in contenders(world).items()}
    times: dict[str, list[float]] = {name: [] for name in ready}
    for _ in range(options.turns):
        for name, run in ready.items():
            began = perf_counter()
            run()
            times[name].append(perf_counter() - began)
    best = {name: min(found) for name, found in times.items()}
    bare = min(list(best.values())[:2])
    pairs = options.templates * (options.templates - 1) // 2
    print(
        f"{pairs:,} pairs of {options.templates:,} × {options.dimensions} float32; best of {options.turns}\n"
    )
    print("| | time | of the bare product | peak memory |\n|---|---|---|---|")
    for name, time in best.items():
        print(f"| {name} | {time:.2f} s | {time / bare:.2f} | {peaks[name]:.0f} MB |")
    if options.json:
        figures = {name: {"s": best[name], "peak, MB": peaks[name]} for name in best}
        options.json.write_text(json.dumps({"pairs": pairs, "figures": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()

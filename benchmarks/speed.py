"""Time and memory of counting, against reading alone and against what else counts, and how they grow, in one run.

    python -m benchmarks.speed [--rows 100000000] [--rounds 3] [--write docs/speed.md] [--readme README.md]

Everything runs in a process of its own on two cores. Bare reading, pyarrow in two threads with nothing kept, is
the limit of any counting from a file and the yardstick of every figure; the rounds go through all contenders in
turn, so that what else runs on the machine troubles all alike, and the best of each figure counts. `make benchmark`
installs the contenders; those that are missing are listed as such.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.contenders import Field, Result, compare
from benchmarks.growth import Grown, Point, Sizes, World, measure_growth, series
from benchmarks.machine import machine
from benchmarks.page import growth_table, page, results_table, with_summary


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--groups", type=int, default=8)
    parser.add_argument("--thresholds", type=int, default=1000)
    parser.add_argument("--subjects", type=int, default=200_000)
    parser.add_argument(
        "--slow-rows", type=int, default=1_000_000, help="how many rows those count that would not finish"
    )
    parser.add_argument("--growth-rows", type=int, nargs="*", help="1 %%, 10 %% and all of --rows")
    parser.add_argument("--growth-groups", type=int, nargs="*", default=[2, 8, 50, 200])
    parser.add_argument("--growth-thresholds", type=int, nargs="*", default=[10, 1000, 100_000])
    parser.add_argument("--growth-subjects", type=int, nargs="*", default=[100, 10_000, 200_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to write the comparisons, about 2.6 GB for 10^8")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--write", type=Path, help="write the page here")
    parser.add_argument("--readme", type=Path, help="put the summary between the marks in this file")
    chosen = parser.parse_args()
    if chosen.growth_rows is None:
        chosen.growth_rows = [chosen.rows // 100, chosen.rows // 10, chosen.rows]
    if chosen.readme:  # rather now than when all is measured
        try:
            with_summary(chosen.readme.read_text(encoding="utf-8"), "")
        except (OSError, ValueError) as error:
            parser.error(f"{chosen.readme}: {error}")
    return chosen


def told(said: str) -> None:
    """Say how far it is."""
    print(said, file=sys.stderr, flush=True)


def compared(chosen: argparse.Namespace, world: World, whole: Path, part: Path) -> list[Result]:
    """Write the comparisons, and measure the contenders."""
    told(f"writing {world}")
    world.write(whole)
    slow_rows = min(chosen.slow_rows, chosen.rows)
    World(slow_rows, chosen.groups, chosen.subjects).write(part)
    field = Field(whole, part, chosen.rows, slow_rows, chosen.thresholds)
    return compare(field, chosen.rounds, told=told)


def grown(chosen: argparse.Namespace, world: World, whole: Path) -> dict[str, list[tuple[int, Grown]]]:
    """Measure how the harness grows, in files beside the one that is there."""
    sizes = Sizes(chosen.growth_rows, chosen.growth_groups, chosen.growth_thresholds, chosen.growth_subjects)
    lines = series(Point(world, chosen.thresholds), sizes)
    points = list(dict.fromkeys(point for line in lines.values() for _, point in line))
    found = measure_growth(points, {world: whole}, whole.parent, chosen.rounds, told)
    return {name: [(size, found[point]) for size, point in line] for name, line in lines.items()}


def command() -> str:
    """Return what was asked for, apart from where it goes."""
    places = ("--folder", "--json", "--write", "--readme")
    given = sys.argv[1:]
    kept = [
        word
        for before, word in zip(["", *given], given, strict=False)
        if before not in places and word.split("=")[0] not in places
    ]
    return " ".join(["python -m benchmarks.speed", *kept])


def main() -> None:
    """Measure, print, and write what is asked for."""
    chosen = options()
    world = World(chosen.rows, chosen.groups, chosen.subjects)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        whole, part = Path(folder) / "whole.parquet", Path(folder) / "part.parquet"
        results = compared(chosen, world, whole, part)
        size = f"{world}, {chosen.thresholds:,} thresholds; best of {chosen.rounds}"
        summary = f"{size}. {machine()}.\n\n{results_table(results)}"
        print(summary)
        growth = grown(chosen, world, whole)
    print(growth_table(growth))
    if chosen.json:
        figures = {
            "results": [asdict(result) for result in results],
            "growth": {name: {size: asdict(grown) for size, grown in line} for name, line in growth.items()},
        }
        chosen.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if chosen.write:
        chosen.write.write_text(page(command(), summary, growth_table(growth)), encoding="utf-8")
    if chosen.readme:
        kept = chosen.readme.read_text(encoding="utf-8")
        chosen.readme.write_text(with_summary(kept, summary), encoding="utf-8")
    wrong = [result.name for result in results if result.wrong]
    if wrong:
        raise SystemExit(f"not the counts of the harness: {', '.join(wrong)}")


if __name__ == "__main__":
    main()

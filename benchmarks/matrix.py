"""Time and memory of counting a score matrix, against the same scores written out as arrays, in one run.

    python -m benchmarks.matrix [--images 5000]

Every row is compared with every column: probes and references of the same people, so that all N × N scores count on
either way. The arrays are the columns of the same comparisons, made beforehand: the score in float32, the truth,
and whole numbers for the subjects and groups of both sides. Thresholds are 1,000, over all scores or in the tail;
`evaluate` chooses its own.
Each contender runs in a process of its own, on two cores, in turns, and the least processor time of several turns
counts, for the machine may be busy otherwise; so does the least peak of memory. A symmetric matrix of one set of
images, which counts N (N - 1) / 2, is shown beside them. Memory beyond the program and the map is the peak of the
process, less that of one that has only imported the program, and less the size of the matrix on disk, which the
system counts as the process's own where it is mapped.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from benchmarks.measuring import Job, measure_apart, peak_megabytes
from harness import engines
from harness.comparisons import open_comparisons, resolve
from harness.evaluation import evaluate

GROUPS = 4
IMAGES_PER_SUBJECT = 4
EVERYWHERE = np.linspace(-5, 7, 1000)
TAIL = np.linspace(2, 7, 1000)
MATCHER = {"name": "benchmark", "version": "1"}


@dataclass(frozen=True)
class World:
    """Scores of images of four groups, four of each person; the people of rows and of columns are the same.

    Attributes
    ----------
    images : int
    folder : Path
        Where the matrices and the people's file are.
    """

    images: int
    folder: Path

    @property
    def subjects(self) -> Any:
        """Who each image is of, shuffled: files are rarely in the order of the groups."""
        people = np.repeat(np.arange(self.images), IMAGES_PER_SUBJECT)[: self.images]
        return np.random.default_rng(2).permutation(people)

    @property
    def groups(self) -> Any:
        """The group of each image, a number, which takes least memory and time when it is written out."""
        return (self.subjects % GROUPS).astype(np.int8)

    def write(self) -> None:
        """Draw the scores and write them and the people."""
        rng, subjects = np.random.default_rng(1), self.subjects
        scores = rng.standard_normal((self.images, self.images), dtype=np.float32)
        scores += 3 * (subjects[:, None] == subjects)
        np.save(self.folder / "scores.npy", scores)
        np.save(self.folder / "symmetric.npy", np.triu(scores) + np.triu(scores, 1).T)
        lines = [f"{subject},{group}\n" for subject, group in zip(subjects, self.groups, strict=True)]
        (self.folder / "people.csv").write_text("subject,group\n" + "".join(lines))

    def matrix(self, name: str) -> tuple[Any, Any]:
        """Return a matrix and its study."""
        people = str(self.folder / "people.csv")
        study = {
            "matcher": MATCHER,
            "subjects": ["subject"],
            "groups": {"group": "group"},
            "matrix": {"rows": people} if name == "symmetric" else {"rows": people, "columns": people},
        }
        return resolve(self.folder / f"{name}.npy", study)

    def arrays(self) -> tuple[Any, Any]:
        """Return the same scores as columns, and their study."""
        subjects, groups, images = self.subjects, self.groups, self.images
        columns = {
            "score": np.load(self.folder / "scores.npy").reshape(-1),
            "mated": (subjects[:, None] == subjects).reshape(-1),
            "probe_subject": np.repeat(subjects, images),
            "reference_subject": np.tile(subjects, images),
            "probe_group": np.repeat(groups, images),
            "reference_group": np.tile(groups, images),
        }
        study = {
            "matcher": MATCHER,
            "subjects": ["probe_subject", "reference_subject"],
            "groups": {"group": ["probe_group", "reference_group"]},
        }
        return resolve(columns, study)


def count(given: tuple[Any, Any], thresholds: Any) -> Any:
    """Open scores, count them by cell and by subject, and digest what was read."""
    scores, study = given
    with open_comparisons(scores, study) as comparisons:
        found = engines.count_by_subject(comparisons, thresholds)
        comparisons.inputs()
    return found[0].matches.sum(axis=(0, 1))[::100].tolist()


def judge(given: tuple[Any, Any], thresholds: Any) -> Any:
    """Evaluate scores."""
    return evaluate(given[0], study=given[1], thresholds=thresholds).comparisons


WAYS: dict[str, tuple[Callable[..., Any], Any]] = {
    "counted, 1,000 thresholds everywhere": (count, EVERYWHERE),
    "counted, 1,000 thresholds in the tail": (count, TAIL),
    "evaluate": (judge, None),
}
FORMS = ("arrays", "scores", "symmetric")


def run(world: World, form: str, way: str) -> tuple[float, float, Any]:
    """Return the processor time and the peak memory of one contender, and what it found."""
    work, thresholds = WAYS[way]
    if form == "arrays":
        given = world.arrays()  # whoever has arrays has made them
        began = process_time()
    else:
        began = process_time()
        given = world.matrix(form)
    found = work(given, thresholds)
    return process_time() - began, peak_megabytes(), found


def imported(world: World) -> float:
    """Return the peak memory of a process that has only imported the program."""
    assert world.images
    return peak_megabytes()


def main() -> None:
    """Run all contenders and print their table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = World(options.images, Path(folder))
        world.write()
        map_size = (world.folder / "scores.npy").stat().st_size / 2**20
        bare = measure_apart(Job(imported, (world,))).result
        best: dict[tuple[str, str], tuple[float, float]] = {}
        for _ in range(options.turns):
            for way in WAYS:
                results = {}
                for form in FORMS:
                    seconds, peak, results[form] = measure_apart(Job(run, (world, form, way))).result
                    before = best.get((way, form), (np.inf, np.inf))
                    best[way, form] = (min(before[0], seconds), min(before[1], peak))
                assert results["arrays"] == results["scores"], (
                    "the matrix and the arrays were counted differently"
                )
    print(
        f"{options.images:,} × {options.images:,} float32, {map_size:.0f} MB; least of {options.turns} turns;"
    )
    print(f"the program alone takes {bare:.0f} MB\n")
    print("| | processor time | of the arrays' | peak memory | beyond the program and the map |")
    print("|---|---|---|---|---|")
    for (way, form), (seconds, peak) in best.items():
        ratio = seconds / best[way, "arrays"][0]
        beyond = "" if form == "arrays" else f"{peak - bare - map_size:.0f} MB"
        print(f"| {way}: {form} | {seconds:.2f} s | {ratio:.2f} | {peak:.0f} MB | {beyond} |")
    if options.json:
        figures = {
            f"{way}: {form}": {"processor, s": seconds, "peak, MB": peak}
            for (way, form), (seconds, peak) in best.items()
        }
        options.json.write_text(json.dumps({"map, MB": map_size, "figures": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()

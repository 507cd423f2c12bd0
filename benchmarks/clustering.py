"""What clustering by subject costs, in one run on one machine.

    python -m benchmarks.clustering

The same comparisons of 400 subjects are evaluated at 1,000 thresholds with and without the columns of subjects
named in the study; and comparisons of 200,000 subjects are counted, for the peak memory.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

import harness
from benchmarks.measuring import Job, best_of_three, measure_apart, peak_megabytes
from harness.comparisons import Comparisons
from harness.engines import count, count_by_subject
from harness.study import load_study

THRESHOLDS = np.arange(1000) / 1000
STUDY: dict[str, Any] = {"matcher": {"name": "benchmark", "version": "1"}, "groups": {"group": "group"}}
SUBJECTS = ["probe", "reference"]


def all_pairs(subjects: int) -> dict[str, np.ndarray]:
    """Return every pair of subjects, in two groups, and a mated comparison of each subject."""
    rng = np.random.default_rng(1)
    i, j = np.triu_indices(subjects, k=1)
    kept = i % 2 == j % 2
    each = np.arange(subjects)
    probe, reference = (np.concatenate([side[kept], each]) for side in (i, j))
    scores = rng.normal(0.3, 0.1, len(probe)) + np.where(probe == reference, 0.4, 0.0)
    return {
        "score": scores,
        "mated": probe == reference,
        "probe": probe,
        "reference": reference,
        "group": probe % 2,
    }


def some_pairs(subjects: int, comparisons: int) -> dict[str, np.ndarray]:
    """Return pairs of many subjects drawn at random, all non-mated."""
    rng = np.random.default_rng(2)
    probe = rng.integers(0, subjects, comparisons)
    reference = (probe + 2 * rng.integers(1, subjects // 2, comparisons)) % subjects
    return {
        "score": rng.normal(0.3, 0.1, comparisons),
        "mated": np.zeros(comparisons, bool),
        "probe": probe,
        "reference": reference,
        "group": probe % 2,
    }


def evaluation_times(subjects: int = 400) -> tuple[float, float]:
    """Return the time of an evaluation without and with the subjects."""
    scores = all_pairs(subjects)

    def run(named: list[str]) -> float:
        study = STUDY | {"subjects": named}
        return best_of_three(lambda: harness.evaluate(scores, study=study, thresholds=THRESHOLDS))[1]

    return run([]), run(SUBJECTS)


def counting_cost(
    named: list[str], subjects: int = 200_000, comparisons: int = 10_000_000
) -> tuple[float, float]:
    """Return the time of counting, and this process's peak memory in megabytes."""
    scores = some_pairs(subjects, comparisons)
    before = peak_megabytes()
    began = perf_counter()
    with Comparisons(scores, load_study(STUDY | {"subjects": named})) as opened:
        if named:
            count_by_subject(opened, THRESHOLDS)
        else:
            count(opened, THRESHOLDS)
    elapsed = perf_counter() - began
    return elapsed, peak_megabytes() - before


def main() -> None:
    """Measure, each counting in a process of its own, and print."""
    without, with_subjects = evaluation_times()
    print("| | without subjects | with two columns of subjects | ratio |\n|---|---|---|---|")
    print(
        f"| evaluation, 400 subjects, 1,000 thresholds | {without:.2f} s | {with_subjects:.2f} s "
        f"| {with_subjects / without:.2f} |"
    )
    plain, plain_memory = measure_apart(Job(counting_cost, ([],))).result
    clustered, memory = measure_apart(Job(counting_cost, (SUBJECTS,))).result
    print(
        f"| counting 10,000,000 comparisons of 200,000 subjects | {plain:.2f} s | {clustered:.2f} s "
        f"| {clustered / plain:.2f} |"
    )
    print(f"| memory beside the scores | {plain_memory:.0f} MB | {memory:.0f} MB | |")


if __name__ == "__main__":
    main()

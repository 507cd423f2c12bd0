"""Where few scores reach any threshold, the others are only counted; the counts are those of looking all up."""

from __future__ import annotations

import numpy as np
import pytest

from harness.counting import SubjectTally, Tally

HIGHEST_INT32 = 2**31 - 1


def scores_codes(seed: int, rows: int = 5000) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 1001, rows) / 1000
    scores[::37] = np.nan
    codes = rng.integers(0, 12, rows).astype(np.uint8)
    return scores, codes, *rng.integers(0, 40, (2, rows)).astype(np.int32)


def naive(scores: np.ndarray, chosen: np.ndarray, thresholds: np.ndarray) -> list[int]:
    reached = (scores[chosen, None] >= thresholds).sum(axis=1)  # NaN reaches none
    return np.bincount(reached, minlength=len(thresholds) + 1).tolist()


@pytest.mark.parametrize("lowest", [0.0, 0.5, 0.8, 0.95, 1.0, 1.5], ids="from {}".format)
@pytest.mark.parametrize("count_missing", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_counts_are_those_of_a_loop_wherever_the_lowest_threshold_is(
    lowest: float, count_missing: bool, dtype: type
) -> None:
    scores, codes, _, _ = scores_codes(1)
    scores = scores.astype(dtype)
    thresholds = np.unique(lowest + np.arange(0, 200) / 1000)
    tally = Tally(("group",), thresholds, count_missing=count_missing)
    for start in range(0, len(scores), 700):
        tally.add(scores[start : start + 700], codes[start : start + 700])
    counts = tally.counts(lambda number: (f"{number:02d}",))
    wide, kept = scores.astype(np.float64), ~np.isnan(scores) | count_missing
    for number in range(6):
        for truth in (0, 1):
            chosen = (codes == 2 * number + truth) & kept
            assert counts.bins[number, truth].tolist() == naive(wide, chosen, thresholds)
            assert counts.missing[number, truth] == (np.isnan(scores) & (codes == 2 * number + truth)).sum()


@pytest.mark.parametrize("lowest", [0.0, 0.8, 0.95, 1.5], ids="from {}".format)
@pytest.mark.parametrize("count_missing", [True, False])
@pytest.mark.parametrize("rows_at_once", [70, 5000])
def test_counts_by_subject_are_those_of_a_loop_too(
    lowest: float, count_missing: bool, rows_at_once: int
) -> None:
    scores, codes, probe, reference = scores_codes(2)
    thresholds = lowest + np.arange(10) / 100
    tally = SubjectTally(thresholds, 40, count_missing=count_missing)
    for start in range(0, len(scores), rows_at_once):
        part = slice(start, start + rows_at_once)
        tally.add(scores[part], codes[part], [probe[part], reference[part]])
    counts = tally.counts(lambda number: (f"{number:02d}",))
    kept = ~np.isnan(scores) | count_missing
    assert len(set(zip(counts.cells, counts.mated, counts.subjects, strict=True))) == len(counts.bins)
    total = 0
    for (cell,), mated, subject, bins in zip(
        counts.cells, counts.mated, counts.subjects, counts.bins, strict=True
    ):
        touches = (probe == subject) | (reference == subject)
        chosen = kept & touches & (codes == 2 * int(cell) + mated)
        assert bins.tolist() == naive(scores, chosen, thresholds)
        total += int(bins.sum())
    assert total == kept.sum() + (kept & (probe != reference)).sum()


@pytest.mark.parametrize("thresholds", [[0.5], [0.1, 0.5]], ids=["few reach", "all reach"])
@pytest.mark.parametrize("score", [0.4, 0.9])
def test_counts_beyond_the_widest_int32_do_not_overflow(thresholds: list[float], score: float) -> None:
    tally = Tally(("group",), np.array(thresholds), count_missing=False)
    one = np.array([score]), np.array([0], np.uint8)
    tally.add(*one)
    tally._bins[:] *= HIGHEST_INT32  # as after so many comparisons
    tally._counted = HIGHEST_INT32
    tally.add(*one)
    counts = tally.counts(lambda number: ("a",))
    assert counts.bins.max() == counts.trials.sum() == HIGHEST_INT32 + 1


@pytest.mark.parametrize("score", [0.4, 0.9])
def test_counts_of_a_subject_beyond_the_widest_int32_do_not_overflow(score: float) -> None:
    tally = SubjectTally(np.array([0.5]), 1, count_missing=False)
    one = np.array([score]), np.array([0], np.uint8), [np.array([0], np.int32)]
    tally.add(*one)
    tally._bins *= HIGHEST_INT32  # as after so many comparisons
    tally._below *= HIGHEST_INT32
    tally._touches = HIGHEST_INT32
    tally.add(*one)
    counts = tally.counts(lambda number: ("a",))
    assert counts.bins.tolist() == [[0, HIGHEST_INT32 + 1] if score > 0.5 else [HIGHEST_INT32 + 1, 0]]

"""Counts by subject: equal to looking at every comparison, whatever the batches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.counting import Cell, SubjectCounts, SubjectTally, thresholds_for

THRESHOLDS = np.array([-0.5, 0.25, 0.5, 1.0])
SUBJECTS = 5
NAN = float("nan")

Row = tuple[float, int, bool, int, int]
"""Score, number of the cell, mated, subject of the probe, subject of the reference."""

scores = st.one_of(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.4, 0.5, 1.0, 2.0]), st.just(NAN))
subject = st.integers(0, SUBJECTS - 1)
rows = st.lists(st.tuples(scores, st.integers(0, 3), st.booleans(), subject, subject), max_size=60)


def cell_of_number(number: int) -> Cell:
    return (f"g{number}",)


def tallied(batches: Iterable[list[Row]], *, sides: int = 2, count_missing: bool = False) -> SubjectCounts:
    tally = SubjectTally(THRESHOLDS, SUBJECTS, count_missing=count_missing)
    for batch in batches:
        columns = list(zip(*batch, strict=True)) or [()] * 5
        codes = 2 * np.array(columns[1], np.int32) + np.array(columns[2], np.int32)
        touched = [np.array(column, np.int32) for column in columns[3 : 3 + sides]]
        tally.add(np.array(columns[0], np.float64), codes, touched)
    return tally.counts(cell_of_number)


Plain = dict[tuple[Cell, bool, int], list[int]]


def plain(counts: SubjectCounts) -> Plain:
    keys = zip(counts.cells, counts.mated.tolist(), counts.subjects.tolist(), strict=True)
    return dict(zip(keys, counts.bins.tolist(), strict=True))


def naive(trials: Iterable[Row], *, sides: int = 2, count_missing: bool = False) -> Plain:
    found: Plain = {}
    for score, number, mated, *both in trials:
        if np.isnan(score) and not count_missing:
            continue
        reached = sum(score >= t for t in THRESHOLDS)  # NaN reaches none
        for touched in set(both[:sides]):
            found.setdefault((cell_of_number(number), mated, touched), [0] * 5)[reached] += 1
    return found


def test_a_comparison_counts_for_the_subject_of_either_side() -> None:
    counts = tallied([[(0.5, 1, False, 2, 4), (0.3, 1, False, 4, 2), (9.0, 0, True, 2, 2)]])
    assert plain(counts) == {
        (("g1",), False, 2): [0, 0, 1, 1, 0],
        (("g1",), False, 4): [0, 0, 1, 1, 0],
        (("g0",), True, 2): [0, 0, 0, 0, 1],  # once, though it is on both sides
    }
    assert counts.thresholds.tolist() == THRESHOLDS.tolist()


def test_of_one_column_only_that_side_counts() -> None:
    counts = tallied([[(0.5, 0, False, 2, 4), (0.5, 0, False, 2, 3)]], sides=1)
    assert plain(counts) == {(("g0",), False, 2): [0, 0, 0, 2, 0]}


@pytest.mark.parametrize(("count_missing", "expected"), [(False, {}), (True, [1, 0, 0, 0, 0])])
def test_a_missing_score_is_no_trial_or_one_that_reaches_nothing(
    count_missing: bool, expected: object
) -> None:
    found = plain(tallied([[(NAN, 0, True, 1, 1)]], count_missing=count_missing))
    assert found == ({(("g0",), True, 1): expected} if count_missing else expected)


@given(rows, st.sampled_from([1, 2]), st.booleans())
def test_equals_a_loop_over_the_comparisons(trials: list[Row], sides: int, count_missing: bool) -> None:
    counts = tallied([trials], sides=sides, count_missing=count_missing)
    expected = naive(trials, sides=sides, count_missing=count_missing)
    assert plain(counts) == expected
    assert len(counts.cells) == len(expected)  # no row appears twice


@given(rows, st.lists(st.integers(0, 60), max_size=6))
@example([(0.5, 3, True, 1, 1), (0.5, 0, False, 0, 1), (0.5, 3, True, 4, 4), (1.0, 3, False, 4, 0)], [1, 2])
def test_any_split_into_batches_gives_the_same(trials: list[Row], cuts: list[int]) -> None:
    bounds = [0, *sorted(min(cut, len(trials)) for cut in cuts), len(trials)]
    batches = [trials[start:end] for start, end in pairwise(bounds)]
    assert plain(tallied(batches, count_missing=True)) == naive(trials, count_missing=True)


def test_many_subjects_arriving_batch_by_batch() -> None:
    rng = np.random.default_rng(4)
    tally = SubjectTally(THRESHOLDS, 3000, count_missing=False)
    expected: Counter[tuple[int, int, int]] = Counter()
    for start in range(0, 3000, 200):
        probe = rng.integers(0, start + 200, 500).astype(np.int32)
        reached = rng.integers(0, 5, 500)
        codes = rng.integers(0, 6, 500).astype(np.int32)
        tally.add(np.array([-1, -0.5, 0.25, 0.5, 1.0])[reached], codes, [probe])
        expected.update(zip(codes.tolist(), probe.tolist(), reached.tolist(), strict=True))
    counts = tally.counts(cell_of_number)
    found = {
        (2 * int(cell[0][1:]) + mated, who, place): n
        for (cell, mated, who), bins in plain(counts).items()
        for place, n in enumerate(bins)
        if n
    }
    assert found == dict(expected)
    assert counts.bins.shape == (len({key[:2] for key in expected}), 5)


def regroup(cell: Cell) -> Cell | None:
    return {"g0": ("x",), "g1": ("x",), "g2": ("y",)}.get(str(cell[0]))


@given(rows, st.booleans(), st.sampled_from(["x", "y", "absent"]))
def test_sums_equal_a_loop_over_the_subjects(trials: list[Row], mated: bool, group: str) -> None:
    sums = tallied([trials]).sums(regroup, (group,), mated=mated)
    of_subject: dict[int, list[float]] = defaultdict(list)
    for score, number, truth, *both in trials:
        if truth == mated and regroup(cell_of_number(number)) == (group,) and not np.isnan(score):
            for touched in set(both):
                of_subject[touched].append(score)
    n = [len(own) for own in of_subject.values()]
    k = [[sum(s >= t for s in own) for own in of_subject.values()] for t in THRESHOLDS]
    assert sums.subjects == len(of_subject)
    assert sums.squared_trials == sum(trials**2 for trials in n)
    for at, effective in zip(k, sums.effective_subjects, strict=True):
        deviations = [
            Fraction(m) - Fraction(trials * sum(at), sum(n)) for m, trials in zip(at, n, strict=True)
        ]
        uneven = sum(s**4 for s in deviations)
        expected = float(sum(s**2 for s in deviations) ** 2 / uneven) if uneven else len(n)
        assert effective == pytest.approx(expected)
    assert sums.squared_matches.tolist() == [sum(m**2 for m in at) for at in k]
    assert sums.matches_times_trials.tolist() == [sum(a * b for a, b in zip(at, n, strict=True)) for at in k]


def test_a_subject_in_two_cells_of_a_group_is_one_subject() -> None:
    counts = tallied([[(0.5, 0, False, 0, 1), (0.5, 1, False, 0, 2), (0.5, 2, False, 0, 3)]])
    sums = counts.sums(regroup, ("x",), mated=False)
    assert sums.subjects == 3
    assert sums.squared_trials == 2**2 + 1 + 1
    assert sums.squared_matches.tolist() == [6, 6, 6, 0]


class TestThresholdsFor:
    @given(st.integers(1, 3000), st.integers(0, 1_000_000))
    @example(1000, 2097)
    @example(1000, 2098)
    @example(64, 10**6)
    @example(65, 10**6)
    def test_bounds(self, thresholds: int, subjects: int) -> None:
        every = np.arange(thresholds) / 1000
        kept = thresholds_for(every, subjects)
        fits = 4 * subjects * thresholds <= 2**23
        if fits or thresholds <= 64:
            assert kept.tolist() == every.tolist()
        else:
            assert len(kept) in {64, 128, 256, 512, 1024, 2048}
            assert len(kept) <= max(64, 2**23 // (4 * subjects)) < 2 * max(64, len(kept))
        assert set(kept) <= set(every)
        assert (kept[0], kept[-1]) == (every[0], every[-1])

    def test_they_change_at_few_numbers_of_subjects(self) -> None:
        every = np.arange(2000.0)
        found = [len(thresholds_for(every, subjects)) for subjects in range(1, 70_000, 7)]
        assert sorted(set(found)) == [64, 128, 256, 512, 1024, 2000]
        assert found == sorted(found, reverse=True)

    def test_they_are_spread_evenly(self) -> None:
        steps = np.diff(thresholds_for(np.arange(1000.0), 10**6))
        assert set(steps) == {15.0, 16.0}

"""Counts by subject add up, are taken away, serialise and are summed, some subjects at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.counting import SubjectCounts, SubjectTally, subjects
from harness.errors import InputError

THRESHOLDS = np.array([0.2, 0.4, 0.9])


def tallied(rows: np.ndarray, thresholds: np.ndarray = THRESHOLDS) -> SubjectCounts:
    tally = SubjectTally(thresholds, 12, count_missing=False)
    score, code, probe, reference = rows
    tally.add(score / 10, code.astype(np.uint8), [probe.astype(np.int32), reference.astype(np.int32)])
    return tally.counts(lambda number: (None,) if number == 0 else (f"g{number}",))


def comparisons(seed: int, rows: int = 300) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, 11, rows), rng.integers(0, 6, rows), *rng.integers(0, 12, (2, rows))])


@given(st.integers(0, 50), st.integers(0, 300), st.integers(0, 300))
def test_any_split_added_in_any_order_equals_the_whole(seed: int, cut: int, other: int) -> None:
    rows = comparisons(seed)
    first, second = sorted((cut, other))
    parts = [tallied(rows[:, :first]), tallied(rows[:, first:second]), tallied(rows[:, second:])]
    whole = tallied(rows)
    assert parts[0] + parts[1] + parts[2] == whole
    assert parts[2] + SubjectCounts.zero(THRESHOLDS) + (parts[1] + parts[0]) == whole
    assert whole - parts[1] == parts[0] + parts[2]


def test_equal_counts_give_equal_bytes_however_they_came_about_and_read_back_equal() -> None:
    rows = comparisons(1)
    whole = tallied(rows)
    split = tallied(rows[:, 200:]) + tallied(rows[:, :200])
    assert split.to_bytes() == whole.to_bytes()
    read = SubjectCounts.from_bytes(whole.to_bytes())
    assert read == whole
    assert read.thresholds.tobytes() == THRESHOLDS.tobytes()
    assert (None,) in read.cells
    none = SubjectCounts.zero(THRESHOLDS)
    assert SubjectCounts.from_bytes(none.to_bytes()) == none


def test_counts_that_differ_are_unequal() -> None:
    rows = comparisons(2)
    assert tallied(rows) != tallied(rows[:, 1:])
    assert tallied(rows) != tallied(rows, THRESHOLDS[1:])
    assert tallied(rows) != 7
    changed = rows.copy()
    changed[0, 0] = 10 if rows[0, 0] < 5 else 0
    assert tallied(rows) != tallied(changed)


def test_counts_at_other_thresholds_do_not_go_together() -> None:
    rows = comparisons(3)
    with pytest.raises(InputError, match="only when their thresholds are the same"):
        tallied(rows) + tallied(rows, THRESHOLDS[1:])


def test_counts_that_are_no_part_cannot_be_taken_away() -> None:
    rows = comparisons(4)
    for other in (tallied(np.hstack([rows, rows])), tallied(comparisons(5))):
        with pytest.raises(InputError, match="only from counts that they are part of"):
            tallied(rows) - other
    with pytest.raises(InputError, match="only from counts that they are part of"):
        SubjectCounts.zero(THRESHOLDS) - tallied(rows)


def test_sums_beyond_int32_widen_the_bins() -> None:
    row = SubjectCounts(
        np.array([0.5]), (("a",),), np.array([True]), np.array([3]), np.array([[0, 2**31 - 1]], np.int32)
    )
    twice = row + row
    assert twice.bins.tolist() == [[0, 2**32 - 2]]
    assert SubjectCounts.from_bytes(twice.to_bytes()) == twice
    assert (twice - row).to_bytes() == row.to_bytes()


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b[1:], lambda b: b"", lambda b: b[:50] + b"x" + b[51:]]
)
def test_damaged_bytes_are_refused(damage: object) -> None:
    with pytest.raises(InputError, match="not serialised counts"):
        SubjectCounts.from_bytes(damage(tallied(comparisons(6)).to_bytes()))


def test_counts_by_cell_are_not_taken_for_counts_by_subject() -> None:
    from harness.counting import Counts

    with pytest.raises(InputError, match="harness/counts/1"):
        SubjectCounts.from_bytes(Counts.zero(("a",), THRESHOLDS).to_bytes())


def test_sums_some_subjects_at_a_time_equal_those_of_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = tallied(comparisons(7, 2000))
    groups = {("g1",): ("x",), ("g2",): ("x",)}
    whole = counts.sums(groups.get, ("x",), mated=False)
    monkeypatch.setattr(subjects, "CELLS_AT_ONCE", 8)  # two subjects
    pieces = counts.sums(groups.get, ("x",), mated=False)
    assert pieces.subjects == whole.subjects == 12
    assert pieces.squared_trials == whole.squared_trials
    np.testing.assert_array_equal(pieces.squared_matches, whole.squared_matches)
    np.testing.assert_array_equal(pieces.matches_times_trials, whole.matches_times_trials)
    np.testing.assert_allclose(pieces.effective_subjects, whole.effective_subjects, rtol=1e-12)


BILLIONS = st.integers(0, 2**40) | st.integers(0, 20)


@given(st.lists(st.tuples(BILLIONS, BILLIONS, BILLIONS), min_size=1, max_size=8))
def test_sums_equal_those_of_whole_numbers_of_any_size(rows: list[tuple[int, int, int]]) -> None:
    found = subjects.summed(np.arange(len(rows)), np.arange(len(rows)), np.array(rows, np.int64))
    trials = [sum(row) for row in rows]
    assert found.squared_trials == sum(n * n for n in trials)
    for threshold in (0, 1):
        matches = [sum(row[threshold + 1 :]) for row in rows]
        assert found.squared_matches[threshold] == sum(k * k for k in matches)
        assert found.matches_times_trials[threshold] == sum(
            k * n for k, n in zip(matches, trials, strict=True)
        )
        squares = [(k * sum(trials) - n * sum(matches)) ** 2 for k, n in zip(matches, trials, strict=True)]
        of_squares = sum(square**2 for square in squares)
        even = Fraction(sum(squares) ** 2, of_squares) if of_squares else len(rows)
        assert found.effective_subjects[threshold] == pytest.approx(float(even), rel=1e-12)


def test_a_thousand_subjects_of_200_million_comparisons_each_overflow_nothing() -> None:
    rng = np.random.default_rng(2)
    matches = rng.integers(150_000_000, 200_000_000, 1000)
    bins = np.column_stack([200_000_000 - matches, matches])
    found = subjects.summed(np.arange(1000), np.arange(1000), bins)
    assert found.squared_trials == 1000 * 200_000_000**2 > 2**63
    assert found.squared_matches.tolist() == [sum(int(k) ** 2 for k in matches)]
    assert found.matches_times_trials.tolist() == [200_000_000 * int(matches.sum())]
    # All of 200 million, so each deviates as its matches do from their mean.
    deviations = (matches - matches.mean()) ** 2
    assert found.effective_subjects == pytest.approx(deviations.sum() ** 2 / (deviations**2).sum())


def test_the_bytes_are_an_arrow_stream_that_other_tools_read() -> None:
    counts = tallied(comparisons(8))
    table = pa.ipc.open_stream(counts.to_bytes()[:-32]).read_all()
    assert table.column_names == ["cell", "mated", "subject", "bins"]
    assert sum(map(sum, table["bins"].to_pylist())) == counts.bins.sum()

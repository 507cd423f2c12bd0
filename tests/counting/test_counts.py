"""Counts add up: any split, any order, any machine gives the same, and they survive being written down."""

from __future__ import annotations

import hashlib
from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.counting import Counts, Tally
from harness.errors import InputError

THRESHOLDS = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
CELLS = (("Asian", "female"), ("Asian", "male"), ("Black", "female"), ("Black", None), (None, "male"))


def counted(scores: np.ndarray, codes: np.ndarray, thresholds: np.ndarray = THRESHOLDS) -> Counts:
    tally = Tally(("ethnicity", "sex"), thresholds, count_missing=False)
    tally.add(scores, codes)
    return tally.counts(lambda number: CELLS[number])


def trials(seed: int, rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 101, rows) / 100
    scores[rng.uniform(size=rows) < 0.1] = np.nan
    return scores, rng.integers(0, 2 * len(CELLS), rows).astype(np.int32)


ZERO = Counts.zero(("ethnicity", "sex"), THRESHOLDS)


@given(
    st.integers(0, 2**32 - 1), st.lists(st.integers(0, 300), max_size=6), st.randoms(use_true_random=False)
)
def test_any_split_added_in_any_order_equals_the_whole(seed: int, cuts: list[int], random: object) -> None:
    scores, codes = trials(seed)
    order = np.random.default_rng(seed).permutation(len(scores))
    parts = [counted(scores[rows], codes[rows]) for rows in np.split(order, sorted(cuts))]
    random.shuffle(parts)
    assert sum(parts, ZERO) == counted(scores, codes)


def test_addition_is_associative_and_commutative_and_zero_changes_nothing() -> None:
    a, b, c = (counted(*trials(seed, 40)) for seed in (1, 2, 3))
    assert (a + b) + c == a + (b + c)
    assert len({(x + y + z).to_bytes() for x, y, z in permutations((a, b, c))}) == 1
    assert a + ZERO == a
    assert ZERO + a == a
    assert ZERO + ZERO == ZERO
    assert a + b != a


def test_adding_leaves_the_summands_as_they_were() -> None:
    a, b = counted(*trials(1)), counted(*trials(2))
    before = a.to_bytes(), b.to_bytes()
    assert (a + b).trials.sum() == a.trials.sum() + b.trials.sum()
    assert (a.to_bytes(), b.to_bytes()) == before


def test_cells_only_one_summand_has_are_kept_and_sorted_with_the_undecided_last() -> None:
    a = counted(np.array([0.5]), np.array([6], np.int32))
    b = counted(np.array([0.5, 0.9]), np.array([4, 1], np.int32))
    assert (a + b).cells == (("Asian", "female"), ("Black", "female"), ("Black", None))
    assert (a + b).trials.tolist() == [[0, 1], [1, 0], [1, 0]]


@pytest.mark.parametrize(
    "other",
    [Counts.zero(("sex", "ethnicity"), THRESHOLDS), Counts.zero(("ethnicity", "sex"), THRESHOLDS[1:])],
    ids=["columns", "thresholds"],
)
def test_counts_of_other_columns_or_thresholds_do_not_add(other: Counts) -> None:
    with pytest.raises(InputError, match="only when their columns and thresholds are the same"):
        _ = ZERO + other


@pytest.mark.parametrize(
    "changed",
    [
        lambda c: Counts(("a", "b"), c.thresholds, c.cells, c.bins, c.missing),
        lambda c: Counts(c.columns, c.thresholds + 1, c.cells, c.bins, c.missing),
        lambda c: Counts(c.columns, c.thresholds, c.cells[::-1], c.bins, c.missing),
        lambda c: Counts(c.columns, c.thresholds, c.cells, c.bins[..., ::-1], c.missing),
        lambda c: Counts(c.columns, c.thresholds, c.cells, c.bins, c.missing + 1),
    ],
    ids=["columns", "thresholds", "cells", "bins", "missing"],
)
def test_counts_that_differ_anywhere_are_unequal(changed: object) -> None:
    counts = counted(*trials(7))
    assert changed(counts) != counts
    assert counts != "counts"


@given(st.integers(0, 2**32 - 1), st.sets(st.integers(0, 4)))
def test_keeping_some_thresholds_equals_counting_at_them(seed: int, kept: set[int]) -> None:
    scores, codes = trials(seed)
    if kept:
        subset = THRESHOLDS[sorted(kept)]
        assert counted(scores, codes).at(subset) == counted(scores, codes, subset)


def test_keeping_some_thresholds_of_no_comparisons() -> None:
    assert ZERO.at(THRESHOLDS[[1, 3]]) == Counts.zero(("ethnicity", "sex"), THRESHOLDS[[1, 3]])


@pytest.mark.parametrize("other", [0.05, 0.3, np.nextafter(0.5, 1), 0.95])
def test_a_threshold_that_was_not_counted_at_is_refused(other: float) -> None:
    with pytest.raises(
        InputError, match=f"^threshold {float(other)!r} was not counted at; count again with it$"
    ):
        counted(*trials(8)).at(np.sort([0.25, other]))


def test_regrouping_adds_up_and_leaves_out() -> None:
    scores, codes = trials(9)
    by_sex = counted(scores, codes).regrouped(("sex",), lambda cell: cell[1:] if cell[1] else None)
    assert by_sex.columns == ("sex",)
    assert by_sex.cells == (("female",), ("male",))
    for i, numbers in enumerate([(0, 2), (1, 4)]):
        for mated in (0, 1):
            own = scores[np.isin(codes, [2 * number + mated for number in numbers])]
            np.testing.assert_array_equal(
                by_sex.matches[i, mated], (own[~np.isnan(own), None] >= THRESHOLDS).sum(axis=0)
            )
            assert by_sex.missing[i, mated] == np.isnan(own).sum()


def test_regrouping_commutes_with_adding() -> None:
    def first(cell: tuple[str | None, ...]) -> tuple[str | None, ...]:
        return cell[:1]

    a, b = counted(*trials(1)), counted(*trials(2))
    assert (a + b).regrouped(("e",), first) == a.regrouped(("e",), first) + b.regrouped(("e",), first)


def test_regrouping_may_leave_nothing() -> None:
    assert counted(*trials(1)).regrouped(("e",), lambda _: None) == Counts.zero(("e",), THRESHOLDS)


@pytest.mark.parametrize("counts", [ZERO, counted(*trials(10)), counted(np.array([np.nan]), np.array([9]))])
def test_what_is_written_reads_back_equal(counts: Counts) -> None:
    back = Counts.from_bytes(counts.to_bytes())
    assert back == counts
    assert back.to_bytes() == counts.to_bytes()
    np.testing.assert_array_equal(back.matches, counts.matches)


def test_thresholds_survive_to_the_last_bit() -> None:
    thresholds = np.array([-1.7e308, -5e-324, 0.1, np.nextafter(0.1, 1), 1 / 3, 1.7e308])
    zero = Counts.zero(("a",), thresholds)
    assert Counts.from_bytes(zero.to_bytes()).thresholds.tobytes() == thresholds.tobytes()


def test_equal_counts_give_equal_bytes_however_they_came_about() -> None:
    scores, codes = trials(11)
    parts = [counted(scores[i::3], codes[i::3]) for i in (2, 0, 1)]
    assert (parts[0] + parts[1] + parts[2]).to_bytes() == counted(scores, codes).to_bytes()
    assert (parts[0] + parts[1]).to_bytes() != counted(scores, codes).to_bytes()


@given(st.data())
def test_altered_bytes_are_refused(data: st.DataObject) -> None:
    written = bytearray(counted(*trials(12)).to_bytes())
    place = data.draw(st.integers(0, len(written) - 1))
    written[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InputError, match=r"^these bytes are not serialised counts"):
        Counts.from_bytes(bytes(written))


@given(st.data())
def test_bytes_that_were_cut_off_are_refused(data: st.DataObject) -> None:
    written = counted(*trials(12)).to_bytes()
    with pytest.raises(InputError, match=r"^these bytes are not serialised counts"):
        Counts.from_bytes(written[: data.draw(st.integers(0, len(written) - 1))])


@pytest.mark.parametrize("data", [b"", b"counts", bytes(200)])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^these bytes are not serialised counts"):
        Counts.from_bytes(data)


def test_a_whole_stream_of_something_else_is_refused() -> None:
    sink = pa.BufferOutputStream()
    table = pa.table({"cell": [0]})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    stream = bytes(sink.getvalue())
    with pytest.raises(InputError, match=r"^these bytes are not serialised counts"):
        Counts.from_bytes(stream + hashlib.sha256(stream).digest())


def test_naming_cells_adds_no_comparisons_and_survives_bytes_sums_and_differences() -> None:
    counts = counted(np.array([0.5]), np.array([6], np.int32))
    named = counts.naming([("Asian", "female"), ("Black", None), ("Black", None)])
    assert named.cells == (("Asian", "female"), ("Black", None))
    assert named.trials.tolist() == [[0, 0], [1, 0]]
    assert Counts.from_bytes(named.to_bytes()) == named
    assert (named + counts).cells == named.cells
    assert (named - counts).cells == named.cells
    assert not (named - counts).trials.any()
    assert counts.naming(counts.cells) is counts

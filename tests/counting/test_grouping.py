"""From counted cells to the groups of an axis."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.counting import Cell, Counts
from harness.counting.grouping import AxisGrouping, group_label
from harness.errors import InputError
from harness.study import Axis, Study, load_study

ETHNICITY, SEX = Axis(("ethnicity",)), Axis(("sex",))
BOTH = Axis(("ethnicity", "sex"))

# Trials of each cell: non-mated, mated. A cell is (ethnicity, sex); None where the two sides differ.
WITHIN: dict[Cell, tuple[int, int]] = {
    ("Asian", "F"): (10, 1),
    ("Asian", "M"): (20, 2),
    ("Black", "F"): (40, 4),
    ("Asian", None): (100, 0),
    (None, "F"): (200, 0),
    (None, None): (400, 8),
}

# A cell is (ethnicity of probe, ethnicity of reference, sex of probe, sex of reference).
CROSS: dict[Cell, tuple[int, int]] = {
    ("Asian", "Asian", "F", "F"): (1, 3),
    ("Asian", "Asian", "F", "M"): (2, 0),
    ("Asian", "Black", "F", "F"): (4, 0),
    ("Black", "Asian", "F", "F"): (8, 0),
    ("Black", "Black", "M", "M"): (16, 5),
}


def study(pairing: str, **exclude: list[str]) -> Study:
    return load_study(
        {
            "matcher": {"name": "ArcFace", "version": "1"},
            "groups": {"ethnicity": ["pe", "re"], "sex": ["ps", "rs"]},
            "pairing": pairing,
            "exclude": exclude,
        }
    )


def counts(cells: dict[Cell, tuple[int, int]]) -> Counts:
    """Count comparisons none of which reaches the only threshold."""
    trials = np.array(list(cells.values()), np.int64).reshape(-1, 2)
    bins = np.stack([trials, np.zeros_like(trials)], axis=-1)
    width = len(next(iter(cells), ()))
    return Counts(tuple(map(str, range(width))), np.array([0.5]), tuple(cells), bins, np.zeros_like(trials))


def trials(counted: Counts) -> dict[Cell, tuple[int, ...]]:
    return {cell: tuple(row) for cell, row in zip(counted.cells, counted.trials.tolist(), strict=True)}


def test_a_group_is_named_by_its_values() -> None:
    assert group_label(["Black"]) == "Black"
    assert group_label(["Black", "F"]) == "Black×F"


class TestPairingWithin:
    def test_an_axis_of_one_attribute_adds_up_the_others(self) -> None:
        grouped = AxisGrouping(study("within"), ETHNICITY).within(counts(WITHIN))
        assert grouped.columns == ("ethnicity",)
        assert trials(grouped) == {("Asian",): (130, 3), ("Black",): (40, 4)}
        assert trials(AxisGrouping(study("within"), SEX).within(counts(WITHIN))) == {
            ("F",): (250, 5),
            ("M",): (20, 2),
        }

    def test_an_intersectional_axis_needs_both_sides_alike_in_every_attribute(self) -> None:
        grouped = AxisGrouping(study("within"), BOTH).within(counts(WITHIN))
        assert grouped.columns == ("ethnicity×sex",)
        assert trials(grouped) == {("Asian×F",): (10, 1), ("Asian×M",): (20, 2), ("Black×F",): (40, 4)}

    def test_an_axis_orders_its_attributes_as_it_likes(self) -> None:
        grouped = AxisGrouping(study("within"), Axis(("sex", "ethnicity"))).within(counts(WITHIN))
        assert trials(grouped) == {("F×Asian",): (10, 1), ("F×Black",): (40, 4), ("M×Asian",): (20, 2)}

    def test_the_rest_is_counted_by_class(self) -> None:
        assert AxisGrouping(study("within"), ETHNICITY).left_out(counts(WITHIN)).tolist() == [600, 8]
        assert AxisGrouping(study("within"), BOTH).left_out(counts(WITHIN)).tolist() == [700, 8]

    def test_the_matrix_is_its_diagonal(self) -> None:
        assert trials(AxisGrouping(study("within"), ETHNICITY).across(counts(WITHIN))) == {
            ("Asian", "Asian"): (130, 3),
            ("Black", "Black"): (40, 4),
        }


class TestPairingProbe:
    def test_every_trial_counts_for_the_group_of_its_probe(self) -> None:
        counted = counts({("Asian", "F"): (10, 1), ("Asian", "M"): (20, 2), ("Black", "F"): (40, 4)})
        grouping = AxisGrouping(study("probe"), ETHNICITY)
        assert trials(grouping.within(counted)) == {("Asian",): (30, 3), ("Black",): (40, 4)}
        assert grouping.left_out(counted).tolist() == [0, 0]


class TestPairingCross:
    def test_groups_are_the_diagonal_of_the_matrix(self) -> None:
        grouping = AxisGrouping(study("cross"), ETHNICITY)
        assert trials(grouping.within(counts(CROSS))) == {("Asian",): (3, 3), ("Black",): (16, 5)}
        assert grouping.left_out(counts(CROSS)).tolist() == [12, 0]

    def test_the_second_attribute_has_its_own_two_sides(self) -> None:
        grouping = AxisGrouping(study("cross"), SEX)
        assert trials(grouping.within(counts(CROSS))) == {("F",): (13, 3), ("M",): (16, 5)}
        assert grouping.left_out(counts(CROSS)).tolist() == [2, 0]

    def test_the_matrix_tells_probe_from_reference(self) -> None:
        matrix = AxisGrouping(study("cross"), ETHNICITY).across(counts(CROSS))
        assert matrix.columns == ("ethnicity of probe", "ethnicity of reference")
        assert trials(matrix) == {
            ("Asian", "Asian"): (3, 3),
            ("Asian", "Black"): (4, 0),
            ("Black", "Asian"): (8, 0),
            ("Black", "Black"): (16, 5),
        }

    def test_the_matrix_of_an_intersectional_axis(self) -> None:
        grouping = AxisGrouping(study("cross"), BOTH)
        assert trials(grouping.across(counts(CROSS))) == {
            ("Asian×F", "Asian×F"): (1, 3),
            ("Asian×F", "Asian×M"): (2, 0),
            ("Asian×F", "Black×F"): (4, 0),
            ("Black×F", "Asian×F"): (8, 0),
            ("Black×M", "Black×M"): (16, 5),
        }
        assert trials(grouping.within(counts(CROSS))) == {("Asian×F",): (1, 3), ("Black×M",): (16, 5)}


class TestExcludedLabels:
    def test_are_no_group_of_the_axes_of_their_attribute(self) -> None:
        grouping = AxisGrouping(study("within", ethnicity=["Black"]), ETHNICITY)
        assert trials(grouping.within(counts(WITHIN))) == {("Asian",): (130, 3)}
        assert trials(grouping.excluded(counts(WITHIN))) == {("Black",): (40, 4)}
        assert grouping.left_out(counts(WITHIN)).tolist() == [600 + 40, 8 + 4]

    def test_leave_other_axes_as_they_are(self) -> None:
        grouping = AxisGrouping(study("within", ethnicity=["Black"]), SEX)
        assert not grouping.excludes
        assert trials(grouping.within(counts(WITHIN))) == {("F",): (250, 5), ("M",): (20, 2)}
        assert trials(grouping.excluded(counts(WITHIN))) == {}

    def test_take_every_group_of_an_intersection_that_has_one(self) -> None:
        grouping = AxisGrouping(study("within", ethnicity=["Black"], sex=["M"]), BOTH)
        assert trials(grouping.within(counts(WITHIN))) == {("Asian×F",): (10, 1)}
        assert trials(grouping.excluded(counts(WITHIN))) == {("Asian×M",): (20, 2), ("Black×F",): (40, 4)}
        assert grouping.left_out(counts(WITHIN)).tolist() == [700 + 60, 8 + 6]

    def test_are_those_of_the_probe_where_it_alone_has_the_group(self) -> None:
        counted = counts({("Asian", "F"): (10, 1), ("Asian", "M"): (20, 2), ("Black", "F"): (40, 4)})
        grouping = AxisGrouping(study("probe", ethnicity=["Black"]), ETHNICITY)
        assert trials(grouping.within(counted)) == {("Asian",): (30, 3)}
        assert trials(grouping.excluded(counted)) == {("Black",): (40, 4)}

    def test_have_neither_row_nor_column_in_the_matrix(self) -> None:
        grouping = AxisGrouping(study("cross", ethnicity=["Black"]), ETHNICITY)
        assert trials(grouping.across(counts(CROSS))) == {("Asian", "Asian"): (3, 3)}
        assert trials(grouping.excluded(counts(CROSS))) == {("Black",): (16, 5)}  # as under pairing within
        assert grouping.left_out(counts(CROSS)).tolist() == [28, 5]

    def test_may_make_a_name_that_a_group_has(self) -> None:
        cells: dict[Cell, tuple[int, int]] = {("A×B", "F"): (5, 0), ("A", "B×F"): (7, 0)}
        grouping = AxisGrouping(study("within", ethnicity=["A×B"]), BOTH)
        assert trials(grouping.within(counts(cells))) == {("A×B×F",): (7, 0)}

    @given(
        st.dictionaries(
            st.tuples(*[st.sampled_from(["A", "B", None])] * 2),
            st.tuples(st.integers(0, 9), st.integers(0, 9)),
            min_size=1,
        ),
        st.sampled_from([ETHNICITY, SEX, BOTH]),
        st.dictionaries(st.sampled_from(["ethnicity", "sex"]), st.just(["A"])),
    )
    def test_take_out_what_would_be_in_a_group_and_nothing_else(
        self, cells: dict[Cell, tuple[int, int]], axis: Axis, exclude: dict[str, list[str]]
    ) -> None:
        counted = counts(cells)
        some, every = AxisGrouping(study("within", **exclude), axis), AxisGrouping(study("within"), axis)
        taken_out = some.excluded(counted).trials.sum(axis=0)
        assert (some.left_out(counted) - every.left_out(counted)).tolist() == taken_out.tolist()


@given(
    st.dictionaries(
        st.tuples(*[st.sampled_from(["A", "B", None])] * 2),
        st.tuples(st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
    ),
    st.sampled_from([ETHNICITY, SEX, BOTH]),
)
def test_every_trial_is_in_a_group_or_counted_as_left_out(
    cells: dict[Cell, tuple[int, int]], axis: Axis
) -> None:
    grouping, counted = AxisGrouping(study("within"), axis), counts(cells)
    left_out = grouping.left_out(counted)
    try:
        grouped = grouping.within(counted).trials.sum(axis=0)
    except InputError:
        grouped = np.zeros(2, np.int64)
    assert (grouped + left_out).tolist() == counted.trials.sum(axis=0).tolist()


class TestRefusals:
    def test_comparisons_none_of_which_is_within_a_group(self) -> None:
        grouping = AxisGrouping(study("within"), ETHNICITY)
        with pytest.raises(InputError, match="axis ethnicity: no comparison has both sides in one group"):
            grouping.within(counts({(None, "F"): (5, 0), (None, None): (5, 0)}))

    def test_different_values_that_make_one_name(self) -> None:
        cells: dict[Cell, tuple[int, int]] = {("A×B", "F"): (5, 0), ("A", "B×F"): (5, 0)}
        with pytest.raises(InputError, match="axis ethnicity×sex: two groups would both be named 'A×B×F'"):
            AxisGrouping(study("within"), BOTH).within(counts(cells))
        assert len(AxisGrouping(study("within"), ETHNICITY).within(counts(cells)).cells) == 2

    def test_two_sides_that_differ_under_one_name(self) -> None:
        grouping = AxisGrouping(study("cross"), BOTH)
        cells: dict[Cell, tuple[int, int]] = {("A×B", "A", "F", "B×F"): (5, 0)}
        with pytest.raises(InputError, match="both be named 'A×B×F'"):
            grouping.within(counts(cells))
        with pytest.raises(InputError, match="both be named 'A×B×F'"):
            grouping.across(counts(cells))

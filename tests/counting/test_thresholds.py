"""Thresholds as given in every form, and as chosen so that each group's tail is resolved to one event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.comparisons import CellScores
from harness.counting import Counts, Tally
from harness.counting.grouping import AxisGrouping
from harness.counting.thresholds import _roundest, candidates, parse_thresholds, resolving
from harness.errors import InputError
from harness.study import load_study

NONE = np.zeros(0)
SERIES = [10 ** (i / 8) for i in range(25)]
"""Levels of false matches, before they are rounded: eight to the decade."""

Cells = dict[tuple[tuple[str, ...], bool], list[float]]
"""Canonical scores by cell and whether they are mated."""


class TestGiven:
    @pytest.mark.parametrize(
        ("text", "meant"), [("0,58", "0.58"), ("0,58,0,6", "0.58,0.6"), (" -0,5", "-0.5")]
    )
    def test_what_may_be_decimal_commas_is_asked_about(self, text: str, meant: str) -> None:
        with pytest.raises(InputError) as caught:
            parse_thresholds(text)
        assert f"is {meant.strip()} meant?" in str(caught.value)

    @pytest.mark.parametrize("text", ["0, 58", "0,58,60", "40,60"])
    def test_what_can_be_thresholds_alone_is_not(self, text: str) -> None:
        assert parse_thresholds(text).tolist() == [float(one) for one in text.split(",")]

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("0.5:0.52:0.005", [0.5, 0.505, 0.51, 0.515, 0.52]),
            ("0.1:0.35:0.1", [0.1, 0.2, 0.3]),
            ("0.3:0.3:1", [0.3]),
            ("-1:-0.5:0.25", [-1.0, -0.75, -0.5]),
            ("-0.1:0.1:0.1", [-0.1, 0.0, 0.1]),
            ("1e-3:3e-3:1e-3", [0.001, 0.002, 0.003]),
            ("0.7, 0.5,0.6", [0.5, 0.6, 0.7]),
            ("0.9,0.1:0.3:0.1", [0.1, 0.2, 0.3, 0.9]),
            ("0.6", [0.6]),
            ([0.7, 0.5, 0.7, -2], [-2.0, 0.5, 0.7]),
            ((1, 2), [1.0, 2.0]),
            (np.array([[0.2, 0.1], [0.4, 0.3]]), [0.1, 0.2, 0.3, 0.4]),
            (np.array([0.1], np.float32), [0.10000000149011612]),
        ],
    )
    def test_ranges_lists_and_arrays_are_sorted_without_repeats(
        self, given: Any, expected: list[float]
    ) -> None:
        found = parse_thresholds(given)
        assert found.dtype == np.float64
        assert found.tolist() == expected

    def test_the_steps_of_a_range_are_decimal(self) -> None:
        found = parse_thresholds("0.5:0.7:0.005")
        assert found.tolist() == [k / 1000 for k in range(500, 701, 5)]
        assert 0.57 in found

    def test_negative_zero_is_zero(self) -> None:
        assert str(parse_thresholds([-0.0])) == "[0.]"

    def test_more_than_a_file_name_may_have_of_characters(self) -> None:
        thousand = [k / 1000 for k in range(1000)]
        assert parse_thresholds(",".join(map(str, thousand))).tolist() == thousand

    @pytest.mark.parametrize("as_text", [True, False])
    def test_a_file_has_one_number_a_line(self, tmp_path: Path, as_text: bool) -> None:
        file = tmp_path / "thresholds.txt"
        file.write_text("\ufeff0.7\r\n\r\n 0.5 \n0.6", encoding="utf-8")
        assert parse_thresholds(str(file) if as_text else file).tolist() == [0.5, 0.6, 0.7]


class TestRefused:
    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ([], "thresholds: no threshold is given"),
            ("", "threshold '' is not a number"),
            ("0.5,", "threshold '' is not a number"),
            ("high", "threshold 'high' is not a number"),
            ("nan", "threshold 'nan' is not a finite number"),
            ("-inf", "threshold '-inf' is not a finite number"),
            ("1_0", "threshold '1_0' is not a finite number"),
            ("1e400", "thresholds: threshold inf is not a finite number"),
            ("0.5:inf:0.1", "threshold 'inf' is not a finite number"),
            ([0.5, float("nan")], "thresholds: threshold nan is not a finite number"),
            ([0.5, -float("inf")], "thresholds: threshold -inf is not a finite number"),
            (["high"], "thresholds: must be numbers (could not convert string to float: 'high')"),
            ([10**400], "thresholds: must be numbers (int too large to convert to float)"),
            ("0.5:0.7", "thresholds '0.5:0.7': write start:stop:step, or numbers with commas between"),
            (
                "0.5:0.7:0",
                "thresholds '0.5:0.7:0': stop must not be below start, and step must be above 0",
            ),
            (
                "0.5:0.7:-0.1",
                "thresholds '0.5:0.7:-0.1': stop must not be below start, and step must be above 0",
            ),
            (
                "0.7:0.5:0.1",
                "thresholds '0.7:0.5:0.1': stop must not be below start, and step must be above 0",
            ),
            ("0:1:1e-6", "thresholds '0:1:1e-6': more than 1000000; take a larger step"),
            ("0:1e999999:1", "thresholds '0:1e999999:1': more than 1000000; take a larger step"),
            ("0:1:1e-9999999", "thresholds '0:1:1e-9999999': more than 1000000; take a larger step"),
            (np.arange(1_000_001.0), "thresholds: 1000001 thresholds are more than 1000000"),
        ],
    )
    def test_in_one_line(self, given: Any, text: str) -> None:
        with pytest.raises(InputError) as refused:
            parse_thresholds(given)
        assert str(refused.value) == text

    def test_a_million_are_not_too_many(self) -> None:
        assert len(parse_thresholds("1:1000000:1")) == 1_000_000

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            ("", ": no threshold is given"),
            ("0.5\n0.6 0.7\n", ":2: threshold '0.6 0.7' is not a number"),
            ("0.5\n\ninf\n", ":3: threshold 'inf' is not a finite number"),
        ],
    )
    def test_a_file_with_its_line(self, tmp_path: Path, content: str, text: str) -> None:
        file = tmp_path / "thresholds.txt"
        file.write_text(content)
        with pytest.raises(InputError) as refused:
            parse_thresholds(file)
        assert str(refused.value) == f"{file}{text}"

    def test_a_path_without_a_file(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"absent: cannot be read as text \(.*No such file"):
            parse_thresholds(tmp_path / "absent")


def survey(cells: Cells, keep: int = 1000) -> list[CellScores]:
    return [
        CellScores(cell, mated, len(scores), min(scores), tuple(sorted(scores, reverse=True)[:keep]))
        for (cell, mated), scores in cells.items()
    ]


def grouping(*attributes: str, better: str = "higher", axis: str | None = None) -> AxisGrouping:
    names = attributes or ("group",)
    study = load_study(
        {
            "matcher": {"name": "example", "version": "1"},
            "score": {"better": better},
            "groups": {name: name for name in names},
            "axes": [axis or names[0]],
        }
    )
    return AxisGrouping(study, study.axes[0])


def counted(cells: Cells, thresholds: np.ndarray) -> Counts:
    tally = Tally(("group",), thresholds, count_missing=False)
    names = sorted({cell for cell, _ in cells})
    for (cell, mated), scores in cells.items():
        tally.add(np.array(scores, np.float64), np.full(len(scores), 2 * names.index(cell) + mated, np.int32))
    return tally.counts(lambda number: names[number])


def chosen(cells: Cells, wanted: np.ndarray = NONE) -> np.ndarray:
    """Choose thresholds from beginning to end."""
    groupings = [grouping()]
    return resolving(counted(cells, candidates(survey(cells), groupings, wanted)), groupings, wanted)


def levels(most: int) -> list[int]:
    return sorted({round(level) for level in SERIES if level <= most})


def unresolved(non_mated: list[float], thresholds: np.ndarray) -> list[int]:
    """Levels that no threshold has as its number of false matches, though the scores allow it."""
    descending = sorted(non_mated, reverse=True)
    possible = [k for k in levels(len(descending) - 1) if descending[k - 1] > descending[k]]
    reached = {sum(score >= t for score in descending) for t in thresholds}
    return [k for k in possible if k not in reached]


group_scores = st.lists(st.integers(-999, 999).map(lambda k: k / 1000), min_size=1, max_size=60)
two_groups = st.fixed_dictionaries(
    {((g,), mated): group_scores for g in ("A", "B") for mated in (False, True)}
)


class TestChosen:
    @given(two_groups)
    def test_every_group_is_resolved_down_to_one_false_match(self, cells: Cells) -> None:
        for thresholds in (candidates(survey(cells), [grouping()], NONE), chosen(cells)):
            for group in "AB":
                assert unresolved(cells[(group,), False], thresholds) == []

    def test_events_closer_than_any_grid_are_told_apart(self) -> None:
        close = [0.6 + k * 1e-9 for k in range(40)]
        cells: Cells = {(("A",), False): [0.0, 1.0, *close], (("A",), True): [0.5]}
        assert unresolved(cells[("A",), False], np.arange(2001) / 2000) == [2, 3, 4, 6, 7, 10, 13, 18, 24, 32]
        assert unresolved(cells[("A",), False], chosen(cells)) == []

    def test_a_threshold_between_two_events_is_the_roundest(self) -> None:
        cells: Cells = {(("A",), False): [0.61268, 0.61231, 0.1], (("A",), True): [0.9]}
        found = candidates(survey(cells), [grouping()], NONE)
        off_the_grid = found[~np.isin(found, np.arange(0, 10000, 5) / 10000)]
        assert off_the_grid.tolist() == [0.6124]  # and between 0.1 and 0.61231 one of the grid

    def test_the_tail_of_several_cells_is_read_as_far_down_as_all_of_them_tell(self) -> None:
        rng = np.random.default_rng(3)
        cells: Cells = {
            (("A", sex), mated): rng.normal(0, spread, 300).tolist()
            for sex, spread in (("female", 1e-5), ("male", 2e-5))
            for mated in (False, True)
        }
        cells[("A", "other"), True] = [100.0]  # so that the even grid resolves nothing
        by_ethnicity = grouping("ethnicity", "sex", axis="ethnicity")
        found = candidates(survey(cells, keep=40), [by_ethnicity], NONE)
        group = sorted(cells[("A", "female"), False] + cells[("A", "male"), False], reverse=True)
        told = max(sorted(cells[("A", sex), False])[-40] for sex in ("female", "male"))
        reached = {sum(score >= t for score in group) for t in found}
        known = levels(sum(score >= told for score in group) - 1)
        assert known[-1] >= 32
        assert set(known) <= reached

    def test_comparisons_outside_the_groups_are_not_resolved(self) -> None:
        inside = {(("A",), False): [0.25, 0.75], (("A",), True): [1.0, 0.0]}
        outside = {((None,), False): [0.12345, 0.12346]}
        both = candidates(survey({**inside, **outside}), [grouping()], NONE)
        assert both.tolist() == candidates(survey(inside), [grouping()], NONE).tolist()

    def test_round_numbers_cover_the_range(self) -> None:
        cells: Cells = {(("A",), False): [0.0, 0.5], (("A",), True): [1.0]}
        assert candidates(survey(cells), [grouping()], NONE).tolist() == [k / 2000 for k in range(2001)]
        assert set(np.arange(101) / 100) <= set(chosen(cells))
        assert len(chosen(cells)) < 110

    def test_wanted_thresholds_are_kept(self) -> None:
        cells: Cells = {(("A",), False): [0.0, 0.5], (("A",), True): [1.0]}
        wanted = np.array([-3.0, 0.12345, 0.3335, 2.5])
        assert set(wanted) <= set(candidates(survey(cells), [grouping()], wanted))
        assert set(wanted) <= set(chosen(cells, wanted))
        assert 0.3335 not in chosen(cells)

    def test_first_false_non_matches_are_kept(self) -> None:
        mated = [0.3125, 0.3675, *np.linspace(0.7, 0.9, 50).tolist()]
        cells: Cells = {(("A",), False): [0.0, 0.1], (("A",), True): [*mated, 1.0]}
        false_non_matches = {sum(score < t for score in mated) for t in chosen(cells) if t < 0.5}
        assert false_non_matches == {0, 1, 2}
        assert {0.313, 0.368} <= set(chosen(cells))  # the lowest of the grid above each

    def test_distances_are_resolved_on_their_negative_scale(self) -> None:
        cells: Cells = {(("A",), False): [-0.3, -0.25, -0.9], (("A",), True): [-0.1]}
        found = candidates(survey(cells), [grouping(better="lower")], NONE)
        assert found.max() == -0.1
        assert -0.901 < found.min() <= -0.9
        assert unresolved(cells[("A",), False], chosen(cells)) == []

    def test_all_scores_equal(self) -> None:
        cells: Cells = {(("A",), False): [0.7] * 9, (("A",), True): [0.7]}
        assert chosen(cells).tolist() == [0.7]

    def test_one_comparison_of_either_class(self) -> None:
        cells: Cells = {(("A",), False): [0.3], (("A",), True): [0.8]}
        thresholds = chosen(cells)
        assert {sum(s >= t for s in (0.3, 0.8)) for t in thresholds} >= {1, 2}
        assert 0.31 in thresholds

    @pytest.mark.parametrize("scores", [[1.7976e308, -1.7976e308], [0.0, 5e-324], [1e16, 1e16 + 4]])
    def test_scores_at_the_limits_of_floats_give_finite_thresholds(self, scores: list[float]) -> None:
        cells: Cells = {(("A",), False): scores, (("A",), True): scores}
        assert np.isfinite(chosen(cells)).all()
        assert unresolved(scores, chosen(cells)) == []


finite = st.floats(allow_nan=False, allow_infinity=False)


class TestRoundest:
    @given(st.tuples(finite, finite).map(sorted).filter(lambda ends: ends[0] < ends[1]))
    @example([0.0, 5e-324])
    @example([-5e-324, 0.0])
    @example([1e22, float(np.nextafter(1e22, np.inf))])
    @example([-1.7976931348623157e308, 1.7976931348623157e308])
    def test_is_above_one_and_at_most_the_other(self, ends: list[float]) -> None:
        assert ends[0] < _roundest(*ends) <= ends[1]

    @pytest.mark.parametrize(
        ("above", "at_most", "expected"),
        [
            (0.59, 0.61, 0.6),
            (0.6, 0.65123, 0.61),  # as a float 0.6 is a little below, so 0.60 is not above it
            (0.7, 0.75123, 0.71),
            (0.55, 0.6, 0.6),
            (-0.3, -0.25, -0.29),
            (3, 12, 4),
        ],
    )
    def test_has_the_fewest_decimals(self, above: float, at_most: float, expected: float) -> None:
        assert _roundest(above, at_most) == expected

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from harness.figures import DetectableRatioDisplay, GapDisplay, WorstRatioDisplay
from harness.figures.display import Display
from harness.numbers import number
from tests.figures.seen import texts
from tests.figures.worlds import world

WORLDS = ["3 groups", "one group without events", "distances", "zero events"]


def lines(display: Display) -> dict[str, np.ndarray]:
    return {str(line.get_label()): np.asarray(line.get_ydata()) for line in display.ax_.lines}


@pytest.mark.parametrize("name", WORLDS)
def test_the_worst_ratio_and_its_bounds_are_the_evaluations(name: str) -> None:
    evaluation = world(name)
    display = WorstRatioDisplay.from_evaluation(evaluation, "group").plot()
    found, drawn = evaluation.axes["group"].false_match_differential, lines(display)
    for label, values in (
        ("worst ratio", found.ratio),
        ("every pair is below", found.ratio_upper),
        ("some pair is above", found.ratio_lower),
    ):
        numbers = np.where(np.isfinite(values) & (values > 0), values, np.nan)[display.shown]
        if np.isfinite(numbers).any():
            assert_array_equal(drawn[label], numbers)
        else:
            assert label not in drawn


@pytest.mark.parametrize("name", WORLDS)
def test_where_there_is_no_finite_ratio_is_marked_at_the_top(name: str) -> None:
    evaluation = world(name)
    display = WorstRatioDisplay.from_evaluation(evaluation, "group").plot()
    ratio, drawn = evaluation.axes["group"].false_match_differential.ratio[display.shown], lines(display)
    for label, where in (
        ("_a group without errors", np.isinf(ratio)),
        ("_no errors at all", np.isnan(ratio)),
    ):
        assert (label in drawn) == where.any()
        if where.any():
            assert_array_equal(np.isfinite(drawn[label]), where)
            assert np.nanmin(drawn[label]) > 0.9  # of the height of the axes


def test_the_band_lies_between_the_bounds_and_runs_off_the_axes() -> None:
    display = WorstRatioDisplay.from_evaluation(world("3 groups"), "group").plot()
    (band,) = display.ax_.collections
    heights = np.concatenate([path.vertices for path in band.get_paths()])[:, 1]
    bottom, top = display.ax_.get_ylim()
    bounds = np.concatenate([display.lower[display.shown], display.upper[display.shown]])
    assert set(heights) == set(np.clip(bounds, bottom, top))


def test_what_is_tolerated_is_drawn_and_named() -> None:
    evaluation = world("distances")
    for display, limit in (
        (WorstRatioDisplay.from_evaluation(evaluation, "group"), evaluation.policy.max_ratio),
        (GapDisplay.from_evaluation(evaluation, "group"), evaluation.policy.max_gap),
    ):
        drawn = lines(display.plot())
        assert set(drawn[f"tolerated: {limit:g}"]) == {limit}
        assert f"tolerated: {limit:g}" in [text.get_text() for text in texts(display.ax_.figure)]
        assert f"tolerated {'ratio' if limit == 3 else 'gap'}, {limit:g}" in display.alt_text


def test_without_a_tolerance_none_is_drawn() -> None:
    display = GapDisplay.from_evaluation(world("3 groups"), "group").plot()
    assert not [label for label in lines(display) if label.startswith("tolerated")]


@pytest.mark.parametrize("name", WORLDS)
def test_a_gap_of_zero_is_drawn_by_its_bound_alone(name: str) -> None:
    evaluation = world(name)
    display = GapDisplay.from_evaluation(evaluation, "group").plot()
    found, drawn = evaluation.axes["group"].false_match_differential, lines(display)
    gap, upper = found.gap[display.shown], found.gap_upper[display.shown]
    assert_array_equal(drawn["every pair is below"], upper)
    assert ("largest gap" in drawn) == (gap > 0).any()
    if (gap > 0).any():
        assert_array_equal(drawn["largest gap"], np.where(gap > 0, gap, np.nan))
    if (gap == 0).any():
        assert_array_equal(drawn["_upper bound where the gap is zero"], np.where(gap == 0, upper, np.nan))


def test_the_alt_text_reads_the_safe_threshold() -> None:
    evaluation = world("3 groups")
    place = evaluation.safe.index
    assert place is not None
    found = evaluation.axes["group"].false_match_differential
    said = GapDisplay.from_evaluation(evaluation, "group").alt_text
    assert (
        f"the gap is {number(found.gap[place])} (below {number(found.gap_upper[place])} for every pair)"
        in said
    )


def test_a_ratio_that_is_not_finite_is_said_so() -> None:
    said = WorstRatioDisplay.from_evaluation(world("one group without events"), "group").alt_text
    assert "the ratio is not finite" in said
    assert "inf" not in said.replace("infinite", "")


@pytest.mark.parametrize("name", WORLDS)
def test_detectable_ratios_are_the_evaluations_and_marked_where_there_is_none(name: str) -> None:
    evaluation = world(name)
    display = DetectableRatioDisplay.from_evaluation(evaluation).plot()
    ratio, drawn = (
        evaluation.axes["group"].false_match_differential.detectable_ratio[display.shown],
        lines(display),
    )
    assert ("group" in drawn) == np.isfinite(ratio).any()
    if np.isfinite(ratio).any():
        assert_array_equal(drawn["group"], np.where(np.isfinite(ratio), ratio, np.nan))
    if np.isinf(ratio).any():
        assert_array_equal(np.isfinite(drawn["_nothing detectable on group"]), np.isinf(ratio))


@pytest.mark.slow
def test_every_axis_has_a_line_of_its_own() -> None:
    evaluation = world("intersectional")
    display = DetectableRatioDisplay.from_evaluation(evaluation).plot()
    assert display.axes == tuple(evaluation.axes)
    assert {text.get_text() for text in texts(display.ax_.figure)} >= {"age", "ethnic background"}


def test_where_nothing_is_detectable_the_alt_text_says_so() -> None:
    said = DetectableRatioDisplay.from_evaluation(world("zero events")).alt_text
    assert "group: no ratio can be detected at any threshold." in said

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from seen import texts
from worlds import world

from harness.errors import InputError
from harness.figures import DetDisplay, FalseNonMatchRateDisplay, IdentificationRateDisplay, cost_display
from harness.numbers import number


def test_false_non_match_rates_are_the_evaluations_and_zero_is_a_bound() -> None:
    evaluation = world("3 groups")
    display = FalseNonMatchRateDisplay.from_evaluation(evaluation, "group").plot()
    rates = evaluation.axes["group"].false_non_matches
    drawn = {line.get_label(): np.asarray(line.get_ydata()) for line in display.ax_.lines}
    for i, group in enumerate(rates.groups):
        errors, estimate, upper = (a[i, display.shown] for a in (rates.errors, rates.estimate, rates.upper))
        assert_array_equal(drawn[group], np.where(errors > 0, estimate, np.nan))
        if (errors == 0).any():
            assert_array_equal(drawn[f"_upper bound of {group}"], np.where(errors > 0, np.nan, upper))
    assert (rates.errors[:, display.shown] == 0).any()
    assert display.ax_.get_ylabel() == "false non-match rate (FNMR), logarithmic"


def test_the_cost_is_read_at_the_safe_threshold() -> None:
    evaluation = world("3 groups")
    place, rates = evaluation.safe.place, evaluation.axes["group"].false_non_matches
    said = FalseNonMatchRateDisplay.from_evaluation(evaluation, "group").alt_text
    assert f"At {evaluation.safe_threshold:.6g}, the safe threshold, " in said
    for i, group in enumerate(rates.groups):
        estimate, lower, upper = (a[i, place] for a in (rates.estimate, rates.lower, rates.upper))
        assert f"{group} has {number(estimate)} (bounds {number(lower)} and {number(upper)})" in said


def test_searches_cost_hits() -> None:
    evaluation = world("searches")
    display = cost_display(evaluation, "group")
    assert isinstance(display, IdentificationRateDisplay)
    misses = evaluation.axes["group"].false_non_matches
    drawn = {line.get_label(): np.asarray(line.get_ydata()) for line in display.plot().ax_.lines}
    for i, group in enumerate(misses.groups):
        errors, estimate, upper = (
            a[i, display.shown] for a in (misses.errors, misses.estimate, misses.upper)
        )
        assert_array_equal(drawn[group], np.where(errors > 0, 1 - estimate, np.nan))
        if (errors == 0).any():
            assert_array_equal(drawn[f"_upper bound of {group}"], np.where(errors > 0, np.nan, 1 - upper))
    assert (misses.errors[:, display.shown] == 0).any()
    assert display.ax_.get_ylabel() == "true positive identification rate (TPIR)"
    assert display.ax_.get_ylim() == (0, 1)
    assert "no search missed: lower bound" in [text.get_text() for text in texts(display.ax_.figure)]


def test_comparisons_have_no_tpir() -> None:
    evaluation = world("3 groups")
    assert isinstance(cost_display(evaluation, "group"), FalseNonMatchRateDisplay)
    with pytest.raises(InputError, match="the study's task is verification"):
        IdentificationRateDisplay.from_evaluation(evaluation, "group")


@pytest.mark.parametrize("name", ["3 groups", "one group without events", "zero events", "searches"])
def test_det_curves_are_the_evaluations_and_zero_is_a_bound(name: str) -> None:
    evaluation = world(name)
    axis = evaluation.axes["group"]
    display = DetDisplay.from_evaluation(evaluation, "group").plot()
    drawn = {line.get_label(): line.get_data() for line in display.ax_.lines}
    for i, group in enumerate(axis.false_matches.groups):
        x, y = (
            np.where(rates.errors[i] > 0, rates.estimate[i], rates.upper[i])
            for rates in (axis.false_matches, axis.false_non_matches)
        )
        events = (axis.false_matches.errors[i] > 0) & (axis.false_non_matches.errors[i] > 0)
        across, up = drawn[group]
        assert_array_equal(across, np.where(events, x, np.nan))
        assert_array_equal(up, np.where(events, y, np.nan))
        if not events.all():
            across, up = drawn[f"_upper bound of {group}"]
            assert_array_equal(across, np.where(events, np.nan, x))
            assert_array_equal(up, np.where(events, np.nan, y))
            assert (across[~events] > 0).all()


def test_det_axes_go_down_to_the_smallest_rate_drawn() -> None:
    display = DetDisplay.from_evaluation(world("3 groups"), "group").plot()
    for (low, high), values in zip(
        (display.ax_.get_xlim(), display.ax_.get_ylim()), display.points, strict=True
    ):
        assert low < values[values > 0].min()
        assert high == 1
    assert display.ax_.get_xscale() == display.ax_.get_yscale() == "log"


def test_groups_are_joined_at_the_safe_threshold_with_their_bounds() -> None:
    evaluation = world("3 groups")
    display = DetDisplay.from_evaluation(evaluation, "group").plot()
    place = evaluation.safe.place
    x, y = (values[:, place] for values in display.points)
    joined = next(
        line for line in display.ax_.lines if line.get_label() == f"_at {evaluation.safe_threshold:.6g}"
    )
    order = np.argsort(x)
    assert_array_equal(joined.get_xdata(), x[order])
    assert_array_equal(joined.get_ydata(), y[order])
    crosses = [line for line in display.ax_.lines if line.get_label() == "_bounds"]
    assert len(crosses) == 2 * len(display.groups)
    assert max(max(line.get_xdata()) for line in crosses) == display.x_upper[:, place].max()


def test_det_without_a_safe_threshold_says_so() -> None:
    display = DetDisplay.from_evaluation(world("no safe threshold"), "group").plot()
    assert display.ax_.get_title("left").endswith("There is no safe threshold")
    assert display.alt_text.endswith("There is no safe threshold.")

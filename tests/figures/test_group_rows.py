"""The forest plot and the distributions of scores, which have a row for each group."""

import numpy as np
import pytest
from matplotlib.patches import StepPatch
from numpy.testing import assert_array_equal

from harness.errors import InputError
from harness.figures import GroupsAtThresholdDisplay, ScoreDistributionDisplay
from harness.numbers import number, percent
from tests.figures.seen import texts
from tests.figures.worlds import scores, world


def test_estimates_and_intervals_are_the_evaluations_at_the_safe_threshold() -> None:
    evaluation = world("3 groups")
    place, rates = evaluation.safe.index, evaluation.axes["group"].false_matches
    display = GroupsAtThresholdDisplay.from_evaluation(evaluation, "group").plot()
    assert display.threshold == evaluation.safe_threshold
    drawn = {line.get_label(): np.asarray(line.get_xdata()) for line in display.ax_.lines}
    floor = display.ax_.get_xlim()[0]
    for i, group in enumerate(rates.groups):
        if rates.errors[i, place]:
            assert_array_equal(drawn[group], [rates.estimate[i, place]])
            interval = [max(rates.lower[i, place], floor), rates.upper[i, place]]
            assert_array_equal(drawn[f"_interval of {group}"], interval)
        else:
            assert group not in drawn
            assert_array_equal(drawn[f"_upper bound of {group}"], [floor, rates.upper[i, place]])


def test_rows_go_from_the_highest_rate_to_the_lowest_and_state_events_of_trials() -> None:
    evaluation = world("8 groups")
    display = GroupsAtThresholdDisplay.from_evaluation(evaluation, "group", evaluation.thresholds[60]).plot()
    estimates = [display.estimate[i] for i in display.order]
    assert estimates == sorted(estimates, reverse=True)
    written = [text.get_text() for text in texts(display.ax_.figure)]
    for i in range(8):
        assert f"{display.errors[i]:,} of {display.trials[i]:,}" in written


def test_zero_events_have_no_point_and_state_their_bound() -> None:
    display = GroupsAtThresholdDisplay.from_evaluation(world("zero events"), "group").plot()
    labels = {line.get_label() for line in display.ax_.lines}
    assert labels >= {f"_upper bound of {group}" for group in display.groups}
    assert not labels & set(display.groups)
    written = [text.get_text() for text in texts(display.ax_.figure)]
    assert {f"< {number(upper)}" for upper in display.upper} <= set(written)
    assert f"Without errors (upper bounds to {number(display.upper.max())})" in display.alt_text


def test_without_a_safe_threshold_it_is_read_from_where_nothing_is_detected() -> None:
    evaluation = world("no safe threshold")
    display = GroupsAtThresholdDisplay.from_evaluation(evaluation, "group")
    assert evaluation.safe_threshold is None
    assert display.threshold == evaluation.not_detected_from
    assert (
        display.details == f"At {display.threshold:.6g}, from where no disparity is detected; 95 % intervals"
    )


def test_with_neither_it_is_read_at_the_strictest_threshold_with_an_event() -> None:
    evaluation = world("one threshold")
    assert evaluation.not_detected_from is None
    assert GroupsAtThresholdDisplay.from_evaluation(evaluation, "group").threshold == 0.35


def test_a_threshold_that_was_not_evaluated_is_refused() -> None:
    with pytest.raises(InputError, match=r"0\.3125 was not evaluated; the nearest are 0\.31 "):
        GroupsAtThresholdDisplay.from_evaluation(world("3 groups"), "group", 0.3125)


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_counts_between_thresholds_are_those_of_the_scores_themselves(better: str) -> None:
    name = (
        "A group with quite a long official name, as in a census, category {:02d}"
        if better == "higher"
        else "G{}"
    )
    evaluation = world("3 groups" if better == "higher" else "distances")
    display = ScoreDistributionDisplay.from_evaluation(evaluation, "group")
    raw = scores(3, better=better, name=name)
    sign = 1 if better == "higher" else -1
    edges = np.concatenate([[-np.inf], sign * display.edges, [np.inf]])
    for i, group in enumerate(display.groups):
        for mated, counted in ((False, display.non_mated), (True, display.mated)):
            chosen = sign * raw["score"][(raw["group"] == group) & (raw["mated"] == mated)]
            assert_array_equal(counted[i], np.histogram(chosen, edges)[0])


def test_heights_are_shares_per_unit_of_score_and_each_row_has_its_scale() -> None:
    display = ScoreDistributionDisplay.from_evaluation(world("3 groups"), "group").plot()
    steps = [p for p in display.ax_.patches if isinstance(p, StepPatch)]
    non_mated, mated = display.densities
    width = np.diff(display.edges)
    inside = display.non_mated[:, 1:-1].sum(axis=1) / display.non_mated.sum(axis=1)
    assert (non_mated * width).sum(axis=1) == pytest.approx(inside)
    for i, group in enumerate(display.groups):
        drawn = {str(p.get_label()): p.get_data() for p in steps if str(p.get_label()).startswith(group)}
        heights = {kind: data.baseline - data.values for kind, data in drawn.items()}
        tallest = max(h.max() for h in heights.values())
        highest = max(non_mated[i].max(), mated[i].max())
        for kind, density in (("non-mated", non_mated), ("mated", mated)):
            assert heights[f"{group}, {kind}"] / tallest == pytest.approx(density[i] / highest)
            assert_array_equal(drawn[f"{group}, {kind}"].edges, display.edges)


def test_what_lies_beyond_the_thresholds_is_marked_and_stated() -> None:
    display = ScoreDistributionDisplay.from_evaluation(world("zero events"), "group").plot()
    beyond = [line for line in display.ax_.lines if line.get_label() == "_beyond"]
    lumped = (display.non_mated[:, [0, -1]] + display.mated[:, [0, -1]]) > 0
    assert len(beyond) == lumped.sum() > 0
    largest = (display.mated[:, 0] + display.mated[:, -1]).max() / display.mated.sum(axis=1)[0]
    assert (
        f"Up to 100.00 % of a group's non-mated trials and {percent(largest)} of a group's mated trials"
        in (display.alt_text)
    )


def test_one_threshold_has_nothing_between() -> None:
    display = ScoreDistributionDisplay.from_evaluation(world("one threshold"), "group").plot()
    assert display.non_mated.shape == (3, 2)
    assert not [p for p in display.ax_.patches if isinstance(p, StepPatch)]
    assert "0 intervals" in display.alt_text

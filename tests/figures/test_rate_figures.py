import re
from collections import Counter
from dataclasses import replace
from itertools import groupby

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.testing import assert_array_equal

from harness.errors import InputError
from harness.evaluation import Evaluation
from harness.figures import (
    FalseMatchRateDisplay,
    FalseNonMatchRateDisplay,
    IdentificationRateDisplay,
    cost_display,
)
from harness.numbers import number
from tests.figures.seen import texts
from tests.figures.worlds import world

Lines = dict[str, tuple[np.ndarray, np.ndarray]]


def lines(display: FalseMatchRateDisplay) -> Lines:
    """What is drawn for the groups, by label."""
    wanted = {*display.groups, *(f"_upper bound of {group}" for group in display.groups)}
    return {
        str(line.get_label()): (np.asarray(line.get_xdata()), np.asarray(line.get_ydata()))
        for line in display.ax_.lines
        if line.get_label() in wanted
    }


def test_estimates_and_bounds_are_the_evaluations(three: Evaluation, display: FalseMatchRateDisplay) -> None:
    drawn, rates = lines(display.plot()), three.axes["group"].false_matches
    for i, group in enumerate(rates.groups):
        events = rates.errors[i, display.shown] > 0
        x, estimate = drawn[group]
        assert_array_equal(x, three.thresholds[display.shown])
        assert_array_equal(estimate[events], rates.estimate[i, display.shown][events])
        x, bound = drawn[f"_upper bound of {group}"]
        assert_array_equal(x, three.thresholds[display.shown])
        assert_array_equal(bound[~events], rates.upper[i, display.shown][~events])


def test_no_line_passes_through_zero_events(display: FalseMatchRateDisplay) -> None:
    drawn = lines(display.plot())
    for group, errors in zip(display.groups, display.errors[:, display.shown], strict=True):
        assert (errors == 0).any()
        assert np.isnan(drawn[group][1][errors == 0]).all()
        assert np.isnan(drawn[f"_upper bound of {group}"][1][errors > 0]).all()


def test_bands_are_the_intervals(display: FalseMatchRateDisplay) -> None:
    bands = display.plot().ax_.collections
    shown = display.shown
    assert len(bands) == len(display.groups)
    for i, band in enumerate(bands):
        heights = np.concatenate([path.vertices for path in band.get_paths()])[:, 1]
        events = display.errors[i, shown] > 0
        clipped = display.ax_.get_ylim()[0] / 10
        lower = np.maximum(display.lower[i, shown][events], clipped)
        assert set(heights) == {*lower, *display.upper[i, shown][events]}


def test_the_axis_of_thresholds_goes_from_half_to_beyond_the_last_event(
    display: FalseMatchRateDisplay,
) -> None:
    pooled = display.errors.sum(axis=0) / display.trials.sum()
    assert pooled[display.shown.start - 1] > 0.5 >= pooled[display.shown.start]
    assert pooled[display.shown.stop - 1] == 0
    assert display.shown.stop < len(display.thresholds)
    ends = display.thresholds[[display.shown.start, display.shown.stop - 1]]
    assert display.plot().ax_.get_xlim() == tuple(ends)


def test_the_strict_end_is_at_the_right_for_distances(distances: Evaluation) -> None:
    display = FalseMatchRateDisplay.from_evaluation(distances, "group").plot()
    left, right = display.ax_.get_xlim()
    assert left > right
    assert (
        display.ax_.get_xlabel() == "threshold (distance score; stricter to the right; saturated to the left)"
    )


def test_rates_are_on_a_logarithmic_scale_down_to_the_smallest_drawn(display: FalseMatchRateDisplay) -> None:
    bottom, _ = display.plot().ax_.get_ylim()
    assert display.ax_.get_yscale() == "log"
    smallest = min(float(np.nanmin(y)) for _, y in lines(display).values())
    assert smallest / 2 < bottom < smallest


def test_the_title_states_matcher_axis_rate_and_confidence(
    display: FalseMatchRateDisplay, searches: Evaluation
) -> None:
    assert (
        display.plot().ax_.get_title("left") == "FMR by group, matcher made up 2.1\nBands of 95 % confidence"
    )
    of_searches = FalseMatchRateDisplay.from_evaluation(searches, "group").plot().ax_
    assert of_searches.get_title("left").startswith("FPIR by group")
    assert of_searches.get_ylabel() == "false positive identification rate (FPIR), logarithmic"


def test_the_title_says_that_there_is_no_safe_threshold(unsafe: Evaluation) -> None:
    display = FalseMatchRateDisplay.from_evaluation(unsafe, "group").plot()
    assert unsafe.safe_threshold is None
    assert display.ax_.get_title("left").endswith("There is no safe threshold")
    assert not [text for text in texts(display.ax_.figure) if text.get_text().startswith("safe threshold")]
    assert display.alt_text.count("There is no safe threshold") == 1


def test_marked_thresholds_are_drawn_and_labelled(three: Evaluation, display: FalseMatchRateDisplay) -> None:
    written = [text.get_text() for text in display.plot().ax_.texts]
    assert f"safe threshold {three.safe_threshold:.6g}" in written
    assert f"no disparity detected on this axis from {display.not_detected_from:.6g}" in written
    upright = [line.get_xdata()[0] for line in display.ax_.lines if line.get_linewidth() == 1.5]
    assert three.safe_threshold in upright


@pytest.mark.parametrize("groups", [6, 10, 11])  # others are in test_layout.py
def test_no_text_overlaps_another_the_axes_or_the_edge(many: dict[int, Evaluation], groups: int) -> None:
    display = FalseMatchRateDisplay.from_evaluation(many[groups], "group").plot()
    figure = display.ax_.figure
    seen = texts(figure)
    boxes = [(text.get_text(), Text.get_window_extent(text)) for text in seen]
    assert len(boxes) > groups + 10
    inside = display.ax_.bbox.padded(-1)
    for i, (first, box) in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0, first
        assert box.x1 <= figure.bbox.x1, first
        assert figure.bbox.y0 <= box.y0, first
        assert box.y1 <= figure.bbox.y1, first
        assert not box.overlaps(inside), first
        for second, other in boxes[:i]:
            assert not box.overlaps(other), (first, second)
    assert min(text.get_fontsize() for text in seen) >= 9


def test_zero_events_everywhere_draws_bounds_alone(display: FalseMatchRateDisplay) -> None:
    upper = np.broadcast_to(1 - 0.025 ** (1 / display.trials[:, None]), display.upper.shape)
    nothing = np.zeros_like(upper)
    without = replace(
        display, errors=nothing.astype(int), estimate=nothing, lower=nothing, upper=upper
    ).plot()
    drawn = lines(without)
    assert list(drawn) == [f"_upper bound of {group}" for group in display.groups]
    assert all((y > 0).all() for _, y in drawn.values())
    assert "Without any error" in without.alt_text
    texts(without.ax_.figure)


def test_a_group_without_trials_is_named_and_not_drawn(display: FalseMatchRateDisplay) -> None:
    def emptied(values: np.ndarray, by: float) -> np.ndarray:
        return np.concatenate([np.full_like(values[:1], by), values[1:]])

    fields = {name: emptied(getattr(display, name), np.nan) for name in ("estimate", "lower", "upper")}
    untried = replace(
        display, trials=emptied(display.trials, 0), errors=emptied(display.errors, 0), **fields
    ).plot()
    assert display.groups[0] not in lines(untried)
    assert f"{display.groups[0]} (no trials)" in [text.get_text() for text in texts(untried.ax_.figure)]
    assert f"Without trials, and not drawn: {display.groups[0]}." in untried.alt_text


def test_one_threshold_and_names_that_would_be_typeset(display: FalseMatchRateDisplay) -> None:
    place = int(np.flatnonzero(display.errors.min(axis=0))[-1])
    one = slice(place, place + 1)
    fields = {name: getattr(display, name)[:, one] for name in ("errors", "estimate", "lower", "upper")}
    single = replace(
        display,
        thresholds=display.thresholds[one],
        shown=slice(None),
        safe_threshold=None,
        not_detected_from=None,
        references=(),
        zones=None,
        groups=("$x$", "_y", "漢族"),
        **fields,
    ).plot()
    written = [text.get_text() for text in texts(single.ax_.figure)]
    assert {"$x$", "_y", "3: ��"} <= set(written)


def test_numbers_in_the_alt_text_are_in_the_evaluation(
    three: Evaluation, unsafe: Evaluation, distances: Evaluation, many: dict[int, Evaluation]
) -> None:
    for evaluation in (three, unsafe, distances, *many.values()):
        display = FalseMatchRateDisplay.from_evaluation(evaluation, "group")
        text = display.alt_text
        assert "\n" not in text
        for group in sorted(display.groups, key=len, reverse=True):
            text = text.replace(group, "")
        rates = np.concatenate([display.estimate, display.lower, display.upper]).ravel()
        known = {number(rate) for rate in np.unique(rates)} | {f"{t:.6g}" for t in display.thresholds}
        known |= {str(len(display.groups)), "2.1", "95", f"{evaluation.false_match_limit.limit:g}"}
        known |= {str(count) for count in (display.errors == 0).sum(axis=0)}
        known |= {
            str(count) for count in Counter(evaluation.axes["group"].verdict.verdicts[display.shown]).values()
        }
        assert set(re.findall(r"-?\d[\d.]*(?:e-?\d+)?(?<!\.)", text)) <= known


def test_the_alt_text_names_the_highest_and_the_lowest(
    three: Evaluation, display: FalseMatchRateDisplay
) -> None:
    place = three.safe.index
    assert place is not None
    highest = display.groups[int(np.argmax(display.estimate[:, place]))]
    assert f"At the safe threshold {three.safe_threshold:.6g} the highest rate is that of {highest}," in (
        display.alt_text
    )


def test_the_axes_given_are_used(display: FalseMatchRateDisplay) -> None:
    figure = Figure(layout="constrained", figsize=(12, 5))
    left, right = figure.subplots(1, 2)
    assert display.plot(ax=right) is display
    assert display.ax_ is right
    assert display.figure_ is figure
    assert right.lines
    assert not left.lines
    boxes = [Text.get_window_extent(text) for text in texts(figure) if text.axes is right]
    assert not any(box.overlaps(other) for i, box in enumerate(boxes) for other in boxes[:i])


def test_settings_are_the_same_afterwards(display: FalseMatchRateDisplay) -> None:
    with mpl.rc_context({"font.size": 17, "svg.hashsalt": "theirs"}):
        before = dict(mpl.rcParams)
        display.plot()
        assert dict(mpl.rcParams) == before


def test_an_unknown_axis_names_those_there_are(three: Evaluation) -> None:
    with pytest.raises(InputError, match="no axis 'age'; it has group"):
        FalseMatchRateDisplay.from_evaluation(three, "age")


def test_an_evaluation_draws_itself(three: Evaluation) -> None:
    display = three.plot_false_match_rates()
    assert display.ax_.get_title("left").startswith("FMR by group")


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
    place, rates = evaluation.safe.index, evaluation.axes["group"].false_non_matches
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


def test_the_verdicts_stand_under_the_rates_on_the_same_thresholds(three: Evaluation) -> None:
    display = FalseMatchRateDisplay.from_evaluation(three, "group").plot()
    zones = [patch for patch in display.ax_.patches if str(patch.get_label()).startswith("group: ")]
    verdicts = three.axes["group"].verdict.verdicts[display.shown]
    assert [patch.get_label() for patch in zones] == [f"group: {verdict}" for verdict, _ in groupby(verdicts)]
    figure = display.figure_
    figure.canvas.draw()
    ticks = [text.get_window_extent() for text in display.ax_.get_xticklabels() if text.get_text()]
    for patch in zones:
        box = patch.get_window_extent()
        assert box.y1 < display.ax_.bbox.y0
        assert all(tick.y1 < box.y0 for tick in ticks)
        assert display.ax_.bbox.x0 - 1 <= box.x0 < box.x1 <= display.ax_.bbox.x1 + 1
    assert "A bar below has the verdicts on the same scale: disparity beyond tolerance at" in display.alt_text


def test_the_reference_point_is_marked_where_it_is_not_the_safe_threshold(three: Evaluation) -> None:
    pooled = three.axes["group"].false_matches.pooled
    place = int(np.flatnonzero(pooled <= 0.01)[0])
    display = FalseMatchRateDisplay.from_evaluation(three, "group").plot()
    written = f"reference point {three.thresholds[place]:.6g}"
    assert written in [text.get_text() for text in display.ax_.texts]
    named = replace(three, policy=three.policy.model_copy(update={"operating": (three.safe_threshold,)}))
    display = FalseMatchRateDisplay.from_evaluation(named, "group").plot()
    assert not [text for text in display.ax_.texts if "reference point" in text.get_text()]

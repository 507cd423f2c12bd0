import numpy as np
import pytest
from matplotlib.collections import FillBetweenPolyCollection
from numpy.testing import assert_array_equal

from harness.errors import InputError
from harness.figures import DetDisplay, IdentificationCurveDisplay
from harness.numbers import number
from tests.figures.seen import assert_readable
from tests.figures.worlds import searched, world


@pytest.fixture(scope="module")
def display() -> IdentificationCurveDisplay:
    return IdentificationCurveDisplay.from_evaluation(world("searches"), "group").plot()


def test_curves_are_hits_against_false_alerts_and_zero_is_a_bound(
    display: IdentificationCurveDisplay,
) -> None:
    axis = world("searches").axes["group"]
    alerts, misses = axis.false_matches, axis.false_non_matches
    drawn = {line.get_label(): line.get_data() for line in display.ax_.lines}
    some_bound = False
    for i, group in enumerate(alerts.groups):
        events = (alerts.errors[i] > 0) & (misses.errors[i] > 0)
        across, up = drawn[group]
        assert_array_equal(across[events], alerts.estimate[i][events])
        assert_array_equal(up[events], 1 - misses.estimate[i][events])
        if not events.all():
            some_bound = True
            across, up = drawn[f"_upper bound of {group}"]
            without_alert, without_miss = alerts.errors[i] == 0, misses.errors[i] == 0
            assert_array_equal(across[without_alert], alerts.upper[i][without_alert])
            assert_array_equal(up[without_miss], 1 - misses.upper[i][without_miss])
    assert some_bound


def test_bands_are_the_bounds_of_tpir_where_there_are_false_alerts(
    display: IdentificationCurveDisplay,
) -> None:
    axis = world("searches").axes["group"]
    bands = [b for b in display.ax_.collections if isinstance(b, FillBetweenPolyCollection)]
    assert len(bands) == len(axis.false_matches.groups)
    for i, band in enumerate(bands):
        alerts = axis.false_matches.errors[i] > 0
        corners = {tuple(corner) for path in band.get_paths() for corner in path.vertices.tolist()}
        for bound in (axis.false_non_matches.lower, axis.false_non_matches.upper):
            points = zip(axis.false_matches.estimate[i][alerts], 1 - bound[i][alerts], strict=True)
            assert {(float(x), float(y)) for x, y in points} <= corners


def test_the_scale_of_hits_runs_from_none_to_all(display: IdentificationCurveDisplay) -> None:
    assert display.ax_.get_ylim() == (0, 1)
    assert display.ax_.get_yscale() == "linear"
    assert display.ax_.get_xscale() == "log"


def test_groups_are_joined_at_the_thresholds_that_are_told(display: IdentificationCurveDisplay) -> None:
    evaluation = world("searches")
    joined = {line.get_label(): line for line in display.ax_.lines}
    for at in (evaluation.safe_threshold, *evaluation.reference_thresholds):
        index = evaluation.index_of(at)
        y = np.sort([values[index] for values in display.points[1]])
        assert_array_equal(np.sort(joined[f"_at {at:.6g}"].get_ydata()), y)


def test_the_words_tell_hits_and_not_misses(display: IdentificationCurveDisplay) -> None:
    evaluation = world("searches")
    axis, index = evaluation.axes["group"], evaluation.safe.index
    hits = 1 - axis.false_non_matches.estimate[:, index]
    assert f"TPIR {number(hits.min())} to {number(hits.max())}" in display.alt_text
    assert "FNIR" not in display.alt_text
    assert display.title.startswith("TPIR against FPIR by group, matcher made up")


def test_comparisons_have_no_tpir() -> None:
    with pytest.raises(InputError, match="TPIR is of searches, and the study's task is verification"):
        IdentificationCurveDisplay.from_evaluation(world("3 groups"), "group")


def test_the_det_curve_is_what_it_was() -> None:
    display = DetDisplay.from_evaluation(world("searches"), "group").plot()
    assert display.ax_.get_yscale() == "log"
    assert not [b for b in display.ax_.collections if isinstance(b, FillBetweenPolyCollection)]
    assert display.rates == ("FPIR", "FNIR")


@pytest.mark.parametrize("groups", [1, 2, 8, 12])
def test_it_can_be_read_with_few_groups_and_many(groups: int) -> None:
    evaluation = searched(groups)
    assert_readable(IdentificationCurveDisplay.from_evaluation(evaluation, "group"), f"{groups} groups")

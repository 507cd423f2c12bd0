import numpy as np
import pytest
from matplotlib.text import Text
from numpy.testing import assert_array_equal

from harness.figures import DetDisplay
from tests.few_thresholds import evaluate_at
from tests.figures.worlds import scores, study, world


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
    place = evaluation.safe.index
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


@pytest.mark.parametrize("named", [(), (0.5,), (0.5, 0.52)])
def test_groups_are_joined_at_every_threshold_at_which_the_answer_is_told(named: tuple[float, ...]) -> None:
    """The operating thresholds that the policy names; else the reference point."""
    policy = {"max_ratio": 1.01, "operating": list(named)}
    evaluation = evaluate_at(scores(3), study=study(), policy=policy, thresholds=[0.45, 0.5, 0.52, 0.55])
    told = evaluation.reference_thresholds
    assert not named or told == named
    display = DetDisplay.from_evaluation(evaluation, "group").plot()
    legend = [text.get_text() for text in display.ax_.figure.findobj(Text)]
    name = "operating threshold" if named else "reference point"
    for at, marker in zip(told, "Dp", strict=False):
        assert at != evaluation.safe_threshold
        joined = next(line for line in display.ax_.lines if line.get_label() == f"_at {at:.6g}")
        x, _ = (values[:, evaluation.index_of(at)] for values in display.points)
        assert_array_equal(np.sort(joined.get_xdata()), np.sort(x))
        assert joined.get_marker() == marker
        assert f"{name} {at:.6g}" in legend
        assert f"At the {name} {at:.6g} the groups are drawn at FMR" in display.alt_text

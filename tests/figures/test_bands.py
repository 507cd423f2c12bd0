"""Rates along the size of a watchlist, and shares of false alerts along the prevalence: drawn as given."""

import base64
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from numpy.testing import assert_array_equal

from harness.errors import InputError
from harness.figures import FalseShareDisplay, RateByListSizeDisplay
from harness.figures.style import GREY, PALETTE
from harness.numbers import number, percent
from harness.projection import project
from tests.figures.seen import assert_readable, texts
from tests.figures.worlds import LONG, world

SIZES = np.array([500.0, 1000.0, 2000.0, 4000.0, 6000.0, 12000.0])
PREVALENCE = np.logspace(-5, -1, 21)
NAN = np.nan


def list_sizes(groups: int, **more: object) -> RateByListSizeDisplay:
    """FPIR proportional to the size, the groups apart; of the largest list only bounds are known."""
    estimate = np.outer(1 + np.arange(groups) / groups, 3e-6 * SIZES)
    lower, upper = estimate / 1.5, estimate * 1.5
    estimate[:, -1] = NAN
    given = {
        "matcher": "made up 2.1",
        "axis": "group",
        "threshold": 0.6,
        "groups": tuple(LONG.format(i + 1) for i in range(groups)),
        "sizes": SIZES,
        "estimate": estimate,
        "lower": lower,
        "upper": upper,
        "confidence": 0.95,
        "tested": 6000,
    }
    return RateByListSizeDisplay(**{**given, **more})  # type: ignore[arg-type]


def false_shares(groups: int, **more: object) -> FalseShareDisplay:
    def share(false: np.ndarray) -> np.ndarray:
        return false[:, None] / (false[:, None] + 0.8 * PREVALENCE)

    false = 1e-3 * (1 + np.arange(groups))
    together = false.mean(keepdims=True)
    given = {
        "matcher": "made up 2.1",
        "axis": "group",
        "threshold": 0.6,
        "groups": tuple(LONG.format(i + 1) for i in range(groups)),
        "prevalence": PREVALENCE,
        "estimate": share(false),
        "lower": share(false / 2),
        "upper": share(false * 2),
        "all_estimate": share(together)[0],
        "all_lower": share(together / 2)[0],
        "all_upper": share(together * 2)[0],
        "confidence": 0.95,
        "stated": 0.001,
    }
    return FalseShareDisplay(**{**given, **more})  # type: ignore[arg-type]


def lines(display: RateByListSizeDisplay | FalseShareDisplay) -> dict[str, np.ndarray]:
    return {str(line.get_label()): np.asarray(line.get_ydata()) for line in display.ax_.lines}


def test_estimates_are_drawn_where_there_are_some_and_bounds_elsewhere() -> None:
    display = list_sizes(3).plot()
    drawn = lines(display)
    for i, group in enumerate(display.groups):
        assert_array_equal(drawn[group], display.estimate[i])
        alone = np.where(np.isnan(display.estimate[i]), display.upper[i], NAN)
        assert_array_equal(drawn[f"_upper bound of {group}"], alone)


def test_a_rate_of_zero_is_drawn_by_its_bound_alone() -> None:
    display = list_sizes(2)
    zero = np.where(SIZES == 500, 0.0, display.estimate)
    display = replace(display, estimate=zero, lower=np.where(SIZES == 500, 0.0, display.lower)).plot()
    drawn = lines(display)
    for i, group in enumerate(display.groups):
        assert np.isnan(drawn[group][0])
        assert drawn[f"_upper bound of {group}"][0] == display.upper[i, 0]


def test_bands_run_from_the_lower_to_the_upper_bounds() -> None:
    display = list_sizes(2).plot()
    bands = [b for b in display.ax_.collections if isinstance(b, FillBetweenPolyCollection)]
    for i, band in enumerate(bands):
        corners = {tuple(corner) for path in band.get_paths() for corner in path.vertices.tolist()}
        for bound in (display.lower, display.upper):
            assert {(float(x), float(y)) for x, y in zip(SIZES, bound[i], strict=True)} <= corners


def test_the_tested_size_and_what_is_allowed_are_marked() -> None:
    display = list_sizes(2, tolerated=0.01).plot()
    written = [text.get_text() for text in texts(display.ax_.figure)]
    assert {"tested size 6,000", "allowed: 0.01", "1,000", "5,000"} <= {*written}
    assert set(lines(display)["_allowed"]) == {0.01}
    assert "A line shows the largest rate allowed, 0.01." in display.alt_text


def test_the_mark_stands_above_its_size_on_the_logarithmic_axis() -> None:
    display = list_sizes(2).plot()
    (mark,) = (t for t in texts(display.ax_.figure) if t.get_text() == "tested size 6,000")
    box = mark.get_window_extent()
    at, _ = display.ax_.transData.transform((6000, display.ax_.get_ylim()[0]))
    assert (box.x0 + box.x1) / 2 == pytest.approx(at, abs=1)


def test_the_words_name_the_highest_and_the_lowest_group() -> None:
    display = list_sizes(3)
    at = int(np.flatnonzero(SIZES == 6000)[0])
    highest, lowest = (
        f"{display.groups[g]} ({number(display.estimate[g, at])}, bounds {number(display.lower[g, at])} and "
        f"{number(display.upper[g, at])})"
        for g in (2, 0)
    )
    said = f"With a list of 6,000 subjects, the tested size, the highest is that of {highest} and the lowest that of"
    assert f"{said} {lowest}." in display.alt_text
    low, high = number(display.lower[0, -1]), number(display.upper[2, -1])
    said = f"12,000 subjects, there is no estimate, and bounds run from {low} to {high}."
    assert said in display.alt_text
    alone = list_sizes(1).alt_text
    assert f"the only one known is that of {LONG.format(1)}" in alone
    alike = list_sizes(2, estimate=np.ones((2, 6)) / 100).alt_text
    assert f"all have that of {LONG.format(1)}" in alike


def test_shares_are_drawn_for_all_and_by_group() -> None:
    display = false_shares(3, tolerated=0.9).plot()
    drawn = lines(display)
    assert_array_equal(drawn["all passers-by"], display.all_estimate)
    for i, group in enumerate(display.groups):
        assert_array_equal(drawn[group], display.estimate[i])
    assert display.ax_.get_ylim() == (0, 1)
    at = int(np.flatnonzero(np.isclose(PREVALENCE, 0.001))[0])
    together, low, high = (
        percent(float(a[at])) for a in (display.all_estimate, display.all_lower, display.all_upper)
    )
    said = f"Where 1 in 1,000 is on the list, {together} of all alerts are false (bounds {low} and {high})"
    assert said in display.alt_text
    written = {text.get_text() for text in texts(display.ax_.figure)}
    assert {"stated: 1 in 1,000", "allowed: 90.00 %", "1 in 100", "all passers-by"} <= written


def test_without_a_crowd_there_are_lines_of_groups_alone() -> None:
    display = false_shares(2, all_estimate=None, all_lower=None, all_upper=None).plot()
    assert "all passers-by" not in lines(display)
    assert "a line for each of 2 groups" in display.alt_text
    assert "Where 1 in 1,000 is on the list, by group, the highest" in display.alt_text


@pytest.mark.parametrize("groups", [1, 2, 3, 8, 12, 30])
@pytest.mark.parametrize("made", [list_sizes, false_shares])
def test_they_can_be_read_with_few_groups_and_many(made: object, groups: int) -> None:
    display = made(groups, tolerated=0.02)  # type: ignore[operator]
    assert_readable(display, f"{groups} groups")
    assert "\n" not in display.alt_text
    assert "nan" not in display.alt_text


def test_one_size_alone_can_be_drawn() -> None:
    one = list_sizes(
        2,
        sizes=np.array([6000.0]),
        **{
            name: np.full((2, 1), value)
            for name, value in (("estimate", 0.02), ("lower", 0.01), ("upper", 0.03))
        },
    )
    assert_readable(one, "one size")


def test_what_is_not_known_at_all_is_said() -> None:
    nothing = np.full((2, 6), NAN)
    display = list_sizes(2, estimate=nothing, lower=nothing, upper=nothing)
    assert_readable(display, "nothing known")
    assert "nothing is known" in display.alt_text


def test_only_the_five_colours_and_grey_are_used() -> None:
    allowed = {*(colour.lower() for colour in PALETTE), GREY.lower()}
    for display in (list_sizes(8), false_shares(8)):
        for line in display.plot().ax_.lines:
            assert to_hex(line.get_color()) in allowed


def test_they_are_shown_in_a_notebook_and_on_axes_that_are_given() -> None:
    for display in (list_sizes(2), false_shares(2)):
        data, metadata = display.plot()._repr_mimebundle_()
        assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
        assert metadata["image/png"]["alt"] == display.alt_text
        ax = Figure(figsize=(9, 7)).add_axes((0.3, 0.4, 0.4, 0.4))
        assert display.plot(ax=ax).ax_ is ax


def test_arrays_of_another_shape_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"lower of RateByListSizeDisplay has shape \(2, 5\), and not \(2, 6\)"
    ):
        list_sizes(2, lower=np.zeros((2, 5)))
    with pytest.raises(
        InputError, match=r"all_upper of FalseShareDisplay has shape \(20,\), and not \(21,\)"
    ):
        false_shares(2, all_upper=np.zeros(20))


def test_rates_at_lists_of_the_tested_mix_are_those_of_a_projection() -> None:
    lists = {"of 50": {"size": 50}, "of 10": {"size": 10}, "as tested": {"size": 100}}
    projection = project(world("searches"), {"lists": lists}, curves=False)
    index = projection.evaluation.index_of(0.5)
    display = RateByListSizeDisplay.from_projection(projection, "group", 0.5)
    assert display.sizes.tolist() == [10, 50, 100]
    assert display.tested == 100
    for column, name in enumerate(("of 10", "of 50", "as tested")):
        rates = projection.lists[name].axes["group"].rates
        for end in ("estimate", "lower", "upper"):
            assert_array_equal(getattr(display, end)[:, column], getattr(rates, end)[:, index])
    one = RateByListSizeDisplay.from_projection(projection, "group", 0.5, lists=["of 50"])
    assert one.sizes.tolist() == [50]
    with pytest.raises(
        InputError, match="the projection has no list 'of 7'; name some of its lists: of 50, of 10"
    ):
        RateByListSizeDisplay.from_projection(projection, "group", lists=["of 7"])

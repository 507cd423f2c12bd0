"""What a notebook shows of a display: its picture, with its words."""

import base64

import pytest
from matplotlib.figure import Figure
from worlds import world

from harness.evaluation import Evaluation
from harness.figures import FalseMatchRateDisplay, figures_of


@pytest.mark.parametrize("name", ["3 groups", "across 3 groups", "searches"])
def test_every_figure_is_shown_with_its_alternative_text(name: str) -> None:
    for called, display in figures_of(world(name)):
        data, metadata = display.plot()._repr_mimebundle_(include=None, exclude=None)
        assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG"), called
        assert metadata["image/png"]["alt"] == data["text/plain"] == display.alt_text


def test_it_is_as_wide_as_the_figure_at_96_dots_an_inch(display: FalseMatchRateDisplay) -> None:
    _, metadata = display.plot()._repr_mimebundle_()
    assert metadata["image/png"]["width"] == round(96 * display.figure_.get_size_inches()[0])  # type: ignore[union-attr]


def test_one_that_was_not_drawn_yet_is_drawn(three: Evaluation) -> None:
    data, _ = FalseMatchRateDisplay.from_evaluation(three, "group")._repr_mimebundle_()
    assert "image/png" in data


def test_on_axes_that_were_given_it_is_no_figure_of_its_own(three: Evaluation) -> None:
    ax = Figure().subplots()
    display = three.plot_false_match_rates(ax=ax)
    assert display.ax_ is ax
    assert display._repr_mimebundle_() == ({"text/plain": display.alt_text}, {})


def test_drawn_again_it_shows_the_same_bytes(display: FalseMatchRateDisplay) -> None:
    assert display.plot()._repr_mimebundle_() == display.plot()._repr_mimebundle_()

"""Figures of other lists: what is drawn is what was found, with words, and nothing is cut."""

import numpy as np
import pytest

from harness.figures.other_lists import ListMixDisplay, ListSizeDisplay


@pytest.fixture
def sizes() -> ListSizeDisplay:
    safe = np.array([0.59, 0.61, np.nan])
    return ListSizeDisplay(matcher="M 1", sizes=(20, 200, 2000), safe=safe, better="higher")


@pytest.fixture
def mixes() -> ListMixDisplay:
    safe = np.array([[0.6, 0.62], [np.nan, np.nan]])
    tested = np.array([[True, True], [True, False]])
    return ListMixDisplay(
        matcher="M 1",
        attribute="ethnicity",
        group="Black",
        sizes=(20, 200),
        shares=(0.1, 1.0),
        safe=safe,
        tested=tested,
    )


def test_the_curve_ends_where_there_is_no_safe_threshold(sizes: ListSizeDisplay) -> None:
    ax = sizes.plot().ax_
    (line,) = (line for line in ax.lines if line.get_label() == "safe threshold")
    (none,) = (line for line in ax.lines if line.get_label() == "_none")
    assert line.get_ydata().tolist()[:2] == [0.59, 0.61]
    assert none.get_xdata().tolist() == [2000]
    assert "20: 0.59, 200: 0.61, 2000: none" in sizes.alt_text.replace(",000", "000")


def test_a_cell_says_its_threshold_or_none_or_that_it_was_not_tested(mixes: ListMixDisplay) -> None:
    ax = mixes.plot().ax_
    texts = [text.get_text() for text in ax.texts]
    for text in ("0.6", "0.62", "none", "–", "10 %", "100 %"):
        assert text in texts
    assert "from 0.6 to 0.62" in mixes.alt_text
    assert "1 list without any, 1 list not tested" in mixes.alt_text


def test_both_are_drawn_without_any_safe_threshold(sizes: ListSizeDisplay, mixes: ListMixDisplay) -> None:
    for display in (sizes, mixes):
        object.__setattr__(display, "safe", np.full(display.safe.shape, np.nan))
        assert b"<svg" in display.render("svg")


@pytest.mark.parametrize("name", ["sizes", "mixes"])
def test_nothing_lies_outside_the_figure(name: str, request: pytest.FixtureRequest) -> None:
    display = request.getfixturevalue(name)
    figure = display.plot().figure_
    figure.canvas.draw()
    whole = figure.bbox
    for text in display.ax_.texts:
        box = text.get_window_extent()
        assert whole.x0 <= box.x0, text.get_text()
        assert box.x1 <= whole.x1, text.get_text()
        assert whole.y0 <= box.y0, text.get_text()
        assert box.y1 <= whole.y1, text.get_text()

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from harness.figures.labels import fitting, label_names, spread, text_width
from harness.figures.style import PALETTE, line_styles

WIDTH = 120.0


def test_positions_far_enough_apart_stay() -> None:
    assert_allclose(spread(np.array([10.0, 30, 50]), 12, 0, 100), [10, 30, 50])


def test_equal_positions_are_spread_around_where_they_were() -> None:
    assert_allclose(spread(np.array([50.0, 50, 50]), 12, 0, 100), [38, 50, 62])


def test_positions_keep_within_the_limits() -> None:
    assert_allclose(spread(np.array([0.0, 1, 100]), 12, 0, 100), [0, 12, 100])
    assert_allclose(spread(np.array([99.0, 100]), 12, 0, 100), [88, 100])


@given(st.lists(st.floats(0, 300), min_size=1, max_size=12))
def test_positions_are_apart_in_order_and_within(wanted: list[float]) -> None:
    found = spread(np.sort(wanted), 13.5, 0, 300)
    assert (np.diff(found) >= 13.5 - 1e-9).all()
    assert found[0] >= -1e-9
    assert found[-1] <= 300 + 1e-9


def test_a_short_name_is_left_alone() -> None:
    assert fitting("Black", WIDTH) == "Black"
    assert fitting("Bl\u200back\u2028", 3 * WIDTH) == "Bl‹U+200B›ack‹U+2028›"


def test_a_long_name_keeps_both_ends() -> None:
    short = fitting("Any other Black, African or Caribbean background 07", WIDTH)
    assert short.startswith("Any")
    assert "…" in short
    assert short.endswith("07")
    assert text_width(short) <= WIDTH


def test_names_shortened_to_the_same_are_told_apart_by_number() -> None:
    names = label_names([f"{'W' * 20}{middle}{'W' * 20}" for middle in "ab"], WIDTH)
    assert names[0].startswith("1: ")
    assert names[1].startswith("2: ")
    assert all(text_width(name) <= WIDTH for name in names)


def test_a_name_that_the_font_lacks_is_numbered() -> None:
    assert label_names(["漢族", "Han"], WIDTH) == ("2: ��", "Han")


def test_a_number_is_the_place_in_order_whatever_order_a_figure_shows() -> None:
    names = [f"{'W' * 20}{middle}{'W' * 20}" for middle in "cab"]
    assert [label[:2] for label in label_names(names, WIDTH)] == ["3:", "1:", "2:"]


CENSUS = (
    "Asian or Asian British – Bangladeshi (self-declared)",
    "Asian or Asian British – Pakistani (self-declared)",
    "Black or Black British – African (self-declared)",
    "Black or Black British – Caribbean (self-declared)",
    "Mixed or multiple ethnic groups – White and Black African",
    "White – English, Welsh, Scottish, Northern Irish or British (self-declared)",
)


def test_a_long_name_keeps_what_tells_it_from_the_others() -> None:
    assert label_names(CENSUS, WIDTH) == (
        "Asian…Bangladeshi…",
        "Asian…Pakistani…",
        "Black…British…African…",
        "Black…Caribbean…",
        "Mixed…multiple ethnic…",
        "White…English, Welsh…",
    )


@pytest.mark.parametrize("width", [90.0, 120.0, 130.0])
def test_combined_names_keep_both_of_their_parts_apart(width: float) -> None:
    names = [f"{name}×{sex}" for name in CENSUS[2:4] for sex in ("female", "male")]
    labels = label_names(names, width)
    assert len(set(labels)) == 4
    assert all(text_width(label) <= width for label in labels)
    assert [label.endswith("female") for label in labels] == [True, False, True, False]
    assert not any("……" in label or label[0].isdigit() for label in labels)


@pytest.mark.slow
@given(st.lists(st.text(max_size=40), min_size=1, max_size=8, unique=True), st.floats(80, 200))
def test_labels_fit_and_differ_unless_the_font_lacks_them(names: list[str], width: float) -> None:
    labels = label_names(names, width)
    assert all(text_width(label) <= width for label in labels)
    assert len(set(labels)) == len(names)


def test_thirty_lines_differ_without_colour() -> None:
    styles = line_styles(180)
    assert len({(style.dashes, style.marker) for style in styles[:30]}) == 30
    assert len({(style.dashes, style.marker, style.fill) for style in styles}) == 180


@pytest.mark.parametrize("color", PALETTE)
def test_colours_reach_three_to_one_on_white(color: str) -> None:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    luminance = float(np.dot([0.2126, 0.7152, 0.0722], linear))
    assert 1.05 / (luminance + 0.05) >= 3

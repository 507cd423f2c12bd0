"""Curves as paths, and where numbers lie on the scales of a figure."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.charts import TOLERANCE, band_path, line_path, linear, logarithmic, window


def points(path: str) -> list[list[tuple[float, float]]]:
    """The points of every stroke of a path of moves and relative lines."""
    strokes = []
    for start, steps in re.findall(r"M([-\d ]+)l([-\d ]*)", path):
        x, y = map(int, start.split())
        stroke = [(x, y)]
        numbers = list(map(int, steps.split()))
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            stroke.append((x, y))
        strokes.append(stroke)
    return strokes


def test_a_straight_line_keeps_its_ends_alone() -> None:
    x = np.arange(0.0, 101.0)
    assert points(line_path(x, 2 * x, np.ones(101, bool))) == [[(0, 0), (100, 200)]]


def test_a_line_is_broken_where_there_is_nothing_to_draw() -> None:
    x, drawn = np.arange(0.0, 60.0, 10), np.array([True, True, False, False, True, False])
    assert points(line_path(x, np.zeros(6), drawn)) == [[(0, 0), (10, 0)], [(40, 0), (40, 0)]]
    assert line_path(x, x, np.zeros(6, bool)) == ""


def test_a_band_goes_out_along_the_upper_and_back_along_the_lower_curve() -> None:
    x = np.array([0.0, 10.0])
    assert (
        band_path(x, np.array([5.0, 5.0]), np.array([1.0, 1.0]), np.ones(2, bool)) == "M0 1l10 0L10 5l-10 0Z"
    )


@given(st.lists(st.floats(0, 600), min_size=2, max_size=60))
def test_no_point_is_farther_from_the_line_than_a_pixel(heights: list[float]) -> None:
    x, y = np.linspace(0, 1600, len(heights)), np.array(heights)
    (stroke,) = points(line_path(x, y, np.ones(len(heights), bool)))
    at = np.array(stroke, float)
    for px, py in zip(x, y, strict=True):
        start, along = at[:-1], at[1:] - at[:-1]
        share = np.clip(
            ((px - start[:, 0]) * along[:, 0] + (py - start[:, 1]) * along[:, 1])
            / np.maximum((along**2).sum(axis=1), 1e-12),
            0,
            1,
        )
        off = np.hypot(start[:, 0] + share * along[:, 0] - px, start[:, 1] + share * along[:, 1] - py)
        assert off.min() <= TOLERANCE + 1


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        (0.38, 0.74, ["0.4", "0.5", "0.6", "0.7"]),
        (1.4, 0.85, ["1", "1.2", "1.4"]),
        (0.0, 1.0, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (5.0, 5.0, ["4.6", "4.8", "5", "5.2", "5.4"]),
    ],
)
def test_a_linear_scale_names_round_numbers(low: float, high: float, written: list[str]) -> None:
    assert [text for _, text in linear(low, high).ticks] == written


@given(st.floats(1e-9, 1), st.floats(1.1, 1e6))
def test_a_logarithmic_scale_names_numbers_within_it(low: float, factor: float) -> None:
    scale = logarithmic(low, low * factor)
    at = scale.share(np.array([value for value, _ in scale.ticks]))
    assert ((at >= -1e-6) & (at <= 1 + 1e-6)).all()
    assert (np.diff(at) > 0).all()


def test_a_scale_that_falls_has_its_first_end_on_the_left() -> None:
    assert linear(1.4, 0.4).share(np.array([1.4, 0.9, 0.4])).tolist() == pytest.approx([0, 0.5, 1])


def test_figures_show_from_the_first_of_use_to_a_little_beyond_the_last_error_and_every_strict_mark() -> None:
    thresholds = np.linspace(0, 1, 101)
    rates = np.clip(1 - thresholds * 2, 0, None)[None]
    assert window(thresholds, [rates], [], 25) == (25, 50)
    assert window(thresholds, [rates], [80], 25) == (25, 83)
    assert window(thresholds, [np.zeros((2, 101))], [5], 5) == (0, 100)

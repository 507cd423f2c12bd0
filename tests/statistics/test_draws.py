"""Draws of rates: the quantiles of their distribution, each group's in an order of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from scipy.interpolate import CubicSpline

from harness.statistics.draws import (
    DRAWS,
    NODES,
    ascending,
    drawn_logarithms,
    interpolations,
    node_logarithms,
    shuffles,
)


@pytest.mark.parametrize(
    ("k", "n"), [(0, 1e6), (0.3, 50), (5, 1e9), (1e5, 1e6), (10, 10), (0, 1), (0.01, 0.5)]
)
def test_draws_are_the_quantiles_of_beta(k: float, n: float) -> None:
    shuffle, _ = shuffles(1)
    nodes = node_logarithms(np.array([[k]]), np.array([[n]]))
    drawn = np.exp(np.sort(drawn_logarithms(nodes, interpolations(shuffle))[0, 0]))
    quantiles = stats.beta.ppf((np.arange(DRAWS) + 0.5) / DRAWS, k + 0.5, n - k + 0.5)
    assert drawn == pytest.approx(quantiles, rel=5e-4)
    assert (drawn <= 1).all()


def test_each_group_has_its_own_order_of_the_spline_through_its_nodes() -> None:
    shuffle, _ = shuffles(3)
    nodes = node_logarithms(np.array([[3.0, 9.0], [0.0, 2.0], [700.0, 5.0]]), np.full((3, 2), 900.0))
    drawn = drawn_logarithms(nodes, interpolations(shuffle))
    scores = stats.norm.ppf((np.arange(DRAWS) + 0.5) / DRAWS)
    at = np.linspace(scores[0], scores[-1], NODES)
    for group in range(3):
        for threshold in range(2):
            spline = CubicSpline(at, nodes[group, threshold])(scores)
            assert drawn[group, threshold] == pytest.approx(spline[shuffle[:, group]], rel=1e-12, abs=1e-14)


def test_draws_of_groups_and_rates_are_unrelated() -> None:
    orders = np.hstack(shuffles(4))
    correlation = np.corrcoef(orders.T) - np.eye(8)
    assert np.abs(correlation).max() < 4 / np.sqrt(DRAWS)


@given(st.integers(1, 40).flatmap(lambda n: arrays.arrays(np.float64, (n, 7), elements=st.floats(-9, 0))))
def test_ascending_sorts_whole_slices(values: np.ndarray) -> None:
    expected = np.sort(values, axis=0)
    assert np.array_equal(ascending(values.copy()), expected)

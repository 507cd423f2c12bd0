"""A quick part of the study of lists alike, which `python -m benchmarks.searches_coverage` runs whole."""

import numpy as np
import pytest

from benchmarks.searches_coverage import THRESHOLDS, Found, Setting, run

RUNS = 60
WITH_WOLVES = Setting(listed=600, people=150, searches=1, wolves=0.02, raised=2.0)


@pytest.fixture(scope="module")
def found() -> Found:
    return run(WITH_WOLVES, RUNS)


def test_intervals_hold_for_lists_alike(found: Found) -> None:
    assert found.covered[0].min() >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / RUNS)
    assert found.covered[0].mean() >= 0.93


def test_intervals_clustered_by_probe_alone_do_not(found: Found) -> None:
    assert found.covered[1].min() < 0.7


def test_a_disparity_is_wrongly_detected_only_by_probe_alone(found: Found) -> None:
    assert found.detected[0].max() <= 0.05
    assert found.detected[1].max() > 0.15


def test_the_true_rates_are_those_of_the_draws() -> None:
    setting = Setting(listed=200, people=100, searches=1, wolves=0.02, raised=2.0)
    rng, shares = np.random.default_rng(1), []
    for _ in range(100):
        for matches in setting.draw(rng):
            best = np.full(matches.searches, -np.inf)
            np.maximum.at(best, matches.search, matches.score)
            shares.append((best[:, None] >= THRESHOLDS).mean(axis=0))
    standard_error = np.std(shares, axis=0) / np.sqrt(len(shares) / 2)  # two groups share a list
    assert (np.abs(np.mean(shares, axis=0) - setting.rates()) < 4 * standard_error + 1e-9).all()

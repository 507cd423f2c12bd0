"""A quick part of the study of claims, which `python -m benchmarks.claims` runs whole."""

import numpy as np
import pytest

from benchmarks.claims import MAX_RATIO, THRESHOLDS, WORLDS, Tally, claims, is_broken, tally


def tallied(name: str, runs: int, subjects: int, tolerated: str = "ratio") -> Tally:
    return tally(name, tolerated, [claims(name, seed, subjects)[tolerated] for seed in range(runs)])


def test_where_the_ratio_stays_at_three_parity_is_never_shown_though_nothing_is_detected_at_last() -> None:
    found = tallied("persisting", 8, 100)
    assert (found.claimed, found.wrong) == (0, 0)
    assert 0.5 < found.detected_to < 0.62


def test_a_ratio_just_over_the_tolerance_is_not_called_parity() -> None:
    assert tallied("edge", 10, 60).wrong <= 0.1


@pytest.mark.slow
def test_a_range_is_not_claimed_across_a_band_of_disparity() -> None:
    assert tallied("band", 8, 150).wrong <= 1 / 8


@pytest.mark.slow
def test_parity_is_found_close_to_where_it_begins() -> None:
    found = tallied("vanishing", 6, 226)
    assert found.close is not None
    assert found.close >= 5 / 6


@pytest.mark.slow
def test_a_gap_is_called_parity_only_where_it_is_within_the_tolerance() -> None:
    found = tallied("persisting", 8, 100, "gap")
    assert found.wrong <= 1 / 8
    assert found.close is not None
    assert found.close >= 7 / 8
    assert is_broken("persisting", "gap").any()


def test_where_all_are_alike_parity_is_found() -> None:
    assert tallied("equal", 4, 100).claimed >= 3 / 4


def test_the_worlds_are_what_they_are_called() -> None:
    ratio = {name: np.asarray(make().worst_ratio("ethnicity", THRESHOLDS)) for name, make in WORLDS.items()}
    assert (ratio["edge"] > MAX_RATIO).all()
    assert np.allclose(ratio["equal"], 1)
    assert np.allclose(ratio["persisting"], 3)
    in_band = ratio["band"] > MAX_RATIO
    assert in_band.any()
    assert np.allclose(ratio["band"][[0, -1]], 1)
    assert (ratio["vanishing"][THRESHOLDS >= 0.6] == 1).all()

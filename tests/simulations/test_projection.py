"""A quick part of the study of projections, which `python -m benchmarks.projection` runs whole."""

import numpy as np
import pytest

from benchmarks.projection import Found, Setting, World, found, project

RUNS = 60
FOUR_STANDARD_ERRORS = 4 * np.sqrt(0.05 * 0.95 / RUNS)
SMALL = World(probes=(200, 200), listed=(200, 200))
SHARES = ((1.0, 1.0), (1.0, 0.1))


@pytest.fixture(scope="module")
def with_wolves() -> list[Found]:
    return found(SMALL, SHARES, RUNS)


@pytest.mark.slow
def test_intervals_hold_at_lists_alike_and_at_another_mix(with_wolves: list[Found]) -> None:
    for result in with_wolves:
        assert result.coverage.min() >= 0.95 - FOUR_STANDARD_ERRORS
        assert result.coverage.mean() >= 0.93


@pytest.mark.slow
def test_no_disparity_is_detected_where_groups_are_alike_and_one_is_where_the_mix_drives_them_apart(
    with_wolves: list[Found],
) -> None:
    alike, mixed = with_wolves
    assert alike.wrong.max() <= 0.05 + FOUR_STANDARD_ERRORS
    assert mixed.wrong.max() > 0.3


@pytest.mark.slow
def test_clusters_of_probes_alone_do_not(with_wolves: list[Found]) -> None:
    assert with_wolves[0].naive.min() < 0.8
    assert with_wolves[0].wrong_naive.max() > 0.1


def test_the_truth_is_that_of_the_draws() -> None:
    world = World(probes=(300, 300), listed=(100, 100), wolves=0.05)
    rng, at = np.random.default_rng(4), world.thresholds()
    wanted = Setting(world, (1.0, 0.2)).wanted
    drawn = [project(world, [wanted], rng, at)[0].estimate for _ in range(40)]
    truth = np.array([world.truth(t, wanted) for t in at.tolist()]).T
    error = np.std(drawn, axis=0) / np.sqrt(len(drawn))
    assert (np.abs(np.mean(drawn, axis=0) - truth) < 4 * error)[:, :3].all()

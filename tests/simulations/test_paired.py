"""A quick part of the study of paired comparisons, which `python -m benchmarks.paired` runs whole."""

import numpy as np
import pytest

from benchmarks.paired import RATES, Found, Setting, found

RUNS = 60
FOUR_STANDARD_ERRORS = 4 * np.sqrt(0.05 * 0.95 / RUNS)
SMALL = (100, 100)


@pytest.fixture(scope="module")
def with_wolves() -> dict[float, Found]:
    return {r: found(Setting(r, "of both", SMALL), RUNS) for r in (0.0, 0.5, 0.9)}


@pytest.mark.slow
def test_bounds_hold_whatever_the_matchers_have_in_common(with_wolves: dict[float, Found]) -> None:
    for result in with_wolves.values():
        assert result.coverage.min() >= 0.95 - FOUR_STANDARD_ERRORS
        assert result.of_widening.min() >= 0.95 - FOUR_STANDARD_ERRORS


@pytest.mark.slow
def test_they_are_narrower_than_those_of_two_evaluations_the_more_so_the_more_is_common(
    with_wolves: dict[float, Found],
) -> None:
    at = RATES >= 1e-2
    widths = [with_wolves[r].width[at].mean() for r in (0.0, 0.5, 0.9)]
    assert 1 > widths[0] > widths[1] > widths[2]


def test_the_true_ratios_are_those_of_the_draws() -> None:
    setting = Setting(0.5, "none", SMALL)
    rng = np.random.default_rng(3)
    old, new = setting.truth()
    drawn = [[setting.draw(rng, group) for group in (0, 1)] for _ in range(12)]
    for matcher, truth in enumerate((old, new)):
        scores = [np.concatenate([run[group][1 + matcher] for run in drawn]) for group in (0, 1)]
        pooled = np.sort(np.concatenate(scores))
        at = pooled[-int(RATES[0] * len(pooled))]
        ratio = np.mean(scores[1] >= at) / np.mean(scores[0] >= at)
        assert ratio == pytest.approx(truth[0], rel=0.15)

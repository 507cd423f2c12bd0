"""A quick part of the coverage study, which `python -m benchmarks.coverage` runs whole."""

import numpy as np
import pytest

from benchmarks.coverage import LADDER, RATES, REPORTED, Setting, coverage, draws

RUNS = 200
FOUR_STANDARD_ERRORS = 4 * np.sqrt(0.05 * 0.95 / RUNS)

SETTINGS = [
    Setting(subjects=100, identity_share=0.0, columns=2, captures=1),
    Setting(subjects=100, identity_share=0.5, columns=2, captures=1),
    Setting(subjects=100, identity_share=0.2, columns=2, captures=2),
    Setting(subjects=50, identity_share=0.2, columns=1, captures=1),
    Setting(subjects=100, identity_share=0.5, columns=1, captures=1),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_intervals_hold_where_comparisons_share_people(setting: Setting) -> None:
    found = coverage(draws(setting, RUNS, resampled=2))
    assert found.rate[REPORTED].min() >= 0.95 - FOUR_STANDARD_ERRORS
    assert found.ratio[REPORTED].min() >= 0.95 - FOUR_STANDARD_ERRORS


@pytest.mark.parametrize("setting", [s for s in SETTINGS if s.identity_share], ids=str)
def test_taking_comparisons_as_independent_does_not_hold(setting: Setting) -> None:
    found = coverage(draws(setting, RUNS, resampled=2))
    assert found.naive[REPORTED].min() < 0.8
    assert found.naive_ratio[REPORTED].min() < 0.85


def test_a_bootstrap_over_subjects_collapses_where_there_are_no_errors() -> None:
    own = draws(Setting(subjects=50, identity_share=0.2, columns=2, captures=1), 40, resampled=40)
    without = own.errors[:, REPORTED] == 0
    assert without.any()
    assert (own.bootstrap.upper[without] == 0).all()
    assert coverage(own).bootstrap[-1] < 0.2


def test_intervals_of_unequal_groups_hold() -> None:
    small, large = (
        draws(Setting(subjects=subjects, identity_share=0.2, columns=2, captures=1), 100, resampled=1)
        for subjects in (50, 200)
    )
    assert coverage(small, large).ratio[REPORTED].min() >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / 100)


def test_independent_comparisons_cost_little_width() -> None:
    found = coverage(draws(SETTINGS[0], RUNS, resampled=1))
    assert np.nanmax(found.width[REPORTED]) < 1.3


def test_the_true_rates_are_those_of_the_draws() -> None:
    own = draws(Setting(subjects=100, identity_share=0.2, columns=2, captures=2), 100, resampled=1)
    errors = own.errors.mean(axis=0)
    spread = np.sqrt(own.true_effect * own.trials * LADDER / 100)
    assert (np.abs(errors - own.trials * LADDER) < 5 * spread + 1).all()
    assert LADDER[REPORTED].tolist() == pytest.approx(RATES.tolist())

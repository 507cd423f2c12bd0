"""Largest bounds of many groups: those of every pair worked out exactly, though most pairs are passed over."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.statistics.differentials import EffectiveCounts, alike_between, differentials, pairs
from harness.statistics.extremes import largest_detectable_ratio, p_values_for_holm, undominated
from harness.statistics.intervals import (
    detectable_ratio,
    holm,
    one_sided,
    ratio_interval,
    ratio_p_value,
)
from harness.statistics.rates import Rates

WORLDS = ("alike", "apart", "of many sizes", "far apart", "few errors", "equal counts")


def rates_of(groups: int, thresholds: int, world: str, seed: int) -> Rates:
    """Return the rates of groups; design effects make the effective counts fractional."""
    rng = np.random.default_rng(seed)
    trials = rng.integers(200, 90_000, groups) if world == "of many sizes" else np.full(groups, 20_000)
    factor = {"apart": 1 + np.arange(groups) / groups, "far apart": 10 ** rng.uniform(-1.5, 0, groups)}
    rate = 10 ** np.linspace(-0.4, -5 if world == "few errors" else -3.5, thresholds)
    expected = rate * factor.get(world, np.ones(groups))[:, None]
    errors = rng.binomial(trials[:, None], expected)
    if world == "equal counts":
        errors[:] = errors[:1]
    effect = np.ones(errors.shape) if world == "equal counts" else 1 + rng.gamma(1, 0.7, errors.shape)
    unused = np.full(errors.shape, np.nan)
    names = tuple(f"group {i}" for i in range(groups))
    return Rates("FMR", names, trials, errors, effect, errors / trials[:, None], unused, unused, 0.95)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(2, 26), st.sampled_from(WORLDS), st.integers(0, 10_000), st.sampled_from([0.8, 0.95, 0.99])
)
def test_are_those_of_all_pairs(groups: int, world: str, seed: int, confidence: float) -> None:
    rates = rates_of(groups, 9, world, seed)
    found = differentials(rates, confidence)
    first, second = pairs(groups)
    k, n = rates.effective_errors, rates.effective_trials
    counts = k[first], n[first], k[second], n[second]
    significance = (1 - confidence) / len(first)
    adjusted, plain = (ratio_interval(*counts, level) for level in (1 - significance, one_sided(confidence)))
    with np.errstate(divide="ignore"):
        lower, upper = (
            np.maximum(adjusted.lower, 1 / adjusted.upper),
            np.maximum(plain.upper, 1 / plain.lower),
        )
    assert np.array_equal(found.ratio_lower, lower.max(axis=0))
    assert np.array_equal(found.ratio_upper, upper.max(axis=0))
    best = lower.argmax(axis=0)
    shown = np.sort([found.shown_more, found.shown_fewer], axis=0)
    assert np.array_equal(shown, [first[best], second[best]])
    p = holm(ratio_p_value(*counts))
    assert np.array_equal(found.p_value, p.min(axis=0))
    assert np.array_equal(found.pairs_that_differ, (p <= 1 - confidence).sum(axis=0))
    a, n_a, b, n_b = counts
    either = detectable_ratio(a + b, n_a, n_b, significance), detectable_ratio(a + b, n_b, n_a, significance)
    assert np.array_equal(found.detectable_ratio, np.maximum(*either).max(axis=0))


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 20), st.sampled_from(WORLDS), st.integers(0, 10_000))
def test_between_thresholds_are_those_of_all_pairs(groups: int, world: str, seed: int) -> None:
    """Of any group at the more lenient threshold to any other at the stricter one."""
    rates = rates_of(groups, 2, world, seed)
    k, n = rates.effective_errors, rates.effective_trials
    at = np.array([0.5, 0.6])
    told = []

    def alike(ratio: np.ndarray, gap: np.ndarray) -> np.ndarray:
        told.append(ratio)
        return ratio <= 2

    counts = EffectiveCounts(at, np.array([0, 1]), k, n)
    alike_between(counts, np.array([True]), 0.95, alike)
    first, second = pairs(groups)
    high, low = np.concatenate([first, second]), np.concatenate([second, first])
    for found, (lenient, strict) in zip(told[0], ((0, 0), (1, 1), (0, 1)), strict=True):
        every = ratio_interval(
            k[high, lenient], n[high, lenient], k[low, strict], n[low, strict], one_sided(0.95)
        )
        assert found == max(1.0, every.upper.max())


def test_a_group_without_trials_leaves_nothing_bounded_from_above() -> None:
    rates = rates_of(12, 3, "apart", 1)
    trials = rates.trials.copy()
    trials[4] = 0
    errors = rates.errors.copy()
    errors[4] = 0
    with np.errstate(invalid="ignore"):
        estimate = errors / trials[:, None]
    found = differentials(
        Rates("FMR", rates.groups, trials, errors, rates.design_effect, estimate, *[rates.lower] * 2, 0.95),
        0.95,
    )
    assert np.isinf(found.ratio_upper).all()
    assert np.isnan(found.detectable_ratio).all()
    others = np.delete(np.arange(12), 4)
    without = differentials(
        Rates(
            "FMR",
            tuple(rates.groups[i] for i in others),
            trials[others],
            errors[others],
            rates.design_effect[others],
            estimate[others],
            *[rates.lower[others]] * 2,
            0.95,
        ),
        0.95,
    )
    assert (found.shown_more == others[without.shown_more]).all()
    for part in ("ratio_lower", "gap_lower", "p_value", "pairs_that_differ"):
        assert (getattr(found, part) == getattr(without, part)).all(), part


@pytest.mark.parametrize("world", WORLDS)
def test_most_pairs_of_many_groups_are_passed_over(world: str) -> None:
    """All p-values are at most what stands for them, or exact, and the smallest is."""
    rates = rates_of(40, 5, world, 3)
    first, second = pairs(40)
    k, n = rates.effective_errors, rates.effective_trials
    counts = k[first], n[first], k[second], n[second]
    exact, found = ratio_p_value(*counts), p_values_for_holm(0.05, *counts)
    assert (found >= exact * (1 - 1e-9) - 1e-300).all()  # the smallest floats have few digits
    assert np.array_equal(
        found.min(axis=0)[exact.min(axis=0) <= 0.05], exact.min(axis=0)[exact.min(axis=0) <= 0.05]
    )
    assert np.array_equal(found <= 0.05, exact <= 0.05)
    assert np.array_equal(found <= 0.05 / len(first), exact <= 0.05 / len(first))


def test_undominated_counts_two_that_surpass() -> None:
    errors = np.array([5.0, 5, 4, 3, 9])[:, None]
    trials = np.array([100.0, 100, 100, 100, 900])[:, None]
    assert undominated(errors, trials)[:, 0].tolist() == [True, True, False, False, True]


def test_nothing_is_detected_by_hardly_any_errors() -> None:
    total, trials = np.array([[3.0], [400.0]]), np.full((2, 1), 1e4)
    assert largest_detectable_ratio(total, trials, trials, 0.05).tolist() == [np.inf]

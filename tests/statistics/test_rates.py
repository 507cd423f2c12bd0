"""Rates of errors by group and threshold, from counts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import confusion_matrix

from harness.counting import Counts
from harness.statistics.intervals import clopper_pearson
from harness.statistics.rates import Rates, false_match_rates, false_non_match_rates

THRESHOLDS = np.array([0.5, 0.6, 0.7])


@pytest.fixture
def counts() -> Counts:
    """Two groups; each row says how many comparisons reach exactly 0, 1, 2, 3 of the thresholds."""
    return of_bins([[[900, 60, 30, 10], [1, 3, 6, 90]], [[395, 4, 1, 0], [0, 0, 5, 45]]])


def of_bins(bins: npt.ArrayLike) -> Counts:
    bins = np.array(bins, np.int64)
    cells = tuple((name,) for name in ("Asian", "Black", "White")[: len(bins)])
    return Counts(("ethnicity",), THRESHOLDS, cells, bins, np.zeros((len(bins), 2), np.int64))


def test_false_match_rate_is_matches_over_non_mated_trials(counts: Counts) -> None:
    rates = false_match_rates(counts, task="verification", confidence=0.95)
    assert rates.name == "FMR"
    assert rates.groups == ("Asian", "Black")
    assert rates.trials.tolist() == [1000, 400]
    assert rates.errors.tolist() == [[100, 40, 10], [5, 1, 0]]
    assert rates.estimate.tolist() == [[0.1, 0.04, 0.01], [0.0125, 0.0025, 0]]


def test_false_non_match_rate_is_non_matches_over_mated_trials(counts: Counts) -> None:
    rates = false_non_match_rates(counts, task="verification", confidence=0.95)
    assert rates.name == "FNMR"
    assert rates.trials.tolist() == [100, 50]
    assert rates.errors.tolist() == [[1, 4, 10], [0, 0, 5]]
    assert rates.estimate.tolist() == [[0.01, 0.04, 0.1], [0, 0, 0.1]]


def test_searches_have_identification_rates(counts: Counts) -> None:
    assert false_match_rates(counts, task="identification", confidence=0.95).name == "FPIR"
    assert false_non_match_rates(counts, task="identification", confidence=0.95).name == "FNIR"


def test_a_cell_of_two_sides_is_named_from_probe_to_reference() -> None:
    bins = np.ones((1, 2, 4), np.int64)
    crossed = Counts(("p", "r"), THRESHOLDS, (("Asian", "Black"),), bins, np.zeros((1, 2), np.int64))
    assert false_match_rates(crossed, task="verification", confidence=0.95).groups == ("Asian → Black",)


@pytest.mark.parametrize("confidence", [0.9, 0.99])
def test_intervals_are_exact_binomial_for_independent_trials(counts: Counts, confidence: float) -> None:
    rates = false_match_rates(counts, task="verification", confidence=confidence)
    assert rates.confidence == confidence
    for (group, threshold), errors in np.ndenumerate(rates.errors):
        trials = int(rates.trials[group])
        expected = stats.binomtest(int(errors), trials).proportion_ci(confidence, method="exact")
        found = rates.lower[group, threshold], rates.upper[group, threshold]
        assert found == pytest.approx(tuple(expected), rel=1e-6)


def test_no_trials_have_no_rate() -> None:
    counts = of_bins([[[0, 0, 0, 0], [1, 1, 1, 1]], [[5, 5, 0, 0], [0, 0, 0, 0]]])
    for rates, without in (
        (false_match_rates(counts, task="verification", confidence=0.95), 0),
        (false_non_match_rates(counts, task="verification", confidence=0.95), 1),
    ):
        for values in (rates.estimate, rates.lower, rates.upper):
            assert np.isnan(values[without]).all()
            assert np.isfinite(values[1 - without]).all()


class TestDesignEffect:
    @pytest.fixture
    def halved(self, counts: Counts) -> Rates:
        effect = np.array([[2.0, 2.0, 2.0], [1.0, 1.0, 1.0]])
        return false_match_rates(counts, task="verification", confidence=0.95, design_effect=effect)

    def test_is_1_unless_given(self, counts: Counts) -> None:
        rates = false_match_rates(counts, task="verification", confidence=0.95)
        assert rates.design_effect.tolist() == [[1, 1, 1], [1, 1, 1]]
        assert rates.effective_errors.tolist() == rates.errors.tolist()
        assert rates.effective_trials.tolist() == [[1000] * 3, [400] * 3]

    def test_of_2_halves_errors_and_trials_but_not_the_rate(self, halved: Rates) -> None:
        assert halved.effective_errors.tolist() == [[50, 20, 5], [5, 1, 0]]
        assert halved.effective_trials.tolist() == [[500] * 3, [400] * 3]
        assert halved.estimate.tolist() == [[0.1, 0.04, 0.01], [0.0125, 0.0025, 0]]
        assert halved.errors.tolist() == [[100, 40, 10], [5, 1, 0]]

    def test_of_2_widens_the_interval_to_that_of_half_the_trials(self, counts: Counts, halved: Rates) -> None:
        whole = false_match_rates(counts, task="verification", confidence=0.95)
        lower, upper = clopper_pearson([50, 20, 5], 500, 0.95)
        assert halved.lower[0].tolist() == lower.tolist()
        assert halved.upper[0].tolist() == upper.tolist()
        assert np.all(halved.lower[0] < whole.lower[0])
        assert np.all(halved.upper[0] > whole.upper[0])
        assert halved.upper[1].tolist() == whole.upper[1].tolist()


@given(
    st.lists(st.sampled_from([0.4, 0.5, 0.55, 0.6, 0.7, 0.8]), min_size=1),
    st.lists(st.sampled_from([0.4, 0.5, 0.55, 0.6, 0.7, 0.8]), min_size=1),
)
def test_agree_with_the_confusion_matrix_of_scikit_learn(non_mated: list[float], mated: list[float]) -> None:
    reached = [
        np.bincount(np.searchsorted(THRESHOLDS, scores, side="right"), minlength=4)
        for scores in (non_mated, mated)
    ]
    fmr = false_match_rates(of_bins([reached]), task="verification", confidence=0.95).estimate[0]
    fnmr = false_non_match_rates(of_bins([reached]), task="verification", confidence=0.95).estimate[0]
    truth = [0] * len(non_mated) + [1] * len(mated)
    for i, threshold in enumerate(THRESHOLDS):
        matched = np.array(non_mated + mated) >= threshold
        (_, false_match), (false_non_match, _) = confusion_matrix(truth, matched, normalize="true")
        assert (fmr[i], fnmr[i]) == pytest.approx((false_match, false_non_match))

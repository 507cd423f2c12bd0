"""Design effects: equal to comparing every two trials, and what becomes of them where errors are few."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.counting import SubjectSums
from harness.statistics.clustering import carried, design_effect, on_finer_thresholds, small_sample

Trials = list[tuple[tuple[int, ...], bool]]
"""The subjects that each touches, and whether it matches."""


def effect_of(trials: Trials, *, touch_two: bool) -> float:
    matches, touching = {}, {}
    for who, match in trials:
        for subject in set(who):
            matches[subject] = matches.get(subject, 0) + match
            touching[subject] = touching.get(subject, 0) + 1
    k, n = (np.array([of[subject] for subject in touching]) for of in (matches, touching))
    sums = SubjectSums(len(touching), np.array([k @ k]), np.array([k @ n]), int(n @ n), np.array([1.0]))
    matching = np.array([sum(match for _, match in trials)])
    return float(design_effect(matching, len(trials), sums, touch_two=touch_two)[0])


def naive_effect(trials: Trials) -> float:
    """Variance over all pairs of trials with a subject in common, over that of independent trials."""
    n = len(trials)
    p = sum(match for _, match in trials) / n
    related = sum(
        (y - p) * (other_y - p) for who, y in trials for other, other_y in trials if set(who) & set(other)
    )
    m = len({subject for who, _ in trials for subject in who})
    return max(1.0, related / n**2 * m / (m - 1) / (p * (1 - p) / n))


@st.composite
def of_pairs(draw: st.DrawFn) -> Trials:
    """Every pair of subjects at most once, in either order; some matching, some not."""
    pairs = list(combinations(range(draw(st.integers(3, 8))), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=2, unique=True))
    rows = [(draw(st.permutations(pair)), draw(st.booleans())) for pair in chosen]
    return [(tuple(who), match) for who, match in rows] + [((98, 99), True), ((97, 98), False)]


@st.composite
def of_one_side(draw: st.DrawFn) -> Trials:
    rows = draw(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=40))
    return [((subject,), match) for subject, match in rows] + [((6,), True), ((7,), False)]


class TestMeasured:
    @given(of_pairs())
    def test_of_two_subjects_a_trial_equals_comparing_every_two_trials(self, trials: Trials) -> None:
        assert effect_of(trials, touch_two=True) == pytest.approx(naive_effect(trials), rel=1e-9)

    @given(of_one_side())
    def test_of_one_subject_a_trial_equals_comparing_every_two_trials(self, trials: Trials) -> None:
        assert effect_of(trials, touch_two=False) == pytest.approx(naive_effect(trials), rel=1e-9)

    def test_by_hand_for_two_subjects_a_trial(self) -> None:
        # Pairs 01, 02, 03 match; 12, 13, 23 do not: p = 1/2, e = +-1/2. Sums of e are 3/2 for subject 0 and
        # -1/2 for the others, so the sum of squares is 3; less 6/4 it is 3/2 = that of independent trials.
        trials = [((i, j), i == 0) for i, j in combinations(range(4), 2)]
        assert effect_of(trials, touch_two=True) == pytest.approx(4 / 3)

    def test_by_hand_for_one_column_it_is_the_one_way_cluster_variance(self) -> None:
        # Three subjects with 4, 2 and 2 trials, of which 3, 0 and 1 match: p = 1/2, sums of e are 1, -1, 0.
        # 2/8**2 * 3/2 over 1/4/8 is 1.5.
        rows = [(0, 1), (0, 1), (0, 1), (0, 0), (1, 0), (1, 0), (2, 1), (2, 0)]
        assert effect_of([((s,), bool(y)) for s, y in rows], touch_two=False) == pytest.approx(1.5)

    def test_trials_that_only_repeat_add_nothing(self) -> None:
        once: Trials = [((subject,), subject % 3 == 0) for subject in range(200)]
        assert effect_of(once * 7, touch_two=False) == pytest.approx(7 * 200 / 199)

    def test_trials_of_a_pair_that_agree_make_it_larger_than_comparing_every_two(self) -> None:
        trials: Trials = [((i, j), i == 0) for i, j in combinations(range(6), 2)] * 2
        assert effect_of(trials, touch_two=True) > 1.1 * naive_effect(trials)

    def test_never_below_independent_trials(self) -> None:
        alternating: Trials = [((i // 2,), i % 2 == 0) for i in range(20)]  # every subject one of each
        assert effect_of(alternating, touch_two=False) == 1

    @given(of_pairs())
    def test_the_share_that_matches_and_the_share_that_does_not_have_the_same(self, trials: Trials) -> None:
        flipped = [(who, not match) for who, match in trials]
        assert effect_of(trials, touch_two=True) == pytest.approx(effect_of(flipped, touch_two=True))

    @given(st.lists(st.integers(0, 10**9), min_size=2, max_size=6), st.integers(1, 10**9))
    def test_huge_counts_that_nearly_cancel_keep_their_digits(self, missed: list[int], more: int) -> None:
        # All subjects have as many trials, and nearly all of these match.
        each = 10**9 * 10**3 + more
        matches = [each - k for k in missed]
        sums = SubjectSums(
            len(missed),
            np.array([sum(k * k for k in matches)], object),
            np.array([each * sum(matches)], object),
            len(missed) * each**2,
            np.ones(1),
        )
        n, m = len(missed) * each, len(missed)
        found = float(design_effect(np.array([sum(matches)]), n, sums, touch_two=False)[0])
        mean = Fraction(sum(missed), m)
        between, errors = sum((k - mean) ** 2 for k in missed), sum(missed)
        assume(errors > 0)
        independent = errors * (1 - Fraction(errors, n))
        assert found == pytest.approx(max(1.0, float(between / independent * m / (m - 1))), rel=1e-12)

    @given(st.integers(2, 500), st.data())
    def test_a_single_subject_tells_nothing(self, n: int, data: st.DataObject) -> None:
        k = data.draw(st.integers(1, n - 1))
        sums = SubjectSums(1, np.array([0, k * k, n * n]), np.array([0, k * n, n * n]), n * n, np.ones(3))
        assert design_effect(np.array([0, k, n]), n, sums, touch_two=False).tolist() == [1, np.inf, 1]

    def test_no_match_or_nothing_but_matches_is_1(self) -> None:
        sums = SubjectSums(3, np.array([12, 0]), np.array([12, 0]), 12, np.ones(2))
        assert design_effect(np.array([3, 0]), 3, sums, touch_two=True).tolist() == [1, 1]

    def test_no_trials_is_1(self) -> None:
        sums = SubjectSums(0, np.zeros(2, np.int64), np.zeros(2, np.int64), 0, np.ones(2))
        assert design_effect(np.zeros(2, np.int64), 0, sums, touch_two=True).tolist() == [1, 1]


class TestSmallSample:
    def test_is_students_quantile_over_the_normal_squared(self) -> None:
        found = small_sample(np.array([10.0, 60.0, 1e9]))
        assert found.tolist() == pytest.approx([(2.228139 / 1.959964) ** 2, (2.000298 / 1.959964) ** 2, 1])

    def test_with_fewer_than_8_as_with_8(self) -> None:
        assert small_sample(np.array([1.0, 7.9])).tolist() == pytest.approx([(2.306004 / 1.959964) ** 2] * 2)


def faded(nearest: float, errors: float, of: float) -> float:
    """The excess falls as the cube root of the errors."""
    return 1 + (nearest - 1) * (errors / of) ** (1 / 3)


class TestCarried:
    @pytest.mark.parametrize(
        ("effect", "errors", "expected"),
        [
            # falling: the highest threshold with 30 or more is the third
            ([2, 3, 5, 1, 7, 1], [900, 90, 30, 29, 5, 0], [2, 3, 5, faded(5, 29, 30), 7, faded(5, 0.5, 30)]),
            # rising, as false non-matches do
            ([1, 7, 1, 5, 3, 2], [0, 5, 29, 30, 90, 900], [faded(5, 0.5, 30), 7, faded(5, 29, 30), 5, 3, 2]),
            # nowhere 30: the most there are
            ([4, 4, 1, 1], [12, 12, 3, 0], [4, 4, faded(4, 3, 12), faded(4, 0.5, 12)]),
            ([1, 1, 2, 6], [0, 3, 12, 12], [faded(2, 0.5, 12), faded(2, 3, 12), 2, 6]),
            # everywhere 30
            ([1, 2, 3], [90, 60, 30], [1, 2, 3]),
            ([1, 1], [0, 0], [1, 1]),
            ([3.5], [7], [3.5]),
        ],
    )
    def test_from_where_errors_were_enough(self, effect: Any, errors: Any, expected: Any) -> None:
        found = carried(np.array(effect, np.float64), np.array(errors, np.int64))
        assert found.tolist() == pytest.approx(expected)

    @given(st.lists(st.tuples(st.floats(1, 50), st.integers(0, 90)), min_size=1), st.booleans())
    def test_never_less_than_measured(self, rows: list[tuple[float, int]], falling: bool) -> None:
        effect = np.array([row[0] for row in rows])
        errors = np.array(sorted((row[1] for row in rows), reverse=falling), np.int64)
        found = carried(effect, errors)
        assert (found >= effect).all()
        assert (found[errors >= 30] == effect[errors >= 30]).all()


class TestOnFinerThresholds:
    COARSE = np.array([0.1, 0.2, 0.3, 0.4])
    EFFECT = np.array([1.0, 5.0, 2.0, 3.0])

    def test_the_larger_of_both_sides_and_exact_where_measured(self) -> None:
        fine = np.array([0.1, 0.15, 0.2, 0.25, 0.3, 0.31, 0.4])
        assert on_finer_thresholds(self.EFFECT, self.COARSE, fine).tolist() == [1, 5, 5, 5, 2, 3, 3]

    def test_beyond_the_ends_that_of_the_end(self) -> None:
        assert on_finer_thresholds(self.EFFECT, self.COARSE, np.array([0.0, 0.9])).tolist() == [1, 3]

    @given(st.lists(st.floats(1, 100), min_size=2, max_size=20), st.integers(1, 7))
    def test_conservative_between_and_exact_at_the_coarse_ones(self, effect: list[float], step: int) -> None:
        fine = np.arange((len(effect) - 1) * step + 1) / step
        found = on_finer_thresholds(np.array(effect), np.arange(len(effect), dtype=np.float64), fine)
        assert found[::step].tolist() == effect
        assert (found >= np.interp(fine, np.arange(len(effect)), effect) - 1e-9).all()

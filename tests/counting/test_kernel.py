"""The kernel: how many thresholds each score reaches, exactly, whatever the floats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from harness.counting import Counts, Tally, ThresholdIndex

HUGE = float(np.finfo(np.float64).max)
TINY = 5e-324
finite = st.floats(allow_nan=False, allow_infinity=False)
MILLE = np.arange(1001) / 1000


def counted(scores: object, codes: object, thresholds: object, *, count_missing: bool = False) -> Counts:
    tally = Tally(("group",), np.asarray(thresholds, np.float64), count_missing=count_missing)
    tally.add(np.asarray(scores), np.asarray(codes, np.int32))
    return tally.counts(lambda number: (f"g{number}",))


def naive_reached(scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    return (scores.astype(np.float64)[:, None] >= thresholds[None, :]).sum(axis=1)


def assert_exact(scores: object, thresholds: object) -> None:
    scores, thresholds = np.asarray(scores), np.asarray(thresholds, np.float64)
    np.testing.assert_array_equal(
        ThresholdIndex(thresholds).reached(scores), naive_reached(scores, thresholds), strict=True
    )


@st.composite
def scores_and_thresholds(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    """Draw thresholds near and far from each other, and scores on, beside and away from them."""
    seeds = draw(st.lists(finite, min_size=1, max_size=6))
    thresholds = set(seeds)
    for seed in draw(st.lists(st.sampled_from(seeds), max_size=4)):
        step = seed
        for _ in range(draw(st.integers(1, 20))):
            step = float(np.nextafter(step, HUGE))
            thresholds.add(step)
    ascending = sorted(thresholds)
    tied = st.sampled_from(ascending)
    beside = st.builds(lambda t, to: float(np.nextafter(t, to)), tied, st.sampled_from([-HUGE, HUGE]))
    extreme = st.sampled_from([HUGE, -HUGE, TINY, -TINY, 0.0, -0.0])
    scores = draw(st.lists(st.one_of(finite, tied, beside, extreme), min_size=1, max_size=50))
    return scores, ascending


def test_hand_computed_table_with_ties() -> None:
    counts = counted(
        [0.25, 0.5, 0.5, 0.75, 0.75, 0.2, 0.5, 0.9],
        [0, 0, 0, 0, 1, 1, 1, 2],
        [0.25, 0.5, 0.75],
    )
    assert counts.cells == (("g0",), ("g1",))
    assert counts.trials.tolist() == [[4, 3], [1, 0]]
    assert counts.matches.tolist() == [[[4, 3, 1], [2, 2, 1]], [[1, 1, 1], [0, 0, 0]]]
    assert counts.bins.tolist() == [[[0, 1, 2, 1], [1, 0, 1, 1]], [[0, 0, 0, 1], [0, 0, 0, 0]]]
    assert counts.missing.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("score", "matches"), [(0.5, 1), (np.nextafter(0.5, 0), 0), (np.nextafter(0.5, 1), 1)]
)
def test_a_comparison_matches_when_its_score_is_at_or_above_the_threshold(score: float, matches: int) -> None:
    assert counted([score], [0], [0.5]).matches[0, 0].tolist() == [matches]


@given(scores_and_thresholds())
@example(([HUGE, -HUGE, 0.0], [-HUGE, HUGE]))
@example(([HUGE, -HUGE, 0.0], [-HUGE]))
@example(([HUGE, -HUGE, -0.0, TINY], [-TINY, 0.0, TINY]))
@example(([0.0, -0.0], [-0.0]))
@example(([0.0, -0.0], [0.0]))
def test_equals_comparing_every_score_with_every_threshold(case: tuple[list[float], list[float]]) -> None:
    assert_exact(*case)


@given(
    st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=40),
    st.lists(finite, min_size=1, max_size=20, unique_by=lambda x: x + 0.0),
    st.data(),
)
def test_float32_scores_are_compared_as_widened(
    scores: list[float], thresholds: list[float], data: st.DataObject
) -> None:
    ties = data.draw(st.lists(st.sampled_from(scores), max_size=5))
    assert_exact(np.array(scores, np.float32), sorted({*thresholds, *ties}))


def test_a_float32_score_meets_the_next_float32_at_or_above_the_threshold() -> None:
    for threshold in MILLE[1:]:
        meets = np.float32(threshold)
        if float(meets) < threshold:
            meets = np.nextafter(meets, np.float32(2))
        below = np.nextafter(meets, np.float32(0))
        assert ThresholdIndex(np.array([threshold])).reached(np.array([below, meets])).tolist() == [0, 1]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("start", [0, 100, 400])
def test_decimal_scores_on_decimal_thresholds(dtype: type, start: int) -> None:
    thresholds = MILLE[start:]
    assert_exact(MILLE.astype(dtype), thresholds)
    assert_exact(np.linspace(0, 1, 1001).astype(dtype), thresholds)


@given(
    st.floats(-1e6, 1e6),
    st.one_of(st.sampled_from([0.001, 0.01, 0.1, 1 / 3, 1e-9, 1.0]), st.floats(1e-12, 1e3)),
    st.integers(1, 3000),
    st.sampled_from(["arange", "linspace", "thousandths"]),
)
@example(0.0, 0.001, 1000, "arange")
@example(-1.0, 0.001, 2001, "thousandths")
def test_evenly_spaced_thresholds(start: float, step: float, count: int, made: str) -> None:
    thresholds = {
        "arange": start + np.arange(count) * step,
        "linspace": np.linspace(start, start + step * count, count),
        "thousandths": (round(start) + np.arange(count)) / 1000,
    }[made]
    thresholds = np.unique(thresholds)
    beside = [np.nextafter(thresholds, -np.inf), thresholds, np.nextafter(thresholds, np.inf)]
    scores = np.concatenate([*beside, thresholds.astype(np.float32), [HUGE, -HUGE, 0.0]])
    expected = np.searchsorted(thresholds, scores, side="right")
    np.testing.assert_array_equal(ThresholdIndex(thresholds).reached(scores), expected)


def test_floor_binning_alone_would_be_wrong_on_these_decimals() -> None:
    floored = np.floor((MILLE - 0.1) / 0.001).astype(int) + 1
    assert (np.clip(floored, 0, 901) != naive_reached(MILLE, MILLE[100:])).sum() > 50


@pytest.mark.parametrize(
    "thresholds",
    [
        [0.0, *(1e-9 * np.arange(1, 400)), 1e9],
        [-1e300, *np.linspace(0.5, 0.500001, 300), 1e300],
        np.nextafter(1.0, 2) + np.arange(200) * np.spacing(1.0),
        [0.1, 0.2, np.nextafter(0.2, 1), np.nextafter(np.nextafter(0.2, 1), 1), 0.9],
        np.arange(1, 300) * TINY,
    ],
    ids=["cluster, one far", "cluster, two far", "adjacent", "a few adjacent", "subnormal"],
)
def test_crowded_thresholds(thresholds: object) -> None:
    thresholds = np.asarray(thresholds, np.float64)
    beside = [np.nextafter(thresholds, -np.inf), thresholds, np.nextafter(thresholds, np.inf)]
    random = np.random.default_rng(1).uniform(-1, 2, 2000)
    assert_exact(np.concatenate([*beside, random, [HUGE, -HUGE, 0.0]]), thresholds)


def test_as_many_thresholds_as_can_crowd_the_table() -> None:
    thresholds = np.unique(np.random.default_rng(2).uniform(0, 1, 70_000))
    scores = np.random.default_rng(3).choice(thresholds, 500)
    reached = ThresholdIndex(thresholds).reached(scores)
    np.testing.assert_array_equal(reached, np.searchsorted(thresholds, scores, side="right"))


def test_extreme_finite_scores_stay_in_their_own_cell() -> None:
    counts = counted([HUGE, -HUGE, HUGE, -HUGE], [0, 0, 2, 3], [-0.5, 0.0, 0.5])
    assert counts.bins.tolist() == [[[1, 0, 0, 1], [0, 0, 0, 0]], [[0, 0, 0, 1], [1, 0, 0, 0]]]


@pytest.mark.parametrize("count_missing", [True, False])
def test_missing_scores(count_missing: bool) -> None:
    counts = counted([np.nan, 0.9, np.nan, 0.1, np.nan], [0, 0, 1, 1, 3], [0.5], count_missing=count_missing)
    assert counts.missing.tolist() == [[1, 1], [0, 1]]
    assert counts.matches[..., 0].tolist() == [[1, 0], [0, 0]]
    assert counts.trials.tolist() == ([[2, 2], [0, 1]] if count_missing else [[1, 1], [0, 0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_batch_of_nothing_but_missing_scores(dtype: type) -> None:
    counts = counted(np.full(3, np.nan, dtype), [0, 0, 1], [0.5])
    assert counts.missing.tolist() == [[2, 1]]
    assert not counts.trials.any()


@pytest.mark.parametrize("batch", [1, 7, 1000], ids="batches of {}".format)
def test_batches_of_any_size_in_which_new_cells_appear(batch: int) -> None:
    rng = np.random.default_rng(4)
    scores = rng.integers(0, 1001, 1000) / 1000
    scores[::17] = np.nan
    codes = np.minimum(rng.integers(0, 60, 1000), np.arange(1000) // 10).astype(np.int32)
    whole = counted(scores, codes, MILLE)
    tally = Tally(("group",), MILLE, count_missing=False)
    for start in range(0, 1000, batch):
        tally.add(scores[start : start + batch], codes[start : start + batch])
    assert tally.counts(lambda number: (f"g{number}",)) == whole


def test_a_table_far_larger_than_its_batches_counts_like_a_small_one() -> None:
    rng = np.random.default_rng(5)
    scores, codes = rng.uniform(0, 1, 200), rng.integers(0, 400, 200).astype(np.int32)
    thresholds = np.linspace(0, 1, 501)
    assert 400 * 502 > 4 * 200  # so the batch is far smaller than the table
    counts = counted(scores, codes, thresholds)
    assert counts.trials.sum() == 200
    for i, cell in enumerate(counts.cells):
        number = int(cell[0][1:])
        for mated in (0, 1):
            own = scores[codes == 2 * number + mated]
            expected = (own[:, None] >= thresholds).sum(axis=0)
            np.testing.assert_array_equal(counts.matches[i, mated], expected)


def test_the_buffers_kept_between_batches_do_not_leak_into_the_counts() -> None:
    tally = Tally(("group",), np.array([0.5]), count_missing=False)
    for size in (10, 3, 20, 0, 1):
        tally.add(np.full(size, 0.5), np.zeros(size, np.int32))
    assert tally.counts(lambda number: (f"g{number}",)).matches.tolist() == [[[34], [0]]]


def test_equals_roc_curve_of_scikit_learn() -> None:
    rng = np.random.default_rng(6)
    scores = np.round(rng.normal(0.5, 0.2, 3000), 2)
    mated = rng.integers(0, 2, 3000)
    false_rates, true_rates, thresholds = roc_curve(mated, scores, drop_intermediate=False)
    ascending = thresholds[:0:-1]
    counts = counted(scores, mated, ascending)
    np.testing.assert_array_equal(
        counts.matches[0, :, ::-1] / counts.trials[0][:, None], [false_rates[1:], true_rates[1:]]
    )

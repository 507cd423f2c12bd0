"""The decision table: from bounds made by hand to a verdict, and from verdicts to whether a threshold is safe."""

from __future__ import annotations

import math
from itertools import product
from typing import Any, Literal, TypeAlias

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.statistics.differentials import EffectiveCounts, differentials
from harness.statistics.intervals import clopper_pearson
from harness.statistics.rates import Rates
from harness.statistics.verdicts import judge, judge_misses, safety_of
from harness.study import Policy, Tolerance
from harness.verdict_rule import (
    AxisSafety,
    Verdict,
    is_beyond,
    is_detected,
    is_saturated,
    is_tolerated,
    keeps_limits,
    not_detected_from,
    safe_range,
    safe_threshold,
    verdicts_of,
)

Criterion: TypeAlias = Literal["shown", "not_detected"]
CRITERIA: tuple[Criterion, ...] = ("shown", "not_detected")

BEYOND, DISPARITY = Verdict.DISPARITY_BEYOND_TOLERANCE, Verdict.DISPARITY_SHOWN
PARITY, INCONCLUSIVE, SATURATED = Verdict.PARITY_SHOWN, Verdict.INCONCLUSIVE, Verdict.SATURATED
RATIO, GAP, EITHER, NONE = (
    Tolerance(1.5, None),
    Tolerance(None, 0.01),
    Tolerance(1.5, 0.01),
    Tolerance(None, None),
)
UP = math.inf


def above(value: float) -> float:
    return math.nextafter(value, UP)


@pytest.mark.parametrize(
    ("tolerance", "ratio", "gap", "verdict"),
    [
        # by ratio: (lower, upper) of the ratio, then of the gap
        (RATIO, (0.8, 1.4), (0.0, 0.9), PARITY),
        (RATIO, (1.0, 1.5), (0.0, 0.9), PARITY),
        (RATIO, (1.2, 1.5), (0.2, 0.9), PARITY),  # differs, and is tolerated
        (RATIO, (1.0, above(1.5)), (0.0, 0.0), INCONCLUSIVE),
        (RATIO, (above(1.0), above(1.5)), (0.0, 0.0), DISPARITY),
        (RATIO, (1.5, 9.0), (0.2, 0.9), DISPARITY),
        (RATIO, (above(1.5), 9.0), (0.0001, 0.9), BEYOND),
        (RATIO, (9.0, UP), (0.2, 0.9), BEYOND),
        (RATIO, (0.0, UP), (0.0, 0.001), INCONCLUSIVE),
        (RATIO, (math.nan, math.nan), (math.nan, math.nan), INCONCLUSIVE),
        # by gap
        (GAP, (0.8, 9.0), (0.0, 0.01), PARITY),
        (GAP, (5.0, 9.0), (0.005, 0.01), PARITY),
        (GAP, (1.0, 1.1), (0.0, above(0.01)), INCONCLUSIVE),
        (GAP, (above(1.0), 1.2), (0.0, above(0.01)), DISPARITY),
        (GAP, (5.0, 9.0), (0.01, 0.2), DISPARITY),
        (GAP, (1.1, 1.3), (above(0.01), 0.2), BEYOND),
        (GAP, (math.nan, math.nan), (math.nan, math.nan), INCONCLUSIVE),
        # by either, of which one is enough, so that both must be exceeded
        (EITHER, (5.0, 9.0), (0.005, 0.01), PARITY),
        (EITHER, (1.2, 1.5), (0.2, 0.9), PARITY),
        (EITHER, (5.0, 9.0), (0.01, 0.2), DISPARITY),
        (EITHER, (1.5, 9.0), (0.1, 0.2), DISPARITY),
        (EITHER, (above(1.5), 9.0), (above(0.01), 0.2), BEYOND),
        (EITHER, (1.0, 9.0), (0.0, 0.2), INCONCLUSIVE),
        # by nothing
        (NONE, (0.8, 1.0), (0.0, 0.0), INCONCLUSIVE),
        (NONE, (above(1.0), 1.1), (0.0, 0.1), DISPARITY),
        (NONE, (9.0, UP), (0.5, 0.9), DISPARITY),
        (NONE, (math.nan, math.nan), (math.nan, math.nan), INCONCLUSIVE),
    ],
)
def test_the_verdict_on_bounds(
    tolerance: Tolerance, ratio: tuple[float, float], gap: tuple[float, float], verdict: Verdict
) -> None:
    for errors, expected in (([50, 50], verdict), ([51, 50], SATURATED)):  # of 100 each
        assert verdicts_of(
            is_tolerated([ratio[1]], [gap[1]], tolerance),
            is_beyond([ratio[0]], [gap[0]], tolerance),
            is_detected([ratio[0]]),
            is_saturated([[one] for one in errors], [100, 100]),
        ) == (expected,)


LOWER_BOUND = {BEYOND: 3.0, DISPARITY: 1.2, PARITY: 0.9, INCONCLUSIVE: 0.9, SATURATED: 0.9}
SAFE = {"shown": {PARITY}, "not_detected": {PARITY, INCONCLUSIVE}}


def axis_at_one_threshold(
    name: str,
    policy: Policy,
    verdict: Verdict,
    *,
    upper: float = 0.001,
    misses: Verdict = INCONCLUSIVE,
) -> AxisSafety:
    """Return an axis with one verdict at its only threshold, of two groups with that upper bound."""
    undetected = not_detected_from(is_detected([LOWER_BOUND[verdict]]), [verdict is SATURATED])
    shown = (0, 0) if verdict is PARITY else (None, None)
    limit = policy.false_match_limit("verification")
    kept = keeps_limits([[upper], [0.0001]], limit, [misses], policy)
    return AxisSafety(name, *safe_range(policy, undetected, shown, 1), kept, ())


def is_safe(policy: Policy, *axes: AxisSafety) -> bool:
    return safe_threshold(axes, policy, policy.false_match_limit("verification")).index == 0


class TestSafety:
    @pytest.mark.parametrize(("criterion", "verdict"), list(product(CRITERIA, Verdict)))
    def test_by_the_verdict_on_the_only_axis(self, criterion: Criterion, verdict: Verdict) -> None:
        policy = Policy(criterion=criterion)
        assert is_safe(policy, axis_at_one_threshold("sex", policy, verdict)) == (verdict in SAFE[criterion])

    @pytest.mark.parametrize(("criterion", "one", "two"), list(product(CRITERIA, Verdict, Verdict)))
    def test_by_the_verdicts_on_both_axes(self, criterion: Criterion, one: Verdict, two: Verdict) -> None:
        policy = Policy(criterion=criterion)
        axes = [
            axis_at_one_threshold(name, policy, verdict) for name, verdict in (("sex", one), ("age", two))
        ]
        assert is_safe(policy, *axes) == ({one, two} <= SAFE[criterion])

    @pytest.mark.parametrize(("criterion", "misses"), list(product(CRITERIA, Verdict)))
    @pytest.mark.parametrize(
        ("tolerated", "matters"),
        [({}, False), ({"max_fnmr_ratio": 2.0}, True), ({"max_fnmr_gap": 0.1}, True)],
    )
    def test_by_the_verdict_on_misses_where_the_policy_tolerates_no_more(
        self, criterion: Criterion, misses: Verdict, tolerated: dict[str, Any], matters: bool
    ) -> None:
        policy = Policy(criterion=criterion, **tolerated)
        of_one = axis_at_one_threshold("sex", policy, PARITY, misses=misses)
        other = axis_at_one_threshold("age", policy, PARITY, misses=PARITY)
        for axes in ([of_one], [of_one, other], [other, of_one]):
            assert is_safe(policy, *axes) == (misses is PARITY or not matters)

    @pytest.mark.parametrize("criterion", CRITERIA)
    @pytest.mark.parametrize(
        ("stated", "upper", "safe"),
        [
            ({}, 0.01, True),
            ({}, above(0.01), False),
            ({}, 1.0, False),
            ({}, math.nan, False),
            ({"max_fmr": 0.2}, 0.2, True),
            ({"max_fmr": 0.2}, above(0.2), False),
            ({"max_fmr": 0.001}, 0.002, False),
        ],
    )
    def test_by_the_limit_on_false_matches_stated_or_not(
        self, criterion: Criterion, stated: dict[str, Any], upper: float, safe: bool
    ) -> None:
        policy = Policy(criterion=criterion, **stated)
        of_one = axis_at_one_threshold("sex", policy, PARITY, upper=upper)
        other = axis_at_one_threshold("age", policy, PARITY)
        for axes in ([of_one], [of_one, other], [other, of_one]):
            assert is_safe(policy, *axes) == safe


def rates_of(name: str, trials: list[int], errors: list[list[int]]) -> Rates:
    of_groups, n = np.array(errors, np.int64), np.array(trials, np.int64)
    lower, upper = clopper_pearson(of_groups, np.broadcast_to(n[:, None], of_groups.shape), 0.95)
    groups = tuple("ABC"[: len(n)])
    return Rates(
        name, groups, n, of_groups, np.ones(of_groups.shape), of_groups / n[:, None], lower, upper, 0.95
    )


@st.composite
def axes_of_errors(draw: st.DrawFn) -> list[tuple[Rates, Rates]]:
    """One to three axes of two or three groups at five thresholds; false matches fall with them, and misses rise.

    Most groups are alike in most of them, so that something is safe often enough.
    """
    axes = []
    for _ in range(draw(st.integers(1, 3))):
        shares = sorted(
            draw(st.lists(st.sampled_from([1, 0.6, 0.5, 0.3, 0.02, 0.009, 0.005, 0]), min_size=5, max_size=5))
        )
        groups = draw(st.integers(2, 3))
        trials = draw(st.lists(st.sampled_from([2000, 10_000, 40_000]), min_size=groups, max_size=groups))
        factors = draw(st.lists(st.sampled_from([1, 1, 1, 0.9, 0.5]), min_size=groups, max_size=groups))
        rising = [
            [round(n * share * factor) for share in shares] for n, factor in zip(trials, factors, strict=True)
        ]
        misses = [[round(n * share / 20) for share in shares] for n in trials]
        axes.append(
            (rates_of("FMR", trials, [each[::-1] for each in rising]), rates_of("FNMR", trials, misses))
        )
    return axes


@given(
    axes_of_errors(),
    st.sampled_from(CRITERIA),
    st.sampled_from([None, 0.7, 0.4, 0.02]),
    st.sampled_from([None, 0.01]),
)
@settings(max_examples=40)
def test_what_is_safe_keeps_every_groups_bound_within_the_limit_and_is_not_saturated(
    axes: list[tuple[Rates, Rates]], criterion: Criterion, max_fmr: float | None, max_fnmr_gap: float | None
) -> None:
    policy = Policy(criterion=criterion, max_fmr=max_fmr, max_fnmr_gap=max_fnmr_gap)
    limit = policy.false_match_limit("verification")
    thresholds = 0.5 + np.arange(5) * np.spacing(0.5)
    safety, verdicts = [], []
    for number, (false_matches, missed) in enumerate(axes):
        counted = EffectiveCounts(
            thresholds, np.arange(5), false_matches.effective_errors, false_matches.effective_trials
        )
        found = differentials(false_matches, 0.95)
        verdict = judge(false_matches, found, counted, policy, None)
        on_misses = judge_misses(missed, differentials(missed, 0.95), policy)
        safety.append(safety_of(f"axis {number}", verdict, false_matches, on_misses, policy, limit))
        verdicts.append((verdict.verdicts, found.ratio_lower, on_misses))
    index = safe_threshold(safety, policy, limit).index
    assume(index is not None)
    assert index is not None
    for (false_matches, _), (on_false_matches, ratio_lower, on_misses) in zip(axes, verdicts, strict=True):
        assert (false_matches.upper[:, index] <= (0.01 if max_fmr is None else max_fmr)).all()
        assert false_matches.errors[:, index].sum() <= false_matches.trials.sum() / 2
        if criterion == "shown":
            assert on_false_matches[index] is PARITY
        else:
            assert (ratio_lower[index:] <= 1).all()
        assert max_fnmr_gap is None or on_misses[index] is PARITY

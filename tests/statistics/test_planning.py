"""Plans against printed numbers, exact chances, and simulations of what they promise."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.errors import InputError
from harness.statistics import verdicts
from harness.statistics.differentials import EffectiveCounts, differentials
from harness.statistics.intervals import clopper_pearson, one_sided, ratio_interval, ratio_p_value
from harness.statistics.planning import (
    Plan,
    claim_of_zero,
    design_effect_of,
    design_effect_spread,
    power_given_total,
    power_to_detect_ratio,
    power_to_find_threshold,
    power_to_pass_scan,
    power_to_show_parity,
    subjects_for_claim,
    subjects_for_pairs,
    subjects_to_detect_ratio,
    subjects_to_find_threshold,
    subjects_to_show_parity,
    trials_for_claim,
    trials_to_detect_ratio,
    trials_to_find_threshold,
    trials_to_show_parity,
)
from harness.statistics.rates import Rates
from harness.study import Policy

FMRS = st.floats(1e-6, 0.1)
RATIOS = st.floats(1.2, 8)
GROUPS = st.integers(2, 6)
CONFIDENCES = st.sampled_from([0.8, 0.9, 0.95, 0.99])
POWERS = st.floats(0.3, 0.95)
EFFECTS = st.floats(1, 20)
SHARES = st.floats(0, 0.6)


def pass_rate(errors: npt.NDArray[np.float64], trials: float, max_ratio: float) -> float:
    """Share of draws, one a column, in which every pair's one-sided 95 % bounds keep the ratio."""
    kept = np.ones(errors.shape[1], np.bool_)
    for first, second in combinations(errors, 2):
        lower, upper = ratio_interval(first, trials, second, trials, one_sided(0.95))
        with np.errstate(divide="ignore"):
            kept &= (upper <= max_ratio) & (1 / lower <= max_ratio)
    return float(kept.mean())


class TestShowParity:
    @pytest.mark.parametrize("errors", [3.0, 20.0, 60.0])
    @pytest.mark.parametrize(("max_ratio", "confidence"), [(1.5, 0.8), (2.0, 0.95), (5.0, 0.9)])
    def test_the_chance_is_that_of_every_pair_of_counts(
        self, errors: float, max_ratio: float, confidence: float
    ) -> None:
        a, b = np.indices((200, 200))
        lower, upper = ratio_interval(a, 1, b, 1, one_sided(confidence))
        with np.errstate(divide="ignore"):
            kept = (upper <= max_ratio) & (1 / lower <= max_ratio)
        chance = stats.poisson.pmf(a, errors) * stats.poisson.pmf(b, errors)
        expected = float(chance[kept].sum())
        assert power_to_show_parity(errors, max_ratio, 2, confidence) == pytest.approx(expected, abs=1e-12)

    @given(RATIOS, GROUPS, CONFIDENCES, POWERS, FMRS, EFFECTS)
    @settings(max_examples=25)
    def test_plans_the_fewest_trials_with_the_chance_wanted(
        self, ratio: float, groups: int, confidence: float, power: float, fmr: float, effect: float
    ) -> None:
        plan = trials_to_show_parity(fmr, ratio, groups, confidence, power, effect)

        def chance(trials: float) -> float:
            return power_to_show_parity(trials * fmr / effect, ratio, groups, confidence)

        assert plan.power == chance(plan.trials) >= power
        assert chance(plan.trials - 1) < power + 1e-6
        assert chance(0.98 * (plan.trials - 1)) < power
        assert plan.errors == plan.trials * fmr
        assert plan.effective_errors == pytest.approx(plan.errors / effect)

    @given(st.floats(0.5, 300), st.floats(1.001, 1.5), RATIOS, GROUPS, CONFIDENCES)
    @settings(max_examples=50)
    def test_the_chance_grows_with_errors_and_tolerance_and_falls_with_groups_and_confidence(
        self, errors: float, factor: float, ratio: float, groups: int, confidence: float
    ) -> None:
        chance = power_to_show_parity(errors, ratio, groups, confidence)
        assert power_to_show_parity(errors * factor, ratio, groups, confidence) >= chance - 1e-12
        assert power_to_show_parity(errors, ratio * factor, groups, confidence) >= chance - 1e-12
        assert power_to_show_parity(errors, ratio, groups + 1, confidence) <= chance + 1e-12
        assert power_to_show_parity(errors, ratio, groups, (1 + confidence) / 2) <= chance + 1e-12

    @pytest.mark.slow
    @pytest.mark.parametrize(("groups", "max_ratio"), [(2, 1.5), (3, 2.0), (6, 3.0)])
    def test_drawn_counts_pass_as_often_as_planned(self, groups: int, max_ratio: float) -> None:
        plan = trials_to_show_parity(0.004, max_ratio, groups)
        drawn = np.random.default_rng(1).binomial(plan.trials, 0.004, (groups, 40_000))
        # binomial counts vary a little less than Poisson ones; three standard errors are 0.006
        assert pass_rate(drawn, plan.trials, max_ratio) == pytest.approx(0.8, abs=0.01)

    @pytest.mark.parametrize(("max_ratio", "groups"), [(1.03, 2), (1.05, 3), (1.04, 6)])
    def test_the_closed_form_takes_over_without_a_step(self, max_ratio: float, groups: int) -> None:
        below, above = (power_to_show_parity(n, max_ratio, groups) for n in (20_000, 20_001))
        assert above == pytest.approx(below, abs=5e-4)

    def test_ratios_near_1_need_errors_beyond_enumeration(self) -> None:
        plan = trials_to_show_parity(0.001, 1.01)
        assert plan.errors == pytest.approx(
            2 * (8.5634 / np.log(1.01) ** 2), rel=0.01
        )  # 8.5634: 1.645 + 1.2816
        assert plan.power == pytest.approx(0.8)


class TestDetectRatio:
    # Computed by an independent program: two equal groups, two-sided 5 %.
    @pytest.mark.parametrize(
        ("ratio", "first", "stays_from"), [(2, 72, 77), (3, 30, 35), (5, 17, 17), (10, 9, 12)]
    )
    def test_totals_with_80_percent_power(self, ratio: float, first: int, stays_from: int) -> None:
        total = np.arange(1.0, 500)
        enough = power_given_total(total, ratio) >= 0.8
        assert total[enough][0] == first
        assert total[~enough][-1] + 1 == stays_from
        planned = 2 * trials_to_detect_ratio(0.001, ratio).errors  # on average over totals
        assert 0.95 * first <= planned <= 1.1 * stays_from

    @given(RATIOS, GROUPS, CONFIDENCES, POWERS, FMRS, EFFECTS)
    @settings(max_examples=25)
    def test_plans_the_fewest_trials_with_the_chance_wanted(
        self, ratio: float, groups: int, confidence: float, power: float, fmr: float, effect: float
    ) -> None:
        plan = trials_to_detect_ratio(fmr, ratio, groups, confidence, power, effect)

        def chance(trials: float) -> float:
            return power_to_detect_ratio(trials * fmr / effect, ratio, groups, confidence)

        assert plan.power == chance(plan.trials) >= power
        assert chance(0.98 * (plan.trials - 1)) < power

    @pytest.mark.parametrize(("ratio", "groups"), [(2.0, 2), (3.0, 3), (10.0, 2)])
    def test_drawn_counts_are_found_to_differ_as_often_as_planned(self, ratio: float, groups: int) -> None:
        plan = trials_to_detect_ratio(0.002, ratio, groups)
        rng, n = np.random.default_rng(2), plan.trials
        low = 2 * 0.002 / (1 + ratio)
        a, b = rng.binomial(n, ratio * low, 40_000), rng.binomial(n, low, 40_000)
        differ = ratio_p_value(a, n, b, n) <= 0.05 / math.comb(groups, 2)
        assert differ.mean() == pytest.approx(0.8, abs=0.01)

    def test_the_closed_form_takes_over_without_a_step(self) -> None:
        below, above = (power_to_detect_ratio(n, 1.03) for n in (20_000, 20_001))
        assert above == pytest.approx(below, abs=3e-3)


def scanned(counts: npt.NDArray[np.int64], trials: int, policy: Policy) -> tuple[int | None, int | None]:
    """Range over which parity is shown, from each group's counts at thresholds from lenient to strict."""
    n = np.full(len(counts), trials)
    effect = np.ones(counts.shape)
    lower, upper = clopper_pearson(counts, n[:, None], 0.95)
    names = tuple("ABCDEF"[: len(counts)])
    rates = Rates("FMR", names, n, counts, effect, counts / trials, lower, upper, 0.95)
    neighbours = 0.5 + np.arange(counts.shape[1]) * np.spacing(0.5)  # with no threshold between them
    effective = EffectiveCounts(
        neighbours, np.arange(counts.shape[1]), rates.effective_errors, rates.effective_trials
    )
    verdict = verdicts.judge(rates, differentials(rates, policy.confidence), effective, policy, None)
    return verdict.parity_shown_from, verdict.parity_shown_to


class TestFindThreshold:
    @given(st.floats(1.2, 4), GROUPS, st.floats(0.3, 0.85))
    @settings(max_examples=15)
    def test_asks_for_more_than_a_threshold_chosen_beforehand(
        self, ratio: float, groups: int, power: float
    ) -> None:
        found = trials_to_find_threshold(0.001, ratio, groups, power=power)
        assert found.power >= power
        assert power_to_find_threshold(0.98 * found.errors, ratio, groups) < power
        assert found.trials > trials_to_show_parity(0.001, ratio, groups, power=power).trials

    @pytest.mark.slow
    @pytest.mark.parametrize(("groups", "max_ratio"), [(2, 2.0), (3, 2.0), (3, 1.5)])
    def test_the_scan_reaches_the_threshold_as_often_as_planned(self, groups: int, max_ratio: float) -> None:
        fmr, policy = 0.005, Policy(max_ratio=max_ratio)
        plan = trials_to_find_threshold(fmr, max_ratio, groups)
        rng, runs = np.random.default_rng(3), 300
        rates = np.geomspace(fmr, fmr / 10, 60)  # from the threshold sought upwards
        kept = np.append(1.0, rates[1:] / rates[:-1])
        found = 0
        for _ in range(runs):
            counts = np.empty((groups, len(rates)), np.int64)
            left = rng.binomial(plan.trials, fmr, groups)
            for place, share in enumerate(kept):
                left = counts[:, place] = rng.binomial(left, share)
            found += scanned(counts, plan.trials, policy)[0] == 0
        # at least 0.8, less three standard errors of 0.023; the plan adds two chances of failing, so a little more
        assert 0.73 <= found / runs <= 0.9

    def test_no_number_suffices_where_the_scan_may_fail_at_its_start(self) -> None:
        assert power_to_pass_scan(2, 3, 0.95) == pytest.approx(0.944, abs=5e-4)
        assert power_to_find_threshold(1e4, 2, 3) == pytest.approx(power_to_pass_scan(2, 3, 0.95))
        with pytest.raises(
            InputError, match=r"no amount of data finds the threshold with power 0.95.* 0.944"
        ):
            trials_to_find_threshold(0.001, 2, 3, power=0.95)


class TestZeroErrors:
    def test_printed_claims(self) -> None:
        assert claim_of_zero(30_000) == pytest.approx(9.98527e-5, rel=1e-6)  # the rule of three says 1e-4
        assert claim_of_zero(500, confidence=0.975) == pytest.approx(0.0073506, rel=5e-6)  # 95 % two-sided

    @given(FMRS, CONFIDENCES, EFFECTS)
    def test_trials_for_a_claim_are_the_fewest(self, fmr: float, confidence: float, effect: float) -> None:
        trials = trials_for_claim(fmr, confidence, effect)
        assert claim_of_zero(trials, confidence, effect) <= fmr * (1 + 1e-9)
        if trials - 1 >= effect:
            assert claim_of_zero(trials - 1, confidence, effect) > fmr * (1 - 1e-9)

    @given(st.floats(1e-7, 1e-3))
    def test_the_rule_of_three(self, fmr: float) -> None:
        assert trials_for_claim(fmr) == pytest.approx(3 / fmr, rel=3e-3)

    def test_the_subjects_whose_pairs_support_a_claim(self) -> None:
        assert subjects_for_claim(1e-4) == subjects_for_pairs(trials_for_claim(1e-4)) == 246
        m = subjects_for_claim(1e-4, identity_share=0.5)
        bounds = [
            claim_of_zero(math.comb(n, 2), design_effect=design_effect_of(1e-4, n, 0.5)) for n in (m, m - 1)
        ]
        assert bounds[0] <= 1e-4 < bounds[1]


class TestSubjects:
    def test_printed_pairs(self) -> None:
        assert subjects_for_pairs(30_000) == 246
        assert math.comb(246, 2) == 30_135

    @given(st.integers(1, 10**15))
    def test_are_the_fewest_with_so_many_pairs(self, trials: int) -> None:
        subjects = subjects_for_pairs(trials)
        assert math.comb(subjects - 1, 2) < trials <= math.comb(subjects, 2)

    @pytest.mark.parametrize(("fmr", "share"), [(0.3, 0.5), (0.1, 1.0), (0.01, 0.15)])
    def test_the_design_effect_is_that_of_the_bivariate_normal(self, fmr: float, share: float) -> None:
        z, r = stats.norm.ppf(fmr), share / 2
        both = float(stats.multivariate_normal.cdf([z, z], cov=[[1, r], [r, 1]]))
        correlation = (both - fmr**2) / (fmr * (1 - fmr))
        assert design_effect_of(fmr, 102, share) == pytest.approx(1 + 200 * correlation, rel=1e-6)

    def test_without_subject_effects_trials_are_independent(self) -> None:
        assert design_effect_of(0.01, 500, 0.0) == 1
        assert design_effect_of(0.01, 2, 0.5) == 1  # a single pair shares nothing

    @pytest.mark.parametrize(("fmr", "share"), [(0.02, 0.15), (0.005, 0.4)])
    def test_the_design_effect_is_the_variance_of_simulated_pairs(self, fmr: float, share: float) -> None:
        subjects, runs = 60, 4000
        counts = matches(np.random.default_rng(4), subjects, runs, fmr, share)
        pairs = math.comb(subjects, 2)
        measured = counts.var(ddof=1) / (pairs * fmr * (1 - fmr))
        assert counts.mean() / pairs == pytest.approx(fmr, rel=0.03)
        assert measured == pytest.approx(
            design_effect_of(fmr, subjects, share), rel=0.12
        )  # 3 standard errors

    @pytest.mark.parametrize(
        ("plan", "power_of"),
        [
            (subjects_to_show_parity, power_to_show_parity),
            (subjects_to_detect_ratio, power_to_detect_ratio),
        ],
    )
    @given(fmr=FMRS, ratio=st.floats(1.3, 4), groups=GROUPS, share=SHARES)
    @settings(max_examples=15)
    def test_plans_the_fewest_subjects(
        self,
        plan: Callable[..., Plan],
        power_of: Callable[..., float],
        fmr: float,
        ratio: float,
        groups: int,
        share: float,
    ) -> None:
        planned = plan(fmr, ratio, groups, power=0.7, identity_share=share)
        assert planned.power >= 0.7
        m = planned.subjects
        assert m is not None
        assert planned.trials == math.comb(m, 2)
        assert planned.design_effect == design_effect_of(fmr, m, share)
        if m > 2:
            one_fewer = math.comb(m - 1, 2) * fmr / design_effect_of(fmr, m - 1, share)
            assert power_of(one_fewer, ratio, groups) < 0.7 + 1e-6

    @given(FMRS, SHARES, SHARES)
    @settings(max_examples=25)
    def test_more_dependence_needs_more_subjects(self, fmr: float, share: float, other: float) -> None:
        low, high = (
            subjects_to_show_parity(fmr, 2, identity_share=s).subjects for s in sorted((share, other))
        )
        assert low is not None
        assert high is not None
        assert low <= high

    def test_simulated_subjects_show_parity_as_often_as_planned(self) -> None:
        plan = subjects_to_show_parity(0.02, 2.0, 3, identity_share=0.15)
        assert plan.subjects is not None
        rng, runs = np.random.default_rng(5), 1000
        drawn = np.stack([matches(rng, plan.subjects, runs, 0.02, 0.15) for _ in range(3)])
        # the counts are not quite Poisson even after the design effect; three standard errors are 0.04
        assert pass_rate(drawn / plan.design_effect, plan.trials, 2.0) == pytest.approx(plan.power, abs=0.05)

    @pytest.mark.slow
    @given(FMRS, st.floats(1.3, 3), GROUPS, SHARES)
    @settings(max_examples=15)
    def test_finding_the_threshold_allows_for_measured_design_effects(
        self, fmr: float, ratio: float, groups: int, share: float
    ) -> None:
        planned = subjects_to_find_threshold(fmr, ratio, groups, power=0.7, identity_share=share)
        m = planned.subjects
        assert m is not None

        def chance(subjects: int) -> float:
            errors = math.comb(subjects, 2) * fmr / design_effect_of(fmr, subjects, share)
            spread = design_effect_spread(fmr, subjects, share)
            return power_to_find_threshold(errors, ratio, groups, spread=spread)

        assert planned.power == chance(m) >= 0.7
        assert chance(m - 1) < 0.7
        assert power_to_find_threshold(planned.effective_errors, ratio, groups) >= planned.power

    @pytest.mark.parametrize(("fmr", "subjects", "share"), [(0.005, 300, 0.15), (0.02, 150, 0.15)])
    def test_the_spread_is_that_of_design_effects_measured_on_simulated_pairs(
        self, fmr: float, subjects: int, share: float
    ) -> None:
        rng, pairs = np.random.default_rng(6), np.triu_indices(subjects, k=1)
        measured = []
        for _ in range(400):
            matched = pairs_that_match(rng, pairs, fmr, share)
            e = matched - matched.mean()
            sums = np.bincount(pairs[0], e, subjects) + np.bincount(pairs[1], e, subjects)
            measured.append((np.sum(sums**2) - np.sum(e**2)) / np.sum(e**2))  # as the evaluation measures it
        spread = np.std(measured) / design_effect_of(fmr, subjects, share)
        assert spread == pytest.approx(design_effect_spread(fmr, subjects, share), rel=0.15)

    def test_the_plan_for_a_threshold_where_fmr_is_1_in_200(self) -> None:
        plan = subjects_to_find_threshold(5e-3, 2.0, 3, identity_share=0.15)
        assert (plan.subjects, plan.trials) == (390, 75_855)
        assert plan.design_effect == pytest.approx(4.13, abs=0.01)

    def test_more_subjects_than_can_be_meant(self) -> None:
        with pytest.raises(InputError, match=r"this needs 2.2e\+12 subjects a group, more than"):
            subjects_to_show_parity(1e-12, 1.001, identity_share=0.5)


def pairs_that_match(
    rng: np.random.Generator, pairs: tuple[npt.NDArray[np.intp], ...], fmr: float, share: float
) -> npt.NDArray[np.bool_]:
    """Draw which pairs of subjects match, in the Gaussian copula."""
    first, second = pairs
    a = math.sqrt(share / 2) * rng.standard_normal(int(second.max()) + 1)
    z = a[first] + a[second] + math.sqrt(1 - share) * rng.standard_normal(len(first))
    return z >= stats.norm.isf(fmr)


def matches(
    rng: np.random.Generator, subjects: int, runs: int, fmr: float, share: float
) -> npt.NDArray[np.int64]:
    """Count the matches among all pairs of subjects, run by run."""
    pairs = np.triu_indices(subjects, k=1)
    counts = (np.count_nonzero(pairs_that_match(rng, pairs, fmr, share)) for _ in range(runs))
    return np.fromiter(counts, np.int64, runs)


class TestRefusals:
    @pytest.mark.parametrize(
        ("call", "problem"),
        [
            (lambda: trials_to_show_parity(0, 2), "the FMR must lie above 0 and at most at 0.5, got 0"),
            (lambda: trials_to_show_parity(math.nan, 2), "the FMR must lie above 0"),
            (lambda: trials_to_show_parity(0.1, 1), "the tolerated ratio must be above 1, got 1"),
            (lambda: trials_to_show_parity(0.1, math.inf), "the tolerated ratio must be above 1, got inf"),
            (lambda: trials_to_show_parity(0.1, 2, 1), "there must be 2 groups or more to compare, got 1"),
            (lambda: trials_to_show_parity(0.1, 2, confidence=1), "the confidence must be at least 0.5"),
            (lambda: trials_to_show_parity(0.1, 2, power=1), "the power must lie between 0 and 1, got 1"),
            (lambda: trials_to_show_parity(0.1, 2, design_effect=0.5), "the design effect must be 1 or more"),
            (lambda: trials_to_detect_ratio(0.1, 0.5), "the ratio to detect must be above 1, got 0.5"),
            (lambda: trials_to_find_threshold(0.1, 2, power=0), "the power must lie between 0 and 1, got 0"),
            (
                lambda: subjects_to_show_parity(0.1, 2, identity_share=-1),
                "the identity share must lie between",
            ),
            (lambda: design_effect_of(0.1, 1, 0.1), "the number of subjects must be 2 or more, got 1"),
            (lambda: subjects_for_pairs(0), "the number of trials must be 1 or more, got 0"),
            (lambda: trials_for_claim(1), "the rate to claim must lie above 0 and at most at 0.5, got 1"),
            (lambda: claim_of_zero(0), "the number of trials must be 1 or more, got 0"),
            (lambda: claim_of_zero(10, confidence=0), "the confidence must lie between 0 and 1, got 0"),
        ],
    )
    def test_name_what_is_out_of_range(self, call: Callable[[], object], problem: str) -> None:
        with pytest.raises(InputError) as refused:
            call()
        assert problem in str(refused.value)


def test_planning_needs_numpy_and_scipy_only() -> None:
    code = (
        "import sys\n"
        "for name in ('duckdb', 'pyarrow', 'matplotlib', 'pandas', 'narwhals'): sys.modules[name] = None\n"
        "from harness.cli.app import run\n"
        "sys.exit(run('plan --fmr 0.001 --max-ratio 2 --identity-share 0.1'.split()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

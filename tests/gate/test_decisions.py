"""Each line of the decision at a deployment's threshold: what fails, what cannot be decided, what passes and quotes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.errors import InputError
from harness.gate import Outcome, Rule
from harness.gate.evidence import evidence_of
from harness.gate.safety import judge_threshold
from harness.study import Policy
from harness.verdict_rule import Verdict
from tests.gate.small_world import VALID, Checking, Plain, answered_anew, as_identification
from tests.gate.test_gate_rule import FALSE_MATCHES, Errors, made_up

ALIKE: Errors = [(90_000, 90_000), (60_000, 60_000), (400, 400), (390, 390), (300, 300)]


def judged(
    policy: Policy, errors: Errors, threshold: float, max_ratio: float | None = None
) -> tuple[Any, ...]:
    found = evidence_of(json.dumps(made_up(policy, errors)).encode(), "evaluation.json")
    return judge_threshold(threshold, found, found.judged, max_ratio)


RATIO = Policy(max_ratio=1.5)
NOT_DETECTED = Policy(criterion="not_detected")


class TestSaturation:
    """Where nearly everyone matches rates are alike, and that says nothing."""

    @pytest.mark.parametrize("policy", [RATIO, Policy(max_gap=0.01), NOT_DETECTED])
    @pytest.mark.parametrize("threshold", [0.4, 0.5, 0.55, 0.6])
    def test_no_such_threshold_passes_whatever_the_criterion(self, policy: Policy, threshold: float) -> None:
        rule, outcome, sentence = judged(policy, ALIKE, threshold)
        assert (rule, outcome) == (Rule.LIMIT_BROKEN, Outcome.FAIL)
        assert "breaks max_fmr 0.01 (the default)" in sentence
        assert "the first safe threshold is 0.7" in sentence

    def test_what_is_saturated_is_said(self) -> None:
        assert "nearly everyone matches" in judged(RATIO, ALIKE, 0.5)[2]

    @pytest.mark.parametrize("criterion", ["shown", "not_detected"])
    def test_no_limit_lets_such_a_threshold_pass(self, criterion: Any) -> None:
        policy = Policy(criterion=criterion, max_ratio=1.5, max_fmr=0.95)
        assert judged(policy, ALIKE, 0.5)[1] is Outcome.FAIL
        assert judged(policy, ALIKE, 0.7)[1] is Outcome.PASS


class TestDisparity:
    def test_beyond_tolerance_fails_and_names_the_groups_and_bounds(self) -> None:
        rule, outcome, sentence = judged(Policy(max_ratio=1.5, max_fmr=0.1), FALSE_MATCHES, 0.5)
        assert (rule, outcome) == (Rule.DISPARITY_SHOWN, Outcome.FAIL)
        assert sentence == (
            "at 0.5 a disparity is shown beyond the tolerated ratio of 1.5: by sex, people of group A are falsely "
            "matched 2.4 times as often as those of group B (95 % bounds 2.1 to 2.6)"
        )

    def test_it_fails_where_there_is_no_safe_threshold_at_all(self) -> None:
        apart: Errors = [(1000, 420), (800, 300), (600, 200)]
        for threshold in (0.5, 0.55, 0.6, 0.7):
            assert judged(Policy(max_ratio=1.5, max_fmr=0.1), apart, threshold)[:2] == (
                Rule.DISPARITY_SHOWN,
                Outcome.FAIL,
            )

    def test_within_tolerance_perhaps_it_cannot_be_decided(self) -> None:
        """The ratio lies between 1.2 and 1.56: more than 1, and neither within 1.5 nor beyond it."""
        rule, outcome, sentence = judged(Policy(max_ratio=1.5, max_fmr=0.1), [(420, 300)], 0.5)
        assert (rule, outcome) == (Rule.NO_SAFE_THRESHOLD, Outcome.CANNOT_DECIDE)
        assert "people of group A are falsely matched 1.4 times as often" in sentence
        assert "as much data" not in sentence

    def test_any_that_is_detected_fails_where_none_may_be(self) -> None:
        policy = Policy(criterion="not_detected", max_fmr=0.1)
        rule, outcome, sentence = judged(policy, [(420, 300), (30, 30)], 0.5)
        assert (rule, outcome) == (Rule.DISPARITY_SHOWN, Outcome.FAIL)
        assert sentence.startswith("at 0.5 a disparity is shown: by sex, people of group A")

    def test_the_config_may_tolerate_less_than_the_policy(self) -> None:
        policy = Policy(max_ratio=3.0, max_fmr=0.1)
        assert judged(policy, FALSE_MATCHES, 0.5, max_ratio=2.0)[:2] == (Rule.DISPARITY_SHOWN, Outcome.FAIL)
        assert "beyond the tolerated ratio of 2:" in judged(policy, FALSE_MATCHES, 0.5, max_ratio=2.0)[2]
        assert judged(policy, FALSE_MATCHES, 0.5, max_ratio=2.5)[1] is not Outcome.FAIL


class TestLimits:
    def test_a_bound_that_only_reaches_over_the_limit_cannot_be_decided(self) -> None:
        rule, outcome, sentence = judged(Policy(max_ratio=3.0, max_fmr=0.0041), [(400, 400), (399, 399)], 0.5)
        assert (rule, outcome) == (Rule.NO_SAFE_THRESHOLD, Outcome.CANNOT_DECIDE)
        assert "also keeps max_fmr 0.0041" in sentence

    def test_an_upper_bound_of_fpir_is_kept_to_max_fpir_in_searches(
        self, checking: Checking, plain: Plain
    ) -> None:
        config = VALID.replace("verification", "live\n  watchlist_size: 10000\n  max_fpir: 0.02")
        searches = as_identification(plain)
        highest = max(
            group["upper"][6]
            for axis in ("ethnicity", "sex")
            for group in searches["axes"][axis]["false_matches"]["groups"]
        )
        for limit, code in ((highest, 0), (highest * 0.999, 1)):
            searches["policy"]["max_fpir"] = limit
            assert checking(config, answered_anew(searches)).exit_code == code

    def test_misses_beyond_tolerance_fail(self, checking: Checking, plain: Plain) -> None:
        misses = plain["axes"]["sex"]["false_non_match_differential"]
        misses["ratio_lower"][6] = misses["ratio"][6]
        plain["policy"]["max_fnmr_ratio"] = 1.001
        (finding,) = checking(VALID, answered_anew(plain)).checked[0].findings
        assert (finding.rule, finding.outcome) == (Rule.LIMIT_BROKEN, Outcome.FAIL)
        assert "breaks max_fmr 0.02 and max_fnmr_ratio 1.001: missed by sex: female" in finding.sentence


class TestAxesInForce:
    """An axis that the config does not name neither decides nor is quoted."""

    @pytest.fixture
    def apart_by_ethnicity(self, plain: Plain) -> Plain:
        found = plain["axes"]["ethnicity"]["false_match_differential"]
        found["ratio_lower"] = [ratio if ratio and ratio > 2 else 1.0 for ratio in found["ratio"]]
        return answered_anew(plain)

    def test_only_they_are_quoted(self, checking: Checking, apart_by_ethnicity: Plain) -> None:
        of_sex = VALID.replace("[ethnicity, sex]", "[sex]")
        (finding,) = checking(of_sex.replace("0.6\n", "0.58\n"), apart_by_ethnicity).checked[0].findings
        assert finding.outcome is Outcome.PASS
        assert "by sex female" in finding.sentence
        assert "Black" not in finding.sentence
        assert finding.sentence.endswith("; judged by the evaluation, but not in force here: ethnicity")
        both = checking(VALID.replace("0.6\n", "0.58\n"), apart_by_ethnicity).checked[0].findings[0]
        assert (both.outcome, "by ethnicity, people of group Black" in both.sentence) == (Outcome.FAIL, True)

    def test_an_axis_that_nobody_judged_decides_nothing(self, checking: Checking, plain: Plain) -> None:
        config = VALID.replace("[ethnicity, sex]", "[[ethnicity, sex]]")
        (finding,) = checking(config, plain).checked[0].findings
        assert (finding.rule, finding.outcome) == (Rule.AXIS_NOT_JUDGED, Outcome.CANNOT_DECIDE)


class TestPass:
    def test_prints_the_rates_of_the_groups_and_never_one_against_itself(self) -> None:
        rule, _, sentence = judged(RATIO, ALIKE, 0.7)
        assert rule is Rule.SAFE
        assert sentence == (
            "threshold 0.7 is safe: parity is shown from 0.7 for sex, and max_fmr 0.01 (the default) is kept; FMR at "
            "0.7: by sex A 1 in 250, B 1 in 250"
        )

    def test_says_what_the_study_excludes(self, evaluation_text: str) -> None:
        plain = json.loads(evaluation_text)
        plain["study"]["exclude"] = {"ethnicity": ["unknown"]}
        for name in ("ethnicity", "ethnicity×sex"):
            plain["axes"][name]["excluded"] = {"unknown": {"non_mated": 0, "mated": 0}}
        found = evidence_of(json.dumps(answered_anew(plain)).encode(), "evaluation.json")
        assert judge_threshold(0.6, found, found.judged)[2].endswith("; the study excludes ethnicity unknown")


def test_what_evidence_would_decide_is_said() -> None:
    few: Errors = [(40, 38), (20, 19), (4, 3)]
    rule, outcome, sentence = judged(RATIO, few, 0.6)
    assert (rule, outcome) == (Rule.NO_SAFE_THRESHOLD, Outcome.CANNOT_DECIDE)
    assert "times as much data" in sentence
    assert "would show parity there, were the rates equal" in sentence


def test_forged_evidence_is_refused() -> None:
    """An answer that leaves out a disparity, calls a limit another, or names other groups."""
    sound = made_up(Policy(max_ratio=1.5, max_fmr=0.1))

    def refused(alter: Any) -> bool:
        plain = json.loads(json.dumps(sound))
        alter(plain)
        try:
            evidence_of(json.dumps(plain).encode(), "evaluation.json")
        except InputError:
            return True
        return False

    assert not refused(lambda plain: None)
    assert refused(lambda plain: plain["answer"]["reference"].clear())
    assert refused(lambda plain: plain["answer"]["false_match_limit"].update(limit=0.5))
    assert refused(lambda plain: plain["answer"]["false_match_limit"].update(is_default=True))
    assert refused(
        lambda plain: plain["axes"]["sex"]["verdicts_on_misses"].__setitem__(0, str(Verdict.PARITY_SHOWN))
    )
    assert refused(
        lambda plain: plain["axes"]["sex"]["verdict"]["verdicts"].__setitem__(0, "disparity shown")
    )
    assert refused(
        lambda plain: plain["axes"]["sex"]["false_match_differential"]["shown_more"].__setitem__(0, 1)
    )
    assert refused(
        lambda plain: plain["axes"]["sex"]["false_match_differential"]["gap_lower"].__setitem__(0, 0.5)
    )


class TestMissesOfSearches:
    """Where nobody knows who was returned FNIR is a lower bound, and no limit on misses is decided by it."""

    @staticmethod
    def searched(searches: Plain | None, **policy: Any) -> tuple[Any, ...]:
        plain = as_identification(made_up(Policy(max_ratio=1.5, **policy), ALIKE))
        if searches is None:
            plain.pop("searches", None)
        else:
            plain["searches"] = searches
        found = evidence_of(json.dumps(plain).encode(), "evaluation.json")
        return judge_threshold(0.7, found, found.judged)

    @pytest.mark.parametrize("searches", [None, {"returned_known": False, "population": "this list"}])
    def test_that_are_only_bounded_decide_no_limit_on_them(self, searches: Plain | None) -> None:
        rule, outcome, sentence = self.searched(searches, max_fnmr_gap=0.5)
        assert (rule, outcome) == (Rule.MISSES_NOT_KNOWN, Outcome.CANNOT_DECIDE)
        assert "FNIR is a lower bound" in sentence

    def test_that_are_known_do(self) -> None:
        known = {"returned_known": True, "population": "this list"}
        assert self.searched(known, max_fnmr_gap=0.5)[1] is Outcome.PASS

    def test_that_are_not_limited_stand_in_no_way(self) -> None:
        assert self.searched(None)[1] is Outcome.PASS

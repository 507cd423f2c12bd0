"""The gate works an answer out again: what does not follow from the bounds is refused, up to the last bit.

The evaluation is made of errors, group by group, so that every bound can be put just within a limit or just beyond it.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.comparisons import Input
from harness.errors import InputError
from harness.evaluation import AxisEvaluation, Evaluation, MatedCounts, to_json
from harness.gate import Rule
from harness.gate.evidence import Evidence, evidence_of
from harness.gate.safety import judge_threshold
from harness.statistics.differentials import EffectiveCounts, differentials
from harness.statistics.intervals import clopper_pearson
from harness.statistics.measures import summary_measures
from harness.statistics.rates import Rates
from harness.statistics.verdicts import judge, judge_misses, safe_threshold, safety_of
from harness.study import Policy, Study
from tests.gate.small_world import answered_anew

Plain = dict[str, Any]
Errors = list[tuple[int, ...]]

TRIALS = 100_000
FALSE_MATCHES: Errors = [(1000, 420), (400, 400), (390, 390), (300, 300), (10, 10)]
FALSE_NON_MATCHES: Errors = [(900, 900), (1000, 1000), (1100, 1100), (1200, 1200), (1300, 1300)]
STUDY: Plain = {"matcher": {"name": "made up", "version": "1"}, "groups": {"sex": "sex"}}
OF_SUBJECTS: Plain = {**STUDY, "subjects": ["person"]}


def rates_of(name: str, by_threshold: Errors) -> Rates:
    errors = np.array(by_threshold, np.int64).T
    trials = np.full(len(errors), TRIALS, np.int64)
    lower, upper = clopper_pearson(errors, trials[:, None], 0.95)
    groups = tuple("ABC"[: len(errors)])
    return Rates(name, groups, trials, errors, np.ones(errors.shape), errors / TRIALS, lower, upper, 0.95)


def made_up(policy: Policy, false_matches: Errors = FALSE_MATCHES, study: Plain = STUDY) -> Plain:
    """Return an evaluation of thresholds 0.5, 0.6, ... as plain values."""
    matches, non_matches = (
        rates_of("FMR", false_matches),
        rates_of("FNMR", FALSE_NON_MATCHES[: len(false_matches)]),
    )
    thresholds = np.round(0.5 + 0.1 * np.arange(len(false_matches)), 1)
    counted = EffectiveCounts(
        thresholds, np.arange(len(thresholds)), matches.effective_errors, matches.effective_trials
    )
    differential, cost = differentials(matches, 0.95), differentials(non_matches, 0.95)
    misses = judge_misses(non_matches, cost, policy)
    limit = policy.false_match_limit("verification")
    verdict = judge(matches, differential, counted, policy, None)
    known = {group: MatedCounts(40, 7) for group in matches.groups} if study is OF_SUBJECTS else None
    axis = AxisEvaluation(
        name="sex",
        judged=True,
        left_out=MatedCounts(0, 0),
        subjects=known,
        false_matches=matches,
        false_non_matches=non_matches,
        across=None,
        false_match_differential=differential,
        false_non_match_differential=cost,
        measures=summary_measures(matches, non_matches, 0.95),
        verdict=verdict,
        verdicts_on_misses=misses,
        excluded=None,
    )
    evaluation = Evaluation(
        study=Study(**study),
        policy=policy,
        inputs=(Input("made up", None, None),),
        versions=dict.fromkeys(("harness", "python", "numpy", "scipy", "duckdb", "pyarrow"), "1"),
        score_type="float64",
        comparisons=MatedCounts(2 * TRIALS, 2 * TRIALS),
        missing=MatedCounts(0, 0),
        thresholds=thresholds,
        axes={"sex": axis},
        safe=safe_threshold([safety_of("sex", verdict, matches, misses, policy, limit)], policy, limit),
        notes=(),
    )
    plain: Plain = json.loads(to_json(evaluation))
    return plain


RATIO = Policy(max_ratio=1.5, max_fmr=0.02)


@pytest.fixture(scope="module")
def sound() -> Plain:
    """Parity is shown from 0.6 to 0.8."""
    return made_up(RATIO)


@pytest.fixture
def plain(sound: Plain) -> Plain:
    return copy.deepcopy(sound)


def evidence(plain: Plain) -> Evidence:
    return evidence_of(json.dumps(plain).encode(), "evaluation.json")


def refusal(plain: Plain) -> str | None:
    try:
        evidence(plain)
    except InputError as error:
        return error.problem.removeprefix("disagrees with itself: ").removeprefix("sex: ")
    return None


def parts(plain: Plain) -> tuple[Plain, Plain]:
    """The differential of the one axis, and its verdict."""
    axis = plain["axes"]["sex"]
    return axis["false_match_differential"], axis["verdict"]


def state_range(plain: Plain, start: int | None, end: int | None) -> None:
    """Have the whole file state a range of shown parity, and the safe threshold at its start."""
    axis, answer = plain["axes"]["sex"], plain["answer"]["axes"]["sex"]
    for name, index in (("parity_shown_from", start), ("parity_shown_to", end)):
        axis["verdict"][name] = index
        answer[name] = None if index is None else plain["thresholds"][index]
        groups = axis["false_non_matches"]["groups"]
        answer["cost"][name] = (
            None if index is None else {group["group"]: group["estimate"][index] for group in groups}
        )
    plain["index_of_safe_threshold"] = start
    plain["answer"]["safe_threshold"] = None if start is None else plain["thresholds"][start]


def test_what_is_made_up_is_sound(plain: Plain) -> None:
    _, verdict = parts(plain)
    assert (verdict["parity_shown_from"], verdict["parity_shown_to"]) == (1, 3)
    assert verdict["verdicts"] == ["disparity beyond tolerance", *["parity shown"] * 3, "inconclusive"]
    assert verdict["parity_to_next"] == [False, True, True, False]
    assert refusal(plain) is None


class TestParityRange:
    """The range that a file states cannot be forged, higher or wider than data suffice for."""

    @pytest.mark.parametrize(
        ("growth", "taken"), [(1.0, True), (0.5, True), (math.nextafter(1, 2), False), (None, False)]
    )
    def test_ends_where_false_matches_are_enough(
        self, plain: Plain, growth: float | None, taken: bool
    ) -> None:
        _, verdict = parts(plain)
        verdict["growth_needed"][3] = growth
        assert refusal(plain) == (
            None if taken else "the range of shown parity starts where false matches are too few"
        )

    def test_is_not_stretched_to_where_a_few_happen_to_be_alike(self, plain: Plain) -> None:
        """Two groups with 10 errors each, and a bound that was altered to be within the tolerance."""
        differential, verdict = parts(plain)
        differential["ratio_upper"][4], verdict["verdicts"][4] = 1.4, "parity shown"
        verdict["parity_to_next"][3] = True
        assert refusal(plain) is None
        state_range(plain, 1, 4)
        assert verdict["growth_needed"][4] > 1
        assert refusal(plain) == "the range of shown parity starts where false matches are too few"

    @pytest.mark.parametrize(("start", "end"), [(2, 3), (0, 3), (2, 2), (1, 4)])
    def test_reaches_down_as_far_as_parity_is_shown_between_thresholds_and_no_farther(
        self, plain: Plain, start: int, end: int
    ) -> None:
        state_range(plain, start, end)
        assert refusal(plain) == "the range of shown parity does not follow from the bounds"

    def test_may_be_left_out_or_end_lower(self, plain: Plain) -> None:
        state_range(plain, 1, 2)
        assert refusal(plain) is None
        state_range(plain, None, None)
        assert refusal(plain) is None

    @pytest.mark.parametrize(
        ("end", "problem"),
        [(4, None), (3, "the range of shown parity starts where false matches are too few")],
    )
    def test_of_a_gap_may_start_at_the_top_without_any(self, end: int, problem: str | None) -> None:
        plain = made_up(
            Policy(max_gap=0.002, max_fmr=0.02), [(1000, 420), (40, 40), (30, 30), (2, 2), (0, 0)]
        )
        _, verdict = parts(plain)
        assert (verdict["parity_shown_from"], verdict["parity_shown_to"]) == (1, 4)
        assert verdict["growth_needed"] == [None] * 5
        state_range(plain, 1, end)
        assert refusal(plain) == problem

    def test_of_a_ratio_may_not_start_at_the_top(self) -> None:
        short = made_up(RATIO, FALSE_MATCHES[:4])
        assert refusal(short) is None
        parts(short)[1]["growth_needed"][3] = 1.1  # at the top
        assert refusal(short) == "the range of shown parity starts where false matches are too few"

    def test_is_not_joined_over_thresholds_without_parity(self, plain: Plain) -> None:
        for index in (0, 3):
            changed = copy.deepcopy(plain)
            parts(changed)[1]["parity_to_next"][index] = True
            assert refusal(changed) == "parity is shown between thresholds at which it is not"


class TestVerdicts:
    def test_parity_is_shown_up_to_the_tolerance_itself(self, plain: Plain) -> None:
        differential, _ = parts(plain)
        differential["ratio_upper"][2] = 1.5
        assert refusal(plain) is None
        differential["ratio_upper"][2] = math.nextafter(1.5, 2)
        assert refusal(plain) == "verdicts do not follow from the bounds"

    def test_a_gap_is_tolerated_up_to_the_tolerance_itself(self) -> None:
        plain = made_up(Policy(max_gap=0.002, max_fmr=0.02))
        differential, _ = parts(plain)
        differential["gap_upper"][2] = 0.002
        assert refusal(plain) is None
        differential["gap_upper"][2] = math.nextafter(0.002, 1)
        assert refusal(plain) == "verdicts do not follow from the bounds"

    def test_a_disparity_is_shown_above_1(self, plain: Plain) -> None:
        differential, _ = parts(plain)
        differential["ratio_lower"][4] = 1.0
        assert refusal(plain) is None
        differential["ratio"][4] = differential["ratio_lower"][4] = math.nextafter(1, 2)
        assert refusal(plain) == "verdicts do not follow from the bounds"

    @pytest.mark.parametrize("start", [None, 0, 2, 4])
    def test_not_detected_from_follows(self, plain: Plain, start: int | None) -> None:
        parts(plain)[1]["not_detected_from"] = start
        assert refusal(plain) == "not_detected_from does not follow from the bounds"


class TestEnoughData:
    """An axis with verdicts has what the policy asks for; one that lacks it has none."""

    LESS = "a group has less data than the policy asks for"

    @pytest.mark.parametrize(("asked", "problem"), [(0, None), (TRIALS, None), (TRIALS + 1, LESS)])
    def test_trials(self, plain: Plain, asked: int, problem: str | None) -> None:
        plain["policy"]["min_trials"] = asked
        assert refusal(plain) == problem

    @pytest.mark.parametrize(
        ("asked", "subjects", "problem"),
        [(0, 2, None), (0, 1, LESS), (1, 1, LESS), (40, 40, None), (40, 39, LESS), (41, 40, LESS)],
    )
    def test_subjects_in_non_mated_trials(self, asked: int, subjects: int, problem: str | None) -> None:
        plain = made_up(RATIO, study=OF_SUBJECTS)
        plain["policy"]["min_subjects"] = asked
        plain["axes"]["sex"]["subjects"]["B"]["non_mated"] = subjects
        assert refusal(plain) == problem

    @pytest.mark.parametrize(("asked", "problem"), [(0, None), (1, LESS)])
    def test_subjects_that_the_study_does_not_name(
        self, plain: Plain, asked: int, problem: str | None
    ) -> None:
        plain["policy"]["min_subjects"] = asked
        assert refusal(plain) == problem

    def test_an_axis_with_an_obstacle_has_no_verdict_and_no_threshold(self, plain: Plain) -> None:
        _, verdict = parts(plain)
        verdict["obstacles"] = ["B has 1 subjects, fewer than 2"]
        assert refusal(plain) == "an axis of which parity cannot be shown has other verdicts than disparities"
        verdict["verdicts"] = ["inconclusive"] * 5
        problem = "an axis of which parity cannot be shown has thresholds"
        assert refusal(plain) == problem
        verdict["parity_to_next"] = [False] * 4
        assert refusal(plain) == problem
        state_range(plain, None, None)
        assert refusal(plain) == problem
        verdict["not_detected_from"] = None
        assert refusal(plain) == "answer.reference does not follow from the arrays"


def with_gap_limit(plain: Plain, limit: float) -> Plain:
    plain["policy"]["max_fnmr_gap"] = limit
    return answered_anew(plain)


def judged_at(threshold: float, found: Evidence) -> tuple[Rule, str]:
    rule, _, sentence = judge_threshold(threshold, found, found.judged)
    return rule, sentence


class TestLimitsBetweenThresholds:
    """A false non-match rate rises with the threshold: between two, it is at most that at the stricter one."""

    def widest(self, plain: Plain, lenient: int, strict: int) -> float:
        """The gap that there may be between two thresholds."""
        groups = plain["axes"]["sex"]["false_non_matches"]["groups"]
        upper = max(group["upper"][strict] for group in groups)
        lower: float = min(group["lower"][lenient] for group in groups)
        return upper - lower

    def test_the_upper_bound_is_that_at_the_stricter_threshold(self, plain: Plain) -> None:
        limit = self.widest(plain, 1, 2)
        assert self.widest(plain, 1, 1) < limit
        assert evidence(with_gap_limit(plain, limit)).axes[0].holds_between[1]
        assert not evidence(with_gap_limit(plain, math.nextafter(limit, 0))).axes[0].holds_between[1]

    def test_the_lower_bound_is_that_at_the_more_lenient_one(self, plain: Plain) -> None:
        """The limit lies between what either neighbour alone would allow for."""
        alone = max(self.widest(plain, 1, 1), self.widest(plain, 2, 2))
        limit = (alone + self.widest(plain, 1, 2)) / 2
        found = evidence(with_gap_limit(plain, limit))
        assert found.axes[0].keeps_limits[1:3] == (True, True)
        assert not found.axes[0].holds_between[1]
        assert judged_at(0.65, found)[0] is Rule.BETWEEN_EVALUATED
        assert judged_at(0.6, found)[0] is judged_at(0.7, found)[0] is Rule.SAFE

    def test_nothing_changes_where_no_group_has_more_errors(self, plain: Plain) -> None:
        for group in plain["axes"]["sex"]["false_non_matches"]["groups"]:
            for name in ("errors", "design_effect", "estimate", "lower", "upper"):
                group[name][2] = group[name][1]
        cost = plain["axes"]["sex"]["false_non_match_differential"]
        for name in ("gap", "gap_upper", "ratio", "ratio_lower", "ratio_upper"):
            cost[name][2] = cost[name][1]
        found = evidence(with_gap_limit(plain, cost["gap_upper"][1]))
        assert found.axes[0].holds_between[1]
        assert judged_at(0.65, found)[0] is Rule.SAFE

    def test_a_limit_that_the_stricter_neighbour_is_not_shown_to_keep_is_not_kept(self, plain: Plain) -> None:
        cost = plain["axes"]["sex"]["false_non_match_differential"]
        cost["gap_upper"][2] = 0.9
        limit = self.widest(plain, 1, 2) * 2
        found = evidence(with_gap_limit(plain, limit))
        assert found.axes[0].keeps_limits == (True, True, False, True, True)
        assert found.axes[0].holds_between[1]
        assert judged_at(0.6, found)[0] is Rule.SAFE
        for threshold in (0.65, 0.7, 0.75):
            rule, sentence = judged_at(threshold, found)
            assert rule is Rule.LIMIT_NOT_SHOWN
            assert (
                f"threshold {threshold} is not shown to keep max_fmr 0.02 and max_fnmr_gap {limit:g}"
                in sentence
            )


class TestNeighbours:
    @pytest.mark.parametrize(
        ("threshold", "rule"),
        [
            (0.6, Rule.SAFE),
            (0.65, Rule.SAFE),
            (0.8, Rule.SAFE),
            (math.nextafter(0.6, 0), Rule.BELOW_SAFE_THRESHOLD),
            (math.nextafter(0.8, 1), Rule.ABOVE_PARITY_RANGE),
            (0.85, Rule.ABOVE_PARITY_RANGE),
            (math.nextafter(0.9, 1), Rule.OUTSIDE_EVALUATED_RANGE),
            (0.5, Rule.DISPARITY_SHOWN),
            (0.4, Rule.BELOW_SAFE_THRESHOLD),
        ],
    )
    def test_a_threshold_is_judged_by_both(self, plain: Plain, threshold: float, rule: Rule) -> None:
        assert judged_at(threshold, evidence(plain))[0] is rule

    def test_below_all_that_were_evaluated_nothing_is_known_even_if_all_are_safe(self) -> None:
        safe = made_up(RATIO, FALSE_MATCHES[1:4])
        assert safe["index_of_safe_threshold"] == 0
        assert judged_at(0.49, evidence(safe))[0] is Rule.OUTSIDE_EVALUATED_RANGE
        assert judged_at(0.71, evidence(safe))[0] is Rule.OUTSIDE_EVALUATED_RANGE

    def test_what_is_not_detected_reaches_to_the_top(self) -> None:
        found = evidence(made_up(Policy(criterion="not_detected", max_ratio=1.5, max_fmr=0.02)))
        assert (found.axes[0].safe_from, found.axes[0].safe_to) == (1, 4)
        assert judged_at(0.9, found)[0] is Rule.SAFE
        assert judged_at(0.85, found)[0] is Rule.BETWEEN_EVALUATED


def higher_errors(plain: Plain) -> None:
    plain["axes"]["sex"]["false_non_matches"]["groups"][0]["errors"][4] = 1100


def other_worst(plain: Plain) -> None:
    parts(plain)[0]["worst"][0] = 1


def other_best(plain: Plain) -> None:
    parts(plain)[0]["best"][0] = 0


def other_criterion(plain: Plain) -> None:
    plain["answer"]["criterion"] = "not_detected"


def other_cost(plain: Plain) -> None:
    plain["answer"]["axes"]["sex"]["cost"]["parity_shown_from"]["A"] = 0.5


def other_level(plain: Plain) -> None:
    plain["answer"]["not_detected_from"] = 0.7


def other_confidence(plain: Plain) -> None:
    plain["axes"]["sex"]["measures"]["confidence"] = 0.9


def two_labels(plain: Plain) -> None:
    plain["axes"]["sex"]["left_out"]["mated"] = 1


def unwritten(plain: Plain) -> None:
    del plain["policy"]["min_trials"]


@pytest.mark.parametrize(
    ("alter", "problem"),
    [
        (higher_errors, "FNMR errors do not go one way"),
        (other_worst, "the worst group has not the highest rate"),
        (other_best, "the best group has not the lowest rate"),
        (other_criterion, "answer.criterion does not follow from the arrays"),
        (other_cost, "answer.axes does not follow from the arrays"),
        (other_level, "answer.not_detected_from does not follow from the arrays"),
        (other_confidence, "measures have other bounds than the policy asks for"),
        (two_labels, "1 mated comparisons have two labels, which the study does not allow"),
        (unwritten, "the policy is not written out in full"),
    ],
)
def test_what_disagrees_is_named(plain: Plain, alter: Callable[[Plain], None], problem: str) -> None:
    alter(plain)
    assert refusal(plain) == problem
